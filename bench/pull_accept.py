"""Pull and accept of generated records, beside a plain loader in the same run: records/s, CPU a record, memory, ratios.

Run: make bench ARGS="--records 20000". CPU counts the client's process tree and the database server. The plain loader
(requests, jsonschema-rs, one upsert a page) keeps neither raw bytes nor proof, key, entry or verdict: it is the floor.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from hub.settings import Settings
from hub.store.server import Embedded
from sandbox import manifests
from sandbox.portal import PortalState, generate
from sandbox.portal import app as portal_app
from sandbox.serving import serving

HERE = Path(__file__).resolve()
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One program's cost over all records."""

    name: str
    records: int
    wall: float
    client: float
    server: float
    peak: int

    @property
    def each(self) -> float:
        """CPU of client and server a record, in microseconds."""
        return (self.client + self.server) / self.records * 1e6

    def line(self, base: Measured) -> str:
        """One row of the table; x is the CPU against the base."""
        return (
            f"{self.name:<24}{self.records / self.wall:>10.0f}{self.client / self.records * 1e6:>12.0f}"
            f"{self.server / self.records * 1e6:>12.0f}{self.each:>12.0f}{self.each / base.each:>8.2f}"
            f"{self.peak / 2**20:>10.0f}"
        )


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=20_000)
    options.add_argument("--plain", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.plain:
        plain(*given.plain)
        return
    with tempfile.TemporaryDirectory(prefix="sp-") as folder, _portal(given.records) as url:
        Path(folder).chmod(0o711)
        with Embedded(Path(folder) / "home") as server:
            _report(given.records, Path(folder) / "home", url, server)


def _report(records: int, home: Path, url: str, server: Embedded) -> None:
    env = _site(home, url)
    hub = [sys.executable, "-m", "hub.cli"]
    server.create_database("plain")
    runs = [
        ("plain loader", [sys.executable, "-m", "bench.pull_accept", "--plain", url, server.uri("plain")]),
        ("satupintu pull", [*hub, "pull", "jatim-portal"]),
        ("satupintu accept", [*hub, "accept", "jatim-portal"]),
        ("satupintu pull again", [*hub, "pull", "jatim-portal"]),
    ]
    postmaster = _postmaster(home)
    done = [_measure(name, command, env, records, postmaster) for name, command in runs]
    print(f"{records} records; x = CPU against the plain loader of this run")
    print(f"{'program':<24}{'records/s':>10}{'client us':>12}{'server us':>12}{'CPU us':>12}{'x':>8}{'peak MiB':>10}")
    for one in done:
        print(one.line(done[0]))


def _site(home: Path, url: str) -> dict[str, str]:
    """A hub with one portal, whose first batch may be as large as it is."""
    manifest = manifests._portal({"url": url})
    manifest["with"]["page"]["size"] = PAGE
    manifest["forward"] = {**manifest["forward"], "first": 10_000_000}
    (home / "manifests").mkdir(parents=True)
    manifests._yaml(home / "manifests" / "jatim-portal.yaml", manifest)
    (home / "secrets").mkdir(mode=0o700)
    secret = home / "secrets" / "JATIM_TOKEN"
    secret.touch(mode=0o600)
    secret.write_text(PortalState(records=[]).token)
    manifests.registry_yaml(home / "registries", {"registry": {"url": url}})
    given = {
        "SATUPINTU_HOME": str(home),
        "SATUPINTU_MANIFESTS": str(home / "manifests"),
        "SATUPINTU_REGISTRIES": str(home / "registries"),
        "SATUPINTU_ALLOW_NETWORKS": "127.0.0.0/8",
    }
    Settings.read(given)
    return {**os.environ, **given}


@contextmanager
def _portal(records: int) -> Iterator[str]:
    """The portal in a process of its own, so that its CPU is nobody's."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with serving(portal_app(PortalState(records=generate(new=records)))) as url:
            os.write(write, url.encode())
            os.close(write)
            while os.getppid() != 1:
                time.sleep(0.5)
        os._exit(0)
    os.close(write)
    try:
        yield os.read(read, 200).decode()
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def _postmaster(home: Path) -> psutil.Process:
    return psutil.Process(abs(int((home / "postgres" / "postmaster.pid").read_text().split()[0])))


def _measure(name: str, command: list[str], env: dict[str, str], records: int, postmaster: psutil.Process) -> Measured:
    """One program as a process: its own CPU, that of the server meanwhile, and its peak of resident memory."""
    before = _tree_cpu(postmaster)
    start = time.monotonic()
    child = subprocess.Popen(command, env=env, cwd=HERE.parents[1], stdout=subprocess.DEVNULL)
    watched, peak, backends = psutil.Process(child.pid), 0, {}
    while True:
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        peak = max(peak, watched.memory_info().rss)
        backends |= _backends(postmaster)
        time.sleep(0.05)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{name} ended with {child.returncode}")
    server = max(_tree_cpu(postmaster) - before, sum(backends.values()))
    client = used.ru_utime + used.ru_stime
    return Measured(name=name, records=records, wall=wall, client=client, server=server, peak=peak)


def _tree_cpu(process: psutil.Process) -> float:
    """CPU seconds of the server, its dead backends included."""
    own = process.cpu_times()
    return sum((own.user, own.system, own.children_user, own.children_system))


def _backends(process: psutil.Process) -> dict[int, float]:
    found = {}
    for child in process.children():
        try:
            found[child.pid] = sum(child.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return found


def plain(url: str, database: str) -> None:
    """The peer: read pages, map by hand, validate, upsert one document a row."""
    import requests
    from sqlalchemy import create_engine, text

    import schemas

    token = PortalState(records=[]).token
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE plain (ref text PRIMARY KEY, document jsonb NOT NULL)"))
    upsert = text(
        "INSERT INTO plain VALUES (:ref, :document) ON CONFLICT (ref) DO UPDATE SET document = excluded.document"
    )
    session, page = requests.Session(), 1
    while True:
        answer = session.get(
            f"{url}/api/aduan", params={"page": page, "limit": PAGE}, headers={"Authorization": f"Bearer {token}"}
        )
        rows = answer.json()["data"]
        if not rows:
            return
        documents = [_by_hand(row) for row in rows]
        if not all(schemas.valid("complaint", document) for document in documents):
            raise SystemExit("the plain loader made an invalid document")
        with engine.begin() as connection:
            connection.execute(upsert, [{"ref": d["ref"], "document": json.dumps(d)} for d in documents])
        page += 1


def _by_hand(row: dict[str, Any]) -> dict[str, Any]:
    day = row["dibuat_pada"]
    return {
        "id": "00000000-0000-4000-8000-000000000000",
        "connector": "plain",
        "channel": "portal",
        "ref": row["id"],
        "received_at": "2026-12-01T00:00:00+00:00",
        "submitted_at": f"{day[6:10]}-{day[3:5]}-{day[:2]}T{day[11:]}:00+07:00",
        "kind": "complaint",
        "title": row["judul"],
        "body": row["isi"],
        "is_anonymous": False,
        "is_confidential": False,
    }


if __name__ == "__main__":
    main()
