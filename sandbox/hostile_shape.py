"""How a make-believe listing has to look so that a given manifest fits it: its paths, dates and envelope, written backwards."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
    "Desember",
)  # fmt: skip
"""As Indonesian portals write them."""
_NAME = r'(?:[A-Za-z_][A-Za-z0-9_]*|"[^"\\]+")'
_PLAIN = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_ITEMS, _TOTAL, _NEXT = "@items@", "@total@", "@next@"
MISSING = object()


class NotInvertible(Exception):
    """A path of the manifest cannot be read backwards, so no listing can be made for it; the sentence names it."""

    def __init__(self, key: str, expression: str) -> None:
        self.indonesian = (
            f"{key}: '{expression}' bukan jalur biasa seperti a.b.c, jadi portal tiruan tidak dapat dibuat."
        )
        super().__init__(
            f"{key}: '{expression}' is no plain path such as a.b.c, so no make-believe portal can be made for it."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """How a moment is written: iso, unix or a strptime pattern, in a zone."""

    format: str = "iso"
    zone: str = "UTC"

    def write(self, moment: datetime) -> Any:
        """The moment as the portal shows it."""
        if self.format == "unix":
            return int(moment.timestamp())
        local = moment.astimezone(ZoneInfo(self.zone)).replace(microsecond=0)
        if self.format in ("iso", "relative"):
            return local.isoformat().replace("+00:00", "Z")
        form = self.format.replace("%B", MONTHS[local.month - 1]).replace("%b", MONTHS[local.month - 1][:3])
        return local.strftime(form.replace("%z", local.strftime("%z")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One listing as its manifest describes it; paths are lists of keys, None where the manifest has none."""

    items: tuple[str, ...]
    """() is a bare array."""
    ref: tuple[str, ...]
    total: tuple[str, ...] | None = None
    changed: tuple[str, ...] | None = None
    stamp: Stamp = Stamp()
    created: tuple[str, ...] | None = None
    created_stamp: Stamp = Stamp()
    since: Mapping[str, str] | None = None
    """{param, format, zone}"""
    page: Mapping[str, Any] = field(default_factory=lambda: {"style": "none"})
    next: tuple[str, ...] | None = None
    ignored: tuple[str, ...] | None = None
    more: Mapping[tuple[str, ...], Any] = field(default_factory=dict)
    """What else stands in a row, so that it also reads as a complaint; {n} is the row's number, {v} its version."""

    @property
    def style(self) -> str:
        """number | offset | cursor | link | none"""
        return str(self.page.get("style", "none"))

    @property
    def has(self) -> frozenset[str]:
        """What the manifest makes use of, for scenarios that need it."""
        given = {"total": self.total, "changed": self.changed, "since": self.since, "created": self.created}
        told = {name for name, value in given.items() if value}
        told |= {"ignore"} if self.ignored else set()
        told |= {"header"} if self.style == "link" and not self.next else set()
        return frozenset(told | {self.style} | ({"paged"} if self.style != "none" else set()))

    def row(self, ref: Any, number: int, version: int, changed: Any, created: Any) -> dict[str, Any]:
        """One item; `ref` MISSING leaves it out."""
        row: dict[str, Any] = {}
        for path, value in self.more.items():
            put(row, path, value.format(n=number, v=version) if isinstance(value, str) else value)
        for place, said in ((self.created, created), (self.changed, changed), (self.ref, ref)):
            if place and said is not MISSING:
                put(row, place, said)
        return row

    def envelope(self, items: bytes, total: Any, following: Any) -> bytes:
        """A page; `total` and `following` are left out where they are MISSING."""
        if not self.items:
            return b"[" + items + b"]"
        page: dict[str, Any] = {}
        put(page, self.items, _ITEMS)
        if self.total and total is not MISSING:
            put(page, self.total, total)
        if self.next and following is not MISSING:
            put(page, self.next, following)
        before, _, after = json.dumps(page).encode().partition(json.dumps(_ITEMS).encode())
        return before + b"[" + items + b"]" + after


def put(row: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Write a value where a path says, making what is missing on the way."""
    for name in path[:-1]:
        inner = row.setdefault(name, {})
        row = inner if isinstance(inner, dict) else row
    row[path[-1]] = value


def path(key: str, expression: str) -> tuple[str, ...]:
    """The keys of a plain path; raises NotInvertible."""
    if expression == "@":
        return ()
    if not _PLAIN.fullmatch(expression):
        raise NotInvertible(key, expression)
    return tuple(name.strip('"') for name in re.findall(_NAME, expression))


def shape(options: Mapping[str, Any], fields: Mapping[str, Any], zone: str) -> Shape:
    """The listing that `with` and `fields` of a manifest describe; raises NotInvertible."""
    page = dict(options.get("page") or {"style": "none"})
    changed = _spec(options.get("changed"), "path")
    submitted = _spec(fields.get("submitted_at"), "path")
    since = _spec(options.get("since"), "param")
    items = path("with.items", str(options.get("items", "@")))
    paged = {"with.total": options.get("total"), "with.page.next": page.get("next")}
    inside = {key: path(key, str(value)) for key, value in paged.items() if value}
    if inside and (not items or any(one[: len(items)] == items for one in inside.values())):
        key = next(iter(inside))
        raise NotInvertible(key, str(paged[key]))
    created = options.get("created") or (submitted or {}).get("path")
    ignored = [one for one in options.get("ignore") or () if _PLAIN.fullmatch(one)]
    return Shape(
        items=items,
        ref=path("with.ref", str(options["ref"])),
        total=inside.get("with.total"),
        changed=path("with.changed", changed["path"]) if changed else None,
        stamp=_stamp(changed, zone),
        created=path("with.created", str(created)) if created else None,
        created_stamp=_stamp(submitted, zone),
        since={"format": "iso", "zone": zone, **since} if since else None,
        page=page,
        next=inside.get("with.page.next"),
        ignored=path("with.ignore", ignored[0]) if ignored else None,
        more=_more(fields),
    )


def _spec(value: Any, first: str) -> dict[str, str] | None:
    return (
        {first: value}
        if isinstance(value, str)
        else dict(value)
        if isinstance(value, Mapping) and first in value
        else None
    )


def _stamp(spec: Mapping[str, str] | None, zone: str) -> Stamp:
    given = spec or {}
    form = str(given.get("format") or "iso")
    return Stamp(format=form, zone=str(given.get("zone") or ("UTC" if form == "iso" else zone)))


def _more(fields: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """Invented text for every field of one plain path; codes take the first word of their map."""
    found: dict[tuple[str, ...], Any] = {}
    for name, field_ in fields.items():
        spec = _spec(field_, "path")
        if name == "submitted_at" or spec is None or not _PLAIN.fullmatch(spec["path"]):
            continue
        words = field_.get("map") if isinstance(field_, Mapping) else None
        value = next(iter(words)) if words else _INVENTED.get(name, "catatan {n}")
        found[path(name, spec["path"])] = value
    return found


_INVENTED = {
    "title": "Lampu jalan padam {n}",
    "body": "Lampu jalan di gang {n} padam, catatan ke-{v}.",
    "latitude": -7.25,
    "longitude": 112.75,
    "reporter.name": "Warga Rekaan",
    "reporter.phone_e164": "+62800000000",
    "reporter.email": "warga@contoh.invalid",
    "incident_date": "2026-11-01",
}
