"""Runs of digits in a text, and what the words beside them say: what all who look at numbers share."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from hub.personal.words import Named, named

_TOKEN: Final = re.compile(r"(?:(?<![0-9A-Za-z])[OoIl])?[0-9][0-9OoIl]*+")
_LETTERS: Final = str.maketrans("OoIl", "0011")


class Digits(NamedTuple):
    """A run of digits without a gap; letters drawn like digits are read as such."""

    begin: int
    end: int
    text: str
    sure: bool
    """No letter stood among them."""


class Number(NamedTuple):
    """Digits that belong together: which tokens, and where."""

    kind: str
    begin: int
    end: int
    last: int
    """Index of the last token."""


def digits(plain: str) -> list[Digits]:
    """All runs of digits of a folded text."""
    return [_digits(found) for found in _TOKEN.finditer(plain)]


def _digits(found: re.Match[str]) -> Digits:
    text = found[0]
    return Digits(found.start(), found.end(), text.translate(_LETTERS), text.isdigit())


class Words:
    """What the words beside one number say, looked up once and only if somebody asks."""

    def __init__(self, plain: str, token: Digits) -> None:
        self._plain, self._token = plain, token
        self._found: Named | None = None
        self._asked = False

    def __call__(self, end: int | None = None) -> Named | None:
        """What `words.named` says of the number that begins here; `end` where it is longer than its first run."""
        if not self._asked:
            self._found = named(self._plain, self._token.begin, end or self._token.end)
            self._asked = True
        return self._found

    def directly(self, *kinds: str) -> bool:
        """Whether a word of one of these kinds stands right before it."""
        found = self()
        return found is not None and found.directly and found.kind in kinds
