"""Licence plates and passports: letters and digits together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hub.personal.words import named

_PREFIXES: Final = (
    "A AA AB AD AE AG B BA BB BD BE BG BH BK BL BM BN BP D DA DB DC DD DE DG DH DK DL DM DN DP DR DS DT DW E EA EB ED F G H K "
    "KB KH KT KU L M N P PA PB R S T W Z"
)
_PLATE: Final = re.compile(
    rf"(?<![A-Za-z0-9./-])(?:{'|'.join(sorted(_PREFIXES.split(), key=len, reverse=True))})"
    r"[ -]?\d{1,4}[ -]?[A-Z]{1,3}(?![A-Za-z0-9])"
)
_SURE: Final = re.compile(r"[A-Z]{1,2}[ -]?\d{4}[ -]?[A-Z]{2,3}")
_SMALL: Final = re.compile(r"(?<![a-z0-9])[a-z]{1,2} ?\d{2,4} ?[a-z]{2,3}(?![a-z0-9])")
_PASSPORT: Final = re.compile(r"(?<![A-Za-z0-9])[A-Z]{1,2} ?\d{6,7}(?!\d)")


def papers(plain: str) -> Iterator[tuple[str, int, int]]:
    """("plate" | "passport", begin, end) in a folded text with a digit in it."""
    for found in _PLATE.finditer(plain):
        if _SURE.fullmatch(found[0]) or _says(plain, found, "plate"):
            yield "plate", *found.span()
    for found in _SMALL.finditer(plain):
        if _says(plain, found, "plate"):
            yield "plate", *found.span()
    for found in _PASSPORT.finditer(plain):
        if _says(plain, found, "passport"):
            yield "passport", *found.span()


def _says(plain: str, found: re.Match[str], kind: str) -> bool:
    word = named(plain, *found.span())
    return word is not None and word.kind == kind and word.directly
