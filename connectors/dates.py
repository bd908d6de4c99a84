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
_ZONE_WORD: Final = re.compile(
    r"(?:(?<![\s(])[\s(]+|(?<=\d))(?:(wib|wita|wit)|(?:gmt|utc)(?:\s?([+-])\s?(\d{1,2})(?::?(\d{2}))?)?)\)?\s*$",
    re.IGNORECASE,
)
_CLOCK_WORD: Final = re.compile(r"(?<![\s,])[\s,]+(?:pukul|pkl\.?|jam|at)\s+(?=\d)", re.IGNORECASE)
_CLOCK_WORD_OF_FORM: Final = re.compile(r"(?<![\s,])[\s,]+(?:pukul|pkl\.?|jam|at)\s+(?=%[HI])", re.IGNORECASE)
_DOTTED_CLOCK: Final = re.compile(r"(?<=[\sT,])(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?=\s*(?:[AaPp]\.?[Mm]\.?)?$)")
_CLOCK: Final = r"(?:\s*,?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?\s*([+-]\d{2}:?\d{2})?$"
_DAY_FIRST: Final = re.compile(r"^(\d{1,2})[\s-]+([a-z]+)\.?[\s,-]+(\d{4})" + _CLOCK)
_MONTH_FIRST: Final = re.compile(r"^([a-z]+)\.?\s+(\d{1,2})\s*,\s*(\d{4})" + _CLOCK)
_YEAR_FIRST: Final = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})" + _CLOCK)
_ISO: Final = re.compile(r"^\d{4}-?\d{2}-?\d{2}(?:[T ].+)?$", re.IGNORECASE)
_UNIT_WORDS: Final = {
    word: unit
    for unit, words in {
        "seconds": "detik dtk second seconds sec secs",
        "minutes": "menit mnt minute minutes min mins",
        "hours": "jam hour hours hr hrs",
        "days": "hari day days",
        "weeks": "minggu pekan week weeks",
        "months": "bulan bln month months",
    }.items()
    for word in words.split()
}
"""Words for a span, Indonesian and English -> unit. A year ago is too long ago to be told so."""
_ONE: Final = {
    f"se{word}": unit for word, unit in _UNIT_WORDS.items() if word in ("jam", "hari", "minggu", "bulan", "menit")
}
"""sejam, sehari, seminggu: one of it."""
_AGO: Final = re.compile(
    r"^(?:sekitar\s+|kurang lebih\s+|about\s+)?(?:(\d{1,5}|an?|one|satu)\s*)?([a-z]+)\s+(?:(?:yang|yg)\s+)?(?:lalu|ago)"
    r"(?:" + _CLOCK.removesuffix("$") + ")?$"
)
_LAST: Final = {"last week": "weeks", "last month": "months"}
_NAMED_DAY: Final = re.compile(r"^(hari ini|today|kemarin lusa|kemarin|yesterday|tadi)" + _CLOCK)
_DAYS_BACK: Final = {"kemarin": 1, "yesterday": 1, "kemarin lusa": 2}
_JUST_NOW: Final = ("baru saja", "baru aja", "barusan", "just now", "a moment ago", "saat ini", "now")
_EXCEL_FIRST: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # the day 0 of workbooks that count from 1900
_EXCEL_LAST: Final = 110_000
_SERIAL: Final = re.compile(r"\d{1,6}(?:[.,]\d{1,12})?")


class Unreadable(ValueError):
    """The text is no moment; `code` says why: unreadable, no_zone, no_year or no_now. The text itself is never quoted."""

    def __init__(self, code: str = "unreadable") -> None:
        self.code = code
        super().__init__(code)


def read(text: Any, format: str | None, zone: str | None, now: datetime | None = None) -> tuple[datetime, str]:
    """A moment with its offset, and its precision: second, minute or day (then midnight in its zone).

    `format` is iso, unix (seconds, or milliseconds by their size), excel (days since 1900, as sheets keep them), relative
    (`now` needed; week and month are its further precisions), a strptime pattern, or None for ISO and dates with month
    words. A clock may be written 14.30 or 14:30. `zone` holds where the text names none. Raises Unreadable.
    """
    if format == "unix":
        return _unix(text, zone), "second"
    if format == "excel":
        return _excel(text, zone)
    if not isinstance(text, str):
        raise Unreadable
    words, offset = _without_zone_word(" ".join(text.split()))
    words = _plain_clock(words)
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
    if format in ("iso", "unix", "relative", "excel"):
        return None
    used = re.findall(r"%(.)", format)
    if not used or format.count("%") != 2 * used.count("%") + sum(one != "%" for one in used):
        return (
            "Ini bukan iso, unix, relative, excel, atau pola strptime seperti %d-%m-%Y %H:%M.",
            "It is neither iso, unix, relative, excel nor a strptime pattern such as %d-%m-%Y %H:%M.",
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


def _excel(value: Any, zone: str | None) -> tuple[datetime, str]:
    """A whole number is a day, a fraction its hour; the 29 February 1900 that workbooks know is before all complaints."""
    if isinstance(value, str) and _SERIAL.fullmatch(value.strip()):
        value = float(value.strip().replace(",", "."))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 366 < value < _EXCEL_LAST:
        raise Unreadable
    if zone is None:
        raise Unreadable("no_zone")
    moment = (_EXCEL_FIRST + timedelta(seconds=round(value * 86400))).replace(tzinfo=_zone(zone))
    return moment, "day" if float(value).is_integer() else "second"


def _without_zone_word(text: str) -> tuple[str, tzinfo | None]:
    """The text without WIB, WITA, WIT, GMT+7 or UTC at its end, and their offset."""
    found = _ZONE_WORD.search(text)
    if not found:
        return text, None
    word, sign, hours, minutes = found.groups()
    away = (
        timedelta(hours=_OFFSETS[word.lower()]) if word else timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    )
    if away > timedelta(hours=14):
        raise Unreadable
    return text[: found.start()], timezone(-away if sign == "-" else away)


def _plain_clock(text: str) -> str:
    """14.30 as 14:30, and no "pukul" before it."""
    return _DOTTED_CLOCK.sub(_with_colons, _CLOCK_WORD.sub(" ", text))


def _with_colons(found: re.Match[str]) -> str:
    return ":".join(part for part in found.groups() if part)


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
    form = _CLOCK_WORD_OF_FORM.sub(" ", " ".join(_without_zone_word(format)[0].split()))
    form = re.sub(r"(?<=%[HI])\.%M(?:\.%S)?", lambda clock: clock[0].replace(".", ":"), form)
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
    """A moment counted back from `now`, None where the text is not of that sort; hours are exact to the day only."""
    text = text.rstrip(".")
    ago, named = _AGO.match(text), _NAMED_DAY.match(text)
    if not (ago or named or text in _JUST_NOW or text in _LAST):
        return None
    if now is None:
        raise Unreadable("no_now")
    if text in _JUST_NOW:
        return now.replace(second=0, microsecond=0), "minute"
    if text in _LAST:
        return _back(now, 1, _LAST[text])
    if named:
        return _with_clock(_midnight(now) - timedelta(days=_DAYS_BACK.get(named[1], 0)), named.groups()[1:])
    return _ago(now, ago) if ago else None


def _ago(now: datetime, found: re.Match[str]) -> tuple[datetime, str]:
    """2 jam yang lalu, sejam lalu, minggu lalu, 2 hari lalu 14.30, an hour ago."""
    count, word, *clock = found.groups()
    unit = _ONE.get(word) if count is None else _UNIT_WORDS.get(word)
    if count is None and unit is None and word in ("minggu", "pekan", "bulan"):
        unit = _UNIT_WORDS[word]
    if unit is None:
        raise Unreadable
    moment, precision = _back(now, int(count) if count and count.isdecimal() else 1, unit)
    if clock[0] is None:
        return moment, precision
    if precision != "day" or unit == "hours":
        raise Unreadable
    return _with_clock(moment, tuple(clock))


_EXACT: Final = {
    "seconds": "second",
    "minutes": "minute",
    "hours": "day",
    "days": "day",
    "weeks": "week",
    "months": "month",
}


def _back(now: datetime, count: int, unit: str) -> tuple[datetime, str]:
    if unit == "months":
        month = now.year * 12 + now.month - 1 - count
        return _midnight(now).replace(year=month // 12, month=month % 12 + 1, day=1), "month"
    moment = now.replace(microsecond=0) - timedelta(**{unit: count})
    return _midnight(moment) if unit in ("days", "weeks") else moment, _EXACT[unit]


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
