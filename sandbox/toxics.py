"""A line of bytes in front of any counterpart, with the eight toxics of toxiproxy by their names."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sandbox.listening import Listening, reset, until_gone

TOXICS: Final = (
    "latency", "down", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data",
)  # fmt: skip
HARMLESS: Final = frozenset({"latency", "down", "bandwidth", "slow_close", "slicer"})
"""Slow or refused, but never in doubt; the other three leave the outcome of a call open."""
_PIECE: Final = 7
"""Bytes that the slicer lets through at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxic:
    """What befalls one connection, on the way from the counterpart to its caller; `down` is of the line as a whole."""

    name: str
    seconds: float = 0.05
    """latency: of each piece; slow_close: before the end; reset_peer: before the reset."""
    rate: float = 50_000.0
    """bandwidth: bytes a second."""
    data: int = 60
    """limit_data: bytes that go through."""


class Line(Listening):
    """A proxy for any protocol over TCP: `plan` says for each connection, by its number from 1, what befalls it."""

    def __init__(
        self,
        target: tuple[str, int],
        *,
        plan: Callable[[int], Toxic | None] = lambda number: None,
        patience: float = 30.0,
    ) -> None:
        """`patience`: seconds for which a timeout holds a connection whose caller does not give up."""
        self._target, self._patience, self.plan = target, patience, plan
        self.injected: Counter[str] = Counter()
        self.connections = 0
        super().__init__()

    def _meet(self, near: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            toxic = self.plan(self.connections)
            if toxic:
                self.injected[toxic.name] += 1
        far = self._joined(lambda: socket.create_connection(self._target, timeout=10))
        far.settimeout(None)
        back = self._start(self._back, far, near, toxic)
        try:
            self._forth(near, far)
            back.join(self._patience)
        finally:
            self._left(far)

    def _forth(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while chunk := near.recv(65536):
                far.sendall(chunk)
        with suppress(OSError):
            far.shutdown(socket.SHUT_WR)

    def _back(self, far: socket.socket, near: socket.socket, toxic: Toxic | None) -> None:
        left = toxic.data if toxic and toxic.name == "limit_data" else None
        with suppress(OSError):
            while chunk := far.recv(65536):
                if toxic and toxic.name in ("timeout", "reset_peer"):
                    self._broken(near, toxic)
                    return
                near_end = left is not None and len(chunk) >= left
                for piece in self._pieces(chunk[:left], toxic):
                    near.sendall(piece)
                if near_end:
                    break
                left = None if left is None else left - len(chunk)
            if toxic and toxic.name == "slow_close":
                self._over.wait(toxic.seconds)
        with suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)

    def _broken(self, near: socket.socket, toxic: Toxic) -> None:
        """The counterpart has answered and the caller never hears of it."""
        if toxic.name == "timeout":
            until_gone(near, self._patience)
            with suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
        else:
            self._over.wait(toxic.seconds)
            near.shutdown(socket.SHUT_RD)  # wakes whoever reads; a socket in use sends no reset
            reset(near)

    def _pieces(self, chunk: bytes, toxic: Toxic | None) -> list[bytes]:
        if toxic and toxic.name == "latency":
            self._over.wait(toxic.seconds)
        elif toxic and toxic.name == "bandwidth":
            self._over.wait(len(chunk) / toxic.rate)
        elif toxic and toxic.name == "slicer":
            return [chunk[at : at + _PIECE] for at in range(0, len(chunk), _PIECE)]
        return [chunk]
