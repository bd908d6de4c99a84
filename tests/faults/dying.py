"""A portal that tells of each request, and pulls that die at one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.channels.fakes.web import Answer, Asked, json_page
from tests.scenario import commands

PAGE = 100
WARM = """
import json, os, sys
from connectors.known import kinds
from hub import cli, steps, wire
kinds()
for line in sys.stdin:
    order = json.loads(line)
    own = os.fork()
    if not own:
        for stream in (1, 2):
            os.dup2(os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), stream)
        os.environ.update(order["env"])
        os._exit(cli.run(order["arguments"]))
    print(own, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(own, 0)[1]), flush=True)
"""
"""Has imported everything; each line makes a process of its own that opens its own connections."""


@dataclass(slots=True, kw_only=True)
class Listing:
    """A portal of one style of paging, a few milliseconds a page, which tells somebody of each request."""

    style: str
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    total: bool = True
    newest_first: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    pause: threading.Event = field(default_factory=threading.Event)
    served: int = 0
    """Pages."""
    fatal: Fatal | None = None

    def put(self, number: int, stamp: datetime, text: str) -> None:
        """Add or change a row."""
        with self.lock:
            self.rows[number] = {"id": number, "updated_at": stamp.isoformat(timespec="microseconds"), "isi": text}

    def answer(self, asked: Asked) -> Answer:
        """One page; by token and link the rows come by id, so that one that is touched does not come again."""
        with self.lock:
            self.served += 1
            fatal, since = self.fatal, asked.query.get("since", "")
            rows = [row for row in self.rows.values() if row["updated_at"] >= since]
        by = "updated_at" if self.style in ("number", "offset") else "id"
        rows.sort(key=lambda row: (row[by], row["id"]), reverse=self.newest_first)
        page, last = self._page(asked, rows)
        if fatal:
            fatal.heard(last=last)
        self.pause.wait(0.003)
        return page

    def _page(self, asked: Asked, rows: list[dict[str, Any]]) -> tuple[Answer, bool]:
        at = asked.query.get("at", "")
        if self.style in ("number", "offset"):
            first = (int(at) - 1) * PAGE if self.style == "number" else int(at)
            some = rows[first : first + PAGE]
            return self._told(some, len(rows)), not some
        down = self.newest_first
        left = [row for row in rows if not at or (row["id"] < int(at) if down else row["id"] > int(at))]
        some, more = left[:PAGE], len(left) > PAGE
        if self.style == "cursor":
            return self._told(some, len(rows), next=str(some[-1]["id"]) if more else None), not more
        since = f"&since={asked.query['since']}" if "since" in asked.query else ""
        link = {"Link": f'<?at={some[-1]["id"]}{since.replace("+", "%2B")}>; rel="next"'} if more else {}
        return self._told(some, len(rows), **link), not more

    def _told(self, rows: list[dict[str, Any]], total: int, next: str | None = None, **headers: str) -> Answer:
        body = {"data": rows, "next": next, **({"total": total} if self.total else {})}
        return json_page(json.dumps(body).encode(), **headers)


@dataclass(slots=True, kw_only=True)
class Fatal:
    """Kills a process `delay` seconds after its `after`th request, or after its `ends`th last page of a listing."""

    process: int
    """Its file descriptor: a number of a process may be somebody else's by the time of the kill."""
    delay: float
    after: int = 0
    ends: int = 0
    timer: threading.Timer | None = None

    def begin(self) -> None:
        """A moment before the first request is counted from the start of the process."""
        if not self.after and not self.ends:
            self._soon()

    def heard(self, *, last: bool) -> None:
        """A request came in."""
        self.after -= 1
        self.ends -= last
        if self.after == 0 or (last and self.ends == 0):
            self._soon()

    def end(self) -> None:
        """The process has ended; a request that is still answered kills nobody."""
        self.after = self.ends = -1
        if self.timer:
            self.timer.cancel()
            self.timer.join()

    def _soon(self) -> None:
        self.timer = threading.Timer(self.delay, self._now)
        self.timer.start()

    def _now(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.process, signal.SIGKILL)


@dataclass(slots=True, kw_only=True)
class Stove:
    """Starts pulls out of a warm process, so that each costs what it does and not what Python does."""

    process: subprocess.Popen[str]

    @contextmanager
    def pull(self, env: Mapping[str, str], name: str, log: Path) -> Iterator[int]:
        """Begin one; yields the file descriptor of its process."""
        order = {"env": dict(env), "arguments": ["pull", name], "log": str(log)}
        assert self.process.stdin
        print(json.dumps(order), file=self.process.stdin, flush=True)
        process = os.pidfd_open(self._read())
        try:
            yield process
        finally:
            os.close(process)

    def code(self) -> int:
        """How the last one ended; it is waited for."""
        return self._read()

    def _read(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


@contextmanager
def warm() -> Iterator[Stove]:
    """The warm process, and its end."""
    process = subprocess.Popen(
        [sys.executable, "-c", WARM],
        cwd=commands.ROOT,
        env=commands.environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Stove(process=process)
    finally:
        commands.killed(process)
        process.communicate()
