"""Has a portal given an old id to another complaint? A decision about two versions of one ref."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapidfuzz.fuzz import token_set_ratio

from dedup.text import normalise

ANOTHER = 50
"""Below this likeness (0 to 100) two texts are not versions of one another."""


def reused(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """same | doubtful | reused: text, reporter and place all changed is another complaint (design section 4)."""
    if token_set_ratio(normalise(old.get("body", "")), normalise(new.get("body", ""))) >= ANOTHER:
        return "same"
    changes = [_changed(_reporter(old), _reporter(new)), _changed(_place(old), _place(new))]
    if False in changes or changes == [None, None]:
        return "same"
    return "reused" if changes == [True, True] else "doubtful"


def _changed(old: frozenset[str], new: frozenset[str]) -> bool | None:
    """None where one of the two says nothing."""
    return None if not old or not new else not old & new


def _reporter(document: Mapping[str, Any]) -> frozenset[str]:
    reporter = document.get("reporter") or {}
    return frozenset(str(value).strip().lower() for value in reporter.values() if value)


def _place(document: Mapping[str, Any]) -> frozenset[str]:
    names = ("location_text", "region_code", "latitude")
    return frozenset(str(document[name]).strip().lower() for name in names if document.get(name) is not None)
