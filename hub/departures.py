"""Which creates have left this process: a note beside the store that outlives the process, so that less is in doubt."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Final

from hub.store.leases import same_boot

KEPT: Final = 15 * 24 * 3600.0
"""Seconds after which a note is of no use: longer than anything is tried."""
BROKEN: Final = ".broken"
"""Behind the name of a file in which something is missing: nobody trusts any of this holder's."""
_RECORD: Final = struct.Struct("<q")


class Departures:
    """
    The file of one run, locked until everything that left has come back or its process is gone: eight bytes for each
    attempt whose create is about to leave, written before the first byte of the call.

    What a killed process has written stays with the kernel, so whoever gets the lock on the same boot of the same
    machine reads all of it; a machine that went down may have lost it, and then it is not asked.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError where it cannot be made, FileExistsError where there is one."""
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._path, self._lock = path, threading.Lock()
        self._away: set[int] = set()
        self._over = False
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)  # whoever looks whether it is locked is gone in a moment
        except OSError:
            path.unlink()
            os.close(self._file)
            raise

    def note(self, attempt: int) -> bool:
        """
        This create leaves now. False: it must not, because its run is over and others may be sending it.

        What cannot be written down makes the whole file one that nobody trusts.
        """
        with self._lock:
            if self._over or not (self._written(attempt) or self._broken()):
                return False
            self._away.add(attempt)
            return True

    def back(self, attempt: int) -> None:
        """It has come back, or never left."""
        with self._lock:
            self._away.discard(attempt)
            self._let_go()

    def end(self, *, well: bool) -> None:
        """The run is over; `well`: everything has come back and is on record, so nobody needs the notes."""
        with self._lock:
            self._over = True
            if well and not self._away:
                with suppress(OSError):
                    self._path.unlink()
            self._let_go()

    def _written(self, attempt: int) -> bool:
        try:
            return os.write(self._file, _RECORD.pack(attempt)) == _RECORD.size
        except OSError:
            return False

    def _broken(self) -> bool:
        try:
            self._path = _distrusted(self._path)
        except OSError:
            return False
        return True

    def _let_go(self) -> None:
        if self._over and not self._away and self._file >= 0:
            os.close(self._file)
            self._file = -1


@contextmanager
def departures(folder: Path, holder: str, what: str = "") -> Iterator[Departures | None]:
    """
    The notes of one run of this process; None where they cannot be kept, and whatever it leaves is in doubt.

    They go when the run ends well; else they stay, locked until its last call has come back or this process is gone.
    `what` keeps apart what has numbers of its own.
    """
    kept = _made(folder, holder, what)
    try:
        yield kept
    except BaseException:
        if kept is not None:
            kept.end(well=False)
        raise
    if kept is not None:
        kept.end(well=True)


def _made(folder: Path, holder: str, what: str) -> Departures | None:
    for number in count():
        try:
            return Departures(folder / f"{_name(holder, what)}{number}")
        except FileExistsError:
            continue  # an earlier run of this process ended badly
        except OSError:
            for path in _files(folder, holder, what):  # of earlier runs: they do not tell what leaves in this one
                with suppress(OSError):
                    _distrusted(path)
            return None
    return None


def _distrusted(path: Path) -> Path:
    """Rename it, which needs no room on the disk; its lock stays. Raises OSError."""
    return path if path.suffix == BROKEN else path.replace(path.with_name(path.name + BROKEN))


def left(folder: Path, holder: str, what: str = "") -> frozenset[int] | None:
    """The attempts of a holder that is gone whose calls have left; None where that cannot be known: then any may have."""
    if not same_boot(holder):
        return None
    texts = [_read(path) for path in _files(folder, holder, what)]
    written = b"".join(text for text in texts if text is not None)
    if not texts or None in texts or len(written) % _RECORD.size:
        return None
    return frozenset(one for (one,) in _RECORD.iter_unpack(written))


def lives(folder: Path, holder: str, attempt: int, what: str = "") -> bool:
    """Whether this call of the holder may still be on its way: its process stands still, or waits for the answer."""
    return same_boot(holder) and any(
        _is_locked(path) and _may_hold(path, attempt) for path in _files(folder, holder, what)
    )


def _may_hold(path: Path, attempt: int) -> bool:
    text = None if path.suffix == BROKEN else _whole(path)
    return text is None or (attempt,) in _RECORD.iter_unpack(text)


def _read(path: Path) -> bytes | None:
    """None where it is locked, not whole, or cannot be read."""
    return None if path.suffix == BROKEN or _is_locked(path) else _whole(path)


def _whole(path: Path) -> bytes | None:
    try:
        text = path.read_bytes()
    except OSError:
        return None
    return text if len(text) % _RECORD.size == 0 else None


def _is_locked(path: Path) -> bool:
    """False, too, where there is none any more."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def stands(holder: str) -> str:
    """What a person reads who says that something is absent whose holder (see hub.store.leases) still lives."""
    host, _, pid, *_ = holder.split("/")
    return (
        f"process {pid} on {host} is still sending it, or stands still; end that process, or wait for it, "
        "then look at the registry. Until then nobody can say that it is absent."
    )


def ended_since(registry: str) -> str:
    """What a person reads whose look at the registry may have come before the last bytes of that process."""
    return f"the process that was sending it has ended only now. Look at {registry} once more, then say it again."


def tidy(folder: Path) -> None:
    """Take away notes that are too old to be of use."""
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > KEPT:
                    path.unlink()


def _files(folder: Path, holder: str, what: str) -> list[Path]:
    name = _name(holder, what)
    try:
        return sorted(path for path in folder.iterdir() if path.name.startswith(name))
    except OSError:
        return []


def _name(holder: str, what: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "_", f"{holder}/{what}/")
