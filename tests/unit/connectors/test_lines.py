"""Requests on their way while an earlier answer is worked on: how many, on which connections, and how they are cut."""

from __future__ import annotations

import ipaddress
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Context, Http
from connectors.errors import Unavailable
from connectors.http import HttpClient
from connectors.lines import SLOW, Lines
from connectors.net import dialler

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PATIENCE = 20
"""Seconds after which something is taken for hung."""


@dataclass(eq=False)
class Client:
    """A client that is only told apart."""

    left: bool = False

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self.left = True


@dataclass
class Clock:
    """Seconds that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """A context that counts the clients it makes."""

    made: list[Client] = field(default_factory=list)
    own: Client = field(default_factory=Client)

    def lines(self, width: int, clock: Clock | None = None) -> Lines[Any]:
        """Lines over this world."""
        return Lines(context(self.own, self._another), width, clock or Clock())

    def _another(self) -> Any:
        self.made.append(Client())
        return self.made[-1]


def context(http: Any, another: Callable[[], Any] | None = None) -> Context:
    """A context with these clients and nothing else."""
    return Context(
        http=http, dial=lambda *_: None, secret=lambda text, _: text, clock=lambda: NOW, another=another
    )  # fmt: skip


def test_without_a_second_client_one_goes_after_another() -> None:
    """A channel that has one connection works on it, in the thread that asks."""
    own = Client()
    lines: Lines[Any] = Lines(context(own), 4)
    assert (lines.width, lines.ahead) == (0, 0)
    coming = lines.ask(lambda http: (http, threading.current_thread()))
    assert coming.wait() == (own, threading.current_thread())


def test_requests_run_beside_each_other_and_share_no_connection() -> None:
    """Requests that are under way at once each have a client of their own; one that is free is used again."""
    world, together = World(), threading.Barrier(3)
    lines = world.lines(2)

    def meet(http: Http) -> Http:
        together.wait(PATIENCE)
        return http

    three = [lines.ask(meet) for _ in range(3)]
    assert {id(coming.wait()) for coming in three} == {id(client) for client in world.made}
    assert len(world.made) == 3
    _returned(world, lines)
    assert lines.ask(lambda http: http).wait() in world.made
    assert len(world.made) == 3 and world.own not in world.made


def _returned(world: World, lines: Lines[Any]) -> None:
    """Wait until the threads have given their clients back."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name.endswith("(run)"):
            thread.join(PATIENCE)
    assert len(lines._free) == len(world.made)


@pytest.mark.parametrize("width", [0, 2])
@pytest.mark.parametrize("error", [Unavailable("x", code="http_500"), KeyError("x"), KeyboardInterrupt()])
def test_what_goes_wrong_is_told_to_the_one_who_waits(error: BaseException, width: int) -> None:
    """An error on a line of its own is raised where its answer is wanted, each time, and costs no other request."""

    def fail(_: Http) -> None:
        raise error

    lines = World().lines(width)
    bad, good = lines.ask(fail), lines.ask(lambda _: 7)
    for _ in range(2):
        with pytest.raises(type(error)) as raised:
            bad.wait()
        assert raised.value is error
    assert good.wait() == 7


def test_slow_line_is_asked_for_one_page_ahead() -> None:
    """Where one answer has taken a second, a cut would take four pages with it: one ahead is enough from there on."""
    world, clock = World(), Clock()
    lines = world.lines(4, clock)

    def take(seconds: float) -> None:
        def work(_: Http) -> None:
            clock.now += seconds

        lines.ask(work).wait()
        _returned(world, lines)

    take(SLOW / 2)
    assert lines.ahead == 4
    take(SLOW)
    assert lines.ahead == 1
    take(0.0)
    assert lines.ahead == 1, "it stays slow"


def test_only_what_is_under_way_is_cut() -> None:
    """At the end of a walk the requests that nobody waits for are cut; clients that are free are left alone."""
    world, begun, end = World(), threading.Event(), threading.Event()
    lines = world.lines(2)

    def stay(http: Http) -> Http:
        begun.set()
        end.wait(PATIENCE)
        return http

    together = threading.Barrier(2)
    for coming in [lines.ask(lambda http: together.wait(PATIENCE)) for _ in range(2)]:
        coming.wait()
    _returned(world, lines)
    busy = lines.ask(stay)
    assert begun.wait(PATIENCE)
    lines.close()
    end.set()
    assert [client for client in world.made if client.left] == [busy.wait()]
    assert len(world.made) == 2


class _Drips(socketserver.BaseRequestHandler):
    """Begins a long answer and never ends it."""

    heard = threading.Event()
    gone = threading.Event()

    def handle(self) -> None:
        self.request.recv(4096)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[")
        self.heard.set()
        self.request.settimeout(PATIENCE)
        if not self.request.recv(1):
            self.gone.set()


@contextmanager
def dripping() -> Iterator[str]:
    """The address of a portal whose answers never end."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Drips) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_answer_that_drips_holds_nothing_up() -> None:
    """A page asked ahead that never ends is cut when the walk ends, and its thread keeps no process alive."""
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])

    def client() -> HttpClient:
        return HttpClient(dial, lambda text, _: text, lambda: NOW, lambda _: None)

    with dripping() as url:
        lines: Lines[Any] = Lines(context(client(), client), 1)
        coming = lines.ask(lambda http: http.send("GET", url))
        assert _Drips.heard.wait(PATIENCE)
        assert all(thread.daemon for thread in threading.enumerate() if thread.name.endswith("(run)"))
        lines.close()
        with pytest.raises(Unavailable):
            coming.wait()
        assert _Drips.gone.wait(PATIENCE), "the connection stays open"
