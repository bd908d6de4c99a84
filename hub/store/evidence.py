"""Figures that an evidence pack opens with: what was owed, what stood where, and what was sealed late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from hub.store import search
from hub.store.search import Asked
from hub.store.work import Work
from schemas.words import OUTCOMES

_SUMS = ", ".join(f"sum({word})::bigint AS {word}" for word in ("stored", *OUTCOMES, "lost"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a pack or sample is about; `since` <= time < `until`, None asks nothing; a region with all below it."""

    since: datetime | None = None
    until: datetime | None = None
    first_day: date | None = None
    """Days of first storing, in Asia/Jakarta, as the seven words are counted."""
    last_day: date | None = None
    region: str | None = None
    connector: UUID | None = None


def totals(work: Work, scope: Scope) -> Sequence[Any]:
    """By connector and region: stored, the seven words, lost."""
    return work.rows(
        f"""
        SELECT connector, region, {_SUMS} FROM conservation
        WHERE (CAST(:name AS text) IS NULL OR connector = :name) AND (CAST(:region AS text) IS NULL OR region = :region
               OR region LIKE :region || '.%')
          AND (CAST(:first AS date) IS NULL OR day >= :first) AND (CAST(:last AS date) IS NULL OR day <= :last)
        GROUP BY connector, region ORDER BY region, connector
        """,
        name=_name(work, scope.connector),
        region=scope.region,
        first=scope.first_day,
        last=scope.last_day,
    )


def gaps(work: Work, scope: Scope) -> Sequence[Any]:
    """Intervals of the span that are owed still, or were given up without proof, with the portal's own total."""
    return work.rows(
        """
        SELECT i.id, n.name, i.region, i.what, i.from_at, i.to_at, i.opened_at, i.closed_at, i.closed_by, i.because,
               i.pages, i.items, i.total, i.code, i.owed
        FROM intervals i JOIN connectors n ON n.id = i.connector
        WHERE (i.closed_at IS NULL OR i.closed_by IS NOT NULL)
          AND (CAST(:until AS timestamptz) IS NULL OR i.opened_at < :until)
          AND (CAST(:since AS timestamptz) IS NULL OR i.closed_at IS NULL OR i.closed_at >= :since)
          AND (CAST(:connector AS uuid) IS NULL OR i.connector = :connector)
          AND (CAST(:region AS text) IS NULL OR i.region = :region OR i.region LIKE :region || '.%')
        ORDER BY i.id
        """,
        since=scope.since,
        until=scope.until,
        connector=scope.connector,
        region=scope.region,
    )


def late(work: Work, asked: Asked, *, size: int, after: timedelta) -> Sequence[Any]:
    """Checkpoints below `size` that sealed entries more than `after` old: how many, and the time of the oldest."""
    found = search.conditions(work, asked)
    if found is None:
        return []
    sql, params = found
    return work.rows(
        f"""
        WITH spans AS (
            SELECT size, at, lag(size, 1, CAST(0 AS bigint)) OVER (ORDER BY size) AS first FROM checkpoints
        )
        SELECT s.size, s.at AS sealed_at, count(*) AS entries, min(i.at) AS oldest
        FROM spans s JOIN log_index i ON i.leaf >= s.first AND i.leaf < s.size
        WHERE s.size <= :size AND i.at < s.at - CAST(:after AS interval) {sql}
        GROUP BY s.size, s.at ORDER BY s.size
        """,
        size=size,
        after=after,
        **params,
    )


def differences(work: Work) -> Sequence[Any]:
    """What the hub and its registries say differently at this moment."""
    return work.rows(
        """
        SELECT registry, what, complaint, registry_id, found_at FROM differences
        WHERE closed_at IS NULL ORDER BY registry, what, complaint, registry_id
        """
    )


def _name(work: Work, connector: UUID | None) -> str | None:
    name: str | None = work.value("SELECT name FROM connectors WHERE id = :id", id=connector) if connector else None
    return name
