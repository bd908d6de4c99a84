"""A hub that nobody else uses, over a database of its own, with a clock that the kit moves."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

from connectors.base import Context
from connectors.http import HttpClient
from connectors.manifest import Catalogue, Manifest
from hub.settings import Settings
from hub.spine import Hub
from hub.store import connectors, items
from hub.store.server import Embedded
from hub.wire import open_hub
from sandbox.hostile_web import Web, served

START = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
PATIENCE = 20.0
"""Seconds that a call may take where a scenario says nothing else."""
_SECRET = re.compile(r"\$\{secret:[^}]*\}")
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
Content = Callable[[Any, bytes], str]
"""Content(payload, raw) -> text that is equal where two versions say the same."""


@dataclass(slots=True)
class Clock:
    """Time that passes when the kit says so, and a little at each look."""

    now: datetime = START

    def __call__(self) -> datetime:
        """The present moment."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def sleep(self, seconds: float) -> None:
        """Sleeping is only time passing."""
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True, kw_only=True)
class Stand:
    """A hub, its clock, and the server on which the make-believe portals stand."""

    hub: Hub
    clock: Clock
    web: Web
    name: str = "a"
    """Begins the names of its connectors, so that several stands may share a database."""
    played: int = 0
    quiet: dict[str, list[int]] = field(default_factory=dict)
    """Requests after each pull of a quiet portal, by shape."""

    def holding(self, manifest: Manifest, patience: float = PATIENCE) -> Hub:
        """The hub with this one connector, make-believe secrets and so much patience with a call."""
        catalogue = Catalogue(good={manifest.name: manifest}, bad={})
        return replace(self.hub, manifests=catalogue, context=self._context(patience))

    def _context(self, patience: float) -> Callable[[Manifest, UUID], Context]:
        def of(manifest: Manifest, connector: UUID) -> Context:
            given = self.hub.context(manifest, connector)

            def client() -> HttpClient:
                return HttpClient(
                    given.dial, _invented, self.clock, self.clock.sleep, jitter=lambda: 0.5, timeout=patience
                )

            return replace(given, http=client(), secret=_invented, another=client)

        return of

    def stored(self, name: str, content: Content) -> dict[str, list[tuple[str, UUID]]]:
        """What the store holds of a connector: for each ref its versions in order, each with its complaint's id.

        A ref that stands for bytes is replaced by "?" and the content.
        """
        found: dict[str, list[tuple[str, UUID]]] = {}
        with self.hub.store.begin() as work:
            connector = connectors.find(work, name)
            for _, item, raw, _ in items.every(work, self.hub.vault, connector.id) if connector else ():
                said = content(item.payload, raw)
                ref = f"?{said}" if item.ref.startswith('"hmac:') else json.dumps(json.loads(item.ref))
                found.setdefault(ref, []).append((said, item.complaint))
        return found


def _invented(text: str, host: str) -> str:
    """No secret of anybody's leaves the machine, not even towards itself."""
    return _SECRET.sub("rekaan", text)


@contextmanager
def stand(settings: Settings, name: str = "a") -> Iterator[Stand]:
    """A stand over the database of these settings; of several on one database each has a letter of its own."""
    clock = Clock()
    with open_hub(settings, clock=clock, sleep=clock.sleep, seed=1) as hub, served() as web:
        yield Stand(hub=hub, clock=clock, web=web, name=name)


@contextmanager
def own_settings() -> Iterator[Settings]:
    """Settings of a hub in a temporary folder, with a database that is gone afterwards; the user's own is not touched."""
    home = Path(tempfile.mkdtemp(prefix="satupintu-conform-"))
    try:
        with Embedded(home, options=_CARELESS) as server:
            server.create_database()
            yield _settings(home, server)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _settings(home: Path, server: Embedded) -> Settings:
    for name in ("manifests", "registries"):
        (home / name).mkdir(exist_ok=True)
    return Settings(
        home=home,
        database_url=server.hub_url,
        migration_url=server.superuser_url,
        allow_networks=(ip_network("127.0.0.0/8"),),
        manifests=home / "manifests",
        registries=home / "registries",
    )
