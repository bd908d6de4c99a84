"""The short way through JSON: plain dotted names read straight from the bytes, the rest of the text passed over.

A shape is a data type that msgspec fills; names of a manifest are keys of its table and never become code.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,7}")
_PIECE = 16 * 1024
_ERRORS = (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError)


class Unfit(ValueError):
    """These bytes are not of the shape, or not beyond doubt; the long way decides."""


Tree = dict[str, Any]
Getter = Callable[[Any], Any]


def names(expression: str) -> list[str] | None:
    """The names of a plain dotted path; [] for "@"; None for any other JMESPath."""
    if expression == "@":
        return []
    return expression.split(".") if _PLAIN.fullmatch(expression) else None


def envelope(items: str, others: Sequence[str | None]) -> Callable[[bytes], tuple[list[bytes], Sequence[Any]]] | None:
    """A reader of pages: the bytes of each item of the list at `items`, and the values of the other paths.

    None where a path is more than plain names, or one is the beginning of another. The reader raises Unfit.
    """
    tree: Tree = {}
    where = _plant(tree, names(items), list[msgspec.Raw])
    rest = [_plant(tree, names(path), Any) if path else _nothing for path in others]
    ways = [one for one in rest if one is not None]
    if where is None or len(ways) < len(rest) or (items == "@" and tree):
        return None
    decoder = msgspec.json.Decoder(list[msgspec.Raw] if items == "@" else _shape(tree))
    keys = {b'"' + name.encode() + b'"' for path in (items, *others) if path for name in names(path) or []}

    def read(body: bytes) -> tuple[list[bytes], Sequence[Any]]:
        try:
            found = decoder.decode(body)
            _be_text(body)  # what is passed over is not looked at, and must be text all the same
        except _ERRORS:
            raise Unfit from None
        slices = where(found)
        if slices is None:
            raise Unfit
        raws = [bytes(one) for one in slices]
        around = _around(body, raws)
        if any(around.count(key) > 1 for key in keys) and any(_twice(key, body, raws) for key in keys):
            raise Unfit
        return raws, [get(found) for get in ways]

    return read


def fields(expressions: Sequence[str | None]) -> Callable[[bytes], Sequence[Any]] | None:
    """A reader of one object: the values at the paths, None where there is none. None and Unfit as in `envelope`.

    Of a key that comes twice the last is taken, as the long way does; whoever reads the whole object sees that.
    """
    tree: Tree = {}
    getters = [_plant(tree, names(path), Any) if path else _nothing for path in expressions]
    ways = [one for one in getters if one is not None]
    if len(ways) < len(getters) or not tree:
        return None
    decoder = msgspec.json.Decoder(_shape(tree))

    def read(raw: bytes) -> Sequence[Any]:
        try:
            found = decoder.decode(raw)
        except _ERRORS:
            raise Unfit from None
        return [get(found) for get in ways]

    return read


def _be_text(body: bytes) -> None:
    """Raises UnicodeDecodeError; piece by piece, because the text of a whole page is too large for the nearest memory."""
    for _ in codecs.iterdecode((body[at : at + _PIECE] for at in range(0, len(body), _PIECE)), "utf-8"):
        pass


def _around(body: bytes, raws: Sequence[bytes]) -> bytes:
    """
    The page without its items, where these are objects that stand in it one after another; else all of it.

    Nothing of a key can be in what is taken out but a whole one inside an item: a key holds no comma and no brace.
    """
    if not raws or raws[0][:1] != b"{" or raws[-1][-1:] != b"}":
        return body
    start = body.find(raws[0])
    end = start + len(raws[0])
    between = body[end : body.find(b"{", end)] if len(raws) > 1 else b","
    items = between.join(raws)
    if between.strip() != b"," or not body.startswith(items, start):
        return body
    return body[:start] + b" " + body[start + len(items) :]


def _twice(key: bytes, body: bytes, raws: Sequence[bytes]) -> bool:
    """Whether a key of the page itself comes twice, which different readers read differently; inside items it may."""
    count = body.count(key)
    return count > 1 and count - sum(raw.count(key) for raw in raws) > 1


def _nothing(_: Any) -> Any:
    return None


def _plant(tree: Tree, path: list[str] | None, leaf: Any) -> Getter | None:
    """Put a path into the tree of names; returns how its value is reached, None where it cannot stand there."""
    if path is None:
        return None
    if not path:
        return (lambda found: found) if not tree else None
    for name in path[:-1]:
        node = tree.setdefault(name, {})
        if not isinstance(node, dict):
            return None
        tree = node
    if path[-1] in tree:
        return None if isinstance(tree[path[-1]], dict) or tree[path[-1]] is not leaf else _reach(path)
    tree[path[-1]] = leaf
    return _reach(path)


def _reach(path: list[str]) -> Getter:
    attributes = [_attribute(name) for name in path]
    if len(attributes) == 1:
        only = attributes[0]
        return lambda found: getattr(found, only)

    def walk(found: Any) -> Any:
        for name in attributes:
            found = getattr(found, name, None)
        return found

    return walk


def _attribute(name: str) -> str:
    # Never a name of Python's own: a manifest that says __class__ reads the key of that name and nothing else.
    return f"k_{name}"


def _shape(tree: Tree) -> Any:
    members = [
        (
            _attribute(name),
            (_shape(below) if isinstance(below, dict) else below) | None if below is not Any else Any,
            None,
        )
        for name, below in tree.items()
    ]
    return msgspec.defstruct("Shape", members, rename={_attribute(name): name for name in tree}, gc=False, frozen=True)
