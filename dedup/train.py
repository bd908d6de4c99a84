"""Makes model.json and rarity.bin from labelled complaints: `python -m dedup.train RECORDS LABELS`. Nothing is trained later.

Needs numpy and scipy, which the hub does not. RECORDS and LABELS (id,cluster_id,kind,base) are files as `satupintu dedup
evaluate` reads them; the same files give the same model to the last digit that is written.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dedup.doc import Doc
from dedup.evaluate import Cases, Past, described, read
from dedup.features import MORE, NAMES, features
from dedup.groups import Link, heads
from dedup.model import Model
from dedup.rules import RULES
from dedup.view import View, view, wording
from dedup.words import SCALE, SLOTS, level, slot, sound, use_table
from dedup.worth import worth

VERSION: Final = "linear-6"
FOLDS: Final = 5
STIFFNESS: Final = 5.0
"""How strongly weights are drawn to 0 (ridge, on standardised measurements)."""
BY_HAND: Final = {
    "ticket_same": 3.0, "alike_number_replaced": -3.0, "scarce": -5.0, "named_same": 0.35, "topic_none": -1.0,
    "elsewhere": -6.0, "town_other": -6.0, "scarce_apart": -2.5,
}  # fmt: skip
"""Weights that the labelled set cannot show: quoting one ticket is nearly a link; an equal text with another number or letter
("titik B" for "titik F") is another place; two people who write "jalan rusak" and no more mean two roads. One school or market
says a little for one matter, two problems without anything in common say something against it. Of two
towns, known or 60 km apart, a person is asked; "lamp out" 300 m away is another lamp; what is labelled is all of one."""
AT_MOST: Final = {"far": -2.0, "alike_far": -2.0}
"""The most that these may say against: in the labelled set every repeat lies near, but many write far from what they write of."""
DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Complaints in the order of arrival; ``matter`` and ``family`` (what must stay in one fold) by their ids."""

    docs: tuple[Doc, ...]
    matter: Mapping[str, str]
    family: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One pair that the keys bring together, the later complaint first."""

    one: Doc
    other: Doc
    found: Mapping[str, float]


def load(records: Path, labels: Path) -> Labelled:
    """Both files. ValueError or KeyError names what is wrong with a line."""
    with labels.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = sorted(read(records), key=lambda record: (str(record["time"]), str(record["id"])))
    docs = tuple(described(record) for record in found)
    return Labelled(docs=docs, matter={row["id"]: row["cluster_id"] for row in rows}, family=_families(rows))


def _families(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Complaints of one matter, and look-alikes with what they look like, are one family."""
    links = [
        Link(case=row["id"], case_born=0, other=near, other_born=0)
        for row in rows
        for near in (f"matter {row['cluster_id']}", row["base"])
        if near
    ]
    return heads(links)


def table_of(docs: Iterable[Doc], matter: Mapping[str, str]) -> bytes:
    """How many matters use each word, scaled and rounded, by the word's slot; whoever says it twice counts once."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for doc in docs:
        for said in {sound(word) for word in doc.text.split()}:
            users[said].add(matter[doc.id])
    scale = SCALE / max(1, len(set().union(*users.values())))
    table = bytearray(SLOTS)
    for said, matters in sorted(users.items()):
        held = level(len(matters) * scale) if len(matters) > 1 else 1
        table[slot(said)] = max(table[slot(said)], held)
    return bytes(table)


def examples(docs: Sequence[Doc], wanted: Callable[[Doc, Doc], bool] = lambda one, other: True) -> Iterator[Example]:
    """The pairs that the keys find, measured, by the table in use."""
    past, views = Past(rules=RULES), dict[str, View]()
    for doc in docs:
        views[doc.id] = view(doc)
        for other in past.near(doc):
            if wanted(doc, other):
                yield Example(one=doc, other=other, found=features(views[doc.id], views[other.id]))
        past.keep(doc)


def fit(found: Sequence[Example], matter: Mapping[str, str]) -> Model:
    """Logistic regression with ridge in which no measurement may speak against its name (`MORE`, `LESS`)."""
    np: Any = importlib.import_module("numpy")
    optimize: Any = importlib.import_module("scipy.optimize")
    names = [name for name in NAMES if name not in BY_HAND]
    raw = np.array([[example.found[name] for name in names] for example in found])
    sign = np.array([1.0 if matter[e.one.id] == matter[e.other.id] else -1.0 for e in found])
    mean, spread = raw.mean(0), raw.std(0)
    spread[spread == 0] = 1.0
    scaled = (raw - mean) / spread

    def loss(weights: Any) -> tuple[Any, Any]:
        margin = sign * (scaled @ weights[:-1] + weights[-1])
        slope = -sign / (1 + np.exp(margin))
        ridge = STIFFNESS * weights[:-1]
        return (
            np.logaddexp(0, -margin).sum() + 0.5 * ridge @ weights[:-1],
            np.append(scaled.T @ slope + ridge, slope.sum()),
        )

    bounds = [
        (0, None) if name in MORE else (AT_MOST[name] * wide if name in AT_MOST else None, 0)
        for name, wide in zip(names, spread, strict=True)
    ]
    best = optimize.minimize(
        loss, np.zeros(len(names) + 1), jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B",
        options={"maxiter": 5000, "ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    weights = best.x[:-1] / spread
    kept = {name: round(float(w), DIGITS) for name, w in zip(names, weights, strict=True)}
    return Model(
        version=VERSION,
        intercept=round(float(best.x[-1] - weights @ mean), DIGITS),
        weights={name: weight for name, weight in (kept | BY_HAND).items() if weight},
        means={name: round(float(m), DIGITS) for name, m in zip(names, mean, strict=True) if kept[name]},
    )


def fold_of(family: str) -> int:
    """The fold of a family, the same everywhere."""
    return zlib.crc32(family.encode()) % FOLDS


def out_of_fold(labelled: Labelled, held: Sequence[Doc] | None = None) -> dict[str, list[tuple[str, float]]]:
    """For each complaint the probabilities against what its keys find, by a model that saw nothing of its family.

    ``held`` are the same complaints in other clothes (by id): trained on the labelled, judged on the held.
    """
    fold = {doc.id: fold_of(labelled.family[doc.id]) for doc in labelled.docs}
    near: dict[str, list[tuple[str, float]]] = {doc.id: [] for doc in labelled.docs}
    for number in range(FOLDS):
        seen = [doc for doc in labelled.docs if fold[doc.id] != number]
        _weigh_by(table_of(seen, labelled.matter))
        model = fit(list(examples(seen)), labelled.matter)
        for example in examples(held or labelled.docs, lambda one, other, n=number: fold[one.id] == n):  # type: ignore[misc]
            read = worth(example.one, example.other, RULES)
            near[example.one.id].append((example.other.id, model.probability(example.found) if read else 0.0))
    return near


def _weigh_by(table: bytes) -> None:
    """What was taken apart with another table is forgotten."""
    use_table(table)
    view.cache_clear()
    wording.cache_clear()


def write(labelled: Labelled, folder: Path) -> Model:
    """rarity.bin and model.json from everything that is labelled."""
    table = table_of(labelled.docs, labelled.matter)
    _weigh_by(table)
    model = fit(list(examples(labelled.docs)), labelled.matter)
    folder.joinpath("rarity.bin").write_bytes(zlib.compress(table, 9))
    said = {
        "version": model.version,
        "intercept": model.intercept,
        "weights": dict(model.weights),
        "means": dict(model.means),
    }
    folder.joinpath("model.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    return model


def cross(labelled: Labelled, out: Path) -> None:
    """clusters.csv and review.csv as the hub would make them, every record judged out of its fold."""
    cases, review = Cases(rules=RULES), []
    near = out_of_fold(labelled)
    for doc in labelled.docs:
        review += [(doc.id, other) for other in cases.join(doc.id, near[doc.id])]
    for name, head, rows in (
        ("clusters.csv", ("id", "cluster_id"), cases.clusters()),
        ("review.csv", ("id_a", "id_b"), tuple(review)),
    ):
        with out.joinpath(name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([head, *rows])


def main(arguments: Sequence[str]) -> int:
    """Train, or with --cross write what an honest cross-validation links."""
    parser = argparse.ArgumentParser(prog="python -m dedup.train", description=__doc__)
    parser.add_argument("records", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of model.json and rarity.bin")
    parser.add_argument("--cross", type=Path, help="a folder for clusters.csv and review.csv out of fold; no model")
    given = parser.parse_args(arguments)
    labelled = load(given.records, given.labels)
    if given.cross:
        cross(labelled, given.cross)
    else:
        write(labelled, given.out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
