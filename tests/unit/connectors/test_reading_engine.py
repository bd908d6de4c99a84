"""When an interval of a channel may be called read, and what is owed otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import passes
from connectors.base import Item, Page, Position, Recall, Window
from connectors.errors import Refused, Unavailable
from connectors.reading import Batch, Outcome, next_window, plain_mark, read

NOW = datetime(2026, 12, 1, tzinfo=UTC)
WINDOW = Window(since=None, until=NOW, after={"mark": "old"})
DAY = timedelta(days=1)


@dataclass
class Told:
    """A channel that yields the pages of a script, one list of pages a pass."""

    script: Sequence[Sequence[Any]]
    moving: bool = True
    once: bool = False
    passes: int = 0

    def pages(
        self, ctx: Any, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        steps = self.script[min(self.passes, len(self.script) - 1)]
        self.passes += 1
        for step in steps:
            if isinstance(step, Exception):
                raise step
            yield step

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        return {"mark": "new"}


def item(ref: object, raw: str = "x") -> Item:
    return Item(ref=None if ref is None else str(ref), raw=f"{ref}{raw}".encode(), payload={})


def page(*refs: object, end: bool = False, total: int | None = None, whole: bool = False, raw: str = "x") -> Page:
    return Page(items=[item(ref, raw) for ref in refs], end=end, total=total, whole=whole)


def run(*script: Sequence[Any], moving: bool = True, once: bool = False) -> tuple[list[list[str | None]], Outcome]:
    """All refs yielded, page by page that brought any, and the outcome."""
    *batches, outcome = read(Told(script, moving, once), None, WINDOW)  # type: ignore[arg-type]
    assert isinstance(outcome, Outcome)
    return [[one.ref for one in batch.items] for batch in batches if isinstance(batch, Batch) and batch.items], outcome


END = page(end=True)


def test_two_agreeing_passes_close_and_yield_once() -> None:
    """A quiet portal is read twice, its items come once, and the proof says what was seen."""
    batches, outcome = run([page(1, 2, total=3), page(3, total=3), page(end=True, total=3)])
    assert batches == [["1", "2"], ["3"]]
    assert (outcome.closed, outcome.passes, outcome.pages, outcome.items, outcome.total) == (True, 2, 3, 3, 3)
    marks = [plain_mark(item(ref)) for ref in (1, 3)]
    assert ([outcome.first_ref, outcome.last_ref], outcome.mark) == (marks, {"mark": "new"})
    assert outcome.proof == "two passes agree: 3 pages, 3 items, the portal's total 3"


def test_rows_that_moved_are_found_by_another_pass() -> None:
    """A row that slipped between two pages while they were read is found before the interval closes."""
    batches, outcome = run([page(1, 2), page(4), END], [page(1, 2), page(3, 4), END])
    assert batches == [["1", "2"], ["4"], ["3", "4"]]
    assert (outcome.closed, outcome.passes) == (True, 3)


def test_changed_items_come_again_and_same_ones_do_not() -> None:
    """An item that changed between the passes is yielded in both versions."""
    batches, outcome = run([page(1), page(2), END], [page(1, raw="y"), page(2), END])
    assert batches == [["1"], ["2"], ["1"]]
    assert outcome.closed


def test_one_answer_needs_no_second() -> None:
    """A portal that sends everything at once is asked once."""
    batches, outcome = run([page(1, 2, end=True, whole=True, total=2)])
    assert (batches, outcome.closed, outcome.passes) == ([["1", "2"]], True, 1)


def test_channels_that_do_not_move_need_no_second_pass() -> None:
    """A mailbox read by UID is read once; equal Message-IDs in it count as two against its number of mails."""
    _, outcome = run([page(1, 1, total=2), page(end=True, total=2)], moving=False, once=True)
    assert (outcome.closed, outcome.passes) == (True, 1)


@pytest.mark.parametrize(
    "error", [Unavailable("portal.example answered HTTP 500.", code="http_500"), Refused(code="http_403")]
)
def test_failing_page_is_named_and_what_came_before_is_kept(error: Exception) -> None:
    """Pages before a failing one are given at once; the page is named as owed and the mark stays."""
    batches, outcome = run([page(1), page(2), error])
    assert batches == [["1"], ["2"]]
    assert not outcome.closed
    assert outcome.owed == f"page 3: HTTP {outcome.code.removeprefix('http_') if outcome.code else ''}"
    assert (outcome.error, outcome.mark) == (error, {"mark": "old"})


def test_total_that_is_not_reached_stays_owed() -> None:
    """Two agreeing passes short of the portal's own count: the items flow, the interval does not close."""
    batches, outcome = run([page(1, 2, total=5), page(end=True, total=5)])
    assert batches == [["1", "2"]]
    assert (outcome.closed, outcome.code, outcome.owed) == (False, "short_of_total", "the portal says 5, 2 can be read")


def test_total_that_changes_within_a_pass_proves_nothing() -> None:
    """A pass during which the portal's count moved never closes the interval, alone or with its neighbour."""
    wild = [page(1, total=2), page(2, total=3), page(end=True, total=3)]
    _, outcome = run(wild, wild, wild, wild)
    assert (outcome.closed, outcome.code, outcome.passes) == (False, "moving", 4)


def test_page_that_repeats_the_one_before_is_an_end_only_twice() -> None:
    """A portal that clamps the page number to its last page closes after two passes that agree, not after one."""
    clamped = [page(1, 2), page(3), page(3), page(3)]
    batches, outcome = run(clamped)
    assert batches == [["1", "2"], ["3"], ["3"]]
    assert (outcome.closed, outcome.passes, outcome.items) == (True, 2, 3)
    _, outcome = run([page(1), page(1)], moving=False)
    assert (outcome.closed, outcome.code) == (False, "no_end")


def test_order_counts_where_no_total_vouches() -> None:
    """Without a total, two passes in another order do not agree, for rows still moved."""
    _, outcome = run([page(1, 2), END], [page(2, 1), END], [page(2, 1), END])
    assert (outcome.closed, outcome.passes) == (True, 3)


def test_page_that_is_the_first_again_is_an_end_only_twice() -> None:
    """A portal that turns to its first page behind the last one closes after two passes that agree."""
    _, outcome = run([page(1, 2), page(3), page(1, 2)])
    assert (outcome.closed, outcome.passes, outcome.items) == (True, 2, 3)


def _circle() -> Iterator[Page]:
    yield page(0)
    while True:
        yield page(1, 2)
        yield page(3, 4)


def _endless() -> Iterator[Page]:
    number = 0
    while True:
        number += 1
        yield page(number)


@pytest.mark.parametrize("pages", [_circle, _endless, lambda: iter([page(1)])])
def test_listing_without_end_is_left(pages: Callable[[], Iterator[Page]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal whose pages never end, or stop without the sign for it, cannot hold the hub and is not closed."""
    monkeypatch.setattr(passes, "MOST_PAGES", 50)
    _, outcome = run(pages())  # type: ignore[arg-type]
    assert (outcome.closed, outcome.code) == (False, "no_end")


def test_items_without_ref_are_told_apart_by_their_bytes() -> None:
    """Items without a usable id are yielded once each, not taken for one another."""
    both = Page(items=[Item(ref=None, raw=raw, payload=None, trouble="bad_ref") for raw in (b"a", b"b")], end=False)
    batches, outcome = run([both, END])
    assert [len(batch) for batch in batches] == [2]
    assert (outcome.closed, outcome.items) == (True, 2)


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
