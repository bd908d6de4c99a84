"""Scenarios of listings whose pages move, lie about their number, or turn in a circle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from sandbox.hostile_play import BLIND, EITHER, LOUD, WHOLE, Play, Scenario, into
from sandbox.hostile_shape import MISSING
from sandbox.hostile_web import answer

SCENARIOS: list[Scenario] = []
scenario = into(SCENARIOS)


@scenario()
def quiet(play: Play) -> Iterator[str]:
    """Where nothing happens, everything is read once and nothing is owed."""
    yield WHOLE
    yield WHOLE


# rows that come, change and go while they are read -------------------------------------------------------------------


@scenario("paged", "changed")
def touched_behind_the_reader(play: Play) -> Iterator[str]:
    """Oldest first: rows of the first pages that an officer edits while page 3 is read are all there in their new version."""
    rows = list(play.portal.rows)
    play.portal.during(3, lambda: [play.portal.touch(row) for row in rows[2:20:2]])
    yield WHOLE
    yield WHOLE


@scenario("paged", "changed")
def touched_ahead_newest_first(play: Play) -> Iterator[str]:
    """Newest first: rows of page 6 that jump to the front while page 3 is read are not missed."""
    play.portal.order = "desc"
    rows = list(play.portal.rows)
    play.portal.during(3, lambda: [play.portal.touch(row) for row in rows[40:46]])
    yield WHOLE
    yield WHOLE


@scenario("paged")
def arrivals_newest_first(play: Play) -> Iterator[str]:
    """Newest first: complaints that arrive while page 3 is read push no other out of sight."""
    play.portal.order = "desc"
    play.portal.during(3, lambda: [play.portal.add() for _ in range(play.portal.size)])
    yield WHOLE
    yield WHOLE


@scenario("paged")
def deleted_while_read(play: Play) -> Iterator[str]:
    """Oldest first: a row deleted on page 1 while page 3 is read pulls no other out of sight."""
    play.portal.during(3, lambda: play.portal.drop(play.portal.rows[4]))
    yield WHOLE
    yield WHOLE


@scenario("paged")
def deleted_while_read_newest_first(play: Play) -> Iterator[str]:
    """Newest first: the same."""
    play.portal.order = "desc"
    play.portal.during(4, lambda: [play.portal.drop(play.portal.rows[-2]) for _ in range(3)])
    yield WHOLE
    yield WHOLE


@scenario("paged")
def one_goes_one_comes(play: Play) -> Iterator[str]:
    """Newest first: a row goes and another comes while page 3 is read; the total holds still, and yet both are noticed."""
    portal = play.portal
    portal.order = "desc"

    def swap() -> None:
        portal.drop(portal.rows[-15])
        portal.add(stamp=portal.rows[-3].stamp + timedelta(minutes=1))

    portal.during(3, swap)
    yield WHOLE
    yield WHOLE


@scenario("paged")
def in_order_of_number(play: Play) -> Iterator[str]:
    """A listing by number, oldest first, in which rows are edited, deleted and added while it is read, is complete."""
    portal = play.portal
    portal.order = "id"

    def work() -> None:
        portal.touch(portal.rows[30])
        portal.drop(portal.rows[3])
        portal.add()

    portal.during(2, work)
    yield WHOLE
    yield WHOLE


@scenario("paged")
def equal_stamps_in_any_order(play: Play) -> Iterator[str]:
    """Rows with one stamp come in another order at each request: nothing is lost, and what is not proved is owed."""
    moment = play.portal.rows[-1].stamp
    for row in play.portal.rows:
        row.stamp = moment
    play.portal.rewrite()
    play.portal.order = "ties"
    yield EITHER
    play.portal.order = "id"
    yield WHOLE


@scenario("paged")
def another_order_each_time(play: Play) -> Iterator[str]:
    """A portal that shuffles its listing at each request is either read whole or owed."""
    play.portal.order = "shuffle"
    yield EITHER
    play.portal.order = "id"
    yield WHOLE


@scenario("paged")
def new_rows_between_a_cut_and_the_rest(play: Play) -> Iterator[str]:
    """Newest first: what arrives after a pull broke off at page 5 is read by the next, and so is the rest."""
    portal = play.portal
    portal.order = "desc"
    portal.spoil(5, answer(503, b""))
    yield LOUD
    portal.mend()
    for _ in range(portal.size + 3):
        portal.add()
    yield WHOLE


@scenario("paged")
def rows_gone_between_a_cut_and_the_rest(play: Play) -> Iterator[str]:
    """Oldest first: rows deleted after a pull broke off at page 5 do not pull others past the place where it goes on."""
    portal = play.portal
    portal.spoil(5, answer(503, b""))
    yield LOUD
    portal.mend()
    for row in list(portal.rows[2:9]):
        portal.drop(row)
    yield WHOLE


@scenario("paged")
def edited_between_a_cut_and_the_rest(play: Play) -> Iterator[str]:
    """Listed by number: rows of pages 1 and 2 edited after a pull broke off at page 5 are there in their new version."""
    portal = play.portal
    portal.order = "id"
    portal.spoil(5, answer(500, b""))
    yield LOUD
    portal.mend()
    for row in portal.rows[3:18:5]:
        portal.touch(row)
    yield WHOLE


# sizes and ends ------------------------------------------------------------------------------------------------------


@scenario("paged")
def pages_shorter_than_asked(play: Play) -> Iterator[str]:
    """A portal that caps its pages at half of what is asked loses nothing: a short page is no end."""
    play.portal.cap = max(1, play.portal.size // 2)
    yield WHOLE
    yield WHOLE


@scenario("paged")
def pages_shorter_than_asked_newest_first(play: Play) -> Iterator[str]:
    """The same newest first, with complaints that arrive between the pulls."""
    play.portal.order, play.portal.cap = "desc", max(1, play.portal.size // 2)
    yield WHOLE
    for _ in range(5):
        play.portal.add()
    yield WHOLE


@scenario("paged")
def size_not_heeded(play: Play) -> Iterator[str]:
    """A portal that gives pages of its own length, whatever is asked, is read whole."""
    play.portal.sizes, play.portal.size = False, max(2, play.portal.size * 7 // 10)
    yield WHOLE
    yield WHOLE


@scenario("paged")
def cap_changes_on_the_way(play: Play) -> Iterator[str]:
    """A portal under load that halves its pages from page 4 on is read whole or owed, and whole when it is calm again."""
    play.portal.during(3, lambda: setattr(play.portal, "cap", max(1, play.portal.size // 2)))
    yield EITHER
    play.portal.cap = None
    yield WHOLE


def _behind(name: str, what: object, promise: str, *needs: str) -> None:
    def act(play: Play) -> Iterator[str]:
        play.portal.behind = what
        yield WHOLE
        play.portal.add()
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    for style in ("number", "offset"):
        if style == "number" or what not in ("clamp", "wrap"):
            scenario(style, needs=needs)(act)


_behind(
    "last_page_repeats",
    "clamp",
    "Behind the last page the last one is shown again: the end is found, and nothing more is asked for ever.",
)
_behind(
    "turns_to_the_first_page", "wrap", "Behind the last page the first one is shown again: the end is found.", "total"
)
_behind(
    "not_found_behind_the_end", 404, "404 behind the last page is its end where the portal's total is reached.", "total"
)
_behind(
    "refused_behind_the_end", 400, "400 behind the last page is its end where the portal's total is reached.", "total"
)
_behind(
    "range_refused_behind_the_end",
    416,
    "416 behind the last page is its end where the portal's total is reached.",
    "total",
)
_behind("no_total_behind_the_end", "bare", "An empty last page that leaves the total out is an end all the same.")
_behind(
    "null_behind_the_end",
    "null",
    "A list that is null behind the last page is its end where the total is reached.",
    "total",
)


# totals --------------------------------------------------------------------------------------------------------------


@scenario("paged", "total")
def total_missing_on_some_pages(play: Play) -> Iterator[str]:
    """Pages without the total prove nothing; when it is back, one pull ends it."""
    portal = play.portal
    portal.during(3, lambda: setattr(portal, "total", lambda count: MISSING))
    yield EITHER
    portal.total = lambda count: count
    yield WHOLE


@scenario("total")
def total_too_high(play: Play) -> Iterator[str]:
    """A total that is never reached stays owed, however often it is read, while the items flow on."""
    play.portal.total = lambda count: count + 1
    yield LOUD
    play.portal.add()
    yield LOUD
    play.portal.total = lambda count: count
    yield WHOLE


@scenario("total")
def total_counts_the_deleted(play: Play) -> Iterator[str]:
    """A portal that still counts what it deleted owes a row until it counts right or its owner closes the interval."""
    play.portal.drop(play.portal.rows[12])
    play.portal.total = lambda count: count + (count > 20)
    yield EITHER
    play.portal.total = lambda count: count
    yield WHOLE


@scenario("total")
def total_too_low(play: Play) -> Iterator[str]:
    """A total below what can be read hides nothing."""
    play.portal.total = lambda count: max(count - 3, 0)
    yield EITHER
    play.portal.total = lambda count: count
    yield WHOLE


@scenario("total")
def total_as_text(play: Play) -> Iterator[str]:
    """A total that is written as text counts as well."""
    play.portal.total = str
    yield WHOLE


@scenario("paged", "total")
def total_that_trembles(play: Play) -> Iterator[str]:
    """A total that is another on each page is either seen through or owed."""
    anyhow = random.Random(3)
    play.portal.total = lambda count: count + anyhow.choice((-1, 0, 1))
    yield EITHER
    play.portal.total = lambda count: count
    yield WHOLE


# lists that are empty for a while ------------------------------------------------------------------------------------


@scenario("paged")
def empty_page_once(play: Play) -> Iterator[str]:
    """Page 4 is empty once: the rows behind it are not forgotten."""
    portal = play.portal
    portal.spoil(4, lambda _: answer(200, portal.shape.envelope(b"", len(portal.rows), MISSING)), times=1)
    yield EITHER
    yield WHOLE


@scenario("paged", needs=("total",))
def empty_page_for_a_whole_pull(play: Play) -> Iterator[str]:
    """Page 4 and all behind it are empty for a whole pull, newest first: the rest is owed, not forgotten."""
    portal = play.portal
    portal.order = "desc"
    for page in range(4, 14):
        portal.spoil(page, lambda _: answer(200, portal.shape.envelope(b"", len(portal.rows), MISSING)))
    yield LOUD
    portal.mend()
    yield WHOLE


@scenario()
def nothing_at_all_once(play: Play) -> Iterator[str]:
    """A portal that shows nothing, and counts nothing, for one pull takes nothing away of what was read before."""
    portal = play.portal
    yield WHOLE
    portal.spoil(None, answer(200, portal.shape.envelope(b"", 0, MISSING)))
    portal.add()
    yield BLIND
    portal.mend()
    yield WHOLE


@scenario(needs=("changed",))
def nothing_at_all_at_first(play: Play) -> Iterator[str]:
    """A portal that shows nothing at its first pull and years of complaints at its second is read from the beginning."""
    portal = play.portal
    portal.spoil(None, answer(200, portal.shape.envelope(b"", 0, MISSING)))
    yield BLIND
    portal.mend()
    yield WHOLE
