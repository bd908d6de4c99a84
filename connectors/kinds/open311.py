"""Open311: a city's GeoReport v2 server, in JSON or XML; read by windows that are checked against their halves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from connectors import georeport, open311_reading
from connectors.base import Context, Item, Page, Position, Recall, Reply, Window, kind
from connectors.errors import Misconfigured, Unavailable

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_PARAM: Final = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.-]{0,63}$"}


@kind("open311")
@dataclass(frozen=True, slots=True, kw_only=True)
class Open311:
    """The service requests of one jurisdiction; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["url", "from"],
        "properties": {
            "url": {"$ref": f"{_WORDS}url"},
            "format": {"enum": ["json", "xml"]},
            "jurisdiction": {"type": "string", "minLength": 1, "maxLength": 200},
            "key": {"$ref": f"{_WORDS}secret"},
            "from": {
                "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                "x-id": "tanggal aduan pertama ditulis tahun-bulan-hari, misalnya \"2024-01-01\"",
                "x-en": "the day of the first complaint is written year-month-day, such as \"2024-01-01\"",
            },
            "most": {"type": "integer", "minimum": 10, "maximum": 100_000},
            "page": {
                "type": "object", "additionalProperties": False, "required": ["param"],
                "properties": {
                    "param": _PARAM, "size_param": _PARAM, "size": {"type": "integer", "minimum": 1, "maximum": 10_000},
                },
            },
            "params": {"type": "object", "propertyNames": _PARAM, "additionalProperties": {"type": "string", "maxLength": 500}},
            "updates": {"type": "boolean"},
            "services": {"type": "boolean"},
            "reread": {"$ref": f"{_WORDS}duration"},
        },
    }  # fmt: skip
    REPLY: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["key"],
        "properties": {
            "key": {"$ref": f"{_WORDS}secret"},
            "url": {"$ref": f"{_WORDS}url"},
            "statuses": {"$ref": f"{_WORDS}reply_statuses"},
        },
    }
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": ("alamat GeoReport v2, yaitu bagian sebelum /requests.json", "jurisdiction_id, bila server memintanya",
               "api_key, bila ingin menjawab lewat servicerequestupdates"),
        "en": ("the address of GeoReport v2, up to /requests.json", "the jurisdiction_id, where the server asks for one",
               "an api_key, to answer by servicerequestupdates"),
    }  # fmt: skip
    SAME: ClassVar[Sequence[str]] = ("url", "jurisdiction", "params")

    once: ClassVar[bool] = False  # a request at the border of two windows stands in both
    overlaps: ClassVar[bool] = True  # the same: a page may show what an earlier one showed
    moving: ClassVar[bool] = True  # nothing vouches for the number of requests: only a second pass proves
    repeatable: ClassVar[bool] = False  # whether a server knows our update's own number again is its affair
    gathers: ClassVar[bool] = False  # each piece of news is an update of its own
    keeps: ClassVar[bool] = True  # the city has the request itself

    url: str
    from_: str
    format: str = "json"
    jurisdiction: str | None = None
    key: str | None = None
    most: int = 1000
    """Rows from which an answer counts as cut off."""
    page: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    updates: bool = False
    services: bool = False
    reread: str = "30d"
    """How far back requests are read again; older ones come when something is said about them, and by sweep."""
    zone: str | None = None
    look_back: str = "1d"
    reply_by: Mapping[str, Any] = field(default_factory=dict)

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """Requests window by window, from the oldest; at last old ones about which something new was said."""
        yield from open311_reading.pages(self._wanted(), ctx, window, start or {})

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The requests of one answer, in whichever form it is."""
        return open311_reading.sample(self._wanted(), ctx, body)

    def _wanted(self) -> open311_reading.Wanted:
        return open311_reading.Wanted(
            url=self.url, first=self.from_, media=self.format, jurisdiction=self.jurisdiction, key=self.key, most=self.most,
            page=self.page, params=self.params, updates=self.updates, services=self.services, reread=self.reread,
            look_back=self.look_back, zone=self.zone or "UTC",
        )  # fmt: skip

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """This kind goes by time."""
        return {}

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Post an update of the request; the server's number of it is its word that it took it."""
        if not self.reply_by.get("key"):
            raise Misconfigured("The manifest has no key for answers.", hint="Add reply: {key: ${secret:NAME}}.")
        url = str(self.reply_by.get("url") or f"{self.url.rstrip('/')}/servicerequestupdates.{self.format}")
        form = {
            "api_key": ctx.secret(self.reply_by["key"], urlsplit(url).hostname or ""),
            **({"jurisdiction_id": self.jurisdiction} if self.jurisdiction else {}),
            "service_request_id": str(reply.ref),
            "update_id": hashlib.sha256(reply.message_id.encode()).hexdigest()[:32],
            "updated_datetime": ctx.clock().astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
            **({"status": reply.status} if reply.status and self.reply_by.get("statuses") else {}),
            "description": reply.text,
        }
        answer = ctx.http.send("POST", url, form=form, headers={"Accept": f"application/{self.format}"})
        taken = [
            georeport.text(row.get("update_id")) for row in georeport.rows(answer.body, self.format, "request_update")
        ]
        if not taken or taken[0] is None:
            raise Unavailable("The server did not say that it took the update.", code="no_id")
        return taken[0]
