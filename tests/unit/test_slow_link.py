"""The poor line of the sandbox is as poor as it says, and leaves nothing behind."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sandbox.slow_link import Bucket, SlowLink, slow_link


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Give back whatever comes."""
        while chunk := self.request.recv(4096):
            self.request.sendall(chunk)


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a server that repeats what it is told."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def dialled(link: SlowLink) -> socket.socket:
    """A connection through the line."""
    host, _, port = link.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_a_line_carries_so_many_bytes_a_second() -> None:
    """Whatever the size of the pieces and however many connections share it, time is bytes by rate."""
    now = [100.0]
    bucket = Bucket(8000, lambda: now[0], lambda seconds: now.__setitem__(0, now[0] + seconds))
    for piece in (1, 512, 3000, 487, 4000):
        bucket.take(piece)
    assert now[0] == pytest.approx(101.0)
    now[0] += 60  # an idle minute saves nothing up
    bucket.take(8000)
    assert now[0] == pytest.approx(162.0)


def test_every_byte_is_counted_in_both_directions(echo: str) -> None:
    """What the report calls bytes on the wire is what went through, up and down."""
    with slow_link(echo, rate=1e6) as link, dialled(link) as line:
        line.sendall(b"x" * 5000)
        got = b""
        while len(got) < 5000:
            got += line.recv(4096)
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert (link.sent, link.received, link.wire, link.connections) == (5000, 5000, 10_000, 1)


def rest_of(line: socket.socket) -> int:
    """How many bytes still come before the line breaks off, or ends."""
    got = 0
    with suppress(ConnectionError):
        while chunk := line.recv(4096):
            got += len(chunk)
    return got


def test_a_cut_breaks_everything_off_and_the_line_comes_back(echo: str) -> None:
    """All connections end in the middle of what they carry, and after it all is as before."""
    with slow_link(echo, rate=20_000, dark=0.01) as link:
        with dialled(link) as line:
            line.sendall(b"x" * 20_000)
            assert line.recv(1) == b"x"
            link.cut()
            assert rest_of(line) < 19_999
        assert link.cuts == 1 and link.wait_for_light(5)
        with dialled(link) as line:
            line.sendall(b"still there")
            assert line.recv(11) == b"still there"


def test_a_line_is_cut_by_the_clock(echo: str) -> None:
    """Nothing has to be done for it: every so many seconds whatever is open breaks off."""
    with slow_link(echo, rate=1000, cut_every=0.1) as link, dialled(link) as line:
        line.sendall(b"x" * 10_000)
        assert rest_of(line) < 10_000 and link.cuts >= 1


def test_the_line_ends_with_its_block(echo: str) -> None:
    """No thread and no open connection is left, also in the middle of a slow answer."""
    before = threading.active_count()
    began = time.monotonic()
    with slow_link(echo, rate=10) as link, dialled(link) as line:
        line.sendall(b"x" * 10_000)
    assert not [thread for thread in threading.enumerate() if thread.name == "sandbox-slow-link"]
    assert threading.active_count() <= before + 1 and time.monotonic() - began < 10
