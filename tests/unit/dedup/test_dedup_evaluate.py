"""Anybody can measure the rules on labelled complaints before trusting them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from dedup.evaluate import clusters
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
        record("r5", HOLE, 25),
        record("r6", HOLE.replace("Cempaka", "Flamboyan"), 5),
    ]
    assert dict(clusters(records)) == {"r1": "r1", "r3": "r1", "r2": "r2", "r4": "r2", "r5": "r5", "r6": "r6"}


def test_the_order_of_the_file_does_not_matter() -> None:
    """Sorted or not, the same file gives the same clusters."""
    records = [
        record(f"r{number:03}", f"{HOLE} Titik {number % 7} wilayah {number % 7}", 1 + number % 20)
        for number in range(60)
    ]
    assert list(clusters(records)) == list(clusters(reversed(records)))


def test_a_text_that_everybody_sends_stays_cheap() -> None:
    """A campaign of thousands of equal letters looks at a bounded number of earlier ones for each."""
    records = [record(f"r{number:04}", HOLE, 1 + number // 200) for number in range(1000)]
    assert len(set(dict(clusters(records)).values())) == 1


@pytest.mark.parametrize("missing", ["id", "text", "time"])
def test_a_record_without_its_parts_is_an_error_that_names_the_part(missing: str) -> None:
    """A wrong file is refused with the field that it lacks, not with numbers that mean nothing."""
    broken = record("r1", HOLE, 2)
    del broken[missing]
    with pytest.raises(KeyError, match=missing):
        list(clusters([broken]))


def test_the_rules_in_the_file_are_the_rules_in_force() -> None:
    """Whoever edits rules.toml changes every number that is used, and the verdict names the version."""
    assert RULES.version
    assert 0 < RULES.review < RULES.conflict < RULES.same < 1
    assert all(getattr(RULES, field.name) is not None for field in fields(RULES))


def test_the_word_lists_are_in_order() -> None:
    """No short form leads to another short form or to nothing, and the list of empty words is lower case."""
    assert all(form == form.lower() and full for form, full in SHORT.items())
    assert not {full for full in SHORT.values() if full in SHORT}
    assert all(word == word.lower() for word in STOP)
