"""What a reporter is told of does not depend on the order in which a registry's reports arrive, and is told once."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from hub.news import news
from hub.standing import standing
from hub.store.statuses import Event, NewEvent

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def event(
    what: str,
    status: str | None = None,
    minute: int | None = 0,
    *,
    by: str | None = None,
    text: bool = False,
    to: str | None = None,
) -> NewEvent:
    """A piece of news of that minute; None: without a stamp."""
    at = None if minute is None else NOW + timedelta(minutes=minute)
    digest = f"{what}{status}{minute}{by}{text}{to}".encode()
    return NewEvent(
        event=Event(what=what, status=status, at=at, seen_at=NOW + timedelta(days=3), digest=digest, by=by),
        to_institution=to,
        text_enc=b"text" if text else None,
    )


WORK = event("status", "in_progress")
DONE = event("status", "resolved", 5)
DONE_AGAIN = event("status", "resolved", 9)
DONE_WORDED = event("status", "resolved", 5, text=True)
DONE_UNDATED = event("status", "resolved", None)


@pytest.mark.parametrize(
    ("known", "fresh", "expected"),
    [
        ([], [], []),
        ([], [WORK, DONE], [0, 1]),
        ([WORK], [DONE], [0]),
        ([DONE], [DONE_AGAIN], [0]),
        ([], [event("status", "unknown")], []),
        # one thing reported in two ways
        ([DONE], [DONE_WORDED], []),
        ([], [DONE, DONE_WORDED], [0]),
        ([DONE_UNDATED], [DONE], []),
        ([DONE], [DONE_UNDATED], []),
        ([DONE_UNDATED], [DONE, DONE_AGAIN], [1]),
        ([DONE, DONE_AGAIN], [DONE_UNDATED], []),
        # words
        ([], [event("follow_up", by="agency", text=True)], [0]),
        ([], [event("follow_up", by="admin", text=True)], [0]),
        ([], [event("follow_up", by="reporter", text=True), event("follow_up", text=True)], []),
        ([], [event("follow_up", by="agency")], []),
        # passed on
        ([], [event("disposition", text=True)], [0]),
        ([], [event("disposition", to="Dinas Contoh")], [0]),
        ([], [event("disposition", to="151"), event("disposition")], []),
    ],
)
def test_what_is_news_as_a_table(known: list[NewEvent], fresh: list[NewEvent], expected: list[int]) -> None:
    """Every status that is understood, every agency's word, every place it went to: each once, and nothing else."""
    assert news([new.event for new in known], dict(enumerate(fresh))) == expected


LOG = [
    event("status", "pending_verification", 0),
    event("status", "verified", 10),
    event("disposition", None, 11, text=True, to="151"),
    event("status", "dispositioned", 11),
    event("status", "in_progress", 30),
    event("follow_up", None, 40, by="agency", text=True),
    event("status", "followed_up", 40),
    event("follow_up", None, 50, by="reporter", text=True),
    event("status", "unknown", 55),
    event("status", "resolved", 60),
    event("follow_up", None, 61, by="agency", text=True),
    event("status", "in_progress", 70),
    event("status", "resolved", 80),
    event("status", "resolved", 80, text=True),
    event("status", "closed", 80 + 60 * 24, by="system"),
]


def history(log: list[NewEvent], dice: random.Random) -> tuple[str, Counter[tuple[str, str | None, datetime | None]]]:
    """Where it ends and what was told, when the log comes in any order and in any number of parts."""
    known: list[Event] = []
    told: Counter[tuple[str, str | None, datetime | None]] = Counter()
    rest = list(log)
    while rest:
        size = dice.randint(1, len(rest))
        part, rest = rest[:size], rest[size:]
        part.sort(key=lambda new: new.event.at or NOW)
        for number in news(known, dict(enumerate(part))):
            one = part[number].event
            told[one.what, one.status, one.at] += 1
        known += [new.event for new in part]
    return standing(known), told


def test_a_thousand_shuffles_tell_the_same_history_and_end_in_the_same_state() -> None:
    """However late or mixed the updates of one complaint arrive, its reporter is told the same things, each once."""
    dice = random.Random(2026)
    first = history(LOG, dice)
    assert first[0] == "closed" and set(first[1].values()) == {1} and len(first[1]) == 12
    for _ in range(1_000):
        assert history(dice.sample(LOG, len(LOG)), dice) == first


def test_a_status_without_a_moment_is_told_as_often_in_every_order() -> None:
    """A registry that names the present status before its log has it makes nobody read the same thing twice."""
    dice = random.Random(7)
    log = [*LOG, event("status", "resolved", None), event("status", "in_progress", None)]
    counted = Counter((what, status) for what, status, _ in history(log, dice)[1].elements())
    for _ in range(200):
        told = history(dice.sample(log, len(log)), dice)[1]
        assert Counter((what, status) for what, status, _ in told.elements()) == counted
