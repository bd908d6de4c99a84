"""REST: a portal that lists complaints as JSON, by page number, by offset or all at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from connectors import dates, paths, strictjson
from connectors.base import Answer, Context, Item, Page, Position, Reply, Window, kind
from connectors.errors import Misconfigured, Unavailable

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_LATER = ("link", "cursor")
_STAMPS = 5


@kind("rest")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """One JSON listing; the fields are the keys of `with`."""

    url: str
    ref: str
    items: str = "@"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    total: str | None = None
    changed: Mapping[str, str] | str | None = None
    since: Mapping[str, str] | str | None = None
    page: Mapping[str, Any] = field(default_factory=dict)
    created: str | None = None
    look_back: str = "1d"
    sweep: str | None = None
    ignore: Sequence[str] = ()
    zone: str | None = None
    """The manifest's zone, for stamps and `since` that name none."""
    reply_by: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's `reply`: {method, url, body, headers}."""

    def __post_init__(self) -> None:
        """Raises Misconfigured for a style of paging that this kind does not read."""
        style = str(self.page.get("style", "none"))
        if style not in ("number", "offset", "none"):
            kapan, when = ("belum ada", "comes later") if style in _LATER else ("tidak dikenal", "is not known")
            raise Misconfigured(
                f"page.style {style} {when}.",
                hint="Use number, offset or none.",
                code="bad_page",
                indonesian=f"page.style {style} {kapan}. Pakai number, offset atau none.",
            )

    @property
    def moving(self) -> bool:
        """Pages cut by number or offset move while they are read."""
        return True

    @property
    def repeatable(self) -> bool:
        """An answer that is posted twice may show twice."""
        return False

    def pages(self, ctx: Context, window: Window, start: Position | None = None) -> Iterator[Page]:
        """One pass; the end is an empty list, never a short page."""
        walk = _Walk(self, ctx, window, start or {})
        yield from walk.pages()

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """The newest stamps read so far: they tell the portal's own clock, which may be slow."""
        newest = [stamp for page in pages[-1:] if page.next for stamp in page.next.get("newest", ())]
        return {"newest": _newest([*newest, *before.get("newest", ())])} if newest or before.get("newest") else {}

    def reply(self, ctx: Context, reply: Reply) -> None:
        """Send one answer to the address of the manifest's `reply`; the portal's 2xx is its word that it took it."""
        if not self.reply_by.get("url"):
            raise Misconfigured("The manifest has no address for answers.", hint="Add reply: {method, url, body}.")
        address = _filled(self.reply_by["url"], reply, lambda value: quote(str(value), safe=""))
        body = _filled_all(self.reply_by.get("body"), reply)
        headers = {**self.headers, **self.reply_by.get("headers", {})}
        ctx.http.send(self.reply_by.get("method", "POST"), address, json=body, headers=headers)


class _Walk:
    """One pass over one listing."""

    def __init__(self, rest: Rest, ctx: Context, window: Window, start: Position) -> None:
        self._rest, self._ctx, self._window = rest, ctx, window
        self._style = str(rest.page.get("style", "none"))
        self._read = _reader(rest)
        self._size = int(rest.page.get("size", 100))
        self._at = int(start.get("at", rest.page.get("first", 1 if self._style == "number" else 0)))
        self._newest: list[str] = list(window.after.get("newest", ()))
        self._params = self._base_params()
        self._total: int | None = None
        self._began = False
        self._refs: set[str | None] = set()

    def pages(self) -> Iterator[Page]:
        while True:
            page = self._one()
            yield page
            if page.end:
                return

    def _one(self) -> Page:
        try:
            answer = self._ctx.http.send("GET", self._rest.url, params=self._asked(), headers=self._rest.headers)
        except Unavailable as error:
            if error.code == "http_404" and self._total is not None and len(self._refs) == self._total:
                return Page(items=(), end=True, total=self._total)  # some portals answer 404 behind their last page
            raise
        items, total = self._read(answer)
        if total is None and self._rest.total and (items or not self._began):
            raise Unavailable("The page has no total where the manifest says.", code="no_total")
        self._note(items, total)
        whole = self._style == "none"
        self._at += 1 if self._style == "number" else len(items)
        following = {"at": self._at, "newest": self._newest}
        return Page(items=items, end=whole or not items, total=total, next=following, whole=whole)

    def _note(self, items: Sequence[Item], total: int | None) -> None:
        self._began = True
        self._total = total if total is not None else self._total
        self._refs.update(item.ref for item in items)
        until = self._window.until
        stamps = [item.stamp.astimezone(UTC).isoformat() for item in items if item.stamp and item.stamp <= until]
        self._newest = _newest([*self._newest, *stamps])

    def _asked(self) -> dict[str, Any]:
        page, asked = self._rest.page, dict(self._params)
        if self._style == "none":
            return asked
        asked[str(page.get("param", "page" if self._style == "number" else "offset"))] = self._at
        if page.get("size_param"):
            asked[str(page["size_param"])] = self._size
        return asked

    def _base_params(self) -> dict[str, Any]:
        host = _host(self._rest.url)
        params = {
            key: self._ctx.secret(value, host) if isinstance(value, str) else value
            for key, value in self._rest.params.items()
        }
        since = self._since()
        if self._rest.since and since:
            spec = _spec(self._rest.since, "param")
            params[spec["param"]] = _written(
                since, spec.get("format", "iso"), spec.get("zone") or self._rest.zone or "UTC"
            )
        return params

    def _since(self) -> datetime | None:
        """From when to ask: never later than the portal's own newest stamps minus look_back; its clock may be slow."""
        if self._window.since is None or not self._rest.changed:
            return self._window.since
        newest = self._window.after.get("newest")
        if not newest:
            return None  # no stamp could be read so far, so none can be relied on
        return min(self._window.since, datetime.fromisoformat(min(newest)) - _span(self._rest.look_back))


Read = Callable[[Answer], tuple[list[Item], int | None]]


def _reader(rest: Rest) -> Read:
    """How the items of one page are found, kept byte for byte, and dated; compiled once a pass."""
    where, total, item = _getter(rest.items), _getter(rest.total) if rest.total else None, _item_reader(rest)
    simple = [] if rest.items == "@" else rest.items.split(".") if _SIMPLE.fullmatch(rest.items) else None

    def read(answer: Answer) -> tuple[list[Item], int | None]:
        try:
            if simple is not None:
                tree, raws = strictjson.parse_items(answer.body, simple)
                found = where(tree)
            else:
                tree, spans = strictjson.parse_spans(answer.body)
                found = where(tree)
                raws = [spans.get(id(one)) or _written_again(one) for one in found] if isinstance(found, list) else None
        except (strictjson.BadJson, paths.Failed) as error:
            code = str(error) if isinstance(error, strictjson.BadJson) else "not_a_list"
            raise Unavailable("The page is no usable JSON.", code=code) from None
        if raws is None or not isinstance(found, list):
            raise Unavailable("The page has no list where the manifest says.", code="not_a_list")
        return [item(raw, one) for raw, one in zip(raws, found, strict=True)], _count(total, tree)

    return read


def _item_reader(rest: Rest) -> Callable[[bytes, Any], Item]:
    ref, created = _getter(rest.ref), _getter(rest.created) if rest.created else None
    changed = {"zone": rest.zone, **_spec(rest.changed, "path")} if rest.changed else None
    stamp = _getter(str(changed["path"])) if changed else None

    def read(raw: bytes, one: Any) -> Item:
        if not isinstance(one, dict):
            return Item(ref=None, raw=raw, payload=None, trouble="not_an_object")
        key = strictjson.ref_text(_value(ref, one))
        huge = len(raw) > 4000 and strictjson.has_huge_number(one)
        return Item(
            ref=key,
            raw=raw,
            payload=None if huge else one,
            stamp=_stamp(_value(stamp, one), changed) if stamp and changed else None,
            created=_created(created, one),
            trouble="number_too_long" if huge else "bad_ref" if key is None else None,
        )

    return read


def _created(path: paths.Getter | None, one: Any) -> str | None:
    value = _value(path, one) if path else None
    return None if value is None else json.dumps(value, default=str, sort_keys=True)


def _stamp(value: Any, spec: Mapping[str, Any]) -> datetime | None:
    try:
        moment, _ = dates.read(value, spec.get("format"), spec.get("zone"))
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _count(path: paths.Getter | None, tree: Any) -> int | None:
    """The portal's own count, None where there is none that is a number."""
    if path is None:
        return None
    value = _value(path, tree)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def _value(path: paths.Getter, one: Any) -> Any:
    try:
        return path(one)
    except paths.Failed:
        return None


def _getter(expression: str) -> paths.Getter:
    try:
        return paths.getter(expression)
    except paths.BadPath as error:
        raise Misconfigured(f"The path '{expression[:100]}' cannot be used: {error}.", code="bad_path") from None


def _written_again(one: Any) -> bytes:
    # An expression that builds new values leaves no bytes of the portal to keep.
    return json.dumps(one, ensure_ascii=True, separators=(",", ":"), default=str).encode()


def _written(moment: datetime, form: str, zone: str) -> str:
    if form == "unix":
        return str(int(moment.timestamp()))
    try:
        local = moment.astimezone(ZoneInfo(zone)).replace(microsecond=0)
    except (ValueError, KeyError, OSError):
        raise Misconfigured("since.zone is no time zone.", hint="Write for example Asia/Jakarta.") from None
    if form == "iso":
        return local.isoformat().replace("+00:00", "Z")
    return local.strftime(form)


def _newest(stamps: Sequence[str]) -> list[str]:
    """The latest few different stamps; the oldest of them counts, so that a few mistyped dates mislead nobody."""
    return sorted(set(stamps))[-_STAMPS:]


def _spec(value: Mapping[str, str] | str, first: str) -> Mapping[str, str]:
    return {first: value} if isinstance(value, str) else value


def _span(text: str) -> timedelta:
    try:
        return dates.duration(text)
    except ValueError:
        raise Misconfigured("look_back is no span of time.", hint="Write for example 1d or 12h.") from None


def _host(url: str) -> str:
    """The host as the HTTP client will read it."""
    try:
        return parse_url(url).host or ""
    except HTTPError:
        hint = "Use http:// or https:// with a host in plain letters and digits."
        raise Misconfigured("The address in url is not usable.", hint=hint, code="bad_url") from None


def _filled(text: str, reply: Reply, written: Callable[[Any], str]) -> str:
    values = {"{ref}": reply.ref, "{status}": reply.status, "{text}": reply.text}
    return re.sub(r"\{(?:ref|status|text)\}", lambda match: written(values[match[0]]), text)


def _filled_all(body: Any, reply: Reply) -> Any:
    """The body with its placeholders filled once; what is filled in is not searched for further ones."""
    if isinstance(body, str):
        return reply.ref if body == "{ref}" else _filled(body, reply, str)
    if isinstance(body, Mapping):
        return {key: _filled_all(value, reply) for key, value in body.items()}
    return [_filled_all(value, reply) for value in body] if isinstance(body, list) else body
