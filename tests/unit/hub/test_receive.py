"""The receiver as a web server: sizes, times and rates are held before anything is read, and nobody learns anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import uvicorn

from hub.receive import BURST, RATE, Bucket, Limits, app
from hub.receiving import KEPT, NOBODY, Told


@dataclass
class Stub:
    """A receiver that takes everything for one name."""

    doors: dict[str, Any] = field(default_factory=lambda: {"kanal": None})
    taken: list[bytes] = field(default_factory=list)
    drained: threading.Event = field(default_factory=threading.Event)

    def take(self, name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Told:
        """As the real one."""
        if name not in self.doors:
            return NOBODY
        self.taken.append(body)
        return KEPT

    def greet(self, name: str, query: Mapping[str, str]) -> Told:
        """As the real one."""
        return Told(status=200, code="greeted", text=query.get("hub.challenge", ""))

    def drain(self) -> int:
        """As the real one."""
        self.drained.set()
        return 0

    def count_refused(self) -> None:
        """Never works."""
        raise ZeroDivisionError


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def port(stub: Stub) -> Iterator[int]:
    """The app on a free port, with short patience."""
    limits = Limits(biggest=1000, seconds=0.3, round=0.05)
    server = uvicorn.Server(
        uvicorn.Config(app(stub, renew=lambda: None, limits=limits), log_level="critical")  # type: ignore[arg-type]
    )
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        thread.start()
        yield own.getsockname()[1]
        server.should_exit = True
        thread.join()


def raw(port: int, text: str) -> bytes:
    """What is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as own:
        own.sendall(text.encode())
        return own.recv(500)


HEAD = "POST /in/kanal HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"{HEAD}Content-Length: 100\r\n\r\nx", b" 408 "),
        (f"{HEAD}Content-Length: 1001\r\n\r\n", b" 413 "),
        (f"{HEAD}Content-Length: -1\r\n\r\n", b" 4"),
        (f"{HEAD}Transfer-Encoding: chunked\r\n\r\n400\r\n{'x' * 1024}\r\n0\r\n\r\n", b" 413 "),
        (f"{HEAD}Content-Length: 2\r\n\r\n{{}}", b" 200 "),
        ("POST /in/lain HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b" 404 "),
        ("PUT /in/kanal HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b" 405 "),
        ("GET /docs HTTP/1.1\r\nHost: x\r\n\r\n", b" 404 "),
    ],
)
def test_each_request_ends_soon_with_a_status(port: int, stub: Stub, text: str, status: bytes) -> None:
    """Slow, large, strange: answered within the limits; only what is whole is taken."""
    assert status in raw(port, text).partition(b"\r\n")[0]
    assert stub.taken == ([b"{}"] if status == b" 200 " else [])


def test_a_handshake_is_answered_as_text(port: int) -> None:
    """What is given back is never a page that a browser would run."""
    said = requests.get(f"http://127.0.0.1:{port}/in/kanal?hub.challenge=<script>", timeout=10)
    assert said.text == "<script>" and said.headers["content-type"].startswith("text/plain")
    assert said.headers["x-content-type-options"] == "nosniff"


def test_chores_go_on_whatever_one_of_them_meets(port: int, stub: Stub) -> None:
    """The spool is looked at again and again, also when another chore fails each time."""
    for _ in range(2):
        stub.drained.clear()
        assert stub.drained.wait(10)


def test_a_flood_of_one_channel_is_put_off() -> None:
    """So many at once, then so many a second; a pause fills up again."""
    bucket = Bucket()
    assert sum(bucket.taken(100.0) for _ in range(2 * BURST)) == BURST
    assert sum(bucket.taken(101.0) for _ in range(2 * BURST)) == int(RATE)
    assert sum(bucket.taken(200.0) for _ in range(2 * BURST)) == BURST
