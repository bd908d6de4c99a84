"""Reads mail in a child process that may use little memory and little time, so that no message takes the hub down."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from connectors.mime import Mail

MEMORY = 256 * 1024 * 1024
SECONDS = 2.0
_LENGTH = struct.Struct(">I")
_LONGEST = 100 * 1024 * 1024
_ROOT = Path(__file__).resolve().parent.parent
# connectors.mime, and with it the mail library, is imported where it is needed: the hub has a parser before any message


class Parser:
    """One child that reads message after message; it is started when first needed and again when it died.

    For one thread. `seconds` is processor time a message; `patience` the seconds on the clock, for a machine under load.
    """

    def __init__(
        self, *, seconds: float = SECONDS, patience: float = 30.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._patience, self._monotonic = seconds, patience, monotonic
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, raw: bytes) -> Mail:
        """The message; raises Unreadable with a code (too_deep, header_too_large, … or gave_up where a limit ended it)."""
        from connectors.mime import Unreadable

        child = self._running()
        try:
            answer = self._exchange(child, raw)
        except BaseException:
            self.close()
            raise
        if answer is None:
            self.close()
            raise Unreadable("gave_up")
        if isinstance(answer, str):
            raise Unreadable(answer)
        return answer

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
                [sys.executable, "-s", "-m", "connectors.mail", str(self._seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},  # none of the hub's own, which may hold secrets
            )
        return self._child

    def _exchange(self, child: subprocess.Popen[bytes], raw: bytes) -> Mail | str | None:
        """What the child made of the message: a Mail, a code, or None where it died or took too long."""
        assert child.stdin and child.stdout
        try:
            child.stdin.write(_LENGTH.pack(len(raw)) + raw)
            child.stdin.flush()
        except OSError:
            return None
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            return self._answer(child.stdout.fileno(), waiting)

    def _answer(self, pipe: int, waiting: selectors.BaseSelector) -> Mail | str | None:
        from connectors.mime import Mail

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
            contents = [take(_size(take(_LENGTH.size))) for _ in head["payload"]["attachments"]]
            return Mail(payload=head["payload"], contents=contents)
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


def _serve(read: BinaryIO, write: BinaryIO, seconds: float) -> None:
    """The child: one length and message in, one answer out, until the hub closes the pipe."""
    import signal

    from connectors.mime import Unreadable, parse

    while prefix := read.read(_LENGTH.size):
        raw = read.read(_LENGTH.unpack(prefix)[0])
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends the process, also inside C code
        try:
            mail = parse(raw)
            parts = [json.dumps({"payload": mail.payload}).encode(), *mail.contents]
        except Unreadable as error:
            parts = [json.dumps({"code": str(error)}).encode()]
        except Exception:  # noqa: BLE001  # whatever a message does to the parser, the answer is the same
            parts = [b'{"code": "unreadable"}']
        signal.setitimer(signal.ITIMER_PROF, 0)
        for part in parts:
            write.write(_LENGTH.pack(len(part)) + part)
        write.flush()


if __name__ == "__main__":
    import connectors.mime  # noqa: F401  # before the limits, which let no file be written

    with contextlib.suppress(ImportError, ValueError, OSError):
        _limit()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        _serve(sys.stdin.buffer, sys.stdout.buffer, float(sys.argv[1]))
