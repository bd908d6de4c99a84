"""Where a value stands in a foreign item: JMESPath within limits, with a short way for plain dotted names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import prod
from typing import Any, Final

Getter = Callable[[Any], Any]

LONGEST: Final = 1024
DEEPEST: Final = 32
WIDEST: Final = 256
SEPARATOR: Final = 20
"""Characters; as in the key `join`."""

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


class BadPath(ValueError):
    """The expression cannot be used; the text says why, in both languages, and never quotes an item."""

    def __init__(self, english: str, indonesian: str) -> None:
        self.indonesian = indonesian
        super().__init__(english)


class Failed(ValueError):
    """The expression is sound but meets values it cannot work on, such as the length of a number."""


@lru_cache(maxsize=8192)
def getter(expression: str) -> Getter:
    """A function from item to value, None where there is none; it raises Failed. Raises BadPath for the expression."""
    if len(expression.encode(errors="replace")) > LONGEST:
        raise BadPath(f"it is longer than {LONGEST} bytes", f"lebih panjang dari {LONGEST} bita")
    if expression == "@":
        return lambda item: item
    if _PLAIN.fullmatch(expression):
        return _plain(expression.split("."))
    return _jmespath(expression)


def truthy(value: Any) -> bool:
    """JMESPath's truth: false, null and everything empty are false; 0 is true."""
    return value is not None and value is not False and value not in ("", [], {})


def _deep() -> BadPath:
    return BadPath(f"it is deeper than {DEEPEST} levels", f"lebih dalam dari {DEEPEST} tingkat")


def _plain(names: list[str]) -> Getter:
    if len(names) > DEEPEST:
        raise _deep()
    if len(names) == 1:
        return lambda item, name=names[0]: item.get(name) if isinstance(item, dict) else None  # type: ignore[misc]

    def walk(item: Any) -> Any:
        for name in names:
            if not isinstance(item, dict):
                return None
            item = item.get(name)
        return item

    return walk


def _jmespath(expression: str) -> Getter:
    import jmespath  # only manifests with more than plain names pay for it
    from jmespath.exceptions import JMESPathError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", PendingDeprecationWarning
            )  # `word` without quotes is old and still JMESPath
            compiled = jmespath.compile(expression)
    except (JMESPathError, RecursionError, ValueError):
        raise BadPath("it is no JMESPath expression", "bukan ungkapan JMESPath") from None
    _refuse_large(compiled.parsed)

    def search(item: Any) -> Any:
        try:
            return compiled.search(item)
        except (JMESPathError, RecursionError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError):
            raise Failed("the expression cannot work on this item") from None

    return search


def _refuse_large(tree: Any) -> None:
    """Bound depth and growth, so that no expression makes much more of an item than it is."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _deep()
        level = [child for node in level for child in _children(node)]
    if tree["type"] == "expref" or any(_loose(node) for node in _nodes(tree)):
        raise BadPath(
            "& stands only in map, sort_by, min_by and max_by", "& hanya dalam map, sort_by, min_by dan max_by"
        )
    if any(_long_join(node) for node in _nodes(tree)):
        raise BadPath(
            f"join takes a separator written out, of at most {SEPARATOR} characters",
            f"pemisah join ditulis langsung, paling banyak {SEPARATOR} huruf",
        )
    if _growth(tree) > WIDEST:
        raise BadPath("it writes out too many lists inside lists", "terlalu banyak daftar di dalam daftar")


def _children(node: Any) -> list[Any]:
    """The parts of a node; a slice has numbers there."""
    return [] if node["type"] == "slice" else node["children"]


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for child in _children(tree):
        yield from _nodes(child)


def _growth(node: Any) -> int:
    """How many times its input an expression can become: lists written out add, steps one after another multiply.

    Text of text doubles its quotes: `to_string([to_string([...])])`.
    """
    parts = [_growth(child) for child in _children(node)]
    if node["type"] in _STEPS or node.get("value") == "map":
        return prod(parts)
    if node["type"] == "function_expression" and node["value"] == "to_string":
        return 2 * sum(parts)
    return max(1, sum(parts))


_STEPS: Final = (
    "pipe",
    "subexpression",
    "index_expression",
    "projection",
    "value_projection",
    "filter_projection",
    "flatten",
)
_BY: Final = ("map", "sort_by", "min_by", "max_by")


def _loose(node: Any) -> bool:
    """An expression handed to what cannot use it would come out as a thing of the library."""
    taken = node["type"] == "function_expression" and node["value"] in _BY
    return not taken and any(child["type"] == "expref" for child in _children(node))


def _long_join(node: Any) -> bool:
    """A separator from the item could be as long as the list it separates, and together they would fill the memory."""
    if node["type"] != "function_expression" or node["value"] != "join" or not node["children"]:
        return False
    first = node["children"][0]
    return first["type"] != "literal" or not isinstance(first["value"], str) or len(first["value"]) > SEPARATOR
