"""Where personal data stands in a text: a cheap look first, and only where it sees something the checks."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

KINDS: Final = ("nik", "kk", "phone", "email", "npwp", "bpjs", "account", "passport", "plate", "name")
"""What is looked for; the first four everywhere, the others where the words beside them say so."""


class Span(NamedTuple):
    """One place: `text[begin:end]` is personal data of that kind."""

    kind: str
    begin: int
    end: int


_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG: Final = re.compile(r"(?<![\d.,])\d(?:[ .-]?\d){15}(?!\d)")
_PHONE: Final = re.compile(r"(?<![\d.,])(?:\+?62|0)[ .-]?\(?\d(?:[ .()-]{0,2}\d){6,11}(?!\d)")


def find(text: str) -> tuple[Span, ...]:
    """All places, in the order of the text, none over another."""
    found = [Span("email", *one.span()) for one in _MAIL.finditer(text)]
    found += [Span("nik", *one.span()) for one in _LONG.finditer(text)]
    found += [Span("phone", *one.span()) for one in _PHONE.finditer(text)]
    found.sort(key=lambda one: (one.begin, -one.end))
    kept: list[Span] = []
    for one in found:
        if not kept or one.begin >= kept[-1].end:
            kept.append(one)
    return tuple(kept)
