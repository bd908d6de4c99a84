"""What the registry reported about complaints: events that are only ever added, and when to look again."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A delivery whose turn it is; `wrapped` is None where the data key has been erased."""

    id: int
    complaint: UUID
    connector: UUID
    region: str
    registry: str
    registry_id: str
    queued_at: datetime
    checked_at: datetime | None
    key_id: UUID | None
    wrapped: bytes | None
    accused: bool = False
    """It accuses somebody, and the Inspektorat has not said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one event says without its text; `at` is the registry's own time, `seen_at` ours."""

    what: str
    status: str | None
    at: datetime | None
    seen_at: datetime
    digest: bytes
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event on its way into the store; the text is ciphertext under the complaint's data key."""

    event: Event
    text_enc: bytes | None
    foreign_name: str | None = None
    foreign_id: str | None = None
    from_institution: str | None = None
    to_institution: str | None = None
    stamp: str | None = None


_CLAIM = """
UPDATE deliveries d SET next_check_at = :until
FROM complaints c LEFT JOIN data_keys k ON k.id = c.key_id
WHERE c.id = d.complaint AND d.id IN (
    SELECT d.id FROM deliveries d
    JOIN registries r ON r.name = d.registry
    JOIN connectors n ON n.id = d.connector
    WHERE d.registry_id IS NOT NULL AND d.next_check_at <= :now AND d.state IN ('created', 'routed', 'confirmed')
      AND r.paused_at IS NULL AND d.registry <> ALL(CAST(:skip AS text[]))
      AND (:everyone OR n.name = ANY(CAST(:names AS text[])))
    ORDER BY d.next_check_at, d.id LIMIT :limit
    FOR UPDATE OF d SKIP LOCKED
)
RETURNING d.id, d.complaint, d.connector, d.region, d.registry, d.registry_id, d.queued_at, d.checked_at,
          c.key_id, k.wrapped, coalesce(c.accused <> 'cleared', false) AS accused
"""


def claim(
    work: Work, *, now: datetime, until: datetime, names: Collection[str], skip: Collection[str], limit: int
) -> list[Followed]:
    """
    Take the deliveries that are due, oldest first: their next look moves to `until`, so nobody else takes them meanwhile
    and a killed process only delays them. `names` limits to connectors, `skip` leaves registries out.
    """
    rows = work.rows(_CLAIM, now=now, until=until, names=list(names), everyone=not names, skip=list(skip), limit=limit)
    return sorted((_followed(row) for row in rows), key=lambda one: one.id)


def hasten(work: Work, *, now: datetime, names: Collection[str]) -> None:
    """Whatever the registry has is due now, also what ended long ago; `names` limits to connectors."""
    work.run(
        """
        UPDATE deliveries SET next_check_at = :now
        WHERE (next_check_at IS NULL OR next_check_at > :now) AND registry_id IS NOT NULL
          AND state IN ('created', 'routed', 'confirmed') AND code IS DISTINCT FROM 'erased'
          AND (:everyone OR connector IN (SELECT id FROM connectors WHERE name = ANY(:names)))
        """,
        now=now,
        names=list(names),
        everyone=not names,
    )


def _followed(row: Any) -> Followed:
    return Followed(
        id=row.id,
        complaint=row.complaint,
        connector=row.connector,
        region=row.region,
        registry=row.registry,
        registry_id=row.registry_id,
        queued_at=row.queued_at,
        checked_at=row.checked_at,
        key_id=row.key_id,
        wrapped=None if row.wrapped is None else bytes(row.wrapped),
        accused=row.accused,
    )


def hold(work: Work, delivery: int) -> str | None:
    """Lock a delivery until the transaction ends, so that two readers derive its status one after the other."""
    status: str | None = work.value("SELECT last_status FROM deliveries WHERE id = :id FOR UPDATE", id=delivery)
    return status


def events(work: Work, complaint: UUID) -> list[Event]:
    """Everything the registry has reported about a complaint so far, in order of arrival."""
    rows = work.rows(
        """
        SELECT what, status, at, seen_at, digest, by_whom FROM events
        WHERE complaint = :complaint AND source = 'registry' ORDER BY id
        """,
        complaint=complaint,
    )
    return [
        Event(
            what=row.what, status=row.status, at=row.at, seen_at=row.seen_at, digest=bytes(row.digest), by=row.by_whom
        )
        for row in rows
    ]


_ADD = """
INSERT INTO events (complaint, connector, region, source, what, status, foreign_name, foreign_id, from_institution,
                    to_institution, by_whom, at, stamp, seen_at, key_id, text_enc, digest)
VALUES (:complaint, :connector, :region, :source, :what, :status, :foreign_name, :foreign_id, :from_institution,
        :to_institution, :by, :at, :stamp, :seen_at, :key, :text, :digest)
ON CONFLICT (complaint, digest) DO NOTHING RETURNING id
"""


def add(work: Work, one: Followed, new: NewEvent) -> int | None:
    """Store an event once; its number, or None where it was there already."""
    where = {"complaint": one.complaint, "connector": one.connector, "region": one.region, "source": "registry"}
    return _added(work, new, key=one.key_id, **where)


def add_follow_up(work: Work, complaint: UUID, connector: UUID, region: str, key: UUID, new: NewEvent) -> int | None:
    """Store once what a reporter added through the channel; `connector` and `key` are of the item that brought it."""
    where = {"complaint": complaint, "connector": connector, "region": region, "source": "channel"}
    return _added(work, new, key=key, **where)


def _added(work: Work, new: NewEvent, *, key: UUID | None, **where: Any) -> int | None:
    number: int | None = work.value(
        _ADD,
        **where,
        what=new.event.what,
        status=new.event.status,
        foreign_name=new.foreign_name,
        foreign_id=new.foreign_id,
        from_institution=new.from_institution,
        to_institution=new.to_institution,
        by=new.event.by,
        at=new.event.at,
        stamp=new.stamp,
        seen_at=new.event.seen_at,
        key=key if new.text_enc is not None else None,
        text=new.text_enc,
        digest=new.event.digest,
    )
    return number


def review(work: Work, one: Followed, code: str, foreign_name: str, now: datetime) -> None:
    """Ask a person what a foreign status means; once for a complaint and a word."""
    work.run(
        """
        INSERT INTO reviews (region, what, complaint, code, detail, made_at)
        VALUES (:region, 'unknown_status', :complaint, :code, CAST(:detail AS jsonb), :now) ON CONFLICT DO NOTHING
        """,
        region=one.region,
        complaint=one.complaint,
        code=code,
        detail=json.dumps({"registry": one.registry, "foreign_name": foreign_name}),
        now=now,
    )


def stand(work: Work, delivery: int, status: str | None, *, now: datetime, again: datetime | None) -> None:
    """Write the status derived from all events, and when to look again (None: never)."""
    work.run(
        "UPDATE deliveries SET last_status = :status, checked_at = :now, next_check_at = :again WHERE id = :id",
        id=delivery,
        status=status,
        now=now,
        again=again,
    )


def postpone(work: Work, delivery: int, again: datetime) -> None:
    """Look again later, because this time nothing was learnt."""
    work.run("UPDATE deliveries SET next_check_at = :again WHERE id = :id", id=delivery, again=again)


def unpaused(work: Work) -> list[str]:
    """The registries that may be asked."""
    return [row.name for row in work.rows("SELECT name FROM registries WHERE paused_at IS NULL ORDER BY name")]


def paused(work: Work, now: datetime) -> Sequence[Any]:
    """Paused registries with the number of complaints that should have been asked about."""
    return work.rows(
        """
        SELECT r.name, count(*) AS waiting FROM deliveries d JOIN registries r ON r.name = d.registry
        WHERE r.paused_at IS NOT NULL AND d.registry_id IS NOT NULL AND d.next_check_at <= :now
        GROUP BY r.name ORDER BY r.name
        """,
        now=now,
    )
