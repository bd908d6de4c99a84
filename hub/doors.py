"""Which news a door takes, and in which words of its own: decided from the manifest alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from connectors.known import says
from connectors.manifest import Manifest
from hub.store.replies import Door
from schemas.words import STATUSES

BY_FILE: Final = ("no_reply", "status_unmapped")
"""Codes of answers for which a connector has no way in: an export hands them over."""
_SORTS: Final = MappingProxyType(
    {
        "receipt": "received",
        "incomplete": "incomplete",
        "status": "statuses",
        "disposition": "statuses",
        "follow_up": "answers",
    }
)
_OWN: Final = MappingProxyType(
    {"receipt": "received", "incomplete": "postponed", "disposition": "dispositioned", "follow_up": "followed_up"}
)
"""What an event says about the status where nothing else does."""


def public(kind: str) -> bool:
    """Whether everybody reads what is answered there; a kind that cannot be loaded is taken for one."""
    return says(kind, "public", otherwise=True)


def wanted(manifest: Manifest | None, what: str) -> bool:
    """
    Whether this door is told of such an event at all.

    A manifest that says nothing wants everything, but receipts only where they have a place: in public the pointer says
    that there is an answer, and a portal that has no word for `received` knows that it has the complaint.
    """
    if manifest is None:
        return True
    sort = _SORTS[what]
    if manifest.messages:
        return sort in manifest.messages
    if sort != "received":
        return True
    return not public(manifest.kind) and (not says(manifest.kind, "keeps") or "received" in _words(manifest))


def closed(manifest: Manifest | None, door: Door) -> str | None:
    """
    Why an answer cannot go through this door, as a code, or None.

    A manifest that cannot be read now may be mended tomorrow, so it closes nothing.
    """
    if door.hidden and public(door.kind):
        return "public"
    if manifest is None:
        return None
    reply = manifest.reply
    return "no_reply" if not reply or (public(door.kind) and not reply.get("text")) else None


def word(manifest: Manifest, what: str, before: Iterable[str | None], after: Iterable[str | None] = ()) -> str | None:
    """
    The door's own word for where the complaint stands; None where it has none and cannot do without.

    `before`: the statuses in which the complaint has stood, the present one first; `after`: those to which it came later.
    One that the door does not know leaves it where it was, or else where it comes to: the text says the rest.
    """
    words, must = _words(manifest), says_word(manifest)
    asked = [status for status in (*before, _OWN.get(what), *(after if must else ())) if status]
    if not words:
        return next((status for status in asked if status in STATUSES), "")
    found = next((words[status] for status in asked if status in words), None)
    return found if found or must else ""


def says_word(manifest: Manifest) -> bool:
    """Whether what this door is sent has a place for its own status word."""
    return "{status}" in json.dumps(manifest.reply)


def _words(manifest: Manifest) -> Mapping[str, str]:
    words: Mapping[str, str] = (manifest.reply or {}).get("statuses") or {}
    return words
