"""Every way through a listing: what is asked, where it ends, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Window
from connectors.errors import Unavailable
from connectors.kinds.rest import Rest
from connectors.reading import Outcome, read
from tests.unit.connectors.walking import NOW, URL, WINDOW, Asked, Portal, Told, body, context, pages, rest, run, steps

ROWS = list(range(1, 24))


NUMBERED = [ROWS[at : at + 5] for at in range(0, 23, 5)]


def place(asked: Asked) -> int:
    """Where a token or a link leads."""
    return int(asked.at or asked.url.partition("at=")[2] or 0)


def tokens(asked: Asked, total: int | None = None) -> Told:
    """23 rows in pages of 5 behind a token."""
    onward = place(asked) + 5
    return body(ROWS[onward - 5 : onward], total, next=str(onward) if onward < len(ROWS) else None)


def links(asked: Asked) -> Told:
    """The same behind links in the header, relative ones and absolute ones."""
    onward = place(asked) + 5
    link = f'<{URL if onward % 2 else ""}?at={onward}>; rel="prefetch next", <{URL}>; rel=first'
    return body(ROWS[onward - 5 : onward], **({"Link": link} if onward < len(ROWS) else {}))


def links_within(asked: Asked) -> Told:
    """The same with the link in the page."""
    onward = place(asked) + 5
    return body(ROWS[onward - 5 : onward], links={"next": f"/api?at={onward}" if onward < len(ROWS) else ""})


def offsets(asked: Asked) -> Told:
    """The same by offset, never more than 7 at once."""
    return body(ROWS[int(asked.at or 0) :][:7])


Style = tuple[Rest, Callable[[Asked], Told], int]
TOTAL = {"total": "total"}
NEXT = {"page": {"next": "next"}}
STYLES: dict[str, Style] = {
    # the manifest, the portal, how many requests two passes (or one) need
    "number": (rest("number"), pages(*NUMBERED).answer, 14),
    "number, total": (rest("number", **TOTAL), pages(*NUMBERED, total=23).answer, 12),
    "number from 0": (rest("number", page={"first": 0}), lambda asked: body(ROWS[int(asked.at or 0) * 5 :][:5]), 14),
    "offset": (rest("offset"), offsets, 12),
    "cursor": (rest("cursor", **NEXT), tokens, 10),
    "cursor, total": (rest("cursor", **NEXT, **TOTAL), lambda asked: tokens(asked, 23), 10),
    "link": (rest("link"), links, 10),
    "link in the page": (rest("link", page={"next": "links.next"}), links_within, 10),
    "none": (rest("none"), lambda _: body(ROWS), 1),
}


@pytest.mark.parametrize("lines", [False, True], ids=["one by one", "ahead"])
@pytest.mark.parametrize(("channel", "answer", "requests"), STYLES.values(), ids=STYLES.keys())
def test_every_style_reads_all(channel: Rest, answer: Callable[[Asked], Told], requests: int, lines: bool) -> None:
    """Every style of paging gives every row once, in order, whether pages are asked ahead or not."""
    portal = Portal(answer)
    refs, outcome = run(channel, portal, lines=lines)
    assert refs == [str(row) for row in ROWS]
    assert (outcome.closed, outcome.items) == (True, 23)
    assert requests <= len(portal.asked) <= requests * (2 if lines else 1)
    assert all(asked.verbatim == (asked.url != URL) for asked in portal.asked)


@pytest.mark.parametrize(("channel", "answer"), [style[:2] for style in STYLES.values()], ids=STYLES.keys())
def test_every_style_goes_on_behind_any_page(channel: Rest, answer: Callable[[Asked], Told]) -> None:
    """A reading that dies behind any page is ended by another with the same outcome, and asks none of those again."""
    *batches, outcome = steps(channel, Portal(answer))
    for cut in range(len(batches)):
        portal = Portal(answer)
        left = [batch.page for batch in batches[:cut]]
        *rest_of, again = steps(channel, portal, before=left)
        assert (again.closed, again.proof, again.mark) == (outcome.closed, outcome.proof, outcome.mark)
        assert [list(batch.items) for batch in rest_of] == [list(batch.items) for batch in batches[cut:]]
        asked_at_end = 2 if "total" not in (channel.total or "") else 0  # the page behind an empty one, in each pass
        assert len(portal.asked) <= len(batches) - cut + asked_at_end


# asking ahead --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 4, 5, 6, 11, 23])
def test_nothing_is_asked_behind_the_end_that_the_total_tells(count: int) -> None:
    """Four pages ahead, and never more than the one empty page behind the last that a total tells of."""
    listed = [ROWS[:count][at : at + 5] for at in range(0, count, 5)]
    portal = pages(*listed, total=count)
    refs, outcome = run(rest("number", **TOTAL), portal, lines=True)
    assert (len(refs), outcome.closed) == (count, True)
    assert portal.pages == sorted(2 * list(range(1, len(listed) + 2)))


def test_pages_are_asked_ahead() -> None:
    """While one page is worked on, up to four behind it are on their way; where the manifest says 0, none is."""

    def asked_when_page_two_came(**page: Any) -> int:
        portal = pages(*NUMBERED, total=23)
        reading = read(rest("number", page=page, **TOTAL), context(portal, lines=True), WINDOW)
        next(reading), next(reading)
        _settled(portal, 2 if page else 6)
        found = len(portal.asked)
        reading.close()  # type: ignore[attr-defined]
        return found

    assert asked_when_page_two_came(ahead=0) == 2
    assert asked_when_page_two_came() == 6


def _settled(portal: Portal, wanted: int) -> None:
    """Wait until so many requests have come in; they are all under way by now."""
    with portal.heard:
        portal.heard.wait_for(lambda: len(portal.asked) >= wanted, timeout=10)


def test_offset_pages_that_shrink_lose_nothing() -> None:
    """Pages asked ahead by offset are thrown away where the one before was shorter than believed."""
    sizes = {0: 5, 5: 5, 10: 2}
    portal = Portal(lambda asked: body(ROWS[int(asked.at or 0) :][: sizes.get(int(asked.at or 0), 5)], 23))
    refs, outcome = run(rest("offset", **TOTAL), portal, lines=True)
    assert refs == [str(row) for row in ROWS]
    assert outcome.closed


# the end -------------------------------------------------------------------------------------------------------------


def elsewhere(link: str) -> Portal:
    """A page whose next one is somewhere else."""
    return Portal(lambda _: body([1], Link=f"<{link}>; rel=next"))


FULL = {"size": 5, "size_param": "limit"}
ENDS: dict[str, tuple[Rest, Portal, tuple[bool, str | None]]] = {
    # the manifest, the portal -> closed, code
    "404 behind a short page": (
        rest("number", page=FULL),
        pages([1, 2, 3, 4, 5], [6], faults={3: Told(status=404), 4: Told(status=404)}),
        (True, None),
    ),
    "404 behind a full page": (
        rest("number", page=FULL),
        pages([1, 2, 3, 4, 5], faults={2: Told(status=404), 3: Told(status=404)}),
        (False, "http_404"),
    ),
    "404 behind a short page, and another one": (
        rest("number", page=FULL),
        pages([1, 2, 3, 4, 5], [6], [], [7], faults={3: Told(status=404)}),
        (False, "http_404"),
    ),
    "404 before the total is reached": (
        rest("number", **TOTAL),
        pages([1, 2], total=4, faults={2: Told(status=404)}),
        (False, "http_404"),
    ),
    "an empty page between full ones": (rest("number"), pages([1, 2], [], [3]), (False, "empty_page")),
    "an empty page before the total is reached": (
        rest("number", **TOTAL),
        pages([1, 2], [], [3], total=3),
        (False, "short_of_total"),
    ),
    "500 behind the last page": (
        rest("number", **TOTAL),
        pages([1, 2], total=2, faults={2: Told(status=500)}),
        (False, "http_500"),
    ),
    "403 behind the last page": (
        rest("number", **TOTAL),
        pages([1, 2], total=2, faults={2: Told(status=403)}),
        (False, "http_403"),
    ),
    "no list behind the last page": (
        rest("number", **TOTAL),
        pages([1, 2], total=2, faults={2: Told(body=b'{"data": null, "total": 2}')}),
        (True, None),
    ),
    "no list where rows are missing": (
        rest("number", **TOTAL),
        pages([1, 2], total=3, faults={2: Told(body=b'{"data": null, "total": 3}')}),
        (False, "not_a_list"),
    ),
    "no total on a page with rows": (
        rest("number", **TOTAL),
        pages([1, 2], [3], total=3, faults={2: body([3])}),
        (False, "no_total"),
    ),
    "no total on the first page": (rest("number", **TOTAL), pages(), (False, "no_total")),
    "a portal that ignores the page": (rest("number"), Portal(lambda _: body([1, 2])), (False, "page_ignored")),
    "a portal that ignores the offset": (rest("offset"), Portal(lambda _: body([1, 2])), (False, "page_ignored")),
    "a token that is no text": (rest("cursor", **NEXT), Portal(lambda _: body([1], next={"a": 1})), (False, "bad_next")),
    "a token that is too long": (rest("cursor", **NEXT), Portal(lambda _: body([1], next="x" * 9000)), (False, "bad_next")),
    "a token that leads back": (rest("cursor", **NEXT), Portal(lambda _: body([1], next="a")), (False, "loop")),
    "a last page that names an empty one": (
        rest("cursor", **NEXT, **TOTAL),
        Portal(lambda asked: body([], 1, next="b") if asked.at else body([1], 1, next="a")),
        (True, None),
    ),
    "a link that is no text": (
        rest("link", page={"next": "next"}),
        Portal(lambda _: body([1], next=7)),
        (False, "bad_next"),
    ),
    "a link to another host": (rest("link"), elsewhere("https://lain.example/api"), (False, "other_host")),
    "a link to another port": (rest("link"), elsewhere("https://portal.example:444/api"), (False, "other_host")),
    "a link without encryption": (rest("link"), elsewhere("http://portal.example/api"), (False, "other_host")),
    "a link that is no address": (rest("link"), elsewhere("//["), (False, "other_host")),
    "no JSON": (rest("none"), Portal(lambda _: Told(body=b"<html>")), (False, "not_json")),
    "304 that nobody asked for": (rest("number"), Portal(lambda _: Told(status=304)), (False, "not_json")),
}  # fmt: skip


@pytest.mark.parametrize("lines", [False, True], ids=["one by one", "ahead"])
@pytest.mark.parametrize(("channel", "portal", "expected"), ENDS.values(), ids=ENDS.keys())
def test_end_is_believed_only_where_nothing_can_be_missing(
    channel: Rest, portal: Portal, expected: tuple[bool, str | None], lines: bool
) -> None:
    """Whatever stands behind the last page, or in the middle: an end is one only where no row can be behind it."""
    _, outcome = run(channel, portal, lines=lines)
    assert (outcome.closed, outcome.code) == expected


@pytest.mark.parametrize("status", [400, 404, 410, 416, 422])
def test_every_refusal_of_a_page_behind_the_last_is_an_end(status: int) -> None:
    """Portals that refuse a page behind their last one, each in its own way, can be closed by their total."""
    behind = {number: Told(status=status) for number in range(2, 9)}
    assert run(rest("number", **TOTAL), pages([1, 2], total=2, faults=behind))[1].closed


def test_first_page_that_is_refused_is_no_empty_listing() -> None:
    """An address that does not exist is not a portal without complaints."""
    for status in (400, 404, 410, 416, 422):
        _, outcome = run(rest("number", page=FULL), pages(faults={1: Told(status=status), 2: Told(status=status)}))
        assert (outcome.closed, outcome.code) == (False, f"http_{status}")


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_forgotten_token_costs_a_new_start(status: int) -> None:
    """A portal that forgets where we were is read from its beginning, once; then it is owed, and begun anew."""
    gone = [True]

    def answer(asked: Asked) -> Told:
        return Told(status=status) if asked.at == "10" and gone and gone.pop() else tokens(asked, 23)

    refs, outcome = run(rest("cursor", **NEXT, **TOTAL), Portal(answer))
    assert (outcome.closed, len(set(refs)), outcome.passes) == (True, 23, 3)
    always = Portal(lambda asked: Told(status=status) if asked.at == "10" else tokens(asked, 23))
    _, outcome = run(rest("cursor", **NEXT, **TOTAL), always)
    assert (outcome.closed, outcome.code, outcome.anew) == (False, "cursor_expired", True)


# one page that cannot be read ------------------------------------------------------------------------------------------


SPOILT = [Told(status=500), Told(body=b"{"), Told(body=b'{"data": 7, "total": 23}'), Told(body=b"\xff")]


@pytest.mark.parametrize("lines", [False, True], ids=["one by one", "ahead"])
@pytest.mark.parametrize("fault", SPOILT)
def test_one_bad_page_holds_up_none_behind_it(fault: Told, lines: bool) -> None:
    """A page that one record spoils is owed by its number; the pages behind it come all the same."""
    portal = pages(*NUMBERED, total=23, faults={3: fault})
    refs, outcome = run(rest("number", **TOTAL), portal, lines=lines)
    assert refs == [str(row) for row in ROWS if not 11 <= row <= 15]
    assert not outcome.closed and outcome.owed and outcome.owed.startswith("page 3: ")


@pytest.mark.parametrize("behind", [body([], 23), Told(status=404), Told(status=400), Told(status=500)])
def test_bad_page_is_what_is_told(behind: Told) -> None:
    """However the portal answers behind its last page: what is told is the page that cannot be read."""
    portal = pages(*NUMBERED, total=23, faults={3: Told(status=500), **dict.fromkeys(range(6, 12), behind)})
    refs, outcome = run(rest("number", **TOTAL), portal)
    assert (len(refs), outcome.owed, outcome.code) == (18, "page 3: HTTP 500", "http_500")
    assert isinstance(outcome.error, Unavailable)


@pytest.mark.parametrize("status", [503, 429, 403, 404])
def test_faults_of_the_whole_portal_end_the_walk(status: int) -> None:
    """A portal that is down, or that refuses the key, is not asked for page after page."""
    portal = pages(*NUMBERED, total=23, faults={number: Told(status=status) for number in range(3, 9)})
    refs, outcome = run(rest("number", **TOTAL), portal)
    assert (len(refs), outcome.owed) == (10, f"page 3: HTTP {status}")
    assert max(portal.pages) == 3


# what has not changed --------------------------------------------------------------------------------------------------


def tagged(listed: Callable[[], Sequence[Sequence[int]]], tag: Callable[[int], str]) -> Portal:
    """Numbered pages with an ETag each, and 304 for who has it."""

    def answer(asked: Asked) -> Told:
        number, have = int(asked.at or 1), asked.headers.get("If-None-Match")
        rows = listed()
        page = list(rows[number - 1]) if number <= len(rows) else []
        return Told(status=304) if have == tag(number) else body(page, ETag=tag(number))

    return Portal(answer)


def test_second_pass_asks_only_whether_a_page_changed() -> None:
    """A portal with ETags sends each page once; the second pass costs it nothing and proves the same."""
    portal = tagged(lambda: NUMBERED, lambda number: f'"{number}"')
    refs, outcome = run(rest("number"), portal)
    assert (refs, outcome.closed, outcome.passes) == ([str(row) for row in ROWS], True, 2)
    conditional = [asked.headers.get("If-None-Match") for asked in portal.asked]
    assert conditional == [None] * 7 + [f'"{number}"' for number in range(1, 7)] + [None]


def test_tag_that_stands_on_several_pages_says_nothing() -> None:
    """A portal that gives every page the same ETag is asked for the pages themselves."""
    portal = tagged(lambda: NUMBERED, lambda _: '"satu"')
    refs, outcome = run(rest("number"), portal)
    assert (refs, outcome.closed) == ([str(row) for row in ROWS], True)
    assert not any(asked.headers.get("If-None-Match") for asked in portal.asked)


def test_list_that_shrinks_behind_its_tags_is_read_to_its_end() -> None:
    """Where the last page has gone empty meanwhile, "not changed" for the one behind it is an empty page as well."""
    now: list[Sequence[Sequence[int]]] = [NUMBERED]
    portal = tagged(
        lambda: now[0], lambda number: f'"{number}-{len(now[0][number - 1]) if number <= len(now[0]) else 0}"'
    )
    reading = iter(read(rest("number"), context(portal), WINDOW))
    for _ in range(6):
        next(reading)
    now[0] = NUMBERED[:4]
    *_, outcome = reading
    assert isinstance(outcome, Outcome)
    assert (outcome.closed, outcome.items) == (True, 20)


def test_whole_listing_is_asked_whether_it_changed() -> None:
    """A listing in one answer that has not changed since the last reading is believed for a day, then read again."""
    portal = Portal(lambda asked: Told(status=304) if "If-None-Match" in asked.headers else body(ROWS, ETag='"a"'))
    channel = rest("none")
    _, first = run(channel, portal)

    def later(hours: int, **window: Any) -> Outcome:
        after = {"after": first.mark, "past": first.mark, **window}
        return run(channel, portal, Window(since=NOW, until=NOW + timedelta(hours=hours), **after))[1]

    assert later(1).proof == "the portal says that nothing has changed (304): 1 pages, 0 items"
    assert later(1).mark == first.mark
    assert later(25).items == 23
    assert later(1, after={}).items == 23, "a sweep believes nobody"


@pytest.mark.parametrize(
    ("modified", "asked_again"),
    [
        ("Mon, 30 Nov 2026 10:00:00 GMT", "Mon, 30 Nov 2026 10:00:00 GMT"),
        ("Tue, 01 Dec 2026 09:59:30 GMT", None),  # within a minute of the answer it tells no two versions apart
        ("kemarin", None),
        ("Mon, 30 Nov 2026 10:00:00 GMT\r\nX: y", None),
    ],
)
def test_date_of_a_listing_serves_where_there_is_no_tag(modified: str, asked_again: str | None) -> None:
    """Without an ETag a whole listing is asked for only if it changed since its own date, where that is old enough."""
    dated = {"Last-Modified": modified, "Date": "Tue, 01 Dec 2026 10:00:00 GMT"}
    portal = Portal(lambda _: replace(body(ROWS), headers=dated))
    _, first = run(rest("none"), portal)
    run(rest("none"), portal, Window(since=NOW, until=NOW, after=first.mark, past=first.mark))
    assert portal.asked[-1].headers.get("If-Modified-Since") == asked_again


def test_tag_that_holds_a_reference_to_a_secret_is_never_sent_back() -> None:
    """What a portal writes into its ETag is no place for references to secrets, nor for odd bytes."""
    for tag in ('"${secret:KUNCI}"', "tanpa kutip", '"a\r\nX: y"', '"' + "x" * 300 + '"'):
        portal = Portal(lambda asked, tag=tag: body(ROWS[:5] if asked.at in (None, "1") else [], ETag=tag))  # type: ignore[misc]
        assert run(rest("number"), portal)[1].closed
        assert not any(asked.headers for asked in portal.asked)


def test_listing_that_lost_most_of_itself_is_doubted() -> None:
    """A whole listing without a total that holds less than half of what it held is owed until somebody says so."""
    channel = rest("none")
    _, first = run(channel, Portal(lambda _: body(ROWS)))
    window = Window(since=None, until=NOW, past=first.mark)
    assert run(channel, Portal(lambda _: body(ROWS[:11])), window)[1].code == "shrunk"
    assert run(channel, Portal(lambda _: body(ROWS[:12])), window)[1].closed
    assert run(rest("number"), pages(ROWS[:5]), window)[1].code == "shrunk"
