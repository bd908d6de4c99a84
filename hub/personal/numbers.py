"""Numbers that belong to a person: cards, telephones, accounts; told by their form and by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hub.personal import phones
from hub.personal.cards import card
from hub.personal.tokens import Digits, Number, Words, digits

_NPWP: Final = re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d[-.]\d{3}\.\d{3}(?!\d)")
_LONGEST: Final = 40
"""Digits without a gap; what is longer belongs to nobody."""


def numbers(plain: str) -> Iterator[tuple[str, int, int]]:
    """(kind, begin, end) of every number of a person in a folded text, from left to right."""
    tokens = digits(plain)
    formal = {found.start(): found.end() for found in _NPWP.finditer(plain)}
    at = behind = 0
    before: Number | None = None
    for at, token in enumerate(tokens):
        if token.begin < behind:
            continue
        if token.begin in formal:
            behind = formal[token.begin]
            yield "npwp", token.begin, behind
            continue
        if found := _number(plain, tokens, at, before):
            behind, before = found.end, found
            yield found.kind, found.begin, found.end


def _number(plain: str, tokens: Sequence[Digits], at: int, before: Number | None) -> Number | None:
    if len(tokens[at].text) > _LONGEST:
        return None
    says = Words(plain, tokens[at])
    return (
        card(plain, tokens, at, says, before)
        or _telephone(plain, tokens, at, says, before)
        or _named_number(plain, tokens, at, says)
    )


_UNIT: Final = re.compile(r"\s*(?:kali|x\b|orang|rb|ribu|juta|jt|detik|menit|jam|rupiah|kk\b|warga)", re.IGNORECASE)
_NO_TELEPHONE: Final = ("firm", "account", "npwp", "bpjs", "passport")


# telephones --------------------------------------------------------------------------------------------------------


def _telephone(plain: str, tokens: Sequence[Digits], at: int, says: Words, before: Number | None) -> Number | None:
    begin = phones.opening(plain, tokens[at].begin)
    found = phones.telephone(plain, tokens, at, begin)
    if found is None:
        is_said = _is_short(plain, tokens[at]) and says.directly("phone")
        return Number("phone", begin, tokens[at].end, at) if is_said else None
    last, how = found
    others = _NO_TELEPHONE if how == phones.MOBILE else (*_NO_TELEPHONE, "other")
    if says.directly(*others):
        return None
    if how == phones.SAID and not ((word := says()) and word.kind == "phone"):
        return None
    if not says.directly("phone") and _goes_on(plain, tokens, at, last, before):
        return None
    return Number("phone", begin, tokens[last].end, last)


def _is_short(plain: str, token: Digits) -> bool:
    """Without its 0, or without its area code: digits that only a word makes a telephone number."""
    return phones.is_without_zero(token.text) or (phones.is_local(token.text) and not _UNIT.match(plain, token.end))


def _goes_on(plain: str, tokens: Sequence[Digits], at: int, last: int, before: Number | None) -> bool:
    """As long a group before or behind it in the same manner, that is no number of its own: part of a longer one."""
    if at == last:
        return False
    between = plain[tokens[at].end : tokens[at + 1].begin]
    if last + 1 < len(tokens) and plain[tokens[last].end : tokens[last + 1].begin] == between:
        size = len(tokens[last + 1].text)
        return size == len(tokens[last].text) == len(tokens[at].text)
    if at == 0 or (before and before.end > tokens[at - 1].begin):
        return False
    return plain[tokens[at - 1].end : tokens[at].begin] == between and len(tokens[at - 1].text) == len(tokens[at].text)


# what only a word tells ----------------------------------------------------------------------------------------------

_COUNTS: Final = {"account": range(8, 17), "npwp": range(15, 17), "bpjs": range(11, 14)}


def _named_number(plain: str, tokens: Sequence[Digits], at: int, says: Words) -> Number | None:
    """An account, a tax number, an insured person: digits of the right length directly behind their word."""
    if len(tokens[at].text) < 2:
        return None
    last, count = at, len(tokens[at].text)
    while count < 16 and last + 1 < len(tokens) and plain[tokens[last].end : tokens[last + 1].begin] in (" ", "-", "."):
        last += 1
        count += len(tokens[last].text)
    for kind, counts in _COUNTS.items():
        if count in counts and says.directly(kind) and tokens[at].sure:
            return Number(kind, tokens[at].begin, tokens[last].end, last)
    return None
