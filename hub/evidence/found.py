"""What the entries of a pack tell a reader first: counted by person and reason, and picked out where somebody overrode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Line = Mapping[str, Any]

DISCARDED: Final = ("rejected", "refused", "quarantined", "erased")
OVERRIDES: Final = (
    "resolved",
    "released",
    "redriven",
    "closed",
    "unlinked",
    "readmitted",
    "hold_added",
    "hold_ended",
    "retention_set",
    "inspected",
)
PAUSES: Final = ("paused", "resumed", "breaker_opened", "breaker_closed")
CHANGES: Final = (
    "configured",
    "connector_seen",
    "manifest_seen",
    "secret_bound",
    "masters_read",
    "user_added",
    "user_changed",
)
LOOKS: Final = ("exported",)


@dataclass(slots=True)
class Found:
    """Filled entry by entry, in the order of the log; each list holds (leaf, entry)."""

    acts: Counter[str] = field(default_factory=Counter)
    persons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(actor, act)"""
    discarded: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(act, code, actor)"""
    overrides: list[tuple[int, Line]] = field(default_factory=list)
    pauses: list[tuple[int, Line]] = field(default_factory=list)
    changes: list[tuple[int, Line]] = field(default_factory=list)
    looks: list[tuple[int, Line]] = field(default_factory=list)
    unbalanced: list[tuple[int, Line]] = field(default_factory=list)

    def add(self, leaf: int, entry: Line) -> None:
        """Take one entry into account."""
        act, actor = entry["act"], entry["actor"]
        self.acts[act] += 1
        self.persons[actor, act] += 1
        if act in DISCARDED:
            self.discarded[act, entry.get("code", ""), actor] += 1
        for acts, into in (
            (OVERRIDES, self.overrides),
            (PAUSES, self.pauses),
            (CHANGES, self.changes),
            (LOOKS, self.looks),
        ):
            if act in acts:
                into.append((leaf, entry))
        if act == "watched" and entry.get("code") != "balanced":
            self.unbalanced.append((leaf, entry))
