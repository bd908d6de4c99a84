"""Complaints that accuse somebody: from whom each is hidden, and what the Inspektorat says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Accusation:
    """One complaint of the Inspektorat's queue, in codes."""

    complaint: UUID
    connector: UUID
    name: str
    """The connector's."""
    region: str
    accused: str
    """named | doubtful | confirmed | cleared"""
    hidden_from: Sequence[str] | None
    because: Sequence[str] | None
    stored_at: datetime
    registry_id: str | None
    """Its number at the registry, where it has one."""
    passed_on: bool
    """The registry has passed it on to the accused."""


_LISTED = """
SELECT c.id AS complaint, c.connector, n.name, c.region, c.accused, c.hidden_from, c.confidential_because AS because,
       c.first_stored_at AS stored_at,
       (SELECT d.registry_id FROM deliveries d WHERE d.complaint = c.id AND d.registry_id IS NOT NULL
        ORDER BY d.id LIMIT 1) AS registry_id,
       EXISTS (SELECT FROM reviews r WHERE r.complaint = c.id AND r.what = 'passed_to_accused' AND r.closed_at IS NULL)
       AS passed_on
FROM complaints c JOIN connectors n ON n.id = c.connector
"""


def listed(work: Work, *, everything: bool = False, limit: int = 50) -> list[Accusation]:
    """What waits for the Inspektorat, the oldest first; `everything`: also what it has decided."""
    rows = work.rows(
        f"""
        {_LISTED} WHERE c.accused IS NOT NULL AND (
            :everything OR c.accused IN ('named', 'doubtful')
            OR EXISTS (SELECT FROM reviews r WHERE r.complaint = c.id AND r.what = 'passed_to_accused' AND r.closed_at IS NULL))
        ORDER BY c.first_stored_at, c.id LIMIT :limit
        """,
        everything=everything,
        limit=limit,
    )
    return [Accusation(**row._mapping) for row in rows]


def one(work: Work, complaint: UUID) -> Accusation | None:
    """The accusation in this complaint; None where it accuses nobody, or is not to be seen from here."""
    row = work.one(f"{_LISTED} WHERE c.id = :id AND c.accused IS NOT NULL FOR UPDATE OF c", id=complaint)
    return Accusation(**row._mapping) if row else None


def decide(
    work: Work, complaint: UUID, accused: str, hidden_from: Sequence[str] | None, *, by: str, now: datetime
) -> None:
    """The Inspektorat has decided; what follows this complaint (`behind`) follows the decision."""
    work.run(
        "UPDATE complaints SET accused = :accused, hidden_from = :hidden WHERE id = :id",
        accused=accused,
        hidden=None if hidden_from is None else list(hidden_from),
        id=complaint,
    )
    work.run(
        """
        UPDATE reviews SET closed_at = :now, closed_by = :by
        WHERE complaint = :id AND what = 'passed_to_accused' AND closed_at IS NULL
        """,
        now=now,
        by=by,
        id=complaint,
    )
    work.run(
        "UPDATE complaints SET hidden_from = :hidden WHERE behind = :id AND accused IS NULL AND hidden_from IS NOT NULL",
        hidden=None if hidden_from is None else list(hidden_from),
        id=complaint,
    )


def ask(work: Work, complaint: UUID, region: str, now: datetime) -> bool:
    """Ask the Inspektorat to look at an accusation that was passed on to the accused; False where it was asked already."""
    made = work.run(
        """
        INSERT INTO reviews (region, what, complaint, made_at) VALUES (:region, 'passed_to_accused', :complaint, :now)
        ON CONFLICT DO NOTHING
        """,
        region=region,
        complaint=complaint,
        now=now,
    )
    return made == 1


def follow(work: Work, complaints: Sequence[UUID]) -> None:
    """What repeats, answers or completes a hidden complaint is hidden from the same people."""
    if complaints:
        work.run(_FOLLOW, ids=list(complaints))


_FOLLOW = """
UPDATE complaints c SET hidden_from = (SELECT array_agg(DISTINCT one ORDER BY one)
                                       FROM unnest(p.hidden_from || coalesce(c.hidden_from, '{}')) AS one)
FROM complaints p WHERE c.id = ANY(:ids) AND p.id = c.behind AND p.hidden_from IS NOT NULL
"""


def hidden(work: Work, complaints: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """From whom these are hidden; those that are hidden from nobody are left out."""
    rows = work.rows(
        "SELECT id, hidden_from FROM complaints WHERE hidden_from IS NOT NULL AND id = ANY(:ids)", ids=list(complaints)
    )
    return {row.id: tuple(sorted(row.hidden_from)) for row in rows}


def owners_of(work: Work, regions: Sequence[str]) -> dict[str, list[str]]:
    """Who runs the connectors of these regions, as far as they have been seen, by region."""
    found: dict[str, list[str]] = {}
    for row in work.rows(
        "SELECT DISTINCT region, owner FROM connectors WHERE region = ANY(:regions)", regions=list(regions)
    ):
        found.setdefault(row.region, []).append(row.owner)
    return found
