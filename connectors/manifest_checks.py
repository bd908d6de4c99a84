"""Everything a manifest must keep besides its schema, told as one sentence with file, place and remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import schemas
from connectors import dates, described, paths, region_names, regions, schedules, yaml_file, zones
from connectors.errors import Misconfigured
from connectors.known import names
from connectors.manifest_words import wrong

_NAME: Final = re.compile(r"[a-z0-9-]{1,60}")
_SECRET: Final = re.compile(r"\$\{secret:([A-Za-z][A-Za-z0-9_]{0,63})\}")
_WITH_SECRETS: Final = ("with", "reply")
_EXPRESSIONS: Final = ("items", "ref", "total", "created")
_PATHS: Final = ("list", "ref", "text", "by", "attachments")
_URLS: Final = ("url", "link")
Found = tuple[str, str, dict[str, Any]]
"""Place, a rule of manifest_words.WORDS, the values that its words need."""


def check(path: Path, value: Mapping[str, Any], name: Any, text: str = "") -> None:
    """Raise Misconfigured for the first thing that is wrong with a manifest read from `path`; `text` tells its line."""
    for place, rule, values in _wrong(path, value, name):
        raise wrong(_where(path, place, text), rule, **values)


def _where(path: Path, place: str, text: str) -> tuple[str, str]:
    line = yaml_file.line_of(text, place) if text and place else None
    told = f": {place}" if place else ""
    if line is None:
        return f"{path.name}{told}", f"{path.name}{told}"
    return f"{path.name}, baris {line}{told}", f"{path.name}, line {line}{told}"


def _wrong(path: Path, value: Mapping[str, Any], name: Any) -> Iterator[Found]:
    yield from _region(value.get("region"))
    if not schemas.valid("manifest", value):
        yield from _against_schema(value)
    if value["kind"] not in names():
        yield "kind", "kind_unknown", {"known": ", ".join(sorted(names()))}
    try:
        yield from _told(described.problems(value))
    except Misconfigured as error:  # of a kind whose own file is broken
        yield "kind", "kind_broken", {"why": (error.indonesian, str(error))}
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield "name", "file_name", {"stem": path.stem}
    yield from _secrets(value)
    yield from _hosts(value)
    yield from _zones(value)
    yield from _expressions(value)
    yield from _formats(value)
    yield from _own_words(value)
    yield from _times(value)


def _region(region: Any) -> Iterator[Found]:
    """Before the schema: an unquoted 16.10 has already become 16.1, so only the person who knows can repair it."""
    if isinstance(region, int | float):
        yield "region", "region_number", {}
    elif isinstance(region, str) and re.match(r"\d\d", region) and not regions.zone(region):
        dotted = ".".join(filter(None, (region[:2], region[2:4], region[4:6], region[6:])))
        meant = region.isdecimal() and regions.places().regions.get(dotted[:5])
        yield "region", "region_dots" if meant else "region_unknown", {"dotted": dotted}
    elif isinstance(region, str) and (codes := region_names.codes_of(region, regions.places())):
        yield "region", "region_name", {"codes": " / ".join(codes)}


def _against_schema(value: Mapping[str, Any]) -> Iterator[Found]:
    yield from _told(schemas.problems("manifest", value))
    yield "", "form", {}


def _told(problems: Iterable[schemas.Problem]) -> Iterator[Found]:
    for problem in problems:
        said = tuple(one.removeprefix(f"{problem.path}: ") for one in (problem.id, problem.en))
        rule = problem.rule if problem.rule in _SAID else "schema"
        if rule == "type":
            rule = next((own for words, own in _TYPES if words in problem.en), rule)
        if rule == "additionalProperties" and (ours := _OWN_NAMES.get(problem.path.rpartition(".")[2].casefold())):
            rule, said = "name_foreign", (ours, ours)
        yield problem.path, rule, {"said": said}


_TYPES: Final = (("a whole number", "type_number"), ("true or false", "type_flag"))
_OWN_NAMES: Final = {
    "pemilik": "owner", "instansi": "owner", "wilayah": "region", "kode_wilayah": "region", "kanal": "channel", "jenis": "kind",
    "kontak": "contact", "jadwal": "schedule", "nama": "name, reporter.name", "versi": "version", "alamat": "url, location_text",
    "judul": "title", "isi": "body", "isi_aduan": "body", "isi_laporan": "body", "tanggal": "submitted_at",
    "lokasi": "location_text",
    "kategori": "category_code", "status": "statuses, source_status", "lampiran": "attachments", "foto": "attachments",
    "nama_pelapor": "reporter.name", "pelapor": "reporter.name", "no_hp": "reporter.phone_e164", "telepon": "reporter.phone_e164",
    "hp": "reporter.phone_e164", "nik": "reporter.national_id", "surel": "reporter.email, email", "rahasia": "is_confidential",
    "anonim": "is_anonymous", "lintang": "latitude", "bujur": "longitude", "kolom": "columns", "daftar": "items", "nomor": "ref",
    "halaman": "page",
}  # fmt: skip
"""What somebody writes who takes our names for Indonesian ones."""
_SAID: Final = ("required", "additionalProperties", "type", "enum", "const")
"""Rules of the schema whose remedy is known."""


def _secrets(value: Mapping[str, Any]) -> Iterator[Found]:
    for place, text, is_key in _texts(value, ""):
        if "${" not in text:
            continue
        if is_key or place.partition(".")[0] not in _WITH_SECRETS:
            yield place, "secret_place", {}
        rest = _SECRET.sub("", text)
        if "${" in rest:
            yield place, "secret_form", {}
        if any(name.upper().startswith("SATUPINTU_") for name in _SECRET.findall(text)):
            yield place, "secret_own", {}


def _texts(value: Any, place: str) -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, str):
        yield place, value, False
    elif isinstance(value, Mapping):
        for key, one in value.items():
            inner = f"{place}.{key}" if place else key
            if "${" in key:
                yield place or key, key, True
            yield from _texts(one, inner)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(one, f"{place}.{number}")


def _hosts(value: Mapping[str, Any]) -> Iterator[Found]:
    """Names and ports that keep the schema's pattern and that no resolver can take."""
    options, reply = value["with"], value.get("reply") or {}
    urls = (("with.url", options.get("url")), *((f"reply.{key}", reply.get(key)) for key in _URLS))
    for place, url in (*urls, *described.marked(value, "url")):
        if isinstance(url, str) and not _dialable(url):
            yield place, "url", {}
    hosts = (("with.host", options.get("host")), ("reply.smtp.host", (reply.get("smtp") or {}).get("host")))
    for place, host in (*hosts, *described.marked(value, "host")):
        if isinstance(host, str) and not _named(host):
            yield place, "host", {}


def _dialable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return _named(parts.hostname or "") and parts.port != 0
    except ValueError:  # a port beyond 65535, brackets around what is no IPv6 address
        return False


def _named(host: str) -> bool:
    """Labels of 1 to 63 signs, together at most 253 (RFC 1035 2.3.4), or an IPv6 address."""
    labels = host.removesuffix(".").split(".")
    return ":" in host or (len(host) <= 254 and all(0 < len(label) < 64 for label in labels))


def _zones(value: Mapping[str, Any]) -> Iterator[Found]:
    for place, spec in [("", value), *_stamps(value)]:
        zone = spec.get("zone")
        if zone is not None and zones.zone(zone) is None:
            yield f"{place}.zone" if place else "zone", "zone", {}


def _stamps(value: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every place that may hold a format and a zone."""
    for section, keys in (("fields", list(value["fields"])), ("with", ["changed", "since"]), ("replies", ["time"])):
        inside = value.get(section) or {}
        for key in keys:
            if isinstance(inside.get(key), Mapping):
                yield f"{section}.{key}", inside[key]


def _expressions(value: Mapping[str, Any]) -> Iterator[Found]:
    for place, expression in _all_expressions(value):
        try:
            paths.getter(expression)
        except paths.BadPath as error:
            yield place, "path", {"why": (error.indonesian, str(error))}


def _all_expressions(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    replies = value.get("replies") or {}
    options = value["with"] if value["kind"] in described.IN_THE_SCHEMA else {}
    yield from described.marked(value, "expression")
    for name, spec in value["fields"].items():
        if isinstance(spec, str):
            yield f"fields.{name}", spec
    for place, spec in _stamps(value):
        if "path" in spec:
            yield f"{place}.path", spec["path"]
    yield from ((f"with.{key}", options[key]) for key in _EXPRESSIONS if key in options)
    yield from ((f"with.ignore.{number}", one) for number, one in enumerate(options.get("ignore", ())))
    yield from ((f"replies.{key}", replies[key]) for key in _PATHS if key in replies)
    if isinstance(replies.get("time"), str):
        yield "replies.time", replies["time"]
    if "next" in options.get("page", {}):
        yield "with.page.next", options["page"]["next"]
    if "only" in value:
        yield "only", value["only"]


def _formats(value: Mapping[str, Any]) -> Iterator[Found]:
    for place, spec in _stamps(value):
        if "format" not in spec:
            continue
        if place.startswith("fields.") and place not in ("fields.submitted_at", "fields.incident_date"):
            yield f"{place}.format", "format_place", {}
        elif spec["format"] == "relative" and not place.startswith("fields."):
            yield f"{place}.format", "relative_place", {}
        elif trouble := dates.trouble_with(spec["format"]):
            yield f"{place}.format", "format", {"why": trouble}


_OWN_WORDS: Final = {"names": "region_code", "within": "region_code", "longest": "reporter.phone_e164"}


def _own_words(value: Mapping[str, Any]) -> Iterator[Found]:
    """Words that only one field understands; elsewhere they would be read over and do nothing."""
    for name, spec in value["fields"].items():
        for word, field in _OWN_WORDS.items():
            if isinstance(spec, Mapping) and word in spec and name != field:
                yield f"fields.{name}.{word}", "word_place", {"word": word, "field": field}


def _times(value: Mapping[str, Any]) -> Iterator[Found]:
    if "schedule" in value and (trouble := schedules.trouble_with(value["schedule"])):
        yield "schedule", "schedule", {"why": trouble}
    yield from _durations(value)
    timeout = value.get("timeout")
    if timeout and dates.duration(timeout).days >= 1:
        yield "timeout", "timeout", {}
    since = value.get("forward", {}).get("from")
    if since is not None and not _is_date(since):
        yield "forward.from", "no_day", {}


def _durations(value: Mapping[str, Any]) -> Iterator[Found]:
    for section, keys in (("", ("timeout",)), ("expect", ("silent_after",)), ("with", ("look_back", "sweep"))):
        inside = value.get(section, {}) if section else value
        for key in keys:
            try:
                dates.duration(inside.get(key, "1s"))
            except dates.Unreadable:
                yield f"{section}.{key}".lstrip("."), "too_long", {}


def _is_date(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False
