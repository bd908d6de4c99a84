"""Mail addresses, also those that are spelled so that no machine shall read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_LOCAL: Final = re.compile(r"[\w.+%'-]{1,64}$")
_DOMAIN: Final = re.compile(r"[^\W_][\w-]{0,62}(?:\.[^\W_][\w-]{0,62}){1,8}")
_HOSTS: Final = r"g(?:oogle)?mail|yahoo|hotmail|outlook|icloud|ymail|rocketmail|live|proton(?:mail)?"
_TYPO: Final = re.compile(rf"\ ?(?:{_HOSTS})\b(?:[.,\ ]{{1,3}}(?:com|co[.,\ ]{{1,3}}id|co)\b)?", re.IGNORECASE)
"""A well-known host with a blank before it, a comma or blanks in it, or nothing behind it."""
_ENDS: Final = r"com|co|id|net|org|info|io|me|my|sg|edu|gov|go|ac|sch|or|web|biz|xyz|site|online|desa"
_APART: Final = re.compile(
    rf"\ ?[a-z0-9][a-z0-9-]{{0,62}}(?:\.[a-z0-9][a-z0-9-]{{0,62}}){{0,6}}?\.(?:{_ENDS})(?:\.(?:{_ENDS}))?(?![\w-])",
    re.IGNORECASE,
)
"""Behind `@` with a blank before it or behind it: the host has a known end, as `@dinas.Mohon` has not."""
_AT: Final = r"(?:\ ?[\[({<]\ ?(?:at|et|a|@)\ ?[\])}>]\ ?|\ (?:at|et)\ |_(?:at|et)_)"
_DOT: Final = r"(?:\.|\ ?[\[({<]\ ?(?:dot|titik|\.)\ ?[\])}>]\ ?|\ (?:dot|titik)\ )"
_SPELLED: Final = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}{_AT}[\w-]{{2,40}}(?:{_DOT}[\w-]{{2,40}}){{0,3}}?{_DOT}(?:{_ENDS})(?:{_DOT}(?:{_ENDS}))?\b",
    re.IGNORECASE,
)
_SPELLED_SIGNS: Final = (
    "at)",
    "at]",
    "at}",
    "at>",
    " at ",
    " et ",
    "_at_",
    "_et_",
    "(a)",
    "[a]",
    "(@",
    "[@",
    "{@",
    " dot ",
    " titik ",
    "(dot",
    "[dot",
)
"""One of them stands in every address that is spelled out."""


def maybe_mail(lowered: str) -> bool:
    """The cheap look; false means that there is no address."""
    return "@" in lowered or "%40" in lowered or any(sign in lowered for sign in _SPELLED_SIGNS)


def mails(plain: str) -> Iterator[tuple[str, int, int]]:
    """("email", begin, end) of every address in a folded text."""
    for sign in ("@", "%40"):
        at = plain.find(sign)
        while at >= 0:
            if found := _around(plain, at, at + len(sign)):
                yield "email", *found
            at = plain.find(sign, at + 1)
    lowered = plain.lower()
    if any(sign in lowered for sign in _SPELLED_SIGNS):
        for spelled in _SPELLED.finditer(plain):
            yield "email", *spelled.span()


def _around(plain: str, at: int, behind: int) -> tuple[int, int] | None:
    """The address whose `@`, or `%40` of a link, stands at `plain[at:behind]`."""
    left = at - 1 if plain[at - 1 : at] == " " else at
    before = plain[max(0, left - 64) : left]
    local = _LOCAL.search(before)
    if local is None or not any(sign.isalnum() for sign in local[0]):
        return None
    begin = left - len(before) + local.start() + (len(local[0]) - len(local[0].lstrip(".'-+%")))
    domain = _DOMAIN.match(plain, behind) if left == at else None
    found = domain or _APART.match(plain, behind) or _TYPO.match(plain, behind)
    return (begin, found.end()) if found else None
