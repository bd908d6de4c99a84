"""Groups a file of labelled complaints as the hub would, so that anybody can measure the model before trusting it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import inf
from pathlib import Path
from typing import Any, Final

from dedup.doc import Doc, document
from dedup.groups import Link, decide, heads
from dedup.judge import pairs
from dedup.keys import keys, probes
from dedup.model import MODEL, Model
from dedup.rules import RULES, Rules

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """``clusters``: (id, cluster id) of every record, oldest first, a cluster named after its oldest record.

    ``review``: (id, id) of pairs that a person would be asked about.
    """

    clusters: tuple[tuple[str, str], ...]
    review: tuple[tuple[str, str], ...]


def read(path: Path) -> Iterator[Mapping[str, Any]]:
    """
    The records of a file, one JSON object a line, gzipped or not.

    ValueError names the line that is none, or has an id of another one, and what to do; and where a gzipped file breaks off.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    number, seen = 0, dict[str, int]()
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _record(line, number, seen)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ValueError(f"the gzipped file breaks off behind line {number}; copy it again") from None


def _record(line: bytes, number: int, seen: dict[str, int]) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except RecursionError:
        raise ValueError(f"line {number}: nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"line {number}: {_unread(error)}") from None
    if not isinstance(record, dict):
        raise ValueError(f"line {number}: not a JSON object; write one object a line, without a list round them")
    try:
        _checked(record)
        if (first := seen.setdefault(str(record["id"]), number)) != number:
            raise ValueError(f"the same id as line {first}")
    except (KeyError, ValueError) as error:
        raise ValueError(f"line {number}: {_told(error)}") from None
    return record


def _unread(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not JSON in UTF-8; save the file as UTF-8"
    where = f" at character {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
    return f"not JSON{where}; correct the line or remove it"


def _told(error: KeyError | ValueError) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _checked(record: Mapping[str, Any]) -> None:
    if missing := [name for name in ("id", "text", "time") if record.get(name) is None]:
        raise KeyError(missing[0])
    if not str(record["id"]).strip():
        raise ValueError("id is empty")
    for name in _TEXTS:
        if isinstance(record.get(name), list | dict | bool):
            raise ValueError(f"{name} is neither a text nor a number")
    if any("\ud800" <= sign <= "\udfff" for sign in str(record["id"])):
        raise ValueError("the id holds half a character (a lone surrogate)")
    _time(record)
    if (_number(record, "lat", 90) is None) != (_number(record, "lon", 180) is None):
        raise ValueError("lat and lon belong together; one of them is missing")


_TEXTS: Final = ("id", "text", "time", "place", "kelurahan", "kecamatan", "region", "reporter")


def described(record: Mapping[str, Any]) -> Doc:
    """A record as the judge knows it: id, text and time (ISO, local); everything else may be missing or empty.

    KeyError names a missing part, ValueError an unreadable one.
    """
    reporter = _said(record, "reporter")
    return document(
        id=str(record["id"]),
        text=str(record["text"]),
        day=(_time(record).date() - _EPOCH).days,
        region=_said(record, "region"),
        place=_said(record, "place"),
        kelurahan=_said(record, "kelurahan"),
        kecamatan=_said(record, "kecamatan"),
        lat=_number(record, "lat", 90),
        lon=_number(record, "lon", 180),
        reporter=[reporter] if reporter else [],
    )


def _time(record: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(record["time"])).replace(tzinfo=None)
    except ValueError:
        raise ValueError("time is not an ISO date or time such as 2026-06-30T08:15") from None


def _said(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None else str(value)


def _number(record: Mapping[str, Any], name: str, most: float) -> float | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} is not a number") from None
    if not abs(number) <= most:  # not a number is not below anything either
        raise ValueError(f"{name} is not between -{most} and {most}")
    return number


def grouped(records: Iterable[Mapping[str, Any]], rules: Rules = RULES, model: Model = MODEL) -> Grouped:
    """Every record judged against the earlier ones, in the order of their times.

    Memory grows with the records, time with records times ``rules.candidates``. ValueError if an id comes twice.
    """
    docs = [doc for _, _, doc in sorted((_time(r), str(r["id"]), described(r)) for r in _distinct(records))]
    return group(docs, rules, model)


def _distinct(records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    seen: set[str] = set()
    for record in records:
        if str(record["id"]) in seen:
            raise ValueError(f"id {record['id']} comes twice")
        seen.add(str(record["id"]))
        yield record


def group(docs: Sequence[Doc], rules: Rules = RULES, model: Model = MODEL) -> Grouped:
    """Complaints in the order of their arrival, each judged against those before it."""
    past, cases = Past(rules=rules), Cases(rules=rules)
    review: list[tuple[str, str]] = []
    for doc in docs:
        near = pairs(doc, past.near(doc), rules, model, reasons_from=inf, skim=True)
        review.extend((doc.id, other) for other in cases.join(doc.id, [(pair.of, pair.probability) for pair in near]))
        past.keep(doc)
    return Grouped(clusters=cases.clusters(), review=tuple(review))


@dataclass(slots=True, kw_only=True)
class Past:
    """The complaints so far, by their keys."""

    rules: Rules
    docs: list[Doc] = field(default_factory=list)
    holders: defaultdict[str, deque[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.holders = defaultdict(lambda: deque(maxlen=self.rules.cap))

    def near(self, doc: Doc) -> list[Doc]:
        """Those that share most weight of keys, within the window; the newer first if equal."""
        weights: defaultdict[int, float] = defaultdict(float)
        for key in (*keys(doc), *probes(doc)):
            for number in self.holders.get(key.text, ()):
                if abs(doc.day - self.docs[number].day) <= self.rules.days:
                    weights[number] += key.weight
        enough = (number for number, weight in weights.items() if weight >= self.rules.least)
        likely = sorted(enough, key=lambda number: (-weights[number], -number))
        return [self.docs[number] for number in likely[: self.rules.candidates]]

    def keep(self, doc: Doc) -> None:
        """From now on it is found by its keys."""
        self.docs.append(doc)
        for key in keys(doc):
            self.holders[key.text].append(len(self.docs) - 1)


@dataclass(slots=True, kw_only=True)
class Cases:
    """The case of each complaint so far, by id and in the order of arrival, and the links between cases."""

    rules: Rules
    of: dict[str, str] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    born: dict[str, int] = field(default_factory=dict)

    def join(self, id: str, near: Iterable[tuple[str, float]]) -> list[str]:
        """Find the case of a new complaint, and say with which earlier ones a person should compare it."""
        found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
        for other, probability in near:
            found[self._head(self.of[other])].append((probability, other))
        joined = decide({case: [p for p, _ in members] for case, members in found.items()}, self.rules)
        self.born[id] = len(self.born)
        self.of[id] = id if joined.case is None else joined.case
        for other in joined.merge:
            self._merge(self.of[id], other)
        return [max(found[case])[1] for case in joined.review]

    def clusters(self) -> tuple[tuple[str, str], ...]:
        """(id, id of the oldest of its group), in the order of arrival."""
        found = heads(self.links)
        return tuple((of, found.get(case, case)) for of, case in self.of.items())

    def _head(self, case: str) -> str:
        while case in self.merged:
            case = self.merged[case]
        return case

    def _merge(self, case: str, other: str) -> None:
        older, younger = sorted((self._head(case), other), key=self.born.__getitem__)
        self.merged[younger] = older
        self.links.append(Link(case=older, case_born=self.born[older], other=younger, other_born=self.born[younger]))
