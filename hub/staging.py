"""Check in stages: how far the hub comes with a channel, from its name to its first rows, and what stops it; stores nothing."""

from __future__ import annotations

import base64
import json
import re
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.base import Page, Window
from connectors.build import channel
from connectors.errors import ChannelError
from connectors.manifest import Manifest
from hub.binding import named
from hub.door_words import paste, receives
from hub.glance import Glance
from hub.shown_items import read
from hub.stage_words import STAGES, cause

PATIENCE: Final = 45.0
"""Seconds for the first page."""
SOON: Final = timedelta(days=21)
"""A certificate or token that ends within it is told."""
_PORTS: Final = {"implicit": 993, "starttls": 143, "none": 143, "mysql": 3306, "postgresql": 5432}
"""Of mail by its TLS, of databases by their system."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_ROWS: Final = 200
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How one stage went."""

    what: str
    """One of stage_words.STAGES."""
    state: str
    """good | warned | failed"""
    seconds: float
    indonesian: str
    english: str


def stages(manifest: Manifest, glance: Glance, now: datetime, secrets: Path) -> Iterator[Stage]:
    """Every stage as it ends; the first that fails is the last. `secrets`: the folder in which `NAME.expires` may lie."""
    made = channel(manifest)
    for stage in _way(manifest, made, glance, now):
        yield stage
        if stage.state == "failed":
            return
    if receives(made, manifest.options):
        yield _good("door", 0.0, *paste(manifest.name, manifest.options))
    start = time.monotonic()
    try:
        with glance.within(PATIENCE):
            page = _first(made, glance, now)
    except ChannelError as error:
        yield from _until(error, _code(error, glance), glance, time.monotonic() - start)
        return
    yield from _read(manifest, made, page, now, time.monotonic() - start)
    yield from _ends(manifest, made, glance, now, secrets)


def _first(made: Any, glance: Glance, now: datetime) -> Page | None:
    pages = made.pages(glance.ctx, Window(since=None, until=now))
    try:
        return next(iter(islice(pages, 1)), None)
    finally:
        if close := getattr(pages, "close", None):
            close()


# the way there -----------------------------------------------------------------------------------------------------


def _place(manifest: Manifest, made: Any) -> tuple[str, int, bool] | None:
    """Host, port, and whether it begins with TLS; None for a channel that has no address, or one we cannot tell."""
    url = manifest.options.get("url") or getattr(made, "url", None) or getattr(made, "api", None)
    if isinstance(url, str) and urlsplit(url).hostname:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        return str(parts.hostname), parts.port or (443 if secure else 80), secure
    host, tls = manifest.options.get("host"), str(getattr(made, "tls", ""))
    port = getattr(made, "port", None) or _PORTS.get(
        tls if manifest.kind == "imap" else str(getattr(made, "system", ""))
    )
    return (str(host), int(port), tls == "implicit") if host and port else None


def _way(manifest: Manifest, made: Any, glance: Glance, now: datetime) -> Iterator[Stage]:
    place = _place(manifest, made)
    if place is None:
        return
    host, port, secure = place
    start = time.monotonic()
    try:
        sock = glance.sockets(host, port, 10.0)
    except ChannelError as error:
        why, took = cause(error), time.monotonic() - start
        if why.stage == "tcp":
            yield _found(host, glance)
        yield _failed(why.stage, took, why.indonesian, why.english)
        return
    took = max(time.monotonic() - start - sum(glance.looked_up[-1:]), 0.0)
    yield _found(host, glance)
    yield _good(
        "tcp", took, f"{host} menerima sambungan di porta {port}.", f"{host} accepts connections on port {port}."
    )
    with closing(sock):
        if secure:
            yield _certificate(glance, sock, host, now)


def _found(host: str, glance: Glance) -> Stage:
    return _good("dns", sum(glance.looked_up[-1:]), f"{host} ditemukan.", f"{host} is found.")


def _certificate(glance: Glance, sock: Any, host: str, now: datetime) -> Stage:
    start = time.monotonic()
    try:
        sock.settimeout(10.0)
        with glance.ctx.tls().wrap_socket(sock, server_hostname=host) as secured:
            until = str((secured.getpeercert() or {})["notAfter"])
    except ChannelError as error:
        why = cause(error)
        return _failed("tls", time.monotonic() - start, why.indonesian, why.english)
    except (ssl.SSLError, OSError, KeyError) as error:
        why = cause(ChannelError(), _tls_code(error))
        return _failed("tls", time.monotonic() - start, why.indonesian, why.english)
    return _ending(
        "tls", datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC), now, ("Sertifikat", "The certificate"),
        seconds=time.monotonic() - start,
    )  # fmt: skip


_VERIFY: Final = {
    10: "tls_expired",
    62: "tls_name",
    64: "tls_name",
    18: "tls_unknown",
    19: "tls_unknown",
    20: "tls_unknown",
}
"""Numbers of X509_V_ERR_… in openssl/x509_vfy.h."""


def _tls_code(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, "tls")
    reason = str(getattr(error, "reason", "") or "")
    return "tls_none" if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST") else "tls"


# what stops it -----------------------------------------------------------------------------------------------------


def _code(error: ChannelError, glance: Glance) -> str:
    """An answer that is a web page says more than that it is no JSON."""
    answer = glance.watched.last
    if answer is not None and error.code in ("not_json", "not_a_list", "bad_json"):
        head = answer.body[:1000].lstrip().lower()
        if (
            head.startswith((b"<!doctype html", b"<html"))
            or "html" in str(answer.headers.get("Content-Type", "")).lower()
        ):
            return "html"
    return error.code


def _until(error: ChannelError, code: str, glance: Glance, took: float) -> Iterator[Stage]:
    """The stages behind it went well, and this one did not."""
    why = cause(error, code)
    at = STAGES.index(why.stage)
    if at > STAGES.index("login") and glance.secrets:
        yield _good("login", took, "Diterima.", "Accepted.")
    if at > STAGES.index("right"):
        yield _good("right", took, "Boleh membaca.", "May read.")
    if at > STAGES.index("page"):
        yield _good("page", took, "Ada jawaban.", "There is an answer.")
    lists = _lists(glance) if code == "not_a_list" else []
    there = ", ".join(lists)
    yield _failed(
        why.stage,
        took,
        why.indonesian + (f" Daftar ada di: {there}." if lists else ""),
        why.english + (f" There are lists at: {there}." if lists else ""),
    )


def _lists(glance: Glance) -> list[str]:
    """Where the answer has lists of objects, by names that are plainly names."""
    try:
        tree = json.loads(glance.watched.last.body) if glance.watched.last else None
    except (ValueError, RecursionError):
        return []
    return list(islice(_below(tree, ""), _NAMED))


def _below(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        yield f"{path or '@'} ({len(value)})"
    elif isinstance(value, dict) and path.count(".") < 4:
        for key, one in islice(value.items(), 50):
            if _PLAIN.fullmatch(key):
                yield from _below(one, f"{path}.{key}".lstrip("."))


# what came ---------------------------------------------------------------------------------------------------------


def _read(manifest: Manifest, made: Any, page: Page | None, now: datetime, took: float) -> Iterator[Stage]:
    yield _good("login", took, "Diterima, atau tidak diminta.", "Accepted, or not asked for.")
    yield _good("right", took, "Boleh membaca.", "May read.")
    items = list(page.items) if page else []
    if not items:
        yield _empty(hasattr(made, "judge"), took)
        return
    total = f", {page.total} menurut kanal" if page and page.total is not None else ""
    in_all = f", {page.total} as the channel counts" if page and page.total is not None else ""
    yield _good(
        "page", took, f"{len(items)} baris di halaman pertama{total}.", f"{len(items)} rows on the first page{in_all}."
    )
    yield _parsed(manifest, items, now)


def _empty(receives: bool, took: float) -> Stage:
    if receives:
        return Stage(
            what="page",
            state="warned",
            seconds=took,
            indonesian="Belum ada kiriman yang diterima. Kirim satu pesan uji dari gerbangnya, lalu periksa lagi.",
            english="Nothing has been received yet. Send a test message from the gateway and check again.",
        )
    return Stage(
        what="page",
        state="warned",
        seconds=took,
        indonesian="Daftarnya kosong. Bila kanal sudah punya aduan, periksa url, params dan folder, atau hak token ini.",
        english="The list is empty. If the channel has complaints, check url, params and folder, or what this token may see.",
    )


def _parsed(manifest: Manifest, items: Sequence[Any], now: datetime) -> Stage:
    start = time.monotonic()
    rows: dict[tuple[str, str], list[int]] = {}
    usable = 0
    for number, one in enumerate(read(manifest, items[:_ROWS], now), start=1):
        usable += one.usable
        for said in (*one.problems, *one.doubts):
            rows.setdefault(said, []).append(number)
    count = min(len(items), _ROWS)
    indonesian, english = f"{usable} dari {count} baris dapat dipakai.", f"{usable} of {count} rows can be used."
    for (own, other), where in list(rows.items())[:_NAMED]:
        indonesian += f"\n    {_at('baris', where)}: {own}"
        english += f"\n    {_at('row', where)}: {other}"
    state = "failed" if usable == 0 else "warned" if rows else "good"
    return Stage(what="parse", state=state, seconds=time.monotonic() - start, indonesian=indonesian, english=english)


def _at(word: str, rows: Sequence[int]) -> str:
    return f"{word} {', '.join(map(str, rows[:_NAMED]))}{', …' if len(rows) > _NAMED else ''}"


# what ends ---------------------------------------------------------------------------------------------------------


def _ends(manifest: Manifest, made: Any, glance: Glance, now: datetime, secrets: Path) -> Iterator[Stage]:
    """When what opens the channel ends, as far as anybody says so."""
    for name in sorted(named(manifest)):
        if until := _written(secrets / f"{name}.expires") or _jwt(glance.secrets.get(name, "")):
            yield _ending("expiry", until, now, (f"Rahasia {name}", f"The secret {name}"))
    tell: Callable[[Any], datetime | None] | None = getattr(made, "expires", None)
    if tell:
        try:
            until = tell(glance.ctx)
        except ChannelError:
            return
        if until:
            yield _ending("expiry", until, now, ("Akses ke kanal", "The access to the channel"))


def _written(path: Path) -> datetime | None:
    try:
        moment = datetime.fromisoformat(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _jwt(value: str) -> datetime | None:
    """The `exp` of a JSON Web Token (RFC 7519 4.1.4); None for what is none."""
    parts = value.rpartition(" ")[2].split(".")
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))) if len(parts) == 3 else None
        return datetime.fromtimestamp(body["exp"], UTC) if isinstance(body, Mapping) else None
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _ending(what: str, until: datetime, now: datetime, name: tuple[str, str], seconds: float = 0.0) -> Stage:
    days = (until - now).days
    state = "failed" if until <= now else "warned" if until - now < SOON else "good"
    if state == "failed":
        own, other = (
            f"sudah habis sejak {until:%d-%m-%Y}; minta yang baru",
            f"ended on {until:%Y-%m-%d}; ask for a new one",
        )
    else:
        own, other = (
            f"berlaku sampai {until:%d-%m-%Y} ({days} hari lagi)",
            f"holds until {until:%Y-%m-%d} ({days} days)",
        )
        if state == "warned":
            own, other = f"{own}; minta perpanjangan sekarang", f"{other}; ask for its renewal now"
    return Stage(what=what, state=state, seconds=seconds, indonesian=f"{name[0]} {own}.", english=f"{name[1]} {other}.")


def _good(what: str, seconds: float, indonesian: str, english: str) -> Stage:
    return Stage(what=what, state="good", seconds=seconds, indonesian=indonesian, english=english)


def _failed(what: str, seconds: float, indonesian: str, english: str) -> Stage:
    return Stage(what=what, state="failed", seconds=seconds, indonesian=indonesian, english=english)


def worst(found: Sequence[Stage]) -> str:
    """good | warned | failed: of all stages together."""
    counted = Counter(one.state for one in found)
    return "failed" if counted["failed"] else "warned" if counted["warned"] else "good"
