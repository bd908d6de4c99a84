"""The kind `rest` against portals that misbehave."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Context, Item, Reply, Window
from connectors.errors import Misconfigured, Refused, Unavailable
from connectors.http import HttpClient
from connectors.kinds.rest import Rest
from connectors.net import dialler
from connectors.reading import Outcome, next_window, read
from tests.channels.fakes.portal import Portal
from tests.channels.fakes.web import Answer, Asked, Web, json_page, serve

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CANARY = "kunci-rahasia-77"


def context() -> Context:
    """A context for loopback whose one secret is the canary."""
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def secret(text: str, _: str) -> str:
        return text.replace("${secret:KEY}", CANARY)

    http = HttpClient(dial, secret, lambda: NOW, lambda _: None)
    return Context(http=http, dial=dial, secret=secret, clock=lambda: NOW)


def rest(web: Web, **more: Any) -> Rest:
    """A listing by page number, as most portals have it."""
    options: dict[str, Any] = {
        "items": "data",
        "ref": "id",
        "total": "total",
        "page": {"style": "number", "param": "page", "size_param": "limit", "size": 100},
        "changed": {"path": "updated_at", "format": "iso"},
        "since": {"param": "since", "format": "iso"},
    }
    return Rest(url=web.url + "/api", **options | more)


def run(channel: Rest, window: Window | None = None) -> tuple[list[Item], Outcome]:
    """All items that a reading yields, and its outcome."""
    items: list[Item] = []
    for step in read(channel, context(), window or Window(since=None, until=NOW)):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def stamp(minutes: int) -> str:
    return (NOW - timedelta(days=2) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def portal() -> Portal:
    """35 rows on four pages."""
    made = Portal()
    for number in range(1, 36):
        made.put(number, stamp(number))
    return made


@pytest.fixture
def web(portal: Portal) -> Iterator[Web]:
    with serve(portal.answer) as running:
        yield running


def test_short_pages_are_no_end(portal: Portal, web: Web) -> None:
    """A portal that caps pages below what was asked loses nothing: only an empty page ends the listing."""
    items, outcome = run(rest(web))
    assert [item.ref for item in items] == [str(n) for n in range(1, 36)]
    assert (outcome.closed, outcome.pages, outcome.total) == (True, 5, 35)


def test_page_three_fails_and_the_others_come(portal: Portal, web: Web) -> None:
    """A page that always fails is named and holds up no other one; the next run heals once it works."""
    portal.faults = {3: json_page(b"{}", 500)}
    items, outcome = run(rest(web))
    assert [int(item.ref or 0) for item in items] == [*range(1, 21), *range(31, 36)]
    assert (outcome.closed, outcome.owed) == (False, "page 3: HTTP 500")
    portal.faults = {}
    assert len(run(rest(web))[0]) == 35


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sedang pemeliharaan</html>",
        b'{"data":{},"total":1}',
        b'{"total":1}',
        b'{"data":null,"total":1}',
        b"[]",
        b'{"data":[{"id":1}]}',
        b'{"data":[{"id":1}],"total":"banyak"}',
        b'{"data":[],"data":[],"total":0}',
        b"{}",
    ],
)
def test_page_of_another_shape_is_never_empty(portal: Portal, web: Web, body: bytes) -> None:
    """A maintenance page or another shape with status 200 is a fault of the portal, not the end of its list."""
    for number in (1, 2):
        portal.faults = {number: json_page(body)}
        items, outcome = run(rest(web))
        assert (len(items), outcome.closed) == (0 if number == 1 else 25, False)
        assert isinstance(outcome.error, Unavailable)


def test_rows_that_move_while_paging_are_found(portal: Portal, web: Web) -> None:
    """Rows that officers touch or delete while pages are read are neither lost nor kept at the old version."""

    def touch() -> None:
        for number in range(2, 12):
            portal.put(number, stamp(100 + number), versi=2)
        del portal.rows[15]

    portal.before[3] = touch
    items, outcome = run(rest(web))
    newest = {item.ref: json.loads(item.raw).get("versi", 1) for item in items}
    assert outcome.closed
    assert all(newest[str(number)] == (2 if 2 <= number < 12 else 1) for number in portal.rows)


def test_bad_stamps_keep_their_items_and_move_nothing(portal: Portal, web: Web) -> None:
    """`kemarin`, null and 2099 as a stamp cost no other row; the next window still finds what is new."""
    for number, wrong in ((7, "kemarin"), (8, None), (9, "2099-01-01T00:00:00Z")):
        portal.put(number, wrong)
    items, outcome = run(rest(web))
    assert len(items) == 35
    assert [item.stamp for item in items if item.ref in ("7", "8")] == [None, None]
    portal.put(36, stamp(36))
    later = next_window(
        now=NOW, look_back=timedelta(days=1), closed_until=NOW, owed_since=(), sweep_due=False, after=outcome.mark
    )
    assert "36" in [item.ref for item in run(rest(web), later)[0]]


def test_slow_clock_of_a_portal_hides_nothing(web: Web, portal: Portal) -> None:
    """A portal whose clock is two months behind ours is asked by its own stamps; one mistyped date does not mislead."""
    portal.rows.clear()
    for number in range(1, 36):
        portal.put(number, (NOW - timedelta(days=60) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    portal.put(5, (NOW - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    mark = run(rest(web))[1].mark
    portal.put(99, (NOW - timedelta(days=60) + timedelta(minutes=99)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    items, outcome = run(rest(web), Window(since=NOW - timedelta(days=1), until=NOW, after=mark))
    assert outcome.closed
    assert "99" in [item.ref for item in items]


def test_offset_and_whole_listings() -> None:
    """Offset paging goes on by what was received; a bare array in one answer needs one request."""
    rows = [{"id": f"A-{n}"} for n in range(25)]

    def by_offset(asked: Asked) -> Answer:
        start = int(asked.query["mulai"])
        return json_page(json.dumps(rows[start : start + 7]).encode())

    with serve(by_offset) as web:
        channel = Rest(url=web.url, ref="id", page={"style": "offset", "param": "mulai"})
        items, outcome = run(channel)
        assert ([item.ref for item in items], outcome.closed) == ([f'"A-{n}"' for n in range(25)], True)
    with serve(lambda _: json_page(json.dumps(rows).encode())) as web:
        items, outcome = run(Rest(url=web.url, ref="id"))
        assert (len(items), outcome.passes, outcome.closed, len(web.asked)) == (25, 1, True, 1)


def test_not_found_behind_the_last_page_is_an_end_when_all_is_there(portal: Portal, web: Web) -> None:
    """Portals that answer 404 behind their last page can be closed by their own total; a 404 in the middle cannot."""
    portal.faults = {5: json_page(b"{}", 404)}
    assert run(rest(web))[1].closed
    portal.faults = {4: json_page(b"{}", 404)}
    assert run(rest(web))[1].owed == "page 4: HTTP 404"


def test_items_are_kept_as_they_came() -> None:
    """Refs keep their JSON type, raw bytes are the portal's own, and odd elements are kept with their trouble."""
    big = b"9" * 5000
    parts = [
        b'{"id":"7", "t":"\\ud800\\u0000"}',
        b'{"id": 7,"n":1.10}',
        b'{"id":1.0}',
        b'{"x":1}',
        b"3",
        b'{"id":' + big + b"}",
    ]
    with serve(lambda _: json_page(b'{"a":{"rows": [' + b" , ".join(parts) + b"]}}")) as web:
        items, outcome = run(Rest(url=web.url, ref="id", items="a.rows"))
        assert [item.raw for item in items] == parts
    assert [item.ref for item in items] == ['"7"', "7", None, None, None, big.decode()]
    assert [item.trouble for item in items] == [None, None, "bad_ref", "bad_ref", "not_an_object", "number_too_long"]
    assert outcome.closed


def test_paths_beyond_plain_names_keep_the_bytes_too() -> None:
    """A filtering path to the list still gives each item exactly as the portal wrote it."""
    body = b'{"data":[{ "id":1.0, "k":1 },{"id" : "b","k":2,"x":{"y":[1.50]}}]}'
    with serve(lambda _: json_page(body)) as web:
        items, _ = run(Rest(url=web.url, ref="id", items="data[?k > `1`]"))
    assert [(item.ref, item.raw) for item in items] == [('"b"', b'{"id" : "b","k":2,"x":{"y":[1.50]}}')]


@pytest.mark.parametrize(
    ("spec", "sent"),
    [
        ({"format": "unix"}, str(int(NOW.timestamp()))),
        ({"format": "%d-%m-%Y %H:%M", "zone": "Asia/Jakarta"}, "01-12-2026 07:00"),
        ({"zone": "Asia/Makassar"}, "2026-12-01T08:00:00+08:00"),
        ({}, "2026-12-01T00:00:00Z"),
    ],
)
def test_since_is_written_as_the_portal_reads_it(web: Web, spec: dict[str, str], sent: str) -> None:
    """The window goes out as ISO, Unix seconds or a pattern, in the portal's zone."""
    run(rest(web, changed=None, since={"param": "sejak", **spec}), Window(since=NOW, until=NOW))
    assert web.asked[0].query["sejak"] == sent
    assert web.asked[0].query["limit"] == "100"


def test_unknown_paging_says_what_there_is(web: Web) -> None:
    """A manifest with a style of paging that nobody knows is told which ones there are, before anything is read."""
    with pytest.raises(Misconfigured, match="cursor, link"):
        rest(web, page={"style": "tebak"})
    assert not web.asked


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_names_its_owner(status: int) -> None:
    """A rejected key is the owner's to mend, and no message shows it."""
    with serve(lambda _: json_page(b"{}", status)) as web:
        channel = rest(web, headers={"Authorization": "Bearer ${secret:KEY}"}, params={"kunci": "${secret:KEY}"})
        _, outcome = run(channel)
        assert web.asked[0].headers["Authorization"] == f"Bearer {CANARY}"
        assert web.asked[0].query["kunci"] == CANARY
    assert isinstance(outcome.error, Refused)
    assert CANARY not in f"{outcome.error} {outcome.owed} {outcome.error.hint}"


def test_cut_link_is_unavailable() -> None:
    """A connection that breaks is tried again later."""
    with serve(lambda _: (0, {}, b"")) as web:
        assert isinstance(run(rest(web))[1].error, Unavailable)


def test_pass_goes_on_from_a_page(portal: Portal, web: Web) -> None:
    """Reading goes on from the position that a page gave, with the same refs as in one go."""
    channel, window = rest(web), Window(since=None, until=NOW)
    pages = list(channel.pages(context(), window))
    for number, page in enumerate(pages[:-1]):
        rest_of = list(channel.pages(context(), window, page.next))
        assert [i.ref for p in rest_of for i in p.items] == [i.ref for p in pages[number + 1 :] for i in p.items]


def _reply(**more: Any) -> Reply:
    given: dict[str, Any] = {
        "ref": "A/7 ?",
        "text": "Sudah {status} ${secret:KEY}",
        "status": "selesai",
        "message_id": "m",
        "payload": {},
    }
    return Reply(**given | more)


def test_answers_fill_the_manifests_form() -> None:
    """An answer goes to the item's own address, its text exactly as written, whatever it contains."""
    form = {
        "method": "PUT",
        "url": "/aduan/{ref}/status",
        "body": {"id": "{ref}", "s": "{status}", "c": ["Jawaban: {text}"]},
    }
    with serve(lambda _: json_page(b"{}")) as web:
        channel = rest(web, headers={"X-Key": "${secret:KEY}"}, reply_by={**form, "url": web.url + str(form["url"])})
        channel.reply(context(), _reply())
        channel.reply(context(), _reply(ref=7))
        first, second = web.asked
    assert (first.method, first.path, first.headers["X-Key"]) == ("PUT", "/aduan/A%2F7%20%3F/status", CANARY)
    assert json.loads(first.body) == {"id": "A/7 ?", "s": "selesai", "c": ["Jawaban: Sudah {status} ${secret:KEY}"]}
    assert json.loads(second.body)["id"] == 7
    assert not channel.repeatable


def test_answer_without_a_door_is_the_manifests_mistake(web: Web) -> None:
    """A manifest without `reply` says so."""
    with pytest.raises(Misconfigured, match="reply"):
        rest(web).reply(context(), _reply())


@pytest.mark.parametrize("make", [lambda: {"items": "a" * 2000}, lambda: {"ref": "["}, lambda: {"total": "((("}])
def test_paths_beyond_the_limits_are_the_manifests_mistake(web: Web, make: Callable[[], dict[str, Any]]) -> None:
    """A path that is too long or broken is reported, not searched."""
    assert isinstance(run(rest(web, **make()))[1].error, Misconfigured)


ROWS: list[dict[str, Any]] = [{"id": n, "updated_at": stamp(n)} for n in range(1, 26)]
DAY = Window(since=NOW - timedelta(days=1), until=NOW)


def _listed(rows: list[dict[str, Any]], asked: Asked, total: object) -> Answer:
    page = int(asked.query.get("page", "1"))
    return json_page(json.dumps({"data": rows[(page - 1) * 10 : page * 10], "total": total}).encode())


def test_total_that_does_not_heed_since_is_found_out() -> None:
    """A portal whose total counts everything, whatever is asked for, is proved by two passes and not owed for ever."""

    def answer(asked: Asked) -> Answer:
        rows = [row for row in ROWS if row["updated_at"] >= asked.query.get("since", "")]
        return _listed(rows, asked, 500)

    with serve(answer) as web:
        newest = {"newest": [stamp(25)], "held": 500}
        channel = rest(web, look_back="30s")
        window = replace(DAY, since=NOW, after=newest, past=newest)
        items, outcome = run(channel, window)
        assert (outcome.closed, outcome.total, len(items)) == (True, None, 1)
        assert outcome.mark["uncounted"]
        before = len(web.asked)
        assert run(channel, replace(window, after=outcome.mark, past=outcome.mark))[1].closed
        assert len(web.asked) - before < before  # it is not tried out again
        assert not run(channel, Window(since=None, until=NOW, past=outcome.mark))[1].closed  # all of it is counted


def test_empty_list_where_something_was_listed_is_no_news() -> None:
    """An empty list with status 200 closes nothing while what the portal showed before must be in it."""
    with serve(lambda asked: _listed([], asked, 0)) as web:
        assert run(rest(web))[1].closed  # nothing was ever listed
        for past in ({"newest": [stamp(25)]}, {"newest": [stamp(25)], "held": 3}):
            outcome = run(rest(web), replace(DAY, after=past, past=past))[1]
            assert (outcome.closed, outcome.code, outcome.anew) == (False, "shrunk", True)
        assert run(rest(web), Window(since=None, until=NOW, past={"held": 3}))[1].code == "shrunk"


def test_total_may_be_written_as_a_decimal() -> None:
    """`25.0` counts as 25: a harmless portal is not owed for ever."""
    with serve(lambda asked: _listed(ROWS, asked, 25.0)) as web:
        assert (run(rest(web))[1].closed, run(rest(web))[1].total) == (True, 25)


def test_offset_never_steps_over_rows_that_a_longer_page_pushed_back() -> None:
    """A portal that pins three rows on top of its first page, besides the ten that were asked for, loses none."""
    rows = [{"id": n} for n in range(30)]

    def answer(asked: Asked) -> Answer:
        at = int(asked.query["mulai"])
        pinned = [{"id": f"P{n}"} for n in range(3)] if at == 0 else []
        return json_page(json.dumps(pinned + rows[at : at + 10]).encode())

    with serve(answer) as web:
        channel = Rest(url=web.url, ref="id", page={"style": "offset", "param": "mulai", "size_param": "n", "size": 10})
        items, outcome = run(channel)
        assert (len({item.ref for item in items}), outcome.closed) == (33, True)
