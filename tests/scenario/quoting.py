"""A door in front of a counterpart that now and then fails, and quotes in its answer whatever it was told."""

from __future__ import annotations

import base64
import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

FAULTS = (500, 400, 401, 403, 404, 409, 422, 429, 503, 302, 200)
"""What a quoting answer calls itself; 200 is a page where JSON was expected."""


@dataclass(slots=True)
class Quoting:
    """`every`: each so-manieth request is answered by quoting it, 0 for none, 1 for all; the others pass to `target`."""

    target: str
    url: str = ""
    every: int = 0
    quoted: int = 0
    numbers: Iterator[int] = field(default_factory=count)

    def turn(self) -> int | None:
        """The status of a quoting answer, or None where the request may pass."""
        number = next(self.numbers)
        if not self.every or number % self.every:
            return None
        self.quoted += 1
        return FAULTS[self.quoted % len(FAULTS)]


@contextmanager
def quoting(target: str) -> Iterator[Quoting]:
    """A door on a free port of the loopback for as long as the block runs."""
    door = Quoting(target)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(door))
    server.daemon_threads = True
    door.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield door
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(door: Quoting) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body leave in two pieces, and 40 ms apart with it

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = door.turn()
            with suppress(ConnectionError):  # whoever asked has gone
                if status is None:
                    _pass_on(self, door.target, body)
                else:
                    _quote(self, status, body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815  # names of http.server

        def log_message(self, *_: Any) -> None:
            """A counterpart's own log is not the hub's."""

    return Handler


def _quote(asked: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    head = f"{asked.command} {asked.path}\n{asked.headers}"
    said = head.encode("latin-1", "replace") + b"\n" + body
    page = b"<html><pre>" + said + b"</pre>" + quote(said).encode() + b"\n" + base64.b64encode(said)
    key = asked.headers.get("Authorization") or asked.headers.get("token") or "-"
    asked.send_response(status, f"No {key}")
    asked.send_header("WWW-Authenticate", f'Bearer realm="{key}"')
    asked.send_header("X-Error", key)
    if status == 302:
        asked.send_header("Location", f"/masuk?kunci={quote(key)}")
    asked.send_header("Content-Type", "text/html")
    asked.send_header("Content-Length", str(len(page)))
    asked.end_headers()
    asked.wfile.write(page)


def _pass_on(asked: BaseHTTPRequestHandler, target: str, body: bytes) -> None:
    headers = {name: value for name, value in asked.headers.items() if name.lower() not in ("host", "connection")}
    with closing(http.client.HTTPConnection(urlsplit(target).netloc, timeout=30)) as there:
        there.request(asked.command, asked.path, body, headers)
        answer = there.getresponse()
        content = answer.read()
    asked.send_response(answer.status)
    for name, value in answer.getheaders():
        if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
            asked.send_header(name, value)
    asked.send_header("Content-Length", str(len(content)))
    asked.end_headers()
    if asked.command != "HEAD":
        asked.wfile.write(content)
