"""Reads the manifests of all connectors, and tells whoever wrote one what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors import dates, described, manifest_checks, regions, yaml_file
from connectors.errors import Misconfigured
from connectors.manifest_words import wrong
from connectors.schedules import spread

__all__ = [
    "Catalogue",
    "Dedup",
    "Expect",
    "Forward",
    "Manifest",
    "advice",
    "catalogue",
    "identity",
    "load",
    "made",
    "spread",
]

DEFAULT_SCHEDULE: Final = "@hourly"
DEFAULT_TIMEOUT: Final = "30m"
_ACCOUNT: Final = ("user", "user_id", "token", "headers", "params", "body", "method")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """How a connector's complaints go on to a registry."""

    registry: str | None = None
    """None: the one registry that the hub knows."""
    duplicates: str = "link"
    """link | send (never withhold a repeat)"""
    since: datetime | None = None
    """The key `from`; None: the moment when the connector was first seen."""
    skip: tuple[str, ...] = ()
    first: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Dedup:
    """What a region sets otherwise for verdicts about its complaints; None: as everywhere."""

    days: int | None = None
    same: float | None = None
    review: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What oversight compares with."""

    per_day: float | None = None
    silent_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Manifest:
    """One connector as registered: whose it is, how it is read, what its words mean, when, and what to expect."""

    name: str
    owner: str
    region: str
    channel: str
    kind: str
    options: Mapping[str, Any]
    """The key `with`, as written; secrets are references."""
    fields: Mapping[str, Any]
    """Canonical name -> JMESPath or {path, format, zone, map, const, join}; see connectors.mapping."""
    zone: str
    schedule: str
    """As written; `spread` moves it."""
    timeout: timedelta
    path: Path
    text: str = field(repr=False)
    sha256: str
    """Hex, of the file's bytes."""
    contact: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    replies: Mapping[str, Any] | None = None
    reply: Mapping[str, Any] | None = None
    messages: Sequence[str] = ()
    """What the door is told of (received, incomplete, statuses, answers); empty: whatever it has a place for."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Sentences of the region's own instead of those in hub.texts.TEMPLATES."""
    expect: Expect = Expect()
    forward: Forward = Forward()
    dedup: Dedup = Dedup()
    already_in_sp4n: bool = False
    ca_file: str | None = None
    """A certificate authority of the region's own, in the operator's folder; see connectors.trust."""
    only: str | None = None
    require: Sequence[str] = ()
    """Fields without which a complaint is incomplete: its reporter is asked for them."""
    shadow: bool = False
    disabled: bool = False
    renamed_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All manifests of a folder: the good ones by name, the others with their reason; both sorted."""

    good: Mapping[str, Manifest]
    bad: Mapping[Path, Misconfigured]


def load(path: Path) -> Manifest:
    """The manifest in one file; raises Misconfigured whose sentence names file, place and remedy."""
    return made(yaml_file.read(path))


def made(written: yaml_file.Written) -> Manifest:
    """The manifest in what was read of a file; raises Misconfigured as `load` does."""
    path = written.path
    name = written.value.get("name", path.stem)
    manifest_checks.check(path, written.value, name, written.text)
    value = written.value
    zone = str(value.get("zone") or regions.zone(value["region"]))
    return Manifest(
        name=name,
        owner=value["owner"],
        region=value["region"],
        channel=value["channel"],
        kind=value["kind"],
        options=value["with"],
        fields=value["fields"],
        zone=zone,
        schedule=value.get("schedule", DEFAULT_SCHEDULE),
        timeout=dates.duration(value.get("timeout", DEFAULT_TIMEOUT)),
        path=path,
        text=written.text,
        sha256=written.sha256,
        expect=_expect(value.get("expect", {})),
        forward=_forward(value.get("forward", {}), zone),
        dedup=Dedup(**value.get("dedup", {})),
        **{key: value[key] for key in _AS_WRITTEN if key in value},
    )


_AS_WRITTEN: Final = (
    "contact",
    "statuses",
    "replies",
    "reply",
    "messages",
    "texts",
    "already_in_sp4n",
    "ca_file",
    "only",
    "require",
    "shadow",
    "disabled",
    "renamed_from",
)


def catalogue(folder: Path, only: str | None = None, also: Path | None = None) -> Catalogue:
    """Every *.yaml and *.yml below the folder; one broken manifest takes nobody else down.

    Of two with one name the file called like the name stays, else the first path. With `only`, just the file of that name
    is read where there is one (a worker needs one connector, not 600), else all and only that connector is given.
    `also` is a second folder, such as that of registered manifests; the first comes before it.
    """
    files = [path for one in (folder, also) if one for path in _files(one)]
    if only is None:
        return _catalogue(files)
    near = _catalogue([path for path in files if path.stem == only])
    found = near if only in near.good else _catalogue(files)
    return Catalogue(good={name: one for name, one in found.good.items() if name == only}, bad=found.bad)


def _files(folder: Path) -> list[Path]:
    return sorted(path for form in ("*.yaml", "*.yml") for path in folder.rglob(form) if path.is_file())


def _catalogue(files: list[Path]) -> Catalogue:
    read: list[Manifest] = []
    bad: dict[Path, Misconfigured] = {}
    for path in files:
        try:
            read.append(load(path))
        except Misconfigured as error:
            bad[path] = error
    good: dict[str, Manifest] = {}
    for one in sorted(read, key=lambda one: one.path.stem != one.name):  # and else as they come: sorting is stable
        first = good.setdefault(one.name, one)
        if first is not one:
            bad[one.path] = _twice(one, first)
    return Catalogue(good=dict(sorted(good.items())), bad=dict(sorted(bad.items())))


def _twice(one: Manifest, first: Manifest) -> Misconfigured:
    other = f"{first.path.parent.name}/{first.path.name}"
    return wrong(f"{one.path.name}: name", "name_taken", name=one.name, other=other)


def identity(manifest: Manifest) -> str:
    """JSON text of what makes two manifests the same channel: kind, address, items and account (design section 4)."""
    options = manifest.options
    if (same := described.same(manifest.kind)) is not None:
        return json.dumps(
            [manifest.kind, {key: options.get(key) for key in same} if same else manifest.name], sort_keys=True
        )
    where = (
        _address(options["url"]) if "url" in options else f"{options.get('host', '')}:{options.get('port', '')}".lower()
    )
    account = {key: options[key] for key in _ACCOUNT if key in options}
    return json.dumps([manifest.kind, where, options.get("items") or options.get("folder"), account], sort_keys=True)


def _address(url: str) -> str:
    parts = urlsplit(url)
    port = {("http", "80"): "", ("https", "443"): ""}.get((parts.scheme, str(parts.port)), parts.port)
    return f"{parts.scheme}://{parts.hostname}:{port or ''}{parts.path.rstrip('/')}?{parts.query}"


def advice(manifest: Manifest) -> list[tuple[str, str]]:
    """What a manifest may leave out but should say, as sentences (Indonesian, English)."""
    return list(_advice(manifest))


def _advice(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if "is_confidential" not in manifest.fields:
        yield (
            "fields.is_confidential tidak diisi, jadi semua aduan dianggap rahasia; tulis {const: false} atau {const: true}.",
            "fields.is_confidential is missing, so every complaint is confidential; write {const: false} or {const: true}.",
        )
    if "submitted_at" not in manifest.fields:
        yield (
            "fields.submitted_at tidak diisi, jadi waktu aduan dianggap waktu diterima hub.",
            "fields.submitted_at is missing, so a complaint counts from the moment the hub received it.",
        )
    if manifest.statuses and "source_status" not in manifest.fields:
        yield (
            "statuses tidak terpakai tanpa fields.source_status; tulis letak status di kanal, misalnya source_status: status.",
            "statuses is not used without fields.source_status; say where the status stands, such as source_status: status.",
        )
    if manifest.replies is not None and "ref" not in manifest.replies:
        yield (
            "replies.ref tidak diisi, jadi tanggapan yang waktu atau penulisnya berubah dianggap tanggapan baru.",
            "replies.ref is missing, so an answer whose time or author changes counts as another one.",
        )
    if manifest.reply is not None and manifest.kind == "x" and not manifest.reply.get("text"):
        yield (
            "reply.text tidak diisi, jadi pelapor di X tidak menerima jawaban; tulis kalimat dengan {link}.",
            "reply.text is missing, so reporters on X get no answer; write a sentence with {link}.",
        )
    if manifest.options.get("unsigned") is True:
        yield (
            "with.unsigned: siapa pun yang tahu alamat penerimaan dapat mengirim aduan palsu; pakai signing bila kanal bisa.",
            "with.unsigned: whoever knows the receiving address can push false complaints; use signing where the channel can.",
        )
    if manifest.path.stem != manifest.name:
        yield (
            f"Nama berkas sebaiknya {manifest.name}.yaml; dengan begitu setiap tugas hanya membaca satu berkas.",
            f"The file should be called {manifest.name}.yaml; then each task reads one file only.",
        )
    if not manifest.contact:
        yield (
            "contact belum diisi; register memerlukannya: contact: {email: nama@dinas.go.id}.",
            "contact is missing, and register needs it: contact: {email: name@office.go.id}.",
        )
    if _plain(manifest.options.get("url")):
        yield (
            "with.url diawali http://, jadi aduan dan kunci lewat tanpa sandi; minta pemilik kanal alamat https://.",
            "with.url begins with http://, so complaints and keys pass unencrypted; ask the channel's owner for https://.",
        )
    if manifest.expect.silent_after is None:
        yield (
            "expect.silent_after tidak diisi, jadi kanal yang diam tidak akan dilaporkan.",
            "expect.silent_after is missing, so nobody is told when the channel falls silent.",
        )


def _plain(url: Any) -> bool:
    """An address without TLS that leads beyond this machine."""
    parts = urlsplit(url) if isinstance(url, str) else None
    return parts is not None and parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost", "::1")


def _expect(value: Mapping[str, Any]) -> Expect:
    silent = value.get("silent_after")
    return Expect(per_day=value.get("per_day"), silent_after=dates.duration(silent) if silent else None)


def _forward(value: Mapping[str, Any], zone: str) -> Forward:
    given = {key: value[key] for key in ("registry", "duplicates", "first") if key in value}
    return Forward(since=_since(value.get("from"), zone), skip=tuple(value.get("skip", ())), **given)


@lru_cache(maxsize=1024)
def _since(text: str | None, zone: str) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
