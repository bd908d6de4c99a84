"""`satupintu conform`: try a manifest against a portal of its own shape that misbehaves, and say which promises hold."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from connectors.build import channel
from connectors.errors import Misconfigured
from connectors.manifest import Manifest, load
from hub.conform.kits import fitting
from hub.conform.playing import Result, play
from hub.conform.stand import Stand, own_settings, stand
from hub.conform.telling import say
from hub.settings import Settings
from hub.telling import DONE, FAILED, WRONG_USE, complain
from sandbox.hostile_play import Scenario
from sandbox.hostile_shape import NotInvertible

AT_ONCE = "abc"
"""A letter for each scenario that is played at a time."""


def conform(path: Path, only: tuple[str, ...] = ()) -> int:
    """
    Play every scenario that fits the manifest, or `only` those, on a database of its own.

    0: all promises hold; 1: one is broken, and which; 2: the manifest cannot be used or no portal made for it.
    """
    try:
        manifest = load(path)
        channel(manifest)
        scenarios = _chosen(fitting(manifest), only)
    except (Misconfigured, NotInvertible) as problem:
        if problem.indonesian:
            complain(problem.indonesian)
        complain(problem)
        return WRONG_USE
    with own_settings() as settings:
        results = list(_shown(results_of(settings, manifest, scenarios), len(scenarios)))
    say(results, manifest)
    return DONE if all(result.held for result in results) else FAILED


def _chosen(scenarios: list[Scenario], only: tuple[str, ...]) -> list[Scenario]:
    unknown = sorted(set(only) - {one.slug for one in scenarios})
    if unknown:
        raise Misconfigured(
            f"There is no scenario '{unknown[0]}' for this manifest.",
            hint=f"Known are: {', '.join(one.slug for one in scenarios)}.",
            code="no_scenario",
            indonesian=f"Tidak ada skenario '{unknown[0]}' untuk manifes ini.",
        )
    return [one for one in scenarios if not only or one.slug in only]


def results_of(
    settings: Settings, manifest: Manifest, scenarios: list[Scenario], letters: str = AT_ONCE
) -> Iterator[Result]:
    """In the order of the scenarios; one for each of `letters` is played at once, since most of a pull is waiting.

    A database knows no letter twice.
    """
    stands: SimpleQueue[Stand] = SimpleQueue()

    def one(scenario: Scenario) -> Result:
        mine = stands.get()
        try:
            return play(mine, manifest, scenario)
        finally:
            stands.put(mine)

    with ExitStack() as stack:
        for letter in letters:
            stands.put(stack.enter_context(stand(settings, letter)))
        pool = stack.enter_context(ThreadPoolExecutor(len(letters), "conform"))
        yield from pool.map(one, scenarios)


def _shown(results: Iterator[Result], count: int) -> Iterable[Result]:
    """The same, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import track

    screen, silent = Console(file=getattr(sys.stderr, "beneath", sys.stderr)), not sys.stderr.isatty()
    return track(results, "conform", total=count, console=screen, disable=silent, transient=True)
