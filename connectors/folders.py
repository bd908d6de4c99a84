"""Folders with files of rows, on the operator's machine or over SFTP: what may be read of them, and nothing outside."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from connectors import filing
from connectors.base import Item, Position
from connectors.errors import Misconfigured, Unavailable
from connectors.filing import File
from connectors.tables import SUFFIXES

BIGGEST: Final = 25 * 1024 * 1024
"""Bytes of one file."""
SETTLED: Final = timedelta(seconds=60)
"""A file that was written to within this time may not be whole yet."""
_UNFINISHED: Final = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".download")
_HIDDEN: Final = (".", "~$", "._")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a folder says of one file."""

    name: str
    size: int
    changed: float
    """Seconds since 1970."""


class Folder(Protocol):
    """One folder that is open for reading."""

    def list(self) -> Sequence[Seen]:
        """Its regular files; links are none. Raises ChannelError."""

    def read(self, name: str, most: int) -> bytes:
        """The first `most` bytes of a file that it listed. Raises ChannelError."""

    def look(self, name: str) -> Seen:
        """How a file stands now."""


@dataclass(slots=True, kw_only=True)
class InFolder:
    """The files of a folder as a filing.Source; `taken(name, content, stamp)` makes items of one."""

    folder: Folder
    pattern: str
    now: datetime
    taken: Callable[[str, bytes, datetime], Sequence[Item]]
    _listed: Sequence[File] = ()
    _stats: dict[str, Seen] = field(default_factory=dict)

    def files(self, after: Position) -> Sequence[File]:
        """What lies there whole and has not been read, the oldest first."""
        found = [one for one in self.folder.list() if self._wanted(one)]
        self._stats = {one.name: one for one in found}
        made = sorted((_file(one) for one in found), key=lambda one: (one.stamp or self.now, one.name))
        self._listed = made
        known = set(after.get("seen", ()))
        return [one for one in made if one.mark not in known]

    def items(self, file: File) -> Sequence[Item]:
        """Its rows, if it stayed as it was listed while it was read."""
        listed = self._stats[file.name]
        if listed.size > BIGGEST:
            raise Misconfigured(
                f"{file.name} is larger than {BIGGEST // 1024 // 1024} MiB.",
                hint="Split it.",
                code="too_large",
                indonesian=f"{file.name} lebih besar dari {BIGGEST // 1024 // 1024} MiB. Bagi berkasnya.",
            )
        content = self.folder.read(file.name, BIGGEST)
        if len(content) != listed.size or self.folder.look(file.name) != listed:
            raise Unavailable(
                f"{file.name} changed while it was read.",
                hint="It is read again.",
                code="file_changed",
                indonesian=f"{file.name} berubah ketika dibaca. Akan dibaca lagi.",
            )
        return self.taken(file.name, content, file.stamp or self.now)

    def mark(self, files: Sequence[File], after: Position) -> Position:
        """All that lie there and have been read."""
        return filing.seen(files, self._listed, after)

    def _wanted(self, one: Seen) -> bool:
        low = one.name.lower()
        if low.startswith(_HIDDEN) or low.endswith(_UNFINISHED) or not fnmatch.fnmatch(low, self.pattern.lower()):
            return False
        age = self.now.timestamp() - one.changed
        return low.endswith(SUFFIXES) and not 0 <= age < SETTLED.total_seconds()


def _file(one: Seen) -> File:
    told = f"{one.name}\0{one.size}\0{one.changed!r}"
    mark = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    with suppress(ValueError, OverflowError, OSError):
        return File(name=one.name, mark=mark, stamp=datetime.fromtimestamp(one.changed, UTC))
    return File(name=one.name, mark=mark, stamp=None)


# the operator's machine ----------------------------------------------------------------------------------------------


class LocalFolder:
    """A folder below one of the operator's roots; neither it nor a file in it may lead elsewhere by a link."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self) -> Sequence[Seen]:
        """Regular files only."""
        try:
            with os.scandir(self._path) as found:
                stats = [(one.name, one.stat(follow_symlinks=False)) for one in found]
        except OSError as error:
            raise Unavailable(f"The folder cannot be read ({error.strerror}).", code="no_folder") from None
        return [_seen(name, at) for name, at in stats if stat.S_ISREG(at.st_mode)]

    def read(self, name: str, most: int) -> bytes:
        """Opened without following a link, so that nobody exchanges it in between."""
        try:
            with os.fdopen(os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                return file.read(most) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
        except OSError as error:
            raise _lost(name, error) from None

    def look(self, name: str) -> Seen:
        """As it stands now."""
        try:
            return _seen(name, (self._path / name).lstat())
        except OSError as error:
            raise _lost(name, error) from None


def _lost(name: str, error: OSError) -> Unavailable:
    return Unavailable(f"{name} cannot be read ({error.strerror}).", code="file_changed")


def _seen(name: str, at: Any) -> Seen:
    return Seen(name=name, size=int(at.st_size), changed=float(at.st_mtime))


def local(folder: str, roots: Sequence[Path]) -> LocalFolder:
    """
    The folder of that name below the first root, or an absolute one below any; raises Misconfigured for all others.

    Raises Unavailable where it does not exist (yet).
    """
    if not roots:
        raise Misconfigured("This process reads no folders.", code="no_roots")
    path = Path(folder) if Path(folder).is_absolute() else roots[0] / folder
    real = path.resolve()
    if "\0" in folder or not any(real.is_relative_to(root.resolve()) for root in roots) or real in [*map(_real, roots)]:
        raise Misconfigured(
            "with.folder lies outside of the folders that the operator allows.",
            hint="Name a folder inside SATUPINTU_HOME/inbox, or ask the operator to add one to SATUPINTU_FILES.",
            code="folder_refused",
            indonesian="with.folder berada di luar folder yang diizinkan. Pakai folder di dalam SATUPINTU_HOME/inbox, "
            "atau minta operator menambahkannya ke SATUPINTU_FILES.",
        )
    if not real.is_dir():
        raise Unavailable(
            "The folder does not exist.",
            hint="Make it, or put the first file there with 'satupintu upload'.",
            code="no_folder",
            indonesian="Foldernya belum ada. Buatlah, atau kirim berkas pertama dengan 'satupintu upload'.",
        )
    return LocalFolder(real)


def _real(root: Path) -> Path:
    return root.resolve()
