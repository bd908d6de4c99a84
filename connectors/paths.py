"""Where a value stands in a foreign item: JMESPath within limits, with a short way for plain dotted names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

Getter = Callable[[Any], Any]

LONGEST: Final = 1024
DEEPEST: Final = 32
WIDEST: Final = 1024

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
        except (JMESPathError, RecursionError, TypeError, ValueError, AttributeError, OverflowError):
            raise Failed("the expression cannot work on this item") from None

    return search


def _refuse_large(tree: Any) -> None:
    """Bound depth and growth: lists written out inside pipes multiply, `[@,@][]|[@,@][]|…` doubles at each step."""
    width, level, depth = 1, [tree], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _deep()
        for node in level:
            if node["type"] in ("multi_select_list", "multi_select_dict"):
                width *= max(1, len(node["children"]))
        if width > WIDEST:
            raise BadPath("it writes out too many lists inside lists", "terlalu banyak daftar di dalam daftar")
        level = [child for node in level for child in node["children"]]
