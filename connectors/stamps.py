"""Readers of dates, made once for a format and a zone, so that the millionth date of a portal costs no thought about either."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors import dates, zones

Stamp = tuple[str, str]
"""RFC 3339 text with its offset, and the precision: second, minute or day."""
Hours = Callable[[str, str, str, str], tuple[str, str] | None]

KEPT: Final = 1024
"""Dates, and hours, that a reader remembers; the rows of a page come from few days."""
_LONGEST: Final = 40
_DIGITS: Final = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d\d)",
    "d": r"(?P<d>\d\d)",
    "H": r"(?P<H>[01]\d|2[0-3])",
    "M": r"(?P<M>[0-5]\d)",
    "S": r"(?P<S>[0-5]\d)",
}
_PARTS: Final = "YmdHMS"
_FIXED: Final = re.compile(r"(?:%[YmdHMS]|[-/.:,T ])+")
_OFFSET: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)


def reader(format: str | None, zone: str | None) -> Callable[[Any], Stamp]:
    """A function from what a portal writes to a Stamp, equal to `dates.read`; it raises dates.Unreadable."""
    quick = _quick(format, zone)

    def thorough(value: Any) -> Stamp:
        moment, precision = dates.read(value, format, zone)
        return dates.rfc3339(moment), precision

    @lru_cache(maxsize=KEPT)
    def kept(text: str) -> Stamp:
        return quick(text) or thorough(text)

    return lambda value: kept(value) if type(value) is str and len(value) <= _LONGEST else thorough(value)


def _quick(format: str | None, zone: str | None) -> Callable[[str], Stamp | None]:
    """The short way for the commonest forms; it answers None for all that it does not read at sight."""
    shape = _shape("%Y-%m-%d(?:[T ]%H:%M:%S)?") if format == "iso" else _pattern(format or "")
    home = zones.zone(zone) if zone else None
    if shape is None or home is None:
        return lambda text: None
    hours = _hours(home)

    def read(text: str) -> Stamp | None:
        found = shape.fullmatch(text)
        if found is None:
            return _with_offset(text) if format == "iso" else None
        year, month, day, hour, minute, second = found.group("Y", "m", "d", "H", "M", "S")
        ends = hours(year, month, day, hour or "00")
        if ends is None:
            return None
        written = f"{ends[0]}{minute or '00'}:{second or '00'}{ends[1]}"
        return written, "second" if second else "minute" if minute else "day"

    return read


def _pattern(format: str) -> re.Pattern[str] | None:
    """The shape of patterns of digits at fixed places, such as %d-%m-%Y %H:%M; None for all others."""
    parts = "".join(sorted(re.findall("%(.)", format), key=_PARTS.find))
    if parts not in ("Ymd", "YmdHM", "YmdHMS") or not _FIXED.fullmatch(format) or " ".join(format.split()) != format:
        return None
    return _shape(re.escape(format))


def _shape(pattern: str) -> re.Pattern[str]:
    """The pattern with groups for all parts of a moment; a part that it does not name is never found."""
    missing = "".join(f"(?P<{part}>(?!))?" for part in _PARTS if f"%{part}" not in pattern)
    return re.compile(re.sub("%([YmdHMS])", lambda found: _DIGITS[found[1]], pattern) + missing, re.ASCII)


def _hours(home: ZoneInfo) -> Hours:
    """How the moments of an hour begin and end as text; None where there is no such hour or its offset changes within."""

    @lru_cache(maxsize=KEPT)
    def ends(year: str, month: str, day: str, hour: str) -> tuple[str, str] | None:
        try:
            first = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:00:00").replace(tzinfo=home)
        except ValueError:  # 31-02-2026
            return None
        same = first.utcoffset() == first.replace(minute=59, second=59).utcoffset()
        return _written(first, 14) if same else None

    return ends


def with_offset(text: str) -> datetime | None:
    """The moment of an ISO text that names its offset, the commonest form; None for what is not that at sight."""
    if not _OFFSET.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if dates.FIRST_YEAR < moment.year < dates.LAST_YEAR else None


def _with_offset(text: str) -> Stamp | None:
    moment = with_offset(text)
    ends = _written(moment, 19) if moment else None
    return ("".join(ends), "second") if ends else None


def _written(moment: datetime, cut: int) -> tuple[str, str] | None:
    """Its text up to `cut`, and its offset; None outside the years that count and where RFC 3339 has no such offset."""
    written = moment.isoformat()
    sound = dates.FIRST_YEAR < moment.year < dates.LAST_YEAR and written[-6] in "+-"
    return (written[:cut], written[19:]) if sound else None
