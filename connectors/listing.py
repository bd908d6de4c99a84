"""A page of a JSON listing taken apart: where its items begin and end, byte for byte, and what each says of itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors import paths, shapes, stamps, strictjson
from connectors.base import Item
from connectors.errors import Misconfigured, Unavailable

ROWS = 100_000
"""Items of one page; a listing that is longer has pages."""
BROKEN = 10_000
"""Items of one page that go to quarantine; what has more of them is no listing of complaints."""
_DEEP = strictjson.DEPTH
_LONG = 4000
"""Bytes from which an item may hold a number that Python reads as no int."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page: its items, the portal's own count, and where it says that the listing goes on."""

    items: Sequence[Item]
    total: int | None
    next: Any


Read = Callable[[bytes], Found]
Piece = tuple[list[bytes], Any, Any]
"""The bytes of each item; total and next as the page has them."""


def reader(
    *,
    items: str,
    ref: str,
    total: str | None = None,
    following: str | None = None,
    changed: Mapping[str, str] | None = None,
    created: str | None = None,
) -> Read:
    """
    A function from a page's body to what it holds; compiled once a reading.

    All arguments but `changed` ({path, format, zone}) are JMESPath. The function raises Unavailable where the body is no
    JSON or has no list at `items`. One item that two readers could understand differently is no reason to refuse the
    page: it comes with its `trouble` and goes to quarantine. Raises Misconfigured for an expression that cannot be used.
    """
    split, item = _splitter(items, total, following), _item_reader(ref, changed, created)

    def read(body: bytes) -> Found:
        raws, count, onward = split(body)
        if len(raws) > ROWS:
            raise Unavailable(f"The page has more than {ROWS:,} items.", code="too_many_rows")
        return Found(items=_items(raws, item), total=_count(count), next=onward)

    return read


def _items(raws: Sequence[bytes], item: Callable[[bytes], Item]) -> list[Item]:
    found, broken = [], 0
    for raw in raws:
        found.append(one := item(raw))
        if one.trouble and (broken := broken + 1) > BROKEN:
            raise Unavailable(f"More than {BROKEN:,} items of the page cannot be read.", code="too_many_broken")
    return found


def _splitter(items: str, total: str | None, following: str | None) -> Callable[[bytes], Piece]:
    slow = _slow_splitter(items, total, following)
    quick = shapes.envelope(items, [total, following])
    if quick is None:
        return slow

    def split(body: bytes) -> Piece:
        if strictjson.crowded(body):
            raise Unavailable("The page names more than a million values.", code="too_many_values")
        try:
            raws, (count, onward) = quick(body)
        except shapes.Unfit:
            return slow(body)
        return raws, count, onward

    return split


def _slow_splitter(items: str, total: str | None, following: str | None) -> Callable[[bytes], Piece]:
    where, count, onward = getter(items), _optional(total), _optional(following)
    names = shapes.names(items)

    def split(body: bytes) -> Piece:
        try:
            tree, raws = _kept(body, names, where)
        except (strictjson.BadJson, paths.Failed) as error:
            code = str(error) if isinstance(error, strictjson.BadJson) else "not_a_list"
            raise Unavailable("The page is no usable JSON.", code=code) from None
        if raws is None:
            raise Unavailable("The page has no list where the manifest says.", code="not_a_list")
        return raws, _value(count, tree), _value(onward, tree)

    return split


def _kept(body: bytes, names: Sequence[str] | None, where: paths.Getter) -> tuple[Any, list[bytes] | None]:
    """The page's value and the bytes of its items; None where there is no list."""
    if names is not None:
        return strictjson.parse_items(body, names, lenient=True)
    tree, spans = strictjson.parse_spans(body)
    found = where(tree)
    if not isinstance(found, list):
        return tree, None
    return tree, [spans.get(id(one)) or _written_again(one) for one in found]


def _item_reader(ref: str, changed: Mapping[str, str] | None, created: str | None) -> Callable[[bytes], Item]:
    stamp = moments(changed) if changed else None
    path = str(changed["path"]) if changed else None
    slow = _slow_item_reader(ref, path, created, stamp)
    quick = shapes.fields([ref, path, created])
    if quick is None:
        return slow

    def read(raw: bytes) -> Item:
        # what replacing takes away: counting looks at each byte in turn, which would be a third of what an item costs
        opened = 2 * len(raw) - len(raw.replace(b"{", b"")) - len(raw.replace(b"[", b""))
        if len(raw) > _LONG or opened > _DEEP:
            return slow(raw)
        try:
            key, when, made = quick(raw)
        except shapes.Unfit:
            return slow(raw)
        if type(key) is str and key.isascii() and key.isprintable() and key.strip() and not _escaped(key):
            text = f'"{key}"'
        elif type(key) is int:
            text = str(key)
        else:
            return slow(raw)
        return Item(
            ref=text,
            raw=raw,
            payload=None,
            stamp=stamp(when) if stamp and when is not None else None,
            created=_written(made),
        )

    return read


def _escaped(text: str) -> bool:
    return '"' in text or "\\" in text


def _slow_item_reader(
    ref: str, path: str | None, created: str | None, stamp: Callable[[Any], datetime | None] | None
) -> Callable[[bytes], Item]:
    key, when, made = getter(ref), _optional(path), _optional(created)

    def read(raw: bytes) -> Item:
        try:
            one = strictjson.parse(raw)
        except strictjson.BadJson as error:
            return _broken(raw, str(error), key)
        if not isinstance(one, dict):
            return Item(ref=None, raw=raw, payload=None, trouble="not_an_object")
        text = strictjson.ref_text(_value(key, one))
        huge = len(raw) > _LONG and strictjson.has_huge_number(one)
        return Item(
            ref=text,
            raw=raw,
            payload=None if huge else one,
            stamp=stamp(_value(when, one)) if stamp else None,
            created=_written(_value(made, one)),
            trouble="number_too_long" if huge else "bad_ref" if text is None else None,
        )

    return read


def _broken(raw: bytes, code: str, key: paths.Getter) -> Item:
    """An item that two readers could understand differently: kept under its own id where that is clear."""
    try:
        one = strictjson.parse_lenient(raw)
    except strictjson.BadJson:
        one = None
    text = strictjson.ref_text(_value(key, one)) if isinstance(one, dict) else None
    return Item(ref=text, raw=raw, payload=None, trouble=code)


def moments(spec: Mapping[str, str]) -> Callable[[Any], datetime | None]:
    """A reader of stamps: UTC, or None where nothing readable is said. `spec` is {format, zone}."""
    read, iso = stamps.reader(spec.get("format"), spec.get("zone")), spec.get("format") == "iso"

    def moment(value: Any) -> datetime | None:
        try:
            told = stamps.with_offset(value) if iso and type(value) is str else None
            return (told or datetime.fromisoformat(read(value)[0])).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            return None

    return moment


def _written(value: Any) -> str | None:
    if value is None:
        return None
    if type(value) is str and value.isascii() and value.isprintable() and not _escaped(value):
        return f'"{value}"'
    return json.dumps(value, default=str, sort_keys=True)


def _count(value: Any) -> int | None:
    """The portal's own count, None where there is none that is a number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return None


def _optional(expression: str | None) -> paths.Getter | None:
    return getter(expression) if expression else None


def _value(path: paths.Getter | None, one: Any) -> Any:
    try:
        return path(one) if path else None
    except paths.Failed:
        return None


def getter(expression: str) -> paths.Getter:
    """The compiled expression; raises Misconfigured with the reason."""
    try:
        return paths.getter(expression)
    except paths.BadPath as error:
        raise Misconfigured(f"The path '{expression[:100]}' cannot be used: {error}.", code="bad_path") from None


def _written_again(one: Any) -> bytes:
    # An expression that builds new values leaves no bytes of the portal to keep.
    return json.dumps(one, ensure_ascii=True, separators=(",", ":"), default=str).encode()
