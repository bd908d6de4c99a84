"""Whether a complaint says what an earlier one said, and why: a verdict that can be read, doubted and undone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from dedup.compare import Comparison, compared
from dedup.rules import NOT_A_STREET, RULES, STOP, Rules
from dedup.text import normalise

__all__ = ["RULES", "Doc", "Reason", "Rules", "Verdict", "document", "judge", "pack", "unpack"]

Answer = Literal["same", "review", "new"]

_FORMAT: Final = 1
_STREET: Final = re.compile(
    r"\b(?:jalan|gang)((?: (?!jalan\b|gang\b|nomor\b|rt\b|rw\b|kelurahan\b|kecamatan\b)[a-z]+){1,3})(?: (\d{1,3})\b)?"
)
_HOUSE: Final = re.compile(r"\bnomor (\d{1,4}[a-z]?)\b")
_UNIT: Final = re.compile(r"\b(rt|rw) (\d{1,3})\b")
_NO_NAME: Final = STOP | NOT_A_STREET


@dataclass(frozen=True, slots=True, kw_only=True)
class Doc:
    """What the judge needs of one complaint.

    ``text`` and ``place`` are normalised, ``day`` counts from 1970-01-01, ``region`` is a Kemendagri code ("" =
    unknown) and ``reporter`` holds opaque keyed tokens of phone, e-mail, NIK or handle (empty = equals nobody).
    Streets, house numbers and RT/RW are read from text and place.
    """

    id: str
    text: str
    day: int
    region: str = ""
    place: str = ""
    reporter: frozenset[str] = frozenset()
    streets: tuple[str, ...] = field(init=False)
    houses: frozenset[str] = field(init=False)
    units: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        where = f"{self.text} {self.place}"
        object.__setattr__(self, "streets", _streets(where))
        object.__setattr__(self, "houses", frozenset(_HOUSE.findall(where)))
        object.__setattr__(self, "units", frozenset(f"{kind} {number}" for kind, number in _UNIT.findall(where)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that spoke for (weight > 0) or against (< 0); general words only, so it may be shown and logged."""

    code: str
    weight: float
    id: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``of`` is the best earlier complaint (None when new), ``probability`` (0..1) that both tell of one matter."""

    answer: Answer
    of: str | None
    probability: float
    same_reporter: bool
    reasons: tuple[Reason, ...]
    model: str


def document(*, id: str, text: str, day: int, region: str = "", place: str = "", reporter: Iterable[str] = ()) -> Doc:
    """A Doc from texts as received: the only place where they are normalised."""
    return Doc(
        id=id, text=normalise(text), day=day, region=region, place=normalise(place), reporter=frozenset(reporter)
    )


def judge(doc: Doc, candidates: Iterable[Doc], rules: Rules = RULES) -> Verdict:
    """The verdict against the best candidate: a sure one first, then the same reporter's, the likeliest, the oldest."""
    verdicts = [(_against(doc, other, rules), other) for other in candidates if other.id != doc.id]
    if not verdicts:
        return _new(rules)
    best, _ = min(
        verdicts,
        key=lambda pair: (
            _RANK[pair[0].answer],
            not pair[0].same_reporter,
            -pair[0].probability,
            pair[1].day,
            pair[1].id,
        ),
    )
    return best


def pack(doc: Doc) -> bytes:
    """A Doc as bytes for storage, so that it is never normalised twice. It holds the text: encrypt it."""
    return json.dumps(
        [_FORMAT, doc.id, doc.text, doc.day, doc.region, doc.place, sorted(doc.reporter)],
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "surrogatepass")


def unpack(blob: bytes) -> Doc:
    """The Doc of ``pack``. ValueError if the bytes are of another format."""
    version, number, text, day, region, place, reporter = json.loads(blob.decode("utf-8", "surrogatepass"))
    if version != _FORMAT:
        raise ValueError(f"dedup features of format {version}, this code reads {_FORMAT}")
    return Doc(id=number, text=text, day=day, region=region, place=place, reporter=frozenset(reporter))


_RANK: Final[dict[Answer, int]] = {"same": 0, "review": 1, "new": 2}


def _new(rules: Rules) -> Verdict:
    return Verdict(answer="new", of=None, probability=0.0, same_reporter=False, reasons=(), model=rules.version)


def _streets(where: str) -> tuple[str, ...]:
    """Names after "jalan" or "gang" with their number, in order, each once; what only looks like a name is left out."""
    found = []
    for names, number in _STREET.findall(where):
        kept: list[str] = []
        for word in names.split():
            if word in _NO_NAME and not (word == "raya" and not kept):
                break
            kept.append(word)
        if kept and kept != ["raya"]:
            whole = len(kept) == len(names.split())
            found.append(" ".join([*kept, *([number] if number and whole else [])]))
    return tuple(dict.fromkeys(found))


def _against(doc: Doc, other: Doc, rules: Rules) -> Verdict:
    """The verdict against one candidate."""
    pair = compared(doc, other, rules)
    same_reporter = bool(doc.reporter & other.reporter)
    probability, answer = _weighed(pair, same_reporter, rules)
    if answer == "new":
        return Verdict(
            answer="new", of=None, probability=probability, same_reporter=False, reasons=(), model=rules.version
        )
    reasons = _reasons(pair, same_reporter)
    return Verdict(
        answer=answer,
        of=other.id,
        probability=probability,
        same_reporter=same_reporter,
        reasons=reasons,
        model=rules.version,
    )


def _weighed(pair: Comparison, same_reporter: bool, rules: Rules) -> tuple[float, Answer]:
    """Probability and answer. A conflict, or a text too short to tell matters apart, is never surer than a review."""
    if pair.outside:
        return 0.0, "new"
    probability = pair.likeness
    if pair.conflicts:
        probability = min(probability, rules.conflict)
    if pair.short and not (pair.exact and same_reporter):
        probability = min(probability, rules.conflict)
    answer: Answer = "same" if probability >= rules.same else "review" if probability >= rules.review else "new"
    return round(probability, 4), answer


def _reasons(pair: Comparison, same_reporter: bool) -> tuple[Reason, ...]:
    """At most four, the strongest first."""
    codes = [pair.how, *pair.conflicts]
    codes += ["short_text"] if pair.short else []
    codes += ["same_reporter"] if same_reporter else []
    codes += ["same_street"] if pair.same_street else []
    found = [Reason(code=code, weight=_PHRASES[code][0], id=_PHRASES[code][1], en=_PHRASES[code][2]) for code in codes]
    return tuple(sorted(found, key=lambda reason: -abs(reason.weight))[:4])


_PHRASES: Final[dict[str, tuple[float, str, str]]] = {
    "exact_text": (3.0, "teksnya sama persis", "the text is equal"),
    "near_text": (2.0, "teksnya hampir sama", "the text is nearly equal"),
    "contained_text": (1.8, "teks yang satu bagian dari yang lain", "one text is part of the other"),
    "alike_text": (0.5, "teksnya sebagian mirip", "the texts are partly alike"),
    "other_street": (-2.5, "nama jalan berbeda", "the street is another"),
    "other_house": (-2.2, "nomor rumah berbeda", "the house number is another"),
    "other_unit": (-2.2, "RT/RW berbeda", "the neighbourhood unit (RT/RW) is another"),
    "other_place": (-2.0, "lokasi berbeda", "the place is another"),
    "other_words": (-2.1, "kata penting berbeda di tempat yang sama", "a telling word was replaced by another"),
    "short_text": (-1.5, "teksnya terlalu pendek", "the text is too short"),
    "same_reporter": (1.0, "pelapornya sama", "the reporter is the same"),
    "same_street": (0.8, "nama jalan sama", "the street is the same"),
}
