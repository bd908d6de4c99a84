"""What has been read of every channel, as people ask for it: spans, proofs, what is owed; it only reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.work import Work


def connectors(work: Work, name: str | None = None) -> Sequence[Any]:
    """Every connector that was ever seen, or the one of that name: id, name, region, kind, channel, owner, mode."""
    return work.rows(
        """
        SELECT id, name, region, kind, channel, owner, mode, first_seen_at FROM connectors
        WHERE CAST(:name AS text) IS NULL OR name = :name ORDER BY name
        """,
        name=name,
    )


def owed(work: Work, connector: UUID | None = None) -> Sequence[Any]:
    """Intervals that are still owed, oldest first; of all connectors where none is named."""
    return work.rows(
        """
        SELECT connector, id, what, from_at, to_at, opened_at, pages, items, total, owed, code FROM intervals
        WHERE closed_at IS NULL AND (CAST(:connector AS uuid) IS NULL OR connector = :connector) ORDER BY id
        """,
        connector=connector,
    )


def proofs(work: Work, connector: UUID | None = None) -> dict[UUID, Any]:
    """By connector: the interval that was proven last; one that a person gave up or a wider one covers proves nothing."""
    rows = work.rows(
        """
        SELECT DISTINCT ON (connector) connector, id, what, from_at, to_at, opened_at, closed_at, passes, pages, items,
               new_items, total, proof
        FROM intervals
        WHERE closed_at IS NOT NULL AND closed_by IS NULL AND covered_by IS NULL
          AND (CAST(:connector AS uuid) IS NULL OR connector = :connector)
        ORDER BY connector, closed_at DESC, id DESC
        """,
        connector=connector,
    )
    return {row.connector: row for row in rows}


def closed(work: Work, connector: UUID, most: int) -> Sequence[Any]:
    """The latest closed intervals, newest first, at most `most`; also those given up by hand."""
    return work.rows(
        """
        SELECT id, what, from_at, to_at, closed_at, passes, pages, items, new_items, total, proof, closed_by, because,
               covered_by
        FROM intervals WHERE connector = :connector AND closed_at IS NOT NULL ORDER BY closed_at DESC, id DESC LIMIT :most
        """,
        connector=connector,
        most=most,
    )


def count_closed(work: Work, connector: UUID) -> int:
    """How many intervals are closed."""
    return int(
        work.value(
            "SELECT count(*) FROM intervals WHERE connector = :connector AND closed_at IS NOT NULL", connector=connector
        )
    )


def covered(work: Work, connector: UUID) -> list[tuple[datetime | None, datetime]]:
    """The spans that were read with proof, put together where they touch; None begins at the beginning."""
    rows = work.rows(
        """
        SELECT lower(span) AS since, upper(span) AS until FROM (
            SELECT unnest(range_agg(tstzrange(from_at, to_at, '[]'))) AS span FROM intervals
            WHERE connector = :connector AND closed_at IS NOT NULL AND closed_by IS NULL
              AND (from_at IS NULL OR from_at <= to_at)
        ) spans ORDER BY span
        """,
        connector=connector,
    )
    return [(row.since, row.until) for row in rows]


def marked_at(work: Work, connector: UUID) -> datetime | None:
    """When the kind last left a mark of its own (a UID, a since-id); its content is no business of a reader's."""
    found: datetime | None = work.value(
        """
        SELECT max(closed_at) FROM intervals
        WHERE connector = :connector AND closed_by IS NULL AND covered_by IS NULL AND mark <> '{}'
        """,
        connector=connector,
    )
    return found


def runs(work: Work, connector: UUID | None = None) -> dict[UUID, Any]:
    """By connector: when it was last pulled (at), and how that went (code: closed, stored, or what is owed)."""
    rows = work.rows(
        """
        SELECT e.connector, e.at, convert_from(e.body, 'UTF8')::jsonb ->> 'code' AS code
        FROM entries e JOIN (
            SELECT max(id) AS id FROM entries
            WHERE act = 'pulled' AND (CAST(:connector AS uuid) IS NULL OR connector = :connector) GROUP BY connector
        ) last ON last.id = e.id
        """,
        connector=connector,
    )
    return {row.connector: row for row in rows}


def running(work: Work, now: datetime) -> set[UUID]:
    """Connectors that somebody pulls at this moment, as far as leases tell."""
    return {
        row.connector for row in work.rows("SELECT connector FROM leases WHERE verb = 'pull' AND until > :now", now=now)
    }
