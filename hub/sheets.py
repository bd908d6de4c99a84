"""Writes a sheet that people open: every cell is text, and none of it can be a formula."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from hub.screen import without

FORMS: Final = (".csv", ".xlsx")
_STARTS: Final = tuple("=+-@\t\r\n＝＋－＠﹢﹣﹫−|")
"""What makes a formula of a cell, also in full width; a bar calls programs in old sheets."""
_LONGEST: Final = 32_000
"""Characters of one cell of XLSX; a longer text goes on in the next column, so the longest column is the last one."""


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """
    Write a new file, by its name CSV (UTF-8 with BOM, as Excel reads it) or XLSX, for its owner only.

    Raises FileExistsError where there is one; half a file never has the name.
    """
    beside = path.with_name(f".{path.name}.part")
    if path.exists():
        raise FileExistsError(path)
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            (_xlsx if path.suffix == ".xlsx" else _csv)(file, [head, *rows])
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def book(pages: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]]) -> bytes:
    """A workbook with one sheet a name: head and rows."""
    import xlsxwriter

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as out:
        for name, (head, rows) in pages.items():
            sheet = out.add_worksheet(name)
            for number, row in enumerate((head, *rows)):
                for column, cell in enumerate(_cells(row)):
                    sheet.write_string(number, column, cell)
    return made.getvalue()


def safe(text: str) -> str:
    """The text as a cell: no sign that XML cannot hold or that steers, an apostrophe before whatever could be a formula."""
    plain = without("".join(one for one in text if _holds(one)))
    return f"'{plain}" if plain.startswith(_STARTS) or plain.lstrip().startswith(_STARTS) else plain


def csv_lines(rows: Iterable[Sequence[object]], *, quoted: bool = False, end: str = "\r\n") -> Iterator[str]:
    """Each row as a line of CSV with its `end`; the only way in which anything of the hub becomes CSV (RFC 4180)."""
    text = io.StringIO()
    lines = csv.writer(
        text, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\r\n"
    )  # it quotes only what holds a sign of its end
    for row in rows:
        lines.writerow([safe(str(cell)) for cell in row])
        yield text.getvalue()[:-2] + end
        text.seek(0)
        text.truncate()


def _holds(one: str) -> bool:
    return one in "\t\n" or (one >= " " and one not in "\x7f\ufffe\uffff" and not "\ud800" <= one <= "\udfff")


def _csv(file: BinaryIO, rows: Iterable[Sequence[str]]) -> None:
    file.write(codecs.BOM_UTF8)
    file.writelines(line.encode() for line in csv_lines(rows, quoted=True))


def _xlsx(file: BinaryIO, rows: Iterable[Sequence[str]]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(_cells(row)):
                sheet.write_string(number, column, cell)


def _cells(row: Sequence[str]) -> Iterator[str]:
    for cell in row:
        text = safe(cell)
        yield text[:_LONGEST]
        for start in range(_LONGEST, len(text), _LONGEST):
            yield safe(text[start : start + _LONGEST])
