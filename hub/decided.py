"""One item on its way through an accept: what it is, and what was found out about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dedup.judge import Doc
from hub.judging import Asked, Judged, is_re_report
from hub.model import Complaint
from hub.normalise import Normalised
from hub.store.complaints import Known
from hub.store.items import Stored


@dataclass(slots=True, kw_only=True)
class Decided:
    """One item on its way through a batch: what it is, and what was found out about it so far."""

    item: Stored
    result: Normalised
    known: Known
    what: str
    """quarantined | rejected | ignored | updated | new"""
    code: str | None = None
    behind: UUID | None = None
    """The complaint that this message answers to, and joins."""
    doubtful: UUID | None = None
    """The complaint whose id this one may have been given again: a person looks."""
    case: UUID | None = None
    tokens: Mapping[str, bytes] = field(default_factory=dict)
    """Keyed hashes of the reporter."""
    doc: Doc | None = None
    commitment: str | None = None
    judged: Judged | None = None
    word: str | None = None

    @property
    def complaint(self) -> Complaint:
        """The canonical complaint of an item that is one."""
        assert self.result.complaint is not None
        return self.result.complaint

    def asked(self) -> Asked:
        """The question whether we have it already."""
        assert self.doc is not None
        return Asked(
            number=self.item.complaint,
            doc=self.doc,
            may_wait=not is_re_report(self.complaint),
            fresh=self.known.document is None,
        )

    @property
    def act(self) -> str:
        """What the log calls it."""
        return "held" if self.word == "held" else _ACTS.get(self.what, "accepted")

    @property
    def counted(self) -> str | None:
        """The word under which the tally counts it; the ones of the first promise, and updates beside them."""
        if self.what == "new":
            return "on_the_way" if self.word == "accepted" else self.word
        return None if self.what == "ignored" else self.what


_ACTS = {"quarantined": "quarantined", "rejected": "rejected", "ignored": "rejected"}


def stamp(text: str | None) -> datetime | None:
    """An RFC 3339 stamp of a canonical complaint as a moment."""
    return datetime.fromisoformat(text) if text else None


def when(complaint: Complaint, item: Stored) -> datetime:
    """When it was submitted; when it was received, where the channel does not say."""
    return stamp(complaint.submitted_at) or item.received_at


def each_once(batch: Sequence[Stored]) -> list[Stored]:
    """The batch up to the second version of a complaint, which is decided when the first has been written."""
    seen: set[UUID] = set()
    for number, item in enumerate(batch):
        if item.complaint in seen:
            return list(batch[:number])
        seen.add(item.complaint)
    return list(batch)
