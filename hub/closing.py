"""What people do to the ledger by hand: give an interval up with a reason."""

from __future__ import annotations

from datetime import datetime

from hub.audit.entry import Entry
from hub.model import Tally
from hub.spine import Hub
from hub.store import connectors, intervals
from hub.store.log import append


class NotOwed(Exception):
    """There is no such interval that is owed."""


def close(hub: Hub, name: str, interval: int, *, who: str, because: str) -> Tally:
    """Close an owed interval without proof, on the word of a named person; raises NotOwed."""
    now: datetime = hub.clock()
    with hub.store.begin() as work:
        connector = connectors.find(work, name)
        if connector is None or not intervals.close_by_hand(
            work, connector.id, interval, who=who, because=because, now=now
        ):
            raise NotOwed(f"Interval {interval} of '{name}' is not owed. Run 'satupintu status {name}' to see what is.")
        append(
            work,
            Entry(
                act="closed",
                at=now,
                actor=who,
                connector=str(connector.id),
                region=connector.region,
                code="without_proof",
                detail={"interval": interval, "because": because},
            ),
        )
    return Tally(verb="close", done=1)
