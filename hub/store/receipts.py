"""Deliveries that have their number at the registry, and whose reporters have not been told so yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One delivery whose reporter has no receipt yet."""

    complaint: UUID
    connector: UUID
    region: str
    registry: str
    registry_id: str
    standing: str | None
    """The hub status, where the registry has told one already."""


def take(work: Work, *, now: datetime, limit: int) -> list[Due]:
    """The oldest of them; they count as receipted when this transaction commits."""
    rows = work.rows(
        """
        UPDATE deliveries SET receipted_at = :now WHERE id IN (
            SELECT id FROM deliveries WHERE registry_id IS NOT NULL AND receipted_at IS NULL
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        ) RETURNING id, complaint, connector, region, registry, registry_id, last_status AS standing
        """,
        now=now,
        limit=limit,
    )
    found = sorted((dict(row._mapping) for row in rows), key=lambda row: int(row.pop("id")))
    return [Due(**row) for row in found]


def add(work: Work, due: Due, digest: bytes, now: datetime) -> int | None:
    """The event that its reporter is told of; None where it was there already."""
    number: int | None = work.value(
        """
        INSERT INTO events (complaint, connector, region, source, what, at, seen_at, digest)
        VALUES (:complaint, :connector, :region, 'hub', 'receipt', :now, :now, :digest)
        ON CONFLICT (complaint, digest) DO NOTHING RETURNING id
        """,
        complaint=due.complaint,
        connector=due.connector,
        region=due.region,
        now=now,
        digest=digest,
    )
    return number
