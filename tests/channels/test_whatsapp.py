"""The kind `whatsapp`: every message of a push once, nothing that is none, and answers while the window is open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import graph as graph_api
from connectors.base import Reply
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.kinds.whatsapp import WhatsApp
from tests.channels.fakes.graph import Graph, graph
from tests.channels.fakes.inbox import NOW, SECRETS, Box, context, run, signed
from tests.channels.fakes.web import serve

OURS = "106540352242922"
AT = int((NOW - timedelta(hours=1)).timestamp())


def channel(url: str = "http://127.0.0.1:9/v1", **reply: Any) -> WhatsApp:
    return WhatsApp(
        url=url,
        phone_number_id=OURS,
        token="${secret:TOKEN}",
        app_secret="${secret:APP}",
        verify_token="${secret:VERIFY}",
        media={"host": "127.0.0.1"},
        reply_by={"window": "24h", **reply},
    )


def message(sort: str, content: Any = None, number: str = "wamid.A", **more: Any) -> dict[str, Any]:
    made = {"from": "6281234567890", "id": number, "timestamp": str(AT), "type": sort, **more}
    return made if content is None else {**made, sort: content}


def body(*messages: Any, to: str = OURS, field: str = "messages", **value: Any) -> dict[str, Any]:
    contacts = [{"wa_id": "6281234567890", "profile": {"name": "Sri"}}]
    whole = {"metadata": {"phone_number_id": to}, "contacts": contacts, "messages": list(messages), **value}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": field, "value": whole}]}],
    }


def taken(*bodies: Any) -> list[Any]:
    box = Box()
    for one in bodies:
        box.push(one)
    items, outcome = run(channel(), context(box))
    assert outcome.closed
    return items


def test_a_message_says_who_what_and_when() -> None:
    """Text, sender in E.164, name by number, the moment, and the number by which it is known."""
    (item,) = taken(body(message("text", {"body": "Jalan rusak"})))
    assert (item.ref, item.trouble, item.stamp) == ('"wamid.A"', None, datetime.fromtimestamp(AT, UTC))
    assert item.payload["said"] == "Jalan rusak"
    assert item.payload["sender"] == {"id": "6281234567890", "phone": "+6281234567890", "name": "Sri"}
    assert item.payload["chat"] is True
    assert json.loads(item.raw) == item.payload


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (message("image", {"id": "77", "mime_type": "image/jpeg", "caption": "Lubang"}), "Lubang"),
        (message("video", {"id": "77", "mime_type": "video/mp4"}), ""),
        (message("document", {"id": "77", "filename": "surat.pdf", "caption": "Surat"}), "Surat"),
        (message("button", {"payload": "x", "text": "Lapor"}), "Lapor"),
        (message("interactive", {"type": "list_reply", "list_reply": {"id": "1", "title": "A", "description": "B"}}), "A\nB"),
        (message("interactive", {"type": "button_reply", "button_reply": {"id": "1", "title": "Ya"}}), "Ya"),
        (message("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": '{"isi":"A","flow_token":"x"}'}}), "isi: A"),
        (message("interactive"), ""),
        (message("order", {"text": "", "product_items": []}), ""),
        (message("contacts", [{"name": {"formatted_name": "RT"}, "phones": [{"phone": "+62 811"}]}]), "Kontak: RT +62 811"),
        (message("unsupported"), ""),
        (message("jenis_baru", {"apa": 1}), ""),
    ],
)  # fmt: skip
def test_every_sort_of_message_has_its_words(what: dict[str, Any], said: str) -> None:
    """Whatever somebody can write is kept with its words; without words it waits and its reporter is asked."""
    (item,) = taken(body(what))
    assert (item.payload["said"], item.trouble) == (said, None)


@pytest.mark.parametrize(
    "push",
    [
        body(message("reaction", {"message_id": "wamid.B", "emoji": "👍"})),
        body(message("sticker", {"id": "5"})),
        body(message("revoke", {"original_message_id": "wamid.B"})),
        body(message("system", {"body": "nomor berganti"})),
        body(message("interactive", {"type": "call_permission_reply"})),
        body(statuses=[{"id": "wamid.B", "status": "read"}]),
        body(message("text", {"body": "untuk nomor lain"}), to="999"),
        body(message("text", {"body": "gema"}), field="smb_message_echoes"),
        {"object": "whatsapp_business_account", "entry": []},
    ],
)
def test_what_is_no_message_makes_no_item(push: Any) -> None:
    """Reactions, stickers, deletions, statuses, echoes and other numbers' messages are no complaints."""
    assert taken(push) == []


@pytest.mark.parametrize("push", [b"{", b"[]", {"entry": 5}, b'{"entry": [], "entry": []}'])
def test_a_broken_push_is_kept(push: Any) -> None:
    """What cannot be read is one item with its trouble, and those behind it are read."""
    items = taken(push, body(message("text", {"body": "Halo"})))
    assert [bool(item.trouble) for item in items] == [True, False]


def test_a_push_is_looped_to_its_end() -> None:
    """Several entries, changes and messages; one that is no object hides no other."""
    first = body(message("text", {"body": "1"}, "a"), "rusak", message("text", {"body": "2"}, "b"))
    first["entry"] += [None, {"changes": "x"}, body(message("text", {"body": "3"}, "c"))["entry"][0]]
    assert [item.ref for item in taken(first)] == ['"a"', None, '"b"', '"c"']


def test_an_edit_is_another_version_of_what_was_written() -> None:
    """It bears the number of the original, and answers nothing by itself."""
    edit = {
        "original_message_id": "wamid.A",
        "message": {"type": "text", "text": {"body": "Jalan X"}, "context": {"id": "M0"}},
    }
    (item,) = taken(body(message("edit", edit, "wamid.E")))
    assert (item.ref, item.payload["said"], item.payload["in_reply_to_number"]) == ('"wamid.A"', "Jalan X", "")


def test_the_same_message_pushed_twice_has_the_same_bytes() -> None:
    """Meta pushes again what it is not sure of, in whatever order of keys."""
    one = body(message("text", {"body": "Jalan"}))
    first, second = taken(one, dict(reversed(list(one.items()))))
    assert (first.ref, first.raw) == (second.ref, second.raw)


def test_place_and_what_it_answers() -> None:
    """A shared location is a place; the message that somebody answers is named."""
    where = {"latitude": -7.5, "longitude": 110.8, "name": "Balai", "address": "Jl. A"}
    (item,) = taken(body(message("location", where, context={"id": "wamid.KAMI0="})))
    assert item.payload["place"] == {"latitude": -7.5, "longitude": 110.8, "text": "Balai, Jl. A"}
    assert item.payload["in_reply_to_number"] == "wamid.KAMI0="


def test_only_meta_may_push() -> None:
    """The signature is over the bytes as they came; another secret, another body or none is refused."""
    data = json.dumps(body()).encode()
    channel().judge(context(), Box().push(data, **signed(data)))
    for heads in (
        {},
        signed(data, "lain"),
        signed(data + b" "),
        {"x_hub_signature_256": signed(data)["x_hub_signature_256"][7:]},
    ):
        with pytest.raises(Refused) as refused:
            channel().judge(context(), Box().push(data, **heads))
        assert refused.value.code == "bad_signature" and SECRETS["APP"] not in str(refused.value)


def test_the_handshake_is_for_whoever_knows_the_token() -> None:
    """Meta's question is answered with its challenge, anybody else's is not."""
    asked = {"hub.mode": "subscribe", "hub.verify_token": SECRETS["VERIFY"], "hub.challenge": "11"}
    assert channel().greet(context(), asked) == "11"
    assert channel().greet(context(), {**asked, "hub.verify_token": "x"}) is None
    assert channel().greet(context(), {**asked, "hub.mode": "unsubscribe"}) is None
    assert channel().greet(context(), {}) is None


# answers and files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def meta() -> Iterator[Graph]:
    with graph() as made:
        yield made


def reply(text: str = "Sudah diperbaiki.", at: int = AT, **more: Any) -> Reply:
    (item,) = taken(body(message("text", {"body": "Jalan"}, timestamp=str(at))))
    return Reply(ref="wamid.A", text=text, status="", message_id="m", payload=item.payload, date="01-12-2026", **more)


def test_an_answer_quotes_its_message_and_has_a_number(meta: Graph) -> None:
    """The answer goes to the sender under his message, and its number is what he names when he answers."""
    assert channel(meta.url).reply(context(), reply()) == "wamid.KAMI0="
    (sent,) = meta.sent
    assert (sent["to"], sent["context"], sent["text"]["body"]) == (
        "6281234567890",
        {"message_id": "wamid.A"},
        "Sudah diperbaiki.",
    )
    assert sent["path"] == f"/{OURS}/messages"


def test_a_long_answer_is_several_messages(meta: Graph) -> None:
    """Not a word of an agency is lost to the limit of a message."""
    text = "\n\n".join(f"Bagian {n}: " + "kata " * 300 for n in range(6))
    channel(meta.url).reply(context(), reply(text))
    assert len(meta.sent) > 1 and all(len(one["text"]["body"]) <= 4096 for one in meta.sent)
    assert " ".join(one["text"]["body"] for one in meta.sent).split() == text.split()


DAY_AGO = int((NOW - timedelta(hours=24)).timestamp())


def test_a_closed_window_takes_the_template_only(meta: Graph) -> None:
    """After 24 hours free text is not sent: an approved template is, or the door says why it cannot answer."""
    with pytest.raises(Refused) as refused:
        channel(meta.url).reply(context(), reply(at=DAY_AGO))
    assert (refused.value.code, meta.sent) == ("window_closed", [])
    template = {"name": "kabar", "language": "id", "parameters": ["{text}", "{date}"]}
    channel(meta.url, template=template).reply(context(), reply("Dua\n\nbaris", at=DAY_AGO))
    (sent,) = meta.sent
    assert sent["template"]["components"][0]["parameters"] == [
        {"type": "text", "text": "Dua baris"},
        {"type": "text", "text": "01-12-2026"},
    ]
    channel(meta.url).reply(context(), reply(at=DAY_AGO, heard=NOW - timedelta(hours=2)))
    assert meta.sent[1]["type"] == "text"  # he has written again since


@pytest.mark.parametrize(
    ("status", "error", "kind", "code"),
    [
        (400, {"code": 131047}, Refused, "window_closed"),
        (400, {"code": 190, "error_subcode": 463}, Refused, "token_expired"),
        (401, {"code": 190}, Refused, "token_expired"),
        (403, {"code": 10}, Refused, "no_right"),
        (400, {"code": 131026}, Refused, "not_reachable"),
        (400, {"code": 130429}, Unavailable, "http_429"),
        (400, {"code": 100}, Misconfigured, "http_400"),
        (500, {"code": 2}, Unavailable, "graph_2"),
    ],
)
def test_errors_say_who_must_act(meta: Graph, status: int, error: Any, kind: type[ChannelError], code: str) -> None:
    """Graph's codes are told apart, and neither the token nor what Graph quotes shows."""
    meta.fails = (status, error)
    with pytest.raises(kind) as told:
        channel(meta.url).reply(context(), reply())
    assert told.value.code == code
    assert not any(word in str(told.value) for word in (SECRETS["TOKEN"], "rahasia warga"))


def test_a_photo_is_fetched_in_two_steps_with_the_token(meta: Graph) -> None:
    """The media id leads to an address, the address to the bytes; nobody else's host ever gets the token."""
    meta.media["77"] = b"\xff\xd8foto"
    box = Box()
    box.push(body(message("image", {"id": "77", "mime_type": "image/jpeg; x=1", "sha256": "x"})))
    ((item,), _) = run(channel(meta.url), context(box))
    (file,) = item.attachments
    assert (file.name, file.media_type, file.url) == ("image.jpg", "image/jpeg", f"{meta.url}/77")
    assert channel(meta.url).fetch(context(), file.url, {}).body == b"\xff\xd8foto"
    with pytest.raises(Refused, match=r"media\.host"):
        graph_api.file(context(), "http://127.0.0.2:9/x", "${secret:TOKEN}", {"127.0.0.1"}, {}, scheme="http")
    with pytest.raises(Refused, match=r"media\.host"):
        graph_api.file(context(), "http://127.0.0.1:9/x", "${secret:TOKEN}", {"127.0.0.1"}, {}, scheme="https")


def test_an_address_that_a_citizen_typed_is_fetched_without_the_token(meta: Graph) -> None:
    """A manifest may take an address from what people write: it is fetched plainly, and no secret's name in it is read."""
    with serve(lambda _: (200, {}, b"foto")) as elsewhere:
        url = f"{elsewhere.url}/a.jpg?x=${{secret:TOKEN}}"
        assert channel(meta.url).fetch(context(), url, {"Range": "bytes=0-"}).body == b"foto"
        (asked,) = elsewhere.asked
    assert "Authorization" not in asked.headers and SECRETS["TOKEN"] not in str(asked)


def test_a_file_of_pushes_can_be_looked_at() -> None:
    """Before a number is known, what somebody has in a file is read: one push, a list or a table of them."""
    one = body(message("text", {"body": "Jalan"}), to="5")
    for held in (one, [one], {"teks": one}):
        assert [item.payload["said"] for item in channel().sample(context(), json.dumps(held).encode())] == ["Jalan"]
    assert [item.trouble for item in channel().sample(context(), b"{")] == ["not_json"]
    assert channel().sample(context(), b"[]")[0].trouble and channel().sample(context(), b"5")[0].trouble


def test_one_complaint_in_five_messages_is_one_item() -> None:
    """With a session all that one person says until he is quiet is one item; an answer and a correction stand alone."""
    session = {"quiet": "10m", "most": "60m"}
    one, box = replace(channel(), session=session), Box()
    for n, word in enumerate(("Halo", "jalan rusak", "di depan pasar")):
        box.push(body(message("text", {"body": word}, f"wamid.{n}")))
    box.push(body(message("image", {"id": "77", "mime_type": "image/jpeg"}, "wamid.3")))
    box.push(body(message("text", {"body": "Terima kasih"}, "wamid.4", context={"id": "wamid.KAMI0="})))
    box.push(body(message("text", {"body": "lain"}, "wamid.5", **{"from": "6281299990000"})))
    box.push(body(message("text", {"body": "jalan rusak"}, "wamid.1")))  # delivered twice
    early, outcome = run(one, context(box))
    assert [item.ref for item in early] == ['"wamid.4"'] and outcome.mark["after"] == 0
    items, outcome = run(one, context(box, NOW + timedelta(minutes=11)), outcome.mark)
    assert [item.payload["said"] for item in items] == ["Halo\njalan rusak\ndi depan pasar", "lain"]
    assert len(items[0].attachments) == 1 and items[0].ref == '"wamid.0"' and outcome.mark["after"] == 7
    assert run(one, context(box, NOW + timedelta(minutes=12)), outcome.mark)[0] == []
