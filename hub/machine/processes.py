"""Processes that we start: each in a session of its own, so that whatever it starts is known and ends with it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hub.machine import records
from hub.machine.stopping import Stop

GRACE = 5.0
"""Seconds that all have together for an orderly end: whatever a task did not finish, its next run does."""


class Trouble(Exception):
    """The machine cannot be started, or something on it ended; the sentence says what to do."""

    def __init__(self, sentence: str, *, code: int = 1) -> None:
        """`code`: of the command's exit; 2 where nothing was started because it was asked for wrongly."""
        super().__init__(sentence)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Child:
    """One process that we started, and where it writes."""

    record: records.Record
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

    def stop(self, until: float) -> None:
        """Wait for an orderly end until that moment of the monotonic clock, then end its whole session."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, until - time.monotonic()))
        records.end(self.record)
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
        for folder in (records.run_folder(self.home), self.home / "logs"):
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
        until = time.monotonic() + GRACE
        for child in self.children:
            child.process.terminate()
        for child in self.children:
            child.stop(until)
            records.file_of(self.home, child.name).unlink(missing_ok=True)
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
        record = records.write(self.home, name, process.pid)
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
        records.file_of(self.home, child.name).unlink(missing_ok=True)
        if child.process.returncode:
            raise Trouble(f"{child.name} failed; its log is {child.log}. It ends with:\n{child.last_words()}")

    def alive(self) -> None:
        """Raises Trouble when a process has ended by itself."""
        for child in self.children:
            if child.ended():
                raise Trouble(f"{child.name} has ended; its log is {child.log}. It ends with:\n{child.last_words()}")
