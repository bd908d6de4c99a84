"""The work list of deliveries: what a person found out about those whose outcome nobody else can tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from hub.audit.entry import Detail
from hub.store.deliveries import entry
from hub.store.log import append
from hub.store.work import Work


def to_resolve(work: Work, number: str) -> list[Any]:
    """The deliveries that a delivery number or a complaint's id names, locked; those that wait for a person first.

    `holder`: whose create may still be on its way.
    """
    return work.rows(
        """
        SELECT id, complaint, registry, connector, region, state, registry_id,
               CASE WHEN until IS NULL THEN holder END AS holder
        FROM deliveries
        WHERE CAST(id AS text) = :number OR CAST(complaint AS text) = :number
        ORDER BY state NOT IN ('unknown', 'needs_human'), id FOR UPDATE
        """,
        number=number.strip().lower(),
    )


def holder_of(work: Work, registry: str, registry_id: str) -> UUID | None:
    """The complaint that is this number at the registry already."""
    found: UUID | None = work.value(
        "SELECT complaint FROM deliveries WHERE registry = :registry AND registry_id = :number LIMIT 1",
        registry=registry,
        number=registry_id,
    )
    return found


def resolve(work: Work, row: Any, *, state: str, registry_id: str | None, by: str, now: datetime) -> None:
    """Write what a person found out about a row of `to_resolve`; an absent complaint starts again from its files."""
    work.run(
        """
        UPDATE deliveries SET state = :state, registry_id = coalesce(:number, registry_id), tries = 0, due_at = :now,
               queued_at = CASE WHEN CAST(:number AS text) IS NULL THEN :now ELSE queued_at END, code = NULL,
               http = NULL, resolved_by = :by, holder = NULL, token = NULL, until = NULL,
               next_check_at = coalesce(next_check_at, CASE WHEN CAST(:number AS text) IS NOT NULL THEN :now END)
        WHERE id = :id
        """,
        id=row.id,
        state=state,
        number=registry_id,
        now=now,
        by=by,
    )
    code = "found" if registry_id else "absent"
    detail: dict[str, Detail] = {"was": row.state, "state": state}
    append(work, entry("resolved", row, row.registry, now, by, code=code, registry_id=registry_id, detail=detail))
