"""A line in front of PostgreSQL that reads along: a test can strike at a named statement or at the COMMIT behind it."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.listening import Listening

CUT: Final = "cut"
"""The connection is lost before the server hears of it."""
CUT_AFTER: Final = "cut after"
"""The server does it, and the connection is lost before the client hears of it."""
SERIALIZATION: Final = "40001"
"""The server refuses: the transaction collided with another one."""
DISK_FULL: Final = "53100"
"""The server refuses: there is no room left."""
_WORDS = {SERIALIZATION: "could not serialize access", DISK_FULL: "could not extend file: No space left on device"}
_STARTUP_QUESTIONS = (80877103, 80877104)  # SSLRequest, GSSENCRequest: answered by one byte, then asked again

Watch = Callable[[str, Sequence[str]], str | None]


@dataclass(slots=True, kw_only=True)
class _Conversation:
    """One client and what it has said in its open transaction."""

    near: socket.socket
    far: socket.socket
    said: list[str] = field(default_factory=list)
    prepared: dict[str, str] = field(default_factory=dict)
    instead: bytes | None = None
    """The server's next answer is thrown away, and this is said."""
    cut_at_ready: bool = False
    answered: str | None = None
    """The statement whose answer is on its way, where somebody wants to know."""


class PostgresLine(Listening):
    """A proxy on a socket file: `watch(statement, statements before it in its transaction)` says what befalls it.

    It answers None, CUT, CUT_AFTER or the SQLSTATE with which it is refused. `done(statement)` is called when the server
    has answered a COMMIT and the client does not know it yet. Statements are those of the wire, with $1 for parameters.
    """

    def __init__(self, target: Path, folder: Path) -> None:
        """`target`: the server's own socket file; `folder`: where ours lies, to be used as host."""
        self._target = target
        self.watch: Watch = lambda sql, before: None
        self.done: Callable[[str, Sequence[str]], None] = lambda sql, before: None
        self.injected: Counter[str] = Counter()
        super().__init__(folder)

    def _meet(self, near: socket.socket) -> None:
        far = self._joined(lambda: socket.socket(socket.AF_UNIX))
        talk = _Conversation(near=near, far=far)
        try:
            far.connect(str(self._target))
            if not _introduced(talk):
                return
            back = self._start(self._back, talk)
            self._forth(talk)
            back.join(20)
        finally:
            self._left(far)

    def _forth(self, talk: _Conversation) -> None:
        batch = b""
        with suppress(OSError):
            while message := _typed(talk.near):
                batch += message
                kind = message[:1]
                if kind == b"P":
                    name, sql = message[5:].split(b"\0")[:2]
                    talk.prepared[name.decode()] = sql.decode("utf-8", "replace")
                if kind in b"PBDEC":  # the rest of them comes before a Sync
                    continue
                if not self._passed(talk, batch):
                    break
                batch = b""
        for one in (talk.far, talk.near):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _passed(self, talk: _Conversation, batch: bytes) -> bool:
        """Hand a batch on, or what befalls it instead; False where the connection is lost."""
        for sql in _statements(talk, batch):
            what = self.watch(sql, talk.said)
            if what is None:
                continue
            with self._lock:
                self.injected[what] += 1
            if what == CUT:
                return False
            if what != CUT_AFTER:
                self._refuse(talk, sql, what)
                return True
            talk.cut_at_ready = True
        self._remember(talk, batch)
        talk.far.sendall(batch)
        return True

    def _remember(self, talk: _Conversation, batch: bytes) -> None:
        for sql in _statements(talk, batch):
            if sql in ("COMMIT", "ROLLBACK"):
                talk.answered = sql
            else:
                talk.said.append(sql)

    def _refuse(self, talk: _Conversation, sql: str, state: str) -> None:
        """The server never hears of the statement; of a COMMIT it hears the opposite."""
        ending = sql == "COMMIT"
        error = f"SERROR\0VERROR\0C{state}\0M{_WORDS.get(state, 'refused')}\0\0".encode()
        status = b"I" if ending or not talk.said else b"E"
        words = b"E" + struct.pack(">I", len(error) + 4) + error + b"Z\0\0\0\5" + status
        if ending:
            talk.said.clear()
            talk.instead = words
            talk.far.sendall(b"Q" + struct.pack(">I", 13) + b"ROLLBACK\0")
        else:
            talk.near.sendall(words)

    def _back(self, talk: _Conversation) -> None:
        held = b""
        with suppress(OSError):
            while message := _typed(talk.far):
                held += message
                if message[:1] == b"Z":
                    if talk.cut_at_ready:
                        break
                    held = self._ready(talk, held)
                elif talk.instead is None and talk.answered is None and not talk.cut_at_ready:
                    talk.near.sendall(held)
                    held = b""
                    continue
                if message[:1] == b"Z":
                    talk.near.sendall(held)
                    held = b""
        for one in (talk.near, talk.far):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _ready(self, talk: _Conversation, held: bytes) -> bytes:
        if talk.instead is not None:
            held, talk.instead = talk.instead, None
        elif talk.answered is not None:
            sql, talk.answered, before = talk.answered, None, list(talk.said)
            talk.said.clear()
            self.done(sql, before)
        return held


def _introduced(talk: _Conversation) -> bool:
    """The untyped messages before the first typed one."""
    while True:
        head = _exactly(talk.near, 4)
        if not head:
            return False
        rest = _exactly(talk.near, struct.unpack(">I", head)[0] - 4)
        if struct.unpack(">I", rest[:4])[0] in _STARTUP_QUESTIONS:
            talk.near.sendall(b"N")
            continue
        talk.far.sendall(head + rest)
        return True


def _statements(talk: _Conversation, batch: bytes) -> list[str]:
    """The SQL of each query and each Bind of a batch of messages."""
    found, at = [], 0
    while at < len(batch):
        kind, (length,) = batch[at : at + 1], struct.unpack_from(">I", batch, at + 1)
        body = batch[at + 5 : at + 1 + length]
        if kind == b"Q":
            found.append(body.rstrip(b"\0").decode("utf-8", "replace").strip())
        elif kind == b"B":
            found.append(talk.prepared.get(body.split(b"\0", 2)[1].decode(), ""))
        at += 1 + length
    return found


def _typed(source: socket.socket) -> bytes:
    """One message with its type; empty at the end."""
    head = _exactly(source, 5)
    if not head:
        return b""
    return head + _exactly(source, struct.unpack(">I", head[1:])[0] - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    parts, left = [], count
    while left:
        more = source.recv(left)
        if not more:
            return b""
        parts.append(more)
        left -= len(more)
    return b"".join(parts)
