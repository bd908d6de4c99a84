"""The loop of forwarding: hand out calls, wait for what comes, and write it down; it survives a store that is away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from hub.calling import Calling, Made
from hub.carrying import Load
from hub.lanes import Ended, Lane
from hub.spine import Hub
from hub.store import attempts
from hub.store.work import StoreProblem, StoreUnavailable
from hub.turns import Turn, token_of

AWAY: Final = 120
"""Seconds that results are kept in memory while the store does not answer; well below a lease."""
LONGEST_LEAD: Final = timedelta(seconds=1)


def send(
    hub: Hub, lanes: Sequence[Lane], *, calling: Calling, limit: int | None, ended: Callable[[Ended], None]
) -> None:
    """
    Move all lanes on until nothing is left that is due; `ended` hears of each delivery.

    Raises StoreProblem where the store stays away, and whatever else ends a process; calls that run then are left to
    their leases.
    """
    run = Sending(hub=hub, lanes={lane.name: lane for lane in lanes}, calling=calling, left=limit, ended=ended)
    try:
        run.loop()
    except (KeyboardInterrupt, SystemExit):
        run.last_words()
        raise
    finally:
        calling.close()


@dataclass(slots=True, kw_only=True)
class Sending:
    """One run over several lanes."""

    hub: Hub
    lanes: dict[str, Lane]
    calling: Calling
    left: int | None
    ended: Callable[[Ended], None]
    made: list[Made] = field(default_factory=list)
    """Results that are still to be written."""
    doubt: bool = False
    """Nobody knows whether the last transaction was committed."""

    def loop(self) -> None:
        """Until every lane is over."""
        while True:
            for name, lane in self.lanes.items():
                if lane.due(self.hub.clock()) or any(one.call.registry == name for one in self.made):
                    self._turn(lane, [one for one in self.made if one.call.registry == name])
            if all(lane.over for lane in self.lanes.values()):
                return
            self.made += self._came()

    def last_words(self) -> None:
        """Somebody ends this process: nothing more is claimed, and what runs is waited for and written down."""
        for lane in self.lanes.values():
            lane.closed, lane.hungry = True, False
        self.doubt = True
        self.loop()

    def _came(self) -> list[Made]:
        """The next results; none where a slot of the rate budget comes first."""
        now = self.hub.clock()
        wakes = [lane.wake for lane in self.lanes.values() if lane.wake is not None]
        hungry = any(lane.hungry for lane in self.lanes.values())
        seconds = max((min(wakes) - now).total_seconds(), 0.0) if wakes else None
        seconds = 0.0 if hungry else seconds
        if any(lane.flying for lane in self.lanes.values()):
            made = self.calling.ended(seconds)
            for one in made:
                if one.error is not None and not isinstance(one.error, Exception):
                    raise one.error
            return made
        if seconds:
            self.hub.sleep(seconds)
        return []

    def _turn(self, lane: Lane, made: Sequence[Made]) -> None:
        """One transaction; where the store is away it is tried again, and the results are not lost meanwhile."""
        for _ in range(AWAY):
            try:
                if self.doubt:
                    made = self._recovered(lane, made)
                return self._once(lane, made)
            except StoreUnavailable:
                self.doubt = True
                self.hub.sleep(1.0)
            except StoreProblem as error:
                return self._apart(lane, made, error)
        return self._once(lane, made)

    def _apart(self, lane: Lane, made: Sequence[Made], error: StoreProblem) -> None:
        """One answer cannot be written down: a person looks at its complaint, and the others go on."""
        if len(made) > 1:
            for one in made:
                self._turn(lane, [one])
        elif made and isinstance(made[0].call.key, Load) and made[0].error is not error:
            if isinstance(made[0].error, StoreProblem):
                raise error
            self._turn(lane, [replace(made[0], answer=None, error=error)])
        else:
            raise error

    def _once(self, lane: Lane, made: Sequence[Made]) -> None:
        with self.hub.store.begin() as work:
            turn = Turn(lane, work, left=self.left)
            turn.run(made)
        calls = turn.adopted()
        took = self.hub.clock() - turn.now
        lane.lead = min(took / 2, LONGEST_LEAD)
        lane.spare = self.calling.spare(lane.name, took.total_seconds())
        written = {token_of(one.call.key) for one in made}
        self.made = [
            one for one in self.made if one.call.registry != lane.name or token_of(one.call.key) not in written
        ]
        if self.left is not None:
            self.left -= turn.claimed
        for ended in turn.ended:
            self.ended(ended)
        for call in calls:
            self.calling.begin(call, lane.width)

    def _recovered(self, lane: Lane, made: Sequence[Made]) -> list[Made]:
        """
        What is still to be written, after a transaction of which nobody knows whether it was committed.

        What that one had claimed was never called, and is free again.
        """
        loads = [one.call.key for one in made if isinstance(one.call.key, Load)]
        with self.hub.store.begin() as work:
            written = attempts.written(work, [load.attempt for load in loads if load.attempt is not None])
            mine = set(lane.tokens()) - {load.delivery.token for load in loads if load.attempt in written}
            attempts.free(work, lane.name, holder=self.hub.holder, but=mine)
        for load in loads:
            if load.attempt in written:
                lane.flying.pop(token_of(load), None)
        self.doubt = False
        done = [one for one in made if isinstance(one.call.key, Load) and one.call.key.attempt in written]
        self.made = [one for one in self.made if one not in done]
        return [one for one in made if one not in done]
