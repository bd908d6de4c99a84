"""Any ASGI app on a free loopback port for as long as a block runs, with connections that can be cut for real."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults import CUT

_START_SECONDS = 20.0


class _Ready(uvicorn.Server):
    """A server that says when it accepts connections, so that nobody polls."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()


class _Cuttable:
    """Gives the app a way to break its own connection: ASGI itself has none, and an exception would become a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        gone = asyncio.Event()
        scope["extensions"] = {**scope.get("extensions", {}), CUT: partial(_cut, send, gone)}
        await self.app(scope, receive, send)
        if gone.is_set():
            await _until_lost(receive)


def _cut(send: Send, gone: asyncio.Event, *, flush: bool) -> None:
    transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn hands the cycle's bound method
    transport.close() if flush else transport.abort()
    gone.set()


async def _until_lost(receive: Receive) -> None:
    """Uvicorn answers 500 for an app that returns silently, unless it has already noticed that the peer is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Run an ASGI app on 127.0.0.1 in a thread.

    Yields:
        The base URL without a trailing slash, when the app already answers.

    Raises:
        RuntimeError: the server did not start within 20 seconds.
    """
    sock = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # asyncio sets TCP_NODELAY only where it is named
    sock.bind(("127.0.0.1", 0))
    server = _Ready(_config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="sandbox-http", daemon=True)
    thread.start()
    try:
        if not server.ready.wait(_START_SECONDS):
            raise RuntimeError("the make-believe server did not start; look for an error above")
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        sock.close()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        _Cuttable(app),
        http="h11",  # its cycle carries the transport that _cut needs
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=1,  # a call that the `slow` fault holds must not hold the end of a test
    )
