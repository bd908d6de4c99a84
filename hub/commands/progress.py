"""How a long step shows that it goes on: a moving line on a terminal, one line a batch elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from hub.progress import Said, line


@contextmanager
def showing(out: TextIO | None = None) -> Iterator[Said]:
    """
    What hears of each batch and shows it on `out`, by default standard error, so that standard output stays clean.

    On a terminal one line a connector: pages, items, new ones, rate, time, and how many of the portal's total are still
    owed. Elsewhere `line()` of each batch.
    """
    out = out or sys.stderr
    if not out.isatty():
        yield lambda progress: print(line(progress), file=out, flush=True)
        return
    from hub.commands.moving import moving  # with it comes rich, which a scheduled pull has no use for

    with moving(out) as said:
        yield said
