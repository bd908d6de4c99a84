"""Ctrl-C at any moment: the wish to end is noted, and looked at where ending is safe."""

from __future__ import annotations

import signal
import time
from typing import Self


class Stopped(Exception):
    """Somebody wants us to end (Ctrl-C or a signal)."""


class Stop:
    """Ctrl-C, TERM and the closing of the terminal become a wish that is looked at between two steps, not in one."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.wanted = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in self.SIGNALS:
            self._before[number] = signal.signal(number, self._wish)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def _wish(self, *_: object) -> None:
        self.wanted = True

    def look(self) -> None:
        """Raises Stopped when somebody wants us to end."""
        if self.wanted:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than until somebody wants us to end."""
        until = time.monotonic() + seconds
        self.look()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self.look()
