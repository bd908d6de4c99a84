"""What a program cost: CPU of its process tree and of the database server, records a second, peak memory."""

from __future__ import annotations

import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg

from hub.store.migrate import libpq
from hub.store.server import Embedded

LOOK = 0.1
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One program over `records` records; seconds of CPU and wall, bytes of memory."""

    records: int
    wall: float
    client: float
    server: float
    peak: int

    @property
    def cpu(self) -> float:
        """CPU seconds of client and server together."""
        return self.client + self.server

    @property
    def each(self) -> float:
        """CPU of client and server a record, in microseconds; nothing is subtracted."""
        return self.cpu / self.records * 1e6 if self.records else math.nan


def growth(start: Measured, small: Measured, large: Measured) -> float:
    """The exponent of CPU over records between two sizes, the cost of a run over no records taken off both.

    NaN where the smaller size costs no more than that.
    """
    if min(small.cpu, large.cpu) <= start.cpu:
        return math.nan
    return math.log((large.cpu - start.cpu) / (small.cpu - start.cpu)) / math.log(large.records / small.records)


class Server:
    """The embedded PostgreSQL that all programs share, with the settings that the hub gives it."""

    def __init__(self, embedded: Embedded) -> None:
        """`embedded` runs already."""
        self.embedded = embedded
        number = (embedded.folder / "postmaster.pid").read_text().split()[0]
        self._postmaster = psutil.Process(abs(int(number)))
        self.socket = str(embedded._socket)

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """As superuser, every statement its own transaction."""
        return psycopg.connect(libpq(self.embedded.uri(database)), autocommit=True)

    def fresh(self, database: str, *, like: str = "template1") -> None:
        """A database of that name: empty, or a copy of another."""
        self.drop(database)
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{like}"')

    def drop(self, database: str) -> None:
        """What is measured next shall not pay for what was measured before."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def settle(self) -> None:
        """Write out what earlier programs left, so that it is theirs and nobody else's."""
        with self.connect() as connection:
            connection.execute("CHECKPOINT")

    def cpu(self) -> float:
        """CPU seconds so far of the server and of every process it has had."""
        own = self._postmaster.cpu_times()
        living = 0.0
        for child in self._postmaster.children(recursive=True):
            try:
                living += sum(child.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
        return living + sum((own.user, own.system, own.children_user, own.children_system))

    def alone(self) -> None:
        """Wait until the programs' connections are gone: only then is their CPU in the postmaster's count."""
        busy = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        with self.connect() as connection:
            while (found := connection.execute(busy).fetchone()) and found[0]:
                time.sleep(LOOK)


def measure(server: Server, command: Sequence[str], env: Mapping[str, str], records: int) -> Measured:
    """Run one program to its end; raises SystemExit with its last words where it fails."""
    server.settle()
    server.alone()
    before = server.cpu()
    alone = measure_alone(command, env, records)
    server.alone()
    return replace(alone, server=server.cpu() - before)


def measure_alone(command: Sequence[str], env: Mapping[str, str], records: int) -> Measured:
    """The same for a program that needs no database."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, env={**os.environ, **env}, stdout=said, stderr=said)
        try:
            used, peak = _watch(child)
        finally:
            child.kill()  # nothing, where it has ended
        wall = time.monotonic() - began
        if child.returncode:
            said.seek(0)
            words = said.read().decode(errors="replace")[-3000:]
            raise SystemExit(f"{' '.join(command)} ended with {child.returncode}:\n{words}")
    client = used.ru_utime + used.ru_stime
    print(f"{wall:8.1f} s  {client:8.1f} CPU-s  {' '.join(command[1:])}", file=sys.stderr, flush=True)
    return Measured(records=records, wall=wall, client=client, server=0.0, peak=peak)


def _watch(child: subprocess.Popen[bytes]) -> tuple[resource.struct_rusage, int]:
    """Wait for the end of a program: what it used with all processes that it waited for, and its peak of memory."""
    peak = 0
    while True:
        peak = max(peak, _memory(child.pid))
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            child.returncode = os.waitstatus_to_exitcode(status)
            return used, peak
        time.sleep(LOOK)


def _memory(first: int) -> int:
    """Highest resident bytes so far of the processes of the tree; memory that they share counts in each."""
    total, waiting = 0, [first]
    while waiting:
        folder = Path(f"/proc/{waiting.pop()}")
        try:
            told = (folder / "status").read_text()
            waiting += [
                int(child) for task in (folder / "task").iterdir() for child in (task / "children").read_text().split()
            ]
        except OSError:
            continue
        # not ru_maxrss: that of a child begins with what its parent had when it forked
        total += next((int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0)
    return total
