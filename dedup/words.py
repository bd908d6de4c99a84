"""What one word tells: its sound without vowels, how rare it is among complaints, and of which problem it speaks."""

from __future__ import annotations

import tomllib
import zlib
from functools import lru_cache
from math import log, log2
from pathlib import Path
from typing import Final, NamedTuple

from dedup.rules import STOP

SLOTS: Final = 1 << 18
"""Places of the table of rarities; a word's place is its CRC-32, so that every worker finds the same."""
SCALE: Final = 4000
"""The table counts as if there had been so many matters."""
RAREST: Final = log(SCALE / 0.7)
"""Rarity of a word that the table does not know, in nats."""

_HERE: Final = Path(__file__)
_KNOWN_WORDS: Final = 1 << 16
_VOWELS: Final = str.maketrans("", "", "aeiou")
_PREFIXES: Final = ("meng", "meny", "peng", "peny", "mem", "men", "pem", "pen", "ber", "per", "ter", "di", "ke", "se")
_ENDINGS: Final = ("nya", "kan", "an", "i", "lah")
_SHORTEST: Final = 3
_AFFIXED: Final = 5
"""Letters: shorter words have neither."""


class Told(NamedTuple):
    """What one word tells: `known`: several used it; `topics`: the problems that it speaks of, and each one's share of it."""

    sound: str
    rarity: float
    known: bool
    topics: tuple[tuple[str, float], ...]


@lru_cache(maxsize=_KNOWN_WORDS)
def told(word: str) -> Told:
    """All that is known of one word, by one look: a complaint has dozens, and is read with each that may be like it."""
    said, spoken = sound(word), topics(word)
    shares = tuple((topic, 1 / len(spoken)) for topic in sorted(spoken)) if spoken else ()
    return Told(sound=said, rarity=rarity(said), known=is_known(said), topics=shares)


@lru_cache(maxsize=_KNOWN_WORDS)
def sound(word: str) -> str:
    """The first letter and the consonants, none doubled: "lampu" and "lmpu" sound alike. Short words and numbers stay."""
    if len(word) < _SHORTEST or word[0].isdigit():
        return word
    bare = word[0]
    for letter in word[1:].translate(_VOWELS):
        if letter != bare[-1]:
            bare += letter
    return bare if len(bare) >= _SHORTEST else word


@lru_cache(maxsize=_KNOWN_WORDS)
def rarity(said: str) -> float:
    """How much a sound tells, in nats: about 1 for "jalan", `RAREST` for what was never seen."""
    level = _TABLE[slot(said)]
    return log(SCALE / (2 ** ((level - 1) / 4) - 0.3)) if level else RAREST


def is_known(said: str) -> bool:
    """Several matters used this word, so it is none of somebody's own and no mistyping."""
    return _TABLE[slot(said)] > 1


def slot(said: str) -> int:
    """The place of a sound in the table."""
    return zlib.crc32(said.encode("utf-8", "surrogatepass")) & (SLOTS - 1)


def level(matters: float) -> int:
    """What the table holds for a word that so many of `SCALE` matters used: quarter steps of log2, never 0."""
    return min(255, max(1, round(4 * log2(matters)) + 1))


def topics(word: str) -> frozenset[str]:
    """
    The problems of topics.toml that a word speaks of, in its bare form or with the usual prefix and ending.

    One written without some of its vowels counts too ("lmpu"); one with others is another word ("jalan", not "jualan").
    """
    if word in STOP:
        return _TOPICS.get(word, _NONE)
    for stem in _stems(word):
        if found := _TOPICS.get(stem) or _shortened(stem):
            return found
    return _NONE


def _stems(word: str) -> list[str]:
    """The word, then without a prefix, an ending, both."""
    if len(word) < _AFFIXED:
        return [word]
    bare = [word]
    if word.startswith(_PREFIXES):
        bare += [word[len(prefix) :] for prefix in _PREFIXES if word.startswith(prefix)]
    if not word.endswith(_ENDINGS):
        return bare
    return bare + [stem[: -len(ending)] for stem in bare for ending in _ENDINGS if stem.endswith(ending)]


def _shortened(stem: str) -> frozenset[str]:
    likely = _BY_SOUND.get(sound(stem)) if len(stem) >= _SHORTEST and stem not in STOP else None
    if not likely:
        return _NONE
    return _NONE.union(*(_TOPICS[word] for word in likely if len(stem) < len(word) and _holds(word, stem)))


def _holds(word: str, stem: str) -> bool:
    """The letters of the stem stand in the word, in their order."""
    rest = iter(word)
    return all(letter in rest for letter in stem)


def _read_topics() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for topic, words in tomllib.loads(_HERE.with_name("topics.toml").read_text(encoding="utf-8")).items():
        for word in words.split():
            found[word] = found.get(word, _NONE) | {topic}
    return found


def use_table(table: bytes) -> None:
    """Weigh words by another table (training and its tests only). ValueError if it has not `SLOTS` places."""
    global _TABLE  # noqa: PLW0603 - one table a process; passing it through every word would cost more than it says
    if len(table) != SLOTS:
        raise ValueError(f"a table of rarities has {SLOTS} places, not {len(table)}")
    _TABLE = table
    rarity.cache_clear()
    told.cache_clear()


_TABLE = zlib.decompress(_HERE.with_name("rarity.bin").read_bytes())
_NONE: Final = frozenset[str]()
_TOPICS: Final = _read_topics()
_BY_SOUND: Final = {
    said: [word for word in _TOPICS if sound(word) == said] for said in sorted(set(map(sound, _TOPICS)))
}
