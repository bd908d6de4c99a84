"""One line of the audit log, and the bytes that are hashed for it: every party must get the same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias

import orjson
import rfc8785

from hub.personal import mask, mask_person
from schemas.words import ACTS

Detail: TypeAlias = str | int | bool | list[str] | None

VERSION: Final = 1
SALT_BYTES: Final = 32
LARGEST: Final = 65_535
"""Bytes of one entry: its length is a uint16 in a bundle (C2SP tlog-tiles, "Log entries")."""

_KNOWN: Final = frozenset(ACTS)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_TYPED: Final = frozenset({"because", "owner"})
"""Names in `detail` whose value somebody has typed."""
_SORTED: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    What was done, when, by whom, to which complaint. Ids, codes, counts and commitments only:
    never text, names, phone numbers or NIK, because an entry can never be taken back.

    Raises ValueError for an act that is not in ACTS, a time without zone, a negative count,
    a commitment that is no hex SHA-256, or a detail that canonical JSON cannot hold alike everywhere.
    """

    act: str
    at: datetime
    actor: str
    connector: str | None = None
    region: str | None = None
    complaint: str | None = None
    code: str | None = None
    registry: str | None = None
    registry_id: str | None = None
    count: int | None = None
    commitment: str | None = None
    """Hex SHA-256, 64 lower-case digits, from commitment() or many()."""
    detail: Mapping[str, Detail] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.act not in _KNOWN:
            raise ValueError("an entry names an act that the log does not know (schemas.words.ACTS)")
        if self.at.utcoffset() is None:
            raise ValueError("the time of an entry has no zone")
        if self.count is not None and (type(self.count) is not int or self.count < 0):
            raise ValueError("the count of an entry is not a whole number from 0")
        if self.commitment is not None and not _DIGEST.fullmatch(self.commitment):
            raise ValueError("the commitment of an entry is not a SHA-256 in 64 lower-case hex digits")
        for name, value in self.detail.items():
            _check(name, value)

    def document(self) -> dict[str, Detail | Mapping[str, Detail]]:
        """The entry as schemas/entry.schema.json has it: `v` is 1, what is None is left out, so is an empty detail."""
        values: dict[str, Detail | Mapping[str, Detail]] = {
            "v": VERSION,
            "at": _stamp(self.at),
            "act": self.act,
            "actor": _person(self.actor),
        }
        for name in _OPTIONAL:
            value = getattr(self, name)
            if value is not None:
                values[name] = value
        if detail := {name: _typed(name, value) for name, value in self.detail.items() if value is not None}:
            values["detail"] = detail
        return values

    def encode(self) -> bytes:
        """
        The leaf's bytes: canonical JSON (RFC 8785), at most 65,535 of them.

        Raises ValueError when they are more, or for a value outside RFC 8785 (2^53 and above, half a surrogate pair).
        """
        encoded = canonical(self.document())
        if len(encoded) > LARGEST:
            raise ValueError(f"the entry has {len(encoded)} bytes; {LARGEST} is the most that a log entry can have")
        return encoded


def canonical(document: Mapping[str, Detail | Mapping[str, Detail]]) -> bytes:
    """
    Canonical JSON (RFC 8785) of a document whose names are ASCII and whose values are texts, whole numbers and lists.

    Without floats, and with names whose order is the same in UTF-8 and UTF-16, sorting the names and escaping as little
    as possible is all that the RFC asks: the quick writer does it, and refuses what only the library can word.
    """
    try:
        return orjson.dumps(document, option=_SORTED)
    except TypeError:
        try:
            return rfc8785.dumps(document)
        except rfc8785.CanonicalizationError:
            # The library's message quotes the value.
            raise ValueError("a value of the entry has no canonical JSON form (RFC 8785)") from None


def commitment(salt: bytes, content: bytes) -> str:
    """
    Hex SHA-256 of the 32 salt bytes and the content: proves later what it was, tells nothing until the salt is shown.

    The salt is what makes it safe: an unsalted NIK is found by trying them all within seconds.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError("the salt of a commitment has 32 bytes")
    return hashlib.sha256(salt + content).hexdigest()


def many(commitments: Iterable[str]) -> str:
    """Hex SHA-256 over a batch's commitments, 32 raw bytes each, in the order given; of none: that of no bytes."""
    digest = hashlib.sha256()
    for one in commitments:
        if not _DIGEST.fullmatch(one):
            raise ValueError("a commitment of the batch is not a SHA-256 in 64 lower-case hex digits")
        digest.update(bytes.fromhex(one))
    return digest.hexdigest()


_OPTIONAL: Final = tuple(name for name in Entry.__slots__ if name not in ("at", "act", "actor", "detail"))


@lru_cache(maxsize=64)  # all entries of a batch have one time
def _stamp(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and Z, cut and not rounded: an entry is never later than its act."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=256)  # few people, many entries
def _person(actor: str) -> str:
    return mask_person(actor)


def _typed(name: str, value: Detail) -> Detail:
    """What people type into a reason can be anything, and an entry can never be taken back."""
    return (
        (mask_person(value) if name == "owner" else mask(value)) if name in _TYPED and isinstance(value, str) else value
    )


def _check(name: str, value: object) -> None:
    """Refuse what two JSON libraries could write in two ways; the sentence quotes no value."""
    if not name.isascii() or not name:
        raise ValueError("a name in the detail of an entry is empty or not ASCII")
    if isinstance(value, list):
        sound = all(isinstance(one, str) for one in value)
    else:
        sound = value is None or isinstance(value, str | int)
    if not sound:
        raise ValueError(f"detail {name!r} of an entry is no string, whole number, bool, null or list of strings")
