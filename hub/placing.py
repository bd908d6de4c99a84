"""Where an accepted complaint goes: into the outbox, behind its reporter's own, or out of a hold by a person's word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from connectors.manifest import Manifest
from hub.again import described, filed
from hub.audit.entry import Entry
from hub.judging import Asked, found_for, judged, link, rules_of
from hub.spine import Hub
from hub.store import cases, complaints, deliveries
from hub.store.complaints import Word, at_first
from hub.store.connectors import Connector
from hub.store.log import append
from hub.store.work import Work

BATCH = 100
"""Complaints released in one transaction."""


@dataclass(slots=True, kw_only=True)
class Places:
    """Where a batch of complaints goes, decided one by one and written together."""

    hub: Hub
    manifest: Manifest
    connector: Connector
    repeats: list[Word] = field(default_factory=list)
    queued: list[tuple[UUID, Sequence[str]]] = field(default_factory=list)
    leading: set[UUID] = field(default_factory=set)
    """Complaints that this batch has put on their way: a repeat by the same reporter may wait behind them."""

    def add(self, complaint: UUID, leader: UUID | None, unmapped: Sequence[str], *, hold: str | None = None) -> Word:
        """Hold it for a reason, withhold a repeat behind its reporter's own complaint `leader`, or queue it."""
        word = at_first(complaint, hold)
        if leader and not hold and self.manifest.forward.duplicates == "link":
            word = Word(complaint=complaint, state="withheld_repeat", reason="same_reporter", behind=leader)
            self.repeats.append(word)
        elif not hold:
            self.queued.append((complaint, unmapped))
            self.leading.add(complaint)
        return word

    def write(self, work: Work, now: datetime) -> None:
        """Write the outbox rows, and the words of repeats: the others have stood since their rows were made."""
        complaints.say(work, self.repeats)
        if not self.queued:
            return
        registry = self.hub.registries.chosen(self.manifest.forward.registry)
        deliveries.known(work, registry.name, registry.sha256, now)
        deliveries.queue(
            work,
            self.queued,
            registry=registry.name,
            connector=self.connector.id,
            region=self.connector.region,
            now=now,
            manifest_sha256=self.connector.manifest_sha256,
        )


def release_held(
    hub: Hub,
    manifest: Manifest,
    connector: Connector,
    *,
    reason: str,
    by: str,
    because: str,
    since: datetime | None = None,
) -> Counter[str]:
    """Send what one connector holds for one reason, made since then, in order of submission; returns counts by word."""
    words: Counter[str] = Counter()
    while True:
        now = hub.clock()
        with hub.store.begin() as work:
            work.lock("verdicts")
            batch = complaints.held(work, connector.id, reason, since)[:BATCH]
            words.update(release_one(work, hub, manifest, connector, row.id, by, because, now) for row in batch)
        if not batch:
            return words


def release_one(
    work: Work,
    hub: Hub,
    manifest: Manifest,
    connector: Connector,
    complaint: UUID,
    by: str,
    because: str,
    now: datetime,
) -> str:
    """Judge again, because others were sent meanwhile, and queue or withhold it; returns its word."""
    row = work.one("SELECT unmapped, case_id FROM complaints WHERE id = :id FOR UPDATE", id=complaint)
    assert row is not None
    known = complaints.known(work, hub.vault, {complaint})[complaint]
    assert known.document is not None
    if row.case_id is None:
        [case] = cases.make(work, 1, connector.region, now)
        work.run("UPDATE complaints SET case_id = :case WHERE id = :id", case=case, id=complaint)
    asked = _asked(work, hub, complaint)
    rules = rules_of(manifest)
    verdict = judged(asked, found_for(work, hub.vault, [asked], rules), rules=rules)
    link(work, connector.region, [(complaint, verdict)], hub.actor, now)
    places = Places(hub=hub, manifest=manifest, connector=connector)
    state = places.add(complaint, verdict.leader, row.unmapped).state
    complaints.say(work, [at_first(complaint, None)])
    places.write(work, now)
    word = "on_the_way" if state == "accepted" else state
    append(work, _entry(connector, complaint, by, because, word, known.reason, now))
    return word


def _asked(work: Work, hub: Hub, complaint: UUID) -> Asked:
    """The question about a stored complaint, which others can find from now on if nobody could before."""
    [one] = described(work, hub.vault, [complaint])
    if one.number is None:
        one = replace(one, number=filed(work, hub.vault, [one])[complaint])
    return one.asked()


def _entry(
    connector: Connector, complaint: UUID, by: str, because: str, word: str, was: str | None, now: datetime
) -> Entry:
    return Entry(
        act="released",
        at=now,
        actor=by,
        connector=str(connector.id),
        region=connector.region,
        complaint=str(complaint),
        code=word,
        detail={"because": because, "was": was},
    )
