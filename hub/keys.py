"""The keys of one hub and where they lie: files, a setting or a secret; made once, and never without a way back."""

from __future__ import annotations

import base64
import hmac
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import Misconfigured
from connectors.secret import Secrets
from hub.muting import KNOWN
from hub.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PURPOSES = ("ref", "content", "created", "reporter", "dedup", "identity", "text", "event", "contact", "upload", "test")
"""What keyed hashes are made for; the same value under two purposes gives two unrelated hashes."""
LENGTH = 32
_FILES = ("hub.key", "hmac.key", "log.key")

Random = Callable[[int], bytes]


class KeyProblem(Exception):
    """A key is missing, wrong or open to others; the sentence says what somebody has to do."""


class Keys:
    """
    The keys of one hub: hub.key wraps the data keys, hmac.key is the root of all keyed hashes, log.key signs the log.

    All three are made together on first use, so a folder that lacks one has lost it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key_file: Path | None = None,
        given: Sequence[bytes] = (),
        random: Random = os.urandom,
    ) -> None:
        """
        `folder`: SATUPINTU_HOME/keys; `key_file`: SATUPINTU_KEY_FILE in place of hub.key; `given`: keys of 32 bytes
        that come in a setting, in place of any file, the one that is written with first. Raises KeyProblem.
        """
        self._folder = folder
        self.files = HubKeyFiles(path=key_file or folder / "hub.key", old=folder / "old", given=tuple(given))
        try:
            if not folder.exists() or not any(folder.iterdir()):
                is_apart = key_file is not None or bool(given)
                _make(folder, [name for name in _FILES if not is_apart or name != "hub.key"], random)
            self._hubs = self.files.read()
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
            raise no_purpose(name) from None

    @property
    def hub(self) -> bytes:
        """The hub key that wraps what is new."""
        return self.readable[0]

    @property
    def readable(self) -> tuple[bytes, ...]:
        """Every hub key that is here, the one that wraps what is new first: a rotation leaves more than one.

        They are read again when somebody has put another one in place; the tuple is the same until then.
        """
        if self.files.seen() != self._hubs[0]:
            self._hubs = self.files.read()
        return self._hubs[1]

    def fingerprint(self) -> str:
        """16 hex digits that name the hub key and tell nothing about it."""
        return fingerprint(self.hub)

    def check(self, store_fingerprint: str | None) -> None:
        """Raises KeyProblem where the database was written with another hub key; None = it holds nothing yet."""
        if store_fingerprint not in (None, *map(fingerprint, self.readable)):
            raise KeyProblem(
                f"The database was written with the hub key {store_fingerprint}, here is {self.fingerprint()}. Put the "
                f"key back (a backup of {self._folder}, or SATUPINTU_KEY_FILE); without it no text can be read. "
                "Nothing was written."
            )


def fingerprint(key: bytes) -> str:
    """16 hex digits that name a hub key and tell nothing about it."""
    return _derive(key, "fingerprint").hex()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubKeyFiles:
    """Where hub keys lie: the one of every day, beside it the one that a rotation is changing to, and old ones."""

    path: Path
    old: Path
    given: tuple[bytes, ...] = ()
    """Keys of a setting; no file is looked at then."""

    @property
    def next(self) -> Path:
        """The key that a rotation is changing to; while it is there everything new is wrapped with it."""
        return self.path.with_name(self.path.name + ".next")

    @property
    def made(self) -> Path:
        """A key that is made and not used yet: its rotation has no entry so far."""
        return self.path.with_name(self.path.name + ".made")

    def make(self, random: Random) -> bytes:
        """The key of a rotation that is to begin, 0600, or the one that was made before somebody stopped it."""
        if not self.made.exists():
            _write(self.made.with_name(f"{self.made.name}.{random(4).hex()}"), random(LENGTH), then=self.made)
        return _read(self.made)

    def show(self) -> None:
        """From here on every process finds the new key, and wraps what is new with it."""
        self.made.replace(self.next)
        _settled(self.path.parent)

    def retire(self, day: str) -> Path:
        """The new key takes the place of every day; the old one lies among the old. May be stopped and done again."""
        self.old.mkdir(mode=0o700, exist_ok=True)
        kept = self.old / f"{day}.{fingerprint(_read(self.path))}.key"
        if not kept.exists():
            _write(kept.with_suffix(".part"), _read(self.path), then=kept)
        self.next.replace(self.path)
        _settled(self.path.parent)
        return kept

    def seen(self) -> tuple[object, ...]:
        """What changes when a key file does: costs three looks at the disk and no reading."""
        if self.given:
            return ()
        return tuple(_stamp(path) for path in (self.path, self.next, self.old))

    def read(self) -> tuple[tuple[object, ...], tuple[bytes, ...]]:
        """What was `seen` before reading, and the keys. Raises KeyProblem."""
        seen = self.seen()
        if self.given:
            return seen, self.given
        try:
            return seen, self._keys()
        except KeyProblem:
            if self.seen() == seen:
                raise
            return self.read()  # a rotation ended meanwhile: the next key has become the present one

    def _keys(self) -> tuple[bytes, ...]:
        """The old ones last: whoever puts another in place lays the old one there first."""
        first = [_read(self.next)] if self.next.exists() else []
        present = _read(self.path)
        late = [_read(path) for path in sorted(self.old.glob("*.key"))] if self.old.is_dir() else []
        return tuple(dict.fromkeys([*first, present, *late]))


def _write(path: Path, key: bytes, *, then: Path) -> None:
    """A whole key under the name `then`, or none: a half-written one would lock everything away."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    path.replace(then)
    _settled(then.parent)


def _settled(folder: Path) -> None:
    """Renames in this folder are on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def open_keys(settings: Settings, beyond: Callable[[str], str | None] | None = None) -> Keys:
    """
    The keys of this home, made on first use. Raises KeyProblem.

    `beyond(name)` knows secrets that are neither variable nor file, such as those of a scheduler's secrets backend.
    """
    return Keys(settings.home / "keys", key_file=settings.key_file, given=_given(settings, beyond))


def _given(settings: Settings, beyond: Callable[[str], str | None] | None) -> list[bytes]:
    """The hub keys of the settings SATUPINTU_KEY and SATUPINTU_KEY_OLD, the present one first."""
    if settings.key is None:
        if settings.key_old is not None:
            raise KeyProblem("SATUPINTU_KEY_OLD is set without SATUPINTU_KEY. Set both, or none.")
        return []
    if settings.key_file is not None:
        raise KeyProblem("SATUPINTU_KEY and SATUPINTU_KEY_FILE are both set. Unset one of them.")
    told = {"SATUPINTU_KEY": settings.key, "SATUPINTU_KEY_OLD": settings.key_old}
    secrets = Secrets(settings.secrets_folder, os.environ, lambda secret, host: None, beyond=beyond, note=KNOWN.add)
    return [_from_setting(name, value, secrets) for name, value in told.items() if value]


def _from_setting(name: str, value: str, secrets: Secrets) -> bytes:
    """32 bytes out of base64; `${secret:NAME}` is looked up as for connectors: environment, file, what is beyond."""
    try:
        text = secrets(value, "")
    except Misconfigured as error:
        raise KeyProblem(f"{name}: {error}") from None
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != LENGTH:
        raise KeyProblem(f"{name} is no hub key: it holds {LENGTH} random bytes in base64 (openssl rand -base64 32).")
    return key


def no_purpose(name: str) -> ValueError:
    """What is raised for a purpose that is none of PURPOSES."""
    return ValueError(f"no keyed hash is made for '{name}'; known are {', '.join(PURPOSES)}")


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
                file.write(random(LENGTH))
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
    if len(key) != LENGTH:
        raise KeyProblem(f"{path} holds {len(key)} bytes; a key has exactly {LENGTH}, without a line end.")
    return key
