"""What is pushed while the database is down: on disk, sealed, and flushed before anybody is told that we have it."""

from __future__ import annotations

import base64
import errno
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from hub.inbox import Arrived
from hub.privacy import Vault

MOST_BYTES = 1024 * 1024 * 1024
MOST_FILES = 100_000
"""More than that is refused, so that a flood during an outage leaves room for the log and the database."""
_NAME = re.compile(r"[a-z0-9-]{1,60}")
_SUFFIX = ".push"


class SpoolFull(Exception):
    """The disk, or what the spool may take of it, is full; whoever pushes has to try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """One push on disk."""

    path: Path
    arrived: Arrived
    judged: bool
    """Its signature was found right when it came; otherwise that is still to be done."""


@dataclass(slots=True)
class Spool:
    """A folder a connector below SATUPINTU_HOME/spool, one file a push, in the order of their coming."""

    folder: Path
    vault: Vault

    def add(self, name: str, one: Arrived, *, judged: bool) -> None:
        """Returns when file and folder are flushed to the disk. Raises SpoolFull."""
        assert _NAME.fullmatch(name)
        own = self.folder / name
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._room(len(one.content))
        place = own / f"{int(one.at.timestamp() * 1_000_000):020}-{one.id}{_SUFFIX}"
        try:
            _flushed(place, _written(one, judged))
        except OSError as error:
            place.with_suffix(".part").unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise SpoolFull from None
            raise

    def of(self, name: str) -> Iterator[Spooled]:
        """The pushes of one connector, the oldest first; a file that cannot be read is left and passed over."""
        for path in sorted((self.folder / name).glob(f"*{_SUFFIX}")):
            try:
                yield self._read(path)
            except (OSError, ValueError, KeyError):
                path.rename(path.with_suffix(".unreadable"))

    def names(self) -> list[str]:
        """The connectors of which something waits."""
        return sorted({path.parent.name for path in self.folder.glob(f"*/*{_SUFFIX}")})

    def waiting(self) -> int:
        """How many pushes wait here."""
        return sum(1 for _ in self.folder.glob(f"*/*{_SUFFIX}"))

    def _room(self, more: int) -> None:
        sizes = [path.stat().st_size for path in self.folder.glob(f"*/*{_SUFFIX}")]
        if len(sizes) >= MOST_FILES or sum(sizes) + more > MOST_BYTES:
            raise SpoolFull

    def _read(self, path: Path) -> Spooled:
        head, _, content = path.read_bytes().partition(b"\n")
        found = json.loads(head)
        key = self.vault.unwrap(UUID(found["key"]), base64.b64decode(found["wrapped"]))
        arrived = Arrived(
            id=UUID(found["id"]),
            at=datetime.fromisoformat(found["at"]),
            key=key,
            content=content,
            commitment=found["commitment"],
        )
        return Spooled(path=path, arrived=arrived, judged=found["judged"])


def _written(one: Arrived, judged: bool) -> bytes:
    head = {
        "id": str(one.id),
        "at": one.at.isoformat(),
        "key": str(one.key.id),
        "wrapped": base64.b64encode(one.key.wrapped).decode(),
        "commitment": one.commitment,
        "judged": judged,
    }
    return json.dumps(head).encode() + b"\n" + one.content


def _flushed(place: Path, content: bytes) -> None:
    part = place.with_suffix(".part")
    with open(part, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
