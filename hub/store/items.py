"""Items as received, version by version, each encrypted under a key of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.base import Attachment
from hub.privacy import DataKey, Vault
from hub.store import attachments
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The latest version of one ref."""

    version: int
    content: bytes
    created: bytes | None
    complaint: UUID
    incarnation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One item version ready to be stored: hashes and ciphertext only."""

    ref_hmac: bytes
    head: Head
    key: DataKey
    ref_enc: bytes
    raw_enc: bytes
    payload_enc: bytes | None
    media: str
    trouble: str | None
    commitment: str
    attachments: Sequence[Attachment] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An item as `accept` reads it back."""

    id: int
    version: int
    complaint: UUID
    incarnation: int
    ref_hmac: bytes
    ref: str
    payload: Any
    trouble: str | None
    key: DataKey
    manifest_sha256: str
    received_at: datetime


def heads(work: Work, connector: UUID, refs: Iterable[bytes]) -> dict[bytes, list[Head]]:
    """The heads of these refs, by keyed hash, one an incarnation, the oldest first; unknown refs are missing."""
    rows = work.rows(
        """
        SELECT ref_hmac, version, content_hmac, created_hmac, complaint, incarnation FROM refs
        WHERE connector = :connector AND ref_hmac = ANY(:refs) ORDER BY incarnation
        """,
        connector=connector,
        refs=list(refs),
    )
    found: dict[bytes, list[Head]] = {}
    for row in rows:
        head = Head(
            version=row.version,
            content=bytes(row.content_hmac),
            created=bytes(row.created_hmac) if row.created_hmac is not None else None,
            complaint=row.complaint,
            incarnation=row.incarnation,
        )
        found.setdefault(bytes(row.ref_hmac), []).append(head)
    return found


def had(work: Work, connector: UUID, ref: bytes, content: bytes) -> bool:
    """True where any version of this ref had this content."""
    return bool(
        work.value(
            """
            SELECT EXISTS (SELECT FROM items
                           WHERE connector = :connector AND ref_hmac = :ref AND content_hmac = :content)
            """,
            connector=connector,
            ref=ref,
            content=content,
        )
    )


def save(
    work: Work,
    vault: Vault,
    connector: UUID,
    region: str,
    channel: str,
    new: Sequence[NewItem],
    *,
    interval: int,
    manifest_sha256: str,
    now: datetime,
) -> None:
    """Store new versions, their data keys, heads and, for a new incarnation, the complaint that waits."""
    if not new:
        return
    common = {"connector": connector, "region": region, "now": now}
    work.many(
        "INSERT INTO data_keys (id, region, hub_key, wrapped) VALUES (:id, :region, :hub_key, :wrapped)",
        [{"id": n.key.id, "region": region, "hub_key": n.key.hub_key, "wrapped": n.key.wrapped} for n in new],
    )
    work.many(
        """
        INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, first_stored_at, channel)
        VALUES (:id, :connector, :region, :ref, :incarnation, :now, :channel) ON CONFLICT DO NOTHING
        """,
        [
            {**common, "id": n.head.complaint, "ref": n.ref_hmac, "incarnation": n.head.incarnation, "channel": channel}
            for n in new
        ],
    )
    work.many(_INSERT, [_row(n, common, interval, manifest_sha256) for n in new])
    work.many(_HEAD, [_head_row(n, connector, region) for n in new])
    _save_files(work, vault, region, connector, new)


_INSERT = """
INSERT INTO items (connector, region, ref_hmac, version, complaint, content_hmac, key_id, ref_enc, raw_enc, payload_enc,
                   media, trouble, commitment, interval_id, manifest_sha256, received_at)
VALUES (:connector, :region, :ref, :version, :complaint, :content, :key, :ref_enc, :raw_enc, :payload_enc,
        :media, :trouble, :commitment, :interval, :sha, :now)
"""

_HEAD = """
INSERT INTO refs (connector, ref_hmac, region, version, content_hmac, created_hmac, complaint, incarnation)
VALUES (:connector, :ref, :region, :version, :content, :created, :complaint, :incarnation)
ON CONFLICT (connector, ref_hmac, incarnation) DO UPDATE
SET version = excluded.version, content_hmac = excluded.content_hmac, created_hmac = excluded.created_hmac,
    vanished_at = NULL
"""


def _row(n: NewItem, common: Mapping[str, Any], interval: int, sha: str) -> dict[str, Any]:
    return {
        **common,
        "ref": n.ref_hmac,
        "version": n.head.version,
        "complaint": n.head.complaint,
        "content": n.head.content,
        "key": n.key.id,
        "ref_enc": n.ref_enc,
        "raw_enc": n.raw_enc,
        "payload_enc": n.payload_enc,
        "media": n.media,
        "trouble": n.trouble,
        "commitment": n.commitment,
        "interval": interval,
        "sha": sha,
    }


def _head_row(n: NewItem, connector: UUID, region: str) -> dict[str, Any]:
    return {
        "connector": connector,
        "region": region,
        "ref": n.ref_hmac,
        "version": n.head.version,
        "content": n.head.content,
        "created": n.head.created,
        "complaint": n.head.complaint,
        "incarnation": n.head.incarnation,
    }


def _save_files(work: Work, vault: Vault, region: str, connector: UUID, new: Sequence[NewItem]) -> None:
    for n in new:
        if n.attachments:
            number = work.value(
                "SELECT id FROM items WHERE connector = :connector AND ref_hmac = :ref AND version = :version",
                connector=connector,
                ref=n.ref_hmac,
                version=n.head.version,
            )
            attachments.save(work, vault, n.key, region, n.head.complaint, number, n.attachments)


_READ = """
SELECT i.id, i.version, i.complaint, c.incarnation, i.ref_hmac, i.ref_enc, i.raw_enc, i.payload_enc, i.media, i.trouble,
       i.key_id, k.wrapped, i.manifest_sha256, i.received_at
FROM items i
JOIN data_keys k ON k.id = i.key_id
JOIN complaints c ON c.id = i.complaint
"""


def pending(work: Work, vault: Vault, connector: UUID, limit: int) -> list[Stored]:
    """The oldest items that have not been accepted yet."""
    rows = work.rows(
        _READ + " WHERE i.connector = :connector AND i.state = 'pending' ORDER BY i.id LIMIT :limit",
        connector=connector,
        limit=limit,
    )
    return [_stored(row, vault) for row in rows]


def waiting(work: Work, connector: UUID) -> int:
    """How many items have not been accepted yet."""
    return int(
        work.value("SELECT count(*) FROM items WHERE connector = :connector AND state = 'pending'", connector=connector)
    )


def one(work: Work, vault: Vault, number: int) -> Stored:
    """One item by its number."""
    return _stored(work.rows(_READ + " WHERE i.id = :id", id=number)[0], vault)


def every(work: Work, vault: Vault, connector: UUID | None = None) -> Iterator[tuple[str, Stored, bytes, str]]:
    """All versions for an export: connector name, item, bytes as received, and their form; in order of storing."""
    last = 0
    while True:
        rows = work.rows(
            _READ.replace("SELECT i.id", "SELECT n.name, i.id")
            + """
            JOIN connectors n ON n.id = i.connector
            WHERE i.id > :last AND (CAST(:connector AS uuid) IS NULL OR i.connector = :connector)
            ORDER BY i.id LIMIT 500
            """,
            last=last,
            connector=connector,
        )
        for row in rows:
            key = vault.unwrap(row.key_id, bytes(row.wrapped))
            yield row.name, _stored(row, vault), vault.open(key, "raw", bytes(row.raw_enc)), row.media
        if not rows:
            return
        last = rows[-1].id


def _stored(row: Any, vault: Vault) -> Stored:
    key = vault.unwrap(row.key_id, bytes(row.wrapped))
    return Stored(
        id=row.id,
        version=row.version,
        complaint=row.complaint,
        incarnation=row.incarnation,
        ref_hmac=bytes(row.ref_hmac),
        ref=vault.open(key, "ref", bytes(row.ref_enc)).decode(),
        payload=_payload(row, vault, key),
        trouble=row.trouble,
        key=key,
        manifest_sha256=row.manifest_sha256,
        received_at=row.received_at,
    )


def _payload(row: Any, vault: Vault, key: DataKey) -> Any:
    if row.payload_enc is not None:
        return json.loads(vault.open(key, "payload", bytes(row.payload_enc)))
    if row.media != "json":
        return None
    try:
        return json.loads(vault.open(key, "raw", bytes(row.raw_enc)))
    except ValueError:
        return None


def settle(work: Work, states: Mapping[int, str]) -> None:
    """Say what became of items: accepted, quarantined or rejected."""
    work.run(
        """
        UPDATE items SET state = s.state
        FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[])) AS s(id, state) WHERE items.id = s.id
        """,
        ids=list(states),
        states=list(states.values()),
    )


def incarnations(work: Work, connector: UUID, ref: bytes) -> int:
    """How many incarnations a ref has had."""
    return int(
        work.value(
            "SELECT max(incarnation) FROM refs WHERE connector = :connector AND ref_hmac = :ref",
            connector=connector,
            ref=ref,
        )
    )


def move(
    work: Work,
    item: Stored,
    *,
    connector: UUID,
    region: str,
    channel: str,
    complaint: UUID,
    incarnation: int,
    now: datetime,
) -> Stored:
    """Give an item and its later versions to a new incarnation of its ref, because the id was used again."""
    common = {"connector": connector, "ref": item.ref_hmac, "new": complaint, "incarnation": incarnation}
    work.run(
        """
        INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, first_stored_at, channel)
        VALUES (:new, :connector, :region, :ref, :incarnation, :now, :channel)
        """,
        **common,
        region=region,
        now=now,
        channel=channel,
    )
    work.run(
        "UPDATE items SET complaint = :new WHERE complaint = :old AND version >= :version",
        new=complaint,
        old=item.complaint,
        version=item.version,
    )
    work.run(_NEW_HEAD, **common, old=item.complaint)
    work.run(_OLD_HEAD, old=item.complaint)
    return replace(item, complaint=complaint, incarnation=incarnation)


_NEW_HEAD = """
INSERT INTO refs (connector, ref_hmac, incarnation, region, version, content_hmac, created_hmac, complaint)
SELECT r.connector, r.ref_hmac, :incarnation, r.region, i.version, i.content_hmac, r.created_hmac, :new
FROM refs r JOIN items i ON i.complaint = :new
WHERE r.connector = :connector AND r.ref_hmac = :ref AND r.complaint = :old ORDER BY i.version DESC LIMIT 1
"""

_OLD_HEAD = """
UPDATE refs SET version = i.version, content_hmac = i.content_hmac
FROM (SELECT version, content_hmac FROM items WHERE complaint = :old ORDER BY version DESC LIMIT 1) i
WHERE refs.complaint = :old
"""
