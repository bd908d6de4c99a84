"""How alike the words of two complaints are, and what one says instead of the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Levenshtein

from dedup.places import alike, slip

if TYPE_CHECKING:
    from dedup.view import View

_TELLS: Final = 3.0  # nats from which a missing word is looked for among the mistyped ones
_SHORT, _LONG = 3, 5
"""Letters: shorter words are no mistypings, longer ones may stand torn or joined within others."""
_NEVER: Final = 1 << 30  # letters
_ROUGHLY: Final = 0.6  # likeness of two runs of words, torn in other places, that are not the same words


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Shares are 0..1 of the rarity of a text's words; the other measures of words are in nats.

    ``lone`` is the rarest word of the shorter text without a partner in the longer, ``lone_both`` the lesser of that
    on both sides, ``replaced`` the rarest word that stands instead of another at the same place, ``numbers``: a number or
    a single letter does so, ``slips`` the share of words that are the other's mistyped, ``shared`` what both texts tell,
    ``matter`` is like ``contained`` without the words that say where.
    """

    contained: float
    covered: float
    pairs: float
    cosine: float
    token_set: float
    lone: float
    lone_both: float
    replaced: float
    numbers: bool
    slips: float
    shared: float
    matter: float


def likeness(one: View, other: View) -> Likeness:
    """Everything about the words of two complaints, in either order the same."""
    if other.doc.text < one.doc.text:
        one, other = other, one
    mine, yours = _left(one, other)
    shares = _share(one, mine), _share(other, yours)
    shorter, longer = (mine, yours) if one.mass <= other.mass else (yours, mine)
    lone, lone_long = max(shorter.values(), default=0.0), max(longer.values(), default=0.0)
    replaced, numbers, slips = _replaced(one, other, mine, yours)
    return Likeness(
        contained=max(shares),
        covered=min(shares),
        pairs=len(one.pairs & other.pairs) / (min(len(one.pairs), len(other.pairs)) or 1),
        cosine=_cosine(one, other, mine),
        token_set=fuzz.token_set_ratio(one.doc.text, other.doc.text) / 100,
        lone=lone,
        lone_both=min(lone, lone_long),
        replaced=replaced,
        numbers=numbers,
        slips=slips,
        shared=min(shares[0] * one.mass, shares[1] * other.mass),
        matter=max(_matter(one, mine), _matter(other, yours)),
    )


def _share(one: View, left: dict[str, float]) -> float:
    return 1 - sum(left.values()) / one.mass if one.mass else 0.0


def _matter(one: View, left: dict[str, float]) -> float:
    """The share of what is told apart from the place that the other holds; of a text that tells a place only nothing."""
    if not one.matter_mass:
        return 0.0
    return 1 - sum([weight for said, weight in left.items() if said in one.matter]) / one.matter_mass


def _cosine(one: View, other: View, left: dict[str, float]) -> float:
    if not (one.square and other.square):
        return 0.0
    common = sum([weight * weight for said, weight in one.weight.items() if said not in left])
    return common / math.sqrt(one.square * other.square)


def _left(one: View, other: View) -> tuple[dict[str, float], dict[str, float]]:
    """What each word of either still tells that the other lacks; less for a word that stands there mistyped or torn."""
    mine = {said: weight for said, weight in one.weight.items() if said not in other.weight}
    yours = {said: weight for said, weight in other.weight.items() if said not in one.weight}
    mistyped = _mistyped([one.written[said] for said in mine], [other.written[said] for said in yours])
    ends = _end(one, mine), _end(other, yours)
    _find(mine, one, other, mistyped, ends[1])
    _find(yours, other, one, mistyped, ends[0])
    return mine, yours


def _end(one: View, left: dict[str, float]) -> str:
    return one.words[-1] if one.words and one.sounds[-1] in left else ""


def _mistyped(ours: list[str], theirs: list[str]) -> dict[str, float]:
    """Words of either list that are one of the other's, mistyped, and how surely (0..1); a list a call of compiled code."""
    found: dict[str, float] = {}
    ours, theirs = sorted((_typed(ours), _typed(theirs)), key=len)
    for word in ours:
        for candidate, _, _ in process.extract(word, theirs, scorer=OSA.distance, score_cutoff=2, limit=None):
            likely = alike(word, candidate)
            for one in (word, candidate):
                if likely > found.get(one, 0.0) and len(one) > _SHORT:
                    found[one] = likely
    return found


def _typed(words: list[str]) -> list[str]:
    """Those that can be mistypings: no numbers, for 7 and 17 are two houses."""
    return [word for word in words if len(word) >= _SHORT and not word[0].isdigit()]


def _find(left: dict[str, float], one: View, other: View, mistyped: Mapping[str, float], last: str) -> None:
    """Take from each telling word what stands in the other text mistyped, torn, joined or cut off (`last`: its end)."""
    joined, shortest = other.joined, len(last) + 3 if len(last) >= _SHORT else _NEVER
    for said, weight in left.items():
        if weight > _TELLS:
            word = one.written[said]
            likely = mistyped.get(word, 0.0)
            if len(word) >= _LONG and word in joined:
                likely = 0.9
            elif len(word) >= shortest and word.startswith(last):
                likely = max(likely, 0.8)
            if likely:
                left[said] = weight * (1 - likely)


def _replaced(one: View, other: View, mine: dict[str, float], yours: dict[str, float]) -> tuple[float, bool, float]:
    """The rarest words that stand instead of each other (nats), whether numbers do, and the share of words mistyped."""
    most, numbers, slips = 0.0, False, 0
    for step in Levenshtein.opcodes(one.sounds, other.sounds):
        if step.tag != "replace":
            continue
        ours, theirs = slice(step.src_start, step.src_end), slice(step.dest_start, step.dest_end)
        if len(one.words[ours]) == len(other.words[theirs]):
            told, number, mistyped = _word_by_word(one, other, mine, yours, ours, theirs)
            numbers = numbers or number
        elif ours.stop == len(one.words) or theirs.stop == len(other.words):
            continue  # one text ends here and the other goes on
        else:
            told, mistyped = _as_runs(one, other, mine, yours, ours, theirs)
        most, slips = max(most, told), slips + mistyped
    return most, numbers, slips / (1 + min(len(one.words), len(other.words)))


def _word_by_word(
    one: View, other: View, mine: dict[str, float], yours: dict[str, float], ours: slice, theirs: slice
) -> tuple[float, bool, int]:
    """What the rarest tells; whether a number, or a single letter, stands instead of one that neither text has elsewhere."""
    told, numbers, slips = 0.0, False, 0
    words, instead = one.words[ours], other.words[theirs]
    apart = map(OSA.distance, words, instead)
    for said, their, word, other_word, edits in zip(
        one.sounds[ours], other.sounds[theirs], words, instead, apart, strict=True
    ):
        mistyped = slip(word, other_word) if 10 * edits < 3 * (len(word) + len(other_word)) else 0.0
        slips += mistyped >= 0.5
        if said in mine and their in yours:
            told = max(told, min(mine[said], yours[their]) * (1 - mistyped))
            numbers = numbers or (_counts(said) and _counts(their))
    return told, numbers, slips


def _counts(said: str) -> bool:
    return said[0].isdigit() or len(said) == 1


def _as_runs(
    one: View, other: View, mine: dict[str, float], yours: dict[str, float], ours: slice, theirs: slice
) -> tuple[float, int]:
    likeness = fuzz.ratio("".join(one.words[ours]), "".join(other.words[theirs])) / 100
    lone = max(mine.get(said, 0.0) for said in one.sounds[ours]), max(yours.get(s, 0.0) for s in other.sounds[theirs])
    return min(lone) * (1 - max(0.0, (likeness - _ROUGHLY) / (1 - _ROUGHLY))), int(likeness > 0.75)
