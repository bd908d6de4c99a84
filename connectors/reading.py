"""Reading a channel to a proof: items flow on page by page, and an interval closes only when nothing can be missing.

Nothing here knows a database or a clock. The rules: the end by the protocol's own sign, a total that holds still and is
reached, and for listings that move under the reader a second pass that agrees. What was read leaves its evidence behind
(`Seen`), so that another process can go on behind the last page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zlib import crc32

from connectors.base import Context, Item, Lists, Page, Position, Window
from connectors.errors import ChannelError
from connectors.passes import MARK, PRINT, Memory, Pass, Seen, as_page

__all__ = ["Batch", "Mark", "Outcome", "Seen", "next_window", "read"]

Mark = Callable[[Item], bytes]
"""MARK bytes that stand for an item's ref (for its bytes where it has none), the same in every process."""
_AGAIN: Final = "cursor_expired"
_LEADS_NOWHERE: Final = frozenset({_AGAIN, "loop", "bad_next", "other_host", "page_ignored", "shrunk"})
"""Faults of the way itself, which the next try would only meet again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The items of one page that this reading has not yielded yet, and the evidence of the page."""

    items: Sequence[Item]
    page: Seen | None
    """None for a page that proves nothing, because one before it could not be read."""


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
    first_ref: bytes | None
    """Marks of the first and the last item."""
    last_ref: bytes | None
    mark: Position
    anew: bool = False
    """What was read leads nowhere: the next try begins at the beginning."""
    doubled: Callable[[], frozenset[bytes]] = field(default=frozenset, repr=False, compare=False)
    """Marks of the refs that the last pass listed with more than one content."""


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
        return Window(since=None, until=now, past=after)
    return Window(since=min(*known, now) - look_back, until=now, after=after, past=after)


def plain_mark(item: Item) -> bytes:
    """A mark without a key, for readings that are kept nowhere."""
    return hashlib.blake2b(name_of(item), digest_size=MARK).digest()


def name_of(item: Item) -> bytes:
    """What a mark is made of: the ref, or the bytes of an item that has none, which no ref can look like."""
    return b"\0" + item.raw if item.ref is None else item.ref.encode("utf-8", "surrogatepass")


def read(
    channel: Lists,
    ctx: Context,
    window: Window,
    *,
    mark: Mark = plain_mark,
    before: Sequence[Seen] = (),
    passes: int = 4,
) -> Iterator[Batch | Outcome]:
    """Yield each page's new or changed items as they are read, then the Outcome.

    Channel errors do not come through: they are in the outcome, and what was read before them has been yielded.
    `before` is the evidence of an earlier try of the same window, in order; the reading goes on behind it.
    """
    passes = passes if channel.moving else min(passes, 2)  # one is enough there as a rule
    reading = _Reading(channel=channel, window=window, mark=mark)
    one = reading.recalled(before)
    while one.number <= passes:
        try:
            yield from reading.walk(ctx, one)
        except ChannelError as error:
            if error.code == _AGAIN and one.number < passes:
                one = reading.following(None, one.number)
                continue
            yield _failed(one, error, window)
            return
        outcome = _judged(one, reading.before, channel, window)
        if outcome is not None:
            yield outcome
            return
        one = reading.following(one, one.number)
    yield _restless(reading.before or one, window)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """The passes of one reading."""

    channel: Lists
    window: Window
    mark: Mark
    memory: Memory = field(default_factory=Memory)
    before: Pass | None = None

    def recalled(self, pages: Sequence[Seen]) -> Pass:
        """The pass in which an earlier try ended, with the one before it where that came to its end."""
        one = self._new(1)
        for page in pages:
            if page.passed != one.number:
                one = self.following(one if one.over else None, page.passed - 1)
            one.add(page)
        return one

    def following(self, done: Pass | None, number: int) -> Pass:
        """A new pass; `done` is the one before it if it came to its end."""
        if done is None:
            self.memory = Memory()  # what the broken pass yielded may be newer than what was read before it
        else:
            self.memory.keep(done)
        self.before = done
        return self._new(number + 1)

    def walk(self, ctx: Context, one: Pass) -> Iterator[Batch]:
        """One pass, or the rest of it."""
        if one.over:
            return
        start = one.pages[-1].position if one.pages else None
        for page in self.channel.pages(ctx, self.window, start, self.memory):
            if page.beyond:
                yield Batch(items=page.items, page=None)
                continue
            seen = self._seen(one, page)
            over = one.add(seen)
            yield Batch(items=() if seen.known else page.items, page=seen)
            if over:
                return

    def _new(self, number: int) -> Pass:
        overlaps = getattr(self.channel, "overlaps", False)
        return Pass(number=number, moving=self.channel.moving, once=self.channel.once, overlaps=overlaps)

    def _seen(self, one: Pass, page: Page) -> Seen:
        digest = page.digest or _digest(page)
        known = self.memory.seen(digest)
        marks = known.marks if known else b"".join(map(self.mark, page.items))
        prints = known.prints if known else b"".join(_print(item) for item in page.items)
        return Seen(
            passed=one.number,
            number=len(one.pages) + 1,
            count=known.count if known else len(page.items),
            total=page.total,
            end=page.end,
            whole=page.whole,
            digest=digest,
            marks=marks,
            prints=prints,
            next=page.next,
            onward=known.onward if known and page.next is not None else None,
            tag=page.tag,
            known=known is not None,
            unchanged=page.unchanged,
            more=page.more,
            uncounted=page.uncounted,
        )


def _print(item: Item) -> bytes:
    return (crc32(item.raw) & 0xFFFF).to_bytes(PRINT)


def _digest(page: Page) -> bytes:
    """Of the items, for kinds whose answers are more than bytes."""
    made = hashlib.sha256(str(page.total).encode())
    for item in page.items:
        made.update(hashlib.sha256(item.raw).digest())
    return made.digest()[:16]


def _judged(one: Pass, before: Pass | None, channel: Lists, window: Window) -> Outcome | None:
    """The outcome after a pass without a fault; None: another pass is needed."""
    if not one.end and not (one.clamped and channel.moving):
        what = f"after {len(one.pages)} pages the listing has not come to its end"
        return _owed(one, window, what, "no_end")
    if not one.steady or (one.repeated and one.total is None):
        return None
    if one.total is not None and one.count < one.total:
        return _lacking(one, one.total, before, channel, window)
    if not channel.moving or one.whole or one.agrees(before):
        return _closed(one, channel, window)
    return None


def _lacking(one: Pass, total: int, before: Pass | None, channel: Lists, window: Window) -> Outcome | None:
    """A pass with fewer refs than the portal counts: complete only where some are listed in several versions."""
    if one.rows >= total:
        return _closed(one, channel, window) if one.repeats(before) else None
    what = f"the portal says {total}, {one.count} can be read"
    return _owed(one, window, what, "short_of_total") if one.agrees(before) else None


def _closed(one: Pass, channel: Lists, window: Window) -> Outcome:
    if one.whole:
        unchanged = one.pages[0].unchanged
        why = "the portal says that nothing has changed (304)" if unchanged else "the whole listing in one answer"
    else:
        why = "two passes agree" if channel.moving else "read to the channel's own end"
    total = "" if one.total is None else f", the portal's total {one.total}"
    proof = f"{why}: {len(one.pages)} pages, {one.count} items{total}"
    return _outcome(one, _mark(one, channel, window), closed=True, proof=proof)


def _mark(one: Pass, channel: Lists, window: Window) -> Position:
    told = next((page for page in reversed(one.pages) if page.position), None)
    return channel.mark([as_page(told)] if told else [], window.past or window.after)


def _failed(one: Pass, error: ChannelError, window: Window) -> Outcome:
    code = error.code
    reason = f"HTTP {code.removeprefix('http_')}" if code.startswith("http_") else f"{error.what} ({code})"
    return _owed(one, window, f"page {len(one.pages) + 1}: {reason}", code, error)


def _restless(one: Pass, window: Window) -> Outcome:
    if one.repeated and one.total is None:
        return _owed(one, window, "a page in the middle shows what another one shows", "page_repeated")
    return _owed(one, window, f"no two of {one.number} passes agreed, the listing keeps moving", "moving")


def _owed(one: Pass, window: Window, owed: str, code: str, error: ChannelError | None = None) -> Outcome:
    return _outcome(one, window.past or window.after, owed=owed, code=code, error=error)


def _outcome(
    one: Pass,
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
        anew=not closed and (error is None or error.code in _LEADS_NOWHERE),
        doubled=one.doubled,
    )
