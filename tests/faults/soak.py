"""Many processes forward through a line that fails all the time, are killed all the time, and PostgreSQL crashes.

`python -m tests.faults.soak --complaints 5000 --workers 8 --faults 10000 --kills 200 --crashes 5 --zombies 25` prints a
table; it ends with 1 where anything was lost, doubled or is not in the log. Time leaps over what nobody works in.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub.store.migrate import ensure
from hub.store.server import Embedded, _call
from sandbox.proxy import CLEAR, calm
from tests.conftest import fresh_database
from tests.faults import cells, oracle
from tests.faults.children import Child, Nursery, nursery
from tests.faults.pace import FAULTS, Eyes, Pace, Spent, Weather
from tests.faults.stage import Stage, stage
from tests.faults.tempo import Tempo

CRASHES = {"fsync": "off", "full_page_writes": "off"}
"""A server that is killed keeps what it committed; only a machine would lose it."""
_OPEN = """
SELECT d.complaint FROM attempts a JOIN deliveries d ON d.id = a.delivery
WHERE a.step = 'create' AND a.ended_at IS NULL AND d.holder LIKE '%%/' || %s || '/%%'
"""
_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STILL = 240.0
"""Seconds without any progress after which the soak gives up."""
TIME_OUT = 2.0
BEYOND_LEASE = 11 * 60.0
NEARLY = 0.98
"""The last few meet no more faults, so that the end does not hang on luck."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much."""

    complaints: int = 150
    workers: int = 2
    faults: int = 300
    kills: int = 8
    crashes: int = 1
    zombies: int = 1
    lookup: bool = True
    seed: int = 1
    seconds: int = 3600
    """After which no more faults come: what is left arrives, and the figures say how far it went."""


@dataclass(kw_only=True)
class Soak:
    """One run."""

    size: Size
    stage: Stage
    nursery: Nursery
    cluster: Embedded
    chance: random.Random
    pace: Pace
    workers: list[Child] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    """kills | crashes | zombies"""
    zombie: tuple[Child, float] | None = None
    """One that stands still, and since when."""
    sent: set[str] = field(default_factory=set)
    """Complaints of which a create has come to the line."""
    torn: int = 0
    """Creates that had left a process, and whose answers it could not write down, when it was killed or stopped."""
    spent: Spent = field(default_factory=Spent)
    figures: dict[str, Any] = field(default_factory=dict)

    def run(self) -> list[str]:
        """All of it; what is wrong."""
        self._arrive()
        line = self.stage.to_registry
        line.prompt, line.read = True, self._read
        line.plan = weather = Weather(chance=self.chance, faults=FAULTS, asks=self.size.lookup)
        began, ours = time.monotonic(), time.process_time()
        self.pace.leap((self.stage.site.clock.now - self.pace.tempo()).total_seconds())
        self._until_done(weather)
        line.plan = calm
        self._end()
        self._count(time.monotonic() - began, time.process_time() - ours)
        return self._judged()

    def _arrive(self) -> None:
        self.stage.arrive(self.size.complaints)
        for verb in ("pull", "accept"):
            self.stage.run(verb)
        states = self._states()
        assert states == {"queued": self.size.complaints}, states

    def _until_done(self, weather: Weather) -> None:
        last, seen, looks = time.monotonic(), -1, 0
        ends = last + self.size.seconds
        while True:
            time.sleep(0.01)
            self.pace.look()
            self._wake()
            looks += 1
            if looks % 10:
                continue
            self._full_house()
            self.stage.site.clock.now = self.pace.tempo()
            if not (states := self._states()):
                continue
            at = self._progress(states)
            if at == self.size.complaints and not self.zombie:
                return
            if at != seen:
                last, seen = time.monotonic(), at
            assert time.monotonic() - last < STILL, f"nothing moves any more: {states}"
            self._press(weather, at)
            weather.over = weather.over or time.monotonic() > ends
            self._strike(at / self.size.complaints)

    def _press(self, weather: Weather, at: int) -> None:
        left = self.size.faults - self.stage.to_registry.injected.total()
        weather.press(left, self.size.complaints - at)
        weather.over = at >= NEARLY * self.size.complaints and (left <= 0 or at >= self.size.complaints - 5)

    def _strike(self, share: float) -> None:
        """Kills, crashes and standstills come as the work goes on, so that all of them fall into it."""
        for what, strike in (("kills", self._kill), ("crashes", self._crash), ("zombies", self._stop)):
            wanted = getattr(self.size, what)
            if self.done[what] < wanted and (self.done[what] + 1) / (wanted + 1) <= share and strike():
                self.done[what] += 1

    def _read(self, request: bytes) -> None:
        self.sent |= {found.decode() for found in _ID.findall(request)}

    def _in_the_air(self, child: Child) -> set[str]:
        """Complaints of which it has a create on record without a result."""
        return {str(own) for (own,) in self.pace.eyes.rows(_OPEN, str(child.pid))}

    def _kill(self) -> bool:
        """Its creates that had come to the line are in doubt, and one more that may have been on its way there."""
        time.sleep(self.chance.uniform(0, 0.05))
        victim = self.chance.choice(self._awake())
        self.spent.look(victim.pid)
        victim.kill()
        self.torn += 1 + len(self._in_the_air(victim) & self.sent)
        self._full_house()
        return True

    def _crash(self) -> bool:
        _call("pg_ctl", ["restart", "--mode=immediate", "--wait", "--log=log"], self.cluster.folder)
        return True

    def _stop(self) -> bool:
        if self.zombie:
            return False
        child = self.chance.choice(self._awake())
        child.stop()
        self.torn += len(self._in_the_air(child))
        self.zombie = child, time.monotonic()
        return True

    def _wake(self) -> None:
        """Longer than its lease and longer than any call of the others: then it goes on as if nothing had happened."""
        if self.zombie and time.monotonic() - self.zombie[1] > TIME_OUT + 0.5 and not self.stage.to_registry.busy:
            self.pace.leap(BEYOND_LEASE)
            time.sleep(0.3)
            self.zombie[0].send(signal.SIGCONT)
            self.zombie = None

    def _awake(self) -> list[Child]:
        return [one for one in self.workers if self.zombie is None or one is not self.zombie[0]]

    def _full_house(self) -> None:
        self.spent.look(*(one.pid for one in self.workers))
        self.workers = [one for one in self.workers if not one.gone(0)]
        while len(self.workers) < self.size.workers:
            self.workers.append(self.nursery.start(self.stage, "forward", loop=True))

    def _end(self) -> None:
        (self.stage.folder / "stop").touch()
        for one in self.workers:
            if not one.gone(60):
                one.kill()
        self.stage.to_registry.settle()
        self.stage.site.clock.now = self.pace.tempo()
        self.stage.later(minutes=11)
        self.stage.drain()

    # what came of it -----------------------------------------------------------------------------------------------

    def _states(self) -> Counter[str]:
        """Empty while the server is on its way back."""
        rows = self.pace.eyes.rows("SELECT state, count(*) FROM deliveries GROUP BY state")
        return Counter({str(state): int(str(count)) for state, count in rows})

    def _progress(self, states: Counter[str]) -> int:
        """Complaints with which nothing more happens by itself."""
        return sum(
            states[one] for one in ("confirmed", "needs_human", "refused", *(["unknown"] * (not self.size.lookup)))
        )

    def _count(self, seconds: float, ours: float) -> None:
        line, states = self.stage.to_registry, self._states()
        doubtful = sum(
            count
            for (fault, what), count in line.injected.items()
            if fault not in CLEAR and re.search(cells.CREATE, what)
        )
        self.stage.ambiguous = doubtful + self.torn
        calls = Counter(one.what for one in line.calls if re.search(cells.CREATE, one.what))
        self.figures = {
            "complaints": self.size.complaints,
            "faults injected": line.injected.total(),
            "  of them in doubt (creates)": doubtful,
            "  torn by kills and standstills": self.torn,
            "SIGKILLs": self.done["kills"],
            "PostgreSQL crashes": self.done["crashes"],
            "zombies": self.done["zombies"],
            "calls": len(line.calls),
            "creates called": calls.total(),
            "creates at the registry": len(self.stage.evidence().arrivals),
            "unknown, on the work list": states["unknown"],
            "given up": states["needs_human"] + states["refused"],
            "hours by its clock": round((seconds + self.pace.leapt) / 3600, 1),
            "seconds": round(seconds),
            "CPU seconds of the processes": round(self.spent.seconds),
            "CPU seconds of the registry": round(ours),
        }

    def _judged(self) -> list[str]:
        rules = (oracle.o1, oracle.o2, oracle.o3, oracle.o5, oracle.o8)
        wrong = oracle.verdict(self.stage.evidence(settled=False), rules)
        if self.size.lookup and self.figures["unknown, on the work list"]:
            wrong.append("a registry that can be asked left something unknown")
        self.stage.settle()
        seen = self.stage.evidence(log=True)
        wrong += oracle.verdict(seen, [rule for rule in oracle.RULES if rule is not oracle.o7])
        self.figures |= {
            "lost": sum(1 for own in seen.accepted if own not in seen.held),
            "doubled": sum(1 for rows in seen.held.values() if len(rows) > 1),
            "audit gaps": len([one for one in wrong if one.startswith(("O4", "O5", "O6"))]),
        }
        return wrong


@contextmanager
def standing(size: Size) -> Iterator[Soak]:
    """Server, registry, portal, lines and processes of one soak."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sp-")))
        folder.chmod(0o711)
        cluster = stack.enter_context(Embedded(folder / "c", options=CRASHES))
        cluster.create_database("satupintu_template")
        ensure(cluster.uri("satupintu_template"))
        database = stack.enter_context(fresh_database(cluster, "satupintu_template"))
        (folder / "stage").mkdir()
        made = stack.enter_context(
            stage(database, folder / "stage", asks=size.lookup, most=size.complaints + 1, time_out=TIME_OUT)
        )
        children = stack.enter_context(nursery())
        stack.enter_context(made.opened())
        chance = random.Random(size.seed)
        tempo = Tempo.of(made.folder, made.site.clock.now)
        stack.callback(tempo.close)
        eyes = Eyes(database=database)
        stack.callback(eyes.close)
        pace = Pace(tempo=tempo, eyes=eyes, line=made.to_registry, asks=size.lookup)
        yield Soak(size=size, stage=made, nursery=children, cluster=cluster, chance=chance, pace=pace)


def outage(soak: Soak, hours: int = 72, step: timedelta = timedelta(hours=1)) -> list[str]:
    """The registry refuses every connection for three days, then it is back: nothing is unknown, nothing is lost."""
    soak._arrive()
    line, one = soak.stage.to_registry, soak.stage
    line.down()
    for _ in range(int(timedelta(hours=hours) / step)):
        one.run("forward")
        one.later(seconds=step.total_seconds())
        one.run("seal")
    line.up()
    unknown = soak._states()["unknown"]
    one.later(hours=12)  # the longest pause that the outage can have left
    one.drain()
    wrong = oracle.verdict(one.evidence(log=True), [rule for rule in oracle.RULES if rule is not oracle.o7])
    return wrong + [f"{unknown} are unknown after an outage that refused every connection"] * bool(unknown)


def report(soak: Soak, wrong: Sequence[str]) -> None:
    """The table."""
    what = "can be asked by our reference" if soak.size.lookup else "cannot be asked"
    print(f"soak: registry that {what}, {soak.size.workers} processes")
    for name, value in soak.figures.items():
        print(f"  {name:32} {value:>8}")
    for fault, count in sorted(_by_fault(soak.stage).items()):
        print(f"    {fault:30} {count:>8}")
    for sentence in wrong[:20]:
        print(f"  WRONG {sentence}")


def _by_fault(one: Stage) -> Counter[str]:
    found: Counter[str] = Counter()
    for (fault, _), count in one.to_registry.injected.items():
        found[fault] += count
    return found


def main() -> int:
    """0 where everything held."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("complaints", "workers", "faults", "kills", "crashes", "zombies", "seed", "seconds"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Size(), name))
    parser.add_argument("--lookup", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--outage", action="store_true", help="a clean outage of 72 hours instead")
    given = vars(parser.parse_args())
    out = given.pop("outage")
    with standing(Size(**given)) as soak:
        wrong = outage(soak) if out else soak.run()
        report(soak, wrong)
    return bool(wrong)


if __name__ == "__main__":
    raise SystemExit(main())
