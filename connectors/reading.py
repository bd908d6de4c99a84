"""Reading a channel to a proof: items flow on page by page, and an interval closes only when nothing can be missing.

Nothing here knows a database or a clock. The rules are those of docs: the end by the protocol's own sign, a total that
holds still and is reached, and for listings that move under the reader a second pass that agrees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import Context, Item, Lists, Page, Position, Window
from connectors.errors import ChannelError

MOST_PAGES = 100_000
MOST_STALE = 3
"""So many pages in a row without a ref that is new to the pass: the listing turns in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a reading proved, or what it still owes; `pages`, `items` and refs are those of its last pass."""

    closed: bool
    proof: str | None
    owed: str | None
    code: str | None
    error: ChannelError | None
    passes: int
    pages: int
    items: int
    total: int | None
    first_ref: str | None
    last_ref: str | None
    mark: Position


def next_window(
    *,
    now: datetime,
    look_back: timedelta,
    closed_until: datetime | None,
    owed_since: Sequence[datetime | None],
    sweep_due: bool,
    after: Position,
) -> Window:
    """What to read now: from the oldest moment not proved read, minus `look_back`; all of it at first and on a sweep.

    `closed_until` is the end of the latest closed interval, which is the start of its run and never an item's stamp, so
    an item stamped in 2099 moves nothing.
    """
    starts = [closed_until, *owed_since]
    known = [start for start in starts if start is not None]
    if sweep_due or len(known) < len(starts):
        return Window(since=None, until=now)
    return Window(since=min(*known, now) - look_back, until=now, after=after)


def read(channel: Lists, ctx: Context, window: Window, *, passes: int = 4) -> Iterator[Sequence[Item] | Outcome]:
    """Yield the new or changed items of each page as it is read, then the Outcome.

    Channel errors do not come through: they are in the outcome, and what was read before them has been yielded.
    """
    known: dict[int, int] = {}
    before: _Pass | None = None
    for number in range(1, passes + 1):
        one = _Pass(number=number, moving=channel.moving)
        try:
            for page in channel.pages(ctx, window):
                if fresh := one.take(page, known):
                    yield fresh
                if one.over:
                    break
        except ChannelError as error:
            yield _failed(one, error, window)
            return
        outcome = _judged(one, before, channel, window)
        if outcome is not None:
            yield outcome
            return
        before = one
    yield _restless(one, window)


@dataclass(slots=True, kw_only=True)
class _Pass:
    """One walk through the listing, and the evidence that it gathers."""

    number: int
    moving: bool
    refs: dict[int, None] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    items: int = 0
    totals: set[int | None] = field(default_factory=set)
    end: bool = False
    clamped: bool = False
    over: bool = False
    stale: int = 0
    last: list[int] = field(default_factory=list)
    first_ref: str | None = None
    last_ref: str | None = None

    def take(self, page: Page, known: dict[int, int]) -> list[Item]:
        """Note a page; returns its items that this reading has not yielded yet, or not in this version."""
        marks = [hash(item.ref) if item.ref is not None else hash(item.raw) for item in page.items]
        new = any(mark not in self.refs for mark in marks)
        self._note(page, marks, new)
        self.refs.update(dict.fromkeys(marks))
        fresh = []
        for mark, item in zip(marks, page.items, strict=True):
            version = hash(item.raw)
            if known.get(mark) != version:
                known[mark] = version
                fresh.append(item)
        return fresh

    def _note(self, page: Page, marks: list[int], new: bool) -> None:
        self.pages.append(replace(page, items=()))
        self.items += len(marks)
        self.totals.add(page.total)
        self.end = page.end
        self.stale = 0 if new else self.stale + 1
        self.clamped = bool(marks) and not page.end and not new and marks == self.last
        self.over = page.end or self.clamped or self.stale >= MOST_STALE or len(self.pages) >= MOST_PAGES
        self.last = marks
        if page.items:
            self.first_ref = self.first_ref or page.items[0].ref
            self.last_ref = page.items[-1].ref

    @property
    def count(self) -> int:
        """Things read: distinct ones where pages may overlap, all of them where the channel names each once."""
        return len(self.refs) if self.moving else self.items

    @property
    def total(self) -> int | None:
        """The portal's own count, the largest where it changed during the pass."""
        return max((total for total in self.totals if total is not None), default=None)

    @property
    def steady(self) -> bool:
        """Whether every page gave the same total (or none did)."""
        return len(self.totals - self._excused()) <= 1

    def _excused(self) -> set[int | None]:
        # The empty page behind the last may leave the total out; that says nothing about the others.
        return {None} if self.pages and self.end and self.pages[-1].total is None and len(self.pages) > 1 else set()

    @property
    def whole(self) -> bool:
        """Whether the listing came in one answer."""
        return len(self.pages) == 1 and self.pages[0].whole and self.end

    def agrees(self, other: _Pass | None) -> bool:
        """Whether two passes saw the same; the order counts too where no total vouches for the number."""
        if other is None or not other.steady or (self.total, self.clamped) != (other.total, other.clamped):
            return False
        return self.refs.keys() == other.refs.keys() if self.total is not None else list(self.refs) == list(other.refs)


def _judged(one: _Pass, before: _Pass | None, channel: Lists, window: Window) -> Outcome | None:
    """The outcome after a pass without a fault; None: another pass is needed."""
    if not one.end and not (one.clamped and channel.moving):
        what = f"after {len(one.pages)} pages the listing has not come to its end"
        return _owed(one, window, what, "no_end")
    if not one.steady:
        return None
    agreed = one.agrees(before)
    if one.total is not None and one.count < one.total:
        what = f"the portal says {one.total}, {one.count} can be read"
        return _owed(one, window, what, "short_of_total") if agreed else None
    if not channel.moving or one.whole or agreed:
        return _closed(one, channel, window)
    return None


def _closed(one: _Pass, channel: Lists, window: Window) -> Outcome:
    if one.whole:
        why = "the whole listing in one answer"
    else:
        why = "two passes agree" if channel.moving else "read to the channel's own end"
    total = "" if one.total is None else f", the portal's total {one.total}"
    proof = f"{why}: {len(one.pages)} pages, {one.count} items{total}"
    return _outcome(one, channel.mark(one.pages, window.after), closed=True, proof=proof)


def _failed(one: _Pass, error: ChannelError, window: Window) -> Outcome:
    code = error.code
    reason = f"HTTP {code.removeprefix('http_')}" if code.startswith("http_") else f"{error.what} ({code})"
    return _owed(one, window, f"page {len(one.pages) + 1}: {reason}", code, error)


def _restless(one: _Pass, window: Window) -> Outcome:
    return _owed(one, window, f"no two of {one.number} passes agreed, the listing keeps moving", "moving")


def _owed(one: _Pass, window: Window, owed: str, code: str, error: ChannelError | None = None) -> Outcome:
    return _outcome(one, window.after, owed=owed, code=code, error=error)


def _outcome(
    one: _Pass,
    mark: Position,
    *,
    closed: bool = False,
    proof: str | None = None,
    owed: str | None = None,
    code: str | None = None,
    error: ChannelError | None = None,
) -> Outcome:
    return Outcome(
        closed=closed,
        proof=proof,
        owed=owed,
        code=code,
        error=error,
        passes=one.number,
        pages=len(one.pages),
        items=one.count,
        total=one.total,
        first_ref=one.first_ref,
        last_ref=one.last_ref,
        mark=mark,
    )
