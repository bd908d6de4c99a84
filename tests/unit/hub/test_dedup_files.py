"""Deduplication can be tried on a file, before there is any database."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from hub.cli import run

HOLE = "Ada lubang besar di Jalan Cempaka dekat jembatan gantung, sudah dua motor terperosok malam hari."
RECORDS = [
    {"id": "a", "time": "2026-03-02T08:00", "text": HOLE, "place": "Jl. Cempaka"},
    {"id": "b", "time": "2026-03-03T08:00", "text": f"Selamat pagi. {HOLE} Terima kasih."},
    {"id": "c", "time": "2026-03-03T09:00", "text": HOLE.replace("Cempaka", "Flamboyan")},
]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    return path


def test_a_file_is_grouped_without_a_database(records: Path, tmp_path: Path) -> None:
    """Two files come out: the clusters, and the pairs that a person would be asked about."""
    out, review = tmp_path / "clusters.csv", tmp_path / "review.csv"
    assert run(["dedup", "evaluate", str(records), "--out", str(out), "--review", str(review)]) == 0
    with out.open(newline="", encoding="utf-8") as file:
        assert [*csv.reader(file)] == [["id", "cluster_id"], ["a", "a"], ["b", "a"], ["c", "c"]]
    assert review.read_text(encoding="utf-8").startswith("id_a,id_b")


def test_two_records_of_a_file_are_explained(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Probability, reasons in two languages and every measurement, for whoever may see both texts."""
    assert run(["dedup", "explain", "a", "c", "--records", str(records)]) == 0
    said = capsys.readouterr().out
    assert "nama jalan berbeda: Cempaka / Flamboyan / the street is another" in said
    assert "contained = " in said


def test_a_wrong_file_is_an_error_in_a_sentence(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line that is no JSON, an unknown id and a missing file are told by name and number."""
    records.write_text(records.read_text(encoding="utf-8") + "\n{", encoding="utf-8")
    assert run(["dedup", "evaluate", str(records), "--out", str(records.with_suffix(".csv"))]) == 1
    assert "line 4: not JSON" in capsys.readouterr().err
    assert run(["dedup", "evaluate", str(records.with_name("none")), "--out", str(records.with_suffix(".csv"))]) == 1
    assert "none" in capsys.readouterr().err


def test_an_unknown_id_is_wrong_use(records: Path) -> None:
    """Asking about a record that the file does not hold ends with 2."""
    assert run(["dedup", "explain", "a", "z", "--records", str(records)]) == 2
