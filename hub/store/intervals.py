"""The ledger of read intervals: what has been read, with which proof, and what is still owed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.reading import Outcome
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the next window is made from."""

    closed_until: datetime | None
    """End of the latest closed interval; None: nothing has ever been read completely."""
    owed_since: tuple[datetime | None, ...]
    """Beginnings of the intervals that are still owed."""
    swept_at: datetime | None
    """When everything was last read completely."""
    mark: dict[str, Any]
    """The kind's own mark after its last complete pass."""


def ledger(work: Work, connector: UUID) -> Ledger:
    """The state of the ledger of one connector."""
    row = work.one(
        """
        SELECT max(to_at) FILTER (WHERE closed_at IS NOT NULL) AS closed_until,
               max(to_at) FILTER (WHERE closed_at IS NOT NULL AND from_at IS NULL AND closed_by IS NULL) AS swept_at
        FROM intervals WHERE connector = :connector AND what <> 'backfill'
        """,
        connector=connector,
    )
    owed = work.rows(
        "SELECT from_at FROM intervals WHERE connector = :connector AND closed_at IS NULL", connector=connector
    )
    mark = work.value(
        """
        SELECT mark FROM intervals
        WHERE connector = :connector AND closed_at IS NOT NULL AND closed_by IS NULL AND what <> 'backfill'
          AND covered_by IS NULL
        ORDER BY id DESC LIMIT 1
        """,
        connector=connector,
    )
    assert row is not None
    return Ledger(
        closed_until=row.closed_until,
        owed_since=tuple(one.from_at for one in owed),
        swept_at=row.swept_at,
        mark=mark or {},
    )


def open_one(
    work: Work, connector: UUID, region: str, *, what: str, since: datetime | None, until: datetime, now: datetime
) -> int:
    """Open an interval, owed from this moment until it is closed with proof; returns its number.

    An interval that is still owed is opened again and widened, because the new window covers it; a range that is read
    again on request is a row of its own and says nothing about the rest.
    """
    if what == "backfill":
        return int(_insert(work, connector, region, what=what, since=since, until=until, now=now))
    again = work.value(
        """
        UPDATE intervals SET what = :what, from_at = :since, to_at = :until, pages = 0, items = 0
        WHERE id = (
            SELECT max(id) FROM intervals WHERE connector = :connector AND closed_at IS NULL AND what <> 'backfill')
        RETURNING id
        """,
        connector=connector,
        what=what,
        since=since,
        until=until,
    )
    return int(again or _insert(work, connector, region, what=what, since=since, until=until, now=now))


def _insert(
    work: Work, connector: UUID, region: str, *, what: str, since: datetime | None, until: datetime, now: datetime
) -> Any:
    return work.value(
        """
        INSERT INTO intervals (connector, region, what, from_at, to_at, opened_at, owed, code)
        VALUES (:connector, :region, :what, :since, :until, :now, 'reading began and has not ended', 'begun')
        RETURNING id
        """,
        connector=connector,
        region=region,
        what=what,
        since=since,
        until=until,
        now=now,
    )


def count(work: Work, number: int, *, pages: int, items: int, new: int) -> None:
    """Add what one batch brought, in that batch's transaction."""
    work.run(
        "UPDATE intervals SET pages = pages + :pages, items = items + :items, new_items = new_items + :new WHERE id = :id",
        id=number,
        pages=pages,
        items=items,
        new=new,
    )


def settle(work: Work, number: int, outcome: Outcome, refs: tuple[bytes | None, bytes | None], now: datetime) -> None:
    """Write the outcome of a reading: closed with its proof, or still owed with what is missing."""
    work.run(
        """
        UPDATE intervals SET closed_at = :closed, passes = :passes, pages = greatest(pages, :pages), total = :total,
               first_ref = :first, last_ref = :last, mark = :mark, proof = :proof, owed = :owed, code = :code
        WHERE id = :id
        """,
        id=number,
        closed=now if outcome.closed else None,
        passes=outcome.passes,
        pages=outcome.pages,
        total=outcome.total,
        first=refs[0],
        last=refs[1],
        mark=json.dumps(dict(outcome.mark)),
        proof=outcome.proof,
        owed=None if outcome.closed else outcome.owed,
        code=outcome.code,
    )
    if outcome.closed:
        _close_covered(work, number, now)


def _close_covered(work: Work, number: int, now: datetime) -> None:
    """Ranges within the one that has just been proven need no proof of their own."""
    work.run(
        """
        UPDATE intervals o SET closed_at = :now, covered_by = n.id, proof = 'covered by interval ' || n.id, owed = NULL
        FROM intervals n
        WHERE n.id = :id AND o.connector = n.connector AND o.id <> n.id AND o.closed_at IS NULL
          AND (n.from_at IS NULL OR o.from_at >= n.from_at) AND o.to_at <= n.to_at
        """,
        id=number,
        now=now,
    )


def owed(work: Work, connector: UUID) -> Sequence[Any]:
    """The intervals that are still owed, oldest first."""
    return work.rows(
        """
        SELECT id, from_at, to_at, opened_at, pages, items, total, owed, code FROM intervals
        WHERE connector = :connector AND closed_at IS NULL ORDER BY id
        """,
        connector=connector,
    )


def last_proof(work: Work, connector: UUID) -> Any:
    """The latest interval that was closed, or None."""
    return work.one(
        """
        SELECT id, from_at, to_at, closed_at, pages, items, new_items, total, proof FROM intervals
        WHERE connector = :connector AND closed_at IS NOT NULL ORDER BY closed_at DESC, id DESC LIMIT 1
        """,
        connector=connector,
    )


def close_by_hand(work: Work, connector: UUID, number: int, *, who: str, because: str, now: datetime) -> bool:
    """Its owner gives an interval up with a reason; True where it was owed."""
    return bool(
        work.run(
            """
            UPDATE intervals SET closed_at = :now, closed_by = :who, because = :because
            WHERE id = :id AND connector = :connector AND closed_at IS NULL
            """,
            id=number,
            connector=connector,
            who=who,
            because=because,
            now=now,
        )
    )
