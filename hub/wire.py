"""The one module that knows every concrete class: it makes a hub out of settings."""

from __future__ import annotations

import ctypes
import gc
import getpass
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from ipaddress import ip_network
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from connectors.base import Context
from connectors.errors import Misconfigured
from connectors.http import HttpClient
from connectors.known import known
from connectors.mail import Parser
from connectors.manifest import Catalogue, Manifest, catalogue
from connectors.net import MAIL, WEB, dialler
from connectors.secret import Secrets, references
from connectors.trust import trust
from hub import binding
from hub.access import operator
from hub.glance import Glance, Glances, Sockets, Watched
from hub.inbox import Inbox
from hub.muting import KNOWN, quiet
from hub.privacy import Vault, open_keys
from hub.registered import lay_out
from hub.registry.port import Registry
from hub.routing import Registries, RegistryConfig, load_registries
from hub.settings import Settings, make_home
from hub.spine import Hub
from hub.store import connectors, leases, leaves, registrations
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
    beyond: Callable[[str], str | None] | None = None,
) -> Iterator[Hub]:
    """A hub that works on an empty SATUPINTU_HOME: keys, server and tables are made on first use.

    `only` reads the manifest of that one connector; `beyond(name)` knows secrets that are neither variable nor file.
    Raises WrongSetting, StoreProblem, KeyProblem.
    """
    settings = settings or Settings.read()
    quiet()
    _mute(settings)
    make_home(settings.home)
    keys = open_keys(settings, beyond)
    vault = Vault(keys)
    with open_store(settings, clock) as store, closing(Parser()) as parser:
        with store.begin() as work:
            number, written_with = leaves.hub_row(work, keys.fingerprint(), clock())
            lay_out(settings.registered_folder, registrations.running(work, only), only)
        keys.check(written_with)
        world = World(settings=settings, store=store, parser=parser, clock=clock, sleep=sleep, beyond=beyond)
        manifests = catalogue(settings.manifests, only, also=settings.registered_folder)
        yield _hub(world, vault, number, manifests, seed)


def for_batches() -> None:
    """Tell collector and allocator that this process makes many objects in batches, hardly a cycle; once, at its start."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    # Else each thread that reads pages has a heap of its own, and their free halves add up to more than all the rest.
    if one_heap := getattr(ctypes.CDLL(None), "mallopt", None):  # of glibc alone
        one_heap(_ARENA_MAX, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the parts of one hub share."""

    settings: Settings
    store: Store
    parser: Parser
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    beyond: Callable[[str], str | None] | None = None

    def secrets(self, allowed: Callable[[str, str], None]) -> Secrets:
        """The secrets of this hub, for whoever may use what `allowed` lets pass."""
        return Secrets(self.settings.secrets_folder, os.environ, allowed, beyond=self.beyond, note=KNOWN.add)


def _mute(settings: Settings) -> None:
    """What the settings hold that is secret."""
    for url in (settings.database_url, settings.migration_url):
        KNOWN.add(unquote(urlsplit(url or "").password or ""))
    for value in (settings.registry_auth, settings.registry_token):
        KNOWN.add(value or "")
        KNOWN.add((value or "").rpartition(" ")[2])  # what stands behind "Bearer"


def _hub(world: World, vault: Vault, number: UUID, manifests: Catalogue, seed: int | None) -> Hub:
    settings = world.settings
    registries = load_registries(
        settings.registries,
        url=settings.registry_url,
        auth=settings.registry_auth,
        token=settings.registry_token,
    )
    return Hub(
        id=number,
        settings=settings,
        store=world.store,
        vault=vault,
        manifests=manifests,
        registries=registries,
        registry=_registries(world, registries),
        context=_contexts(world, registries, vault),
        clock=world.clock,
        sleep=world.sleep,
        random=random.Random(seed),
        holder=leases.holder(),
        actor=(account := _actor()),
        who=operator(account),
        post=_post(world) if settings.smtp else None,
    )


def _actor() -> str:
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        account = str(os.getuid())
    return f"{account}@{socket.gethostname()}"


_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def _registries(world: World, registries: Registries) -> Callable[[str], Registry]:
    """Registries are the operator's own: their address is allowed as it is written, on whatever network it lies."""
    made = threading.local()

    def of(name: str) -> Registry:
        clients: dict[str, Registry] = made.__dict__.setdefault("clients", {})
        if name not in clients:
            config = registries.chosen(name)
            clients[name] = _client(config, http_of(world, config))
        return clients[name]

    return of


def http_of(world: World, config: RegistryConfig) -> HttpClient:
    """The way to one registry, which also believes the authority that its file names."""
    secrets = world.secrets(lambda secret, host: None)
    tls = trust(world.settings.ca_folder, config.ca_file) if config.ca_file else None
    return HttpClient(dialler(ANYWHERE), secrets, world.clock, world.sleep, tls=tls)


def _client(config: RegistryConfig, http: HttpClient) -> Registry:
    """The client of its kind; imported here, because whoever only pulls never needs one."""
    if config.kind == "reference_v1":
        from hub.registry.reference_v1 import ReferenceV1

        return ReferenceV1(config, http)
    from hub.registry.lapor_v3 import LaporV3

    return LaporV3(config, http)


def _contexts(world: World, registries: Registries, vault: Vault) -> Callable[[Manifest, UUID], Context]:
    networks, more = world.settings.allow_networks, frozenset(world.settings.allow_ports)
    web = dialler(networks, ports=WEB | more)
    values = [value for config in registries.good.values() for value in config.headers.values()]
    reserved = {name for value in values for name in _names(value)}

    def of(manifest: Manifest, connector: UUID) -> Context:
        allowed = binding.allowed(world.store, manifest, connector, reserved, world.clock)
        secrets = world.secrets(allowed)

        tls = trust(world.settings.ca_folder, manifest.ca_file)

        def client() -> HttpClient:
            return HttpClient(web, secrets, world.clock, world.sleep, tls=tls if manifest.ca_file else None)

        return Context(
            http=client(),
            another=client,
            dial=dialler(networks, ports=MAIL | more | getattr(known(manifest.kind), "PORTS", frozenset())),
            tls=tls,
            secret=secrets,
            clock=world.clock,
            parse_mail=world.parser,
            inbox=Inbox(store=world.store, vault=vault, connector=connector, region=manifest.region),
            roots=(world.settings.inbox_folder, *world.settings.files),
        )

    return of


@contextmanager
def glances(hub: Hub) -> Iterator[Glances]:
    """Looks at channels that bind no secret, store nothing and end with the block."""
    made: list[Glance] = []

    def of(manifest: Manifest, *, on_record: bool = True) -> Glance:
        with hub.store.begin() as work:
            there = connectors.find(work, manifest.name)
        made.append(glance := _glance(hub, manifest, there.id if there else UUID(int=0), on_record))
        return glance

    try:
        yield of
    finally:
        for one in made:
            one.sockets.cut()


LOOK = 20.0
"""Seconds for one request of somebody who only looks."""


def _glance(hub: Hub, manifest: Manifest, connector: UUID, on_record: bool) -> Glance:
    own, base = hub.settings, hub.context(manifest, connector)
    heads = [value for config in hub.registries.good.values() for value in config.headers.values()]
    reserved = {name for value in heads for name in _names(value)}
    allowed = binding.looked(hub.store, manifest, connector, reserved, on_record=on_record)
    given: dict[str, str] = {}
    plain = Secrets(own.secrets_folder, os.environ, allowed, note=KNOWN.add)

    def secret(text: str, host: str) -> str:
        given.update({name: plain.value(name, host) for name in references(text)})
        return plain(text, host)

    times: list[float] = []

    def resolve(*asked: object) -> list[Any]:
        start = time.monotonic()
        try:
            return socket.getaddrinfo(*asked)  # type: ignore[arg-type]
        finally:
            times.append(time.monotonic() - start)

    more = frozenset(own.allow_ports)
    special = frozenset(getattr(known(manifest.kind), "PORTS", frozenset()))
    mail = Sockets(dial=dialler(own.allow_networks, ports=MAIL | special | more, resolve=resolve))
    web = Sockets(dial=dialler(own.allow_networks, ports=WEB | more, resolve=resolve))
    tls = trust(own.ca_folder, manifest.ca_file)
    client = HttpClient(web, secret, hub.clock, hub.sleep, timeout=LOOK, tls=tls if manifest.ca_file else None)
    watched = Watched(http=client)
    ctx = replace(base, http=watched, another=None, dial=mail, secret=secret, tls=tls)
    sockets = web if "url" in manifest.options or "host" not in manifest.options else mail
    return Glance(ctx=ctx, watched=watched, sockets=sockets, looked_up=times, secrets=given)


def _post(world: World) -> Callable[[EmailMessage], None]:
    """The operator's own mail account: its server is allowed as it is written, on whatever network it lies."""
    secrets = world.secrets(lambda secret, host: None)
    context = Context(
        http=HttpClient(dialler(ANYWHERE), secrets, world.clock, world.sleep),
        dial=dialler(ANYWHERE),
        tls=trust(world.settings.ca_folder, None),
        secret=secrets,
        clock=world.clock,
    )

    def send(mail: EmailMessage) -> None:
        from connectors import smtp

        account = dict(world.settings.smtp or {})
        mail["From"] = account["from"]
        smtp.send(context, account, mail)

    return send


def _names(text: str) -> set[str]:
    try:
        return references(text)
    except Misconfigured:
        return set()
