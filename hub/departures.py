"""Which creates have left this process: a note beside the store that outlives the process, so that less is in doubt."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from hub.store.leases import same_boot

KEPT: Final = 15 * 24 * 3600.0
"""Seconds after which a note is of no use: longer than anything is tried."""
_RECORD: Final = struct.Struct("<q")
_open: dict[Path, Departures] = {}
"""Of this process. One that ended badly stays, and stays locked: its threads may still be about to send."""


class Departures:
    """
    The file of one holder, locked as long as its process lives: eight bytes for each attempt whose create is about to
    leave, written before the first byte of the call.

    What a killed process has written stays with the kernel, so whoever gets the lock on the same boot of the same
    machine reads all of it; a machine that went down may have lost it, and then it is not asked.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError where it cannot be made or is held by another."""
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def note(self, attempt: int) -> None:
        """This create leaves now. What cannot be written down takes the whole note away: then nobody trusts it."""
        try:
            whole = os.write(self._file, _RECORD.pack(attempt)) == _RECORD.size
        except OSError:
            whole = False
        if not whole:
            self.forget()

    def forget(self) -> None:
        """Take the file away; the lock stays."""
        with suppress(OSError):
            self._path.unlink()

    def close(self) -> None:
        """Everything has come back."""
        self.forget()
        os.close(self._file)


@contextmanager
def departures(folder: Path, holder: str) -> Iterator[Departures | None]:
    """
    The notes of this process during one run; None where they cannot be kept, and whatever it leaves is in doubt.

    They go when the run ends well; else they stay, locked until this process is gone.
    """
    path = _path(folder, holder)
    if path not in _open:
        with suppress(OSError):
            _open[path] = Departures(path)
    kept = _open.get(path)
    yield kept
    if kept is not None:
        del _open[path]
        kept.close()


def left(folder: Path, holder: str) -> frozenset[int] | None:
    """The attempts of a dead holder whose creates have left; None where that cannot be known: then any of them may have."""
    if not same_boot(holder):
        return None
    try:
        file = os.open(_path(folder, holder), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        written = os.pread(file, os.fstat(file).st_size, 0)
    except OSError:
        return None
    finally:
        os.close(file)
    return frozenset(one for (one,) in _RECORD.iter_unpack(written)) if len(written) % _RECORD.size == 0 else None


def tidy(folder: Path) -> None:
    """Take away notes that are too old to be of use."""
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT:
                    path.unlink()


def _path(folder: Path, holder: str) -> Path:
    return folder / re.sub(r"[^A-Za-z0-9.-]", "_", holder)
