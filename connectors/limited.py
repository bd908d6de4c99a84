"""Takes strangers' files apart in a child process that may use little memory and little time, so that none takes the hub down."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

MEMORY = 256 * 1024 * 1024
SECONDS = 1.5
"""With the start of the child, and what the hub itself does, a file costs at most two."""
_LENGTH = struct.Struct(">I")
_LONGEST = 100 * 1024 * 1024
_ROOT = Path(__file__).resolve().parent.parent
Answer = tuple[Any, Sequence[bytes]]
"""What a task gives: a value that JSON can hold, and parts of bytes."""


class GaveUp(ValueError):
    """The file is beyond the limits or cannot be read; the text is a code and quotes nothing."""


class Child:
    """
    One process that does one task over and over; started when first needed and again when it died. For one thread.

    `task` is "connectors.module:function", a function from bytes to Answer that may raise ValueError with a code.
    `seconds` is processor time a file; `patience` the seconds on the clock, for a machine under load.
    """

    def __init__(
        self,
        task: str,
        *,
        seconds: float = SECONDS,
        patience: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._task, self._seconds, self._patience, self._monotonic = task, seconds, patience, monotonic
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, raw: bytes) -> Answer:
        """What the task made of the bytes; raises GaveUp, with the task's own code or gave_up where a limit ended it."""
        child = self._running()
        try:
            answer = self._exchange(child, raw)
        except BaseException:
            self.close()
            raise
        if answer is None:
            self.close()
            raise GaveUp("gave_up")
        if isinstance(answer, str):
            raise GaveUp(answer)
        return answer

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        return self._child.pid if self._child else None

    def close(self) -> None:
        """End the child, if there is one."""
        if self._child is None:
            return
        child, self._child = self._child, None
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-s", "-m", "connectors.limited", self._task, str(self._seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},  # none of the hub's own, which may hold secrets
            )
        return self._child

    def _exchange(self, child: subprocess.Popen[bytes], raw: bytes) -> Answer | str | None:
        """What the child made of the bytes: an answer, a code, or None where it died or took too long."""
        assert child.stdin and child.stdout
        try:
            child.stdin.write(_LENGTH.pack(len(raw)) + raw)
            child.stdin.flush()
        except OSError:
            return None
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            return self._answer(child.stdout.fileno(), waiting)

    def _answer(self, pipe: int, waiting: selectors.BaseSelector) -> Answer | str | None:
        deadline = self._monotonic() + self._patience

        def take(size: int) -> bytes:
            data = bytearray()
            while len(data) < size:
                if not waiting.select(max(deadline - self._monotonic(), 0)):
                    raise EOFError
                part = os.read(pipe, min(size - len(data), 1 << 20))
                if not part:
                    raise EOFError
                data += part
            return bytes(data)

        try:
            head = json.loads(take(_size(take(_LENGTH.size))))
            if "code" in head:
                return str(head["code"])
            return head["value"], [take(_size(take(_LENGTH.size))) for _ in range(head["parts"])]
        except (EOFError, ValueError, KeyError):
            return None


def _size(prefix: bytes) -> int:
    size: int = _LENGTH.unpack(prefix)[0]
    if size > _LONGEST:
        raise EOFError
    return size


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(read: BinaryIO, write: BinaryIO, work: Callable[[bytes], Answer], seconds: float) -> None:
    """The child: one length and file in, one answer out, until the hub closes the pipe."""
    import signal

    while prefix := read.read(_LENGTH.size):
        raw = read.read(_LENGTH.unpack(prefix)[0])
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process, also inside C code
        parts = _done(work, raw)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for part in parts:
            write.write(_LENGTH.pack(len(part)) + part)
        write.flush()


def _done(work: Callable[[bytes], Answer], raw: bytes) -> Sequence[bytes]:
    try:
        value, parts = work(raw)
        return [json.dumps({"value": value, "parts": len(parts)}).encode(), *parts]
    except GaveUp as error:
        return [json.dumps({"code": str(error)}).encode()]
    except Exception:  # noqa: BLE001  # whatever a file does to the parser, the answer is the same
        return [b'{"code": "unreadable"}']


def _task(name: str) -> Callable[[bytes], Answer]:
    module, _, function = name.partition(":")
    if not module.startswith("connectors."):
        raise ValueError(name)
    work: Callable[[bytes], Answer] = getattr(import_module(module), function)
    return work


if __name__ == "__main__":
    limited = import_module("connectors.limited")  # the module that tasks know, which is not this one, `__main__`

    task = limited._task(sys.argv[1])  # before the limits, which let no file be written
    with contextlib.suppress(ImportError, ValueError, OSError):
        limited._limit()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        limited._serve(sys.stdin.buffer, sys.stdout.buffer, task, float(sys.argv[2]))
