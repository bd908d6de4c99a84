"""Reads a sample of what a channel sends: JSON, JSON lines, a table, a workbook, XML, or the CREATE TABLE of a database."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors import limited, rows, strictjson, tables
from connectors.drafting import leaves, nameless, names
from connectors.errors import Misconfigured

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a sample; a page or two of a listing say all."""
ROWS: Final = 200
_DEEPEST: Final = 4
_LIST_WORDS: Final = names.these(
    "data items item results result rows row list records record features hits content docs value values entries "
    "aduan pengaduan laporan complaints reports"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The items of a sample, and where they lie in it."""

    form: str
    """json | lines | table | xml | sql"""
    items: Sequence[Any] = ()
    path: str = "@"
    """Where the list is, as JMESPath; "@" where the sample is the list itself."""
    around: Any = None
    """All of the answer, for paging and totals; None where there is nothing around the items."""
    columns: Sequence[tuple[str, str]] = ()
    """Of SQL: names and types."""
    table: str = ""
    delimiter: str = ""
    encoding: str = "utf-8"
    sheet: str = ""
    """Of a workbook with several sheets: the one that was read."""
    header: int = 1
    """Rows of its header."""
    single: bool = False
    """It is one item, as a webhook sends it."""


def read(data: bytes) -> Sample:
    """The sample in these bytes; raises Misconfigured, which never quotes them."""
    if len(data) > LARGEST:
        raise _wrong("terlalu besar; cukup satu halaman", "too large; a page of the listing is enough")
    if not data.strip():
        raise _wrong("kosong", "empty")
    if data[:4] in tables.BOOKS:
        return _workbook(data)
    text, encoding = _text(data)
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return _json(data, start)
    if start[:1] == "<":
        return _xml(data)
    if re.search(r"\bcreate\s+table\b", text, re.IGNORECASE):
        return _sql(text)
    return _table(text.lstrip("\ufeff"), encoding)


def _text(data: bytes) -> tuple[str, str]:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


# JSON ----------------------------------------------------------------------------------------------------------------


def _json(data: bytes, start: str) -> Sample:
    try:
        whole = strictjson.parse_lenient(data)
    except ValueError:
        return _lines(start)
    return _listed(whole)


def _lines(text: str) -> Sample:
    items = []
    for line in text.splitlines()[:ROWS]:
        try:
            items += [strictjson.parse_lenient(line.encode())] if line.strip() else []
        except ValueError:
            break
    if not items or not all(isinstance(one, Mapping) for one in items):
        raise _wrong("bukan JSON yang benar", "no correct JSON")
    return Sample(form="lines", items=items)


def _listed(whole: Any) -> Sample:
    found = sorted(_lists(whole, ()), key=lambda one: _promise(*one), reverse=True)
    if found and _promise(*found[0])[0] > 0:
        path, items = found[0]
        return Sample(form="json", items=items[:ROWS], path=path or "@", around=whole)
    if plain := next(nameless.tables(whole), None):
        return Sample(form="json", items=plain[1][:ROWS], path=plain[0], around=whole)
    if isinstance(whole, Mapping) and (inner := _single(whole)) is not None:
        return Sample(form="json", items=[inner[1]], path=inner[0] or "@", around=whole, single=True)
    raise _wrong("tidak memuat daftar aduan", "it holds no list of complaints")


def _lists(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, list):
        if value and all(isinstance(one, Mapping) for one in value):
            yield leaves.path(keys), value
    elif isinstance(value, Mapping) and len(keys) <= _DEEPEST:
        inner = list(value.values())
        if len(inner) > 1 and all(isinstance(one, Mapping) for one in inner) and _numbered(list(value), inner):
            yield f"values({leaves.path(keys) or '@'})", inner
        for key, one in value.items():
            yield from _lists(one, (*keys, str(key)))


def _numbered(keys: Sequence[Any], items: Sequence[Mapping[str, Any]]) -> bool:
    """Whether items stand under their numbers, or under keys that a program has drawn ("-NxA3k…")."""
    if all(str(key).isdecimal() for key in keys):
        return True
    drawn = all(any(sign.isdecimal() for sign in str(key)) for key in keys)
    return drawn and all(len(one.keys() & items[0].keys()) > len(one.keys() | items[0].keys()) / 2 for one in items)


def _promise(path: str, items: Sequence[Any]) -> tuple[int, int, int]:
    """How many words of complaints its items hold; then how its own name sounds, then its length."""
    told = {word for leaf in leaves.leaves(items[:20]) for word in leaf.called if len(leaf.keys) < 4}
    known = {
        "isi",
        "uraian",
        "judul",
        "tanggal",
        "waktu",
        "dibuat",
        "status",
        "lokasi",
        "alamat",
        "pelapor",
        "kategori",
        "id",
        "keluhan",
        "detail",
        "laporan",
        "aduan",
        "pengaduan",
    }
    last = path.rpartition(".")[2].lower()
    return len(told & known), int(last in _LIST_WORDS) + int(not path), len(items)


def _single(whole: Mapping[str, Any]) -> tuple[str, Any] | None:
    """One item alone, as a push holds it: the object with most words of complaints in its own names."""
    best = max(_objects(whole, ()), key=lambda one: (_promise("", [_flat(one[1])])[0], -len(one[0])))
    return best if _promise("", [best[1]])[0] > 0 else None


def _objects(value: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield leaves.path(keys), value
    for key, one in value.items():
        if isinstance(one, Mapping) and len(keys) < _DEEPEST:
            yield from _objects(one, (*keys, str(key)))


def _flat(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands in it and one level below, so that a part of an item does not beat the item."""
    return {
        key: one
        for key, one in value.items()
        if not isinstance(one, Mapping) or not any(isinstance(inner, Mapping) for inner in one.values())
    }


# tables, XML, SQL ----------------------------------------------------------------------------------------------------


def _table(text: str, encoding: str) -> Sample:
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(";,\t|", key=lambda sign: _columns(head, sign))
    if _columns(head, delimiter) < 2:
        raise _wrong("bukan JSON, XML, CSV atau CREATE TABLE", "neither JSON nor XML, CSV or CREATE TABLE")
    try:
        found = list(csv.reader(io.StringIO(text), delimiter=delimiter))[: ROWS + 20]
    except csv.Error:
        raise _wrong("tabelnya tidak dapat dibaca", "the table cannot be read") from None
    return rowed(found, delimiter=delimiter, encoding=encoding)


def _columns(head: str, sign: str) -> int:
    """Columns that most of the first lines have; text before the table counts little."""
    counts = [len(row) for row in csv.reader(io.StringIO(head), delimiter=sign) if row]
    return min(sorted(counts, reverse=True)[: max(1, len(counts) // 2)], default=0)


def rowed(found: Sequence[Sequence[Any]], *, delimiter: str = "", encoding: str = "utf-8") -> Sample:
    """The items of a table; its header is the row with most names of ours among the first."""
    best = _best(found)
    header = [" ".join(str(one or "").split()) for one in found[best]]
    items = [
        {name: one for name, one in zip(header, row, strict=False) if name}
        for row in found[best + 1 : best + 1 + ROWS]
        if any(str(one or "").strip() for one in row)
    ]
    return Sample(
        form="table", items=items or [dict.fromkeys(filter(None, header))], delimiter=delimiter, encoding=encoding
    )


def _best(found: Sequence[Sequence[Any]]) -> int:
    """Which row is the header; raises Misconfigured where none is."""
    best = max(range(min(len(found), 10)), key=lambda at: (_header(found[at]), -at), default=None)
    if best is None or _header(found[best]) == 0:
        raise _wrong("baris judul tabelnya tidak ditemukan", "the table has no row of names")
    return best


def _workbook(data: bytes) -> Sample:
    """The first sheet of a workbook that holds something, read as the kind `files` reads it."""
    with closing(limited.Child("connectors.tables:answer")) as child:
        try:
            told, (found,) = child(tables.packed(data, {"any": True}))
        except limited.GaveUp as error:
            raise _closed(str(error)) from None
    numbered = json.loads(found)
    cells = [one[1] for one in numbered]
    best = _best(cells)
    for upper in (best, best - 1):
        pair = numbered[upper : upper + 2] if upper >= 0 else []
        if len(pair) == 2 and _spans(pair[0], told["merged"]):
            made = [rows.titles(pair, told["merged"]), *cells[upper + 2 :]]
            return replace(rowed(made), sheet=told["sheet"], header=2)
    return replace(rowed(cells), sheet=told["sheet"])


def _closed(code: str) -> Misconfigured:
    if code == "encrypted":
        return _wrong("buku kerja itu dikunci dengan sandi", "the workbook is locked by a password")
    return _wrong("buku kerja itu terputus, rusak atau terlalu besar", "the workbook is cut short, broken or too large")


def _spans(row: Sequence[Any], merged: Sequence[Any]) -> bool:
    """Whether it is the upper row of a header: several names, at least one of them over several columns."""
    across = any(first[0] == row[0] - 1 and last[1] > first[1] for first, last in merged)
    return across and sum(one is not None for one in row[1]) > 1


def _header(row: Sequence[Any]) -> int:
    known = {word for field, sure, phrase in names.phrases() for word in phrase}
    return sum(bool(set(names.words(str(one))) & known) and len(str(one)) <= 120 for one in row if one)


def _xml(data: bytes) -> Sample:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise _wrong("bukan XML yang benar", "no correct XML") from None
    if _tag(root.tag).lower() == "html":
        raise _wrong("halaman web, bukan data", "it is a web page and no data")
    return replace(_listed({_tag(root.tag): _element(root, 0)}), form="xml")


def _element(node: Any, depth: int) -> Any:
    children = list(node)
    if not children or depth > _DEEPEST + 2:
        return (node.text or "").strip()
    found: dict[str, Any] = {}
    for child in children:
        found.setdefault(_tag(child.tag), []).append(_element(child, depth + 1))
    return {
        name: parts if len(parts) > 1 or (depth == 0 and _lone(parts[0])) else parts[0] for name, parts in found.items()
    }


def _lone(child: Any) -> bool:
    """The only element below the root is a list of one item, unless it is plain, or holds a list itself."""
    return isinstance(child, Mapping) and not any(isinstance(one, list) for one in child.values())


def _tag(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


_CREATE: Final = re.compile(
    r"create\s+table\s+(?:if\s+not\s+exists\s+)?[`\"\[]?([\w.]+)[`\"\]]?\s*\((.*?)\)[^()]*?;", re.IGNORECASE | re.DOTALL
)
_COLUMN: Final = re.compile(r"^\s*[`\"\[]?([A-Za-z_]\w*)[`\"\]]?\s+([A-Za-z]+(?:\s*\([^)]*\))?)")
_NO_COLUMN: Final = frozenset({"primary", "key", "unique", "constraint", "foreign", "index", "fulltext", "check"})


def _sql(text: str) -> Sample:
    """The table that sounds most like complaints; nothing of its rows is read."""
    tables = [(found[1], list(_table_columns(found[2]))) for found in _CREATE.finditer(text + ";")]
    if not tables:
        raise _wrong("CREATE TABLE-nya tidak dapat dibaca", "its CREATE TABLE cannot be read")
    name, columns = max(tables, key=lambda one: _promise("", [dict.fromkeys(column for column, _ in one[1])])[0])
    return Sample(form="sql", columns=columns, table=name.rpartition(".")[2])


def _table_columns(body: str) -> Iterator[tuple[str, str]]:
    for line in re.split(r",(?![^()]*\))", body):
        found = _COLUMN.match(line)
        if found and found[1].lower() not in _NO_COLUMN:
            yield found[1], " ".join(found[2].lower().split())


def _wrong(indonesian: str, english: str) -> Misconfigured:
    return Misconfigured(
        f"The sample cannot be used: {english}.",
        hint="Give an answer of the channel as it came, in a file.",
        code="sample",
        indonesian=f"Contohnya tidak dapat dipakai: {indonesian}. Berikan jawaban kanal apa adanya, dalam satu berkas.",
    )
