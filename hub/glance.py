"""A look at a channel that leaves nothing behind: its own client, a limit on time, and what was seen on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Answer, Context, Http
from connectors.net import Dial


@dataclass(slots=True, kw_only=True)
class Watched:
    """An HTTP client that remembers its last answer, so that somebody can be told what came instead of a list."""

    http: Http
    last: Answer | None = None

    def send(self, method: str, url: str, **rest: Any) -> Answer:
        """As connectors.base.Http."""
        self.last = None
        self.last = self.http.send(method, url, **rest)
        return self.last

    def abandon(self) -> None:
        """As connectors.base.Http."""
        self.http.abandon()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.http, name)


@dataclass(slots=True, kw_only=True)
class Sockets:
    """The sockets of one look, which end with it."""

    dial: Dial
    made: list[Any] = field(default_factory=list)

    def __call__(self, host: str, port: int, timeout: float = 30.0) -> Any:
        """As connectors.net.Dial."""
        self.made.append(sock := self.dial(host, port, min(timeout, 10.0)))
        return sock

    def cut(self) -> None:
        """End them all, from another thread as well."""
        for sock in self.made:
            with suppress(OSError):
                sock.shutdown(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What one look may use, and what it has seen."""

    ctx: Context
    watched: Watched
    sockets: Sockets
    """Dials what the manifest's own address names."""
    looked_up: list[float]
    """Seconds that each look-up of a name took."""
    secrets: Mapping[str, str]
    """The values that were given out, by name; they never leave this process but to their hosts."""

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is under way inside the block ends after so many seconds with an error of its own."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.watched.abandon()
        self.sockets.cut()


Glances = Callable[..., Glance]
"""glances(manifest, on_record=True) -> a look at its channel; `on_record`: its secrets may go to the hosts that it names."""
