"""The hub key is changed: every data key is wrapped anew, in small transactions, and whoever stops it may go on later."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.holding import today
from hub.keys import fingerprint
from hub.model import Tally
from hub.privacy import Damaged
from hub.spine import Hub
from hub.store import hub_keys
from hub.store.log import append

BATCH: Final = 500
"""Data keys a transaction."""
Reached = Callable[[str], None]
"""Hears how far it has come; tests stop the process there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One hub key: what wraps how much, and whether it is here."""

    fingerprint: str
    place: str
    """present | next | old | setting | missing"""
    wraps: int
    path: Path | None = None


class Alone(Exception):
    """Another process rotates the key at this moment."""


def standing(hub: Hub) -> list[Standing]:
    """Every hub key that is here or needed, with how many data keys it wraps."""
    with hub.store.begin() as work:
        counted = dict(hub_keys.counts(work))
    found = [
        Standing(fingerprint=name, place=place, wraps=counted.pop(name, 0), path=path)
        for name, (place, path) in _here(hub).items()
    ]
    return [*found, *(Standing(fingerprint=name, place="missing", wraps=count) for name, count in counted.items())]


def _here(hub: Hub) -> Mapping[str, tuple[str, Path | None]]:
    keys = hub.vault.keys
    files, names = keys.files, [fingerprint(key) for key in keys.readable]
    if files.given:
        return {name: ("setting" if at == 0 else "old", None) for at, name in enumerate(names)}
    said: dict[str, tuple[str, Path | None]] = {}
    places = [("next", files.next)] if files.next.exists() else []
    for name, (place, path) in zip(names, [*places, ("present", files.path)], strict=False):
        said[name] = (place, path)
    return said | {
        name: ("old", next(iter(files.old.glob(f"*.{name}.key")), files.old)) for name in names if name not in said
    }


def rotate(hub: Hub, *, by: str, because: str, batch: int = BATCH, reached: Reached = lambda where: None) -> Tally:
    """
    Wrap every data key with a new hub key: made beside the old one, or the one that the settings name.

    It may be stopped at any moment, and goes on where it was when it is run again; both keys are read meanwhile, by
    every process. HMAC keys stay, so no hash changes. Raises Alone, KeyProblem.
    """
    keys, files = hub.vault.keys, hub.vault.keys.files
    with _alone(hub.settings.home / "keys"):
        if not files.given and not files.next.exists():
            key = files.make(os.urandom)
            reached("made")
            _begin(hub, fingerprint(key), by, because)
            reached("began")
            files.show()
        else:
            _begin(hub, fingerprint(keys.hub), by, because)
        reached("shown")
        return _finish(hub, by, _wrap_all(hub, batch, reached), reached)


def _begin(hub: Hub, after: str, by: str, because: str) -> None:
    """The entry of its beginning, once; a key may also be put in place by hand, on several machines."""
    with hub.store.begin() as work:
        before = hub_keys.written_with(work)
        if before != after and not hub_keys.has_begun(work, after):
            detail: dict[str, Detail] = {"before": before, "after": after, "because": because[:500]}
            append(work, _entry(hub, "key_rotation_began", by, detail))


def _wrap_all(hub: Hub, batch: int, reached: Reached) -> tuple[int, int]:
    """How many data keys were wrapped anew, and how many no key of ours opens."""
    name, behind, done, shut = hub.vault.hub_key, hub_keys.FIRST, 0, 0
    while True:
        with hub.store.begin() as work:
            rows = hub_keys.others(work, name, behind=behind, limit=batch)
            anew = list(_anew(hub, rows))
            if anew:
                hub_keys.wrap(work, name, anew)
        if not rows:
            return done, shut
        done, shut, behind = done + len(anew), shut + len(rows) - len(anew), rows[-1][0]
        reached("batch")


def _anew(hub: Hub, rows: Sequence[tuple[UUID, bytes]]) -> Iterator[tuple[UUID, bytes]]:
    for number, wrapped in rows:
        try:
            yield number, hub.vault.rewrapped(number, wrapped)[1]
        except Damaged:
            continue


def _finish(hub: Hub, by: str, counted: tuple[int, int], reached: Reached) -> Tally:
    (done, shut), files, name = counted, hub.vault.keys.files, hub.vault.hub_key
    if shut:
        said = f"{shut} data keys open with no hub key that is here; nothing of them was changed. Run 'satupintu keys'."
        return Tally(verb="keys", done=done, failed=shut, notes=(said,))
    reached("wrapped")
    with hub.store.begin() as work:
        before = hub_keys.written_with(work)
        late = sum(count for key, count in hub_keys.counts(work).items() if key != name)
        if before != name and not late:
            hub_keys.settle(work, name)
            append(work, _entry(hub, "key_rotation_ended", by, {"before": before, "after": name}, count=done))
    if late:
        said = f"{late} data keys were written with the old key meanwhile. Run 'satupintu keys rotate' again."
        return Tally(verb="keys", done=done, owed=(said,))
    reached("ended")
    if files.given:
        return Tally(verb="keys", done=done, notes=(_UNSET,) if len(files.given) > 1 else ())
    kept = files.retire(str(today(hub.clock())))
    return Tally(verb="keys", done=done, notes=(_KEEP.format(kept=kept),))


_UNSET: Final = (
    "Nothing is wrapped with the old key any more. Unset SATUPINTU_KEY_OLD everywhere; keep the key itself as long as you "
    "keep backups of the database from before today."
)
_KEEP: Final = (
    "Nothing is wrapped with the old key any more; it lies in {kept}. Backups of the database from before today need it: "
    "destroy it (shred -u) when the last of them is gone, and 'satupintu keys' still counts 0 for it. Back up the keys now."
)


def _entry(hub: Hub, act: str, by: str, detail: dict[str, Detail], count: int | None = None) -> Entry:
    return Entry(act=act, at=hub.clock(), actor=by, count=count, detail=detail)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time; the lock goes with its process, however that ends."""
    with (folder / "rotating.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Alone("Another process rotates the hub key at this moment.") from None
        yield
