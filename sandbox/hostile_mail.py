"""A mailbox that renumbers itself, breaks off and loses mails while it is read; and what is promised all the same."""

from __future__ import annotations

import hashlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from sandbox.hostile import Truth
from sandbox.hostile_play import EITHER, LOUD, WHOLE, Play, Scenario, into
from sandbox.hostile_web import HOST

MAILS = 60
SCENARIOS: list[Scenario] = []
scenario = into(SCENARIOS)


def content(raw: bytes) -> str:
    """What tells two mails apart."""
    return hashlib.sha256(raw).hexdigest()


@dataclass(slots=True)
class Box:
    """Mails by UID in one folder, and what goes wrong with them."""

    now: Callable[[], datetime]
    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    port: int = 0
    cut_at: int | None = None
    """The connection ends when the bytes of this UID are asked for."""
    before: dict[int, Callable[[], None]] = field(default_factory=dict)
    """What happens right before the bytes of a UID are given."""
    refused: bool = False
    silent: bool = False
    """The server hangs up instead of greeting."""
    flags: bytes = b""
    requests: int = 0
    touched: set[str] = field(default_factory=set)
    senders: dict[str, set[str]] = field(default_factory=dict)
    contents: dict[str, set[str]] = field(default_factory=dict)
    _keys: dict[int, str] = field(default_factory=dict)
    _next: int = 1

    def add(self, number: int | None = None, sender: str = "warga") -> int:
        """A mail arrives; its UID."""
        uid, self._next = self._next, self._next + 1
        name = f"{number or uid}@surel.invalid"
        self.mails[uid] = (
            f"From: Warga Rekaan <{sender}@contoh.invalid>\r\nTo: <pengaduan@contoh.invalid>\r\nSubject: Lampu padam {uid}\r\n"
            f"Date: {format_datetime(self.now())}\r\nMessage-ID: <{name}>\r\n\r\nLampu jalan di gang {uid} padam.\r\n"
        ).encode()
        key = json.dumps(name)
        self._keys[uid] = key
        self.senders.setdefault(key, set()).add(sender)
        self.contents.setdefault(key, set()).add(content(self.mails[uid]))
        self.touched.add(key)
        return uid

    def drop(self, uid: int) -> None:
        """A mail is deleted."""
        self.touched.add(self._keys[uid])
        del self.mails[uid]

    def renumber(self) -> None:
        """The server gives all mails new numbers, and says so by another UIDVALIDITY."""
        old = sorted(self.mails)
        mails, keys = [self.mails[uid] for uid in old], [self._keys[uid] for uid in old]
        self.mails, self._keys = dict(enumerate(mails, start=1)), dict(enumerate(keys, start=1))
        self.validity, self._next = self.validity + 1, len(mails) + 1

    def begin(self) -> None:
        """A pull begins."""
        self.touched = set()

    def truth(self) -> dict[str, Truth]:
        """What a complete store holds: every mail."""
        return {self._keys[uid]: Truth(content=content(raw)) for uid, raw in sorted(self.mails.items())}

    def allowed(self, key: str) -> Truth:
        """As many versions as there were mails, as many complaints as senders."""
        return Truth(
            content=None, versions=len(self.contents.get(key, ())), incarnations=len(self.senders.get(key, ()))
        )

    def reply(self, line: bytes) -> bytes:
        """The answer to one command, without its last line; one that begins with NO is a refusal."""
        command = line.split(b" ")[0].upper()
        if command == b"CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command == b"LOGIN" and self.refused:
            return b"NO login\r\n"
        if command == b"EXAMINE":
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n" % (len(self.mails), self.validity)
        if command == b"LOGOUT":
            return b"* BYE\r\n"
        return self._uid(line) if command == b"UID" else b""

    def _uid(self, line: bytes) -> bytes:
        self.requests += 1
        if b"SEARCH" in line:
            first = int(line.split(b"UID ")[-1].partition(b":")[0])
            found = [uid for uid in sorted(self.mails) if uid >= first] or sorted(self.mails)[-1:]
            return b"* SEARCH" + b"".join(b" %d" % uid for uid in found) + b"\r\n"
        _, _, uids, what = line.split(b" ", 3)
        return b"".join(self._mail(int(uid), what) for uid in uids.split(b","))

    def _mail(self, uid: int, what: bytes) -> bytes:
        if b"BODY" in what:
            if uid == self.cut_at:
                raise ConnectionError
            self.before.pop(uid, lambda: None)()
        raw = self.mails.get(uid)
        if raw is None:
            return b""
        if b"BODY" not in what:
            date = self.now().strftime("%d-%b-%Y %H:%M:%S +0000").encode()
            return b'* 1 FETCH (UID %d FLAGS (%s) RFC822.SIZE %d INTERNALDATE "%s")\r\n' % (
                uid, self.flags, len(raw), date,
            )  # fmt: skip
        return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, len(raw), raw)


@contextmanager
def mailbox(now: Callable[[], datetime]) -> Iterator[Box]:
    """Serve a box of mails on a free loopback port."""
    box = Box(now)
    for _ in range(MAILS):
        box.add()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                _talk(box, self.rfile, self.wfile)

    with socketserver.ThreadingTCPServer((HOST, 0), Talk) as server:
        server.daemon_threads, server.block_on_close = True, False
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def _talk(box: Box, read: Any, write: Any) -> None:
    if box.silent:
        return
    write.write(b"* OK ready\r\n")
    for line in read:
        tag, _, rest = line.strip().partition(b" ")
        said = box.reply(rest)
        write.write(tag + b" " + said if said.startswith(b"NO") else said + tag + b" OK done\r\n")


@scenario()
def quiet(play: Play) -> Iterator[str]:
    """Where nothing happens, every mail is read once and nothing is owed."""
    yield WHOLE
    yield WHOLE


@scenario()
def renumbered(play: Play) -> Iterator[str]:
    """A mailbox that gives every mail a new number is read again, and no mail is kept twice."""
    yield WHOLE
    play.portal.renumber()
    play.portal.add()
    yield WHOLE


@scenario()
def renumbered_and_shorter(play: Play) -> Iterator[str]:
    """A mailbox that was emptied and numbered anew hides no mail behind the old mark."""
    yield WHOLE
    for uid in list(play.portal.mails):
        play.portal.drop(uid)
    play.portal.renumber()
    for number in range(3):
        play.portal.add(900 + number)
    yield WHOLE


@scenario()
def cut_while_a_mail_is_fetched(play: Play) -> Iterator[str]:
    """A connection that ends in the middle of the mailbox is owed, and the next pull ends it."""
    play.portal.cut_at = 40
    yield LOUD
    play.portal.cut_at = None
    yield WHOLE


@scenario()
def deleted_while_read(play: Play) -> Iterator[str]:
    """A mail that is deleted while others are fetched holds nothing up for longer than one pull."""
    play.portal.before[30] = lambda: play.portal.drop(45)
    yield EITHER
    yield WHOLE


@scenario()
def arrives_while_read(play: Play) -> Iterator[str]:
    """A mail that arrives while others are fetched is there after the next pull."""
    play.portal.before[30] = lambda: play.portal.add() and None
    yield WHOLE
    yield WHOLE


@scenario()
def flags_change(play: Play) -> Iterator[str]:
    """A clerk who reads and marks mails makes no new version of them."""
    yield WHOLE
    play.portal.flags = b"\\Seen \\Flagged"
    yield WHOLE


@scenario()
def gaps_between_the_numbers(play: Play) -> Iterator[str]:
    """Numbers that are missing because mails were deleted long ago hold nothing up."""
    for uid in range(10, 50):
        play.portal.drop(uid)
    yield WHOLE
    play.portal.add()
    yield WHOLE


@scenario()
def password_refused(play: Play) -> Iterator[str]:
    """A password that is refused is told, and nothing is missed when it works again."""
    play.portal.refused = True
    yield LOUD
    play.portal.refused = False
    yield WHOLE


@scenario()
def no_greeting(play: Play) -> Iterator[str]:
    """A server that hangs up without a word is told."""
    yield WHOLE
    play.portal.silent = True
    play.portal.add()
    yield LOUD
    play.portal.silent = False
    yield WHOLE


@scenario()
def one_name_two_senders(play: Play) -> Iterator[str]:
    """Two people's mails with one Message-ID are two complaints."""
    play.portal.add(7, sender="orang-lain")
    yield WHOLE
    yield WHOLE


@scenario()
def the_same_mail_again(play: Play) -> Iterator[str]:
    """A mail that a server delivers twice is one complaint."""
    play.portal.mails[play.portal.add(12)] = play.portal.mails[12]
    yield WHOLE
    yield WHOLE
