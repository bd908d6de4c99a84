"""The one module that knows every concrete class: it makes a hub out of settings."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from connectors.mail import Parser

from connectors.base import Context
from connectors.errors import Misconfigured
from connectors.http import HttpClient
from connectors.manifest import Catalogue, Manifest, catalogue
from connectors.net import dialler
from connectors.secret import Secrets, references
from hub import binding
from hub.privacy import Vault, open_keys
from hub.registry.lapor_v3 import LaporV3
from hub.registry.port import Registry
from hub.routing import Registries, RegistryConfig, load_registries
from hub.settings import Settings
from hub.spine import Hub
from hub.store import leases, leaves
from hub.store.work import Store, open_store


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def open_hub(
    settings: Settings | None = None,
    *,
    only: str | None = None,
    clock: Callable[[], datetime] = _now,
    sleep: Callable[[float], None] = time.sleep,
    seed: int | None = None,
) -> Iterator[Hub]:
    """A hub that works on an empty SATUPINTU_HOME: keys, server and tables are made on first use.

    `only` reads the manifest of that one connector. Raises WrongSetting, StoreProblem, KeyProblem.
    """
    settings = settings or Settings.read()
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = open_keys(settings)
    vault = Vault(keys)
    with open_store(settings, clock) as store:
        with store.begin() as work:
            number, written_with = leaves.hub_row(work, keys.fingerprint(), clock())
        keys.check(written_with)
        yield _hub(settings, store, vault, number, catalogue(settings.manifests, only), clock, sleep, seed)


def _hub(
    settings: Settings,
    store: Store,
    vault: Vault,
    number: UUID,
    manifests: Catalogue,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
    seed: int | None,
) -> Hub:
    registries = load_registries(
        settings.registries,
        url=settings.registry_url,
        auth=settings.registry_auth,
        token=settings.registry_token,
    )
    return Hub(
        id=number,
        settings=settings,
        store=store,
        vault=vault,
        manifests=manifests,
        registries=registries,
        registry=_registries(settings, registries, clock, sleep),
        context=_contexts(settings, store, registries, clock, sleep),
        clock=clock,
        sleep=sleep,
        random=random.Random(seed),
        holder=leases.holder(),
    )


KINDS: dict[str, Callable[[RegistryConfig, HttpClient], Registry]] = {"lapor_v3": LaporV3}


def _registries(
    settings: Settings, registries: Registries, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> Callable[[str], Registry]:
    """Registries are the operator's own: their address is allowed as it is written, on whatever network it lies."""
    made = threading.local()

    def of(name: str) -> Registry:
        clients: dict[str, Registry] = made.__dict__.setdefault("clients", {})
        if name not in clients:
            config = registries.chosen(name)
            secrets = Secrets(settings.secrets_folder, os.environ, lambda secret, host: None)
            http = HttpClient(dialler(ANYWHERE), secrets, clock, sleep)
            clients[name] = KINDS[config.kind](config, http)
        return clients[name]

    return of


def _anywhere() -> tuple[object, ...]:
    import ipaddress

    return ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")


ANYWHERE = _anywhere()


def _contexts(
    settings: Settings,
    store: Store,
    registries: Registries,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Callable[[Manifest, UUID], Context]:
    dial = dialler(settings.allow_networks)
    reserved = {
        name for config in registries.good.values() for value in config.headers.values() for name in _refs(value)
    }
    parser = Parser()

    def of(manifest: Manifest, connector: UUID) -> Context:
        allowed = binding.allowed(store, manifest, connector, reserved, clock)
        secrets = Secrets(settings.secrets_folder, os.environ, allowed)
        return Context(
            http=HttpClient(dial, secrets, clock, sleep), dial=dial, secret=secrets, clock=clock, parse_mail=parser
        )

    return of


def _refs(text: str) -> set[str]:
    try:
        return references(text)
    except Misconfigured:
        return set()
