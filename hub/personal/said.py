"""Telephone numbers that are said in words, whole or in part: nol delapan satu dua …, nol delapan 12-3456-789."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_DIGIT: Final = r"(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)"
_GAP: Final = r"[\s,.-]{1,3}"
_NUMBER: Final = re.compile(
    rf"\b(?:nol|kosong|enam{_GAP}dua){_GAP}delapan(?:{_GAP}(?:{_DIGIT}|\d{{1,12}})\b){{1,13}}", re.IGNORECASE
)
_BEGUN: Final = re.compile(rf"(?<![\w.-])(?:0|\+?62{_GAP})8\d{{1,6}}(?:{_GAP}{_DIGIT}\b){{3,11}}", re.IGNORECASE)
"""Begun in digits and ended in words."""
_ONE: Final = re.compile(rf"{_DIGIT}|\d", re.IGNORECASE)
_COUNTS: Final = range(9, 16)
"""Digits, said or written, of a mobile number."""


def said_in_words(plain: str, lowered: str) -> Iterator[tuple[str, int, int]]:
    """("phone", begin, end) of every mobile number that has words in it."""
    if "delapan" in lowered:
        for found in _NUMBER.finditer(plain):
            if len(_ONE.findall(found[0])) in _COUNTS:
                yield "phone", *found.span()
    if "08" in plain or "62" in plain:
        for found in _BEGUN.finditer(plain):
            if len(_ONE.findall(found[0])) in _COUNTS:
                yield "phone", *found.span()
