"""One walk through a listing and the evidence that it leaves: a page at a time, in a form that can be put away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from connectors.base import Page, Position
from connectors.shelf import MARK, PRINT, Shelf

__all__ = ["MARK", "PRINT", "Memory", "Pass", "Seen", "as_page"]

MOST_PAGES = 100_000
AGAIN = 2
"""So many pages that came again are an end: one alone may be a cache that mixed two pages up."""
MOST_STALE = 3
"""So many pages in a row that were there before: the listing turns in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One page of one pass, without its items: enough to go on behind it and to compare it with another."""

    passed: int
    """Which pass, from 1."""
    number: int
    """Which page of the pass, from 1."""
    count: int
    total: int | None
    end: bool
    whole: bool
    digest: bytes
    marks: bytes
    """MARK bytes a ref, in the order of the page."""
    prints: bytes
    """PRINT bytes an item: of its content, to tell a ref that is listed in two versions from one that came twice."""
    next: Position | None
    """None once another page follows: then it is in `onward`."""
    onward: bytes | None = None
    """`next` as JSON, a quarter of its size in memory."""
    tag: str | None = None
    known: bool = False
    """A page of an earlier pass had these bytes."""
    unchanged: bool = False
    more: bool = False
    uncounted: bool = False

    @property
    def position(self) -> Position | None:
        """Where the listing goes on behind this page."""
        return json.loads(self.onward) if self.next is None and self.onward else self.next

    def small(self) -> Seen:
        """The same without its rows, and with its position put together."""
        written = json.dumps(dict(self.next)).encode() if self.next is not None else self.onward
        onward = self.onward if self.onward == written else written
        return replace(self, next=None, onward=onward, marks=b"", prints=b"")


@dataclass(slots=True, kw_only=True)
class Pass:
    """One walk through the listing."""

    number: int
    moving: bool
    once: bool = False
    overlaps: bool = False
    """A page that shows what an earlier one showed is no sign of anything (files, pushes)."""
    pages: list[Seen] = field(default_factory=list)
    """Without their rows, which stand on the shelf."""
    shelf: Shelf = field(default_factory=Shelf)
    clamped: bool = False
    """It ended with its last page, or its first two, coming again: how some portals answer behind the last one."""
    repeated: bool = False
    """A page in the middle showed what another one shows, so what belongs there has not been seen."""
    over: bool = False
    _stale: int = 0
    _met: set[int] = field(default_factory=set)
    _count: int | None = None

    def add(self, page: Seen) -> bool:
        """Note a page; true where no other one follows."""
        again = bool(page.count) and not self.overlaps and hash(page.marks) in self._met
        self._met.add(hash(page.marks))
        self.repeated = self.repeated or (not again and self._stale > 0)
        self._stale = self._stale + 1 if again else 0
        self.shelf.put(page.marks, page.prints)
        self.pages.append(page.small())
        self._count = None
        self.clamped = self._stale == AGAIN and not page.end and not page.more and self._turned()
        full = self._stale >= MOST_STALE or len(self.pages) >= MOST_PAGES
        self.over = page.end or (self.clamped and self.moving) or full
        return self.over

    def _turned(self) -> bool:
        """Whether the pages that came again are the last or the first one for ever, or the first ones in their order."""
        first, second, last, one, two = (
            self.shelf.page(at)[0] for at in (0, 1, *(len(self.pages) - n for n in (3, 2, 1)))
        )
        return (one == two and one in (last, first)) or (one, two) == (first, second)

    @property
    def end(self) -> bool:
        """Whether the last page had the protocol's own sign of the end."""
        return bool(self.pages) and self.pages[-1].end

    @property
    def items(self) -> int:
        """Things listed; pages that came again at the end are not counted twice."""
        return sum(page.count for page in self._listed())

    @property
    def total(self) -> int | None:
        """The portal's own count of what was asked for, the largest where it changed during the pass."""
        if self.pages and self.pages[-1].uncounted:
            return None
        return max((page.total for page in self.pages if page.total is not None), default=None)

    @property
    def count(self) -> int:
        """Things read: distinct ones where a total is to be reached and pages may overlap."""
        if self._count is None:
            self._count = self.items if self.total is None or self.once else self.shelf.distinct()
        return self._count

    @property
    def rows(self) -> int:
        """Things read, a ref in two versions counted twice."""
        return self.shelf.distinct(versions=True)

    @property
    def steady(self) -> bool:
        """Whether every page gave the same total (or none did)."""
        told = self.pages
        if told and told[-1].uncounted:
            return True
        if self.end and len(told) > 1 and told[-1].total is None:
            told = told[:-1]  # the empty page behind the last may leave the total out; that says nothing of the others
        return len({page.total for page in told}) <= 1

    @property
    def whole(self) -> bool:
        """Whether the listing came in one answer."""
        return len(self.pages) == 1 and self.pages[0].whole and self.end

    @property
    def first_ref(self) -> bytes | None:
        """The mark of the first item."""
        at = next((at for at, page in enumerate(self.pages) if page.count), None)
        return None if at is None else self.shelf.page(at)[0][:MARK]

    @property
    def last_ref(self) -> bytes | None:
        """The mark of the last item."""
        at = next((at for at in range(len(self.pages) - 1, -1, -1) if self.pages[at].count), None)
        return None if at is None else self.shelf.page(at)[0][-MARK:]

    def agrees(self, other: Pass | None) -> bool:
        """Whether two passes saw the same; the order counts too where no total vouches for the number."""
        if other is None or not other.steady or (self.total, self.clamped) != (other.total, other.clamped):
            return False
        if [page.digest for page in self.pages] == [page.digest for page in other.pages]:
            return True
        return self._in_order(other) if self.total is None else self.shelf.same(other.shelf)

    def repeats(self, other: Pass | None) -> bool:
        """Whether two passes saw the same rows in the same order."""
        return other is not None and self.agrees(other) and self._in_order(other)

    def doubled(self) -> frozenset[bytes]:
        """The marks of refs that are listed with more than one content."""
        return self.shelf.doubled(len(self._listed()))

    def _in_order(self, other: Pass) -> bool:
        rows = zip_longest(self.shelf.in_order(), other.shelf.in_order())
        return all(one == two for one, two in rows)

    def _listed(self) -> Sequence[Seen]:
        return self.pages[:-AGAIN] if self.clamped else self.pages


class Memory:
    """The last pass of a reading, for the kind: which bytes were read in it, and what they held."""

    def __init__(self) -> None:
        self._by_digest: dict[bytes, int] = {}
        self._last: Pass | None = None
        self._tags: dict[str, set[bytes]] = {}

    def keep(self, one: Pass) -> None:
        """Remember a pass that has ended, and only it: what was there before it and is there again is new once more."""
        self._last = one
        self._by_digest = {page.digest: at for at, page in enumerate(one.pages) if page.digest}
        for page in one.pages:
            if page.tag:
                self._tags.setdefault(page.tag, set()).add(page.digest)

    def seen(self, digest: bytes) -> Seen | None:
        """The page that had these bytes, with its rows."""
        at = self._by_digest.get(digest) if digest else None
        if at is None or self._last is None:
            return None
        marks, prints = self._last.shelf.page(at)
        return replace(self._last.pages[at], marks=marks, prints=prints)

    def same(self, digest: bytes) -> Page | None:
        """The page that had these bytes, without its items."""
        at = self._by_digest.get(digest) if digest else None
        return None if at is None or self._last is None else as_page(self._last.pages[at])

    def tagged(self, number: int) -> Page | None:
        """Page `number` of the last pass; None where its tag also stands on other bytes and so says nothing."""
        pages = self._last.pages if self._last else []
        page = pages[number - 1] if 0 < number <= len(pages) else None
        if page is None or not page.tag or not page.digest or len(self._tags[page.tag]) > 1:
            return None
        return as_page(page)


def as_page(seen: Seen) -> Page:
    """The page again, without its items."""
    return Page(
        items=(),
        end=seen.end,
        total=seen.total,
        next=seen.position,
        whole=seen.whole,
        digest=seen.digest,
        tag=seen.tag,
        known=True,
        unchanged=seen.unchanged,
        more=seen.more,
    )
