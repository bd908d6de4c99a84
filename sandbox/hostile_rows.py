"""Scenarios of rows whose stamps, numbers or texts are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import dates
from sandbox.hostile import Portal
from sandbox.hostile_play import WHOLE, Play, Scenario, into
from sandbox.hostile_shape import MISSING

SCENARIOS: list[Scenario] = []
scenario = into(SCENARIOS)
WIB = timedelta(hours=7)


def look_back(play: Play) -> timedelta:
    """How far back the manifest looks behind its own mark."""
    return dates.duration(str(play.options.get("look_back") or "1d"))


# stamps --------------------------------------------------------------------------------------------------------------


@scenario("changed")
def same_second_as_the_newest(play: Play) -> Iterator[str]:
    """Rows that appear later with the very stamp of the newest one read are found."""
    yield WHOLE
    moment = play.portal.rows[-1].stamp
    for _ in range(30):
        play.portal.add(stamp=moment)
    yield WHOLE


@scenario("changed")
def committed_late(play: Play) -> Iterator[str]:
    """Rows committed 90 seconds behind the last pull are found."""
    yield WHOLE
    late = min(timedelta(seconds=90), look_back(play) / 2)
    for _ in range(20):
        play.portal.add(stamp=play.clock.now - timedelta(minutes=15) - late)
    yield WHOLE


@scenario("changed")
def committed_very_late(play: Play) -> Iterator[str]:
    """Rows committed nearly as late as `look_back` allows are found."""
    yield WHOLE
    for _ in range(5):
        play.portal.add(stamp=play.clock.now - timedelta(minutes=16) - look_back(play) * 5 / 6)
    yield WHOLE


@scenario("changed", "sweep")
def edited_without_a_new_stamp(play: Play) -> Iterator[str]:
    """An edit that moves no stamp is found by the next sweep."""
    yield WHOLE
    for row in play.portal.rows[5:40:10]:
        play.portal.touch(row, stamped=False)
    play.wait(dates.duration(str(play.options["sweep"])))
    yield WHOLE


@scenario("changed", "sweep")
def committed_later_than_look_back(play: Play) -> Iterator[str]:
    """Rows that appear later than `look_back` allows are found by the next sweep."""
    yield WHOLE
    for _ in range(3):
        play.portal.add(stamp=play.clock.now - look_back(play) * 3)
    play.wait(dates.duration(str(play.options["sweep"])))
    yield WHOLE


def _shown(name: str, value: Any, promise: str, *, arrivals: int = 5, stamp: datetime | None = None) -> None:
    """One row whose stamp reads strangely, then ordinary rows."""

    def act(play: Play) -> Iterator[str]:
        row = play.portal.rows[-3]
        row.shown, row.odd, row.stamp = value, True, stamp or row.stamp
        play.portal.write(row)
        yield WHOLE
        for _ in range(arrivals):
            play.portal.add()
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario("changed")(act)


FUTURE, PAST = datetime(2099, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
_shown("stamp_in_words", "kemarin", "A stamp that nobody can read keeps its row and holds up no other.")
_shown("stamp_null", None, "A stamp that is null keeps its row and holds up no other.")
_shown("stamp_missing", MISSING, "A stamp that is missing keeps its row and holds up no other.")
_shown("stamp_a_list", [2026, 11], "A stamp that is a list keeps its row and holds up no other.")
_shown(
    "stamp_of_zeros",
    "0000-00-00 00:00:00",
    "A stamp of zeros, as old databases have it, keeps its row and holds up no other.",
)
_shown(
    "stamp_in_2099",
    "2099-01-01T00:00:00Z",
    "A stamp in 2099 hides none of the rows that come after it.",
    arrivals=30,
    stamp=FUTURE,
)
_shown("stamp_in_1970", "1970-01-01T00:00:00Z", "A stamp in 1970 keeps its row.", stamp=PAST)


@scenario("changed")
def most_stamps_in_the_future(play: Play) -> Iterator[str]:
    """Ten rows stamped in 2099 hide none of the rows that come after them."""
    for row in play.portal.rows[-10:]:
        row.stamp = FUTURE
        play.portal.write(row)
    yield WHOLE
    for _ in range(5):
        play.portal.add()
    yield WHOLE


@scenario("changed")
def stamps_of_a_day(play: Play) -> Iterator[str]:
    """Stamps that tell the day only lose no row of that day."""
    portal = play.portal
    own = portal.show
    portal.show = lambda moment: own(_midnight(moment))
    for row in portal.rows:
        row.stamp = _midnight(row.stamp)
    portal.rewrite()
    yield WHOLE
    for _ in range(5):
        portal.add(stamp=_midnight(portal.now()))
    for row in portal.rows[-9:-5]:
        portal.touch(row)
    yield WHOLE


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


@scenario("changed")
def stamps_without_zone(play: Play) -> Iterator[str]:
    """Stamps that name no zone are read in the manifest's."""
    portal = play.portal
    portal.show = lambda moment: (
        portal.shape.stamp.write(moment) if portal.shape.stamp.format != "iso" else _local(portal, moment)
    )
    portal.rewrite()
    yield WHOLE
    for _ in range(5):
        portal.add()
    portal.touch(portal.rows[20])
    yield WHOLE


def _local(portal: Portal, moment: datetime) -> str:
    zone = portal.shape.since["zone"] if portal.shape.since else portal.shape.stamp.zone
    return str(type(portal.shape.stamp)(format="%Y-%m-%d %H:%M:%S", zone=zone).write(moment))


def _skewed(name: str, skew: timedelta, promise: str) -> None:
    def act(play: Play) -> Iterator[str]:
        play.portal.skew = skew
        for row in play.portal.rows:
            row.stamp += skew
        play.portal.rewrite()
        yield WHOLE
        for _ in range(4):
            play.portal.add()
        play.portal.touch(play.portal.rows[30])
        yield WHOLE
        play.portal.add()
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario("changed")(act)


_skewed(
    "clock_slow_by_a_day", -timedelta(days=1), "A portal whose clock is a day slow loses nothing of what it stamps."
)
_skewed(
    "clock_slow_by_ten_days",
    -timedelta(days=10),
    "A portal whose clock is ten days slow loses nothing of what it stamps.",
)
_skewed("clock_fast_by_a_day", timedelta(days=1), "A portal whose clock is a day fast loses nothing of what it stamps.")
_skewed("local_time_called_utc", WIB, "A portal that writes Jakarta's time and calls it UTC loses nothing.")


@scenario("changed")
def clock_set_right(play: Play) -> Iterator[str]:
    """A portal whose clock was a day fast and is set right loses nothing of what it stamps afterwards."""
    play.portal.skew = timedelta(days=1) - timedelta(minutes=30)
    play.portal.add()
    yield WHOLE
    play.portal.skew = timedelta()
    for _ in range(3):
        play.portal.add()
    yield WHOLE


@scenario("since")
def since_leaves_its_moment_out(play: Play) -> Iterator[str]:
    """A portal whose `since` means after, not from, loses no row of that second."""
    play.portal.since = "exclusive"
    yield WHOLE
    moment = play.portal.rows[-1].stamp
    for _ in range(5):
        play.portal.add(stamp=moment)
    yield WHOLE


@scenario("since")
def since_not_heeded(play: Play) -> Iterator[str]:
    """A portal that gives everything whatever it is asked stores nothing twice."""
    play.portal.since = "ignored"
    yield WHOLE
    play.portal.add()
    yield WHOLE


@scenario("changed")
def all_of_one_moment(play: Play) -> Iterator[str]:
    """A portal that was filled by a move of data, every stamp the same, is read whole, also what comes later."""
    moment = play.portal.rows[0].stamp
    for row in play.portal.rows:
        row.stamp = moment
    play.portal.rewrite()
    yield WHOLE
    for _ in range(3):
        play.portal.add()
    yield WHOLE


@scenario()
def edited_again_and_again(play: Play) -> Iterator[str]:
    """Each edit is one version, and the newest is the one that counts."""
    row = play.portal.rows[-2]
    yield WHOLE
    play.portal.touch(row)
    yield WHOLE
    play.portal.touch(row)
    yield WHOLE


@scenario("ignore")
def counter_that_ticks(play: Play) -> Iterator[str]:
    """What the manifest ignores makes no new version."""
    portal = play.portal
    rows = portal.rows[-5:]
    yield WHOLE
    for row in rows:
        row.more = {portal.shape.ignored: 41}
        held = {key: list(history) for key, history in portal.truth_of.items()}
        portal.write(row)
        portal.truth_of.update(held)
        row.vague = True
    yield WHOLE


# the same thing twice ------------------------------------------------------------------------------------------------


def _twice(name: str, ahead: bool, promise: str) -> None:
    def act(play: Play) -> Iterator[str]:
        portal = play.portal
        row = portal.rows[-12]
        newer = portal.add(stamp=row.stamp + timedelta(hours=25), ref=row.ref, created=row.created, version=2)
        portal.order = "desc" if ahead else "asc"
        assert newer.key == row.key
        yield WHOLE
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario("changed")(act)


_twice("twice_newest_first", True, "Of a number that is listed twice, the newest first, the newest is kept, once.")
_twice("twice_newest_last", False, "Of a number that is listed twice, the newest last, the newest is kept, once.")


@scenario("created")
def number_used_again(play: Play) -> Iterator[str]:
    """A number that a portal gives to another complaint starts a second one; both stay readable."""
    portal = play.portal
    old = portal.rows[-6]
    yield WHOLE
    portal.drop(old)
    portal.add(ref=old.ref, created=portal.now() - timedelta(minutes=2))
    yield WHOLE
