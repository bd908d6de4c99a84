"""Keeps what a channel gave, as received: which items are new versions, and the rows that hold them, encrypted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.base import Item
from connectors.manifest import Manifest
from hub.model import complaint_id
from hub.spine import Hub
from hub.store import heads
from hub.store.connectors import Connector
from hub.store.heads import Head, NewItem
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one batch brought: versions that are new, items that are known, and the commitments of the new ones."""

    new: int
    known: int
    commitments: Sequence[str]


@dataclass(slots=True, kw_only=True)
class Keeping:
    """The items of one run of one connector."""

    hub: Hub
    manifest: Manifest
    connector: Connector
    newest: dict[tuple[bytes, bytes | None], datetime] = field(default_factory=dict)
    """Newest stamp of each ref in this run: a ref that comes twice in one listing keeps its newest version."""
    seen: dict[tuple[bytes, int], set[bytes]] = field(default_factory=dict)
    """Contents of each ref and incarnation that this run has met."""

    def keep(self, work: Work, batch: Sequence[Item], *, interval: int, now: datetime) -> Kept:
        """Store what is new of a batch, in the caller's transaction."""
        new = list(self._changed(work, batch))
        heads.save(
            work,
            self.hub.vault,
            self.connector.id,
            self.connector.region,
            self.manifest.channel,
            new,
            interval=interval,
            manifest_sha256=self.manifest.sha256,
            now=now,
        )
        return Kept(new=len(new), known=len(batch) - len(new), commitments=[one.commitment for one in new])

    def _changed(self, work: Work, page: Sequence[Item]) -> Iterator[NewItem]:
        """The items of a page that differ from the latest version of their incarnation, as rows to be stored."""
        marked = [(self._mark(item), item) for item in page]
        latest = heads.heads(work, self.connector.id, {mark for mark, _ in marked})
        for mark, item in marked:
            if self._older(mark, item):
                continue
            content = self.hub.vault.mac("content", self._content(item))
            known = latest.setdefault(mark, [])
            old = self._own_head(known, item, content)
            if old and (old.content == content or self._twice(work, mark, old, content)):
                self.seen.setdefault((mark, old.incarnation), set()).add(content)
                continue
            new = self._head(known, old, item, content)
            self.seen.setdefault((mark, new.incarnation), set()).add(content)
            latest[mark] = [head for head in known if head.incarnation != new.incarnation] + [new]
            yield self._sealed(mark, new, item)

    def _own_head(self, known: Sequence[Head], item: Item, content: bytes) -> Head | None:
        """The incarnation that an item belongs to: by its creation stamp, else by its content, else the latest one.

        None is a new incarnation: the ref is new, or its creation stamp is one that we have not seen.
        """
        created = self._created(item)
        if created:
            if same := [head for head in known if head.created == created]:
                return same[-1]
            if any(head.created and head.created[:8] == created[:8] for head in known):
                return None
        return next((head for head in known if head.content == content), known[-1] if known else None)

    def _twice(self, work: Work, mark: bytes, old: Head, content: bytes) -> bool:
        """One listing shows a ref twice and says not which is newer: what we have already is not a version again."""
        before = self.seen.get((mark, old.incarnation))
        return before is not None and (content in before or heads.had(work, self.connector.id, mark, content))

    def _older(self, mark: bytes, item: Item) -> bool:
        if item.stamp is None:
            return False
        which = (mark, self._created(item))
        newest = self.newest.setdefault(which, item.stamp)
        if item.stamp > newest:
            self.newest[which] = item.stamp
        return item.stamp < newest

    def _ref(self, item: Item) -> str:
        return item.ref if item.ref is not None else f'"hmac:{self.hub.vault.mac("ref", item.raw).hex()}"'

    def _mark(self, item: Item) -> bytes:
        return self.hub.vault.mac("ref", self._ref(item).encode())

    def _content(self, item: Item) -> bytes:
        ignored = self.manifest.options.get("ignore")
        if not ignored or not isinstance(item.payload, dict):
            return item.raw
        return json.dumps(without(item.payload, ignored), sort_keys=True).encode()

    def _head(self, known: Sequence[Head], old: Head | None, item: Item, content: bytes) -> Head:
        """The head after this item: the next version of `old`, or the first of a new incarnation."""
        incarnation = old.incarnation if old else max((head.incarnation for head in known), default=0) + 1
        return Head(
            version=max((head.version for head in known), default=0) + 1,
            content=content,
            created=self._created(item) or (old.created if old else None),
            complaint=complaint_id(self.connector.id, self._ref(item), incarnation),
            incarnation=incarnation,
        )

    def _created(self, item: Item) -> bytes | None:
        """Which path, then which value: a manifest that looks elsewhere compares with nothing and raises nothing."""
        if item.created is None:
            return None
        path = self.manifest.options.get("created") or self.manifest.fields.get("submitted_at")
        mac = self.hub.vault.mac
        return mac("created", json.dumps(path, sort_keys=True).encode())[:8] + mac("created", item.created.encode())

    def _sealed(self, mark: bytes, head: Head, item: Item) -> NewItem:
        vault = self.hub.vault
        key = vault.new_key(self.connector.region)
        raw, commitment = vault.seal(key, "raw", item.raw)
        beside = item.media != "json" and item.payload is not None
        return NewItem(
            ref_hmac=mark,
            head=head,
            key=key,
            ref_enc=vault.seal(key, "ref", self._ref(item).encode())[0],
            raw_enc=raw,
            payload_enc=vault.seal(key, "payload", json.dumps(item.payload).encode())[0] if beside else None,
            media=item.media,
            trouble=item.trouble,
            commitment=commitment,
            attachments=item.attachments,
        )


def without(payload: dict[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """The payload without the dotted paths that the manifest ignores (view counters and the like)."""
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    for path in paths:
        *parents, last = path.split(".")
        node: Any = copy
        for name in parents:
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(last, None)
    return copy
