"""What makes an item a new version, and of which incarnation of its ref: rules without a store, a key or a clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha1
from typing import Any, NamedTuple

from connectors.base import Item
from hub.store.heads import Head

_V5 = (~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1, 0x5 << 76 | 0x2 << 62)
"""What an identifier of version 5 keeps of 128 bits of SHA-1, and what it sets (RFC 9562, 5.5)."""


class Met(NamedTuple):
    """An item that was met, with its ref as bytes and the keyed hashes of ref and content."""

    item: Item
    ref: bytes
    mark: bytes
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is stored of the refs of one batch; what the batch adds to it is noted while it is gone through."""

    heads: dict[bytes, list[Head]] = field(default_factory=dict)
    """By keyed hash of the ref: one an incarnation, the oldest first."""
    had: set[tuple[bytes, bytes]] = field(default_factory=set)
    """Refs and contents that were had before, as far as it may matter."""
    again: frozenset[bytes] = frozenset()
    """Refs that come more than once in the batch."""

    def note(self, one: Met, new: Head) -> None:
        """`new` is a head from now on; a ref that neither was there nor comes again is not asked for any more."""
        latest = self.heads.get(one.mark)
        if latest is not None or one.mark in self.again:
            kept = [head for head in latest or () if head.incarnation != new.incarnation]
            self.heads[one.mark] = [*kept, new]
            self.had.add((one.mark, one.content))


def own_head(latest: Sequence[Head], created: bytes | None, content: bytes) -> Head | None:
    """
    The incarnation that an item belongs to: by its creation stamp, else by its content, else the latest one.

    `latest`: the heads of its ref, the oldest incarnation first. None is a new incarnation: the ref is new, or its
    creation stamp is one that we have not seen.
    """
    if created:
        if same := [head for head in latest if head.created == created]:
            return next((head for head in same if head.content == content), same[-1])
        if any(head.created and head.created[:8] == created[:8] for head in latest):
            return None
    return next((head for head in latest if head.content == content), latest[-1] if latest else None)


def ordered(stamp: datetime | None, other: datetime | None) -> bool:
    """Whether two stamps of the portal say which of two versions is the newer one."""
    return stamp is not None and other is not None and stamp != other


def looks_old(stamp: datetime | None, head: datetime | None, *, had: bool) -> bool:
    """
    Whether an item that differs from its head looks like an old copy: by the stamps, else because we had it before.

    `stamp` and `head`: the portal's stamps of the item and of the head; `had`: the ref had this very content before.
    """
    if stamp is not None and head is not None and stamp != head:
        return stamp < head
    return had


def next_head(connector: bytes, latest: Sequence[Head], old: Head | None, one: Met, created: bytes | None) -> Head:
    """The head that an item makes: the next version of `old`, or the first of a new incarnation of its ref."""
    version = max([head.version for head in latest]) + 1 if latest else 1
    if old:
        return Head(version, one.content, created or old.created, old.complaint, old.incarnation, one.item.stamp)
    incarnation = max([head.incarnation for head in latest]) + 1 if latest else 1
    return Head(
        version, one.content, created, complaint_id(connector, one.ref, incarnation), incarnation, one.item.stamp
    )


def complaint_id(connector: bytes, ref: bytes, incarnation: int) -> bytes:
    """The 16 bytes of hub.model.complaint_id, without the UUID object that costs three times as much."""
    keep, version = _V5
    digest = sha1(b"%b%b\n%d" % (connector, ref, incarnation), usedforsecurity=False).digest()
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
