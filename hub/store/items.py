"""Items as received, version by version, each encrypted under a key of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.privacy import DataKey, Vault
from hub.store.work import Work


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
