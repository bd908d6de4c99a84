"""Plays every scenario of the conformance kit on every channel and writes what came of it to docs/conformance.csv.

`.venv/bin/python docs/measure_conformance.py`, then docs/generate.py: a few minutes, no network.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.manifest import load
from hub.conform.command import results_of
from hub.conform.kits import fitting
from hub.conform.playing import Result
from hub.conform.stand import own_settings
from sandbox.hostile_manifests import every

TABLE = Path(__file__).with_name("conformance.csv")
COLUMNS = ("channel", "scenario", "lost", "stale", "doubled", "silent", "owed", "pulls", "requests", "quiet")


def main() -> None:
    """Measure and write."""
    with TemporaryDirectory() as folder, own_settings() as settings, TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for place, (channel, path) in enumerate(every(Path(folder)).items()):
            manifest = load(path)
            letters = "abcdefghijklmnopqrstuvwxyz"[place * 3 : place * 3 + 3]
            writer.writerows(_rows(channel, results_of(settings, manifest, fitting(manifest), letters)))


def _rows(channel: str, results: Iterable[Result]) -> Iterable[tuple[str | int, ...]]:
    for one in results:
        counts = (one.lost, one.stale, one.doubled, one.silent, one.loud, one.pulls, one.requests, one.quiet)
        yield channel, one.scenario.slug, *counts


if __name__ == "__main__":
    main()
