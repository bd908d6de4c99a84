"""Creates of which nobody knows the outcome: asked for at the registry, where it can be asked and is surely done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from hub.calling import Made
from hub.carrying import look_after
from hub.outcome import Standing, code_of, looked
from hub.registry.port import FindsReferences, Lists, Registry
from hub.routing import RegistryConfig
from hub.spine import Hub
from hub.store import attempts
from hub.store.deliveries import Delivery, Result
from hub.store.work import Work

MOST: Final = 500
"""Doubts that one reading of a registry's list settles."""
CLOCKS: Final = timedelta(hours=26)
"""How far the registry's clock or zone may be from ours: its list is asked from so much earlier."""

Numbers = Mapping[str, Sequence[str]]
"""By our reference, the numbers that carry it at the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One question about deliveries in our hands, and when the first create of each began."""

    doubts: Sequence[tuple[Delivery, datetime]]

    @property
    def deliveries(self) -> list[Delivery]:
        """Those that it asks for."""
        return [delivery for delivery, _ in self.doubts]


def can_ask(config: RegistryConfig, client: Registry) -> bool:
    """Whether the file says that this registry can be asked, and its kind knows how."""
    if config.lookup == "by_reference":
        return isinstance(client, FindsReferences)
    return config.lookup == "listing" and isinstance(client, Lists)


def asking(
    work: Work, hub: Hub, config: RegistryConfig, *, names: Sequence[str], now: datetime, count: int
) -> list[Look]:
    """Up to `count` questions, their deliveries claimed; never before the registry's slowest commit has passed."""
    by_list = config.lookup == "listing"
    doubts = attempts.claim_doubts(
        work,
        config.name,
        names=names,
        holder=hub.holder,
        now=now,
        wait=look_after(config) or timedelta(0),
        count=MOST if by_list else count,
    )
    if by_list:
        return [Look(doubts=doubts)] if doubts else []
    return [Look(doubts=[one]) for one in doubts]


def question(config: RegistryConfig, look: Look) -> Callable[[Registry], Numbers]:
    """The call; raises ChannelError where the registry does not answer it whole."""
    wanted = [str(delivery.complaint) for delivery in look.deliveries]
    since = min(began for _, began in look.doubts) - CLOCKS

    def by_reference(registry: Registry) -> Numbers:
        assert isinstance(registry, FindsReferences)
        return {reference: list(registry.find(reference)) for reference in wanted}

    def by_list(registry: Registry) -> Numbers:
        assert isinstance(registry, Lists)
        found: dict[str, list[str]] = {reference: [] for reference in wanted}
        for one in registry.listed(since):
            if one.reference is not None and (numbers := found.get(one.reference.lower())) is not None:
                numbers.append(one.registry_id)
        return found

    return by_list if config.lookup == "listing" else by_reference


def follows(
    work: Work, config: RegistryConfig, look: Look, made: Made, *, now: datetime, chance: Random
) -> list[tuple[Delivery, Result]]:
    """What follows for each delivery of a question that was asked."""
    answer: Numbers | None = made.answer if made.error is None else None
    code = code_of(made.error) if made.error is not None else ""
    told = sorted({str(number) for numbers in (answer or {}).values() for number in numbers})
    holders = attempts.holders_of(work, config.name, told)
    results = []
    for delivery, began in look.doubts:
        numbers = None if answer is None else [str(one) for one in answer[str(delivery.complaint)]]
        taken = {number: holder for number, holder in holders.items() if holder != delivery.complaint}
        at = Standing(
            state=delivery.state,
            registry_id=delivery.registry_id,
            tries=delivery.tries,
            attempts=delivery.attempts,
            since=began,
        )
        results.append((delivery, looked(at, numbers, taken, code=code, now=now, chance=chance)))
    return results
