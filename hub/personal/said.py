"""Telephone numbers that are said in words: nol delapan satu dua …"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_DIGIT: Final = r"(?:nol|kosong|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)"
_NUMBER: Final = re.compile(
    rf"\b(?:nol|kosong|enam[\s,.-]{{1,3}}dua)[\s,.-]{{1,3}}delapan(?:[\s,.-]{{1,3}}{_DIGIT}){{7,13}}\b", re.IGNORECASE
)


def said_in_words(plain: str, lowered: str) -> Iterator[tuple[str, int, int]]:
    """("phone", begin, end) of every mobile number in words."""
    if "delapan" in lowered:
        for found in _NUMBER.finditer(plain):
            yield "phone", *found.span()
