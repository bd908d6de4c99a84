"""What a kind makes of a sample: mail and chats have payloads of their own, and tables call their columns in one way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

from connectors import rows
from connectors.drafting import options, samples
from connectors.drafting.leaves import Leaf, leaf, leaves
from connectors.known import known

TABLES: Final = ("files", "sheet")
"""Kinds whose payloads are rows."""
FIXED: Final[Mapping[str, Mapping[str, Any]]] = {
    "imap": {
        "title": "subject",
        "body": "text",
        "submitted_at": {"path": "date", "format": "iso"},
        "reporter.name": "from.name",
        "reporter.email": "from.address",
        "attachments": "attachments",
    },
    "x": {
        "body": "text",
        "submitted_at": {"path": "created_at", "format": "iso"},
        "reporter.handle": "author.username",
    },
}
"""Kinds whose payloads are the same everywhere: their fields."""
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def sample_of(kind: str, data: bytes) -> samples.Sample:
    """The sample as the kind reads it, else as it stands there; raises Misconfigured."""
    items = [] if kind in TABLES else _taken(known(kind), data)
    return samples.Sample(form="json", items=items) if items else samples.read(data)


def places(kind: str, sample: samples.Sample) -> list[Leaf]:
    """Every place of its items, by the name that this kind gives it."""
    found = [leaf((name,), column=form) for name, form in sample.columns] or leaves(sample.items)
    return [replace(one, path=rows.name(one.keys[0])) for one in found] if kind in TABLES else found


def _taken(cls: type[Any], data: bytes) -> Sequence[Any]:
    """The payloads of the kind's own `sample`; none where it has none, takes them as they stand, or this is not its own."""
    if not hasattr(cls, "sample") or "items" in getattr(cls, "OPTIONS", {}).get("properties", {}):
        return []
    try:
        made = cls(**options.required(cls))
        return [one.payload for one in made.sample(SimpleNamespace(clock=lambda: _NOW), data)]
    except Exception:  # noqa: BLE001  # a kind of somebody else's, made of placeholders: then the sample is read as it stands
        return []
