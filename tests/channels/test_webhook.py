"""The kind `webhook`: whatever is pushed is an item or waits with its reason; five messages are one complaint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from connectors.base import Item, Push, Reply, Window
from connectors.build import channel as built
from connectors.errors import Misconfigured, Refused
from connectors.kinds.webhook import Webhook
from connectors.manifest import advice, load
from connectors.reading import Outcome, read
from tests.channels.fakes.gateway import gateway
from tests.channels.fakes.inbox import NOW, Box, context, run

HOOK: Mapping[str, Any] = {"unsigned": True, "ref": "id"}
TALK: Mapping[str, Any] = {"unsigned": True, "preset": "fonnte"}
SESSION = {"quiet": "10m", "most": "60m"}
FORM = {"content_type": "application/x-www-form-urlencoded"}


def channel(**options: Any) -> Webhook:
    return Webhook(**options)


def said(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"L-{number}", "isi": f"Jalan nomor {number} rusak", **more}


def words(message: str, who: str = "6281200000001", **more: Any) -> dict[str, Any]:
    """A message as Fonnte pushes it."""
    return {"device": "6285", "sender": who, "message": message, "name": "Sri", "isgroup": False, **more}


def later(box: Box, body: Any, minutes: float, **headers: str) -> Push:
    """A push some minutes after the first one."""
    from dataclasses import replace

    box.push(body, **headers)
    box.kept[-1] = replace(box.kept[-1], at=NOW + timedelta(minutes=minutes))
    return box.kept[-1]


def everything(one: Webhook, box: Box, minutes: float = 600, after: Any = None) -> tuple[list[Item], Outcome]:
    return run(one, context(box, NOW + timedelta(minutes=minutes)), after)


# what a push holds ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "body", "refs"),
    [
        ("@", said(1), ['"L-1"']),
        ("@", [said(1), said(2)], ['"L-1"', '"L-2"']),
        ("data", {"data": [said(n) for n in range(50)]}, [f'"L-{n}"' for n in range(50)]),
        ("data.rows", {"data": {"rows": said(3)}}, ['"L-3"']),
        ("entry[].changes[]", {"entry": [{"changes": [said(1), said(2)]}, {"changes": [said(3)]}]}, ['"L-1"', '"L-2"', '"L-3"']),
        ("data", {"data": []}, []),
    ],
)  # fmt: skip
def test_every_complaint_of_a_batch_is_an_item(items: str, body: Any, refs: list[str]) -> None:
    """One push may hold one complaint or fifty; all of them are read, in their order."""
    box = Box()
    box.push(body)
    found, outcome = everything(channel(**HOOK, items=items), box)
    assert ([one.ref for one in found], outcome.closed) == (refs, True)


BROKEN = [
    (b'[%s, {"id": "L-2", "isi": NaN}, %s]', "not_a_number"),
    (b'[%s, {"id": "L-2", "id": "L-9"}, %s]', "doubled_key"),
    (b'[%s, {"isi": "tanpa nomor"}, %s]', "bad_ref"),
    (b'[%s, "bukan objek", %s]', "not_an_object"),
    (b'[%s, {"id": "L-2", "isi": "\xff\xfe"}, %s]', "not_utf8"),
]


@pytest.mark.parametrize(("form", "trouble"), BROKEN)
def test_a_broken_one_costs_no_other(form: bytes, trouble: str) -> None:
    """Of three complaints in a push the second cannot be read: it waits with its reason, the other two go on."""
    one, three = (json.dumps(said(n)).encode() for n in (1, 3))
    box = Box()
    box.push(form % (one, three))
    found, outcome = everything(channel(**HOOK), box)
    assert [item.trouble for item in found] == [None, trouble, None]
    assert [found[0].raw, found[2].raw] == [one, three]
    assert outcome.closed


@pytest.mark.parametrize(
    ("body", "form", "trouble"),
    [
        (b'{"id": 1', "application/json", "not_json"),
        (b"", "application/json", "not_json"),
        (b"<xml/>", "text/xml", "not_json"),
        (b'{"lain": 1}', "application/json", "not_a_list"),
        (b"id=1&isi=%FF", "application/x-www-form-urlencoded", "not_utf8"),
        (b"--x\r\nContent-Disposition: form-data; name=id\r\n\r\n1", "multipart/form-data; boundary=x", "cut_short"),
    ],
)
def test_what_cannot_be_read_is_kept_and_told(body: bytes, form: str, trouble: str) -> None:
    """Nothing that was answered 2xx is dropped: what is no JSON and no form waits with its bytes and a reason."""
    box = Box()
    box.push(body, content_type=form)
    box.push({"data": [said(1)]})
    found, outcome = everything(channel(**HOOK, items="data"), box)
    assert [one.trouble for one in found] == [trouble, None]
    assert outcome.closed


def test_forms_are_read_like_json() -> None:
    """A form maker that pushes fields, or fields and a photo, gives the same complaint as JSON does."""
    box, photo = Box(), bytes(range(256)) * 4
    box.push(urlencode({"id": "L-1", "isi": "Lampu mati & gelap", "foto": ["a", "b"]}, doseq=True).encode(), **FORM)
    part = b'--gz\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    box.push(
        part % (b"id", b"", b"L-2")
        + part % (b"isi", b"", "Jembatan \u201cputus\u201d".encode())
        + part % (b"foto", b'; filename="jalan rusak.jpg"\r\nContent-Type: image/jpeg', photo)
        + b"--gz--\r\n",
        content_type='multipart/form-data; boundary="gz"',
    )
    found, _ = everything(channel(**HOOK), box)
    assert [one.ref for one in found] == ['"L-1"', '"L-2"']
    assert found[0].payload == {"id": "L-1", "isi": "Lampu mati & gelap", "foto": ["a", "b"]}
    (file,) = found[1].attachments
    assert (file.name, file.media_type, file.content) == ("jalan rusak.jpg", "image/jpeg", photo)
    assert found[1].payload["isi"] == "Jembatan \u201cputus\u201d"


def test_jotform_tells_its_answers() -> None:
    """A submission of Jotform: its number, and the answers that stand as JSON in one field of a form."""
    answers = {"q3_nama": {"first": "Sri", "last": "Rahayu"}, "q5_isi": "Sampah menumpuk"}
    box = Box()
    fields = {"formID": "2414", "submissionID": "5821", "rawRequest": json.dumps(answers), "pretty": "Nama:Sri"}
    box.push(urlencode(fields).encode(), **FORM)
    box.push(urlencode(fields | {"submissionID": "5822", "rawRequest": "{rusak"}).encode(), **FORM)
    found, _ = everything(channel(unsigned=True, preset="jotform"), box)
    assert [(one.ref, one.trouble) for one in found] == [('"5821"', None), (None, "not_json")]
    assert found[0].payload["rawRequest"] == answers


def test_what_is_no_complaint_is_left_out() -> None:
    """Events that the manifest does not ask for make no items."""
    box = Box()
    box.push([said(1, event="created"), said(2, event="ping"), said(3)])
    found, _ = everything(channel(**HOOK, only="event == 'created'"), box)
    assert [one.ref for one in found] == ['"L-1"']


def test_without_a_number_a_push_is_known_by_what_it_says() -> None:
    """Delivered twice on one day it is one complaint; the same words on another day are another."""
    box, body = Box(), {"isi": "Lampu mati"}
    for minutes in (0, 30, 60 * 24):
        later(box, body, minutes)
    later(box, {"isi": "Lampu hidup"}, 0)
    found, _ = everything(channel(unsigned=True), box)
    refs = [one.ref for one in found]
    assert [refs.index(one) for one in refs] == [0, 0, 2, 3]
    assert found[0].raw == found[1].raw
    signed = channel(signing={"by": "standard", "secret": "${secret:APP}"})
    heads = {"webhook_id": "msg_7"}
    box = Box()
    box.push(body, **heads)
    box.push([body, body], **heads)
    assert [one.ref for one in everything(signed, box)[0]] == ['"msg_7"', '"msg_7/0"', '"msg_7/1"']


# gateways ------------------------------------------------------------------------------------------------------------


def test_fonnte_in_both_its_forms() -> None:
    """A message by Fonnte, as JSON or as a form, gives the same: who, what, photo and place."""
    body = words("Pohon tumbang", url="https://files.example/a/foto.jpg", filename="foto.jpg", location="-7.25,112.75")
    box = Box()
    box.push(body)
    box.push(urlencode(body).encode(), **FORM)
    (one, other), _ = everything(channel(**TALK), box)
    assert one.ref == other.ref
    assert one.payload["said"] == "Pohon tumbang"
    assert one.payload["sender"] == {"id": "6281200000001", "phone": "+6281200000001", "name": "Sri"}
    assert one.payload["place"] == {"latitude": -7.25, "longitude": 112.75, "text": ""}
    assert [(file.name, file.url) for file in one.attachments] == [("foto.jpg", "https://files.example/a/foto.jpg")]


def test_what_a_gateway_pushes_besides_is_no_complaint() -> None:
    """Delivery reports, groups, our own messages and messages without words or photo make no items."""
    box = Box()
    for body in (
        {"device": "6285", "id": "77", "status": "sent", "state": "read"},
        words("Halo", isgroup=True),
        words("non-text message"),
        words("  "),
    ):
        box.push(body)
    box.push(urlencode(words("Halo", isgroup="true")).encode(), **FORM)
    assert everything(channel(**TALK), box)[0] == []
    wablas = {"id": "ABC", "phone": "6281", "message": "Halo", "pushName": "Sri", "isGroup": False}
    for more in ({"isFromMe": True}, {"isGroup": True}, {"isFromMe": False}):
        box.push(wablas | more)
    (one,), _ = everything(channel(unsigned=True, preset="wablas"), box)
    assert (one.ref, one.payload["said"]) == ('"ABC"', "Halo")


@pytest.mark.parametrize("stamp", ["1795999000", "2026-12-01T01:36:40Z", "2026-12-01 08:36:40", 1795999000])
def test_the_moment_of_a_message_is_read(stamp: Any) -> None:
    """UNIX seconds or a date; one that names no zone is of the manifest's."""
    box = Box()
    box.push({"phone": "6281", "message": "Halo", "timestamp": stamp})
    (one,), _ = everything(channel(unsigned=True, preset="wablas", zone="Asia/Jakarta"), box)
    assert one.stamp and one.stamp.isoformat().startswith("2026-1")
    assert one.payload["at"] == one.stamp.isoformat()


FIVE = [("Selamat pagi", 0), ("Mau lapor jalan rusak", 1), ("di depan SD 3 Kaligawe", 2), ("sudah dua bulan", 4)]


def five() -> Box:
    """One complaint in four messages and a photo."""
    box = Box()
    for text, minute in FIVE:
        later(box, words(text), minute)
    later(box, words("non-text message", url="https://files.example/f.jpg"), 6)
    return box


def test_five_messages_are_one_complaint() -> None:
    """Four messages and a photo within ten minutes are one item, told only when their sender is quiet."""
    one, box = channel(**TALK, session=SESSION), five()
    found, outcome = everything(one, box, 16)
    assert (found, outcome.closed, outcome.mark) == ([], True, {"after": 0, "done": []})
    (item,), outcome = everything(one, box, 16.1, outcome.mark)
    assert item.payload["said"].splitlines() == [text for text, _ in FIVE]
    assert [file.url for file in item.attachments] == ["https://files.example/f.jpg"]
    assert (outcome.mark["after"], len(item.payload["messages"])) == (5, 5)
    assert everything(one, box, 600, outcome.mark)[0] == []


def test_what_is_pushed_twice_or_broken_belongs_to_no_session() -> None:
    """A redelivery adds nothing, two senders do not mix, and what cannot be read waits at once."""
    one, box = channel(**TALK, session=SESSION), five()
    later(box, words(FIVE[1][0]), 7)
    later(box, words("Lampu mati", who="6281200000002"), 7)
    later(box, b"{rusak", 7)
    found, outcome = everything(one, box, 8)
    assert [item.trouble for item in found] == ["not_json"]
    more, outcome = everything(one, box, 30, outcome.mark)
    assert sorted(len(item.payload["messages"]) for item in more) == [1, 5]
    assert outcome.mark["after"] == 8


def test_a_session_without_a_preset() -> None:
    """Any gateway's messages are gathered once the manifest says where sender and words stand."""
    box = Box()
    for place, text in enumerate(("Pak", "jalan rusak")):
        later(box, {"dari": "a1", "teks": text, "uid": place}, place)
    session = {**SESSION, "by": "dari", "text": "teks"}
    (one,), _ = everything(channel(unsigned=True, ref="uid", session=session), box)
    assert (one.ref, one.payload["said"], one.payload["sender"]["id"]) == ("0", "Pak\njalan rusak", "a1")
    with pytest.raises(Misconfigured):
        channel(unsigned=True, session=SESSION)


# judging, answers, manifest ------------------------------------------------------------------------------------------


def test_what_a_signature_needs_is_kept() -> None:
    """The header that the manifest names is kept with a push, and a wrong value is refused."""
    one = channel(signing={"by": "token", "secret": "${secret:APP}", "header": "X-Kunci"}, ref="id")
    assert one.headers == ("x-kunci",)
    box = Box()
    one.judge(context(), box.push(said(1), x_kunci="rahasia-aplikasi"))
    with pytest.raises(Refused):
        one.judge(context(), box.push(said(1), x_kunci="lain"))
    channel(**HOOK).judge(context(), box.push(said(1)))


def answer(text: str = "Sudah diperbaiki.") -> Reply:
    payload = {"sender": {"id": "6281200000001"}}
    return Reply(ref="L-1", text=text, status="", message_id="m", payload=payload)


@pytest.mark.parametrize("preset", ["fonnte", "wablas"])
def test_an_answer_goes_out_by_the_gateway(preset: str) -> None:
    """The gateway's own form, with its token, and its number of the message comes back."""
    with gateway() as made:
        how = {"url": made.url, "headers": {"Authorization": "${secret:TOKEN}"}}
        one = channel(unsigned=True, preset=preset, reply_by=how)
        assert one.reply(context(), answer()) == "100"
        assert list(made.sent[0].values()) == ["6281200000001", "Sudah diperbaiki."]
        made.connected = False
        with pytest.raises(Refused) as told:
            one.reply(context(), answer())
        assert (told.value.code, "628" in str(told.value)) == ("not_taken", False)


def test_an_answer_as_json() -> None:
    """A gateway of another make: its body as the manifest writes it, filled in once."""
    with gateway() as made:
        how = {
            "url": made.url, "headers": {"Authorization": "${secret:TOKEN}"},
            "body": {"data": [{"phone": "{to}", "message": "{text}"}]},
        }  # fmt: skip
        one = channel(**HOOK, reply_by=how)
        assert one.reply(context(), answer("Kata {to} dan {ref}.")) is None
        assert made.sent == [{"data": [{"phone": "6281200000001", "message": "Kata {to} dan {ref}."}]}]


def written(folder: Path, **options: Any) -> Path:
    plain = {
        "version": 1, "owner": "Kota Contoh", "region": "33.72", "channel": "whatsapp", "kind": "webhook", "with": options,
        "fields": {"body": "said", "reporter.phone_e164": "sender.phone", "is_confidential": {"const": False}},
    }  # fmt: skip
    file = folder / "gerbang.yaml"
    file.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "with"),
        ({"unsigned": True, "signing": {"by": "standard", "secret": "${secret:A}"}}, "with"),
        ({"signing": {"by": "standard", "secret": "terbuka"}}, "with.signing"),
        ({"signing": {"by": "hmac", "secret": "${secret:A}"}}, "with.signing"),
        ({"unsigned": True, "items": "a["}, "with.items"),
        ({"unsigned": True, "preset": "lain"}, "with.preset"),
        ({"unsigned": True, "session": {"quiet": "10m"}}, "with.session"),
    ],
)
def test_a_wrong_manifest_is_told(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    """Nothing is received by mistake without a signature, and each mistake is told with its place."""
    with pytest.raises(Misconfigured) as told:
        load(written(tmp_path, **options))
    assert sentence in str(told.value)


def test_a_door_without_a_signature_is_named(tmp_path: Path) -> None:
    """`check` says what it means that nobody signs; a manifest that signs is told nothing of it."""
    manifest = load(written(tmp_path, unsigned=True, preset="fonnte", session=SESSION))
    assert built(manifest).session == SESSION
    assert any("unsigned" in english for _, english in advice(manifest))
    manifest = load(written(tmp_path, signing={"by": "token", "secret": "${secret:A}", "query": "kunci"}))
    assert not any("unsigned" in english for _, english in advice(manifest))


def test_a_sample_is_shown() -> None:
    """One push in a file is previewed as its messages."""
    (one,) = channel(**TALK, session=SESSION).sample(context(), json.dumps(words("Halo")).encode())
    assert one.payload["said"] == "Halo"


def test_an_inbox_that_goes_on_is_read_to_its_end() -> None:
    """More pushes than a page holds: each once, in one reading that is proved."""
    box = Box()
    for number in range(250):
        box.push(said(number))
    items = [one for step in read(channel(**HOOK), context(box), Window(since=None, until=NOW))
             if not isinstance(step, Outcome) for one in step.items]  # fmt: skip
    assert len({one.ref for one in items}) == len(items) == 250


def test_the_manifests_of_the_page_are_right(tmp_path: Path) -> None:
    """Whoever copies a manifest from the page of this kind has one that loads and builds."""
    page = (Path(__file__).parents[2] / "docs" / "kinds" / "webhook.md").read_text(encoding="utf-8")
    whole = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(whole) == 2
    for number, text in enumerate(whole):
        file = tmp_path / f"contoh-{number}.yaml"
        file.write_text(text, encoding="utf-8")
        assert isinstance(built(load(file)), Webhook)
