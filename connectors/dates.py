"""Reads the dates that Indonesian portals write, and refuses to invent what they leave out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from connectors import zones

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan",
            "februari february pebruari feb peb",
            "maret march mar mrt",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agu ags agt agst aug",
            "september sept sep",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        start=1,
    )
    for name in names.split()
}
"""Month words, Indonesian (old spellings too) and English, small letters -> 1 to 12."""

WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "minggu sunday min sun ahad",
            "senin monday sen mon",
            "selasa tuesday sel tue",
            "rabu wednesday rab wed",
            "kamis thursday kam thu",
            "jumat friday jum fri jum'at",
            "sabtu saturday sab sat",
        )
    )
    for name in names.split()
}
"""Weekday words -> 0 (Sunday) to 6; they are read over, the date itself decides."""

_OFFSETS: Final = {"wib": 7, "wita": 8, "wit": 9}
_DIRECTIVES: Final = frozenset("YymdbBaAHIMSfpzj%")
_SAME: Final = {"y": "Y", "b": "m", "B": "m", "A": "a", "I": "H"}
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST: Final = 3660 * 86400  # ten years, so that sums with dates stay dates
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""A moment lies between them, both excluded."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’]*")
_ZONE_WORD: Final = re.compile(r"\s*\(?\b(wib|wita|wit)\)?\s*$", re.IGNORECASE)
_CLOCK: Final = r"(?:\s*,?\s*(?:pukul|jam|pkl\.?|at)?\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?\s*([+-]\d{2}:?\d{2})?$"
_DAY_FIRST: Final = re.compile(r"^(\d{1,2})[\s-]+([a-z]+)\.?[\s,-]+(\d{4})" + _CLOCK)
_MONTH_FIRST: Final = re.compile(r"^([a-z]+)\.?\s+(\d{1,2})\s*,\s*(\d{4})" + _CLOCK)
_YEAR_FIRST: Final = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})" + _CLOCK)
_ISO: Final = re.compile(r"^\d{4}-?\d{2}-?\d{2}(?:[T ].+)?$", re.IGNORECASE)
_AGO: Final = re.compile(r"^(\d{1,5})\s*(detik|menit|jam|hari|minggu)\s+(?:yang\s+)?lalu$")
_NAMED_DAY: Final = re.compile(r"^(hari ini|kemarin)" + _CLOCK)


class Unreadable(ValueError):
    """The text is no moment; `code` says why: unreadable, no_zone, no_year or no_now. The text itself is never quoted."""

    def __init__(self, code: str = "unreadable") -> None:
        self.code = code
        super().__init__(code)


def read(text: Any, format: str | None, zone: str | None, now: datetime | None = None) -> tuple[datetime, str]:
    """A moment with its offset, and its precision: second, minute or day (then midnight in its zone).

    `format` is iso, unix (seconds, or milliseconds by their size), relative (`now` needed), a strptime pattern, or None
    for ISO and dates with month words. `zone` holds where the text names none. Raises Unreadable.
    """
    if format == "unix":
        return _unix(text, zone), "second"
    if not isinstance(text, str):
        raise Unreadable
    words, offset = _without_zone_word(" ".join(text.split()))
    if format == "relative" and now is not None:
        now = _at_home(now, offset, zone)
    moment, precision = _local(words, format, now)
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise Unreadable
    return _anchored(moment, offset, zone), precision


def rfc3339(moment: datetime) -> str:
    """The moment as RFC 3339 text with its offset; offsets of odd seconds (before 1932) become UTC."""
    offset = moment.utcoffset()
    odd = offset is None or offset.total_seconds() % 60
    return (moment.astimezone(UTC) if odd else moment).isoformat()


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `48h` or `7d` as a time span of at most ten years; raises Unreadable."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}[smhd]", text):
        raise Unreadable
    seconds = int(text[:-1]) * _UNITS[text[-1]]
    if seconds > _LONGEST:
        raise Unreadable
    return timedelta(seconds=seconds)


@lru_cache(maxsize=256)
def trouble_with(format: str) -> tuple[str, str] | None:
    """Why a format in a manifest cannot be used, in a sentence (Indonesian, English); None where it can."""
    if format in ("iso", "unix", "relative"):
        return None
    used = re.findall(r"%(.)", format)
    if not used or format.count("%") != 2 * used.count("%") + sum(one != "%" for one in used):
        return (
            "Ini bukan iso, unix, atau pola strptime seperti %d-%m-%Y %H:%M.",
            "It is neither iso, unix nor a strptime pattern such as %d-%m-%Y %H:%M.",
        )
    if unknown := sorted(set(used) - _DIRECTIVES):
        known = " ".join("%" + one for one in sorted(_DIRECTIVES - {"%"}))
        return f"%{unknown[0]} tidak dikenal; pakai {known}.", f"%{unknown[0]} is not known; use {known}."
    return _doubtful(used)


def _doubtful(used: list[str]) -> tuple[str, str] | None:
    if len({_SAME.get(one, one) for one in used}) < len(used):
        return "Satu bagian tanggal ada dua kali.", "It names one part of the date twice."
    if not {"Y", "y"} & set(used):
        return (
            "Tahunnya tidak ada (%Y), dan tahun tidak boleh dikarang.",
            "It has no year (%Y), and a year is never invented.",
        )
    if _names_a_day(used):
        return None
    return (
        "Harinya tidak ada: selain tahun perlu bulan dan tanggal.",
        "It names no day: month and day are needed besides the year.",
    )


def _names_a_day(used: list[str]) -> bool:
    return "j" in used or ("d" in used and bool({"m", "b", "B"} & set(used)))


def _zone(name: str) -> ZoneInfo:
    if (found := zones.zone(name)) is None:
        raise Unreadable("no_zone")
    return found


def _unix(value: Any, zone: str | None) -> datetime:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,17}(?:\.\d{1,9})?\s*", value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e17:
        raise Unreadable  # 0 is how many portals write "no date"
    while value >= 1e11:  # no year 5138: milliseconds, microseconds
        value /= 1000
    return datetime.fromtimestamp(value, _zone(zone) if zone else UTC)


def _without_zone_word(text: str) -> tuple[str, tzinfo | None]:
    found = _ZONE_WORD.search(text)
    if not found:
        return text, None
    return text[: found.start()], timezone(timedelta(hours=_OFFSETS[found.group(1).lower()]))


def _at_home(now: datetime, offset: tzinfo | None, zone: str | None) -> datetime:
    if offset is None and zone is None:
        raise Unreadable("no_zone")
    return now.astimezone(offset or _zone(str(zone)))


def _anchored(moment: datetime, offset: tzinfo | None, zone: str | None) -> datetime:
    if moment.tzinfo is not None:
        return moment
    if offset is not None:
        return moment.replace(tzinfo=offset)
    if zone is None:
        raise Unreadable("no_zone")
    return moment.replace(tzinfo=_zone(zone))


def _local(text: str, format: str | None, now: datetime | None) -> tuple[datetime, str]:
    try:
        if format == "iso":
            return _iso(text)
        if format == "relative":
            return _relative(text.lower(), now) or _words(text)
        return _words(text) if format is None else _pattern(text, format)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable from None


def _iso(text: str) -> tuple[datetime, str]:
    if not _ISO.match(text):
        raise Unreadable
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        from dateutil.parser import isoparse  # forms that the standard library does not take; rare, and slow to import

        moment = isoparse(text.replace(" ", "T", 1))
    if len(text) <= 10:
        return moment, "day"
    return moment, "second" if re.search(r"[T ](?:\d{2}:\d{2}:\d{2}|\d{6})", text, re.IGNORECASE) else "minute"


def _pattern(text: str, format: str) -> tuple[datetime, str]:
    """strptime in no one's language: words become numbers first, since strptime knows only those of the process's locale."""
    if trouble_with(format):
        raise Unreadable("no_year" if not re.search(r"%[Yy]", format) else "unreadable")
    form = " ".join(_without_zone_word(format)[0].split())
    if re.search(r"%[bBaA]", form):
        text = _WORD.sub(_numbered, text)
        form = re.sub("%[aA]", "%w", re.sub("%[bB]", "%m", form))
    moment = datetime.strptime(text, form)  # noqa: DTZ007  # _anchored puts the zone on
    return moment, "second" if "%S" in form else "minute" if "%M" in form else "day"


def _numbered(word: re.Match[str]) -> str:
    plain = word.group().lower().replace("’", "'")
    if plain in MONTHS:
        return f"{MONTHS[plain]:02d}"
    return str(WEEKDAYS[plain]) if plain in WEEKDAYS else word.group()


def _words(text: str) -> tuple[datetime, str]:
    """ISO, 2024/11/26, 26 November 2024 or November 26, 2024, each with a time or without, a weekday before it or not."""
    head, _, rest = text.replace("’", "'").partition(" ")
    plain = (rest if head.rstrip(",.").lower() in WEEKDAYS else text).strip().lower()
    if _ISO.match(plain):
        return _iso(plain.upper())
    for form, order in ((_DAY_FIRST, "dmy"), (_MONTH_FIRST, "mdy"), (_YEAR_FIRST, "ymd")):
        if found := form.match(plain):
            parts = dict(zip(order, found.groups()[:3], strict=True))
            month = MONTHS.get(parts["m"]) or int(parts["m"])
            midnight = datetime(int(parts["y"]), month, int(parts["d"]))  # noqa: DTZ001  # _anchored puts the zone on
            return _with_clock(midnight, found.groups()[3:])
    raise Unreadable


def _with_clock(day: datetime, clock: tuple[str | None, ...]) -> tuple[datetime, str]:
    hour, minute, second, offset = clock
    if offset:
        day = day.replace(tzinfo=datetime.strptime(offset, "%z").tzinfo)
    if hour is None or minute is None:
        return day, "day"
    moment = day.replace(hour=int(hour), minute=int(minute), second=int(second or 0))
    return moment, "second" if second else "minute"


def _relative(text: str, now: datetime | None) -> tuple[datetime, str] | None:
    """A moment counted back from `now`, None where the text is not of that sort; hours and more are exact to the day only."""
    ago, named = _AGO.match(text), _NAMED_DAY.match(text)
    if not (ago or named or text == "baru saja"):
        return None
    if now is None:
        raise Unreadable("no_now")
    if ago:
        return _back(now, int(ago.group(1)), ago.group(2))
    if named:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return _with_clock(midnight - timedelta(days=named.group(1) == "kemarin"), named.groups()[1:])
    return now.replace(second=0, microsecond=0), "minute"


def _back(now: datetime, count: int, unit: str) -> tuple[datetime, str]:
    spans = {"detik": "seconds", "menit": "minutes", "jam": "hours", "hari": "days", "minggu": "weeks"}
    moment = now.replace(microsecond=0) - timedelta(**{spans[unit]: count})
    if unit in ("hari", "minggu"):
        return moment.replace(hour=0, minute=0, second=0), "day"
    return moment, {"detik": "second", "menit": "minute"}.get(unit, "day")
