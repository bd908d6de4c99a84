"""What the hub and a registry say differently about the same complaints: found, seen again, and closed when gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.store.deliveries import entry
from hub.store.log import append
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One delivery as the hub has it; `moved` are institutions to which the registry itself has passed it since."""

    id: int
    complaint: UUID
    state: str
    registry_id: str | None
    institution: str | None = None
    moved: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not the same on both sides; `complaint` is None where nobody knows whose it is."""

    what: str
    complaint: UUID | None
    registry_id: str | None


_HELD = "d.id, d.complaint, d.state, d.registry_id, d.institution"


def reconciled_at(work: Work, registry: str) -> datetime | None:
    """When the registry was last compared; None: never."""
    at: datetime | None = work.value("SELECT reconciled_at FROM registries WHERE name = :name", name=registry)
    return at


def expected(work: Work, registry: str, *, since: datetime, until: datetime) -> list[Held]:
    """Deliveries that have a number and were queued in this span: the registry's list must hold each."""
    rows = work.rows(
        f"""
        SELECT {_HELD} FROM deliveries d
        WHERE d.registry = :registry AND d.registry_id IS NOT NULL AND d.queued_at >= :since AND d.queued_at < :until
        ORDER BY d.id
        """,
        registry=registry,
        since=since,
        until=until,
    )
    return [Held(**row._mapping) for row in rows]


def known(work: Work, registry: str, references: Sequence[str]) -> dict[str, Held]:
    """The deliveries of these complaints (UUIDs as text)."""
    rows = work.rows(
        f"""
        SELECT {_HELD} FROM deliveries d
        WHERE d.registry = :registry AND d.complaint = ANY(CAST(:references AS uuid[]))
        """,
        registry=registry,
        references=list(references),
    )
    return {str(row.complaint): Held(**row._mapping) for row in rows}


def to_compare(work: Work, registry: str, *, until: datetime, limit: int) -> list[Held]:
    """Deliveries with a number whose turn it is: those never compared first, then the longest ago."""
    rows = work.rows(
        f"""
        SELECT {_HELD}, coalesce((SELECT array_agg(e.to_institution) FROM events e
               WHERE e.complaint = d.complaint AND e.to_institution IS NOT NULL), '{{}}') AS moved
        FROM deliveries d
        WHERE d.registry = :registry AND d.registry_id IS NOT NULL AND d.queued_at < :until
          AND d.state IN ('created', 'routed', 'confirmed')
        ORDER BY d.compared_at NULLS FIRST, d.id LIMIT :limit
        """,
        registry=registry,
        until=until,
        limit=limit,
    )
    return [Held(**row._mapping) for row in rows]


def shared(work: Work, registry: str) -> list[Difference]:
    """Numbers that belong to two complaints of ours."""
    rows = work.rows(
        """
        SELECT complaint, registry_id FROM deliveries d
        WHERE registry = :registry AND registry_id IN (
            SELECT registry_id FROM deliveries WHERE registry = :registry AND registry_id IS NOT NULL
            GROUP BY registry_id HAVING count(*) > 1)
        """,
        registry=registry,
    )
    return [Difference(what="shared", complaint=row.complaint, registry_id=row.registry_id) for row in rows]


def free(work: Work, delivery: int, *, now: datetime, open_before: datetime) -> Any | None:
    """
    The delivery, locked, where it has no number yet and nobody works on it; its open create is over.

    None: somebody is at it, it has a number by now, or its create began after `open_before`.
    """
    row = work.one(
        """
        SELECT id, complaint, registry, connector, region, state, registry_id FROM deliveries d
        WHERE id = :id AND registry_id IS NULL AND (until IS NULL OR until <= :now)
          AND state IN ('queued', 'files_uploaded', 'unknown', 'needs_human')
          AND NOT EXISTS (SELECT FROM attempts a WHERE a.delivery = d.id AND a.started_at >= :before
                          AND a.ended_at IS NULL)
        FOR UPDATE SKIP LOCKED
        """,
        id=delivery,
        now=now,
        before=open_before,
    )
    if row is not None:
        work.run(
            "UPDATE attempts SET ended_at = :now, outcome = 'done', code = 'listed' "
            "WHERE delivery = :id AND ended_at IS NULL",
            id=delivery,
            now=now,
        )
    return row


def write(
    work: Work,
    registry: str,
    found: Collection[Difference],
    *,
    checked: Collection[UUID] | None,
    compared: Sequence[int],
    resolved: int,
    now: datetime,
    actor: str,
) -> dict[str, int]:
    """
    Keep what was found in one comparison, close what is gone, and write the entry `reconciled`; open ones by what they are.

    `checked`: complaints whose differences may be closed (None: the whole registry was compared).
    """
    work.many(
        """
        INSERT INTO differences (registry, what, complaint, registry_id, found_at, seen_at)
        VALUES (:registry, :what, :complaint, :number, :now, :now)
        ON CONFLICT (registry, what, complaint, registry_id) DO UPDATE SET seen_at = :now, closed_at = NULL,
            found_at = CASE WHEN differences.closed_at IS NULL THEN differences.found_at ELSE :now END
        """,
        [_row(registry, one, now) for one in sorted(set(found), key=repr)],
    )
    closed = work.run(
        """
        UPDATE differences SET closed_at = :now
        WHERE registry = :registry AND closed_at IS NULL AND seen_at < :now
          AND (:everything OR what = 'shared' OR complaint = ANY(CAST(:checked AS uuid[])))
        """,
        registry=registry,
        now=now,
        everything=checked is None,
        checked=list(checked or ()),
    )
    work.run("UPDATE deliveries SET compared_at = :now WHERE id = ANY(:ids)", now=now, ids=list(compared))
    work.run("UPDATE registries SET reconciled_at = :now WHERE name = :name", now=now, name=registry)
    still = open_counts(work, registry)
    detail: dict[str, Detail] = {**still, "resolved": resolved, "closed": closed}
    code = "different" if still else "equal"
    append(
        work,
        Entry(act="reconciled", at=now, actor=actor, registry=registry, count=len(compared), code=code, detail=detail),
    )
    return still


def _row(registry: str, one: Difference, now: datetime) -> dict[str, Any]:
    return {
        "registry": registry,
        "what": one.what,
        "complaint": one.complaint,
        "number": one.registry_id,
        "now": now,
    }


def open_counts(work: Work, registry: str) -> dict[str, int]:
    """How many differences of each sort are open."""
    rows = work.rows(
        "SELECT what, count(*) AS n FROM differences WHERE registry = :registry AND closed_at IS NULL GROUP BY what",
        registry=registry,
    )
    return {row.what: row.n for row in sorted(rows, key=lambda row: str(row.what))}


def open_ones(work: Work, registry: str, limit: int) -> list[Any]:
    """The open differences, the latest first: what, complaint, registry_id, found_at."""
    return work.rows(
        """
        SELECT what, complaint, registry_id, found_at FROM differences
        WHERE registry = :registry AND closed_at IS NULL ORDER BY found_at DESC, id LIMIT :limit
        """,
        registry=registry,
        limit=limit,
    )


def resolve(work: Work, row: Any, *, registry_id: str, now: datetime, actor: str) -> None:
    """An outcome that nobody knew stands in the registry's list: `row` of `free` has this number."""
    work.run(
        """
        UPDATE deliveries SET state = 'created', registry_id = :number, tries = 0, due_at = :now, code = NULL,
               http = NULL, resolved_by = :by, holder = NULL, token = NULL, until = NULL,
               next_check_at = coalesce(next_check_at, :now) WHERE id = :id
        """,
        id=row.id,
        number=registry_id,
        now=now,
        by=actor,
    )
    detail: dict[str, Detail] = {"was": row.state, "state": "created"}
    append(
        work, entry("resolved", row, row.registry, now, actor, code="listed", registry_id=registry_id, detail=detail)
    )
