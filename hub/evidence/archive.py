"""A ZIP whose bytes depend on nothing but what goes into it: fixed times, rights and order, and a signed list of hashes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import BinaryIO, Final, Self

SUMS: Final = "SHA256SUMS"
TITLE: Final = "satupintu pack@v1"
"""First line of the list: no checkpoint begins with it, so a signature under one never stands for the other."""
_WHEN: Final = (1980, 1, 1, 0, 0, 0)
_RIGHTS: Final = 0o100644 << 16
_UNIX: Final = 3


class Archive:
    """Files are written one after the other; leaving the block writes the signed list of their SHA-256 as the last one."""

    def __init__(self, file: BinaryIO, sign: Callable[[str], str]) -> None:
        """`sign` makes a signed note (C2SP signed-note) of a text."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._sign = sign
        self.sums: dict[str, str] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """One file; its content may come in pieces of any size."""
        digest = hashlib.sha256()
        with self._zip.open(_plain(name), "w", force_zip64=True) as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        self.sums[name] = digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(self.sums.items()))
            self._zip.writestr(_plain(SUMS), self._sign(f"{TITLE}\n{lines}"))
        self._zip.close()


def _plain(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _WHEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = _RIGHTS
    info.create_system = _UNIX
    return info


def hashed(file: io.BufferedRandom) -> str:
    """Hex SHA-256 of a file that was just written, from its beginning."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()
