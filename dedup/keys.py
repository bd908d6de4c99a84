"""A few short strings by which a complaint finds the earlier ones that may say the same, without reading them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dedup.rules import RULES, STOP
from dedup.text import tokens

if TYPE_CHECKING:
    from dedup.judge import Doc

_HEAD: Final = 18  # informative words at the start: what is left of a text that a channel cut at 140 characters
_SHARE_HEAD: Final = 6
_SHARE_ALL: Final = 5
_SHARE_PAIRS: Final = 4


def keys(doc: Doc) -> frozenset[str]:
    """At most 18 strings; texts that are equal, mistyped, cut or wrapped in a greeting share several.

    Without a corpus the longest words stand in for the rarest; a hash breaks ties, so every worker chooses alike.
    """
    telling = [word for word in dict.fromkeys(tokens(doc.text)) if _telling(word)]
    head = telling[:_HEAD]
    chosen = [_exact(doc.text), *(f"s:{street}" for street in doc.streets[:2])]
    chosen += [f"w:{word}" for word in _best(head, _SHARE_HEAD)]
    chosen += [f"p:{pair}" for pair in _best(_pairs(head), _SHARE_PAIRS)]
    chosen += [f"w:{word}" for word in _best(telling, _SHARE_ALL)]
    return frozenset(list(dict.fromkeys(chosen))[: RULES.most_keys])


def _telling(word: str) -> bool:
    return word not in STOP and (len(word) > 3 or (word.isdigit() and len(word) > 1))


def _pairs(words: list[str]) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise(words)]


def _best(words: Iterable[str], count: int) -> Iterator[str]:
    yield from sorted(words, key=lambda word: (-min(len(word), 20), _hashed(word)))[:count]


def _exact(text: str) -> str:
    return f"x:{_hashed(text)}"


def _hashed(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
