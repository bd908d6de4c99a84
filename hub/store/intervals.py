"""The ledger of read intervals: what has been read, with which proof, and what is still owed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.reading import Outcome
from hub.store import pages
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
    """The state of the ledger of one connector; a range that somebody asked for says nothing about the rest."""
    row = work.one(
        """
        SELECT max(to_at) FILTER (WHERE closed_at IS NOT NULL) AS closed_until,
               max(to_at) FILTER (WHERE closed_at IS NOT NULL AND from_at IS NULL AND closed_by IS NULL) AS swept_at
        FROM intervals WHERE connector = :connector AND what <> 'backfill'
        """,
        connector=connector,
    )
    owed = work.rows(
        "SELECT from_at FROM intervals WHERE connector = :connector AND closed_at IS NULL AND what <> 'backfill'",
        connector=connector,
    )
    assert row is not None
    return Ledger(
        closed_until=row.closed_until,
        owed_since=tuple(one.from_at for one in owed),
        swept_at=row.swept_at,
        mark=_mark(work, connector),
    )


def _mark(work: Work, connector: UUID) -> dict[str, Any]:
    """The mark of the last complete reading; who closed a shrunken listing by hand has said that it may be so small."""
    row = work.one(
        """
        SELECT i.mark, EXISTS (
            SELECT FROM intervals h WHERE h.connector = i.connector AND h.id > i.id AND h.closed_by IS NOT NULL
               AND h.code = 'shrunk') AS smaller
        FROM intervals i
        WHERE i.connector = :connector AND i.closed_at IS NOT NULL AND i.closed_by IS NULL AND i.what <> 'backfill'
          AND i.covered_by IS NULL
        ORDER BY i.id DESC LIMIT 1
        """,
        connector=connector,
    )
    mark: dict[str, Any] = dict(row.mark) if row else {}
    return (
        {name: value for name, value in mark.items() if name not in ("held", "newest")} if row and row.smaller else mark
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An interval that is owed: what was to be read, and whether its pages can be taken up again."""

    id: int
    what: str
    since: datetime | None
    until: datetime
    after: dict[str, Any]
    manifest_sha256: str | None
    read_at: datetime | None
    follows: bool
    """It was begun behind one that was taken up, so nothing has to follow it in turn."""


def still_open(work: Work, connector: UUID, *, backfills: bool) -> list[Open]:
    """The ranges that somebody asked for and that are owed, oldest first; or else the owed interval of all readings."""
    rows = work.rows(
        """
        SELECT id, what, from_at, to_at, after, manifest_sha256, read_at, follows
        FROM intervals
        WHERE connector = :connector AND closed_at IS NULL AND (what = 'backfill') = :backfills ORDER BY id
        """,
        connector=connector,
        backfills=backfills,
    )
    return [
        Open(
            id=row.id,
            what=row.what,
            since=row.from_at,
            until=row.to_at,
            after=row.after,
            manifest_sha256=row.manifest_sha256,
            read_at=row.read_at,
            follows=row.follows,
        )
        for row in rows
    ]


def open_one(
    work: Work,
    connector: UUID,
    region: str,
    *,
    what: str,
    since: datetime | None,
    until: datetime,
    after: Mapping[str, Any],
    manifest_sha256: str,
    now: datetime,
    again: int | None = None,
    follows: bool = False,
) -> int:
    """Open an interval, owed from this moment until it is closed with proof; returns its number.

    `again` is one that is still owed: it is opened anew and widened, because the new window covers it.
    """
    values = {
        "what": what,
        "since": since,
        "until": until,
        "after": json.dumps(dict(after)),
        "sha": manifest_sha256,
        "follows": follows,
    }
    if again is not None:
        pages.forget(work, again)
        work.run(_WIDEN, id=again, **values)
        return again
    return int(work.value(_INSERT, connector=connector, region=region, now=now, **values))


_WIDEN = """
UPDATE intervals SET what = :what, from_at = :since, to_at = :until, after = :after, manifest_sha256 = :sha, follows = :follows,
       pages = 0,       items = 0, passes = 0, read_at = NULL
WHERE id = :id
"""

_INSERT = """
INSERT INTO intervals (connector, region, what, from_at, to_at, after, manifest_sha256, follows, opened_at, owed, code)
VALUES (:connector, :region, :what, :since, :until, :after, :sha, :follows, :now, 'reading began and has not ended', 'begun')
RETURNING id
"""


def count(work: Work, number: int, *, read: int, items: int, new: int) -> None:
    """Add what one batch of `read` pages brought, in that batch's transaction."""
    work.run(
        "UPDATE intervals SET pages = pages + :pages, items = items + :items, new_items = new_items + :new WHERE id = :id",
        id=number,
        pages=read,
        items=items,
        new=new,
    )


def settle(work: Work, number: int, outcome: Outcome, now: datetime) -> None:
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
        first=outcome.first_ref,
        last=outcome.last_ref,
        mark=json.dumps(dict(outcome.mark)),
        proof=outcome.proof,
        owed=None if outcome.closed else outcome.owed,
        code=outcome.code,
    )
    if outcome.closed or outcome.anew:
        pages.forget(work, number)
    if outcome.closed:
        _close_covered(work, number, now)


def _close_covered(work: Work, number: int, now: datetime) -> None:
    """Ranges within the one that has just been proven need no proof of their own.

    A reading behind a mark (a UID, a since-id) says nothing about a range that somebody asked for.
    """
    covered = work.rows(
        """
        UPDATE intervals o SET closed_at = :now, covered_by = n.id, proof = 'covered by interval ' || n.id, owed = NULL
        FROM intervals n
        WHERE n.id = :id AND o.connector = n.connector AND o.id <> n.id AND o.closed_at IS NULL
          AND (o.what <> 'backfill' OR n.after = '{}')
          AND (n.from_at IS NULL OR o.from_at >= n.from_at) AND o.to_at <= n.to_at
        RETURNING o.id
        """,
        id=number,
        now=now,
    )
    for row in covered:
        pages.forget(work, row.id)


def owed(work: Work, connector: UUID) -> Sequence[Any]:
    """The intervals that are still owed, oldest first."""
    return work.rows(
        """
        SELECT id, from_at, to_at, opened_at, pages, items, total, owed, code FROM intervals
        WHERE connector = :connector AND closed_at IS NULL ORDER BY id
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
