"""How the hub asks the leaf, until the leaf answers for pairs and groups by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dedup.judge import _PHRASES, Doc, Reason, Rules, judge
from dedup.keys import keys

MERGE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two complaints compared: `of` is the other one."""

    of: str
    probability: float
    same_reporter: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The case to join, further ones that are the same by the same evidence, and those that a person should look at."""

    case: Any
    probability: float
    merge: tuple[Any, ...] = ()
    review: tuple[Any, ...] = ()


def weights(doc: Doc) -> Mapping[str, float]:
    """Each key and its weight."""
    return dict.fromkeys(keys(doc), 1.0)


def pairs(doc: Doc, candidates: Sequence[Doc], rules: Rules) -> list[Pair]:
    """Every candidate compared."""
    found = []
    for other in candidates:
        one = judge(doc, [other], rules)
        found.append(
            Pair(
                of=other.id,
                probability=one.probability,
                same_reporter=bool(doc.reporter & other.reporter),
                reasons=one.reasons,
            )
        )
    return found


def decide(found: Mapping[Any, Sequence[float]], rules: Rules) -> Joined:
    """Half the greatest and half the mean of what was compared of each case."""
    scores = {case: (max(values) + sum(values) / len(values)) / 2 for case, values in found.items()}
    ranked = sorted(scores, key=lambda case: -scores[case])
    likely = [case for case in ranked if scores[case] >= rules.same]
    doubtful = [case for case in ranked if rules.review <= scores[case] < rules.same]
    if not likely:
        return Joined(case=None, probability=scores[ranked[0]] if ranked else 0.0, review=tuple(doubtful[:1]))
    best, *others = likely
    merge = tuple(case for case in others if scores[case] >= MERGE and scores[best] >= MERGE)
    review = tuple(case for case in others if case not in merge)
    return Joined(case=best, probability=scores[best], merge=merge, review=review)


def phrases(code: str) -> tuple[str, str]:
    """What a reason says, in Indonesian and English."""
    _, indonesian, english = _PHRASES.get(code, (0.0, code, code))
    return indonesian, english
