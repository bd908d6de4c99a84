"""Whoever decides about a complaint as the hub has to see it himself: what he does not see is not there for him."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from hub.spine import Hub
from hub.store import complaints


def foreign(hub: Hub, words: Iterable[str]) -> list[str]:
    """Those of these ids (of complaints, deliveries, follow-ups) that whoever came in does not see; others are no ids."""
    asked = [word for word in words if _is_id(word)]
    if hub.who.is_operator or not asked:
        return []
    with hub.store.within(hub.who.sight).begin() as work:
        seen = complaints.seen(work, asked)
    return [word for word in asked if word not in seen]


def _is_id(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return word.isdecimal()
    return True
