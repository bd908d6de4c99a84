"""A small web server that can break every rule of HTTP: it sends the bytes it is given, in the pieces it is given."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
JSON = "application/json"
OURS = "satupintu"
"""How the hub's requests call themselves."""
TRAP = "/jebakan"
"""Where links lead that nobody may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One GET as it came in."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes over the wire, byte for byte: the pieces, the seconds between them, and whether it hangs up after."""

    pieces: tuple[bytes, ...]
    pause: float = 0.0
    hang_up: bool = False


Answers = Callable[[Asked], Answer]


def answer(status: int, body: bytes, kind: str = JSON, headers: Mapping[str, str] | None = None) -> Answer:
    """An honest answer with its length."""
    return Answer(
        pieces=(head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}), body)
    )


def altered(said: Answer, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An honest answer with another body, its own header fields kept."""
    first, *lines = said.pieces[0].decode("latin-1").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if line and not line.startswith("Content-"))
    return answer(int(first.split()[1]), body, headers={**fields, **(headers or {})})


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """A status line and header fields; a value of several lines becomes as many fields."""
    lines = [f"{name}: {one}" for name, value in headers.items() for one in value.split("\n")]
    return "\r\n".join([f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *lines, "", ""]).encode("latin-1")


@dataclass(slots=True)
class Web:
    """A running server: its address, and who answers below which first part of a path."""

    url: str = ""
    places: dict[str, Answers] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    """Paths that a connector asked for and was not meant to; what another program asks a port that was once its own is
    not counted."""

    def answer(self, asked: Asked) -> Answer:
        """What the place says that the path begins with; 404 elsewhere."""
        place = self.places.get(asked.path.split("/")[1])
        if place is None:
            if asked.path.startswith(TRAP) or asked.headers.get("user-agent") == OURS:
                self.strangers.append(asked.path)
            return answer(404, b"{}")
        return place(asked)


@contextmanager
def served() -> Iterator[Web]:
    """Run a server on a free loopback port for the length of a block."""
    web = Web()
    with socketserver.ThreadingTCPServer((HOST, 0), _talk(web)) as server:
        server.daemon_threads, server.block_on_close = True, False
        web.url = f"http://{HOST}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()


def _talk(web: Web) -> type[socketserver.StreamRequestHandler]:
    class Talk(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True
        timeout = 30

        def handle(self) -> None:
            with suppress(OSError, ValueError):
                while self._one():
                    pass

        def _one(self) -> bool:
            line = self.rfile.readline(65536).split()
            if len(line) != 3:
                return False
            headers: dict[str, str] = {}
            while (field := self.rfile.readline(65536).strip()) and len(headers) < 200:
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            parts = urlsplit(line[1].decode("latin-1"))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            said = web.answer(Asked(path=parts.path, query=query, headers=headers))
            self._send(said)
            return not said.hang_up

        def _send(self, said: Answer) -> None:
            if not said.pause:
                self.wfile.write(b"".join(said.pieces))
                return
            for piece in said.pieces:
                self.wfile.write(piece)
                time.sleep(said.pause)

    return Talk
