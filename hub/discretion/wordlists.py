"""Finds the words of several lists in a text in one pass, so that asking of every complaint costs microseconds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import re2

_GAP: Final = r"[^a-z0-9]+"
_UNSEEN: Final = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u2060-\u2064\ufeff]")
"""Accents, and what a reader does not see and a search would stumble over."""


class Wordlists:
    """
    Named lists of words and phrases, small letters, `*` for any letters at the end or beginning of a word.

    Case, accents, width and whatever stands between the words of a phrase do not count.
    """

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        self._names = [name for name, phrases in lists.items() if list(phrases)]
        self._set = re2.Set.SearchSet()
        for name in self._names:
            self._set.Add(rf"\b(?:{'|'.join(map(_pattern, lists[name]))})\b")
        self._set.Compile()

    def found(self, text: str) -> frozenset[str]:
        """The names of the lists of which the text holds a word."""
        return frozenset(self._names[number] for number in self._set.Match(plain(text)) or ())


def plain(text: str) -> str:
    """The text in small ASCII letters, as far as it has any."""
    if text.isascii():
        return text.lower()
    return _UNSEEN.sub("", unicodedata.normalize("NFKD", text)).lower().encode("ascii", "replace").decode()


def _pattern(phrase: str) -> str:
    return _GAP.join(word.replace("*", "[a-z]*") for word in phrase.split())
