"""One call to a make-believe registry: counted, let in, hit by the faults that are on, answered."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.faults import Cut, Switches

FAULTS: Mapping[str, Iterable[str]] = {
    "drop_response_after_commit": ("create",),
    "500_once": ("create",),
    "500_after_commit": ("create",),
    "429_with_retry_after": ("*",),
    "slow_90s": ("*",),
    "html_error_page_200": ("*",),
    "expired_token_401": ("*",),
}
"""What every registry can be told to do wrong; slow_90s stores late, and answers later still."""
_MARKER = re.compile(rb"\[Ref ([0-9a-f-]{36})\]")
_HTML = "<!doctype html><title>Gateway</title><h1>Layanan sedang dalam pemeliharaan</h1>"
Answer = Callable[[], Awaitable[Response]]


def switches(more: Mapping[str, Iterable[str]] | None = None) -> Switches:
    """The faults that every registry has, and its own."""
    return Switches(usual={**FAULTS, **(more or {})}, valued=frozenset({"slow_90s", "429_with_retry_after"}))


@dataclass(slots=True, kw_only=True)
class Counted:
    """What a make-believe registry remembers of its calls; `lock` guards all its memory."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    switches: Switches = field(default_factory=switches)
    calls: Counter[str] = field(default_factory=Counter)
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    """Every writing call: call, at, reference (our marker in its body), committed."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def called(self, endpoint: str, body: bytes = b"", *, writes: bool = False) -> dict[str, Any]:
        """Count one arrival, whatever becomes of it; the row of a writing call, to be marked when it is committed."""
        found = _MARKER.findall(body)
        reference = found[-1].decode() if found else None
        row = {"call": endpoint, "at": self.now().isoformat(), "reference": reference, "committed": False}
        with self.lock:
            self.calls[endpoint] += 1
            if writes:
                self.arrivals.append(row)
        return row


async def guarded(state: Counted, request: Request, endpoint: str, do: Answer, *, let_in: bool) -> Response:
    """The answer of `do`, or of a fault; a call is stored even when its client has gone by then."""
    arrival = state.called(endpoint, await request.body(), writes=request.method == "POST")
    if not let_in or state.switches.hit("expired_token_401", endpoint):
        return JSONResponse({"message": "Unauthenticated."}, 401)
    if (early := await _spoilt(state, endpoint)) is not None:
        return early
    answer = await do()
    if answer.status_code >= 400:
        return answer
    arrival["committed"] = True
    if state.switches.hit("drop_response_after_commit", endpoint):
        return Cut()
    if state.switches.hit("500_after_commit", endpoint):
        return JSONResponse({"message": "Server Error"}, 500)
    return answer


async def _spoilt(state: Counted, endpoint: str) -> Response | None:
    """The faults that strike before anything is stored."""
    seconds = state.switches.value("429_with_retry_after", 2)
    if state.switches.hit("429_with_retry_after", endpoint):
        return JSONResponse({"message": "Too Many Attempts."}, 429, headers={"Retry-After": str(seconds)})
    if state.switches.hit("500_once", endpoint):
        return JSONResponse({"message": "Server Error"}, 500)
    if state.switches.hit("html_error_page_200", endpoint):
        return HTMLResponse(_HTML)
    seconds = state.switches.value("slow_90s", 90)
    if state.switches.hit("slow_90s", endpoint):
        await asyncio.sleep(seconds)
    return None
