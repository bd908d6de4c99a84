"""Mappings for tests, made without a manifest file."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from connectors import mapping
from connectors.manifest import Manifest


def compiled(fields: dict[str, Any], **more: Any) -> mapping.Mapping:
    """A mapping of these fields, as a manifest of East Java would give it."""
    options = {"url": "https://aduan.contoh.go.id/api/aduan"}
    given = {
        "fields": fields,
        "zone": "Asia/Jakarta",
        "options": options,
        "only": None,
        "statuses": {},
        "path": Path("x.yaml"),
        **more,
    }
    return mapping.compile(cast(Manifest, SimpleNamespace(**given)))


def one(name: str, value: Any, spec: dict[str, Any] | None = None) -> mapping.Mapped:
    """What becomes of one value of one field."""
    return compiled({name: {"path": "v", **(spec or {})}}).apply({"v": value})
