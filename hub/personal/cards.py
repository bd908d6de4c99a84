"""NIK and KK: sixteen digits that hold a place and a day, so most other long numbers can be told from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from hub.personal.tokens import Digits, Number, Words

PROVINCES: Final = re.compile("1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-7]")
"""Kemendagri's two digits (Permendagri 72/2019 and the provinces of Papua made in 2022)."""
_SHAPES: Final = frozenset(
    {
        (4, 4, 4, 4),
        (6, 6, 4),
        (2, 2, 2, 6, 4),
        (2, 2, 2, 2, 2, 2, 4),
        (6, 10),
        (12, 4),
        (8, 8),
        (4, 12),
        (6, 2, 2, 2, 4),
        (4, 2, 6, 4),
        (1,) * 16,
    }
)
"""How 16 digits are set apart when somebody writes a card number down."""
_JOINT: Final = re.compile(r"[ .\-]{1,3}")


def card(plain: str, tokens: Sequence[Digits], at: int, says: Words, before: Number | None) -> Number | None:
    """The card number that begins with this run; `before` is the number found last, whose kind a list goes on with."""
    last = _reach(plain, tokens, at, 16)
    if last is None:
        return _mistyped_card(tokens[at], at, says)
    begin, end = tokens[at].begin, tokens[last].end
    word = says(end)
    group = tokens[at : last + 1]
    kind = (word.card if word else None) or "nik"
    if word and word.directly and word.kind in ("nik", "kk"):
        return Number(kind, begin, end, last)
    if word and word.directly and word.kind not in ("phone",):
        return None
    if not all(one.sure for one in group) or not is_card("".join(one.text for one in group)):
        return None
    if _is_inside_more(plain, tokens, at, last) or _in_address(plain, begin):
        return None
    if before and before.kind in ("nik", "kk") and not (word and word.is_pair) and _is_list(plain[before.end : begin]):
        kind = before.kind
    return Number(kind, begin, end, last)


def _mistyped_card(token: Digits, at: int, says: Words) -> Number | None:
    """A digit too few, one too many, or two cards without a gap: it stands where a card number stands."""
    count = len(token.text)
    if count >= 15 and count != 16 and says.directly("nik", "kk") and (found := says()):
        return Number(found.kind, token.begin, token.end, at)
    return None


def _reach(plain: str, tokens: Sequence[Digits], at: int, wanted: int) -> int | None:
    """The token with which exactly `wanted` digits are full, written without a gap or in groups; None where none is."""
    count, last = len(tokens[at].text), at
    while (
        count < wanted and last + 1 < len(tokens) and _JOINT.fullmatch(plain, tokens[last].end, tokens[last + 1].begin)
    ):
        last += 1
        count += len(tokens[last].text)
    if count != wanted:
        return None
    sizes = tuple(len(one.text) for one in tokens[at : last + 1])
    return last if last == at or sizes in _SHAPES or (min(sizes) > 1 and len(sizes) == 2 and sizes[0] > 3) else None


def is_card(digits: str) -> bool:
    """Whether 16 digits have the form of a NIK or KK: province, regency, district, a day (+40 for women), a number."""
    from stdnum.exceptions import ValidationError
    from stdnum.id import nik

    if not PROVINCES.match(digits) or "00" in (digits[2:4], digits[4:6]) or digits[12:] == "0000":
        return False
    day = int(digits[6:8])
    if not (1 <= day <= 31 or 41 <= day <= 71):
        return False
    try:
        nik.get_birth_date(digits)
    except ValidationError:
        return False
    return True


def _is_inside_more(plain: str, tokens: Sequence[Digits], at: int, last: int) -> bool:
    """Groups that go on before or behind in the same manner are one longer number: a token of electricity, a NOP."""
    if last == at:
        glued = plain[tokens[at].begin - 1 : tokens[at].begin]
        return glued.isalpha() or (glued in ("-", "/") and _has_code(plain, tokens[at].begin))
    between = plain[tokens[at].end : tokens[at + 1].begin]
    size = len(tokens[last].text)
    if last + 1 < len(tokens) and plain[tokens[last].end : tokens[last + 1].begin] == between:
        return len(tokens[last + 1].text) == size
    if at > 0 and plain[tokens[at - 1].end : tokens[at].begin] == between:
        return len(tokens[at - 1].text) == len(tokens[at].text)
    return plain[tokens[at].begin - 1 : tokens[at].begin].isalpha()


def _has_code(plain: str, begin: int) -> bool:
    """`INV-2026-…`, `TRX/…`: letters or digits hang on before the sign."""
    return plain[max(0, begin - 2) : begin - 1].isalnum()


def _in_address(plain: str, begin: int) -> bool:
    """Inside the path of a web address."""
    word = plain[max(0, begin - 200) : begin].split()
    last = word[-1] if word and not plain[begin - 1 : begin].isspace() else ""
    return "://" in last and not last.endswith("=")


def _is_list(between: str) -> bool:
    return (
        len(between) < 12
        and re.fullmatch(r"[\s,;/&]*(?:dan|dn|and|atau|serta)?[\s,;/&]*(?:\d\W*)?", between) is not None
    )
