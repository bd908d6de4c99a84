"""Anybody can measure the rules on labelled complaints before trusting them."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from dedup.evaluate import grouped, read
from dedup.rules import RULES, SHORT, STOP

HOLE = (
    "Ada lubang besar di Jalan Cempaka dekat jembatan gantung, "
    "sudah dua motor terperosok malam hari karena tidak ada lampu."
)
WATER = (
    "Air ledeng di perumahan Griya Contoh blok D tidak mengalir sejak Senin, pelanggan membeli air galon untuk mandi."
)


def record(id: str, text: str, day: int, **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "channel": "x",
        "time": f"2026-03-{day:02}T08:00",
        "text": text,
        "place": "",
        "reporter": "",
        "lat": None,
    } | more


def test_records_about_one_matter_get_one_cluster_named_after_the_oldest() -> None:
    """The file that comes out says for every record which record began its group."""
    records = [
        record("r3", "@kota " + HOLE[:100], 4),
        record("r1", HOLE, 2),
        record("r2", WATER, 3, reporter="p1"),
        record("r4", "Selamat pagi. " + WATER, 5),
        record("r5", HOLE, 25, time="2026-07-25T08:00"),
        record("r6", HOLE.replace("Cempaka", "Flamboyan"), 5),
    ]
    assert dict(grouped(records).clusters) == {"r1": "r1", "r3": "r1", "r2": "r2", "r4": "r2", "r5": "r5", "r6": "r6"}


def test_the_order_of_the_file_does_not_matter() -> None:
    """Sorted or not, the same file gives the same clusters."""
    records = [
        record(f"r{number:03}", f"{HOLE} Titik {number % 7} wilayah {number % 7}", 1 + number % 20)
        for number in range(60)
    ]
    assert grouped(records) == grouped(reversed(records))


def test_a_text_that_everybody_sends_stays_cheap() -> None:
    """A campaign of thousands of equal letters looks at a bounded number of earlier ones for each."""
    records = [record(f"r{number:04}", HOLE, 1 + number // 200) for number in range(400)]
    assert len(set(dict(grouped(records).clusters).values())) == 1


@pytest.mark.parametrize("missing", ["id", "text", "time"])
def test_a_record_without_its_parts_is_an_error_that_names_the_part(missing: str) -> None:
    """A wrong file is refused with the field that it lacks, not with numbers that mean nothing."""
    broken = record("r1", HOLE, 2)
    del broken[missing]
    with pytest.raises(KeyError, match=missing):
        grouped([broken])


def written(path: Path, *lines: str, zipped: bool = False) -> Path:
    body = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(body) if zipped else body)
    return path


@pytest.mark.parametrize("zipped", [False, True])
def test_files_may_be_zipped_and_may_lack_what_is_not_needed(tmp_path: Path, zipped: bool) -> None:
    """A file with unknown fields, empty lines and without places is read, whether zipped or not."""
    lines = [
        json.dumps({"id": 7, "time": "2026-03-02", "text": HOLE, "mood": "angry"}),
        "",
        json.dumps(
            {"id": "b", "time": "2026-03-04T10:00:00+07:00", "text": HOLE, "lat": "", "lon": None, "place": None}
        ),
    ]
    found = grouped(read(written(tmp_path / "records", *lines, zipped=zipped)))
    assert dict(found.clusters) == {"7": "7", "b": "7"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: not JSON at character 2; correct the line or remove it"),
        ("9" * 5000, "line 2: not JSON; correct the line or remove it"),
        ("[]", "line 2: not a JSON object; write one object a line, without a list round them"),
        ('{"id": " ", "text": "x", "time": "2026-03-02"}', "line 2: id is empty"),
        ('{"id": "a", "text": "x"}', "line 2: time is missing"),
        (
            '{"id": "a", "text": "x", "time": "kemarin"}',
            "line 2: time is not an ISO date or time such as 2026-06-30T08:15",
        ),
        ('{"id": "a", "text": "x", "time": "2026-03-02", "lat": "utara"}', "line 2: lat is not a number"),
    ],
)
def test_a_bad_line_is_named_by_its_number_and_not_by_its_words(tmp_path: Path, line: str, says: str) -> None:
    """Whoever made the file finds the line; no complaint is quoted in the error."""
    good = json.dumps(record("r1", HOLE, 2))
    with pytest.raises(ValueError, match=f"^{says}$"):
        list(read(written(tmp_path / "records", good, line)))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_file_of_another_encoding_is_told_to_be_saved_as_utf_8(tmp_path: Path, encoding: str) -> None:
    """What a spreadsheet or an old system wrote is named as that, not as broken JSON."""
    path = tmp_path / "records"
    lines = [json.dumps(record(one, "café", 2), ensure_ascii=False) for one in ("r1", "r2")]
    path.write_bytes("\n".join(lines).encode(encoding))
    with pytest.raises(ValueError, match=r"^line 1: not JSON in UTF-8; save the file as UTF-8$"):
        list(read(path))


def test_rubbish_behind_a_gzipped_file_is_not_taken_for_records(tmp_path: Path) -> None:
    """Two files stuck together wrongly are said as such, and nothing of their bytes is printed."""
    path = tmp_path / "records.gz"
    path.write_bytes(gzip.compress(json.dumps(record("r1", HOLE, 2)).encode() + b"\n") + b"Budi 0812")
    with pytest.raises(ValueError, match=r"^the gzipped file breaks off behind line 1; copy it again$"):
        list(read(path))


def test_an_id_that_comes_twice_is_an_error() -> None:
    """Two records of one id would make the figures wrong, so nothing is grouped."""
    with pytest.raises(ValueError, match="r1 comes twice"):
        grouped([record("r1", HOLE, 2), record("r1", WATER, 3)])


def test_what_is_doubtful_is_asked_and_not_linked() -> None:
    """The pairs for a person name two records, the later one first."""
    records = [record("r1", HOLE + " RT 03 RW 06", 2), record("r2", HOLE + " RT 04 RW 06", 3)]
    found = grouped(records, replace(RULES, review=0.001))
    assert (found.review, dict(found.clusters)) == ((("r2", "r1"),), {"r1": "r1", "r2": "r2"})


def test_the_rules_in_the_file_are_the_rules_in_force() -> None:
    """Whoever edits rules.toml changes every number that is used, and the verdict names the version."""
    assert RULES.version
    assert 0 < RULES.review < RULES.same < RULES.merge < 1
    assert all(getattr(RULES, field.name) is not None for field in fields(RULES))


def test_the_word_lists_are_in_order() -> None:
    """No short form leads to another short form or to nothing, and the list of empty words is lower case."""
    assert all(form == form.lower() and full for form, full in SHORT.items())
    assert not {full for full in SHORT.values() if full in SHORT}
    assert all(word == word.lower() for word in STOP)
