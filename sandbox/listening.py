"""A free loopback port, or a socket file, whose every connection gets a thread: what all make-believe lines stand on."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that breaks a connection off instead of ending it."""


class Listening:
    """Takes connections and hands each to `_meet` in a thread; usable as a context manager."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: listen on PostgreSQL's socket file in it; without one on a free port of 127.0.0.1."""
        self._file = folder / ".s.PGSQL.5432" if folder else None
        self._over = threading.Event()
        self._lock = threading.RLock()
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._listener: socket.socket | None = None
        self._port = 0
        self.up()

    @property
    def port(self) -> int:
        """The port of 127.0.0.1; the same after `down` and `up`."""
        return self._port

    @property
    def url(self) -> str:
        """The base URL to use instead of the counterpart's own."""
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Listen; nothing happens where it listens already."""
        if self._listener is not None:
            return
        if self._file:
            self._file.unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._file))
            self._file.chmod(0o777)
            self._listener.listen(128)
        else:
            self._listener = socket.create_server(("127.0.0.1", self._port), backlog=128)
            self._port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def down(self) -> None:
        """Listen no more: whoever calls is refused, and what was under way breaks off."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Break off every connection."""
        with self._lock:
            broken = list(self._open)
        for one in broken:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Break everything off; returns when all threads have ended."""
        self._over.set()
        self.down()
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(10)
        if self._file:
            self._file.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # for those who stand on it -----------------------------------------------------------------------------------------

    def _meet(self, near: socket.socket) -> None:
        """One connection, until it ends; it is closed afterwards."""
        raise NotImplementedError

    def _joined(self, make: Callable[[], socket.socket]) -> socket.socket:
        """A connection of our own that breaks off with the others; raises OSError."""
        made = make()
        with self._lock:
            self._open.add(made)
        return made

    def _left(self, *gone: socket.socket) -> None:
        with self._lock:
            self._open -= set(gone)
        for one in gone:
            with suppress(OSError):
                one.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        def kept() -> None:
            try:
                with suppress(OSError):
                    work(*arguments)
            finally:
                with self._lock:
                    self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=kept, name="sandbox-line", daemon=True)
        with self._lock:
            self._threads.add(thread)
        thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        while not self._over.is_set():
            near, _ = listener.accept()
            with self._lock:
                self._open.add(near)
            self._start(self._met, near)

    def _met(self, near: socket.socket) -> None:
        try:
            self._meet(near)
        finally:
            self._left(near)


def reset(connection: socket.socket) -> None:
    """Break a connection off: its peer reads a reset instead of an end."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


def until_gone(connection: socket.socket, seconds: float) -> bool:
    """Wait until the peer has gone, at most so long; what it still says is thrown away."""
    with suppress(OSError):
        while select.select([connection], [], [], seconds)[0]:
            if not connection.recv(65536):
                return True
        return False
    return True
