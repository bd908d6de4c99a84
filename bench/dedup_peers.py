"""How well others deduplicate the labelled complaints that ours is measured on, scored by the same scorer.

Run: python -m bench.dedup_peers --data FOLDER. FOLDER holds records.jsonl.gz and labels.csv, its parent score.py. Each peer
tells scored pairs; the threshold is the one with the highest pair F1 on these very labels, the clusters are what then hangs
together. Ours runs as shipped, trained on a labelled set of its own: on that set, read its out-of-fold figures in
docs/dedup.md instead. CPU is that of the process tree from interpreter start to end.
"""

from __future__ import annotations

import argparse
import csv
import runpy
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import comb, inf
from pathlib import Path
from typing import Any

from bench import envs
from bench.measure import Measured, measure_alone

PEERS = Path(__file__).resolve().parent / "peers"
SCRIPTS = {
    "rensa MinHash": ("dedup-minhash", "dedup_minhash.py", "rensa"),
    "datasketch MinHashLSH": ("dedup-minhash", "dedup_minhash.py", "datasketch"),
    "TF-IDF char 3-5": ("dedup-tfidf", "dedup_tfidf.py", "0"),
    "TF-IDF char 3-5, 30 days": ("dedup-tfidf", "dedup_tfidf.py", "30"),
    "splink, 30 days": ("dedup-splink", "dedup_splink.py", "LABELS"),
}
"""Name -> environment, script, and what it takes after the two files."""
Score = Callable[[str, Mapping[str, str]], dict[str, Any]]


class Joined:
    """Clusters that grow pair by pair, and how many of their pairs are true."""

    def __init__(self, matter: Mapping[str, str]) -> None:
        """`matter` is record -> what it is about, by its label."""
        self.matter = matter
        self.cluster = {record: record for record in matter}
        self.members = {record: [record] for record in matter}
        self.together = self.true = 0
        self.wanted = sum(comb(size, 2) for size in Counter(self.matter.values()).values())

    def join(self, a: str, b: str) -> None:
        """One cluster of the two that hold these records."""
        small, large = sorted((self.cluster[a], self.cluster[b]), key=lambda one: len(self.members[one]))
        if small == large:
            return
        moved, kept = self.members.pop(small), self.members[large]
        there = Counter(self.matter[record] for record in kept)
        self.true += sum(there[self.matter[record]] for record in moved)
        self.together += len(moved) * len(kept)
        self.cluster.update(dict.fromkeys(moved, large))
        kept += moved

    @property
    def f1(self) -> float:
        """Of pairs."""
        return 2 * self.true / max(self.together + self.wanted, 1)


def best_threshold(matter: Mapping[str, str], pairs: Iterable[tuple[str, str, float]]) -> float:
    """The lowest score at which joining gives the highest pair F1; infinity where nothing is better than no pair."""
    joined, best, found = Joined(matter), 0.0, inf
    for score, equal in groupby(sorted(pairs, key=lambda pair: -pair[2]), key=lambda pair: pair[2]):
        for a, b, _ in equal:
            joined.join(a, b)
        if joined.f1 > best:
            best, found = joined.f1, score
    return found


def clusters(matter: Mapping[str, str], pairs: Iterable[tuple[str, str, float]], threshold: float) -> dict[str, str]:
    """Record -> cluster: what hangs together by pairs that reach the threshold."""
    joined = Joined(matter)
    for a, b, score in pairs:
        if score >= threshold:
            joined.join(a, b)
    return joined.cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """A labelled set and where results go."""

    folder: Path
    out: Path
    envs: Path
    matter: Mapping[str, str]
    score: Score

    @property
    def records(self) -> str:
        """The file of the records."""
        return str(self.folder / "records.jsonl.gz")

    @property
    def labels(self) -> str:
        """The file of the labels."""
        return str(self.folder / "labels.csv")


def ours(data: Data) -> None:
    """`satupintu dedup evaluate`, with the thresholds that it ships."""
    made, asked = data.out / "ours.csv", data.out / "review.csv"
    line = [sys.executable, "-m", "hub.cli", "dedup", "evaluate", data.records]
    line += ["--out", str(made), "--review", str(asked)]
    cost = measure_alone(line, {}, len(data.matter))
    with made.open(encoding="utf-8", newline="") as file:
        say("satupintu", data.score(data.labels, {row["id"]: row["cluster_id"] for row in csv.DictReader(file)}), cost)


def peer(data: Data, name: str) -> None:
    """One of the others at its best threshold, or why it is left out."""
    environment, script, argument = SCRIPTS[name]
    where = envs.environment(data.envs, environment)
    if where.trouble:
        print(f"LEFT OUT: {name} cannot be installed here: {where.trouble}")
        return
    made = data.out / "pairs.csv"
    line = [str(where.bin / "python"), str(PEERS / script), data.records, str(made)]
    cost = measure_alone([*line, data.labels if argument == "LABELS" else argument], {}, len(data.matter))
    with made.open(encoding="utf-8", newline="") as file:
        pairs = [(row["id_a"], row["id_b"], float(row["score"])) for row in csv.DictReader(file)]
    threshold = best_threshold(data.matter, pairs)
    found = data.score(data.labels, clusters(data.matter, pairs, threshold))
    say(name, found, cost, f"   from {threshold:.3f}")


def head() -> None:
    """The names of the columns."""
    print(
        f"{'program':<26}{'P':>7}{'R':>7}{'F1':>7}{'B3 F1':>7}{'street':>8}{'months':>8}{'reword':>8}{'CPU s':>8}{'MB':>7}"
    )


def say(name: str, found: Mapping[str, Any], cost: Measured, more: str = "") -> None:
    """One line of the table: street and months are look-alikes that were merged, reword is duplicates that were found."""
    quality = "".join(f"{found[key]:>7.3f}" for key in ("pair_P", "pair_R", "pair_F1", "b3_F1"))
    kinds = "".join(f"{found['kinds'].get(kind, 0):>8.3f}" for kind in ("hn_street", "hn_recur", "dup_reword"))
    print(f"{name:<26}{quality}{kinds}{cost.cpu:>8.1f}{cost.peak / 1e6:>7.0f}{more}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True, help="records.jsonl.gz and labels.csv; score.py beside it")
    options.add_argument("--only", nargs="+", choices=["ours", *SCRIPTS], default=["ours", *SCRIPTS])
    options.add_argument("--envs", type=Path, default=envs.FOLDER, help="where the peers are installed")
    given = options.parse_args(arguments)
    folder = given.data.absolute()
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        matter = {row["id"]: row["cluster_id"] for row in csv.DictReader(file)}
    score = runpy.run_path(str(folder.parent / "score.py"))["score"]
    with tempfile.TemporaryDirectory() as out:
        data = Data(folder=folder, out=Path(out), envs=given.envs, matter=matter, score=score)
        head()
        for name in given.only:
            if name == "ours":
                ours(data)
            else:
                peer(data, name)


if __name__ == "__main__":
    main()
