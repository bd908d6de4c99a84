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
from dedup.judge import Doc
from hub.audit.entry import Entry
from hub.fetching import addressed, fetch
from hub.judging import Judged, doc_of, echo, is_re_report, judge_doc, link, reporter_tokens
from hub.model import Complaint, Problem, Tally, complaint_id
from hub.normalise import Normalised, normalise, own_refs
from hub.placing import place, release_held
from hub.pulling import manifest_of
from hub.reused import reused
from hub.spine import Hub
from hub.store import attachments, cases, complaints, connectors, items, leases
from hub.store.complaints import Known
from hub.store.connectors import Connector
from hub.store.items import Stored
from hub.store.log import append_all
from hub.store.work import Work

BATCH = 200
"""Items a transaction; the hub-wide lock of the verdicts is held for one batch."""


def accept(hub: Hub, names: Sequence[str] = ()) -> list[Tally]:
    """Accept what is waiting, connector by connector; one broken connector holds nobody else up."""
    return [accept_one(hub, name) for name in (names or sorted(hub.manifests.good))]


def accept_one(hub: Hub, name: str) -> Tally:
    """Accept everything that waits for one connector."""
    manifest = manifest_of(hub, name)
    now = hub.clock()
    with hub.store.begin(region=manifest.region) as work:
        connector = connectors.see(work, hub.vault, manifest, hub.holder, now)
        token = leases.take(work, connector.id, "accept", hub.holder, now)
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
    settled: dict[int, str] = field(default_factory=dict)
    """What became of the items of this batch."""
    touched: set[UUID] = field(default_factory=set)
    """Complaints of which this run has written a version: what was known of them before the batch is out of date."""
    mapping: Mapping | None = None

    def batch(self) -> bool:
        """Accept one batch in one transaction; False when nothing waits any more."""
        hub, now = self.hub, self.hub.clock()
        with hub.store.begin(region=self.connector.region) as work:
            leases.renew(work, self.connector.id, "accept", self.token, now)
            batch = items.pending(work, hub.vault, self.connector.id, BATCH)
            if not batch:
                return False
            read = [(item, self._normalised(item)) for item in batch]
            work.lock("verdicts")
            known = complaints.known(work, hub.vault, {item.complaint for item in batch})
            append_all(work, [self._one(work, item, result, known[item.complaint], now) for item, result in read])
            items.settle(work, self.settled)
            self.settled.clear()
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

    def _one(self, work: Work, item: Stored, result: Normalised, known: Known, now: datetime) -> Entry:
        """Decide about one item and write all of it; returns its entry."""
        if item.complaint in self.touched:
            known = complaints.known(work, self.hub.vault, {item.complaint})[item.complaint]
        self.touched.add(item.complaint)
        if result.complaint is None and result.wanted:
            return self._quarantine(work, item, known, result.problems, now)
        if known.state != "waiting":
            complaints.leave_quarantine(work, item.complaint, now)
        reason = self._rejection(work, result)
        if reason and known.state in ("waiting", "quarantined", "rejected"):
            return self._reject(work, item, result, reason, now)
        if known.state in ("accepted", "withheld_repeat", "held"):
            return self._update(work, item, known, result, now)
        return self._new(work, item, result, known, now)

    # what becomes of an item ---------------------------------------------------------------------------------------

    def _quarantine(self, work: Work, item: Stored, known: Known, problems: Sequence[Problem], now: datetime) -> Entry:
        complaints.quarantine(work, self.connector.id, self.connector.region, item, problems, now)
        self.settled[item.id] = "quarantined"
        if known.state in ("waiting", "quarantined"):
            complaints.say(work, item.complaint, "quarantined", problems[0].rule)
            self.words["quarantined"] += 1
        codes = sorted({f"{p.path}:{p.rule}" for p in problems})
        return self._entry("quarantined", item, problems[0].rule, now, rules=codes)

    def _rejection(self, work: Work, result: Normalised) -> str | None:
        if not result.wanted or result.complaint is None:
            return "not_a_complaint"
        if self.manifest.already_in_sp4n or result.complaint.sp4n_id:
            return "already_in_sp4n"
        return "own_delivery" if self._echoes(work, result.complaint) else None

    def _echoes(self, work: Work, complaint: Complaint) -> bool:
        """The text carries our own marker and is the text that we sent: it has come back to us."""
        return any(echo(work, self.hub.vault, UUID(ref), complaint.body) for ref in own_refs(complaint.body))

    def _reject(self, work: Work, item: Stored, result: Normalised, reason: str, now: datetime) -> Entry:
        commitment = self._write(work, item, result.complaint, result, now)[0] if result.complaint else None
        self.settled[item.id] = "rejected"
        complaints.say(work, item.complaint, "rejected", reason)
        self.words["rejected"] += 1
        return self._entry("rejected", item, reason, now, commitment=commitment)

    def _update(self, work: Work, item: Stored, known: Known, result: Normalised, now: datetime) -> Entry:
        """A later version of a complaint that we have: stored, never a second create, unless the id was used again."""
        if result.complaint is None or known.document is None:
            self.settled[item.id] = "rejected"
            return self._entry("rejected", item, "not_a_complaint", now, version=item.version)
        again = reused(known.document, result.complaint.document())
        if again != "same":
            return self._used_again(work, item, result, again, now)
        commitment, _ = self._write(work, item, result.complaint, result, now)
        self.settled[item.id] = "accepted"
        self.words["updated"] += 1
        return self._entry("accepted", item, "update", now, commitment=commitment, version=item.version)

    def _used_again(self, work: Work, item: Stored, result: Normalised, again: str, now: datetime) -> Entry:
        """The portal gave an old id to another complaint: the next incarnation, sent like any other."""
        fresh = complaint_id(self.connector.id, item.ref, item.incarnation + 1)
        moved = items.move(work, item, self.connector.id, self.connector.region, self.manifest.channel, fresh, now)
        if again == "doubtful":
            complaints.review(
                work, self.connector.region, "id_used_again", complaint=fresh, other=item.complaint, now=now
            )
        unknown = complaints.known(work, self.hub.vault, {fresh})[fresh]
        return self._one(work, moved, self._normalised(moved), unknown, now)

    def _new(self, work: Work, item: Stored, result: Normalised, known: Known, now: datetime) -> Entry:
        assert result.complaint is not None
        case = known.case_id or cases.make(work, now)
        commitment, doc = self._write(work, item, result.complaint, result, now, case=case)
        judged = judge_doc(
            work,
            self.hub.vault,
            item.complaint,
            doc,
            may_wait=not is_re_report(result.complaint),
            fresh=known.document is None,
        )
        link(work, self.connector.region, item.complaint, judged, self.hub.holder, now)
        self.settled[item.id] = "accepted"
        word, reason = self._place(work, item, result, judged, now)
        self.words[word] += 1
        return self._entry(
            "held" if word == "held" else "accepted",
            item,
            reason or word,
            now,
            commitment=commitment,
            verdict=judged.verdict.answer,
            reasons=[r.code for r in judged.verdict.reasons],
            model=judged.verdict.model,
            unmapped=list(result.unmapped),
        )

    def _place(
        self, work: Work, item: Stored, result: Normalised, judged: Judged, now: datetime
    ) -> tuple[str, str | None]:
        """Hold, withhold or queue a complaint; returns its word and the reason where there is one."""
        assert result.complaint is not None
        hold = self._hold(result, _when(result.complaint, item))
        if hold:
            complaints.say(work, item.complaint, "held", hold)
            return "held", hold
        return place(work, self.hub, self.manifest, self.connector, item.complaint, judged, result.unmapped, now)

    def _hold(self, result: Normalised, when: datetime) -> str | None:
        if self.connector.mode == "shadow":
            return "shadow"
        if when < self.connector.forward_from:
            return "before_forward_from"
        if result.hub_status in self.manifest.forward.skip:
            return "status_skipped"
        return "first_batch" if self.provisional else None

    def _write(
        self,
        work: Work,
        item: Stored,
        complaint: Complaint,
        result: Normalised,
        now: datetime,
        *,
        case: UUID | None = None,
    ) -> tuple[str, Doc]:
        """Store the canonical text, reporter and files of one version; returns its commitment and what dedup sees."""
        vault = self.hub.vault
        described = doc_of(vault, str(item.complaint), complaint, self.connector.region, _when(complaint, item))
        tokens = reporter_tokens(vault, complaint)
        complaints.tokens(work, item.complaint, self.connector.region, tokens, fresh=item.version == 1)
        files = addressed(complaint.attachments)
        attachments.save(work, vault, item.key, self.connector.region, item.complaint, item.id, files)
        commitment = complaints.write(
            work,
            vault,
            item,
            complaint,
            case=case,
            features=described.features,
            unmapped=result.unmapped,
            hub_status=result.hub_status,
            submitted_at=_stamp(complaint.submitted_at),
            now=now,
        )
        return commitment, described.doc

    # the end -------------------------------------------------------------------------------------------------------

    def finish(self) -> Tally:
        """Say what was accepted; a first batch is sent if it is small enough, else it waits for a person."""
        owed: tuple[str, ...] = ()
        now = self.hub.clock()
        if self.provisional:
            owed = self._first_batch(now)
        elif self.connector.first_batch == "open" and self.words:
            self._batch_is("passed")
        return Tally(verb="accept", done=sum(self.words.values()), words=dict(self.words), owed=owed)

    def _first_batch(self, now: datetime) -> tuple[str, ...]:
        with self.hub.store.begin(region=self.connector.region) as work:
            count = len(complaints.held(work, self.connector.id, "first_batch"))
        if count > self.manifest.forward.first:
            self._batch_is("held")
            return (
                f"{self.manifest.name}: the first batch has {count} complaints to send, more than "
                f"forward.first: {self.manifest.forward.first}; they are held until a named person runs "
                f"'satupintu release {self.manifest.name} --by WHO --because WHY'",
            )
        sent = release_held(
            self.hub, self.manifest, self.connector, reason="first_batch", by="forward.first", because="small enough"
        )
        self.words["held"] -= count
        self.words.update(sent)
        self._batch_is("passed")
        return ()

    def _batch_is(self, state: str) -> None:
        with self.hub.store.begin(region=self.connector.region) as work:
            work.run("UPDATE connectors SET first_batch = :state WHERE id = :id", state=state, id=self.connector.id)

    def _entry(
        self,
        act: str,
        item: Stored,
        code: str | None,
        now: datetime,
        *,
        commitment: str | None = None,
        rules: Sequence[str] = (),
        reasons: Sequence[str] = (),
        unmapped: Sequence[str] = (),
        verdict: str | None = None,
        model: str | None = None,
        version: int | None = None,
    ) -> Entry:
        lists = {"rules": list(rules), "reasons": list(reasons), "unmapped": list(unmapped)}
        values = {"manifest": item.manifest_sha256, "verdict": verdict, "model": model, "version": version}
        return Entry(
            act=act,
            at=now,
            actor=self.hub.holder,
            connector=str(self.connector.id),
            region=self.connector.region,
            complaint=str(item.complaint),
            code=code,
            commitment=commitment,
            detail={name: value for name, value in {**values, **lists}.items() if value},
        )


def _stamp(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _when(complaint: Complaint, item: Stored) -> datetime:
    return _stamp(complaint.submitted_at) or item.received_at
