"""Deliveries for people: what waits or has stopped, with its cause, and putting it back on its way in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.store.deliveries import entry
from hub.store.log import append_all
from hub.store.work import Work

STOPPED: Final = ("needs_human", "refused")
"""States from which a delivery can be put back; one that is `unknown` has to be resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One delivery and why it stands where it does."""

    id: int
    complaint: UUID
    connector: str
    registry: str
    region: str
    state: str
    code: str | None
    http: int | None
    registry_id: str | None
    attempts: int
    """Creates so far."""
    tries: int
    """Failures in a row."""
    queued_at: datetime
    since: datetime
    """When something was last tried; when it was queued, where nothing was."""
    due_at: datetime | None
    """The next try; None where a person has to act or nothing is left to do."""
    held: bool
    """A process works on it at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """Complaints that are on their way again, and those that are not, with their reason."""

    done: Sequence[UUID]
    doubtful: Sequence[UUID]
    """Their last create may have been stored: somebody has to look (`resolve`) before it is sent again."""
    erased: Sequence[UUID]
    """Whose data were erased is not reported."""
    replaced: Sequence[UUID]
    """Another report of the same reporter goes, or has gone, in their place."""


_CHOSEN: Final = """
    (cardinality(CAST(:states AS text[])) = 0 OR d.state = ANY(CAST(:states AS text[])))
    AND (CAST(:registry AS text) IS NULL OR d.registry = :registry)
    AND (cardinality(CAST(:names AS text[])) = 0 OR k.name = ANY(CAST(:names AS text[])))
"""


def listed(
    work: Work,
    *,
    now: datetime | None = None,
    states: Sequence[str] = (),
    registry: str | None = None,
    names: Sequence[str] = (),
    limit: int | None = None,
) -> list[Listed]:
    """Deliveries in order of queueing; `states`, `registry` and `names` of connectors choose, empty means all."""
    rows = work.rows(
        f"""
        SELECT d.id, d.complaint, k.name AS connector, d.registry, d.region, d.state, d.code, d.http, d.registry_id,
               d.attempts, d.tries, d.queued_at,
               coalesce((SELECT max(a.started_at) FROM attempts a WHERE a.delivery = d.id), d.queued_at) AS since,
               CASE WHEN d.state IN ('queued', 'files_uploaded', 'created') THEN d.due_at
                    WHEN d.state = 'unknown' AND d.due_at > d.queued_at THEN d.due_at END AS due_at,
               coalesce(d.until > coalesce(CAST(:now AS timestamptz), now()), false) AS held
        FROM deliveries d JOIN connectors k ON k.id = d.connector
        WHERE {_CHOSEN} ORDER BY d.id LIMIT :limit
        """,
        now=now,
        states=list(states),
        registry=registry,
        names=list(names),
        limit=limit,
    )
    return [Listed(**row._mapping) for row in rows]


def redrive(
    work: Work,
    numbers: Sequence[str] = (),
    *,
    states: Sequence[str] = STOPPED,
    code: str | None = None,
    registry: str | None = None,
    names: Sequence[str] = (),
    by: str,
    because: str,
    now: datetime,
) -> Redriven:
    """
    Put stopped deliveries back on their way, an entry each; never one whose last create may have been stored.

    `numbers`: of deliveries, or complaint ids; empty means all that the other conditions choose. What the registry has
    a number of goes on behind its create.
    """
    rows = _stopped(work, numbers, states=states, code=code, registry=registry, names=names)
    meant = {row.complaint for row in rows}
    kept = [row for row in rows if not row.replaced and row.in_place_of not in meant]
    again = [row for row in kept if not row.doubtful and not row.erased]
    work.run(
        """
        UPDATE deliveries SET state = CASE WHEN registry_id IS NULL THEN 'queued' ELSE 'created' END, tries = 0,
               due_at = :now, code = NULL, http = NULL, redriven_at = :now, redriven_by = :by,
               holder = NULL, token = NULL, until = NULL
        WHERE id = ANY(:ids)
        """,
        ids=[row.id for row in again],
        now=now,
        by=by,
    )
    append_all(work, [_told(row, by, because, now) for row in again])
    return Redriven(
        done=[row.complaint for row in again],
        doubtful=[row.complaint for row in kept if row.doubtful and not row.erased],
        erased=[row.complaint for row in kept if row.erased],
        replaced=[row.complaint for row in rows if row not in kept],
    )


def _stopped(
    work: Work,
    numbers: Sequence[str],
    *,
    states: Sequence[str],
    code: str | None,
    registry: str | None,
    names: Sequence[str],
) -> list[Any]:
    """
    The rows that are meant, locked. Without a number at the registry, an unknown last create is a doubt; what was found
    to be absent is queued anew, and creates before that are settled.
    """
    return work.rows(
        f"""
        SELECT d.id, d.complaint, d.connector, d.region, d.registry, d.registry_id, d.state, d.code,
               d.registry_id IS NULL AND coalesce(
                   (SELECT a.outcome = 'unknown' OR a.ended_at IS NULL FROM attempts a
                    WHERE a.delivery = d.id AND a.step = 'create' AND a.outcome IS DISTINCT FROM 'interrupted'
                      AND a.started_at >= d.queued_at
                    ORDER BY a.id DESC LIMIT 1), false) AS doubtful,
               NOT EXISTS (SELECT FROM complaints c JOIN data_keys y ON y.id = c.key_id WHERE c.id = d.complaint) AS erased,
               o.in_place_of, d.registry_id IS NULL AND EXISTS (
                   SELECT FROM complaints c JOIN deliveries e ON e.complaint = c.id AND e.registry = d.registry
                   WHERE (c.in_place_of = d.complaint OR c.id = o.in_place_of) AND e.state <> 'refused') AS replaced
        FROM deliveries d JOIN connectors k ON k.id = d.connector JOIN complaints o ON o.id = d.complaint
        WHERE {_CHOSEN} AND d.state = ANY(CAST(:stopped AS text[]))
          AND (CAST(:code AS text) IS NULL OR d.code = :code)
          AND (cardinality(CAST(:numbers AS text[])) = 0 OR CAST(d.id AS text) = ANY(CAST(:numbers AS text[]))
               OR CAST(d.complaint AS text) = ANY(CAST(:numbers AS text[])))
        ORDER BY d.id FOR UPDATE OF d
        """,
        states=list(states),
        stopped=list(STOPPED),
        code=code,
        registry=registry,
        names=list(names),
        numbers=[number.strip().lower() for number in numbers],
    )


def _told(row: Any, by: str, because: str, now: datetime) -> Any:
    return entry(
        "redriven",
        row,
        row.registry,
        now,
        by,
        code=row.code,
        registry_id=row.registry_id,
        detail={"was": row.state, "because": because[:500]},
    )
