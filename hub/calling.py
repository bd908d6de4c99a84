"""Calls to registries, many at a time: threads that do HTTP and nothing else; nobody here knows the store."""

from __future__ import annotations

import math
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, Protocol

from connectors.http import last_look
from hub.departures import Departures
from hub.registry.port import Registry
from hub.spine import Hub

GRACE: Final = timedelta(milliseconds=100)
"""
How late a call may leave after its slot; one that missed it gets another. So the calls of any second are at most those
of 1.1 seconds' slots, however many processes there are, and one that was stopped beyond its lease sends nothing.
"""
HELD_UP: Final = timedelta(minutes=5)
"""A create whose bytes have not left by then never leaves; shorter than a lease, so nobody else has sent it yet."""
LATELY: Final = 0.2
"""How much the last call counts for how long calls take."""
GATHER: Final = 0.002
"""Seconds that results wait for the next one, to be committed together: calls that began together end together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that is on record and may be made."""

    registry: str
    key: Any
    """Whose it is, for the caller."""
    slot: datetime
    """It leaves no earlier, and not much later."""
    make: Callable[[Registry], Any]
    create: int | None = None
    """The attempt of a call that must not be repeated blindly: it is noted that it leaves, and it never waits in line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of a call: its answer, or the exception in its place; `late`: it missed its slot and was not made."""

    call: Call
    answer: Any = None
    error: BaseException | None = None
    late: bool = False


class Calling(Protocol):
    """Makes calls."""

    def begin(self, call: Call, width: int) -> None:
        """Make this call; at most `width` to its registry at a time."""

    def ended(self, seconds: float | None) -> list[Made]:
        """Calls that have ended; waits for the first of them at most so long (None: as long as it takes)."""

    def spare(self, registry: str, seconds: float) -> int:
        """How many calls will have ended `seconds` from now: so many more keep everybody busy until then."""

    def close(self) -> None:
        """No more calls will come."""


class OneByOne:
    """Makes calls in the thread that asks for their results: for one line, and for tests in which time is made up."""

    def __init__(self, hub: Hub, notes: Departures | None = None) -> None:
        self._hub, self._notes = hub, notes
        self._waiting: deque[Call] = deque()

    def begin(self, call: Call, width: int) -> None:
        """See Calling."""
        self._waiting.append(call)

    def ended(self, seconds: float | None) -> list[Made]:
        """See Calling."""
        made = []
        while self._waiting:
            made.append(_made(self._hub, self._waiting.popleft(), self._notes))
        return made

    def spare(self, registry: str, seconds: float) -> int:
        """See Calling."""
        return 0

    def close(self) -> None:
        """See Calling."""


class AtOnce:
    """A pool of threads for each registry: a slow or dead one keeps none of the others' busy."""

    def __init__(self, hub: Hub, notes: Departures | None = None) -> None:
        self._hub, self._notes = hub, notes
        self._pools: dict[str, _Pool] = {}
        self._done: queue.SimpleQueue[Made] = queue.SimpleQueue()

    def begin(self, call: Call, width: int) -> None:
        """See Calling."""
        if call.registry not in self._pools:
            self._pools[call.registry] = _Pool(self._hub, self._done, self._notes)
        self._pools[call.registry].begin(call, width)

    def ended(self, seconds: float | None) -> list[Made]:
        """See Calling."""
        made: list[Made] = []
        try:
            made.append(self._done.get(timeout=seconds))
            while True:
                made.append(self._done.get(timeout=GATHER))
        except queue.Empty:
            return made

    def spare(self, registry: str, seconds: float) -> int:
        """See Calling."""
        return self._pools[registry].ending(seconds + GATHER) if registry in self._pools else 0

    def close(self) -> None:
        """See Calling."""
        for pool in self._pools.values():
            pool.close()


class _Pool:
    """The threads of one registry, as many as there were calls at a time; each has a client of its own."""

    def __init__(self, hub: Hub, done: queue.SimpleQueue[Made], notes: Departures | None) -> None:
        self._hub, self._done, self._notes = hub, done, notes
        self._calls: queue.PriorityQueue[tuple[int, int, Call | None]] = queue.PriorityQueue()
        """Creates first: what must not be repeated is under way as soon as it is on record."""
        self._order = count()
        self._free = threading.Semaphore(0)
        self._threads = 0
        self._takes = 0.0
        """Seconds, about, of one call."""

    def ending(self, seconds: float) -> int:
        """How many of the calls that run now end within that time, by how long the last ones took."""
        return min(self._threads, math.ceil(self._threads * seconds / self._takes)) if self._takes else 0

    def begin(self, call: Call, width: int) -> None:
        """Give it to a thread that waits, or to a new one."""
        if not self._free.acquire(blocking=False) and self._threads < width:
            self._threads += 1
            threading.Thread(target=self._work, name=f"forward-{call.registry}", daemon=True).start()
        self._calls.put((0 if call.create is not None else 1, next(self._order), call))

    def close(self) -> None:
        """Let the threads end after what they do now."""
        for _ in range(self._threads):
            self._calls.put((2, next(self._order), None))

    def _work(self) -> None:
        while (call := self._calls.get()[2]) is not None:
            began = max(self._hub.clock(), call.slot)
            self._done.put(_made(self._hub, call, self._notes))
            took = (self._hub.clock() - began).total_seconds()
            self._takes += LATELY * (took - self._takes) if self._takes else took
            self._free.release()


def _made(hub: Hub, call: Call, notes: Departures | None) -> Made:
    try:
        registry = hub.registry(call.registry)
        wait = (call.slot - hub.clock()).total_seconds()
        if wait > 0:
            hub.sleep(wait)
        if call.create is not None:
            return _created(hub, call, registry, notes)
        if hub.clock() > call.slot + GRACE:
            return Made(call=call, late=True)
        return Made(call=call, answer=call.make(registry))
    except BaseException as error:  # the edge: it is told to whoever waits for this call
        return Made(call=call, error=error)


def _created(hub: Hub, call: Call, registry: Registry, notes: Departures | None) -> Made:
    """A create; its note comes before the last look at the clock, because a full disk may hold that up for long."""
    assert call.create is not None
    if notes is not None and not notes.note(call.create):
        return Made(call=call, late=True)
    try:
        if hub.clock() > call.slot + GRACE:
            return Made(call=call, late=True)
        with last_look(lambda: hub.clock() <= call.slot + HELD_UP):
            return Made(call=call, answer=call.make(registry))
    finally:
        if notes is not None:
            notes.back(call.create)
