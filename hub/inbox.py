"""What was pushed to one connector, from the request to the pull: sealed, kept in order, read, and gone when it is an item."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connectors.base import Push
from hub.audit.entry import Entry
from hub.privacy import DataKey, Vault
from hub.store import inbox
from hub.store.log import append
from hub.store.work import Store

MOST_BYTES = 16 * 1024 * 1024
"""Of contents that are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A push that is kept somewhere, sealed."""

    id: UUID
    at: datetime
    key: DataKey
    content: bytes
    commitment: str


def sealed(vault: Vault, region: str, id: UUID, push: Push) -> Arrived:
    """The push under a data key of its own."""
    key = vault.new_key(region)
    body = base64.b64encode(push.body).decode()
    written = json.dumps({"headers": dict(push.headers), "query": dict(push.query), "body": body}).encode()
    content, commitment = vault.seal(key, "push", written)
    return Arrived(id=id, at=push.at, key=key, content=content, commitment=commitment)


def opened(vault: Vault, key: DataKey, content: bytes, *, number: int, at: datetime) -> Push:
    """The push as it came. Raises Damaged."""
    found = json.loads(vault.open(key, "push", content))
    body = base64.b64decode(found["body"])
    return Push(number=number, at=at, headers=found["headers"], query=found["query"], body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """connectors.base.Inbox over the store."""

    store: Store
    vault: Vault
    connector: UUID
    region: str

    def pushes(self, after: int, limit: int) -> Sequence[Push]:
        """Those behind number `after` in order: at most `limit`, and of large ones fewer, but one at least."""
        with self.store.begin(region=self.region) as work:
            rows = inbox.after(work, self.connector, after, limit)
        found: list[Push] = []
        left = MOST_BYTES
        for row in rows:
            content = bytes(row.content_enc)
            if found and len(content) > left:
                break
            left -= len(content)
            key = self.vault.unwrap(row.key_id, bytes(row.wrapped))
            found.append(opened(self.vault, key, content, number=row.number, at=row.received_at))
        return found

    def add(self, arrived: Sequence[Arrived], actor: str) -> int:
        """Keep these, each with its entry, in one transaction; how many were not there yet."""
        new = 0
        with self.store.begin(region=self.region) as work:
            for one in arrived:
                kept = inbox.Kept(id=one.id, at=one.at, key=one.key, content=one.content)
                number = inbox.add(work, self.connector, self.region, kept)
                if number is not None:
                    append(work, self._entry(one, number, actor))
                    new += 1
        return new

    def _entry(self, one: Arrived, number: int, actor: str) -> Entry:
        return Entry(
            act="received",
            at=one.at,
            actor=actor,
            connector=str(self.connector),
            region=self.region,
            count=1,
            commitment=one.commitment,
            detail={"number": number},
        )
