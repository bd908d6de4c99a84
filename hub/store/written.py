"""Which status words we have put, or may have, at the doors of complaints, and when the version before came from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One status that we have put at a door, or may have."""

    word: str | None
    """The door's own word, as it was sent; None where the door has no place for one, or an earlier version wrote it."""
    status: str | None
    """Where the complaint stood, in the hub's word."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What we have put at one door, in its order, and when the version before the present one came from there."""

    written: Sequence[Written] = ()
    before_at: datetime | None = None


def at_doors(work: Work, doors: Mapping[UUID, int]) -> dict[UUID, There]:
    """What we have written at these doors, each met now in this version; one never written to is left out."""
    if not doors:
        return {}
    found: dict[UUID, There] = {}
    for row in work.rows(_WRITTEN, doors=list(doors), versions=list(doors.values())):
        one = Written(word=row.word, status=row.status, at=row.at)
        earlier = found[row.door].written if row.door in found else ()
        found[row.door] = There(written=[*earlier, one], before_at=row.before_at)
    return found


_WRITTEN = """
SELECT r.door, r.word, r.status, coalesce(r.word_at, r.sent_at, r.due_at) AS at,
       (SELECT max(i.received_at) FROM items i WHERE i.complaint = r.door AND i.version < w.version) AS before_at
FROM unnest(CAST(:doors AS uuid[]), CAST(:versions AS bigint[])) AS w(door, version)
JOIN replies r ON r.door = w.door AND r.attempts > 0 AND r.state <> 'no_door'
ORDER BY at, r.id
"""
