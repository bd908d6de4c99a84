"""Where a complaint is about: the streets, numbers and named places that its words tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rapidfuzz.distance import OSA

from dedup.rules import NOT_A_STREET, STOP
from dedup.words import is_known, rarity, sound

SAME, UNNUMBERED, LONGER, OTHER_NUMBER, OTHER = 1.0, 0.6, 0.5, -1.0, -2.0
"""What two streets are to each other; above 0 they may be one."""

_STREET: Final = re.compile(
    r"\b(jalan|gang|perumahan|perum|dusun|(?<!dana )(?<!kepala )(?<!perangkat )(?<!kantor )(?<!balai )desa)"
    r"((?: (?!jalan\b|gang\b|nomor\b|km\b|rt\b|rw\b|kelurahan\b|kecamatan\b|blok\b)[a-z]+){1,4})(?: (?:gang )?(\d{1,3}[a-z]?)\b)?"
)
_HOUSE: Final = re.compile(r"\bnomor (\d{1,4}[a-z]?)\b")
_UNIT: Final = re.compile(r"\b(rt|rw) (\d{1,3})\b")
_PLACES: Final = frozenset((
    "kelurahan", "kecamatan", "desa", "dusun", "kampung", "puskesmas", "rsud", "rs", "pasar", "perumahan", "perum", "kompleks",
    "komplek", "griya", "villa", "rusun", "sd", "sdn", "smp", "smpn", "sma", "sman", "smk", "smkn", "terminal", "stasiun",
    "taman", "masjid", "musholla", "gereja", "jembatan", "sungai", "kali", "simpang", "perempatan", "pertigaan", "alun",
    "halte", "apotek", "toko", "warung", "bengkel", "hotel", "mal", "mall", "gedung", "balai", "tps", "spbu", "indomaret",
    "alfamart", "blok", "titik", "lantai", "posyandu", "mts", "mtsn", "tk", "paud", "klinik", "polsek", "pesantren", "ponpes",
    "stadion", "km",
))  # fmt: skip
_NAMED: Final = re.compile(rf"\b({'|'.join(sorted(_PLACES))}) (?=([a-z]{{3,}}|[a-z]|\d+)\b)")
_KINDS: Final = {
    "perum": "perumahan", "kompleks": "perumahan", "komplek": "perumahan", "sd": "sdn", "smp": "smpn", "sma": "sman",
    "smk": "smkn", "mtsn": "mts", "ponpes": "pesantren", "rs": "rsud", "sungai": "kali", "mal": "mall",
}  # fmt: skip
WRITTEN: Final = {
    kind: frozenset(word for word, of in _KINDS.items() if of == kind) for kind in sorted(set(_KINDS.values()))
}
"""Kind -> how else it is written."""
BESIDE: Final = frozenset((
    "kampung", "jembatan", "kali", "simpang", "perempatan", "pertigaan", "alun", "halte", "apotek", "toko", "warung",
    "bengkel", "hotel", "mall", "gedung", "balai", "tps", "spbu", "griya", "villa",
))  # fmt: skip
"""Kinds of which a place has several round it: two that differ contradict nothing."""
PARTS: Final = frozenset((
    "kelurahan", "kecamatan", "blok", "titik", "lantai", "km", "indomaret", "alfamart",
))  # fmt: skip
"""Kinds of which every village has one of that name: two that are equal prove nothing."""
_NO_NAME: Final = STOP | NOT_A_STREET
_LEADS: Final = frozenset((
    "di", "ke", "dekat", "depan", "belakang", "samping", "sebelah", "seberang", "sekitar", "lokasi", "alamat",
    "daerah", "kawasan", "wilayah", "area", "kampung", "raya",
))  # fmt: skip
"""Words behind which many name a place without saying what it is: "tepatnya di Semampir"."""
_TITLES: Final = frozenset((
    "h", "hj", "haji", "hajah", "kh", "kyai", "kiai", "dokter", "prof", "profesor", "ir", "jend", "jenderal", "jendral", "letjen",
    "mayjen", "brigjen", "kolonel", "kol", "kapten", "raden", "mr",
))  # fmt: skip
"""What one writes before the name of whom a street is called after, and the next leaves out."""
_SIDES: Final = frozenset((
    "utara", "selatan", "timur", "barat", "tengah", "lor", "kidul", "wetan", "kulon", "baru", "lama", "anyar", "raya", "indah",
    "permai", "asri", "jaya", "hilir", "hulu",
))  # fmt: skip
"""What tells two places of one name apart: Tanjung Raya, Tanjung Baru."""
_NO_PROPER: Final = frozenset((
    "tradisional", "modern", "swasta", "negeri", "terdekat", "setempat", "induk", "kecil", "besar", "kota", "penyeberangan",
    "gantung",
))  # fmt: skip
"""What stands behind "pasar" or "jembatan" and is no name."""
_COMMON: Final = 5.5  # nats below which a second word is no name, unless both have it
_MOST_STREETS: Final = 6
_VERB: Final = 7
_NAME: Final = 2
"""Words of a name that must be one; what stands third is seldom still the name."""
_DONE: Final = ("di", "men", "mem", "meng", "meny", "ber", "ter")
_MOST_WORDS: Final = 3
_SHORTEST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A name of at most three words and its own number ("" = none): Rungkut Lor 5. ``quotable``: it is a "jalan"."""

    name: tuple[str, ...]
    number: str
    quotable: bool


def streets(where: str) -> tuple[Street, ...]:
    """The first streets, lanes and housing estates of a normalised text, each once."""
    found: list[Street] = []
    for kind, names, number in _STREET.findall(where):
        words = names.split()
        stop = next((n for n, word in enumerate(words) if _ends(n, word)), len(words))
        kept = _untitled(words[:stop][words[:1] == ["raya"] :])[:_MOST_WORDS]
        if kept:
            whole = stop == len(words) and stop <= _MOST_WORDS
            found.append(Street(name=tuple(kept), number=number if whole else "", quotable=kind == "jalan"))
    return tuple(dict.fromkeys(found))[:_MOST_STREETS]


def _untitled(words: list[str]) -> list[str]:
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    return words


def _ends(number: int, word: str) -> bool:
    """What tells that something is done there is no part of a name: desa Sukamaju diminta …"""
    if word in _NO_NAME:
        return word != "raya"
    return number > 0 and len(word) >= _VERB and word.startswith(_DONE) and is_known(sound(word))


def houses(where: str) -> frozenset[str]:
    """House numbers, with their letter."""
    return frozenset(_HOUSE.findall(where)) if "nomor " in where else frozenset()


def units(where: str) -> tuple[frozenset[str], frozenset[str]]:
    """Numbers of RT, numbers of RW."""
    found = _UNIT.findall(where) if "rt " in where or "rw " in where else []
    return frozenset(n for kind, n in found if kind == "rt"), frozenset(n for kind, n in found if kind == "rw")


def named(where: str) -> frozenset[tuple[str, str]]:
    """Villages, schools, markets and the like: (kind, first word of the name)."""
    if _PLACES.isdisjoint(where.split()):
        return frozenset()
    found = ((_KINDS.get(kind, kind), name) for kind, name in _NAMED.findall(where) if name != kind)
    return frozenset(
        (kind, name)
        for kind, name in found
        if name not in _NO_NAME and name not in _NO_PROPER and (kind != "km" or name.isdigit())
    )


def spots(words: Sequence[str]) -> Iterator[str]:
    """Words that may name a place because of the word before them."""
    for before, word in pairwise(words):
        if before in _LEADS and len(word) > _SHORTEST and word not in _NO_NAME:
            yield word


def sides(words: Sequence[str]) -> dict[str, str]:
    """Which of the places of one name is meant, where the text says it: the word before -> utara, baru …"""
    return {before: word for before, word in pairwise(words) if word in _SIDES and before not in _NO_NAME}


def compare(one: Street, other: Street) -> float:
    """SAME | UNNUMBERED | LONGER | OTHER_NUMBER | OTHER; a name cut short or mistyped is the same name."""
    shared = min(len(one.name), len(other.name))
    equal = [_one_name(one.name[n], other.name[n], last=n == shared - 1) for n in range(shared)]
    if not all(equal):
        if equal[0] and len(equal) > 1 and not equal[1] and _trails(one.name[1], other.name[1]):
            return LONGER
        return LONGER if (len(equal) > _NAME and all(equal[:_NAME])) or _torn(one, other) else OTHER
    if one.number and other.number:
        return SAME if one.number == other.number else OTHER_NUMBER
    if len(one.name) != len(other.name):
        return LONGER
    return SAME if one.number == other.number else UNNUMBERED


def _trails(word: str, other: str) -> bool:
    """One of two second words is everyday speech: the name ends before it ("Diponegoro bekas galian")."""
    return any(
        each not in _SIDES and is_known(said := sound(each)) and rarity(said) < _COMMON for each in (word, other)
    )


def _torn(one: Street, other: Street) -> bool:
    """One name begins as the other does, written with a blank more or less."""
    shorter, longer = sorted(("".join(one.name), "".join(other.name)), key=len)
    return len(shorter) >= _VERB and longer.startswith(shorter)


def _one_name(word: str, other: str, *, last: bool) -> bool:
    if (
        word == other
        or (min(len(word), len(other)) == 1 and word[0] == other[0])
        or alike(word, other) >= 0.4
        or (last and min(len(word), len(other)) == 4 and slip(word, other) >= 0.4)
    ):
        return True
    return last and min(len(word), len(other)) >= 3 and (word.startswith(other) or other.startswith(word))


def best(ours: tuple[Street, ...], theirs: tuple[Street, ...]) -> float | None:
    """The most that any street of one is to any of the other; None where one names none."""
    return max((compare(one, other) for one in ours for other in theirs), default=None)


def swapped(ours: tuple[Street, ...], theirs: tuple[Street, ...]) -> bool:
    """Each names a street that the other does not: a form letter with one street exchanged."""
    return bool(lonely(ours, theirs) and lonely(theirs, ours))


def lonely(ours: tuple[Street, ...], theirs: tuple[Street, ...]) -> list[Street]:
    """Streets of one that are none of the other's."""
    return [one for one in ours if all(compare(one, other) == OTHER for other in theirs)]


def alike(word: str, other: str) -> float:
    """0..1: as how small a mistyping two words may be one; 0 for numbers and short words (7 and 17 are two houses)."""
    longer = max(len(word), len(other))
    if longer < 4 or word[0].isdigit() or other[0].isdigit():
        return 0.0
    most = 2 if longer >= 8 else 1
    slips = OSA.distance(word, other, score_cutoff=most)
    return max(0.0, 1 - slips / (0.34 * longer)) if slips <= most else 0.0


def slip(word: str, other: str) -> float:
    """The same, more generous: for two words that stand at the same place of two texts."""
    longer = max(len(word), len(other))
    if longer < 3 or word[0].isdigit() or other[0].isdigit():
        return 0.0
    return max(0.0, 1 - OSA.distance(word, other) / (0.45 * longer))
