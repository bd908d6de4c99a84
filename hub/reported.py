"""What a registry reported about one complaint becomes events, a status, answers on their way and one entry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub import answers, echoes, passed_on, texts
from hub.audit.entry import Entry, many
from hub.model import Change
from hub.news import news
from hub.privacy import DataKey
from hub.registry.wording import marker
from hub.routing import RegistryConfig, hub_status
from hub.sent import is_letter
from hub.spine import Hub
from hub.standing import RARELY, latest, next_look, standing
from hub.store import statuses
from hub.store.log import append
from hub.store.statuses import Event, Followed, NewEvent
from hub.store.work import Work
from schemas.words import BY

_COUNTED: Final = {"status": "statuses", "disposition": "dispositions", "follow_up": "follow_ups"}
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One complaint whose registry has answered."""

    hub: Hub
    one: Followed
    config: RegistryConfig
    now: datetime
    tells: bool = False
    """The registry tells by itself what has news: then it is asked once a day, lest something was left out."""
    words: Counter[str] = field(default_factory=Counter)
    foreign: set[str] = field(default_factory=set)
    """Status names that the registry's table does not know."""
    told: dict[int, Change] = field(default_factory=dict)
    """What was new, by its number in the store."""

    def record(self, work: Work, changes: Sequence[Change]) -> None:
        """Write what is new in the caller's transaction; reporting the same again changes nothing but the next look."""
        statuses.hold(work, self.one.id)
        known = statuses.events(work, self.one.complaint)
        fresh, commitments = self._store(work, changes, {event.digest for event in known})
        deciding = latest([*known, *(new.event for new in fresh.values())])
        status = deciding.status if deciding else None
        again = next_look(self.now, self.one.queued_at, deciding)
        if again and self.tells:
            again = max(again, self.now + RARELY)
        statuses.stand(work, self.one.id, status, now=self.now, again=again)
        self._tell(work, known, fresh)
        passed_on.flag(self.hub, work, self.one, self.config, [self.told[number] for number in fresh], self.now)
        if fresh:
            append(work, self._entry(list(fresh.values()), status, commitments))

    def _tell(self, work: Work, known: Sequence[Event], fresh: Mapping[int, NewEvent]) -> None:
        """
        Put on its way what is news; each with where the complaint stands now that it is known.

        Whoever is told one after the other so ends where the registry is, also where an old one comes late.
        """
        if self.one.wrapped is None:  # erased: there is nobody left to tell
            return
        so_far, told = list(known), set(news(known, fresh))
        for number, new in fresh.items():
            so_far.append(new.event)
            if number in told:
                status = standing(so_far) or None
                args = (self.one.complaint, number, new.event.digest, status, self.now)
                self.words.update(answers.queue(self.hub, work, *args, what=new.event.what))

    def _store(self, work: Work, changes: Sequence[Change], known: set[bytes]) -> tuple[dict[int, NewEvent], list[str]]:
        """What was not known yet, by its number in the store and in the order of its stamps; commitments to its texts."""
        one = self.one
        key = self.hub.vault.unwrap(one.key_id, one.wrapped) if one.key_id and one.wrapped else None
        fresh: dict[int, NewEvent] = {}
        commitments: list[str] = []
        for change in sorted(changes, key=_age):
            digest = self.hub.vault.mac("event", _identity(change))
            if digest in known or self._is_echo(work, change):
                continue
            new, commitment = self._event(change, digest, key)
            if (number := statuses.add(work, one, new)) is not None:
                fresh[number], self.told[number] = new, change
                commitments += [commitment] if commitment else []
                self._count(work, new)
        return fresh, commitments

    def _is_echo(self, work: Work, change: Change) -> bool:
        """Our own words come round again: the complaint as we sent it, an answer passed on, or a follow-up of ours."""
        if change.what != "follow_up":
            return False
        one, hub = self.one, self.hub
        found = echoes.may_be(work, hub.vault, one.registry, one.complaint, change.text, change.foreign_id)
        if found:
            echoes.seen(work, found, one.registry, change.foreign_id, now=self.now, actor=hub.actor)
            return True
        ours = change.by != "agency" and marker(str(one.complaint)) in change.text
        return ours or is_letter(change.text)

    def _event(self, change: Change, digest: bytes, key: DataKey | None) -> tuple[NewEvent, str | None]:
        sealed, commitment = None, None
        if (text := _whole(change)) and key:
            sealed, commitment = self.hub.vault.seal(key, f"event:{digest.hex()}", _bytes(text))
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


def _identity(change: Change) -> bytes:
    """What makes two reports the same event; each part with its length, so that no two different ones look alike."""
    parts = (change.what, change.name, change.stamp, change.text, change.foreign_id or "", *_names(change))
    return b"".join(f"{len(raw)}:".encode() + raw for raw in map(_bytes, parts))


def _whole(change: Change) -> str:
    """What was said, and the files that came with it by name and address."""
    files = "\n".join(f"- {name}: {url}" if url else f"- {name}" for name, url in change.files)
    return "\n\n".join(part for part in (change.text, f"{texts.FILES}\n{files}" if files else "") if part)


def _names(change: Change) -> list[str]:
    """Files tell two reports apart by their names; their addresses may be made anew at every look."""
    return [name for name, _ in change.files]


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
