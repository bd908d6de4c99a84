"""A small log to write, spoil and check: the rows are a list, the signing key is the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hub.audit import checkpoint, merkle, tiles

ORIGIN = "satupintu/00000000-0000-4000-8000-000000000001"
KEY = checkpoint.load(hashlib.sha256(b"a signing key for tests only").digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Rows of a log and what can be done with them."""

    entries: list[bytes]
    hashes: list[bytes]
    vkey: str = checkpoint.vkey(ORIGIN, checkpoint.public(KEY))

    def note(self, size: int) -> str:
        return self.signed(size, merkle.root(self.hashes[:size]))

    def signed(self, size: int, root: bytes) -> str:
        """What whoever has the key can sign, true or not."""
        return checkpoint.sign(ORIGIN, size, root, KEY)

    def publish(self, folder: Path, size: int, before: int = 0, note: str | None = None) -> int:
        return tiles.publish(
            folder,
            before=before,
            size=size,
            entries=lambda first, last: self.entries[first:last],
            leaf_hashes=lambda first, last: self.hashes[first:last],
            note=note or self.note(size),
        )


def make(count: int, said: str = "accepted") -> Log:
    entries = [b'{"act":"%s","count":%d,"v":1}' % (said.encode(), number) for number in range(count)]
    return Log(entries=entries, hashes=[merkle.leaf_hash(one) for one in entries])


@pytest.fixture(scope="session")
def log_of() -> Callable[..., Log]:
    return make


@pytest.fixture(scope="session")
def long_log() -> Log:
    """More entries than a tile of level 1 spans."""
    return make(66_000)


@pytest.fixture(scope="session")
def long_folder(long_log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """65,537 entries of it, published at once; whoever changes a file puts it back."""
    folder = tmp_path_factory.mktemp("long")
    long_log.publish(folder, 65_537)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="session")
def files() -> Callable[[Path], dict[str, bytes]]:
    """Every file of a folder: name -> bytes."""
    return read
