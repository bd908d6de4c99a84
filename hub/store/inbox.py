"""What was pushed to a connector, in the order in which it can be read; it goes when a pull has made items of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.privacy import DataKey
from hub.store.work import Work

_NEXT = """
INSERT INTO inboxes (connector, region, last) VALUES (:connector, :region, 1)
ON CONFLICT (connector) DO UPDATE SET last = inboxes.last + 1 RETURNING last
"""
_ADD = """
INSERT INTO pushes (connector, number, id, region, received_at, key_id, content_enc)
VALUES (:connector, :number, :id, :region, :at, :key, :content)
"""
_KEY = "INSERT INTO data_keys (id, region, hub_key, wrapped) VALUES (:id, :region, :hub_key, :wrapped)"
_AFTER = """
SELECT p.number, p.id, p.received_at, p.content_enc, p.key_id, k.wrapped
FROM pushes p JOIN data_keys k ON k.id = p.key_id
WHERE p.connector = :connector AND p.number > :after ORDER BY p.number LIMIT :limit
"""
_REFUSED = """
INSERT INTO inboxes (connector, region, last, refused, refused_at, refused_code)
VALUES (:connector, :region, 0, :count, :at, :code)
ON CONFLICT (connector) DO UPDATE SET refused = inboxes.refused + :count, refused_at = :at, refused_code = :code
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One push as it is stored."""

    id: UUID
    at: datetime
    key: DataKey
    content: bytes
    """Headers, query and body, sealed as `push`."""


def add(work: Work, connector: UUID, region: str, push: Kept) -> int | None:
    """
    Put a push at the end of the inbox; its place, or None where it is there already.

    Whoever adds waits for the one before: a reader that has seen a place has seen all before it.
    """
    number = work.value(_NEXT, connector=connector, region=region)
    if work.value("SELECT 1 FROM pushes WHERE connector = :c AND id = :id", c=connector, id=push.id):
        return None
    key = push.key
    work.run(_KEY, id=key.id, region=region, hub_key=key.hub_key, wrapped=key.wrapped)
    work.run(
        _ADD,
        connector=connector,
        number=number,
        id=push.id,
        region=region,
        at=push.at,
        key=key.id,
        content=push.content,
    )
    return int(number)


def after(work: Work, connector: UUID, number: int, limit: int) -> Sequence[Any]:
    """Rows (number, id, received_at, content_enc, key_id, wrapped) behind a place, in order."""
    return work.rows(_AFTER, connector=connector, after=number, limit=limit)


def waiting(work: Work, connector: UUID) -> int:
    """How many pushes no pull has made items of."""
    return int(work.value("SELECT count(*) FROM pushes WHERE connector = :connector", connector=connector))


def forget(work: Work, connector: UUID, upto: int) -> int:
    """Delete the pushes up to a place, with their keys; how many there were."""
    gone = work.rows(
        "DELETE FROM pushes WHERE connector = :connector AND number <= :upto RETURNING key_id",
        connector=connector,
        upto=upto,
    )
    if gone:
        work.run("DELETE FROM data_keys WHERE id = ANY(:keys)", keys=[row.key_id for row in gone])
    return len(gone)


def refused(work: Work, connector: UUID, region: str, count: int, code: str, at: datetime) -> None:
    """Count pushes that were not taken."""
    work.run(_REFUSED, connector=connector, region=region, count=count, code=code, at=at)
