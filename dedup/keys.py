"""A few short strings by which a complaint finds the earlier ones that may say the same, without reading them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import TYPE_CHECKING, Final

from dedup.places import Street, spots, streets
from dedup.rules import RULES, STOP
from dedup.words import is_known, rarity, sound

if TYPE_CHECKING:
    from dedup.doc import Doc

_ENOUGH: Final = RULES.least
_NEARBY: Final = 5.0
"""Of 2,300 labelled pairs that share a cell and no word five were one matter."""
_REPORTER: Final = 3.0
_PAIR: Final = 3.0
_SPOT: Final = 5.5  # nats from which the name of a place leads to others that name it
_PLACES: Final = 3
_RAREST: Final = 4.5
_CELL: Final = 0.002
"""Degrees: 220 m from south to north."""
_HEAD: Final = 18  # telling words at the start: what is left of a text that a channel cut at 140 characters
_TICKET: Final = re.compile(r"\b\d{3,6} [a-z]{2,3} (?:[ivxl]+|\d{1,2}) (?:19|20)\d\d\b|\b\d{7,10}\b")

_CUSTOMER: Final = frozenset((
    "pelanggan", "plg", "pel", "idpel", "meter", "meteran", "rekening", "kartu", "sambungan", "nik", "kk", "hp", "wa",
    "telepon", "telp", "bpjs", "kis",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """One string and what sharing it tells, in nats; a sum of `Rules.least` makes a complaint worth judging."""

    text: str
    weight: float


def keys(doc: Doc) -> tuple[Key, ...]:
    """At most 18 keys, none twice; texts that are equal, mistyped, cut or wrapped in a greeting share several.

    A street or a quoted ticket number is enough by itself; a rare word needs a second, and a cell of 220 m a word.
    """
    found = [Key(f"t:{ticket}", _ENOUGH) for ticket in tickets(doc.text)[:2]]
    roads = streets(f"{doc.text} ; {doc.place}")
    found += [Key(f"s:{name}", _ENOUGH) for name in list(dict.fromkeys(map(_spelled, roads)))[:3]]
    if (cell := _cell(doc)) is not None:
        found.append(_cell_key(*cell))
    found += [Key(f"r:{token}", _REPORTER) for token in sorted(doc.reporter)[:2]]
    where = spots_of(doc.text.split(), doc.place, roads)
    return tuple([*found, *_word_keys(doc, where)][: RULES.most_keys])


def probes(doc: Doc) -> tuple[Key, ...]:
    """Keys that are looked up and never stored: the eight cells round the complaint's own."""
    cell = _cell(doc)
    if cell is None:
        return ()
    north, east = cell
    return tuple(_cell_key(north + i, east + j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j)


def tickets(text: str) -> list[str]:
    """Numbers of tickets and customers that a normalised text quotes, each once."""
    return list(dict.fromkeys(found[0] for found in _TICKET.finditer(text) if not _of_customer(text, found.start())))


def _of_customer(text: str, start: int) -> bool:
    """The number is that of a customer or a card: he has it in every matter of his."""
    return not _CUSTOMER.isdisjoint(text[max(0, start - 40) : start].split()[-2:])


def spots_of(words: Sequence[str], place: str, roads: Iterable[Street]) -> frozenset[str]:
    """The sounds of rare words that name a place, with "jalan" before them or without."""
    said = [*(street.name[0] for street in roads), *spots(words), *spots(["di", *place.split()])]
    return frozenset([one for one in map(sound, said) if rarity(one) >= _SPOT])


def _spelled(street: Street) -> str:
    return " ".join(sound(word) for word in street.name)


def _cell(doc: Doc) -> tuple[int, int] | None:
    return None if doc.lat is None or doc.lon is None else (floor(doc.lat / _CELL), floor(doc.lon / _CELL))


def _cell_key(north: int, east: int) -> Key:
    return Key(f"c:{north}:{east}", _NEARBY)


def _word_keys(doc: Doc, where: frozenset[str]) -> list[Key]:
    """What names a place; the rarest words that others use too, of all and of the start; the longest of one's own; pairs."""
    first: dict[str, int] = {}
    for number, word in enumerate(doc.text.split()):
        if _tells(word):
            first.setdefault(sound(word), number)
    rare = {said: rarity(said) for said in first}
    old = sorted((said for said in first if is_known(said)), key=lambda said: (-rare[said], said))
    own = sorted(first.keys() - old, key=lambda said: (-len(said), said))
    chosen = [*old[:6], *[said for said in old if first[said] < _HEAD][:3], *own[:3]]
    places = sorted(where, key=lambda said: (-rarity(said), said))[:_PLACES]
    words = [Key(f"w:{said}", _ENOUGH) for said in places]
    words += [Key(f"w:{said}", min(rare[said], _RAREST)) for said in dict.fromkeys(chosen) if said not in places]
    pairs = sorted(pairwise(first), key=lambda pair: (-rare[pair[0]] - rare[pair[1]], pair))[:3]
    return words + [Key(f"p:{one} {two}", _PAIR) for one, two in pairs]


def _tells(word: str) -> bool:
    return word not in STOP and (len(word) > 3 or (len(word) > 1 and word.isdigit()))
