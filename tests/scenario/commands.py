"""The command `satupintu` as its users have it: as a process of its own, or the same, quicker, inside the test."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from hub.cli import run

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds after which a process is taken for hung."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with no setting of a hub in it but these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")} | dict(own)


def start(own: Mapping[str, str], *arguments: str, program: Sequence[str] = ("-m", "hub.cli")) -> subprocess.Popen[str]:
    """The command as the leader of a process group of its own; end it with `finished` or `killed`."""
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env=environment(own),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> Said:
    """Its end; a process that hangs is killed and fails the test."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        killed(process)
        raise
    return Said(code=process.returncode, out=out, err=err)


def killed(process: subprocess.Popen[str]) -> None:
    """`kill -9` for the process and everything that it started; its number is somebody else's once it has ended."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def here(own: Mapping[str, str], *arguments: str) -> Said:
    """The same command inside this process."""
    out, err = io.StringIO(), io.StringIO()
    with patch.dict(os.environ, environment(own), clear=True), redirect_stdout(out), redirect_stderr(err):
        code = run(list(arguments))
    return Said(code=code, out=out.getvalue(), err=err.getvalue())


@contextmanager
def started(
    own: Mapping[str, str], *arguments: str, program: Sequence[str] = ("-m", "hub.cli")
) -> Iterator[subprocess.Popen[str]]:
    """The command for the length of a block, however the block ends."""
    process = start(own, *arguments, program=program)
    try:
        yield process
    finally:
        killed(process)
        process.communicate()
