"""Readers of dates, made once for a format and a zone, so that the millionth date of a portal costs no thought about either."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from connectors import dates, zones

Stamp = tuple[str, str]
"""RFC 3339 text with its offset, and the precision: second, minute or day."""
Quick = Callable[[str], tuple[datetime, str] | None]

KEPT: Final = 1024
"""Dates that a reader remembers; whole lists often come from one day."""
_LONGEST: Final = 40
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
_DIGITS: Final = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d\d)",
    "d": r"(?P<d>\d\d)",
    "H": r"(?P<H>[01]\d|2[0-3])",
    "M": r"(?P<M>[0-5]\d)",
    "S": r"(?P<S>[0-5]\d)",
}
_FIXED: Final = re.compile(r"(?:%[YmdHMS]|[-/.:,T ])+")
_WHOLE: Final = {
    "Ymd": ("%s-%s-%s", "day"),
    "YmdHM": ("%s-%s-%sT%s:%s", "minute"),
    "YmdHMS": ("%s-%s-%sT%s:%s:%s", "second"),
}
"""The parts that a pattern names, largest first -> how they are put together, and how exact that is."""


def reader(format: str | None, zone: str | None) -> Callable[[Any], Stamp]:
    """A function from what a portal writes to a Stamp, equal to `dates.read`; it raises dates.Unreadable."""
    quick = _quick(format, zone)

    def thorough(value: Any) -> Stamp:
        moment, precision = dates.read(value, format, zone)
        return dates.rfc3339(moment), precision

    @lru_cache(maxsize=KEPT)
    def kept(text: str) -> Stamp:
        return (quick(text) if quick else None) or thorough(text)

    return lambda value: kept(value) if type(value) is str and len(value) <= _LONGEST else thorough(value)


def _quick(format: str | None, zone: str | None) -> Callable[[str], Stamp | None] | None:
    """The short way for the commonest forms; it answers None for all that it does not read at sight."""
    local = _iso if format == "iso" else _pattern(format) if format else None
    home = zones.zone(zone) if zone else None
    if local is None or home is None:
        return None

    def read(text: str) -> Stamp | None:
        found = local(text)
        if found is None:
            return None
        moment, precision = found
        if not dates.FIRST_YEAR < moment.year < dates.LAST_YEAR:
            return None
        written = (moment if moment.tzinfo else moment.replace(tzinfo=home)).isoformat()
        return (written, precision) if written[-6] in "+-" else None  # an offset of odd seconds is no RFC 3339

    return read


def _iso(text: str) -> tuple[datetime, str] | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text), "day" if len(text) == 10 else "second"
    except ValueError:
        return None


def _pattern(format: str) -> Quick | None:
    """For patterns of digits at fixed places, such as %d-%m-%Y %H:%M; None for all others."""
    parts = sorted(re.findall("%(.)", format), key="YmdHMS".find)
    whole = _WHOLE.get("".join(parts))
    if whole is None or not _FIXED.fullmatch(format) or " ".join(format.split()) != format:
        return None
    shape = re.compile(re.sub("%(.)", lambda found: _DIGITS[found[1]], re.escape(format)), re.ASCII)
    return _shaped(shape, parts, *whole)


def _shaped(shape: re.Pattern[str], parts: list[str], whole: str, precision: str) -> Quick:
    def read(text: str) -> tuple[datetime, str] | None:
        found = shape.fullmatch(text)
        if found is None:
            return None
        try:
            return datetime.fromisoformat(whole % found.group(*parts)), precision
        except ValueError:  # 31-02-2026
            return None

    return read
