"""Names of fields in one vocabulary: tgl_pengaduan, reportedAt and "Tanggal Laporan" are all the day on which it was made."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final


def these(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_HERE: Final = Path(__file__).parent
_SPLIT: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_STOP: Final = these(
    "a ada an and anda apa as asli at attributes bagaimana be been by current dan dari data di did do does "
    "fields first flag for full has how ini is it item its ke keep last lengkap mana mohon my of oleh on our "
    "pada please properties record resmi row saat saudara sekarang silakan terkini the to untuk value values "
    "want was we were what which yang you your "
)
"""Words that tell nothing about what stands in a field."""
_NOISE: Final = these(
    "laporan pelaporan aduan pengaduan lapor adu lap complaint complaints report reports aspirasi permohonan "
    "ticketing req request case kasus saran laporkan adukan form formulir"
)
"""What every field of a complaint may be called after."""
_LONGEST_JOINED: Final = 40
_TOGETHER: Final = (
    (re.compile(r"(?i)sp4n"), "Span"),
    (re.compile(r"(?i)penanggung[\s_-]*jawab"), "Penanggungjawab"),
    (re.compile(r"(?i)tindak[\s_-]*lanjut"), "Tindaklanjut"),
    (re.compile(r"(?i)e-mail"), "Email"),
    (re.compile(r"(?i)whats\s?app"), "Wa"),
)
"""What is one word for us and would be cut."""


def rows(name: str) -> list[Mapping[str, str]]:
    """The rows of a table that lies beside this file; lines with # are comments."""
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


@cache
def _meanings() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for row in rows("words.csv"):
        for word in row["means"].split():
            found.setdefault(word, row["word"])
    return found


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """
    The words of a name in our vocabulary, in their order, each once: "tglPengaduan" -> ("tanggal",).

    What every field is called after is left out, unless nothing else is there.
    """
    for form, one in _TOGETHER:
        name = form.sub(one, name)
    parts = [part for piece in _SPLIT.findall(name) for part in _known(piece.lower())]
    told = [part for part in parts if part not in _STOP]
    bare = [part for part in told if part not in _NOISE]
    return tuple(dict.fromkeys(_meanings().get(part, part) for part in bare or told or parts))


def _known(piece: str) -> Sequence[str]:
    """The piece itself where it is a word; "idpengaduan" as its words; a plural as its singular."""
    if _is_word(piece):
        return (piece,)
    if piece.endswith("s") and _is_word(piece[:-1]):
        return (piece[:-1],)
    if len(piece) <= _LONGEST_JOINED and (found := _cut(piece)):
        return found
    if len(piece) > 5 and _is_word(piece[1:]):  # tstatus, mkategori: a letter for its table
        return (piece[1:],)
    return (piece,)


def _is_word(piece: str) -> bool:
    return piece in _meanings() or piece in _STOP or piece in _NOISE


def _cut(piece: str) -> tuple[str, ...] | None:
    """The piece as words one after another, the longest first; a word of one or two letters only where it opens or ends it."""
    for length in range(len(piece) - 1, 1, -1):
        head, rest = piece[:length], piece[length:]
        if not _is_word(head):
            continue
        if _is_word(rest) and len(rest) > 1:
            return head, rest
        if len(rest) > 2 and (found := _cut(rest)):
            return (head, *found)
    return None


def phrases() -> Iterator[tuple[str, int, frozenset[str]]]:
    """Field, how surely (percent), and the words of one phrase that tells it."""
    return iter(_phrases())


@cache
def _phrases() -> tuple[tuple[str, int, frozenset[str]], ...]:
    return tuple(
        (row["field"], int(row["sure"]), frozenset(phrase.split()))
        for row in rows("fields.csv")
        for phrase in row["phrases"].split("|")
    )
