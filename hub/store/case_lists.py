"""Cases and questions as people look at them: numbers, places and days, never a word of what anybody wrote."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from hub.store.work import Work


def every(work: Work) -> Sequence[Any]:
    """All cases with their members: head, complaints."""
    return work.rows(
        """
        SELECT s.head, array_agg(c.id ORDER BY s.number) AS complaints FROM complaints c
        JOIN cases s ON s.id = c.case_id GROUP BY s.head ORDER BY min(s.number)
        """
    )


def foreign(work: Work) -> dict[UUID, list[Any]]:
    """
    Members that the sight does not cover, by the head of a case of which it covers one: region, institution, day, verdict.

    Nothing else of them is to be had, and of one that accuses somebody not even that.
    """
    found: dict[UUID, list[Any]] = {}
    for row in work.rows("SELECT head, region, institution, day, verdict FROM foreign_members()"):
        found.setdefault(row.head, []).append(row)
    return found


def listed(work: Work, *, region: str | None, limit: int) -> Sequence[Any]:
    """
    Cases of several complaints, the newest first: head, complaints, signers, regions, first and last day of
    submission, questions, foreign (how many of the complaints the sight does not cover).

    A signer is a person as far as the channels tell: complaints without any address count one each.
    """
    return work.rows(_LISTED, region=region, limit=limit)


_LISTED = """
WITH elsewhere AS MATERIALIZED (
    SELECT head, count(*) AS complaints, array_agg(region) AS regions, min(day) AS first, max(day) AS last
    FROM foreign_members() GROUP BY head
), heads AS (
    SELECT s.head, max(s.number) AS newest FROM cases s JOIN complaints c ON c.case_id = s.id
    WHERE s.head <> s.id OR EXISTS (SELECT FROM elsewhere f WHERE f.head = s.head) GROUP BY s.head
), chosen AS (
    SELECT h.head, h.newest FROM heads h
    WHERE CAST(:region AS text) IS NULL OR EXISTS (
        SELECT FROM members(h.head) s JOIN complaints c ON c.case_id = s.id
        WHERE (c.region = :region OR c.region LIKE :region || '.%'))
    ORDER BY h.newest DESC LIMIT :limit
), members AS (
    SELECT m.head, m.newest, c.id, c.region,
           (coalesce(c.submitted_at, c.first_stored_at) AT TIME ZONE 'Asia/Jakarta')::date AS day,
           coalesce((SELECT encode(t.token, 'hex') FROM reporter_tokens t WHERE t.complaint = c.id ORDER BY t.what LIMIT 1),
                    c.id::text) AS signer
    FROM chosen m, members(m.head) s JOIN complaints c ON c.case_id = s.id
)
SELECT m.head, count(*) + coalesce(max(f.complaints), 0) AS complaints,
       count(DISTINCT m.signer) + coalesce(max(f.complaints), 0) AS signers, coalesce(max(f.complaints), 0) AS foreign,
       least(min(m.day), max(f.first)) AS first, greatest(max(m.day), max(f.last)) AS last,
       (SELECT array_agg(DISTINCT r ORDER BY r) FROM unnest(array_agg(m.region) || (
            SELECT e.regions FROM elsewhere e WHERE e.head = m.head)) AS r) AS regions,
       (SELECT count(*) FROM reviews r WHERE r.what = 'same_matter' AND r.closed_at IS NULL
        AND r.complaint = ANY(array_agg(m.id))) AS questions
FROM members m LEFT JOIN elsewhere f ON f.head = m.head
GROUP BY m.head, m.newest HAVING count(*) + coalesce(max(f.complaints), 0) > 1 ORDER BY m.newest DESC
"""


def questions(work: Work, *, region: str | None, limit: int) -> Sequence[Any]:
    """What a person should look at, the oldest first: complaint, other, their cases and regions, and what speaks for it."""
    return work.rows(
        """
        SELECT r.id, r.complaint, r.other, a.head AS case_a, b.head AS case_b, c.region, d.region AS other_region,
               r.detail, r.made_at
        FROM reviews r JOIN complaints c ON c.id = r.complaint JOIN complaints d ON d.id = r.other
        JOIN cases a ON a.id = c.case_id JOIN cases b ON b.id = d.case_id
        WHERE r.what = 'same_matter' AND r.closed_at IS NULL AND a.head <> b.head
          AND (CAST(:region AS text) IS NULL OR c.region = :region OR c.region LIKE :region || '.%')
        ORDER BY r.id LIMIT :limit
        """,
        region=region,
        limit=limit,
    )


def asked(work: Work, complaints: Collection[UUID]) -> set[frozenset[UUID]]:
    """What was asked about these: both complaints of each question, answered or not, and both cases of each open one."""
    rows = work.rows(
        """
        SELECT r.complaint, r.other, a.head, b.head AS other_head, r.closed_at IS NULL AS is_open FROM reviews r
        JOIN complaints c ON c.id = r.complaint JOIN complaints d ON d.id = r.other
        JOIN cases a ON a.id = c.case_id JOIN cases b ON b.id = d.case_id
        WHERE r.what = 'same_matter' AND (r.complaint = ANY(:ids) OR r.other = ANY(:ids))
        """,
        ids=list(complaints),
    )
    pairs = {frozenset((row.complaint, row.other)) for row in rows}
    return pairs | {frozenset((row.head, row.other_head)) for row in rows if row.is_open and row.head != row.other_head}


# what commands name --------------------------------------------------------------------------------------------------


def named(work: Work, complaints: Collection[UUID]) -> dict[UUID, Any]:
    """Those of these complaints that have a case: id, head, region."""
    rows = work.rows(
        """
        SELECT c.id, s.head, c.region FROM complaints c JOIN cases s ON s.id = c.case_id WHERE c.id = ANY(:ids)
        """,
        ids=list(complaints),
    )
    return {row.id: row for row in rows}


def members(work: Work, case: UUID) -> list[Any]:
    """The complaints of a case, whichever of its cases is named, the oldest first: id, head, region, institution, day."""
    return work.rows(
        """
        SELECT c.id, named.head, c.region, k.owner AS institution,
               (coalesce(c.submitted_at, c.first_stored_at) AT TIME ZONE 'Asia/Jakarta')::date AS day
        FROM cases named, members(named.head) s JOIN complaints c ON c.case_id = s.id
        JOIN connectors k ON k.id = c.connector WHERE named.id = :case ORDER BY s.number
        """,
        case=case,
    )


def links_of(work: Work, complaints: Collection[UUID]) -> list[Any]:
    """The links that stand at these complaints: id, complaint, other, model, probability, reasons, made_by, made_at."""
    return work.rows(
        """
        SELECT id, complaint, other, model, probability, reasons, made_by, made_at FROM standing
        WHERE complaint = ANY(:ids) OR other = ANY(:ids) ORDER BY id
        """,
        ids=list(complaints),
    )


def link_of(work: Work, number: int) -> Any:
    """The link of that number where it stands, else None: complaint, other."""
    return work.one("SELECT complaint, other FROM standing WHERE id = :id", id=number)


def between(work: Work, one: UUID, other: UUID) -> list[Any]:
    """The links that stand between two complaints: id, model."""
    return work.rows(
        """
        SELECT id, model FROM standing
        WHERE (complaint = :one AND other = :other) OR (complaint = :other AND other = :one) ORDER BY id
        """,
        one=one,
        other=other,
    )
