"""Keys and what is done with them: texts rest encrypted under a key an item, and are found again by keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from hub.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PURPOSES = ("ref", "content", "created", "reporter", "dedup", "identity", "text", "event")
"""What keyed hashes are made for; the same value under two purposes gives two unrelated hashes."""
_LENGTH = 32
_SALT = 32
_NONCE = 12
_SHA256_BLOCK = 64
_V4 = (~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1, 0x4 << 76 | 0x2 << 62)
"""What an identifier of version 4 keeps of 128 random bits, and what it sets (RFC 9562, 5.4)."""
_FILES = ("hub.key", "hmac.key", "log.key")

_DRAWN = 16 + _LENGTH + _NONCE + 2 * (_SALT + _NONCE)
"""Random bytes of one item: identifier, key and its nonce, then salt and nonce of ref and of raw."""

Random = Callable[[int], bytes]


class KeyProblem(Exception):
    """A key is missing, wrong or open to others; the sentence says what somebody has to do."""


class Erased(Exception):
    """The key of this content was deleted, so nobody can read it any more (UU 27/2022, Pasal 43 and 44)."""

    def __init__(self) -> None:
        super().__init__("This content was erased.")


class Damaged(Exception):
    """Content does not belong to this key and place, or was changed at rest."""

    def __init__(self) -> None:
        super().__init__("This content was changed at rest, or belongs to another row.")


class Keys:
    """
    The keys of one hub: hub.key wraps the data keys, hmac.key is the root of all keyed hashes, log.key signs the log.

    All three are made together on first use, so a folder that lacks one has lost it.
    """

    def __init__(self, folder: Path, *, key_file: Path | None = None, random: Random = os.urandom) -> None:
        """`folder`: SATUPINTU_HOME/keys; `key_file`: SATUPINTU_KEY_FILE in place of hub.key. Raises KeyProblem."""
        self._folder = folder
        try:
            if not folder.exists() or not any(folder.iterdir()):
                _make(folder, [name for name in _FILES if key_file is None or name != "hub.key"], random)
            self.hub = _read(key_file or folder / "hub.key")
            self._root = _read(folder / "hmac.key")
            self._log = _read(folder / "log.key")
        except OSError as error:
            raise KeyProblem(
                f"{error.filename or folder}: {error.strerror}. Keys need a folder of their own."
            ) from None
        self._by_purpose = {purpose: _derive(self._root, f"mac {purpose}") for purpose in PURPOSES}

    def __repr__(self) -> str:
        return f"Keys({self.fingerprint()})"

    @cached_property
    def log(self) -> Ed25519PrivateKey:
        """The key that signs checkpoints."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._log)

    def purpose(self, name: str) -> bytes:
        """The key of one of PURPOSES, derived by HKDF (RFC 5869). Raises ValueError for another name."""
        try:
            return self._by_purpose[name]
        except KeyError:
            raise _no_purpose(name) from None

    def fingerprint(self) -> str:
        """16 hex digits that name the hub key and tell nothing about it."""
        return _derive(self.hub, "fingerprint").hex()[:16]

    def check(self, store_fingerprint: str | None) -> None:
        """Raises KeyProblem where the database was written with another hub key; None = it holds nothing yet."""
        if store_fingerprint not in (None, self.fingerprint()):
            raise KeyProblem(
                f"The database was written with the hub key {store_fingerprint}, here is {self.fingerprint()}. Put the "
                f"key back (a backup of {self._folder}, or SATUPINTU_KEY_FILE); without it no text can be read. "
                "Nothing was written."
            )


def open_keys(settings: Settings) -> Keys:
    """The keys of this home, made on first use. Raises KeyProblem."""
    return Keys(settings.home / "keys", key_file=settings.key_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """The key of one item version and what is stored of it."""

    id: UUID
    key: bytes = field(repr=False)
    wrapped: bytes = field(repr=False)
    hub_key: str
    cipher: AESGCM = field(repr=False, compare=False)
    """AES-256-GCM with this key, made once."""


class SealedItem(NamedTuple):
    """One item version under a data key of its own, as the columns of its rows."""

    key_id: bytes
    """The 16 bytes of the identifier; `Vault.unwrap(UUID(bytes=key_id), wrapped)` gives the key."""
    wrapped: bytes
    ref: bytes
    raw: bytes
    commitment: str


class Vault:
    """Encrypts, decrypts and hashes; it holds keys and no data."""

    def __init__(self, keys: Keys, *, random: Random = os.urandom) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.keys = keys
        self._random = random
        self._cipher_of = AESGCM
        self._hub = AESGCM(keys.hub)
        self.hub_key = keys.fingerprint()
        """Names the key that wraps data keys, for the row of data_keys."""
        self._macs = {purpose: _keyed(keys.purpose(purpose)) for purpose in PURPOSES}

    def new_key(self, region: str) -> DataKey:
        """A fresh data key for one item version of that region; the row of data_keys stores id, wrapped and hub_key."""
        del region  # stands on the row; the AAD is the id, which stays when a region is renumbered
        own = UUID(bytes=self._random(16), version=4)
        key, nonce = self._random(_LENGTH), self._random(_NONCE)
        wrapped = nonce + self._hub.encrypt(nonce, key, own.bytes)
        return DataKey(id=own, key=key, wrapped=wrapped, hub_key=self.hub_key, cipher=self._cipher_of(key))

    def unwrap(self, id: UUID, wrapped: bytes | None) -> DataKey:
        """The data key of a row. Raises Erased where there is no row (None), Damaged where it is not this hub's."""
        if wrapped is None:
            raise Erased
        key = _decrypt(self._hub, wrapped, id.bytes)
        return DataKey(id=id, key=key, wrapped=wrapped, hub_key=self.hub_key, cipher=self._cipher_of(key))

    def seal(self, key: DataKey, what: str, content: bytes) -> tuple[bytes, str]:
        """
        Ciphertext and commitment of one content.

        Ciphertext: nonce (12 bytes), then AES-256-GCM of salt (32 bytes) and content; it opens only under this key and
        this `what`. Commitment: hex SHA-256 of salt and content, which an audit entry may show.
        """
        drawn = self._random(_SALT + _NONCE)
        salted, nonce = drawn[:_SALT] + content, drawn[_SALT:]
        sealed = nonce + key.cipher.encrypt(nonce, salted, _place(key, what))
        return sealed, hashlib.sha256(salted).hexdigest()

    def seal_items(self, items: Sequence[tuple[bytes, bytes]]) -> list[SealedItem]:
        """
        Ref and raw bytes of many items, each pair under a fresh data key: what `new_key` and twice `seal` would make.

        Randomness is drawn once for all and used up here: kept between calls, a process that forks would repeat it.
        """
        drawn = self._random(_DRAWN * len(items))
        # Identifiers of one batch begin alike, so they stand together in the index; 74 random bits of each remain.
        first = drawn[:6]
        return [
            self._sealed(first + drawn[at + 6 : at + _DRAWN], ref, raw)
            for at, (ref, raw) in zip(range(0, len(drawn), _DRAWN), items, strict=True)
        ]

    def _sealed(self, drawn: bytes, ref: bytes, raw: bytes) -> SealedItem:
        keep, version = _V4
        own = (int.from_bytes(drawn[:16], "big") & keep | version).to_bytes(16, "big")
        key, nonce = drawn[16:48], drawn[48:60]
        ref_nonce, raw_nonce = drawn[92:104], drawn[136:]
        salted = drawn[104:136] + raw
        encrypt = self._cipher_of(key).encrypt
        return SealedItem(
            own,
            nonce + self._hub.encrypt(nonce, key, own),
            ref_nonce + encrypt(ref_nonce, drawn[60:92] + ref, own + b"ref"),
            raw_nonce + encrypt(raw_nonce, salted, own + b"raw"),
            hashlib.sha256(salted).hexdigest(),
        )

    def open(self, key: DataKey, what: str, sealed: bytes) -> bytes:
        """The content. Raises Damaged for another key, another `what` or a changed byte."""
        return _decrypt(key.cipher, sealed, _place(key, what))[_SALT:]

    def mac(self, purpose: str, content: bytes) -> bytes:
        """32 bytes, HMAC-SHA-256 (RFC 2104) under the key of that purpose. Raises ValueError for another purpose."""
        try:
            inner, outer = self._macs[purpose]
        except KeyError:
            raise _no_purpose(purpose) from None
        # Copies of two hashes that have read the key: half of what hmac.digest costs for a short text.
        first, second = inner.copy(), outer.copy()
        first.update(content)
        second.update(first.digest())
        return second.digest()

    def token64(self, purpose: str, text: str) -> int:
        """A signed 64-bit number for a bigint column: the first 8 bytes of the keyed hash."""
        return int.from_bytes(self.mac(purpose, text.encode("utf-8", "surrogatepass"))[:8], "big", signed=True)


def _no_purpose(name: str) -> ValueError:
    return ValueError(f"no keyed hash is made for '{name}'; known are {', '.join(PURPOSES)}")


def _keyed(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The inner and the outer hash of HMAC-SHA-256 (RFC 2104), having read the key; it is not longer than a block."""
    block = key.ljust(_SHA256_BLOCK, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
    return hashlib.sha256(inner), hashlib.sha256(outer)


def _place(key: DataKey, what: str) -> bytes:
    return key.id.bytes + what.encode()


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place)
    except (InvalidTag, ValueError):
        raise Damaged from None


def _derive(root: bytes, info: str) -> bytes:
    """HKDF-Expand of RFC 5869 for one block; the roots are uniformly random, so there is nothing to extract."""
    return hmac.digest(root, f"satupintu {info}".encode() + b"\x01", "sha256")


def _make(folder: Path, names: list[str], random: Random) -> None:
    """All keys at once or none: the folder is written beside and renamed, and the first of two processes wins."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = folder.with_name(f"{folder.name}.{random(8).hex()}")
    new.mkdir(mode=0o700)
    try:
        for name in names:
            with os.fdopen(os.open(new / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(random(_LENGTH))
                file.flush()
                os.fsync(file.fileno())
        new.rename(folder)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        if not any(folder.glob("*.key")):  # else another process has made them meanwhile
            raise


def _read(path: Path) -> bytes:
    if not path.exists():
        raise KeyProblem(
            f"{path} is missing. Put it back from a backup; a new key could not read what is stored. Only where "
            "nothing has ever been stored, remove the whole folder and start again."
        )
    if path.stat().st_mode & 0o077:
        raise KeyProblem(f"{path} can be read by others. Run: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != _LENGTH:
        raise KeyProblem(f"{path} holds {len(key)} bytes; a key has exactly {_LENGTH}, without a line end.")
    return key
