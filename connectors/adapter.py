"""HTTP connections that are opened by the dialler and held to the deadline of their call."""

from __future__ import annotations

import io
import math
import socket
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.net import Dial
from connectors.trust import Tls


class Wire:
    """What one call may still do on its connection, and whether it has sent anything; for one thread."""

    def __init__(self, dial: Dial, monotonic: Callable[[], float]) -> None:
        self.dial, self._monotonic, self.sent, self._deadline = dial, monotonic, False, 0.0
        self._budget: float = math.inf
        self._last = -math.inf
        self._sock: socket.socket | None = None
        self._over = False

    def cut(self) -> None:
        """End whatever is under way on this wire, for good; called from another thread."""
        self._over, self._deadline = True, -math.inf
        if self._sock is not None:
            with suppress(OSError):  # it may be closed already
                self._sock.shutdown(socket.SHUT_RDWR)

    def begin(self, timeout: float, budget: float = math.inf) -> None:
        """A new call of at most `timeout` seconds and, where given, at most `budget` bytes received."""
        self.sent, self._deadline, self._budget = False, self._monotonic() + timeout, budget

    def allow(self, budget: float) -> None:
        """Let the other side send `budget` more bytes within the same call."""
        self._budget = budget

    def spend(self, count: int) -> None:
        """Count received bytes; raises OSError where the other side sends more than the call allows."""
        self._budget -= count
        if self._budget < 0:
            raise OSError("more bytes than allowed")

    def left(self) -> float:
        """Seconds until the call is over."""
        return -math.inf if self._over else self._deadline - self._monotonic()

    def idle(self) -> float:
        """Seconds since a connection of this wire was last used."""
        return self._monotonic() - self._last

    def tighten(self, sock: socket.socket) -> None:
        """Let the next operation on a socket wait no longer than the call may; a slow drip resets no clock."""
        self._last, self._sock = self._monotonic(), sock
        if self.left() <= 0:
            raise TimeoutError
        sock.settimeout(self.left())


class Adapter(HTTPAdapter):
    """An adapter whose pools open every connection through the dialler."""

    def __init__(self, wire: Wire, tls: Tls | None = None) -> None:
        self._wire, self._tls = wire, tls
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._wire, self._tls)


def _pools(wire: Wire, tls: Tls | None) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(_Dialled, HTTPConnection):
        _wire = wire

    class Secure(_Dialled, HTTPSConnection):
        _wire = wire

        def connect(self) -> None:
            if tls is not None:  # at the call, so that a missing file is told where errors of the channel are told
                self.ssl_context = tls()
            super().connect()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Dialled:
    """Mixed into urllib3's connections: dials, notes the first byte sent, and reads against the call's deadline."""

    _wire: Wire
    _dns_host: str
    port: int
    sock: Any
    response_class: Any = property(lambda self: self._answer)

    def _new_conn(self) -> socket.socket:
        left = self._wire.left()
        if left <= 0:
            raise TimeoutError
        return self._wire.dial(self._dns_host, self.port, min(left, 30.0))

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        self._wire.tighten(self.sock)
        self._wire.sent = True  # from here on nobody can say that nothing was done
        super().send(data)  # type: ignore[misc]

    def _answer(self, sock: Any, *args: Any, **kwargs: Any) -> HTTPResponse:
        return HTTPResponse(_Reads(self._wire, sock), *args, **kwargs)  # type: ignore[arg-type]


class _Reads:
    """A socket as http.client sees it: it only makes a file of it."""

    def __init__(self, wire: Wire, sock: Any) -> None:
        self._wire, self._sock = wire, sock

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(Timed(self._wire, self._sock))


class Timed(io.RawIOBase):
    """The reading half of a socket, for io.BufferedReader: waits no longer than the call may, and counts its bytes."""

    def __init__(self, wire: Wire, sock: Any) -> None:
        self._wire, self._sock, self._raw = wire, sock, sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._wire.tighten(self._sock)
        count: int | None = self._raw.readinto(buffer)
        self._wire.spend(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
