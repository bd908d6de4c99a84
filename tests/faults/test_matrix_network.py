"""The matrix, first part: each way in which a line can fail, at the list of a portal, at a create and at a read-back."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from hub.store.server import Embedded
from sandbox.proxy import CLEAR, Dice, calm
from sandbox.registry_state import ANSWER, PATH
from sandbox.toxics import HARMLESS, Line, Toxic
from tests.conftest import fresh_database
from tests.faults import cells, oracle
from tests.faults.cells import Cell
from tests.faults.stage import TIME_OUT, Stage, Stages, stage

CALLS = {
    "pull": [cells.LIST],
    "forward": [cells.CREATE, cells.CREATE, cells.WRITES],
    "follow": [r"^GET .*/complaints/"],
}
"""What is hit; a create by two seeds of three, and by the first one: nothing else is dangerous."""


@pytest.fixture(scope="module")
def stages(cluster: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """One site for all cells: what one leaves behind has to be right for the next."""

    @contextmanager
    def made() -> Iterator[Stage]:
        folder = tmp_path_factory.mktemp("network")
        with fresh_database(cluster, template) as database, stage(database, folder) as one, one.opened():
            one.arrive()
            one.drain()
            yield one

    with ExitStack() as stack:
        yield Stages(make=made, stack=stack)


def seeds() -> list[object]:
    """One in `make test`, the others in `make campaign`."""
    return [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(1, cells.SEEDS))]


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds())
@pytest.mark.parametrize("cell", cells.of("http", "toxic"), ids=str)
def test_a_line_fails(stages: Stages, cell: Cell, seed: int) -> None:
    """
    Complaints come in, one call of the point fails in this way, and the faults are over: every complaint is at the
    registry exactly once, nothing else is, the log tells of all of it, and no reading passes what is not stored.
    """
    with stages.cell(cell.point) as shared:
        _through(shared, cell, seed)


def _through(shared: Stage, cell: Cell, seed: int) -> None:
    chance = random.Random(f"{cell} {seed}")
    shared.arrive()
    if cell.point != "pull":
        _up_to(shared, cell.point)
    hit(shared, cell, chance, seed)
    assert oracle.verdict(shared.evidence(settled=False), (oracle.o1, oracle.o2, oracle.o3, oracle.o5, oracle.o9)) == []
    shared.to_registry.settle()
    shared.later(minutes=2)
    shared.drain()
    early = shared.drained
    shared.settle()
    shared.drained = early
    if cell.point == "follow":
        shared.later(hours=2)
        shared.run("follow")
        assert told_once(shared) == []
    assert oracle.verdict(shared.evidence(log=seed == 0)) == []


def _up_to(shared: Stage, point: str) -> None:
    for verb in ("pull", "accept", *(["forward"] if point == "follow" else [])):
        shared.run(verb)
    if point == "follow":
        state = shared.registry.state
        for filed in list(state.complaints.values())[-4:]:
            for status in PATH[1:]:
                state.move(filed, status, ANSWER if status == "Ditindaklanjuti" else None)


def hit(shared: Stage, cell: Cell, chance: random.Random, seed: int) -> None:
    """One run of the verb while one of its calls fails; a create that fails in the dark is counted."""
    if cell.family == "http":
        _fail(shared, cell, chance, CALLS[cell.point][seed % len(CALLS[cell.point])])
    else:
        _poison(shared, cell, chance)


def _fail(shared: Stage, cell: Cell, chance: random.Random, on: str) -> None:
    line = shared.to_portal if cell.point == "pull" else shared.to_registry
    dice = line.plan = Dice(chance=chance, faults=(cell.fault,), on=on, times=1, after=chance.randrange(3))
    before = len(line.calls)
    shared.run(cell.point)
    line.plan = calm
    assert dice.times == 0, "the fault found no call"
    struck = [call for call in line.calls[before:] if call.fault] or [None]
    if (
        cell.fault not in CLEAR
        and cell.point == "forward"
        and (struck[0] is None or re.search(cells.CREATE, struck[0].what))
    ):
        shared.ambiguous += 1


def _poison(shared: Stage, cell: Cell, chance: random.Random) -> None:
    """The line itself is reached over another one, of bytes; it is the same for all calls of the point."""
    line = shared.to_portal if cell.point == "pull" else shared.to_registry
    own = line._target
    struck: list[int] = []

    def plan(number: int) -> Toxic | None:
        if number != turn:
            return None
        struck.append(number)
        return Toxic(name=cell.fault, data=chance.randrange(1, 200))

    turn = 1 + chance.randrange(3)
    with Line(own, plan=plan, patience=TIME_OUT * 3) as bytes_line:
        line._target = ("127.0.0.1", bytes_line.port)
        if cell.fault == "down":
            line.down()
        shared.run(cell.point)
        line._target = own
        line.up()
    assert cell.fault == "down" or struck, "the toxic found no connection"
    shared.ambiguous += cell.fault not in HARMLESS


def told_once(shared: Stage) -> list[str]:
    """The read-back's own rules: each status of the registry is one event, and the portal was told each answer once."""
    seen = shared.evidence()
    last = [str(row["complaint_id"]) for row in seen.registry][-4:]
    known = {number: own for own, (_, number) in seen.states.items()}
    events = Counter(
        str(own) for (own,) in seen.rows("SELECT complaint FROM events WHERE source = 'registry' AND what = 'status'")
    )
    told = Counter((one["ref"], one["status"], one["catatan"]) for one in shared.portal.state.answers)
    refs = Counter(ref for ref, _, _ in told)
    wrong = [f"{ref} was told the same {count} times" for (ref, _, _), count in told.items() if count > 1]
    for number in last:
        own = known.get(number, "")
        if events[own] != len(PATH) - 1:  # the first one is where it begins
            wrong.append(f"{number} had {len(PATH) - 1} statuses at the registry, {events[own]} are known")
        if own and not refs[seen.expected[own][1]["id"]]:
            wrong.append(f"the reporter of {number} never heard")
    return wrong
