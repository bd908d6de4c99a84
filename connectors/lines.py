"""Requests on their way while an earlier answer is worked on: a few lines to one host, each with its own connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, NoReturn, TypeVar

from connectors.base import Context, Http
from connectors.errors import Unavailable

T = TypeVar("T")
SLOW = 1.0
"""Seconds for one answer from which a line counts as slow."""


class Coming(Generic[T]):
    """An answer that is on its way."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None

    def settle(self, work: Callable[[], T]) -> None:
        """Do the work and keep its result or its error."""
        try:
            self._value = work()
        except BaseException as error:  # noqa: BLE001  # carried to the thread that waits for it
            self._error = error
        finally:
            self._there.set()

    def wait(self) -> T:
        """The result; raises what the work raised."""
        self._there.wait()
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]


class Lines(Generic[T]):
    """At most `width` requests beside the one that is waited for; without a second client all go one after another."""

    def __init__(self, ctx: Context, width: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._another = ctx.another
        self.width = width if ctx.another else 0
        self._free: list[Http] = [] if self.width else [ctx.http]
        self._made: list[Http] = []
        self._gate = threading.Semaphore(self.width + 1)
        self._closed = False
        self._monotonic = monotonic
        self._slowest = 0.0

    def ask(self, work: Callable[[Http], T]) -> Coming[T]:
        """Start `work` on a line of its own, in a thread that keeps no process alive, as soon as a line is free."""
        coming: Coming[T] = Coming()

        def run() -> None:
            with self._gate:
                self._done(work, coming)

        if self.width:
            threading.Thread(target=run, daemon=True).start()
        else:
            run()
        return coming

    def _done(self, work: Callable[[Http], T], coming: Coming[T]) -> None:
        if self._closed:
            return coming.settle(_nobody_waits)
        client, begun = self._client(), self._monotonic()
        coming.settle(lambda: work(client))
        self._slowest = max(self._slowest, self._monotonic() - begun)
        self._free.append(client)  # an append is one step, whichever thread takes it
        return None

    @property
    def ahead(self) -> int:
        """How many requests are worth being under way: on a slow line one, for a cut takes all of them."""
        return self.width if self._slowest < SLOW else min(self.width, 1)

    @property
    def queue(self) -> int:
        """How many answers may wait to be wanted: more than are under way, so that lines stay busy while we store."""
        return self.ahead * 2 if self.ahead > 1 else self.ahead

    def close(self) -> None:
        """Nobody waits for what is still on its way: cut it, so that a dripping answer holds no process up."""
        self._closed = True
        for client in self._made:
            if client not in self._free:
                client.abandon()

    def _client(self) -> Http:
        try:
            return self._free.pop()
        except IndexError:
            assert self._another is not None
        client = self._another()
        self._made.append(client)
        if self._closed:  # meanwhile
            client.abandon()
        return client


def _nobody_waits() -> NoReturn:
    raise Unavailable("Nobody waits for this any more.", code="left")
