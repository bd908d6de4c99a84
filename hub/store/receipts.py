"""What reporters have not been told yet: that their complaint has its number, and what their repeats have missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.replies import Door
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """One event that was told at its complaint's own door before a repeat was withheld behind it."""

    complaint: UUID
    door: Door
    """The repeat's."""
    event: int
    digest: bytes
    what: str
    standing: str | None


_MISSED = """
SELECT c.id AS complaint, c.connector, c.region, n.name, n.kind, r.complaint AS leader, r.event_id, e.digest, e.what,
       r.status, coalesce(c.is_anonymous, true) OR coalesce(c.is_confidential, true)
       OR coalesce(l.is_anonymous, true) OR coalesce(l.is_confidential, true) AS hidden
FROM complaints c
JOIN complaints l ON l.id = c.behind
JOIN connectors n ON n.id = c.connector
JOIN replies r ON r.complaint = c.behind AND r.door = c.behind
JOIN events e ON e.id = r.event_id AND e.what <> 'incomplete'
WHERE c.state = 'withheld_repeat' AND c.accepted_at > :since
  AND NOT EXISTS (SELECT FROM replies o WHERE o.event_id = r.event_id AND o.door = c.id)
ORDER BY c.accepted_at, c.id, r.id
"""


def missed(work: Work, since: datetime) -> list[Missed]:
    """What repeats withheld after `since` have missed, each in the order in which it was told."""
    return [
        Missed(
            complaint=row.leader,
            door=Door(
                complaint=row.complaint,
                connector=row.connector,
                region=row.region,
                name=row.name,
                kind=row.kind,
                hidden=row.hidden,
            ),
            event=row.event_id,
            digest=bytes(row.digest),
            what=row.what,
            standing=row.status,
        )
        for row in work.rows(_MISSED, since=since)
    ]


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
