"""The signed tree head: C2SP tlog-checkpoint in a signed note, so that other people's tools read it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = b"\x01"
"""Signature type of plain Ed25519 (C2SP signed-note, "Signature types")."""

_NAME: Final = re.compile(r"[^\s+]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_DASH: Final = "\N{EM DASH} "
_MOST_SIGNATURES: Final = 64


class Unreadable(ValueError):
    """The checkpoint or key is not in the C2SP form."""


class WrongKey(ValueError):
    """The checkpoint carries no signature of this key."""


class BadSignature(ValueError):
    """The signature does not fit the checkpoint: its text or the signature was changed."""


class WrongOrigin(ValueError):
    """The checkpoint is signed by this key but speaks of another log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree head: the log's name, its number of entries and the 32-byte root over them."""

    origin: str
    size: int
    root: bytes


def new_key() -> Ed25519PrivateKey:
    """A fresh signing key from the system's randomness."""
    return Ed25519PrivateKey.generate()


def dump(key: Ed25519PrivateKey) -> bytes:
    """The private key as unencrypted PKCS #8 PEM; whoever writes it to a file sets mode 0600."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load(data: bytes) -> Ed25519PrivateKey:
    """The private key from PKCS #8 PEM or from its 32 raw bytes; raises Unreadable, never quoting the data."""
    if len(data) == 32:
        return Ed25519PrivateKey.from_private_bytes(data)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError):
        raise Unreadable("the signing key is neither PKCS #8 PEM without password nor 32 raw bytes") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Unreadable("the signing key is not an Ed25519 key")
    return key


def public(key: Ed25519PrivateKey) -> bytes:
    """The public half, 32 raw bytes."""
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def vkey(name: str, public: bytes) -> str:
    """The verifier key as one line `name+key id+base64(0x01 || public)`: what an auditor is given."""
    return f"{name}+{_key_id(name, public).hex()}+{_base64(ED25519 + public)}"


def parse_vkey(line: str) -> tuple[str, bytes]:
    """Name and 32 public bytes of a verifier key line; raises Unreadable, also when its key id does not fit."""
    parts = line.strip().split("+", 2)
    if len(parts) != 3:
        raise Unreadable("the verifier key has not the form name+hash+key")
    name, known, encoded = parts
    data = _decoded(encoded, "the verifier key")
    if len(data) != 33 or data[:1] != ED25519:
        raise Unreadable("the verifier key is not an Ed25519 key")
    if _key_id(name, data[1:]).hex() != known:
        raise Unreadable("the verifier key's hash does not fit its name and key: was the line copied whole?")
    return name, data[1:]


def sign(origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """
    The signed checkpoint; origin and key name are one, e.g. `satupintu/<hub UUID>`.

    Deterministic: the same head under the same key gives the same text (RFC 8032).
    """
    if size < 0 or len(root) != 32:
        raise ValueError("a checkpoint needs a size from 0 and a root of 32 bytes")
    return sign_text(origin, f"{origin}\n{size}\n{_base64(root)}\n", key)


def sign_text(origin: str, text: str, key: Ed25519PrivateKey) -> str:
    """
    Any text as a signed note; it ends with a newline and has no empty line.

    Its first line says what it is, and must not be the name of a log: nobody may take a list for a checkpoint.
    """
    key_id = _key_id(origin, public(key))
    if not text.endswith("\n") or text.startswith("\n") or "\n\n" in text:
        raise ValueError("the text of a note ends with a newline and has no empty line")
    return f"{text}\n{_DASH}{origin} {_base64(key_id + key.sign(text.encode()))}\n"


def opened(note: str, vkey: str) -> Checkpoint:
    """
    The tree head in a signed note, once the signature of `vkey` over it holds.

    Raises Unreadable, WrongKey, BadSignature or WrongOrigin, each a ValueError with a sentence for a person.
    Signatures of other keys (witnesses) are passed over, as C2SP signed-note asks.
    """
    name, public = parse_vkey(vkey)
    text, lines = _parts(note)
    _check_signature(text, lines, name, public)
    head = parsed(text)
    if head.origin != name:
        raise WrongOrigin(f"the checkpoint speaks of the log {head.origin!r}, the key is that of {name!r}")
    return head


def parsed(note: str) -> Checkpoint:
    """The tree head in a note **without looking at its signatures**: only for what we wrote ourselves."""
    lines = note.partition("\n\n")[0].rstrip("\n").split("\n")
    if len(lines) != 3 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise Unreadable("the checkpoint has not the three lines origin, size and root")
    root = _decoded(lines[2], "the root in the checkpoint")
    if len(root) != 32:
        raise Unreadable("the root in the checkpoint has not 32 bytes")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def _parts(note: str) -> tuple[str, list[str]]:
    """Signed text (with its last newline) and signature lines."""
    text, gap, tail = note.rpartition("\n\n")
    if not gap or not tail.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise Unreadable("the checkpoint is not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES or not all(line.startswith(_DASH) for line in lines):
        raise Unreadable("the checkpoint has a line among its signatures that is none")
    return text + "\n", lines


def _check_signature(text: str, lines: list[str], name: str, public: bytes) -> None:
    """Every signature under this name and key id must hold, and there must be one."""
    known = _key_id(name, public)
    found = False
    for line in lines:
        signer, _, encoded = line[len(_DASH) :].partition(" ")
        data = _decoded(encoded, "a signature of the checkpoint")
        if signer != name or data[:4] != known:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(data[4:], text.encode())
        except InvalidSignature:
            raise BadSignature("the signature does not fit the checkpoint: one of the two was changed") from None
        found = True
    if not found:
        raise WrongKey(f"the checkpoint carries no signature of the key {name}+{known.hex()}")


def _key_id(name: str, public: bytes) -> bytes:
    """SHA-256(name || 0x0A || 0x01 || public)[:4] (C2SP signed-note, "Ed25519 signatures")."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise Unreadable("the name of a key is empty or has a space, a '+' or a control character")
    if len(public) != 32:
        raise Unreadable("an Ed25519 public key has 32 bytes")
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str, what: str) -> bytes:
    """Strict base64: the last character's spare bits must be zero, or two texts would stand for one signature."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{what} is not base64") from None
    if _base64(data) != text:
        raise Unreadable(f"{what} is not base64 in its one right spelling")
    return data
