"""What each kind says of its own keys: checked for a manifest, found along its schema, named where two are one channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import schemas
from connectors.known import broken, known
from schemas import Problem

IN_THE_SCHEMA: Final = frozenset({"rest", "imap", "x"})
"""Kinds whose keys stand in schemas/manifest.schema.json, which has judged them already."""
_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_EVERYWHERE: Final = {
    "created": {"$ref": f"{_WORDS}expression"},
    "look_back": {"$ref": f"{_WORDS}duration"},
    "sweep": {"$ref": f"{_WORDS}duration"},
    "ignore": {"$ref": f"{_WORDS}ignore"},
}
"""Keys of `with` that the hub itself reads."""
_NO_ANSWERS: Final = {
    "not": {},
    "x-id": "kanal jenis ini tidak dapat menjawab; hapus reply",
    "x-en": "a channel of this kind cannot answer; take reply out",
}


def problems(value: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with `with` and `reply` by the words of the kind; raises Misconfigured where there is no such kind."""
    return [] if value["kind"] in IN_THE_SCHEMA else _parts(value["kind"]).problems(value)


def marked(value: Mapping[str, Any], word: str) -> Iterator[tuple[str, Any]]:
    """Place and content of all that the kind's schema calls `word` (expression, url, host) in `with` and `reply`."""
    if value["kind"] in IN_THE_SCHEMA:
        return
    schema = _parts(value["kind"]).schema
    for key, part in schema["properties"].items():
        if key in value:
            yield from _along(part, value[key], key, word, schema["$defs"])


def same(kind: str) -> tuple[str, ...] | None:
    """The keys of `with` that make two manifests of this kind one channel; None: as for all that have an address."""
    given = None if kind in IN_THE_SCHEMA else getattr(known(kind), "SAME", None)
    return None if given is None else tuple(given)


@cache
def _parts(kind: str) -> schemas.Parts:
    cls = known(kind)
    options = dict(getattr(cls, "OPTIONS", {"type": "object"}))
    if "properties" in options:
        options["properties"] = {**_EVERYWHERE, **options["properties"]}
    try:
        return schemas.Parts("manifest", {"with": options, "reply": getattr(cls, "REPLY", None) or _NO_ANSWERS})
    except ValueError:
        raise broken(kind, "OPTIONS or REPLY is no JSON Schema", "OPTIONS atau REPLY bukan JSON Schema") from None


def _along(
    part: Mapping[str, Any], value: Any, place: str, word: str, words: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    called = str(part.get("$ref", "")).removeprefix("#/$defs/")
    if called == word:
        yield place, value
    if called:
        yield from _along(words[called], value, place, word, words) if called != word else ()
    for one in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        yield from _along(one, value, place, word, words)
    if isinstance(value, Mapping):
        inside, others = part.get("properties", {}), part.get("additionalProperties")
        for key, one in value.items():
            following = inside.get(key, others)
            if isinstance(following, Mapping):
                yield from _along(following, one, f"{place}.{key}", word, words)
    if isinstance(value, list) and isinstance(part.get("items"), Mapping):
        for number, one in enumerate(value):
            yield from _along(part["items"], one, f"{place}.{number}", word, words)
