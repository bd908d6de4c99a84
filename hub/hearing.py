"""Registries that tell of their own accord which complaints have news, so that not every one has to be asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connectors.errors import ChannelError
from hub.registry.port import Feeds, Registry
from hub.spine import Hub
from hub.store import masters, statuses


def feeds(client: Registry) -> Feeds | None:
    """The registry as one with a feed, or None."""
    return client if isinstance(client, Feeds) and callable(client.news) else None


def hear(hub: Hub, now: datetime, wait: Callable[[str], bool]) -> list[str]:
    """
    Read on in every feed: what has news is due now, numbers that nobody knows yet are parked until a delivery has them.

    `wait(registry)` keeps the registry's rate before each page, and is False where it asks for silence. Each page is kept
    with the position behind it. Returns sentences about feeds that could not be read; their complaints are asked about in
    their turn all the same.
    """
    with hub.store.begin() as work:
        names = [name for name in statuses.unpaused(work) if name in hub.registries.good]
    return [sentence for name in names if (sentence := _hear(hub, name, now, wait))]


def _hear(hub: Hub, name: str, now: datetime, wait: Callable[[str], bool]) -> str | None:
    try:
        client = feeds(hub.registry(name))
        if client is None:
            return None
        with hub.store.begin() as work:
            masters.join_parked(work, name, now=now)
            position = masters.feed(work, name)
        pages = client.news(position)
        while wait(name) and (page := next(pages, None)) is not None:
            with hub.store.begin() as work:
                masters.news(work, name, page.registry_ids, page.position, now=now)
    except ChannelError as error:
        return f"The news of {name} could not be read ({error.code}); they are read again."
    return None
