"""Accept: make complaints of items, judge whether we have them already, and put what must be sent into the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from connectors.manifest import Manifest
from connectors.mapping import Mapping
from connectors.mapping import compile as compile_mapping
from hub.audit.entry import Entry
from hub.decided import Decided, each_once, stamp, when
from hub.fetching import addressed, fetch
from hub.joining import answered, join
from hub.judging import doc_of, echo, found_for, judged, link, reporter_tokens
from hub.model import Tally, complaint_id
from hub.normalise import Normalised, normalise, own_refs
from hub.placing import Places, release_held
from hub.pulling import manifest_of
from hub.reused import reused
from hub.spine import Hub
from hub.store import attachments, cases, complaints, connectors, items, leases
from hub.store.complaints import Known, Version, Word
from hub.store.connectors import Connector
from hub.store.items import Stored
from hub.store.log import append_all
from hub.store.work import Work

BATCH = 200
"""Items a transaction; the hub-wide lock of the verdicts is held for one batch."""


def accept(hub: Hub, name: str) -> Tally:
    """Accept everything that waits for one connector."""
    manifest = manifest_of(hub, name)
    now = hub.clock()
    with hub.store.begin(region=manifest.region) as work:
        connector = connectors.see(work, hub.vault, manifest, hub.actor, now)
        token = leases.take(work, connector.id, "accept", hub.holder, now)
        if token is not None:
            complaints.try_again(work, connector.id, manifest.sha256)
        waiting = items.waiting(work, connector.id)
        first_held = len(complaints.held(work, connector.id, "first_batch"))
    if token is None:
        return Tally(verb="accept", running=True, notes=(f"{name}: already running",))
    provisional = connector.first_batch == "open" and waiting + first_held > manifest.forward.first
    run = _Run(hub=hub, manifest=manifest, connector=connector, token=token, provisional=provisional)
    try:
        while run.batch():
            pass
        fetch(hub, manifest, connector)
        return run.finish()
    finally:
        with hub.store.begin(region=connector.region) as work:
            leases.drop(work, connector.id, "accept", token)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One accept of one connector."""

    hub: Hub
    manifest: Manifest
    connector: Connector
    token: int
    provisional: bool
    """A first batch that may be too large to send: judge all, hold all, count, then decide."""
    words: Counter[str] = field(default_factory=Counter)
    mapping: Mapping | None = None

    def batch(self) -> bool:
        """Accept one batch in one transaction; False when nothing waits any more."""
        hub, now = self.hub, self.hub.clock()
        with hub.store.begin(region=self.connector.region) as work:
            leases.renew(work, self.connector.id, "accept", self.token, now)
            batch = each_once(items.pending(work, hub.vault, self.connector.id, BATCH))
            if not batch:
                return False
            read = [(item, self._normalised(item)) for item in batch]
            work.lock("verdicts")
            known = complaints.known(work, hub.vault, {item.complaint for item in batch})
            decided = [self._decided(work, item, result, known[item.complaint], now) for item, result in read]
            append_all(work, self._written(work, decided, now))
            items.settle(work, {one.item.id: one.item_state for one in decided})
        self.words.update(one.counted for one in decided if one.counted)
        return True

    def _normalised(self, item: Stored) -> Normalised:
        self.mapping = self.mapping or compile_mapping(self.manifest)
        return normalise(
            payload=item.payload,
            trouble=item.trouble,
            ref=item.ref,
            complaint_id=str(item.complaint),
            connector=self.manifest.name,
            received_at=item.received_at,
            manifest=self.manifest,
            mapping=self.mapping,
        )

    # what an item is -----------------------------------------------------------------------------------------------

    def _decided(self, work: Work, item: Stored, result: Normalised, known: Known, now: datetime) -> Decided:
        """Decide what one item is; only an id that was used again writes anything here."""
        if result.complaint is None and result.wanted:
            return Decided(item=item, result=result, known=known, what="quarantined", code=result.problems[0].rule)
        reason = self._rejection(work, result)
        answers = None if reason or known.case_id else answered(work, self.hub.id, item.payload)
        if answers and result.complaint:
            body, connector = result.complaint.body, self.connector
            join(work, self.hub.vault, item, answers, body, connector.id, connector.region, now)
            return Decided(item=item, result=result, known=known, what="rejected", code="joined", behind=answers)
        if known.state in ("accepted", "withheld_repeat", "held"):
            return self._later_version(work, item, result, known, reason, now)
        if reason:
            return Decided(item=item, result=result, known=known, what="rejected", code=reason)
        return Decided(item=item, result=result, known=known, what="new")

    def _rejection(self, work: Work, result: Normalised) -> str | None:
        if not result.wanted or result.complaint is None:
            return "not_a_complaint"
        if self.manifest.already_in_sp4n or result.complaint.sp4n_id:
            return "already_in_sp4n"
        body = result.complaint.body
        came_back = any(echo(work, self.hub.vault, UUID(ref), body) for ref in own_refs(body))
        return "own_delivery" if came_back else None

    def _later_version(
        self, work: Work, item: Stored, result: Normalised, known: Known, reason: str | None, now: datetime
    ) -> Decided:
        """A later version of a complaint that we have: stored, never a second create, unless the id was used again."""
        if result.complaint is None or known.document is None:
            return Decided(item=item, result=result, known=known, what="ignored", code=reason)
        again = reused(known.document, result.complaint.document())
        if again == "same":
            return Decided(item=item, result=result, known=known, what="updated", code="update")
        number = items.incarnations(work, self.connector.id, item.ref_hmac) + 1
        fresh = complaint_id(self.connector.id, item.ref, number)
        moved = items.move(
            work,
            item,
            connector=self.connector.id,
            region=self.connector.region,
            channel=self.manifest.channel,
            complaint=fresh,
            incarnation=number,
            now=now,
        )
        if again == "doubtful":
            region = self.connector.region
            complaints.review(work, region, "id_used_again", complaint=fresh, other=item.complaint, now=now)
        unknown = complaints.known(work, self.hub.vault, {fresh})[fresh]
        return self._decided(work, moved, self._normalised(moved), unknown, now)

    # what becomes of it --------------------------------------------------------------------------------------------

    def _written(self, work: Work, batch: Sequence[Decided], now: datetime) -> list[Entry]:
        """Write everything about a batch; returns its entries, one an item."""
        left = [one.item.complaint for one in batch if one.known.state != "waiting" and one.what != "quarantined"]
        complaints.leave_quarantine(work, left, now)
        self._quarantine([one for one in batch if one.what == "quarantined"], work, now)
        new = [one for one in batch if one.what == "new"]
        for one, case in zip(new, cases.make(work, len(new), now), strict=True):
            one.case = one.known.case_id or case
        self._write_texts(work, [one for one in batch if one.result.complaint and one.what != "quarantined"], now)
        self._place(work, new, now)
        rejected = [one for one in batch if one.what == "rejected"]
        complaints.say(
            work,
            *(Word(complaint=o.item.complaint, state="rejected", reason=o.code, behind=o.behind) for o in rejected),
        )
        return [self._entry(one, now) for one in batch]

    def _quarantine(self, batch: Sequence[Decided], work: Work, now: datetime) -> None:
        for one in batch:
            region = self.connector.region
            problems = one.result.problems
            complaints.quarantine(work, self.connector.id, region, one.item, problems, self.manifest.sha256, now)
            if one.known.state in ("waiting", "quarantined"):
                complaints.say(work, Word(complaint=one.item.complaint, state="quarantined", reason=one.code))

    def _write_texts(self, work: Work, batch: Sequence[Decided], now: datetime) -> None:
        """Canonical texts, reporters and the addresses of files."""
        vault, region = self.hub.vault, self.connector.region
        versions = []
        for one in batch:
            complaint = one.complaint
            described = doc_of(vault, str(one.item.complaint), complaint, region, when(complaint, one.item))
            one.doc = described.doc
            files = addressed(complaint.attachments)
            attachments.save(work, vault, one.item.key, region, one.item.complaint, one.item.id, files)
            versions.append(
                Version(
                    item=one.item,
                    complaint=complaint,
                    case=one.case,
                    features=described.features,
                    tokens=reporter_tokens(vault, complaint),
                    unmapped=one.result.unmapped,
                    hub_status=one.result.hub_status,
                    submitted_at=stamp(complaint.submitted_at),
                    manifest_sha256=self.manifest.sha256,
                )
            )
        for one, commitment in zip(batch, complaints.write(work, vault, region, versions, now), strict=True):
            one.commitment = commitment

    def _place(self, work: Work, new: Sequence[Decided], now: datetime) -> None:
        """Judge what is new, then hold, withhold or queue it; an earlier one of the batch leads a later one."""
        if not new:
            return
        asked = [one.asked() for one in new]
        found = found_for(work, self.hub.vault, asked)
        places = Places(hub=self.hub, manifest=self.manifest, connector=self.connector)
        for one, ask in zip(new, asked, strict=True):
            one.judged = judged(ask, found[ask.number], places.leading)
            link(work, self.connector.region, ask.number, one.judged, self.hub.actor, now)
            word = places.add(ask.number, one.judged, one.result.unmapped, hold=self._hold(one))
            one.code, one.word = word.reason or word.state, word.state
        places.write(work, now)

    def _hold(self, one: Decided) -> str | None:
        if self.connector.mode == "shadow":
            return "shadow"
        if when(one.complaint, one.item) < self.connector.forward_from:
            return "before_forward_from"
        if one.result.hub_status in self.manifest.forward.skip:
            return "status_skipped"
        return "first_batch" if self.provisional else None

    def _entry(self, one: Decided, now: datetime) -> Entry:
        verdict = one.judged.verdict if one.judged else None
        lists = {
            "rules": sorted({f"{p.path}:{p.rule}" for p in one.result.problems}),
            "reasons": [reason.code for reason in verdict.reasons] if verdict else [],
            "unmapped": list(one.result.unmapped),
            "left_out": sorted(f"{note.path}:{note.rule}" for note in one.result.notes),
        }
        values = {
            "manifest": self.manifest.sha256,
            "version": one.item.version if one.item.version > 1 else None,
            "verdict": verdict.answer if verdict else None,
            "model": verdict.model if verdict else None,
        }
        return Entry(
            act=one.act,
            at=now,
            actor=self.hub.actor,
            connector=str(self.connector.id),
            region=self.connector.region,
            complaint=str(one.item.complaint),
            code=one.code,
            commitment=one.commitment,
            detail={name: value for name, value in {**values, **lists}.items() if value},
        )

    # the end -------------------------------------------------------------------------------------------------------

    def finish(self) -> Tally:
        """Say what was accepted; a first batch is sent if it is small enough, else it waits for a person."""
        if self.provisional:
            self._first_batch()
        elif self.connector.first_batch == "open" and self.words:
            self._batch_is("passed")
        return Tally(verb="accept", done=sum(self.words.values()), words=dict(self.words), owed=self._held_back())

    def _first_batch(self) -> None:
        count = self._first_held()
        if count > self.manifest.forward.first:
            self._batch_is("held")
            return
        sent = release_held(
            self.hub, self.manifest, self.connector, reason="first_batch", by="forward.first", because="small enough"
        )
        self.words["held"] -= count
        self.words += sent
        self._batch_is("passed")

    def _held_back(self) -> tuple[str, ...]:
        """Until somebody releases a first batch that was too large, every run says so."""
        count = self._first_held()
        if not count:
            return ()
        name = self.manifest.name
        return (
            f"{name}: the first batch has {count} complaints to send, more than forward.first: "
            f"{self.manifest.forward.first}; they are held until a named person runs "
            f"'satupintu release {name} --by WHO --because WHY'",
        )

    def _first_held(self) -> int:
        with self.hub.store.begin(region=self.connector.region) as work:
            return len(complaints.held(work, self.connector.id, "first_batch"))

    def _batch_is(self, state: str) -> None:
        with self.hub.store.begin(region=self.connector.region) as work:
            work.run("UPDATE connectors SET first_batch = :state WHERE id = :id", state=state, id=self.connector.id)
