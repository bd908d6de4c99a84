"""What a pass keeps of its rows is the same wherever it lies, and does not grow in memory."""

from __future__ import annotations

import errno
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import shelf
from connectors.shelf import MARK, PRINT, Shelf

Rows = list[tuple[int, int]]
ROWS = st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), max_size=8), max_size=8)


@pytest.fixture(params=["memory", "file", "no file"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Rows in memory, in a file from the first on, and where no file can be had."""
    if request.param != "memory":
        monkeypatch.setattr(shelf, "_HELD", 1)
        monkeypatch.setattr(shelf, "_FEW", 5)
    if request.param == "no file":
        monkeypatch.setattr(shelf, "_nameless", _full)
    return request.param


def _full() -> int:
    raise OSError(errno.ENOSPC, "full")


def _mark(ref: int) -> bytes:
    return bytes([ref]) * MARK


def _filled(pages: list[Rows]) -> Shelf:
    made = Shelf()
    for rows in pages:
        made.put(b"".join(_mark(ref) for ref, _ in rows), b"".join(bytes([1, one]) for _, one in rows))
    return made


def test_rows_are_counted_and_compared_alike_wherever_they_lie(where: str) -> None:
    """Counting, comparing and finding doubles give what plain sets give, in memory, in a file and on a full disk."""

    @given(ROWS, ROWS)
    def check(pages: list[Rows], others: list[Rows]) -> None:
        one, two = _filled(pages), _filled(others)
        rows, other = [row for page in pages for row in page], [row for page in others for row in page]
        assert one.distinct() == len({ref for ref, _ in rows})
        assert one.distinct(versions=True) == len(set(rows))
        assert one.same(two) == ({ref for ref, _ in rows} == {ref for ref, _ in other})
        assert list(one.in_order()) == [_mark(ref) for ref, _ in rows]
        first = [row for page in pages[:3] for row in page]
        double = {_mark(ref) for ref, _ in first if len({two for other, two in first if other == ref}) > 1}
        assert one.doubled(min(3, len(pages))) == double
        for number, page in enumerate(pages):
            marks, prints = one.page(number)
            assert (marks, len(prints)) == (b"".join(_mark(ref) for ref, _ in page), len(page) * PRINT)

    check()


def test_many_rows_cost_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a million rows more take less than half a megabyte more, and counting them no more than that."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    page = 500
    tracemalloc.start()
    try:
        made, peaks = Shelf(), []
        for number in range(1200):
            marks = b"".join(hash((number, row)).to_bytes(MARK, "big", signed=True) for row in range(page))
            made.put(marks, bytes(page * PRINT))
            if number == 199:
                peaks.append(tracemalloc.get_traced_memory()[1])
        peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 512 * 1024
    assert list(tmp_path.iterdir()) == []  # what lies there has no name


def test_file_goes_with_its_reading() -> None:
    """No descriptor is left open when a reading is over."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    made: Any = Shelf()
    made.put(bytes(MARK * 20_000), bytes(PRINT * 20_000))
    assert len(os.listdir("/proc/self/fd")) == before + 1  # noqa: PTH208
    del made
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
