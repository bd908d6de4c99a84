"""Tables as desks make them: workbooks and CSV with the faults that they have."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

HEAD = ("No", "Tanggal Pengaduan", "Nama Pengadu", "NIK", "No. HP/WA", "Kecamatan", "Permasalahan", "Keterangan")
COLUMNS = {
    "waktu": "Tanggal Pengaduan",
    "nama": "Nama Pengadu",
    "kecamatan": "Kecamatan",
    "isi": ["Permasalahan", "Uraian Aduan"],
}


def row(number: int, place: str = "Rantau Badauh", **changes: Any) -> list[Any]:
    """One line of a register; the people are invented."""
    cells = {
        "no": number,
        "waktu": f"{number % 28 + 1:02}/11/2026 08:{number % 60:02}:00",
        "nama": f"Warga {number}",
        "nik": f"630401{number % 28 + 1:02}0190{number:04}",
        "hp": f"0812{number:08}",
        "kecamatan": place,
        "isi": f"Jembatan kayu nomor {number} di {place} sudah lapuk, mohon diperbaiki.",
        "keterangan": None,
    }
    return list((cells | changes).values())


def book(rows: Sequence[Sequence[Any]], *, head: Sequence[Sequence[Any]] = (HEAD,), sheets: Sequence[str] = ("Aduan",),
         hidden: str | None = None, merge: Sequence[tuple[int, int, int, int, Any]] = ()) -> bytes:  # fmt: skip
    """An XLSX workbook; the rows stand in its first sheet."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        day = made.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        pages = [made.add_worksheet(name) for name in sheets]
        for number, cells in enumerate([*head, *rows]):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    pages[0].write_datetime(number, column, cell, day)
                elif cell is not None:
                    pages[0].write(number, column, cell)
        for range_ in merge:
            pages[0].merge_range(*range_)
        for page in pages[1:]:
            page.write(0, 0, "daftar")
            if page.get_name() == hidden:
                page.hide()
    return out.getvalue()


def text(rows: Sequence[Sequence[Any]], *, head: Sequence[str] = HEAD, delimiter: str = ",", end: str = "\r\n") -> str:
    """A CSV as Excel writes it."""
    import csv

    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows([head, *rows])
    return out.getvalue()


def put(folder: Path, name: str, content: bytes, at: float) -> Path:
    """A file that was written at `at` (seconds since 1970)."""
    import os

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path
