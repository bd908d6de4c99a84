"""Which cases tell of one matter: links join them, and a link undone leaves no trace in the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from dedup.rules import RULES, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One event that joins two cases. ``born`` tells which case is older: a row number, or a time as integer."""

    case: str
    case_born: int
    other: str
    other_born: int
    undone: bool = False


class Ordered(Protocol):
    """What cases are called by: anything that can be sorted."""

    def __lt__(self, other: Self, /) -> bool: ...


Case = TypeVar("Case", bound=Ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined(Generic[Case]):
    """What becomes of a new complaint. ``case`` is the one it joins (None = a case of its own).

    ``merge`` are further cases that are sure enough to be one with it, ``review`` those that a person is asked about.
    """

    case: Case | None
    probability: float
    merge: tuple[Case, ...] = ()
    review: tuple[Case, ...] = ()


def decide(found: Mapping[Case, Sequence[float]], rules: Rules = RULES) -> Joined[Case]:
    """Which case a complaint joins, given its probabilities (0..1) against the compared members of each.

    Half the maximum and half the mean: one member that is alike by chance does not carry the others, and where one
    member contradicts it outright (``rules.apart``) a person decides: a report that names no place fits two towns. One that
    fits two cases makes one of them only if it is sure of both (``rules.merge``); else it joins the better one. A person is
    asked about the nearest case (from ``rules.review``) and about every other one that is in doubt (from ``rules.also``):
    what names no place of its own may join two halves of one matter. The order of cases and members does not matter.
    """
    scores = sorted(((-_score(members, rules), case) for case, members in found.items() if members))
    if not scores:
        return Joined(case=None, probability=0.0)
    best, case = -scores[0][0], scores[0][1]
    joins = best >= rules.same
    sure = [other for score, other in scores[1:] if joins and min(-score, best) >= max(rules.merge, rules.same)]
    nearest = [case] if not joins and max(found[case]) >= rules.review else []
    also = min(max(rules.also, rules.review), rules.same)
    doubted = [other for _, other in scores[1:] if other not in sure and max(found[other]) >= also]
    return Joined(case=case if joins else None, probability=best, merge=tuple(sure), review=(*nearest, *doubted))


def _score(members: Sequence[float], rules: Rules) -> float:
    score = (max(members) + sum(members) / len(members)) / 2
    return min(score, rules.review) if min(members) < rules.apart else score


def heads(links: Iterable[Link]) -> dict[str, str]:
    """Every case that a link names -> the head of its group: the oldest case, the smaller id among equally old ones.

    The order of the links does not matter, and an undone link counts as never made.
    """
    parents: dict[str, str] = {}
    born: dict[str, tuple[int, str]] = {}
    for link in links:
        for case, age in ((link.case, link.case_born), (link.other, link.other_born)):
            parents.setdefault(case, case)
            born[case] = min(born.get(case, (age, case)), (age, case))
        if not link.undone:
            _join(parents, born, link.case, link.other)
    return {case: _root(parents, case) for case in parents}


def head(case: str, links: Iterable[Link]) -> str:
    """The head of one case's group; a case that no active link names is its own head."""
    return heads(links).get(case, case)


def _join(parents: dict[str, str], born: dict[str, tuple[int, str]], one: str, two: str) -> None:
    older, younger = sorted((_root(parents, one), _root(parents, two)), key=born.__getitem__)
    parents[younger] = older


def _root(parents: dict[str, str], case: str) -> str:
    while parents[case] != case:
        parents[case] = parents[parents[case]]
        case = parents[case]
    return case
