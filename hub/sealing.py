"""Seal: give entries their places in the log, sign a checkpoint over them and publish the files."""

from __future__ import annotations

from hub.audit import checkpoint
from hub.audit.merkle import Edge, leaf_hash
from hub.model import Tally
from hub.publishing import origin_of, publish
from hub.spine import Hub
from hub.store import leaves, search
from hub.store.work import Work

BATCH = 10_000
"""Entries a transaction and checkpoint."""


def seal(hub: Hub) -> Tally:
    """Seal everything that waits; a failure is remembered, because forwarding stops behind it after a while."""
    try:
        done = _seal_all(hub)
    except Exception as error:
        with hub.store.begin("sealer") as work:
            leaves.tried(work, hub.clock(), type(error).__name__)
        if not isinstance(error, OSError):
            raise
        where = f"seal: the log in {hub.settings.log_folder} cannot be written: {error.strerror}"
        return Tally(verb="seal", failed=1, notes=(where,))
    return done


def _seal_all(hub: Hub) -> Tally:
    total, after = 0, None
    while True:
        with hub.store.begin("sealer") as work:
            if not work.lock("seal", wait=False):
                return Tally(verb="seal", running=True, notes=("seal: already running",))
            count, last = _assign(hub, work, after)
        total += count
        if count == BATCH:
            after = last
        elif after is None:
            break
        else:
            after = None  # once more from the mark: a slow transaction may have ended below this run's batches
    files = publish(hub)
    with hub.store.begin("sealer") as work:
        leaves.tried(work, hub.clock(), None)
    return Tally(verb="seal", done=total, words={"files": files})


def _assign(hub: Hub, work: Work, after: int | None) -> tuple[int, int]:
    """
    Places and signature in one transaction, so that no checkpoint is ever published that the rows do not hold.

    `after`: the last number of the batch before, None to begin at the mark. Returns how many, and the last number.
    """
    mark = leaves.mark(work)
    newest, writers = leaves.now_writing(work)
    start = mark.settled if after is None else after
    entries = leaves.unsealed(work, BATCH, after=start)
    if entries:
        _place(hub, work, entries)
    if after is None and len(entries) < BATCH:
        leaves.settle(work, mark.moved(newest, writers), hub.clock())
    return len(entries), entries[-1][0] if entries else start


def _place(hub: Hub, work: Work, entries: leaves.Waiting) -> None:
    before = leaves.latest(work)
    edge = before.edge if before else Edge.empty()
    digests = [(number, leaf_hash(body)) for number, body in entries]
    leaves.place(work, edge.size, digests)
    search.keep(work, edge.size, [body for _, body in entries])
    edge = edge.extend(digest for _, digest in digests)
    leaves.sign(work, edge, checkpoint.sign(origin_of(hub), edge.size, edge.root(), hub.vault.keys.log), hub.clock())
