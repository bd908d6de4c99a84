"""Addresses and files as portals name them: made absolute, never fetched here, and no path of the portal's disk leaks in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from connectors.values import Convert, Dropped, Setting, Wrong, blank, sound, text

_ADDRESS: Final = re.compile(r"https?://[^\x00-\x20]+")
_LONGEST_ADDRESS: Final = 2048
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9._-]+(?::[0-9]+)?(?=/|\Z)")
_BELOW: Final = re.compile(r"(?:/[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*)+")
_PLAIN: Final = re.compile(_ORIGIN.pattern + _BELOW.pattern)
"""Addresses that joining leaves as they are: no dot segments, no query, nothing empty."""
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")
_LONGEST_NAME: Final = 200
_SHA256: Final = re.compile("[0-9a-f]{64}")
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


def address(setting: Setting) -> Convert:
    """An absolute http(s) address; a relative one is read against the channel's own."""
    base = setting.base or ""
    origin = found[0] if (found := _ORIGIN.match(base)) else None

    def absolute(value: Any) -> str:
        written = text(value).strip()
        if origin and _BELOW.fullmatch(written):
            found = origin + written
        elif _PLAIN.fullmatch(written):
            found = written
        else:
            found = _joined(base, written)
        if not _ADDRESS.fullmatch(found) or len(found) > _LONGEST_ADDRESS:
            raise Dropped("unusable_address")
        return found

    return absolute


def _joined(base: str, written: str) -> str:
    """By RFC 3986; what needs no joining takes the short way."""
    try:
        found = urljoin(base, written)
        urlsplit(found)
    except ValueError:
        raise Dropped("unusable_address") from None
    scheme, colon, rest = found.partition(":")
    return scheme.lower() + colon + rest


def attachments(setting: Setting) -> Convert:
    """Files by address: a list of addresses or of {name, url, media_type, size, sha256}, or lines of addresses."""
    absolute = address(setting)

    def listed(value: Any) -> list[dict[str, Any]]:
        if isinstance(value, str):
            value = [line for line in value.splitlines() if line.strip()]
        parts = value if isinstance(value, list) else [value]
        return [_attachment(part, place, absolute) for place, part in enumerate(parts, start=1) if not blank(part)]

    return listed


def _attachment(part: Any, place: int, absolute: Convert) -> dict[str, Any]:
    if isinstance(part, str):
        part = {"url": part}
    if not isinstance(part, Mapping):
        raise Wrong("unreadable_attachment")
    written = part.get("url")
    try:
        url = None if blank(written) else absolute(written)
    except Dropped:
        url = None  # the file is listed all the same, so that its absence shows
    name = _file_name(part.get("name"), url or "") or _file_name(written, "") or f"attachment-{place}"
    made: dict[str, Any] = {"name": name, "media_type": _media_type(part.get("media_type"), name)}
    if url:
        made["url"] = url
    size, digest = part.get("size"), part.get("sha256")
    if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
        made["size"] = size
    if isinstance(digest, str) and _SHA256.fullmatch(digest):
        made["sha256"] = digest
    return made


def _file_name(given: Any, url: str) -> str:
    written = given if isinstance(given, str) and given.strip() else unquote(urlsplit(url).path)
    last = sound(written.replace("\\", "/").rpartition("/")[2])
    return (last if last.isprintable() else _CONTROL.sub("", last)).strip()[-_LONGEST_NAME:]


def _media_type(given: Any, name: str) -> str:
    if isinstance(given, str) and _MEDIA_TYPE.fullmatch(given):
        return given
    return _MEDIA.get(name.rpartition(".")[2].lower(), "application/octet-stream")
