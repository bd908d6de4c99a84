"""A poor line between the hub and a counterpart: slow in both directions, cut every few seconds, every byte counted."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_CHUNK = 512
"""Bytes that go through at once: a fraction of a second on the slowest line."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that breaks a connection off instead of ending it."""


class Bucket:
    """So many bytes a second and no more, shared by all connections of one direction."""

    def __init__(self, rate: float, monotonic: Callable[[], float], wait: Callable[[float], object]) -> None:
        """`rate`: bytes a second; `wait`: waits so many seconds, or shorter where the line ends."""
        self._rate, self._monotonic, self._wait = rate, monotonic, wait
        self._free_at = monotonic()
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Return when `count` bytes may have gone through."""
        with self._lock:
            now = self._monotonic()
            self._free_at = max(self._free_at, now) + count / self._rate
            seconds = self._free_at - now
        self._wait(seconds)


class SlowLink:
    """A TCP proxy on a free loopback port; bytes are those of TCP's payload, without headers of IP and TCP."""

    def __init__(
        self,
        target: tuple[str, int],
        *,
        rate: float,
        cut_every: float | None = None,
        dark: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`rate`: bytes a second in each direction; every `cut_every` seconds all breaks off, for `dark` seconds.

        Without `cut_every` nothing breaks but by `cut`.
        """
        self._target, self._cut_every, self._dark = target, cut_every, dark
        self._over, self._light = threading.Event(), threading.Event()
        self._light.set()
        self._up = Bucket(rate, monotonic, self._over.wait)
        self._down = Bucket(rate, monotonic, self._over.wait)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.sent = self.received = self.cuts = self.connections = 0

    @property
    def url(self) -> str:
        """The base URL to use instead of the counterpart's own."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def wire(self) -> int:
        """Bytes that went through, both ways together."""
        return self.sent + self.received

    def wait_for_light(self, seconds: float) -> bool:
        """Return when the line is up again, at the latest after so many seconds."""
        return self._light.wait(seconds)

    def start(self) -> None:
        """Take connections."""
        self._thread(self._take)
        if self._cut_every is not None:
            self._thread(self._cut_by_the_clock, self._cut_every)

    def cut(self) -> None:
        """Break all connections off, and take none while it is dark."""
        self._light.clear()
        with self._lock:
            self.cuts += bool(self._open)
        self._break()
        self._over.wait(self._dark)
        self._light.set()

    def end(self) -> None:
        """Break everything off; returns when all threads have ended."""
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._threads[0].join(10)  # whatever it still took is in the set by now
        self._break()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    def _thread(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="sandbox-slow-link", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _take(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._light.is_set() or not self._joined(near):
                _reset(near)

    def _joined(self, near: socket.socket) -> bool:
        try:
            far = socket.create_connection(self._target, timeout=10)
        except OSError:
            return False
        far.settimeout(None)
        with self._lock:
            self.connections += 1
            self._open |= {near, far}
        self._thread(self._pump, near, far, self._up, "sent")
        self._thread(self._pump, far, near, self._down, "received")
        return True

    def _pump(self, source: socket.socket, sink: socket.socket, bucket: Bucket, direction: str) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                bucket.take(len(chunk))
                sink.sendall(chunk)
                with self._lock:
                    setattr(self, direction, getattr(self, direction) + len(chunk))
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes the other direction
        with self._lock:
            mine = self._open & {source}
            self._open -= mine
        if mine:
            _reset(source)

    def _cut_by_the_clock(self, every: float) -> None:
        while not self._over.wait(every):
            self.cut()

    def _break(self) -> None:
        with self._lock:
            broken = list(self._open)
        for one in broken:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    connection.close()


@contextmanager
def slow_link(url: str, *, rate: float, cut_every: float | None = None, dark: float = 0.0) -> Iterator[SlowLink]:
    """A poor line to the counterpart at this base URL (http, with a port) for the length of a block."""
    host, _, port = url.removeprefix("http://").partition(":")
    link = SlowLink((host, int(port)), rate=rate, cut_every=cut_every, dark=dark)
    link.start()
    try:
        yield link
    finally:
        link.end()
