"""One item on its way through an accept: what it is, and what was found out about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.discretion.accused import Accused
from hub.joining import Joining
from hub.judging import Asked, Described, Judged, is_re_report
from hub.normalise import Normalised
from hub.personal import counts
from hub.store.complaints import Known, Origin, Version, Word, at_first
from hub.store.items import Stored

_WORDS = ("title", "body", "location_text")
"""What of a complaint a citizen writes freely."""


@dataclass(slots=True, kw_only=True)
class Decided:
    """One item on its way through a batch: what it is, and what was found out about it so far."""

    item: Stored
    result: Normalised
    known: Known
    what: str
    """quarantined | rejected | ignored | updated | new"""
    code: str | None = None
    joins: Joining | None = None
    """It is an answer to us, and part of another complaint."""
    doubtful: UUID | None = None
    """The complaint whose id this one may have been given again: a person looks."""
    number: int | None = None
    """By which others find it."""
    hold: str | None = None
    """Why it is not sent at once."""
    case: UUID | None = None
    tokens: Mapping[str, bytes] = field(default_factory=dict)
    """Keyed hashes of the reporter."""
    described: Described | None = None
    commitment: str | None = None
    judged: Judged | None = None
    word: str | None = None
    accused: Accused | None = None
    """From whom it is hidden, also where it is in quarantine."""

    @property
    def document(self) -> Mapping[str, Any]:
        """The complaint, as its schema has it, of an item that is one."""
        assert self.result.document is not None
        return self.result.document

    @property
    def submitted_at(self) -> datetime | None:
        """When it was submitted, where the channel says so."""
        text = self.document.get("submitted_at")
        return datetime.fromisoformat(text) if text else None

    @property
    def when(self) -> datetime:
        """When it was submitted; when it was received, where the channel does not say."""
        return self.submitted_at or self.item.received_at

    def asked(self, head: UUID | None) -> Asked:
        """The question whether we have it already; `head` of its case, if it has had one before."""
        case = head or self.case
        assert self.described is not None and self.number is not None and case is not None
        return Asked(
            complaint=self.item.complaint,
            number=self.number,
            doc=self.described.doc,
            case=case,
            may_wait=not is_re_report(self.document),
        )

    @property
    def is_bare(self) -> bool:
        """It waits in quarantine, and nothing of its complaint has ever been accepted."""
        return self.what == "quarantined" and self.known.state in ("waiting", "quarantined")

    @property
    def behind(self) -> UUID | None:
        """The complaint that it joins."""
        return self.joins.answers.to.complaint if self.joins else None

    def first_word(self) -> Word:
        """Its word before anybody has judged whether it is a repeat; an update keeps what was said."""
        number, known = self.item.complaint, self.known
        if self.what == "new":
            return at_first(number, self.hold)
        if self.what == "updated":
            return Word(complaint=number, state=known.state, reason=known.reason, behind=known.behind)
        return Word(complaint=number, state=self.what, reason=self.code, behind=self.behind)

    def version(self) -> Version:
        """Its canonical text as it is to be stored."""
        assert self.result.encoded is not None
        return Version(
            item=self.item,
            word=self.first_word(),
            document=self.document,
            text=self.result.encoded,
            case=self.case,
            features=self.described.features if self.described else None,
            number=self.number,
            tokens=self.tokens,
            unmapped=self.result.unmapped,
            hub_status=self.result.hub_status,
            submitted_at=self.submitted_at,
            because=self.result.because,
            accused=self.accused,
        )

    def entry(self, origin: Origin, actor: str, now: datetime, *, looks: bool = True) -> Entry:
        """What the log says of it; `looks`: also how much personal data its words hold, by kind and never which."""
        return Entry(
            act=self._act,
            at=now,
            actor=actor,
            connector=origin.name,
            region=origin.region,
            complaint=self.result.document["id"] if self.result.document else str(self.item.complaint),
            code=self.code,
            commitment=self.commitment,
            detail=self._detail(origin.manifest_sha256) | (self._personal() if looks else {}),
        )

    @property
    def _act(self) -> str:
        if self.joins and self.joins.completes:
            return "completed"
        return "held" if self.word == "held" else _ACTS.get(self.what, "accepted")

    def _personal(self) -> dict[str, Detail]:
        document = self.result.document or {}
        found = counts("\n".join(document.get(name) or "" for name in _WORDS))
        return {"personal": [f"{kind}:{count}" for kind, count in found.items()]} if found else {}

    def _detail(self, manifest: str) -> dict[str, Detail]:
        result, detail = self.result, dict[str, Detail](manifest=manifest)
        if self.item.version > 1:
            detail["version"] = self.item.version
        if self.joins:
            answers = self.joins.answers
            detail |= {"joins": str(answers.to.complaint), "way": answers.way, "kept": self.joins.words.kept}
            detail |= {"other_sender": True} if answers.other_sender else {}
        if self.known.completed:
            detail["completed"] = True
        if self.judged:
            detail |= self.judged.detail
        if result.problems:
            detail["rules"] = sorted({f"{problem.path}:{problem.rule}" for problem in result.problems})
        if result.because:
            detail["confidential"] = list(result.because)
        if self.accused:
            detail["accused"] = self.accused.word
        if result.unmapped:
            detail["unmapped"] = list(result.unmapped)
        if result.notes:
            detail["left_out"] = sorted(f"{note.path}:{note.rule}" for note in result.notes)
        return detail

    @property
    def counted(self) -> str | None:
        """The word under which the tally counts it; the ones of the first promise, and updates beside them."""
        if self.what == "new":
            return "on_the_way" if self.word == "accepted" else self.word
        return None if self.what == "ignored" else self.what


_ACTS = {"quarantined": "quarantined", "rejected": "rejected", "ignored": "rejected"}


def each_once(batch: Sequence[Stored]) -> list[Stored]:
    """The batch up to the second version of a complaint, which is decided when the first has been written."""
    seen: set[UUID] = set()
    for number, item in enumerate(batch):
        if item.complaint in seen:
            return list(batch[:number])
        seen.add(item.complaint)
    return list(batch)
