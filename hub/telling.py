"""How results are told on a terminal: short lines for people, exit codes for machines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from hub.model import Tally

DONE, FAILED, WRONG_USE, INCOMPLETE = 0, 1, 2, 3
WORDS = ("waiting", "forwarded", "withheld_repeat", "held", "quarantined", "rejected", "on_the_way")


def exit_code(tallies: Iterable[Tally]) -> int:
    """0 done, 1 failed and said why, 3 incomplete: something is owed and will be retried."""
    codes = [_code(tally) for tally in tallies]
    return FAILED if FAILED in codes else INCOMPLETE if INCOMPLETE in codes else DONE


def _code(tally: Tally) -> int:
    if tally.owed or tally.halted:
        return INCOMPLETE
    return FAILED if tally.failed else DONE


def say(tally: Tally, out: TextIO | None = None) -> None:
    """One line of counts, then what is owed and what is worth knowing."""
    out = out or sys.stdout
    counts = [f"{tally.done} done"] + [
        f"{count} {word}" for word, count in (("known", tally.skipped), ("failed", tally.failed)) if count
    ]
    counts += [f"{count} {word.replace('_', ' ')}" for word, count in tally.words.items() if count]
    print(f"{tally.verb}: {', '.join(counts)}", file=out)
    for sentence in tally.owed:
        print(f"  owed: {sentence}", file=out)
    for sentence in tally.notes:
        print(f"  {sentence}", file=out)


def complain(sentence: object) -> None:
    """An error, for people, on standard error."""
    print(f"satupintu: {sentence}", file=sys.stderr)


def table(connectors: Mapping[str, Mapping[str, int]], pulled: Mapping[str, int]) -> None:
    """What was pulled and what became of it, connector by connector, in the words of the first promise."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title="Every complaint is exactly one of these", title_justify="left")
    shown.add_column("connector")
    for word in ("items", "stored", *WORDS):
        shown.add_column(word.replace("_", " "), justify="right")
    for name, words in sorted(connectors.items()):
        values = [pulled.get(name, 0), words.get("stored", 0), *(words.get(word, 0) for word in WORDS)]
        shown.add_row(name, *map(str, values))
    Console(width=None if sys.stdout.isatty() else 150).print(shown)


def interval(row: Any) -> str:
    """One read interval in a line."""
    since = row.from_at.isoformat(timespec="seconds") if row.from_at else "the beginning"
    return f"{since} … {row.to_at.isoformat(timespec='seconds')}"
