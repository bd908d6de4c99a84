"""From a portal's page to stored complaints: SatuPintu beside dlt, airbyte-cdk, singer-sdk and the plain packages, in one run.

Run: make bench ARGS="--records 20000 100000 --ours 500000". All programs read the same local portal, end with the same
complaints and the same refusals (compared by digest), and write to one PostgreSQL. CPU is that of the program's process
tree and of the server together, from interpreter start to end; nothing is subtracted unless a line says so. Peers are
installed into environments of their own under --envs. A peer by its name runs with its own defaults; "+rs" is the same
program given jsonschema-rs, and its own cheaper settings where it has any (COPY for singer, plain files for dlt).
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

from bench import envs, ours, tables
from bench.measure import Measured, Server, measure
from bench.source import PART, portal
from hub.store.server import Embedded

PEERS = {"plain": "plain.py", "dlt": "dlt_.py", "airbyte": "airbyte_.py", "singer": "singer_.py"}
AGAIN = ("plain +rs", "dlt +rs")
PARTS = ("ours", *PEERS, "verdict", "promises", "slow")
PAGE, SLOW_PAGE = 500, 100
ROOT = Path(__file__).resolve().parents[1]


@dataclass(slots=True, kw_only=True)
class Round:
    """All programs over one number of records."""

    server: Server
    folder: Path
    url: str
    records: int
    envs: Path
    found: dict[str, Measured] = field(default_factory=dict)
    again: dict[str, Measured] = field(default_factory=dict)
    nothing: dict[str, Measured] = field(default_factory=dict)
    digests: dict[str, tuple[str, str]] = field(default_factory=dict)

    # ours ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def site(self, path: str = "/api/aduan", *, size: int = PAGE) -> Iterator[dict[str, str]]:
        """A hub whose tables and keys are made; that costs once in its life and is no part of a figure."""
        home = self.folder / "site"
        shutil.copytree(self._first_use(), home)
        listing = ours.manifest(ours.NAME, self.url + path, size=size)
        empty = ours.manifest(ours.EMPTY, self.url + "/empty/api/aduan")
        self.server.fresh("ours", like="made")
        try:
            yield ours.site(home, self.server, "ours", listing, empty)
        finally:
            shutil.rmtree(home)
            self.server.drop("ours")

    def _first_use(self) -> Path:
        """A home and a database to copy from."""
        home = self.folder / f"made-{self.records}"
        if not home.exists():
            self.server.fresh("made")
            env = ours.site(home, self.server, "made", ours.manifest(ours.EMPTY, self.url + "/empty/api/aduan"))
            measure(self.server, ours.command("pull", ours.EMPTY), env, 0)
        return home

    def step(self, env: dict[str, str], step: str, *, name: str = ours.NAME) -> Measured:
        """One step of ours."""
        return measure(self.server, ours.command(step, name), env, self.records if name == ours.NAME else 0)

    def ours(self, label: str) -> None:
        """Pull and accept without the verdict, one after the other in one process."""
        with self.site() as env:
            self.found[label] = self.step(env, "both")
            self.digests[label] = ours.digests(env)

    def ours_apart(self) -> None:
        """Each step as a process of its own; nothing new; everything read again; and the start-up over no records."""
        with self.site() as env:
            for step in ("pull", "accept", "both"):
                self.nothing[f"ours: {step}, empty"] = self.step(env, step, name=ours.EMPTY)
            self.found["ours: pull"] = self.step(env, "pull")
            self.found["ours: accept"] = self.step(env, "accept")
            self.nothing["ours: pull, nothing new"] = self.step(env, "pull")
            self.again["ours"] = self.step(env, "again")

    def verdict(self) -> None:
        """The whole accept, of a part: judging costs many times the rest, and has its own benchmark."""
        part = min(self.records, PART)
        with self.site("/part/api/aduan") as env:
            self.step(env, "pull")
            whole = measure(self.server, ours.command("verdict"), env, part)
            self.found[f"ours: accept, verdict ({part})"] = whole

    def promises(self) -> dict[str, tuple[Measured, Measured | None]]:
        """Pull, and accept where it can go on, in builds that leave one promise out."""
        return {
            "everything": self._without(accept=True),
            "raw bytes": self._without("raw"),
            tables.CIPHER: self._without("cipher", accept=True),
            tables.CIPHER_AND_KEYS: self._without("cipher", "keys"),
            tables.DETECTION: self._without("detection", accept=True),
            "interval: ledger and evidence of pages": self._without("ledger"),
            "interval: second pass": self._without("second-pass"),
            "entries": self._without("entries", accept=True),
        }

    def _without(self, *promises: str, accept: bool = False) -> tuple[Measured, Measured | None]:
        with self.site() as env:
            pulled = measure(self.server, ours.build("pull", promises), env, self.records)
            accepted = measure(self.server, ours.build("accept", promises), env, self.records) if accept else None
        return pulled, accepted

    def slow(self) -> dict[str, tuple[Measured, Measured]]:
        """A portal that answers after 50 ms, 100 records a page: each program with its start-up over no records."""
        made = {}
        for label, without in (("ours, pages ahead as shipped", ()), ("ours, no page ahead", ("pages-ahead",))):
            with self.site("/slow/api/aduan", size=SLOW_PAGE) as env:
                start = measure(self.server, ours.build("pull", without, ours.EMPTY), env, 0)
                made[label] = measure(self.server, ours.build("pull", without), env, self.records), start
        if _installed(self.envs, "plain"):
            self.server.fresh("peer")
            start = self._peer("plain", "1", "/empty/api/aduan")
            whole = self._peer("plain", "1", "/slow/api/aduan", SLOW_PAGE)
            made["plain +rs, one request after another"] = whole, start
        return made

    # peers -----------------------------------------------------------------------------------------------------------

    def peer(self, name: str, rs: str) -> None:
        """One peer: full load, digest, and for some everything again."""
        label = f"{name} +rs" if rs == "1" else name
        self.server.fresh("peer")
        self.found[label] = self._peer(name, rs)
        self.digests[label] = self._stored()
        if label in AGAIN:
            self.again[label] = self._peer(name, rs)

    def start_up(self, name: str) -> None:
        """A peer over a portal that has nothing."""
        self.server.fresh("peer")
        self.nothing[f"{name}, empty"] = self._peer(name, "0", "/empty/api/aduan")

    def _peer(self, name: str, rs: str, path: str = "/api/aduan", page: int = PAGE) -> Measured:
        env = {
            "BENCH_URL": self.url + path,
            "BENCH_PAGE": str(page),
            "BENCH_SOCKET": self.server.socket,
            "BENCH_DATABASE": "peer",
            "BENCH_RS": rs,
            "BENCH_RESULT": str(self.folder / "result"),
            "BENCH_SCHEMA": str(ROOT / "schemas" / "complaint.schema.json"),
        }
        if name == "singer":
            env["BENCH_TARGET"] = str(envs.environment(self.envs, "singer-target").bin / "target-postgres")
        python = envs.environment(self.envs, name).bin / "python"
        records = 0 if path.startswith("/empty") else self.records
        return measure(self.server, [str(python), str(ROOT / "bench" / "peers" / PEERS[name])], env, records)

    def _stored(self) -> tuple[str, str]:
        """The same digests as ours, of the table wherever the peer has made it."""
        refused = json.loads((self.folder / "result").read_text())["rejected"]
        with self.server.connect("peer") as connection:
            places = connection.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'complaints'").fetchall()
            schema = next(str(place) for (place,) in places if "staging" not in str(place))
            rows = connection.execute(f'SELECT document, title, status FROM "{schema}".complaints').fetchall()
        lines = (ours.line_of(json.loads(str(row[0])), str(row[1]), str(row[2])) for row in rows)
        return ours.digest(lines), ours.digest(refused)


def main() -> None:
    """Measure what is asked for, and print."""
    given = _options()
    chosen = [part for part in PARTS if part in given.only and part not in given.skip]
    chosen = [part for part in chosen if part not in PEERS or _installed(given.envs, part)]
    rounds: list[Round] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that server and portal end with us
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sp-")))
        folder.chmod(0o711)
        server = Server(stack.enter_context(Embedded(folder / "home")))
        for count in sorted({*given.records, *given.ours}):
            whole = count in given.records
            with portal(count) as url:
                one = Round(server=server, folder=folder, url=url, records=count, envs=given.envs)
                if whole:
                    _run(one, chosen, first=not rounds)
                else:
                    one.ours_apart()
                    tables.full(one)
            rounds.append(one)
    tables.growth(rounds)
    if not all(tables.agree(one) for one in rounds):
        sys.exit("Not every program stored the same: the figures compare different work.")


def _run(one: Round, parts: Sequence[str], *, first: bool) -> None:
    """One round: ours first and last, each table as soon as it is there."""
    if "ours" in parts:
        one.ours("ours, first")
        one.ours_apart()
    for name in (part for part in PEERS if part in parts):
        for rs in ("0", "1"):
            one.peer(name, rs)
        if first:
            one.start_up(name)
    if "verdict" in parts and first:
        one.verdict()
    if "ours" in parts:
        one.ours("ours, last")
    tables.full(one)
    if "promises" in parts and first:
        tables.promises(one.promises())
    if "slow" in parts and first:
        tables.slow(one.slow())


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, nargs="+", default=[20_000], help="sizes for all programs")
    options.add_argument(
        "--ours", type=int, nargs="+", default=[], help="further sizes for each step of SatuPintu alone"
    )
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options.add_argument("--skip", nargs="+", choices=PARTS, default=[])
    options.add_argument("--envs", type=Path, default=envs.FOLDER, help="where the peers are installed")
    return options.parse_args()


def _installed(folder: Path, name: str) -> bool:
    """Said loudly where not: a table without a peer must not look complete."""
    for part in (name, "singer-target") if name == "singer" else (name,):
        if trouble := envs.environment(folder, part).trouble:
            print(f"LEFT OUT: {part} cannot be installed here: {trouble}")
            return False
    return True


if __name__ == "__main__":
    main()
