"""splink: words, rare words, streets, place, days and reporter by Fellegi and Sunter. `dedup_splink.py RECORDS PAIRS.csv LABELS`.

In its favour: what it believes of true pairs is learnt from the labels that the figures are then made with.
"""

from __future__ import annotations

import csv
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pairs
import pyarrow
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.blocking_rule_library import CustomRule

RARE, COMMON, DAYS = 6, 25, 10
"""Rarest words kept, records with a word beyond which it blocks nothing, days of the block of a village."""
WINDOW, LEAST = 30, -8.0
"""Days beyond which and match weight below which no pair is told."""
_STREET = re.compile(r"\b(?:jl|jln|jalan|gang|gg)\s+([a-z]+(?:\s+[a-z]+)?)")


def rows() -> list[dict[str, Any]]:
    """Records with their words, rarest words and streets as lists; what a record lacks is null."""
    records = pairs.records()
    texts = [pairs.plain(record["text"]) for record in records]
    often = Counter(word for text in texts for word in set(text.split()))
    with Path(sys.argv[3]).open(encoding="utf-8", newline="") as file:
        matters = {row["id"]: row["cluster_id"] for row in csv.DictReader(file)}
    return [
        _row(record, text, often) | {"matter": matters[record["id"]]}
        for record, text in zip(records, texts, strict=True)
    ]


def _row(record: dict[str, Any], text: str, often: Counter[str]) -> dict[str, Any]:
    words = sorted({word for word in text.split() if len(word) > 2}, key=lambda word: (often[word], word))
    streets = set(_STREET.findall(f"{text} | {pairs.plain(record['place'])}"))
    return {
        "unique_id": record["id"],
        "words": words or None,
        "rare": [word for word in words if 1 < often[word] <= COMMON][:RARE] or None,
        "streets": sorted(streets) or None,
        "day": pairs.day(record),
        "lat": record["lat"],
        "lon": record["lon"],
        **{name: record[name] or None for name in ("kelurahan", "kecamatan", "reporter")},
    }


def _levels(name: str, empty: str, levels: dict[str, str]) -> cl.CustomComparison:
    """A comparison by conditions in SQL, the first that holds; then all else."""
    made: list[dict[str, Any]] = [{"sql_condition": empty, "label_for_charts": "null", "is_null_level": True}]
    made += [{"sql_condition": condition, "label_for_charts": label} for label, condition in levels.items()]
    made.append({"sql_condition": "ELSE", "label_for_charts": "else"})
    return cl.CustomComparison(output_column_name=name, comparison_levels=made)


def _null(name: str) -> str:
    return f"{name}_l IS NULL OR {name}_r IS NULL"


def settings() -> SettingsCreator:
    """What is compared with what, and how."""
    shared = "len(list_intersect(words_l, words_r))"
    held = f"{shared} / least(len(words_l), len(words_r))"
    alike = f"{shared} / (len(words_l) + len(words_r) - {shared})"
    same = "len(list_intersect(streets_l, streets_r)) > 0"
    apart = "abs(day_l - day_r)"
    near = f"{apart} <= {DAYS}"
    return SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("rare", arrays_to_explode=["rare"]),
            CustomRule(f"l.kelurahan = r.kelurahan AND {near.replace('day_l', 'l.day').replace('day_r', 'r.day')}"),
            block_on("reporter"),
        ],
        comparisons=[
            _levels("held", _null("words"), {f"{part}": f"{held} >= {part}" for part in (0.9, 0.75, 0.6, 0.45, 0.3)}),
            _levels("alike", _null("words"), {f"{part}": f"{alike} >= {part}" for part in (0.8, 0.6, 0.4, 0.25)}),
            cl.ArrayIntersectAtSizes("rare", [5, 4, 3, 2, 1]),
            _levels("streets", _null("streets"), {"same": same}),
            _levels("days", _null("day"), {f"{days}": f"{apart} <= {days}" for days in (1, 7, 30, 60)}),
            cl.ExactMatch("kelurahan"),
            cl.DistanceInKMAtThresholds("lat", "lon", [0.1, 0.5, 2]),
            cl.ExactMatch("reporter"),
        ],
        retain_matching_columns=False,
    )


def found() -> Iterator[tuple[str, str, float]]:
    """Pairs with their match weight, the logarithm to base 2 of the odds."""
    base, records = DuckDBAPI(), rows()
    at = {record["unique_id"]: record["day"] for record in records}
    linker = Linker(base.register(pyarrow.Table.from_pylist(records)), settings(), log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=2e5, seed=1)
    linker.training.estimate_m_from_label_column("matter")
    told = linker.inference.predict(threshold_match_weight=LEAST).as_pyarrow_table()
    for pair in told.select(["unique_id_l", "unique_id_r", "match_weight"]).to_pylist():
        a, b = pair["unique_id_l"], pair["unique_id_r"]
        if math.isfinite(pair["match_weight"]) and abs(at[a] - at[b]) <= WINDOW:
            yield a, b, pair["match_weight"]


if __name__ == "__main__":
    pairs.write(found())
