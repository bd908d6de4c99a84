"""A make-believe regional portal of any shape that moves under its reader, breaks where it is told to, and knows the truth."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors import dates
from sandbox.hostile_shape import MISSING, Shape, put
from sandbox.hostile_web import Answer, Asked, answer

PAGES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a store should hold of one thing: its newest content (None: anything), and at most so many versions."""

    content: str | None
    versions: int = 1
    incarnations: int = 1


def canonical(value: Any) -> str:
    """Equal text for equal JSON."""
    return json.dumps(value, sort_keys=True)


def key_of(ref: Any, content: str) -> str:
    """The name of a thing: its ref as JSON text, or its content where it has none that can be used."""
    if isinstance(ref, str):
        usable = bool(ref) and not any("\ud800" <= sign <= "\udfff" for sign in ref)
    else:
        usable = isinstance(ref, int) and not isinstance(ref, bool)
    return json.dumps(ref) if usable else f"?{content}"


@dataclass(slots=True, kw_only=True)
class Row:
    """One complaint on the portal."""

    number: int
    ref: Any
    stamp: datetime
    """When the portal says that it changed, for order and `since`."""
    created: datetime
    shown: Any = None
    """What stands at `changed` instead of the stamp; MISSING leaves it out, None is null where `odd` is set."""
    odd: bool = False
    version: int = 1
    more: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    payload: Any = None
    raw: bytes = b""
    unread: bool = False
    """Its bytes are no JSON that anybody has to read; it may be kept without its number, or not yet."""
    vague: bool = False
    """It has to be kept; in which words is not compared."""

    @property
    def key(self) -> str:
        """Its name in the store."""
        return key_of(self.ref, canonical(self.payload))


@dataclass(slots=True, kw_only=True)
class Fault:
    """What is answered for one page (None: any) instead of it, so many times (None: until mended)."""

    page: int | None
    spoilt: Callable[[Callable[[], Answer]], Answer]
    times: int | None


class Portal:
    """Rows in an order, served page by page in the shape of a manifest; every knob may be turned at any time."""

    def __init__(self, shape: Shape, now: Callable[[], datetime], *, size: int, rows: int | None = None) -> None:
        self.shape, self.size, self._now = shape, size, now
        self.url = ""
        self.rows: list[Row] = []
        self.order = "asc"
        """asc | desc (by stamp), id, ties (by stamp, equal ones anyhow), shuffle"""
        self.cap: int | None = None
        self.sizes = True
        """Whether the portal heeds the size asked for."""
        self.skew = timedelta()
        self.show: Callable[[datetime], Any] = shape.stamp.write
        self.since = "inclusive"
        """inclusive | exclusive | ignored"""
        self.total: Callable[[int], Any] = lambda count: count
        self.behind: int | str = "empty"
        """What stands behind the last page: empty, clamp, wrap, bare (no total), null, or a status."""
        self.end: Any = MISSING
        """What stands at `next` of the last page."""
        self.trailing = False
        """Whether the last page still names a next one, which is empty."""
        self.link: Callable[[str], Mapping[str, str]] = lambda url: {"Link": f'<{url}>; rel="next"'}
        self.link_url: Callable[[str], str] = lambda url: url
        self.loop = False
        self.gone = 410
        self.requests = 0
        self.truth_of: dict[str, list[str]] = {}
        self.born: dict[str, set[Any]] = {}
        self.touched: set[str] = set()
        self.faults: list[Fault] = []
        self._hooks: dict[int, Callable[[], None]] = {}
        self._tokens: dict[str, Any] = {}
        self._random = random.Random(7)
        self._last = 0
        self._lock = threading.RLock()
        first = now() - timedelta(hours=1)
        count = PAGES * size if rows is None else rows
        for back in range(count, 0, -1):
            self.add(stamp=first - timedelta(hours=4) * (back - 1))

    # what officers and citizens do ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The portal's own clock."""
        return self._now() + self.skew

    def add(self, *, stamp: datetime | None = None, ref: Any = ..., created: datetime | None = None, **odd: Any) -> Row:
        """A new complaint, changed now unless a stamp says otherwise; `odd` are further fields of Row."""
        with self._lock:
            self._last += 1
            when = stamp or self.now()
            row = Row(
                number=self._last, ref=self._last if ref is ... else ref, stamp=when, created=created or when, **odd
            )
            self.rows.append(row)
            self.write(row)
            return row

    def touch(self, row: Row, *, stamped: bool = True) -> None:
        """An officer edits a complaint; `stamped`: and the portal notes when."""
        with self._lock:
            row.version += 1
            if stamped:
                row.stamp = max(self.now(), row.stamp)
            self.write(row)

    def drop(self, row: Row) -> None:
        """A complaint is deleted."""
        with self._lock:
            self.rows.remove(row)

    def write(self, row: Row) -> None:
        """Make the row's bytes anew after a change, and note what they say."""
        shown = row.shown if row.odd else self.show(row.stamp)
        created = self.shape.created_stamp.write(row.created)
        row.payload = self.shape.row(row.ref, row.number, row.version, shown, created)
        for path, value in row.more.items():
            put(row.payload, path, value)
        row.raw = json.dumps(row.payload).encode()
        said, key = canonical(row.payload), row.key
        history = self.truth_of.setdefault(key, [])
        if not history or history[-1] != said:
            history.append(said)
        self.born.setdefault(key, set()).add(created if self.shape.created else None)
        self.touched.add(key)

    def rewrite(self) -> None:
        """Write every row anew, after `show` has changed."""
        for row in self.rows:
            self.write(row)

    # what the kit asks ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A pull begins: forget what changed before it."""
        self.touched = set()

    def truth(self) -> dict[str, Truth]:
        """What a complete store holds now."""
        with self._lock:
            newest = {row.key: row for row in sorted(self.rows, key=lambda row: (row.stamp, row.version))}
            return {
                key: Truth(content=None if row.vague else canonical(row.payload))
                for key, row in newest.items()
                if not row.unread
            }

    def allowed(self, key: str) -> Truth:
        """How many versions and complaints of a thing there have been, deleted ones too."""
        return Truth(content=None, versions=len(self.truth_of.get(key, ())), incarnations=len(self.born.get(key, ())))

    # faults --------------------------------------------------------------------------------------------------------

    def spoil(
        self,
        page: int | None,
        spoilt: Answer | Callable[[Callable[[], Answer]], Answer],
        *,
        times: int | None = None,
    ) -> None:
        """Answer this instead of a page, so many times or until mended; a function is given how to make the page."""
        make = (lambda _: spoilt) if isinstance(spoilt, Answer) else spoilt
        self.faults.append(Fault(page=page, spoilt=make, times=times))

    def mend(self) -> None:
        """The fault has ended."""
        self.faults.clear()

    def during(self, page: int, act: Callable[[], None]) -> None:
        """Do something right after a page has been served the next time."""
        self._hooks[page] = act

    def expire(self) -> None:
        """Every token given so far is worth nothing from now on."""
        self._tokens.clear()

    # serving -------------------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        """One page, or what is to be answered instead."""
        with self._lock:
            self.requests += 1
            rows = self._ordered(asked)
            found = self._start(asked, rows)
            if isinstance(found, Answer):
                return found
            start, size = found
            page = start // size + 1
            fault = next((one for one in self.faults if one.page in (None, page) and one.times != 0), None)
            if fault:
                fault.times = fault.times - 1 if fault.times else None
                return fault.spoilt(lambda: self._page(asked, rows, start, size))
            said = self._page(asked, rows, start, size)
            hook = self._hooks.pop(page, None)
            if hook:
                hook()
            return said

    def _ordered(self, asked: Asked) -> list[Row]:
        rows = [row for row in self.rows if self._wanted(row, asked)]
        if self.order == "shuffle":
            self._random.shuffle(rows)
        elif self.order == "ties":
            rows.sort(key=lambda row: (row.stamp, self._random.random()))
        elif self.order == "id":
            rows.sort(key=lambda row: row.number)
        else:
            rows.sort(key=_place, reverse=self.order == "desc")
        return rows

    def _wanted(self, row: Row, asked: Asked) -> bool:
        spec = self.shape.since
        text = asked.query.get(spec["param"], "") if spec and self.since != "ignored" else ""
        if not text or not spec or row.odd:
            return True
        since, _ = dates.read(text, spec["format"], spec["zone"])
        return row.stamp > since if self.since == "exclusive" else row.stamp >= since

    def _start(self, asked: Asked, rows: list[Row]) -> tuple[int, int] | Answer:
        """Where in the listing the page begins, and how long it is; or a refusal of the token."""
        page, style = self.shape.page, self.shape.style
        size = self._size(asked)
        if style == "none":
            return 0, max(len(rows), 1)
        if style == "number":
            return (int(asked.query.get(page["param"], page.get("first", 1))) - int(page.get("first", 1))) * size, size
        if style == "offset":
            return int(asked.query.get(page["param"], 0)) - int(page.get("first", 0)), size
        token = asked.query.get("lanjut" if style == "link" else page["param"], "")
        if not token:
            return 0, size
        if token not in self._tokens:
            return answer(self.gone, b'{"error": "token kedaluwarsa"}')
        return self._behind(self._tokens[token], rows), size

    def _size(self, asked: Asked) -> int:
        name = self.shape.page.get("size_param")
        size = int(asked.query.get(name, self.size)) if name and self.sizes else self.size
        return min(size, self.cap or size)

    def _behind(self, place: Any, rows: list[Row]) -> int:
        if isinstance(place, int):
            return place
        for index, row in enumerate(rows):
            if (self._key(row) < place) if self.order == "desc" else (self._key(row) > place):
                return index
        return len(rows)

    def _key(self, row: Row) -> Any:
        return (0, row.number) if self.order == "id" else _place(row)

    def _page(self, asked: Asked, rows: list[Row], start: int, size: int) -> Answer:
        total = self.total(len(rows))
        if start >= len(rows) and start > 0:
            last = (len(rows) - 1) // size * size
            if isinstance(self.behind, int):
                return answer(self.behind, b'{"error": "halaman tidak ada"}')
            if self.behind == "null":
                return answer(200, self.shape.envelope(b"", total, MISSING).replace(b"[]", b"null"))
            total = MISSING if self.behind == "bare" else total
            start = last if self.behind == "clamp" else start % (last + size) if self.behind == "wrap" else start
        some = rows[start : start + size]
        following = self._following(asked, rows, start, len(some))
        body = self.shape.envelope(b", ".join(row.raw for row in some), total, following[0])
        return answer(200, body, headers=following[1])

    def _following(self, asked: Asked, rows: list[Row], start: int, count: int) -> tuple[Any, Mapping[str, str]]:
        """What names the next page: a value in the body, a header, or nothing behind the last."""
        style = self.shape.style
        more = start + count < len(rows) or (self.trailing and count > 0)
        if style not in ("cursor", "link"):
            return MISSING, {}
        if not more:
            return self.end, {}
        token = self._token(rows[start + count - 1], start + count)
        if style == "cursor":
            return token, {}
        query = {name: value for name, value in asked.query.items() if name != "lanjut"}
        url = self.link_url(f"{self.url}?{urlencode({**query, 'lanjut': token})}")
        return (url, {}) if self.shape.next else (MISSING, self.link(url))

    def _token(self, row: Row, place: int) -> str:
        if self.loop and self._tokens:
            return next(iter(self._tokens))
        keyed = self.order in ("asc", "desc", "id")
        token = f"t{len(self._tokens)}-{place}-{self.requests}"
        self._tokens[token] = self._key(row) if keyed else place
        return token


def _place(row: Row) -> tuple[datetime, int]:
    return row.stamp, row.number
