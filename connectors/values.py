"""Turns what portals write into what the canonical fields hold; what cannot be read is told, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors import dates, phones, stamps


class Wrong(ValueError):
    """The value keeps the item from being a complaint; `rule` and `detail` are codes, the value is never quoted."""

    def __init__(self, rule: str, detail: str = "") -> None:
        self.rule, self.detail = rule, detail
        super().__init__(rule)


class Dropped(ValueError):
    """The value cannot be used and the complaint goes on without it; the raw item keeps it. Codes as in Wrong."""

    def __init__(self, rule: str, detail: str = "") -> None:
        self.rule, self.detail = rule, detail
        super().__init__(rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a conversion may use besides the value."""

    format: str | None = None
    zone: str | None = None
    base: str | None = None
    """The channel's own address, for relative links."""
    now: datetime | None = None
    """When the item was received, for relative dates."""
    longest: int | None = None
    """How many signs the portal's column holds; a phone number that fills it may have lost its end."""


Convert = Callable[[Any], Any]
"""From a value that is there to the canonical one; raises Wrong or Dropped."""

_MOST_BITS: Final = 4096  # Python writes no integer of more than 4,300 digits
_LONE: Final = re.compile("[\ud800-\udfff]")
_TRUE: Final = frozenset({"true", "ya", "y", "yes", "iya", "benar", "1", "on"})
_FALSE: Final = frozenset({"false", "tidak", "n", "no", "bukan", "tdk", "salah", "0", "off"})
_NONE: Final = frozenset({"", "0", "-", "null"})
_EXCEL: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_LONGEST_PLACE: Final = 64  # also keeps the blanks of a pair from costing their square
_DECIMAL: Final = re.compile(r"[+-]?\d{1,3}(?:[.,]\d+)?")
_PAIR: Final = re.compile(r"([+-]?\d{1,3}\.\d+)\s*[,; ]\s*([+-]?\d{1,3}\.\d+)")
_EMAIL: Final = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
_IN_NIK: Final = re.compile(r"[\s.'-]+")
_NIK: Final = re.compile(r"[0-9]{16}")


def blank(value: Any) -> bool:
    """None, empty and white space only are how portals write "nothing"."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, list | dict) and not value)


def sound(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, which no database or JSON can hold; everything else as received."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", text)
    return text


def clean(value: Any) -> Any:
    """The value with every text in it made `sound`."""
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(name): clean(one) for name, one in value.items()}
    return value


def text(value: Any) -> str:
    """Text as received; numbers in digits, so that 7 and 7.0 both read "7". Raises Wrong for lists and objects."""
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise Wrong("not_text")
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
    raise Wrong("not_text")


def mark(value: Any) -> str | None:
    """A foreign number; 0 and - are how portals write "none", and a false one would reject a complaint."""
    found = text(value).strip()
    return None if found.lower() in _NONE else found


def code(value: Any) -> str:
    """A code as text; as a decimal number 16.10 has become 16.1, which is another place."""
    if isinstance(value, float) and not value.is_integer():
        raise Wrong("digits_lost")
    return text(value).strip()


def flag(value: Any) -> bool:
    """Yes or no in the words that portals use; "t" is true in databases and "tidak" in forms, so it is neither."""
    if isinstance(value, bool):
        return value
    word = text(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Wrong("unreadable_flag")


def moment(setting: Setting) -> Convert:
    """RFC 3339 with offset, and the precision. 0000-00-00 is how portals write "no date": it costs nobody the complaint."""
    read = _relative(setting) if setting.format == "relative" else stamps.reader(setting.format, setting.zone)

    def convert(value: Any) -> tuple[str, str]:
        try:
            return read(value)
        except dates.Unreadable as error:
            raise Dropped("unreadable_date", error.code) from None

    return convert


def _relative(setting: Setting) -> Callable[[Any], stamps.Stamp]:
    def read(value: Any) -> stamps.Stamp:
        moment, precision = dates.read(value, "relative", setting.zone, setting.now)
        return dates.rfc3339(moment), precision

    return read


def day(setting: Setting) -> Convert:
    """The calendar day where it happened, as year-month-day."""
    read = moment(setting)
    return lambda value: read(value)[0][:10]


def coordinate(axis: int) -> Convert:
    """Reads degrees from numbers, text, comma decimals, or a "lat, lon" pair (axis 0 or 1)."""

    def degrees(value: Any) -> float:
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 360):
            return float(value)
        written = text(value).strip()
        if len(written) > _LONGEST_PLACE:
            raise Dropped("unreadable_coordinate")
        if pair := _PAIR.fullmatch(written):
            return float(pair.group(axis + 1))
        if _DECIMAL.fullmatch(written):
            return float(written.replace(",", "."))
        raise Dropped("unreadable_coordinate")

    return degrees


def phone(value: Any) -> str:
    """E.164."""
    if found := phones.e164(text(value).strip()):
        return found
    raise Dropped("unreadable_phone")


def uncut_phone(setting: Setting) -> Convert:
    """E.164; what a column of `longest` signs may have cut short is somebody else's number, so nobody is called."""
    longest = setting.longest
    if longest is None:
        return phone

    def convert(value: Any) -> str:
        if phones.may_be_cut(text(value).strip(), longest):
            raise Dropped("phone_cut")
        return phone(value)

    return convert


def national_id(value: Any) -> str:
    """A NIK: 16 digits. A float or 3.27E+15 has lost its last digits, and a wrong NIK is somebody else's."""
    if isinstance(value, float) or (isinstance(value, str) and _EXCEL.fullmatch(value.strip())):
        raise Wrong("digits_lost")
    digits = _IN_NIK.sub("", text(value))
    if not _NIK.fullmatch(digits) or len(set(digits)) == 1:
        raise Dropped("unreadable_national_id")
    return digits


def email(value: Any) -> str:
    """An address in small letters."""
    address = text(value).strip().lower()
    if not _EMAIL.match(address):
        raise Dropped("unreadable_email")
    return address
