"""What a scenario is: acts between pulls, and what each pull has to say of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LOUD, WHOLE, EITHER, BLIND = "loud", "whole", "either", "blind"
"""What a pull has to say: that something is owed; that nothing is, which must be true; either, if it is true; or either
even if it is not, because the portal's own count agrees with its lie and only a later pull can know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One scenario being played: the portal, its clock and the server around it."""

    portal: Any
    clock: Any
    web: Any
    options: Mapping[str, Any]
    """`with` of the manifest."""

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.clock.now += span


Act = Callable[[Any], Iterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way in which a channel misbehaves, and what is promised all the same."""

    slug: str
    promise: str
    act: Act
    """Called with a Play; a pull runs at each yield, which says what the pull has to say."""
    wants: frozenset[str]
    """What a manifest must make use of for this to mean anything."""
    needs: frozenset[str]
    """Without these keys the promise cannot be kept, and whoever wrote the manifest is told so."""
    patience: float
    """Seconds that one call may take."""


def into(scenarios: list[Scenario]) -> Callable[..., Callable[[Act], Act]]:
    """A decorator that puts a scenario into a list under its function's name; the docstring is the promise."""

    def scenario(*wants: str, needs: tuple[str, ...] = (), patience: float = 20.0) -> Callable[[Act], Act]:
        def note(act: Act) -> Act:
            scenarios.append(
                Scenario(
                    slug=act.__name__.replace("_", "-"),
                    promise=" ".join((act.__doc__ or "").split()),
                    act=act,
                    wants=frozenset(wants),
                    needs=frozenset(needs),
                    patience=patience,
                )
            )
            return act

        return note

    return scenario
