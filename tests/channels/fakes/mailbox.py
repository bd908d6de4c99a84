"""A mailbox that speaks as much IMAP and SMTP as a test needs, and misbehaves where it is told to."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import BinaryIO

_DATE = b'"22-Nov-2026 08:00:00 +0700"'


@dataclass
class Box:
    """Mails by UID, and the faults: `cut_at` ends the connection when that UID's bytes are asked for."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    password: str = "sandi-rahasia-99"
    folders: tuple[bytes, ...] = (b'"INBOX"',)
    cut_at: int | None = None
    hidden: set[int] = field(default_factory=set)
    sizes: dict[int, int] = field(default_factory=dict)
    refuses: dict[bytes, bytes] = field(default_factory=dict)
    """The NO to a command, by its name."""
    said: list[bytes] = field(default_factory=list)
    port: int = 0

    def fetch(self, uid: int, what: bytes) -> bytes:
        """The line of one mail: its size and date, or its bytes."""
        raw = self.mails[uid]
        if b"BODY" not in what:
            size = self.sizes.get(uid, len(raw))
            return b"* 1 FETCH (UID %d RFC822.SIZE %d INTERNALDATE %s)\r\n" % (uid, size, _DATE)
        if uid == self.cut_at:
            raise ConnectionError
        if b"HEADER" in what:
            raw = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, len(raw), raw)


@contextmanager
def imap(box: Box) -> Iterator[Box]:
    """Serve a box on a free loopback port."""

    def talk(read: BinaryIO, write: BinaryIO) -> None:
        write.write(b"* OK ready\r\n")
        for line in read:
            box.said.append(line)
            tag, _, rest = line.strip().partition(b" ")
            answer = _answer(box, rest)
            write.write(tag + answer if answer.startswith(b" NO") else answer + tag + b" OK done\r\n")

    with _served(talk) as port:
        box.port = port
        yield box


def _answer(box: Box, line: bytes) -> bytes:
    command = line.split(b" ")[0].upper()
    if command in box.refuses:
        return b" NO %b\r\n" % box.refuses[command]
    if command == b"CAPABILITY":
        return b"* CAPABILITY IMAP4rev1\r\n"
    if command == b"LOGIN":
        return b"" if box.password.encode() in line else b" NO rahasia salah\r\n"
    if command == b"EXAMINE":
        known = line.split(b" ", 1)[1] in box.folders
        return (
            b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n" % (len(box.mails), box.validity)
            if known
            else b" NO no such folder\r\n"
        )
    if command == b"UID":
        return _uid(box, line)
    return b"* BYE\r\n" if command == b"LOGOUT" else b""


def _uid(box: Box, line: bytes) -> bytes:
    if b"SEARCH" in line:
        first = int(line.split(b"UID ")[-1].partition(b":")[0])
        found = [uid for uid in sorted(box.mails) if uid >= first] or sorted(box.mails)[-1:]
        return b"* SEARCH" + b"".join(b" %d" % uid for uid in found) + b"\r\n"
    _, _, uids, what = line.split(b" ", 3)
    return b"".join(box.fetch(int(uid), what) for uid in uids.split(b",") if int(uid) not in box.hidden)


@dataclass
class Post:
    """What an SMTP server took, and where it fails: a code for a command, 0 cuts the connection."""

    fails: dict[str, int] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    port: int = 0


@contextmanager
def smtp(post: Post) -> Iterator[Post]:
    """Serve a post office on a free loopback port."""

    def talk(read: BinaryIO, write: BinaryIO) -> None:
        write.write(b"220 ready\r\n")
        for line in read:
            post.said.append(line)
            command = re.sub(rb"[^A-Z].*", b"", line.strip().upper(), flags=re.DOTALL).decode()
            code = post.fails.get(command, 354 if command == "DATA" else 235 if command == "AUTH" else 250)
            if code == 354:
                write.write(b"354 go\r\n")
                code = _data(read, post)
            if code == 0:
                return
            write.write(b"250-ok\r\n250 AUTH PLAIN\r\n" if command == "EHLO" else b"%d said\r\n" % code)

    with _served(talk) as port:
        post.port = port
        yield post


def _data(read: BinaryIO, post: Post) -> int:
    lines = []
    while (line := read.readline()) not in (b".\r\n", b""):
        lines.append(line)
    post.taken.append(b"".join(lines))
    return post.fails.get("END", 250)


@contextmanager
def _served(talk: Callable[[BinaryIO, BinaryIO], None]) -> Iterator[int]:
    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                talk(self.rfile, self.wfile)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
