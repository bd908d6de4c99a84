"""A GeoReport v2 server read window by window: each answer is believed only where its halves hold nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from connectors import dates, georeport, strictjson
from connectors.base import Context, Item, Page, Position, Window
from connectors.errors import ChannelError, Misconfigured, Unavailable
from connectors.georeport import Row
from connectors.listing import moments

SPAN: Final = timedelta(days=90)
"""The longest window that the specification promises to answer."""
FEW: Final = 5
"""Rows below which no server cuts an answer off."""
ROUND: Final = 5
"""Where servers cut off is a multiple of it."""
PAGES: Final = 10_000
TOUCHED: Final = 1000
"""Old requests that are fetched one by one because something was said about them."""
_SECOND: Final = timedelta(seconds=1)

Span = tuple[datetime, datetime]
BEFORE: Final = (datetime(1971, 1, 1, tzinfo=UTC), datetime(1971, 1, 2, tzinfo=UTC))
"""A day on which nobody reported anything by Open311."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a manifest asks for; see connectors.kinds.open311."""

    url: str
    first: str
    media: str
    jurisdiction: str | None
    key: str | None
    most: int
    page: Mapping[str, Any]
    params: Mapping[str, str]
    updates: bool
    services: bool
    reread: str
    look_back: str
    zone: str


def pages(wanted: Wanted, ctx: Context, window: Window, start: Position) -> Iterator[Page]:
    """The requests from the window at which `start` stands; raises ChannelError."""
    yield from _Reading(wanted, ctx, window).walk(start)


def sample(wanted: Wanted, ctx: Context, body: bytes) -> list[Item]:
    """The requests of one answer; raises Unavailable where it is none."""
    media = "xml" if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else "json"
    reading = _Reading(wanted, ctx, Window(since=None, until=ctx.clock()))
    return reading.items(georeport.rows(body, media, "request"))


class _Reading:
    """One pass."""

    def __init__(self, wanted: Wanted, ctx: Context, window: Window) -> None:
        self.wanted, self.ctx, self.window = wanted, ctx, window
        self.until = window.until + timedelta(days=1)  # a server's clock may be ahead
        self.stamp = moments({"format": "iso", "zone": wanted.zone})
        self.asked: dict[Span, list[Row]] = {}
        self.seen: set[str] = set()
        self.said: Mapping[str, list[Row]] = {}
        self.known: Mapping[str, Row] = {}
        self.largest = 0

    def walk(self, start: Position) -> Iterator[Page]:
        """Pages from the first window that is still to be read."""
        begin = self._begin()
        spans = [(_read(a), _read(b)) for a, b in start["spans"]] if "spans" in start else list(_cut(begin, self.until))
        self.said = self._updates(begin) if self.wanted.updates else {}
        self.known = self._services() if self.wanted.services else {}
        number = int(start.get("page", 0))
        while spans:
            found, rest, number = self._next(spans, number)
            spans = rest
            if found is not None:
                yield self._page(found, {"spans": [[a.isoformat(), b.isoformat()] for a, b in spans], "page": number})
        yield Page(items=self.items(self._touched()), end=True, next={"spans": [], "page": 0})

    # windows --------------------------------------------------------------------------------------------------------

    def _begin(self) -> datetime:
        """From when: the manifest's first day, or so far back that what may have changed is read again."""
        first = datetime.combine(date.fromisoformat(self.wanted.first), time(), UTC) - timedelta(days=1)
        if self.window.since is None:
            return first
        if self.window.asked:
            return max(first, self.window.since)
        return max(first, min(self.window.since, self.window.until - dates.duration(self.wanted.reread)))

    def _next(self, spans: list[Span], number: int) -> tuple[list[Row] | None, list[Span], int]:
        """The rows of the first window, or of its next page; None where it is taken in halves instead."""
        span, rest = spans[0], spans[1:]
        if self.wanted.page:
            found = self._ask(span, number)
            self._guard_paging(span, number, found)
            return (found, spans, number + 1) if found else (None, rest, 0)
        found = self.asked.pop(span) if span in self.asked else self._ask(span)
        halves = self._halves(span, found)
        return (found, rest, 0) if halves is None else (None, [*halves, *rest], 0)

    def _halves(self, span: Span, found: list[Row]) -> list[Span] | None:
        """
        None where the answer is believed.

        A server that cuts its answers off says nothing, but it has shown `largest` rows at once: what has fewer is whole.
        What has as many is whole where both its halves have fewer, and nothing that is not in it.
        """
        if len(found) < FEW or len(found) < self.largest:
            return None
        self.largest, (begin, end) = len(found), span
        if end - begin < 2 * _SECOND:
            if len(found) >= self.wanted.most or len(found) % ROUND == 0:
                raise Unavailable(
                    "More complaints stand in one second than the server may show.",
                    code="window_full",
                    indonesian="Lebih banyak aduan dalam satu detik daripada yang ditampilkan server. Minta halaman (page).",
                )
            return None
        middle = (begin + (end - begin) / 2).replace(microsecond=0)
        halves = [(begin, middle), (middle, end)]
        if len(found) < self.wanted.most:
            told = {half: self._ask(half) for half in halves}
            known = {_id(row) for row in found}
            inside = all(_id(row) in known for some in told.values() for row in some)
            if inside and max(map(len, told.values())) < len(found):
                return None
            if min(map(len, told.values())) == len(found) and inside and self._ask(BEFORE):
                raise _window_ignored()  # it is no moment on the border of both halves
            self.asked |= told
        return halves

    def _guard_paging(self, span: Span, number: int, found: list[Row]) -> None:
        """A server that does not know the parameter would answer the same for ever."""
        if number > PAGES:
            raise Unavailable("The listing has no end.", code="no_end")
        before = self.asked.get(span)
        if found and before is not None and [_id(row) for row in found] == [_id(row) for row in before]:
            raise Misconfigured(
                "The server gives the same page again: it does not know page.param.",
                hint="Take `page` out; windows are then halved until nothing is missing.",
                code="page_ignored",
                indonesian="Server memberi halaman yang sama lagi: page.param tidak dikenalnya. Hapus `page` dari manifes.",
            )
        self.asked = {span: found}

    # questions ------------------------------------------------------------------------------------------------------

    def _ask(self, span: Span, number: int | None = None) -> list[Row]:
        page, asked = self.wanted.page, {"start_date": _written(span[0]), "end_date": _written(span[1])}
        if number is not None:
            asked[page["param"]] = str(number + 1)
            if "size_param" in page:
                asked[page["size_param"]] = str(page.get("size", 100))
        return self._rows("requests", "request", asked)

    def _rows(self, what: str, inner: str, asked: Mapping[str, str]) -> list[Row]:
        wanted, base = self.wanted, self.wanted.url.rstrip("/")
        own = {"jurisdiction_id": wanted.jurisdiction} if wanted.jurisdiction else {}
        if wanted.key:
            own["api_key"] = self.ctx.secret(wanted.key, urlsplit(wanted.url).hostname or "")
        params = {**wanted.params, **own, **asked}
        heads = {"Accept": f"application/{wanted.media}"}
        try:
            answer = self.ctx.http.send("GET", f"{base}/{what}.{wanted.media}", params=params, headers=heads)
        except ChannelError as error:
            if error.code == "http_404" and georeport.nothing_there(error.said):
                return []  # the server's way to say that nobody reported anything then
            raise
        return georeport.rows(answer.body, wanted.media, inner)

    def _updates(self, begin: datetime) -> Mapping[str, list[Row]]:
        """What was said about each request since `begin`, the oldest first."""
        found: dict[str, dict[str, Row]] = {}
        spans = list(_cut(begin, self.until))
        while spans:
            a, b = spans.pop(0)
            asked = {"start_date": _written(a), "end_date": _written(b)}
            some = self._rows("servicerequestupdates", "request_update", asked)
            if len(some) >= self.wanted.most and b - a > 2 * _SECOND:
                middle = (a + (b - a) / 2).replace(microsecond=0)
                spans[:0] = [(a, middle), (middle, b)]
                continue
            for row in some:
                own = georeport.text(row.get("update_id")) or hashlib.sha256(georeport.written(row)).hexdigest()
                if (request := georeport.text(row.get("service_request_id"))) is not None:
                    found.setdefault(request, {})[own] = {**row, "service_request_id": request, "update_id": own}
        return {
            request: sorted(some.values(), key=lambda row: (str(row.get("updated_datetime")), row["update_id"]))
            for request, some in found.items()
        }

    def _services(self) -> Mapping[str, Row]:
        """Name and group of each code, for requests that have only the code."""
        found = {}
        for row in self._rows("services", "service", {}):
            if (code := georeport.text(row.get("service_code"))) is not None:
                named = {key: row.get(key) for key in ("service_name", "group", "keywords") if row.get(key)}
                found[code] = {**named, "metadata": georeport.yes(row.get("metadata"))}
        return found

    def _touched(self) -> list[Row]:
        """Old requests that were not listed in this pass and about which something was said since the last reading."""
        if not self.wanted.updates or self.window.since is None:
            return []
        since = self.window.since - dates.duration(self.wanted.look_back)
        fresh = [
            request
            for request, some in self.said.items()
            if request not in self.seen
            and any((self.stamp(row.get("updated_datetime")) or since) >= since for row in some)
        ]
        if len(fresh) > TOUCHED:
            raise Unavailable("Too many old complaints changed to be fetched one by one.", code="too_many_touched")
        return [row for request in fresh for row in self._rows(f"requests/{quote(request, safe='')}", "request", {})]

    # items ----------------------------------------------------------------------------------------------------------

    def _page(self, found: list[Row], following: Position) -> Page:
        return Page(items=self.items(found), end=False, next=following, more=True)

    def items(self, found: list[Row]) -> list[Item]:
        """The items of some rows, in an order that does not depend on the server's."""
        return [
            self._item(row)
            for row in sorted(found, key=lambda row: (str(row.get("requested_datetime")), str(_id(row))))
        ]

    def _item(self, row: Row) -> Item:
        own = _id(row)
        payload = {**row, "service_request_id": own}
        if self.wanted.updates:
            payload["updates"] = self.said.get(own or "", [])
        if self.wanted.services:
            payload["service"] = self.known.get(georeport.text(row.get("service_code")) or "")
        trouble = payload.pop(georeport.TROUBLE, None) or (None if own else "bad_ref")
        raw = georeport.written(payload)
        if strictjson.has_huge_number(payload):
            trouble = "number_too_long"
        self.seen.add(own or "")
        made = row.get("requested_datetime")
        return Item(
            ref=strictjson.ref_text(own), raw=raw, payload=None if trouble else payload, trouble=trouble,
            stamp=self.stamp(row.get("updated_datetime")) or self.stamp(made),
            created=None if made is None else json.dumps(made, default=str, sort_keys=True),
        )  # fmt: skip


def _window_ignored() -> Misconfigured:
    return Misconfigured(
        "The server answers the same for every window: it does not heed start_date and end_date.",
        hint="Add `page`, if it knows pages; else read it with the kind rest.",
        code="window_ignored",
        indonesian="Server mengabaikan start_date dan end_date. Tambahkan `page` bila ada halaman; bila tidak, pakai kind rest.",
    )


def _id(row: Row) -> str | None:
    return georeport.text(row.get("service_request_id"))


def _cut(begin: datetime, end: datetime) -> Iterator[Span]:
    """Windows of at most 90 days that meet at their borders."""
    while begin < end:
        yield begin, (following := min(begin + SPAN, end))
        begin = following


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
