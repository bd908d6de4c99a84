"""kill -9 of a real process while it works: the next run goes on, nothing is there twice and nothing is lost."""

from __future__ import annotations

import json
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from sandbox.portal import generate
from sandbox.running import RunningPortal
from tests.scenario import commands
from tests.scenario.conftest import Portals, Site

MARKER = re.compile(r"\[Ref ([0-9a-f-]{36})\]")
NAME = "jatim-portal"
ON_THE_WORK_LIST = {"queued", "files_uploaded", "created", "unknown", "needs_human"}

SMALL_BATCHES = ("-c", "from hub import accepting, cli; accepting.BATCH = 20; cli.main()")
LEASED = "SELECT 1 FROM leases WHERE verb = 'accept'"


class Calls(Counter[str]):
    """The counter of a counterpart, which tells somebody of each call as it comes in."""

    heard: Callable[[], None] | None = None

    def __setitem__(self, endpoint: str, count: int) -> None:
        super().__setitem__(endpoint, count)
        if self.heard:
            self.heard()


@dataclass(slots=True)
class Kill:
    """Kills a process `delay` seconds after the counterpart has got `after` more calls."""

    after: int
    delay: float
    process: Any = None
    armed: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        """One call came in."""
        self.after -= 1
        if self.after == 0:
            threading.Timer(self.delay, self.now).start()

    def now(self) -> None:
        """kill -9, as soon as the process is known."""
        self.armed.wait(commands.PATIENCE)
        commands.killed(self.process)


@dataclass(slots=True)
class Scene:
    """A site whose portal gets new complaints in each round, and what of them has to be at the registry."""

    site: Site
    portal: RunningPortal
    dice: random.Random
    folder: Path
    truth: set[str] = field(default_factory=set)
    working: float = 0.0
    """Seconds that an accept of one round takes when nobody kills it."""

    def arrive(self, count: int) -> None:
        """New complaints by as many people, changed just now."""
        rows = generate(new=count, start=len(self.truth) + 1, seed=len(self.truth))
        stamp = datetime.now(ZoneInfo("Asia/Jakarta")).strftime("%Y-%m-%dT%H:%M:%S")
        with self.portal.state.lock:  # in front: what is new is read first
            self.portal.state.records[:0] = [{**row, "updated_at": stamp} for row in rows]
        self.truth |= {row["id"] for row in rows}

    def run(self, *verbs: str) -> None:
        """Runs that nobody kills."""
        for verb in verbs:
            said = self.site.command(verb, *([NAME] if verb == "pull" else []))
            assert said.code == 0, (verb, said.err, said.out)

    # the three kills -----------------------------------------------------------------------------------------------

    def kill_pull(self) -> bool:
        """40 complaints on eight pages, read twice: killed at any call of the first reading or early in the second."""
        self.arrive(40)
        return self._killed_at(self.portal.state, self.dice.randint(1, 11), 0.02, "pull", NAME)

    def kill_accept(self) -> bool:
        """60 items in three batches: killed at any moment from taking the lease on."""
        self.working = self.working or self._accept(commands.finished)[1]
        delay = self.dice.uniform(0, self.working)
        return was_killed(self._accept(lambda process: self._killed_after(process, delay))[0])

    def _accept(self, end: Callable[[Any], commands.Said]) -> tuple[commands.Said, float]:
        """How an accept of new items ended, and how many seconds after it had taken its lease."""
        self.arrive(60)
        self.run("pull")
        with commands.started(self.site.env, "accept", program=SMALL_BATCHES) as process:
            with self.site.database.connect(superuser=True) as connection:
                while process.poll() is None and not connection.execute(LEASED).fetchone():
                    time.sleep(0.001)
            begun = time.monotonic()
            return end(process), time.monotonic() - begun

    @staticmethod
    def _killed_after(process: Any, delay: float) -> commands.Said:
        threading.Timer(delay, commands.killed, [process]).start()
        return commands.finished(process)

    def kill_forward(self) -> bool:
        """20 complaints, two calls each: killed before, during or after any of them."""
        self.arrive(20)
        self.run("pull", "accept")
        return self._killed_at(self.site.counterparts["registry"].state, self.dice.randint(1, 40), 0.015, "forward")

    def _killed_at(self, state: Any, call: int, late: float, *arguments: str) -> bool:
        kill = Kill(after=call, delay=self.dice.uniform(0, late))
        state.calls = Calls()
        state.calls.heard = kill
        with commands.started(self.site.env, *arguments) as kill.process:
            kill.armed.set()
            said = commands.finished(kill.process)
        state.calls.heard = None
        return was_killed(said)

    # what has to hold ----------------------------------------------------------------------------------------------

    def recovered(self) -> None:
        """After the next runs: nothing doubled, all that the registry lacks on the work list, then the truth."""
        self.run("pull", "accept", "forward")
        self._nothing_twice()
        found, listed = self._filed(), {line["complaint_id"]: line for line in self.site.export("deliveries")}
        known = {line["id"]: json.loads(line["ref"]) for line in self.site.export("complaints")}
        assert set(known.values()) == self.truth
        lacking = known.keys() - found.keys()
        assert all(listed[own]["state"] in ON_THE_WORK_LIST for own in lacking)
        self._resolve(found, listed)
        self.run("forward")
        assert self._filed() == Counter(known.keys())
        assert {line["state"] for line in self.site.export("deliveries")} == {"confirmed"}

    def _resolve(self, found: Counter[str], listed: dict[str, dict[str, Any]]) -> None:
        """What a person does: look for the marker, then say what he has seen."""
        numbers = {_marker(row): str(row["complaint_id"]) for row in self.site.registered()}
        for own in [own for own, line in listed.items() if line["state"] in ("unknown", "needs_human")]:
            answer = ["--registry-id", numbers[own]] if own in found else ["--absent"]
            said = self.site.command("resolve", own, *answer, "--by", "Petugas Uji")
            assert said.code == 0, said.out + said.err

    def _filed(self) -> Counter[str]:
        return Counter(_marker(row) for row in self.site.registered())

    def _nothing_twice(self) -> None:
        with self.site.database.connect(superuser=True) as connection:
            for table in ("items", "complaints", "deliveries"):
                (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[misc]
                assert count == len(self.truth), table
            told = connection.execute(
                "SELECT complaint FROM entries WHERE act = 'accepted' GROUP BY complaint HAVING count(*) > 1"
            ).fetchall()
            assert told == []
        assert max(self._filed().values()) == 1

    def verified(self) -> None:
        """The log is whole, and says as often as it was so that an item was stored."""
        said = self.site.audited(self.folder)
        assert said.code == 0 and "INTACT" in said.out, said.out
        with self.site.database.connect(superuser=True) as connection:
            stored = connection.execute(
                "SELECT sum((convert_from(body, 'UTF8')::jsonb ->> 'count')::int) FROM entries "
                "WHERE act = 'pulled' AND convert_from(body, 'UTF8')::jsonb ->> 'code' = 'stored'"
            ).fetchone()
        assert stored == (len(self.truth),)


def was_killed(said: commands.Said) -> bool:
    """Whether the kill came before the end; a process that ends by itself has to end well."""
    assert said.code in (0, -signal.SIGKILL), said
    return said.code != 0


def _marker(row: dict[str, Any]) -> str:
    found = MARKER.search(row["content"])
    assert found
    return str(UUID(found[1]))


@pytest.fixture
def scene(empty_site: Site, add_portal: Portals, tmp_path: Path) -> Scene:
    """A portal with small pages; nothing has been read yet."""
    page = {"style": "number", "param": "page", "size_param": "limit", "size": 5, "first": 1}
    portal = add_portal([], NAME, **{"with": {"page": page, "look_back": "5s"}})
    return Scene(site=empty_site, portal=portal, dice=random.Random(), folder=tmp_path / "log")


@pytest.mark.slow
@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.campaign)])
@pytest.mark.parametrize("verb", ["pull", "accept", "forward"])
def test_a_killed_process_loses_nothing_and_says_nothing_twice(scene: Scene, verb: str, times: int) -> None:
    """
    Power fails in the middle of pull, accept or forward: after the next runs nothing is doubled, what the registry
    lacks is on the work list, a person's word settles the rest, and the log can still prove all of it.
    """
    scene.dice.seed(f"{verb} {times}")
    kill = {"pull": scene.kill_pull, "accept": scene.kill_accept, "forward": scene.kill_forward}[verb]
    hits = 0
    for _ in range(times * 2):
        hits += kill()
        scene.recovered()
        if hits == times:
            break
    assert hits == times, "too many kills fell outside the work"
    scene.verified()
