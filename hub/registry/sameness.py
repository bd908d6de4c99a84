"""Knows our own words again when they come back from a portal or a registry that wrapped, escaped or cut them."""

from __future__ import annotations

import html
import re
from typing import Final

ENOUGH: Final = 40
"""Letters and digits in a row that nobody writes by chance as we did."""
_MARKER = re.compile(r"\[Ref([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_NO_LETTER = re.compile(r"[\W_]+")
_CUT = re.compile(r"(?:\.{3}|…)(?:\W*\w+){0,3}\W*\Z|\W*\b(?:(?:baca|lihat)\s+)?selengkapnya\W*\Z", re.IGNORECASE)
"""An ellipsis with up to three words behind it, or what leads to the rest."""
_END = 400
"""Signs at the end of a text in which it is looked for."""


def squeezed(text: str) -> str:
    """The letters and digits alone, in small letters: what is left of a text however a page wraps, escapes or marks it up."""
    return _NO_LETTER.sub("", _bare(text, " ")).casefold()


def uncut(text: str) -> str:
    """What stands before the sign that a text was cut, such as "… selengkapnya"; the text itself where there is none."""
    bare = _bare(text, " ")
    found = _CUT.search(bare, max(0, len(bare) - _END))
    return bare[: found.start()] if found else text


def same(shown: str, sent: str, *, slack: int, words: str = "") -> bool:
    """
    Whether `shown` is `sent` as somebody shows it: whole, wrapped anywhere, or a part of it of 40 letters or more.

    `slack`: letters and digits that may stand around it, such as a name and a date; who adds more says something of his
    own. `words`: what of `sent` somebody else had said; who says just that, or a part of it, may be himself again.
    """
    whole, said = squeezed(sent), squeezed(words)
    return any(_part(bare, whole, slack, said) for bare in {squeezed(shown), squeezed(uncut(shown))})


def _part(bare: str, sent: str, slack: int, words: str) -> bool:
    if not bare or not sent:
        return False
    if sent in bare:
        return len(bare) - len(sent) <= slack
    if bare in sent:
        return len(bare) >= ENOUGH and bare not in words
    return any(sent.startswith(bare[begin:]) for begin in range(1, min(slack, len(bare) - ENOUGH) + 1))


def named(text: str) -> tuple[str, ...]:
    """The ids in marks such as [Ref 123e4567-…], in small letters, each once, wherever a line was broken."""
    flat = "".join(_bare(text, "").split())
    return tuple(dict.fromkeys(found.lower() for found in _MARKER.findall(flat)))


def _bare(text: str, between: str) -> str:
    """Without tags and escapes; twice is not rare: one system escapes what another one had escaped."""
    return _TAG.sub(between, html.unescape(html.unescape(text)))
