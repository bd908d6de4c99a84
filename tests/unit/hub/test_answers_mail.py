"""The answer to a mail is a mail in its thread, once, however often it had to be sent."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

import hub.answers
from connectors.base import Context, Reply
from connectors.build import channel
from connectors.net import dialler
from connectors.secret import Secrets
from connectors.smtp import message
from hub.answers import message_id
from hub.follow import follow
from hub.privacy import Vault
from hub.store import figures
from hub.store.replies import message_of
from hub.store.server import Embedded
from sandbox import running
from sandbox.mail import PASSWORD, Mailbox, MailState
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import START, House, follow_up, house_in, manifest

MAIL = {
    "message_id": "aduan-1@warga.contoh.invalid",
    "uid": 1,
    "uidvalidity": 7,
    "from": {"name": "Warga Satu", "address": "warga.satu@contoh.invalid"},
    "to": ["kanal@contoh.invalid"],
    "subject": "Lampu jalan mati",
    "date": "2026-12-01T09:00:00+07:00",
    "text": "Lampu jalan mati.",
    "in_reply_to": None,
    "references": [],
    "auto": None,
    "attachments": [],
}


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """An empty mailbox with an SMTP server that keeps what it gets."""
    with running.mailbox(MailState(mails=[])) as made:
        yield made


@pytest.fixture
def house(
    tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, box: Mailbox
) -> Iterator[House]:
    """A hub with one complaint that came by mail and was answered by its agency."""
    smtp = {
        "host": box.host,
        "port": box.smtp_port,
        "tls": "none",
        "user": box.user,
        "password": "${secret:MAIL_PASSWORD}",
        "from": box.address,
    }
    options = {
        "host": box.host,
        "port": box.port,
        "tls": "none",
        "user": box.user,
        "password": "${secret:MAIL_PASSWORD}",
    }
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        monkeypatch.setattr(hub.answers, "channel", channel)
        made.manifests["mail"] = replace(manifest("mail", "imap", reply={"smtp": smtp}), options=options)
        made.contexts = lambda manifest, connector: context(made)
        made.payloads["aduan-1@warga.contoh.invalid"] = MAIL
        made.complaint("mail", ref="aduan-1@warga.contoh.invalid")
        made.registry.news["9300001"] = [follow_up("Lampu sudah diganti.", 1)]
        yield made


def context(house: House) -> Context:
    dial = dialler((ipaddress.ip_network("127.0.0.0/8"),))
    secrets = Secrets(None, {"MAIL_PASSWORD": PASSWORD}, lambda name, host: None)
    return Context(http=cast("Any", None), dial=dial, secret=secrets, clock=lambda: house.now)


def test_the_answer_is_a_mail_in_the_thread_of_the_complaint(house: House, box: Mailbox) -> None:
    """The citizen finds the agency's words below his own mail, from the address he wrote to, marked as automatic."""
    tally = follow(house.hub)
    assert tally.words.get("answers_sent") == 1, (tally, house.rows("SELECT state, code FROM replies"))
    (mail,) = box.sent()
    assert "warga.satu@contoh.invalid" in mail["To"] and mail["In-Reply-To"] == f"<{MAIL['message_id']}>"
    assert mail["Auto-Submitted"] and mail["Message-ID"].startswith("<reply-")
    assert "Lampu sudah diganti." in mail.get_content()


def test_a_long_id_stays_whole_in_the_headers() -> None:
    """Mail programs find the thread by ids as long as Outlook's, so no header with one is folded or encoded."""
    long = f"{'A1b2' * 40}@mail.contoh.invalid"
    payload = {**MAIL, "message_id": long, "references": [f"x{long}", f"y{long}"]}
    reply = Reply(
        ref="r", text="Baik.", status="", message_id=f"<reply-{UUID(int=1)}@{UUID(int=2)}.x>", payload=payload
    )
    lines = message(reply, "kanal@contoh.invalid", START).as_bytes().decode().splitlines()
    assert f"In-Reply-To: <{long}>" in lines and f"References: <x{long}> <y{long}> <{long}>" in lines


def test_a_mail_server_that_is_down_gets_the_answer_later(house: House, box: Mailbox) -> None:
    """Nobody listens at first: the answer is owed and waits; the mail that goes out carries the id it always had."""
    working = house.manifests["mail"]
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # bound and not listening, so that nobody else takes the port
        smtp = {**(working.reply or {})["smtp"], "port": deaf.getsockname()[1]}
        house.manifests["mail"] = replace(working, reply={"smtp": smtp})
        assert len(follow(house.hub).owed) == 1 and box.sent() == []
    house.manifests["mail"] = working
    house.later(hours=12)
    follow(house.hub)
    (row,) = house.rows("SELECT r.door, e.digest, r.attempts FROM replies r JOIN events e ON e.id = r.event_id")
    assert box.sent()[0]["Message-ID"] == message_id(UUID(int=7), message_of(row.door, [bytes(row.digest)]))
    assert row.attempts == 2


def test_a_mail_without_a_sender_asks_nothing_of_a_person(house: House, box: Mailbox) -> None:
    """Nobody can be written to: the answer is counted as without a door, once, and no work list grows by it."""
    nameless = {**MAIL, "message_id": "aduan-2@warga.contoh.invalid", "from": {"name": "", "address": ""}}
    house.payloads["aduan-2@warga.contoh.invalid"] = nameless
    house.complaint("mail", ref="aduan-2@warga.contoh.invalid", number="9300002")
    house.registry.news = {"9300002": [follow_up("Lampu sudah diganti.", 1)]}
    tally = follow(house.hub)
    assert (tally.words["no_door"], tally.notes, tally.owed, box.sent()) == (1, (), (), [])
    (row,) = house.rows("SELECT state, code, attempts FROM replies")
    assert (row.state, row.code, row.attempts) == ("no_door", "no_address", 1)
    with house.store.begin() as work:
        assert figures.stuck(work) == {}
