"""Numbers that belong to a person: cards, telephones, accounts; told by their form and by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from hub.personal import phones
from hub.personal.words import Named, named

PROVINCES: Final = frozenset(
    "11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96 97".split()
)
"""Kemendagri's two digits (Permendagri 72/2019 and the provinces of Papua made in 2022)."""
_SHAPES: Final = frozenset(
    {(4, 4, 4, 4), (6, 6, 4), (2, 2, 2, 6, 4), (2, 2, 2, 2, 2, 2, 4), (6, 10), (12, 4), (8, 8), (4, 12), (6, 2, 2, 2, 4), (4, 2, 6, 4)}
)
"""How 16 digits are set apart when somebody writes a card number down."""
_TOKEN: Final = re.compile(r"(?:(?<![0-9A-Za-z])[OoIl])?[0-9][0-9OoIl]*+")
_LETTERS: Final = str.maketrans("OoIl", "0011")
_JOINT: Final = re.compile(r"[ .\-]{1,3}")
_NPWP: Final = re.compile(r"(?<!\d)\d{2}\.\d{3}\.\d{3}\.\d[-.]\d{3}\.\d{3}(?!\d)")
_LONGEST: Final = 40


class Digits(NamedTuple):
    """A run of digits without a gap; letters drawn like digits are read as such."""

    begin: int
    end: int
    text: str
    sure: bool
    """No letter stood among them."""


class Number(NamedTuple):
    """Digits that belong together: which tokens, and where."""

    kind: str
    begin: int
    end: int
    last: int
    """Index of the last token."""


def numbers(plain: str) -> Iterator[tuple[str, int, int]]:
    """(kind, begin, end) of every number of a person in a folded text, from left to right."""
    tokens = [_digits(found) for found in _TOKEN.finditer(plain)]
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


def _digits(found: re.Match[str]) -> Digits:
    text = found[0]
    return Digits(found.start(), found.end(), text.translate(_LETTERS), text.isdigit())


def _number(plain: str, tokens: Sequence[Digits], at: int, before: Number | None) -> Number | None:
    if len(tokens[at].text) > _LONGEST:
        return None
    says = _Words(plain, tokens[at])
    return (
        _card(plain, tokens, at, says, before)
        or _telephone(plain, tokens, at, says, before)
        or _named_number(plain, tokens, at, says)
    )


class _Words:
    """What the words beside one number say, looked up once and only if somebody asks."""

    def __init__(self, plain: str, token: Digits) -> None:
        self._plain, self._token = plain, token
        self._found: Named | None = None
        self._asked = False

    def __call__(self, end: int | None = None) -> Named | None:
        if not self._asked:
            self._found = named(self._plain, self._token.begin, end or self._token.end)
            self._asked = True
        return self._found

    def directly(self, *kinds: str) -> bool:
        found = self()
        return found is not None and found.directly and found.kind in kinds


# cards -------------------------------------------------------------------------------------------------------------


def _card(plain: str, tokens: Sequence[Digits], at: int, says: _Words, before: Number | None) -> Number | None:
    last = _reach(plain, tokens, at, 16)
    if last is None:
        return _mistyped_card(tokens[at], at, says)
    begin, end = tokens[at].begin, tokens[last].end
    word = says(end)
    group = tokens[at : last + 1]
    kind = word.kind if word and word.kind in ("nik", "kk") else "nik"
    if word and word.directly and word.kind in ("nik", "kk"):
        return Number(kind, begin, end, last)
    if word and word.directly and word.kind not in ("phone",):
        return None
    if not all(one.sure for one in group) or not is_card("".join(one.text for one in group)):
        return None
    if _is_inside_more(plain, tokens, at, last) or _in_address(plain, begin):
        return None
    if before and before.kind in ("nik", "kk") and _is_list(plain[before.end : begin]):
        kind = before.kind
    return Number(kind, begin, end, last)


def _mistyped_card(token: Digits, at: int, says: _Words) -> Number | None:
    """A digit too few, one too many, or two cards without a gap: it stands where a card number stands."""
    count = len(token.text)
    if count >= 15 and count != 16 and says.directly("nik", "kk") and (found := says()):
        return Number(found.kind, token.begin, token.end, at)
    return None


def _reach(plain: str, tokens: Sequence[Digits], at: int, wanted: int) -> int | None:
    """The token with which exactly `wanted` digits are full, written without a gap or in groups; None where none is."""
    count, last = len(tokens[at].text), at
    while count < wanted and last + 1 < len(tokens) and _JOINT.fullmatch(plain, tokens[last].end, tokens[last + 1].begin):
        last += 1
        count += len(tokens[last].text)
    if count != wanted:
        return None
    sizes = tuple(len(one.text) for one in tokens[at : last + 1])
    return last if last == at or sizes in _SHAPES or min(sizes) > 1 and len(sizes) == 2 and sizes[0] > 3 else None


def is_card(digits: str) -> bool:
    """Whether 16 digits have the form of a NIK or KK: province, regency, district, a day (+40 for women), a number."""
    from stdnum.exceptions import ValidationError
    from stdnum.id import nik

    if digits[:2] not in PROVINCES or "00" in (digits[2:4], digits[4:6]) or digits[12:] == "0000":
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
    return len(between) < 12 and re.fullmatch(r"[\s,;/&]*(?:dan|dn|and|atau|serta)?[\s,;/&]*(?:\d\W*)?", between) is not None


# telephones --------------------------------------------------------------------------------------------------------


def _telephone(
    plain: str, tokens: Sequence[Digits], at: int, says: _Words, before: Number | None
) -> Number | None:
    begin = phones.opening(plain, tokens[at].begin)
    found = phones.telephone(plain, tokens, at, begin)
    if found is None:
        if phones.is_without_zero(tokens[at].text) and says.directly("phone"):
            return Number("phone", begin, tokens[at].end, at)
        if phones.is_local(tokens[at].text) and says.directly("phone") and not _has_unit(plain, tokens[at].end):
            return Number("phone", begin, tokens[at].end, at)
        return None
    last, how = found
    if not says.directly("phone") and _goes_on(plain, tokens, at, last, before):
        return None
    if says.directly("firm", "account", "npwp", "bpjs", "passport") or (how != phones.MOBILE and says.directly("other")):
        return None
    if how == phones.BARE and not says.directly("phone") and _in_address(plain, tokens[at].begin):
        return None
    end = tokens[last].end
    return Number("phone", begin, end, last)


def _goes_on(plain: str, tokens: Sequence[Digits], at: int, last: int, before: Number | None) -> bool:
    """Groups of four before it in the same manner, that are no number of their own: the rest of a longer one."""
    if at == 0 or at == last or (before and before.end > tokens[at - 1].begin):
        return False
    between = plain[tokens[at].end : tokens[at + 1].begin]
    return plain[tokens[at - 1].end : tokens[at].begin] == between and len(tokens[at - 1].text) == len(tokens[at].text)


def _has_unit(plain: str, end: int) -> bool:
    return re.match(r"\s*(?:kali|x\b|orang|rb|ribu|juta|jt|detik|menit|jam|rupiah|kk\b|warga)", plain[end : end + 10], re.IGNORECASE) is not None


# what only a word tells ----------------------------------------------------------------------------------------------

_COUNTS: Final = {"account": range(8, 17), "npwp": range(15, 17), "bpjs": range(11, 14)}


def _named_number(plain: str, tokens: Sequence[Digits], at: int, says: _Words) -> Number | None:
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
