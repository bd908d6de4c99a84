"""Processes that we start: each in a session of its own, so that whatever it starts is known and ends with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

GRACE = 10.0
"""Seconds that a process has for an orderly end."""


class Trouble(Exception):
    """The machine cannot be started, or something on it ended; the sentence says what to do."""

    def __init__(self, sentence: str, *, code: int = 1) -> None:
        """`code`: of the command's exit; 2 where nothing was started because it was asked for wrongly."""
        super().__init__(sentence)
        self.code = code


class Stopped(Exception):
    """Somebody wants us to end (Ctrl-C or a signal)."""


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


@dataclass(slots=True, kw_only=True)
class Child:
    """One process that we started, and where it writes."""

    record: Record
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def name(self) -> str:
        """What it is, e.g. "scheduler"."""
        return self.record.name

    def ended(self) -> bool:
        """Whether it is gone."""
        return self.process.poll() is not None

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        with suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def stop(self, grace: float = GRACE) -> None:
        """Ask it to end, wait, then end its whole session."""
        if not self.ended():
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
        end(self.record)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)


class Crew:
    """
    All processes of one run; at the end of the block none is left, and none after our own `kill -9` either.

    A guard in a session of its own reads a pipe from us: when it closes, however we ended, the guard ends the sessions
    that are still written down under HOME/run.
    """

    def __init__(self, home: Path, stop: Stop) -> None:
        self.home = home
        self.children: list[Child] = []
        self._stop = stop
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for folder in (run_folder(self.home), self.home / "logs"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "hub.machine.guard", str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self.children):
            child.stop()
            file_of(self.home, child.name).unlink(missing_ok=True)
        if self._guard and self._guard.stdin:
            self._guard.stdin.close()
            self._guard.wait(30)

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Child:
        """Start a command; what it says goes to HOME/logs/<name>.log."""
        log = self.home / "logs" / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                list(command),
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                start_new_session=True,
            )
        stat = _stat(process.pid)
        record = Record(name=name, session=process.pid, started=stat.started if stat else "", boot=_boot())
        file_of(self.home, name).write_text(json.dumps(asdict(record)))
        self.children.append(child := Child(record=record, process=process, log=log))
        return child

    def until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait until something is ready; raises Trouble when a process ends or time is up, Stopped on Ctrl-C."""
        until = time.monotonic() + seconds
        while not ready():
            self.alive()
            if time.monotonic() > until:
                raise Trouble(f"{what} is not ready after {seconds:.0f} s. Look into {self.home / 'logs'}.")
            self._stop.wait(0.2)

    def finished(self, child: Child, *, seconds: float) -> None:
        """Wait until a child has done its work; raises Trouble when it fails."""
        until = time.monotonic() + seconds
        while not child.ended():
            if time.monotonic() > until:
                raise Trouble(f"{child.name} does not end. Look into {child.log}.")
            self._stop.wait(0.1)
        self.children.remove(child)
        file_of(self.home, child.name).unlink(missing_ok=True)
        if child.process.returncode:
            raise Trouble(f"{child.name} failed; its log is {child.log}. It ends with:\n{child.last_words()}")

    def alive(self) -> None:
        """Raises Trouble when a process has ended by itself."""
        for child in self.children:
            if child.ended():
                raise Trouble(f"{child.name} has ended; its log is {child.log}. It ends with:\n{child.last_words()}")


class Stop:
    """Ctrl-C, TERM and the closing of the terminal become a wish that is looked at between two steps, not in one."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.wanted = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        for number in self.SIGNALS:
            self._before[number] = signal.signal(number, self._wish)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def _wish(self, *_: object) -> None:
        self.wanted = True

    def look(self) -> None:
        """Raises Stopped when somebody wants us to end."""
        if self.wanted:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than until somebody wants us to end."""
        until = time.monotonic() + seconds
        self.look()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self.look()


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
    until = time.monotonic() + 1.0
    what = signal.SIGTERM
    while members := record.members():
        for pid in members:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, what)
        if time.monotonic() > until + GRACE:
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
