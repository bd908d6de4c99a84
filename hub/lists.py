"""What registries call things: our tables are kept with their version, their own lists are read once a day, and whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from connectors.errors import ChannelError
from hub.carrying import code_of
from hub.registry.port import HasMasters
from hub.routing import RegistryConfig
from hub.spine import Hub
from hub.store import deliveries, gates, masters
from hub.store.problems import StoreProblem

DAY: Final = timedelta(hours=20)
"""Lists are read again after this time."""
CALLS: Final = 4
"""What reading all lists costs of the registry's rate budget."""
PATIENCE: Final = 60.0
MOST: Final = 100_000
"""Rows of all lists of one registry; more is no list of institutions."""


def learn(hub: Hub) -> Iterator[str]:
    """
    Keep the tables of every registry, and read the lists of those whose day has come; sentences about what is amiss.

    An empty list, or one that has lost more than half of its rows, is not believed: nothing changes.
    """
    now = hub.clock()
    for name, config in hub.registries.good.items():
        with hub.store.begin() as work:
            deliveries.known(work, name, config.sha256, now)
            masters.keep_tables(
                work, registry=name, sha256=config.sha256, tables=config.tables, now=now, actor=hub.actor
            )
            at, gate = masters.read_at(work, name), gates.gate(work, name)
        if (at is None or now - at >= DAY) and not gate.paused_by and not gate.opened_at:
            yield from _read(hub, config)
        yield from _routed_nowhere(hub, config)


def _routed_nowhere(hub: Hub, config: RegistryConfig) -> Iterator[str]:
    """Institutions of our table that the registry's own list has no more."""
    with hub.store.begin() as work:
        gone = masters.gone(work, config.name, "institution")
    for code, number in config.institutions.items():
        if name := gone.get(str(number)):
            yield (
                f"{config.name}: institution {number} ({name}) is not in its list any more, and {code} is still routed there; "
                "correct the table 'institutions' of its file."
            )


def _read(hub: Hub, config: RegistryConfig) -> Iterator[str]:
    try:
        client = hub.registry(config.name)
        if not isinstance(client, HasMasters) or not _may_call(hub, config):
            return
        rows = []
        for row in client.masters():
            rows.append(row)
            if len(rows) > MOST:
                raise ChannelError("The registry's lists do not end.", code="page_loop")
    except StoreProblem:
        raise
    except Exception as error:  # the edge of one registry: the others go on
        if code_of(error) == "no_secret":
            return  # not in use yet; whatever is sent to it says so by itself
        yield f"{config.name}: its lists could not be read ({code_of(error)}); those that were read before stay."
        return
    found = {what: sum(row.what == what for row in rows) for what in {row.what for row in rows}}
    with hub.store.begin() as work:
        if wrong := list(_shrunk(config.name, masters.counts(work, config.name), found)):
            yield from wrong
            return
        masters.keep(work, config.name, rows, now=hub.clock(), actor=hub.actor)


def _may_call(hub: Hub, config: RegistryConfig) -> bool:
    with hub.store.begin() as work:
        wait = gates.reserve(work, config.name, now=hub.clock(), spacing=CALLS / config.rate, patience=PATIENCE)
    if 0 < wait <= PATIENCE:
        hub.sleep(wait)
    return wait <= PATIENCE


def _shrunk(name: str, before: dict[str, int], found: dict[str, int]) -> Iterator[str]:
    """What makes a reading unbelievable: no row at all, or of one list less than half of the last time."""
    if not found:
        yield f"{name}: its lists are empty; those that were read before stay."
    for what, count in sorted(before.items()):
        if found and found.get(what, 0) * 2 < count:
            yield f"{name}: its list of {what}s has {found.get(what, 0)} rows where it had {count}; nothing was changed."
