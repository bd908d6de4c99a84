"""Whatever stands in a cell, no CSV or workbook that a command writes calculates anything, and there is one way to write one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hub.cli import run
from hub.evidence.touched import HEAD, as_lines
from hub.sheets import csv_lines
from tests import naughty

ROOT = Path(__file__).parents[3]
TEXTS = naughty.everything()
_WRITES = re.compile(r"csv\.writer|DictWriter|xlsxwriter\.Workbook|openpyxl")
_MAY_WRITE = ("hub/sheets.py", "connectors/workbook.py")
"""The second writes down what it has just read, for the hub's own eyes."""


def test_there_is_one_way_to_write_a_sheet() -> None:
    """A command that wrote its own CSV would forget what a formula is."""
    found = {
        str(path.relative_to(ROOT))
        for folder in ("hub", "connectors", "dags")
        for path in (ROOT / folder).rglob("*.py")
        if _WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(_MAY_WRITE)


def test_a_line_of_csv_calculates_nothing() -> None:
    """Every naughty string in every form: whole rows, and no cell that a program of sheets would run."""
    for quoted in (False, True):
        made = "".join(csv_lines([(text, 7, text) for text in TEXTS], quoted=quoted))
        assert naughty.sheet(made.encode(), 3) == ""
        assert made.count("\r\n") >= len(TEXTS)


def test_clusters_of_records_with_naughty_ids(tmp_path: Path) -> None:
    """`dedup evaluate` writes the ids of a file that somebody sent: as text."""
    records, out, review = tmp_path / "records.jsonl", tmp_path / "clusters.csv", tmp_path / "review.csv"
    names = list(dict.fromkeys(text.strip() for text in naughty.OWN if text.strip()))
    rows = [
        {"id": one, "time": "2026-11-10T03:00:00Z", "text": f"Lampu jalan nomor {n} di Jalan Contoh {n} padam."}
        for n, one in enumerate(names)
    ]
    records.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert run(["dedup", "evaluate", str(records), "--out", str(out), "--review", str(review)]) == 0
    assert naughty.sheet(out.read_bytes(), 2) == "" and naughty.sheet(review.read_bytes(), 2) == ""
    assert out.read_bytes().count(b"\n") >= len(names)


def test_whose_data_somebody_touched(tmp_path: Path) -> None:
    """`audit touched` names channels and actors as they were typed: as text."""
    lines = [dict.fromkeys(HEAD, text) | {"acts": {text: 1}} for text in TEXTS]
    found: Any = SimpleNamespace(lines=lines)
    assert naughty.sheet("\n".join(as_lines(found, as_json=False)).encode(), len(HEAD)) == ""
