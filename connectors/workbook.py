"""The register of a desk as a workbook: drop-downs for what has to be one of a list, text cells for what must keep its digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from connectors.errors import Misconfigured

HEAD: Final = (
    ("No", 6),
    ("Tanggal Pengaduan", 20),
    ("Nama Pengadu", 24),
    ("NIK", 20),
    ("No HP", 18),
    ("Kecamatan", 22),
    ("Lokasi Kejadian", 32),
    ("Kategori", 30),
    ("Permasalahan", 60),
    ("Media Aduan", 16),
    ("Keterangan", 24),
)
"""Columns of the register, with their widths."""
MEDIA: Final = ("tatap muka", "telepon", "SMS", "WhatsApp", "surat", "kotak saran", "media sosial")
ROWS: Final = 2_000
"""Rows that have the formats and drop-downs."""
_LIST: Final = "Daftar"
_TEXT: Final = 49
"""The number of the built-in format "text" (ECMA-376, part 1, 18.8.30)."""
_HINTS: Final = {
    "NIK": ("NIK", "16 angka. Selnya berformat teks; jangan diubah, agar angka terakhirnya tidak hilang."),
    "No HP": ("No HP", "Tulis dengan 0 atau +62 di depan."),
    "Tanggal Pengaduan": ("Tanggal", "Tanggal/bulan/tahun jam:menit, misalnya 28/11/2026 08:15"),
}


def workbook(title: str, kecamatan: Sequence[str], categories: Sequence[str]) -> bytes:
    """An XLSX with the sheets `Aduan` (empty rows) and `Daftar` (hidden, what the drop-downs offer)."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet, lists = book.add_worksheet("Aduan"), book.add_worksheet(_LIST)
        lists.hide()
        sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 13}))
        forms = {
            "text": book.add_format({"num_format": _TEXT}),
            "date": book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            "wrap": book.add_format({"num_format": _TEXT, "text_wrap": True, "valign": "top"}),
        }
        _head(sheet, book, forms)
        offered = {"Kecamatan": kecamatan, "Kategori": categories, "Media Aduan": MEDIA}
        for place, (name, words) in enumerate(offered.items()):
            _drop_down(sheet, lists, place, name, words)
        sheet.freeze_panes(2, 0)
    return made.getvalue()


def _head(sheet: Any, book: Any, forms: Mapping[str, Any]) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1})
    for column, (name, width) in enumerate(HEAD):
        form = {"Tanggal Pengaduan": "date", "Permasalahan": "wrap"}.get(name, "text")
        sheet.set_column(column, column, width, forms[form])
        sheet.write_string(1, column, name, bold)
        if name in _HINTS:
            title, message = _HINTS[name]
            told = {"validate": "any", "input_title": title, "input_message": message}
            sheet.data_validation(2, column, ROWS + 1, column, told)


def _drop_down(sheet: Any, lists: Any, place: int, name: str, words: Sequence[str]) -> None:
    column = [head for head, _ in HEAD].index(name)
    for row, word in enumerate(words):
        lists.write_string(row, place, word)
    letter = "ABC"[place]
    sheet.data_validation(
        2,
        column,
        ROWS + 1,
        column,
        {
            "validate": "list",
            "source": f"={_LIST}!${letter}$1:${letter}${max(len(words), 1)}",
            "error_title": name,
            "error_message": "Pilih dari daftar.",
        },
    )


def kecamatan_of(region: str, folder: Path) -> list[str]:
    """
    Names of the kecamatan of a regency or city from the operator's CSV files (columns code, name), in the order of codes.

    Raises Misconfigured for a file that cannot be read.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error):
            raise Misconfigured(f"{path.name} is no CSV in UTF-8.", code="bad_regions") from None
        for row in rows:
            code, name = (row.get("code") or "").strip(), (row.get("name") or "").strip()
            if code.startswith(f"{region}.") and code.count(".") == 2 and name:
                found[code] = name
    return [found[code] for code in sorted(found)]
