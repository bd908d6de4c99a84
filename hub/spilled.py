"""Secrets that stand where none may stand: their shapes, and how a manifest gives one away; pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SHAPES: Final = {
    "private key": re.compile(
        r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |ENCRYPTED )?PRIVATE KEY-----\n[A-Za-z0-9+/=\n ]{60}"
    ),
    "cloud key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "forge token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|glpat-[A-Za-z0-9_-]{20}|github_pat_[A-Za-z0-9_]{50})"),
    "chat token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "bot token": re.compile(r"(?<![0-9])[0-9]{8,10}(?::|%3[Aa])AA[A-Za-z0-9_-]{33}(?![\w-])"),
    "web token": re.compile(r"\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}"),
    "payment key": re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    "page token": re.compile(r"\b(?:EAA|IGAA|IGQ)[A-Za-z0-9_-]{60,}"),
    "signing secret": re.compile(r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    "map key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
}
"""What only a secret looks like, whatever stands around it."""
_NAMED: Final = re.compile(
    r"(?i)(?:password|passwd|secret|token|api[_-]?key|kata_sandi)[\w-]{0,40}[\"']?[ \t]{0,40}[:=]"
    r"[ \t]{0,40}[\"']([^\"'\s${}<>]{16,200})[\"']"
)
_RANDOM: Final = 3.8
"""Bits a sign; words and addresses have less, what a generator of passwords makes has more."""
LONGEST: Final = 5_000
"""Signs of a line that are looked at; who writes a secret by hand writes it before."""

_REFERENCE: Final = "${"
_ASKED: Final = re.compile(
    r"(?i)(?:^|[\s{,'\"_-])(?:(password|passwd|passphrase|kata[_ -]?sandi|sandi)"
    r"|(?:token|secret|rahasia|api[_-]?key|apikey|kunci|client[_-]?secret|cookie|authorization|x-[a-z-]{0,30}key))"
    r"['\"]?[ \t]{0,40}:[ \t]{1,40}(\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|[^\s,{}\[\]#&*|>!%@`\"'][^\n,}#]{0,400})"
)
_CARRIED: Final = (
    ("login in an address", re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:'\"]{0,100}:([^\s/@'\"]{1,200})@")),
    (
        "key in an address",
        re.compile(r"(?i)[?&](?:access_)?(?:token|key|api_?key|secret|password|sandi|kunci)=([^&\s'\"#]{6,400})"),
    ),
    (
        "signature in an address",  # an address that was signed for somebody, and opens to whoever has it
        re.compile(
            r"(?i)[?&](?:x-(?:amz|goog)-)?(?:signature|sig|auth|pwd|passwd|(?:app|auth)_?key)=([^&\s'\"#]{8,400})"
        ),
    ),
    ("credentials of a header", re.compile(r"(?i)\b(?:bearer|basic|token)[ ]([A-Za-z0-9+/=._~-]{12,400})")),
)
_SURE: Final = ("login in an address", "key in an address")
_SHORTEST: Final = 8
"""Signs below which the value of a key such as `token` is a word of a form rather than a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spill:
    """One secret that stands in a text."""

    line: int
    """Of the text, from 1."""
    kind: str
    masked: str
    """Its first two signs and how long it is; of a short one not even these."""
    value: str


def suspects(text: str) -> Iterator[tuple[str, str]]:
    """What looks like a secret in any file: known shapes, and quoted values of telling names that look drawn by lot."""
    for what, shape in SHAPES.items():
        for found in shape.finditer(text):
            yield what, found[0]
    for found in _NAMED.finditer(text):
        if _drawn(found[1]):
            yield "drawn by lot", found[1]


def in_settings(text: str) -> Sequence[Spill]:
    """
    What a manifest or a registry's file gives away, by line; there every secret has to be a reference.

    Stricter than `suspects`: the value of a key such as `password` counts also where it is short or a word.
    """
    text = "\n".join(one[:LONGEST] for one in text.splitlines())
    found: dict[tuple[int, str], Spill] = {}
    for kind, value, start in _given_away(text):
        line = text.count("\n", 0, start) + 1
        found.setdefault((line, value), Spill(line=line, kind=kind, masked=masked(value), value=value))
    told = sorted(found.values(), key=lambda one: (one.line, one.kind))
    return [one for one in told if not any(one is not other and one.value in other.value for other in _on(told, one))]


def masked(value: str) -> str:
    """A secret as it may be named: enough for its owner to know it again, nothing to use."""
    return f"{value[:2]}… ({len(value)})" if len(value) >= 12 else f"… ({len(value)})"


def _on(told: Sequence[Spill], one: Spill) -> list[Spill]:
    """What stands on the same line: the longest of what contains each other is enough."""
    return [other for other in told if other.line == one.line]


def _given_away(text: str) -> Iterator[tuple[str, str, int]]:
    """Kind, value, and where it begins."""
    for what, shape in SHAPES.items():
        for found in shape.finditer(text):
            yield what, found[0], found.start()
    for what, shape in _CARRIED:
        for found in shape.finditer(text):
            if _REFERENCE not in found[1] and (what in _SURE or _has_both(found[1])):
                yield what, found[1], found.start(1)
    for found in _ASKED.finditer(text):
        value = found[2].strip().strip("\"'").strip()
        if _is_secret(value, password=bool(found[1])):
            yield "password" if found[1] else "key", value, found.start(2)


def _is_secret(value: str, *, password: bool) -> bool:
    if not value or _REFERENCE in value or value.lower() in ("null", "true", "false", "~", "none"):
        return False
    if password:
        return True
    return len(value) >= _SHORTEST and " " not in value and (_has_both(value) or _drawn(value))


def _has_both(value: str) -> bool:
    """Letters and digits: words of a language have no digits, numbers of an office no letters."""
    return bool(re.search("[0-9]", value) and re.search("[A-Za-z]", value))


def _drawn(value: str) -> bool:
    return _has_both(value) and _entropy(value) >= _RANDOM


def _entropy(text: str) -> float:
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
