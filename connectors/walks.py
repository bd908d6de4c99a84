"""The ways through a JSON listing: by number or offset with pages asked ahead, along a token or a link, or at once."""

from __future__ import annotations

import hashlib
import math
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import nlargest
from typing import Any
from urllib.parse import urljoin

from requests.utils import parse_header_links

from connectors.base import Answer, Http, Page, Position, Recall
from connectors.errors import ChannelError, Refused, Unavailable
from connectors.http import same_place
from connectors.lines import Coming, Lines
from connectors.listing import Read

STAMPS = 5
"""Newest stamps kept; the oldest of them counts, so that a few mistyped dates mislead nobody."""
FULL_AFTER = timedelta(hours=24)
"""A portal's "nothing changed" (304) is believed for so long; then the whole listing is read again."""
_BEHIND = frozenset({"http_400", "http_404", "http_410", "http_416", "http_422"})
"""How portals answer a page behind their last one."""
_EXPIRED = frozenset({"http_400", "http_404", "http_410", "http_422"})
_OF_ONE_PAGE = frozenset(
    {"http_500", "not_json", "not_utf8", "not_a_list", "doubled_key", "too_deep", "no_total", "too_large"}
)
"""Faults that one record can give its page; others are of the portal or the line."""
_LONGEST_TOKEN = 8192
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,200}"')
SHRUNK = 10
"""Items from which a whole listing that has lost more than half of itself is doubted."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """One pass through one listing, and what it knows so far."""

    lines: Lines[Answer]
    url: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    page: Mapping[str, Any]
    read: Read
    has_total: bool
    everything: bool
    """The whole listing is asked for, not only what changed since a moment."""
    until: datetime
    recall: Recall | None
    start: Position
    past: Position
    """The mark of the last complete reading."""
    far: Mapping[str, Any] | None = None
    """Parameters that ask for what changed after tomorrow: nothing."""
    trusting: bool = False
    """The portal may say that nothing has changed since then (304)."""
    newest: list[str] = field(default_factory=list)
    total: int | None = None
    count: int = 0
    number: int = 0
    """Pages of this pass so far."""
    first: Page | None = None
    size: int = 0
    """Items of the page before this one."""
    missed: ChannelError | None = None
    """Why a page before this one could not be read."""

    def pages(self) -> Iterator[Page]:
        """All pages to the end that the protocol itself gives."""
        style = str(self.page.get("style", "none"))
        ways = {"number": self._counted, "offset": self._counted, "cursor": self._chained, "link": self._chained}
        self.number, self.count = int(self.start.get("number", 0)), int(self.start.get("count", 0))
        self.size, self.total = int(self.start.get("size", 0)), self.start.get("total")
        self.newest = [*self.newest, *self.start.get("newest", ())]
        try:
            yield from ways.get(style, self._at_once)()
        finally:
            self.lines.close()

    # by number and offset --------------------------------------------------------------------------------------------

    def _counted(self) -> Iterator[Page]:
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
        return max(0, min(self.lines.ahead, left))

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

    def _sized(self) -> dict[str, Any]:
        size = {str(self.page["size_param"]): int(self.page.get("size", 100))} if self.page.get("size_param") else {}
        return {**self.params, **size}

    def _tagged(self, number: int) -> Page | None:
        return self.recall.tagged(number) if self.recall else None

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

    def _uncounted(self) -> bool:
        """Whether the portal's total leaves out of account since when was asked: it is the same for what is yet to come."""
        if self.everything or self.far is None or self.total is None or self.count >= self.total:
            return False
        asked = {**self._sized(), **self.far}
        found = self.read(self.lines.ask(lambda http: self._send(http, self.url, asked)).wait().body)
        return not found.items and found.total is not None and found.total >= self.total

    # along tokens and links ------------------------------------------------------------------------------------------

    def _chained(self) -> Iterator[Page]:
        cursor = self.page["style"] == "cursor"
        onward = self.start.get("onward")
        seen = {onward}
        coming = self.lines.ask(partial(self._linked, onward))
        while True:
            answer = self._fresh(coming, onward)
            page = self._taken(answer)
            following = self._token(page) if cursor else self._link(page, answer)
            if following is None or (self.total is not None and self.count >= self.total and not self._length(page)):
                self._doubt_shrinking()
                yield self._placed(replace(page, end=True, uncounted=self._uncounted()), {})
                return
            if following in seen:
                raise Unavailable("The listing leads back to a page that was read.", code="loop")
            seen.add(following)
            onward, coming = following, self.lines.ask(partial(self._linked, following))
            yield self._placed(replace(page, more=True), {"onward": onward})

    def _linked(self, onward: str | None, http: Http) -> Answer:
        if onward is None:
            return self._send(http, self.url, self._sized())
        if self.page["style"] == "link":
            return self._send(http, onward, None, verbatim=True)
        return self._send(http, self.url, {**self._sized(), str(self.page.get("param", "cursor")): onward})

    def _fresh(self, coming: Coming[Answer], onward: str | None) -> Answer:
        try:
            return coming.wait()
        except ChannelError as error:
            if onward is not None and error.code in _EXPIRED:
                raise Unavailable("The portal has forgotten where we were.", code="cursor_expired") from None
            raise

    def _token(self, page: Page) -> str | None:
        token = (page.next or {}).get("next")
        if token is None or token is False or token == "":
            return None
        if not isinstance(token, str | int) or isinstance(token, bool) or len(str(token)) > _LONGEST_TOKEN:
            raise Unavailable("The next token is no text.", code="bad_next")
        return str(token)

    def _link(self, page: Page, answer: Answer) -> str | None:
        """Where the listing goes on: RFC 8288 rel=next, or the address that the page holds; never to another host."""
        link = (page.next or {}).get("next") if self.page.get("next") else _header_link(answer)
        if link is None or link == "":
            return None
        if not isinstance(link, str) or len(link) > _LONGEST_TOKEN:
            raise Unavailable("The next link is no address.", code="bad_next")
        found = _joined(answer.url, link)
        if found is None:
            hint = "The listing may only go on at the address of the manifest."
            raise Refused("The next link leads to another place.", hint=hint, code="other_host")
        return found

    # at once ---------------------------------------------------------------------------------------------------------

    def _at_once(self) -> Iterator[Page]:
        heads = self._conditions()
        answer = self.lines.ask(lambda http: self._send(http, self.url, dict(self.params), heads)).wait()
        if answer.status == 304:
            told = {name: self.past[name] for name in ("tag", "full_at", "held", "newest") if name in self.past}
            yield Page(items=(), end=True, whole=True, unchanged=True, digest=b"unchanged", next=told)
            return
        page = replace(self._taken(answer), end=True, whole=True)
        self._doubt_shrinking()
        yield self._placed(page, {"tag": page.tag, "full_at": self.until.isoformat()})

    def _conditions(self) -> dict[str, str]:
        tag, full_at = self.past.get("tag"), self.past.get("full_at")
        if not tag or not full_at or not self.trusting:
            return {}
        fresh = self.until - datetime.fromisoformat(str(full_at)) < FULL_AFTER
        return {"If-None-Match": str(tag)} if fresh else {}

    # one answer ------------------------------------------------------------------------------------------------------

    def _send(
        self,
        http: Http,
        url: str,
        params: Mapping[str, Any] | None,
        heads: Mapping[str, str] | None = None,
        *,
        verbatim: bool = False,
    ) -> Answer:
        headers = {**self.headers, **(heads or {})}
        return http.send("GET", url, params=params, headers=headers, verbatim=verbatim)

    def _taken(self, answer: Answer) -> Page:
        """The page of an answer; one whose bytes were read before is not taken apart again."""
        digest = _digest(answer)
        known = self.recall.same(digest) if self.recall else None
        if answer.status == 304:
            known = self._tagged(self.number + 1)
        if known is None:
            found = self.read(answer.body)
            if found.total is None and self.has_total and (found.items or not self.number):
                raise Unavailable("The page has no total where the manifest says.", code="no_total")
            tag = _tag(answer)
            known = Page(
                items=found.items,
                end=False,
                total=found.total if self.has_total else None,
                digest=digest,
                tag=tag,
                next={"next": found.next},
            )
        page = replace(known, end=False)
        self._note(page)
        return page

    def _note(self, page: Page) -> None:
        length = self._length(page)
        self._doubt_paging(page, length)
        self.first = self.first or page
        self.number += 1
        self.count += length
        self.size = length or self.size
        self.total = page.total if page.total is not None else self.total
        stamps = {item.stamp for item in page.items if item.stamp and item.stamp <= self.until}
        newest = [stamp.astimezone(UTC).isoformat() for stamp in nlargest(STAMPS, stamps)]
        told = (page.next or {}).get("newest", ()) if page.known else ()
        self.newest = sorted({*self.newest, *newest, *told})[-STAMPS:]

    def _doubt_paging(self, page: Page, length: int) -> None:
        """A full second page that is the first one again: the portal does not look at the page that is asked."""
        if self.number == 1 and self.first is not None and not self.has_total and page.digest == self.first.digest:
            asked = int(self.page.get("size", 0)) if self.page.get("size_param") else 0
            if length and length >= asked and self.page.get("style") in ("number", "offset"):
                raise Unavailable("The second page is the first one again.", code="page_ignored")

    def _doubt_shrinking(self) -> None:
        """An empty list with status 200 is how portals in trouble look; what was listed before should be there still."""
        held = int(self.past.get("held", 0)) if self.everything else min(len(self.past.get("newest", ())), 1)
        much = held >= SHRUNK and self.everything and not self.has_total and self.count < held / 2
        if much or (held and not self.count):
            what = f"The listing held {held} items and now holds {self.count}."
            what = what if self.everything else "The listing is empty, also of what it has shown before."
            hint = "If that is right, close the interval with a reason."
            raise Unavailable(what, hint=hint, code="shrunk")

    def _length(self, page: Page) -> int:
        return int((page.next or {}).get("length", 0)) if page.known else len(page.items)

    def _placed(self, page: Page, where: Mapping[str, Any]) -> Page:
        """The page with the position behind it."""
        onward = (page.next or {}).get("next")
        position = {
            **where,
            "next": onward if isinstance(onward, str | int) else None,
            "length": self._length(page),
            "newest": self.newest,
            "number": self.number,
            "count": self.count,
            "size": self.size,
            "first_size": self._length(self.first) if self.first else self.start.get("first_size", 0),
            "total": self.total,
            "everything": self.everything,
            "uncounted": page.uncounted or None,
        }
        return replace(page, next={name: value for name, value in position.items() if value is not None})


def _digest(answer: Answer) -> bytes:
    link = answer.headers.get("Link", "").encode("utf-8", "replace")
    return hashlib.sha256(answer.body + b"\n" + link if link else answer.body).digest()[:16]


def _tag(answer: Answer) -> str | None:
    """The answer's ETag (RFC 9110 8.8.3), if it can be sent back; what looks like a reference to a secret cannot."""
    tag = answer.headers.get("ETag", "")
    return tag if _TAG.fullmatch(tag) and "${" not in tag else None


def _header_link(answer: Answer) -> str | None:
    for one in parse_header_links(answer.headers.get("Link", "")):
        if "next" in str(one.get("rel", "")).lower().split():
            return str(one["url"])
    return None


def _joined(base: str, link: str) -> str | None:
    """The absolute address, if it stays within scheme, host and port of the one that gave it."""
    try:
        found = urljoin(base, link)
    except ValueError:
        return None
    return found if same_place(found, base) else None
