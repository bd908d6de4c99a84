"""Which earlier complaints a new one is compared with, in one statement and in any company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.store import candidates
from hub.store.candidates import Limits, Wanted, first_number, last_number
from hub.store.server import Embedded
from hub.store.work import Store, Work
from tests.conftest import NOW, Database, fresh_database
from tests.unit.hub.rows import complaints

DAY = (date(2026, 12, 1) - date(1970, 1, 1)).days
WIDE = Limits(days=60, cap=60, least=2000, most=6)


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def work(tables: Database) -> Iterator[Work]:
    """A transaction of which nothing stays."""
    with Store(tables.hub_url, clock=lambda: NOW) as store, store.begin() as made, made.savepoint() as undone:
        yield made
        undone.rollback()


def wanted(number: int, *keys: int, day: int = DAY, weight: int = 1000) -> Wanted:
    """A complaint that looks for others by these keys."""
    return Wanted(number=number, day=day, keys=[(key, weight) for key in keys])


def found(work: Work, one: Wanted, limits: Limits = WIDE) -> list[int]:
    """What it is compared with."""
    return candidates.near(work, [one], limits)[0]


def test_days_follow_each_other_and_numbers_fit() -> None:
    """Complaints of 2010 to 2054 have a range a day; what is older or younger stands under the nearest day."""
    assert last_number(DAY) + 1 == first_number(DAY + 1)
    assert first_number(0) == first_number(candidates.FIRST_DAY) == -(2**31) + 1  # the number before it fits too
    assert last_number(10**6) == 2**31 - 1


def test_a_complaint_keeps_its_number(work: Work) -> None:
    """A changed text is found under the number of before, and a changed day under one of that day."""
    one, two = complaints(work, 2)
    first = candidates.numbered(work, [(one, DAY), (two, DAY)])
    assert first == {one: first_number(DAY), two: first_number(DAY) + 1}
    _store(work, first)
    assert candidates.numbered(work, [(two, DAY), (one, DAY)]) == first
    assert candidates.numbered(work, [(one, DAY + 1)]) == {one: first_number(DAY + 1)}


def test_a_day_that_is_full_goes_on_in_the_next(work: Work) -> None:
    """A register of half a million complaints that all bear one day loses none of them."""
    one, two, three = complaints(work, 3)
    _store(work, {one: last_number(DAY), two: first_number(DAY + 1)})
    assert candidates.numbered(work, [(three, DAY)]) == {three: first_number(DAY + 1) + 1}


def _store(work: Work, numbers: dict[UUID, int]) -> None:
    for complaint, number in numbers.items():
        work.run("UPDATE complaints SET dedup_n = :n WHERE id = :id", n=number, id=complaint)


def test_the_best_come_first(work: Work) -> None:
    """Those that share most weight are compared, nobody below the least, and never more than the most."""
    base = first_number(DAY)
    candidates.file(work, [(base + n, list(range(n))) for n in range(1, 12)])
    assert found(work, wanted(base + 100, *range(20))) == [base + n for n in (11, 10, 9, 8, 7, 6)]
    assert found(work, wanted(base + 100, 8, 9, 10)) == [base + 11, base + 10]
    heavy = Wanted(number=base + 100, day=DAY, keys=[(10, 2500), (0, 100)])
    assert found(work, heavy) == [base + 11]


def test_only_the_days_around_are_looked_at(work: Work) -> None:
    """The same matter months later is another matter; a complaint that comes late finds the later ones too."""
    days = (DAY - 61, DAY - 60, DAY, DAY + 60, DAY + 61)
    candidates.file(work, [(first_number(day), [1, 2, 3, 4]) for day in days])
    assert set(found(work, wanted(first_number(DAY) + 5, 1, 2))) == {first_number(day) for day in days[1:4]}


def test_a_word_that_everybody_writes_costs_no_more(work: Work) -> None:
    """Of each key only the newest are looked at, whatever the history holds."""
    base = first_number(DAY)
    candidates.file(work, [(base + n, [5, 6]) for n in range(100)])
    few = Limits(days=60, cap=10, least=2000, most=50)
    assert set(found(work, wanted(base + 200, 5, 6), few)) == {base + n for n in range(90, 100)}


def test_what_is_forgotten_is_not_found(work: Work) -> None:
    """An erased complaint leaves no key behind, and its neighbours theirs."""
    base = first_number(DAY)
    candidates.file(work, [(base, [-7, 8, 9]), (base + 1, [-7, 8, 9])])
    candidates.forget(work, [base])
    assert found(work, wanted(base + 9, -7, 8)) == [base + 1]
    assert work.value("SELECT count(*) FROM dedup_keys WHERE n = :n", n=base) == 0


KEYS = st.lists(st.integers(-6, 6), max_size=6, unique=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(KEYS, st.integers(-3, 3)), max_size=8), st.integers(0, 8))
def test_a_batch_sees_itself(work: Work, batch: list[tuple[list[int], int]], cut: int) -> None:
    """Complaints that come together are compared as if they had come one after the other, wherever a batch ends."""
    limits = Limits(days=2, cap=60, least=2000, most=4)
    seen: dict[int, int] = {}
    asked = []
    for keys, shift in batch:
        day = DAY + shift
        seen[day] = seen.get(day, -1) + 1
        asked.append(wanted(first_number(day) + seen[day], *keys, day=day))
    with work.savepoint() as undone:
        one_by_one = []
        for one in asked:
            one_by_one += candidates.near(work, [one], limits)
            candidates.file(work, [(one.number, [key for key, _ in one.keys])])
        undone.rollback()
    with work.savepoint() as undone:
        together = []
        for part in (asked[:cut], asked[cut:]):
            together += candidates.near(work, part, limits)
            candidates.file(work, [(one.number, [key for key, _ in one.keys]) for one in part])
        undone.rollback()
    assert together == one_by_one
