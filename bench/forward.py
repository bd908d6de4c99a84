"""From the outbox to the registry: SatuPintu's whole path beside loops of requests and httpx that only make the calls.

Run: make bench-forward ARGS="--complaints 2000". Ours begins with accepted complaints in the outbox and ends with all of
them confirmed: create and route of each, every attempt committed before its call, every result with its entry after it,
durable commits. The others make the same two calls and keep nothing. The registry answers at once, or after 50 ms, in a
process of its own whose CPU is shown apart. CPU is that of process tree and database, from interpreter start to end.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import envs, ours
from bench.measure import Measured, Server, measure
from bench.registry import Registry, registry
from bench.source import LATENCY, portal
from hub.store.server import Embedded

CALLS = 2
"""Of each complaint: create and route."""
ROOT = Path(__file__).resolve().parents[1]
FLOOR, GOAL, OF_IDEAL = 100, 300, 0.8
"""Complaints a second to a registry that answers at once, and the part of threads / (calls x latency) at 50 ms."""


@dataclass(slots=True, kw_only=True)
class Round:
    """All programs over one registry."""

    server: Server
    folder: Path
    envs: Path
    complaints: int
    threads: int
    latency: float
    found: list[tuple[str, Measured, float]] = field(default_factory=list)
    """Program, what it cost, and what it cost the registry in CPU seconds."""

    def all(self) -> None:
        """Ours first and last, the others between."""
        with registry(self.latency) as there:
            self.ours("satupintu forward", there)
            for way in ("requests", "httpx"):
                for threads in (1, self.threads):
                    self.peer(way, threads, there)
            self.ours("satupintu forward, again", there)

    def ours(self, label: str, there: Registry) -> None:
        """`satupintu forward` over a copy of the full outbox."""
        with self._outbox(there) as env:
            before = there.cpu()
            made = measure(self.server, [sys.executable, "-m", "hub.cli", "forward"], env, self.complaints)
            self.found.append((label, made, there.cpu() - before))
            with self.server.connect("ours") as connection:
                states = connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
                (unrouted,) = connection.execute(
                    "SELECT count(*) FROM deliveries WHERE 'unrouted' = ANY(unmapped)"
                ).fetchone() or (0,)
        if [state for state, _ in states] != ["confirmed"]:
            sys.exit(f"Not everything was confirmed: {states}")
        if unrouted:
            sys.exit(f"{unrouted} were never routed, so they cost one call and not {CALLS}.")

    def peer(self, way: str, threads: int, there: Registry) -> None:
        """The calls alone."""
        where = envs.environment(self.envs, "httpx" if way == "httpx" else "plain")
        if where.trouble:
            print(f"LEFT OUT: {way} cannot be installed here: {where.trouble}")
            return
        line = [str(where.bin / "python"), str(ROOT / "bench" / "peers" / "calls.py"), way]
        before = there.cpu()
        count = self.complaints if not self.latency or threads > 1 else max(self.complaints // 10, 1)
        made = measure(self.server, [*line, str(count), str(threads)], {"BENCH_URL": there.url}, count)
        self.found.append((f"{way}, {threads} at a time", made, there.cpu() - before))

    @contextmanager
    def _outbox(self, there: Registry) -> Iterator[dict[str, str]]:
        """A hub with that many accepted complaints; filling it is no part of a figure."""
        full, home = self.folder / "full", self.folder / "site"
        if not full.exists():
            self.server.fresh("full")
            with portal(self.complaints) as url:
                env = ours.site(full, self.server, "full", _manifest(url))
                measure(self.server, ours.build("both", ()), env, self.complaints)
        shutil.copytree(full, home)
        self.server.fresh("ours", like="full")
        try:
            env = ours.site(home, self.server, "ours", _manifest("http://127.0.0.1:9"))
            (home / "registries" / "sp4n.yaml").write_text(json.dumps(_registry(there.url, self.threads)))
            with self.server.connect("ours") as connection:
                connection.execute("VACUUM ANALYZE")
            self.complaints = _queued(self.server)
            yield env
        finally:
            shutil.rmtree(home)
            self.server.drop("ours")

    def table(self) -> None:
        """What was measured, and how it stands to what was promised."""
        ideal = self.threads / (CALLS * self.latency) if self.latency else None
        what = f"answers after {self.latency * 1000:.0f} ms" if self.latency else "answers at once"
        print(f"\n{self.complaints} complaints to a registry that {what}; {CALLS} calls each, {self.threads} threads")
        print(f"{'program':<32}{'complaints/s':>13}{'client us':>11}{'server us':>11}{'CPU us':>9}{'registry us':>13}")
        for name, made, there in self.found:
            each = 1e6 / made.records
            costs = f"{made.client * each:>11.0f}{made.server * each:>11.0f}{made.each:>9.0f}{there * each:>13.0f}"
            print(f"{name:<32}{made.records / made.wall:>13.1f}{costs}")
        mine = max(made.records / made.wall for name, made, _ in self.found if name.startswith("satupintu"))
        if ideal is None:
            print(f"{mine:.0f} complaints/s; floor {FLOOR}, goal {GOAL}{'' if mine >= FLOOR else '   BELOW THE FLOOR'}")
        else:
            said = "" if mine >= OF_IDEAL * ideal else "   BELOW"
            print(f"{mine / ideal:.2f} of threads / (calls x latency) = {ideal:.0f}/s; wanted {OF_IDEAL}{said}")


def _manifest(url: str) -> dict[str, object]:
    """The portal without attachments: nothing is downloaded here, and complaints wait for their files."""
    made = ours.manifest(ours.NAME, f"{url}/api/aduan")
    made["fields"] = {name: path for name, path in made["fields"].items() if name != "attachments"}
    return made


def _registry(url: str, threads: int) -> dict[str, object]:
    limits = {"rate": 1000, "threads": threads}
    tables = {"institutions": {"35": 3101}, "inspectorates": {"national": 3102}}  # some of these complaints accuse
    return {"version": 1, "name": "sp4n", "kind": "lapor_v3", "url": url, **tables, **limits}


def _queued(server: Server) -> int:
    with server.connect("ours") as connection:
        found = connection.execute("SELECT count(*) FROM deliveries WHERE state = 'queued'").fetchone()
    return int(str(found[0])) if found else 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--complaints", type=int, default=2000)
    options.add_argument("--threads", type=int, default=8)
    options.add_argument("--latency", type=float, nargs="+", default=[0.0, LATENCY])
    options.add_argument("--envs", type=Path, default=envs.FOLDER, help="where the peers are installed")
    given = options.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and registry end with us
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sp-")))
        folder.chmod(0o711)
        server = Server(stack.enter_context(Embedded(folder / "home")))
        for latency in given.latency:
            one = Round(
                server=server,
                folder=folder,
                envs=given.envs,
                complaints=given.complaints,
                threads=given.threads,
                latency=latency,
            )
            one.all()
            one.table()


if __name__ == "__main__":
    main()
