"""The kind `x`: every mention once, and answers that show nothing."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Context, Item, Position, Reply, Window
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import HttpClient
from connectors.kinds.x import X
from connectors.net import dialler
from connectors.reading import Outcome, read
from tests.channels.fakes.web import Answer, Asked, json_page, serve

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CANARY = "kunci-x-rahasia"
FIRST = 1_980_000_000_000_000_000


def posts(*numbers: int) -> list[dict[str, Any]]:
    return [
        {
            "id": str(FIRST + n),
            "text": "Lampu #aduan",
            "author_id": str(n % 2),
            "created_at": "2026-11-20T01:02:03.000Z",
        }
        for n in numbers
    ]


def mentions(known: list[dict[str, Any]], size: int = 2) -> Callable[[Asked], Answer]:
    """The API: newest first, pages by token."""

    def answer(asked: Asked) -> Answer:
        since, start = int(asked.query.get("since_id", 0)), int(asked.query.get("pagination_token", "p0")[1:])
        newer = sorted((one for one in known if int(one["id"]) > since), key=lambda one: -int(one["id"]))
        some = newer[start : start + size]
        meta: dict[str, Any] = {"result_count": len(some)}
        if start + size < len(newer):
            meta["next_token"] = f"p{start + size}"
        users = [{"id": "0", "username": "warga0", "name": "Warga Nol"}]
        page = {"data": some, "includes": {"users": users}, "meta": meta} if some else {"meta": meta}
        return json_page(json.dumps(page).encode())

    return answer


def context() -> Context:
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def secret(text: str, _: str) -> str:
        return text.replace("${secret:X}", CANARY)

    return Context(
        http=HttpClient(dial, secret, lambda: NOW, lambda _: None), dial=dial, secret=secret, clock=lambda: NOW
    )


def run(url: str, after: Position | None = None) -> tuple[list[Item], Outcome]:
    items: list[Item] = []
    for step in read(
        X(url=url, token="${secret:X}", user_id="77"), context(), Window(since=None, until=NOW, after=after or {})
    ):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def test_every_mention_comes_once() -> None:
    """All mentions are read with their author; the next run asks only for newer ones."""
    known = posts(1, 2, 3, 4, 5)
    with serve(mentions(known)) as web:
        items, outcome = run(web.url)
        assert [item.ref for item in items] == [f'"{FIRST + n}"' for n in (5, 4, 3, 2, 1)]
        assert (outcome.closed, outcome.mark) == (True, {"since_id": str(FIRST + 5)})
        assert items[1].payload["author"]["username"] == "warga0"
        assert items[0].payload["author"] is None
        assert items[0].stamp == datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
        asked = web.asked[0]
        assert (asked.path, asked.headers["Authorization"]) == ("/2/users/77/mentions", f"Bearer {CANARY}")
        again, outcome = run(web.url + "/2", outcome.mark)
        assert (again, outcome.closed, outcome.mark) == ([], True, {"since_id": str(FIRST + 5)})
        known.extend(posts(6))
        assert [item.ref for item in run(web.url, outcome.mark)[0]] == [f'"{FIRST + 6}"']


def test_mark_moves_only_after_a_whole_pass() -> None:
    """Newest come first, so a break in the middle must not hide the older ones behind the mark."""
    api = mentions(posts(1, 2, 3, 4, 5))
    with serve(lambda a: json_page(b"{}", 500) if "pagination_token" in a.query else api(a)) as web:
        items, outcome = run(web.url, {"since_id": str(FIRST)})
        assert (len(items), outcome.closed, outcome.mark) == (2, False, {"since_id": str(FIRST)})
    with serve(api) as web:
        assert len(run(web.url, outcome.mark)[0]) == 5


def test_reading_goes_on_from_a_page() -> None:
    """The position of a page continues behind it and still ends in the newest mark."""
    with serve(mentions(posts(1, 2, 3, 4, 5))) as web:
        one, window = X(url=web.url, token="t", user_id="77"), Window(since=None, until=NOW)
        pages = list(one.pages(context(), window))
        rest = list(one.pages(context(), window, pages[0].next))
        assert [i.ref for p in rest for i in p.items] == [i.ref for p in pages[1:] for i in p.items]
        assert one.mark(rest, {}) == {"since_id": str(FIRST + 5)}


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ({"errors": [{"title": "Forbidden"}]}, Refused),
        ({"data": posts(1), "meta": {"result_count": 2}}, Unavailable),
        ({"meta": {"result_count": 1}}, Unavailable),
        ({"data": {}, "meta": {"result_count": 0}}, Unavailable),
        ({"data": posts(1)}, Unavailable),
        ([], Unavailable),
        ({"data": posts(1), "meta": {"result_count": 1, "next_token": "p0"}}, Unavailable),
    ],
)
def test_half_an_answer_closes_nothing(page: Any, error: type[ChannelError]) -> None:
    """Errors with status 200, a wrong count or a token that turns in a circle are not taken for the end."""
    with serve(lambda _: json_page(json.dumps(page).encode())) as web:
        outcome = run(web.url)[1]
    assert not outcome.closed
    assert isinstance(outcome.error, error)


def test_long_posts_are_whole() -> None:
    """A post of more than 280 characters comes with all its words; one that repeats another is listed, and `only` decides."""
    long, again = posts(2, 1)
    long |= {"text": "Lampu …", "note_tweet": {"text": "Lampu mati di sepanjang jalan"}}
    again |= {"text": "RT @sri: Lampu …", "referenced_tweets": [{"type": "retweeted", "id": long["id"]}]}
    body = json.dumps({"data": [long, again], "meta": {"result_count": 2}}).encode()
    found = X(url="http://127.0.0.1:9", token="t", user_id="1").sample(None, body)  # type: ignore[arg-type]
    assert [one.payload["text"] for one in found] == ["Lampu mati di sepanjang jalan", "RT @sri: Lampu …"]


def test_error_about_an_author_hides_no_post() -> None:
    """A suspended author stands among the errors beside the data; the post itself is kept."""
    page = {"data": posts(1), "errors": [{"title": "Not Found Error"}], "meta": {"result_count": 1}}
    with serve(lambda _: json_page(json.dumps(page).encode())) as web:
        items, outcome = run(web.url)
    assert (len(items), outcome.closed) == (1, True)


def test_odd_posts_are_kept() -> None:
    """A post without a usable id or of another type is kept with its trouble."""
    page = {"data": [{"id": 5}, {"id": "a"}, "x", {"id": "7", "created_at": "kemarin"}], "meta": {"result_count": 4}}
    with serve(lambda _: json_page(json.dumps(page).encode())) as web:
        items, outcome = run(web.url)
    assert [item.trouble for item in items] == ["bad_ref", "bad_ref", "not_an_object", None]
    assert (items[3].stamp, outcome.closed, outcome.mark) == (None, True, {"since_id": "7"})


@pytest.mark.parametrize(("status", "error"), [(401, Refused), (429, Unavailable), (0, Unavailable)])
def test_no_error_shows_the_token(status: int, error: type[ChannelError]) -> None:
    """A rejected token, a rate limit and a cut have their class; none of them shows the token."""
    with serve(lambda _: json_page(CANARY.encode(), status)) as web:
        outcome = run(web.url)[1]
    assert isinstance(outcome.error, error)
    assert CANARY not in f"{outcome.error}{outcome.owed}"


FORM = {"text": "Ada kabar, lihat {link}", "link": "https://kanal.example/{ref}"}


@pytest.mark.parametrize(
    ("form", "more", "expected"),
    [
        (FORM, {}, "Ada kabar, lihat https://kanal.example/1"),
        (FORM, {"number": 2}, "Ada kabar, lihat https://kanal.example/1 (01-12-2026 10.00 WIB)"),
        (
            {"text": "Per {date}: {link}", "link": "https://k.example"},
            {"number": 2},
            "Per 01-12-2026 10.00 WIB: https://k.example",
        ),
        ({**FORM, "incomplete": "Kurang lengkap, balas ya."}, {"asks": True}, "Kurang lengkap, balas ya."),
        (FORM, {"answers": False}, "Ada kabar baru tentang laporan Anda, lihat https://kanal.example/1"),
        ({"text": "Dijawab."}, {"answers": False}, "Ada kabar baru tentang laporan Anda."),
        ({**FORM, "news": "Status berubah: {link}"}, {"answers": False}, "Status berubah: https://kanal.example/1"),
        (FORM, {"asks": True}, "Laporan Anda belum dapat kami teruskan karena belum lengkap."),
    ],
)
def test_what_a_post_says(form: dict[str, str], more: dict[str, Any], expected: str) -> None:
    """X takes no post twice, so a second one has its date; somebody who is asked for something reads what."""
    reply = Reply(ref="1", text="rahasia", status="", message_id="m", payload={}, date="01-12-2026 10.00 WIB", **more)
    with serve(lambda _: json_page(b'{"data":{"id":"9"}}', 201)) as web:
        assert X(url=web.url, token="t", user_id="77", reply_by=form).reply(context(), reply) == "9"
        assert json.loads(web.asked[0].body)["text"].startswith(expected)


def test_answer_is_a_link_and_nothing_else() -> None:
    """What is answered in public is the manifest's sentence with a link, never the answer's own words."""
    form = {"text": "Sudah dijawab, lihat {link}", "link": "https://kanal.example/{ref}"}
    reply = Reply(ref="198 7", text="Ibu Sari, rumah Anda …", status="resolved", message_id="m", payload={})
    with serve(lambda _: json_page(b'{"data":{"id":"9"}}', 201)) as web:
        X(url=web.url, token="${secret:X}", user_id="77", reply_by=form).reply(context(), reply)
        assert web.asked[0].path == "/2/tweets"
        assert json.loads(web.asked[0].body) == {
            "text": "Sudah dijawab, lihat https://kanal.example/198%207",
            "reply": {"in_reply_to_tweet_id": "198 7"},
        }
        with pytest.raises(Misconfigured):
            X(url=web.url, token="t", user_id="77").reply(context(), reply)
    with serve(lambda _: json_page(b"{}", 200)) as web, pytest.raises(Unavailable):
        X(url=web.url, token="t", user_id="77", reply_by=form).reply(context(), reply)
