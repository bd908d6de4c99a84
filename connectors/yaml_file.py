"""Reads the YAML that staff write as plain values: nothing in it runs, multiplies, or turns into something nobody wrote."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from connectors.errors import Misconfigured
from connectors.manifest_words import wrong, yaml_words

MOST_BYTES: Final = 256 * 1024
MOST_NODES: Final = 20_000
MOST_DEPTH: Final = 32
_MOST_BRACKETS: Final = 2_000
_MOST_ON_A_LINE: Final = 16

_TAG: Final = "tag:yaml.org,2002:"
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STACKED: Final = re.compile(rf"^[ \t]*(?:[-?:][ \t]+){{{_MOST_ON_A_LINE}}}", re.MULTILINE)
_PLAIN: Final = (
    ("null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""]),
    ("bool", re.compile(r"^(?:true|false)$"), list("tf")),
    ("int", re.compile(r"^(?:0|-?[1-9][0-9]{0,17})$"), list("-0123456789")),
    ("float", re.compile(r"^-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,14}$"), list("-0123456789")),
)


class _Loader(_BASE):  # type: ignore[misc]  # the C loader where the wheel has it
    """Knows only null, true, false and decimal numbers: no dates, no yes and no, no 010, no 1:30, no merge keys."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  # PyYAML's own name and form


for _name, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, _first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One file: its text, the SHA-256 (hex) of its bytes, and the mapping it holds; keys are always text."""

    path: Path
    text: str
    sha256: str
    value: dict[str, Any]


def read(path: Path) -> Written:
    """The file as plain values; raises Misconfigured with file, line and remedy, and never quotes a value."""
    return parsed(path, _bytes(path))


def parsed(path: Path, data: bytes) -> Written:
    """The same of bytes that are, or shall be, the file at `path`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong(path, "not_utf8") from None
    value = _Reading(path=path).document(text)
    if not isinstance(value, dict):
        raise _wrong(path, "no_names")
    return Written(path=path, text=text, sha256=hashlib.sha256(data).hexdigest(), value=value)


def line_of(text: str, place: str) -> int | None:
    """The line, from 1, on which `place` (with.page.size) is written, or the block that lacks it; None where neither is there."""
    loader = _Loader(text)
    try:
        node, line = loader.get_single_node(), None
    except (yaml.YAMLError, RecursionError):
        return None
    finally:
        loader.dispose()
    while place and node is not None:
        found = next(_steps(node, place), None)
        if found is None:
            break
        line, node, place = found
    return line


def _steps(node: Any, place: str) -> Iterator[tuple[int, Any, str]]:
    """What stands at the first name of `place` in this node: its line, what it holds, the rest; a name may have dots."""
    if isinstance(node, yaml.MappingNode):
        named = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        named = [(str(number), one, one) for number, one in enumerate(node.value)]
    else:
        return
    for name, key, value in sorted(named, key=lambda one: -len(one[0])):
        if place == name or place.startswith(f"{name}."):
            yield key.start_mark.line + 1, value, place[len(name) + 1 :]


def _wrong(path: Path, rule: str, line: int | None = None, **values: Any) -> Misconfigured:
    where = path.name if line is None else (f"{path.name}, baris {line}", f"{path.name}, line {line}")
    return wrong(where, rule, **values)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _wrong(path, "unreadable_file", why=error.strerror) from None
    if len(data) > MOST_BYTES:
        raise _wrong(path, "too_large", most=MOST_BYTES // 1024)
    return data


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One walk over the nodes of one file; an alias shows as a node that is met twice."""

    path: Path
    seen: set[int] = field(default_factory=set)

    def document(self, text: str) -> Any:
        self._refuse_deep(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        except yaml.YAMLError as error:
            raise self._unreadable(error) from None
        except RecursionError:
            raise self._deep() from None
        finally:
            loader.dispose()
        return None if node is None else self._value(node, 0)

    def _refuse_deep(self, text: str) -> None:
        """The C parser recurses without a limit and would take the process down, so nesting is bounded before it runs."""
        if text.count("[") + text.count("{") > _MOST_BRACKETS or _STACKED.search(text):
            raise self._deep()

    def _deep(self) -> Misconfigured:
        return _wrong(self.path, "too_deep", most=MOST_DEPTH)

    def _unreadable(self, error: yaml.YAMLError) -> Misconfigured:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "a character that YAML does not allow"
        line = mark.line + 1 if mark is not None else None
        return _wrong(self.path, "no_yaml", line, why=yaml_words(what))

    def _value(self, node: Any, depth: int) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self.seen:
            raise _wrong(self.path, "alias", line)
        self.seen.add(id(node))
        if len(self.seen) > MOST_NODES:
            raise _wrong(self.path, "too_many", most=MOST_NODES)
        if depth > MOST_DEPTH:
            raise self._deep()
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, line)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            raise self._tagged(line)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, depth + 1) for one in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: Any, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise _wrong(self.path, "name_no_text", line)
            if key.value in made:
                raise _wrong(self.path, "twice", line, name=key.value)
            made[key.value] = self._value(value, depth + 1)
        return made

    def _tagged(self, line: int) -> Misconfigured:
        return _wrong(self.path, "tag", line)

    def _scalar(self, node: Any, line: int) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return node.value
        try:
            return _SCALARS[kind](node.value)
        except (KeyError, ValueError):  # !!timestamp, !!python/…, !!int of something else
            raise self._tagged(line) from None


_SCALARS: Final[dict[str, Any]] = {
    "null": lambda text: None,
    "bool": lambda text: {"true": True, "false": False}[text],
    "int": int,
    "float": float,
}
