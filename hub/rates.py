"""How much one channel may push: so many at once, then so many a second."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

RATE: Final = 50.0
"""Pushes a second of one connector."""
BURST: Final = 500
"""How many may come at once."""


@dataclass(slots=True)
class Bucket:
    """How much one connector may still push."""

    level: float = BURST
    at: float | None = None
    guard: threading.Lock = field(default_factory=threading.Lock)

    def taken(self, now: float) -> bool:
        """Whether there is room for one more (seconds of a clock)."""
        with self.guard:
            since = 0.0 if self.at is None else max(0.0, now - self.at)
            self.level, self.at = min(BURST, self.level + since * RATE), now
            if self.level < 1:
                return False
            self.level -= 1
            return True
