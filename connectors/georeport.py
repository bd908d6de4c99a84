"""What servers of Open311 (GeoReport v2) really answer, in JSON or XML, as the rows that the specification means."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from connectors import strictjson
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable

ROWS: Final = 100_000
"""Rows of one answer; what has more of them is no listing of complaints."""
TROUBLE: Final = "\0trouble"
"""Where a row says that two readers could understand it differently; no row of a server has such a name."""
_MARKS: Final = 2_000_000
"""Brackets of one XML answer."""
_DEEP: Final = 16
_LISTS: Final = frozenset({"media_urls", "notes", "keywords_list"})
"""Elements that hold a list also where there is one thing in it."""

Row = Mapping[str, Any]


def rows(body: bytes, media: str, inner: str) -> list[Row]:
    """
    The rows of an answer; a row alone, rows in an object or under names of other versions are rows all the same.

    `media`: json | xml. `inner`: what one row is called (request, service, request_update). Raises Unavailable for what is
    neither, Refused or Unavailable for an error that comes as if it were an answer.
    """
    tree = _xml(body) if media == "xml" else _json(body)
    found = _listed(tree, inner)
    if found is None:
        indonesian = "Jawabannya bukan daftar Open311. Periksa url: bagian sebelum /requests.json."
        raise Unavailable("The answer has no list of Open311.", code="not_a_list", indonesian=indonesian)
    if len(found) > ROWS:
        raise Unavailable(f"The answer has more than {ROWS:,} rows.", code="too_many_rows")
    if (error := told(found)) is not None:
        raise error
    return [row if isinstance(row, Mapping) else {"": row} for row in found]


def told(found: Sequence[Any]) -> ChannelError | None:
    """The error that a server reports as its answer: rows of code and description and of nothing else."""
    if not found or not all(isinstance(row, Mapping) and "description" in row and _is_error(row) for row in found):
        return None
    number = re.sub("[^0-9]", "", str(found[0].get("code")))[:3]
    if number in ("401", "403"):
        return Refused(
            "The server refuses the key or the jurisdiction.",
            code=f"open311_{number}",
            indonesian="Server menolak api_key atau jurisdiction_id. Minta yang berlaku kepada pemiliknya.",
        )
    if number == "400":
        return Misconfigured(
            "The server does not take the question.",
            code="open311_400",
            indonesian="Server menolak pertanyaan kami. Cocokkan params dengan dokumentasinya.",
        )
    return Unavailable(f"The server reports an error ({number or 'no number'}).", code=f"open311_{number or 'error'}")


def nothing_there(body: bytes) -> bool:
    """Whether an answer with status 404 is the server's own word that there is nothing, and no wrong address."""
    for media in ("json", "xml"):
        try:
            tree = _xml(body) if media == "xml" else _json(body)
        except Unavailable:
            continue
        found = _listed(tree, "error") or []
        if found and all(isinstance(row, Mapping) and _is_error(row) for row in found):
            return str(found[0].get("code")) == "404"
    return False


def text(value: Any) -> str | None:
    """An id as everybody else writes it: 0 is one, true is none, and blanks around it are not part of it."""
    if isinstance(value, bool) or not isinstance(value, str | int | strictjson.HugeNumber):
        return None
    return str(value).strip() or None


def yes(value: Any) -> bool:
    """A truth value that may be a string."""
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "1", "yes"))


def written(row: Row) -> bytes:
    """The bytes of a row that is kept."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")


def _is_error(row: Mapping[str, Any]) -> bool:
    return "code" in row and not row.keys() - {"code", "description", "error", "message", "status"}


def _listed(tree: Any, inner: str) -> list[Any] | None:
    """The list, wherever the server has put it."""
    if isinstance(tree, list):
        return tree
    if not isinstance(tree, Mapping):
        return None
    for key in (f"service_{inner}s", f"{inner}s", "service_requests", "services", "errors", "data", "results", inner):
        if key in tree:
            if tree[key] is None or tree[key] == "":
                return []
            return _listed(tree[key], inner) if key != inner or isinstance(tree[key], list) else [tree[key]]
    named = tree.keys() & {"service_request_id", "service_code", "update_id", "token", "code"}
    return [tree] if named else None


def _json(body: bytes) -> Any:
    try:
        return strictjson.parse(body)
    except strictjson.BadJson as error:
        if (found := _one_by_one(body)) is not None:
            return found
        raise Unavailable("The answer is no usable JSON.", code=str(error)) from None


def _one_by_one(body: bytes) -> list[Any] | None:
    """The rows of a list of which some are broken: one of them holds up none of the others."""
    try:
        raws = strictjson.parse_items(body, (), lenient=True)[1]
    except strictjson.BadJson:
        return None
    return None if raws is None else [_row(raw) for raw in raws]


def _row(raw: bytes) -> Any:
    try:
        return strictjson.parse(raw)
    except strictjson.BadJson as error:
        code = str(error)
    try:
        one = strictjson.parse_lenient(raw)
    except strictjson.BadJson:
        one = None
    return {**(one if isinstance(one, dict) else {}), TROUBLE: code}


def _xml(body: bytes) -> Any:
    if body.count(b"<") > _MARKS:
        raise Unavailable("The answer has too many elements.", code="too_many_values")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        indonesian = "Jawabannya bukan XML yang utuh. Periksa url dan format; hub mencoba lagi nanti."
        raise Unavailable("The answer is no usable XML.", code="not_xml", indonesian=indonesian) from None
    value = _value(root, 0)
    if isinstance(value, str):
        raise Unavailable("The answer has no list of Open311.", code="not_a_list")
    return value if isinstance(value, list) else {_name(root): value}


def _value(one: Any, depth: int) -> Any:
    """An element as JSON: text, the list of its equal children, or its children by name."""
    children = list(one)
    if not children or depth > _DEEP:
        return (one.text or "").strip() or None
    names = [_name(child) for child in children]
    if len(set(names)) == 1 and (len(names) > 1 or names[0] + "s" == _name(one) or _name(one) in _LISTS):
        return [_value(child, depth + 1) for child in children]
    found: dict[str, Any] = {}
    for name, child in zip(names, children, strict=True):
        value = _value(child, depth + 1)
        if name in found:
            before = found[name]
            found[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[name] = value
    return found


def _name(one: Any) -> str:
    return str(one.tag).rpartition("}")[2]
