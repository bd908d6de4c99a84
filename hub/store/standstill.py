"""What stands still between the hub and its registries until a person acts: it only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    """A registry to which nothing is sent, and what waits behind it."""

    name: str
    paused_by: str | None
    """None: nobody paused it, its breaker is open."""
    because: str | None
    since: datetime
    waiting: int
    oldest: datetime | None
    """When the first of what waits was queued."""
    old: int
    """How many were queued before `before`."""


def shut(work: Work, before: datetime) -> list[Shut]:
    """The registries that somebody has paused, or whose breaker is open."""
    rows = work.rows(
        """
        SELECT r.name, r.paused_by, r.because, coalesce(r.paused_at, r.opened_at) AS since, count(w.queued_at) AS waiting,
               min(w.queued_at) AS oldest, count(w.queued_at) FILTER (WHERE w.queued_at < :before) AS old
        FROM registries r LEFT JOIN (
            SELECT registry, queued_at FROM deliveries WHERE state IN ('queued', 'files_uploaded', 'created')
            UNION ALL SELECT registry, queued_at FROM follow_ups WHERE state = 'queued') w ON w.registry = r.name
        WHERE r.paused_at IS NOT NULL OR r.opened_at IS NOT NULL GROUP BY r.name ORDER BY r.name
        """,
        before=before,
    )
    return [Shut(**row._mapping) for row in rows]


def different(work: Work) -> Sequence[Any]:
    """Open differences between the hub and its registries: registry, what, n."""
    return work.rows(
        """
        SELECT registry, what, count(*) AS n FROM differences WHERE closed_at IS NULL
        GROUP BY registry, what ORDER BY registry, what
        """
    )


def follow_ups(work: Work) -> Sequence[Any]:
    """Follow-ups that nobody sends any more until a person acts: registry, state, n."""
    return work.rows(
        """
        SELECT registry, state, count(*) AS n FROM follow_ups
        WHERE state IN ('unknown', 'needs_human')
           OR (state = 'refused' AND coalesce(code, '') NOT IN ('erased', 'history'))
        GROUP BY registry, state ORDER BY registry, state
        """
    )
