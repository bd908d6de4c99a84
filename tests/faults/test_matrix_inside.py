"""The matrix, second part: our own processes and the database fail, at a statement, a commit or a call that is named."""

from __future__ import annotations

import random
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from hub.store.migrate import ensure
from hub.store.problems import StoreProblem
from hub.store.server import HUB_LOGIN, Embedded, _call
from sandbox.pgline import CUT, CUT_AFTER, DISK_FULL, SERIALIZATION, PostgresLine
from tests.conftest import Database, fresh_database
from tests.faults import cells, oracle
from tests.faults.cells import PLACES, Cell, Place
from tests.faults.children import Child, Nursery, nursery
from tests.faults.stage import Stage, Stages, stage
from tests.faults.test_matrix_network import seeds

CHILD_SECONDS = 20.0
LIMITED_SECONDS = 1.0
"""After which a process that stands still for want of memory or room is killed, as the kernel or a watchdog would."""
CRASHES = {"fsync": "off", "full_page_writes": "off"}
"""A server that is killed keeps what it committed; only a machine would lose it."""
LEASE = {"minutes": 11}
"""Longer than any lease."""
BEFORE = {"pull": (), "accept": ("pull",), "forward": ("pull", "accept"), "seal": ("pull", "accept", "forward")}
RESCUE_SECONDS = 1.0
"""For which one that takes over is given time before the one that stood still goes on; it may wait for its locks."""


@dataclass(kw_only=True)
class Inside:
    """A stage whose PostgreSQL is reached over a line, and which can start processes."""

    stage: Stage
    line: PostgresLine
    cluster: Embedded
    nursery: Nursery


@dataclass
class Trap:
    """Does something once, when a place is reached; `after` says what befalls the statement there."""

    inside: Inside
    place: Place
    strike: object
    armed: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def _sprung(self) -> str | None:
        with self.lock:
            if not self.armed:
                return None
            self.armed = False
        try:
            return self.strike()  # type: ignore[operator,no-any-return]
        finally:
            self.over.set()

    def statement(self, sql: str, before: list[str]) -> str | None:
        """A statement on its way."""
        return self._sprung() if self.place.at_statement(sql, before) else None

    def request(self, what: str) -> None:
        """A call on its way to the registry or the portal."""
        if self.place.at_request(what):
            self._sprung()

    def answer(self, what: str) -> None:
        """An answer on its way back."""
        if self.place.at_answer(what):
            self._sprung()

    def _last_words(self) -> str:
        log = self.inside.stage.folder / "children.log"
        return log.read_text()[-2000:] if log.exists() else ""

    @contextmanager
    def set(self) -> Iterator[None]:
        """The trap is set for the block; it has to be sprung."""
        lines = (self.inside.stage.to_portal, self.inside.stage.to_registry)
        self.inside.line.watch = self.statement  # type: ignore[assignment]
        for line in lines:
            line.heard, line.answered = self.request, self.answer
        try:
            yield
        finally:
            self.inside.line.watch = lambda sql, before: None
            for line in lines:
                line.heard = line.answered = lambda what: None
        assert not self.armed, f"the run never came to this point: {self._last_words()}"
        assert self.over.wait(60), "the fault itself did not end"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory, short_folder: Path) -> Iterator[Stages]:
    """A server of PostgreSQL that may crash, processes that may die, one site for all cells."""
    number = iter(range(10_000))
    with Embedded(short_folder / "crashes", options=CRASHES) as cluster, nursery() as children, ExitStack() as stack:
        cluster.create_database("satupintu_template")
        ensure(cluster.uri("satupintu_template"))

        @contextmanager
        def made() -> Iterator[Inside]:
            socket = short_folder / f"line{next(number)}"
            socket.mkdir()
            with (
                fresh_database(cluster, "satupintu_template") as real,
                PostgresLine(cluster._socket / ".s.PGSQL.5432", socket) as line,
                stage(over(real, cluster, socket), tmp_path_factory.mktemp("inside")) as one,
                one.opened(),
            ):
                one.arrive()
                one.drain()
                yield Inside(stage=one, line=line, cluster=cluster, nursery=children)

        yield Stages(make=made, stack=stack)  # type: ignore[arg-type]


def over(real: Database, cluster: Embedded, socket: Path) -> Database:
    """The same database, which the hub reaches over the line."""
    from urllib.parse import quote

    url = cluster.uri(real.name, login=HUB_LOGIN)
    return replace(real, hub_url=url.replace(quote(str(cluster._socket), safe=""), quote(str(socket), safe="")))


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("cell", cells.of("process", "database"), ids=str)
def test_the_inside_fails(stages: Stages, cell: Cell, seed: int) -> None:
    """
    A process dies, stands still longer than its lease, runs out of room or memory, its clock jumps, or the database
    fails just there: after the next runs nothing is lost, nothing is there twice, and the log tells of all of it.
    """
    with stages.cell() as inside:
        assert isinstance(inside, Inside)
        chance, one = random.Random(f"{cell} {seed}"), inside.stage
        one.arrive()
        place = PLACES[cell.point]
        for verb in BEFORE[place.verb]:
            one.run(verb)
        came = one.registry.state.calls["create"]
        FAULTS[cell.fault](inside, place, chance)
        one.ambiguous += one.registry.state.calls["create"] - came + 8
        assert (
            oracle.verdict(one.evidence(settled=False), (oracle.o1, oracle.o2, oracle.o3, oracle.o5, oracle.o9)) == []
        )
        one.later(**LEASE)
        one.drain()
        early = one.drained
        one.settle()
        one.drained = early
        assert oracle.verdict(one.evidence(log=seed == 0)) == []


# the database ------------------------------------------------------------------------------------------------------


def _run(inside: Inside, place: Place) -> None:
    """The verb inside this process, whatever becomes of it."""
    with suppress(StoreProblem, OSError):
        inside.stage.run(place.verb)


def _refused(inside: Inside, place: Place, what: str) -> None:
    with Trap(inside, place, lambda: what).set():
        _run(inside, place)


def connection_lost(inside: Inside, place: Place, chance: random.Random) -> None:
    """The connection is gone at the statement, and all others with it."""

    def strike() -> str:
        for one in list(inside.line._open):
            if chance.random() < 0.5:
                with suppress(OSError):
                    one.shutdown(2)
        return CUT

    with Trap(inside, place, strike).set():
        _run(inside, place)


def serialization_failure(inside: Inside, place: Place, chance: random.Random) -> None:
    """PostgreSQL says 40001."""
    _refused(inside, place, SERIALIZATION)


def restart(inside: Inside, place: Place, chance: random.Random) -> None:
    """`pg_ctl restart --mode=immediate`: a crash and the replay of the log, with the transaction in the air."""

    def strike() -> str:
        crash(inside.cluster)
        return CUT

    with Trap(inside, place, strike).set():
        _run(inside, place)


def crash(cluster: Embedded) -> None:
    """The server crashes and comes back."""
    _call("pg_ctl", ["restart", "--mode=immediate", "--wait", "--log=log"], cluster.folder)


def commit_unknown(inside: Inside, place: Place, chance: random.Random) -> None:
    """The connection is cut while the COMMIT is on its way: nobody knows whether it was done."""
    commit = replace(place, statement="", commit=place.commit or place.statement)
    _refused(inside, commit, CUT_AFTER if chance.random() < 0.5 else CUT)


# our own processes -------------------------------------------------------------------------------------------------


def _child(inside: Inside, place: Place, strike: object) -> Child:
    """The verb as a process of its own; `strike(child)` when it has come to the place."""
    known = threading.Event()
    holder: list[Child] = []

    def sprung() -> str | None:
        known.wait(20)
        return strike(holder[0])  # type: ignore[operator,no-any-return]

    with Trap(inside, place, sprung).set():
        child = inside.nursery.start(inside.stage, place.verb)
        holder.append(child)
        known.set()
        patience = time.monotonic() + CHILD_SECONDS
        while not child.gone(0.02) and not child.ended:
            if time.monotonic() > patience:  # without memory a process may stand still: the kernel would have killed it
                child.kill()
    return child


def sigkill(inside: Inside, place: Place, chance: random.Random) -> None:
    """Power fails; what was on its way may arrive all the same."""
    what = CUT if chance.random() < 0.5 else None

    def strike(child: Child) -> str | None:
        child.kill()
        return what

    _child(inside, place, strike)
    inside.nursery.forget()


def sigstop_beyond_lease(inside: Inside, place: Place, chance: random.Random) -> None:
    """It stands still longer than its lease, others take over, then it goes on as if nothing had happened."""

    def strike(child: Child) -> None:
        child.stop()
        child.ended = True  # as far as the trap is concerned

    zombie = _child(inside, place, strike)
    inside.stage.later(**LEASE)
    rescuer = inside.nursery.start(inside.stage, place.verb)
    forwards = place.verb == "forward"
    if rescuer.gone(CHILD_SECONDS if forwards else RESCUE_SECONDS) and forwards:
        inside.stage.settle()  # a person looks before it wakes: what is not there is sent again
    zombie.send(signal.SIGCONT)
    for child in (zombie, rescuer):
        assert child.gone(60), "a process hangs"
    inside.nursery.forget()


def enospc(inside: Inside, place: Place, chance: random.Random) -> None:
    """From here on nothing can be written: PostgreSQL's disk is full; at the seal, that of the published files."""
    if place.verb == "seal" and chance.random() < 0.5:
        _limited(inside, place, resource.RLIMIT_FSIZE, 0)
        return
    full = threading.Event()
    trap = Trap(inside, place, lambda: full.set() or DISK_FULL)

    def watch(sql: str, before: list[str]) -> str | None:
        if full.is_set() and sql.split(None, 1)[0] in ("INSERT", "UPDATE", "COMMIT", "WITH"):
            return DISK_FULL
        return Trap.statement(trap, sql, before)

    with trap.set():
        inside.line.watch = watch  # type: ignore[assignment]
        _run(inside, place)


def clock_jump(inside: Inside, place: Place, chance: random.Random) -> None:
    """The machine's clock jumps by an hour, either way, and is set right after the run."""
    hours = chance.choice([1, -1])
    with Trap(inside, place, lambda: inside.stage.later(hours=hours)).set():
        _run(inside, place)
    inside.stage.later(hours=-hours)
    if hours > 0:
        inside.stage.later(hours=hours)  # what was written in that hour is due when it has come


def out_of_memory(inside: Inside, place: Place, chance: random.Random) -> None:
    """No byte more for the process; half of the time the kernel kills it for that."""
    if chance.random() < 0.5:
        sigkill(inside, place, chance)
    else:
        _limited(inside, place, resource.RLIMIT_AS, 1 << 20)


def _limited(inside: Inside, place: Place, what: int, limit: int) -> None:
    timers: list[threading.Timer] = []

    def strike(child: Child) -> None:
        resource.prlimit(child.pid, what, (limit, limit))
        timers.append(threading.Timer(LIMITED_SECONDS, child.send, [signal.SIGKILL]))
        timers[0].start()

    _child(inside, place, strike)
    for timer in timers:
        timer.cancel()
        timer.join()  # its descriptor is another child's as soon as it is given back
    inside.nursery.forget()


FAULTS = {
    one.__name__: one
    for one in (
        sigkill, sigstop_beyond_lease, enospc, clock_jump, out_of_memory,
        connection_lost, serialization_failure, restart, commit_unknown,
    )
}  # fmt: skip
