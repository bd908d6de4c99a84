"""Takes a table of strangers (CSV, XLSX, XLS, XLSB, ODS) apart into rows of plain cells; runs inside a child of `limited`."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from connectors.limited import Answer, GaveUp

CELLS: Final = 2_000_000
"""Cells of one table."""
LONGEST: Final = 1024 * 1024
"""Characters of one cell."""
SUFFIXES: Final = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
BOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How ZIP (xlsx, xlsb, ods) and OLE files (xls) begin."""
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CODECS: Final = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
SAYS: Final = re.compile(r"\Asep=.(?:\r\n|\r|\n)")
"""The line that Excel writes and reads before a table to name the delimiter: no row."""
_OTHER: Final = re.compile(r"(?i)\s{0,100}(?:<(?:!doctype|\?xml|html|head|meta|style|body|table)\b|<!--|%PDF-|\{\\rtf)")
"""How what is called .csv or .xls begins where a portal wrote a page, XML or a document into it."""
Row = tuple[int, Sequence[Any], str | None]
"""Its number as a spreadsheet shows it, its cells (text, number, true/false, None), and a code where it cannot be read."""


def packed(raw: bytes, options: Mapping[str, Any]) -> bytes:
    """What `answer` takes: the options of a table (encoding, delimiter, sheet) and the file."""
    return json.dumps(dict(options)).encode() + b"\n" + raw


def answer(given: bytes) -> Answer:
    """The task of the child: {sheet, sheets, hidden, merged}, and the rows as JSON. Raises GaveUp with `code:place`."""
    head, _, raw = given.partition(b"\n")
    options = json.loads(head)
    told, rows = (
        _book(raw, options.get("sheet"), bool(options.get("any"))) if raw[:4] in BOOKS else ({}, _text(raw, options))
    )
    count, kept = 0, []
    for row in rows:
        count += len(row[1])
        if count > CELLS:
            raise GaveUp("too_many_cells")
        kept.append(row)
    return told, [json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace")]


# text ----------------------------------------------------------------------------------------------------------------


class _Lines:
    """The lines of a text one by one, with those that the record under way has taken."""

    def __init__(self, text: str) -> None:
        self._lines = iter(io.StringIO(text, newline=""))
        self._next = next(self._lines, None)
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._next is None:
            raise StopIteration
        line, self._next = self._next, next(self._lines, None)
        self.taken.append(line)
        return line

    @property
    def over(self) -> bool:
        """No line follows, and the last one was not brought to its end."""
        return self._next is None and not self.taken[-1].endswith(("\n", "\r"))


def _text(raw: bytes, options: Mapping[str, Any]) -> Iterator[Row]:
    """The records of a CSV, each under the number of its first line."""
    text = decoded(raw, options.get("encoding", "utf-8"))
    says = SAYS.match(text)
    lines = _Lines(text[says.end() :] if says else text)
    csv.field_size_limit(LONGEST)
    reader = csv.reader(lines, delimiter=options.get("delimiter", ","), strict=True)
    number = 2 if says else 1
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
            if any(cells):
                yield number, cells, "last" if lines.over else None
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):  # a quotation that nobody closed has swallowed the rest
                raise GaveUp(f"cut_short:{number}") from None
            yield number, ["".join(lines.taken)], "bad_row"
        number += len(lines.taken)


def decoded(raw: bytes, encoding: str) -> str:
    """The text of a file in the encoding that its manifest names; raises GaveUp with the line that is not in it."""
    for mark, own in _MARKS.items():
        if raw.startswith(mark) and own != encoding:
            raise GaveUp(f"encoding_is:{own}")
    if encoding == "windows-1252" and not raw.isascii() and _is_utf8(raw):
        raise GaveUp("encoding_is:utf-8")
    if b"\0" in raw[:4096] and encoding != "utf-16":
        raise GaveUp("no_text")
    try:
        text = raw.decode(_CODECS[encoding])
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise GaveUp(f"encoding:{line}") from None
    except UnicodeError:
        raise GaveUp("encoding:1") from None
    if _OTHER.match(text):
        raise GaveUp("no_text")
    return text


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


# workbooks -----------------------------------------------------------------------------------------------------------


def _book(raw: bytes, name: str | None, first: bool = False) -> tuple[dict[str, Any], Iterator[Row]]:
    """The rows of one sheet: the one of that name, else the only one that is not hidden, or the `first` of several."""
    if raw.startswith(BOOKS[0]):
        _refuse_bomb(raw)
    book = _opened(raw)
    shown = [
        one.name
        for one in book.sheets_metadata
        if str(one.visible).endswith(".Visible") and str(one.typ).endswith(".WorkSheet")
    ]
    chosen = next((one for one in book.sheet_names if _same(one, name)), None) if name else None
    if name and chosen is None:
        raise GaveUp("no_sheet")
    if chosen is None:
        if len(shown) > 1:
            shown = [one for one in shown if book.get_sheet_by_name(one).height]
        if len(shown) > 1 and not first:
            raise GaveUp("which_sheet")
        chosen = (shown or book.sheet_names or [""])[0]
    sheet = book.get_sheet_by_name(chosen)
    merged = _merged(sheet)
    told = {"merged": [list(map(list, one)) for one in merged], "sheet": chosen if len(shown) > 1 else ""}
    return told, _cells(sheet, merged)


def _shown(one: Any) -> bool:
    return str(one.visible).endswith(".Visible") and str(one.typ).endswith(".WorkSheet")


def _opened(raw: bytes) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(raw))
    except PasswordError:
        raise GaveUp("encrypted") from None
    except (CalamineError, ValueError, OSError):
        raise GaveUp("unreadable_book") from None


def _refuse_bomb(raw: bytes) -> None:
    """A workbook that says to be longer than what memory holds is not opened; its cells are counted besides."""
    import zipfile

    from connectors.archives import BYTES, MEMBERS

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeError, ValueError):
        raise GaveUp("unreadable_book") from None
    if len(files) > MEMBERS or sum(one.file_size for one in files) > BYTES:
        raise GaveUp("too_large")


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


Merged = tuple[tuple[int, int], tuple[int, int]]


def _merged(sheet: Any) -> list[Merged]:
    """Ranges of cells that were made one, first and last (row, column) from 0; none where the format does not tell."""
    found = sheet.merged_cell_ranges or ()
    return [
        ((one[0][0], one[0][1]), (one[1][0], one[1][1]))
        for one in found
        if one[1][0] < 1_048_576 and one[1][1] < 16_384
    ]


def _cells(sheet: Any, merged: Sequence[Merged]) -> Iterator[Row]:
    """Each row; what was merged downwards stands in every row that it covers, as a person reads it."""
    first = sheet.start[0] if sheet.start else 0
    shift = sheet.start[1] if sheet.start else 0
    down = {(a[0], a[1] - shift): z[0] for a, z in merged if z[0] > a[0] and a[1] >= shift}
    held: dict[int, tuple[int, Any]] = {}
    for number, row in enumerate(sheet.iter_rows(), start=0):
        at = number + first
        cells = [_plain(one) for one in row]
        for column, (until, value) in list(held.items()):
            if at <= until and column < len(cells) and cells[column] is None:
                cells[column] = value
            elif at > until:
                del held[column]
        for column, value in enumerate(cells):
            if (at, column) in down:
                held[column] = down[at, column], value
        if any(one is not None for one in cells):
            yield at + 1, cells, None


def _plain(value: Any) -> Any:
    """A cell as JSON has it: dates as ISO text without a zone, whole numbers as such as far as their digits are sure."""
    if isinstance(value, str):
        return value[:LONGEST] or None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value if value is None or isinstance(value, bool | int) else str(value)
