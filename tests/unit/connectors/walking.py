"""A portal in memory, which answers what a test tells it, and readings of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors.base import Context, Item, Window
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.kinds.rest import Rest
from connectors.reading import Batch, Outcome, read

NOW = datetime(2026, 12, 1, tzinfo=UTC)
URL = "https://portal.example/api"
WINDOW = Window(since=None, until=NOW)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    verbatim: bool

    @property
    def at(self) -> str | None:
        """Which page was wanted."""
        return self.query.get("at")


@dataclass(frozen=True, kw_only=True)
class Told:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = URL

    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


@dataclass
class Portal:
    """Answers as the HTTP client gives them; remembers what it was asked."""

    answer: Callable[[Asked], Told]
    asked: list[Asked] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def send(self, method: str, url: str, *, params: Any = None, headers: Any = None, verbatim: bool = False) -> Told:
        """An answer, or the error that its status stands for."""
        query = {name: str(value) for name, value in (params or {}).items()}
        asked = Asked(url=url, query=query, headers=headers or {}, verbatim=verbatim)
        with self.heard:
            self.asked.append(asked)
            told = replace(self.answer(asked), url=url)
            self.heard.notify_all()
        if told.status >= 400:
            raise error(told.status)
        return told

    def abandon(self) -> None:
        """Nothing is ever under way for long."""

    @property
    def pages(self) -> list[int]:
        """The numbers of the pages that were asked, in order."""
        return sorted(int(asked.at or 1) for asked in self.asked)


def error(status: int) -> ChannelError:
    """What the HTTP client makes of a status."""
    code = f"http_{status}"
    if status in (401, 403):
        return Refused("Refused.", code=code)
    return (
        Unavailable("Gone.", code=code) if status in (404, 410) or status >= 500 else Misconfigured("Wrong.", code=code)
    )


def body(refs: Sequence[object], total: object = None, **more: Any) -> Told:
    """A page with these ids."""
    rows = [{"id": ref, "isi": "Jalan berlubang"} for ref in refs]
    headers: dict[str, str] = {name: more.pop(name) for name in ("ETag", "Link") if name in more}
    told = {"data": rows, **({"total": total} if total is not None else {}), **more}
    return Told(body=json.dumps(told).encode(), headers=headers)


def pages(*listed: Sequence[object], total: int | None = None, faults: Mapping[int, Told] | None = None) -> Portal:
    """A portal with numbered pages, empty behind the last of them."""

    def answer(asked: Asked) -> Told:
        number = int(asked.at or 1)
        if faults and number in faults:
            return faults[number]
        return body(listed[number - 1] if number <= len(listed) else [], total)

    return Portal(answer)


def rest(style: str, **more: Any) -> Rest:
    """A listing of this style."""
    page = {
        "style": style,
        **({"param": "at"} if style in ("number", "offset", "cursor") else {}),
        **more.pop("page", {}),
    }
    return Rest(url=URL, **{"items": "data", "ref": "id", "page": page, **more})


def steps(channel: Rest, portal: Portal, window: Window = WINDOW, *, lines: bool = False, **given: Any) -> list[Any]:
    """All that a reading yields; with `lines` pages are asked ahead."""
    return list(read(channel, context(portal, lines=lines), window, **given))


def context(portal: Any, *, lines: bool = False) -> Context:
    """Nothing but this portal; with `lines` it may be asked beside."""
    another = (lambda: portal) if lines else None
    return Context(http=portal, dial=lambda *_: None, secret=lambda text, _: text, clock=lambda: NOW, another=another)


def run(channel: Rest, portal: Portal, window: Window = WINDOW, **given: Any) -> tuple[list[str | None], Outcome]:
    """The refs in the order in which they came, each time, and the outcome."""
    *batches, outcome = steps(channel, portal, window, **given)
    items: list[Item] = [one for batch in batches if isinstance(batch, Batch) for one in batch.items]
    return [one.ref for one in items], outcome
