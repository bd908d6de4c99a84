"""What one item is: a complaint, part of another one, a later version, nothing of ours, or not readable yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from uuid import UUID

from connectors.manifest import Manifest
from connectors.mapping import Mapping
from connectors.mapping import compile as compile_mapping
from connectors.regions import upwards
from hub.completing import Completion
from hub.decided import Decided
from hub.discretion.accused import accused, carried, names_somebody, standing
from hub.discretion.confidential import reasons
from hub.joining import Answering, Found, Joining, answering, look_up, only_thanks, parents_first, tokens_of, words_of
from hub.judging import echo
from hub.model import complaint_id
from hub.normalise import Normalised, normalise, own_refs
from hub.reused import reused
from hub.spine import Hub
from hub.store import accusations, complaints, completions, items
from hub.store.complaints import NOTHING, Known
from hub.store.connectors import Connector
from hub.store.items import Stored
from hub.store.threads import Standing
from hub.store.work import Work

Read = list[tuple[Stored, Normalised]]
"""Items of one batch and what each says."""


@dataclass(frozen=True, kw_only=True)  # without slots, for what is made when it is first asked for
class Deciding:
    """Decides for one connector; only an id that was used again writes anything here."""

    hub: Hub
    manifest: Manifest
    connector: Connector

    @cached_property
    def mapping(self) -> Mapping:
        """The manifest's fields, compiled."""
        return compile_mapping(self.manifest, self.hub.settings.regions_folder)

    def read(self, batch: Sequence[Stored]) -> Read:
        """What these items say; needs no store."""
        return [(item, self._normalised(item)) for item in batch]

    def decided(self, work: Work, read: Read, met: Collection[UUID], now: datetime) -> list[Decided]:
        """Decide what these items are; `met` are the complaints among them that may be known already."""
        known = complaints.known(work, self.hub.vault, met)
        read = self._completed(work, read, known)
        before = {complaint: one.behind for complaint, one in known.items() if one.reason == "joined" and one.behind}
        found = look_up(work, self.hub.vault, self.hub.id, self.connector.id, read, before, self.manifest.channel)
        results = {item.id: result for item, result in read}
        decided: list[Decided] = []
        batch: dict[UUID, Standing] = {}
        for item in parents_first([item for item, _ in read], found):
            its = known.get(item.complaint, NOTHING)
            about = None if its.case_id else self._about(found, item, results[item.id], batch)
            decided.append(self._decided(work, item, results[item.id], its, about, now))
            if found.posts:
                batch[decided[-1].item.complaint] = self._standing(decided[-1])
        self._accuse(work, decided)
        return decided

    def _normalised(self, item: Stored, sent: Sequence[Completion] = ()) -> Normalised:
        return normalise(
            payload=item.payload,
            trouble=item.trouble,
            ref=item.ref,
            complaint_id=str(item.complaint),
            connector=self.manifest.name,
            received_at=item.received_at,
            manifest=self.manifest,
            mapping=self.mapping,
            completions=sent,
        )

    def _completed(self, work: Work, read: Read, known: Table[UUID, Known]) -> Read:
        """The same with what reporters sent to complete these complaints."""
        sent = completions.of(work, self.hub.vault, [complaint for complaint, one in known.items() if one.completed])
        if not sent:
            return read
        return [
            (item, self._normalised(item, sent[item.complaint]) if item.complaint in sent else result)
            for item, result in read
        ]

    def _about(self, found: Found, item: Stored, result: Normalised, batch: Table[UUID, Standing]) -> Answering | None:
        """The complaint of ours that an item is about, also one that this batch has brought."""
        if item.id not in found.signs or self.manifest.already_in_sp4n:
            return None
        tokens = tokens_of(self.hub.vault, self.manifest.channel, result)
        marked = self.manifest.only is not None and result.wanted
        return answering(found, item, tokens, batch, marked=marked)

    def _standing(self, one: Decided) -> Standing:
        word = one.first_word()
        return Standing(
            complaint=word.complaint,
            connector=self.connector.id,
            region=self.connector.region,
            state=one.known.state if one.what == "ignored" else word.state,
            reason=word.reason,
            behind=word.behind,
            registry=None,
            tokens=tokens_of(self.hub.vault, self.manifest.channel, one.result),
        )

    def _accuse(self, work: Work, decided: Sequence[Decided]) -> None:
        """From whom each of them is hidden; what an earlier version accused stays accused."""
        for one in decided:
            if one.what == "updated" and (document := carried(one.known.document, one.document)) is not one.document:
                one.result = replace(one.result, document=document, because=reasons(document))
        parties = {one.item.id: _party(one.result.document or one.result.draft) for one in decided}
        owners = self._owners(work) if any(map(names_somebody, parties.values())) else {}
        for one in decided:
            party = parties[one.item.id]
            fresh = accused(party, self.connector.region, owners)
            unchanged = party == _party(one.known.document)
            one.accused = standing(one.known.accused, fresh, unchanged=unchanged)

    def _owners(self, work: Work) -> dict[str, list[str]]:
        """The institutions that run the hub's channels here and above."""
        found = {self.connector.region: [self.manifest.owner]}
        for region, owners in accusations.owners_of(work, list(upwards(self.connector.region))).items():
            found.setdefault(region, []).extend(owners)
        return found

    # what an item is -----------------------------------------------------------------------------------------------

    def _decided(
        self, work: Work, item: Stored, result: Normalised, known: Known, about: Answering | None, now: datetime
    ) -> Decided:
        """Decide what one item is; only an id that was used again writes anything here."""
        if about and about.at_once:
            return self._joining(item, result, known, about)
        thanks = only_thanks(item.payload, result)
        if result.document is None and result.wanted and not (thanks or (about and about.joins)):
            return Decided(item=item, result=result, known=known, what="quarantined", code=result.problems[0].rule)
        reason = self._rejection(work, result)
        if reason is None and thanks:
            reason = "not_a_complaint"
        if about and about.joins and reason in (None, "not_a_complaint"):
            return self._joining(item, result, known, about)
        if known.state in ("accepted", "withheld_repeat", "held"):
            return self._later_version(work, item, result, known, reason, now)
        if reason:
            return Decided(item=item, result=result, known=known, what="rejected", code=reason)
        if about and result.document:
            re_report = {"re_report_of": str(about.to.complaint), **result.document}
            result = replace(result, document=re_report)
        return Decided(item=item, result=result, known=known, what="new")

    def _joining(self, item: Stored, result: Normalised, known: Known, about: Answering) -> Decided:
        joins = Joining(item=item, result=result, answers=about, words=words_of(result))
        return Decided(item=item, result=result, known=known, what="rejected", code="joined", joins=joins)

    def _rejection(self, work: Work, result: Normalised) -> str | None:
        if not result.wanted or result.document is None:
            return "not_a_complaint"
        if self.manifest.already_in_sp4n or result.document.get("sp4n_id"):
            return "already_in_sp4n"
        body = result.document["body"]
        came_back = "[" in body and any(echo(work, self.hub.vault, UUID(ref), body) for ref in own_refs(body))
        return "own_delivery" if came_back else None

    def _later_version(
        self, work: Work, item: Stored, result: Normalised, known: Known, reason: str | None, now: datetime
    ) -> Decided:
        """A later version of a complaint that we have: stored, never a second create, unless the id was used again."""
        if result.document is None:
            return Decided(item=item, result=result, known=known, what="ignored", code=reason)
        if known.document is None:  # it was erased and let in again
            return Decided(item=item, result=result, known=known, what="updated", code="readmitted")
        again = reused(known.document, result.document)
        if again == "same":
            return Decided(item=item, result=result, known=known, what="updated", code="update")
        number = items.incarnations(work, self.connector.id, item.ref_hmac) + 1
        fresh = complaint_id(self.connector.id, item.ref, number)
        moved = items.move(work, item, connector=self.connector.id, complaint=fresh, incarnation=number, now=now)
        decided = self._decided(work, moved, self._normalised(moved), NOTHING, None, now)
        decided.doubtful = item.complaint if again == "doubtful" else None
        return decided


def _party(document: Table[str, object] | None) -> str | None:
    party = (document or {}).get("reported_party")
    return party if isinstance(party, str) else None
