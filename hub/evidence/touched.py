"""The breach question: which complaints, and whose, did somebody's acts touch within a span of time (UU 27/2022, Art. 46)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hub.audit.entry import Entry
from hub.privacy import Vault
from hub.sheets import csv_lines
from hub.spine import Hub
from hub.store import search, touched
from hub.store.log import append
from hub.store.search import Asked
from hub.store.work import Work

HEAD: Final = ("complaint", "person", "connector", "region", "entries", "acts", "first", "last")
SEVERAL: Final = ("linked", "unlinked", "split", "exported")
"""Acts whose entries name further complaints in their detail, or none of those that they reach."""
CONTENTS: Final = ("items", "complaints", "quarantine")
"""What an unmasked export of holds the words of every complaint that was stored by then."""


@dataclass(slots=True)
class Touch:
    """One complaint and what was done about it; an act that reached it through an export is `exported`."""

    acts: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, act: str, entries: int, first: datetime, last: datetime) -> None:
        """Count entries of one act between two moments."""
        self.acts[act] += entries
        self.first = min(self.first or first, first)
        self.last = max(self.last or last, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """The answer: a line a complaint, and how many people stand behind them."""

    lines: Sequence[Mapping[str, Any]]
    """By complaint; the names of HEAD; `person` is "" for who is anonymous or erased."""
    persons: int
    unknown: int
    """Complaints whose reporter nobody can name."""
    entries: int


def which(hub: Hub, asked: Asked) -> Touched:
    """
    All complaints that entries of `asked` (actor, span, …) name, or reach through an export or a file of answers.

    Persons are references that hold within one question only: the same question gives the same ones, and without the
    hub's key nobody can tie them to a person or to another answer. Leaves the entry `exported` with the code `touched`.
    """
    with hub.store.begin(still=True) as work:
        found = _found(work, asked)
        where, people = touched.places(work, list(found)), _people(hub.vault, asked, touched.tokens(work, list(found)))
        lines = [_line(one, found[one], where, people) for one in sorted(found)]
        append(work, _entry(hub, asked, len(lines)))
    persons = {line["person"] for line in lines if line["person"]}
    entries = sum(sum(touch.acts.values()) for touch in found.values())
    return Touched(
        lines=lines, persons=len(persons), unknown=sum(not line["person"] for line in lines), entries=entries
    )


def _found(work: Work, asked: Asked) -> dict[UUID, Touch]:
    found: dict[UUID, Touch] = {}
    for complaint, act, entries, first, last in touched.named(work, asked):
        found.setdefault(complaint, Touch()).add(act, entries, first, last)
    for complaint, act, at in _further(work, asked):
        found.setdefault(complaint, Touch()).add(act, 1, at, at)
    return found


def _further(work: Work, asked: Asked) -> Iterator[tuple[UUID, str, datetime]]:
    """What the index does not hold: entries that wait to be sealed, and complaints that an entry reaches without its column."""
    for one in search.waiting(work, asked):
        entry = json.loads(one.body)
        if complaint := entry.get("complaint"):
            yield UUID(complaint), entry["act"], datetime.fromisoformat(entry["at"])
    for act in SEVERAL if asked.act is None else {asked.act} & {*SEVERAL}:
        for one in search.find(work, replace(asked, act=act)):
            entry = json.loads(one.body)
            at = datetime.fromisoformat(entry["at"])
            yield from ((complaint, act, at) for complaint in _reached(work, entry, at))


def _reached(work: Work, entry: Mapping[str, Any], at: datetime) -> Iterable[UUID]:
    detail = entry.get("detail", {})
    if entry["act"] != "exported" or entry.get("code") == "explained":
        others = [detail.get("other"), *detail.get("complaints", ())]
        return [UUID(one) for one in others if one]
    if detail.get("masked") is not False:
        return ()
    if entry.get("code") in CONTENTS:
        return touched.stored(work, until=at, names=detail.get("connectors", ()))
    if entry.get("code") == "answers" and "first" in detail:
        return touched.handed_over(work, UUID(entry["connector"]), int(detail["first"]), int(detail["last"]))
    return ()


def _people(vault: Vault, asked: Asked, tokens: Sequence[tuple[UUID, bytes]]) -> dict[UUID, str]:
    """Complaint -> reference of its person: whoever shares a number, an address or a handle is one person."""
    above: dict[UUID | bytes, UUID | bytes] = {}

    def head(one: UUID | bytes) -> UUID | bytes:
        while (up := above.setdefault(one, one)) != one:
            above[one] = above[up]
            one = up
        return one

    smallest: dict[UUID | bytes, bytes] = {}
    for complaint, token in tokens:
        above[head(complaint)] = head(token)
    for _, token in tokens:
        mine = head(token)
        smallest[mine] = min(smallest.get(mine, token), token)
    salt = repr((asked.actor, asked.since, asked.until)).encode()
    names = {one: vault.mac("reporter", b"touched:" + salt + token).hex()[:16] for one, token in smallest.items()}
    return {complaint: names[head(complaint)] for complaint, _ in tokens}


def _line(
    one: UUID, touch: Touch, where: Mapping[UUID, tuple[str, str]], people: Mapping[UUID, str]
) -> Mapping[str, Any]:
    connector, region = where.get(one, ("", ""))
    return {
        "complaint": str(one),
        "person": people.get(one, ""),
        "connector": connector,
        "region": region,
        "entries": sum(touch.acts.values()),
        "acts": dict(sorted(touch.acts.items())),
        "first": touch.first.isoformat() if touch.first else "",
        "last": touch.last.isoformat() if touch.last else "",
    }


def as_lines(found: Touched, *, as_json: bool) -> Iterator[str]:
    """CSV with its head, or one JSON object a line."""
    if as_json:
        yield from (json.dumps(line) for line in found.lines)
        return
    yield ",".join(HEAD)
    for line in found.lines:
        acts = " ".join(f"{act}:{count}" for act, count in line["acts"].items())
        yield from csv_lines([[{**line, "acts": acts}[name] for name in HEAD]], end="")


def summary(found: Touched) -> str:
    """One line for people, in both languages."""
    return (
        f"{len(found.lines)} aduan / complaints, {found.persons} pelapor / persons, "
        f"{found.unknown} tanpa pelapor yang dikenal / without a known reporter, {found.entries} entri / entries"
    )


def _entry(hub: Hub, asked: Asked, count: int) -> Entry:
    return Entry(
        act="exported",
        at=hub.clock(),
        actor=hub.actor,
        region=asked.region,
        code="touched",
        count=count,
        detail={"masked": True},
    )
