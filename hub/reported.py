"""What a registry reported about one complaint becomes events, a status, answers on their way and one entry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub import answers, texts
from hub.audit.entry import Entry, many
from hub.model import Change
from hub.privacy import DataKey
from hub.registry.wording import marker
from hub.routing import RegistryConfig, hub_status
from hub.spine import Hub
from hub.standing import latest, next_look
from hub.store import replies, statuses
from hub.store.log import append
from hub.store.statuses import Event, Followed, NewEvent
from hub.store.work import Work
from schemas.words import BY, TERMINAL

_COUNTED: Final = {"status": "statuses", "disposition": "dispositions", "follow_up": "follow_ups"}
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One complaint whose registry has answered."""

    hub: Hub
    one: Followed
    config: RegistryConfig
    now: datetime
    words: Counter[str] = field(default_factory=Counter)
    foreign: set[str] = field(default_factory=set)
    """Status names that the registry's table does not know."""

    def record(self, work: Work, changes: Sequence[Change]) -> None:
        """Write what is new in the caller's transaction; reporting the same again changes nothing but the next look."""
        before = statuses.hold(work, self.one.id)
        known = statuses.events(work, self.one.complaint)
        fresh, commitments = self._store(work, changes, {event.digest for event in known})
        deciding = latest([*known, *(new.event for new in fresh.values())])
        status = deciding.status if deciding else None
        again = next_look(self.now, self.one.queued_at, deciding)
        statuses.stand(work, self.one.id, status, now=self.now, again=again)
        told = replies.told(work, self.one.complaint) if fresh else set()
        for number in answering(fresh, deciding, before, told):
            digest = fresh[number].event.digest
            self.words.update(answers.queue(self.hub, work, self.one.complaint, number, digest, status, self.now))
        if fresh:
            append(work, self._entry(list(fresh.values()), status, commitments))

    def _store(self, work: Work, changes: Sequence[Change], known: set[bytes]) -> tuple[dict[int, NewEvent], list[str]]:
        """What was not known yet, by its number in the store and in the order of its stamps; commitments to its texts."""
        one = self.one
        key = self.hub.vault.unwrap(one.key_id, one.wrapped) if one.key_id and one.wrapped else None
        fresh: dict[int, NewEvent] = {}
        commitments: list[str] = []
        for change in sorted(changes, key=_age):
            digest = self.hub.vault.mac("event", _identity(change))
            if digest in known or self._is_echo(change):
                continue
            new, commitment = self._event(change, digest, key)
            if (number := statuses.add(work, one, new)) is not None:
                fresh[number] = new
                commitments += [commitment] if commitment else []
                self._count(work, new)
        return fresh, commitments

    def _is_echo(self, change: Change) -> bool:
        """Our own words come round again: the complaint as we sent it, or an answer that a portal passed on."""
        if change.what != "follow_up":
            return False
        ours = change.by != "agency" and marker(str(self.one.complaint)) in change.text
        return ours or texts.is_ours(change.text)

    def _event(self, change: Change, digest: bytes, key: DataKey | None) -> tuple[NewEvent, str | None]:
        sealed, commitment = None, None
        if change.text and key:
            sealed, commitment = self.hub.vault.seal(key, f"event:{digest.hex()}", _bytes(change.text))
        event = Event(
            what=change.what,
            status=hub_status(self.config, change.name) or "unknown" if change.what == "status" else None,
            at=_aware(change),
            seen_at=self.now,
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

    def _count(self, work: Work, new: NewEvent) -> None:
        self.words[_COUNTED[new.event.what]] += 1
        if new.event.status == "unknown":
            name = new.foreign_name or "?"
            self.words["unknown_status"] += 1
            self.foreign.add(name)
            statuses.review(work, self.one, _slug(name), name, self.now)

    def _entry(self, fresh: Sequence[NewEvent], status: str | None, commitments: Sequence[str]) -> Entry:
        """Ids, codes and counts; the texts are only committed to."""
        seen = [new.event.status for new in fresh if new.event.status]
        return Entry(
            act="followed",
            at=self.now,
            actor=self.hub.actor,
            connector=str(self.one.connector),
            region=self.one.region,
            complaint=str(self.one.complaint),
            code=status,
            registry=self.one.registry,
            registry_id=self.one.registry_id,
            count=len(fresh),
            commitment=many(commitments) if commitments else None,
            detail={"statuses": seen, "follow_ups": sum(new.event.what == "follow_up" for new in fresh)},
        )


def answering(
    fresh: Mapping[int, NewEvent], deciding: Event | None, before: str | None, told: Collection[str]
) -> list[int]:
    """
    Which of the fresh events the reporter is told of, in their order.

    An agency's own words always, and why a complaint was turned away. The bare news that it is finished only where no
    other answer says so: none goes out now, and none went out while it stood there before. `before` is where the
    complaint stood until now, `told` the statuses in which the reporter has been answered.
    """
    words = {number for number, new in fresh.items() if _is_answer(new)}

    def tells(number: int, new: NewEvent) -> bool:
        if number in words or not _is_end(new.event, deciding, before):
            return number in words
        return _says_why(new) or not (words or new.event.status in told)

    return [number for number, new in fresh.items() if tells(number, new)]


def _is_answer(new: NewEvent) -> bool:
    return new.event.what == "follow_up" and new.event.by == "agency" and new.text_enc is not None


def _is_end(event: Event, deciding: Event | None, before: str | None) -> bool:
    return event is deciding and event.status in TERMINAL and event.status != before


def _says_why(new: NewEvent) -> bool:
    return new.event.status in answers.REASONED and new.text_enc is not None


def _identity(change: Change) -> bytes:
    """What makes two reports the same event; each part with its length, so that no two different ones look alike."""
    parts = (change.what, change.name, change.stamp, change.text, change.foreign_id or "")
    return b"".join(f"{len(raw)}:".encode() + raw for raw in map(_bytes, parts))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _aware(change: Change) -> datetime | None:
    """The registry's time; one without a zone is no time."""
    return change.at if change.at and change.at.utcoffset() is not None else None


def _age(change: Change) -> tuple[bool, float]:
    at = _aware(change)
    return at is None, at.timestamp() if at else 0.0


def _plain(text: str | None) -> str | None:
    """A foreign code on one line, no longer than a code can be; PostgreSQL holds neither NUL nor half characters."""
    whole = (text or "").encode("utf-8", "replace").decode()
    return "".join(one for one in whole if one.isprintable())[:_LONGEST] or None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "unnamed"
