"""Reading mail of any make within limits."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.mail import Parser
from connectors.mime import Unreadable, parse

HEAD = b"From: Ibu Ratna <ratna@surat.example>\r\nTo: kanal@aduan.example\r\nSubject: Jalan rusak\r\n"


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as one:
        yield one


def test_mail_with_photo_becomes_text_and_file(parser: Parser) -> None:
    """Text, sender, thread and attachment of an ordinary mail are there; the file's bytes equal what was sent."""
    photo = os.urandom(3000)
    raw = (
        HEAD
        + b"Message-ID: <a1@surat.example>\r\nIn-Reply-To: <b@c.example>\r\nReferences: <a@c.example>\r\n <b@c.example>\r\n"
        b"Date: Sun, 22 Nov 2026 08:00:00 +0700\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nJalan berlubang di Kelurahan \xc3\xa9\r\n--x\r\n"
        b'Content-Type: image/jpeg\r\nContent-Disposition: attachment; filename="../foto 1.jpg"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(photo) + b"--x--\r\n"
    )
    mail = parser(raw)
    told = mail.payload
    assert (told["message_id"], told["in_reply_to"]) == ("a1@surat.example", "b@c.example")
    assert told["references"] == ["a@c.example", "b@c.example"]
    assert told["from"] == {"name": "Ibu Ratna", "address": "ratna@surat.example"}
    assert (told["date"], told["auto"]) == ("2026-11-22T08:00:00+07:00", None)
    assert told["text"] == "Jalan berlubang di Kelurahan é"
    assert [(a["name"], a["media_type"], a["size"]) for a in told["attachments"]] == [
        ("_foto 1.jpg", "image/jpeg", 3000)
    ]
    assert mail.contents == [photo]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"Content-Type: text/plain; charset=utf-8\n\nna\xc3\xafve", "naïve"),
        (b"Content-Type: text/plain; charset=windows-1252\n\nharga \x80 5", "harga € 5"),
        (b"Content-Type: text/plain; charset=tidak-ada\n\nna\xc3\xafve", "naïve"),
        (b"\ncaf\xe9", "café"),
        (b"Content-Type: text/html\n\n<p>Lampu&nbsp;mati<br>di <b>RT 3</b><style>p</style>", "Lampu mati\ndi RT 3"),
        (b"Content-Type: text/html\n\n<head><title>t</title><body>Isi", "Isi"),
        (b'Content-Type: multipart/mixed; boundary="salah"\n\n--benar\nContent-Type: text/plain\n\nIsi\n--benar--\n', "Isi"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\npolos\n--b\nContent-Type: text/html\n\n<p>kaya\n--b--", "polos"),
        (b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: text/html\n\n<p>kaya\n--b--", "kaya"),
        (b"Content-Transfer-Encoding: base64\n\nSGFsbw==", "Halo"),
        (b"Content-Transfer-Encoding: quoted-printable\n\nHal=6F =\nada", "Halo ada"),
        (b"Content-Transfer-Encoding: base64\n\nJalan rusak, Pak!", "Jalan rusak, Pak!"),
    ],
)  # fmt: skip
def test_words_of_every_make_are_read(body: bytes, text: str) -> None:
    """Plain or HTML, right or wrong charset, broken boundary or coding: the citizen's words come out."""
    assert parse(b"Subject: x\n" + body).payload["text"] == text


@pytest.mark.parametrize(
    ("head", "auto"),
    [
        (b"Auto-Submitted: auto-replied", "reply"),
        (b"Auto-Submitted: no", None),
        (b"Auto-Submitted: auto-generated", None),
        (b"Auto-Submitted: auto-generated\nIn-Reply-To: <a@b>", "reply"),
        (b"Precedence: auto_reply", "reply"),
        (b"Precedence: list", None),
        (b"X-Autoreply: yes", "reply"),
        (b"Return-Path: <>", "bounce"),
        (b"Return-Path: <>\nAuto-Submitted: auto-replied (vacation)", "reply"),
        (b"From: MAILER-DAEMON@x.example", "bounce"),
        (b"X-Failed-Recipients: a@b.example", "bounce"),
        (b"Content-Type: multipart/report; report-type=delivery-status; boundary=x", "bounce"),
        (b"Content-Type: multipart/report; report-type=disposition-notification; boundary=x", "reply"),
    ],
)
def test_machines_are_told_from_citizens(head: bytes, auto: str | None) -> None:
    """Bounces and automatic answers are marked; mails from lists and web forms are not."""
    assert parse(head + b"\n\nisi").payload["auto"] == auto


def test_encoded_headers_are_read() -> None:
    """Names and subjects in encoded words, raw UTF-8 or Latin-1 are readable, and a comma inside changes no address."""
    payload = parse(
        b"From: =?utf-8?q?Sari=2C_Bu?= <sari@surat.example>\nSubject: =?utf-8?B?S2FtacOp?= =?x-aneh?q?a=ff?= d\xc3\xa9\n"
        b'To: "A, B" <a@b.example>, c@d.example\n\nx'
    ).payload
    assert payload["from"] == {"name": "Sari, Bu", "address": "sari@surat.example"}
    assert payload["subject"].startswith("Kamié")
    assert [one["address"] for one in payload["to"]] == ["a@b.example", "c@d.example"]


BOMBS = {
    "parts": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 100_000,
    "deep": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(900)),
    "brackets": b"To: " + b"(" * 50_000 + b"\n\nx",
    "header": b"X: " + b"a" * 70_000 + b"\n\nx",
    "tags": b"Content-Type: text/html\n\n" + b"<" * 2_000_000,
    "open tags": b"Content-Type: text/html\n\n" + b"<a " * 500_000,
    "nothing": b"",
    "noise": bytes(range(256)) * 200,
    "nested mails": b"Content-Type: message/rfc822\n\n" * 400,
    "words": b"Subject: " + b"=?utf-8?q?a?= " * 4000 + b"\n\nx",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_soon_and_the_next_mail_is_read(parser: Parser, name: str) -> None:
    """A message made to exhaust the reader is given up within its time, and the mail after it is read as ever."""
    began = time.process_time()
    with suppress(Unreadable):
        parser(BOMBS[name])
    assert time.process_time() - began < 1.0
    assert parser(HEAD + b"\r\nhalo").payload["text"] == "halo"


def test_big_attachment_fits_into_the_memory_allowed(parser: Parser) -> None:
    """A mail of the full 25 MiB with a file is read within the child's memory."""
    line = base64.b64encode(b"x" * 57) + b"\r\n"
    raw = (
        HEAD
        + b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + line * (25 * 1024 * 1024 // len(line))
    )
    assert len(parser(raw).contents[0]) > 18_000_000


def test_child_sees_no_secret_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads strangers' mail has none of the hub's environment."""
    monkeypatch.setenv("SATUPINTU_REGISTRY_TOKEN", "canary")
    with Parser() as parser:
        parser(HEAD + b"\r\nx")
        assert parser.pid
        environ = Path(f"/proc/{parser.pid}/environ")
        assert not environ.exists() or b"canary" not in environ.read_bytes()


def report(action: str, returned: bytes) -> bytes:
    """A report of delivery as a mail server writes it, with the part that it gives back."""
    return (
        b"From: Mail Delivery System <MAILER-DAEMON@relay.example>\r\nSubject: Undelivered Mail\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: "
        + action.encode()
        + b"\r\nStatus: 5.1.1\r\n--x\r\n"
        + returned
        + b"\r\n--x--\r\n"
    )


WHOLE = b"Content-Type: message/rfc822\r\n\r\nMessage-ID: <ours@hub.example>\r\nSubject: Re: a\r\n\r\nMessage-ID: <no@x>\r\n"
HEADER = b"Content-Type: text/rfc822-headers\r\n\r\nSubject: Re: a\r\nMessage-Id:\r\n <ours@hub.example>\r\n"


@pytest.mark.parametrize("returned", [WHOLE, HEADER])
def test_a_bounce_names_the_mail_that_did_not_arrive(parser: Parser, returned: bytes) -> None:
    """Mail servers say it only in what they give back, so it is read there: the answer counts as not delivered."""
    told = parser(report("failed", returned)).payload
    assert (told["auto"], told["references"]) == ("bounce", ["ours@hub.example"])


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_a_delay_is_no_bounce(parser: Parser, action: str) -> None:
    """A mail that is late may still arrive."""
    assert parser(report(action, WHOLE)).payload["auto"] == "reply"
