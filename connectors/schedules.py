"""Says whether a schedule can ever fire, and spreads the connectors of a country over the minutes of an hour."""

from __future__ import annotations

import hashlib
import re
from typing import Final

NAMED: Final = ("@hourly", "@daily", "@weekly", "@monthly")

_MONTH_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"
_DAY_NAMES: Final = "sun mon tue wed thu fri sat"
_MONTHS: Final = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_DAYS: Final = {name: number for number, name in enumerate(_DAY_NAMES.split())}
_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PARTS: Final[tuple[tuple[tuple[str, str], int, int, dict[str, int]], ...]] = (
    (("menit", "minute"), 0, 59, {}),
    (("jam", "hour"), 0, 23, {}),
    (("tanggal", "day of the month"), 1, 31, {}),
    (("bulan", "month"), 1, 12, _MONTHS),
    (("hari", "day of the week"), 0, 7, _DAYS),
)
_PIECE: Final = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/([0-9]{1,2}))?")


def trouble_with(schedule: str) -> tuple[str, str] | None:
    """Why a schedule cannot be used, in a sentence (Indonesian, English); None where it can.

    Five fields, or @hourly, @daily, @weekly, @monthly.
    """
    if schedule.startswith("@"):
        named = ", ".join(NAMED)
        return None if schedule in NAMED else (f"Pakai salah satu: {named}.", f"Use one of {named}.")
    fields = schedule.split()
    if len(fields) != len(_PARTS):
        names = [", ".join(part[0][one] for part in _PARTS) for one in (0, 1)]
        return f"Cron terdiri dari lima bagian: {names[0]}.", f"A cron has five fields: {names[1]}."
    values = [_numbers(text, low, high, names) for text, (_, low, high, names) in zip(fields, _PARTS, strict=True)]
    for found, ((nama, name), low, high, _) in zip(values, _PARTS, strict=True):
        if not found:
            return (
                f"Bagian {nama} harus {low} sampai {high}, sebagai * atau angka dengan , - dan /.",
                f"The {name} must be within {low} to {high}, as * or numbers with , - and /.",
            )
    days, months = values[2], values[3]
    if fields[4] == "*" and all(min(days) > _LENGTHS[month - 1] for month in months):
        return (
            "Bulan yang disebut tidak memiliki tanggal itu, jadi tidak pernah jalan.",
            "No month named there has such a day, so it would never run.",
        )
    return None


def spread(schedule: str, name: str) -> str:
    """`*/N` and `@hourly` moved by a stable hash of the name, so that not everybody is read in the same minute.

    A cron that names minutes, every minute, and @daily and longer are kept as written.
    """
    shift = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    if schedule == "@hourly":
        return f"{shift % 60} * * * *"
    minute, space, rest = schedule.partition(" ")
    every = re.fullmatch(r"\*/([0-9]{1,2})", minute)
    step = int(every.group(1)) if every else 0
    if step < 2:
        return schedule
    if step >= 60:
        return f"{shift % 60}{space}{rest}"
    return f"{shift % step}-59/{step}{space}{rest}"


def _numbers(text: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """The values that one cron field stands for; empty where it is wrong."""
    found: set[int] = set()
    for piece in text.lower().split(","):
        values = _piece(piece, low, high, names)
        if not values:
            return set()
        found.update(values)
    return found


def _piece(piece: str, low: int, high: int, names: dict[str, int]) -> range:
    match = _PIECE.fullmatch(piece)
    if not match:
        return range(0)
    star, first, last, step = match.groups()
    start = low if star else _number(first, names)
    stop = high if star else start if last is None else _number(last, names)
    if step and last is None and not star:
        stop = high  # 5/15 means from 5 on
    if not low <= start <= stop <= high or (step and int(step) == 0):
        return range(0)
    return range(start, stop + 1, int(step or 1))


def _number(text: str, names: dict[str, int]) -> int:
    return names.get(text, int(text) if re.fullmatch(r"[0-9]{1,2}", text) else -1)
