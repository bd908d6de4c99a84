"""Keys and what is done with them: texts rest encrypted under a key an item, and are found again by keyed hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from hub.keys import LENGTH, PURPOSES, KeyProblem, Keys, Random, fingerprint, no_purpose, open_keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["PURPOSES", "Damaged", "DataKey", "Erased", "KeyProblem", "Keys", "SealedItem", "Vault", "open_keys"]

_SALT = 32
_NONCE = 12
_SHA256_BLOCK = 64
_V4 = (~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1, 0x4 << 76 | 0x2 << 62)
"""What an identifier of version 4 keeps of 128 random bits, and what it sets (RFC 9562, 5.4)."""
_DRAWN = 16 + LENGTH + _NONCE + 2 * (_SALT + _NONCE)
"""Random bytes of one item: identifier, key and its nonce, then salt and nonce of ref and of raw."""


class Erased(Exception):
    """The key of this content was deleted, so nobody can read it any more (UU 27/2022, Pasal 43 and 44)."""

    def __init__(self) -> None:
        super().__init__("This content was erased.")


class Damaged(Exception):
    """Content does not belong to this key and place, or was changed at rest."""

    def __init__(self, said: str = "This content was changed at rest, or belongs to another row.") -> None:
        super().__init__(said)


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
    hub_key: str
    """Names the key that wraps its data key."""


class _Hub(NamedTuple):
    """The hub keys as ciphers: one for what is new, all for what is there."""

    name: str
    cipher: AESGCM
    all: tuple[tuple[str, AESGCM], ...]
    keys: tuple[bytes, ...]
    """What they were made of."""


class Vault:
    """Encrypts, decrypts and hashes; it holds keys and no data."""

    def __init__(self, keys: Keys, *, random: Random = os.urandom) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.keys = keys
        self._random = random
        self._cipher_of = AESGCM
        self._hub = self._opened()
        self._macs = {purpose: _keyed(keys.purpose(purpose)) for purpose in PURPOSES}

    def _opened(self) -> _Hub:
        keys = self.keys.readable
        ciphers = tuple((fingerprint(key), self._cipher_of(key)) for key in keys)
        return _Hub(*ciphers[0], ciphers, keys)

    def _present(self) -> _Hub:
        """The hub key for what is new: a process that has run for days takes the next one as soon as it lies there."""
        if self.keys.readable is not self._hub.keys:
            self._hub = self._opened()
        return self._hub

    @property
    def hub_key(self) -> str:
        """Names the key that wraps new data keys."""
        return self._present().name

    def new_key(self, region: str) -> DataKey:
        """A fresh data key for one item version of that region; the row of data_keys stores id, wrapped and hub_key."""
        del region  # stands on the row; the AAD is the id, which stays when a region is renumbered
        own = UUID(bytes=self._random(16), version=4)
        key, nonce = self._random(LENGTH), self._random(_NONCE)
        hub = self._present()
        wrapped = nonce + hub.cipher.encrypt(nonce, key, own.bytes)
        return DataKey(id=own, key=key, wrapped=wrapped, hub_key=hub.name, cipher=self._cipher_of(key))

    def rewrapped(self, id: UUID, wrapped: bytes) -> tuple[str, bytes]:
        """The same data key under the hub key for what is new, and that key's name. Raises Damaged."""
        key, nonce, hub = self.unwrap(id, wrapped).key, self._random(_NONCE), self._present()
        return hub.name, nonce + hub.cipher.encrypt(nonce, key, id.bytes)

    def unwrap(self, id: UUID, wrapped: bytes | None) -> DataKey:
        """The data key of a row. Raises Erased where there is no row (None), Damaged where it is not this hub's."""
        if wrapped is None:
            raise Erased
        name, key = (
            self._unwrapped(self._hub, id, wrapped) or self._unwrapped(self._present(), id, wrapped) or (None, b"")
        )
        if name is None:
            raise Damaged(
                "This content was changed at rest, belongs to another row, or its key is wrapped under a hub key that is "
                "not here: 'satupintu keys' says which are needed."
            )
        return DataKey(id=id, key=key, wrapped=wrapped, hub_key=name, cipher=self._cipher_of(key))

    @staticmethod
    def _unwrapped(hub: _Hub, id: UUID, wrapped: bytes) -> tuple[str, bytes] | None:
        """The first hub key that opens it: which one wrapped it is not asked of every row, and a try costs a microsecond."""
        for name, cipher in hub.all:
            try:
                return name, _decrypt(cipher, wrapped, id.bytes)
            except Damaged:
                continue
        return None

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
        first, hub = drawn[:6], self._present()
        return [
            self._sealed(hub, first + drawn[at + 6 : at + _DRAWN], ref, raw)
            for at, (ref, raw) in zip(range(0, len(drawn), _DRAWN), items, strict=True)
        ]

    def _sealed(self, hub: _Hub, drawn: bytes, ref: bytes, raw: bytes) -> SealedItem:
        keep, version = _V4
        own = (int.from_bytes(drawn[:16], "big") & keep | version).to_bytes(16, "big")
        key, nonce = drawn[16:48], drawn[48:60]
        ref_nonce, raw_nonce = drawn[92:104], drawn[136:]
        salted = drawn[104:136] + raw
        encrypt = self._cipher_of(key).encrypt
        return SealedItem(
            own,
            nonce + hub.cipher.encrypt(nonce, key, own),
            ref_nonce + encrypt(ref_nonce, drawn[60:92] + ref, own + b"ref"),
            raw_nonce + encrypt(raw_nonce, salted, own + b"raw"),
            hashlib.sha256(salted).hexdigest(),
            hub.name,
        )

    def open(self, key: DataKey, what: str, sealed: bytes) -> bytes:
        """The content. Raises Damaged for another key, another `what` or a changed byte."""
        return _decrypt(key.cipher, sealed, _place(key, what))[_SALT:]

    def mac(self, purpose: str, content: bytes) -> bytes:
        """32 bytes, HMAC-SHA-256 (RFC 2104) under the key of that purpose. Raises ValueError for another purpose."""
        try:
            inner, outer = self._macs[purpose]
        except KeyError:
            raise no_purpose(purpose) from None
        # Copies of two hashes that have read the key: half of what hmac.digest costs for a short text.
        first, second = inner.copy(), outer.copy()
        first.update(content)
        second.update(first.digest())
        return second.digest()

    def token64(self, purpose: str, text: str) -> int:
        """A signed 64-bit number for a bigint column: the first 8 bytes of the keyed hash."""
        return int.from_bytes(self.mac(purpose, text.encode("utf-8", "surrogatepass"))[:8], "big", signed=True)


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
