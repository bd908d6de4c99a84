"""Accept: make complaints of items, judge whether we have them already, and put what must be sent into the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.manifest import Manifest
from hub import joined, said_there
from hub.audit.entry import Entry
from hub.decided import Decided, each_once
from hub.deciding import Deciding
from hub.fetching import addressed, fetch
from hub.incomplete import ask
from hub.judging import doc_of, file, found_for, judged, link, numbers_for, reporter_tokens, rules_of
from hub.model import Tally
from hub.placing import Places, release_held
from hub.progress import Progress, Said, silent
from hub.pulling import manifest_of
from hub.spine import Hub
from hub.store import accusations, attachments, cases, complaints, completions, connectors, items, leases, quarantine
from hub.store.complaints import Origin
from hub.store.connectors import Connector
from hub.store.items import Stored
from hub.store.log import append_all
from hub.store.work import Work

BATCH = 500
JUDGED = ("new", "updated")
"""Items a transaction; the hub-wide lock of the verdicts is held for one batch."""


def accept(hub: Hub, name: str, *, judge: bool = True, look: bool = True, said: Said = silent) -> Tally:
    """Accept everything that waits for one connector; without `judge` nothing is linked or withheld, without `look` no
    personal data is counted (both for bench/ only).

    `said` hears of each batch.
    """
    manifest = manifest_of(hub, name)
    now = hub.clock()
    with hub.store.begin() as work:
        connector = connectors.see(work, hub.vault, manifest, hub.actor, now)
        token = leases.take(work, connector.id, "accept", hub.holder, now)
        waiting = items.waiting(work, connector.id, manifest.sha256)
        first_held = len(complaints.held(work, connector.id, "first_batch"))
    if token is None:
        return Tally(verb="accept", running=True, notes=(f"{name}: already running",))
    provisional = connector.first_batch == "open" and waiting + first_held > manifest.forward.first
    run = _Run(
        hub=hub, manifest=manifest, connector=connector, token=token, provisional=provisional, judges=judge, looks=look
    )
    try:
        batches = 0
        while run.batch():
            batches += 1
            said(run.progress(batches, waiting))
        fetch(hub, manifest, connector)
        return run.finish()
    finally:
        with hub.store.begin() as work:
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
    judges: bool
    looks: bool
    words: Counter[str] = field(default_factory=Counter)
    items: int = 0
    deciding: Deciding | None = None

    def batch(self) -> bool:
        """Accept one batch in one transaction; False when nothing waits any more."""
        hub, now, connector = self.hub, self.hub.clock(), self.connector.id
        with hub.store.begin() as work:
            leases.renew(work, connector, "accept", self.token, now)
            again = items.again(work, hub.vault, connector, self.manifest.sha256, BATCH)
            batch = each_once(again or items.new(work, hub.vault, connector, BATCH))
            if not batch:
                return False
            decided = self._decided_all(work, batch, bool(again), now)
            append_all(work, self._written(work, decided, now))
            if not again:
                items.come_to(work, connector, batch[-1].id)
        self.words.update(one.counted for one in decided if one.counted)
        self.items += len(decided)
        return True

    def progress(self, batches: int, waiting: int) -> Progress:
        """How far it has come, of `waiting` items at its start."""
        done = sum(self.words.values())
        name = self.manifest.name
        return Progress(connector=name, interval=0, pages=batches, items=self.items, new=done, known=0, total=waiting)

    def _decided_all(self, work: Work, batch: Sequence[Stored], again: bool, now: datetime) -> list[Decided]:
        deciding = self.deciding = self.deciding or Deciding(
            hub=self.hub, manifest=self.manifest, connector=self.connector
        )
        read = deciding.read(batch)
        if self.judges:
            work.lock("verdicts")
        # nobody has a complaint of a first version that accept has not come to yet
        met = {item.complaint for item in batch if again or item.version > 1}
        return deciding.decided(work, read, met, now)

    # what becomes of it --------------------------------------------------------------------------------------------

    def _written(self, work: Work, batch: Sequence[Decided], now: datetime) -> list[Entry]:
        """Write everything about a batch; returns its entries, one an item."""
        origin = self._origin()
        self._quarantine(work, origin, batch, now)
        new = [one for one in batch if one.what == "new"]
        unfiled = [one for one in new if not one.known.case_id]
        for one, case in zip(unfiled, cases.make(work, len(unfiled), origin.region, now), strict=True):
            one.case = case
        self._write_texts(work, origin, [o for o in batch if o.result.document and o.what != "quarantined"], now)
        doubtful = [(one.item.complaint, one.doubtful) for one in batch if one.doubtful]
        complaints.review_all(work, origin.region, "id_used_again", doubtful, now)
        self._file(work, batch, self._place(work, new, now))
        accusations.follow(work, [o.item.complaint for o in batch if o.behind or o.word == "withheld_repeat"])
        entries = [one.entry(origin, self.hub.actor, now, looks=self.looks) for one in batch]
        return [*entries, *self._said(work, batch, now)]

    def _said(self, work: Work, batch: Sequence[Decided], now: datetime) -> list[Entry]:
        """What is told between reporters, regions and the registry because of this batch; the entries of it."""
        hub, manifest, connector = self.hub, self.manifest, self.connector
        joined.write(work, hub, manifest, connector, [one.joins for one in batch if one.joins], now)
        said_there.queue(work, hub, manifest, connector, batch, now)
        turned_away = [one.item for one in batch if one.what == "rejected" and not one.joins]
        entries = [entry for item in turned_away for entry in joined.bounced(work, hub, connector, item, now)]
        bare = [(one.item, one.result) for one in batch if one.is_bare]
        return [*entries, *ask(work, hub, manifest, connector, bare, now)]

    def _quarantine(self, work: Work, origin: Origin, batch: Sequence[Decided], now: datetime) -> None:
        """What is no complaint: in quarantine, or rejected without a text; and what leaves quarantine."""
        met = [one for one in batch if one.item.version > 1 or one.known.state != "waiting"]
        quarantine.leave(work, [one.item for one in met if one.what != "quarantined"], now)
        bare = [one for one in batch if one.is_bare]
        bare += [one for one in batch if one.what == "rejected" and not one.result.document]
        complaints.without_text(work, origin, [(one.item, one.first_word(), one.accused) for one in bare])
        found = [(one.item, one.result.problems) for one in batch if one.what == "quarantined"]
        quarantine.put(work, origin, found, now)

    def _write_texts(self, work: Work, origin: Origin, batch: Sequence[Decided], now: datetime) -> None:
        """Canonical texts with their words, reporters and the addresses of files."""
        vault = self.hub.vault
        for one in batch:
            one.hold = self._hold(one)
            one.tokens = reporter_tokens(vault, one.document)
            if self.judges:
                one.described = doc_of(one.document, one.tokens.values(), origin.region, one.when)
        self._number(work, batch)
        versions = [one.version() for one in batch]
        for one, commitment in zip(batch, complaints.write(work, vault, origin, versions, now), strict=True):
            one.commitment = commitment
        files = [(o.item.key, o.item.complaint, o.item.id, addressed(o.document.get("attachments", ()))) for o in batch]
        attachments.save_all(work, vault, origin.region, files)
        if completed := [one.item for one in batch if one.known.completed and one.what in ("new", "updated")]:
            completions.take_files(work, vault, origin.region, completed)

    def _number(self, work: Work, batch: Sequence[Decided]) -> None:
        """Others find what is judged by a number that is stored with it."""
        found = [(one.item.complaint, one.described) for one in batch if one.described and one.what in JUDGED]
        numbers = numbers_for(work, found) if found else {}
        for one in batch:
            one.number = numbers.get(one.item.complaint)

    def _origin(self) -> Origin:
        connector = self.connector
        return Origin(
            connector=connector.id,
            region=connector.region,
            channel=self.manifest.channel,
            manifest_sha256=self.manifest.sha256,
        )

    def _place(self, work: Work, new: Sequence[Decided], now: datetime) -> Mapping[int, Sequence[int]]:
        """
        Judge what is new, then hold, withhold or queue it; an earlier one of the batch leads a later one.

        Returns the keys by which they looked for others, by number.
        """
        places = Places(hub=self.hub, manifest=self.manifest, connector=self.connector)
        rules = rules_of(self.manifest)
        heads = cases.of(work, [one.item.complaint for one in new if one.known.case_id]) if self.judges else {}
        asked = {o.item.complaint: o.asked(heads.get(o.item.complaint)) for o in new} if self.judges else {}
        found = found_for(work, self.hub.vault, list(asked.values()), rules)
        for one in new:
            number = one.item.complaint
            if number in asked:
                one.judged = judged(asked[number], found, places.leading, rules)
            leader = one.judged.leader if one.judged else None
            word = places.add(number, leader, one.result.unmapped, hold=one.hold)
            one.code, one.word = word.reason or word.state, word.state
        links = [(one.item.complaint, one.judged) for one in new if one.judged]
        link(work, self.connector.region, links, self.hub.actor, now)
        places.write(work, now)
        return found.keys

    def _file(self, work: Work, batch: Sequence[Decided], made: Mapping[int, Sequence[int]]) -> None:
        """From now on others find these; what was stored before is found by its new text only."""
        filed = [(one.number, one.described.doc) for one in batch if one.number is not None and one.described]
        again = [one.number for one in batch if one.number is not None and one.known.state != "waiting"]
        file(work, self.hub.vault, filed, again=again, made=made)

    def _hold(self, one: Decided) -> str | None:
        """Why a new complaint is not sent at once."""
        if self.connector.mode == "shadow":
            return "shadow"
        if one.when < self.connector.forward_from:
            return "before_forward_from"
        if one.result.hub_status in self.manifest.forward.skip:
            return "status_skipped"
        return "first_batch" if self.provisional else None

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
        with self.hub.store.begin() as work:
            return len(complaints.held(work, self.connector.id, "first_batch"))

    def _batch_is(self, state: str) -> None:
        with self.hub.store.begin() as work:
            connectors.batch_is(work, self.connector, state, by=self.hub.actor, now=self.hub.clock())
