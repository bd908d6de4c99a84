"""One hub between lines that can fail, what a person would do for it, and the evidence that it leaves."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from connectors.http import HttpClient
from hub import steps
from hub.forwarding import resolve
from hub.spine import Hub
from hub.store.migrate import libpq
from sandbox import manifests, running
from sandbox.portal import PortalState, generate
from sandbox.proxy import HttpLine
from sandbox.reference import ReferenceState
from sandbox.reference import settings as reference_yaml
from sandbox.registry_state import RegistryState
from tests.conftest import Database
from tests.faults.cells import LIST
from tests.faults.oracle import Evidence, marked
from tests.scenario.conftest import Site

NAME = "jatim-portal"
TIME_OUT = 0.8
"""Seconds after which the hub gives up a call, here."""
SLOWEST_COMMIT = "slowest_commit: 60s"
"""By the clock of a soak, which leaps only while nothing is on its way to the registry."""
_JAKARTA = ZoneInfo("Asia/Jakarta")


@dataclass(kw_only=True)
class Stage:
    """A site whose portal and registry are reached over lines."""

    site: Site
    portal: running.RunningPortal
    registry: Any
    to_portal: HttpLine
    to_registry: HttpLine
    folder: Path
    time_out: float = TIME_OUT
    ambiguous: int = 0
    """Calls of which the hub could not know what became of them; a fault that leaves that open counts here."""
    drained: float | None = None
    exports: list[Path] = field(default_factory=list)
    hub: Hub = field(init=False)

    def arrive(self, count: int = 4) -> list[str]:
        """So many new complaints of as many people at the portal; their refs."""
        self.later(minutes=1)
        at = self.site.clock.now.astimezone(_JAKARTA)
        known = len(self.portal.state.records)
        rows = generate(new=count, start=known + 1, seed=known)
        stamps = {"updated_at": at.strftime("%Y-%m-%dT%H:%M:%S"), "dibuat_pada": at.strftime("%d-%m-%Y %H:%M")}
        self.portal.state.add({**row, **stamps} for row in rows)
        self.later(minutes=2)
        return [row["id"] for row in rows]

    def later(self, **span: float) -> None:
        """Let time pass, for our own processes as well."""
        self.site.clock.now += timedelta(**span)
        self.tell_time()

    def tell_time(self) -> None:
        """Write the time where our processes read it."""
        file = os.open(self.folder / "clock", os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(file, struct.pack("d", self.site.clock.now.timestamp()), 0)  # never empty for who reads it meanwhile
        os.close(file)

    def run(self, verb: str) -> Any:
        """One verb; whatever it raises at its edge is raised here."""
        return step(self.hub, verb)

    def drain(self) -> None:
        """What a schedule does once the faults are over: every half minute all verbs, until nothing waits."""
        began = self.site.clock.now
        self.drained = None
        self.run("seal")  # a log that was not sealed for hours stops all forwarding
        for _ in range(60):
            pulled, accepted = self.run("pull"), self.run("accept")
            self.run("forward")
            if not pulled.owed and not accepted.owed and not self._waiting():
                self.drained = (self.site.clock.now - began).total_seconds()
                return
            self.later(seconds=30)

    def _waiting(self) -> int:
        with self.site.database.connect(superuser=True) as raw:
            row = raw.execute(
                "SELECT count(*) FROM deliveries WHERE state IN ('queued', 'files_uploaded', 'created')"
            ).fetchone()
        return int(str(row[0])) if row else 0

    def settle(self) -> None:
        """What a person does: look for the marker, say what he has seen; then the rest is sent."""
        there = {marked(row["content"]): str(row["complaint_id"]) for row in self.dump()}
        with self.site.database.connect(superuser=True) as raw:
            rows = raw.execute("SELECT complaint FROM deliveries WHERE state IN ('unknown', 'needs_human')").fetchall()
        if not rows:
            return
        for (own,) in rows:
            number = there.get(str(own))
            resolve(self.hub, str(own), registry_id=number, absent=number is None, by="Petugas Uji")
        self.later(minutes=20)  # behind the longest probe of a breaker
        self.drain()

    def dump(self) -> list[dict[str, Any]]:
        """Everything that the registry holds, as it says itself."""
        state = self.registry.state
        with state.lock:
            kept = state.reports if isinstance(state, ReferenceState) else state.complaints
            return [one.shown() for one in kept.values()]

    def evidence(self, *, settled: bool = True, log: bool = False, **more: Any) -> Evidence:
        """What the rules look at; `log`: seal and export first."""
        return Evidence(
            portals={NAME: list(self.portal.state.records)},
            registry=self.dump(),
            arrivals=[row["reference"] for row in self.registry.state.arrivals if row["call"] == "create"],
            database=libpq(self.site.database.superuser_url),
            home=self.site.home,
            log=self._exported() if log else None,
            older=[one / "checkpoint" for one in self.exports[:-1]],
            ambiguous=self.ambiguous,
            drained=self.drained,
            settled=settled,
            **more,
        )

    def _exported(self) -> Path:
        from hub.publishing import export

        self.run("seal")
        self.exports.append(self.folder / f"log-{len(self.exports)}")
        export(self.hub, self.exports[-1])
        return self.exports[-1]

    @contextmanager
    def opened(self) -> Iterator[Stage]:
        """The hub of this stage, with short patience; everything goes by the stage's clock."""
        with patch("hub.wire.HttpClient", partial(HttpClient, timeout=self.time_out)), self.site.hub() as made:
            self.hub = impatient(made, self.time_out)
            yield self


def step(hub: Hub, verb: str) -> Any:
    """One verb as the commands run it."""
    if verb == "pull":
        return steps.kept("pull", steps.pull, hub, NAME)
    return getattr(steps, verb)(hub)


def impatient(hub: Hub, seconds: float) -> Hub:
    """The same hub, which waits no longer for a registry."""
    half = timedelta(seconds=seconds / 2)
    for name, config in hub.registries.good.items():
        short = replace(config, connect_timeout=half, read_timeout=half)
        hub.registries.good[name] = short  # type: ignore[index]
    return hub


RENEWED = 40
"""Cells on one stage: the rules read everything that a stage has ever seen, so the cost of a cell grows with them."""


@dataclass(kw_only=True)
class Stages:
    """One stage for many cells, and a fresh one after a cell that failed: it would take all others down with it."""

    make: Callable[[], AbstractContextManager[Stage]]
    stack: ExitStack = field(default_factory=ExitStack)
    good: dict[str, tuple[Stage, ExitStack, int]] = field(default_factory=dict)

    @contextmanager
    def cell(self, point: str = "") -> Iterator[Stage]:
        """The stage for one cell; cells of another point have another."""
        used, own, count = self.good.pop(point, None) or self._fresh()
        yield used
        if count < RENEWED:  # not after an exception
            self.good[point] = used, own, count + 1
        else:
            own.close()

    def _fresh(self) -> tuple[Stage, ExitStack, int]:
        own = self.stack.enter_context(ExitStack())
        return own.enter_context(self.make()), own, 1


@contextmanager
def stage(
    database: Database, folder: Path, *, asks: bool = False, most: int = 1000, time_out: float = TIME_OUT
) -> Iterator[Stage]:
    """An empty site, its portal and registry behind lines; open its hub with `opened`.

    `asks`: the registry is the kind that can be asked by our reference; `most`: complaints of a first batch;
    `time_out`: seconds that the hub waits for an answer.
    """
    home = folder / "home"
    (home / "secrets").mkdir(parents=True, mode=0o700)
    (home / "manifests").mkdir()
    site = Site(home=home, database=database)
    with ExitStack() as stack:
        clock = lambda: site.clock.now  # noqa: E731
        portal = stack.enter_context(running.portal(PortalState([], now=clock)))
        made = running.reference(ReferenceState(now=clock)) if asks else running.registry(RegistryState(now=clock))
        registry: Any = stack.enter_context(made)
        to_portal = stack.enter_context(HttpLine(portal.url, patience=time_out * 3))
        to_registry = stack.enter_context(HttpLine(registry.url, patience=time_out * 3))
        site.addresses = {
            "registry": {
                "url": to_registry.url,
                "auth": registry.state.auth,
                "token": getattr(registry.state, "token", "-"),
            },
            "portal": {"url": to_portal.url, "token": portal.state.token},
        }
        _registered(site, asks, most)
        yield Stage(
            site=site,
            portal=portal,
            registry=registry,
            to_portal=to_portal,
            to_registry=to_registry,
            folder=folder,
            time_out=time_out,
        )


def _registered(site: Site, asks: bool, most: int) -> None:
    if asks:
        (site.home / "registries").mkdir()
        url = site.addresses["registry"]["url"]
        (site.home / "registries" / "sp4n.yaml").write_text(
            reference_yaml(url, "sp4n", secret="SP4N_AUTH").replace("slowest_commit: 2s", SLOWEST_COMMIT)
        )
    else:
        path = manifests.registry_yaml(site.home / "registries", site.addresses)
        path.write_text(path.read_text().replace("rate: 50\n", "rate: 1000\n"))
    manifest = manifests._portal(site.addresses["portal"])
    manifest["name"], manifest["with"]["look_back"] = NAME, "5m"
    manifest["with"]["page"]["size"] = 3 if most == 1000 else 100
    manifest["forward"] = {**manifest["forward"], "first": most}
    manifests._yaml(site.home / "manifests" / f"{NAME}.yaml", manifest)
    for name, value in (
        ("JATIM_TOKEN", site.addresses["portal"]["token"]),
        ("SP4N_AUTH", site.addresses["registry"]["auth"]),
        ("SP4N_TOKEN", site.addresses["registry"]["token"]),
    ):
        secret = site.home / "secrets" / name
        secret.touch(mode=0o600)
        secret.write_text(value)


__all__ = ["LIST", "NAME", "TIME_OUT", "Stage", "impatient", "stage"]
