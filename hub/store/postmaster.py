"""What a server of PostgreSQL leaves in its folder, running or dead: its number, its socket, its locks."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hub.store.problems import StoreProblem

MERCY = 30
"""Seconds that a server has for an orderly end."""
_NO_PROCESS = 2**30  # above the largest number that Linux gives


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server as its postmaster.pid tells of it."""

    pid: int
    socket: Path | None
    status: str


def running(folder: Path) -> Running | None:
    """The server of this data folder, in whatever state, or None."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        pid = abs(int(lines[0]))
        if Path(f"/proc/{pid}/cwd").readlink() != folder.resolve():  # another process got the number since
            return None
    except (FileNotFoundError, ProcessLookupError):
        return None
    except (IndexError, ValueError):
        return Running(pid=0, socket=None, status="starting")
    lines = [line.strip() for line in lines] + [""] * 8
    return Running(pid=pid, socket=Path(lines[4]) if lines[4] else None, status=lines[7] or "starting")


def disown(file: Path) -> None:
    """
    Where another process got the dead server's number, or nobody reaped it, PostgreSQL would think that it still runs.

    Only the number goes: the rest of the file keeps PostgreSQL from starting beside orphans of the dead server.
    """
    with suppress(FileNotFoundError, IndexError, ValueError):
        lines = file.read_text().splitlines()
        if Path(f"/proc/{int(lines[0])}").exists():
            file.write_text("\n".join([str(_NO_PROCESS), *lines[1:]]) + "\n")


def stop(folder: Path) -> None:
    """Fast shutdown: connections are ended, what is committed stays; a server that does not obey is ended hard."""
    for what in (signal.SIGINT, signal.SIGQUIT):
        found = running(folder)
        if found is None or not found.pid:
            return
        with suppress(ProcessLookupError):
            os.kill(found.pid, what)
        until = time.monotonic() + MERCY
        while running(folder) and time.monotonic() < until:
            time.sleep(0.02)


def socket_folder(folder: Path) -> Path:
    """The data folder, where its owner alone gets in; where that path is too long for a socket, a private one in /tmp."""
    if len(os.fsencode(folder / ".s.PGSQL.5432")) < 104:
        return folder
    owner = folder.stat()
    name = hashlib.sha256(os.fsencode(folder) + str(owner.st_uid).encode()).hexdigest()[:16]
    place = Path(tempfile.gettempdir(), f"satupintu-{name}")
    place.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0 and place.stat().st_uid == 0:
        os.chown(place, owner.st_uid, owner.st_gid)
    seen = place.lstat()
    if seen.st_uid != owner.st_uid or not stat.S_ISDIR(seen.st_mode) or seen.st_mode & 0o077:
        raise StoreProblem(f"{place} belongs to somebody else. Remove it or choose a shorter SATUPINTU_HOME.")
    return place


def quoted(path: Path) -> str:
    """The path as one member of a list of folders: a comma in it would split it."""
    doubled = str(path).replace('"', '""')
    return f'"{doubled}"'


def open_lock(path: Path) -> int:
    """A file descriptor to lock; whoever can open the file could hold us up, so only its owner can."""
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def lock_file(path: Path) -> Iterator[int]:
    """The same, closed at the end of the block; closing gives every lock back."""
    file = open_lock(path)
    try:
        yield file
    finally:
        os.close(file)
