"""Which connector may send which secret to which host: bound at first use, widened only by a person."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from connectors.base import INBOX
from connectors.errors import Misconfigured
from connectors.known import known
from connectors.manifest import Manifest
from connectors.secret import references
from hub.audit.entry import Entry
from hub.model import Tally
from hub.store import bindings, connectors
from hub.store.log import append
from hub.store.work import Store, Work


def hosts(manifest: Manifest) -> set[str]:
    """All hosts that the manifest itself names."""
    return {host for host in map(_host, _strings([manifest.options, manifest.reply or {}])) if host}


def _inbox(manifest: Manifest) -> set[str]:
    """A secret by which pushes are judged is sent to nobody; its host is called so."""
    return {INBOX} if hasattr(known(manifest.kind), "judge") else set()


def named(manifest: Manifest) -> set[str]:
    """All secrets that the manifest itself refers to."""
    return {name for _, text in _strings([manifest.options, manifest.reply or {}]) for name in _references(text)}


def _references(text: str) -> set[str]:
    try:
        return references(text)
    except Misconfigured:  # told where the text is used
        return set()


def _strings(value: Any, key: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(key, value)]
    pairs = (
        value.items() if isinstance(value, dict) else ((key, one) for one in value) if isinstance(value, list) else ()
    )
    return [found for name, one in pairs for found in _strings(one, str(name))]


def _host(pair: tuple[str, str]) -> str:
    key, text = pair
    if key == "host":
        return text.lower().rstrip(".")
    return (urlsplit(text).hostname or "").rstrip(".") if key in ("url", "api") else ""


def allowed(
    store: Store, manifest: Manifest, connector: UUID, reserved: Collection[str], clock: Callable[[], datetime]
) -> Callable[[str, str], None]:
    """allowed(name, host) for one connector; raises Misconfigured where a person has to allow it first."""
    own, written = hosts(manifest) | _inbox(manifest), named(manifest)
    known: set[tuple[str, str]] = set()

    def ask(name: str, host: str) -> None:
        if (name, host) in known:
            return
        if name in reserved:
            raise Misconfigured(
                f"The secret {name} belongs to a registry; no connector may use it.", code="secret_bound"
            )
        if name not in written:
            # Whatever a portal or a citizen wrote must never reach a place where references are resolved.
            raise Misconfigured(f"{manifest.path.name} does not refer to the secret {name}.", code="secret_bound")
        with store.begin() as work:  # a secret may be bound to a connector of any region
            _decide(work, manifest, connector, name, host.lower().rstrip("."), own, clock())
        known.add((name, host))

    return ask


def looked(
    store: Store, manifest: Manifest, connector: UUID, reserved: Collection[str], *, on_record: bool
) -> Callable[[str, str], None]:
    """
    allowed(name, host) for somebody who only looks: nothing is bound by it.

    `on_record`: who wrote the manifest is known, so that a secret which nobody uses yet may go to the hosts it names.
    """
    own, written = hosts(manifest) | _inbox(manifest), named(manifest)

    def ask(name: str, host: str) -> None:
        if name in reserved or name not in written:
            raise Misconfigured(f"The secret {name} is not for this connector.", code="secret_bound")
        with store.begin() as work:
            bound = bindings.of(work, name)
        if bound and (connector, host.lower().rstrip(".")) not in bound:
            raise Misconfigured(f"The secret {name} is bound to another connector or host.", code="secret_bound")
        if not bound and (host not in own or not on_record):
            raise Misconfigured(f"The secret {name} is not bound to any connector yet.", code="secret_unbound")

    return ask


def _decide(
    work: Work, manifest: Manifest, connector: UUID, name: str, host: str, own: set[str], now: datetime
) -> None:
    work.lock(f"secret {name}")
    bound = bindings.of(work, name)
    if not bound and host in own:
        bind(work, name, connector, manifest.region, sorted(own), by="manifest", now=now)
    elif (connector, host) not in bound:
        raise Misconfigured(
            f"The secret {name} is not bound to connector '{manifest.name}' and host {host}.",
            hint=f"If that is right, the operator runs: satupintu secret allow {name} --connector {manifest.name} "
            f"--host {host}",
            code="secret_bound",
        )


def bind(work: Work, name: str, connector: UUID, region: str, to: Collection[str], *, by: str, now: datetime) -> None:
    """Bind a secret to a connector and hosts, with an entry that names them and not the value."""
    bindings.add(work, name, connector, to, by=by, now=now)
    append(
        work,
        Entry(
            act="secret_bound",
            at=now,
            actor=by,
            connector=str(connector),
            region=region,
            detail={"name": name, "hosts": list(to)},
        ),
    )


def allow(store: Store, name: str, connector: str, host: str, *, by: str, now: datetime) -> Tally:
    """A person lets a connector send a secret to one more host."""
    with store.begin() as work:
        found = connectors.find(work, connector)
        if found is None:
            raise Misconfigured(
                f"There is no connector '{connector}' yet.",
                hint="It is known from its first pull on; run 'satupintu status'.",
                code="unknown_connector",
            )
        bind(work, name, found.id, found.region, [host.lower().rstrip(".")], by=by, now=now)
    return Tally(verb="secret allow", done=1)
