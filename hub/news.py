"""Which of a registry's reports are news to a reporter: each thing once, whatever order the reports come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from hub.store.statuses import Event, NewEvent


class _Heard:
    """The statuses that have been told, to know one again that is reported in two ways."""

    def __init__(self) -> None:
        self._moments: set[tuple[str, datetime]] = set()
        self._dated: Counter[str] = Counter()
        self._undated: Counter[str] = Counter()
        self._told: Counter[str] = Counter()

    def is_new(self, event: Event) -> bool:
        """
        Whether this status is news; it counts as told then.

        A registry may name the present status without a moment before its log has it, and word one change in two ways.
        So of one status as many are told as there are moments at which it was given, or reports without any.
        """
        status = event.status
        if status in (None, "unknown"):
            return False
        if event.at is None:
            self._undated[status] += 1
        elif (status, event.at) in self._moments:
            return False
        else:
            self._moments.add((status, event.at))
            self._dated[status] += 1
        new = self._told[status] < max(self._dated[status], self._undated[status])
        self._told[status] += new
        return new


def news(known: Iterable[Event], fresh: Mapping[int, NewEvent]) -> list[int]:
    """
    The numbers of the fresh events that the reporter is told of, in their order.

    `known` is what was reported before, in the order in which it came. Told are: every status that is understood; where
    the complaint was passed on to, if it says more than a number; and the words of whoever is not the reporter himself.
    """
    heard = _Heard()
    for event in known:
        if event.what == "status":
            heard.is_new(event)
    return [number for number, new in fresh.items() if _tells(new, heard)]


def _tells(new: NewEvent, heard: _Heard) -> bool:
    if new.event.what == "status":
        return heard.is_new(new.event)
    if new.event.what == "disposition":
        place = new.to_institution or ""
        return new.text_enc is not None or bool(place and not place.isdecimal())
    return new.event.by not in (None, "reporter") and new.text_enc is not None
