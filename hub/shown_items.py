"""Items of a channel as they would become complaints, for somebody who only looks: read, mapped, told, and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors import strictjson
from connectors.base import Item
from connectors.manifest import Manifest
from connectors.mapping import compile as compiled
from hub.normalise import Normalised, normalise

Both = tuple[str, str]
_NOBODY: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One item, and what became of it."""

    payload: Any
    """As the channel gave it; None where it cannot be read."""
    result: Normalised

    @property
    def usable(self) -> bool:
        """It would be a complaint, or is one that the manifest does not want."""
        return self.result.document is not None or not self.result.wanted

    @property
    def problems(self) -> Sequence[Both]:
        """Why it is no complaint yet, in both languages."""
        return [(one.id, one.en) for one in self.result.problems]

    doubts: Sequence[Both] = ()
    """What was left out or is not mapped."""


def read(manifest: Manifest, items: Sequence[Item], now: datetime) -> Iterator[Shown]:
    """What would become of each item."""
    mapping = compiled(manifest)
    stamped = "changed" in manifest.options
    for item in items:
        payload, trouble = _payload(item)
        result = normalise(
            payload=payload,
            trouble=trouble,
            ref=item.ref or "null",
            complaint_id=_NOBODY,
            connector=_NOBODY,
            received_at=now,
            manifest=manifest,
            mapping=mapping,
        )
        yield Shown(payload=payload, result=result, doubts=_doubts(result, stamped and item.stamp is None))


def _payload(item: Item) -> tuple[Any, str | None]:
    if item.payload is not None or item.trouble:
        return item.payload, item.trouble
    try:
        return strictjson.parse(item.raw), None
    except strictjson.BadJson as error:
        return None, str(error)


def _doubts(result: Normalised, no_stamp: bool) -> list[Both]:
    found: list[Both] = []
    if no_stamp:
        found.append(
            (
                "waktu di with.changed tidak terbaca; periksa path, format dan zone",
                "the time at with.changed cannot be read; check path, format and zone",
            )
        )
    for flaw in result.notes:
        dated = flaw.path in ("submitted_at", "incident_date")
        own = (
            "tanggal tidak terbaca, jadi dikosongkan; periksa format dan zone"
            if dated
            else "tidak terbaca, jadi dikosongkan"
        )
        other = (
            "the date cannot be read and is left out; check format and zone"
            if dated
            else "cannot be read and is left out"
        )
        found.append((f"{flaw.path}: {own}", f"{flaw.path}: {other}"))
    for name in result.unmapped:
        found.append((f"{name}: kodenya belum ada di map", f"{name}: its code is not in map"))
    return found
