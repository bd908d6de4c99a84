"""Forward: carry what is due from the outbox to the registries, many at a time, and never say anything twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from hub import departures, mine
from hub.calling import AtOnce, Calling, OneByOne
from hub.lanes import Ended, Lane
from hub.model import Tally
from hub.outcome import code_of
from hub.registry.wording import marker
from hub.sending import send
from hub.spine import Hub
from hub.store import deliveries, gates, masters, resolutions
from hub.store.deliveries import LEASE
from hub.store.gates import SILENCE, Gate
from hub.store.work import Work

NAMED: Final = 20
"""Complaints that a tally names; more are counted."""
ADVICE: Final = "satupintu resolve {id} --registry-id N --by WHO, or --absent --by WHO where it is not there"


def forward(
    hub: Hub, names: Sequence[str] = (), *, limit: int | None = None, calling: Callable[[Hub], Calling] | None = None
) -> Tally:
    """
    Send until nothing is due, to all registries side by side; one that is dead, or a poisonous delivery, holds no other up.

    `names` limits to connectors, `limit` to so many deliveries; `calling` makes the calls, by default in threads.
    `halted`: something waits behind a paused registry, an open breaker, or a log that cannot be sealed.
    """
    with hub.store.begin() as work:
        stuck = gates.unsealed_since(work)
        registries = gates.names(work)
    if stuck is not None and hub.clock() - stuck > SILENCE:
        since = _utc(stuck)
        what = f"Nothing is sent: sealing the audit log fails and entries since {since} have no place in it."
        return Tally(verb="forward", halted=True, notes=(f"{what} Run 'satupintu seal' and repair what it says.",))
    run = _Run(hub=hub, only=names)
    lanes = [lane for name in registries if (lane := run.lane(name)) is not None]
    alone = len(lanes) == 1 and lanes[0].width == 1
    folder = hub.settings.departures_folder
    departures.tidy(folder)
    with departures.departures(folder, hub.holder) as notes:
        line = calling(hub) if calling else (OneByOne if alone else AtOnce)(hub, notes)
        send(hub, lanes, calling=line, limit=limit, ended=run.count)
    for name in registries:
        run.standing(name)
    return run.tally()


@dataclass(slots=True, kw_only=True)
class _Run:
    """What came of one run over all registries."""

    hub: Hub
    only: Sequence[str]
    words: Counter[str] = field(default_factory=Counter)
    named: list[str] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    halted: bool = False

    def lane(self, name: str) -> Lane | None:
        """The way to one registry; None, and a sentence, where there is none."""
        self._interrupted(name)
        config = self.hub.registries.good.get(name)
        if config is None:
            return None
        if config.connect_timeout + config.read_timeout >= LEASE - timedelta(minutes=1):
            self.notes.append(f"{name}: its timeouts are longer than a lease; make them shorter than nine minutes.")
            return None
        try:
            client = self.hub.registry(name)
        except Exception as error:  # the edge: it holds no other registry up
            self.notes.append(f"{name} cannot be used ({code_of(error)}); look at registries/{name}.yaml.")
            return None
        return Lane(hub=self.hub, config=config, names=self.only, client=client, width=config.threads)

    def _interrupted(self, name: str) -> None:
        """What a killed process left behind; where a create has left nobody knows what it did."""
        config, now, actor = self.hub.registries.good.get(name), self.hub.clock(), self.hub.actor
        with self.hub.store.begin() as work:
            folder = self.hub.settings.departures_folder
            left, lives = partial(departures.left, folder), partial(departures.lives, folder)
            lost = deliveries.interrupted(work, name, left=left, lives=lives, now=now, actor=actor)
            if config is not None:  # what is sent now has these numbers
                masters.keep_tables(
                    work, registry=name, sha256=config.sha256, tables=config.tables, now=now, actor=actor
                )
        for complaint, holder in lost:
            if holder is None:
                self._said("unknown", "interrupted", str(complaint), name)
            else:
                self.words["unknown"] += 1
                self.named.append(f"Complaint {complaint} (unknown, interrupted): {departures.stands(holder)}")

    def count(self, ended: Ended) -> None:
        """One delivery has come as far as it comes in this run."""
        self.notes += [ended.note] if ended.note else []
        self._said(ended.state, ended.code, str(ended.delivery.complaint), ended.delivery.registry)

    def _said(self, state: str, code: str, complaint: str, registry: str) -> None:
        self.words[state] += 1
        config = self.hub.registries.good.get(registry)
        looks = state == "unknown" and config is not None and config.lookup != "none"
        if state in ("unknown", "needs_human") and not looks:
            self.named.append(
                f"Complaint {complaint} ({state}, {code}): look for {marker(complaint)} at {registry}, "
                f"then {ADVICE.format(id=complaint)}."
            )
        elif state == "refused":
            self.notes.append(f"Complaint {complaint} was refused by {registry} ({code}).")

    # what is not sent ----------------------------------------------------------------------------------------------

    def standing(self, name: str) -> None:
        """A word about what waits for one registry."""
        if name not in self.hub.registries.good:
            self._unknown_registry(name)
            return
        now = self.hub.clock()
        with self.hub.store.begin() as work:
            gate = gates.gate(work, name)
            waiting = gates.waiting(work, name, only=self.only, now=now)
            undecided = gates.undecided(work, name, only=self.only)
        self.notes += [self._doubt(name, state, count) for state, count in undecided.items()]
        if sum(one.count for one in waiting) and (gate.paused_by or gate.opened_at):
            self.halted = True
            self.notes.append(_closed(name, gate, sum(one.count for one in waiting)))
            return
        self.owed += [
            f"{one.count} wait for {name} ({one.code or 'queued'}), next try at {_utc(max(one.next_at, now))}."
            for one in waiting
        ]

    def _doubt(self, name: str, state: str, count: int) -> str:
        if state == "unknown" and self.hub.registries.good[name].lookup != "none":
            return f"{name}: {count} unknown; the hub looks for them itself when its slowest commit has passed."
        return f"{name}: {count} {state} wait for a person."

    def _unknown_registry(self, name: str) -> None:
        with self.hub.store.begin() as work:
            waiting = gates.waiting(work, name, only=self.only, now=self.hub.clock())
        if count := sum(one.count for one in waiting):
            self.owed.append(f"{count} wait for {name}, which has no usable file in {self.hub.settings.registries}.")

    def tally(self) -> Tally:
        """The run in counts and sentences."""
        more = len(self.named) - NAMED
        extra = [f"… and {more} more: 'satupintu deliveries' names them."] if more > 0 else []
        return Tally(
            verb="forward",
            done=self.words["confirmed"],
            words={word: count for word, count in self.words.items() if count},
            owed=tuple(self.owed),
            notes=(*self.named[:NAMED], *extra, *self.notes),
            halted=self.halted,
        )


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _closed(name: str, gate: Gate, count: int) -> str:
    if gate.paused_by:
        since = f" since {_utc(gate.paused_at)}" if gate.paused_at else ""
        return f"{name} is paused by {gate.paused_by}{since} ({gate.because or 'no reason given'}); {count} wait."
    probe = f"{_utc(gate.probe_at)}" if gate.probe_at else "the next run"
    return f"{name} does not say what it did (breaker open); {count} wait, the next question is asked at {probe}."


# by a person -------------------------------------------------------------------------------------------------------


def resolve(hub: Hub, number: str, *, registry_id: str | None = None, absent: bool = False, by: str) -> Tally:
    """
    A person says what became of a delivery that nobody knows about: it is there under this number, or it is not.

    `number`: a delivery's number or a complaint's id. Found, the other steps follow; absent, it is sent again.
    """
    wrong = _wrong(registry_id, absent, by)
    if wrong:
        return _not_done("resolve", wrong)
    now = hub.clock()
    with hub.store.begin() as work:
        rows = resolutions.to_resolve(work, number)
        if not rows:
            return _not_done("resolve", f"There is no delivery or complaint {number} on the way.")
        wrong = _unfit(hub, work, rows[0], registry_id) or (_on_its_way(hub, work, rows[0], now) if absent else None)
        if wrong:
            return _not_done("resolve", wrong)
        state = "queued" if absent else "confirmed" if rows[0].registry_id else "created"
        resolutions.resolve(work, rows[0], state=state, registry_id=registry_id, by=by.strip(), now=now)
    return Tally(verb="resolve", done=1, words={"absent" if absent else "found": 1})


def _wrong(registry_id: str | None, absent: bool, by: str) -> str | None:
    if (registry_id is None) != absent:
        return "Say either --registry-id N, where the registry has it, or --absent, where it has not."
    if registry_id is not None and not re.fullmatch(r"[1-9][0-9]{0,19}", registry_id):
        return "The registry's number has digits only."
    return None if by.strip() else "Say with --by who has looked."


def _unfit(hub: Hub, work: Work, row: Any, registry_id: str | None) -> str | None:
    if row.state not in ("unknown", "needs_human"):
        return f"The delivery of complaint {row.complaint} is {row.state}; there is nothing to resolve."
    if row.registry_id is not None and registry_id != row.registry_id:
        return (
            f"{row.registry} has confirmed complaint {row.complaint} as {row.registry_id}; only that can be said of it."
        )
    other = resolutions.holder_of(work, row.registry, registry_id) if registry_id else None
    if other is not None and other != row.complaint:
        whose = "another complaint" if mine.foreign(hub, [str(other)]) else f"complaint {other}"
        return f"{row.registry} {registry_id} is {whose} already; look again for {marker(str(row.complaint))}."
    return None


def _on_its_way(hub: Hub, work: Work, row: Any, now: datetime) -> str | None:
    """Nobody can have seen that it is absent while the process that sends it may go on."""
    if row.holder is None:
        return None
    lives = partial(departures.lives, hub.settings.departures_folder)
    if row.id not in deliveries.outlived(work, row.registry, lives=lives, now=now):
        return f"Complaint {row.complaint}: {departures.stands(row.holder)}"
    return f"Complaint {row.complaint}: {departures.ended_since(row.registry)}"


def pause(hub: Hub, registry: str, *, by: str, because: str) -> Tally:
    """Stop all sending to a registry, in every process, until `resume`; calls that run now end by themselves."""
    return _switch(hub, registry, by, because, verb="pause")


def resume(hub: Hub, registry: str, *, by: str, because: str) -> Tally:
    """Let sending to a registry go on."""
    return _switch(hub, registry, by, because, verb="resume")


def _switch(hub: Hub, registry: str, by: str, because: str, *, verb: str) -> Tally:
    config = hub.registries.good.get(registry)
    now: datetime = hub.clock()
    if not by.strip() or not because.strip():
        return _not_done(verb, "Say with --by who decides it and with --because why.")
    with hub.store.begin() as work:
        if config is not None:
            deliveries.known(work, config.name, config.sha256, now)
        elif registry not in gates.names(work):
            return _not_done(verb, f"There is no registry '{registry}'.")
        change = gates.pause if verb == "pause" else gates.resume
        changed = change(work, registry, by=by.strip(), because=because.strip(), now=now)
    note = () if changed else (f"{registry}: nothing to {verb}.",)
    return Tally(verb=verb, done=int(changed), notes=note)


def _not_done(verb: str, why: str) -> Tally:
    return Tally(verb=verb, failed=1, notes=(why,))
