"""Workbooks of a few kilobytes that say they are of gigabytes, in the ways in which their formats allow it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Final

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATED: Final = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_SHEETS: Final = '<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets>'
_BOOK: Final = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{_SHEETS}</workbook>'
_URN: Final = "urn:oasis:names:tc:opendocument:xmlns:"


def _zip(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _link(number: int, what: str, where: str) -> str:
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{what}" Target="{where}"/>'


def xlsx(rows: str, *, behind: str = "", before: str = "", strings: str = "") -> bytes:
    """A workbook with one sheet."""
    own = _link(1, "worksheet", "worksheets/sheet1.xml") + _link(2, "sharedStrings", "sharedStrings.xml")
    return _zip(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELATED.format(_link(1, "officeDocument", "xl/workbook.xml")),
            "xl/workbook.xml": _BOOK,
            "xl/_rels/workbook.xml.rels": _RELATED.format(own),
            "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{behind}</worksheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}"><si><t>{strings}</t></si></sst>',
        }
    )


def ods(rows: str) -> bytes:
    """An OpenDocument table."""
    names = " ".join(f'xmlns:{one}="{_URN}{one}:1.0"' for one in ("office", "table", "text"))
    table = f'<table:table table:name="A">{rows}</table:table>'
    inner = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_URN}manifest:1.0"/>',
            "content.xml": f"<office:document-content {names}>{inner}</office:document-content>",
        }
    )


def _cell(place: str, value: str = "1") -> str:
    return f'<c r="{place}"><v>{value}</v></c>'


def _said(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def _merged() -> bytes:
    rows = _said("A1", "y" * 500_000) + "".join(f'</row><row r="{n}">{_cell(f"B{n}")}' for n in range(2, 20_001))
    return xlsx(f'<row r="1">{rows}</row>', behind='<mergeCells><mergeCell ref="A1:A20000"/></mergeCells>')


def _entities() -> bytes:
    words = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20))
    return xlsx(f'<row r="1">{_said("A1", "&a19;")}</row>', before=f'<!DOCTYPE l [<!ENTITY a0 "ha">{words}]>')


BOOKS: Final[dict[str, Callable[[], bytes]]] = {
    "first cell and last": lambda: xlsx(f'<row r="1">{_cell("A1")}</row><row r="1048576">{_cell("XFD1048576")}</row>'),
    "one string many times": lambda: xlsx(
        "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_001)), strings="x" * 1_000_000
    ),
    "merged downwards": _merged,
    "merged again and again": lambda: xlsx(
        f'<row r="1">{_cell("A1")}</row>',
        behind="<mergeCells>" + '<mergeCell ref="A1:A20000"/>' * 500_000 + "</mergeCells>",
    ),
    "entities": _entities,
    "cells": lambda: xlsx("<row><c><v>1</v></c></row>" * 3_000_000),
    "rows repeated": lambda: ods(
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string">'
        f"<text:p>{'x' * 100_000}</text:p></table:table-cell></table:table-row>"
    ),
    "deep": lambda: ods("<text:p>" * 2_000_000),
    "commas": lambda: b"," * 25_000_000,
    "a quotation": lambda: b'a,b\n"' + b'x""' * 5_000_000,
}
"""By name; the last two are CSV."""
