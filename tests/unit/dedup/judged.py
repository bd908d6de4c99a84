"""Reads the invented pairs of judged_pairs.txt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dedup.doc import Doc, document

_FILE: Final = Path(__file__).with_name("judged_pairs.txt")
_KNOWN: Final = ("place", "kelurahan", "at", "who")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Two complaints, and whether a reader holds them for one matter."""

    same: bool
    kind: str
    one: Doc
    other: Doc


def judged_pairs() -> Iterator[Judged]:
    """Every pair of the file."""
    for block in _FILE.read_text(encoding="utf-8").split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if lines:
            yield _pair(lines)


def _pair(lines: list[str]) -> Judged:
    word, kind, days = lines[0].split()
    one, _, other = (lines[3] if len(lines) > 3 else "").partition("|")
    return Judged(
        same={"same": True, "other": False}[word],
        kind=kind,
        one=_doc("a", lines[1], 0, one),
        other=_doc("b", lines[2], int(days), other),
    )


def _doc(name: str, text: str, day: int, more: str) -> Doc:
    known: dict[str, list[str]] = {}
    for word in more.split():
        if word in _KNOWN:
            known[word] = []
        else:
            known[list(known)[-1]].append(word)
    at: dict[str, Any] = dict(zip(("lat", "lon"), map(float, known.get("at", ())), strict=False))
    return document(
        id=name,
        text=text.replace("\\n", "\n"),
        day=day,
        place=" ".join(known.get("place", ())),
        kelurahan=" ".join(known.get("kelurahan", ())),
        reporter=known.get("who", ()),
        **at,
    )
