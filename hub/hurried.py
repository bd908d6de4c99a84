"""HTTP/1.1 as the receiver speaks it: heads have a size and a time, so that strangers who say nothing shut nobody out."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol


class Hurried(H11Protocol):
    """A connection that is closed when no whole head has come in time; h11 itself refuses heads beyond 64 KiB."""

    seconds: ClassVar[float] = 15.0
    """From the moment at which nothing is being answered to the end of the next head; drips do not prolong it."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Some bytes are there."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """One request is answered."""
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self._stop()

    def _look(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(self.seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
