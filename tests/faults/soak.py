"""Many processes forward through a line that fails all the time, are killed all the time, and PostgreSQL crashes.

`python -m tests.faults.soak --complaints 5000 --workers 8 --faults 10000 --kills 200 --crashes 5 --lookup` prints a table;
it ends with 1 where anything was lost, doubled or is not in the log. Time is the stage's: it runs as fast as the work does.
"""

from __future__ import annotations

import argparse
import random
import re
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
from sandbox.proxy import CLEAR, HTTP_FAULTS, Dice, calm
from tests.conftest import fresh_database
from tests.faults import cells, oracle
from tests.faults.children import Child, Nursery, nursery
from tests.faults.stage import Stage, stage

CRASHES = {"fsync": "off", "full_page_writes": "off"}
"""A server that is killed keeps what it committed; only a machine would lose it."""
OPEN_CALLS = 8
"""Creates that one process has under way at most: so many are in doubt when it is killed."""
STILL = 240.0
"""Seconds without any progress after which the soak gives up."""
LATE = ("slower_than_time_out", "commits_after_time_out")
"""Cost a whole time-out each, so they come a fifth as often as the others."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much."""

    complaints: int = 150
    workers: int = 2
    faults: int = 300
    kills: int = 8
    crashes: int = 1
    lookup: bool = True
    seed: int = 1


@dataclass(kw_only=True)
class Soak:
    """One run."""

    size: Size
    stage: Stage
    nursery: Nursery
    cluster: Embedded
    chance: random.Random
    workers: list[Child] = field(default_factory=list)
    kills: int = 0
    crashes: int = 0
    figures: dict[str, Any] = field(default_factory=dict)

    def run(self) -> list[str]:
        """All of it; what is wrong."""
        self._arrive()
        share = min(self.size.faults / (self.size.faults + self.size.complaints), 0.75)
        faults = [*(one for one in HTTP_FAULTS if one not in LATE for _ in range(5)), *LATE]
        line = self.stage.to_registry
        line.prompt = True
        line.plan = _Weighted(chance=self.chance, faults=faults, share=share)
        began = time.monotonic()
        self._until(self._rest_is_done)
        line.plan = calm
        self._end()
        self._count(time.monotonic() - began)
        return self._judged()

    def _arrive(self) -> None:
        self.stage.arrive(self.size.complaints)
        for verb in ("pull", "accept"):
            self.stage.run(verb)
        states = self._states()
        assert states == {"queued": self.size.complaints}, states

    def _until(self, done: Any) -> None:
        last, seen = time.monotonic(), -1
        while not done():
            self._full_house()
            time.sleep(0.1)
            self.stage.later(seconds=4)
            at = self._progress()
            if at != seen:
                last, seen = time.monotonic(), at
            assert time.monotonic() - last < STILL, f"nothing moves any more: {self._states()}"
            self._strike(at)

    def _strike(self, done: int) -> None:
        """Kills and crashes come as the work goes on, so that all of them fall into it."""
        share = done / self.size.complaints
        while self.kills < self.size.kills and (self.kills + 1) / (self.size.kills + 1) <= share:
            time.sleep(self.chance.uniform(0, 0.1))
            victim = self.chance.choice(self.workers)
            victim.kill()
            self.kills += 1
            self._full_house()
        if self.crashes < self.size.crashes and (self.crashes + 1) / (self.size.crashes + 1) <= share:
            self.crashes += 1
            _call("pg_ctl", ["restart", "--mode=immediate", "--wait", "--log=log"], self.cluster.folder)

    def _full_house(self) -> None:
        self.workers = [one for one in self.workers if not one.gone(0)]
        while len(self.workers) < self.size.workers:
            self.workers.append(self.nursery.start(self.stage, "forward", loop=True))

    def _rest_is_done(self) -> bool:
        states = self._states()
        waiting = {"queued", "files_uploaded", "created", *(["unknown"] if self.size.lookup else [])}
        if states.keys() & {"queued"} and sum(states.values()) - states["queued"] > 0.97 * self.size.complaints:
            return self._tail_is_done(states, waiting)
        return not states.keys() & waiting

    def _tail_is_done(self, states: Counter[str], waiting: set[str]) -> bool:
        """The last few meet no more faults, so that the end does not hang on luck; all kills have been made."""
        self.stage.to_registry.plan = calm
        return not states.keys() & waiting

    def _end(self) -> None:
        (self.stage.folder / "stop").touch()
        for one in self.workers:
            if not one.gone(60):
                one.kill()
        self.stage.to_registry.settle()
        self.stage.later(minutes=11)
        self.stage.drain()

    # what came of it -----------------------------------------------------------------------------------------------

    def _states(self) -> Counter[str]:
        try:
            with self.stage.site.database.connect(superuser=True) as raw:
                rows = raw.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
        except Exception:  # noqa: BLE001 (the server is on its way back)
            return Counter({"queued": 1})
        return Counter({str(state): int(str(count)) for state, count in rows})

    def _progress(self) -> int:
        states = self._states()
        return sum(count for state, count in states.items() if state in ("confirmed", "unknown", "needs_human"))

    def _count(self, seconds: float) -> None:
        line, states = self.stage.to_registry, self._states()
        doubtful = sum(
            count
            for (fault, what), count in line.injected.items()
            if fault not in CLEAR and re.search(cells.CREATE, what)
        )
        self.stage.ambiguous = doubtful + (self.kills + self.crashes * self.size.workers) * OPEN_CALLS
        self.figures = {
            "complaints": self.size.complaints,
            "faults injected": line.injected.total(),
            "  of them in doubt (creates)": doubtful,
            "SIGKILLs": self.kills,
            "PostgreSQL crashes": self.crashes,
            "creates at the registry": len(self.stage.evidence().arrivals),
            "unknown, on the work list": states["unknown"],
            "seconds": round(seconds),
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


@dataclass(slots=True, kw_only=True)
class _Weighted(Dice):
    """Some faults come more often than others."""

    def __call__(self, what: str) -> str | None:
        with self.lock:
            return self.chance.choice(list(self.faults)) if self.chance.random() < self.share else None


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
            stage(database, folder / "stage", asks=size.lookup, most=size.complaints + 1, time_out=4.0)
        )
        children = stack.enter_context(nursery())
        stack.enter_context(made.opened())
        chance = random.Random(size.seed)
        yield Soak(size=size, stage=made, nursery=children, cluster=cluster, chance=chance)


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
    for name in ("complaints", "workers", "faults", "kills", "crashes", "seed"):
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
