"""Which processes we started, known again after a crash by session, start time and boot; never somebody else's."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

MERCY = 1.0
"""Seconds between asking a session to end and ending it."""
PATIENCE = 10.0
"""Seconds after which we give up on processes that the kernel does not let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A process that we started, as its file under HOME/run says; enough to know it again after a crash."""

    name: str
    session: int
    """The process and the session that it leads have the same number."""
    started: str
    boot: str

    def members(self) -> list[int]:
        """Living processes of its session: the kernel gives its number to nobody else as long as there is one."""
        if self.boot != _boot():
            return []
        leader = _stat(self.session)
        if leader and leader.started != self.started:
            return []
        return [pid for pid, stat in _all() if stat.session == self.session and stat.state != "Z"]


def write(home: Path, name: str, session: int) -> Record:
    """Note a process that we have just started as the leader of its session."""
    stat = _stat(session)
    record = Record(name=name, session=session, started=stat.started if stat else "", boot=_boot())
    file_of(home, name).write_text(json.dumps(asdict(record)))
    return record


def run_folder(home: Path) -> Path:
    """Where the files of running processes lie."""
    return home / "run"


def file_of(home: Path, name: str) -> Path:
    """The file of one process."""
    return run_folder(home) / f"{name}.json"


def leftovers(home: Path) -> list[tuple[Record, list[int]]]:
    """Processes of an earlier run that still live, by what they were started as; never somebody else's."""
    found = [(record, record.members()) for record in _records(home)]
    return [(record, members) for record, members in found if members]


def _records(home: Path) -> Iterator[Record]:
    for file in sorted(run_folder(home).glob("*.json")):
        with suppress(OSError, ValueError, TypeError):
            yield Record(**json.loads(file.read_text()))


def end(record: Record) -> None:
    """End a session for good: ask once, then force, until nobody is left in it."""
    until = time.monotonic() + MERCY
    what = signal.SIGTERM
    while members := record.members():
        for pid in members:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, what)
        if time.monotonic() > until + PATIENCE:
            return
        what = signal.SIGKILL if time.monotonic() > until else signal.SIGTERM
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class _Stat:
    state: str
    session: int
    started: str


def _stat(pid: int) -> _Stat | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return _Stat(state=fields[0], session=int(fields[3]), started=fields[19])


def _all() -> Iterator[tuple[int, _Stat]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            yield int(entry.name), stat


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"
