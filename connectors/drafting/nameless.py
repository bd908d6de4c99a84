"""Rows without names, as DataTables and exports send them ([["12", "2024-08-12", "Jalan rusak"]]): what they hold tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from connectors import rows
from connectors.drafting import looks, words_of_values
from connectors.drafting.guesses import Guess
from connectors.drafting.leaves import Leaf, path

_FEWEST: Final = 3
"""Columns; pairs of plain values are points on a map."""
_MOST: Final = 60
_DEEPEST: Final = 4
_SURE: Final = 50
"""Percent for what nothing but values tells: a person looks at it."""


def tables(value: Any, beside: Sequence[Any] = (), keys: tuple[str, ...] = ()) -> Iterator[tuple[str, list[Any]]]:
    """
    Every list of rows in an answer: an expression that gives its columns names, and its items under those names.

    The names are those of a list of as many words that stands beside it, else kolom_1, kolom_2, …
    """
    if isinstance(value, list) and (width := _width(value)):
        names = next((found for one in beside if (found := _names(one, width))), None)
        names = names or [f"kolom_{at + 1}" for at in range(width)]
        parts = ", ".join(f"{name}: [{at}]" for at, name in enumerate(names))
        yield f"{path(keys)}[*].{{{parts}}}", [dict(zip(names, row, strict=False)) for row in value]
    elif isinstance(value, Mapping) and len(keys) < _DEEPEST:
        for key, one in value.items():
            yield from tables(one, list(value.values()), (*keys, str(key)))


def _width(found: Sequence[Any]) -> int:
    """How many columns all its rows have, 0 where these are no rows."""
    if not found or not all(isinstance(one, list) and not any(isinstance(x, list) for x in one) for one in found):
        return 0
    widths = {len(one) for one in found}
    texts = any(isinstance(cell, str) for cell in found[0])
    return widths.pop() if len(widths) == 1 and texts and _FEWEST <= len(found[0]) <= _MOST else 0


def _names(beside: Any, width: int) -> list[str] | None:
    if not isinstance(beside, list) or len(beside) != width or not all(isinstance(one, str) for one in beside):
        return None
    found = [rows.name(one) for one in beside]
    return found if all(found) and len(set(found)) == width else None


def guessed(found: Sequence[Leaf], made: Mapping[str, Guess]) -> dict[str, Guess]:
    """What columns called kolom_1, kolom_2, … are by their values alone, without those that are taken."""
    best = dict(made)
    for field, fits in (("source_status", _status), ("category_code", _category), ("ref", _ref)):
        taken = {one.leaf.keys for one in best.values()}
        free = [one for one in found if one.keys not in taken and one.own == ("kolom",) and one.values]
        if field not in best and (leaf := max(free, key=fits, default=None)) and fits(leaf) > 0:
            best[field] = Guess(field=field, leaf=leaf, sure=_SURE, because="values")
    return best


def _status(leaf: Leaf) -> float:
    return _share(leaf, words_of_values.statuses(leaf.values).known)


def _category(leaf: Leaf) -> float:
    return 0 if looks.length(leaf.values) > 25 else _share(leaf, words_of_values.categories(leaf.values).known)


def _share(leaf: Leaf, known: Mapping[str, Any]) -> float:
    told = words_of_values.distinct(leaf.values) or []
    return len(known) / len(told) if told and len(known) >= 0.6 * len(told) else 0


def _ref(leaf: Leaf) -> float:
    """Short, without blanks, and each its own; one with letters rather than the number of a row, which moves."""
    texts = [str(one) for one in leaf.values]
    if len(set(texts)) < len(texts) or any(" " in one or len(one) > 40 or "<" in one for one in texts):
        return 0
    if looks.dated(leaf.values) or looks.share(leaf.values, looks.is_phone) > 0.5:
        return 0
    return 1 if all(one.isdecimal() for one in texts) else 2
