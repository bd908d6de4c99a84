"""Whether a complaint says what an earlier one said, and why: a verdict that can be read, doubted and undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from dedup.doc import Doc, document, pack, unpack
from dedup.features import features
from dedup.likeness import likeness
from dedup.model import MODEL, Model
from dedup.reasons import Reason, phrases, reasons
from dedup.rules import RULES, Rules
from dedup.view import View, view

__all__ = [
    "RULES", "Answer", "Doc", "Pair", "Reason", "Rules", "Verdict",
    "alike", "answer_of", "document", "explained", "judge", "pack", "pairs", "phrases", "unpack",
]  # fmt: skip

Answer = Literal["same", "review", "new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A complaint against one other: ``probability`` (0..1) that both tell of one matter, and why."""

    of: str
    day: int
    probability: float
    same_reporter: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``of`` is the best earlier complaint (None when new), ``model`` the version of weights and rules."""

    answer: Answer
    of: str | None
    probability: float
    same_reporter: bool
    reasons: tuple[Reason, ...]
    model: str


def judge(doc: Doc, candidates: Iterable[Doc], rules: Rules = RULES) -> Verdict:
    """The verdict against the best candidate: a sure one first, then the same reporter's, the likeliest, the oldest."""
    found = pairs(doc, (other for other in candidates if other.id != doc.id), rules)
    best = min(found, key=lambda pair: _order(pair, rules), default=None)
    if best is None or answer_of(best.probability, rules) == "new":
        return Verdict(
            answer="new",
            of=None,
            probability=best.probability if best else 0.0,
            same_reporter=False,
            reasons=(),
            model=version(rules),
        )
    return Verdict(
        answer=answer_of(best.probability, rules),
        of=best.of,
        probability=best.probability,
        same_reporter=best.same_reporter,
        reasons=best.reasons,
        model=version(rules),
    )


def pairs(
    doc: Doc,
    candidates: Iterable[Doc],
    rules: Rules = RULES,
    model: Model = MODEL,
    *,
    reasons_from: float = 0.0,
    nearest: bool = False,
) -> tuple[Pair, ...]:
    """
    The complaint against every candidate, in their order; outside window or province it is 0, unread.

    `reasons_from`: the probability below which nobody asks for reasons, for they cost a third of the whole; `nearest`: the
    likeliest has them all the same.
    """
    seen, others = view(doc), list(candidates)
    found = [_pair(seen, other, rules, model) for other in others]
    read = [at for at, (_, measured) in enumerate(found) if measured]
    best = max(read, key=lambda at: found[at][0].probability, default=None) if nearest else None
    return tuple(
        replace(pair, reasons=reasons(model, measured, seen, view(others[at])))
        if measured and (at == best or pair.probability >= reasons_from)
        else pair
        for at, (pair, measured) in enumerate(found)
    )


def answer_of(probability: float, rules: Rules = RULES) -> Answer:
    """What a probability means under these rules."""
    return "same" if probability >= rules.same else "review" if probability >= rules.review else "new"


def version(rules: Rules = RULES, model: Model = MODEL) -> str:
    """Names weights and rules, so that a verdict can be made again."""
    return f"{model.version}/{rules.version}"


def explained(one: Doc, other: Doc, rules: Rules = RULES, model: Model = MODEL) -> list[str]:
    """Lines for people who may see both complaints: probability, reasons in two languages, every measurement's share."""
    seen, theirs = view(one), view(other)
    if outside(one, other, rules):
        return [
            f"Lebih dari {rules.days} hari atau lain provinsi / more than {rules.days} days or another province: 0.0 %"
        ]
    found = features(seen, theirs)
    probability = model.probability(found)
    told = sorted(((model.told(found, name), name) for name in model.weights), key=lambda one: (-abs(one[0]), one[1]))
    return [
        f"{answer_of(probability, rules)}  {probability * 100:.1f} %  {version(rules, model)}",
        *(f"{reason.weight:+6.2f}  {reason.id} / {reason.en}" for reason in reasons(model, found, seen, theirs)),
        "",
        *(f"{weight:+6.2f}  {name} = {found[name]:.2f}" for weight, name in told),
    ]


def alike(one: Doc, other: Doc) -> float:
    """0..1: the share of what one text tells that the other holds, whichever is more; 0.0 where one tells nothing."""
    return likeness(view(one), view(other)).contained


def _pair(seen: View, other: Doc, rules: Rules, model: Model) -> tuple[Pair, dict[str, float]]:
    """The pair without reasons, and what was measured of it; nothing where it is outside."""
    doc = seen.doc
    same_reporter = bool(doc.reporter & other.reporter)
    found = {} if outside(doc, other, rules) else features(seen, view(other))
    probability = round(model.probability(found), 4) if found else 0.0
    return (
        Pair(of=other.id, day=other.day, probability=probability, same_reporter=same_reporter, reasons=()),
        found,
    )


def outside(doc: Doc, other: Doc, rules: Rules) -> bool:
    """Too far apart in time, or in two provinces that are both known."""
    if abs(doc.day - other.day) > rules.days:
        return True
    return rules.province and bool(doc.region and other.region) and doc.region[:2] != other.region[:2]


_RANK: Final[dict[Answer, int]] = {"same": 0, "review": 1, "new": 2}


def _order(pair: Pair, rules: Rules) -> tuple[int, bool, float, int, str]:
    rank = _RANK[answer_of(pair.probability, rules)]
    return rank, not pair.same_reporter, -pair.probability, pair.day, pair.of
