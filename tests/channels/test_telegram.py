"""The kind `telegram`: every message once, forgotten by Telegram only when it is kept, albums as one, answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors import described
from connectors.base import Item, Reply, Window
from connectors.errors import ChannelError, Refused, Unavailable
from connectors.kinds.telegram import Telegram
from tests.channels.fakes import telegram as fakes
from tests.channels.fakes.inbox import NOW, SECRETS, Box, context, run


@pytest.fixture
def bot() -> Iterator[fakes.Telegram]:
    with fakes.telegram() as made:
        yield made


def channel(bot: fakes.Telegram, **more: Any) -> Telegram:
    return Telegram(url=bot.url, token="${secret:TOKEN}", **{"reply_by": {"quote": True}, **more})


def taken(bot: fakes.Telegram, **more: Any) -> list[Item]:
    items, outcome = run(channel(bot, **more), context())
    assert outcome.closed
    return items


def test_a_message_says_who_what_and_when(bot: fakes.Telegram) -> None:
    """Text, who wrote it, and the number of chat and message."""
    bot.write(7, "Jalan rusak")
    (item,) = taken(bot)
    assert (item.ref, item.trouble) == ('"7/501"', None)
    assert item.payload["said"] == "Jalan rusak"
    assert item.payload["sender"] == {"id": "7", "name": "Warga 7", "handle": "w7", "phone": ""}
    assert item.payload["chat"] is True and item.stamp is not None


def test_telegram_forgets_only_what_we_have(bot: fakes.Telegram) -> None:
    """A page is given out before the next is asked for; whoever stops in between gets it again."""
    for n in range(250):
        bot.write(n, f"Aduan {n}")
    pages = channel(bot).pages(context(), Window(since=None, until=NOW))
    first = next(pages)
    assert (len(first.items), first.end, len(bot.waiting)) == (100, False, 250)
    next(pages)
    assert len(bot.waiting) == 150  # the first hundred are confirmed by having asked for the next
    again, outcome = run(channel(bot), context())
    assert (len(again), outcome.closed, bot.waiting) == (150, True, [])


def test_reading_goes_on_from_a_page(bot: fakes.Telegram) -> None:
    """The position of a page continues behind it, and the mark behind the last."""
    for n in range(150):
        bot.write(n, f"Aduan {n}")
    one = channel(bot)
    first = next(one.pages(context(), Window(since=None, until=NOW)))
    rest = list(one.pages(context(), Window(since=None, until=NOW), first.next))
    assert [len(page.items) for page in rest] == [50, 0] and rest[-1].end
    assert one.mark(rest, {})["offset"] == bot.last + 1


def test_numbers_that_begin_anew_lose_nothing(bot: fakes.Telegram) -> None:
    """After a week of silence Telegram may go on at a lower number: an old offset is not sent then."""
    bot.last = 900_000
    bot.write(1, "Lama")
    mark = run(channel(bot), context())[1].mark
    bot.last = 100
    bot.write(2, "Baru")
    items, outcome = run(channel(bot), context(now=NOW + timedelta(days=8)), mark)
    assert ([item.payload["said"] for item in items], outcome.closed) == (["Baru"], True)


def test_an_edit_is_another_version(bot: fakes.Telegram) -> None:
    """An edited message has its old number, a later stamp and the new words."""
    message = bot.write(7, "Jaln")
    bot.waiting.append(
        {"update_id": 102, "edited_message": {**message, "text": "Jalan", "edit_date": message["date"] + 5}}
    )
    first, second = taken(bot)
    assert (first.ref, second.payload["said"]) == (second.ref, "Jalan")
    assert first.stamp is not None and second.stamp == first.stamp + timedelta(seconds=5)


@pytest.mark.parametrize(
    "more",
    [
        {"text": "/start"},
        {"text": "/bantuan@kanal_bot"},
        {"sticker": {"file_id": "x"}},
        {"poll": {"question": "?"}},
        {"new_chat_members": [{"id": 7}]},
        {"pinned_message": {"message_id": 1}},
        {"text": "gema", "from": {"id": 9, "is_bot": True}},
        {"text": "grup", "chat": {"id": -55, "type": "group"}},
        {"text": "kanal", "sort": "channel_post", "chat": {"id": -66, "type": "channel"}},
    ],
)
def test_what_is_no_complaint_makes_no_item(bot: fakes.Telegram, more: dict[str, Any]) -> None:
    """Bare commands, stickers, polls, service messages, bots, and groups that nobody listed."""
    bot.write(7, **more)
    assert taken(bot) == []


@pytest.mark.parametrize(
    "update", [{"callback_query": {"data": "x"}}, {"message_reaction": {}}, {"message": "rusak"}, {}]
)
def test_other_updates_make_no_item(bot: fakes.Telegram, update: dict[str, Any]) -> None:
    """Buttons, reactions and what is no message are passed over, and what stands behind them is read."""
    bot.waiting.append({"update_id": 101, **update})
    bot.last = 101
    bot.write(7, "Aduan")
    assert [item.payload["said"] for item in taken(bot)] == ["Aduan"]


def test_groups_and_channels_where_the_manifest_says_so(bot: fakes.Telegram) -> None:
    """A listed group is read, and its messages are no conversation with one person; channel posts only if asked for."""
    bot.write(7, "grup", chat={"id": -55, "type": "supergroup"})
    bot.write(7, "kanal", sort="channel_post", chat={"id": -66, "type": "channel"})
    items = taken(bot, groups=["-55"], channel_posts=True)
    assert [(item.ref, item.payload["chat"]) for item in items] == [('"-55/501"', False), ('"-66/502"', False)]


def test_words_beside_text(bot: fakes.Telegram) -> None:
    """A command before the words is left out; captions, places and cards are read."""
    bot.write(1, "/lapor Jalan rusak")
    bot.write(
        2,
        caption="Lubang",
        photo=[{"file_id": "a", "width": 9, "height": 9}, {"file_id": "b", "width": 90, "height": 90}],
    )
    bot.write(3, venue={"title": "Pasar", "address": "Jl. A", "location": {"latitude": -7.5, "longitude": 110.8}})
    bot.write(4, contact={"first_name": "Sri", "phone_number": "6281234567890", "user_id": 4})
    one, two, three, four = taken(bot)
    assert (one.payload["said"], two.payload["said"]) == ("Jalan rusak", "Lubang")
    assert [file.url for file in two.attachments] == [f"{bot.url}/getFile/b"]
    assert three.payload["place"] == {"latitude": -7.5, "longitude": 110.8, "text": "Pasar, Jl. A"}
    assert four.payload["sender"]["phone"] == "+6281234567890"


def test_an_album_is_one_item(bot: fakes.Telegram) -> None:
    """Photos sent at once are one item; one that comes a page later answers the first."""
    for n in range(3):
        bot.write(7, caption="Lubang" if n == 0 else None, photo=[{"file_id": f"f{n}"}], media_group_id="g1")
    one = channel(bot)
    (item,), outcome = run(one, context())
    assert (len(item.attachments), item.payload["said"], item.ref) == (3, "Lubang", '"7/501"')
    bot.write(7, photo=[{"file_id": "f4"}], media_group_id="g1")
    (late,), _ = run(one, context(), outcome.mark)
    assert late.payload["in_reply_to_number"] == "7/501"


def test_what_it_answers_is_named(bot: fakes.Telegram) -> None:
    """The message that somebody answers, by the number that reply() gave."""
    bot.write(7, "Terima kasih", reply_to_message={"message_id": 44})
    assert taken(bot)[0].payload["in_reply_to_number"] == "7/44"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (409, Refused, "second_reader"),
        (401, Refused, "bad_token"),
        (404, Refused, "bad_token"),
        (429, Unavailable, "http_429"),
        (502, Unavailable, "http_502"),
    ],
)
def test_errors_say_who_must_act(bot: fakes.Telegram, status: int, kind: type[ChannelError], code: str) -> None:
    """A second reader, a dead token, a pause; the token stands in every address and in no error."""
    bot.write(7, "Aduan")
    bot.fails["getUpdates"] = (status, {"parameters": {"retry_after": 31}, "description": "rahasia warga"})
    outcome = run(channel(bot), context())[1]
    assert isinstance(outcome.error, kind) and outcome.code == code
    assert (outcome.error.retry_after == 31) is (status == 429)
    told = f"{outcome.error!r} {outcome.error} {outcome.owed}"
    assert SECRETS["TOKEN"] not in told and "rahasia warga" not in told
    assert len(bot.waiting) == 1


@pytest.mark.parametrize(
    "page", [b'{"ok": true, "result": {}}', b'{"ok": true, "result": [{}]}', b"[]", b'{"ok": false}', b"<html>"]
)
def test_half_an_answer_closes_nothing(page: bytes) -> None:
    """An answer of another shape is not taken for the end."""
    with fakes.serve(lambda _: fakes.json_page(page)) as web:
        outcome = run(Telegram(url=web.url, token="${secret:TOKEN}"), context())[1]
    assert not outcome.closed and isinstance(outcome.error, Unavailable)


# pushes, files and answers -----------------------------------------------------------------------------------------------


def test_pushes_need_the_secret_and_hold_one_update_each(bot: fakes.Telegram) -> None:
    """By webhook the same items come from the inbox; whoever does not know the secret token is refused."""
    one = channel(bot, mode="webhook", secret_token="${secret:APP}")
    assert not one.confirms
    box = Box()
    for n in range(2):
        bot.write(7, photo=[{"file_id": f"f{n}"}], media_group_id="g")
        push = box.push(bot.waiting[-1], x_telegram_bot_api_secret_token=SECRETS["APP"])
        one.judge(context(), push)
    box.push(b"{")
    items, outcome = run(one, context(box))
    assert outcome.closed and [len(item.attachments) for item in items] == [2, 0]
    assert items[1].trouble and outcome.mark["after"] == 3
    for heads in ({}, {"x_telegram_bot_api_secret_token": "x"}):
        with pytest.raises(Refused):
            one.judge(context(), Box().push({}, **heads))
    with pytest.raises(Refused):
        channel(bot).judge(context(), push)


def test_a_photo_is_fetched_by_its_id(bot: fakes.Telegram) -> None:
    """getFile says where it lies; what is larger than a bot may fetch is listed and never asked for."""
    bot.files["f0"] = b"foto"
    bot.write(7, photo=[{"file_id": "f0"}])
    bot.write(7, video={"file_id": "f1", "file_size": 30 * 1024 * 1024, "mime_type": "video/mp4"})
    one, two = taken(bot)
    assert channel(bot).fetch(context(), str(one.attachments[0].url), {}).body == b"foto"
    assert two.attachments[0].url is None and two.payload["attachments"][0]["media_type"] == "video/mp4"


def reply(text: str = "Sudah diperbaiki.") -> Reply:
    return Reply(ref="7/501", text=text, status="", message_id="m", payload={})


def test_an_answer_stands_under_its_message(bot: fakes.Telegram) -> None:
    """It has a number by which the reporter's next word is known, and none of it is lost where it is long."""
    bot.number = 600
    assert channel(bot).reply(context(), reply()) == "7/601"
    assert bot.sent[0]["reply_parameters"] == {"message_id": 501, "allow_sending_without_reply": True}
    channel(bot).reply(context(), replace(reply(), text="kata " * 2000))
    assert len(bot.sent) == 4 and "reply_parameters" not in bot.sent[2]


def test_a_blocked_bot_is_refused(bot: fakes.Telegram) -> None:
    """Who has blocked the bot is not written to again and again."""
    bot.fails["sendMessage"] = (403, {"description": "Forbidden: bot was blocked by the user"})
    with pytest.raises(Refused) as refused:
        channel(bot).reply(context(), reply())
    assert refused.value.code == "blocked"
    bot.fails["sendMessage"] = (400, {"description": "Bad Request: chat not found"})
    with pytest.raises(Refused) as refused:
        channel(bot).reply(context(), reply())
    assert refused.value.code == "not_reachable"


def test_a_group_that_moved_is_followed() -> None:
    """Telegram names the new number of a group, and the answer goes there, once."""
    bot = fakes.Telegram()

    def answer(asked: fakes.Asked) -> fakes.Answer:
        if b'"-55"' in asked.body:
            return fakes._page({"ok": False, "parameters": {"migrate_to_chat_id": -10055}}, 400)
        return bot.answer(asked)

    with fakes.serve(answer) as web:
        bot.url = web.url
        assert channel(bot).reply(context(), replace(reply(), ref="-55/9")) == "-10055/501"
    assert [one["chat_id"] for one in bot.sent] == ["-10055"]


def test_a_file_of_updates_can_be_looked_at(bot: fakes.Telegram) -> None:
    """An update, a bare message, a list of them, or an answer of getUpdates."""
    message = bot.write(7, "Jalan")
    update = bot.waiting[0]
    for held in (update, message, [update], {"ok": True, "result": [update]}, {"teks": update}):
        assert [item.payload["said"] for item in channel(bot).sample(context(), json.dumps(held).encode())] == ["Jalan"]
    assert [item.trouble for item in channel(bot).sample(context(), b"{")] == ["not_json"]


def test_a_session_is_for_what_is_pushed() -> None:
    """What is polled is confirmed page by page, so nothing of it can wait: the manifest is told so."""
    options = {"url": "https://api.telegram.org", "token": "${secret:T}", "session": {"quiet": "5m", "most": "30m"}}
    assert described.problems({"kind": "telegram", "with": options})
    pushed = {**options, "mode": "webhook", "secret_token": "${secret:S}"}
    assert not described.problems({"kind": "telegram", "with": pushed})
