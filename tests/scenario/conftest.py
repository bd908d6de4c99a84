"""A whole hub over a fresh database, with the make-believe counterparts that a test asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from hub.settings import Settings
from hub.spine import Hub
from hub.store.migrate import libpq
from hub.store.server import Embedded
from hub.wire import open_hub
from sandbox import manifests, running
from sandbox.portal import PortalState
from tests import witness
from tests.conftest import Database, fresh_database
from tests.scenario import commands
from tests.scenario.commands import Said

LOOPBACK = ip_network("127.0.0.0/8")
START = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        """The present moment, a little later at each look."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def sleep(self, seconds: float) -> None:
        """Sleeping is only time passing."""
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True, kw_only=True)
class Site:
    """One installation: its folders, its database, its counterparts and its clock."""

    home: Path
    database: Database
    clock: Clock = field(default_factory=Clock)
    addresses: dict[str, Any] = field(default_factory=dict)
    counterparts: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """What SATUPINTU_* would say."""
        return Settings(
            home=self.home,
            database_url=self.database.hub_url,
            migration_url=self.database.superuser_url,
            manifests=self.home / "manifests",
            registries=self.home / "registries",
            allow_networks=(LOOPBACK,),
        )

    @property
    def env(self) -> dict[str, str]:
        """The same for a process of its own."""
        return {
            "SATUPINTU_HOME": str(self.home),
            "SATUPINTU_DATABASE_URL": self.database.hub_url,
            "SATUPINTU_MIGRATION_URL": self.database.superuser_url,
            "SATUPINTU_MANIFESTS": str(self.home / "manifests"),
            "SATUPINTU_REGISTRIES": str(self.home / "registries"),
            "SATUPINTU_ALLOW_NETWORKS": "127.0.0.0/8",
        }

    def hub(self) -> Any:
        """The hub of this site, as `with site.hub() as hub`."""
        return open_hub(self.settings, clock=self.clock, sleep=self.clock.sleep, seed=1)

    def command(self, *arguments: str, **changed: str) -> Said:
        """What `satupintu …` says, run inside the test with the real clock; `changed` replaces settings."""
        return commands.here(self.env | changed, *arguments)

    def process(self, *arguments: str, **changed: str) -> Said:
        """The same as a process of its own."""
        return commands.finished(commands.start(self.env | changed, *arguments))

    def export(self, what: str, *names: str) -> list[dict[str, Any]]:
        """The lines of `satupintu export`."""
        said = self.command("export", what, *names)
        assert said.code == 0, said.err
        return [json.loads(line) for line in said.out.splitlines()]

    def audited(self, folder: Path) -> Said:
        """Seal and export the log, then what `satupintu audit verify` says of it, all as processes."""
        assert self.process("seal").code == 0
        assert self.process("audit", "export", str(folder)).code == 0
        return self.process("audit", "verify", str(folder), "--key", str(folder / "log.vkey"))

    def registered(self) -> list[dict[str, Any]]:
        """What the registry itself says it holds; asked outside v3, as no hub code may."""
        answer = requests.get(f"{self.addresses['registry']['url']}/_sandbox/complaints", timeout=10)
        found: list[dict[str, Any]] = answer.json()["complaints"]
        return found

    def switch(self, counterpart: str, name: str, value: Any = True) -> None:
        """Tell a counterpart to fail, or (False) to stop failing."""
        url = f"{self.addresses[counterpart]['url']}/_sandbox/switch"
        requests.post(url, json={name: value}, timeout=10).raise_for_status()


@pytest.fixture(scope="session")
def witnessed(cluster: Embedded, template: str) -> str:
    """A migrated database in which a state that changes without its entry is an error (tests/witness.py)."""
    name = "satupintu_witnessed"
    with psycopg.connect(libpq(cluster.uri("postgres")), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    with psycopg.connect(libpq(cluster.uri(name)), autocommit=True) as superuser:
        witness.install(superuser)
    return name


@pytest.fixture
def database(cluster: Embedded, witnessed: str) -> Iterator[Database]:
    """A fresh database with the witness in it; it is gone after the test."""
    with fresh_database(cluster, witnessed) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty SATUPINTU_HOME with room for secrets."""
    folder = tmp_path / "home"
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    return folder


@pytest.fixture
def empty_site(home: Path, database: Database) -> Iterator[Site]:
    """A site with a registry and no connector yet."""
    with running.registry() as registry:
        site = Site(home=home, database=database, counterparts={"registry": registry})
        site.addresses["registry"] = {
            "url": registry.url,
            "auth": registry.state.auth,
            "token": registry.state.token,
        }
        path = manifests.registry_yaml(home / "registries", site.addresses)
        path.write_text(path.read_text().replace("rate: 50\n", "rate: 1000\n"))  # commands run by the real clock
        (home / "manifests").mkdir()
        _secret(home, "SP4N_AUTH", registry.state.auth)
        _secret(home, "SP4N_TOKEN", registry.state.token)
        yield site


Portals = Callable[..., Any]


@pytest.fixture
def add_portal(empty_site: Site) -> Iterator[Portals]:
    """add_portal(records, name=…, secret=…, **manifest keys) serves a portal and registers it."""
    with ExitStack() as stack:

        def add(
            records: list[dict[str, Any]] | None = None,
            name: str = "jatim-portal",
            secret: str = "JATIM_TOKEN",
            **changes: Mapping[str, Any],
        ) -> Any:
            portal = stack.enter_context(running.portal(PortalState(records) if records is not None else None))
            address = {"url": portal.url, "token": portal.state.token}
            manifest = manifests._portal(address)
            manifest["name"] = name
            for part in (manifest["with"], manifest["reply"]):
                part["headers"] = {"Authorization": f"Bearer ${{secret:{secret}}}"}
            for key, value in changes.items():
                manifest[key] = {**manifest.get(key, {}), **value} if isinstance(value, Mapping) else value
            manifests._yaml(empty_site.home / "manifests" / f"{name}.yaml", manifest)
            _secret(empty_site.home, secret, portal.state.token)
            empty_site.addresses["portal"] = empty_site.addresses[name] = address
            return portal

        yield add


@pytest.fixture
def story(empty_site: Site) -> Iterator[Site]:
    """The whole story: portal, mailbox, X and registry, with the three manifests of the demo."""
    with ExitStack() as stack:
        portal = stack.enter_context(running.portal())
        x = stack.enter_context(running.x())
        box = stack.enter_context(running.mailbox())
        empty_site.addresses |= {
            "portal": {"url": portal.url, "token": portal.state.token},
            "x": {"url": x.url, "token": x.state.token, "user_id": x.state.user_id},
            "imap": {"host": box.host, "port": box.port, "user": box.user, "password": box.password},
            "smtp": {
                "host": box.host,
                "port": box.smtp_port,
                "user": box.user,
                "password": box.password,
                "from": box.address,
            },
        }
        empty_site.counterparts |= {"portal": portal, "x": x, "mailbox": box}
        folder = empty_site.home / "manifests"
        manifests.write(folder, empty_site.addresses, empty_site.home / "secrets")
        yield empty_site


def _secret(home: Path, name: str, value: str) -> None:
    path = home / "secrets" / name
    path.touch(mode=0o600)
    path.write_text(value)


@pytest.fixture
def hub(empty_site: Site) -> Iterator[Hub]:
    """The hub of the empty site."""
    with empty_site.hub() as made:
        yield made
