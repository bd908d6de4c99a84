"""Where a complaint stands at the registry, derived from its events alone: late or shuffled news end in the same place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from hub.store.statuses import Event
from schemas.words import STATUSES, TERMINAL

AHEAD: Final = timedelta(days=1)
"""A stamp further ahead of our sighting than this is a broken clock; it counts as the sighting."""
TOLD_AGAIN: Final = timedelta(days=10)
"""How long a finished complaint is asked about every day: the registry lets reporters answer for ten days."""
SETTLED: Final = timedelta(days=120)
"""How long it is asked about at all, ever more seldom: now and then an agency speaks weeks after the end."""
SOON: Final = timedelta(seconds=1)
"""Due at the next run. Above nothing, because a run takes whatever is due at its start: so it asks once."""
YOUNG: Final = timedelta(days=1)
AGES: Final = (
    (YOUNG, SOON),
    (timedelta(days=7), timedelta(hours=1)),
    (timedelta(days=30), timedelta(hours=6)),
)
"""Younger than the first: asked about every second."""
RARELY: Final = timedelta(days=1)

RANK: Final = {status: number for number, status in enumerate(STATUSES)}


def standing(events: Iterable[Event]) -> str:
    """The hub status that the events add up to, in whatever order they came; "" where none of them is understood."""
    event = latest(events)
    return event.status or "" if event else ""


def latest(events: Iterable[Event]) -> Event | None:
    """
    The event that decides where a complaint stands.

    The registry's stamp decides; of two in one second the one further along the way. A status without a stamp counts
    from when it was seen, and cannot take back a final one: nobody can tell that it is newer. Unknown words decide nothing.
    """
    known = in_turn(events)
    stamped = next((one for one in reversed(known) if one.at), None)
    seen = next((one for one in reversed(known) if not one.at), None)
    if stamped is None or seen is None:
        return stamped or seen
    if stamped.status in TERMINAL and seen.status not in TERMINAL:
        return stamped
    return max(stamped, seen, key=_order)


def in_turn(events: Iterable[Event]) -> list[Event]:
    """The statuses that are understood, in the order in which the registry gave them."""
    known = [one for one in events if one.what == "status" and one.status in RANK and one.status != "unknown"]
    return sorted(known, key=_order)


def _order(event: Event) -> tuple[datetime, int, bytes]:
    """Made of the event's own content, never of the number that the store gave it."""
    at = event.at if event.at and event.at <= event.seen_at + AHEAD else event.seen_at
    return at, RANK[event.status or "unknown"], event.digest


def next_look(now: datetime, since: datetime, deciding: Event | None) -> datetime | None:
    """
    When to ask again about a complaint sent at `since`: always after `now`; None: never.

    Young ones at every run, even where they are finished: an agency's words may come after its status. Older finished
    ones once a day for ten days, then after as long again as they have been quiet, for some months.
    """
    age = now - since
    if age >= YOUNG and deciding and deciding.status in TERMINAL:
        quiet = now - deciding.seen_at
        return None if quiet >= SETTLED else now + (RARELY if quiet < TOLD_AGAIN else quiet)
    return now + pace(age)


def pace(age: timedelta) -> timedelta:
    """How often a complaint of this age is asked about."""
    return next((every for limit, every in AGES if age < limit), RARELY)


def later(now: datetime, since: datetime, answered: datetime | None, wait: float | None) -> datetime:
    """
    When to ask again after a failure: as long again as there has been no answer, from the usual pace up to a day.

    `since` is when the complaint was sent, `answered` the last time that the registry answered about it, `wait` the
    seconds that the registry asks for.
    """
    quiet = min(max(now - (answered or since), pace(now - since)), RARELY)
    return now + max(quiet, timedelta(seconds=wait or 0))
