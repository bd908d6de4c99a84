"""Which case a complaint joins: decided one by one within a transaction, where each sees what those before it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from dedup.groups import decide
from dedup.judge import Pair, Rules
from hub.store.candidates import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A complaint beside one that may be about the same matter."""

    other: Candidate
    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What is to be written about one complaint: links, of which the first is to the case that it joins, and questions."""

    links: tuple[Against, ...] = ()
    questions: tuple[Against, ...] = ()


@dataclass(slots=True, kw_only=True)
class Groups:
    """The heads of cases as they become while a transaction links, and which a person keeps apart."""

    apart: Iterable[tuple[UUID, UUID]] = ()
    """Heads of two cases of which a person said that they are not about one matter."""
    _into: dict[UUID, UUID] = field(default_factory=dict)

    def head(self, case: UUID) -> UUID:
        """The case that it belongs to by now."""
        while case in self._into:
            case = self._into[case]
        return case

    def may_join(self, one: UUID, other: UUID) -> bool:
        """Nobody has said that they are not about one matter."""
        both = {self.head(one), self.head(other)}
        return all({self.head(a), self.head(b)} != both for a, b in self.apart)

    def join(self, one: UUID, other: UUID) -> None:
        """From now on they are one case."""
        one, other = self.head(one), self.head(other)
        if one != other:
            self._into[other] = one

    def place(self, own: UUID, found: Sequence[Against], rules: Rules) -> Joined:
        """
        Decide where a complaint of the case `own` belongs, and remember it.

        What is in its case already is no question; a case that a person keeps apart from it is none either.
        """
        cases: dict[UUID, list[Against]] = {}
        for one in found:
            head = self.head(one.other.case)
            if head != self.head(own) and self.may_join(head, own):
                cases.setdefault(head, []).append(one)
        decided = decide({case: [one.pair.probability for one in pairs] for case, pairs in cases.items()}, rules)
        links = []
        for case in [decided.case, *decided.merge] if decided.case else []:
            if self.may_join(case, own):
                links.append(_best(cases[case]))
                self.join(case, own)
        asked = [case for case in decided.review if self.may_join(case, own)]
        return Joined(links=tuple(links), questions=tuple(_best(cases[case]) for case in asked))


def _best(pairs: Sequence[Against]) -> Against:
    return min(pairs, key=lambda one: (-one.pair.probability, one.other.doc.day, one.other.doc.id))
