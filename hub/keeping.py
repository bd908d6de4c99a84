"""Keeps what a channel gave, as received: which items are new versions, and the rows that hold them, encrypted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from connectors.base import Item
from connectors.manifest import Manifest
from connectors.reading import name_of
from connectors.strictjson import parse
from hub.privacy import SealedItem
from hub.spine import Hub
from hub.store import erasure, heads
from hub.store.connectors import Connector
from hub.store.heads import Head, NewItem
from hub.store.work import Work
from hub.versions import Met, Past, looks_old, next_head, ordered, own_head, without

MOST_ASIDE = 10_000
MOST_ASIDE_BYTES = 16 * 1024 * 1024
"""So many doubtful items are put aside, and so many bytes of them; what comes after them is stored as a version."""
SETTLED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a batch brought: versions that are new, items that are known, and the commitments of the new ones."""

    new: int
    known: int
    commitments: Sequence[str]


@dataclass(slots=True, kw_only=True)
class Keeping:
    """
    The items of one run of one connector.

    An item that differs from the latest version of its ref is a new version. Only one that looks like an old copy (see
    hub.versions.looks_old) is put aside until its pass is over: `settle` says then which it was.
    """

    hub: Hub
    manifest: Manifest
    connector: Connector
    aside: list[Item] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)
    aside_bytes: int = 0
    path: bytes = field(init=False)
    """Where the creation stamp is read, as 8 bytes."""

    def __post_init__(self) -> None:
        """The path is the same for all items of a run."""
        path = self.manifest.options.get("created") or self.manifest.fields.get("submitted_at")
        self.path = self.hub.vault.mac("created", json.dumps(path, sort_keys=True).encode())[:8]

    @property
    def doubtful(self) -> bool:
        """Items wait for the end of the pass in memory only: the point to go on from must not move yet."""
        return bool(self.aside)

    def keep(self, work: Work, batch: Sequence[Item], *, interval: int, now: datetime) -> Kept:
        """Store what is new of a batch, in the caller's transaction; what is put aside is counted by `settle`."""
        waiting = len(self.aside)
        new = self._save(work, self._changed(work, batch, self._put_aside), interval, now)
        known = len(batch) - len(new) - (len(self.aside) - waiting)
        return Kept(new=len(new), known=known, commitments=[one.sealed.commitment for one in new])

    def settle(self, work: Work, listed_twice: Callable[[Item], bool], *, interval: int, now: datetime) -> Kept:
        """
        Decide, at the end of a complete pass, about the items that were put aside in it.

        `listed_twice(item)`: whether the pass listed the ref of this item with another content too. Then it is an old
        copy beside the newest one and is dropped: the newest wins, and rows that alternate do not grow. Otherwise the
        portal went back to what it had: A, B, A are three versions.
        """
        aside, self.aside, self.aside_bytes = self.aside, [], 0
        back = [item for item in aside if not listed_twice(item)]
        commitments: list[str] = []
        for at in range(0, len(back), SETTLED_AT_ONCE):
            changed = self._changed(work, back[at : at + SETTLED_AT_ONCE], lambda _: False)
            commitments += [one.sealed.commitment for one in self._save(work, changed, interval, now)]
        return Kept(new=len(commitments), known=len(aside) - len(commitments), commitments=commitments)

    def _put_aside(self, item: Item) -> bool:
        """Whether there was room for a doubtful item."""
        if len(self.aside) >= MOST_ASIDE or self.aside_bytes + len(item.raw) > MOST_ASIDE_BYTES:
            return False
        self.aside.append(item)
        self.aside_bytes += len(item.raw)
        return True

    def _changed(self, work: Work, batch: Sequence[Item], put_aside: Callable[[Item], bool]) -> list[tuple[Met, Head]]:
        """The items that differ from the latest version of their incarnation, each with the head that it makes."""
        met = [self._met(item) for item in batch]
        strange, past = self._looked_up(work, met)
        own, changed, later = self.connector.id.bytes, [], set[bytes]()
        for one in strange:
            created = self._created(one.item)
            latest = past.heads.get(one.mark, ())
            old = own_head(latest, created, one.content) if latest else None
            if old and (old.content == one.content or (self._old(one, old, past) and put_aside(one.item))):
                continue
            new = next_head(own, latest, old, one, created)
            past.note(one, new)
            changed.append((one, new))
            if old:
                later.add(new.complaint)
        erased = erasure.kept_out(work, later)
        return [(one, new) for one, new in changed if new.complaint not in erased] if erased else changed

    def _old(self, one: Met, head: Head, past: Past) -> bool:
        return looks_old(one.item.stamp, head.stamp, had=(one.mark, one.content) in past.had)

    def _looked_up(self, work: Work, met: Sequence[Met]) -> tuple[Sequence[Met], Past]:
        """The items that are not simply known, and what is stored of their refs."""
        marks = [one.mark for one in met]
        stored, same = heads.compare(work, self.connector.id, marks, [one.content for one in met])
        # A ref that comes again in the batch has another head by then; with paths left out, equal content is not all.
        again = frozenset(mark for mark, times in Counter(marks).items() if times > 1)
        known = frozenset() if self.manifest.options.get("ignore") else same
        strange = [one for n, one in enumerate(met) if n not in known or one.mark in again]
        if not stored or not strange:
            return strange, Past(again=again)
        latest = heads.heads(work, self.connector.id, {one.mark for one in strange} & {marks[n] for n in stored})
        had = {(mark, head.content) for mark, of_ref in latest.items() for head in of_ref}
        asked = {(one.mark, one.content) for one in strange if _undecided(one, latest.get(one.mark, ()), again)}
        return strange, Past(heads=latest, had=had | heads.had(work, self.connector.id, asked - had), again=again)

    def mark(self, item: Item) -> bytes:
        """The keyed hash of an item's ref, remembered until the item is kept; of its bytes where it has none."""
        if item.ref is None:
            return self.hub.vault.mac("ref", name_of(item))
        found = self.marks[item.ref] = self.hub.vault.mac("ref", item.ref.encode())
        return found

    def _met(self, item: Item) -> Met:
        mac = self.hub.vault.mac
        if item.ref is None:
            ref = b'"hmac:%b"' % mac("ref", item.raw).hex().encode()
            return Met(item, ref, mac("ref", ref), mac("content", self._content(item)))
        ref = item.ref.encode()
        return Met(item, ref, self.marks.pop(item.ref, b"") or mac("ref", ref), mac("content", self._content(item)))

    def _content(self, item: Item) -> bytes:
        """What makes a version: the bytes as received, or what is left of them without the ignored paths."""
        ignored = self.manifest.options.get("ignore")
        if not ignored or item.trouble:
            return item.raw
        payload = item.payload
        if payload is None and item.media == "json":
            try:
                payload = parse(item.raw)
            except ValueError:
                return item.raw
        return without(payload, ignored) if isinstance(payload, dict) else item.raw

    def _created(self, item: Item) -> bytes | None:
        """Which path, then which value: a manifest that looks elsewhere compares with nothing and raises nothing."""
        return self.path + self.hub.vault.mac("created", item.created.encode()) if item.created is not None else None

    def _save(self, work: Work, changed: Sequence[tuple[Met, Head]], interval: int, now: datetime) -> Sequence[NewItem]:
        sealed = self.hub.vault.seal_items([(one.ref, one.item.raw) for one, _ in changed])
        new = [
            NewItem(one.mark, head, own, self._beside(item, own), item.media, item.trouble, item.attachments)
            for ((one, head), own) in zip(changed, sealed, strict=True)
            for item in (one.item,)
        ]
        heads.save(
            work,
            self.hub.vault,
            self.connector.id,
            self.connector.region,
            new,
            interval=interval,
            manifest_sha256=self.manifest.sha256,
            now=now,
        )
        return new

    def _beside(self, item: Item, sealed: SealedItem) -> bytes | None:
        """What was read from bytes that are no JSON (a mail) is kept beside them."""
        if item.media == "json" or item.payload is None:
            return None
        vault = self.hub.vault
        key = vault.unwrap(UUID(bytes=sealed.key_id), sealed.wrapped)
        return vault.seal(key, "payload", json.dumps(item.payload).encode())[0]


def _undecided(one: Met, latest: Sequence[Head], again: frozenset[bytes]) -> bool:
    """Whether it may matter that the ref had the content of this item before: no stamps say which is the newer."""
    return any(one.mark in again or not ordered(one.item.stamp, head.stamp) for head in latest)
