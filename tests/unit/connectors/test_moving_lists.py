"""Lists that change while they are read: where a reading says that it is complete, nothing was lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from connectors.base import Item
from connectors.reading import Batch, Outcome
from tests.unit.connectors.walking import Asked, Portal, Told, rest, steps

PAGE = 3
Deed = tuple[str, int]
"""add, touch or delete, and which row (counted round)."""


@dataclass
class Restless:
    """A portal whose officers work while it is read: `deeds[n]` are done before request n is answered."""

    style: str
    order: str
    total: bool
    deeds: Mapping[int, Sequence[Deed]]
    rows: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By id: the version, and when it was made."""
    time: int = 0
    asked: int = 0
    began: int = 0

    def answer(self, asked: Asked) -> Told:
        """One page, after what the officers did."""
        for deed, which in self.deeds.get(self.asked, ()):
            self.do(deed, which)
        self.began = self.began if self.asked else self.time
        self.asked += 1
        rows, onward = self._page(asked.at)
        told = {"data": [{"id": row, "versi": self.rows[row][0]} for row in rows], "next": onward}
        return Told(body=json.dumps({**told, **({"total": len(self.rows)} if self.total else {})}).encode())

    def do(self, deed: str, which: int) -> None:
        """One change, at a time of its own."""
        self.time += 1
        if deed == "add":
            self.rows[max(self.rows, default=0) + 1] = (1, self.time)
        elif self.rows:
            row = sorted(self.rows)[which % len(self.rows)]
            version, _ = self.rows.pop(row)
            if deed == "touch":
                self.rows[row] = (version + 1, self.time)

    def _page(self, at: str | None) -> tuple[list[int], str | None]:
        keys = {
            "id": lambda row: row,
            "oldest": lambda row: self.rows[row][1],
            "newest": lambda row: -self.rows[row][1],
        }
        listed = sorted(self.rows, key=keys[self.order])  # type: ignore[arg-type]
        if self.style == "cursor":  # an offset in disguise, or a place in the order of ids
            first = [row for row in listed if row > int(at or 0)] if self.order == "id" else listed[int(at or 0) :]
            onward = str(first[PAGE - 1] if self.order == "id" else int(at or 0) + PAGE) if len(first) > PAGE else None
            return first[:PAGE], onward
        first = listed[(int(at or 1) - 1) * PAGE if self.style == "number" else int(at or 0) :]
        return first[:PAGE], None


DEEDS = st.lists(
    st.tuples(st.sampled_from(["add", "touch", "touch", "delete"]), st.integers(0, 20)), min_size=1, max_size=3
)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(["number", "offset", "cursor"]),
    st.sampled_from(["id", "oldest", "newest"]),
    st.booleans(),
    st.integers(0, 11),
    st.dictionaries(st.integers(0, 14), DEEDS, max_size=5),
)
def test_complete_means_that_nothing_was_lost(
    style: str, order: str, total: bool, rows: int, deeds: dict[int, list[Deed]]
) -> None:
    """
    Rows come, are touched and go between any two pages: a reading that says it is complete has given every row that was
    there when it began, in its newest version. What changed later is the next reading's, whose window begins before.
    """
    portal = Restless(style=style, order=order, total=total, deeds=deeds)
    for _ in range(rows):
        portal.do("add", 0)
    options: dict[str, Any] = {
        "page": {"next": "next"} if style == "cursor" else {},
        **({"total": "total"} if total else {}),
    }
    *batches, outcome = steps(rest(style, **options), Portal(portal.answer))
    assert isinstance(outcome, Outcome)
    event("complete" if outcome.closed else f"owed: {outcome.code}")
    if outcome.closed:
        given = {_version(item) for batch in batches if isinstance(batch, Batch) for item in batch.items}
        there = {(row, version) for row, (version, made) in portal.rows.items() if made <= portal.began}
        assert there <= given


def _version(item: Item) -> tuple[int, int]:
    row = json.loads(item.raw)
    return row["id"], row["versi"]
