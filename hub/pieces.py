"""A file in pieces (RFC 9110 14), so that a cut line costs one piece of it and not all that was read before."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from connectors.base import Answer

Found = tuple[bytes | None, str | None]
"""The bytes, or a reason that will not pass; neither where trying again later makes sense."""
LATER: Final[Found] = (None, None)
SMALLEST, BIGGEST = 32 * 1024, 2 * 1024 * 1024
"""Bytes of a piece: 4 s at 64 kbit/s, then twice as much each time that it goes well."""
_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})", re.ASCII)
_STRONG = re.compile(r'"[!#-z|~]{1,200}"', re.ASCII)
"""A strong entity tag (RFC 9110 8.8.3), without braces, so that it can hold no reference to a secret."""


@dataclass(slots=True, kw_only=True)
class Pieces:
    """One file that is asked for piece by piece, and only joined where a strong tag says that it has stayed the same."""

    most: int
    """Bytes of the largest file that is wanted."""
    cuts: int = 0
    """So many pieces in a row have not come."""
    _body: bytearray = field(default_factory=bytearray)
    _tag: str = ""
    _size: int = SMALLEST

    def asked(self) -> dict[str, str]:
        """The headers that ask for the next piece."""
        start = len(self._body)
        # A piece of a compressed answer could not be joined with the next one.
        asked = {"Range": f"bytes={start}-{start + self._size - 1}", "Accept-Encoding": "identity"}
        return asked | ({"If-Range": self._tag} if self._tag else {})

    def cut(self) -> None:
        """The piece did not come: ask for a small one."""
        self._size, self.cuts = SMALLEST, self.cuts + 1

    def take(self, answer: Answer) -> Found | None:
        """What the file is, or None where a piece is still missing."""
        if answer.status != 206:
            return whole(answer, self.most)  # no ranges here, or it is another file by now
        total = self._total(answer)
        if total is None:
            return LATER
        if total > self.most:
            return None, "too_large"
        self._body += answer.body
        self._tag, self._size, self.cuts = answer.headers["ETag"], min(2 * self._size, BIGGEST), 0
        return (bytes(self._body), None) if len(self._body) == total else None

    def _total(self, answer: Answer) -> int | None:
        """The size of the file, where this is the very piece that was asked for, of the same file."""
        told, tag = _RANGE.fullmatch(answer.headers.get("Content-Range", "")), answer.headers.get("ETag", "")
        if told is None or not _STRONG.fullmatch(tag) or tag != (self._tag or tag):
            return None
        first, last, total = map(int, told.groups())
        fits = first == len(self._body) and last - first + 1 == len(answer.body) > 0 and last < total
        return total if fits and "Content-Encoding" not in answer.headers else None


def whole(answer: Answer, most: int) -> Found:
    """A file that came in one answer."""
    if answer.status == 206:
        return LATER  # nobody asked for a piece
    return (answer.body, None) if len(answer.body) <= most else (None, "too_large")
