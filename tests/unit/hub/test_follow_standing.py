"""Where a complaint stands does not depend on the order in which its news arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.standing import later, next_look, standing
from hub.store.statuses import Event
from schemas.words import STATUSES

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def event(status: str | None, minute: int | None, *, what: str = "status", seen: int = 100) -> Event:
    """A status of that minute; None: without a stamp."""
    at = None if minute is None else NOW + timedelta(minutes=minute)
    return Event(
        what=what,
        status=status,
        at=at,
        seen_at=NOW + timedelta(minutes=seen),
        digest=f"{what}{status}{minute}".encode(),
    )


EVENTS = st.lists(
    st.builds(event, st.sampled_from(STATUSES), st.none() | st.integers(0, 5), seen=st.integers(5, 9)), max_size=8
)


@given(EVENTS.flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_shuffled_news_end_in_the_same_status(both: tuple[list[Event], list[Event]]) -> None:
    """However late or mixed the registry's news arrive, a citizen is told the same status."""
    ordered, shuffled = both
    assert standing(ordered) == standing(shuffled)


def test_twenty_four_orders_of_one_log_end_as_resolved() -> None:
    """The stamp decides, not the arrival."""
    log = [
        event("pending_verification", 0),
        event("in_progress", 5),
        event("followed_up", 9),
        event("resolved", 11),
    ]
    assert {standing(order) for order in permutations(log)} == {"resolved"}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], ""),
        ([event("unknown", 3)], ""),
        ([event("resolved", 3), event("unknown", 9)], "resolved"),
        ([event("resolved", 3), event("in_progress", 2)], "resolved"),
        ([event("resolved", 3), event("in_progress", 9)], "in_progress"),
        ([event("in_progress", 3), event("resolved", 3)], "resolved"),
        ([event("resolved", 3), event("in_progress", None)], "resolved"),
        ([event("verified", 3), event("in_progress", None)], "in_progress"),
        ([event("verified", 3), event("archived", None)], "archived"),
        ([event("verified", None)], "verified"),
        ([event(None, 9, what="disposition"), event("verified", 3)], "verified"),
        ([event("verified", 9_999_999), event("in_progress", 101, seen=102)], "in_progress"),
    ],
)
def test_standing_as_a_table(events: list[Event], expected: str) -> None:
    """A final status is taken back only by a newer known one: never by an unknown, an older or an undated word."""
    assert standing(events) == expected


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (0, timedelta(seconds=1)),
        (23, timedelta(seconds=1)),
        (24, timedelta(hours=1)),
        (24 * 6, timedelta(hours=1)),
        (24 * 7, timedelta(hours=6)),
        (24 * 29, timedelta(hours=6)),
        (24 * 30, timedelta(days=1)),
    ],
)
def test_young_complaints_are_asked_about_often(age: int, wait: timedelta) -> None:
    """At every run on the first day, hourly in the first week, every 6 hours in the first month, then daily."""
    assert next_look(NOW, NOW - timedelta(hours=age), None) == NOW + wait


def test_a_finished_complaint_is_asked_about_ever_more_seldom() -> None:
    """A reporter may answer for ten days; after that an agency may speak late, so it is asked a few times more."""
    done, sent = event("closed", 0, seen=0), NOW - timedelta(days=1)
    assert next_look(NOW, sent, done) == NOW + timedelta(days=1)
    looks, at = list[int](), NOW
    while (again := next_look(at, sent, done)) is not None:
        at = again
        looks.append((at - NOW).days)
    assert looks == [*range(1, 11), 20, 40, 80, 160]


def test_a_quick_end_is_asked_about_like_any_young_complaint() -> None:
    """A complaint that is finished on its first day is still asked about at every run: the agency's words may follow."""
    assert next_look(NOW, NOW - timedelta(hours=23), event("closed", 0, seen=0)) == NOW + timedelta(seconds=1)


@given(
    st.timedeltas(timedelta(days=-2), timedelta(days=99)),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=99)),
    st.none() | st.floats(0, 1e6),
)
def test_no_run_asks_twice(age: timedelta, quiet: timedelta | None, wait: float | None) -> None:
    """Whatever came of a question, the next one lies after the moment at which the run began: no run goes in a circle."""
    answered = None if quiet is None else NOW - quiet
    for deciding in (None, event("closed", 0, seen=0), event("in_progress", 0)):
        assert (next_look(NOW, NOW - age, deciding) or NOW + timedelta(days=1)) > NOW
    assert later(NOW, NOW - age, answered, wait) > NOW


def test_failures_are_asked_again_ever_more_rarely() -> None:
    """A complaint that cannot be read is tried after as long again as it has been silent, up to a day."""
    sent = NOW - timedelta(hours=2)
    assert later(NOW, NOW, None, None) == NOW + timedelta(seconds=1)
    assert later(NOW, sent, None, None) == NOW + timedelta(hours=2)
    assert later(NOW, sent, NOW - timedelta(days=9), None) == NOW + timedelta(days=1)
    assert later(NOW, NOW, None, 3600) == NOW + timedelta(hours=1)
