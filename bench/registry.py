"""The registry that bench/forward sends to: it says yes to everything, in a process of its own, so that its CPU is nobody's."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psutil

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where it is, and the process that serves it."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """CPU seconds that it has used so far."""
        return sum(self.process.cpu_times()[:2])


class Answers(asyncio.Protocol):
    """Reads requests by their Content-Length and answers each after `latency` seconds."""

    numbers = count(9_000_001)

    def __init__(self, latency: float) -> None:
        self._latency, self._buffer = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of a request, or the end of one."""
        self._buffer += data
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if not blank or len(rest) < size:
            return
        self._buffer = rest[size:]
        asyncio.get_running_loop().call_later(self._latency, self._answer, head)

    def _answer(self, head: bytes) -> None:
        creates = head.startswith(b"POST /complaints/complaint ")
        body = b'{"complaint_id": %d, "success": true}' % next(self.numbers) if creates else b'{"success": true}'
        ends = CLOSE.search(head) is not None
        heads = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b\r\n" % (
            len(body),
            b"Connection: close\r\n" if ends else b"",
        )
        self._transport.write(heads + body)  # type: ignore[attr-defined]
        if ends:
            self._transport.close()


@contextmanager
def registry(latency: float) -> Iterator[Registry]:
    """A registry whose answers take so many seconds, as long as the block runs."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.bind(("127.0.0.1", 0))
        door.listen(256)
        child = os.fork()
        if child == 0:
            asyncio.run(_serve(latency, door))
            os._exit(0)
        try:
            yield Registry(url=f"http://127.0.0.1:{door.getsockname()[1]}", process=psutil.Process(child))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


async def _serve(latency: float, door: socket.socket) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Answers(latency), sock=door)
    await server.serve_forever()
