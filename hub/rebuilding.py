"""A new model over history: features and keys anew, then what it would decide otherwise, and only on request events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from dedup.judge import RULES, Rules, version
from hub.again import Again, described, filed, rules_for, unchanged
from hub.audit.entry import Detail, Entry
from hub.grouping import Against, Groups
from hub.judging import EPOCH, JAKARTA, against, as_link, found_for
from hub.model import Tally
from hub.spine import Hub
from hub.store import candidates, case_lists, cases, labels
from hub.store.cases import PERSON
from hub.store.log import append
from hub.store.rebuilds import Part, unnumbered
from hub.store.work import Work

BATCH: Final = 200
"""Complaints a transaction; accept waits so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the model would do otherwise with a pair."""

    what: str
    """link | ask | unlink | doubt (the link stays, and a person is asked)"""
    complaint: UUID
    pair: Against
    region: str
    link: int | None = None
    """The number of the link that goes or is doubted."""
    before: float | None = None
    """How sure the older model was."""

    @property
    def other(self) -> UUID:
        """The other complaint."""
        return self.pair.other.id

    @property
    def after(self) -> float:
        """How sure this model is."""
        return self.pair.pair.probability


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to stay."""


@dataclass(slots=True, kw_only=True)
class Rebuild:
    """One shard of a rebuild; interrupted anywhere, it goes on where it was."""

    hub: Hub
    since: date
    shard: int = 1
    of: int = 1
    rules: Rules = RULES
    counts: Counter[str] = field(default_factory=Counter)
    _groups: Groups = field(default_factory=Groups)

    def features(self) -> Tally:
        """Describe and file every complaint of the shard anew. Nobody's case changes by it."""
        part = self._part("features")
        while self._unnumbered(part):
            pass
        for batch in self._batches(part):
            with self.hub.store.begin() as work:
                again = described(work, self.hub.vault, [complaint for complaint, _ in batch])
            with self._alone() as work:
                self._file(work, part, unchanged(work, again))
                self.counts["described"] += len(again)
                part.come(work, batch[-1][1], self.counts)
        return Tally(verb="dedup rebuild", done=self.counts["described"])

    def changes(self, *, apply: bool = False) -> Iterator[Change]:
        """
        What would change, in the order of complaints; with `apply` it does, each with its event and entry.

        Accept waits only while events are written: what is to change is judged once more then.
        """
        part = self._part("apply" if apply else "report")
        for batch in self._batches(part):
            with self.hub.store.begin() as work:
                found = self._judged(work, [complaint for complaint, _ in batch], Groups() if apply else self._groups)
            if not apply:
                found += self._would_be_placed(found)
            with self._alone() if apply and found else self.hub.store.begin() as work:
                if apply and found:
                    found = self._judged(work, [one.complaint for one in found], Groups())
                    self._write(work, found, self.hub.clock())
                    placed = self._placed(work, found, Groups())
                    self._write(work, placed, self.hub.clock())
                    found += placed
                self.counts.update(change.what for change in found)
                self.counts["judged"] += len(batch)
                part.come(work, batch[-1][1], self.counts)
                yield from found  # whoever stops here hears all of this batch again

    def _part(self, step: str) -> Part:
        day = (self.since - EPOCH).days
        first = candidates.first_number(day)
        return Part(model=version(self.rules), since=first, step=step, shard=self.shard, of=self.of)

    def _batches(self, part: Part) -> Iterator[Sequence[tuple[UUID, int]]]:
        """Batch by batch from where it had come; whoever works one off says in his transaction how far he came."""
        with self.hub.store.begin() as work:
            come_to, before = part.begin(work, self.hub.clock())
        self.counts = Counter(before)
        while True:
            with self.hub.store.begin() as work:
                batch = part.next(work, come_to, BATCH)
                if not batch:
                    part.end(work, self.hub.clock())
                    return
            yield batch
            come_to = batch[-1][1]

    @contextmanager
    def _alone(self) -> Iterator[Work]:
        """Nobody else judges meanwhile."""
        with self.hub.store.begin() as work:
            work.lock("verdicts")
            yield work

    def _unnumbered(self, part: Part) -> bool:
        since = datetime.combine(self.since, time(), JAKARTA)
        with self._alone() as work:
            found = described(work, self.hub.vault, unnumbered(work, since, BATCH))
            self._file(work, part, found)
        return bool(found)

    def _file(self, work: Work, part: Part, found: Sequence[Again]) -> None:
        if found:
            filed(work, self.hub.vault, found)
            detail: dict[str, Detail] = {"model": part.model, "since": self.since.isoformat()}
            detail["shard"] = f"{part.shard}/{part.of}"
            append(
                work,
                Entry(act="described", at=self.hub.clock(), actor=self.hub.actor, count=len(found), detail=detail),
            )

    # what would change -------------------------------------------------------------------------------------------------

    def _judged(self, work: Work, complaints: Sequence[UUID], groups: Groups, *, placing: bool = False) -> list[Change]:
        """What would change about these; with `placing` whatever links them already is left as it is."""
        again = [one for one in described(work, self.hub.vault, complaints) if one.number is not None]
        rules = {one.complaint: rules_for(self.hub.manifests.good, one, self.rules) for one in again}
        widest = replace(self.rules, days=max((own.days for own in rules.values()), default=self.rules.days))
        found = found_for(work, self.hub.vault, [one.asked() for one in again], widest, filed=True)
        groups.apart = found.groups.apart
        stand = self._standing(work, [one.complaint for one in again])
        linked = candidates.named(work, self.hub.vault, [row.other for rows in stand.values() for row in rows])
        changes: list[Change] = []
        for one in again:
            near = {other.id: other for other in found.candidates[one.complaint]}
            near |= {row.other: linked[row.other] for row in stand.get(one.complaint, ()) if row.other in linked}
            own = rules[one.complaint]
            pairs = against(one.described.doc, list(near.values()), own)
            of_links = [] if placing else _of_links(one, pairs, stand.get(one.complaint, ()), own)
            changes += of_links or _of_case(one, pairs, groups, own)
        return self._not_asked(work, changes, {one.complaint: one.head for one in again})

    def _not_asked(self, work: Work, changes: Sequence[Change], heads: Mapping[UUID, UUID]) -> list[Change]:
        """Without the questions that a person was asked already, about these two complaints or their cases."""
        questions = [one for one in changes if one.what in ("ask", "doubt")]
        asked = case_lists.asked(work, {one.complaint for one in questions}) if questions else set()
        stand = [
            one
            for one in questions
            if asked & {frozenset((one.complaint, one.other)), frozenset((heads[one.complaint], one.pair.other.case))}
        ]
        return [one for one in changes if one not in stand]

    def _placed(self, work: Work, found: Sequence[Change], groups: Groups) -> list[Change]:
        """Where the complaints belong that have just lost a link, from the cases as they are without it."""
        lost = list(dict.fromkeys(one.complaint for one in found if one.what == "unlink"))
        return self._judged(work, lost, groups, placing=True) if lost else []

    def _would_be_placed(self, found: Sequence[Change]) -> list[Change]:
        """The same before anything has changed: the links are undone in a transaction that never ends well."""
        gone = [one for one in found if one.what == "unlink"]
        placed: list[Change] = []
        if gone:
            with suppress(_TakenBack), self.hub.store.begin() as work:
                self._write(work, gone, self.hub.clock())
                placed = self._placed(work, gone, self._groups)
                raise _TakenBack
        return placed

    def _standing(self, work: Work, complaints: Sequence[UUID]) -> dict[UUID, list[Any]]:
        """The links that models made of these complaints to others, and of which no person has said anything."""
        said = labels.standing(work, complaints)
        stand: dict[UUID, list[Any]] = {}
        for row in case_lists.links_of(work, complaints):
            if row.model != PERSON and frozenset((row.complaint, row.other)) not in said:
                stand.setdefault(row.complaint, []).append(row)
        return stand

    def _write(self, work: Work, found: Sequence[Change], now: datetime) -> None:
        actor, model = self.hub.actor, version(self.rules)
        gone = [change.link for change in found if change.what == "unlink" and change.link is not None]
        cases.undo(work, gone, by=actor, model=model, now=now)
        links = [as_link(one.complaint, one.pair, model) for one in found if one.what == "link"]
        cases.link(work, links, by=actor, now=now)
        for region in {one.region for one in found}:
            asked = [one for one in found if one.what in ("ask", "doubt") and one.region == region]
            cases.ask(work, region, [as_link(one.complaint, one.pair, model) for one in asked], now)


def _of_links(one: Again, pairs: Sequence[Against], stand: Sequence[Any], rules: Rules) -> list[Change]:
    """Links of older models that this one would not make; what loses one is placed anew when it has."""
    known = {pair.other.id: pair for pair in pairs}
    changes = []
    for row in stand:
        pair = known.get(row.other)
        if pair and pair.pair.probability < rules.same:
            what = "doubt" if pair.pair.probability >= rules.review else "unlink"
            changes.append(
                Change(
                    what=what,
                    complaint=one.complaint,
                    pair=pair,
                    region=one.region,
                    link=row.id,
                    before=row.probability,
                )
            )
    return changes


def _of_case(one: Again, pairs: Sequence[Against], groups: Groups, rules: Rules) -> list[Change]:
    joined = groups.place(one.head, pairs, rules)
    found = [("link", pair) for pair in joined.links] + [("ask", pair) for pair in joined.questions]
    return [Change(what=what, complaint=one.complaint, pair=pair, region=one.region) for what, pair in found]
