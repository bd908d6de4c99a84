"""What one message to a reporter says: each piece of news once, in the order in which it happened, in polite Indonesian."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hub import texts
from hub.registry.wording import marker
from hub.standing import RANK
from schemas.words import TERMINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One event with its words in clear."""

    what: str
    """receipt | status | disposition | follow_up | incomplete"""
    status: str | None
    """The hub's word; None for anything but a status."""
    text: str
    at: datetime
    """When it happened, or when it was seen where the registry does not say."""
    digest: bytes
    by: str | None = None
    institution: str = ""
    """To whom it was passed on, by name; "" where only a number is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message through one door."""

    news: Sequence[News]
    complaint: str
    """The complaint's id, for [Ref …]: by it an answer is joined to its complaint."""
    number: str
    """At the registry; "" where it has none."""
    standing: str | None
    """Where the complaint stands."""
    zone: str
    templates: Mapping[str, str] = field(default_factory=dict)
    """What the region says instead of hub.texts.TEMPLATES."""
    guarded: bool = False
    """Whoever runs the door may be the accused: it says that there is news, and where, and no word of them."""

    def text(self) -> str:
        """The whole message; the same news give the same message, in whatever order they came."""
        said = [texts.filled(texts.GUARDED, {"number": self.number})] if self._is_kept_back() else self._told()
        return "\n\n".join([texts.GREETING, *said, *self._end()])

    def _told(self) -> Iterator[str]:
        yield from self._head()
        yield from self._body()

    def _is_kept_back(self) -> bool:
        """A receipt, and what the hub itself asks before there is a number, hold nothing that anybody has found out."""
        return self.guarded and bool(self.number) and any(one.what != "receipt" for one in self.news)

    def _head(self) -> Iterator[str]:
        received = [one for one in self.news if one.what == "receipt"]
        if self.number:
            template = self._template("received") if received else texts.NEWS
            yield texts.filled(template, self._values("", texts.words("received")))
        if (here := texts.words(self.standing)) and not self._is_all_there_is():
            yield texts.filled(texts.STATUS, {"status": here})

    def _is_all_there_is(self) -> bool:
        """A single piece of news that says the present status itself."""
        return len(self.news) == 1 and self.news[0].status == self.standing

    def _body(self) -> Iterator[str]:
        for one in in_order(self.news):
            if one.what != "receipt":
                yield self._paragraph(one)

    def _paragraph(self, one: News) -> str:
        template = self._template(_sort(one))
        note = "" if one.status and texts.only_repeats(one.text) else one.text.strip()
        said = texts.filled(template, self._values(note, words(one), one.at))
        if not note or texts.says(template, "text") or (texts.says(template, "missing") and _sort(one) == "incomplete"):
            return said
        return f"{said}\n{texts.NOTE} {note}"

    def _values(self, note: str, status: str, at: datetime | None = None) -> dict[str, str]:
        return {
            "number": self.number,
            "ref": self.complaint,
            "status": status,
            "text": note,
            "missing": note or texts.MISSING,
            "date": moment(at, self.zone) if at else "",
        }

    def _template(self, name: str) -> str:
        return self.templates.get(name) or texts.TEMPLATES[name]

    def _end(self) -> Iterator[str]:
        yield texts.THANKS
        yield f"{marker(self.complaint)}\n{texts.SENT_BY}"


def in_order(news: Iterable[News]) -> list[News]:
    """By their stamps; of two in one second the one further along the way comes later, and words after their status."""
    return sorted(news, key=lambda one: (one.what != "receipt", one.at, _place(one), one.digest))


def _place(one: News) -> int:
    return RANK.get(one.status or "", len(RANK))


def _sort(one: News) -> str:
    """Which template tells it."""
    if one.what == "incomplete" or one.status == "postponed":
        return "incomplete"
    if one.what == "follow_up":
        return "answer"
    return "closed" if one.status in TERMINAL else "status"


def words(one: News) -> str:
    """What a status or a passing on is called; "" for words of somebody."""
    if one.what != "disposition":
        return texts.words(one.status, one.by)
    return texts.PASSED_TO.replace("{institution}", one.institution) if one.institution else texts.PASSED_ON


def moment(at: datetime, zone: str) -> str:
    """A moment as people there write it: 01-12-2026 10.05 WIB."""
    return at.astimezone(ZoneInfo(zone)).strftime("%d-%m-%Y %H.%M %Z")
