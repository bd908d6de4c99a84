"""A person as somebody names him: phone, e-mail, NIK or handle, as the hub's keyed hashes know him and as texts spell him."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from connectors import values
from connectors.values import Dropped, Wrong
from hub.judging import reporter_tokens
from hub.personal import find
from hub.privacy import Vault

_BETWEEN: Final = r"[\s.()/-]{0,3}"
"""What people write between the digits of a number."""
_PERSONAL: Final = re.compile(r"\S@\S+\.\S|\+?\d(?:[\s.()-]{0,2}\d){7,}")
"""An address, or so many digits that they may be a phone or a NIK."""


class NobodyNamed(Exception):
    """What was given is no phone number, address, NIK or handle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One person."""

    known_by: Mapping[str, str]
    """In canonical form, by field of a reporter: one of phone_e164, email, national_id and handle."""
    pattern: re.Pattern[str]
    """Finds it in a text, however it is spelt."""

    def tokens(self, vault: Vault, channels: Iterable[str]) -> frozenset[bytes]:
        """The keyed hashes under which accept has stored this reporter; a handle is one of a channel."""
        found = set[bytes]()
        for channel in channels:
            handle = self.known_by.get("handle")
            spelt = (handle, f"@{handle}") if handle else (None,)
            for one in spelt:
                reporter = {**self.known_by, **({"handle": one} if one else {})}
                found |= set(reporter_tokens(vault, {"channel": channel, "reporter": reporter}).values())
        return frozenset(found)

    def named_in(self, text: str) -> bool:
        """Whether a text names this person."""
        return self.pattern.search(text) is not None


def identified(written: str) -> Identity:
    """The person that somebody wrote down as a phone number, e-mail address, NIK or handle. Raises NobodyNamed."""
    text = written.strip()
    known: dict[str, str] = {}
    for name, read in (("email", values.email), ("national_id", values.national_id), ("phone_e164", values.phone)):
        try:
            known = known or {name: read(text)}  # a NIK could be read as a number abroad
        except (Dropped, Wrong):
            continue
    if not known and re.fullmatch(r"@?(?=.*[^\W\d])[\w.]{2,60}", text):
        known["handle"] = text.removeprefix("@").lower()
    if not known:
        raise NobodyNamed("This is no phone number, e-mail address, NIK (16 digits) or handle.")
    return Identity(known_by=known, pattern=re.compile("|".join(_spellings(known)), re.IGNORECASE))


def _spellings(known: Mapping[str, str]) -> Iterable[str]:
    if phone := known.get("phone_e164"):
        local = phone.removeprefix("+62") if phone.startswith("+62") else phone.removeprefix("+")
        start = rf"(?:\+?62{_BETWEEN}|0)?" if phone.startswith("+62") else r"\+?"
        yield rf"(?<!\d){start}{_BETWEEN.join(local)}(?!\d)"
    if nik := known.get("national_id"):
        yield rf"(?<!\d){_BETWEEN.join(nik)}(?!\d)"
    if email := known.get("email"):
        yield rf"(?<![\w.+-]){re.escape(email)}(?![\w-])"
    if handle := known.get("handle"):
        yield rf"(?<!\w)@?{re.escape(handle)}(?!\w)"


def looks_personal(text: str) -> bool:
    """Whether a reason holds what may be an address, a phone number or a NIK: an entry can never be taken back."""
    return _PERSONAL.search(text) is not None or bool(find(text))
