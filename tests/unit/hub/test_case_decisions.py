"""What people decide about cases: it restores what was, it outranks the model, and it is on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import cases as by_people
from hub.cases import NoSuchCase
from hub.store import case_lists, cases, labels
from hub.store.cases import NewLink
from hub.store.work import Store, Work
from tests.conftest import Database
from tests.unit.hub.rows import NOW, complaints, dump, hub_of, view

SAID = {"by": "Sari Contoh", "because": "sudah dibaca"}


@pytest.fixture(scope="module")
def store(one_database: Database) -> Iterator[Store]:
    """Its store."""
    with Store(one_database.hub_url, clock=lambda: NOW) as made:
        yield made


def by_model(one: UUID, other: UUID) -> NewLink:
    """A link as a verdict makes it."""
    return NewLink(complaint=one, other=other, probability=0.93, reasons=[("words", 2.0)], model="m-1")


def linked(store: Store, count: int, pairs: list[tuple[int, int]]) -> list[UUID]:
    """So many complaints, some of them linked by the model."""
    with store.begin() as work:
        known = complaints(work, count)
        cases.link(work, [by_model(known[a], known[b]) for a, b in pairs if a != b], by="hub", now=NOW)
    return known


def seen(store: Store, known: list[UUID]) -> set[frozenset[int]]:
    """Their cases."""
    with store.begin() as work:
        return view(work, known)


def dumped(store: Store, known: list[UUID]) -> list[tuple[Any, ...]]:
    """All but the events."""
    with store.begin() as work:
        return dump(work, known)


PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8)
SMALL = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SMALL
@given(PAIRS, st.integers(0, 6), st.integers(0, 6))
def test_link_and_unlink_leave_nothing(store: Store, pairs: list[tuple[int, int]], one: int, other: int) -> None:
    """A link that a person takes back has never been there, but for the log."""
    known = linked(store, 7, pairs)
    before, was = dumped(store, known), seen(store, known)
    apart = next(case for case in was if one in case) != next(case for case in was if other in case)
    if not apart:
        return
    by_people.link(hub_of(store), known[one], known[other], **SAID)
    assert any({one, other} <= case for case in seen(store, known))
    by_people.unlink(hub_of(store), known[one], known[other], **SAID)
    assert dumped(store, known) == before


@SMALL
@given(PAIRS, st.sets(st.integers(0, 6), min_size=1, max_size=4), st.data())
def test_split_and_link_leave_nothing(
    store: Store, pairs: list[tuple[int, int]], chosen: set[int], data: st.DataObject
) -> None:
    """A case is made two, neither of which falls to pieces; linked again it is what it was."""
    known = linked(store, 7, pairs)
    before = dumped(store, known)
    case = data.draw(st.sampled_from(sorted(map(sorted, seen(store, known)))))
    leaving = sorted(chosen & set(case))
    rest = [one for one in case if one not in leaving]
    if not leaving or not rest:
        return
    with store.begin() as work:
        head = cases.of(work, known)[known[case[0]]]
    by_people.split(hub_of(store), head, [known[one] for one in leaving], **SAID)
    assert {frozenset(leaving), frozenset(rest)} <= seen(store, known)
    by_people.link(hub_of(store), known[leaving[0]], known[rest[-1]], **SAID)
    assert dumped(store, known) == before


@SMALL
@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(store: Store, pairs: list[tuple[int, int]], draw: Any) -> None:
    """Whoever links first: the same cases with the same heads."""
    known = linked(store, 7, pairs)
    shuffled = list(pairs)
    draw.shuffle(shuffled)
    one_by_one = linked(store, 7, [])
    for a, b in shuffled:
        if a != b:
            with store.begin() as work:
                cases.link(work, [by_model(one_by_one[a], one_by_one[b])], by="hub", now=NOW)
    assert seen(store, one_by_one) == seen(store, known)
    heads = [[row[1] == row[0] for row in dumped(store, some)] for some in (known, one_by_one)]
    assert heads[0] == heads[1]


def entries(work: Work, known: list[UUID]) -> list[dict[str, Any]]:
    """What the log says of these complaints."""
    rows = work.rows("SELECT body FROM entries WHERE complaint = ANY(:ids) ORDER BY id", ids=known)
    return [json.loads(bytes(row.body)) for row in rows]


def test_every_decision_has_its_entry(store: Store) -> None:
    """Who decided what about which complaints and why is in the log; of a model its name and how sure it was."""
    known = linked(store, 4, [(0, 1), (2, 1)])
    by_people.unlink(hub_of(store), known[0], known[1], **SAID)
    by_people.unlink(hub_of(store), known[0], known[3], **SAID)
    by_people.link(hub_of(store), known[0], known[3], **SAID)
    with store.begin() as work:
        head = cases.of(work, known)[known[2]]
    by_people.split(hub_of(store), head, [known[2]], **SAID)
    with store.begin() as work:
        said = [(one["act"], one["code"], one["actor"], one["detail"]) for one in entries(work, known) if "code" in one]
    first = {"model": "m-1", "other": str(known[1]), "per_mille": 930, "reasons": ["words"]}
    assert ("linked", "same", "hub", first) in said
    kinds = [(act, code, actor, detail["because"]) for act, code, actor, detail in said[2:]]
    assert kinds == [
        ("unlinked", "undone", "Sari Contoh", "sudah dibaca"),
        ("unlinked", "apart", "Sari Contoh", "sudah dibaca"),
        ("linked", "same", "Sari Contoh", "sudah dibaca"),
        ("unlinked", "undone", "Sari Contoh", "sudah dibaca"),
    ]


def test_what_people_say_is_kept_as_labels(store: Store) -> None:
    """The newest word about a pair is what the next model learns; a link withdraws what kept its cases apart."""
    known = linked(store, 3, [(0, 1)])
    by_people.unlink(hub_of(store), known[0], known[1], **SAID)
    by_people.link(hub_of(store), known[2], known[1], **SAID)
    with store.begin() as work:
        heads = set(cases.of(work, known).values())
        assert len(labels.apart(work, heads)) == 1
        assert labels.standing(work, known) == {
            frozenset(known[:2]): "apart",
            frozenset(known[1:]): "same",
        }
    by_people.link(hub_of(store), known[0], known[2], **SAID)
    with store.begin() as work:
        assert labels.standing(work, known) == {frozenset(known[1:]): "same", frozenset((known[0], known[2])): "same"}
        mine = [one for one in labels.every(work) if one["complaint"] in map(str, known)]
    assert {(one["verdict"], one["by"]) for one in mine} == {("same", "Sari Contoh")}


def test_what_a_person_links_is_no_longer_the_models(store: Store) -> None:
    """A link that a person confirms is his, so that no later model takes it away."""
    known = linked(store, 2, [(0, 1)])
    by_people.link(hub_of(store), known[0], known[1], **SAID)
    with store.begin() as work:
        assert [row.model for row in case_lists.links_of(work, known)] == ["person"]


@pytest.mark.parametrize("parted_first", [False, True])
def test_saying_the_same_twice_changes_nothing(store: Store, parted_first: bool) -> None:
    """A second officer who links what is linked is told so; as where a split had tied the two together by hand."""
    known, hub = linked(store, 3, [(0, 1), (1, 2)]), hub_of(store)
    if parted_first:
        with store.begin() as work:
            head = cases.of(work, known)[known[0]]
        by_people.split(hub, head, [known[1]], **SAID)
    else:
        by_people.link(hub, known[0], known[2], **SAID)
    before = dumped(store, known)
    for pair in ((known[0], known[2]), (known[2], known[0])):
        again = by_people.link(hub, *pair, **SAID)
        assert (again.done, "already" in again.notes[0]) == (0, True)
    assert dumped(store, known) == before
    by_people.unlink(hub, known[0], known[2], **SAID)
    assert by_people.link(hub, known[0], known[2], **SAID).done == 1


def test_who_names_a_complaint_for_its_case_is_told_the_case(store: Store) -> None:
    """Any complaint's id is at hand sooner than the case's: the sentence names the case to use."""
    known = linked(store, 2, [(0, 1)])
    with store.begin() as work:
        head = cases.of(work, known)[known[0]]
    with pytest.raises(NoSuchCase, match=str(head)):
        by_people.split(hub_of(store), known[1], [known[1]], **SAID)


def test_unlinking_says_so_where_others_still_hold_the_two_together(store: Store) -> None:
    """Two complaints that a third one joins stay one case: the person hears it, and what to do."""
    known = linked(store, 3, [(0, 1), (1, 2), (0, 2)])
    (note,) = by_people.unlink(hub_of(store), known[0], known[1], **SAID).notes
    assert "cases split" in note
    assert seen(store, known) == {frozenset({0, 1, 2})}


def test_a_question_is_asked_once_and_answered(store: Store) -> None:
    """A pair stands on the list of questions once, whichever way round, until somebody decides."""
    known = linked(store, 2, [])
    with store.begin() as work:
        assert cases.ask(work, "35", [by_model(known[0], known[1])], NOW) == 1
        assert cases.ask(work, "35", [by_model(known[1], known[0])], NOW) == 0
        (row,) = [one for one in case_lists.questions(work, region="35", limit=99) if one.complaint in known]
        assert row.detail == {"model": "m-1", "per_mille": 930, "reasons": ["words"]}
        assert not [one for one in case_lists.questions(work, region="36", limit=99) if one.complaint in known]
    by_people.unlink(hub_of(store), known[1], known[0], **SAID)
    with store.begin() as work:
        assert not [one for one in case_lists.questions(work, region=None, limit=99) if one.complaint in known]


def test_what_cannot_be_done_is_said(store: Store) -> None:
    """A wrong id, a whole case or one complaint twice is refused in a sentence, and nothing changes."""
    known = linked(store, 3, [(0, 1)])
    hub, nobody = hub_of(store), uuid4()
    with store.begin() as work:
        head = cases.of(work, known)[known[0]]
    for tried in (
        lambda: by_people.link(hub, known[0], nobody, **SAID),
        lambda: by_people.link(hub, known[0], known[0], **SAID),
        lambda: by_people.unlink_number(hub, 10**9, **SAID),
        lambda: by_people.split(hub, nobody, [known[0]], **SAID),
        lambda: by_people.split(hub, head, [known[2]], **SAID),
        lambda: by_people.split(hub, head, known[:2], **SAID),
    ):
        with pytest.raises(NoSuchCase):
            tried()
    assert seen(store, known) == {frozenset({0, 1}), frozenset({2})}
