"""Deduplication can be tried on a file, before there is any database."""

from __future__ import annotations

import csv
import gzip
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


BAD = [
    ({"id": "a"}, "the same id as line 1"),
    ({"id": "\ud800"}, "half a character"),
    ({"lat": float("nan"), "lon": 1}, "lat is not between"),
    ({"lat": 999, "lon": 1}, "lat is not between"),
    ({"lat": -7.3}, "lat and lon belong together"),
    ({"place": ["Jl. Cempaka"]}, "place is neither a text nor a number"),
]


@pytest.mark.parametrize(("wrong", "said"), BAD, ids=[said for _, said in BAD])
def test_a_record_that_cannot_be_meant_is_named(
    records: Path, capsys: pytest.CaptureFixture[str], wrong: dict[str, object], said: str
) -> None:
    """Nothing is read as if it were not there: the line, what is wrong with it, and no half result."""
    line = json.dumps({"id": "d", "time": "2026-03-03T08:00", "text": HOLE, **wrong})
    records.write_text(f"{records.read_text(encoding='utf-8')}\n{line}", encoding="utf-8")
    out = records.with_suffix(".csv")
    assert run(["dedup", "evaluate", str(records), "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert "line 4" in told and said in told and not out.exists()


def test_a_file_that_breaks_off_or_is_empty_is_said(records: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cut on its way, or without a record: no result that looks like one; as with a line of ten thousand brackets."""
    out = records.with_suffix(".csv")
    for content, said in (
        (gzip.compress(records.read_bytes())[:-20], "breaks off behind line"),
        (b"", "no record"),
        (b"[" * 100_000, "nested too deeply"),
    ):
        records.write_bytes(content)
        assert run(["dedup", "evaluate", str(records), "--out", str(out)]) == 1
        assert said in capsys.readouterr().err and not out.exists()


def test_results_do_not_take_the_place_of_the_records_or_of_each_other(records: Path) -> None:
    """A slip in a file name costs nobody his data, and nobody waits for a result that cannot be written."""
    before, out = records.read_bytes(), str(records.with_suffix(".csv"))
    evaluate = ["dedup", "evaluate", str(records), "--out"]
    assert run([*evaluate, str(records)]) == 2
    assert run([*evaluate, out, "--review", out]) == 2
    assert run([*evaluate, str(records.parent / "none" / "x.csv")]) == 2
    assert records.read_bytes() == before
