"""What a complaint says when it is sent: the same words for every registry, so that the loop guard knows them again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MARKER = re.compile(r"\[Ref ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def marker(complaint: str) -> str:
    """The sign by which a person finds our complaint in a registry that cannot be asked for our ids."""
    return f"[Ref {complaint}]"


def content(complaint: Mapping[str, Any]) -> str:
    """The body as received, the place where the registry has only a number for it, and the marker at the end."""
    body, place = sendable(complaint["body"]), sendable(complaint.get("location_text")).strip()
    parts = [body, f"Lokasi kejadian: {place}" if place and place not in body else "", marker(str(complaint["id"]))]
    return "\n\n".join(part for part in parts if part)


def title(complaint: Mapping[str, Any], most: int) -> str:
    """The title as received, else how the body begins; no longer than `most` characters."""
    return (sendable(complaint.get("title")) or sendable(complaint["body"]))[:most]


def sendable(text: Any) -> str:
    """The text without U+0000, which a citizen never sees and many a database refuses; "" for None."""
    return str(text or "").replace("\x00", "")


def said(text: str) -> bytes:
    """
    What the text says, for a keyed hash: without markers, white space and case do not count.

    `deliveries.sent_hmac` is Vault.mac("text", said(content)): it proves later what was sent, without the text.
    """
    return _SPACES.sub(" ", _MARKER.sub(" ", text)).strip().casefold().encode("utf-8", "surrogatepass")
