"""Two of the same at the same time: the second steps back, or they share the work and nothing is done twice."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.oversight import figures
from sandbox.portal import generate
from sandbox.referee import verdict
from tests.scenario import commands
from tests.scenario.conftest import Portals, Site

TRUTH = json.loads((Path(__file__).parents[2] / "sandbox" / "truth.json").read_text())


class Held(Counter[str]):
    """A counter of calls that holds the first call up until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.leave = threading.Event(), threading.Event()

    def __setitem__(self, endpoint: str, count: int) -> None:
        super().__setitem__(endpoint, count)
        self.entered.set()
        self.leave.wait(commands.PATIENCE)


@pytest.mark.slow
def test_the_second_pull_of_a_connector_steps_back(empty_site: Site, add_portal: Portals) -> None:
    """While one process pulls, a second one says "already running", ends with 0 and leaves the portal in peace."""
    portal = add_portal(generate(new=30))
    portal.state.calls = held = Held()
    with commands.started(empty_site.env, "pull", "jatim-portal") as first:
        assert held.entered.wait(commands.PATIENCE)
        second = empty_site.process("pull", "jatim-portal")
        calls = held["list"]
        held.leave.set()
        ended = commands.finished(first)
    assert (second.code, calls) == (0, 1) and "already running" in second.out
    assert ended.code == 0, ended.err
    assert len(empty_site.export("items")) == 30
    again = empty_site.command("pull", "jatim-portal")
    assert again.code == 0 and "already running" not in again.out


def both(site: Site, *arguments: str) -> list[commands.Said]:
    """The same command in two processes at once; both end well."""
    with commands.started(site.env, *arguments) as one, commands.started(site.env, *arguments) as other:
        said = [commands.finished(one), commands.finished(other)]
    assert [one.code for one in said] == [0, 0], [one.err for one in said]
    return said


@pytest.mark.slow
def test_two_of_every_step_change_nothing(story: Site, entries: Callable[[str], Counter[str]]) -> None:
    """Everything is pulled, then two processes accept and two forward at once: the truth, as if it had been one."""
    assert story.command("pull", "--all").code == 0
    both(story, "accept")
    assert max(entries("accepted").values()) == 1
    both(story, "forward")
    with story.hub() as hub:
        assert verdict(TRUTH, story.registered(), figures(hub)) == []
    assert story.counterparts["registry"].state.calls["create"] == TRUTH["registry_complaints"]


@pytest.fixture
def entries(empty_site: Site) -> Callable[[str], Counter[str]]:
    """entries(act) -> how many entries of that act each complaint has."""

    def of(act: str) -> Counter[str]:
        with empty_site.database.connect(superuser=True) as connection:
            rows = connection.execute("SELECT complaint FROM entries WHERE act = %s", [act]).fetchall()
        return Counter(str(row[0]) for row in rows)

    return of
