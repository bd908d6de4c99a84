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


def test_every_call_is_there() -> None:
    """Each call that the hub makes to either kind of registry is there, under the tag of its kind."""
    calls: dict[str, set[str]] = {}
    for path in CONTRACT["paths"].values():
        for operation in (one for verb, one in path.items() if verb in ("get", "post")):
            calls.setdefault(*operation["tags"], set()).add(operation["operationId"])
    assert calls["lapor_v3"] == {
        *("institutions", "templates", "upload", "create", "route", "read", "followups", "follow_up"),
    }
    assert calls["reference_v1"] == {
        f"reference_{what}" for what in ("upload", "create", "list", "events", "note", "changes", "alive")
    }
