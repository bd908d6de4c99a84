"""Which case a complaint joins, and what a person is asked instead."""

from __future__ import annotations

from uuid import UUID

import pytest

from dedup.judge import RULES, Pair, document
from hub.grouping import Against, Groups
from hub.store.candidates import Candidate

OWN = UUID(int=99)
HIGH, GREY, LOW = (1 + RULES.merge) / 2, (RULES.same + RULES.review) / 2, RULES.review / 2
LIKELY = (RULES.same + RULES.merge) / 2


def against(complaint: int, case: int, probability: float) -> Against:
    """A candidate of a case, and how likely it tells of the same matter."""
    doc = document(id=str(UUID(int=complaint)), text="lampu mati", day=20_000)
    other = Candidate(id=UUID(int=complaint), doc=doc, leads=False, case=UUID(int=case))
    pair = Pair(of=doc.id, day=doc.day, probability=probability, same_reporter=False, reasons=())
    return Against(other=other, pair=pair)


def told(groups: Groups, *found: tuple[int, int, float]) -> tuple[list[int], list[int]]:
    """Complaints that it is linked with, and those that a person is asked about."""
    joined = groups.place(OWN, [against(*one) for one in found], RULES)
    return [one.other.id.int for one in joined.links], [one.other.id.int for one in joined.questions]


@pytest.mark.parametrize(
    ("found", "links", "questions"),
    [
        ([], [], []),
        ([(1, 10, LOW)], [], []),
        ([(1, 10, GREY)], [], [1]),
        ([(1, 10, HIGH)], [1], []),
        ([(1, 10, HIGH), (2, 10, LIKELY)], [1], []),  # one link to a case, to its likeliest member
        ([(1, 10, HIGH), (2, 20, LIKELY)], [1], [2]),  # one report never makes one case of two
        ([(1, 10, HIGH), (2, 20, HIGH)], [1, 2], []),  # unless it is sure of both
        ([(1, 10, HIGH), (2, 10, LOW), (3, 10, LOW)], [], [1]),  # one that is alike by chance does not carry the others
    ],
)
def test_a_complaint_joins_the_best_case(
    found: list[tuple[int, int, float]], links: list[int], questions: list[int]
) -> None:
    """It joins what it fits best, and what it fits as well is a question to a person."""
    assert told(Groups(), *found) == (links, questions)


def test_what_a_person_parted_stays_apart() -> None:
    """Two cases of which a person said that they are two are not joined by way of a third complaint, nor asked about."""
    groups = Groups(apart=[(UUID(int=10), UUID(int=20))])
    links, questions = told(groups, (1, 10, HIGH), (2, 20, HIGH))
    assert (len(links), questions) == (1, [])
    assert told(Groups(apart=[(OWN, UUID(int=10))]), (1, 10, HIGH), (2, 20, GREY)) == ([], [2])


def test_later_ones_of_a_batch_see_what_earlier_ones_joined() -> None:
    """What has become one case is one case for those that follow."""
    groups = Groups(apart=[(UUID(int=10), UUID(int=30))])
    groups.join(UUID(int=10), UUID(int=20))
    assert told(groups, (1, 10, HIGH), (2, 20, HIGH)) == ([1], [])
    assert groups.head(UUID(int=20)) == groups.head(OWN)
    assert not groups.may_join(UUID(int=30), OWN)
    assert told(groups, (3, 30, HIGH), (1, 10, HIGH)) == ([], [])
