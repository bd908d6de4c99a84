"""Who pulls or accepts a connector at this moment: one holder, with a fencing number that every batch checks."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from hub.store.work import Work

LENGTH = timedelta(minutes=5)
"""Longer than the longest call of a pull; every batch renews it."""


class LostLease(Exception):
    """Somebody else holds the lease by now; what this process read is read again by him."""


def holder() -> str:
    """host/boot/pid/start/random: enough to see on the same machine whether its process still lives."""
    pid = os.getpid()
    return "/".join((socket.gethostname(), _boot(), str(pid), _started(pid), secrets.token_hex(4)))


def dead(name: str) -> bool:
    """True only where the holder was a process of this machine and is certainly gone."""
    parts = name.split("/")
    if len(parts) != 5 or parts[0] != socket.gethostname() or not parts[2].isdigit():
        return False
    return parts[1] != _boot() or _started(int(parts[2])) != parts[3]


def same_boot(name: str) -> bool:
    """Whether the holder is, or was, a process of this machine since it was last started."""
    parts = name.split("/")
    return len(parts) == 5 and parts[1] == _boot() != "-"


def take(work: Work, connector: UUID, verb: str, holder: str, now: datetime) -> int | None:
    """The fencing number of the lease, or None while a living holder has it."""
    work.lock(f"lease {connector} {verb}")
    row = work.one(
        "SELECT holder, until FROM leases WHERE connector = :connector AND verb = :verb", connector=connector, verb=verb
    )
    if row and row.until > now and not dead(row.holder):
        return None
    token: int = work.value(
        """
        INSERT INTO leases (connector, verb, holder, token, until)
        VALUES (:connector, :verb, :holder, nextval('fence'), :until)
        ON CONFLICT (connector, verb) DO UPDATE
        SET holder = excluded.holder, token = excluded.token, until = excluded.until
        RETURNING token
        """,
        connector=connector,
        verb=verb,
        holder=holder,
        until=now + LENGTH,
    )
    return token


def renew(work: Work, connector: UUID, verb: str, token: int, now: datetime) -> None:
    """Check and lengthen the lease inside the batch's transaction; raises LostLease where it is somebody else's."""
    kept = work.run(
        "UPDATE leases SET until = :until WHERE connector = :connector AND verb = :verb AND token = :token",
        connector=connector,
        verb=verb,
        token=token,
        until=now + LENGTH,
    )
    if not kept:
        raise LostLease(f"The {verb} of this connector has been taken over by another process.")


def drop(work: Work, connector: UUID, verb: str, token: int) -> None:
    """Give the lease back."""
    work.run(
        "DELETE FROM leases WHERE connector = :connector AND verb = :verb AND token = :token",
        connector=connector,
        verb=verb,
        token=token,
    )


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "-"


def _started(pid: int) -> str:
    """The process's start time in clock ticks, so that a pid used again is not mistaken for the old process.

    One that was killed and not yet waited for (a zombie) is gone: it holds nothing any more.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "gone" if state in "ZX" else rest[18]
    except (OSError, IndexError):
        return "gone"
