"""Seal: give entries their places in the log, sign a checkpoint over them and publish the files."""

from __future__ import annotations

from pathlib import Path

from hub.audit import checkpoint, tiles
from hub.audit.merkle import Edge, leaf_hash
from hub.model import Tally
from hub.spine import Hub
from hub.store import leaves
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
        raise
    return done


def _seal_all(hub: Hub) -> Tally:
    total = 0
    while True:
        with hub.store.begin("sealer") as work:
            if not work.lock("seal", wait=False):
                return Tally(verb="seal", running=True, notes=("seal: already running",))
            count = _assign(hub, work)
        total += count
        if count < BATCH:
            break
    files = publish(hub)
    with hub.store.begin("sealer") as work:
        leaves.tried(work, hub.clock(), None)
    return Tally(verb="seal", done=total, words={"files": files})


def _assign(hub: Hub, work: Work) -> int:
    """Places and signature in one transaction, so that no checkpoint is ever published that the rows do not hold."""
    before = leaves.latest(work)
    entries = leaves.unsealed(work, BATCH)
    if not entries:
        return 0
    edge = before.edge if before else Edge.empty()
    digests = [(number, leaf_hash(body)) for number, body in entries]
    leaves.place(work, edge.size, digests)
    edge = edge.extend(digest for _, digest in digests)
    origin = origin_of(hub)
    leaves.sign(work, edge, checkpoint.sign(origin, edge.size, edge.root(), hub.vault.keys.log), hub.clock())
    return len(entries)


def publish(hub: Hub, folder: Path | None = None, *, fresh: bool = False) -> int:
    """Write the files of the latest checkpoint; they are a pure function of the rows. Returns how many were written."""
    folder = folder or hub.settings.log_folder
    folder.mkdir(parents=True, exist_ok=True)
    with hub.store.begin("sealer") as work:
        work.lock("publish")
        head = leaves.latest(work)
        if head is None:
            return 0
        before = 0 if fresh else _published(folder)
        written = tiles.publish(
            folder,
            before=min(before, head.size),
            size=head.size,
            entries=lambda first, end: leaves.bodies(work, first, end),
            leaf_hashes=lambda first, end: leaves.hashes(work, first, end),
            note=head.note,
        )
        leaves.published(work, head.size, hub.clock())
    return written


def _published(folder: Path) -> int:
    try:
        return checkpoint.parsed((folder / "checkpoint").read_text()).size
    except (OSError, ValueError):
        return 0


def origin_of(hub: Hub) -> str:
    """Origin of the log and name of its key."""
    return f"satupintu/{hub.id}"


def export(hub: Hub, folder: Path) -> Tally:
    """Write the whole log and the verifier's key into a folder that needs nothing of ours to be checked."""
    files = publish(hub, folder, fresh=True)
    line = checkpoint.vkey(origin_of(hub), checkpoint.public(hub.vault.keys.log))
    (folder / "log.vkey").write_text(line + "\n")
    return Tally(verb="audit export", done=files + 1, notes=(f"key: {line}",))
