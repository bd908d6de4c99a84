"""The way through a listing by page number or offset, with pages asked ahead."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from connectors.base import Answer, Http, Page
from connectors.errors import ChannelError, Unavailable
from connectors.lines import Coming
from connectors.walks import Walk

_BEHIND = frozenset({"http_400", "http_404", "http_410", "http_416", "http_422"})
"""How portals answer a page behind their last one."""
_OF_ONE_PAGE = frozenset(
    {"http_500", "not_json", "not_utf8", "not_a_list", "doubled_key", "too_deep", "no_total", "too_large"}
)
"""Faults that one record can give its page; others are of the portal or the line."""


@dataclass(slots=True, kw_only=True)
class Counted(Walk):
    """Pages cut by number or by offset."""

    def _walked(self) -> Iterator[Page]:
        by_number = self.page["style"] == "number"
        at = int(self.start.get("at", self.page.get("first", 1 if by_number else 0)))
        coming: deque[tuple[int, Coming[Answer]]] = deque()
        while True:
            step = 1 if by_number else self._stride(self.size)
            while coming and coming[0][0] != at:
                coming.popleft()  # asked ahead under the belief that pages are as long as the one before
            self._ask_ahead(coming, at, step)
            answer = coming.popleft()[1]
            try:
                page = self._behind(answer, coming, at, step) or self._taken_or_end(answer.wait())
            except ChannelError as error:
                self._pass_over(error, by_number)
                at += 1
                continue
            length = self._length(page)
            if not length and not page.end:
                page = self._ended(page, coming, at, step)
            at += 1 if by_number else self._stride(length)
            yield replace(self._placed(page, {"at": at}), beyond=self.missed is not None)
            if page.end:
                break
        if self.missed:
            raise self.missed

    def _stride(self, length: int) -> int:
        """How far an offset moves: by what came, but never over rows that a page with more than was asked pushed back."""
        return min(length, int(self.page.get("size", length))) if self.page.get("size_param") else length

    def _pass_over(self, error: ChannelError, by_number: bool) -> None:
        """One page that cannot be read holds up none behind it; a second one ends the walk, and so does a dead line."""
        if (
            self.missed
        ):  # behind the last page a portal may refuse what is asked: the page that is missing is what is owed
            raise self.missed if isinstance(error, Unavailable) or error.code in _BEHIND else error
        if not by_number or error.code not in _OF_ONE_PAGE or not self.number:
            raise error
        self.missed = error

    def _ask_ahead(self, coming: deque[tuple[int, Coming[Answer]]], at: int, step: int) -> None:
        """Ask for the page that is wanted and for as many behind it as there can still be."""
        following = coming[-1][0] + max(step, 1) if coming else at
        while len(coming) <= self._ahead(step):
            coming.append((following, self.lines.ask(partial(self._numbered, following))))
            following += max(step, 1)

    def _ahead(self, step: int) -> int:
        """How many pages to ask ahead: none beyond the end that the total tells; without one as many as were there."""
        if not step or not self.size:
            return 0
        left = math.ceil((self.total - self.count) / self.size) if self.total is not None else self.number
        return max(0, min(self.lines.queue, left))

    def _numbered(self, at: int, http: Http) -> Answer:
        by_number = self.page["style"] == "number"
        asked = self._sized()
        asked[str(self.page.get("param", "page" if by_number else "offset"))] = at
        before = self._before(at)
        return self._send(http, self.url, asked, {"If-None-Match": before.tag} if before and before.tag else None)

    def _before(self, at: int) -> Page | None:
        """The same page of the pass before; only page numbers tell which that is."""
        by_number = self.page["style"] == "number"
        return self._tagged(at - int(self.page.get("first", 1)) + 1) if by_number else None

    def _behind(
        self, coming: Coming[Answer], ahead: deque[tuple[int, Coming[Answer]]], at: int, step: int
    ) -> Page | None:
        """The end of portals that answer an error behind their last page: believed where nothing can be missing."""
        try:
            coming.wait()
        except ChannelError as error:
            if error.code not in _BEHIND or not self.number:
                raise
            reached = self.total is not None and self.count >= self.total
            if not reached and (self.has_total or not self._short() or not self._nothing_at(ahead, at + max(step, 1))):
                raise
            self._doubt_shrinking()
            return Page(items=(), end=True, total=self.total, digest=b"behind")
        return None

    def _taken_or_end(self, answer: Answer) -> Page:
        """A page without a list behind the last one is an end where the total says that all is there."""
        try:
            return self._taken(answer)
        except Unavailable as error:
            if error.code != "not_a_list" or self.total is None or not self.number or self.count < self.total:
                raise
            return Page(items=(), end=True, total=self.total, digest=b"behind")

    def _short(self) -> bool:
        """Whether the last page was shorter than the first one, or than what was asked where it is the only one."""
        first = self.start.get("first_size") if self.first is None else self._length(self.first)
        asked = int(self.page.get("size", 0)) if self.page.get("size_param") else 0
        return self.size < (int(first or 0) if self.number > 1 else asked)

    def _nothing_at(self, ahead: deque[tuple[int, Coming[Answer]]], at: int) -> bool:
        coming = next((one for place, one in ahead if place == at), None)
        coming = coming or self.lines.ask(partial(self._numbered, at))
        try:
            answer = coming.wait()
            same = self._before(at) if answer.status == 304 else None
            return not (self._length(same) if same else len(self.read(answer.body).items))
        except ChannelError as error:
            if error.code in _BEHIND:
                return True
            raise

    def _ended(self, page: Page, ahead: deque[tuple[int, Coming[Answer]]], at: int, step: int) -> Page:
        """An empty page is the end where the total says so, or where the one behind it is empty too."""
        step = 1 if self.page["style"] == "number" else max(step, int(self.page.get("size", 1)))
        uncounted = self._uncounted()
        if (uncounted or not self.has_total) and not self._nothing_at(ahead, at + step):
            raise Unavailable("An empty page stands between full ones.", code="empty_page")
        self._doubt_shrinking()
        return replace(page, end=True, uncounted=uncounted)
