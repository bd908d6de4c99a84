"""Which cases tell of one matter: links join them, and a link undone leaves no trace in the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One event that joins two cases. ``born`` tells which case is older: a row number, or a time as integer."""

    case: str
    case_born: int
    other: str
    other_born: int
    undone: bool = False


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
