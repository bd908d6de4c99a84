"""How alike the words of two complaints are, and what one says instead of the other."""

from __future__ import annotations

from dataclasses import dataclass
from operator import mul
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Levenshtein

from dedup.places import alike, slip

if TYPE_CHECKING:
    from dedup.view import View

_TELLS: Final = 3.0  # nats from which a missing word is looked for among the mistyped ones
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
    common = one.weight.keys() & other.weight.keys()
    mine, yours = _left(one, other, common), _left(other, one, common)
    shares = _share(one, mine), _share(other, yours)
    shorter, longer = (mine, yours) if one.mass <= other.mass else (yours, mine)
    lone, lone_long = max(shorter.values(), default=0.0), max(longer.values(), default=0.0)
    replaced, numbers, slips = _replaced(one, other, mine, yours)
    return Likeness(
        contained=max(shares),
        covered=min(shares),
        pairs=len(one.pairs & other.pairs) / (min(len(one.pairs), len(other.pairs)) or 1),
        cosine=_cosine(one, other, common),
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
    whole = sum([one.weight[said] for said in one.matter])
    return 1 - sum([left[said] for said in one.matter if said in left]) / whole if whole else 0.0


def _cosine(one: View, other: View, common: set[str]) -> float:
    mine, yours = list(one.weight.values()), list(other.weight.values())
    lengths = sum(map(mul, mine, mine)) * sum(map(mul, yours, yours))
    return float(sum([one.weight[said] ** 2 for said in common]) / lengths**0.5) if lengths else 0.0


def _left(one: View, other: View, common: set[str]) -> dict[str, float]:
    """What each word still tells that the other text lacks; less for a word that stands there mistyped or torn."""
    candidates = [word for said, word in other.written.items() if said not in common and len(word) >= 3]
    left = {said: weight for said, weight in one.weight.items() if said not in common}
    for said, weight in left.items():
        if weight > _TELLS:
            word = one.written[said]
            likely = _found(word, _mistyped(word, candidates), other, common)
            if likely:
                left[said] = weight * (1 - likely)
    return left


def _mistyped(word: str, candidates: list[str]) -> float:
    """0..1: how surely a word is one of the candidates, mistyped; its distances to all in one call of compiled code."""
    if len(word) < 4:
        return 0.0
    near = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=2, limit=None)
    return max([alike(word, candidate) for candidate, _, _ in near]) if near else 0.0


def _found(word: str, mistyped: float, other: View, common: set[str]) -> float:
    """0..1: how surely a word that the other text does not hold stands there mistyped, torn, joined or cut off."""
    if len(word) >= 5 and word in other.joined:
        return 0.9
    last = other.words[-1] if other.words and other.sounds[-1] not in common else ""
    if len(word) - len(last) > 2 and len(last) >= 3 and word.startswith(last):
        return max(mistyped, 0.8)
    return mistyped


def _replaced(one: View, other: View, mine: dict[str, float], yours: dict[str, float]) -> tuple[float, bool, float]:
    """The rarest words that stand instead of each other (nats), whether numbers do, and the share of words mistyped."""
    most, numbers, slips = 0.0, False, 0
    for step in Levenshtein.opcodes(one.sounds, other.sounds):
        if step.tag != "replace":
            continue
        ours, theirs = slice(step.src_start, step.src_end), slice(step.dest_start, step.dest_end)
        if len(one.words[ours]) == len(other.words[theirs]):
            told, mistyped = _word_by_word(one, other, mine, yours, ours, theirs)
            numbers = numbers or _other_number(one, other, mine, yours, ours, theirs)
        elif ours.stop == len(one.words) or theirs.stop == len(other.words):
            continue  # one text ends here and the other goes on
        else:
            told, mistyped = _as_runs(one, other, mine, yours, ours, theirs)
        most, slips = max(most, told), slips + mistyped
    return most, numbers, slips / (1 + min(len(one.words), len(other.words)))


def _word_by_word(
    one: View, other: View, mine: dict[str, float], yours: dict[str, float], ours: slice, theirs: slice
) -> tuple[float, int]:
    told, slips = 0.0, 0
    for said, their, word, instead in zip(
        one.sounds[ours], other.sounds[theirs], one.words[ours], other.words[theirs], strict=True
    ):
        mistyped = slip(word, instead)
        slips += mistyped >= 0.5
        told = max(told, min(mine.get(said, 0.0), yours.get(their, 0.0)) * (1 - mistyped))
    return told, slips


def _other_number(
    one: View, other: View, mine: dict[str, float], yours: dict[str, float], ours: slice, theirs: slice
) -> bool:
    """A number, or a single letter, stands instead of another that neither text has elsewhere."""
    return any(
        said in mine and their in yours and _counts(said) and _counts(their)
        for said, their in zip(one.sounds[ours], other.sounds[theirs], strict=True)
    )


def _counts(said: str) -> bool:
    return said[0].isdigit() or len(said) == 1


def _as_runs(
    one: View, other: View, mine: dict[str, float], yours: dict[str, float], ours: slice, theirs: slice
) -> tuple[float, int]:
    likeness = fuzz.ratio("".join(one.words[ours]), "".join(other.words[theirs])) / 100
    lone = max(mine.get(said, 0.0) for said in one.sounds[ours]), max(yours.get(s, 0.0) for s in other.sounds[theirs])
    return min(lone) * (1 - max(0.0, (likeness - _ROUGHLY) / (1 - _ROUGHLY))), int(likeness > 0.75)
