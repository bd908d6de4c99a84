"""A line in front of any HTTP counterpart that fails in the thirteen ways in which such lines fail."""

from __future__ import annotations

import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sandbox.listening import Listening, reset, until_gone

HTTP_FAULTS: Final = (
    "reset_before_read", "closed_before_commit", "closed_after_commit", "truncated_after_commit",
    "500_before_commit", "500_after_commit", "429", "503_with_retry_after", "slower_than_time_out",
    "commits_after_time_out", "html_200", "redirect_to_login", "409_in_flight",
)  # fmt: skip
"""guide/reliability.md B.5, in its order."""
BEFORE: Final = frozenset({"closed_before_commit", "500_before_commit", "429", "503_with_retry_after", "html_200",
                           "redirect_to_login", "409_in_flight"})  # fmt: skip
"""The counterpart never hears of the call."""
CLEAR: Final = frozenset({"429", "503_with_retry_after"})
"""The caller is told that nothing was done; every other fault of a call that writes leaves its outcome open."""
_HTML = "<!doctype html><title>WiFi</title><h1>Silakan masuk</h1>"
_STATUS = {"500_before_commit": "500 Internal Server Error", "500_after_commit": "500 Internal Server Error",
           "429": "429 Too Many Requests", "503_with_retry_after": "503 Service Unavailable", "html_200": "200 OK",
           "redirect_to_login": "302 Found", "409_in_flight": "409 Conflict"}  # fmt: skip
_MORE = {"429": "Retry-After: 2\r\n", "503_with_retry_after": "Retry-After: 3\r\n",
         "redirect_to_login": "Location: http://127.0.0.1:9/login\r\n"}  # fmt: skip
_LENGTH = re.compile(rb"(?im)^content-length:\s*(\d+)")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:.*chunked")
_KEEP = re.compile(rb"(?im)^(?:connection|keep-alive|proxy-connection):[^\r\n]*\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that came to the line, and what became of it."""

    what: str
    """METHOD and path, without the query."""
    fault: str | None
    status: int | None
    """The counterpart's own answer; None where it never gave one."""

    @property
    def committed(self) -> bool:
        """Whether the counterpart took it, whatever the caller heard."""
        return self.status is not None and self.status < 300


@dataclass(slots=True, kw_only=True)
class Dice:
    """Decides which call is hit by what: `share` of the calls that `on` matches, at most `times`."""

    chance: random.Random
    faults: Collection[str] = HTTP_FAULTS
    on: str = ""
    """A regular expression over METHOD and path."""
    share: float = 1.0
    times: int | None = None
    after: int = 0
    """So many calls go through first."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, what: str) -> str | None:
        """The fault of this call."""
        with self.lock:
            if self.times == 0 or not self.faults or not re.search(self.on, what):
                return None
            if self.after > 0:
                self.after -= 1
                return None
            if self.chance.random() >= self.share:
                return None
            if self.times is not None:
                self.times -= 1
            return self.chance.choice(sorted(self.faults))


def calm(what: str) -> None:
    """No call is hit."""


class HttpLine(Listening):
    """A proxy for HTTP/1.1 on a free loopback port: one exchange a connection.

    `plan` says what hits a call; `heard` is told of each call before the counterpart, `read` of its bytes when all have
    come, `answered` after the counterpart has answered and before the caller hears of it. `calls` and `injected` tell
    afterwards what happened.
    """

    def __init__(self, url: str, *, plan: Callable[[str], str | None] = calm, patience: float = 30.0) -> None:
        """`url`: the counterpart's base; `patience`: seconds after which a caller that waits in vain is let go."""
        parts = urlsplit(url)
        self._target, self._patience = (parts.hostname or "", parts.port or 80), patience
        self.plan = plan
        self.heard: Callable[[str], None] = calm
        self.read: Callable[[bytes], None] = lambda request: None
        self.answered: Callable[[str], None] = calm
        self.calls: list[Call] = []
        self.injected: Counter[tuple[str, str]] = Counter()
        self._late = threading.Event()
        self._waiting = 0
        self._settled = threading.Condition()
        self.prompt = False
        """Calls that commit late do so as soon as their caller has gone; else `settle` lets them."""
        super().__init__()

    @property
    def busy(self) -> bool:
        """Some call is on its way, or will commit later."""
        with self._lock:
            return bool(self._open)

    def settle(self) -> None:
        """Let the calls commit whose callers have long gone; returns when all have."""
        self._late.set()
        with self._settled:
            self._settled.wait_for(lambda: not self._waiting, 20)
        self._late.clear()

    def end(self) -> None:
        """See Listening.end."""
        self._late.set()
        super().end()

    def _meet(self, near: socket.socket) -> None:
        near.settimeout(self._patience)
        what = _first_line(near)
        if not what:
            return
        fault = self.plan(what)
        if fault:
            with self._lock:
                self.injected[fault, what] += 1
        status = None
        try:
            self.heard(what)
            status = self._exchange(near, what, fault)
        finally:
            with self._lock:
                self.calls.append(Call(what=what, fault=fault, status=status))

    def _exchange(self, near: socket.socket, what: str, fault: str | None) -> int | None:
        if fault == "reset_before_read":
            reset(near)
            return None
        request = _message(near)
        self.read(request)
        if fault == "commits_after_time_out":
            return self._late_commit(near, request)
        if fault == "closed_before_commit":
            return None
        answer = b"" if fault in BEFORE else self._asked(request)
        self.answered(what)
        self._tell(near, answer, fault)
        return _status(answer)

    def _tell(self, near: socket.socket, answer: bytes, fault: str | None) -> None:
        if fault == "closed_after_commit":
            return
        if fault == "slower_than_time_out":
            until_gone(near, self._patience)
        elif fault == "truncated_after_commit":
            head, _, body = answer.partition(b"\r\n\r\n")
            near.sendall(head + b"\r\n\r\n" + body[: len(body) // 2])
        elif fault in _STATUS:
            near.sendall(_spoken(fault))
        else:
            near.sendall(answer)

    def _late_commit(self, near: socket.socket, request: bytes) -> int | None:
        with self._settled:
            self._waiting += 1
        try:
            until_gone(near, self._patience)
            if not self.prompt:
                self._late.wait(self._patience * 4)
            return None if self._over.is_set() else _status(self._asked(request))
        finally:
            with self._settled:
                self._waiting -= 1
                self._settled.notify_all()

    def _asked(self, request: bytes) -> bytes:
        head, blank, body = request.partition(b"\r\n\r\n")
        head = _KEEP.sub(b"", head + b"\r\n") + b"Connection: close"
        far = self._joined(lambda: socket.create_connection(self._target, timeout=self._patience))
        try:
            far.sendall(head + blank + body)
            return b"".join(iter(lambda: far.recv(65536), b""))
        except OSError:
            return b""
        finally:
            self._left(far)


def _first_line(near: socket.socket) -> str:
    """METHOD and path, looked at and not read; "" where the caller went away without a word."""
    seen = b""
    with suppress(OSError):
        while b"\r\n" not in seen and len(seen) < 8192:
            more = near.recv(8192, socket.MSG_PEEK)
            if len(more) <= len(seen):
                break
            seen = more
    parts = seen.split(b"\r\n")[0].decode("latin-1").split(" ")
    return f"{parts[0]} {parts[1].partition('?')[0]}" if len(parts) > 1 else ""


def _message(near: socket.socket) -> bytes:
    """One whole request, as it came."""
    whole = b""
    while b"\r\n\r\n" not in whole:
        whole += _more(near)
    head, _, body = whole.partition(b"\r\n\r\n")
    if _CHUNKED.search(head):
        while not body.endswith(b"0\r\n\r\n"):
            body += _more(near)
    elif found := _LENGTH.search(head):
        while len(body) < int(found[1]):
            body += _more(near)
    return head + b"\r\n\r\n" + body


def _more(near: socket.socket) -> bytes:
    if not (more := near.recv(65536)):
        raise ConnectionError("the caller went away in the middle of its request")
    return more


def _spoken(fault: str) -> bytes:
    html = fault in ("html_200", "redirect_to_login")
    body = (_HTML if html else '{"message": "Server Error"}').encode()
    kind = "text/html" if html else "application/json"
    head = f"HTTP/1.1 {_STATUS[fault]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{_MORE.get(fault, '')}Connection: close\r\n\r\n".encode() + body


def _status(answer: bytes) -> int | None:
    parts = answer[:20].split(b" ")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None
