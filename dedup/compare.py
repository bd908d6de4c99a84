"""How alike two complaints are, and what in them contradicts: the measurements that a verdict weighs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Levenshtein

from dedup.rules import STOP, Rules
from dedup.text import tokens

if TYPE_CHECKING:
    from dedup.judge import Doc

_STREET_ALIKE: Final = 85.0
_VOWELS: Final = str.maketrans("", "", "aeiou")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Measurements of one pair. ``likeness`` is 0..1 from the words alone; ``how`` names what it rests on."""

    outside: bool
    exact: bool
    short: bool
    likeness: float
    how: str
    conflicts: tuple[str, ...]
    same_street: bool


def compared(doc: Doc, other: Doc, rules: Rules) -> Comparison:
    """Everything the verdict needs to know about two documents; texts are read only within window and province."""
    outside = abs(doc.day - other.day) > rules.days or (rules.province and doc.region[:2] != other.region[:2])
    if outside:
        return Comparison(
            outside=True, exact=False, short=False, likeness=0.0, how="alike_text", conflicts=(), same_street=False
        )
    ours, theirs = tokens(doc.text), tokens(other.text)
    likeness, how = _likeness(ours, theirs, rules)
    conflicts = _conflicts(doc, other, ours, theirs, rules) if likeness >= rules.review else ()
    return Comparison(
        outside=False,
        exact=ours == theirs,
        short=min(len(ours), len(theirs)) < rules.short,
        likeness=likeness,
        how=how,
        conflicts=conflicts,
        same_street=bool(doc.streets and other.streets and not _apart(doc.streets, other.streets)),
    )


def _likeness(ours: Sequence[str], theirs: Sequence[str], rules: Rules) -> tuple[float, str]:
    """0..1 and its ground: equal, nearly equal (reordered or not), or the shorter text contained in the longer."""
    if not ours or not theirs:
        return 0.0, "alike_text"
    if ours == theirs:
        return 1.0, "exact_text"
    a, b = " ".join(ours), " ".join(theirs)
    near = max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b)) / 100
    part = 0.0
    if min(len(ours), len(theirs)) >= rules.contained and _share_words(ours, theirs):
        cutoff = rules.review * 100
        part = max(fuzz.partial_ratio(a, b, score_cutoff=cutoff) / 100, covered(ours, theirs, rules)) * 0.98
    likeness = min(max(near, part), 0.99)
    how = "alike_text" if likeness < rules.same else "near_text" if near >= part else "contained_text"
    return likeness, how


def _share_words(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """A quarter of the shorter text's telling words stand in the longer one: below that no mistyping makes it a part."""
    mine, yours = frozenset(_telling(ours)), frozenset(_telling(theirs))
    return 4 * len(mine & yours) >= min(len(mine), len(yours))


def covered(ours: Sequence[str], theirs: Sequence[str], rules: Rules) -> float:
    """Which share (0..1, by letters) of the shorter text's telling words the longer one holds, mistypings allowed.

    Below the threshold of a review the exact share does not matter, and 0.0 is said as soon as that is certain.
    """
    shorter, longer = sorted((_telling(ours), _telling(theirs)), key=lambda words: sum(map(len, words)))
    if len(shorter) < 5:
        return 0.0
    letters = sum(map(len, shorter))
    most = letters * (1 - rules.review)
    missing = 0
    for word in _lonely(shorter, longer, rules):
        missing += len(word)
        if missing > most:
            return 0.0
    return 1 - missing / letters


def _telling(words: Sequence[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word not in STOP]


def _lonely(words: Sequence[str], others: Sequence[str], rules: Rules) -> Iterator[str]:
    """Words without a partner among the others: neither equal nor, if long enough, a mistyping."""
    known = frozenset(others)
    candidates = _letters(known)
    return (word for word in words if word not in known and not _mistyped(word, candidates, rules))


def _letters(words: Iterable[str]) -> list[str]:
    return [word for word in words if len(word) >= 3 and not word[0].isdigit()]


def _mistyped(word: str, others: Sequence[str], rules: Rules) -> bool:
    """Mistyped, or written without its vowels. Numbers are never mistyped: 7 and 17 are two houses."""
    if word[0].isdigit() or len(word) < 3:
        return False
    if process.extractOne(word, others, scorer=fuzz.ratio, score_cutoff=rules.word) is not None:
        return True
    return any(word[0] == other[0] and _without_vowels(word, other) for other in others)


def _without_vowels(word: str, other: str) -> bool:
    """phn is pohon: one is the other with vowels left out, all consonants kept."""
    shorter, longer = sorted((word, other), key=len)
    if longer.translate(_VOWELS) != shorter.translate(_VOWELS) or len(shorter.translate(_VOWELS)) < 3:
        return False
    letters = iter(longer)
    return all(letter in letters for letter in shorter)


def _conflicts(doc: Doc, other: Doc, ours: Sequence[str], theirs: Sequence[str], rules: Rules) -> tuple[str, ...]:
    found = []
    if doc.streets and other.streets and _apart(doc.streets, other.streets):
        found.append("other_street")
    if doc.houses and other.houses and not doc.houses & other.houses:
        found.append("other_house")
    if _units_apart(doc.units, other.units):
        found.append("other_unit")
    if not found and doc.place and other.place and fuzz.token_set_ratio(doc.place, other.place) < rules.place:
        found.append("other_place")
    if not found and _replaced(ours, theirs, rules):
        found.append("other_words")
    return tuple(found)


def _apart(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """No street of one is a street of the other; a name cut short or mistyped is the same, another number is not."""
    return not any(_one_street(a, b) for a in ours for b in theirs)


def _one_street(a: str, b: str) -> bool:
    first, second = _split(a), _split(b)
    if first[1] and second[1] and first[1] != second[1]:
        return False
    names, other_names = first[0], second[0]
    return (
        names.startswith(other_names)
        or other_names.startswith(names)
        or fuzz.ratio(names, other_names) >= _STREET_ALIKE
    )


def _split(street: str) -> tuple[str, str]:
    name, _, last = street.rpartition(" ")
    return (name, last) if last.isdigit() else (street, "")


def _units_apart(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Both name an RT, or both an RW, and none is common."""
    for kind in ("rt ", "rw "):
        mine = {unit for unit in ours if unit.startswith(kind)}
        yours = {unit for unit in theirs if unit.startswith(kind)}
        if mine and yours and not mine & yours:
            return True
    return False


def _replaced(ours: Sequence[str], theirs: Sequence[str], rules: Rules) -> bool:
    """At one place a telling word stands instead of another, and neither occurs anywhere in the other text."""
    lonely = frozenset(_lonely(_telling(ours), theirs, rules)), frozenset(_lonely(_telling(theirs), ours, rules))
    if not lonely[0] or not lonely[1]:
        return False
    for step in Levenshtein.opcodes(ours, theirs):
        if step.tag != "replace":
            continue
        mine = [word for word in ours[step.src_start : step.src_end] if word in lonely[0]]
        yours = [word for word in theirs[step.dest_start : step.dest_end] if word in lonely[1]]
        at_end = step.src_end == len(ours) or step.dest_end == len(theirs)
        if mine and yours and not (at_end and _cut_short(mine, yours)) and not _one_wording(mine, yours, rules):
            return True
    return False


def _cut_short(mine: Sequence[str], yours: Sequence[str]) -> bool:
    """One text ends here with a torn word or two and the other goes on: nothing was replaced."""
    shorter, longer = sorted((mine, yours), key=len)
    return len(shorter) <= 1 and len(longer) >= len(shorter) + 3


def _one_wording(mine: Sequence[str], yours: Sequence[str], rules: Rules) -> bool:
    """The same words, badly typed or torn in other places; numbers must agree."""
    if any(word[0].isdigit() for word in mine) and any(word[0].isdigit() for word in yours):
        return False
    if len(mine) == len(yours):
        return all(
            _one_slip(one, other) or _mistyped(one, _letters([other]), rules)
            for one, other in zip(mine, yours, strict=True)
        )
    return fuzz.ratio("".join(mine), "".join(yours)) >= rules.torn


def _one_slip(word: str, other: str) -> bool:
    """One letter too many, too few, wrong or swapped; more would make Sidomulyo of Sukomulyo."""
    return min(len(word), len(other)) >= 3 and OSA.distance(word, other, score_cutoff=1) <= 1
