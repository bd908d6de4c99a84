"""How fast time goes in a soak, and how bad the line is: both as the work that is left asks for."""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from sandbox.proxy import HTTP_FAULTS, Dice
from tests.conftest import Database
from tests.faults import cells
from tests.faults.tempo import Tempo

LATE = ("slower_than_time_out", "commits_after_time_out")
"""Cost a whole time-out each, so they come seldom."""
FAULTS = (*(one for one in HTTP_FAULTS if one not in LATE for _ in range(25)), *LATE)
ALIVE = r"^GET .*/(alive|masters/.*)$"
STEP = 2.0
"""Seconds to leap where somebody holds something and sleeps until he asks again."""
PATIENT = 4
"""Looks at a line on which nothing happens, before such a step."""
SLOW = 40
"""Such looks where somebody holds something: the machine may be slow, and a call that misses its slot is not made."""
MARGIN = 60.0
"""Seconds that every lease keeps, however far the clock leaps."""
_TICKS = os.sysconf("SC_CLK_TCK")

_NEXT = """
SELECT r.opened_at, r.probe_at, r.next_slot_at,
       (SELECT min(due_at) FROM deliveries WHERE state IN ('queued', 'files_uploaded', 'created')
           AND (until IS NULL OR until <= %s)),
       (SELECT min(due_at) FROM deliveries WHERE state = 'unknown' AND (until IS NULL OR until <= %s)),
       (SELECT min(until) FROM deliveries WHERE until > %s)
FROM registries r
"""


@dataclass(kw_only=True)
class Eyes:
    """What stands in the tables, over a connection of its own that outlives a crash of the server."""

    database: Database
    _kept: Any = None

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Nothing where the server is away."""
        try:
            self._kept = self._kept or self.database.connect(superuser=True)
            return list(self._kept.execute(sql, values).fetchall())
        except psycopg.Error:
            self.close()
            return []

    def close(self) -> None:
        """The next look takes a new connection."""
        with suppress(psycopg.Error):
            if self._kept:
                self._kept.close()
        self._kept = None


@dataclass(kw_only=True)
class Pace:
    """Lets the clock leap to the next moment at which anything is due, while nothing is on its way."""

    tempo: Tempo
    eyes: Eyes
    line: Any
    asks: bool
    leapt: float = 0.0
    _still: int = 0

    def look(self) -> None:
        """Every few milliseconds."""
        if self.line.busy:
            self._still = 0
            return
        self._still += 1
        if self._still < 2:
            return
        now = self.tempo()
        for row in self.eyes.rows(_NEXT, now, now, now)[:1]:
            self._leap(now, *row)

    def leap(self, seconds: float) -> None:
        """So far, for everybody."""
        self.tempo.leap(seconds)
        self.leapt += seconds

    def _leap(self, now: datetime, opened: Any, probe: Any, slot: Any, due: Any, doubt: Any, held: Any) -> None:
        if opened is not None:
            target = probe
        elif slot is not None and (slot - now).total_seconds() > 0.2:
            target = slot
        else:
            target = min((one for one in (due, doubt if self.asks else None) if one is not None), default=now)
        far = (target - now).total_seconds()
        if self._still < (SLOW if held is not None else 0 if far > 0 else PATIENT):
            return
        if far <= 0:
            far = STEP
        if held is not None:
            far = min(far, (held - now).total_seconds() - MARGIN)
        if far > 0:
            self.leap(far + 0.001)
            self._still = 0


@dataclass(slots=True, kw_only=True)
class Weather(Dice):
    """Faults by what is called; `press` makes it as bad as is needed to have enough of them in the end."""

    asks: bool
    creates: float = 0.0
    others: float = 0.0
    over: bool = False

    def press(self, faults: int, left: int) -> None:
        """So many faults are still to come, to so many complaints."""
        need = max(faults, 0) / max(left, 1)
        if self.asks:
            self.creates, self.others = min(0.2 + 0.08 * need, 0.45), min(0.45 + 0.2 * need, 0.87)
        else:
            self.creates, self.others = min(0.1 + 0.1 * need, 0.35), min(0.2 + 0.25 * need, 0.7)

    def __call__(self, what: str) -> str | None:
        """The fault of this call."""
        with self.lock:
            share = 0.2 if re.search(ALIVE, what) else self.creates if re.search(cells.CREATE, what) else self.others
            return self.chance.choice(FAULTS) if not self.over and self.chance.random() < share else None


@dataclass(slots=True)
class Spent:
    """CPU seconds of processes that come and go."""

    by: Counter[int] = field(default_factory=Counter)

    def look(self, *pids: int) -> None:
        """Before they end."""
        for pid in pids:
            with suppress(OSError, IndexError):
                parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                self.by[pid] = max(self.by[pid], sum(map(int, parts[11:13])))

    @property
    def seconds(self) -> float:
        """Of all of them."""
        return self.by.total() / _TICKS
