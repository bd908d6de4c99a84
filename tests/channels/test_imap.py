"""The kind `imap`: every mail once, no flag touched, answers in the thread."""

from __future__ import annotations

import ipaddress
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest

from connectors import mailbox as module
from connectors.base import Context, Item, Position, Reply, Window
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import Cut
from connectors.kinds.imap import Imap
from connectors.mail import Parser
from connectors.net import NotReached, dialler
from connectors.reading import Outcome, read
from tests.channels.fakes.mailbox import Box, Post, imap, smtp

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def mail(number: int, **headers: str) -> bytes:
    """A short mail."""
    heads = {"From": f"Warga {number} <warga{number}@surat.example>", "Subject": "Lampu jalan", **headers}
    heads.setdefault("Message-ID", f"<m{number}@surat.example>")
    return "".join(f"{k}: {v}\r\n" for k, v in heads.items() if v).encode() + b"\r\nLampu jalan mati.\r\n"


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as one:
        yield one


@pytest.fixture
def box() -> Iterator[Box]:
    """A mailbox of 30 mails: two pages."""
    with imap(Box(mails={number: mail(number) for number in range(1, 31)})) as running:
        yield running


@pytest.fixture
def ctx(parser: Parser) -> Context:
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def secret(text: str, _: str) -> str:
        return text.replace("${secret:SANDI}", "sandi-rahasia-99").replace("${secret:SALAH}", "sandi-keliru-11")

    return Context(http=None, dial=dial, secret=secret, clock=lambda: NOW, parse_mail=parser)  # type: ignore[arg-type]


def channel(box: Box, **more: Any) -> Imap:
    options = {"tls": "none", "user": "kanal", "password": "${secret:SANDI}"}
    return Imap(host="127.0.0.1", port=box.port, **options | more)


def run(one: Imap, ctx: Context, after: Position | None = None) -> tuple[list[Item], Outcome]:
    items: list[Item] = []
    for step in read(one, ctx, Window(since=None, until=NOW, after=after or {})):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def test_every_mail_comes_once_and_stays_unread(box: Box, ctx: Context) -> None:
    """All mails are read once with their bytes, and nothing in the mailbox is marked as read."""
    items, outcome = run(channel(box), ctx)
    assert [item.ref for item in items] == [f'"m{n}@surat.example"' for n in range(1, 31)]
    assert [item.raw for item in items] == list(box.mails.values())
    assert (outcome.closed, outcome.total, outcome.mark) == (True, 30, {"uidvalidity": 7, "uid": 30})
    assert items[0].stamp == datetime(2026, 11, 22, 1, tzinfo=UTC)
    assert (items[0].created, items[0].media) == ('"warga1@surat.example"', "mail")
    assert items[0].payload["uid"] == 1
    assert not [line for line in box.said if b"SELECT" in line or b"STORE" in line or b" BODY[" in line]
    again, outcome = run(channel(box), ctx, outcome.mark)
    assert (again, outcome.closed, outcome.mark["uid"]) == ([], True, 30)
    box.mails[44] = mail(44)
    assert [item.ref for item in run(channel(box), ctx, outcome.mark)[0]] == ['"m44@surat.example"']


def test_renumbered_mailbox_is_read_again(box: Box, ctx: Context) -> None:
    """After a mailbox was rebuilt (a new UIDVALIDITY) everything is read again, with the same refs."""
    first, outcome = run(channel(box), ctx)
    box.validity = 8
    again, outcome = run(channel(box), ctx, outcome.mark)
    assert [item.ref for item in again] == [item.ref for item in first]
    assert outcome.mark == {"uidvalidity": 8, "uid": 30}


def test_cut_link_keeps_what_came(box: Box, ctx: Context) -> None:
    """A connection that breaks on the second page keeps the first; the mark does not move; the next run heals."""
    box.cut_at = 28
    items, outcome = run(channel(box), ctx)
    assert (len(items), outcome.closed, outcome.mark) == (25, False, {})
    assert isinstance(outcome.error, Unavailable)
    box.cut_at = None
    assert len(run(channel(box), ctx)[0]) == 30


def test_mail_that_cannot_be_had_is_owed(box: Box, ctx: Context) -> None:
    """A mail that the server counts but does not give keeps the interval open, and it is said how many there are."""
    box.hidden = {30}
    items, outcome = run(channel(box), ctx)
    assert len(items) == 29
    assert (outcome.closed, outcome.owed) == (False, "the portal says 30, 29 can be read")


def test_reading_goes_on_from_any_page(box: Box, ctx: Context) -> None:
    """The position of a page continues behind it, with the same refs."""
    window = Window(since=None, until=NOW)
    pages = list(channel(box).pages(ctx, window))
    rest = list(channel(box).pages(ctx, window, pages[0].next))
    assert [item.ref for page in rest for item in page.items] == [item.ref for item in pages[1].items]


def test_odd_mails_are_kept(box: Box, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails without Message-ID, of no sense, or too large are kept with their trouble, never skipped."""
    monkeypatch.setattr(module, "BIGGEST", 5000)
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(40))
    box.mails = {1: mail(1, **{"Message-ID": ""}), 2: b"", 3: deep, 4: mail(4) + b"x" * 6000, 5: mail(5)}
    items, outcome = run(channel(box), ctx)
    assert outcome.closed
    assert [(item.ref, item.trouble) for item in items] == [
        (None, None), (None, None), (None, "unreadable_mail"), ('"m4@surat.example"', "too_large"), ('"m5@surat.example"', None),
    ]  # fmt: skip
    assert len(items[3].raw) < 200


def test_lying_server_ends_within_limits(box: Box, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that announces small mails and sends endless ones is left."""
    monkeypatch.setattr(module, "BIGGEST", 5000)
    box.mails = {1: b"x" * 20_000}
    box.sizes = {1: 10}
    assert isinstance(run(channel(box), ctx)[1].error, Cut)


@pytest.mark.parametrize(
    ("options", "error", "code"),
    [
        ({"password": "${secret:SALAH}"}, Refused, "login"),
        ({"folder": "Arsip"}, Misconfigured, "no_folder"),
        ({"folder": 'a"\r\nX LOGOUT'}, Misconfigured, "misconfigured"),
        ({"tls": "starttls"}, Misconfigured, "no_starttls"),
        ({"tls": "implicit"}, NotReached, "tls"),
        ({"tls": "mungkin"}, Misconfigured, "bad_tls"),
        ({"user": "a\r\nb"}, Misconfigured, "bad_login"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(
    box: Box, ctx: Context, options: dict[str, Any], error: type[ChannelError], code: str
) -> None:
    """Each mistake has its class and code; no message or traceback shows the password."""
    with pytest.raises(error) as caught:
        list(channel(box, **options).pages(ctx, Window(since=None, until=NOW)))
    assert caught.value.code == code
    text = "".join(traceback.format_exception(caught.value))
    assert "sandi-rahasia-99" not in text
    assert "sandi-keliru-11" not in text


@pytest.mark.parametrize("command", [b"LOGIN", b"EXAMINE"])
@pytest.mark.parametrize("code", ["UNAVAILABLE", "LIMIT", "InUse", "SERVERBUG"])
def test_a_server_that_cannot_for_now_is_asked_again(box: Box, ctx: Context, command: bytes, code: str) -> None:
    """A directory that is down or too many connections is nobody's wrong password or folder (RFC 5530)."""
    box.refuses = {command: f"[{code}] Temporary failure, sandi-rahasia-99".encode()}
    with pytest.raises(Unavailable) as caught:
        list(channel(box).pages(ctx, Window(since=None, until=NOW)))
    assert caught.value.code == f"imap_{code.lower()}"
    assert "sandi" not in str(caught.value)


def _reply(**payload: Any) -> Reply:
    whole = {
        "message_id": "m1@surat.example",
        "from": {"name": "Warga", "address": "warga1@surat.example"},
        "subject": "Lampu jalan",
        "references": ["m0@surat.example"],
        **payload,
    }
    return Reply(
        ref="m1",
        text="Sudah diperbaiki.\n.\nTerima kasih — dinas",
        status="",
        message_id="j1@aduan.example",
        payload=whole,
    )


def _answering(post: Post) -> Imap:
    server = {"host": "127.0.0.1", "port": post.port, "tls": "none", "from": "Kanal <kanal@aduan.example>"}
    login = {"user": "kanal", "password": "${secret:SANDI}"}
    return Imap(host="127.0.0.1", user="u", password="p", reply_by={"smtp": {**server, **login}})


def test_answer_goes_into_the_thread(ctx: Context) -> None:
    """The citizen gets one plain mail in the thread of his own, marked as automatic, with the id that we keep."""
    with smtp(Post()) as post:
        _answering(post).reply(ctx, _reply())
    sent = message_from_bytes(post.taken[0], policy=policy.default)
    assert (sent["To"], sent["Subject"], sent["Auto-Submitted"]) == (
        "warga1@surat.example",
        "Re: Lampu jalan",
        "auto-replied",
    )
    assert (sent["Message-ID"], sent["In-Reply-To"]) == ("<j1@aduan.example>", "<m1@surat.example>")
    assert sent["References"] == "<m0@surat.example> <m1@surat.example>"
    assert sent.get_content().replace("\r\n", "\n").strip() == "Sudah diperbaiki.\n.\nTerima kasih — dinas"


def test_no_header_can_be_smuggled_in(ctx: Context) -> None:
    """Line ends in a citizen's subject, ids or address add neither headers nor recipients."""
    with smtp(Post()) as post:
        _answering(post).reply(
            ctx,
            _reply(
                subject="Re: a\r\nBcc: x@y.example\u2028Cc: z",
                message_id="a\r\nBcc: x@y.example",
                references=["b>\r\nBcc: c", "ok@x.example"],
            ),
        )
        sent = message_from_bytes(post.taken[0], policy=policy.default)
        assert (sent["Bcc"], sent["Cc"], sent["In-Reply-To"]) == (None, None, None)
        assert sent["References"] == "<ok@x.example>"
        for address in ("a@b.example\r\nRCPT TO:<x@y.example>", "", "a b@c.example", "a@b.example,c@d.example"):
            with pytest.raises(Misconfigured) as caught:
                _answering(post).reply(ctx, _reply(**{"from": {"address": address}}))
            assert caught.value.code == "no_address"
        assert len([line for line in post.said if line.upper().startswith(b"RCPT")]) == 1


@pytest.mark.parametrize(
    ("fails", "error", "code"),
    [
        ({"AUTH": 535}, Refused, "login"),
        ({"RCPT": 550}, Refused, "smtp_550"),
        ({"RCPT": 451}, Unavailable, "smtp_451"),
        ({"MAIL": 0}, NotReached, "connect"),
        ({"END": 452}, Unavailable, "smtp_452"),
        ({"END": 0}, Cut, "cut"),
    ],
)
def test_server_says_what_became_of_the_answer(
    ctx: Context, fails: dict[str, int], error: type[ChannelError], code: str
) -> None:
    """Refused, later, certainly not sent and perhaps sent are four different things."""
    with smtp(Post(fails=fails)) as post, pytest.raises(ChannelError) as caught:
        _answering(post).reply(ctx, _reply())
    assert (type(caught.value), caught.value.code) == (error, code)
    assert "sandi-rahasia-99" not in "".join(traceback.format_exception(caught.value))
