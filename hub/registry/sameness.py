"""Knows our own words again when they come back from a portal or a registry that wrapped, escaped or cut them."""

from __future__ import annotations

import html
import re

_MARKER = re.compile(r"\[Ref ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\]", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_NO_LETTER = re.compile(r"[\W_]+")


def squeezed(text: str) -> str:
    """The letters and digits alone, in small letters: what is left of a text however a page wraps, escapes or marks it up."""
    return _NO_LETTER.sub("", _TAG.sub(" ", _unescaped(text))).casefold()


def named(text: str) -> tuple[str, ...]:
    """The ids in marks such as [Ref 123e4567-…], in small letters, each once."""
    flat = " ".join(_TAG.sub("", _unescaped(text)).split())
    return tuple(dict.fromkeys(found.lower() for found in _MARKER.findall(flat)))


def _unescaped(text: str) -> str:
    """Twice is not rare: one system escapes what another one had escaped."""
    return html.unescape(html.unescape(text))
