"""What every make-believe registry offers to tests and to the referee besides its own calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.faults import wanted


def knobs(state: Any, shown: Callable[[], list[dict[str, Any]]]) -> APIRouter:
    """
    `/_sandbox`: switches, complaints held, creates that arrived, calls counted; product code never calls them.

    `state` has `switches`, `lock`, `arrivals` and `calls`; `shown` gives its complaints and is called under the lock.
    """
    routes = APIRouter(prefix="/_sandbox")

    @routes.post("/switch")
    async def switch(request: Request) -> Response:
        try:
            for name, value in wanted(await request.json()).items():
                state.switches.set(name, value)
        except KeyError as unknown:
            return JSONResponse({"error": f"no switch named {unknown}"}, 422)
        return JSONResponse(state.switches.showing())

    @routes.get("/complaints")
    async def complaints() -> Response:
        with state.lock:
            rows = shown()
        return JSONResponse({"count": len(rows), "complaints": rows})

    @routes.get("/arrivals")
    async def arrivals() -> Response:
        with state.lock:
            return JSONResponse({"arrivals": [dict(one) for one in state.arrivals]})

    @routes.get("/calls")
    async def calls() -> Response:
        with state.lock:
            return JSONResponse(dict(state.calls))

    return routes
