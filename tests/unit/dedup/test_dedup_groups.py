"""Cases join and part: the head is the oldest, and undoing a link is as if it had never been."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.groups import Joined, Link, decide, head, heads
from dedup.rules import RULES

BORN = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 4}


def link(one: str, two: str, *, undone: bool = False) -> Link:
    return Link(case=one, case_born=BORN[one], other=two, other_born=BORN[two], undone=undone)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([], {}),
        ([link("b", "a")], {"a": "a", "b": "a"}),
        ([link("a", "b"), link("c", "b")], {"a": "a", "b": "a", "c": "a"}),
        ([link("a", "b"), link("c", "d")], {"a": "a", "b": "a", "c": "c", "d": "c"}),
        ([link("a", "b", undone=True)], {"a": "a", "b": "b"}),
        ([link("a", "b", undone=True), link("b", "c")], {"a": "a", "b": "b", "c": "b"}),
        ([link("a", "b"), link("a", "b", undone=True)], {"a": "a", "b": "a"}),
        ([link("e", "d")], {"d": "d", "e": "d"}),
    ],
)
def test_the_head_is_the_oldest_case(links: list[Link], expected: dict[str, str]) -> None:
    """Everybody who looks sees the same head: the oldest case, and of equally old ones the smaller id."""
    assert heads(links) == expected


def test_a_case_without_links_is_its_own_head() -> None:
    """A complaint that nobody repeated has a case too."""
    assert head("z", [link("a", "b")]) == "z"
    assert head("b", [link("a", "b")]) == "a"


LINKS = st.lists(
    st.builds(
        lambda one, two, undone: Link(
            case=f"c{one}", case_born=one // 2, other=f"c{two}", other_born=two // 2, undone=undone
        ),
        st.integers(0, 9),
        st.integers(0, 9),
        st.booleans(),
    ),
    max_size=15,
)


@settings(max_examples=150, deadline=None)
@given(LINKS, st.integers(0, 2**32))
def test_the_order_of_links_does_not_matter(links: list[Link], seed: int) -> None:
    """Two workers that link at the same time end with the same cases."""
    shuffled = list(links)
    Random(seed).shuffle(shuffled)
    assert heads(shuffled) == heads(links)


@settings(max_examples=150, deadline=None)
@given(LINKS, st.integers(0, 9), st.integers(0, 9))
def test_undoing_restores_what_was(links: list[Link], one: int, two: int) -> None:
    """A wrong link that a person undoes leaves every case as it was before."""
    added = Link(case=f"c{one}", case_born=one // 2, other=f"c{two}", other_born=two // 2)
    before = {case: case for case in (added.case, added.other)} | heads(links)
    assert heads([*links, replace(added, undone=True)]) == before


@settings(max_examples=150, deadline=None)
@given(LINKS)
def test_heads_agree_with_walking_the_links(links: list[Link]) -> None:
    """The group of a case is whatever can be reached over active links, no more and no less."""
    found = heads(links)
    for case in found:
        reached = {case}
        for _ in links:
            reached |= {end for a in links if not a.undone and {a.case, a.other} & reached for end in (a.case, a.other)}
        assert {other for other in found if found[other] == found[case]} == reached


@pytest.mark.parametrize(
    ("found", "joined"),
    [
        ({}, Joined(case=None, probability=0.0)),
        ({"a": [0.04]}, Joined(case=None, probability=0.04)),
        ({"a": [0.4]}, Joined(case=None, probability=0.4, review=("a",))),
        ({"a": [0.8]}, Joined(case="a", probability=0.8)),
        ({"a": [0.8], "b": [0.85]}, Joined(case="b", probability=0.85, review=("a",))),
        ({"a": [0.95], "b": [0.85]}, Joined(case="a", probability=0.95, review=("b",))),
        ({"a": [0.99], "b": [0.98]}, Joined(case="a", probability=0.99, merge=("b",))),
        ({"a": [0.99], "b": [0.96]}, Joined(case="a", probability=0.99, review=("b",))),
        ({"a": [0.99], "b": [0.98], "c": [0.75]}, Joined(case="a", probability=0.99, merge=("b",), review=("c",))),
        ({"a": [0.8], "b": [0.4]}, Joined(case="a", probability=0.8, review=("b",))),
        ({"a": [0.8], "b": [0.2]}, Joined(case="a", probability=0.8)),
        ({"a": [0.5], "b": [0.4], "c": [0.2]}, Joined(case=None, probability=0.5, review=("a", "b"))),
        ({"b": [0.8], "a": [0.8]}, Joined(case="a", probability=0.8, review=("b",))),
        ({"a": [0.75, 0.01, 0.01]}, Joined(case=None, probability=0.503333, review=("a",))),
        ({"a": [0.99, 0.99, 0.0]}, Joined(case=None, probability=RULES.review, review=("a",))),
        ({"a": [0.99, 0.0], "b": [0.8]}, Joined(case="b", probability=0.8, review=("a",))),
    ],
)
def test_one_report_between_two_cases_does_not_make_them_one(
    found: dict[str, list[float]], joined: Joined[str]
) -> None:
    """A report that fits two cases joins the better one and a person is asked about the other; only a sure fit merges them."""
    decided = decide(found)
    assert (decided.case, decided.merge, decided.review) == (joined.case, joined.merge, joined.review)
    assert decided.probability == pytest.approx(joined.probability, abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.lists(st.floats(0, 1), max_size=4), max_size=5), st.integers(0, 2**32))
def test_the_order_in_which_cases_are_compared_does_not_matter(found: dict[str, list[float]], seed: int) -> None:
    """Two workers that look in another order decide the same, and nothing below the threshold is ever merged."""
    shuffled = list(found.items())
    Random(seed).shuffle(shuffled)
    decided = decide(found)
    assert decide(dict(shuffled)) == decided
    assert all(max(found[case]) >= 0.9 for case in decided.merge)
