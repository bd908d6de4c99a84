"""What is pushed while the database is down: on disk, sealed, and flushed before anybody is told that we have it."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from hub.inbox import Arrived
from hub.privacy import Damaged, Vault

MOST_BYTES = 1024 * 1024 * 1024
MOST_FILES = 100_000
FOR_UNJUDGED = 10
"""What nobody could judge yet may fill a tenth of that: strangers leave room for those who are known."""
LOOKED_EVERY = 500
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
    sizes: list[int] = field(default_factory=list)
    unlooked: int = 0
    """Files since the folder was last looked through."""

    def add(self, name: str, one: Arrived, *, judged: bool) -> None:
        """Returns when file and folder are flushed to the disk. Raises SpoolFull."""
        assert _NAME.fullmatch(name)
        own = self.folder / name
        place = own / f"{int(one.at.timestamp() * 1_000_000):020}-{one.id}{_SUFFIX}"
        written = _written(one, judged)
        try:
            own.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._room(len(written), 1 if judged else FOR_UNJUDGED)
            _flushed(place, written)
        except OSError:  # full, or not to be written: either way whoever pushes has to come again
            with suppress(OSError):
                place.with_suffix(".part").unlink(missing_ok=True)
            raise SpoolFull from None

    def of(self, name: str) -> Iterator[Spooled]:
        """The pushes of one connector, the oldest first; a file that cannot be read is left and passed over."""
        for path in sorted((self.folder / name).glob(f"*{_SUFFIX}")):
            try:
                yield self._read(path)
            except (ValueError, KeyError, TypeError, Damaged):
                path.rename(path.with_suffix(".unreadable"))

    def names(self) -> list[str]:
        """The connectors of which something waits."""
        return sorted({path.parent.name for path in self.folder.glob(f"*/*{_SUFFIX}")})

    def waiting(self) -> int:
        """How many pushes wait here."""
        return sum(1 for _ in self.folder.glob(f"*/*{_SUFFIX}"))

    def _room(self, more: int, share: int) -> None:
        if not self.unlooked:  # a look at all files, once for many of them
            self.sizes = [size for path in self.folder.glob(f"*/*{_SUFFIX}") if (size := _size(path)) is not None]
        self.unlooked = (self.unlooked + 1) % LOOKED_EVERY
        if len(self.sizes) * share >= MOST_FILES or (sum(self.sizes) + more) * share > MOST_BYTES:
            self.unlooked = 0  # some may have been brought in when the next comes
            raise SpoolFull
        self.sizes.append(more)

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


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # brought in meanwhile
        return None


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
