"""Rows of a table become items: columns found by their headers, dates by a confirmed form, lost digits told, ids made."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors import dates, values
from connectors.base import Item
from connectors.errors import Misconfigured
from connectors.limited import Child, GaveUp
from connectors.table_faults import wrong
from connectors.tables import Row, packed

LOOKED_AT: Final = 30
"""Rows among which the header is looked for; what stands above it is a letterhead."""
_LOST: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?(?:1[5-9]|[2-9]\d)")
_SERIAL: Final = re.compile(r"[2-9]\d{4}(?:[.,]\d+)?")
_EPOCH: Final = datetime(1899, 12, 30, tzinfo=UTC)
"""Day 0 of a spreadsheet; days before March 1900, which some programs count otherwise, are no dates of complaints."""
_WORD: Final = re.compile(r"[\W_]+")
WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
TABLE: Final[Mapping[str, Any]] = {
    "columns": {
        "description": "The columns that must be there: [header …] or {name: [header …]}; they make a row without id the same.",
        "oneOf": [
            {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1, "maxLength": 200}},
            {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": "^[a-z_][a-z0-9_]{0,59}$"},
                "additionalProperties": {
                    "oneOf": [
                        {"type": "string", "minLength": 1, "maxLength": 200},
                        {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1, "maxLength": 200}},
                    ]
                },
            },
        ],
    },
    "id": {
        "description": "The column, or columns together, whose value names a row for ever.",
        "oneOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1, "items": {"type": "string"}}],
    },
    "dates": {
        "description": "Column -> the form in which people write dates in it.",
        "type": "object",
        "additionalProperties": {"$ref": f"{WORDS}format"},
    },
    "header": {"enum": [1, 2], "description": "Rows of the header."},
    "delimiter": {"enum": [",", ";", "\t", "|"]},
    "encoding": {"enum": ["utf-8", "windows-1252", "utf-16"]},
}
"""The keys of `with` by which a table is read, for every kind that reads one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the tables of one channel look, as a person has confirmed it; the fields are the keys in TABLE."""

    columns: Mapping[str, Sequence[str]]
    """Name -> normalised headers under which it may stand."""
    id: Sequence[str] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    header: int = 1
    delimiter: str = ","
    encoding: str = "utf-8"
    sheet: str | None = None
    zone: str = "Asia/Jakarta"

    @property
    def options(self) -> Mapping[str, Any]:
        """What the parser of files has to know."""
        return {"delimiter": self.delimiter, "encoding": self.encoding, "sheet": self.sheet}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file taken apart: an item a row, and what a person may want to know of its columns."""

    items: Sequence[Item]
    new: Sequence[str]
    """Columns that the manifest does not name."""


def layout(
    *,
    columns: Sequence[str] | Mapping[str, Any],
    id: str | Sequence[str] = (),
    dates: Mapping[str, str] | None = None,
    zone: str | None = None,
    **rest: Any,
) -> Layout:
    """The layout from the keys of a manifest, every name of a column in its normalised form."""
    named = columns if isinstance(columns, Mapping) else {name(one): one for one in columns}
    return Layout(
        columns={key: tuple(map(name, [told] if isinstance(told, str) else told)) for key, told in named.items()},
        id=tuple(map(name, [id] if isinstance(id, str) else id)),
        dates={name(key): form for key, form in (dates or {}).items()},
        zone=zone or "Asia/Jakarta",
        **rest,
    )


def name(header: Any) -> str:
    """A header as a name: small letters, digits and single underscores; "" for one that says nothing."""
    plain = unicodedata.normalize("NFKD", str(header if header is not None else "")).casefold()
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    found = _WORD.sub("_", plain).strip("_")[:60]
    return f"_{found}" if found[:1].isdigit() else found


def taken(raw: bytes, called: str, how: Layout, child: Child, stamp: datetime | None = None) -> Table:
    """
    The rows of one file; `called` is how an error names it, `stamp` when it was written.

    A row that cannot be read is an item with a trouble `code:row`, never none. Raises ChannelError where the file as a
    whole is not what the manifest says.
    """
    try:
        told, (rows,) = child(packed(raw, how.options))
    except GaveUp as error:
        raise wrong(str(error), called, how.encoding) from None
    return _table([(one[0], one[1], one[2]) for one in json.loads(rows)], told.get("merged", ()), called, how, stamp)


def _table(rows: Sequence[Row], merged: Sequence[Any], called: str, how: Layout, stamp: datetime | None) -> Table:
    if not rows:
        return Table(items=(), new=())
    at, names = _header(rows, merged, called, how)
    behind, end = rows[at + how.header :], len(names)
    if behind and behind[-1][2] == "last" and len(behind[-1][1]) < max(names, default=0) + 1:
        raise wrong(f"cut_short:{behind[-1][0]}", called, how.encoding)
    met: Counter[bytes] = Counter()
    items = [_item(row, names, how, met, stamp) for row in behind if _holds(row)]
    new = [
        one for one in names.values() if one not in how.columns and one not in how.id and not one.startswith("kolom_")
    ]
    return Table(items=items, new=new if end else ())


def _holds(row: Row) -> bool:
    return any(not values.blank(one) for one in row[1])


# the header ----------------------------------------------------------------------------------------------------------


def _header(rows: Sequence[Row], merged: Sequence[Any], called: str, how: Layout) -> tuple[int, dict[int, str]]:
    """Which row it is, and the name of each column; raises Misconfigured with what is missing from the likeliest one."""
    best: tuple[int, list[str]] = (0, list(how.columns))
    for at in range(min(LOOKED_AT, len(rows) - how.header + 1)):
        names = _named(titles(rows[at : at + how.header], merged), how)
        missing = [key for key in (*how.columns, *how.id) if key not in names.values()]
        if not missing:
            return at, names
        if len(missing) < len(best[1]):
            best = at, missing
    number, columns = rows[best[0]][0], ", ".join(sorted(set(best[1])))
    other = _other_delimiter(rows[best[0]][1], how)
    raise Misconfigured(
        f"{called}, line {number}: no column is called {columns}.",
        hint=f"The file seems to use the delimiter '{other}': correct with.delimiter."
        if other
        else "Correct the header in the file, or with.columns in the manifest.",
        code="no_column",
        indonesian=f"{called}, baris {number}: tidak ada kolom {columns}. "
        + (f"Pemisahnya tampaknya '{other}': perbaiki with.delimiter." if other else "Perbaiki judul kolom di berkas, "
           "atau with.columns di manifes."),
    )  # fmt: skip


def _other_delimiter(cells: Sequence[Any], how: Layout) -> str | None:
    text = str(cells[0]) if len(cells) == 1 else ""
    found = {one: text.count(one) for one in (";", "\t", ",", "|") if one != how.delimiter and one in text}
    return max(found, key=lambda one: found[one]) if found else None


def titles(rows: Sequence[Row], merged: Sequence[Any]) -> list[str]:
    """One title a column: of two rows the upper one stands over all columns that it was merged over."""
    lower = [values.text(one) if not values.blank(one) else "" for one in rows[-1][1]]
    if len(rows) == 1:
        return lower
    upper = [values.text(one) if not values.blank(one) else "" for one in rows[0][1]]
    upper += [""] * (len(lower) - len(upper))
    lower += [""] * (len(upper) - len(lower))
    across = {first[1]: last[1] for first, last in merged if first[0] == rows[0][0] - 1}
    until, above = -1, ""
    for column, title in enumerate(upper):
        if title:
            above, until = title, across.get(column, len(upper) if not merged else column)
        elif column <= until and lower[column]:
            upper[column] = above
    return [a if not b or name(a) == name(b) else f"{a} {b}" for a, b in zip(upper, lower, strict=True)]


def _named(titles: Sequence[str], how: Layout) -> dict[int, str]:
    """Column -> name: the manifest's where one of its headers stands there, else the header itself."""
    own = {header: key for key, headers in reversed(list(how.columns.items())) for header in (*headers, key)}
    met: Counter[str] = Counter()
    found = {}
    for column, title in enumerate(titles):
        plain = name(title)
        plain = own.get(plain, plain) or f"kolom_{column + 1}"
        met[plain] += 1
        found[column] = plain if met[plain] == 1 else f"{plain}_{met[plain]}"
    return found


# one row -------------------------------------------------------------------------------------------------------------


def _item(row: Row, names: Mapping[int, str], how: Layout, met: Counter[bytes], stamp: datetime | None) -> Item:
    number, cells, code = row
    found: dict[str, str] = {}
    trouble = "bad_row" if code == "bad_row" else None
    for column, cell in enumerate(cells):
        if values.blank(cell):
            continue
        key = names.get(column)
        if key is None:
            key = f"kolom_{column + 1}"
            trouble = trouble or "cells_beyond"
        if _lost(cell):
            trouble = trouble or "digits_lost"
        found[key] = _text(cell, how.dates.get(key), how.zone)
    return Item(
        ref=_ref(found, how, met),
        raw=json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace"),
        payload=None if trouble else found,
        stamp=stamp,
        trouble=_at(trouble, number),
    )


def _at(code: str | None, number: int) -> str | None:
    return f"{code}:{number}" if code else None


def _lost(cell: Any) -> bool:
    """A number of more digits than a spreadsheet keeps, or written as 3.27E+15: the last ones are gone for ever."""
    if isinstance(cell, str):
        return bool(_LOST.fullmatch(cell.strip()))
    return isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= 1e15


def _text(cell: Any, form: str | None, zone: str) -> str:
    text = values.text(cell).strip("\u00a0 \t\r\n\ufeff")
    return _moment(text, form, zone) if form else text


def _moment(text: str, form: str, zone: str) -> str:
    """A date as ISO text: by the form that was confirmed, or a date of the spreadsheet itself; else as it stands."""
    if _SERIAL.fullmatch(text) and form != "unix":
        days = timedelta(days=float(text.replace(",", ".")))
        moment = _EPOCH + timedelta(seconds=round(days.total_seconds()))
        text = moment.strftime("%Y-%m-%dT%H:%M:%S" if moment.time().isoformat() != "00:00:00" else "%Y-%m-%d")
    for one in (form, "iso"):
        try:
            read, precision = dates.read(text, one, zone)
        except dates.Unreadable:
            continue
        return read.date().isoformat() if precision == "day" else dates.rfc3339(read)
    return text


def _ref(found: Mapping[str, str], how: Layout, met: Counter[bytes]) -> str:
    """The id columns where all have a value; else a digest of the named columns, and the how-manieth such row it is."""
    own = [found.get(key, "") for key in how.id]
    if own and all(own):
        return json.dumps("/".join(" ".join(one.split()) for one in own))
    named = {key: " ".join(found[key].split()) for key in sorted(how.columns) if key in found} or dict(
        sorted(found.items())
    )
    digest = hashlib.sha256(json.dumps(named).encode()).digest()
    met[digest] += 1
    again = f"-{met[digest]}" if met[digest] > 1 else ""
    return f'"baris-{digest.hex()[:24]}{again}"'
