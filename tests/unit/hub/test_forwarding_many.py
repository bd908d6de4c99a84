"""Many deliveries at a time: side by side, within the budget, through outages and a store that goes away."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import pytest

from connectors.http import HttpClient
from connectors.net import NotReached, dialler
from hub.calling import AtOnce, Call, OneByOne
from hub.carrying import Load
from hub.forwarding import forward
from hub.lanes import Lane
from hub.model import Receipt
from hub.registry.port import File
from hub.routing import Registries, Target
from hub.spine import Hub
from hub.store import deliveries, gates
from hub.store.work import Store, StoreUnavailable, Work
from tests.unit.hub.outbox import START, Outbox, config

DONE = Receipt(outcome="done")


@dataclass
class Counting:
    """A registry that counts, for many threads; `waits` holds every call up until it is set."""

    waits: threading.Event | None = None
    at: list[datetime] = field(default_factory=list)
    filed: Counter[str] = field(default_factory=Counter)
    routed: Counter[str] = field(default_factory=Counter)
    clock: Any = None
    dead: Any = None
    enough: tuple[int, threading.Event] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upload(self, files: Sequence[File]) -> Receipt:
        return DONE

    def create(self, complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str]) -> Receipt:
        if refused := self._call():
            return refused
        with self.lock:
            self.filed[str(complaint["id"])] += 1
            number = 9_000 + self.filed.total()
            if self.enough and self.filed.total() == self.enough[0]:
                self.enough[1].set()
        return Receipt(outcome="done", registry_id=str(number))

    def route(self, registry_id: str, target: Target) -> Receipt:
        if refused := self._call():
            return refused
        with self.lock:
            self.routed[registry_id] += 1
        return DONE

    def alive(self) -> bool:
        return True

    def changes(self, registry_id: str) -> Iterator[Any]:
        return iter(())

    def _call(self) -> Receipt | None:
        if self.clock:
            self.at.append(self.clock())
        if self.waits:
            assert self.waits.wait(20)
        return Receipt(outcome="retry", code="connect") if self.dead and self.dead() else None


def two(outbox: Outbox, sp4n: Counting, other: Counting) -> Hub:
    """A hub with two registries, and as many threads for each as the file says."""
    configs = {name: replace(config(threads=4), name=name) for name in ("sp4n", "lain")}
    with outbox.store.begin() as work:
        deliveries.known(work, "lain", "0" * 64, outbox.now)
    clients = {"sp4n": sp4n, "lain": other}
    return replace(outbox.hub(), registries=Registries(good=configs, bad={}), registry=lambda name: clients[name])


def test_threads_send_each_complaint_once(outbox: Outbox) -> None:
    """Eight calls at a time, and still each complaint is created once and routed once, with all its entries in order."""
    owns = [outbox.complaint() for _ in range(60)]
    there = Counting()
    outbox.config, outbox.registry = config(threads=8), there
    assert forward(outbox.hub()).done == 60
    assert there.filed == Counter({str(own): 1 for own in owns}) and set(there.routed.values()) == {1}
    told = outbox.rows(
        "SELECT complaint, array_agg(act ORDER BY id) AS acts FROM entries WHERE complaint IS NOT NULL GROUP BY 1"
    )
    assert {tuple(row.acts) for row in told} == {("attempted", "forwarded") * 2}
    assert outbox.rows("SELECT 1 FROM attempts WHERE ended_at IS NULL") == []


def test_a_slow_registry_holds_no_other_up(outbox: Outbox) -> None:
    """While every call to one registry hangs, all complaints of another arrive: the slow one answers only then."""
    owns = [outbox.complaint() for _ in range(24)]
    arrived = threading.Event()
    slow, quick = Counting(waits=arrived), Counting(enough=(20, arrived))
    hub = two(outbox, quick, slow)
    outbox.run("UPDATE deliveries SET registry = 'lain' WHERE complaint = ANY(:ids)", ids=owns[:4])
    assert forward(hub).done == 24
    assert quick.filed.total() == 20 and slow.filed.total() == 4


def test_a_dead_registry_stops_only_itself(outbox: Outbox) -> None:
    """Three failures end its run; the other's goes on to its end."""
    owns = [outbox.complaint() for _ in range(20)]
    dead, lives = Counting(dead=lambda: True, clock=lambda: START), Counting()
    hub = two(outbox, lives, dead)
    outbox.run("UPDATE deliveries SET registry = 'lain' WHERE complaint = ANY(:ids)", ids=owns[:10])
    tally = forward(hub)
    assert tally.done == 10 and len(dead.at) == 3 and dead.filed.total() == 0
    assert sum(int(sentence.split()[0]) for sentence in tally.owed) == 10


def test_wrong_numbers_of_one_region_end_no_run(outbox: Outbox) -> None:
    """A route that the registry does not know speaks of one institution; other regions' complaints still go out."""
    for _ in range(8):
        outbox.complaint()
    outbox.told.answers["route"] = [Receipt(outcome="retry", code="http_404", http=404)] * 5
    assert forward(outbox.hub()).words == {"postponed": 5, "confirmed": 3}


def test_a_registry_is_tried_with_one_call_first(outbox: Outbox) -> None:
    """However many threads there are, a registry that loses its answers gets two creates and no more."""
    for _ in range(12):
        outbox.complaint()
    outbox.config = config(threads=8)
    outbox.told.answers["create"] = [Receipt(outcome="unknown", code="timeout")] * 12
    assert forward(outbox.hub()).words == {"unknown": 2} and outbox.told.calls == ["create"] * 2


def test_a_call_that_missed_its_slot_is_not_made(outbox: Outbox) -> None:
    """A process that was stopped between attempt and call sends nothing when it wakes; the call gets another slot."""
    own = outbox.complaint()

    class Stopped(OneByOne):
        """Stopped once, before its first call."""

        once = True

        def begin(self, call: Call, width: int) -> None:
            if self.once:
                outbox.later(minutes=2)
            Stopped.once = False
            super().begin(call, width)

    assert forward(outbox.hub(), calling=Stopped).done == 1
    assert outbox.told.calls == ["create", "route"] and outbox.delivery(own).attempts == 1
    assert len(outbox.entries("attempted")) == 2


def test_stopped_beyond_its_lease_it_sends_nothing(outbox: Outbox) -> None:
    """Another process took the delivery over meanwhile; whoever wakes makes no call and writes nothing."""
    outbox.complaint()

    class Stopped(OneByOne):
        """Stopped for longer than a lease; meanwhile another process forwards."""

        once = True

        def begin(self, call: Call, width: int) -> None:
            if Stopped.once:
                Stopped.once = False
                outbox.later(minutes=11)
                assert forward(outbox.hub("test/2")).words == {"unknown": 1}
            super().begin(call, width)

    tally = forward(outbox.hub("test/1"), calling=Stopped)
    assert outbox.told.calls == [] and tally.done == 0 and outbox.states() == {"unknown": 1}


@pytest.mark.parametrize(
    ("flying", "wake", "due"),
    [(0, None, True), (1, None, False), (0, 60, False), (0, 0, True), (1, 0, True)],
)
def test_what_waits_gets_its_turn(outbox: Outbox, flying: int, wake: int | None, due: bool) -> None:
    """Also where all that went before it turned out to be another process's by now: no run goes round without an end."""
    hub = outbox.hub()
    lane = Lane(hub=hub, config=outbox.config, names=(), client=outbox.registry, width=2, hungry=False)
    lane.waiting = [cast("Load", None)]
    lane.flying = dict.fromkeys(range(flying))
    lane.wake = None if wake is None else outbox.now + timedelta(seconds=wake)
    assert lane.due(outbox.now) is due


def test_slots_are_shared_by_processes(outbox: Outbox) -> None:
    """Whoever asks in turn, no slot of the budget is given twice and none is nearer than the rate allows."""
    spacing, given = timedelta(seconds=0.25), []
    for turn in range(6):
        with outbox.store.begin() as work:
            gate = gates.locked(work, "sp4n")
            slots = gates.slots(gate, now=outbox.now, until=outbox.now + timedelta(seconds=1), spacing=spacing, count=3)
            gates.taken(work, "sp4n", slots[: 1 + turn % 2], spacing)
        given += slots[: 1 + turn % 2]
    assert given == sorted(set(given)) and given[-1] <= outbox.now + timedelta(seconds=1)
    assert min(later - one for one, later in pairwise(given)) >= spacing


# a store that goes away --------------------------------------------------------------------------------------------


class Flaky:
    """A store that fails in every so manyth transaction of a run, with or without having committed it."""

    def __init__(self, store: Store, every: int, *, committed: bool) -> None:
        self._store, self._every, self._committed, self.count = store, every, committed, 0

    @contextmanager
    def begin(self, role: str = "worker", region: str = "") -> Iterator[Work]:
        """See Store.begin."""
        self.count += 1
        fails = self.count % self._every == 0
        with self._store.begin(role, region) as work:
            yield work
            if fails and not self._committed:
                raise StoreUnavailable("away")
        if fails:
            raise StoreUnavailable("away")


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("threads", [1, 4])
def test_a_store_that_goes_away_loses_nothing(outbox: Outbox, threads: int, *, committed: bool) -> None:
    """Whether the cut transaction was committed or not: no create twice, no entry twice, and nothing left unknown."""
    owns = [outbox.complaint() for _ in range(15)]
    there = Counting()
    outbox.config, outbox.registry = config(threads=threads), there
    flaky = Flaky(outbox.store, 5, committed=committed)
    # the runs' first transactions are those of a command that starts: there a store that is away ends the run
    for _ in range(40):
        try:
            forward(replace(outbox.hub(), store=flaky))  # type: ignore[arg-type]
        except StoreUnavailable:
            continue
        if outbox.states() == {"confirmed": 15}:
            break
    assert there.filed == Counter({str(own): 1 for own in owns}) and outbox.states() == {"confirmed": 15}
    told = Counter(e["complaint"] for e in outbox.entries("forwarded") if e["detail"]["step"] == "create")
    assert told == Counter({str(own): 1 for own in owns})
    assert outbox.rows("SELECT 1 FROM attempts WHERE ended_at IS NULL") == []


# long outages ------------------------------------------------------------------------------------------------------

_MANY = """
WITH made AS (
    INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, state, first_stored_at, submitted_at, channel,
                            key_id, canonical_enc, manifest_sha256)
    SELECT gen_random_uuid(), c.connector, c.region, decode(lpad(to_hex(n), 16, '0'), 'hex'), 1, 'accepted', :now, :now,
           'portal', c.key_id, c.canonical_enc, '' FROM complaints c, generate_series(1, :count) n
    RETURNING id, connector
)
INSERT INTO deliveries (complaint, registry, connector, region, due_at, queued_at, manifest_sha256)
SELECT id, 'sp4n', connector, '35', :now, :now, '' FROM made
"""


@pytest.mark.parametrize(("count", "rate"), [(600, 100.0), pytest.param(100_000, 1_000.0, marks=pytest.mark.campaign)])
def test_an_outage_of_three_days_drains_within_the_budget(outbox: Outbox, count: int, rate: float) -> None:
    """72 hours nobody answers, while everything waits: nothing is lost or doubled, and the registry is not overrun."""
    outbox.complaint()
    outbox.run(_MANY, now=outbox.now, count=count - 1)
    back = START + timedelta(hours=72)
    there = Counting(clock=lambda: outbox.now, dead=lambda: outbox.now < back)
    outbox.config, outbox.registry = config(threads=32, rate=rate), there  # type: ignore[assignment]
    tries = 0
    while outbox.now < back:
        tally = forward(outbox.hub(), calling=OneByOne)
        assert tally.done == 0 and set(tally.words) <= {"postponed"} and not tally.halted
        tries += 1
        outbox.later(hours=3)
    assert len(there.at) == 3 * tries
    there.at.clear()
    for _ in range(60):
        forward(outbox.hub(), calling=OneByOne)
        if outbox.states() == {"confirmed": count}:
            break
        outbox.later(hours=1)
    assert outbox.states() == {"confirmed": count}
    assert there.filed.total() == count and there.routed.total() == count == len(there.routed)
    assert _peak(there.at) <= 1.2 * rate


def _peak(at: Sequence[datetime]) -> int:
    """The most calls of any second."""
    most, first = 0, 0
    for last, moment in enumerate(at):
        while moment - at[first] >= timedelta(seconds=1):
            first += 1
        most = max(most, last - first + 1)
    return most


def test_the_pool_grows_to_its_width_and_no_further(outbox: Outbox) -> None:
    """As many threads as calls under way, never more than the registry's file says."""
    side_by_side, seen = threading.Barrier(3), set()

    def make(registry: Any) -> None:
        side_by_side.wait(20)
        seen.add(threading.get_ident())

    pool = AtOnce(replace(outbox.hub(), clock=lambda: START))
    for _ in range(9):
        pool.begin(Call(registry="sp4n", key=None, slot=START, make=make), 3)
    ended = 0
    while ended < 9:
        ended += len(pool.ended(10))
    pool.close()
    assert len(seen) == 3


def test_a_create_that_was_held_up_never_leaves(outbox: Outbox) -> None:
    """Stopped behind the last look at the slot and before the first byte: when it wakes nothing is sent."""
    http = HttpClient(dialler([]), lambda text, host: text, lambda: outbox.now)

    def make(registry: Any) -> Any:
        outbox.later(minutes=6)
        return http.raw("POST", "http://127.0.0.1:9/complaints/complaint", json={})

    pool = OneByOne(outbox.hub())
    pool.begin(Call(registry="sp4n", key=None, slot=outbox.now, make=make, create=1), 1)
    ((made,),) = [pool.ended(1)]
    assert isinstance(made.error, NotReached) and made.error.code == "late"
