"""The registry's client contract is readable by OpenAPI tools and names the calls that the hub makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

import schemas

CONTRACT: dict[str, Any] = yaml.safe_load(
    (Path(schemas.__file__).parent / "registry.openapi.yaml").read_text(encoding="utf-8")
)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_somewhere() -> None:
    """Whoever generates a client from the contract gets no dangling reference."""
    for reference in references(CONTRACT):
        place: Any = CONTRACT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_the_eight_calls_are_there() -> None:
    """Files, create, route, read, follow-ups, answers and two master lists: each call of the hub is there."""
    calls = {operation["operationId"] for path in CONTRACT["paths"].values() for operation in path.values()}
    assert calls == {"institutions", "templates", "upload", "create", "route", "read", "followups", "follow_up"}
