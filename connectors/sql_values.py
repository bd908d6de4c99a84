"""Rows of other people's databases as JSON: text that went through a wrong character set, files in columns, names of files."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from connectors.base import Attachment

EXACT: Final = 2**53
"""Whole numbers from here on stand as text: not every reader of JSON keeps all their digits."""
_SHORT: Final = 64
"""Bytes up to which a binary value is an id or a flag and is shown in hexadecimal digits."""
_KINDS: Final = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n", "image/png", "png"),
    (b"GIF8", "image/gif", "gif"),
    (b"%PDF-", "application/pdf", "pdf"),
    (b"RIFF", "image/webp", "webp"),
)


def _latin1() -> Mapping[str, int]:
    """What MySQL calls latin1: Windows' 1252, and the five bytes that it leaves out as control characters."""
    table = {}
    for code in range(256):
        try:
            table[bytes([code]).decode("cp1252")] = code
        except UnicodeDecodeError:
            table[chr(code)] = code
    return table


_CODES: Final = _latin1()
_SIGNS: Final = {code: sign for sign, code in _CODES.items()}


def mended(text: str) -> str:
    """
    UTF-8 that was taken for latin1, read as what it is; any other text unchanged.

    Nothing is lost either way: only what is UTF-8 from the first to the last sign is read again, but for a last sign that
    the column's length has cut in two, which stays as it is.
    """
    if text.isascii():
        return text
    try:
        data = bytes(map(_CODES.__getitem__, text))
        read, used = codecs.utf_8_decode(data, "strict", False)
    except (KeyError, UnicodeDecodeError):
        return text
    # Accents alone at the very end are no half of a sign of which nothing else stood in the text.
    return text if read.isascii() else read + "".join(map(_SIGNS.__getitem__, data[used:]))


def plain(value: Any, *, mend: bool) -> Any:
    """A value of a row as JSON has it; bytes that are a file become what tells one from another."""
    if isinstance(value, bytes):
        if (text := _as_text(value)) is not None:
            return text
        return (
            value.hex() if len(value) <= _SHORT else {"size": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        )
    if isinstance(value, str):
        return mended(value) if mend else value
    return str(value) if isinstance(value, int) and abs(value) >= EXACT else value


def file(name: str, value: Any) -> Attachment | None:
    """The file that a binary column holds; None where it holds none."""
    if not isinstance(value, bytes) or len(value) <= _SHORT or _as_text(value) is not None:
        return None
    media, ending = next(((kind, end) for start, kind, end in _KINDS if value.startswith(start)), ("", "bin"))
    return Attachment(
        name=f"{re.sub('[^A-Za-z0-9_-]', '_', name)}.{ending}",
        media_type=media or "application/octet-stream",
        size=len(value),
        sha256=hashlib.sha256(value).hexdigest(),
        content=value,
    )


def address(base: str, value: Any) -> str | None:
    """Where a file is to be had whose name stands in a row; None where none stands there."""
    if not isinstance(value, str) or not (name := value.strip()):
        return None
    if name.lower().startswith(("http://", "https://")):
        return name
    return base.rstrip("/") + "/" + quote(name.replace("\\", "/").lstrip("/"), safe="/", errors="replace")


def written(payload: Mapping[str, Any]) -> bytes:
    """The bytes of a row that is kept."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _as_text(value: bytes) -> str | None:
    """What an old portal has put as text into a binary column."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(sign.isprintable() or sign in "\r\n\t" for sign in text) else None
