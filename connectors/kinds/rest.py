"""REST: a portal that lists complaints as JSON, by page number, by offset, along tokens or links, or all at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from connectors import dates, zones
from connectors.base import Context, Page, Position, Recall, Reply, Window, kind
from connectors.chaining import Chained
from connectors.counting import Counted
from connectors.errors import Misconfigured
from connectors.lines import Lines
from connectors.listing import Read, reader
from connectors.walks import STAMPS, AtOnce, Walk

WAYS: Mapping[str, type[Walk]] = {
    "number": Counted,
    "offset": Counted,
    "cursor": Chained,
    "link": Chained,
    "none": AtOnce,
}
AHEAD = 4
"""Pages asked ahead where they are numbered; a listing that hangs on tokens or links allows one."""


@kind("rest")
@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """One JSON listing; the fields are the keys of `with`."""

    once: ClassVar[bool] = False  # pages may overlap, and a listing may name a ref twice
    repeatable: ClassVar[bool] = False  # an answer that is posted twice may show twice
    gathers: ClassVar[bool] = False  # a portal keeps a history: each piece of news is a line of its own
    keeps: ClassVar[bool] = True  # the portal has the complaint itself

    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": [
            "alamat API yang menampilkan daftar aduan sebagai JSON, dan satu contoh jawabannya",
            "cara masuk: token atau kunci yang hanya boleh membaca",
            "nama parameter halaman, dan parameter 'sejak' bila ada",
            "bentuk tanggal dan zona waktunya, arti setiap status dan kategori",
        ],
        "en": [
            "the address of an API that lists complaints as JSON, and a sample of its answer",
            "how to log in: a token or key that may only read",
            "the parameters of its pages, and the one that asks for newer ones, if any",
            "the form and zone of its dates, and what each status and category means",
        ],
    }

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
        if self._style not in WAYS:
            known = ", ".join(WAYS)
            raise Misconfigured(
                f"page.style {self._style} is not known.",
                hint=f"Use one of: {known}.",
                code="bad_page",
                indonesian=f"page.style {self._style} tidak dikenal. Pakai salah satu dari: {known}.",
            )

    @property
    def moving(self) -> bool:
        """Rows move between pages, and a token may be an offset in disguise; only what comes at once needs no second pass."""
        return self._style != "none"

    @property
    def _style(self) -> str:
        return str(self.page.get("style", "none"))

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """One pass; the end is the protocol's own sign, never a short page."""
        since = self._since(window)
        everything = since is None or not self.since
        walk = WAYS[self._style](
            lines=Lines(
                ctx, min(int(self.page.get("ahead", AHEAD)), 1 if self._style in ("cursor", "link") else AHEAD)
            ),
            url=self.url,
            params=self._base_params(ctx, since),
            headers=self.headers,
            page=self.page,
            read=self._reader(),
            has_total=bool(self.total) and (everything or not window.past.get("uncounted")),
            everything=everything,
            far=None if everything else self._asked(window.until + timedelta(days=1)),
            until=window.until,
            recall=recall,
            start=start or {},
            past=window.past,
            trusting=bool(window.after),
            newest=list(window.after.get("newest", ())),
        )
        yield from walk.pages()

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """What the next reading has to know.

        The newest stamps tell the portal's own clock, which may be slow; `held` is how many items the whole listing had,
        `uncounted` that its total does not heed `since`; tag, date and `full_at` serve to ask whether anything changed.
        """
        told = (pages[-1].next if pages else None) or {}
        newest = sorted({*told.get("newest", ()), *before.get("newest", ())})[-STAMPS:]
        held = told.get("count", told.get("held")) if told.get("everything", True) else before.get("held")
        uncounted = told.get("uncounted") or before.get("uncounted")
        made = {
            "newest": newest,
            "held": held,
            "uncounted": uncounted,
            "tag": told.get("tag"),
            "modified": told.get("modified"),
            "full_at": told.get("full_at"),
        }
        return {name: value for name, value in made.items() if value}

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Send one answer to the address of the manifest's `reply`; the portal's 2xx is its word that it took it."""
        if not self.reply_by.get("url"):
            raise Misconfigured("The manifest has no address for answers.", hint="Add reply: {method, url, body}.")
        address = _filled(self.reply_by["url"], reply, lambda value: quote(str(value), safe=""))
        body = _filled_all(self.reply_by.get("body"), reply)
        headers = {**self.headers, **self.reply_by.get("headers", {})}
        ctx.http.send(self.reply_by.get("method", "POST"), address, json=body, headers=headers)
        return None

    def _reader(self) -> Read:
        changed = {"zone": self.zone, **_spec(self.changed, "path")} if self.changed else None
        following = self.page.get("next") if self._style in ("cursor", "link") else None
        return reader(
            items=self.items,
            ref=self.ref,
            total=self.total,
            following=following,
            changed=changed,  # type: ignore[arg-type]
            created=self.created,
        )

    def _base_params(self, ctx: Context, since: datetime | None) -> dict[str, Any]:
        host = _host(self.url)
        params = {
            key: ctx.secret(value, host) if isinstance(value, str) else value for key, value in self.params.items()
        }
        return {**params, **self._asked(since)}

    def _asked(self, since: datetime | None) -> dict[str, Any]:
        """The parameter that asks for what changed since then."""
        if not self.since or not since:
            return {}
        spec = _spec(self.since, "param")
        return {spec["param"]: _written(since, spec.get("format", "iso"), spec.get("zone") or self.zone or "UTC")}

    def _since(self, window: Window) -> datetime | None:
        """From when to ask: never later than the portal's own newest stamps minus look_back; its clock may be slow."""
        if window.since is None or not self.changed or window.asked:
            return window.since
        newest = window.after.get("newest")
        if not newest:
            return None  # no stamp could be read so far, so none can be relied on
        return min(window.since, datetime.fromisoformat(min(newest)) - _span(self.look_back))


def _written(moment: datetime, form: str, zone: str) -> str:
    if form == "unix":
        return str(int(moment.timestamp()))
    home = zones.zone(zone)
    if home is None:
        raise Misconfigured("since.zone is no time zone.", hint="Write for example Asia/Jakarta.")
    local = moment.astimezone(home).replace(microsecond=0)
    if form == "iso":
        return local.isoformat().replace("+00:00", "Z")
    return local.strftime(form)


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
