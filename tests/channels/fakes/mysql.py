"""A database that speaks as much of MySQL's protocol as a test needs, over SQLite, and misbehaves where it is told to."""

from __future__ import annotations

import hashlib
import re
import socketserver
import sqlite3
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO

_SALT = b"abcdefghijklmnopqrst"
_CAN = 0x1 | 0x2 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x20000 | 0x80000
_STATUS = 2 | 512
"""Autocommit, and no backslashes in strings, of which SQLite knows nothing either."""
_TEXT, _WHOLE, _BLOB, _LONG_BLOB = (253, 45, 1000), (8, 63, 20), (252, 63, 65_535), (251, 63, 2**32 - 1)
_WORDS = {"no such table": 1146, "no such column": 1054, "readonly": 1792, "UNIQUE": 1062}


@dataclass
class Base:
    """Tables in memory, and the faults."""

    password: str = "sandi-basis-rahasia"
    greeting: bytes | None = None
    """Sent instead of a greeting."""
    asks_clear: bool = False
    """Asks for the password in the open."""
    cut_at: int | None = None
    """The connection ends in the middle of the answer to this question, counted over all connections."""
    silent_at: int | None = None
    """This question is never answered."""
    flood: bool = False
    """Rows are sent for ever."""
    wrong: bytes | None = None
    """Sent instead of every value of a row."""
    asked: list[str] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    """What was sent for a password."""
    port: int = 0
    tables: sqlite3.Connection = field(
        default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    )
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """The owner's statements; what the last one answers."""
        with self.lock:
            return [self.tables.execute(one).fetchall() for one in statements][-1]

    def kinds(self) -> dict[str, tuple[int, int, int]]:
        """The type of each column by its name."""
        found = {}
        for (table,) in self.tables.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in self.tables.execute(f"PRAGMA table_info({table})").fetchall():
                known = {"INT": _WHOLE, "BLO": _BLOB, "LON": _LONG_BLOB}
                found[row[1]] = known.get(row[2][:3].upper(), _TEXT)
        return found


@contextmanager
def mysql(base: Base) -> Iterator[Base]:
    """Serve a base on a free loopback port."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                _talk(base, self.rfile, self.wfile)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads, server.block_on_close = True, False
        base.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield base
        finally:
            base.over.set()
            server.shutdown()
            thread.join()
            base.tables.close()


def _talk(base: Base, read: BinaryIO, write: BinaryIO) -> None:
    low, high = struct.pack("<I", _CAN)[:2], struct.pack("<I", _CAN)[2:]
    greeting = (
        b"\x0a10.11.0-tiruan\0" + struct.pack("<I", 7) + _SALT[:8] + b"\0" + low + b"\x2d" + struct.pack("<H", _STATUS)
        + high + b"\x15" + bytes(10) + _SALT[8:] + b"\0mysql_native_password\0"
    )  # fmt: skip
    if base.greeting is not None:
        write.write(base.greeting)
        return
    _send(write, 0, greeting)
    number, told = _packet(read)
    user, _, rest = told[32:].partition(b"\0")
    given = rest[1 : 1 + rest[0]]
    if base.asks_clear:
        _send(write, number + 1, b"\xfemysql_clear_password\0")
        number, given = _packet(read)
        base.heard.append(given)
    elif given != _scrambled(base.password):
        _send(write, number + 1, _error(1045, "Access denied for user " + user.decode() + base.password))
        return
    _send(write, number + 1, _ok())
    while True:
        number, told = _packet(read)
        if told[:1] != b"\x03":
            return
        base.asked.append(told[1:].decode())
        place = len(base.asked)
        if base.silent_at == place:
            base.over.wait(30)
            return
        packets = _answer(base, base.asked[-1])
        if base.cut_at == place:
            write.write(b"".join(_framed(number + 1 + n, one) for n, one in enumerate(packets))[:-9])
            return
        write.write(b"".join(_framed(number + 1 + n, one) for n, one in enumerate(packets)))
        n = len(packets)
        while base.flood and n > 2:
            write.write(_framed(n, b"\xfd" + struct.pack("<I", 1 << 20)[:3] + b"x" * (1 << 20)))


def _answer(base: Base, sql: str) -> Sequence[bytes]:
    if re.match("(SET|START|COMMIT|ROLLBACK)\\b", sql):
        return [_ok()]
    try:
        with base.lock:
            done = base.tables.execute(sql)
            names = [one[0] for one in done.description or ()]
            rows, known = done.fetchall(), base.kinds()
    except sqlite3.Error as error:
        number = next((code for words, code in _WORDS.items() if words in str(error)), 1064)
        return [_error(number, f"{error} in {sql}")]
    if not names:
        return [_ok()]
    end = b"\xfe" + struct.pack("<HH", 0, _STATUS)
    columns = [_column(name, known.get(name) or _guessed(rows, place)) for place, name in enumerate(names)]
    values = [b"".join(_value(base, one) for one in row) for row in rows]
    full = [bytes([len(columns)]), *columns, end, *values]
    return full if base.flood and values else [*full, end]


def _guessed(rows: Sequence[Sequence[Any]], place: int) -> tuple[int, int, int]:
    value = next((row[place] for row in rows if row[place] is not None), None)
    return _WHOLE if isinstance(value, int) else _BLOB if isinstance(value, bytes) else _TEXT


def _column(name: str, kind: tuple[int, int, int]) -> bytes:
    code, charset, length = kind
    words = b"".join(_string(one) for one in (b"def", b"", b"", b"", name.encode(), name.encode()))
    return words + b"\x0c" + struct.pack("<HIBHB", charset, length, code, 0, 0) + b"\0\0"


def _value(base: Base, value: Any) -> bytes:
    if value is None:
        return b"\xfb"
    raw = value if isinstance(value, bytes) else str(value).encode()
    return _string(base.wrong if base.wrong is not None else raw)


def _string(raw: bytes) -> bytes:
    if len(raw) < 251:
        return bytes([len(raw)]) + raw
    return b"\xfd" + struct.pack("<I", len(raw))[:3] + raw


def _ok() -> bytes:
    return b"\0\0\0" + struct.pack("<HH", _STATUS, 0)


def _error(number: int, words: str) -> bytes:
    return b"\xff" + struct.pack("<H", number) + b"#HY000" + words.encode()


def _scrambled(password: str) -> bytes:
    one = hashlib.sha1(password.encode()).digest()
    two = hashlib.sha1(_SALT + hashlib.sha1(one).digest()).digest()
    return bytes(a ^ b for a, b in zip(one, two, strict=True))


def _packet(read: BinaryIO) -> tuple[int, bytes]:
    head = read.read(4)
    if len(head) < 4:
        raise ConnectionError
    return head[3], read.read(int.from_bytes(head[:3], "little"))


def _framed(number: int, told: bytes) -> bytes:
    return len(told).to_bytes(3, "little") + bytes([number % 256]) + told


def _send(write: BinaryIO, number: int, told: bytes) -> None:
    write.write(_framed(number, told))
