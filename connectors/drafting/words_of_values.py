"""Words that a portal uses for status, category, kind and flags, in ours: what is known is mapped, the rest is left to people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from connectors.drafting import names

MOST: Final = 40
"""Different words of one place; more of them are no list of choices."""
_LONGEST: Final = 50
_PLAIN: Final = re.compile(r"[^\W\d_][\w &/,.()'-]*")
_KINDS: Final = {
    "complaint": "pengaduan aduan laporan keluhan complaint komplain",
    "aspiration": "aspirasi saran usulan masukan aspiration suggestion",
    "information_request": "informasi permintaan-informasi permohonan-informasi pertanyaan information question",
}
_YES: Final = frozenset(["true", "ya", "y", "yes", "iya", "benar", "1", "on"])
_NO: Final = frozenset(["false", "tidak", "n", "no", "bukan", "tdk", "salah", "0", "off"])
_OPEN: Final = names.these("publik public terbuka tampil biasa umum open ditampilkan normal -")
_SHUT: Final = frozenset(
    [
        "rahasia",
        "privat",
        "private",
        "tertutup",
        "secret",
        "confidential",
        "sembunyi",
        "anonim",
        "anonymous",
        "disembunyikan",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one place."""

    known: Mapping[str, Any] = field(default_factory=dict)
    """Word as written -> ours."""
    unsure: frozenset[str] = frozenset()
    """Those of the known ones that a person should look at."""
    open: Sequence[str] = ()
    """Words that nobody has mapped and that are plain enough to be shown."""
    others: int = 0
    """How many more there are, which are not shown."""


def distinct(values: Sequence[Any]) -> list[str] | None:
    """The different words, None where these are no choices."""
    texts = [_text(one) for one in values if not isinstance(one, dict | list)]
    found = list(dict.fromkeys(one for one in texts if one))
    return found if 0 < len(found) <= MOST and all(len(one) <= _LONGEST for one in found) else None


def statuses(values: Sequence[Any]) -> Words:
    """Status words in the hub's."""
    return _looked_up(distinct(values) or [], _status)


def categories(values: Sequence[Any]) -> Words:
    """Names of categories as the hub's codes."""
    return _looked_up(distinct(values) or [], _category)


def kinds(values: Sequence[Any]) -> Words:
    """Complaint, aspiration, request for information; only where every word is one of them."""
    found = _looked_up(distinct(values) or [], _kind)
    return found if found.known and not found.open and not found.others else Words()


def flags(values: Sequence[Any], *, inverted: bool = False) -> Mapping[str, bool] | None:
    """A map for flags that are no plain yes and no; {} where none is needed, None where they cannot be understood."""
    found = distinct(values)
    if found is None:
        return None
    lower = {word.lower() for word in found}
    short = {"t": False} if lower <= {"y", "t"} and "y" in lower else {}  # alone, t is true in databases
    read = {word: short.get(word.lower(), _flag(word)) for word in found}
    if any(value is None for value in read.values()):
        return None
    plain = all(word.lower() in _YES | _NO for word in found)
    if plain and not inverted:
        return {}
    return {word: bool(value) != (inverted and word.lower() in _YES | _NO) for word, value in read.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _flag(word: str) -> bool | None:
    lower = word.lower()
    if lower in _YES | _NO:
        return lower in _YES
    if lower in _OPEN | _SHUT:
        return lower in _SHUT
    return None


def _looked_up(found: Sequence[str], meaning: Any) -> Words:
    known: dict[str, Any] = {}
    unsure, shown, others = set(), [], 0
    for word in found:
        ours, sure = meaning(_fold(word))
        if ours is not None:
            known[word] = ours
            if sure < 85:
                unsure.add(word)
        elif _PLAIN.fullmatch(word):
            shown.append(word)
        else:
            others += 1
    return Words(known=known, unsure=frozenset(unsure), open=shown, others=others)


def _fold(word: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word)
    return " ".join(re.sub(r"[_\-/.]+", " ", spaced).casefold().split())


@cache
def _statuses() -> Mapping[str, tuple[str, int]]:
    return {
        word: (row["status"], int(row["sure"]))
        for row in names.rows("statuses.csv")
        for word in row["words"].split("|")
    }


def _status(word: str) -> tuple[str | None, int]:
    return _statuses().get(word, (None, 0))


@cache
def _categories() -> Sequence[tuple[str, Sequence[str]]]:
    return [(row["category"], row["words"].split("|")) for row in names.rows("categories.csv")]


def _category(word: str) -> tuple[str | None, int]:
    padded = f" {re.sub(r'[^0-9a-z]+', ' ', word).strip()} "
    for code, known in _categories():
        for one in known:
            if f" {one} " in padded:
                return code, 90 if padded.strip() == one or len(one) > 5 else 75
    return None, 0


def _kind(word: str) -> tuple[str | None, int]:
    for code, known in _KINDS.items():
        if word in (one.replace("-", " ") for one in known.split()) or word in known.split():
            return code, 90
    return None, 0
