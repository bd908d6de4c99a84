"""What a counterpart can be told to do wrong: switches that count down, and connections that really break off."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CUT = "sandbox.cut"  # key in scope["extensions"]: breaks the TCP connection; put there by sandbox.running


@dataclass(slots=True)
class Switches:
    """Named faults of one counterpart; every method may be called from several threads.

    A value is true (on until switched off), a number (that many times more), false or 0 (off), or
    ``{"times": true | n, "on": [endpoint, …], "seconds": s}``. `usual` says which endpoints a fault
    concerns when the value names none ("*" = all); `valued` faults take the number as their value.
    """

    usual: Mapping[str, Iterable[str]]
    valued: frozenset[str] = frozenset()
    _set: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, name: str, value: Any) -> None:
        """Switch one fault on or off.

        Raises:
            KeyError: no such fault; the caller answers 422.
        """
        if name not in self.usual:
            raise KeyError(name)
        with self._lock:
            if value is False or value is None or value == 0:
                self._set.pop(name, None)
            else:
                self._set[name] = self._reading(name, value)

    def _reading(self, name: str, value: Any) -> dict[str, Any]:
        given: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
        if not given and name in self.valued:
            given = {} if value is True else {"value": value}
        elif not given:
            given = {"times": value}
        times = given.get("times", True)
        if times is True and name.endswith("_once"):
            times = 1
        return {**given, "times": times, "on": frozenset(given.get("on", self.usual[name]))}

    def hit(self, name: str, endpoint: str) -> bool:
        """True when the fault is on for this endpoint; uses up one of its times."""
        with self._lock:
            fault = self._set.get(name)
            if fault is None or not fault["on"] & {endpoint, "*"}:
                return False
            if fault["times"] is not True:
                fault["times"] -= 1
                if fault["times"] <= 0:
                    del self._set[name]
            return True

    def value(self, name: str, otherwise: Any = None) -> Any:
        """The number that came with a valued fault ("seconds", a page); `otherwise` when off or bare."""
        with self._lock:
            fault = self._set.get(name)
            return otherwise if fault is None else fault.get("seconds", fault.get("value", otherwise))

    def showing(self) -> dict[str, Any]:
        """What is on now, as JSON."""
        with self._lock:
            return {name: {**fault, "on": sorted(fault["on"])} for name, fault in self._set.items()}


def wanted(body: Any) -> dict[str, Any]:
    """The faults of a switch request, which may be {"name": n, "value": v} or {n: v, …}."""
    if not isinstance(body, dict):
        raise KeyError("an object is expected")
    return {body["name"]: body.get("value", True)} if "name" in body else body


class Cut(Response):
    """No answer at all: the connection is broken off before the first byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break off; `receive` and `send` stay unused."""
        scope["extensions"][CUT](flush=False)


class CutHalfway(Response):
    """An answer that promises its whole length and ends in the middle."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and the first half of the body, then break off."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["extensions"][CUT](flush=True)
