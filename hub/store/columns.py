"""Lists that go into a statement as columns: packed by the cast that the statement gives them, not left to the driver."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from hub.store.packed import Packed, byteas, uuids

_LENGTH = struct.Struct("!i").pack
_BIG = struct.Struct("!iq").pack
_SMALL = struct.Struct("!ii").pack
_NULL = _LENGTH(-1)
_TRUE, _FALSE = b"\0\0\0\1\1", b"\0\0\0\1\0"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_PARAMETER = re.compile(r"%b(?:::(\w+\[\]))?")

Way = Callable[[Sequence[Any]], Packed]


def sent(sql: str, params: Sequence[Any]) -> list[Any]:
    """The parameters of `sql`, each list packed that is written `%b::uuid[]`, `%b::text[]` or the like."""
    ways = _ways(sql)
    return [
        way(value) if way and isinstance(value, list) and value else value
        for value, way in zip(params, ways, strict=True)
    ]


@lru_cache(maxsize=256)
def _ways(sql: str) -> list[Way | None]:
    return [_WAYS.get(cast) for cast in _PARAMETER.findall(sql.replace("%%", ""))]


def _each(element: int, pack: Callable[[Any], bytes]) -> Way:
    """Elements of the type with this OID, packed with their length; each value once, however often it comes."""

    def way(values: Sequence[Hashable]) -> Packed:
        known = {value: _NULL if value is None else pack(value) for value in set(values)}
        return Packed(element, len(values), [known[value] for value in values])

    return way


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _LENGTH(len(encoded)) + encoded


def _uuids(values: Sequence[UUID | None]) -> Packed:
    if None not in values:
        return uuids([value.bytes for value in values if value])
    return _MAYBE_UUIDS(values)


_MAYBE_UUIDS = _each(2950, lambda value: _LENGTH(16) + value.bytes)
_INTS = _each(23, lambda value: _SMALL(4, value))
_BOOLS = _each(16, lambda value: _TRUE if value else _FALSE)
_WAYS: dict[str, Way] = {
    "text[]": _each(25, _text),
    "int[]": _INTS,
    "integer[]": _INTS,
    "bigint[]": _each(20, lambda value: _BIG(8, value)),
    "bool[]": _BOOLS,
    "timestamptz[]": _each(1184, lambda value: _BIG(8, (value - _EPOCH) // _TICK)),
    "bytea[]": byteas,
    "uuid[]": _uuids,
}
"""Cast in our SQL -> how a list is packed for it; what stands for no type here goes the driver's way."""
