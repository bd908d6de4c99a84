"""The text of a draft: YAML that a person will read and correct, every line with how sure it is and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from connectors.drafting.guesses import UNSURE

CHECK: Final = "PERIKSA / CHECK"
"""Stands in every line that a person has to look at."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]@-]*")
_WORDS: Final = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n", "ya", "tidak"])
_WHY: Final = {
    "name": "nama dikenal / known name",
    "both": "nama dan isi cocok / name and values fit",
    "values": "dari isinya / by its values",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One key of the draft."""

    key: str
    value: Any = None
    """Text, number, truth or a mapping of those; None for a key whose block follows."""
    sure: int | None = None
    """Percent; None where nothing was guessed."""
    why: str = ""
    """A word of _WHY, or a sentence in both languages."""
    check: bool = False
    below: tuple[Line, ...] = field(default=())
    remark: bool = False
    """The whole line is a comment."""

    @property
    def doubtful(self) -> bool:
        """A person should look."""
        return self.check or (self.sure is not None and self.sure < UNSURE)


def text(lines: tuple[Line, ...], depth: int = 0) -> str:
    """The lines as YAML."""
    return "".join(f"{one}\n" for one in _written(lines, depth))


def doubtful(lines: tuple[Line, ...]) -> int:
    """How many lines are to be looked at."""
    return sum(int(one.doubtful) + doubtful(one.below) for one in lines)


def _written(lines: tuple[Line, ...], depth: int) -> Iterator[str]:
    for one in lines:
        head = "  " * depth + ("# " if one.remark else "") + f"{scalar(one.key)}:"
        value = "" if one.below else f" {inline(one.value)}"
        yield head + value + _comment(one)
        yield from _written(one.below, depth + 1)


def _comment(line: Line) -> str:
    why = _WHY.get(line.why, line.why)
    sure = "" if line.sure is None else f"{line.sure} %"
    told = ": ".join(part for part in (sure, why) if part)
    if line.doubtful:
        return f"  # {CHECK} {told}".rstrip()
    return f"  # {told}" if told else ""


def inline(value: Any) -> str:
    """A value on one line: {path: isi, format: iso}."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(inline, value)) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Plain where nothing else can be read, else in double quotes; no sign of it can end the line."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and "[" not in value and not value.startswith("@"):
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())
