"""A walk through a JSON listing: what all ways have in common, and the way of a listing that comes at once."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from heapq import nlargest
from typing import Any

from connectors.base import Answer, Http, Page, Position, Recall
from connectors.errors import ChannelError, Unavailable
from connectors.lines import Lines
from connectors.listing import Read

STAMPS = 5
"""Newest stamps kept; the oldest of them counts, so that a few mistyped dates mislead nobody."""
FULL_AFTER = timedelta(hours=24)
"""A portal's "nothing changed" (304) is believed for so long; then the whole listing is read again."""
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{1,200}"')
_HTTP_DATE = re.compile(r"[A-Za-z]{3}, [0-9]{2} [A-Za-z]{3} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
SHRUNK = 10
"""Items from which a whole listing that has lost more than half of itself is doubted."""


@dataclass(slots=True, kw_only=True)
class Walk(ABC):
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
        self.number, self.count = int(self.start.get("number", 0)), int(self.start.get("count", 0))
        self.size, self.total = int(self.start.get("size", 0)), self.start.get("total")
        self.newest = [*self.newest, *self.start.get("newest", ())]
        try:
            yield from self._walked()
        finally:
            self.lines.close()

    @abstractmethod
    def _walked(self) -> Iterator[Page]:
        """The pages, in the way of one style."""

    def _sized(self) -> dict[str, Any]:
        size = {str(self.page["size_param"]): int(self.page.get("size", 100))} if self.page.get("size_param") else {}
        return {**self.params, **size}

    def _tagged(self, number: int) -> Page | None:
        return self.recall.tagged(number) if self.recall else None

    def _uncounted(self) -> bool:
        """Whether the portal's total leaves out of account since when was asked: it is the same for what is yet to come."""
        if self.everything or self.far is None or self.total is None or self.count >= self.total:
            return False
        asked = {**self._sized(), **self.far}
        found = self.read(self.lines.ask(lambda http: self._send(http, self.url, asked)).wait().body)
        return not found.items and found.total is not None and found.total >= self.total

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


@dataclass(slots=True, kw_only=True)
class AtOnce(Walk):
    """The whole listing in one answer."""

    def _walked(self) -> Iterator[Page]:
        heads = self._conditions()
        answer = self.lines.ask(lambda http: self._send(http, self.url, dict(self.params), heads)).wait()
        if answer.status == 304:
            kept = ("tag", "modified", "full_at", "held", "newest")
            told = {name: self.past[name] for name in kept if name in self.past}
            yield Page(items=(), end=True, whole=True, unchanged=True, digest=b"unchanged", next=told)
            return
        page = replace(self._taken(answer), end=True, whole=True)
        self._doubt_shrinking()
        since = None if page.tag else _modified(answer)
        yield self._placed(page, {"tag": page.tag, "modified": since, "full_at": self.until.isoformat()})

    def _conditions(self) -> dict[str, str]:
        tag, modified, full_at = (self.past.get(name) for name in ("tag", "modified", "full_at"))
        if not full_at or not self.trusting or self.until - datetime.fromisoformat(str(full_at)) >= FULL_AFTER:
            return {}
        if tag:
            return {"If-None-Match": str(tag)}
        return {"If-Modified-Since": str(modified)} if modified else {}


def _digest(answer: Answer) -> bytes:
    link = answer.headers.get("Link", "").encode("utf-8", "replace")
    return hashlib.sha256(answer.body + b"\n" + link if link else answer.body).digest()[:16]


def _tag(answer: Answer) -> str | None:
    """The answer's ETag (RFC 9110 8.8.3), if it can be sent back; what looks like a reference to a secret cannot."""
    tag = answer.headers.get("ETag", "")
    return tag if _TAG.fullmatch(tag) and "${" not in tag else None


def _modified(answer: Answer) -> str | None:
    """The answer's Last-Modified, where it tells versions apart: a minute before the answer at least (RFC 9110 8.8.2.2)."""
    text = answer.headers.get("Last-Modified", "")
    try:
        age = parsedate_to_datetime(answer.headers.get("Date", "")) - parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return text if age >= timedelta(minutes=1) and _HTTP_DATE.fullmatch(text) else None
