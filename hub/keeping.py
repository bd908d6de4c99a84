"""Keeps what a channel gave, as received: which items are new versions, and the rows that hold them, encrypted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import Any, NamedTuple
from uuid import UUID

from connectors.base import Item
from connectors.manifest import Manifest
from connectors.strictjson import parse
from hub.privacy import SealedItem
from hub.spine import Hub
from hub.store import heads
from hub.store.connectors import Connector
from hub.store.heads import Head, NewItem
from hub.store.work import Work

MOST_ASIDE = 10_000
MOST_ASIDE_BYTES = 16 * 1024 * 1024
"""So many doubtful items are put aside, and so many bytes of them; what comes after them is stored as a version."""
SETTLED_AT_ONCE = 500
_V5 = (~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1, 0x5 << 76 | 0x2 << 62)
"""What an identifier of version 5 keeps of 128 bits of SHA-1, and what it sets (RFC 9562, 5.5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a batch brought: versions that are new, items that are known, and the commitments of the new ones."""

    new: int
    known: int
    commitments: Sequence[str]


class _Met(NamedTuple):
    """An item that was met, with the keyed hashes of its ref and its content."""

    item: Item
    ref: bytes
    mark: bytes
    content: bytes


@dataclass(slots=True, kw_only=True)
class Keeping:
    """
    The items of one run of one connector.

    An item that differs from the latest version of its ref is a new version. Only one that looks like an old copy (see
    `looks_old`) is put aside until its pass is over: `settle` says then which it was.
    """

    hub: Hub
    manifest: Manifest
    connector: Connector
    aside: list[Item] = field(default_factory=list)
    aside_bytes: int = 0
    path: bytes = field(init=False)
    """Where the creation stamp is read, as 8 bytes."""

    def __post_init__(self) -> None:
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

    def _changed(self, work: Work, batch: Sequence[Item], put_aside: Callable[[Item], bool]) -> list[tuple[_Met, Head]]:
        """The items that differ from the latest version of their incarnation, each with the head that it makes."""
        met = [self._met(item) for item in batch]
        open_, known, past = self._looked_up(work, met)
        changed = []
        for one in open_:
            latest = known.setdefault(one.mark, [])
            created = self._created(one.item)
            old = own_head(latest, created, one.content)
            if old and old.content == one.content:
                continue
            if old and looks_old(one.item.stamp, old.stamp, (one.mark, one.content) in past) and put_aside(one.item):
                continue
            new = self._head(latest, old, one, created)
            past.add((one.mark, one.content))
            known[one.mark] = [head for head in latest if head.incarnation != new.incarnation] + [new]
            changed.append((one, new))
        return changed

    def _looked_up(
        self, work: Work, met: Sequence[_Met]
    ) -> tuple[Sequence[_Met], dict[bytes, list[Head]], set[tuple[bytes, bytes]]]:
        """The items that are not simply known, the heads of their refs, and which of their contents were had before."""
        marks, contents = [one.mark for one in met], [one.content for one in met]
        stored, same = heads.compare(work, self.connector.id, marks, contents)
        # A ref that comes again in one batch has another head by then; with paths left out, equal content is not all.
        again = {mark for mark, times in Counter(marks).items() if times > 1} if len(set(marks)) < len(marks) else set()
        if self.manifest.options.get("ignore"):
            same = frozenset()
        open_ = [one for n, one in enumerate(met) if n not in same or one.mark in again]
        if not stored or not open_:
            return open_, {}, set()
        known = heads.heads(work, self.connector.id, {one.mark for one in open_} & {marks[n] for n in stored})
        past = {(mark, head.content) for mark, all_ in known.items() for head in all_}
        asked = {(one.mark, one.content) for one in open_ if self._to_ask(one, known.get(one.mark), again)} - past
        return open_, known, past | heads.had(work, self.connector.id, asked)

    def _to_ask(self, one: _Met, latest: Sequence[Head] | None, again: set[bytes]) -> bool:
        """Whether it may matter that the content of this item was had before."""
        if not latest:
            return False
        return one.mark in again or any(not ordered(one.item.stamp, head.stamp) for head in latest)

    def _met(self, item: Item) -> _Met:
        mac = self.hub.vault.mac
        ref = item.ref.encode() if item.ref is not None else f'"hmac:{mac("ref", item.raw).hex()}"'.encode()
        return _Met(item, ref, mac("ref", ref), mac("content", self._content(item)))

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

    def _head(self, latest: Sequence[Head], old: Head | None, one: _Met, created: bytes | None) -> Head:
        """The head after this item: the next version of `old`, or the first of a new incarnation."""
        version = max((head.version for head in latest), default=0) + 1
        if old:
            return Head(version, one.content, created or old.created, old.complaint, old.incarnation, one.item.stamp)
        incarnation = max((head.incarnation for head in latest), default=0) + 1
        complaint = named(self.connector.id.bytes, one.ref + b"\n%d" % incarnation)
        return Head(version, one.content, created, complaint, incarnation, one.item.stamp)

    def _created(self, item: Item) -> bytes | None:
        """Which path, then which value: a manifest that looks elsewhere compares with nothing and raises nothing."""
        return self.path + self.hub.vault.mac("created", item.created.encode()) if item.created is not None else None

    def _save(
        self, work: Work, changed: Sequence[tuple[_Met, Head]], interval: int, now: datetime
    ) -> Sequence[NewItem]:
        sealed = self.hub.vault.seal_items([(one.ref, one.item.raw) for one, _ in changed])
        new = [
            NewItem(
                one.mark,
                head,
                seal,
                self._beside(one.item, seal),
                one.item.media,
                one.item.trouble,
                one.item.attachments,
            )
            for (one, head), seal in zip(changed, sealed, strict=True)
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


def ordered(stamp: datetime | None, other: datetime | None) -> bool:
    """Whether two stamps of the portal say which version is the newer one."""
    return stamp is not None and other is not None and stamp != other


def looks_old(stamp: datetime | None, head: datetime | None, had: bool) -> bool:
    """
    Whether an item that differs from its head looks like an old copy: by its stamp, else because we had it before.

    `stamp` and `head`: the portal's stamps of the item and of the head; `had`: the ref had this very content before.
    """
    if stamp is not None and head is not None and stamp != head:
        return stamp < head
    return had


def own_head(latest: Sequence[Head], created: bytes | None, content: bytes) -> Head | None:
    """The incarnation that an item belongs to: by its creation stamp, else by its content, else the latest one.

    `latest`: the heads of its ref, the oldest incarnation first. None is a new incarnation: the ref is new, or its
    creation stamp is one that we have not seen.
    """
    if created:
        if same := [head for head in latest if head.created == created]:
            return next((head for head in same if head.content == content), same[-1])
        if any(head.created and head.created[:8] == created[:8] for head in latest):
            return None
    return next((head for head in latest if head.content == content), latest[-1] if latest else None)


def named(space: bytes, name: bytes) -> bytes:
    """The 16 bytes of UUIDv5(space, name): `hub.model.complaint_id` without a UUID object."""
    keep, version = _V5
    digest = sha1(space + name, usedforsecurity=False).digest()
    return (int.from_bytes(digest[:16], "big") & keep | version).to_bytes(16, "big")


def without(payload: dict[str, Any], paths: Sequence[str]) -> bytes:
    """The payload as text, without the dotted paths that the manifest ignores (view counters and the like)."""
    copy: dict[str, Any] = json.loads(json.dumps(payload, default=str))
    for path in paths:
        *parents, last = path.split(".")
        node: Any = copy
        for name in parents:
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(last, None)
    return json.dumps(copy, sort_keys=True).encode()
