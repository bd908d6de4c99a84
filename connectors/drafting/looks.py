"""What values look like: which form of date, whether phones, addresses, degrees, flags; a value itself is never handed on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from connectors import dates, phones

_ZONE: Final = "Asia/Jakarta"
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""For relative dates: whether they can be read does not depend on when."""
_ENOUGH: Final = 0.8
_URL: Final = re.compile(r"https?://\S+")
_FILE: Final = re.compile(
    r"(?:https?://\S+|[^\s][^\n]*\.(?:jpe?g|png|gif|webp|heic|pdf|mp4|3gp|mov|mp3|ogg|docx?|xlsx?|zip))", re.I
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NIK: Final = re.compile(r"[1-9][0-9]{5}(?:[04][1-9]|[1256][0-9]|[37][01])(?:0[1-9]|1[0-2])[0-9]{6}")
_PHONE: Final = re.compile(r"(?:\+[1-9]|62|0)[0-9]{7,14}|8[1-9][0-9]{7,10}")
_CHAT: Final = re.compile(r"[0-9]{7,20}(?::[0-9]+)?@(?:c\.us|s\.whatsapp\.net|g\.us|lid)")
"""Who writes, as gateways of WhatsApp name him."""
_HANDLE: Final = re.compile(rf"@[\w.]{{2,30}}|(?=.*[0-9_.])[a-z][\w.]{{2,30}}|{_CHAT.pattern}")
_DEGREES: Final = re.compile(r"[+-]?\d{1,3}(?:[.,]\d+)?")
_PAIR: Final = re.compile(r"[+-]?\d{1,3}\.\d+\s*[,; ]\s*[+-]?\d{1,3}\.\d+")
_CODE: Final = re.compile(r"[1-9][0-9]\.[0-9]{2}(?:\.[0-9]{2}(?:\.[0-9]{4})?)?")
_KEY: Final = re.compile(r"[0-9]+|\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
_ZERO: Final = re.compile(r"0{4}-00-00(?: 00:00:00)?")
_FLAGS: Final = frozenset(
    ["true", "false", "ya", "tidak", "y", "n", "yes", "no", "1", "0", "iya", "bukan", "t", "f", "on", "off"]
)
_UNIX: Final = (10**9, 10**13 * 5)
_FORMS: Final = (
    *("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y", "%d{0}%b{0}%Y", "%d{0}%b{0}%y"),
)
_CLOCKS: Final = (
    "",
    " %H:%M",
    " %H:%M:%S",
    ", %H:%M",
    ", %H:%M:%S",
    "T%H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    " - %H:%M",
)
_SOLID: Final = {14: ("%Y%m%d%H%M%S",), 12: ("%Y%m%d%H%M",), 8: ("%Y%m%d", "%d%m%Y")}
"""Digits without a sign between them, by how many there are."""
_SAMPLED: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """The form in which a place writes dates."""

    format: str
    """"" for dates with month words, which need none."""
    doubtful: bool = False
    """Day and month could be the other way round: no value of the sample tells."""


def share(values: Sequence[Any], fits: Callable[[str], bool]) -> float:
    """How many of the values fit, 0 to 1; 0 where there are none."""
    texts = [
        str(one).strip()
        for one in values[:_SAMPLED]
        if isinstance(one, str | int | float) and not isinstance(one, bool)
    ]
    return sum(map(fits, texts)) / len(values[:_SAMPLED]) if texts else 0.0


def dated(values: Sequence[Any]) -> Dated | None:
    """The form of date that nearly all values keep; None where there is none."""
    there = [one for one in values[:_SAMPLED] if not (isinstance(one, str) and _ZERO.fullmatch(one.strip()))]
    if not there:
        return None
    if _reads(there, "unix") and all(_in_unix(one) for one in there):
        return Dated(format="unix")
    if not all(isinstance(one, str) for one in there):
        return Dated(format="excel") if _serials(there) else None
    if _reads(there, "iso"):
        return Dated(format="iso")
    if _reads(there, None):
        return Dated(format="")
    return _pattern(there) or (Dated(format="relative") if _reads(there, "relative") else None)


def _pattern(values: Sequence[str]) -> Dated | None:
    found = [form for form in _patterns(values) if _reads(values, form)]
    if not found:
        return None
    swapped = {form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m") for form in found}
    return Dated(format=found[0], doubtful=any(form in swapped for form in found[1:]) and "%b" not in found[0])


def _patterns(values: Sequence[str]) -> list[str]:
    """Patterns with the sign between their numbers that the first value has; the Indonesian order first."""
    between = re.search(r"\d\s?([-/. ])", values[0])
    sign = between[1] if between else "/"
    day = "%A, " if re.match(r"[A-Za-z'’]+\s*,", values[0]) else ""
    solid = _SOLID.get(len(values[0].strip()), ()) if values[0].strip().isdecimal() else ()
    return [*solid, *(day + form.format(sign) + clock for form in _FORMS for clock in _CLOCKS)]


def _reads(values: Sequence[Any], format: str | None) -> bool:
    if not any(_one_reads(one, format) for one in values[:3]):
        return False  # most places hold no dates
    return sum(_one_reads(one, format) for one in values) >= _ENOUGH * len(values)


def _one_reads(value: Any, format: str | None) -> bool:
    try:
        moment, _ = dates.read(value, format, _ZONE, _NOW)
    except dates.Unreadable:
        return False
    return 1990 < moment.year < 2060


def _in_unix(value: Any) -> bool:
    try:
        return _UNIX[0] <= float(value) <= _UNIX[1]
    except (TypeError, ValueError):
        return False


def _serials(values: Sequence[Any]) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) and 36526 <= one <= 60000 for one in values)


def is_phone(text: str) -> bool:
    """A number that can be called."""
    return _PHONE.fullmatch(re.sub(r"[\s().-]", "", text)) is not None and phones.e164(text) is not None


def is_email(text: str) -> bool:
    """An e-mail address."""
    return _EMAIL.fullmatch(text) is not None and _CHAT.fullmatch(text) is None


def is_nik(text: str) -> bool:
    """Sixteen digits with a day and a month where a NIK has them."""
    return _NIK.fullmatch(text.replace(" ", "")) is not None


def is_url(text: str) -> bool:
    """An address of the web."""
    return _URL.fullmatch(text) is not None


def is_file(text: str) -> bool:
    """An address or a file name; several may stand one below the other."""
    return all(_FILE.fullmatch(line.strip()) for line in text.splitlines() if line.strip())


def is_key(text: str) -> bool:
    """A UUID or a number, as one table points to another by."""
    return _KEY.fullmatch(text) is not None


def is_handle(text: str) -> bool:
    """A name for an account: one word, and not written as a person's name is."""
    return _HANDLE.fullmatch(text) is not None


def is_latitude(text: str) -> bool:
    """Degrees within Indonesia, or none told."""
    return _within(text, -11.5, 6.5)


def is_longitude(text: str) -> bool:
    """Degrees within Indonesia, or none told."""
    return _within(text, 94.5, 141.5) or text in ("0", "0.0")


def is_pair(text: str) -> bool:
    """Latitude and longitude in one."""
    return _PAIR.fullmatch(text) is not None


def is_region(text: str) -> bool:
    """A Kemendagri code; without its dots it may be anybody's."""
    return _CODE.fullmatch(text) is not None


def is_flag(value: Any) -> bool:
    """Yes or no."""
    return isinstance(value, bool) or str(value).strip().lower() in _FLAGS


def length(values: Sequence[Any]) -> float:
    """The mean length of texts; 0 where there are none."""
    texts = [one for one in values[:_SAMPLED] if isinstance(one, str)]
    return sum(map(len, texts)) / len(texts) if texts else 0.0


def _within(text: str, low: float, high: float) -> bool:
    return _DEGREES.fullmatch(text) is not None and low <= float(text.replace(",", ".")) <= high
