"""Steps of the hub as processes of their own that can be stopped and killed, each forked out of one that is warm."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.faults.stage import Stage, impatient, step
from tests.faults.tempo import Tempo
from tests.scenario import commands

WARM = "from tests.faults import children; children.serve()"
IDLE = (0.05, 0.8)
"""Seconds between two runs of a loop, as chance will have it: not all ask at once."""
HASTE = {"FIRST_PROBE": timedelta(seconds=2), "LONGEST_PROBE": timedelta(seconds=15)}
"""hub.store.gates in a loop: so many faults open the breaker so often that a minute each would be weeks."""
DIED = 70
"""Exit code of a step that ended with an exception."""


@dataclass(slots=True, kw_only=True)
class Child:
    """One step on its way."""

    pid: int
    handle: int
    """Its file descriptor: a number may be another process's by the time of a signal."""
    ended: bool = False
    code: int | None = None

    def send(self, number: int) -> None:
        """A signal, unless it has ended."""
        with suppress(OSError):  # it has ended, or nobody holds on to it any more
            signal.pidfd_send_signal(self.handle, number)

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.send(signal.SIGKILL)
        self.gone(commands.PATIENCE)

    def stop(self) -> None:
        """SIGSTOP; returns when it stands still."""
        self.send(signal.SIGSTOP)
        while not self.gone(0.001) and _state(self.pid) not in "Tt":
            pass

    def gone(self, seconds: float) -> bool:
        """Whether it has ended, at the latest after so long."""
        return bool(select.select([self.handle], [], [], seconds)[0])


@dataclass(slots=True, kw_only=True)
class Nursery:
    """Starts them."""

    process: subprocess.Popen[str]
    children: list[Child] = field(default_factory=list)

    def start(self, stage: Stage, verb: str, *, loop: bool = False) -> Child:
        """One verb of this stage's hub, by the stage's clock; `loop`: again and again until its folder says stop."""
        stage.tell_time()
        order = {
            "env": stage.site.env,
            "verb": verb,
            "folder": str(stage.folder),
            "loop": loop,
            "time_out": stage.time_out,
        }
        assert self.process.stdin and self.process.stdout
        print(json.dumps(order), file=self.process.stdin, flush=True)
        pid = int(self.process.stdout.readline())
        child = Child(pid=pid, handle=os.pidfd_open(pid))
        print("go", file=self.process.stdin, flush=True)
        self.children.append(child)
        return child

    def forget(self) -> None:
        """Those that have ended give their descriptors back; the others are killed first."""
        for child in self.children:
            if not child.gone(0):
                child.send(signal.SIGCONT)
                child.kill()
            os.close(child.handle)
        self.children.clear()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """The warm process and its end, with everything that came out of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", WARM],
        cwd=commands.ROOT,
        env=commands.environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    made = Nursery(process=process)
    try:
        yield made
    finally:
        made.forget()
        assert process.stdin
        process.stdin.close()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            commands.killed(process)
            process.wait()
        if process.stdout:
            process.stdout.close()


# inside the warm process -------------------------------------------------------------------------------------------


def serve() -> None:
    """Fork a child an order; a child begins when it is told that somebody holds on to it."""
    from connectors.known import kinds
    from hub import accepting, follow, forwarding, pulling, sealing, wire  # noqa: F401
    from tests.faults import mutating

    kinds()
    mutating.apply()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: the kernel clears them away
    while line := sys.stdin.readline():
        begin, ready = os.pipe()
        if not (pid := os.fork()):
            os.close(ready)
            os.read(begin, 1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os._exit(_work(json.loads(line)))
        os.close(begin)
        print(pid, flush=True)
        sys.stdin.readline()
        os.close(ready)


def _work(order: dict[str, Any]) -> int:
    folder = Path(order["folder"])
    log = os.open(folder / "children.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.update(order["env"])
    try:
        return _steps(order, folder)
    except Exception:  # noqa: BLE001 (the edge of a process)
        import traceback

        traceback.print_exc()
        return DIED


def _steps(order: dict[str, Any], folder: Path) -> int:
    return _loop(order, folder) if order["loop"] else _once(order, folder)


def _once(order: dict[str, Any], folder: Path) -> int:
    clock = os.open(folder / "clock", os.O_RDONLY)
    slept, began = 0.0, time.monotonic()

    def now() -> datetime:
        (told,) = struct.unpack("d", os.pread(clock, 8, 0))
        return datetime.fromtimestamp(told + slept + time.monotonic() - began, UTC)

    def sleep(span: float) -> None:
        nonlocal slept
        slept += span

    with _opened(order["time_out"], now, sleep) as hub:
        step(hub, order["verb"])
    return 0


def _loop(order: dict[str, Any], folder: Path) -> int:
    """One process for many runs, by the clock of a soak."""
    from hub.store import gates

    clock, chance = Tempo.of(folder), random.Random()
    for name, value in HASTE.items():
        setattr(gates, name, value)
    with _opened(order["time_out"], clock, clock.sleep) as hub:
        while not (folder / "stop").exists():
            step(hub, order["verb"])
            time.sleep(chance.uniform(*IDLE))
    return 0


@contextmanager
def _opened(seconds: float, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> Iterator[Any]:
    """The hub of this process, with short patience."""
    from functools import partial
    from unittest.mock import patch

    from connectors.http import HttpClient
    from hub.wire import open_hub

    with patch("hub.wire.HttpClient", partial(HttpClient, timeout=seconds)), open_hub(clock=clock, sleep=sleep) as hub:
        yield impatient(hub, seconds)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "T"  # it is gone: nothing is waited for
