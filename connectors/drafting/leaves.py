"""What stands where in the items of a sample: every place with its values, and how it is written as a path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from connectors.drafting import names

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PERSONAL: Final = re.compile(r"[0-9]{6}|@")
DEEPEST: Final = 5
_ONE: Final = "[0]"
"""Behind the name of a list that holds one value for each item."""
_WIDEST: Final = 400
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One place in the items."""

    keys: tuple[str, ...]
    values: tuple[Any, ...] = ()
    """What stands there, item by item, without what is blank."""
    path: str
    """As JMESPath."""
    many: bool = False
    """It lies in a list of objects."""
    listed: bool = False
    """It is a list of plain values."""
    column: str = ""
    """The type of its column in SQL, small letters; "" elsewhere."""
    own: tuple[str, ...] = field(default=(), compare=False)
    """The words of its own name, in our vocabulary."""
    above: frozenset[str] = field(default=frozenset(), compare=False)
    """The words of the names above it."""

    @property
    def called(self) -> Collection[str]:
        """What tells what it is: its own words, or where these only say that there is a value, those above it."""
        return self.above if self.own == ("label",) and self.above else self.own


def leaves(items: Sequence[Any]) -> list[Leaf]:
    """Every place of the items that can be named in a manifest, in the order in which it comes first."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for item in items:
        for keys, value in _walk(item, ()):
            if len(found) < _WIDEST or keys in found:
                found.setdefault(keys, []).append(value)
    made = [_leaf(keys, values) for keys, values in found.items() if all(map(_nameable, keys))]
    inner = {one.keys[:depth] for one in made for depth in range(1, len(one.keys))}
    return _captioned([one for one in made if one.values or one.keys not in inner])


_CAPTIONS: Final = ("text", "label", "question", "title", "caption", "name", "pertanyaan")
_CONTENTS: Final = ("answer", "value", "jawaban", "content", "isi", "response")


def _captioned(made: list[Leaf]) -> list[Leaf]:
    """{"3": {"text": "Nama Lengkap", "answer": …}}: what stands in `answer` is called as `text` says."""
    by_keys = {one.keys: one for one in made}
    captions: dict[tuple[str, ...], Leaf] = {}
    for one in made:
        if one.keys[-1].lower() in _CONTENTS and not one.many:
            beside = (by_keys.get((*one.keys[:-1], word)) for word in _CAPTIONS)
            if caption := next(
                (it for it in beside if it and len(set(map(str, it.values))) == 1 and len(one.values) > 0), None
            ):
                captions[one.keys] = caption
    told = {one.keys[:-1] for one in captions.values()}
    return [
        replace(one, own=names.words(str(captions[one.keys].values[0])), above=frozenset())
        if one.keys in captions
        else one
        for one in made
        if one.keys in captions or one.keys[:-1] not in told
    ]


def leaf(keys: Sequence[str], values: Sequence[Any] = (), column: str = "") -> Leaf:
    """One place by its names."""
    return _leaf(tuple(keys), values, column)


def _nameable(key: str) -> bool:
    """A name that holds a number or an address of somebody is no name of a field, nor is what a protocol says of itself."""
    return 0 < len(key) <= _LONGEST_NAME and not _PERSONAL.search(key) and key.isprintable() and key[:2] != "__"


def _walk(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and len(keys) < DEEPEST:
        for key, inner in value.items():
            yield from _walk(inner, (*keys, str(key)))
    elif keys and isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and "value" in value[0]:
        yield (
            (*keys[:-1], keys[-1] + _ONE, "value"),
            value[0]["value"],
        )  # {"field_isi": [{"value": "…"}]}, as Drupal has it
    elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        yield (*keys[:-1], keys[-1] + "[]") if keys else ("[]",), value
        for one in value[:5]:
            for inner, content in _walk(one, ()):
                yield (*keys[:-1], keys[-1] + "[]", *inner) if keys else ("[]", *inner), content
    elif keys:
        yield keys, value


def _leaf(keys: tuple[str, ...], values: Sequence[Any], column: str = "") -> Leaf:
    there = tuple(one for one in values if one not in (None, "", []) and not _space(one))
    return Leaf(
        keys=keys,
        values=there,
        path=path(keys),
        many=any(key.endswith("[]") for key in keys),
        listed=any(isinstance(one, list) for one in there),
        column=column,
        own=names.words(keys[-1].removesuffix("[]")),
        above=frozenset(word for key in keys[:-1] for word in names.words(key.removesuffix("[]"))),
    )


def _space(value: Any) -> bool:
    return isinstance(value, str) and value.isspace()


def path(keys: Sequence[str]) -> str:
    """The names as JMESPath; what is no plain name stands in quotes."""
    return ".".join(_marked(key) for key in keys)


def _marked(key: str) -> str:
    mark = next((one for one in ("[]", _ONE) if key.endswith(one)), "")
    return _quoted(key.removesuffix(mark)) + mark


def _quoted(key: str) -> str:
    if _PLAIN.fullmatch(key):
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
