"""Cases: groups of complaints about one matter, made of links that can each be undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from dedup.groups import Link, heads
from hub.audit.entry import Detail, Entry
from hub.store.log import append_all
from hub.store.work import Work

PERSON = "person"
"""Stands where a link has a model, if a person made or undid it."""


def make(work: Work, count: int, region: str, now: datetime) -> list[UUID]:
    """New cases, one for each complaint of its own, born in this region; the first is the oldest."""
    made = [uuid4() for _ in range(count)]
    if made:
        work.tuples(
            """
            INSERT INTO cases (id, head, made_at, region)
            SELECT u.id, u.id, %b::timestamptz, %b::text FROM unnest(%b::uuid[]) WITH ORDINALITY AS u(id, n) ORDER BY u.n
            """,
            (now, region, made),
        )
    return made


def of(work: Work, complaints: Collection[UUID]) -> dict[UUID, UUID]:
    """The head of each complaint's case; what has no case is left out."""
    rows = work.rows(
        "SELECT c.id, s.head FROM complaints c JOIN cases s ON s.id = c.case_id WHERE c.id = ANY(:ids)",
        ids=list(complaints),
    )
    return {row.id: row.head for row in rows}


# links -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """Two complaints that are, or may be, about one matter, and why."""

    complaint: UUID
    other: UUID
    probability: float
    reasons: Sequence[tuple[str, float]]
    """Codes and weights; no phrase, for a phrase may quote."""
    model: str

    @property
    def detail(self) -> dict[str, Detail]:
        """What an entry or a question says of it."""
        found: dict[str, Detail] = {"model": self.model, "per_mille": round(self.probability * 1000)}
        return found | ({"reasons": [code for code, _ in self.reasons]} if self.reasons else {})


def link(work: Work, found: Sequence[NewLink], *, by: str, now: datetime, because: str | None = None) -> int:
    """
    Say that complaints are about one matter; a link that stands already is not said twice. Returns how many are new.

    An open question about the same two is answered by it.
    """
    once = {frozenset((one.complaint, one.other)): one for one in reversed(found)}
    rows = [
        (o.complaint, o.other, o.probability, orjson.dumps(o.reasons).decode(), o.model)
        for o in reversed(once.values())
    ]
    made = work.tuples(_LINK, (by, now, *map(list, zip(*rows, strict=True)))) if rows else []
    append_all(work, [_entry("linked", row, once[frozenset(row[:2])].detail, by, now, because) for row in made])
    _join(work, {complaint for row in made for complaint in row[:2]}, [row[:2] for row in made])
    answer(work, [row[:2] for row in made], by=by, now=now)
    return len(made)


_LINK = """
WITH made AS (
INSERT INTO links (complaint, other, case_a, case_b, answer, probability, reasons, model, made_by, made_at)
SELECT a.id, b.id, a.case_id, b.case_id, 'same', u.probability, u.reasons::jsonb, u.model, %b::text, %b::timestamptz
FROM unnest(%b::uuid[], %b::uuid[], %b::float8[], %b::text[], %b::text[]) WITH ORDINALITY
     AS u(complaint, other, probability, reasons, model, n)
JOIN complaints a ON a.id = u.complaint JOIN complaints b ON b.id = u.other
WHERE NOT EXISTS (SELECT FROM standing l WHERE l.complaint = a.id AND l.other = b.id)
  AND NOT EXISTS (SELECT FROM standing l WHERE l.complaint = b.id AND l.other = a.id)
ORDER BY u.n RETURNING complaint, other
)
SELECT m.complaint, m.other, c.connector, c.region FROM made m JOIN complaints c ON c.id = m.complaint
"""


def undo(
    work: Work, numbers: Sequence[int], *, by: str, model: str, now: datetime, because: str | None = None
) -> list[tuple[UUID, UUID]]:
    """Undo links by new events; the cases are again what they were without them. Returns the pairs that stood."""
    rows = work.tuples(_UNDO, (by, now, model, list(numbers))) if numbers else []
    detail: dict[str, Detail] = {"model": model}
    append_all(work, [_entry("unlinked", row, detail, by, now, because) for row in rows])
    _part(work, {complaint for row in rows for complaint in row[:2]})
    return [(row[0], row[1]) for row in rows]


def apart(work: Work, complaint: UUID, other: UUID, *, by: str, now: datetime, because: str) -> None:
    """The entry of a person who says that two complaints, which nothing links, are two matters."""
    where = work.tuples(
        "SELECT id, %b::uuid, connector, region FROM complaints WHERE id = %b::uuid", (other, complaint)
    )
    append_all(work, [_entry("unlinked", row, {"model": PERSON}, by, now, because, "apart") for row in where])


_UNDO = """
WITH made AS (
INSERT INTO links (complaint, other, case_a, case_b, answer, probability, reasons, made_by, made_at, model, undoes)
SELECT complaint, other, case_a, case_b, 'undone', probability, '[]', %b::text, %b::timestamptz, %b::text, id
FROM standing WHERE id = ANY(%b::bigint[]) ORDER BY id ON CONFLICT DO NOTHING RETURNING complaint, other
)
SELECT m.complaint, m.other, c.connector, c.region FROM made m JOIN complaints c ON c.id = m.complaint
"""


def _entry(
    act: str,
    row: Sequence[Any],
    detail: Mapping[str, Detail],
    by: str,
    now: datetime,
    because: str | None,
    code: str | None = None,
) -> Entry:
    complaint, other, connector, region = row
    why: dict[str, Detail] = {"because": because[:500]} if because else {}
    return Entry(
        act=act,
        at=now,
        actor=by,
        connector=str(connector),
        region=region,
        complaint=str(complaint),
        code=code or ("same" if act == "linked" else "undone"),
        detail={"other": str(other), **detail, **why},
    )


# heads -------------------------------------------------------------------------------------------------------------


def _join(work: Work, complaints: Collection[UUID], pairs: Sequence[Sequence[UUID]]) -> None:
    """The groups of linked complaints become one each; links are only added, so nothing is walked."""
    rows = work.rows(
        """
        SELECT c.id, s.head, h.number FROM complaints c JOIN cases s ON s.id = c.case_id JOIN cases h ON h.id = s.head
        WHERE c.id = ANY(:ids)
        """,
        ids=list(complaints),
    )
    head = {row.id: (str(row.head), row.number) for row in rows}
    found = heads(
        Link(case=head[a][0], case_born=head[a][1], other=head[b][0], other_born=head[b][1]) for a, b in pairs
    )
    moved = [(UUID(old), UUID(new)) for old, new in found.items() if old != new]
    if moved:
        work.tuples(_HEADS, tuple(map(list, zip(*moved, strict=True))))


_HEADS = """
UPDATE cases SET head = u.new FROM unnest(%b::uuid[], %b::uuid[]) AS u(old, new), members(u.old) m WHERE cases.id = m.id
"""


def _part(work: Work, complaints: Collection[UUID]) -> None:
    """Work out the heads again of the cases of these complaints, from the links that stand within them."""
    if not complaints:
        return
    members = work.rows(_MEMBERS, ids=list(complaints))
    born = {row.case_id: row.number for row in members}
    within = work.rows(
        "SELECT case_a, case_b FROM standing WHERE complaint = ANY(:ids)", ids=[row.complaint for row in members]
    )
    found = heads(
        Link(case=str(row.case_a), case_born=born[row.case_a], other=str(row.case_b), other_born=born[row.case_b])
        for row in within
    )
    work.tuples(_PARTED, (list(born), [UUID(found.get(str(case), str(case))) for case in born]))


_MEMBERS = """
SELECT c.id AS complaint, c.case_id, s.number
FROM (SELECT DISTINCT k.head FROM complaints o JOIN cases k ON k.id = o.case_id WHERE o.id = ANY(:ids)) AS named,
     members(named.head) s JOIN complaints c ON c.case_id = s.id
"""
_PARTED = """
UPDATE cases SET head = u.head FROM unnest(%b::uuid[], %b::uuid[]) AS u(id, head)
WHERE cases.id = u.id AND cases.head <> u.head
"""


# questions ---------------------------------------------------------------------------------------------------------


def ask(work: Work, region: str, found: Sequence[NewLink], now: datetime) -> int:
    """Ask a person whether these are about one matter; nothing waits for it. Returns how many nobody has asked before."""
    rows = [(one.complaint, one.other, orjson.dumps(one.detail).decode()) for one in found]
    return len(work.tuples(_ASK, (region, now, *map(list, zip(*rows, strict=True))))) if rows else 0


_ASK = """
INSERT INTO reviews (region, what, made_at, complaint, other, detail)
SELECT %b::text, 'same_matter', %b::timestamptz, u.complaint, u.other, u.detail::jsonb
FROM unnest(%b::uuid[], %b::uuid[], %b::text[]) AS u(complaint, other, detail)
WHERE NOT EXISTS (SELECT FROM reviews r WHERE r.what = 'same_matter' AND r.complaint = u.other AND r.other = u.complaint)
ON CONFLICT DO NOTHING RETURNING id
"""


def answer(work: Work, pairs: Sequence[Sequence[UUID]], *, by: str, now: datetime) -> None:
    """Close the questions about these pairs."""
    either = [(one, other) for pair in pairs for one, other in (pair, pair[::-1])]
    if either:
        work.tuples(_ANSWER, (now, by, *map(list, zip(*either, strict=True))))


_ANSWER = """
UPDATE reviews SET closed_at = %b::timestamptz, closed_by = %b::text
FROM unnest(%b::uuid[], %b::uuid[]) AS u(a, b)
WHERE what = 'same_matter' AND complaint = u.a AND other = u.b AND closed_at IS NULL
"""
