"""The latest version of each ref, and the rows that a new version makes: what `pull` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
