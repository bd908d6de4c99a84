"""Cases: groups of complaints about one matter, made of links that can each be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from dedup.groups import Link, heads
from hub.audit.entry import Entry
from hub.store.log import append, append_all
from hub.store.work import Work


def make(work: Work, count: int, now: datetime) -> list[UUID]:
    """New cases, one for each complaint of its own; the first is the oldest."""
    made = [uuid4() for _ in range(count)]
    if made:
        work.tuples(
            """
            INSERT INTO cases (id, head, made_at)
            SELECT u.id, u.id, %b::timestamptz FROM unnest(%b::uuid[]) WITH ORDINALITY AS u(id, n) ORDER BY u.n
            """,
            (now, made),
        )
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """Two complaints that are about one matter, and why."""

    complaint: UUID
    other: UUID
    answer: str
    probability: float
    reasons: Sequence[dict[str, Any]]
    model: str


def link(work: Work, found: Sequence[NewLink], *, by: str, now: datetime) -> None:
    """Say that complaints are about one matter; a link that stands already is not said twice."""
    once = list({frozenset((one.complaint, one.other)): one for one in reversed(found)}.values())[::-1]
    if not once:
        return
    rows = [(o.complaint, o.other, o.answer, o.probability, orjson.dumps(o.reasons).decode(), o.model) for o in once]
    made = work.tuples(_LINK, (by, now, *map(list, zip(*rows, strict=True))))
    append_all(work, [_entry("linked", *row, by=by, now=now) for row in made])
    settle(work, [complaint for row in made for complaint in row[:2]])


def _entry(
    act: str,
    complaint: UUID,
    other: UUID,
    connector: UUID,
    region: str,
    answer: str,
    model: str,
    *,
    by: str,
    now: datetime,
) -> Entry:
    return Entry(
        act=act,
        at=now,
        actor=by,
        connector=str(connector),
        region=region,
        complaint=str(complaint),
        code=answer,
        detail={"other": str(other), "model": model},
    )


_LINK = """
WITH made AS (
INSERT INTO links (complaint, other, case_a, case_b, answer, probability, reasons, model, made_by, made_at)
SELECT a.id, b.id, a.case_id, b.case_id, u.answer, u.probability, u.reasons::jsonb, u.model, %b::text, %b::timestamptz
FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::float8[], %b::text[], %b::text[]) WITH ORDINALITY
     AS u(complaint, other, answer, probability, reasons, model, n)
JOIN complaints a ON a.id = u.complaint JOIN complaints b ON b.id = u.other
WHERE NOT EXISTS (SELECT FROM links l WHERE l.undoes IS NULL
    AND ((l.complaint = a.id AND l.other = b.id) OR (l.complaint = b.id AND l.other = a.id))
    AND NOT EXISTS (SELECT FROM links u WHERE u.undoes = l.id))
ORDER BY u.n RETURNING complaint, other, answer, model
)
SELECT m.complaint, m.other, c.connector, c.region, m.answer, m.model
FROM made m JOIN complaints c ON c.id = m.complaint
"""


def unlink(work: Work, number: int, *, by: str, now: datetime) -> bool:
    """Undo one link by a new event; the cases are again what they were. True where it stood."""
    row = work.one(
        """
        INSERT INTO links (complaint, other, case_a, case_b, answer, probability, reasons, model, made_by, made_at, undoes)
        SELECT complaint, other, case_a, case_b, 'undone', probability, '[]', model, :by, :now, id FROM links
        WHERE id = :id AND undoes IS NULL ON CONFLICT DO NOTHING
        RETURNING complaint, other, (SELECT c.connector FROM complaints c WHERE c.id = links.complaint) AS connector,
                  (SELECT c.region FROM complaints c WHERE c.id = links.complaint) AS region, answer, model
        """,
        id=number,
        by=by,
        now=now,
    )
    if row:
        append(work, _entry("unlinked", *tuple(row), by=by, now=now))
        settle(work, [row.complaint, row.other])
    return row is not None


def settle(work: Work, complaints: Sequence[UUID]) -> None:
    """Work out the heads again of all cases that were or are connected with these complaints."""
    reached = [row.id for row in work.rows(_REACHED, ids=list(complaints))]
    standing = work.rows(_STANDING, cases=reached)
    found = heads(
        Link(case=str(row.case_a), case_born=row.born_a, other=str(row.case_b), other_born=row.born_b)
        for row in standing
    )
    if reached:
        work.tuples(_HEADS, (reached, [UUID(found.get(str(case), str(case))) for case in reached]))


_HEADS = """
UPDATE cases SET head = u.head FROM unnest(%b::uuid[], %b::uuid[]) AS u(id, head)
WHERE cases.id = u.id AND cases.head <> u.head
"""

_STANDING = """
SELECT l.case_a, l.case_b, a.number AS born_a, b.number AS born_b
FROM links l JOIN cases a ON a.id = l.case_a JOIN cases b ON b.id = l.case_b
WHERE l.undoes IS NULL AND (l.case_a = ANY(:cases) OR l.case_b = ANY(:cases))
  AND NOT EXISTS (SELECT FROM links u WHERE u.undoes = l.id)
"""

_REACHED = """
WITH RECURSIVE reached(id) AS (
    SELECT case_id FROM complaints WHERE id = ANY(:ids)
    UNION
    SELECT CASE WHEN l.case_a = r.id THEN l.case_b ELSE l.case_a END
    FROM reached r JOIN links l ON (l.case_a = r.id OR l.case_b = r.id) AND l.undoes IS NULL
)
SELECT id FROM reached
"""


def every(work: Work) -> Sequence[Any]:
    """All cases with their members: head, complaints."""
    return work.rows(
        """
        SELECT s.head, array_agg(c.id ORDER BY s.number) AS complaints FROM complaints c
        JOIN cases s ON s.id = c.case_id GROUP BY s.head ORDER BY min(s.number)
        """
    )
