"""Which make-believe channel belongs to which kind, and which scenarios mean something for a manifest of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import Misconfigured
from connectors.manifest import Manifest
from hub.conform.stand import Content, Stand
from sandbox import hostile_answers, hostile_mail, hostile_pages, hostile_rows, hostile_texts, hostile_tokens, hostile_x
from sandbox.hostile import Portal, canonical
from sandbox.hostile_play import Scenario
from sandbox.hostile_shape import Shape, shape
from sandbox.hostile_web import HOST

LONGEST_PAGE = 6
"""Rows on a page of the make-believe portal, whatever size the manifest asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One connector of the kit: its manifest, who knows its truth, and how contents are compared."""

    manifest: Manifest
    portal: Any
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What one kind needs to be tried."""

    scenarios: tuple[Scenario, ...]
    channel: Callable[[Stand, Manifest, str], AbstractContextManager[Channel]]
    """channel(stand, manifest, name): the channel as long as a block runs, and the manifest that reads it."""
    has: Callable[[Manifest], frozenset[str]]
    """What a manifest makes use of; raises sandbox.hostile_shape.NotInvertible."""


def kit(manifest: Manifest) -> Kit:
    """The kit of a manifest's kind; raises Misconfigured where there is none."""
    if manifest.kind not in KITS:
        raise Misconfigured(
            f"The kind '{manifest.kind}' has no conformance kit.",
            hint=f"There is one for {', '.join(KITS)}.",
            code="no_kit",
            indonesian=f"Jenis '{manifest.kind}' belum punya perangkat uji kepatuhan.",
        )
    return KITS[manifest.kind]


def fitting(manifest: Manifest) -> list[Scenario]:
    """The scenarios that mean something for this manifest; raises NotInvertible, Misconfigured."""
    own = kit(manifest)
    has = own.has(manifest)
    return [one for one in own.scenarios if one.wants <= has]


def shape_of(manifest: Manifest) -> tuple[Shape, int]:
    """The listing that a manifest of kind rest describes and how many rows its pages shall have; raises NotInvertible."""
    options = {**manifest.options, "page": dict(manifest.options.get("page") or {"style": "none"})}
    size = max(min(int(options["page"].get("size", LONGEST_PAGE)), LONGEST_PAGE), 4)
    if "size" in options["page"]:
        options["page"]["size"] = size
    return shape(options, manifest.fields, manifest.zone), size


def _has(manifest: Manifest) -> frozenset[str]:
    return shape_of(manifest)[0].has | ({"sweep"} if manifest.options.get("sweep") else set())


@contextmanager
def _portal(stand: Stand, manifest: Manifest, name: str) -> Iterator[Channel]:
    made, size = shape_of(manifest)
    portal = Portal(made, stand.clock, size=size)
    path = urlsplit(str(manifest.options["url"])).path
    with _placed(stand, name, portal):
        portal.url = f"{stand.web.url}/{name}{path}"
        options = {**manifest.options, "url": portal.url, "page": made.page}
        yield Channel(manifest=renamed(manifest, name, options), portal=portal, content=_as_received)


@contextmanager
def _mentions(stand: Stand, manifest: Manifest, name: str) -> Iterator[Channel]:
    portal = hostile_x.Mentions(stand.clock)
    with _placed(stand, name, portal):
        portal.url = f"{stand.web.url}/{name}"
        options = {**manifest.options, "url": portal.url}
        yield Channel(manifest=renamed(manifest, name, options), portal=portal, content=_post)


@contextmanager
def _placed(stand: Stand, name: str, portal: Portal) -> Iterator[None]:
    stand.web.places[name] = portal.answer
    try:
        yield
    finally:
        del stand.web.places[name]


@contextmanager
def _mailbox(stand: Stand, manifest: Manifest, name: str) -> Iterator[Channel]:
    with hostile_mail.mailbox(stand.clock) as box:
        options = {**manifest.options, "host": HOST, "port": box.port, "tls": "none"}
        yield Channel(manifest=renamed(manifest, name, options), portal=box, content=_mail)


def renamed(manifest: Manifest, name: str, options: Mapping[str, Any]) -> Manifest:
    """The manifest under another name and at another address, as a connector that has never been seen."""
    mark = hashlib.sha256(f"{manifest.sha256} {name}".encode()).hexdigest()
    return replace(manifest, name=name, options=options, sha256=mark, disabled=False, renamed_from=None)


def _as_received(_: Any, raw: bytes) -> str:
    try:
        return canonical(json.loads(raw))
    except ValueError:
        return hashlib.sha256(raw).hexdigest()


def _post(payload: Any, _: bytes) -> str:
    return canonical({name: value for name, value in payload.items() if name != "author"})


def _mail(_: Any, raw: bytes) -> str:
    return hostile_mail.content(raw)


KITS: Mapping[str, Kit] = {
    "rest": Kit(
        scenarios=tuple(
            one
            for part in (hostile_pages, hostile_tokens, hostile_answers, hostile_rows, hostile_texts)
            for one in part.SCENARIOS
        ),
        channel=_portal,
        has=_has,
    ),
    "x": Kit(
        scenarios=tuple(hostile_x.SCENARIOS),
        channel=_mentions,
        has=lambda _: frozenset({"paged", "cursor"}),
    ),
    "imap": Kit(scenarios=tuple(hostile_mail.SCENARIOS), channel=_mailbox, has=lambda _: frozenset()),
}
