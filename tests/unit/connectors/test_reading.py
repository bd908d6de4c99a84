"""When an interval of a channel may be called read, what is owed otherwise, and how a cut reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import passes
from connectors.base import Item, Page, Position, Window
from connectors.errors import Refused, Unavailable
from connectors.reading import Batch, Outcome, Seen, next_window, plain_mark, read

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOW = Window(since=None, until=NOW, after={"mark": "old"})
Script = Sequence[Sequence[Any]]
"""A list of pages (or errors) a pass; the last one stands for all that follow."""


@dataclass
class Told:
    """A channel that yields the pages of a script."""

    script: Script
    moving: bool = True
    once: bool = False
    begun: int = 0
    """Passes so far."""

    def pages(self, ctx: Any, window: Window, start: Position | None = None, recall: Any = None) -> Iterator[Page]:
        """One pass, or what is left of it behind `start`."""
        steps = self.script[min(self.begun, len(self.script) - 1)]
        self.begun += 1
        for at, step in enumerate(steps):
            if start and at < start["at"]:
                continue
            if isinstance(step, Exception):
                raise step
            yield replace(step, next={"at": at + 1})

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """A mark of this reading."""
        return {"mark": "new"}


def item(ref: object, raw: str = "x") -> Item:
    """An item of this id; `raw` stands for its content."""
    return Item(ref=None if ref is None else str(ref), raw=f"{ref}{raw}".encode(), payload=None)


def page(*refs: object, raw: str = "x", **evidence: Any) -> Page:
    """A page of items that have the same content."""
    return Page(items=[item(ref, raw) for ref in refs], **{"end": False, **evidence})


END = page(end=True)
EXPIRED = Unavailable("The portal has forgotten where we were.", code="cursor_expired")


def steps(*script: Sequence[Any], **given: Any) -> tuple[list[Batch], Outcome]:
    """All batches of a reading, and its outcome."""
    channel = {name: given.pop(name) for name in ("moving", "once", "begun") if name in given}
    *batches, outcome = read(Told(script, **channel), None, WINDOW, **given)  # type: ignore[arg-type]
    assert isinstance(outcome, Outcome)
    return [batch for batch in batches if isinstance(batch, Batch)], outcome


def run(*script: Sequence[Any], **given: Any) -> tuple[list[list[str | None]], Outcome]:
    """The refs that were yielded, page by page where there were some, and the outcome."""
    batches, outcome = steps(*script, **given)
    return [[one.ref for one in batch.items] for batch in batches if batch.items], outcome


def full(*pages: Page, total: int | None) -> list[Page]:
    """The pages with the portal's total on each."""
    return [replace(one, total=total) for one in pages]


# proof ---------------------------------------------------------------------------------------------------------------


def test_two_agreeing_passes_close_and_yield_once() -> None:
    """A quiet portal is read twice, its items come once, and the proof says what was seen."""
    batches, outcome = run(full(page(1, 2), page(3), END, total=3))
    assert batches == [["1", "2"], ["3"]]
    assert (outcome.closed, outcome.passes, outcome.pages, outcome.items, outcome.total) == (True, 2, 3, 3, 3)
    assert (outcome.first_ref, outcome.last_ref) == (plain_mark(item(1)), plain_mark(item(3)))
    assert outcome.proof == "two passes agree: 3 pages, 3 items, the portal's total 3"
    assert (outcome.mark, outcome.owed, outcome.code, outcome.anew) == ({"mark": "new"}, None, None, False)


A, B, C = page(1, 2), page(3, 4), page(5)
CASES: dict[str, tuple[Script, dict[str, Any], tuple[bool, str | None, int]]] = {
    # what the portal shows, what the channel is -> closed, code, passes
    "all in one answer": ([[page(1, 2, end=True, whole=True)]], {}, (True, None, 1)),
    "all in one answer, total reached": ([full(page(1, 2, end=True, whole=True), total=2)], {}, (True, None, 1)),
    "all in one answer, total missed": (
        [full(page(1, 2, end=True, whole=True), total=3)],
        {},
        (False, "short_of_total", 2),
    ),
    "nothing at all": ([[END]], {}, (True, None, 2)),
    "steady total": ([full(A, B, END, total=4)], {}, (True, None, 2)),
    "more than the total": ([full(A, B, END, total=3)], {}, (True, None, 2)),
    "total only on full pages": ([[*full(A, B, total=4), END]], {}, (True, None, 2)),
    "total that trembles": ([[*full(A, total=4), *full(B, END, total=5)]], {}, (False, "moving", 4)),
    "total that trembles once": (
        [[*full(A, total=4), *full(B, END, total=5)], full(A, B, END, total=4)],
        {},
        (True, None, 3),
    ),
    "total that is not reached": ([full(A, B, END, total=9)], {}, (False, "short_of_total", 2)),
    "total that is reached later": ([full(A, END, total=4), full(A, B, END, total=4)], {}, (True, None, 3)),
    "total that grows between passes": (
        [full(A, END, total=2), full(A, C, END, total=3)],
        {},
        (True, None, 3),
    ),
    "passes that never agree": ([[page(n, 9), END] for n in range(9)], {}, (False, "moving", 4)),
    "another order, no total": ([[A, B, END], [B, A, END], [A, B, END], [B, A, END]], {}, (False, "moving", 4)),
    "another order, total reached": ([full(A, B, END, total=4), full(B, A, END, total=4)], {}, (True, None, 2)),
    "changed content is no other listing": ([[A, END], [page(1, 2, raw="y"), END]], {}, (True, None, 2)),
    "last page again for ever, no total": ([[A, C, C, C]], {}, (True, None, 2)),
    "last page again for ever, total reached": ([full(A, C, C, C, total=3)], {}, (True, None, 2)),
    "last page again for ever, total missed": ([full(A, C, C, C, total=7)], {}, (False, "short_of_total", 2)),
    "a page shown twice in the middle, no total": ([[A, A, C, END]], {}, (False, "page_repeated", 4)),
    "a page shown twice at the end, no total": ([[A, C, C, END]], {}, (False, "page_repeated", 4)),
    "a page shown twice, total reached": ([full(A, A, C, END, total=3)], {}, (True, None, 2)),
    "first page for ever behind the end": ([[A, B, A, A]], {}, (True, None, 2)),
    "turns to its first page": ([full(A, B, A, B, total=4)], {}, (True, None, 2)),
    "clamped where nothing moves": ([[A, A, A, A, A]], {"moving": False}, (False, "no_end", 1)),
    "stops without a sign": ([[A, B]], {}, (False, "no_end", 1)),
    "no page": ([[]], {}, (False, "no_end", 1)),
    "a ref in two versions, counted twice": (
        [full(A, page(1, raw="old"), END, total=3)],
        {},
        (True, None, 2),
    ),
    "a row twice, counted twice": ([full(A, page(1), END, total=3)], {}, (False, "short_of_total", 2)),
    "a mailbox is read once": ([full(A, END, total=2)], {"moving": False, "once": True}, (True, None, 1)),
    "equal Message-IDs are two mails": (
        [full(page(1, 1), END, total=2)],
        {"moving": False, "once": True},
        (True, None, 1),
    ),
    "a token with a total is read once": ([full(A, B, END, total=4)], {"moving": False}, (True, None, 1)),
    "a token whose total trembles": (
        [[*full(A, total=4), *full(B, END, total=5)]],
        {"moving": False},
        (False, "moving", 2),
    ),
    "a token short of its total": ([full(A, END, total=4)], {"moving": False}, (False, "short_of_total", 2)),
    "forgotten token": ([[A, EXPIRED], [A, B, END], [A, B, END]], {}, (True, None, 3)),
    "forgotten token, read once": ([[*full(A, total=4), EXPIRED], full(A, B, END, total=4)], {"moving": False}, (True, None, 2)),
    "token that is always forgotten": ([[A, EXPIRED]], {}, (False, "cursor_expired", 4)),
    "token that is always forgotten, read once": ([[A, EXPIRED]], {"moving": False}, (False, "cursor_expired", 2)),
    "forgotten in the second pass": ([[A, B, END], [A, EXPIRED], [A, B, END]], {}, (True, None, 4)),
}  # fmt: skip


@pytest.mark.parametrize(("script", "given", "expected"), CASES.values(), ids=CASES.keys())
def test_interval_closes_only_with_proof(script: Script, given: dict[str, Any], expected: Any) -> None:
    """Whatever a portal shows: nothing that could hide a lost complaint is called read, and nothing is asked for ever."""
    _, outcome = run(*script, **given)
    assert (outcome.closed, outcome.code, outcome.passes) == expected
    assert bool(outcome.proof) == outcome.closed and bool(outcome.owed) != outcome.closed


def test_owed_total_is_told_in_figures() -> None:
    """The owner of a portal reads how many it says, how many can be read."""
    batches, outcome = run(full(page(1, 2), END, total=5))
    assert (batches, outcome.owed) == ([["1", "2"]], "the portal says 5, 2 can be read")


def test_rows_that_moved_are_found_by_another_pass() -> None:
    """A row that slipped between two pages while they were read is found before the interval closes."""
    batches, outcome = run([page(1, 2), page(4), END], [page(1, 2), page(3, 4), END])
    assert batches == [["1", "2"], ["4"], ["3", "4"]]
    assert (outcome.closed, outcome.passes) == (True, 3)


def test_changed_pages_come_again_and_same_ones_do_not() -> None:
    """An item that changed between the passes is yielded in both versions; pages of the same bytes come once."""
    batches, outcome = run([page(1), page(2), END], [page(1, raw="y"), page(2), END])
    assert (batches, outcome.closed) == ([["1"], ["2"], ["1"]], True)


def test_what_changed_and_changed_back_is_yielded_again() -> None:
    """A page that shows its first state again in the third pass is read again: the second state was stored meanwhile."""
    one, other = page(1, raw="baru"), page(1, raw="proses")
    batches, outcome = run([one, page(2), END], [other, page(3), END], [one, page(4), END])
    assert (batches, outcome.passes) == ([["1"], ["2"], ["1"], ["3"], ["1"], ["4"]], 4)
    batches, outcome = run([one, page(2), END], [other, EXPIRED], [one, page(2), END])
    assert (batches, outcome.passes) == ([["1"], ["2"], ["1"], ["1"], ["2"]], 4)


@pytest.mark.parametrize("error", [Unavailable("x", code="http_500"), Refused("x", code="http_403")])
def test_failing_page_is_named_and_what_came_before_is_kept(error: Any) -> None:
    """Pages before a failing one are given at once; the page is named as owed and the mark stays."""
    batches, outcome = run([page(1), page(2), error])
    assert batches == [["1"], ["2"]]
    assert (outcome.closed, outcome.owed) == (False, f"page 3: HTTP {error.code.removeprefix('http_')}")
    assert (outcome.error, outcome.mark, outcome.anew) == (error, {"mark": "old"}, False)


def test_pages_behind_one_that_failed_are_taken_and_prove_nothing() -> None:
    """A page that cannot be read holds up none behind it, and the next try goes on before it."""
    broken = Unavailable("x", code="http_500")
    batches, outcome = steps([page(1), page(3, beyond=True), page(4, beyond=True), broken])
    assert [[one.ref for one in batch.items] for batch in batches] == [["1"], ["3"], ["4"]]
    assert [batch.page is None for batch in batches] == [False, True, True]
    assert (outcome.owed, outcome.pages) == ("page 2: HTTP 500", 1)


@pytest.mark.parametrize(
    ("code", "anew"),
    [("http_500", False), ("cut", False), ("loop", True), ("other_host", True), ("page_ignored", True)],
)
def test_next_try_begins_anew_where_the_way_itself_is_wrong(code: str, anew: bool) -> None:
    """After a cut the next try goes on; on a way that leads nowhere it begins at the beginning."""
    assert run([page(1), Unavailable("x", code=code)])[1].anew is anew
    assert run(full(page(1), END, total=3))[1].anew


def _circle() -> Iterator[Page]:
    while True:
        yield page(1, 2)
        yield page(3, 4)


def _endless() -> Iterator[Page]:
    number = 0
    while True:
        number += 1
        yield page(number)


@pytest.mark.parametrize("pages", [_circle, _endless])
def test_listing_without_end_is_left(pages: Callable[[], Iterator[Page]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal whose pages never end cannot hold the hub for ever, and is not closed by having been left."""
    monkeypatch.setattr(passes, "MOST_PAGES", 50)
    _, outcome = run(pages(), moving=False)  # type: ignore[arg-type]
    assert (outcome.closed, outcome.code) == (False, "no_end")


def test_items_without_ref_are_told_apart_by_their_bytes() -> None:
    """Items without a usable id are yielded once each, and never taken for one that has the same text as its id."""
    odd = [Item(ref=None, raw=raw, payload=None, trouble="bad_ref") for raw in (b"5", b"6")]
    both = Page(items=[*odd, Item(ref="5", raw=b"7", payload=None)], end=False)
    batches, outcome = run([both, END])
    assert [len(batch) for batch in batches] == [3]
    assert (outcome.closed, outcome.items) == (True, 3)
    assert len({plain_mark(one) for one in both.items}) == 3


def test_refs_that_come_twice_are_named() -> None:
    """The last pass says which refs it listed more than once; a page repeated as the end is no doubling."""
    two = {plain_mark(item(2))}
    assert run([page(1, 2), page(2, raw="y"), END])[1].doubled() == two
    assert run([page(1), page(2), page(2), page(2)])[1].doubled() == frozenset()


# going on ------------------------------------------------------------------------------------------------------------

REFS = st.lists(st.integers(1, 6), max_size=4)
PAGES = st.builds(lambda refs, raw, total: page(*refs, raw=raw, total=total), REFS, st.sampled_from("xy"), st.none())


@st.composite
def scripts(draw: st.DrawFn) -> tuple[Script, dict[str, Any]]:
    """Up to four passes over a list that may hold still or not, with or without a total, an end, a forgotten token."""
    quiet = [*draw(st.lists(PAGES, max_size=4)), END]
    total = draw(st.none() | st.integers(0, 8))
    made: list[list[Any]] = []
    for _ in range(draw(st.integers(1, 4))):
        one = (
            quiet if draw(st.booleans()) else [*draw(st.lists(PAGES, max_size=4)), *draw(st.sampled_from([[END], []]))]
        )
        forgotten = draw(st.sampled_from([[], [], [], [EXPIRED]])) if one else []  # a token stands behind a page
        made.append([*full(*one, total=total), *forgotten])
    return made, {"moving": draw(st.booleans()), "once": draw(st.booleans())}


def going_on(script: Script, given: dict[str, Any], left: Sequence[Seen]) -> tuple[list[Batch], Outcome]:
    """A reading behind the pages that another process left: in the pass of the last of them, or in the next one."""
    begun = left[-1].passed - 1 if left else 0
    if left:
        last = passes.Pass(number=left[-1].passed, moving=given["moving"], once=given["once"])
        for seen in (one for one in left if one.passed == last.number):
            last.add(seen)
        begun += last.over
    return steps(*script, **given, begun=begun, before=left)


@settings(max_examples=150, deadline=None)
@given(scripts())
def test_reading_may_be_cut_behind_any_page_of_any_pass(drawn: tuple[Script, dict[str, Any]]) -> None:
    """A process that dies behind any page leaves evidence with which the next comes to the very same outcome and items."""
    script, given = drawn
    batches, outcome = steps(*script, **given)
    told = [batch.page for batch in batches]
    for cut in range(len(batches) + 1):
        left = [seen for seen in told[:cut] if seen]
        rest, again = going_on(script, given, left)
        assert replace(again, doubled=frozenset) == replace(outcome, doubled=frozenset)
        assert again.doubled() == outcome.doubled()
        assert [batch.page for batch in rest] == told[cut:]
        assert [list(batch.items) for batch in rest] == [list(batch.items) for batch in batches[cut:]]


def test_pages_of_an_abandoned_pass_are_no_proof() -> None:
    """A pass that was cut by a forgotten token agrees with nothing, also for another process."""
    script: Script = [[A, B, END], [A, EXPIRED], [A, B, END]]
    batches, _ = steps(*script)
    left = [batch.page for batch in batches if batch.page]
    behind = list(takewhile(lambda seen: seen.passed < 3, left))
    assert [seen.passed for seen in behind] == [1, 1, 1, 2]
    _, outcome = steps(*script, begun=2, before=[*behind, left[4]])
    assert outcome.passes == 4 and outcome.closed


# windows -------------------------------------------------------------------------------------------------------------


def test_window_reads_from_the_oldest_thing_not_proved() -> None:
    """The next window begins look_back before the oldest owed or closed moment; gaps are read again."""

    def since(**given: Any) -> datetime | None:
        base: dict[str, Any] = {"closed_until": NOW - DAY, "owed_since": (), "sweep_due": False}
        return next_window(now=NOW, look_back=DAY, after={}, **base | given).since

    assert since() == NOW - 2 * DAY
    assert since(owed_since=[NOW - 5 * DAY]) == NOW - 6 * DAY
    assert since(owed_since=[NOW - 5 * DAY, None]) is None
    assert since(closed_until=None) is None
    assert since(sweep_due=True) is None
    assert since(closed_until=NOW + 9 * DAY) == NOW - DAY


def test_full_reading_forgets_the_mark() -> None:
    """A sweep reads everything, so it does not start behind the kind's own mark."""
    given: dict[str, Any] = {"now": NOW, "look_back": DAY, "closed_until": NOW, "owed_since": (), "after": {"uid": 7}}
    assert next_window(sweep_due=True, **given).after == {}
    assert next_window(sweep_due=False, **given).after == {"uid": 7}
