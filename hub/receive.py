"""The receiving side as a small web app: one address a connector, nothing answered 2xx before it is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from hub.receiving import Receiver, Told
from hub.store.work import StoreProblem, StoreUnavailable

_log = logging.getLogger("satupintu.receive")
BIGGEST: Final = 5 * 1024 * 1024
"""Bytes of one push; files come as addresses."""
SECONDS: Final = 20.0
"""In which a whole push has to be here."""
RATE, BURST = 50.0, 500
"""Pushes a second of one connector, and how many may come at once."""
ROUND: Final = 5.0
"""Seconds between two looks at what waits on disk and at the manifests."""


@dataclass(slots=True)
class Bucket:
    """How much one connector may still push."""

    level: float = BURST
    at: float = 0.0

    def taken(self, now: float) -> bool:
        """Whether there is room for one more (seconds of a monotonic clock)."""
        self.level = min(BURST, self.level + (now - self.at) * RATE) if self.at else BURST
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


@dataclass(slots=True)
class Limits:
    """What one process takes in."""

    biggest: int = BIGGEST
    seconds: float = SECONDS
    round: float = ROUND
    buckets: dict[str, Bucket] = field(default_factory=dict)


def app(receiver: Receiver, *, renew: Callable[[], None], limits: Limits | None = None) -> FastAPI:
    """
    POST /in/NAME takes a push, GET /in/NAME answers a handshake, GET /healthz says that the process lives.

    `renew` looks whether manifests have changed; it is called every few seconds, as is the spool.
    """
    own = limits or Limits()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        chores = asyncio.create_task(_chores(receiver, renew, own.round))
        yield
        chores.cancel()
        with suppress(asyncio.CancelledError):
            await chores

    made = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @made.post("/in/{name}")
    async def push(name: str, request: Request) -> Response:
        now = asyncio.get_running_loop().time()
        if name in receiver.doors and not own.buckets.setdefault(name, Bucket()).taken(now):
            return _answer(Told(status=429, code="too_many", retry_after=2))
        try:
            body = await asyncio.wait_for(_body(request, own.biggest), own.seconds)
        except TimeoutError:
            return _answer(Told(status=408, code="slow"))
        except ClientDisconnect:
            return _answer(Told(status=400, code="cut"))
        if body is None:
            return _answer(Told(status=413, code="too_large"))
        query = dict(request.query_params)
        return _answer(await run_in_threadpool(receiver.take, name, request.headers, query, body))

    @made.get("/in/{name}")
    async def greet(name: str, request: Request) -> Response:
        return _answer(await run_in_threadpool(receiver.greet, name, dict(request.query_params)))

    @made.get("/healthz")
    async def healthz() -> Response:
        return Response("ok", media_type="text/plain")

    return made


async def _body(request: Request, biggest: int) -> bytes | None:
    """The raw body; None as soon as it is larger than it may be."""
    said = request.headers.get("content-length", "0")
    if not said.isascii() or not said.isdigit() or int(said) > biggest:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > biggest:
            return None
        parts.append(part)
    return b"".join(parts)


def _answer(told: Told) -> Response:
    headers = {"Retry-After": str(told.retry_after)} if told.retry_after else {}
    headers |= {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    text = told.text if told.code == "greeted" else f'{{"status":"{told.code}"}}'
    media = "text/plain" if told.code == "greeted" else "application/json"
    return Response(text, status_code=told.status, media_type=media, headers=headers)


async def _chores(receiver: Receiver, renew: Callable[[], None], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        for chore in (renew, receiver.drain, receiver.count_refused):
            try:
                await run_in_threadpool(chore)
            except (StoreUnavailable, StoreProblem):
                pass  # it waits on disk until the database is back
            except Exception as error:  # noqa: BLE001  # the next round must come, whatever this one met
                _log.error("a chore of the receiver failed: %s", type(error).__name__)
