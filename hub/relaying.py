"""Forth: what a region says in its own app, and what changes later, goes to the registry once, behind the complaint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from connectors.errors import ChannelError, Unavailable
from connectors.http import last_look
from hub import departures, echoes
from hub.carrying import LONGEST_ASKED, PATIENCE, code_of
from hub.departures import Departures
from hub.model import Change, Receipt, Tally
from hub.privacy import Erased
from hub.registry.port import Registry, TakesFollowUps
from hub.relay_rules import look_at, looked, outcome, room
from hub.relay_text import Call, unsealed
from hub.routing import RegistryConfig
from hub.spine import Hub
from hub.store import gates, relays
from hub.store.deliveries import LEASE
from hub.store.gates import SILENCE
from hub.store.relays import Due, Settled, Waiting
from hub.store.work import Work

GROUP: Final = 8
"""Follow-ups that are sent side by side, one call each; a killed process leaves at most so many of unknown outcome."""
SPARE: Final = timedelta(seconds=30)
"""A call is begun no later than so long before it could outlive its lease."""
TIRED: Final = 3
"""Groups in a row of which nothing arrived end the run of a registry."""
NOTES: Final = "follow_ups"
"""Under this name the numbers of those that have left this process are noted."""
LOOK_CALLS: Final = 2
"""Calls of the rate budget that a look at one complaint costs."""


def relay(hub: Hub, names: Collection[str] = ()) -> Tally:
    """
    Send the follow-ups that are due, registry by registry, side by side; `names` limits to connectors.

    An unknown outcome is never repeated unless the registry shows that it is not there. One complaint's trouble holds up
    its own later follow-ups alone.
    """
    with hub.store.begin() as work:
        stuck = gates.unsealed_since(work)
        registries = gates.names(work)
    if stuck is not None and hub.clock() - stuck > SILENCE:
        return Tally(verb="forward", halted=True)  # forwarding has said why
    with departures.departures(hub.settings.departures_folder, hub.holder, NOTES) as notes:
        runs = [_Run(hub=hub, only=names, name=name, notes_of=notes) for name in registries]
        with ThreadPoolExecutor(max(len(runs), 1)) as side_by_side:
            list(side_by_side.map(_Run.whole, runs))
    words: Counter[str] = Counter()
    for run in runs:
        words += run.words
    return Tally(
        verb="forward",
        words=dict(words),
        owed=tuple(one for run in runs for one in run.owed),
        notes=tuple(one for run in runs for one in run.notes),
    )


_WORDS: Final = {
    "sent": "sent",
    "queued": "postponed",
    "unknown": "unknown",
    "refused": "refused",
    "needs_human": "needs_human",
}


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run over what waits for one registry."""

    hub: Hub
    only: Collection[str]
    name: str
    notes_of: Departures | None
    """What has left this process."""
    words: Counter[str] = field(default_factory=Counter)
    owed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def whole(self) -> None:
        """Free what the dead held, look for what is unknown, send what is due, then a word about what is not."""
        config = self.hub.registries.good.get(self.name)
        if config is not None and config.connect_timeout + config.read_timeout < LEASE - timedelta(minutes=1):
            self._interrupted(config)
            self._look(config)
            self._send(config)
        with self.hub.store.begin() as work:
            waiting = relays.waiting(work, self.name, names=self.only)
        for one in waiting:
            self._tell(one)

    def _interrupted(self, config: RegistryConfig) -> None:
        left, lives = _known(self.hub)
        with self.hub.store.begin() as work:
            at, actor = self.hub.clock(), self.hub.actor
            look = look_at(at, config)
            relays.interrupted(work, self.name, left=left, lives=lives, now=at, look_at=look, actor=actor)

    def _tell(self, one: Waiting) -> None:
        next_at = max(one.next_at, self.hub.clock()).astimezone(UTC)
        if one.code == "no_follow_ups":
            self.notes.append(f"{self.name} takes no follow-ups; {one.count} stay here.")
        elif one.state == "queued":
            when = f"next try at {next_at:%Y-%m-%d %H:%M:%S} UTC"
            self.owed.append(f"{one.count} follow-ups wait for {self.name} ({one.code or 'queued'}), {when}.")
        else:
            advice = "look for their [Ref …] there, then satupintu resolve ID --registry-id N or --absent --by WHO"
            self.notes.append(f"{self.name}: {one.count} follow-ups {one.state} ({one.code or '?'}); {advice}.")

    # sending -------------------------------------------------------------------------------------------------------

    def _send(self, config: RegistryConfig) -> None:
        if not isinstance(self._client(), TakesFollowUps):
            with self.hub.store.begin() as work:
                relays.untaken(work, self.name)
            return
        in_vain, going = 0, True
        with ThreadPoolExecutor(GROUP) as threads:
            while going and in_vain < TIRED:
                group, going = self._group(config, 1 if in_vain else min(GROUP, config.threads))
                receipts = list(threads.map(self._call, group))
                in_vain = in_vain + 1 if self._settled(config, group, receipts) else 0

    def _client(self) -> Registry | None:
        try:
            return self.hub.registry(self.name)
        except Exception as error:  # the edge: it holds no other registry up
            self.notes.append(f"{self.name} cannot be used ({code_of(error)}); look at registries/{self.name}.yaml.")
            return None

    def _group(self, config: RegistryConfig, most: int) -> tuple[list[Call], bool]:
        """Calls that may be made now, all on record, and whether there may be more of them afterwards."""
        hub, now = self.hub, self.hub.clock()
        with hub.store.begin() as work:
            count, last = relays.unclear(work, self.name)
            lists = relays.lists_ours(work, self.name)
            dues = self._claimed(work, "queued", now, room(count, last, now, lists=lists, most=most))
            ready = self._unsealed(work, config, dues, now)
            calls = self._with_slots(work, config, ready, now)
            relays.attempt(work, [one.sent for one in calls], now=now, actor=hub.actor)
        return calls, bool(dues) and len(calls) == len(ready)

    def _claimed(self, work: Work, state: str, now: datetime, most: int) -> list[Due]:
        who = self.hub.holder
        return relays.claim(work, self.name, state=state, names=self.only, holder=who, now=now, most=most)

    def _unsealed(self, work: Work, config: RegistryConfig, dues: Sequence[Due], now: datetime) -> list[Call]:
        """What can be sent, readable; what cannot is settled at once and holds up nobody else."""
        latest = now + LEASE - config.connect_timeout - config.read_timeout - SPARE
        ready: list[Call] = []
        over: list[tuple[Due, Settled]] = []
        for due in dues:
            try:
                if due.known:
                    over.append((due, Settled(state="sent", code="with_complaint")))
                else:
                    ready.append(unsealed(self.hub, work, due, latest))
            except Erased:
                over.append((due, Settled(state="refused", code="erased")))
            except Exception as error:  # the edge of one follow-up
                over.append((due, Settled(state="needs_human", code=code_of(error))))
        if over:
            relays.settle(work, over, now=now, actor=self.hub.actor)
        self.words.update(f"follow_ups_{what.state}" for _, what in over if what.code != "with_complaint")
        return ready

    def _with_slots(self, work: Work, config: RegistryConfig, ready: list[Call], now: datetime) -> list[Call]:
        """Those for which the rate budget has a slot soon; the others are given back."""
        calls: list[Call] = []
        for one in ready:
            spacing = 1 / config.rate
            one.wait = gates.reserve(work, self.name, now=now, spacing=spacing, patience=PATIENCE)
            if one.wait > PATIENCE:
                break
            calls.append(one)
        relays.let_go(work, [one.due for one in ready[len(calls) :]])
        return calls

    def _call(self, one: Call) -> Receipt:
        """One try, noted before it leaves: whoever takes over must not meet a call of ours."""
        if one.wait > 0:
            self.hub.sleep(one.wait)
        if self.notes_of is not None and not self.notes_of.note(one.due.number):
            return Receipt(outcome="retry", code="late")
        try:
            return self._called(one)
        finally:
            if self.notes_of is not None:
                self.notes_of.back(one.due.number)

    def _called(self, one: Call) -> Receipt:
        """What our own code or the line does after it has begun leaves the outcome unknown."""
        if self.hub.clock() > one.latest:  # stopped meanwhile
            return Receipt(outcome="retry", code="late")
        try:
            registry = self.hub.registry(self.name)
            assert isinstance(registry, TakesFollowUps)
            with last_look(lambda: self.hub.clock() <= one.latest):
                return registry.follow_up(one.due.registry_id, one.note)
        except Exception as error:  # the edge of one follow-up
            return Receipt(outcome="unknown", code=code_of(error))

    def _settled(self, config: RegistryConfig, group: Sequence[Call], receipts: Sequence[Receipt]) -> bool:
        """Write what came of a group; True where there was one and nothing of it arrived."""
        now, hub = self.hub.clock(), self.hub
        ended = [
            (one.due, outcome(one.due, receipt, now, config, hub.random))
            for one, receipt in zip(group, receipts, strict=True)
        ]
        asked = max((receipt.retry_after or 0.0 for receipt in receipts), default=0.0)
        with hub.store.begin() as work:
            kept = relays.settle(work, ended, now=now, actor=hub.actor)
            if asked:
                gates.hold_back(work, self.name, now + timedelta(seconds=min(asked, LONGEST_ASKED)))
        self.words.update(f"follow_ups_{_WORDS[what.state]}" for due, what in ended if due.id in kept)
        return bool(group) and not any(one.outcome in ("done", "refused") for one in receipts)

    # looking for what is unknown -----------------------------------------------------------------------------------

    def _look(self, config: RegistryConfig) -> None:
        """Ask the registry what it has of the complaints whose follow-up may or may not have arrived."""
        if (registry := self._client()) is None:
            return
        with self.hub.store.begin() as work:
            now = self.hub.clock()
            dues = self._claimed(work, "unknown", now, GROUP)
            spacing = LOOK_CALLS * max(len(dues), 1) / config.rate
            wait = gates.reserve(work, self.name, now=now, spacing=spacing if dues else 0.0, patience=PATIENCE)
            if wait > PATIENCE:
                relays.let_go(work, dues)
        if not dues or wait > PATIENCE:
            return
        if wait > 0:
            self.hub.sleep(wait)
        for due in dues:
            self._looked(config, due, _reported(registry, due))

    def _looked(self, config: RegistryConfig, due: Due, told: Sequence[Change] | ChannelError) -> None:
        now, hub = self.hub.clock(), self.hub
        with hub.store.begin() as work:
            numbers, unsure = ([], False) if isinstance(told, ChannelError) else self._mine(work, due, told, now)
            what = looked(
                due,
                told if isinstance(told, ChannelError) else None,
                numbers,
                lists=relays.lists_ours(work, self.name) and not unsure,
                now=now,
                chance=hub.random,
            )
            if relays.settle(work, [(due, what)], now=now, actor=hub.actor) and what.state == "sent":
                self.words["follow_ups_sent"] += 1

    def _mine(self, work: Work, due: Due, told: Sequence[Change], now: datetime) -> tuple[list[str | None], bool]:
        """
        The numbers under which the registry shows this very follow-up, and whether it shows what may be this or another.

        What it shows of others of ours is noted.
        """
        found, unsure = list[str | None](), False
        for change in told:
            if change.what != "follow_up":
                continue
            own = echoes.may_be(work, self.hub.vault, self.name, due.complaint, change.text, change.foreign_id)
            echoes.seen(work, own, self.name, change.foreign_id, now=now, actor=self.hub.actor, but=due.id)
            found += [change.foreign_id] if own == [due.id] else []
            unsure = unsure or (due.id in own and len(own) > 1)
        return found, unsure


def _reported(registry: Registry, due: Due) -> Sequence[Change] | ChannelError:
    try:
        return list(registry.changes(due.registry_id))
    except ChannelError as error:
        return error
    except Exception as error:  # the edge of one look
        return Unavailable(code=code_of(error))


# by a person -------------------------------------------------------------------------------------------------------


def resolve(hub: Hub, number: str, *, registry_id: str | None = None, absent: bool = False, by: str) -> Tally | None:
    """
    A person says whether a follow-up of unknown outcome is at the registry; None where there is none of this id.

    `registry_id`: the follow-up's own number there, or the number of its complaint where it has none of its own.
    """
    try:
        own = UUID(number)
    except ValueError:
        return None
    with hub.store.begin() as work:
        row = relays.of_id(work, own)
        if row is None:
            return None
        if (registry_id is None) != absent or not by.strip():
            return _not_done("Say with --by who has looked, and either --registry-id N or --absent.")
        if row.state not in ("unknown", "needs_human"):
            return _not_done(f"Follow-up {number} is {row.state}; there is nothing to resolve.")
        if absent and row.holder is not None:
            return _not_done(_on_its_way(hub, work, row))
        relays.resolve(work, row, found=not absent, number=registry_id, by=by.strip(), now=hub.clock())
    return Tally(verb="resolve", done=1, words={"absent" if absent else "found": 1})


def _on_its_way(hub: Hub, work: Work, row: Any) -> str:
    """Nobody can have seen that it is absent while the process that sends it may go on."""
    _, lives = _known(hub)
    if row.id not in relays.outlived(work, row.registry, lives=lives, look_at=hub.clock()):
        return f"Follow-up {row.id}: {departures.stands(row.holder)}"
    return f"Follow-up {row.id}: {departures.ended_since(row.registry)}"


def _known(hub: Hub) -> tuple[Callable[[str], Collection[int] | None], Callable[[str, int], bool]]:
    """What has left a holder, and whether calls of his may still be on their way."""
    folder = hub.settings.departures_folder
    return partial(departures.left, folder, what=NOTES), partial(departures.lives, folder, what=NOTES)


def _not_done(why: str) -> Tally:
    return Tally(verb="resolve", failed=1, notes=(why,))
