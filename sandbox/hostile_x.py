"""Mentions of an account as API v2 lists them, newest first, on the hostile portal; and what may go wrong there only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox import hostile_answers, hostile_pages, hostile_tokens
from sandbox.hostile import Portal, Row
from sandbox.hostile_play import EITHER, LOUD, WHOLE, Play, Scenario, into
from sandbox.hostile_shape import Shape
from sandbox.hostile_web import Answer, Asked, answer

FIRST = 1_990_000_000_000_000_000
SIZE = 6
SHAPE = Shape(
    items=("data",),
    ref=("id",),
    total=("meta", "result_count"),
    changed=("created_at",),
    page={"style": "cursor", "param": "pagination_token", "size_param": "max_results"},
    next=("meta", "next_token"),
    more={("text",): "#lapor lampu jalan di gang {n} padam", ("author_id",): "1"},
)
_SHARED = (
    "quiet", "arrivals-newest-first", "deleted-while-read-newest-first", "new-rows-between-a-cut-and-the-rest",
    "pages-shorter-than-asked-newest-first", "next-is-null-at-the-end", "next-is-empty-at-the-end",
    "last-page-names-an-empty-one", "token-repeats-itself", "token-expires-on-the-way", "token-refused-on-the-way",
    "token-expires-between-pulls",
)  # fmt: skip
_OWN: list[Scenario] = []
scenario = into(_OWN)


class Mentions(Portal):
    """Posts whose numbers only grow; a page says how many posts it holds."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(SHAPE, now, size=SIZE)
        self.order, self.cap = "desc", SIZE

    def add(self, *, ref: Any = ..., **rest: Any) -> Row:
        """A new post with the next number."""
        return super().add(ref=str(FIRST + self._last) if ref is ... else ref, **rest)

    def _wanted(self, row: Row, asked: Asked) -> bool:
        return int(row.ref) > int(asked.query.get("since_id") or 0)

    def _page(self, asked: Asked, rows: list[Row], start: int, size: int) -> Answer:
        some = rows[start : start + size]
        following: tuple[Any, Mapping[str, str]] = self._following(asked, rows, start, len(some))
        return answer(200, SHAPE.envelope(b", ".join(row.raw for row in some), len(some), following[0]))


@scenario()
def fewer_posts_than_counted(play: Play) -> Iterator[str]:
    """A page that holds fewer posts than it says is owed, not taken for whole."""

    def short(page: Callable[[], Answer]) -> Answer:
        return answer(200, page().pieces[1].replace(b'"result_count": %d' % SIZE, b'"result_count": %d' % (SIZE + 1)))

    play.portal.spoil(3, short)
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def errors_instead_of_posts(play: Play) -> Iterator[str]:
    """Errors with status 200 are no empty page."""
    play.portal.spoil(3, answer(200, b'{"errors": [{"title": "Forbidden", "type": "about:blank"}]}'))
    yield LOUD
    play.portal.mend()
    yield WHOLE


@scenario()
def since_id_refused(play: Play) -> Iterator[str]:
    """A mark that X no longer takes (400) is told, and reading goes on when it is taken again."""
    yield WHOLE
    play.portal.spoil(None, answer(400, b'{"errors": [{"message": "since_id"}], "title": "Invalid Request"}'))
    play.portal.add()
    yield EITHER
    play.portal.mend()
    yield WHOLE


SCENARIOS = [
    *(
        one
        for one in (*hostile_pages.SCENARIOS, *hostile_tokens.SCENARIOS)
        if one.slug in _SHARED and "link" not in one.wants
    ),
    *hostile_answers.SCENARIOS,
    *_OWN,
]
