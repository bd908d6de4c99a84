"""Has a portal given an old id to another complaint? A decision about two versions of one ref."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dedup.judge import alike, document

ALIKE = 0.5
"""Of what the words of one text tell, the share that the other must hold to be a version of it."""


def reused(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """same | doubtful | reused: text, reporter and place all changed is another complaint (design section 4).

    Doubtful is another text where reporter or place say nothing: a person looks, and it is sent.
    """
    if not _other_text(str(old.get("body", "")), str(new.get("body", ""))):
        return "same"
    changes = [_changed(_reporter(old), _reporter(new)), _changed(_place(old), _place(new))]
    if False in changes:
        return "same"
    return "reused" if changes == [True, True] else "doubtful"


def _other_text(old: str, new: str) -> bool:
    """So unlike that nobody would even ask whether the two are about one matter."""
    return alike(document(id="old", text=old, day=0), document(id="new", text=new, day=0)) < ALIKE


def _changed(old: frozenset[str], new: frozenset[str]) -> bool | None:
    """None where one of the two says nothing."""
    return None if not old or not new else not old & new


def _reporter(document: Mapping[str, Any]) -> frozenset[str]:
    reporter = document.get("reporter") or {}
    return frozenset(str(value).strip().lower() for value in reporter.values() if value)


def _place(document: Mapping[str, Any]) -> frozenset[str]:
    """The place itself; a region that holds many places speaks only where nothing nearer does."""
    near = [document[name] for name in ("location_text", "latitude") if document.get(name) is not None]
    named = near or [document[name] for name in ("region_code",) if document.get(name) is not None]
    return frozenset(str(value).strip().lower() for value in named)
