"""A named person says what became of answers of which the hub does not know it, or sends them once more."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from hub.audit.entry import Entry
from hub.model import Tally
from hub.spine import Hub
from hub.store import undelivered
from hub.store.log import append

STATES: Final = MappingProxyType({"sent": "resolved", "queued": "redriven", "no_door": "resolved"})
"""What can be decided, and the act of its entry."""


def resolve(hub: Hub, numbers: Sequence[str], *, state: str, by: str, because: str) -> Tally:
    """
    Settle answers that stand unknown, refused or without a door: `sent` (it arrived), `queued` (once more), `no_door`.

    `numbers` are those of `satupintu answers list`, or ids of complaints; what left in one message is settled together.
    """
    now = hub.clock()
    with hub.store.begin() as work:
        rows = undelivered.decide(work, numbers, state, by=by, now=now)
        for row in rows:
            entry = Entry(
                act=STATES[state],
                at=now,
                actor=by,
                connector=str(row.connector),
                region=row.region,
                complaint=str(row.complaint),
                code=f"answers_{state}",
                count=len(row.ids),
                detail={"because": because, "replies": [str(one) for one in row.ids]},
            )
            append(work, entry)
    done = sum(len(row.ids) for row in rows)
    return Tally(verb="answers", done=done, failed=not done, notes=() if done else ("None of them can be settled.",))
