"""Where personal data stands in a text: a cheap look first, and only where it sees something the checks."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator
from typing import Final, NamedTuple

from hub.personal.folding import folded
from hub.personal.mails import mails, maybe_mail
from hub.personal.names import names
from hub.personal.numbers import numbers
from hub.personal.papers import papers
from hub.personal.said import said_in_words

KINDS: Final = ("nik", "kk", "phone", "email", "npwp", "bpjs", "account", "passport", "plate", "name")
"""What is looked for; the first four everywhere, the others where the words beside them say so."""

_RANK: Final = {
    "email": 0,
    "nik": 1,
    "kk": 1,
    "npwp": 1,
    "bpjs": 1,
    "account": 2,
    "phone": 2,
    "passport": 3,
    "plate": 4,
    "name": 5,
}
"""Which of two that overlap stays; an address may hold a telephone number."""
_MANY: Final = re.compile(r"[0-9](?:[0-9]{3}|(?:[^\w\n]{0,4}+[0-9OoIl]){5})")
"""Six digits one behind the other, or the four of a plate."""


_MADE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{16,128})(?![0-9A-Za-z])"
)
"""UUIDs, fingerprints and digests: machines make them, and some begin like a telephone number."""


class Span(NamedTuple):
    """One place: `text[begin:end]` is personal data of that kind."""

    kind: str
    begin: int
    end: int


def find(text: str) -> tuple[Span, ...]:
    """All places, in the order of the text, none over another."""
    plain = folded(text)
    lowered = plain.lower()
    found = [Span(*one) for one in _all(plain, lowered if len(lowered) == len(plain) else plain)]
    if len(found) < 2:
        return tuple(found)
    found.sort(key=lambda one: (_RANK[one.kind], one.begin - one.end))
    begins: list[int] = []
    kept: list[Span] = []
    for one in found:
        at = bisect(begins, one.begin)
        if (at == 0 or kept[at - 1].end <= one.begin) and (at == len(kept) or one.end <= begins[at]):
            begins.insert(at, one.begin)
            kept.insert(at, one)
    return tuple(kept)


def _all(plain: str, lowered: str) -> Iterator[tuple[str, int, int]]:
    if maybe_mail(lowered):
        yield from mails(plain)
    if _MANY.search(plain):
        said = _MADE.sub(lambda found: "x" * len(found[0]), plain)
        yield from numbers(said)
        yield from papers(said)
    yield from said_in_words(plain, lowered)
    yield from names(plain, lowered)
