"""Bytes of strangers as text, whatever they say they are written in."""

from __future__ import annotations

import re


def readable(data: bytes, charset: str | None = None) -> str:
    """Bytes as text: as declared, else as UTF-8 or Windows-1252; what many programs call by a narrower name, by the wider."""
    told = str(charset or "").strip().lower().replace("_", "-")
    wide = _WIDER.get(told, charset)
    wide = None if told.startswith(("utf-16", "utf16", "utf-32", "ucs-2")) and b"\0" not in data else wide
    for name in ("utf-8" if wide == "cp1252" else wide, "utf-8", "cp1252"):
        try:
            if name:
                return data.decode(name).encode("utf-8", "replace").decode()
        except (LookupError, ValueError):
            if name and name == wide and (text := _mostly(data, name)):
                return text
    return data.decode("latin-1")


_LETTERS = re.compile(r"(?i)iso-2022|gb|big5|cp9|euc|shift|utf-?7")


def _mostly(data: bytes, charset: str) -> str:
    """The text in a charset of several bytes a letter, where but few of them are broken; else ""."""
    if not _LETTERS.match(charset):
        return ""
    try:
        text = data.decode(charset, "replace")
    except (LookupError, ValueError):
        return ""
    return text.encode("utf-8", "replace").decode() if text.count("\ufffd") * 20 <= len(text) + 20 else ""


_WIDER = {
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1", "ansi", "x-ansi"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb-2312-80", "cp936", "hz-gb"), "gb18030"),
    **dict.fromkeys(("shift-jis", "sjis", "x-sjis", "windows-31j", "ms-kanji"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks-c-5601-1987", "ks-c-5601", "ksc5601", "x-windows-949"), "cp949"),
    **dict.fromkeys(("big5", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-2022-jp",), "iso-2022-jp-ext"),
    **dict.fromkeys(("utf8mb4", "utf-8mb4", "utf 8", "x-utf8", "unicode"), "utf-8"),
    **dict.fromkeys(("unicode-1-1-utf-7", "x-unicode-2-0-utf-7"), "utf-7"),
    "iso-8859-8-i": "iso-8859-8", "windows-874": "cp874", "tis-620": "cp874", "x-mac-roman": "mac-roman",
}  # fmt: skip
"""What a declared charset is read as (the label table of WHATWG's Encoding Standard does the same for the web)."""
