"""Turns what portals write into what the canonical fields hold; what cannot be read is told, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from connectors import dates


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


_MOST_BITS: Final = 4096  # Python writes no integer of more than 4,300 digits
_LONE: Final = re.compile("[\ud800-\udfff]")
_TRUE: Final = frozenset({"true", "ya", "y", "yes", "iya", "benar", "1", "on"})
_FALSE: Final = frozenset({"false", "tidak", "n", "no", "bukan", "tdk", "salah", "0", "off"})
_NONE: Final = frozenset({"", "0", "-", "null"})
_EXCEL: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_DECIMAL: Final = re.compile(r"[+-]?\d{1,3}(?:[.,]\d+)?")
_PAIR: Final = re.compile(r"([+-]?\d{1,3}\.\d+)\s*[,; ]\s*([+-]?\d{1,3}\.\d+)")
_EMAIL: Final = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
_ADDRESS: Final = re.compile(r"https?://[^\x00-\x20]+", re.IGNORECASE)
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_MEDIA: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
    "3gp": "video/3gpp",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "txt": "text/plain",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}


def blank(value: Any) -> bool:
    """None, empty and white space only are how portals write "nothing"."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | dict) and not value)


def clean(value: Any) -> Any:
    """The value with lone surrogates replaced by U+FFFD, which no database or JSON can hold; everything else as received."""
    if isinstance(value, str):
        return value if value.isascii() else _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {clean(name): clean(one) for name, one in value.items()}
    return value


def text(value: Any, setting: Setting = Setting()) -> str:  # frozen
    """Text as received; numbers in digits, so that 7 and 7.0 both read "7". Raises Wrong for lists and objects."""
    if isinstance(value, str):
        return str(clean(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise Wrong("not_text")
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
    raise Wrong("not_text")


def mark(value: Any, setting: Setting) -> str | None:
    """A foreign number; 0 and - are how portals write "none", and a false one would reject a complaint."""
    found = text(value).strip()
    return None if found.lower() in _NONE else found


def code(value: Any, setting: Setting) -> str:
    """A code as text; as a decimal number 16.10 has become 16.1, which is another place."""
    if isinstance(value, float) and not value.is_integer():
        raise Wrong("digits_lost")
    return text(value).strip()


def flag(value: Any, setting: Setting) -> bool:
    """Yes or no in the words that portals use; "t" is true in databases and "tidak" in forms, so it is neither."""
    if isinstance(value, bool):
        return value
    word = text(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Wrong("unreadable_flag")


def moment(value: Any, setting: Setting) -> tuple[str, str]:
    """RFC 3339 with offset, and the precision. 0000-00-00 is how portals write "no date": it costs nobody the complaint."""
    try:
        found, precision = dates.read(value, setting.format, setting.zone, setting.now)
    except dates.Unreadable as error:
        raise Dropped("unreadable_date", error.code) from None
    return dates.rfc3339(found), precision


def day(value: Any, setting: Setting) -> str:
    """The calendar day where it happened, as year-month-day."""
    return moment(value, setting)[0][:10]


def coordinate(axis: int) -> Callable[[Any, Setting], float]:
    """Reads degrees from numbers, text, comma decimals, or a "lat, lon" pair (axis 0 or 1)."""

    def degrees(value: Any, setting: Setting) -> float:
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 360):
            return float(value)
        written = text(value).strip()
        if pair := _PAIR.fullmatch(written):
            return float(pair.group(axis + 1))
        if _DECIMAL.fullmatch(written):
            return float(written.replace(",", "."))
        raise Dropped("unreadable_coordinate")

    return degrees


def phone(value: Any, setting: Setting) -> str:
    """E.164; a number without its leading 0, as spreadsheets leave it, is an Indonesian mobile."""
    import phonenumbers  # slow to import, and many items have no phone

    written = text(value).strip()
    if re.fullmatch(r"8\d{8,11}", written):
        written = "0" + written
    try:
        number = phonenumbers.parse(written, "ID")
    except phonenumbers.NumberParseException:
        raise Dropped("unreadable_phone") from None
    digits = str(number.national_number)
    if not phonenumbers.is_possible_number(number) or len(digits) < 7 or len(set(digits[1:])) < 2:
        raise Dropped("unreadable_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def national_id(value: Any, setting: Setting) -> str:
    """A NIK: 16 digits. A float or 3.27E+15 has lost its last digits, and a wrong NIK is somebody else's."""
    if isinstance(value, float) or (isinstance(value, str) and _EXCEL.fullmatch(value.strip())):
        raise Wrong("digits_lost")
    digits = re.sub(r"[\s.'-]", "", text(value))
    if not re.fullmatch(r"[0-9]{16}", digits) or len(set(digits)) == 1:
        raise Dropped("unreadable_national_id")
    return digits


def email(value: Any, setting: Setting) -> str:
    """An address in small letters."""
    address = text(value).strip().lower()
    if not _EMAIL.match(address):
        raise Dropped("unreadable_email")
    return address


def address(value: Any, setting: Setting) -> str:
    """An absolute http(s) address; a relative one is read against the channel's own."""
    written = text(value).strip()
    try:
        found = urljoin(setting.base or "", written)
        urlsplit(found)
    except ValueError:
        raise Dropped("unusable_address") from None
    if not _ADDRESS.fullmatch(found) or len(found) > 2048:
        raise Dropped("unusable_address")
    return found


def attachments(value: Any, setting: Setting) -> list[dict[str, Any]]:
    """Files by address: a list of addresses or of {name, url, media_type, size, sha256}, or lines of addresses."""
    if isinstance(value, str):
        value = [line for line in value.splitlines() if line.strip()]
    parts = value if isinstance(value, list) else [value]
    return [_attachment(part, place, setting) for place, part in enumerate(parts, start=1) if not blank(part)]


def _attachment(part: Any, place: int, setting: Setting) -> dict[str, Any]:
    if isinstance(part, str):
        part = {"url": part}
    if not isinstance(part, Mapping):
        raise Wrong("unreadable_attachment")
    written = part.get("url")
    try:
        url = None if blank(written) else address(written, setting)
    except Dropped:
        url = None  # the file is listed all the same, so that its absence shows
    name = _file_name(part.get("name"), url or "") or _file_name(written, "") or f"attachment-{place}"
    made: dict[str, Any] = {"name": name, "media_type": _media_type(part.get("media_type"), name)}
    if url:
        made["url"] = url
    size, digest = part.get("size"), part.get("sha256")
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        made["size"] = size
    if isinstance(digest, str) and re.fullmatch(r"[0-9a-f]{64}", digest):
        made["sha256"] = digest
    return made


def _file_name(given: Any, url: str) -> str:
    written = given if isinstance(given, str) and given.strip() else unquote(urlsplit(url).path)
    last = re.split(r"[/\\]", str(clean(written)))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", last).strip()[-200:]


def _media_type(given: Any, name: str) -> str:
    if isinstance(given, str) and _MEDIA_TYPE.fullmatch(given):
        return given
    return _MEDIA.get(name.rpartition(".")[2].lower(), "application/octet-stream")
