"""Telephone numbers as people write them: which groups of digits belong together, and whether that can be dialled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

MOBILE: Final = "mobile"
LANDLINE: Final = "landline"
ABROAD: Final = "abroad"
BARE: Final = "bare"
"""A landline without a gap behind its area code: ten digits that begin with 0."""
SAID: Final = "said"
"""A landline behind 62 without a plus: codes of letters look like it, so a word has to say what it is."""

_GAP: Final = re.compile(r"[ .\-()]{1,4}")
_MOBILE: Final = re.compile(r"8[1-9]\d{7,10}")
_OPEN: Final = re.compile(r"(?:\+|\(\+?|\+\()\ ?$")
_LOCAL_SHAPES: Final = frozenset(
    {
        (5,),
        (6,),
        (7,),
        (8,),
        (3, 3),
        (3, 4),
        (4, 3),
        (4, 4),
        (3, 5),
        (5, 3),
        (2, 2, 2),
        (3, 2, 2),
        (3, 2, 3),
        (2, 3, 2),
        (2, 2, 3),
    }
)
_LEAST: Final = 10
"""Digits of a mobile number with its 0."""


class Token(Protocol):
    """A run of digits and its place."""

    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def text(self) -> str: ...


def opening(plain: str, begin: int) -> int:
    """Where the number begins with its `+` or `(`."""
    found = _OPEN.search(plain, max(0, begin - 3), begin)
    return found.start() if found else begin


def telephone(plain: str, tokens: Sequence[Token], at: int, begin: int) -> tuple[int, str] | None:
    """The last token of the telephone number that begins with this one, and of which sort it is; None where none does."""
    first = tokens[at].text
    plus = "+" in plain[begin : tokens[at].begin]
    if not plus and (_is_glued(plain, tokens, at) or not (first.startswith(("0", "62")) or first == "62")):
        return None
    for last in _ends(plain, tokens, at, plus=plus):
        group = tokens[at : last + 1]
        digits = "".join(one.text for one in group)
        sizes = [len(one.text) for one in group]
        if how := _sort(digits, sizes, plus=plus, closed=")" in plain[tokens[at].end : tokens[at].end + 1]):
            return last, how
    return None


def _ends(plain: str, tokens: Sequence[Token], at: int, *, plus: bool) -> list[int]:
    """Tokens that may be the last of the number, the likeliest first."""
    most = 16 if plus or tokens[at].text.startswith("00") else 14
    count, last, ends, gaps = len(tokens[at].text), at, [at], set[str]()
    whole = count >= _LEAST and (count > 2)
    while not whole and last + 1 < len(tokens):
        gap = plain[tokens[last].end : tokens[last + 1].begin]
        if not _GAP.fullmatch(gap) or count + len(tokens[last + 1].text) > most:
            break
        if count >= _LEAST and gap not in gaps:
            break
        gaps.add(gap)
        last += 1
        count += len(tokens[last].text)
        ends.append(last)
    return list(reversed(ends))


def _sort(digits: str, sizes: Sequence[int], *, plus: bool, closed: bool) -> str | None:
    national = _national(digits, plus=plus)
    if national is None:
        return ABROAD if plus and _is_possible(digits) else None
    if _MOBILE.fullmatch(national) and _is_dialled_so(digits, sizes, plus=plus):
        return MOBILE
    if not plus and (digits.startswith("00") or sizes[0] < 3):
        of_country = digits.startswith("62") and sizes[0] == 2
        return SAID if of_country and _behind_area(digits, sizes) in _LOCAL_SHAPES and _is_landline(national) else None
    if len(sizes) == 1:
        return (LANDLINE if plus else BARE) if len(national) >= 8 and _is_landline(national) else None
    local = tuple(sizes[1:]) if not plus else _behind_area(digits, sizes)
    return LANDLINE if (local in _LOCAL_SHAPES or closed) and _is_landline(national) else None


def _is_dialled_so(digits: str, sizes: Sequence[int], *, plus: bool) -> bool:
    """Whether a mobile number is set apart like that: in some groups, in pairs behind its first ones, or digit by digit."""
    if max(sizes) == 1:
        return digits.startswith("08")
    with_code = (sizes[0] == 2 and digits.startswith("62")) or (sizes[0] == 4 and digits.startswith("0062"))
    if not (plus or sizes[0] > 2 or with_code):
        return False
    behind = sizes[1:] if with_code else sizes
    behind = behind[1:] if behind[:1] == [1] else behind
    return len(sizes) < 6 or (len(behind) < 6 and behind[0] > 2)


def _behind_area(digits: str, sizes: Sequence[int]) -> tuple[int, ...]:
    """The groups behind +62 and the area code."""
    behind = list(sizes[1:]) if sizes[0] == 2 else list(sizes)
    if sizes[0] == 2 and len(behind) > 1 and behind[0] <= 4:
        behind = behind[1:] if behind[0] > 1 else behind[2:]
    return tuple(behind) if sum(behind) <= 8 else (7,)


def _national(digits: str, *, plus: bool) -> str | None:
    """The number within Indonesia without its 0; None where it is one of another country, or none."""
    if digits.startswith("0062"):
        return digits[4:].removeprefix("0")
    if digits.startswith("62") and (plus or len(digits) > 9):
        return digits[2:].removeprefix("0")
    if plus:
        return None
    return digits[1:] if digits.startswith("0") and not digits.startswith("00") else None


def is_without_zero(digits: str) -> bool:
    """A mobile number whose 0 a spreadsheet has dropped; many other numbers look like it, so a word has to say so."""
    return _MOBILE.fullmatch(digits) is not None


def is_local(digits: str) -> bool:
    """A landline without area code; a word has to say so. 1xx, 14xxx and 1500xxx are services."""
    return 6 <= len(digits) <= 8 and digits[0] in "23456789"


def _is_glued(plain: str, tokens: Sequence[Token], at: int) -> bool:
    """Part of a longer code: letters right before it that name no telephone, or digits that hang on by a sign."""
    begin = tokens[at].begin
    sign = plain[begin - 1 : begin] if begin else ""
    if sign.isalpha():
        word = re.search(r"[A-Za-z]+$", plain[max(0, begin - 12) : begin])
        return word is None or word[0].lower() not in ("hp", "wa", "telp", "tlp", "no", "nomor", "telepon", "cp", "hub")
    if sign in ("-", ".", "_") and at > 0 and tokens[at - 1].end == begin - 1:
        return len(tokens[at - 1].text) > 2 or sign != "." or len(tokens[at].text) < _LEAST
    return False


def _is_landline(national: str) -> bool:
    import phonenumbers
    from phonenumbers import PhoneNumberType

    number = phonenumbers.PhoneNumber(country_code=62, national_number=int(national))
    return phonenumbers.number_type(number) in (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def _is_possible(digits: str) -> bool:
    import phonenumbers

    try:
        return len(digits) >= 9 and phonenumbers.is_possible_number(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        return False
