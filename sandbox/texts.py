"""Invented complaints in natural Indonesian, each about its own address and unlike all the others."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sandbox import words
from sandbox.problems import PROBLEMS, Problem

_LIKENESS = 0.40  # share of characters in common words above which a draw is thrown away
_SHORT = 225  # characters: a text that must also fit into a post


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented citizen; no two share a phone, an address or a number."""

    name: str
    phone: str
    email: str
    nik: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One complaint's words; `place` is a phrase that no other complaint has and no variation touches."""

    title: str
    text: str
    place: str
    address: str
    code: str
    region: str


def person(dice: random.Random, number: int) -> Person:
    """The invented citizen with this number."""
    first, last = dice.choice(words.FIRST), dice.choice(words.LAST)
    day = dice.randint(1, 28) + (40 if dice.random() < 0.5 else 0)
    born = f"{day:02}{dice.randint(1, 12):02}{dice.randint(60, 99)}"
    return Person(
        name=first if dice.random() < 0.2 else f"{first} {last}",
        phone=f"08380000{number:04}",
        email=f"{first}.{last}{number}@surat.example".lower(),
        nik=f"35{number // 100:02}{number % 100:02}{born}0000",  # serial 0000 is never issued
        handle=f"{first.lower()}_{last[:5].lower()}{number}",
    )


def spelled(phone: str, way: int) -> str:
    """One phone number in three spellings that forms really hold."""
    rest = phone[1:]
    return (f"{phone[:4]}-{phone[4:8]}-{phone[8:]}", f"+62 {rest[:3]} {rest[3:7]} {rest[7:]}", f"62{rest}")[way % 3]


@dataclass(slots=True)
class Writer:
    """Writes one text after another; remembers what it has said, so as not to say nearly the same twice."""

    dice: random.Random
    _taken: set[str] = field(default_factory=set)
    _said: list[tuple[frozenset[str], int]] = field(default_factory=list)

    def tell(self, *, short: bool = False) -> Told:
        """A new complaint; a short one has at most 225 characters."""
        while True:
            told = compose(self.dice, short=short)
            if told.place not in self._taken and self._new(told.text) and not (short and len(told.text) > _SHORT):
                self._taken.add(told.place)
                return told

    def _new(self, text: str) -> bool:
        bag, size = _bag(text)
        if any(_alike(_size(bag & other), size, length) for other, length in self._said):
            return False
        self._said.append((bag, size))
        return True


def _alike(common: int, one: int, other: int) -> bool:
    """Too much in common over all, or the shorter nearly inside the longer."""
    return 2 * common > _LIKENESS * (one + other) or 2 * common > 0.6 * (common + min(one, other))


def _bag(text: str) -> tuple[frozenset[str], int]:
    bag = frozenset(re.findall(r"\w+", text.lower()))
    return bag, _size(bag)


def _size(bag: Iterable[str]) -> int:
    return sum(len(word) + 1 for word in bag)


def compose(dice: random.Random, *, short: bool = False) -> Told:
    """One complaint by these dice, whether or not something like it was said before."""
    problem = dice.choice(PROBLEMS)
    street, village, district = (dice.choice(names) for names in (words.STREETS, words.VILLAGES, words.DISTRICTS))
    place = f"{street} nomor {dice.randint(101, 998)}"
    further = "" if short else f" Kecamatan {district}, {dice.choice(words.LANDMARKS)}"
    where = f"Jalan {place} Desa {village}{further}"
    text = _short(dice, problem, where) if short else _long(dice, problem, where)
    return Told(
        title=f"{problem.title} di {village}",
        text=_styled(dice, text, keep=place),
        place=place,
        address=f"Jl. {place}, {village}, {district}",
        code=problem.code,
        region=dice.choice(words.REGIONS),
    )


def _short(dice: random.Random, problem: Problem, where: str) -> str:
    lead, impact = dice.choice(problem.leads), dice.choice(problem.impacts)
    return f"{lead[0].upper()}{lead[1:]} di {where} {_since(dice)}, {impact}. {dice.choice(words.ASKS)}"


def _long(dice: random.Random, problem: Problem, where: str) -> str:
    greeting = dice.choice(words.GREETINGS) if dice.random() < 0.35 else ""
    lead, detail, impact = (dice.choice(part) for part in (problem.leads, problem.details, problem.impacts))
    opening = f"{lead} di {where}, {_since(dice)}."
    tale = greeting + opening if greeting else opening[0].upper() + opening[1:]
    detail = detail[0].upper() + detail[1:]
    closing = [dice.choice(part) for part, often in ((words.COLOUR, 0.5), (words.ASKS, 0.7)) if dice.random() < often]
    return " ".join((f"{tale} {detail}, {impact}.", *closing))


def _since(dice: random.Random) -> str:
    """When it began: a set phrase, or a count of days as people guess it."""
    if dice.random() < 0.3:
        return dice.choice(words.WHEN)
    return f"{dice.choice(words.ABOUT)} {dice.randint(2, 29)} {dice.choice(words.UNITS)}"


def _styled(dice: random.Random, text: str, *, keep: str) -> str:
    """The writer's habit: neat, abbreviating, with a smile, or from a form that breaks lines its own way."""
    habit = dice.random()
    if habit < 0.35:
        return _outside(text, keep, lambda part: re.sub(r"\w+", lambda w: words.SLANG.get(w[0], w[0]), part))
    if habit < 0.42:
        return text + " 🙏🙏"
    return text.replace(". ", ".\r\n", 1) if habit < 0.50 else text


def _outside(text: str, keep: str, change: Callable[[str], str]) -> str:
    before, found, after = text.partition(keep)
    return f"{change(before)}{found}{change(after)}"


def varied(dice: random.Random, told: Told, number: int) -> str:
    """The same words as another door gets them: exact, with a greeting, or with two slips of the finger."""
    if number % 3 == 0:
        return told.text
    if number % 3 == 1:
        return dice.choice(words.GREETINGS) + told.text
    before, found, after = told.text.partition(told.place)
    return f"{_slip(dice, before)}{found}{_slip(dice, after)}"


def _slip(dice: random.Random, part: str) -> str:
    candidates = list(re.finditer(r"[a-z]{6,}", part))
    if not candidates:
        return part
    at = dice.choice(candidates).start() + dice.randint(1, 3)
    return part[:at] + part[at + 1] + part[at] + part[at + 2 :]
