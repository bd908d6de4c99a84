"""How far a long step has come: one value a stored batch, and the line that a log gets of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one connector's step has done so far; counts only, no ref and no text of a complaint."""

    connector: str
    interval: int
    """Number of the read interval; 0 where the step reads no channel (accept)."""
    pages: int
    """Pages, or batches, so far."""
    items: int
    new: int
    """Items stored; for accept, complaints."""
    known: int
    """Items that were there already in this version."""
    total: int | None = None
    """The portal's own count, or how many wait for accept; None where nobody says it."""


Said = Callable[[Progress], None]
"""Hears of each batch that is stored."""


def silent(progress: Progress) -> None:
    """Tells nobody."""


def line(progress: Progress) -> str:
    """`jatim-portal interval=7 pages=3 items=300 new=12`: what a log shows of one batch."""
    said = {"interval": progress.interval, "pages": progress.pages, "items": progress.items, "new": progress.new}
    shown = " ".join(f"{word}={count}" for word, count in said.items() if word != "interval" or count)
    return f"{progress.connector} {shown}" + (f" of={progress.total}" if progress.total is not None else "")
