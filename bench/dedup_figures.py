"""How well deduplication does on labelled complaints that its model has not seen: each figure beside its floor and goal.

Run: python -m bench.dedup_figures --data FOLDER. FOLDER holds records.jsonl.gz and labels.csv, its parent score.py. Weights
and the table of rarities are made anew for each of five folds, in an environment with numpy and scipy; a complaint's
duplicates and look-alikes are in its fold. Thresholds are those of dedup/rules.toml for every fold.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import runpy
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from bench import envs
from dedup.doc import Doc
from dedup.evaluate import described, group, read
from dedup.judge import version

ROOT = Path(__file__).resolve().parent.parent
ORDERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One promise; where `most`, the figure may be no greater than floor and goal, else no less."""

    name: str
    key: str
    floor: float
    goal: float
    most: bool = False

    def told(self, value: float) -> str:
        """The line of a value."""
        word = (
            "goal"
            if self._reached(value, self.goal)
            else "floor"
            if self._reached(value, self.floor)
            else "BELOW THE FLOOR"
        )
        return f"{self.name:<48}{value:>8.4f}   floor {self.floor:.3f}, goal {self.goal:.3f}: {word}"

    def _reached(self, value: float, bound: float) -> bool:
        return value <= bound if self.most else value >= bound


PROMISED = (
    Figure(name="pairwise F1", key="pair_F1", floor=0.90, goal=0.93),
    Figure(name="B-cubed F1", key="b3_F1", floor=0.955, goal=0.97),
    Figure(name="precision of what is linked without a person", key="pair_P", floor=0.95, goal=0.95),
    Figure(name="recall after review", key="R_after_review", floor=0.95, goal=0.96),
    Figure(name="share of the records in review", key="review_share", floor=0.15, goal=0.10, most=True),
    Figure(name="same text in another street, merged", key="hn_street", floor=0.17, goal=0.10, most=True),
    Figure(name="same matter months later, merged", key="hn_recur", floor=0.02, goal=0.01, most=True),
)
ANY_ORDER = Figure(name="B-cubed between orders within a day, the least", key="orders", floor=0.995, goal=0.995)


def out_of_fold(folder: Path, out: Path, where: Path) -> None:
    """clusters.csv and review.csv as `dedup.train --cross` makes them. SystemExit says why it could not."""
    found = envs.environment(where, "dedup-train")
    if found.trouble:
        raise SystemExit(f"numpy and scipy cannot be installed here: {found.trouble}")
    line = [
        str(found.bin / "python"),
        "-m",
        "dedup.train",
        str(folder / "records.jsonl.gz"),
        str(folder / "labels.csv"),
    ]
    subprocess.run([*line, "--cross", str(out)], check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a file by their heads."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scored(folder: Path, made: Path) -> Mapping[str, Any]:
    """What the scorer beside the data says of clusters and questions; look-alikes and duplicates by their kinds too."""
    score = runpy.run_path(str(folder.parent / "score.py"))["score"]
    clusters = {row["id"]: row["cluster_id"] for row in rows(made / "clusters.csv")}
    review = [(row["id_a"], row["id_b"]) for row in rows(made / "review.csv")]
    found: dict[str, Any] = score(str(folder / "labels.csv"), clusters, review)
    return {**found, **found["kinds"]}


def agreement(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    """B-cubed F1 of two groupings of the same complaints."""
    sizes, others = Counter(one.values()), Counter(other.values())
    both = Counter((one[of], other[of]) for of in one)
    precision = sum(both[one[of], other[of]] / others[other[of]] for of in one) / len(one)
    recall = sum(both[one[of], other[of]] / sizes[one[of]] for of in one) / len(one)
    return 2 * precision * recall / (precision + recall)


def any_order(docs: Sequence[Doc]) -> float:
    """The least agreement of cases between orders of arrival within each day, by the model as shipped."""
    found = []
    for seed in range(ORDERS):
        draw = random.Random(seed)
        found.append(dict(group(sorted(docs, key=lambda doc: (doc.day, draw.random()))).clusters))
    return min(agreement(one, other) for one, other in combinations(found, 2))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True, help="records.jsonl.gz and labels.csv; score.py beside it")
    options.add_argument("--envs", type=Path, default=envs.FOLDER, help="where numpy and scipy are installed")
    given = options.parse_args(arguments)
    folder = given.data.absolute()
    with tempfile.TemporaryDirectory() as out:
        out_of_fold(folder, Path(out), given.envs)
        found = scored(folder, Path(out))
    print(f"{version()}, out of fold, {found['n']} complaints; thresholds fixed in dedup/rules.toml")
    for figure in PROMISED:
        print(figure.told(found[figure.key]), flush=True)
    print("by kind: " + ", ".join(f"{kind} {share:.3f}" for kind, share in found["kinds"].items()))
    print(f"review: {found['review_pairs']} pairs, {found['review_hit']:.0%} of them true", flush=True)
    print(ANY_ORDER.told(any_order([described(record) for record in read(folder / "records.jsonl.gz")])))


if __name__ == "__main__":
    sys.exit(main())
