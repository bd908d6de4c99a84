"""The pages that an open interval has read: the evidence that lets another process go on behind the last of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.reading import Seen
from hub.privacy import DataKey, Vault
from hub.store.work import Work

_INSERT = """
INSERT INTO pages (interval_id, region, pass_, number, items, total, ends, whole, unchanged, digest, tag, marks, prints,
                   next_enc, more, uncounted)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::int[], %b::int[], %b::int[], %b::bigint[], %b::bool[], %b::bool[],
                     %b::bool[], %b::bytea[], %b::text[], %b::bytea[], %b::bytea[], %b::bytea[],
                     %b::bool[], %b::bool[])
"""


def add(work: Work, vault: Vault, number: int, region: str, pages: Sequence[Seen], now: datetime) -> None:
    """Put pages of interval `number` away, in the transaction that stores their items."""
    if not pages:
        return
    key = _key(work, vault, number, region, now)
    columns = zip(*(_row(vault, key, number, region, page) for page in pages), strict=True)
    work.unnest(_INSERT, *(list(column) for column in columns))


def _row(vault: Vault, key: DataKey, number: int, region: str, page: Seen) -> tuple[Any, ...]:
    position = None
    if page.next is not None:
        position = vault.seal(key, f"position {page.passed} {page.number}", json.dumps(dict(page.next)).encode())[0]
    return (
        number,
        region,
        page.passed,
        page.number,
        page.count,
        page.total,
        page.end,
        page.whole,
        page.unchanged,
        page.digest,
        page.tag,
        page.marks if page.passed == 1 or not page.known else None,
        page.prints if page.passed == 1 or not page.known else None,
        position,
        page.more,
        page.uncounted,
    )


def of(work: Work, vault: Vault, number: int) -> list[Seen]:
    """The pages of interval `number`, in the order of reading."""
    row = work.one(
        "SELECT i.key_id, k.wrapped FROM intervals i JOIN data_keys k ON k.id = i.key_id WHERE i.id = :id", id=number
    )
    if row is None:
        return []
    key = vault.unwrap(row.key_id, bytes(row.wrapped))
    rows = work.rows("SELECT * FROM pages WHERE interval_id = :id ORDER BY pass_, number", id=number)
    marks = {bytes(one.digest): (bytes(one.marks), bytes(one.prints)) for one in rows if one.marks is not None}
    return [_seen(vault, key, one, marks) for one in rows]


def _seen(vault: Vault, key: DataKey, row: Any, marks: Mapping[bytes, tuple[bytes, bytes]]) -> Seen:
    position = None
    if row.next_enc is not None:
        position = json.loads(vault.open(key, f"position {row.pass_} {row.number}", bytes(row.next_enc)))
    digest = bytes(row.digest)
    return Seen(
        passed=row.pass_,
        number=row.number,
        count=row.items,
        total=row.total,
        end=row.ends,
        whole=row.whole,
        digest=digest,
        marks=marks[digest][0],
        prints=marks[digest][1],
        next=position,
        tag=row.tag,
        known=row.marks is None,
        unchanged=row.unchanged,
        more=row.more,
        uncounted=row.uncounted,
    )


def forget(work: Work, number: int) -> None:
    """The interval is closed, or will be read from its beginning: its pages and their key go."""
    work.run("DELETE FROM pages WHERE interval_id = :id", id=number)
    key = work.value("SELECT key_id FROM intervals WHERE id = :id", id=number)
    if key is not None:
        work.run("UPDATE intervals SET key_id = NULL WHERE id = :id", id=number)
        work.run("DELETE FROM data_keys WHERE id = :key", key=key)


def kept(work: Work, number: int) -> bool:
    """Whether anything of the interval's pages is kept under a key."""
    return bool(work.value("SELECT key_id IS NOT NULL FROM intervals WHERE id = :id", id=number))


def _key(work: Work, vault: Vault, number: int, region: str, now: datetime) -> DataKey:
    row = work.one(
        """
        UPDATE intervals i SET read_at = :now FROM intervals o LEFT JOIN data_keys k ON k.id = o.key_id
        WHERE i.id = :id AND o.id = i.id RETURNING i.key_id, k.wrapped
        """,
        id=number,
        now=now,
    )
    if row is not None and row.key_id is not None:
        return vault.unwrap(row.key_id, bytes(row.wrapped))
    key = vault.new_key(region)
    work.run(
        "INSERT INTO data_keys (id, region, hub_key, wrapped) VALUES (:id, :region, :hub_key, :wrapped)",
        id=key.id,
        region=region,
        hub_key=key.hub_key,
        wrapped=key.wrapped,
    )
    work.run("UPDATE intervals SET key_id = :key WHERE id = :id", key=key.id, id=number)
    return key
