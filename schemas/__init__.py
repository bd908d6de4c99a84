"""The contracts at every border of the hub: what is valid, and what to tell people when something is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schemas.problem import Problem, described, wording

if TYPE_CHECKING:
    import jsonschema
    import jsonschema_rs

__all__ = ["NAMES", "Parts", "Problem", "load", "problems", "valid"]

NAMES: Final = ("complaint", "status", "manifest", "registry", "entry")

_FOLDER: Final = Path(__file__).parent
_MOST: Final = 20  # a person repairs a file top down; the hundredth sentence helps nobody


@cache
def load(name: str) -> dict[str, Any]:
    """The schema ``name`` (JSON Schema 2020-12), one dict for all: do not change it. KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(f"no schema is called {name!r}; there are {', '.join(NAMES)}")
    schema: dict[str, Any] = json.loads((_FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def valid(name: str, value: Any) -> bool:
    """Whether ``value`` (JSON as Python objects) keeps the schema ``name``, formats included. It never raises."""
    try:
        return _judge(name).is_valid(value)
    except (ValueError, TypeError, OverflowError):  # not JSON at all: a lone surrogate, a key that is no text, bytes
        return False


def problems(name: str, value: Any) -> list[Problem]:
    """Why ``value`` does not keep the schema ``name``: at most 20, sorted by place; empty exactly when ``valid``."""
    if valid(name, value):
        return []
    return described(name, _words(name), _judge(name), value)[:_MOST]


class Parts:
    """Keys of a document whose schemas stand elsewhere: a kind of channel says itself what `with` and `reply` may hold.

    `parts`: key -> JSON Schema, whose "$ref": "urn:satupintu:schema:<name>:1#/$defs/<word>" are words of the schema `name`.
    """

    def __init__(self, name: str, parts: Mapping[str, Mapping[str, Any]]) -> None:
        """Compiled at once: a schema that is none raises ValueError, before anybody's manifest is read."""
        import jsonschema_rs

        self.name = name
        here = json.dumps(parts).replace(f"urn:satupintu:schema:{name}:1#/", "#/")
        self.schema: dict[str, Any] = {
            "type": "object",
            "properties": json.loads(here),
            "$defs": load(name)["$defs"],
        }
        try:
            self._judge = jsonschema_rs.Draft202012Validator(self.schema, validate_formats=True)
        except jsonschema_rs.ReferencingError as error:  # a $ref into nowhere; the only one that is no ValueError
            raise ValueError(str(error)) from None

    def problems(self, value: Mapping[str, Any]) -> list[Problem]:
        """Why these keys of ``value`` do not keep their schemas: at most 20, sorted by place, with whole paths."""
        if self._judge.is_valid(value):
            return []
        return described(self.name, wording(self.schema), self._judge, value)[:_MOST]


@cache
def _judge(name: str) -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs  # the hot path's judge; imported late because most commands never validate

    return jsonschema_rs.Draft202012Validator(load(name), validate_formats=True)


@cache
def _words(name: str) -> jsonschema.Draft202012Validator:
    return wording(load(name))
