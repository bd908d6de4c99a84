"""JSON as strangers send it: refused where two readers could disagree, and every item kept byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.decoder import JSONArray, JSONDecodeError, JSONObject  # type: ignore[attr-defined]
from json.scanner import py_make_scanner  # type: ignore[attr-defined]
from typing import Any

DEPTH = 64
VALUES = 1_000_000
"""Values of one text; as Python has them they take a hundred bytes each, and a page of 25 MiB can name eight million."""
_FEW = 2 * VALUES
"""Bytes up to which a text cannot hold more: a value takes a sign and a comma."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
"""A string, or what begins as one and never ends; it takes nothing back, which would cost memory and time for each escape."""
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SPACE = re.compile(r"[ \t\n\r]*")


class BadJson(ValueError):
    """The bytes are not JSON that every reader understands alike; the message is a code and quotes nothing."""


class HugeNumber(Decimal):
    """An integer of more digits than Python reads as int; `str` gives the digits as received."""


def parse(data: bytes) -> Any:
    """The value; raises BadJson for broken UTF-8 or syntax, doubled keys, NaN, Infinity, 64 levels, a million values."""
    text = _text(data)
    return _guard(lambda decoder: decoder.decode(text))


def parse_lenient(data: bytes) -> Any:
    """The value as a forgiving reader has it (of doubled keys the last, NaN as a number): only to find an item's id."""
    text = _forgiving(data)
    return _guard(lambda decoder: decoder.decode(text), _LENIENT)


def parse_items(data: bytes, path: Sequence[str], *, lenient: bool = False) -> tuple[Any, list[bytes] | None]:
    """The value, and the elements of the list at `path` (keys from the top) exactly as received; None: no list there.

    `lenient` forgives inside the elements what `parse` refuses, so that one of them does not cost the others.
    """
    text = _forgiving(data) if lenient else _text(data)

    def walk(decoder: json.JSONDecoder) -> tuple[Any, list[bytes] | None]:
        value, slices, end = _walk(decoder, text, _skip(text, 0), path)
        if _skip(text, end) != len(text):
            raise BadJson("not_json")
        return value, slices

    found: tuple[Any, list[bytes] | None] = _guard(walk, _LENIENT if lenient else _STRICT)
    return found


def parse_spans(data: bytes) -> tuple[Any, dict[int, bytes]]:
    """The value, and for every object in it by id() its bytes as received; slower than parse_items."""
    text = _text(data)

    def scan(_: json.JSONDecoder) -> tuple[Any, dict[int, bytes]]:
        decoder = _Spans(object_pairs_hook=_unique, parse_constant=_constant, parse_int=_integer)
        value = decoder.decode(text)
        return value, {key: text[start:end].encode() for key, (start, end) in decoder.spans.items()}

    found: tuple[Any, dict[int, bytes]] = _guard(scan)
    return found


class _Spans(json.JSONDecoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.spans: dict[int, tuple[int, int]] = {}
        self.parse_object = self._object
        self.parse_array = JSONArray
        self.scan_once = py_make_scanner(self)

    def _object(self, start: tuple[str, int], *rest: Any) -> tuple[Any, int]:
        value, end = JSONObject(start, *rest)
        self.spans[id(value)] = (start[1] - 1, end)
        return value, end


def crowded(data: bytes) -> bool:
    """Whether a text names more than a million values; what stands inside of strings does not count."""
    if len(data) <= _FEW or data.count(b",") + (opened := _opened(data)) <= VALUES:
        return False
    # a sentence has commas, and hardly a bracket
    return opened > VALUES or data.count(b'"') > 4 * VALUES or _listed(data) > VALUES


def _opened(data: bytes) -> int:
    return data.count(b"[") + data.count(b"{")


def _listed(data: bytes) -> int:
    left = _STRING.sub(b"", data)
    return left.count(b",") + _opened(left)


def _text(data: bytes) -> str:
    _check_depth(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadJson("not_utf8") from None


def _forgiving(data: bytes) -> str:
    """The text with bytes that are no UTF-8 kept as they are; an element that holds some is refused by itself."""
    _check_depth(data)
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _check_depth(data: bytes) -> None:
    """Count levels without recursion: what is left of the brackets after 64 rounds of removing pairs is too deep."""
    if crowded(data):
        raise BadJson("too_many_values")
    left = _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    for _ in range(DEPTH):
        shorter = left.replace(b"[]", b"\0").replace(b"{}", b"\0").replace(b"\0", b"")
        if len(shorter) == len(left):
            break
        left = shorter
    if left:
        closed = left.count(b"[") == left.count(b"]") and left.count(b"{") == left.count(b"}")
        raise BadJson("too_deep" if closed else "not_json")


def _guard(read: Any, decoder: json.JSONDecoder | None = None) -> Any:
    decoder = decoder or _STRICT
    try:
        return read(decoder)
    except BadJson:
        raise
    except (JSONDecodeError, RecursionError):
        raise BadJson("not_json") from None
    except ValueError:
        return _with_huge_numbers(read, decoder)


def _with_huge_numbers(read: Any, like: json.JSONDecoder) -> Any:
    if like is _STRICT:
        decoder = json.JSONDecoder(
            object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite, parse_int=_integer
        )
    else:
        decoder = json.JSONDecoder(parse_int=_integer)
    try:
        return read(decoder)
    except ValueError as error:
        raise error if isinstance(error, BadJson) else BadJson("not_json") from None


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) < 4000 else HugeNumber(digits)


def _constant(_: str) -> Any:
    raise BadJson("not_a_number")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise BadJson("not_a_number")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadJson("doubled_key")
    return value


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_finite)
_LENIENT = json.JSONDecoder()


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


Walked = tuple[Any, list[bytes] | None, int]


def _walk(decoder: json.JSONDecoder, text: str, at: int, path: Sequence[str]) -> Walked:
    """Like raw_decode, noting where the elements of the list at `path` begin and end."""
    if not path and text[at : at + 1] == "[":
        return _walk_list(decoder, text, at + 1)
    if path and text[at : at + 1] == "{":
        return _walk_object(decoder, text, at + 1, path)
    value, end = decoder.raw_decode(text, at)
    return value, None, end


def _walk_list(decoder: json.JSONDecoder, text: str, at: int) -> Walked:
    values: list[Any] = []
    slices: list[bytes] = []
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return values, slices, at + 1
    while True:
        value, end = decoder.raw_decode(text, at)
        values.append(value)
        slices.append(text[at:end].encode("utf-8", "surrogateescape"))
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return values, slices, at + 1
        at = _skip(text, _expect(text, at, ","))


def _walk_object(decoder: json.JSONDecoder, text: str, at: int, path: Sequence[str]) -> Walked:
    pairs: list[tuple[str, Any]] = []
    slices: list[bytes] | None = None
    at = _skip(text, at)
    while text[at : at + 1] != "}" or pairs:
        if text[at : at + 1] != '"':
            raise BadJson("not_json")
        key, at = decoder.raw_decode(text, at)
        at = _skip(text, _expect(text, _skip(text, at), ":"))
        if key == path[0]:
            value, slices, at = _walk(decoder, text, at, path[1:])
        else:
            value, at = decoder.raw_decode(text, at)
        pairs.append((key, value))
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            break
        at = _skip(text, _expect(text, at, ","))
    return _unique(pairs), slices, at + 1


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise BadJson("not_json")
    return at + 1


def string_ref(value: str) -> str | None:
    """RFC 8785 text of a string; None where it holds a lone surrogate, which no canonical form has."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return json.dumps(value, ensure_ascii=False)


def ref_text(value: Any) -> str | None:
    """JSON text of an item's id: a string by RFC 8785, an integer as its decimal digits; None for all else."""
    if isinstance(value, str):
        return string_ref(value) if value.strip() else None
    if isinstance(value, HugeNumber) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    return None


def has_huge_number(value: Any) -> bool:
    """Whether an integer too long for Python's int is anywhere in a value."""
    if isinstance(value, Mapping):
        return any(has_huge_number(part) for part in value.values())
    if isinstance(value, list):
        return any(has_huge_number(part) for part in value)
    return isinstance(value, HugeNumber)
