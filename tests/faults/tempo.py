"""One clock for many processes: as fast as the machine's, and it leaps over the hours in which nobody has anything to do.

All of them add the machine's monotonic clock, which is the same for all, to what stands in a file.
"""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_KEPT = struct.Struct("d")
LOOK = 0.02
"""Seconds after which a sleeper looks whether the clock has leapt."""


@dataclass(slots=True)
class Tempo:
    """The clock of a soak; one process lets it leap, the others read."""

    handle: int

    @classmethod
    def of(cls, folder: Path, begins: datetime | None = None) -> Tempo:
        """The clock of this folder; `begins`: put it there first."""
        flags = os.O_RDONLY if begins is None else os.O_RDWR | os.O_CREAT
        made = cls(os.open(folder / "tempo", flags, 0o600))
        if begins is not None:
            made._keep(begins.timestamp() - time.monotonic())
        return made

    def __call__(self) -> datetime:
        """The present moment, the same in all processes."""
        return datetime.fromtimestamp(self._ahead() + time.monotonic(), UTC)

    def sleep(self, seconds: float) -> None:
        """Until so long has passed by this clock."""
        until = self._ahead() + time.monotonic() + seconds
        while (left := until - self._ahead() - time.monotonic()) > 0:
            time.sleep(min(left, LOOK))

    def leap(self, seconds: float) -> None:
        """For everybody at once."""
        self._keep(self._ahead() + seconds)

    def close(self) -> None:
        """Give the file back."""
        os.close(self.handle)

    def _ahead(self) -> float:
        (kept,) = _KEPT.unpack(os.pread(self.handle, _KEPT.size, 0))
        return float(kept)

    def _keep(self, ahead: float) -> None:
        os.pwrite(self.handle, _KEPT.pack(ahead), 0)
