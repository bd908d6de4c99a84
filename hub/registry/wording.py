"""What a complaint says when it is sent: the same words for every registry, so that the loop guard knows them again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hub.registry.port import File
from hub.routing import Limits, Target

ATTACHED: Final = "isi-lengkap.txt"
"""The file that holds a text which is longer than the registry takes."""
_CUT: Final = f"[Teks terlalu panjang bagi sistem ini; selengkapnya ada pada lampiran {ATTACHED}.]"
_WORD: Final = 40
"""Characters within which a cut looks for the end of a word."""
_MARKER = re.compile(r"\[Ref ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def marker(complaint: str) -> str:
    """The sign by which a person finds our complaint in a registry that cannot be asked for our ids."""
    return f"[Ref {complaint}]"


def content(complaint: Mapping[str, Any], limits: Limits = Limits()) -> str:  # noqa: B008 - a frozen value
    """
    What is sent as the text: body as received, title where it had to be cut, place, and the marker at the end.

    A text beyond `limits.content` characters says that the rest is attached: `attached` makes that file.
    """
    return shortened(_whole(complaint, limits), limits.content)[0]


def attached(complaint: Mapping[str, Any], limits: Limits) -> File | None:
    """The whole text as one more file, where the registry takes only a part of it."""
    return shortened(_whole(complaint, limits), limits.content)[1]


def flags(complaint: Mapping[str, Any], target: Target, limits: Limits) -> tuple[str, ...]:
    """What somebody should know about how this complaint is sent: flags and codes without a number, text_attached."""
    more = ("text_attached",) if attached(complaint, limits) else ()
    return (*target.flags, *target.missing, *more)


def _whole(complaint: Mapping[str, Any], limits: Limits) -> str:
    head, place = sendable(complaint.get("title")), sendable(complaint.get("location_text")).strip()
    body = sendable(complaint["body"])
    parts = [
        f"Judul: {head}" if len(head) > limits.title and _spaced(head.rstrip("…")) not in _spaced(body) else "",
        body,
        f"Lokasi kejadian: {place}" if place and place not in body else "",
        marker(str(complaint["id"])),
    ]
    return "\n\n".join(part for part in parts if part)


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def shortened(text: str, most: int | None) -> tuple[str, File | None]:
    """The text in at most so many characters, its last marker kept, and the whole of it as a file where it was cut."""
    if most is None or len(text) <= most:
        return text, None
    found = list(_MARKER.finditer(text))
    end = found[-1][0] if found else ""
    tail = "\n\n".join(part for part in (_CUT, end) if part)
    head = text[: max(most - len(tail) - 2, 0)]
    if (space := head.rstrip().rfind(" ")) > len(head) - _WORD:
        head = head[:space]
    whole = File(name=ATTACHED, media_type="text/plain; charset=utf-8", content=text.encode("utf-8", "replace"))
    return f"{head.rstrip()}\n\n{tail}", whole


def title(complaint: Mapping[str, Any], most: int) -> str:
    """The title as received, else how the body begins; a longer one ends with an ellipsis and stands in the text whole."""
    text = sendable(complaint.get("title")) or sendable(complaint["body"])
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def sendable(text: Any) -> str:
    """The text without U+0000, which a citizen never sees and many a database refuses; "" for None."""
    return str(text or "").replace("\x00", "")


def said(text: str) -> bytes:
    """
    What the text says, for a keyed hash: without markers, white space and case do not count.

    `deliveries.sent_hmac` is Vault.mac("text", said(content)): it proves later what was sent, without the text.
    """
    return _SPACES.sub(" ", _MARKER.sub(" ", text)).strip().casefold().encode("utf-8", "surrogatepass")
