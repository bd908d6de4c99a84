"""Whether a complaint says what an earlier one said, and why: a verdict that can be read, doubted and undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import compress
from typing import Final, Literal

from dedup.doc import Doc, document, pack, unpack
from dedup.features import features
from dedup.likeness import likeness
from dedup.model import MODEL, Model
from dedup.reasons import Reason, phrases, reasons, unread
from dedup.rules import RULES, Rules
from dedup.view import view, wording
from dedup.worth import outside, shared, worth

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
    skim: bool = False,
) -> tuple[Pair, ...]:
    """
    The complaint against every candidate, in their order; outside window or province it is 0, unread.

    `reasons_from`: the probability below which nobody asks for reasons, for they cost a third of the whole; `nearest`: the
    likeliest has them all the same. `skim`: what is not `worth` measuring is 0 too, and says so where nothing was.
    """
    others = list(candidates)
    within = [not outside(doc, other, rules) for other in others]
    read = [near and (not skim or worth(doc, other, rules)) for near, other in zip(within, others, strict=True)]
    measured = [features(view(doc), view(other)) if reads else {} for other, reads in zip(others, read, strict=True)]
    found = [_pair(doc, other, told, model) for other, told in zip(others, measured, strict=True)]
    likeliest = max(compress(found, read if any(read) else within), key=_likely, default=None) if nearest else None
    return tuple(
        replace(pair, reasons=_why(doc, other, told, model))
        if pair is likeliest or (told and pair.probability >= reasons_from)
        else pair
        for pair, told, other in zip(found, measured, others, strict=True)
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
    skipped = () if worth(one, other, rules) else unread(model, shared(wording(one), wording(other)))
    return [
        *(f"{reason.id} / {reason.en}: 0.0 %" for reason in skipped),
        f"{answer_of(probability, rules)}  {probability * 100:.1f} %  {version(rules, model)}",
        *(f"{reason.weight:+6.2f}  {reason.id} / {reason.en}" for reason in reasons(model, found, seen, theirs)),
        "",
        *(f"{weight:+6.2f}  {name} = {found[name]:.2f}" for weight, name in told),
    ]


def alike(one: Doc, other: Doc) -> float:
    """0..1: the share of what one text tells that the other holds, whichever is more; 0.0 where one tells nothing."""
    return likeness(view(one), view(other)).contained


def _pair(doc: Doc, other: Doc, measured: dict[str, float], model: Model) -> Pair:
    """The pair without reasons; it is 0 where nothing was measured."""
    return Pair(
        of=other.id,
        day=other.day,
        probability=round(model.probability(measured), 4) if measured else 0.0,
        same_reporter=bool(doc.reporter & other.reporter),
        reasons=(),
    )


def _likely(pair: Pair) -> float:
    return pair.probability


def _why(doc: Doc, other: Doc, measured: dict[str, float], model: Model) -> tuple[Reason, ...]:
    if not measured:
        return unread(model, shared(wording(doc), wording(other)))
    return reasons(model, measured, view(doc), view(other))


_RANK: Final[dict[Answer, int]] = {"same": 0, "review": 1, "new": 2}


def _order(pair: Pair, rules: Rules) -> tuple[int, bool, float, int, str]:
    rank = _RANK[answer_of(pair.probability, rules)]
    return rank, not pair.same_reporter, -pair.probability, pair.day, pair.of
