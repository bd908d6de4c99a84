"""The hub as one value: all that a step may use, so that time, randomness, network and secrets come in as arguments."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

from connectors.base import Context
from connectors.manifest import Catalogue, Manifest
from hub.access import Who
from hub.privacy import Vault
from hub.registry.port import Registry
from hub.routing import Registries
from hub.settings import Settings
from hub.store.work import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Everything wired together by hub.wire; steps change nothing but through `store`."""

    id: UUID
    settings: Settings
    store: Store
    vault: Vault
    manifests: Catalogue
    registries: Registries
    registry: Callable[[str], Registry]
    """registry(name) -> the client of that registry."""
    context: Callable[[Manifest, UUID], Context]
    """context(manifest, connector id) -> network and secrets for one connector."""
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    random: random.Random
    holder: str
    """Who holds leases: host, process id and a random part."""
    actor: str
    """Who acts, for the log: account@host, or the user who came with a token; people who decide are named by themselves."""
    who: Who
    """Who acts, and what he may; hub.entering puts somebody with a token in place of the operator."""
    post: Callable[[EmailMessage], None] | None = None
    """Sends a mail of the hub itself from the operator's account; raises ChannelError. None: no account is set."""
