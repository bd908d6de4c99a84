"""Plays scenarios against the real pull, and judges what is stored against what the channel has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from connectors.errors import Misconfigured
from connectors.manifest import Manifest
from hub import steps
from hub.conform.kits import Channel, kit
from hub.conform.stand import PATIENCE, START, Stand
from hub.model import Tally
from hub.spine import Hub
from sandbox.hostile import Truth
from sandbox.hostile_play import BLIND, LOUD, WHOLE, Act, Play, Scenario

MOST = 3
"""So many times the requests of a quiet channel may a scenario cost."""
_QUIET_PULLS = 4
Stored = Mapping[str, list[tuple[str, UUID]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one scenario."""

    scenario: Scenario
    lost: int = 0
    stale: int = 0
    doubled: int = 0
    silent: int = 0
    """Pulls that said to be complete and were not."""
    loud: int = 0
    """Pulls that named what they owed."""
    pulls: int = 0
    requests: int = 0
    quiet: int = 0
    """Requests of as many pulls of a quiet channel."""
    wrong: tuple[str, ...] = ()
    """Codes of what was not as promised, see hub.conform.telling."""
    said: tuple[str, ...] = ()
    """What the pulls owed, in their own words."""

    @property
    def held(self) -> bool:
        """Whether the promise held."""
        return not self.wrong


def play(stand: Stand, manifest: Manifest, scenario: Scenario) -> Result:
    """Play one scenario with a connector of its own, and one pull more; the store starts empty for it."""
    result, _ = _played(stand, manifest, scenario)
    return _priced(result, _quiet(stand, manifest))


def _priced(result: Result, quiet: list[int]) -> Result:
    """The result with the price of a quiet channel beside it, and wrong where it cost too much."""
    price = quiet[min(result.pulls, len(quiet)) - 1]
    dear = ("requests",) if result.requests > MOST * price else ()
    return replace(result, quiet=price, wrong=(*result.wrong, *dear))


def _quiet(stand: Stand, manifest: Manifest) -> list[int]:
    """Requests after each pull where nothing happens; measured once a shape."""
    mark = json.dumps([manifest.kind, manifest.options, manifest.fields], sort_keys=True, default=str)
    if mark not in stand.quiet:

        def nothing(_: Play) -> Iterator[str]:
            yield from [WHOLE] * _QUIET_PULLS

        still = Scenario(slug="still", promise="", act=nothing, wants=frozenset(), needs=frozenset(), patience=20.0)
        stand.quiet[mark] = _played(stand, manifest, still)[1]
    return stand.quiet[mark]


def _played(stand: Stand, manifest: Manifest, scenario: Scenario) -> tuple[Result, list[int]]:
    stand.played += 1
    stand.clock.now = START
    name = f"{stand.name}{stand.played}-{scenario.slug}"[:60]
    with kit(manifest).channel(stand, manifest, name) as channel:
        run = _Run(stand=stand, channel=channel, scenario=scenario)
        for expected in _and_once_more(scenario.act, run.play()):
            run.pull(expected)
        return run.result(), run.requests


def _and_once_more(act: Act, play: Play) -> Iterator[str]:
    yield from act(play)
    yield WHOLE


class _Run:
    """The pulls of one scenario and what each of them left behind."""

    def __init__(self, *, stand: Stand, channel: Channel, scenario: Scenario) -> None:
        self._stand, self._channel, self._scenario = stand, channel, scenario
        self._strangers = len(stand.web.strangers)
        self._silent = self._loud = 0
        self._wrong: dict[str, None] = {}
        self._said: list[str] = []
        self._stored: Stored = {}
        self.requests: list[int] = []

    def play(self) -> Play:
        return Play(
            portal=self._channel.portal,
            clock=self._stand.clock,
            web=self._stand.web,
            options=self._channel.manifest.options,
        )

    def pull(self, expected: str) -> None:
        """One pull, a quarter of an hour later, and whether what it says of itself is true."""
        portal = self._channel.portal
        self._stand.clock.now += timedelta(minutes=15)
        before: dict[str, Truth] = portal.truth()
        portal.begin()
        tally = steps.kept("pull", steps.pull, self._hub(), self._channel.manifest.name)
        self.requests.append(portal.requests)
        self._stored = self._stand.stored(self._channel.manifest.name, self._channel.content)
        missing = self._missing({key: one for key, one in before.items() if key not in portal.touched})
        self._judge(tally, expected, any(missing))

    def _hub(self) -> Hub:
        """Impatient only while there is something to be impatient with: an honest answer may take its time."""
        wanted = self._scenario.patience
        hasty = wanted < PATIENCE and self._channel.portal.faults
        return self._stand.holding(self._channel.manifest, wanted if hasty else PATIENCE)

    def _judge(self, tally: Tally, expected: str, lacking: bool) -> None:
        loud = bool(tally.owed or tally.failed)
        self._said += tally.owed or (tally.notes if loud else ())
        self._loud += loud
        if loud and not tally.owed and not isinstance(tally.error, Misconfigured):
            self._wrong["nameless"] = None
        if lacking and not loud and expected != BLIND:
            self._silent += 1
            self._wrong["silent"] = None
        if expected == LOUD and not loud:
            self._wrong["not_loud"] = None
        if expected == WHOLE and loud:
            self._wrong["still_owed"] = None

    def _missing(self, truth: Mapping[str, Truth]) -> tuple[int, int]:
        """How many things are not stored, and how many only in an older version."""
        stored = self._stored
        lost = sum(key not in stored for key in truth)
        stale = sum(
            one.content is not None and key in stored and stored[key][-1][0] != one.content
            for key, one in truth.items()
        )
        return lost, stale

    def result(self) -> Result:
        """What is lost, stale or doubled in the end."""
        portal, stored = self._channel.portal, self._stored
        lost, stale = self._missing(portal.truth())
        doubled = sum(_doubled(versions, portal.allowed(key)) for key, versions in stored.items() if key[0] != "?")
        counts = {"lost": lost, "stale": stale, "doubled": doubled}
        strangers = self._stand.web.strangers[self._strangers :]
        counts["stranger"] = len(strangers)
        wrong = [*(word for word, count in counts.items() if count), *self._wrong]
        return Result(
            scenario=self._scenario,
            lost=lost,
            stale=stale,
            doubled=doubled,
            silent=self._silent,
            loud=self._loud,
            pulls=len(self.requests),
            requests=self.requests[-1],
            wrong=tuple(wrong),
            said=(*self._said, *strangers),
        )


def _doubled(versions: list[tuple[str, UUID]], allowed: Truth) -> bool:
    """Whether a thing is kept as more complaints than there are, or a version again that did not change."""
    again = any(one[0] == other[0] for one, other in pairwise(versions))
    complaints = len({complaint for _, complaint in versions})
    return again or len(versions) > allowed.versions or complaints > allowed.incarnations
