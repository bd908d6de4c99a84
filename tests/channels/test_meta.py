"""The kind `meta`: comments, mentions and messages once each, nothing that is none, no details where everybody reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Item, Reply, Window
from connectors.errors import Refused, Unavailable
from connectors.kinds.meta import Meta
from tests.channels.fakes.graph import Graph, graph
from tests.channels.fakes.inbox import NOW, Box, context, run, signed

OURS = "1122334455"
POST = f"{OURS}_900"
AT = int((NOW - timedelta(hours=1)).timestamp())


def channel(url: str = "http://127.0.0.1:9/v1", **more: Any) -> Meta:
    values = {
        "object": "page",
        "app_secret": "${secret:APP}",
        "verify_token": "${secret:VERIFY}",
        "reply_by": {"text": "Sudah ditanggapi, lihat {link}", "link": "https://kanal.example/{ref}"},
        **more,
    }
    return Meta(url=url, account_id=OURS, token="${secret:TOKEN}", **values)


def entry(*changes: Any, ours: str = OURS, **more: Any) -> dict[str, Any]:
    return {"id": ours, "time": AT, "changes": list(changes), **more}


def feed(verb: str = "add", item: str = "comment", **more: Any) -> dict[str, Any]:
    value = {
        "item": item,
        "verb": verb,
        "comment_id": "900_1",
        "post_id": POST,
        "parent_id": POST,
        "from": {"id": "77", "name": "Sri"},
        "message": "Jalan rusak",
        "created_time": AT,
        **more,
    }
    return {"field": "feed", "value": value}


def talk(**message: Any) -> dict[str, Any]:
    return {
        "sender": {"id": "77"},
        "recipient": {"id": OURS},
        "timestamp": AT * 1000,
        "message": {"mid": "m_1", **message},
    }


def taken(*entries: Any, kind: str = "page", **more: Any) -> list[Item]:
    box = Box()
    box.push({"object": kind, "entry": list(entries)})
    items, outcome = run(channel(object=kind, **more), context(box))
    assert outcome.closed
    return items


def test_a_comment_and_a_message_say_who_what_and_when() -> None:
    """A comment is public, a message is a conversation with one person; both have number, words, moment."""
    one, two = taken(entry(feed(), messaging=[talk(text="Lampu mati", reply_to={"mid": "m_0"})]))
    assert (one.ref, one.payload["said"], one.payload["chat"]) == ('"900_1"', "Jalan rusak", False)
    assert one.payload["sender"] == {"id": "77", "name": "Sri", "handle": ""}
    assert one.payload["in_reply_to_number"] == ""
    assert (two.ref, two.payload["said"], two.payload["chat"]) == ('"m_1"', "Lampu mati", True)
    assert two.payload["in_reply_to_number"] == "m_0" and one.stamp == two.stamp


def test_an_answer_to_a_comment_names_it() -> None:
    """The parent is what a comment answers, if it is no post."""
    (item,) = taken(entry(feed(comment_id="900_2", parent_id="900_1")))
    assert item.payload["in_reply_to_number"] == "900_1"


def test_an_edited_comment_is_another_version() -> None:
    """The same number with other words; an edited message likewise."""
    edit = {
        "sender": {"id": "77"},
        "timestamp": AT * 1000,
        "message_edit": {"mid": "m_1", "text": "Lampu X", "num_edit": 1},
    }
    items = taken(entry(feed(), feed("edited", message="Jalan X"), messaging=[talk(text="Lampu"), edit]))
    assert [(item.ref, item.payload["said"]) for item in items] == [
        ('"900_1"', "Jalan rusak"), ('"900_1"', "Jalan X"), ('"m_1"', "Lampu"), ('"m_1"', "Lampu X"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "one",
    [
        entry(feed("remove")),
        entry(feed("hide")),
        entry(feed(item="reaction")),
        entry(feed(item="like")),
        entry(feed(item="post", post_id="900_5")),
        entry(feed(**{"from": {"id": OURS}})),
        entry({"field": "ratings", "value": {}}),
        entry(feed(), ours="999"),
        entry(messaging=[talk(text="gema", is_echo=True)]),
        entry(messaging=[talk(is_deleted=True)]),
        entry(
            messaging=[
                talk(attachments=[{"type": "image", "payload": {"sticker_id": 1, "url": "https://x.example/s"}}])
            ]
        ),
        entry(messaging=[{"sender": {"id": "77"}, "read": {"watermark": 1}}]),
        entry(messaging=[{"sender": {"id": "77"}, "reaction": {"mid": "m_1"}}]),
        entry(messaging=[{"sender": {"id": "77"}, "postback": {"mid": "m", "title": "Mulai"}}]),
        entry(messaging=[{**talk(text="kami"), "sender": {"id": OURS}}]),
    ],
)
def test_what_is_no_complaint_makes_no_item(one: Any) -> None:
    """Removals, likes, our own words, other accounts, echoes, reads and stickers."""
    assert taken(one) == []


def test_instagram_comments_messages_and_mentions(meta: Graph) -> None:
    """Instagram's own shapes; the words of a mention are asked for by its number."""
    comment = {
        "field": "comments",
        "value": {"id": "18", "text": "Banjir", "from": {"id": "77", "username": "sri"}, "media": {"id": "5"}},
    }
    message = {"field": "messages", "value": talk(text="DM")}
    mention = {"field": "mentions", "value": {"media_id": "5", "comment_id": "19"}}
    meta.lists = {}
    box = Box()
    box.push({"object": "instagram", "entry": [entry(comment, message, mention)]})
    one = channel(meta.url, object="instagram")
    meta.objects = {f"/{OURS}": {"mentioned_comment": {"id": "19", "text": "@dinas lampu mati", "username": "budi"}}}
    items, outcome = run(one, context(box))
    assert [(item.ref, item.payload["said"]) for item in items] == [
        ('"18"', "Banjir"),
        ('"m_1"', "DM"),
        ('"19"', "@dinas lampu mati"),
    ]
    assert items[0].payload["sender"]["handle"] == "sri" and items[0].stamp is not None and outcome.closed


def test_only_what_the_manifest_takes() -> None:
    """A manifest may take messages only, or visitors' posts too."""
    both = entry(feed(), feed(item="post", post_id="900_5", comment_id=None), messaging=[talk(text="DM")])
    assert [item.ref for item in taken(both, take=["messages"])] == ['"m_1"']
    assert [item.ref for item in taken(both, take=["posts"])] == ['"900_5"']


@pytest.mark.parametrize(
    "push", [b"{", b"[]", {"object": "page"}, {"object": "page", "entry": [1, {"id": OURS, "changes": 3}]}]
)
def test_a_broken_push_breaks_nothing(push: Any) -> None:
    """What cannot be read is kept with its trouble, and those behind it are read."""
    box = Box()
    box.push(push)
    box.push({"object": "page", "entry": [entry(feed())]})
    items, outcome = run(channel(), context(box))
    assert outcome.closed and items[-1].trouble is None


def test_only_meta_may_push() -> None:
    """A wrong signature, and a push for an account that is read by paging, are refused."""
    data = json.dumps({"object": "page"}).encode()
    channel().judge(context(), Box().push(data, **signed(data)))
    for one, heads in ((channel(), signed(data, "lain")), (channel(mode="poll"), signed(data))):
        with pytest.raises(Refused):
            one.judge(context(), Box().push(data, **heads))
    assert channel(mode="poll").greet(context(), {"hub.mode": "subscribe", "hub.challenge": "1"}) is None


# paging ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def meta() -> Iterator[Graph]:
    with graph() as made:
        yield made


def filled(meta: Graph) -> Meta:
    """Three posts with 0, 3 and 5 comments (one of ours, one an answer), an old post, and one conversation."""
    posts = [{"id": f"{OURS}_{n}", "created_time": "2026-11-30T01:00:00+0000"} for n in range(3)]
    meta.lists[f"/{OURS}/feed"] = [*posts, {"id": "alt", "created_time": "2020-01-01T01:00:00+0000"}]
    for n, many in enumerate((0, 3, 5)):
        meta.lists[f"/{OURS}_{n}/comments"] = [
            {
                "id": f"{n}_{k}",
                "message": f"Aduan {n} {k}",
                "from": {"id": OURS if k == 4 else "77"},
                "created_time": "2026-11-30T02:00:00+0000",
            }
            for k in range(many)
        ]
    meta.lists[f"/{OURS}_2/comments"][1]["parent"] = {"id": "2_0"}
    meta.lists[f"/{OURS}/conversations"] = [{"id": "t_1", "updated_time": "2026-11-30T02:00:00+0000"}]
    meta.lists["/t_1/messages"] = [
        {"id": "m_1", "message": "DM", "from": {"id": "77", "name": "Sri"}, "created_time": "2026-11-30T02:00:00+0000"},
        {"id": "m_2", "message": "Kami", "from": {"id": OURS}, "created_time": "2026-11-30T02:00:00+0000"},
    ]
    return channel(meta.url, mode="poll")


def test_every_comment_and_message_comes_once(meta: Graph) -> None:
    """All pages of all posts and conversations, by cursors; our own words are left out, old posts are not asked for."""
    items, outcome = run(filled(meta), context())
    assert outcome.closed and outcome.code is None
    assert [item.ref for item in items] == [
        f'"{one}"' for one in ("1_0", "1_1", "1_2", "2_0", "2_1", "2_2", "2_3", "m_1")
    ]
    assert items[4].payload["in_reply_to_number"] == "2_0" and items[3].payload["in_reply_to_number"] == ""
    assert items[-1].payload["chat"] is True and items[0].stamp is not None


def test_reading_goes_on_from_any_page(meta: Graph) -> None:
    """Behind every position stands what was not read before it."""
    one, window = filled(meta), Window(since=None, until=NOW)
    pages = list(one.pages(context(), window))
    for at, page in enumerate(pages[:-1]):
        rest = [item.ref for left in one.pages(context(), window, page.next) for item in left.items]
        assert rest == [item.ref for left in pages[at + 1 :] for item in left.items]


def test_half_an_answer_closes_nothing(meta: Graph) -> None:
    """A token that has expired is the owner's to renew; no list is no end."""
    one = filled(meta)
    meta.lists[f"/{OURS}_1/comments"] = "rusak"  # type: ignore[assignment]
    outcome = run(one, context())[1]
    assert not outcome.closed and isinstance(outcome.error, Unavailable)
    meta.fails = (400, {"code": 190, "error_subcode": 463})
    outcome = run(one, context())[1]
    assert isinstance(outcome.error, Refused) and outcome.code == "token_expired"
    assert "owner" in str(outcome.error)


# answers -----------------------------------------------------------------------------------------------------------------


def reply(item: Item, **more: Any) -> Reply:
    ref = json.loads(item.ref or "")
    return Reply(ref=ref, text="Rincian: Jl. Melati 3.", status="", message_id="m", payload=item.payload, **more)


def test_under_a_comment_stands_a_pointer_and_no_details(meta: Graph) -> None:
    """Everybody reads it: the manifest's sentence and its link, never what the agency wrote."""
    (item,) = taken(entry(feed()))
    assert channel(meta.url).reply(context(), reply(item)) == "wamid.KAMI0="
    (sent,) = meta.sent
    assert (sent["path"], sent["message"]) == ("/900_1/comments", "Sudah ditanggapi, lihat https://kanal.example/900_1")
    channel(meta.url, object="instagram").reply(context(), reply(item))
    assert meta.sent[1]["path"] == "/900_1/replies"


def test_a_private_message_is_answered_in_private(meta: Graph) -> None:
    """The whole answer, to the sender alone, while his window is open; then the door says why not."""
    (item,) = taken(entry(messaging=[talk(text="DM")]))
    channel(meta.url).reply(context(), reply(item))
    assert meta.sent[0]["recipient"] == {"id": "77"} and "Melati" in meta.sent[0]["message"]["text"]
    with pytest.raises(Refused) as refused:
        channel(meta.url).reply(context(now=NOW + timedelta(days=2)), reply(item))
    assert refused.value.code == "window_closed"


def test_a_file_of_pushes_can_be_looked_at() -> None:
    """Before an account is known, what somebody has in a file is read."""
    held = {"object": "page", "entry": [entry(feed(), ours="5")]}
    assert [item.payload["said"] for item in channel().sample(context(), json.dumps(held).encode())] == ["Jalan rusak"]
    assert [item.trouble for item in channel().sample(context(), b"{")] == ["not_json"]
