"""Phone numbers as E.164: at sight where an Indonesian mobile is written plainly, by the library otherwise."""

from __future__ import annotations

import re
from typing import Final

_MOBILE: Final = re.compile(r"(?:\+62|62(?=(?:[ .-]?[0-9]){10})|0)[ .-]?(8[1-9][0-9](?:[ .-]?[0-9]){6,9})")
"""Nine digits or fewer after a bare 62 are a number of their own, so they are left to the library."""
_BARE: Final = re.compile(r"8[0-9]{8,11}")
_BETWEEN: Final = str.maketrans("", "", " .-")


def e164(written: str) -> str | None:
    """The number, None where there is none; without its leading 0, as spreadsheets leave it, it is an Indonesian mobile."""
    if found := _MOBILE.fullmatch(written):
        digits = found[1].translate(_BETWEEN)
        return f"+62{digits}" if _varied(digits) else None
    return _by_library(f"0{written}" if _BARE.fullmatch(written) else written)


def may_be_cut(written: str, longest: int) -> bool:
    """Whether a column of `longest` signs is full, and of what it holds no whole number is known to end there."""
    return len(written) >= longest and not _WHOLE.fullmatch(written)


_WHOLE: Final = re.compile(r"08[0-9]{11}|\+?628[0-9]{11}")
"""An Indonesian mobile has at most thirteen digits with its 0: there is nothing behind them that could be lost."""


def _varied(digits: str) -> bool:
    """081111111111 and 0800000000 are how people write "none"."""
    return len(set(digits[1:])) > 1


def _by_library(written: str) -> str | None:
    import phonenumbers  # slow to import, and many items have no phone

    try:
        number = phonenumbers.parse(written, "ID")
    except phonenumbers.NumberParseException:
        return None
    digits = str(number.national_number)
    if not phonenumbers.is_possible_number(number) or len(digits) < 7 or not _varied(digits):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
