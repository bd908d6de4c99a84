"""What a push holds: JSON, a form or a multipart form, taken apart into elements so that a broken one costs no other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final
from urllib.parse import parse_qsl

from connectors import paths, shapes, strictjson
from connectors.base import Attachment
from connectors.strictjson import BadJson
from connectors.talks import written

FIELDS: Final = 5_000
"""Of a form; more are none that a person filled in."""
_JSON: Final = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[\[{]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One thing that a push holds: its value, or why it has none."""

    raw: bytes
    value: Any = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """All of one push."""

    elements: Sequence[Element]
    files: Sequence[Attachment] = ()


def read(body: bytes, form: str, items: str, inside: Sequence[str] = ()) -> Body:
    """
    The elements at `items` (JMESPath; a list of them or one) and the files beside.

    `form` is the Content-Type; what begins like JSON is JSON whatever it says. Fields named in `inside` hold JSON as text.
    Nothing is dropped: a body that cannot be read, or has nothing at `items`, is one element with its trouble.
    """
    try:
        if _JSON.match(body):
            return Body(elements=_listed(body, items, inside))
        media = Message()
        media["Content-Type"] = form
        if media.get_content_maintype() == "multipart" or body.startswith(b"--"):
            fields, files = _parts(body, str(media.get_param("boundary") or ""))
        elif "json" in media.get_content_subtype() or b"=" not in body:
            raise BadJson("not_json")
        else:
            fields, files = _gathered(_decoded(body)), []
        return Body(elements=_found(_unfolded(fields, inside), items), files=files)
    except BadJson as error:
        return Body(elements=[Element(raw=body, trouble=str(error))])


def _listed(body: bytes, items: str, inside: Sequence[str]) -> list[Element]:
    names = shapes.names(items)
    if names is not None:
        _, raws = strictjson.parse_items(body, names, lenient=True)
        if raws is not None:
            return [_element(raw, inside) for raw in raws]
    tree = strictjson.parse(body)
    return _found(_unfolded(tree, inside) if isinstance(tree, dict) else tree, items)


def _element(raw: bytes, inside: Sequence[str]) -> Element:
    try:
        value = strictjson.parse(raw)
        return _judged(_unfolded(value, inside) if isinstance(value, dict) else value, raw)
    except BadJson as error:
        return Element(raw=raw, trouble=str(error))


def _found(tree: Any, items: str) -> list[Element]:
    try:
        found = paths.getter(items)(tree)
    except paths.Failed:
        found = None
    if found is None:
        return [Element(raw=written(tree), trouble="not_a_list")]
    return [_judged(one, written(one)) for one in (found if isinstance(found, list) else [found])]


def _judged(value: Any, raw: bytes) -> Element:
    if not isinstance(value, dict):
        return Element(raw=raw, trouble="not_an_object")
    if strictjson.has_huge_number(value):
        return Element(raw=raw, trouble="number_too_long")
    return Element(raw=raw, value=value)


def _unfolded(fields: Mapping[str, Any], inside: Sequence[str]) -> dict[str, Any]:
    """The fields with those that hold JSON as text read; raises BadJson."""
    told = {name: fields[name] for name in inside if isinstance(fields.get(name), str)}
    return {**fields, **{name: strictjson.parse(text.encode("utf-8", "surrogatepass")) for name, text in told.items()}}


def _decoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except UnicodeDecodeError:
        raise BadJson("not_utf8") from None
    except ValueError:
        raise BadJson("too_many_values") from None


def _gathered(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """One value a name; a name that comes again has a list."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        before = found.get(name)
        found[name] = value if name not in found else [*(before if isinstance(before, list) else [before]), value]
    return found


def _parts(body: bytes, boundary: str) -> tuple[dict[str, Any], list[Attachment]]:
    """Fields and files of multipart/form-data (RFC 7578); raises BadJson."""
    sign = b"--" + boundary.encode("utf-8", "replace") if boundary else body.partition(b"\r\n")[0]
    chunks = (b"\r\n" + body).split(b"\r\n" + sign)
    if len(sign) < 3 or len(chunks) < 3 or not chunks[-1].startswith(b"--"):
        raise BadJson("cut_short")
    if len(chunks) > FIELDS:
        raise BadJson("too_many_values")
    pairs: list[tuple[str, str]] = []
    files: list[Attachment] = []
    for chunk in chunks[1:-1]:
        head, _, content = chunk.partition(b"\r\n\r\n")
        told = _head(head)
        name = told.get_param("name", header="content-disposition")
        called = told.get_filename()
        if called:
            files.append(
                Attachment(name=called, media_type=told.get_content_type(), size=len(content), content=content)
            )
        elif isinstance(name, str) and called is None:
            pairs.append((name, _utf8(content)))
    return _gathered(pairs), files


def _head(head: bytes) -> Message:
    told = Message()
    for line in _utf8(head).split("\r\n"):
        name, sign, value = line.partition(":")
        if sign and name.lower() in ("content-disposition", "content-type") and name not in told:
            told[name] = value.strip()
    return told


def _utf8(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadJson("not_utf8") from None
