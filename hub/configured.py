"""What the hub is set to do, on record: a look that finds a setting changed writes what it was and what it is."""

from __future__ import annotations

import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import dedup
from hub.audit.entry import Detail, Entry
from hub.settings import Settings
from hub.spine import Hub
from hub.store import search
from hub.store.log import append
from hub.store.work import Work

ACT: Final = "configured"
WAS: Final = "was_"
"""Before the name of a value that changed stands its old one."""


def see(hub: Hub) -> bool:
    """Compare with the last look, which the log itself remembers. True: something had changed, and is on record."""
    now = _values(hub)
    with hub.store.begin() as work:
        work.lock(ACT)
        before = _before(work)
        if before == now:
            return False
        changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        detail: dict[str, Detail] = {**now, **{f"{WAS}{name}": before[name] for name in changed if name in before}}
        entry = Entry(act=ACT, at=hub.clock(), actor=hub.actor, count=len(changed), detail=detail)
        append(work, entry)
    return True


def _before(work: Work) -> dict[str, str]:
    """The values of the newest entry of this act; none: nobody has looked yet."""
    for found in search.find(work, search.Asked(act=ACT), limit=1):
        detail = json.loads(found.body)["detail"]
        return {name: value for name, value in detail.items() if not name.startswith(WAS)}
    return {}


def _values(hub: Hub) -> dict[str, str]:
    """
    What every process of the hub is told from outside; what is secret only as a keyed hash, which shows that it changed.

    Manifests and the registries' tables have entries of their own, with their hashes and texts.
    """
    own = hub.settings
    said = {
        "home": str(own.home),
        "manifests": str(own.manifests),
        "registries": str(own.registries),
        "key_file": str(own.key_file) if own.key_file else None,
        "registry_url": own.registry_url,
        "allow_networks": ",".join(map(str, own.allow_networks)) or None,
        "allow_ports": ",".join(map(str, own.allow_ports)) or None,
        "database": _place(own.database_url),
        "secrets": _secrets(hub, own),
        "dedup": _dedup(),
        "version": metadata.version("satupintu"),
    }
    return {name: value for name, value in said.items() if value is not None}


def _place(url: str | None) -> str | None:
    """Where a database is, without who logs in and how."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.hostname or ''}:{parts.port or ''}{parts.path}"


def _secrets(hub: Hub, own: Settings) -> str:
    told = "\n".join(one or "" for one in (own.database_url, own.migration_url, own.registry_auth, own.registry_token))
    return hub.vault.mac("event", b"settings\n" + told.encode()).hex()


def _dedup() -> str:
    """SHA-256 over the rules and numbers that verdicts are made with."""
    digest = hashlib.sha256()
    for path in sorted(Path(dedup.__file__).parent.iterdir()):
        if path.suffix in (".toml", ".json"):
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()
