"""The way back: the registries are asked about every complaint whose turn it is, then reporters get their answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from hub import answers
from hub.hearing import feeds, hear
from hub.model import Change, Tally
from hub.registry.port import Registry
from hub.reported import Reported
from hub.spine import Hub
from hub.standing import later, standing
from hub.store import gates, statuses
from hub.store.statuses import Followed
from hub.store.work import StoreUnavailable

__all__ = ["follow", "standing"]

BATCH: Final = 20
"""Deliveries taken at once."""
CLAIM: Final = timedelta(minutes=10)
"""How long nobody else asks about them; a slower run costs a second question and writes nothing twice."""
MOST: Final = 2_000
"""Changes read of one complaint: a registry that pages in a circle ends here."""
TIRED: Final = 5
"""Failures in a row after which a registry is left alone until the next run."""
CALLS: Final = 2
"""Calls that one complaint costs of the registry's rate budget."""
PATIENCE: Final = 60.0
"""Seconds to wait for the registry's rate budget; longer means that it asked for silence."""


class _Silence(Exception):
    """The registry has asked for silence, or others use up its rate budget; nothing was called."""


@dataclass(slots=True, kw_only=True)
class _Round:
    """What one run has learnt so far."""

    now: datetime
    words: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Failures in a row by registry."""
    waiting: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Complaints that are asked about again, by registry and code."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same where a person has to act."""
    foreign: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Complaints in a status that no table knows, by registry and name."""

    unheard: list[str] = field(default_factory=list)
    """Sentences about feeds that could not be read."""

    def tired(self) -> list[str]:
        return [name for name, failures in self.failures.items() if failures >= TIRED]


def follow(hub: Hub, names: Collection[str] = (), *, everything: bool = False) -> Tally:
    """
    Ask the registries about every complaint whose turn it is, then hand the answers to the reporters.

    `names` limits the asking to complaints of these connectors, `everything` asks also where it is not yet time. One
    complaint that cannot be read holds up no other; two runs at once share the work and write nothing twice.
    """
    answers.receipts(hub)  # a reporter hears that his complaint was passed on before he hears what became of it
    turn = _Round(now=hub.clock())
    if everything:
        with hub.store.begin() as work:
            statuses.hasten(work, now=turn.now, names=names)
    turn.unheard += hear(hub, turn.now, lambda registry: _keep_rate(hub, registry, 1))
    while batch := _claim(hub, turn, names):
        for one in batch:
            _look(hub, turn, one)
    with hub.store.begin() as work:
        paused = statuses.paused(work, turn.now)
    notes = [f"{row.name} is paused; {row.waiting} complaints were not asked about." for row in paused]
    return _together(_tally(turn, notes), answers.answer(hub))


def _claim(hub: Hub, turn: _Round, names: Collection[str]) -> list[Followed]:
    until = turn.now + CLAIM
    with hub.store.begin() as work:
        return statuses.claim(work, now=turn.now, until=until, names=names, skip=turn.tired(), limit=BATCH)


def _look(hub: Hub, turn: _Round, one: Followed) -> None:
    """Ask about one complaint and write down what came; whatever goes wrong is this complaint's trouble alone."""
    if turn.failures[one.registry] >= TIRED:
        _postpone(hub, one, turn.now)
        return
    try:
        reported = _ask_and_record(hub, turn, one)
    except StoreUnavailable:
        raise
    except _Silence:
        turn.failures[one.registry] = TIRED
        turn.waiting[one.registry, "rate"] += 1
        _postpone(hub, one, turn.now)
    except Exception as error:  # the edge of the step
        _failed(hub, turn, one, error)
    else:
        turn.failures[one.registry] = 0
        turn.words.update({"asked": 1, **reported.words})
        turn.foreign.update((one.registry, name) for name in reported.foreign)


def _ask_and_record(hub: Hub, turn: _Round, one: Followed) -> Reported:
    config = hub.registries.good.get(one.registry)
    if config is None:
        raise Misconfigured(f"There is no readable file of the registry '{one.registry}'.", code="no_registry")
    client = hub.registry(one.registry)
    if not _keep_rate(hub, one.registry, CALLS):
        raise _Silence
    changes, broken = _heard(client, one.registry_id)
    if broken is not None and not changes:
        raise broken
    reported = Reported(hub=hub, one=one, config=config, now=turn.now, tells=feeds(client) is not None)
    with hub.store.begin() as work:
        reported.record(work, changes)
    if broken is not None:
        turn.waiting[one.registry, broken.code] += 1
        _postpone(hub, one, later(turn.now, one.queued_at, one.checked_at, broken.retry_after))
    return reported


def _heard(client: Registry, number: str) -> tuple[list[Change], ChannelError | None]:
    """What the registry tells, and why it is not all: news that are here are not kept back by those that are not."""
    changes: list[Change] = []
    try:
        for change in islice(client.changes(number), MOST):
            changes.append(change)
    except ChannelError as error:
        return changes, error
    return changes, None


def _keep_rate(hub: Hub, registry: str, calls: int) -> bool:
    """Wait for so many calls of the rate that all workers share; False where that would take too long."""
    with hub.store.begin() as work:
        spacing = calls / hub.registries.good[registry].rate
        wait = gates.reserve(work, registry, now=hub.clock(), spacing=spacing, patience=PATIENCE)
    if 0 < wait <= PATIENCE:
        hub.sleep(wait)
    return wait <= PATIENCE


def _failed(hub: Hub, turn: _Round, one: Followed, error: Exception) -> None:
    known = error if isinstance(error, ChannelError) else Unavailable(code="unreadable")
    turn.failures[one.registry] += 1
    group = turn.waiting if isinstance(known, Unavailable) and not _lasting(known.code) else turn.refused
    group[one.registry, known.code] += 1
    turn.words["refused"] += isinstance(known, Refused)
    if known.retry_after:
        with hub.store.begin() as work:
            gates.hold_back(work, one.registry, hub.clock() + timedelta(seconds=known.retry_after))
    _postpone(hub, one, later(turn.now, one.queued_at, one.checked_at, known.retry_after))


def _lasting(code: str) -> bool:
    """The registry does not know this complaint, or will not tell: asking again soon changes nothing."""
    return code.startswith("http_4") and code not in ("http_408", "http_429")


def _postpone(hub: Hub, one: Followed, again: datetime) -> None:
    with hub.store.begin() as work:
        statuses.postpone(work, one.id, again)


def _tally(turn: _Round, notes: list[str]) -> Tally:
    owed = [
        f"{registry} could not be asked about {count} complaints ({code}); they are asked about again."
        for (registry, code), count in sorted(turn.waiting.items())
    ]
    owed += turn.unheard
    for (registry, code), count in sorted(turn.refused.items()):
        notes.append(
            f"{registry} tells nothing about {count} complaints ({code}); look at its secrets and at their ids."
        )
    for (registry, name), count in sorted(turn.foreign.items()):
        notes.append(f"{registry} says '{name}' of {count} complaints, a status that its table does not know; add it.")
    return Tally(
        verb="follow",
        done=turn.words["asked"],
        failed=turn.words.pop("refused", 0),
        owed=tuple(owed),
        words=dict(turn.words),
        notes=tuple(notes),
    )


def _together(first: Tally, second: Tally) -> Tally:
    return Tally(
        verb=first.verb,
        done=first.done,
        skipped=first.skipped + second.skipped,
        failed=first.failed + second.failed,
        owed=first.owed + second.owed,
        words=Counter(first.words) + Counter(second.words),
        notes=first.notes + second.notes,
    )
