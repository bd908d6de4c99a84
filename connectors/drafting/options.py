"""What stands under `with` in a draft: where the list is, its numbers and stamps, its pages; the rest is left to be filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from connectors import described
from connectors.drafting import paging
from connectors.drafting.guesses import Guess
from connectors.drafting.samples import Sample
from connectors.drafting.stamping import stamp
from connectors.drafting.writing import Line
from connectors.known import known

_URL: Final = "https://ganti.contoh.go.id/api"
_FILLERS: Final = (
    "GANTI",
    "ganti",
    "0000000000",
    "ganti.contoh.go.id",
    _URL,
    "${secret:GANTI}",
    "1d",
    "iso",
    "Asia/Jakarta",
    "ganti@contoh.go.id",
    "/ganti",
    "GANTI.csv",
    "2024-01-01",
    "none",
)


def options(
    kind: str, sample: Sample, found: Mapping[str, Guess], url: str, first: bool | None = None
) -> tuple[Line, ...]:
    """
    The lines of `with` for this kind; raises Misconfigured where there is no such kind.

    `first` tells whether this channel writes the day before the month (stamping.day_first).
    """
    if kind == "rest":
        return tuple(_rest(sample, found, url, first))
    if kind == "imap":
        return tuple(_imap())
    if kind == "x":
        return tuple(_x())
    return _completed(kind, tuple(_described(known(kind), sample, found, url, first)))


def _rest(sample: Sample, found: Mapping[str, Guess], url: str, first: bool | None) -> Iterator[Line]:
    yield _other_than_json(_address(url), sample.form)
    value = {"Authorization": "Bearer ${secret:GANTI_TOKEN}"}
    yield Line(key="headers", value=value, remark=True, check=True, why="bila perlu masuk / where a login is needed")
    items = sample.path if not sample.single else "[@]" if sample.path == "@" else f"[{sample.path}]"
    yield Line(key="items", value=items, sure=95)
    yield _ref(found)
    seen = paging.paging(sample.around, sample.path, len(sample.items))
    if seen.total:
        yield Line(key="total", value=seen.total, sure=90, why="name")
    yield from changed(found, first)
    yield from _page(seen)


def _address(url: str) -> Line:
    return Line(
        key="url", value=url or _URL, check=not url, why="" if url else "alamat daftar aduan / address of the listing"
    )


_NO_JSON: Final = {
    "xml": "contohnya XML, dan jenis rest membaca JSON: minta alamat JSON, atau pakai jenis open311 / "
    "the sample is XML and this kind reads JSON: ask for an address that gives it, or use open311",
    "table": "contohnya tabel, dan jenis rest membaca JSON: pakai jenis files atau sheet / "
    "the sample is a table and this kind reads JSON: use files or sheet",
    "sql": "contohnya tabel basis data, dan jenis rest membaca JSON: pakai jenis sql / "
    "the sample is a table of a database and this kind reads JSON: use sql",
}


def _other_than_json(line: Line, form: str) -> Line:
    """The line with what a person should know where this kind could not read such a sample."""
    return replace(line, check=True, why=_NO_JSON[form]) if form in _NO_JSON else line


def _ref(found: Mapping[str, Guess]) -> Line:
    if guess := found.get("ref"):
        return Line(key="ref", value=guess.leaf.path, sure=guess.sure, why=guess.because)
    return Line(
        key="ref", value="GANTI_NOMOR", check=True, why="nomor aduan tidak ditemukan / no number of its own was found"
    )


def changed(found: Mapping[str, Guess], first: bool | None) -> Iterator[Line]:
    """The stamp of the last change, where items have one."""
    if guess := found.get("changed"):
        form, doubt = stamp(guess.leaf, first)
        value = {"path": guess.leaf.path, **({"format": form} if form and form != "relative" else {})}
        yield Line(key="changed", value=value, sure=guess.sure, why=doubt or guess.because, check=bool(doubt))
    ignored = [
        one.leaf.path for one in found.values() if one.field == "submitted_at" and stamp(one.leaf)[0] == "relative"
    ]
    if ignored:
        yield Line(key="ignore", value=ignored, why="berubah setiap dibaca / changes with every reading")


def _page(seen: paging.Paging) -> Iterator[Line]:
    if seen.style == "none":
        value: Mapping[str, Any] = {"style": "number", "param": "page"}
        yield Line(
            key="page", value=value, remark=True, check=True, why="bila daftarnya berhalaman / where it has pages"
        )
        return
    told = {
        "style": seen.style,
        "param": seen.param,
        "size_param": seen.size_param,
        "size": seen.size,
        "first": seen.first,
        "next": seen.next,
    }
    left = () if seen.style == "offset" else ("size",)  # the portal's own size of pages serves
    value = {key: one for key, one in told.items() if one not in (None, "") and key not in left}
    yield Line(key="page", value=value, sure=seen.sure, why="name")


def _imap() -> Iterator[Line]:
    yield Line(key="host", value="ganti.contoh.go.id", check=True)
    yield Line(key="tls", value="implicit")
    yield Line(key="user", value="ganti@contoh.go.id", check=True)
    yield Line(key="password", value="${secret:GANTI_SUREL}", check=True)
    yield Line(key="folder", value="INBOX")


def _x() -> Iterator[Line]:
    yield Line(key="url", value="https://api.x.com/2")
    yield Line(key="token", value="${secret:GANTI_X}", check=True)
    yield Line(key="user_id", value="0000000000", check=True)


# kinds that say their own keys ---------------------------------------------------------------------------------------


def required(cls: type[Any]) -> Mapping[str, Any]:
    """Placeholders for all that a kind requires."""
    schema = getattr(cls, "OPTIONS", {})
    return {key: _filler(schema["properties"][key]) for key in schema.get("required", ())}


def _described(
    cls: type[Any], sample: Sample, found: Mapping[str, Guess], url: str, first: bool | None
) -> Iterator[Line]:
    """What the kind requires, and what of the rest the sample tells."""
    schema = getattr(cls, "OPTIONS", {})
    known_keys = schema.get("properties", {})
    ways = list(schema.get("oneOf", ())) or [{}]
    needed = {*schema.get("required", ()), *ways[0].get("required", ())}
    told = (
        _table(sample, found, first) if "columns" in known_keys and "dates" in known_keys else _told(sample, found, url)
    )
    for key, spec in known_keys.items():
        if key in told and (key in _SURE or _fits(told[key], spec)):
            doubts = [stamp(one.leaf, first)[1] for one in found.values() if key == "dates" and one.field in _DATES]
            yield Line(key=key, value=told[key], sure=85, why=max(doubts, default=""), check=any(doubts))
        elif key in needed:
            yield Line(key=key, value=_filler(spec), check=True)
    if "column" in known_keys.get("changed", {}).get("properties", {}) and "changed" in found:
        yield Line(key="changed", value={"column": found["changed"].leaf.path}, sure=found["changed"].sure, why="name")
    elif "changed" in known_keys:
        yield from changed(found, first)


_DATES: Final = ("submitted_at", "incident_date")
_SURE: Final = ("columns", "dates", "id")
"""Keys whose schema has several forms, of which these are one."""


def _completed(kind: str, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines, and a placeholder for all that the kind asks for besides, given those."""
    known_keys = getattr(known(kind), "OPTIONS", {}).get("properties", {})
    for _ in range(_MOST_MISSING):
        value = {"kind": kind, "with": {one.key: one.value for one in lines}}
        missing = [one.path.removeprefix("with.") for one in described.problems(value) if one.rule == "required"]
        added = next((key for key in missing if key in known_keys), None)
        if added is None:
            break
        lines = (*lines, Line(key=added, value=_filler(known_keys[added]), check=True))
    return lines


_MOST_MISSING: Final = 8


def _table(sample: Sample, found: Mapping[str, Guess], first: bool | None) -> Mapping[str, Any]:
    """How a table is read: its columns as they are headed, and the form of its dates."""
    used = [one for one in found.values() if one.field != "changed"]
    forms = {one.leaf.path: stamp(one.leaf, first)[0] for one in used if one.field in _DATES}
    given = {
        "columns": list(dict.fromkeys(one.leaf.keys[0] for one in used)) or ["GANTI"],
        "dates": {path: form for path, form in forms.items() if form},
        "id": found["ref"].leaf.path if "ref" in found else "",
        "delimiter": "" if sample.delimiter == "," else sample.delimiter,
        "sheet": sample.sheet,
        "header": sample.header if sample.header > 1 else 0,
        "encoding": {"cp1252": "windows-1252", "utf-16": "utf-16"}.get(sample.encoding, ""),
    }
    return {key: value for key, value in given.items() if value}


def _told(sample: Sample, found: Mapping[str, Guess], url: str) -> Mapping[str, Any]:
    used = sorted({one.leaf.keys[0] for one in found.values()})
    given = {
        "url": url,
        "items": sample.path,
        "ref": found["ref"].leaf.path if "ref" in found else "",
        "table": sample.table,
        "columns": used if sample.columns else "",
        "delimiter": sample.delimiter,
        "encoding": sample.encoding if sample.form == "table" else "",
        "id": found["ref"].leaf.path if "ref" in found else "",
    }
    return {key: value for key, value in given.items() if value}


def _fits(value: Any, spec: Mapping[str, Any]) -> bool:
    if "enum" in spec:
        return value in spec["enum"]
    if spec.get("type") == "array" or isinstance(value, list):
        return isinstance(value, list) and spec.get("type") == "array"
    return spec.get("type") in (None, "string") and (
        "pattern" not in spec or re.search(spec["pattern"], str(value)) is not None
    )


_BY_WORD: Final = {
    "url": _URL,
    "host": "ganti.contoh.go.id",
    "port": 443,
    "tls": "implicit",
    "secret": "${secret:GANTI}",
    "expression": "GANTI",
    "duration": "1d",
    "zone": "Asia/Jakarta",
    "stamp": {"path": "GANTI"},
    "format": "iso",
    "headers": {},
    "name": "ganti",
}


def _filler(spec: Mapping[str, Any]) -> Any:
    """Something that keeps the schema and that nobody can take for an answer."""
    if "$ref" in spec:
        return _BY_WORD.get(str(spec["$ref"]).rpartition("/")[2], "GANTI")
    if "const" in spec or "enum" in spec:
        return spec.get("const", next(iter(spec.get("enum", ())), None))
    if "type" not in spec and ("properties" in spec or "oneOf" in spec):
        return _object(spec)
    return _BY_TYPE.get(str(spec.get("type")), _text)(spec)


def _object(spec: Mapping[str, Any]) -> Any:
    """What it requires, by the first of its ways where it has several."""
    way: Mapping[str, Any] = next(iter(spec.get("oneOf") or spec.get("anyOf") or ()), {})
    parts = {**spec.get("properties", {}), **way.get("properties", {})}
    wanted = [*spec.get("required", ()), *way.get("required", ())] or list(parts)[: spec.get("minProperties", 0)]
    return {key: _filler(parts.get(key, {})) for key in dict.fromkeys(wanted)}


def _list(spec: Mapping[str, Any]) -> Any:
    return [_filler(spec.get("items", {}))] if spec.get("minItems") else []


def _text(spec: Mapping[str, Any]) -> Any:
    return next((one for one in _FILLERS if re.search(spec.get("pattern", ""), one)), "GANTI")


_BY_TYPE: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "object": _object,
    "array": _list,
    "integer": lambda spec: spec.get("minimum", 1),
    "number": lambda spec: spec.get("minimum", 1),
    "boolean": lambda spec: False,
}
