"""Entries as lines of a sheet: every cell is text, none of it can be a formula, times stand in both clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from hub.evidence.catalogue import CATALOGUE
from hub.evidence.zones import zone_of
from hub.sheets import csv_lines

HEAD: Final = (
    "leaf",
    "waktu_setempat",
    "utc",
    "act",
    "artinya",
    "meaning",
    "actor",
    "connector",
    "region",
    "complaint",
    "registry",
    "registry_id",
    "code",
    "count",
    "commitment",
    "detail",
)
_SAME: Final = ("registry", "registry_id", "code", "count", "commitment")


def head() -> bytes:
    """The first line, with the mark by which Excel knows UTF-8."""
    return b"\xef\xbb\xbf" + _written([HEAD])


def lines(entries: Iterable[tuple[int, Mapping[str, Any]]], names: Mapping[str, str]) -> bytes:
    """Entries (leaf, entry) as lines; `names` are those of connectors by their UUID."""
    return _written([_cells(leaf, entry, names) for leaf, entry in entries])


def _cells(leaf: int, entry: Mapping[str, Any], names: Mapping[str, str]) -> Sequence[str]:
    at, meaning = datetime.fromisoformat(entry["at"]), CATALOGUE.get(entry["act"])
    connector = entry.get("connector", "")
    return (
        str(leaf),
        f"{at.astimezone(zone_of(entry.get('region'))):%Y-%m-%d %H:%M:%S.%f %Z}",
        f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}",
        entry["act"],
        meaning.indonesian if meaning else "",
        meaning.english if meaning else "",
        entry["actor"],
        names.get(connector, connector),
        entry.get("region", ""),
        entry.get("complaint", ""),
        *(str(entry.get(name, "")) for name in _SAME),
        json.dumps(entry["detail"], ensure_ascii=False, sort_keys=True) if "detail" in entry else "",
    )


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    return "".join(csv_lines(rows, quoted=True)).encode()
