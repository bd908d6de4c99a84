"""What the demo shows while it runs: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

EVERY = 5.0
"""Seconds between two lines where there is no terminal."""


class Progress:
    """Pulled, forwarded, brought back; by the figures that the hub itself gives."""

    def __init__(self, truth: Mapping[str, Any]) -> None:
        """`truth`: of the sandbox; it says how much there is to do."""
        self._goals = {
            "pulled": sum(one["items"] for one in truth["connectors"].values()),
            "forwarded": truth["registry_complaints"],
            "answers sent": None,
        }
        self._bars: Bars | None = None
        self._last = ("", 0.0)

    def __enter__(self) -> Self:
        if sys.stdout.isatty():
            columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bars = Bars(*columns, TextColumn("{task.fields[note]}")).__enter__()
            for what, goal in self._goals.items():
                self._bars.add_task(what, total=goal, note="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.__exit__(kind, error, where)

    def show(self, figures: Mapping[str, Any], note: str) -> None:
        """The present figures, and what goes on."""
        counts = {
            "pulled": sum(figures["pulled"].values()),
            "forwarded": sum(row["forwarded"] for row in figures["connectors"].values()),
            "answers sent": figures["answers_sent"],
        }
        if self._bars:
            for task, count in zip(self._bars.tasks, counts.values(), strict=True):
                self._bars.update(task.id, completed=count, note=note if task.id == 0 else "")
            return
        line = ", ".join(f"{count} {what}" for what, count in counts.items()) + f"  ({note})"
        if line != self._last[0] and time.monotonic() - self._last[1] > EVERY:
            print(line, flush=True)
            self._last = (line, time.monotonic())
