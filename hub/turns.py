"""One transaction of a lane: write what came of calls, then put on record and hand out what goes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import timedelta
from typing import Any, Final

from hub.audit.entry import Entry
from hub.calling import Call, Made
from hub.carrying import PATIENCE, Load, at_once, call_of, refused_as_erased, unsealed
from hub.lanes import Ended, Lane
from hub.lookups import Look, asking, can_ask, follows, question
from hub.model import Receipt
from hub.outcome import Standing, after, asked, poisoned, receipt_of, speaks_of_registry
from hub.privacy import Erased
from hub.registry.port import Registry
from hub.store import attempts, deliveries, gates, parcels
from hub.store.attempts import Ending, Opening
from hub.store.deliveries import Delivery, Result
from hub.store.gates import Gate
from hub.store.log import append_all
from hub.store.parcels import Content
from hub.store.work import Work

TIRED: Final = 3
"""Calls in a row that have to be repeated end the run of a registry: the next run tries again."""
HORIZON: Final = timedelta(milliseconds=20)
"""
How far ahead slots of the rate budget are taken: what is on record shall be under way at once, because whoever is killed
in between leaves a create behind of which nobody can know that it was never made.
"""


class Turn:
    """It changes nothing in memory but itself: what it has seen becomes the lane's by `adopted`, after the commit."""

    def __init__(self, lane: Lane, work: Work, *, left: int | None) -> None:
        """`left`: how many more deliveries the run may claim."""
        self.lane, self.hub, self.work, self.left = lane, lane.hub, work, left
        self.now = lane.hub.clock()
        self.window, self.down, self.closed = lane.window, lane.down, lane.closed
        self.ready = [copy(load) for load in lane.waiting]
        self.wake = lane.wake
        self.hungry = False
        self.claimed = 0
        self.entries: list[Entry] = []
        self.calls: list[Call] = []
        self.ended: list[Ended] = []
        self.landed: set[int] = set()

    def run(self, made: Sequence[Made]) -> None:
        """Results first, then the gate, then what goes out next; entries in the order of what they tell."""
        outcomes = self._results(made)
        gate = gates.locked(self.work, self.lane.name)
        gate = gates.heard_all(self.work, self.lane.name, gate, outcomes, now=self.now, actor=self.hub.actor)
        if gate.shut:
            self._stop(gate)
        else:
            self._send(gate)
        append_all(self.work, self.entries)

    def adopted(self) -> list[Call]:
        """The transaction is committed: the lane goes on from here, with these calls under way."""
        lane = self.lane
        for token in self.landed:
            lane.flying.pop(token, None)
        lane.flying.update({token_of(call.key): call.key for call in self.calls})
        lane.waiting, lane.window, lane.down = self.ready, self.window, self.down
        lane.closed, lane.wake, lane.hungry = self.closed, self.wake, self.hungry
        return self.calls

    # what came -----------------------------------------------------------------------------------------------------

    def _results(self, made: Sequence[Made]) -> list[str]:
        """Write them; returns the outcomes of creates, for the breaker."""
        came: list[tuple[Load, Receipt]] = []
        for one in made:
            self.landed.add(token_of(one.call.key))
            if one.call.key is None:
                if one.answer is True:
                    gates.close_breaker(self.work, self.lane.name, now=self.now, actor=self.hub.actor)
            elif isinstance(one.call.key, Look):
                self._looked(one.call.key, one)
            elif one.late:
                self.ready.append(copy(one.call.key))
            else:
                load = copy(one.call.key)
                came.append((load, receipt_of(load.step, one.answer, _error(one))))
        return self._came(came)

    def _came(self, received: Sequence[tuple[Load, Receipt]]) -> list[str]:
        came = self._with_numbers_of_their_own(received)
        doubtful = [load.delivery.id for load, receipt in came if receipt.outcome in ("retry", "unknown")]
        since = attempts.first_tries(self.work, doubtful)
        endings = []
        for load, receipt in came:
            standing = load.standing(self.lane.config, since.get(load.delivery.id))
            result = after(load.step, standing, receipt, now=self.now, chance=self.hub.random)
            endings.append(Ending(delivery=load.delivery, attempt=load.attempt, result=result))
        creates = {load.delivery.id: receipt.outcome for load, receipt in came if load.step == "create"}
        kept = self._write(endings, {load.delivery.id: load for load, _ in came})
        return [outcome for number, outcome in creates.items() if number in kept]

    def _with_numbers_of_their_own(self, came: Sequence[tuple[Load, Receipt]]) -> list[tuple[Load, Receipt]]:
        """A create that is answered with another complaint's number, as a gateway's cache does, is unknown."""
        given = [one.registry_id for load, one in came if load.step == "create" and one.registry_id]
        holders = dict(attempts.holders_of(self.work, self.lane.name, given))
        checked = []
        for load, receipt in came:
            mine = load.delivery.complaint
            if load.step == "create" and receipt.registry_id and holders.setdefault(receipt.registry_id, mine) != mine:
                checked.append((load, Receipt(outcome="unknown", code="number_taken", http=receipt.http)))
            else:
                checked.append((load, receipt))
        return checked

    def _write(self, endings: Sequence[Ending], loads: Mapping[int, Load]) -> set[int]:
        """Results with what belongs to them; of what is no longer ours nothing is written, it is only told of."""
        kept, told = attempts.finish_all(self.work, endings, now=self.now, actor=self.hub.actor)
        self.entries += told
        for ending in endings:
            delivery, result = ending.delivery, ending.result
            if delivery.id not in kept:
                self.ended.append(_stale(delivery, result, self.lane.name))
                continue
            load = loads.get(delivery.id)
            self._with(delivery, result, load)
            self._pace(result)
            if load is not None and result.keep:
                load.moved(result)
                self.ready.append(load)
            else:
                self.ended.append(_where(delivery, result))
        return kept

    def _with(self, delivery: Delivery, result: Result, load: Load | None) -> None:
        """What else changes with a result."""
        if load is not None and result.step == "files" and load.uploading:
            if result.receipt.outcome == "done":
                parcels.keep_file_ids(self.work, load.uploading, result.receipt.file_ids[: len(load.uploading)])
            elif result.act == "refused":
                parcels.refuse_files(self.work, load.uploading, result.receipt.code)
        if result.state == "refused":
            # it will never arrive, so whoever stood behind it goes in its place
            lost, name = delivery.complaint, self.lane.name
            deliveries.queue_repeats(self.work, lost, registry=name, now=self.now, actor=self.hub.actor)

    def _pace(self, result: Result) -> None:
        """More calls at a time while they are done, one where the registry is in trouble, none where it stays so."""
        if seconds := asked(result.receipt):
            gates.hold_back(self.work, self.lane.name, self.now + timedelta(seconds=seconds))
        if result.step is None:
            return
        failed = speaks_of_registry(result)
        if failed or result.act == "unknown":
            self.window = 1
        elif result.receipt.outcome == "done":
            self.window = min(self.window * 2, self.lane.width)
        self.down = self.down + 1 if failed else 0
        self.closed = self.closed or self.down >= TIRED

    def _looked(self, look: Look, made: Made) -> None:
        if made.late:
            attempts.let_go(self.work, look.deliveries)
            return
        results = follows(self.work, self.lane.config, look, made, now=self.now, chance=self.hub.random)
        endings = [Ending(delivery=one, attempt=None, result=result) for one, result in results]
        kept, told = attempts.finish_all(self.work, endings, now=self.now, actor=self.hub.actor)
        self.entries += told
        self.ended += [_where(one, result) for one, result in results if one.id in kept]
        self._pace(results[0][1])

    # what goes out -------------------------------------------------------------------------------------------------

    def _stop(self, gate: Gate) -> None:
        """Paused, or the breaker is open: what waits between two steps is free again, and one worker may probe."""
        self._free()
        self.closed = True
        if self.lane.flying.keys() - self.landed or gate.paused_by is not None:
            return
        if gates.take_probe(self.work, self.lane.name, now=self.now):
            self.closed = self.lane.closed
            self.calls.append(Call(registry=self.lane.name, key=None, slot=self.now + self.lane.lead, make=_lives))

    def _send(self, gate: Gate) -> None:
        """As many calls as window and rate budget allow: first what is under way, then look-ups, then what waits."""
        lane = self.lane
        room = self._room()
        start = self.now + lane.lead
        slots = gates.slots(gate, now=start, until=start + HORIZON, spacing=lane.spacing, count=room)
        going, self.ready = self.ready[: len(slots)], self.ready[len(slots) :]
        looks = self._looks(len(slots) - len(going))
        going += self._claim(len(slots) - len(going) - len(looks))
        self._launch(going, looks, slots)
        used = slots[: len(self.calls)]
        gates.taken(self.work, lane.name, used, lane.spacing)
        self.wake = None
        if len(used) == len(slots) < room and (self.ready or not self.closed):
            self._wait_until(slots[-1] + lane.spacing if slots else max(gate.next_slot_at or start, start))

    def _room(self) -> int:
        """
        Calls that may begin: as many as there are lines, and so many more as end before the next turn.

        Those beyond wait a moment, and only calls that can be repeated may do that.
        """
        flying = [key for token, key in self.lane.flying.items() if token not in self.landed]
        patient = sum(1 for key in [*flying, *self.ready] if not _is_create(key))
        beyond = min(self.lane.spare, patient) if self.window == self.lane.width else 0
        return max(self.window + beyond - len(flying), 0)

    def _wait_until(self, slot: Any) -> None:
        """The next slot is worth waiting for, or it is the next run's."""
        if (slot - self.now).total_seconds() <= PATIENCE:
            self.wake = max(slot - HORIZON, self.now)
            return
        self.closed, self.hungry = True, False
        self._free()

    def _free(self) -> None:
        """Give back what waits between two steps; an attempt on record whose call was not made says so."""
        attempts.let_go(self.work, [load.delivery for load in self.ready if load.attempt is None])
        receipt = Receipt(outcome="retry", code="not_sent")
        unsent = [load for load in self.ready if load.attempt is not None]
        self.ready, self.wake = [], None
        endings = []
        for load in unsent:
            result = Result(act="postponed", state=load.state, receipt=receipt, tries=load.tries)
            endings.append(Ending(delivery=load.delivery, attempt=load.attempt, result=result))
        self._write(endings, {})

    def _looks(self, count: int) -> list[Look]:
        lane = self.lane
        if count <= 0 or self.closed or not can_ask(lane.config, lane.client):
            return []
        return asking(self.work, self.hub, lane.config, names=lane.names, now=self.now, count=count)

    def _claim(self, count: int) -> list[Load]:
        """New deliveries that have something to be called; the others are settled at once."""
        count = count if self.left is None else min(count, self.left)
        if count <= 0 or self.closed:
            return []
        lane, hub = self.lane, self.hub
        found = attempts.claim(self.work, lane.name, names=lane.names, holder=hub.holder, now=self.now, count=count)
        self.claimed = len(found)
        filed = [(one.complaint, sealed.item) for one, sealed in found if sealed.has_files and sealed.item is not None]
        files = parcels.files(self.work, *zip(*filed, strict=True)) if filed else {}
        loads: dict[int, Load] = {}
        endings: list[Ending] = []
        for delivery, sealed in found:
            load, result = self._loaded(delivery, sealed, files)
            if load is not None:
                loads[delivery.id] = load
            if result is not None:
                endings.append(Ending(delivery=delivery, attempt=None, result=result))
        self._write(endings, {})
        settled = {ending.delivery.id for ending in endings}
        self.hungry = bool(settled)
        return [load for number, load in loads.items() if number not in settled]

    def _loaded(
        self, delivery: Delivery, sealed: Content, files: Mapping[int, Sequence[Any]]
    ) -> tuple[Load | None, Result | None]:
        """What is to be carried, or what follows where nothing can be called."""
        try:
            mine = files.get(sealed.item, ()) if sealed.item is not None else ()
            load = Load.of(delivery, unsealed(self.hub, self.lane.config, delivery, sealed, mine))
            return load, at_once(load, self.now)
        except Erased:
            return None, refused_as_erased()
        except Exception as error:  # the edge of one delivery: it must not hold up the others
            return None, self._poison(delivery, error)

    def _poison(self, delivery: Delivery, error: Exception) -> Result:
        at = Standing(state=delivery.state, registry_id=delivery.registry_id, tries=delivery.tries)
        return poisoned(at, error)

    def _launch(self, loads: Sequence[Load], looks: Sequence[Look], slots: Sequence[Any]) -> None:
        """Put the calls on record; those whose lease has passed on are not made."""
        free = iter(slots)
        ready = self._made_ready(loads)
        openings = [opening for _, opening, _ in ready]
        sha, now, actor = self.lane.config.sha256, self.now, self.hub.actor
        numbers, told = attempts.open_all(self.work, openings, now=now, actor=actor, registry_sha256=sha)
        self.entries += told
        for load, _, make in ready:
            if load.delivery.id in numbers:
                load.attempt = numbers[load.delivery.id]
                create = load.attempt if load.step == "create" else None
                call = Call(registry=self.lane.name, key=load, slot=next(free), make=make, create=create)
                self.calls.append(call)
            else:
                self.ended.append(Ended(state="stale", delivery=load.delivery))
        for look in looks:
            make = question(self.lane.config, look)
            self.calls.append(Call(registry=self.lane.name, key=look, slot=next(free), make=make))

    def _made_ready(self, loads: Sequence[Load]) -> list[tuple[Load, Opening, Any]]:
        ready, endings = [], []
        for load in loads:
            load.step = load.next_step() or "route"
            try:
                sealed = self._files_of(load)
                ready.append((load, load.opening(self.hub, self.lane.config), call_of(self.hub, load, sealed)))
            except Exception as error:  # the edge of one delivery
                result = self._poison(load.delivery, error)
                endings.append(Ending(delivery=load.delivery, attempt=load.attempt, result=result))
        self._write(endings, {})
        return ready

    def _files_of(self, load: Load) -> dict[int, bytes]:
        rows = load.to_upload() if load.step == "files" and load.state == "queued" else []
        return {row.id: parcels.file_bytes(self.work, row.id) for row in rows}


def token_of(key: Load | Look | None) -> int:
    """By which a call is known while it is under way."""
    if key is None:
        return 0
    return key.delivery.token if isinstance(key, Load) else key.deliveries[0].token


def _is_create(key: Load | Look | None) -> bool:
    return isinstance(key, Load) and key.next_step() == "create"


def _error(made: Made) -> Exception | None:
    return made.error if isinstance(made.error, Exception) else None


def _lives(registry: Registry) -> bool:
    try:
        return registry.alive()
    except Exception:  # the edge: whatever a probe meets, the breaker stays open
        return False


def _where(delivery: Delivery, result: Result) -> Ended:
    word = result.state
    if result.act == "postponed" and result.state != "needs_human":
        word = "postponed"
    elif result.step == "look" and result.state != "needs_human":
        word = result.receipt.code
    return Ended(state=word, delivery=delivery, code=result.receipt.code)


def _stale(delivery: Delivery, result: Result, registry: str) -> Ended:
    note = f"Complaint {delivery.complaint}: {result.step or 'its'} result came after the lease had ended"
    number = result.receipt.registry_id if result.step == "create" else None
    found = f"; it is {number} at {registry}, say so with satupintu resolve" if number else ""
    return Ended(state="stale", delivery=delivery, code=result.receipt.code, note=f"{note}{found}.")
