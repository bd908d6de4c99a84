"""Items as received, version by version, each encrypted under a key of its own; they are only ever added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.strictjson import BadJson, has_huge_number
from connectors.wholejson import parse
from hub.privacy import DataKey, Vault
from hub.store.work import Work

LONG = 4000
"""Bytes; a shorter item holds no number that Python does not read."""


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
    received_at: datetime


# reading back ------------------------------------------------------------------------------------------------------

_COLUMNS = """
i.id, i.version, i.complaint,
CASE WHEN i.version = 1 THEN 1 ELSE (SELECT r.incarnation FROM refs r WHERE r.connector = i.connector
    AND r.ref_hmac = i.ref_hmac AND r.complaint = i.complaint) END,
i.ref_hmac, i.ref_enc, i.raw_enc, i.payload_enc, i.media, i.trouble, i.key_id, k.wrapped, i.received_at
"""

_NEW = f"""
SELECT {_COLUMNS} FROM items i JOIN data_keys k ON k.id = i.key_id
WHERE i.connector = %b AND i.id > (SELECT accepted_to FROM connectors WHERE id = %b) ORDER BY i.id LIMIT %b
"""

_AGAIN = f"""
SELECT {_COLUMNS} FROM quarantine q JOIN items i ON i.id = q.item_id JOIN data_keys k ON k.id = i.key_id
WHERE q.connector = %b AND q.left_at IS NULL AND q.manifest_sha256 <> %b ORDER BY i.id LIMIT %b
"""

_ONE = f"SELECT {_COLUMNS} FROM items i JOIN data_keys k ON k.id = i.key_id WHERE i.id = %b"

_EVERY = f"""
SELECT {_COLUMNS}, n.name FROM items i JOIN data_keys k ON k.id = i.key_id JOIN connectors n ON n.id = i.connector
WHERE i.id > %b AND (%b::uuid IS NULL OR i.connector = %b::uuid) ORDER BY i.id LIMIT 500
"""


def new(work: Work, vault: Vault, connector: UUID, limit: int) -> list[Stored]:
    """
    The oldest items that accept has not come to yet.

    Nothing is passed over: every batch of a pull holds the lease row of its connector until it commits, so items of one
    connector become visible in the order of their ids, and none can appear below the mark.
    """
    with work.in_order():
        rows = work.tuples(_NEW, (connector, connector, limit))
    return [_stored(row, vault) for row in rows]


def again(work: Work, vault: Vault, connector: UUID, manifest_sha256: str, limit: int) -> list[Stored]:
    """The oldest items that another manifest left in quarantine: this one may make complaints of them."""
    return [_stored(row, vault) for row in work.tuples(_AGAIN, (connector, manifest_sha256, limit))]


def come_to(work: Work, connector: UUID, number: int) -> None:
    """Accept has come to this item."""
    work.run("UPDATE connectors SET accepted_to = :number WHERE id = :id", number=number, id=connector)


def waiting(work: Work, connector: UUID, manifest_sha256: str) -> int:
    """How many items accept has not come to yet, or has to try again."""
    return int(
        work.value(
            """
            SELECT (SELECT count(*) FROM items i WHERE i.connector = n.id AND i.id > n.accepted_to)
                 + (SELECT count(*) FROM quarantine q
                    WHERE q.connector = n.id AND q.left_at IS NULL AND q.manifest_sha256 <> :sha)
            FROM connectors n WHERE n.id = :connector
            """,
            connector=connector,
            sha=manifest_sha256,
        )
    )


def one(work: Work, vault: Vault, number: int) -> Stored:
    """One item by its number."""
    return _stored(work.tuples(_ONE, (number,))[0], vault)


def every(work: Work, vault: Vault, connector: UUID | None = None) -> Iterator[tuple[str, Stored, bytes, str]]:
    """All versions for an export: connector name, item, bytes as received, and their form; in order of storing."""
    last = 0
    while rows := work.tuples(_EVERY, (last, connector, connector)):
        for row in rows:
            item = _stored(row[:-1], vault)
            yield row[-1], item, vault.open(item.key, "raw", row[6]), row[8]
        last = rows[-1][0]


def texts(work: Work, vault: Vault, *, unread: bool) -> Iterator[tuple[str, Stored, bytes]]:
    """Versions that can be read, with connector name and bytes; `unread`: only those of which no complaint was made."""
    last = 0
    while rows := work.tuples(_TEXTS, (last, not unread)):
        for row in rows:
            item = _stored(row[:-1], vault)
            yield row[-1], item, vault.open(item.key, "raw", row[6])
        last = rows[-1][0]


_TEXTS = f"""
SELECT {_COLUMNS}, n.name FROM items i JOIN data_keys k ON k.id = i.key_id JOIN connectors n ON n.id = i.connector
LEFT JOIN complaints c ON c.id = i.complaint
WHERE i.id > %b AND (%b::bool OR c.canonical_enc IS NULL) ORDER BY i.id LIMIT 500
"""


def _stored(row: tuple[Any, ...], vault: Vault) -> Stored:
    number, version, complaint, incarnation, ref_hmac, ref, raw, beside, media, trouble, key_id, wrapped, at = row
    key = vault.unwrap(key_id, wrapped)
    payload, unreadable = None, None
    if beside is not None:
        payload = json.loads(vault.open(key, "payload", beside))
    elif media == "json":
        payload, unreadable = _read(vault.open(key, "raw", raw))
    return Stored(
        id=number,
        version=version,
        complaint=complaint,
        incarnation=incarnation,
        ref_hmac=ref_hmac,
        ref=vault.open(key, "ref", ref).decode(),
        payload=payload,
        trouble=trouble or unreadable,
        key=key,
        received_at=at,
    )


def _read(raw: bytes) -> tuple[Any, str | None]:
    """The value, or the code of what keeps every reader from reading it alike."""
    try:
        value = parse(raw)
    except BadJson as error:
        return None, str(error)
    huge = len(raw) > LONG and has_huge_number(value)
    return (None, "number_too_long") if huge else (value, None)


# an id that was used again -----------------------------------------------------------------------------------------


def incarnations(work: Work, connector: UUID, ref: bytes) -> int:
    """How many incarnations a ref has had."""
    return int(
        work.value(
            "SELECT max(incarnation) FROM refs WHERE connector = :connector AND ref_hmac = :ref",
            connector=connector,
            ref=ref,
        )
    )


def move(work: Work, item: Stored, *, connector: UUID, complaint: UUID, incarnation: int, now: datetime) -> Stored:
    """Give an item and its later versions to a new incarnation of its ref, because the id was used again."""
    names = {"connector": connector, "ref": item.ref_hmac, "old": item.complaint, "new": complaint}
    work.run(
        """
        WITH moved AS (
            UPDATE items SET complaint = :new
            WHERE connector = :connector AND ref_hmac = :ref AND complaint = :old AND version >= :version RETURNING key_id
        )
        UPDATE data_keys SET complaint = :new WHERE id IN (SELECT key_id FROM moved)
        """,
        **names,
        version=item.version,
    )
    work.run(_NEW_HEAD, **names, incarnation=incarnation, now=now)
    work.run(_OLD_HEAD, **names)
    return replace(item, complaint=complaint, incarnation=incarnation)


_NEW_HEAD = """
INSERT INTO refs (connector, ref_hmac, incarnation, region, version, content_hmac, created_hmac, complaint,
                  first_stored_at)
SELECT r.connector, r.ref_hmac, :incarnation, r.region, i.version, i.content_hmac, r.created_hmac, :new, :now
FROM refs r JOIN items i ON i.connector = r.connector AND i.ref_hmac = r.ref_hmac AND i.complaint = :new
WHERE r.connector = :connector AND r.ref_hmac = :ref AND r.complaint = :old ORDER BY i.version DESC LIMIT 1
"""

_OLD_HEAD = """
UPDATE refs SET version = i.version, content_hmac = i.content_hmac
FROM (SELECT version, content_hmac FROM items WHERE connector = :connector AND ref_hmac = :ref AND complaint = :old
      ORDER BY version DESC LIMIT 1) i
WHERE refs.connector = :connector AND refs.ref_hmac = :ref AND refs.complaint = :old
"""
