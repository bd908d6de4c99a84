"""A span that somebody asks to be read again: from what he typed to two moments, or a sentence about what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_FORM: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?P<time>[Tt ]\d\d:\d\d(:\d\d([.]\d{1,6})?)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?)?", re.ASCII
)
_FIRST_YEAR: Final = 1970
_MISREAD: Final = timedelta(minutes=5)
"""So much may the clock of whoever asks be ahead of ours."""


class WrongRange(Exception):
    """What was asked for is no span of time that can be read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A span to read again, both ends with their offset; `since` None is from the beginning, `until` None until now."""

    since: datetime | None
    until: datetime | None


def asked(since: str | None, until: str | None, *, zone: str, now: datetime) -> Range:
    """
    The span between two texts: dates (`2026-12-01`; a last day counts whole) or stamps of RFC 3339.

    A text without offset is read in `zone` (IANA). Raises WrongRange: unreadable, in the future, before 1970, or the end
    not behind the beginning.
    """
    begin = _moment("since", since, ZoneInfo(zone), now) if since else None
    end = _moment("until", until, ZoneInfo(zone), now, whole_day=True) if until else None
    if begin and begin >= (end or now):
        raise WrongRange(
            f"since ({_shown(begin)}) does not lie before until ({_shown(end or now)}). Swap or widen them."
        )
    return Range(since=begin, until=end)


def _moment(word: str, text: str, zone: ZoneInfo, now: datetime, *, whole_day: bool = False) -> datetime:
    found = _FORM.fullmatch(text.strip())
    try:
        at = datetime.fromisoformat(text.strip().upper()) if found else None
    except ValueError:
        at = None
    if found is None or at is None:
        raise WrongRange(
            f"{word} is no moment that can be read. Write a date such as 2026-12-01, or 2026-12-01T08:00:00+07:00."
        )
    if at.year < _FIRST_YEAR:
        raise WrongRange(f"{word} lies before {_FIRST_YEAR}. Leave it out to read from the beginning.")
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    if at > now + _MISREAD:
        raise WrongRange(f"{word} ({_shown(at)}) lies in the future; it is {_shown(now.astimezone(at.tzinfo))} now.")
    if whole_day and not found["time"]:
        at = datetime.combine(at.date() + timedelta(days=1), time(), zone)
    return min(at, now)


def _shown(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")
