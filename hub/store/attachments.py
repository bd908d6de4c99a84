"""Files that came with a complaint: held here, still to be fetched, or failed with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from connectors.base import Attachment
from hub.privacy import DataKey, Vault
from hub.store.work import Work

MOST = 25 * 1024 * 1024
"""Bytes of one file (design section 7)."""

_INSERT = """
INSERT INTO attachments (region, complaint, item_id, key_id, number, name_enc, url_enc, media_type, size, content_hmac,
                         state, reason, content_enc)
SELECT %b::text, u.*
FROM unnest(%b::uuid[], %b::bigint[], %b::uuid[], %b::int[], %b::bytea[], %b::bytea[], %b::text[], %b::bigint[],
            %b::bytea[], %b::text[], %b::text[], %b::bytea[]) AS u
ON CONFLICT (item_id, number) DO NOTHING
"""

Files = tuple[DataKey, UUID, int, Sequence[Attachment]]
"""The files of one item version: its data key, its complaint, its number."""


def save(
    work: Work, vault: Vault, key: DataKey, region: str, complaint: UUID, item: int, files: Sequence[Attachment]
) -> None:
    """Store the files of one item version under its data key; a file without bytes is still to be fetched."""
    save_all(work, vault, region, [(key, complaint, item, files)])


def save_all(work: Work, vault: Vault, region: str, batch: Sequence[Files], first: int = 1) -> None:
    """The same for many item versions; `first` is the number of the first file of each."""
    rows = [
        (complaint, item, key.id, number, *_sealed(vault, key, file))
        for key, complaint, item, files in batch
        for number, file in enumerate(files, first)
    ]
    if rows:
        work.tuples(_INSERT, (region, *map(list, zip(*rows, strict=True))))


def _sealed(vault: Vault, key: DataKey, file: Attachment) -> tuple[Any, ...]:
    """Name, address, media type, size, keyed hash, state, reason and content of one file."""
    content = file.content
    state, reason = ("held", None) if content is not None else ("pending", None)
    if content is not None and len(content) > MOST:
        content, state, reason = None, "failed", "too_large"
    if content is None and not file.url and state == "pending":
        state, reason = "failed", "no_content"
    return (
        vault.seal(key, "file name", file.name.encode("utf-8", "replace"))[0],
        vault.seal(key, "file url", file.url.encode())[0] if file.url else None,
        file.media_type,
        len(content) if content is not None else file.size,
        vault.mac("content", content) if content is not None else None,
        state,
        reason,
        vault.seal(key, "file", content)[0] if content is not None else None,
    )


def pending(work: Work, connector: UUID, limit: int) -> Sequence[Any]:
    """Files of this connector that are still to be fetched."""
    return work.rows(
        """
        SELECT a.id, a.complaint, a.key_id, k.wrapped, a.url_enc, a.name_enc FROM attachments a
        JOIN complaints c ON c.id = a.complaint JOIN data_keys k ON k.id = a.key_id
        WHERE c.connector = :connector AND a.state = 'pending' ORDER BY a.id LIMIT :limit
        """,
        connector=connector,
        limit=limit,
    )


def held(work: Work, vault: Vault, number: int, key: DataKey, content: bytes) -> None:
    """A file has been fetched."""
    work.run(
        """
        UPDATE attachments SET state = 'held', content_enc = :content, size = :size, content_hmac = :hmac, reason = NULL
        WHERE id = :id AND state = 'pending'
        """,
        id=number,
        content=vault.seal(key, "file", content)[0],
        size=len(content),
        hmac=vault.mac("content", content),
    )


def failed(work: Work, number: int, reason: str) -> None:
    """A file cannot be had; the complaint goes without it."""
    work.run(
        "UPDATE attachments SET state = 'failed', reason = :reason WHERE id = :id AND state = 'pending'",
        id=number,
        reason=reason,
    )
