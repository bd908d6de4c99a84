"""A small web server on a free loopback port that answers what a test tells it, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    port: int = 0
    """The port of the other side, which tells connections apart."""


Answer = tuple[int, Mapping[str, str], bytes]


@dataclass
class Web:
    """A running server: its address, its requests in order, and the function that answers them."""

    answer: Callable[[Asked], Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


def json_page(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer of JSON bytes."""
    return status, {"Content-Type": "application/json", **headers}, body


@contextmanager
def serve(answer: Callable[[Asked], Answer]) -> Iterator[Web]:
    """Run a server for the time of a `with`; an answer with status 0 cuts the connection without a word."""
    web = Web(answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _requests(web))
    server.daemon_threads = True
    web.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _requests(web: Web) -> type[BaseHTTPRequestHandler]:
    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 64 * 1024

        def _any(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items())
            port = self.client_address[1]
            asked = Asked(method=self.command, path=parts.path, query=query, headers=headers, body=body, port=port)
            web.asked.append(asked)
            status, headers, content = web.answer(asked)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = _any  # noqa: N815  # names that http.server looks for

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Requests
