"""Holds: while one stands, nobody erases the complaints of its case, whether by request or by age."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Who wants what kept, until when and why."""

    id: int
    case_id: UUID | None
    complaints: Sequence[UUID]
    """As it was when the hold was made; what is linked to the case later is held as well."""
    owner: str
    because: str
    until: date
    """The last day, in Asia/Jakarta."""
    made_at: datetime


_COLUMNS = "h.id, h.case_id, h.complaints, h.owner, h.because, h.until, h.made_at"


def alone(work: Work) -> None:
    """Until the transaction ends nobody adds a hold while another erases, or erases while another adds one."""
    work.lock("holds")


def members(work: Work, case: UUID) -> list[Any]:
    """The complaints (id, connector, region) of a case, whichever of its cases is named; none where there is none."""
    return work.rows(
        """
        SELECT c.id, c.connector, c.region FROM cases named, members(named.head) s
        JOIN complaints c ON c.case_id = s.id WHERE named.id = :case ORDER BY s.number
        """,
        case=case,
    )


def named(work: Work, complaint: UUID) -> list[Any]:
    """The complaint of that id (id, connector, region), also one that accept has not come to; none where there is none."""
    return work.rows("SELECT complaint AS id, connector, region FROM refs WHERE complaint = :id LIMIT 1", id=complaint)


def add(
    work: Work,
    *,
    case: UUID | None,
    complaints: Sequence[UUID],
    owner: str,
    because: str,
    until: date,
    now: datetime,
) -> int:
    """Write a hold down; returns its number."""
    number: int = work.value(
        """
        INSERT INTO holds (case_id, complaints, owner, because, until, made_at)
        VALUES (:case, :complaints, :owner, :because, :until, :now) RETURNING id
        """,
        case=case,
        complaints=list(complaints),
        owner=owner,
        because=because,
        until=until,
        now=now,
    )
    return number


def end(work: Work, number: int, *, by: str, now: datetime) -> list[Any]:
    """End a hold; the complaints (id, connector, region) that it was made for, none where no such hold stands."""
    ended = work.value(
        "UPDATE holds SET ended_at = :now, ended_by = :by WHERE id = :id AND ended_at IS NULL RETURNING complaints",
        id=number,
        by=by,
        now=now,
    )
    if ended is None:
        return []
    return work.rows(
        "SELECT complaint AS id, connector, region FROM refs WHERE complaint = ANY(:ids) ORDER BY complaint",
        ids=list(ended),
    )


def standing(work: Work, today: date, *, ended: bool = False) -> list[Hold]:
    """The holds that stand today, the first to run out first; `ended`: also all others."""
    rows = work.rows(
        f"""
        SELECT {_COLUMNS} FROM holds h WHERE :ended OR (h.ended_at IS NULL AND h.until >= :today) ORDER BY h.until, h.id
        """,
        ended=ended,
        today=today,
    )
    return [Hold(**row._mapping) for row in rows]


def over(work: Work, complaints: Collection[UUID], today: date) -> dict[UUID, Hold]:
    """Which of these complaints somebody holds, each with the hold that lasts longest."""
    rows = work.rows(_OVER, ids=list(complaints), today=today)
    return {row.held: Hold(**{name: row._mapping[name] for name in Hold.__slots__}) for row in rows}


# what joined a complaint (an answer to us) has no case of its own: it is held with the complaint
_OVER = f"""
WITH asked AS (
    SELECT id AS held, id FROM unnest(CAST(:ids AS uuid[])) AS u(id)
    UNION SELECT c.id, c.behind FROM complaints c WHERE c.id = ANY(CAST(:ids AS uuid[])) AND c.reason = 'joined'
)
SELECT DISTINCT ON (a.held) a.held, {_COLUMNS}
FROM holds h JOIN asked a ON a.id = ANY(h.complaints) OR h.case_id IN (
    SELECT same.id FROM complaints c JOIN cases own ON own.id = c.case_id, members(own.head) same
    WHERE c.id = a.id)
WHERE h.ended_at IS NULL AND h.until >= :today ORDER BY a.held, h.until DESC, h.id
"""
