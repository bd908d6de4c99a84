"""The way back: what the registry says about complaints becomes events, a status, and answers for the reporters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from connectors.errors import ChannelError, Unavailable
from hub import answers, texts
from hub.audit.entry import Entry, many
from hub.model import Change, Tally
from hub.privacy import DataKey
from hub.routing import hub_status
from hub.spine import Hub
from hub.standing import later, latest, next_look, standing
from hub.store import statuses
from hub.store.log import append
from hub.store.statuses import Event, Followed, NewEvent
from hub.store.work import Work
from schemas.words import BY, TERMINAL

__all__ = ["follow", "standing"]

BATCH: Final = 20
"""Deliveries taken at once; all of them are asked about well within CLAIM."""
CLAIM: Final = timedelta(minutes=30)
MOST: Final = 2_000
"""Changes read of one complaint: a registry that pages in a circle ends here."""
TIRED: Final = 5
"""Failures in a row after which a registry is left alone until the next run."""


@dataclass(slots=True, kw_only=True)
class _Round:
    """What one run has learnt so far."""

    now: datetime
    words: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Failures in a row by registry."""
    silent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Complaints that could not be asked about, by registry and code, to be tried again."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The same where a person has to act."""
    foreign: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Status names that no table knows, by registry."""

    def tired(self) -> list[str]:
        return [name for name, failures in self.failures.items() if failures >= TIRED]


def follow(hub: Hub, names: Collection[str] = ()) -> Tally:
    """
    Ask the registries about every complaint whose turn it is, then hand the answers to the reporters.

    `names` limits the asking to complaints of these connectors. One complaint that cannot be read never holds up another.
    """
    turn = _Round(now=hub.clock())
    while batch := _claim(hub, turn, names):
        for one in batch:
            _look(hub, turn, one)
    with hub.store.begin() as work:
        paused = statuses.paused(work, turn.now)
    notes = [f"{row.name} is paused; {row.waiting} complaints were not asked about." for row in paused]
    return _together(_tally(turn, notes), answers.answer(hub))


def _claim(hub: Hub, turn: _Round, names: Collection[str]) -> list[Followed]:
    with hub.store.begin() as work:
        return statuses.claim(
            work, now=turn.now, until=turn.now + CLAIM, names=names, skip=turn.tired(), limit=BATCH
        )


def _look(hub: Hub, turn: _Round, one: Followed) -> None:
    if turn.failures[one.registry] >= TIRED:
        _postpone(hub, one, turn.now)
        return
    try:
        changes = list(islice(hub.registry(one.registry).changes(one.registry_id), MOST))
    except Exception as error:  # the edge of the step: whatever one complaint's answer is, the others go on
        _failed(hub, turn, one, error)
        return
    turn.failures[one.registry] = 0
    turn.words["asked"] += 1
    with hub.store.begin() as work:
        _record(hub, work, turn, one, changes)


def _failed(hub: Hub, turn: _Round, one: Followed, error: Exception) -> None:
    known = error if isinstance(error, ChannelError) else Unavailable(code="unreadable")
    turn.failures[one.registry] += 1
    kind = turn.silent if isinstance(known, Unavailable) else turn.refused
    kind[one.registry, known.code] += 1
    _postpone(hub, one, later(turn.now, one.queued_at, one.checked_at, known.retry_after))


def _postpone(hub: Hub, one: Followed, again: datetime) -> None:
    with hub.store.begin() as work:
        statuses.postpone(work, one.id, again)


def _record(hub: Hub, work: Work, turn: _Round, one: Followed, changes: Sequence[Change]) -> None:
    """Events, status, answers and entry of one complaint, in the caller's transaction."""
    before = statuses.hold(work, one.id)
    known = statuses.events(work, one.complaint)
    fresh, commitments = _store(hub, work, turn, one, changes, {event.digest for event in known})
    deciding = latest([*known, *(new.event for new in fresh.values())])
    status = deciding.status if deciding else None
    again = next_look(turn.now, one.queued_at, deciding)
    statuses.stand(work, one.id, status, now=turn.now, again=again)
    if not fresh:
        return
    for number, new in fresh.items():
        if _answers(new, deciding, before):
            turn.words.update(answers.queue(hub, work, one.complaint, number, turn.now))
    append(work, _entry(hub, turn, one, list(fresh.values()), status, commitments))


def _store(
    hub: Hub, work: Work, turn: _Round, one: Followed, changes: Sequence[Change], known: set[bytes]
) -> tuple[dict[int, NewEvent], list[str]]:
    """What was not known yet, by its number in the store, in the order of its stamps; and commitments to its texts."""
    key = hub.vault.unwrap(one.key_id, one.wrapped) if one.key_id and one.wrapped else None
    fresh: dict[int, NewEvent] = {}
    commitments: list[str] = []
    for change in sorted(changes, key=_age):
        digest = _digest(hub, change)
        if digest in known or _is_echo(change, one):
            continue
        new, commitment = _event(hub, turn, one, change, digest, key)
        if (number := statuses.add(work, one, new)) is not None:
            fresh[number] = new
            commitments += [commitment] if commitment else []
            _count(work, turn, one, new)
    return fresh, commitments


def _age(change: Change) -> tuple[bool, float]:
    return _aware(change) is None, at.timestamp() if (at := _aware(change)) else 0.0


def _aware(change: Change) -> datetime | None:
    return change.at if change.at and change.at.utcoffset() is not None else None


def _digest(hub: Hub, change: Change) -> bytes:
    """A keyed hash of what makes it the same event, each part by its length so that no two events look alike."""
    parts = (change.what, change.name, change.stamp, change.text, change.foreign_id or "")
    content = b"".join(f"{len(raw)}:".encode() + raw for raw in (_bytes(part) for part in parts))
    return hub.vault.mac("event", content)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is_echo(change: Change, one: Followed) -> bool:
    """Our own words that come round again: the complaint as we sent it, or an answer of ours shown by a portal."""
    if change.what != "follow_up":
        return False
    return texts.is_ours(change.text) or (change.by == "reporter" and f"[Ref {one.complaint}]" in change.text)


def _event(
    hub: Hub, turn: _Round, one: Followed, change: Change, digest: bytes, key: DataKey | None
) -> tuple[NewEvent, str | None]:
    sealed, commitment = None, None
    if change.text and key:
        sealed, commitment = hub.vault.seal(key, f"event:{digest.hex()}", _bytes(change.text))
    event = Event(
        what=change.what,
        status=_status(hub, one.registry, change.name) if change.what == "status" else None,
        at=_aware(change),
        seen_at=turn.now,
        digest=digest,
        by=change.by if change.by in BY else None,
    )
    new = NewEvent(
        event=event,
        foreign_name=_plain(change.name),
        foreign_id=_plain(change.foreign_id),
        from_institution=_plain(change.from_institution),
        to_institution=_plain(change.to_institution),
        stamp=_plain(change.stamp),
        text_enc=sealed,
    )
    return new, commitment


def _status(hub: Hub, registry: str, name: str) -> str:
    """The hub's word for the registry's own; `unknown` where its table has none, never a guess."""
    return hub_status(hub.registries.good[registry], name) or "unknown"


def _plain(text: str | None) -> str | None:
    """A foreign code on one line and not longer than a code can be; PostgreSQL holds no NUL and no half characters."""
    text = (text or "").encode("utf-8", "replace").decode()
    return "".join(one for one in text if one.isprintable())[:200] or None


def _count(work: Work, turn: _Round, one: Followed, new: NewEvent) -> None:
    turn.words[{"status": "statuses", "follow_up": "follow_ups"}.get(new.event.what, "dispositions")] += 1
    if new.event.status == "unknown":
        turn.words["unknown_status"] += 1
        turn.foreign[one.registry, new.foreign_name or "?"] += 1
        statuses.review(work, one, _slug(new.foreign_name or ""), new.foreign_name or "", turn.now)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "unnamed"


def _answers(new: NewEvent, deciding: Event | None, before: str | None) -> bool:
    """An agency's own words are an answer; so is the news that a complaint is finished, once, even without words."""
    event = new.event
    if event.what == "follow_up":
        return event.by == "agency" and new.text_enc is not None
    return event is deciding and event.status in TERMINAL and event.status != before


def _entry(
    hub: Hub, turn: _Round, one: Followed, fresh: Sequence[NewEvent], status: str | None, commitments: Sequence[str]
) -> Entry:
    seen = [new.event.status for new in fresh if new.event.status]
    return Entry(
        act="followed",
        at=turn.now,
        actor=hub.holder,
        connector=str(one.connector),
        region=one.region,
        complaint=str(one.complaint),
        code=status,
        registry=one.registry,
        registry_id=one.registry_id,
        count=len(fresh),
        commitment=many(commitments) if commitments else None,
        detail={"statuses": seen, "follow_ups": sum(new.event.what == "follow_up" for new in fresh)},
    )


def _tally(turn: _Round, notes: list[str]) -> Tally:
    owed = [
        f"{registry} could not be asked about {count} complaints ({code}); they are asked about again."
        for (registry, code), count in sorted(turn.silent.items())
    ]
    for (registry, code), count in sorted(turn.refused.items()):
        notes.append(f"{registry} refuses to tell about {count} complaints ({code}); look at its key and its list.")
    for (registry, name), count in sorted(turn.foreign.items()):
        notes.append(f"{registry} says '{name}' of {count} complaints, a status that its table does not know; add it.")
    return Tally(
        verb="follow",
        done=turn.words["asked"],
        failed=sum(turn.refused.values()),
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
