"""The log as files for people outside: the hub's own folder, copies that others keep, and proofs of one complaint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from hub.audit import checkpoint, merkle, proofs, tiles, verify
from hub.audit.entry import Entry
from hub.model import Tally
from hub.spine import Hub
from hub.store import leaves
from hub.store.log import append

AHEAD: Final = 16_384
"""Rows that are fetched at once."""
VKEY: Final = "log.vkey"
SUMS: Final = "SHA256SUMS"


def origin_of(hub: Hub) -> str:
    """Origin of the log and name of its key."""
    return f"satupintu/{hub.id}"


def vkey_of(hub: Hub) -> str:
    """The verifier's key, one line."""
    return checkpoint.vkey(origin_of(hub), checkpoint.public(hub.vault.keys.log))


# the log -----------------------------------------------------------------------------------------------------------


def publish(hub: Hub, folder: Path | None = None, *, fresh: bool = False) -> int:
    """
    Write the files of the newest checkpoint into the hub's own folder, or another. Returns how many were written.

    They are a pure function of the rows: `fresh` writes all of them anew, whatever the folder holds. Raises
    tiles.Conflict where the folder tells of another log, or of a longer one.
    """
    own = folder is None
    folder = folder or hub.settings.log_folder
    folder.mkdir(parents=True, exist_ok=True)
    with hub.store.begin("sealer") as work:
        # A slow shared volume must not keep the hub's own folder waiting.
        work.lock("publish" if own else "publish elsewhere")
        head = leaves.latest(work)
        if head is None:
            return 0
        written = tiles.publish(
            folder,
            before=0 if fresh else min(_published(folder), head.size),
            size=head.size,
            entries=_ahead(lambda first, end: leaves.bodies(work, first, end), head.size),
            leaf_hashes=_ahead(lambda first, end: leaves.hashes(work, first, end), head.size),
            note=head.note,
        )
        if own:
            leaves.published(work, head.size, hub.clock())
    return written


def publish_to(hub: Hub, folder: Path, *, fresh: bool = False) -> Tally:
    """Bring somebody's copy up to the newest checkpoint; it never goes back, and never over another log."""
    verb = "audit export" if fresh else "audit publish"
    try:
        files = publish(hub, folder, fresh=fresh)
    except (tiles.Conflict, tiles.Disagreement) as refused:
        return Tally(verb=verb, failed=1, notes=(f"{folder}: {refused}",))
    line = vkey_of(hub)
    (folder / VKEY).write_text(line + "\n")
    _exported(hub, code="log", count=files)
    return Tally(verb=verb, done=files + 1, notes=(f"key: {line}",))


def export(hub: Hub, folder: Path) -> Tally:
    """Write the whole log and the verifier's key into a folder that needs nothing of ours to be checked."""
    return publish_to(hub, folder, fresh=True)


def rebuild(hub: Hub) -> Tally:
    """Write the hub's own folder anew from the rows: what was lost or damaged there is as it was."""
    return Tally(verb="audit rebuild", done=publish(hub, fresh=True))


def _published(folder: Path) -> int:
    try:
        return checkpoint.parsed((folder / tiles.CHECKPOINT).read_text()).size
    except (OSError, ValueError):
        return 0


def _ahead(read: Callable[[int, int], list[bytes]], size: int) -> tiles.Rows:
    """Rows as tiles ask for them, fetched from the store many tiles at a time."""
    at, held = 0, list[bytes]()

    def rows(first: int, end: int) -> Sequence[bytes]:
        nonlocal at, held
        if not at <= first <= end <= at + len(held):
            at, held = first, read(first, min(size, max(end, first + AHEAD)))
        return held[first - at : end - at]

    return rows


# proofs ------------------------------------------------------------------------------------------------------------


def proving(hub: Hub) -> tuple[proofs.Tree, str]:
    """
    The tree of the newest checkpoint, and the checkpoint: from the hub's own folder, brought up to it first.

    Raises proofs.Unproven where nothing is sealed yet, or where the folder stays wrong when it is written anew.
    """
    for fresh in (False, True):
        publish(hub, fresh=fresh)
        with hub.store.begin("sealer") as work:
            head = leaves.latest(work)
        if head is None:
            raise proofs.Unproven("nothing is sealed yet; 'satupintu seal' does it")
        tree = proofs.of_folder(hub.settings.log_folder, head.size)
        with suppress(proofs.Unproven):
            if tree.root() == head.edge.root():
                return tree, head.note
    raise proofs.Unproven(f"the log in {hub.settings.log_folder} does not lead to its own checkpoint")


def prove(hub: Hub, complaint: UUID, out: Path | None, tell: Callable[[Mapping[str, Any]], str]) -> Tally:
    """
    Everything that happened to one complaint, in the order of the log, each entry proved against the newest checkpoint.

    `tell` says an entry in words. With `out` a folder is written that the verifier checks by itself.
    """
    with hub.store.begin("sealer") as work:
        found = leaves.of_complaint(work, complaint)
    tree, note = proving(hub)
    sealed = [(index, body) for index, body in found if index is not None and index < tree.size]
    waiting = len(found) - len(sealed)
    lines = tuple(_line(index, body, tell) for index, body in sealed)
    for index, body in sealed:
        if not merkle.verify_inclusion(index, tree.size, merkle.leaf_hash(body), tree.inclusion(index), tree.root()):
            raise proofs.Unproven(f"entry {index} in the database is not the one that was sealed")
    if out is not None and sealed:
        _write(
            hub,
            out,
            [(index, body, proofs.one(index, tree.inclusion(index), note)) for index, body in sealed],
            lines,
            note,
        )
        _exported(hub, code="proofs", count=len(sealed), complaint=str(complaint))
    owed = (f"{waiting} are not sealed yet; 'satupintu seal' does it",) if waiting else ()
    return Tally(verb="audit prove", done=len(sealed), failed=0 if found else 1, owed=owed, notes=lines or (_NOTHING,))


_NOTHING: Final = "the log has nothing about this complaint"


def _line(index: int, body: bytes, tell: Callable[[Mapping[str, Any]], str]) -> str:
    entry = json.loads(body)
    return f"{index}  {entry['at']}  {entry['actor']}  {tell(entry)}"


def _write(hub: Hub, out: Path, proved: Sequence[tuple[int, bytes, str]], lines: Sequence[str], note: str) -> None:
    """One `.json` and one `.tlog-proof` an entry, checkpoint, key, verifier, and the signed list of all of them."""
    files = {
        tiles.CHECKPOINT: note.encode(),
        VKEY: f"{vkey_of(hub)}\n".encode(),
        "verify.py": Path(verify.__file__).read_bytes(),
        "README.txt": (_README + "\n".join(lines) + "\n").encode(),
    }
    for index, body, proof in proved:
        files |= {f"{index:012}.json": body, f"{index:012}.tlog-proof": proof.encode()}
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    text = f"satupintu pack@v1\n{sums}"
    files[SUMS] = checkpoint.sign_text(origin_of(hub), text, hub.vault.keys.log).encode()
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty; proofs go into a folder of their own")
    for name, data in files.items():
        (out / name).write_bytes(data)


_README: Final = """\
Periksa / check:  python verify.py . --key "name+hash+key"
Kunci didapat lewat jalan lain; log.vkey di sini hanya membuktikan bahwa keduanya cocok.
Get the key another way; the log.vkey in this folder proves only that the two fit.

"""


def _exported(hub: Hub, *, code: str, count: int, complaint: str | None = None) -> None:
    """Who handed out the log, or proofs of it, is on record."""
    with hub.store.begin() as work:
        append(
            work,
            Entry(act="exported", at=hub.clock(), actor=hub.actor, code=code, count=count, complaint=complaint),
        )
