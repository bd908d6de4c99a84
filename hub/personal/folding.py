"""The same text with every digit, dash, blank and full-width letter as ASCII has it, place for place."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """As long as `text`: what is drawn like an ASCII character is one, what cannot be seen or is an escape is blank."""
    plain = text if text.isascii() else text.translate(_TABLE)
    if "\\" not in plain:
        return plain
    return plain.replace("\\t", "  ").replace("\\n", "\n ").replace("\\r", "  ")


class _Table(dict[int, str]):
    """Filled as characters are met; there are few in one language."""

    def __missing__(self, point: int) -> str:
        self[point] = found = _as_ascii(chr(point))
        return found


def _as_ascii(one: str) -> str:
    if one.isascii():
        return one
    kind = unicodedata.category(one)
    if kind == "Nd":
        return str(unicodedata.digit(one))
    if kind == "Pd":
        return "-"
    if kind in ("Zs", "Cf", "Mn"):
        return " "
    plain = unicodedata.normalize("NFKC", one)
    return plain if len(plain) == 1 else one


_TABLE = _Table()
