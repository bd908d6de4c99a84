"""The summary of an evidence pack as a page to print, in Indonesian or English; exceptions come first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from hub.screen import without

Cells = Sequence[str | int | None]

_STYLE: Final = """
body { font: 10pt/1.4 sans-serif; margin: 2em auto; max-width: 62em; color: #111; }
h1 { font-size: 16pt; } h2 { font-size: 12.5pt; margin-top: 1.6em; border-bottom: 1px solid #999; } h3 { font-size: 10.5pt; }
table { border-collapse: collapse; width: 100%; margin: .4em 0 1em; }
th, td { border: 1px solid #bbb; padding: .2em .45em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { background: #eee; } td.number { text-align: right; white-space: nowrap; } tr.sum td { font-weight: bold; }
p.bad { font-weight: bold; } code { font-size: 9pt; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } thead { display: table-header-group; } tr { break-inside: avoid; } }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; without rows its sentence `empty` stands in its place."""

    heading: str
    head: Sequence[str]
    rows: Sequence[Cells]
    empty: str
    total: Cells | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A numbered part of the page."""

    heading: str
    says: Sequence[str] = ()
    tables: Sequence[Table] = ()


def page(language: str, title: str, head: Sequence[tuple[str, str]], parts: Sequence[Part]) -> str:
    """The whole page; nothing in it can be markup of somebody else, and it loads nothing."""
    about = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in head)
    body = "".join(_part(number, part) for number, part in enumerate(parts, 1))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"<table>{about}</table>\n{body}</body>\n</html>\n"
    )


def _part(number: int, part: Part) -> str:
    says = "".join(f"<p>{escape(one)}</p>\n" for one in part.says)
    return f"<h2>{number}. {escape(part.heading)}</h2>\n{says}{''.join(_table(one) for one in part.tables)}"


def _table(table: Table) -> str:
    heading = f"<h3>{escape(table.heading)}</h3>\n" if table.heading else ""
    if not table.rows:
        return f"{heading}<p>{escape(table.empty)}</p>\n"
    head = "".join(f"<th>{escape(one)}</th>" for one in table.head)
    rows = "\n".join(_row(one) for one in table.rows)
    total = _row(table.total, "sum") if table.total else ""
    note = f"<p>{escape(table.note)}</p>\n" if table.note else ""
    return f"{heading}<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n{total}</tbody>\n</table>\n{note}"


def _row(cells: Cells, name: str = "") -> str:
    shown = "".join(_cell(one) for one in cells)
    return f'<tr class="{name}">{shown}</tr>' if name else f"<tr>{shown}</tr>"


def _cell(value: str | int | None) -> str:
    if isinstance(value, int):
        return f'<td class="number">{value}</td>'
    return f"<td>{escape(without(value or ''))}</td>"


def counted(rows: Iterable[Cells], most: int) -> tuple[list[Cells], int]:
    """The first `most` rows, and how many there are beyond."""
    kept = list(rows)
    return kept[:most], max(0, len(kept) - most)
