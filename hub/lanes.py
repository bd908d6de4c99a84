"""The way to one registry during one run: what is under way, how much of it at a time, and what may be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.carrying import Load
from hub.lookups import Look
from hub.registry.port import Registry
from hub.routing import RegistryConfig
from hub.spine import Hub
from hub.store.deliveries import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Where one delivery stands after a step of a run: its state, or postponed, looked_up, absent, stale (not ours)."""

    state: str
    delivery: Delivery
    code: str = ""
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Lane:
    """One registry in one run; hub.turns moves it on."""

    hub: Hub
    config: RegistryConfig
    names: Sequence[str]
    client: Registry
    """To see what it can be asked; calls are made by clients of their own threads."""
    width: int
    """The most calls at a time."""
    window: int = 1
    """Calls at a time now: it doubles with each that is done, and is one again when one has to be repeated."""
    down: int = 0
    """Calls in a row that have to be repeated."""
    flying: dict[int, Load | Look | None] = field(default_factory=dict)
    """Calls under way, by a token of what they carry; 0 is the probe of an open breaker."""
    waiting: list[Load] = field(default_factory=list)
    """Between two steps, until the rate budget lets the next call go."""
    wake: datetime | None = None
    """When the rate budget has the next slot for what waits."""
    hungry: bool = True
    """There is room for more, and perhaps more to be claimed."""
    closed: bool = False
    """Nothing more is claimed in this run."""
    spare: int = 0
    """Calls that may be put on record beyond the window, because so many end before the next turn does."""
    lead: timedelta = timedelta(0)
    """About how long a turn takes: calls leave no earlier."""

    @property
    def name(self) -> str:
        """The registry's name."""
        return self.config.name

    @property
    def spacing(self) -> timedelta:
        """Between two calls of all workers together."""
        return timedelta(seconds=1 / self.config.rate)

    @property
    def over(self) -> bool:
        """Nothing is under way, and nothing more will be."""
        return not self.flying and not self.waiting and self.wake is None and not self.hungry

    def due(self, now: datetime) -> bool:
        """A turn finds something to do even where no call has ended."""
        if self.wake is None:  # what waits while nothing is under way would else wait for ever
            return self.hungry or (bool(self.waiting) and not self.flying)
        return self.hungry or self.wake <= now

    def tokens(self) -> list[int]:
        """Of all deliveries in our hands."""
        held = [load.delivery for load in [*self.waiting, *self.flying.values()] if isinstance(load, Load)]
        held += [one for look in self.flying.values() if isinstance(look, Look) for one in look.deliveries]
        return [delivery.token for delivery in held]
