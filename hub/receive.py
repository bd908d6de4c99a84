"""The receiving side as a small web app: one address a connector, nothing answered 2xx before it is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from hub.receiving import LATER, Receiver, Told
from hub.store.work import StoreProblem, StoreUnavailable

_log = logging.getLogger("satupintu.receive")
BIGGEST: Final = 5 * 1024 * 1024
"""Bytes of one push; files come as addresses."""
SECONDS: Final = 20.0
"""In which a whole push has to be here."""
AT_ONCE: Final = 64 * 1024 * 1024
"""Bytes of all pushes that are on their way; whoever comes then comes again."""
_TOO_LARGE: Final = Told(status=413, code="too_large")
ROUND: Final = 5.0
"""Seconds between two looks at what waits on disk and at the manifests."""


@dataclass(slots=True)
class Limits:
    """What one process takes in."""

    biggest: int = BIGGEST
    seconds: float = SECONDS
    round: float = ROUND
    at_once: int = AT_ONCE
    held: int = 0
    """Bytes of pushes that are in memory now."""


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

    made = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)

    @made.post("/in/{name}")
    async def push(name: str, request: Request) -> Response:
        parts: list[bytes] = []
        try:
            told = await asyncio.wait_for(_read(request, own, parts), own.seconds)
            if told is None:
                query = dict(request.query_params)
                told = await _asked(receiver.take, name, request.headers, query, b"".join(parts))
            return _answer(told)
        except TimeoutError:
            return _answer(Told(status=408, code="slow"))
        except ClientDisconnect:
            return _answer(Told(status=400, code="cut"))
        finally:
            own.held -= sum(map(len, parts))

    @made.get("/in/{name}")
    async def greet(name: str, request: Request) -> Response:
        return _answer(await _asked(receiver.greet, name, dict(request.query_params)))

    @made.get("/healthz")
    async def healthz() -> Response:
        return Response("ok", media_type="text/plain")

    return made


async def _asked(what: Callable[..., Told], *about: object) -> Told:
    """What the receiver says; what nobody foresaw is told by its class alone, never by its words."""
    try:
        return await run_in_threadpool(what, *about)
    except Exception as error:  # noqa: BLE001  # whoever pushed comes again, and nothing of it gets into a log
        _log.error("a push met %s", type(error).__name__)
        return LATER


async def _read(request: Request, own: Limits, parts: list[bytes]) -> Told | None:
    """Put the raw body into `parts`; what to answer instead where it is larger than it may be, or too much is on its way."""
    said = request.headers.get("content-length", "0")
    if not said.isascii() or not said.isdigit() or int(said) > own.biggest:
        return _TOO_LARGE
    size = 0
    async for part in request.stream():
        if size + len(part) > own.biggest:
            return _TOO_LARGE
        if own.held + len(part) > own.at_once:
            return LATER
        size += len(part)
        own.held += len(part)
        parts.append(part)
    return None


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
