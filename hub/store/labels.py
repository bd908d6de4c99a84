"""What people say about pairs of complaints: it outranks every model, for ever, and is what the next one learns from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Two complaints and a person's verdict: same, apart, or withdrawn (nothing is said any more)."""

    complaint: UUID
    other: UUID
    verdict: str


def say(work: Work, found: Sequence[Label], *, by: str, now: datetime) -> None:
    """Write down what a person said; the newest of a pair counts."""
    rows = [(one.complaint, one.other, one.verdict) for one in found]
    if rows:
        work.tuples(_SAY, (by, now, *map(list, zip(*rows, strict=True))))


_SAY = """
INSERT INTO labels (said_by, said_at, complaint, other, verdict)
SELECT %b::text, %b::timestamptz, u.complaint, u.other, u.verdict
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) WITH ORDINALITY AS u(complaint, other, verdict, n) ORDER BY u.n
"""


def apart(work: Work, heads: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Pairs of cases (heads) of which one is among these, and of which a person said that they are two matters."""
    rows = work.rows(_APART, heads=list(heads)) if heads else []
    return [(row.one, row.other) for row in rows]


_ENDS = """
SELECT s.id, s.complaint, s.other, s.verdict, s.said_by, s.said_at, a.head AS head_a, b.head AS head_b
FROM said s JOIN complaints c ON c.id = s.complaint JOIN cases a ON a.id = c.case_id
JOIN complaints d ON d.id = s.other JOIN cases b ON b.id = d.case_id
"""

_APART = f"""
SELECT DISTINCT head_a AS one, head_b AS other FROM ({_ENDS}) e
WHERE verdict = 'apart' AND head_a <> head_b AND (head_a = ANY(:heads) OR head_b = ANY(:heads))
"""


def between(work: Work, one: UUID, other: UUID) -> list[Any]:
    """What people said to keep these two cases (heads) apart: complaint, other, said_by, said_at."""
    return work.rows(
        f"""
        SELECT complaint, other, said_by, said_at FROM ({_ENDS}) e WHERE verdict = 'apart'
          AND ((head_a = :one AND head_b = :other) OR (head_a = :other AND head_b = :one)) ORDER BY id
        """,
        one=one,
        other=other,
    )


def standing(work: Work, complaints: Collection[UUID]) -> dict[frozenset[UUID], str]:
    """The verdicts about pairs of which one is among these."""
    rows = work.rows(
        "SELECT complaint, other, verdict FROM said WHERE complaint = ANY(:ids) OR other = ANY(:ids)",
        ids=list(complaints),
    )
    return {frozenset((row.complaint, row.other)): row.verdict for row in rows}


def every(work: Work) -> Iterator[dict[str, Any]]:
    """All that stands, oldest first, as training data: ids, verdict, by whom, when."""
    for row in work.rows("SELECT complaint, other, verdict, said_by, said_at FROM said ORDER BY id"):
        yield {
            "complaint": str(row.complaint),
            "other": str(row.other),
            "verdict": row.verdict,
            "by": row.said_by,
            "at": row.said_at.isoformat(),
        }
