"""Lines that move on a terminal while a long step goes on; apart, because a step without a terminal needs no rich."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import Progress as Lines
from rich.progress import ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from hub.progress import Progress, Said


@contextmanager
def moving(out: TextIO) -> Iterator[Said]:
    """What hears of each batch and moves the line of its connector on the terminal `out`; the lines go at the end."""
    with Lines(*_columns(), console=Console(file=getattr(out, "beneath", out)), transient=True) as lines:
        yield _Shown(lines)


class _Shown:
    """One moving line for each connector."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._tasks: dict[tuple[str, int], TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        key = progress.connector, progress.interval
        if key not in self._tasks:
            self._tasks[key] = self._lines.add_task(progress.connector, total=None)
        self._lines.update(
            self._tasks[key],
            completed=progress.items,
            pages=progress.pages,
            new=progress.new,
            owed="?" if progress.total is None else max(progress.total - progress.items, 0),
        )


class _Rate(ProgressColumn):
    """Items a second."""

    def render(self, task: Task) -> Text:
        """The rate of the last half minute; nothing before the second batch."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        _Counts(),
        _Rate(),
        TimeElapsedColumn(),
    )


class _Counts(ProgressColumn):
    """Pages, items, new ones, and what is still owed of the portal's total."""

    def render(self, task: Task) -> Text:
        """The counts of the last batch."""
        told = task.fields
        return Text(
            f"{told.get('pages', 0)} halaman / pages  {task.completed:,.0f} item / items  "
            f"{told.get('new', 0)} baru / new  {told.get('owed', '?')} terutang / owed"
        )
