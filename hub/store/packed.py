"""Arrays in PostgreSQL's own binary form, joined here: the driver's lists cost ten times as much for a large batch."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from psycopg.adapt import Dumper
from psycopg.pq import Format

_BYTEA, _UUID = 17, 2950
"""OIDs of the element types."""
_HEAD = struct.Struct("!5I").pack
_SIZE = struct.Struct("!i").pack
_NULL = _SIZE(-1)


class Packed:
    """One array, written `%b::bytea[]` or `%b::uuid[]` in a statement: the cast tells the server its type."""

    __slots__ = ("data",)

    def __init__(self, element: int, count: int, parts: list[bytes]) -> None:
        """`parts`: size and value of each element, one after another."""
        # one dimension, nulls may be among them, the type, how many, counted from 1
        self.data = b"".join([_HEAD(1, 1, element, count, 1), *parts])


def byteas(values: Sequence[bytes | None]) -> Packed:
    """A bytea[]."""
    parts: list[bytes] = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (_SIZE(len(value)), value)
    return Packed(_BYTEA, len(values), parts)


def uuids(values: Sequence[bytes]) -> Packed:
    """A uuid[], from 16 bytes each."""
    size = _SIZE(16)
    return Packed(_UUID, len(values), [part for value in values for part in (size, value)])


class PackedDumper(Dumper):
    """Hands a Packed to the server as it is."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> bytes:
        """The bytes as they were joined."""
        return obj.data
