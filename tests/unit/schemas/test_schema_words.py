"""The words in code and the words in the schemas are the same words."""

from __future__ import annotations

from typing import Any

import schemas
from schemas import words


def enum(name: str, *path: str) -> set[Any]:
    place: Any = schemas.load(name)
    for step in path:
        place = place[step]
    return set(place["enum"]) - {None}


def test_kinds_are_spelled_alike() -> None:
    """A kind that code knows is a kind that every contract knows."""
    assert enum("complaint", "properties", "kind") == set(words.KINDS)
    assert enum("manifest", "$defs", "kind") == set(words.KINDS)
    assert enum("registry", "properties", "classifications", "propertyNames") == {
        *words.KINDS,
        "supervisory",
        "whistle_blowing",
    }


def test_categories_are_spelled_alike() -> None:
    """A category can be mapped, stored, forwarded and labelled, or does not exist."""
    for place in (
        ("complaint", "properties", "category_code"),
        ("manifest", "$defs", "category"),
        ("registry", "properties", "categories", "propertyNames"),
    ):
        assert enum(place[0], *place[1:]) == set(words.CATEGORIES)
    assert all(words.CATEGORIES.values())


def test_statuses_are_spelled_alike() -> None:
    """A status from the registry means the same in the manifest, the registry's table and the event."""
    assert enum("status", "properties", "status") == set(words.STATUSES)
    assert enum("manifest", "$defs", "status") == set(words.STATUSES)
    assert enum("registry", "properties", "statuses", "additionalProperties") == set(words.STATUSES)
    assert enum("status", "if", "properties", "status") == set(words.TERMINAL)
    assert set(words.TERMINAL) <= set(words.STATUSES)


def test_the_other_words_are_spelled_alike() -> None:
    """Who moved it, whose codes it uses, how exact its time is and what the log tells of: one spelling each."""
    assert enum("status", "properties", "by") == set(words.BY)
    assert enum("complaint", "properties", "code_system") == set(words.CODE_SYSTEMS)
    assert enum("complaint", "properties", "submitted_precision") == set(words.PRECISIONS)
    assert enum("entry", "properties", "act") == set(words.ACTS)


def test_a_manifest_can_map_exactly_what_a_channel_may_know() -> None:
    """Every canonical field that a channel can supply has a place in a manifest, and no other name has."""
    ours = {"id", "connector", "channel", "ref", "received_at", "submitted_precision", "extra", "reporter"}
    reporter = {f"reporter.{name}" for name in schemas.load("complaint")["properties"]["reporter"]["properties"]}
    canonical = set(schemas.load("complaint")["properties"])
    assert set(schemas.load("manifest")["$defs"]["fields"]["properties"]) == canonical - ours | reporter


def test_there_are_seven_outcomes() -> None:
    """The words of promise 1 are seven, each once."""
    assert len(set(words.OUTCOMES)) == len(words.OUTCOMES) == 7
