"""The kind `open311`: every request of a city once, whatever its server hides, and answers as updates."""

from __future__ import annotations

import ipaddress
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import build, georeport
from connectors.base import Context, Item, Reply, Window
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import HttpClient
from connectors.kinds.open311 import Open311
from connectors.manifest import load
from connectors.net import dialler
from connectors.reading import Outcome, read
from hub.said import reader
from sandbox.open311 import City
from tests.channels.fakes import open311
from tests.channels.fakes.web import json_page, serve

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CANARY = "kunci-georeport-rahasia"
FIRST = "2026-05-01"


def context() -> Context:
    """What the hub gives a kind."""
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def secret(text: str, _: str) -> str:
        return text.replace("${secret:KEY}", CANARY)

    return Context(
        http=HttpClient(dial, secret, lambda: NOW, lambda _: None), dial=dial, secret=secret, clock=lambda: NOW
    )


def pulled(city: City, since: datetime | None = None, **more: Any) -> tuple[list[Item], Outcome]:
    """One reading to its outcome."""
    with open311.georeport(city) as web:
        return asked(Open311(**{"url": f"{web.url}/api/v2", "from_": FIRST, **more}), since)


def asked(channel: Open311, since: datetime | None = None) -> tuple[list[Item], Outcome]:
    """The same for a channel."""
    items: list[Item] = []
    for step in read(channel, context(), Window(since=since, until=NOW)):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def city(count: int, hours: int = 7, **more: Any) -> City:
    """A city of so many requests, the newest at the end of November."""
    made = City(**more)
    for number in range(count):
        made.report(number, (NOW - timedelta(hours=1 + hours * (count - number))).isoformat())
    return made


def refs(items: list[Item]) -> set[str | None]:
    """Their refs."""
    return {item.ref for item in items}


def all_of(count: int) -> set[str]:
    """The refs of a city."""
    return {f'"{number}"' for number in range(count)}


@pytest.mark.parametrize("media", ["json", "xml"])
@pytest.mark.parametrize("numeric", [False, True])
def test_every_request_once_in_both_forms(media: str, numeric: bool) -> None:
    """All requests of half a year come, id 0 too; an id is the same as number, as text, in JSON and in XML."""
    items, outcome = pulled(city(60, hours=72, numeric=numeric), format=media)
    assert (refs(items), outcome.closed, outcome.code) == (all_of(60), True, None)
    zero = next(item for item in items if item.ref == '"0"')
    assert zero.payload["description"] == "Lubang 0"
    assert zero.stamp == datetime.fromisoformat(zero.payload["requested_datetime"])
    assert json.loads(zero.raw) == zero.payload


@pytest.mark.parametrize("oldest_first", [False, True])
@pytest.mark.parametrize("cap", [10, 33, 50])
def test_a_server_that_shows_only_some_hides_none(cap: int, oldest_first: bool) -> None:
    """A server that silently shows so many of a window, the newest or the oldest, is asked for halves until it shows all."""
    items, outcome = pulled(city(150, cap=cap, oldest_first=oldest_first))
    assert (refs(items), outcome.closed) == (all_of(150), True)


def test_more_in_one_second_than_is_shown_is_said() -> None:
    """What no window can part is owed, and never taken for all there is."""
    crowded = City(cap=10)
    for number in range(12):
        crowded.report(number, "2026-11-03T08:00:00Z")
    outcome = pulled(crowded, most=10)[1]
    assert (outcome.closed, outcome.code) == (False, "window_full")


@pytest.mark.parametrize("count", [7, 13, 49])
def test_many_in_one_second_on_a_border(count: int) -> None:
    """An import that stamps all its requests alike is read, also where that second is the border of two windows."""
    crowded, border = City(), NOW + timedelta(days=1)
    for number in range(count):
        crowded.report(number, (border - timedelta(days=45)).isoformat())
    items, outcome = pulled(crowded, from_=f"{border - timedelta(days=89):%Y-%m-%d}")
    assert (refs(items), outcome.closed) == (all_of(count), True)


PAGE = {"param": "page", "size_param": "page_size", "size": 20}


@pytest.mark.parametrize("missing_is_404", [False, True])
def test_pages_where_they_are_offered(missing_is_404: bool) -> None:
    """Page by page to the empty one, also where that is an error document with 404."""
    items, outcome = pulled(city(90, paged=True, missing_is_404=missing_is_404), page=PAGE)
    assert (refs(items), outcome.closed) == (all_of(90), True)


def test_a_server_that_heeds_no_window_is_said() -> None:
    """Whoever answers the same for every window cannot show that this is all."""
    rows = [{"service_request_id": n, "requested_datetime": "2026-11-25T08:00:00Z"} for n in range(9)]
    with serve(lambda _: json_page(json.dumps(rows).encode())) as web:
        outcome = asked(Open311(url=web.url, from_="2026-11-20"))[1]
    assert (type(outcome.error), outcome.code) == (Misconfigured, "window_ignored")


def test_a_page_parameter_that_nobody_knows_is_said() -> None:
    """A server that gives its first page for ever is no listing without end: the manifest is told."""
    outcome = pulled(city(30, cap=20), page=PAGE)[1]
    assert (type(outcome.error), outcome.code) == (Misconfigured, "page_ignored")


def test_nothing_reported_yet() -> None:
    """A city without requests is read to its end, by an empty list or by an error document."""
    for missing_is_404 in (False, True):
        items, outcome = pulled(City(missing_is_404=missing_is_404))
        assert (items, outcome.closed) == ([], True)


def test_a_wrong_address_is_not_an_empty_city() -> None:
    """404 with a page of HTML is a wrong address."""
    with open311.georeport(city(3)) as web:
        outcome = asked(Open311(url=f"{web.url}/api/v1", from_=FIRST))[1]
    assert (outcome.closed, outcome.code) == (False, "http_404")


def test_what_was_said_comes_with_the_request() -> None:
    """Updates are the replies of a manifest; an old request comes again soon after something was said about it."""
    made = city(90, hours=40)
    made.say("u1", 0, "2026-11-30T20:00:00Z", "Sudah diperbaiki", "closed")
    made.say("u0", 0, "2026-11-02T20:00:00Z", "Dijadwalkan")
    made.services = [{"service_code": "014", "service_name": "Jalan", "group": "PU", "metadata": "true"}]
    items, outcome = pulled(made, updates=True, services=True)
    oldest = next(item for item in items if item.ref == '"0"')
    said = reader({"list": "updates", "ref": "update_id", "text": "description", "time": "updated_datetime"}, "UTC")
    assert [one.text for one in said(oldest.payload)] == ["Dijadwalkan", "Sudah diperbaiki"]
    assert oldest.payload["service"] == {"service_name": "Jalan", "group": "PU", "metadata": True}
    assert outcome.closed
    made.say("u2", 1, "2026-11-10T20:00:00Z", "Lama")
    items, outcome = pulled(made, since=NOW - timedelta(hours=2), updates=True, reread="3d")
    assert (refs(items), outcome.closed) == ({'"0"', '"89"'}, True)


def test_only_the_recent_is_read_again() -> None:
    """Between sweeps the last days are asked for and no more."""
    made = city(90, hours=40)
    whole = pulled(made)[1]
    before = made.asked
    items, outcome = pulled(made, since=NOW - timedelta(hours=2), reread="10d")
    assert (len(items), outcome.closed, whole.items) == (5, True, 90)
    assert made.asked - before < before / 2


def test_a_reading_goes_on_from_a_page() -> None:
    """The position of a page leads to the windows behind it, and together they are everything."""
    with open311.georeport(city(80, hours=40, cap=15)) as web:
        one, window = Open311(url=f"{web.url}/api/v2", from_=FIRST), Window(since=None, until=NOW)
        pages = list(one.pages(context(), window))
        for at in (0, len(pages) // 2):
            rest = list(one.pages(context(), window, json.loads(json.dumps(pages[at].next))))
            whole = [item.ref for page in [*pages[: at + 1], *rest] for item in page.items]
            assert set(whole) == all_of(80)


ROW = {"service_request_id": 0, "requested_datetime": "2026-11-03 08:00", "lat": "-7.1", "description": None}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ([ROW], ['"0"']),
        (ROW, ['"0"']),
        ({"service_requests": [ROW]}, ['"0"']),
        ({"service_requests": {"request": ROW}}, ['"0"']),
        ({"requests": [{"service_request_id": " 7 "}]}, ['"7"']),
        ([{"service_request_id": None, "token": "t"}, {"service_request_id": True}, "x", ROW], [None, None, None, '"0"']),
        ([], []),
        ({"service_requests": None}, []),
    ],
)  # fmt: skip
def test_lenient_in(body: Any, found: list[str | None]) -> None:
    """One alone, wrapped, with a number for an id or without one: each row is kept, what has no id with its trouble."""
    with serve(lambda _: json_page(json.dumps(body).encode())) as web:
        items, outcome = asked(Open311(url=web.url, from_="2026-11-20"))
    assert outcome.closed
    assert sorted(map(str, refs(items))) == sorted(set(map(str, found)))
    assert all(item.trouble == "bad_ref" for item in items if item.ref is None)


def test_one_broken_row_holds_up_no_other() -> None:
    """A row that names one key twice goes to quarantine, the rest is read."""
    body = b'[{"service_request_id": "1", "status": "a", "status": "b"}, {"service_request_id": "2"}]'
    with serve(lambda _: json_page(body)) as web:
        items, outcome = asked(Open311(url=web.url, from_="2026-11-20"))
    assert outcome.closed
    assert {item.ref: item.trouble for item in items} == {'"1"': "doubled_key", '"2"': None}


BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><service_requests><request>&c;</request></service_requests>'
)


@pytest.mark.parametrize(
    ("media", "body", "error"),
    [
        ("json", b"<html>maintenance</html>", Unavailable),
        ("json", b'"text"', Unavailable),
        ("json", b'{"message": "hello"}', Unavailable),
        ("json", b'[{"code": 403, "description": "api_key kunci-georeport-rahasia"}]', Refused),
        ("json", b'[{"code": 500, "description": "x"}]', Unavailable),
        ("json", b'[{"code": 400, "description": "x"}]', Misconfigured),
        ("xml", b"<service_requests><request></service_requests>", Unavailable),
        ("xml", BOMB, Unavailable),
        ("xml", b'<?xml version="1.0" encoding="utf-99"?><service_requests/>', Unavailable),
        ("xml", b"<a:service_requests/>", Unavailable),
        ("xml", b"", Unavailable),
        ("xml", b"<html><body>ok</body></html>", Unavailable),
        ("xml", b"<errors><error><code>403</code><description>x</description></error></errors>", Refused),
        ("xml", b"<a>" * 200_000, Unavailable),
    ],
)
def test_what_is_no_answer_closes_nothing(media: str, body: bytes, error: type[ChannelError]) -> None:
    """Error pages, errors with status 200, entities and malformed XML are told by who must act; no key shows."""
    with serve(lambda _: (200, {}, body)) as web:
        outcome = asked(Open311(url=web.url, from_="2026-11-20", format=media, key="${secret:KEY}"))[1]
    assert not outcome.closed
    assert isinstance(outcome.error, error)
    assert CANARY not in f"{outcome.error}{outcome.owed}"


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Refused), (403, Refused), (400, Misconfigured), (429, Unavailable), (503, Unavailable), (0, Unavailable)],
)
def test_no_error_shows_the_key(status: int, error: type[ChannelError]) -> None:
    """A refused key, a limit and a cut have their class; the key, which stands in the address, is never shown."""
    with serve(lambda _: json_page(CANARY.encode(), status)) as web:
        outcome = asked(Open311(url=web.url, from_="2026-11-20", key="${secret:KEY}"))[1]
    assert isinstance(outcome.error, error)
    assert CANARY not in f"{outcome.error}{outcome.owed}"


def test_a_break_in_the_middle_is_owed_and_goes_on() -> None:
    """What came before the break is kept; the next try begins behind it."""
    made, broken = city(60, hours=72), [4]

    def answer(one: Any) -> Any:
        broken[0] -= 1
        return (0, {}, b"") if broken[0] < 0 else made.answer(one.method, one.path, one.query, {})

    with serve(answer) as web:
        channel, window = Open311(url=f"{web.url}/api/v2", from_=FIRST), Window(since=None, until=NOW)
        steps = list(read(channel, context(), window))
        assert isinstance(steps[-1], Outcome)
        assert (steps[-1].closed, steps[-1].code) == (False, "cut")
        broken[0] = 10**6
        before = [one.page for one in steps if not isinstance(one, Outcome) and one.page]
        rest = list(read(channel, context(), window, before=before))
    assert isinstance(rest[-1], Outcome)
    assert rest[-1].closed
    assert {item.ref for one in [*steps, *rest] if not isinstance(one, Outcome) for item in one.items} == all_of(60)


@pytest.mark.parametrize("media", ["json", "xml"])
def test_an_answer_is_an_update(media: str) -> None:
    """Strict out: form fields of the specification, our own number, the key from the secret; the server's number comes back."""
    made = city(3, key=CANARY, jurisdiction="kota.example")
    reply = Reply(ref="0", text="Sudah & <baik>", status="CLOSED", message_id="<m@hub>", payload={})
    with open311.georeport(made) as web:
        channel = Open311(
            url=f"{web.url}/api/v2",
            from_=FIRST,
            format=media,
            jurisdiction="kota.example",
            reply_by={"key": "${secret:KEY}", "statuses": {"closed": "CLOSED"}},
        )
        assert channel.reply(context(), reply) == "u1"
        sent = web.asked[0]
        assert (sent.method, sent.path) == ("POST", f"/api/v2/servicerequestupdates.{media}")
        assert (b"update_id=" in sent.body, sent.headers["Content-Type"]) == (True, "application/x-www-form-urlencoded")
        assert sent.query == {}
        with pytest.raises(ChannelError):
            channel.reply(context(), Reply(ref="99", text="x", status="", message_id="<n@hub>", payload={}))
    assert made.updates[0] | {"update_id": ""} == {
        "update_id": "", "service_request_id": "0", "updated_datetime": "2026-12-01T00:00:00Z",
        "description": "Sudah & <baik>", "status": "CLOSED",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'[{"update_id": null}]', b'[{"code": 400, "description": "no"}]'])
def test_an_update_that_nobody_took_is_not_sent(body: bytes) -> None:
    """200 without a number is no word that it was taken."""
    with serve(lambda _: json_page(body)) as web, pytest.raises(ChannelError):
        Open311(url=web.url, from_=FIRST, reply_by={"key": "k"}).reply(
            context(), Reply(ref="1", text="x", status="", message_id="m", payload={})
        )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), ("0", "0"), (10**30, str(10**30)), (" a ", "a"), ("", None), (True, None), (1.5, None), (None, None)],
)
def test_ids_are_text(value: Any, text: str | None) -> None:
    """0 is an id; true, nothing and a fraction are none."""
    assert georeport.text(value) == text


def test_the_pages_manifest_is_one(tmp_path: Path) -> None:
    """The manifest of the kind's page can be copied: it loads, and its channel is built."""
    page = (Path(__file__).parents[2] / "docs" / "kinds" / "open311.md").read_text(encoding="utf-8")
    file = tmp_path / "kota.yaml"
    file.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    channel = build.channel(load(file))
    assert (channel.from_, channel.updates) == ("2024-01-01", True)
