"""Release: a named person sends what was held, or what was taken for no complaint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from hub import mine
from hub.access import NATION
from hub.erasing import readmit
from hub.model import Tally
from hub.placing import release_held, release_one
from hub.pulling import manifest_of
from hub.spine import Hub
from hub.store import complaints, connectors

BY_NAME = ("first_batch", "shadow")
"""`release NAME` sends what was held as a whole; what is too old or already settled is released one by one."""


class NotHeld(Exception):
    """There is nothing to release under this name."""


def release(hub: Hub, names: Sequence[str], *, by: str, because: str, reasons: Sequence[str] = BY_NAME) -> Tally:
    """Release connectors by name, or single complaints by id; each leaves an entry with who and why."""
    words: Counter[str] = Counter()
    if others := mine.foreign(hub, [name for name in names if name not in hub.manifests.good]):
        raise _not_held(others[0])
    for name in names:
        if name in hub.manifests.good:
            words += _release_connector(hub, name, by, because, reasons)
        else:
            words += _release_complaint(hub, name, by, because)
    return Tally(verb="release", done=sum(words.values()), words=dict(words))


def _release_connector(hub: Hub, name: str, by: str, because: str, reasons: Sequence[str]) -> Counter[str]:
    manifest = manifest_of(hub, name)
    with hub.store.begin() as work:
        connector = connectors.see(work, hub.vault, manifest, hub.actor, hub.clock())
    visible = _visible(hub, connector.id, reasons)
    words: Counter[str] = Counter()
    for reason in reasons:
        words += release_held(hub, manifest, connector, reason=reason, by=by, because=because)
    with hub.store.begin() as work:
        connectors.batch_is(work, connector, "passed", by=by, now=hub.clock(), because=because)
    return words if visible is None else Counter(released=visible)


def _visible(hub: Hub, connector: UUID, reasons: Sequence[str]) -> int | None:
    """How many of what is held he sees, which is all that he is told; None where he sees everything."""
    if hub.who.region == NATION and not hub.who.institution:
        return None
    with hub.store.within(hub.who.sight).begin() as work:
        return sum(len(complaints.held(work, connector, reason)) for reason in reasons)


def _not_held(number: str) -> NotHeld:
    return NotHeld(f"Complaint {number} is not held. Run 'satupintu export complaints' to see what became of it.")


def _release_complaint(hub: Hub, number: str, by: str, because: str) -> Counter[str]:
    try:
        complaint = UUID(number)
    except ValueError:
        raise NotHeld(
            f"'{number}' is neither a connector nor a complaint's id. Run 'satupintu status' for the names."
        ) from None
    if readmit(hub, complaint, by=by, because=because):
        return Counter(readmitted=1)
    with hub.store.begin() as work:
        row = work.one(
            """
            SELECT n.name FROM complaints c JOIN connectors n ON n.id = c.connector
            WHERE c.id = :id AND (c.state = 'held' OR (c.state = 'rejected' AND c.reason = 'not_a_complaint'))
            """,
            id=complaint,
        )
        if row is None:
            raise _not_held(number)
        manifest = manifest_of(hub, row.name)
        connector = connectors.see(work, hub.vault, manifest, hub.actor, hub.clock())
        work.lock("verdicts")
        return Counter([release_one(work, hub, manifest, connector, complaint, by, because, hub.clock())])
