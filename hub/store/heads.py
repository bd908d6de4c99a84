"""The latest version of each ref, and the rows that new versions make: what `pull` asks and writes, a batch a statement."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from connectors.base import Attachment
from hub.privacy import SealedItem, Vault
from hub.store import attachments
from hub.store.packed import Packed, byteas, uuids
from hub.store.work import Work


class Head(NamedTuple):
    """The latest version of one incarnation of a ref; a tuple, because a batch makes one a new item."""

    version: int
    content: bytes
    created: bytes | None
    complaint: bytes
    """The 16 bytes of its UUID."""
    incarnation: int
    stamp: datetime | None
    """The portal's own stamp of this version."""


class NewItem(NamedTuple):
    """One item version ready to be stored: hashes and ciphertext only."""

    ref_hmac: bytes
    head: Head
    sealed: SealedItem
    payload_enc: bytes | None
    media: str
    trouble: str | None
    attachments: Sequence[Attachment]


# OFFSET 0 keeps the planner from joining the tables: it is one look at the index a ref, whatever it thinks of their sizes.
_COMPARED = """
SELECT string_agg(int4send(o.n::integer), ''), string_agg(int4send(o.n::integer), '') FILTER (WHERE r.same)
FROM unnest(%b::bytea[], %b::bytea[]) WITH ORDINALITY AS o(ref, content, n)
CROSS JOIN LATERAL (
    SELECT content_hmac = o.content AS same FROM refs WHERE connector = %b AND ref_hmac = o.ref OFFSET 0
) r
"""

_HEADS = """
SELECT o.ref, r.version, r.content_hmac, r.created_hmac, uuid_send(r.complaint), r.incarnation, r.stamp
FROM unnest(%b::bytea[]) AS o(ref)
CROSS JOIN LATERAL (SELECT * FROM refs WHERE connector = %b AND ref_hmac = o.ref ORDER BY incarnation OFFSET 0) r
"""

_HAD = """
SELECT o.ref, o.content FROM unnest(%b::bytea[], %b::bytea[]) AS o(ref, content)
CROSS JOIN LATERAL (
    SELECT FROM items WHERE connector = %b AND ref_hmac = o.ref AND content_hmac = o.content LIMIT 1
) i
"""


def compare(
    work: Work, connector: UUID, refs: Sequence[bytes], contents: Sequence[bytes]
) -> tuple[frozenset[int], frozenset[int]]:
    """Which of these (by place, from 0) have a head, and which of those have one with this very content."""
    ((known, same),) = work.tuples(_COMPARED, (byteas(refs), byteas(contents), connector))
    return _places(known), _places(same)


def heads(work: Work, connector: UUID, refs: Collection[bytes]) -> dict[bytes, list[Head]]:
    """The heads of these refs, by keyed hash, one an incarnation, the oldest first; unknown refs are missing."""
    found: dict[bytes, list[Head]] = {}
    if refs:
        for ref, *head in work.tuples(_HEADS, (byteas(list(refs)), connector)):
            found.setdefault(ref, []).append(Head(*head))
    return found


def had(work: Work, connector: UUID, asked: Collection[tuple[bytes, bytes]]) -> set[tuple[bytes, bytes]]:
    """Which of these refs had which of these contents in any of their versions."""
    if not asked:
        return set()
    refs, contents = zip(*asked, strict=True)
    rows = work.tuples(_HAD, (byteas(refs), byteas(contents), connector))
    return {(ref, content) for ref, content in rows}


def save(
    work: Work,
    vault: Vault,
    connector: UUID,
    region: str,
    new: Sequence[NewItem],
    *,
    interval: int,
    manifest_sha256: str,
    now: datetime,
) -> None:
    """Store new versions, their data keys and their heads: one statement a table."""
    if not new:
        return
    refs, latest, sealed, payloads, media, troubles, _ = zip(*new, strict=True)
    keys, wrapped, refs_enc, raws_enc, commitments, hub_keys = zip(*sealed, strict=True)
    whose = uuids([head.complaint for head in latest])
    work.tuples(_INSERT_KEYS, (region, list(hub_keys), uuids(keys), byteas(wrapped), whose))
    batch = (connector, region, interval, manifest_sha256, now, *_columns(refs, latest))
    ciphertexts = (uuids(keys), byteas(refs_enc), byteas(raws_enc), byteas(payloads))
    work.tuples(_INSERT_ITEMS, (*batch, *ciphertexts, list(media), list(troubles), list(commitments)))
    _save_heads(work, connector, region, new, now)
    _save_files(work, vault, connector, region, new)


def _save_heads(work: Work, connector: UUID, region: str, new: Sequence[NewItem], now: datetime) -> None:
    """The last of a batch's versions of one incarnation is its head."""
    last = {(one.ref_hmac, one.head.incarnation): one.head for one in new}
    refs, latest = [ref for ref, _ in last], list(last.values())
    rest = (byteas([h.created for h in latest]), [h.incarnation for h in latest], [h.stamp for h in latest])
    work.tuples(_UPSERT_REFS, (connector, region, now, *_columns(refs, latest), *rest))


def _columns(refs: Sequence[bytes], latest: Sequence[Head]) -> tuple[Packed, Packed, Packed, list[int]]:
    """What items and heads have in common: ref, content, complaint and version."""
    contents, complaints = byteas([h.content for h in latest]), uuids([h.complaint for h in latest])
    return byteas(refs), contents, complaints, [h.version for h in latest]


_INSERT_KEYS = """
INSERT INTO data_keys (region, hub_key, id, wrapped, complaint)
SELECT %b, n.* FROM unnest(%b::text[], %b::uuid[], %b::bytea[], %b::uuid[]) AS n
"""

_INSERT_ITEMS = """
INSERT INTO items (connector, region, interval_id, manifest_sha256, received_at, ref_hmac, content_hmac, complaint,
                   version, key_id, ref_enc, raw_enc, payload_enc, media, trouble, commitment)
SELECT %b, %b, %b, %b, %b, n.*
FROM unnest(%b::bytea[], %b::bytea[], %b::uuid[], %b::integer[], %b::uuid[], %b::bytea[], %b::bytea[], %b::bytea[],
            %b::text[], %b::text[], %b::text[]) AS n
"""

_UPSERT_REFS = """
INSERT INTO refs (connector, region, first_stored_at, ref_hmac, content_hmac, complaint, version, created_hmac,
                  incarnation, stamp)
SELECT %b, %b, %b, n.*
FROM unnest(%b::bytea[], %b::bytea[], %b::uuid[], %b::integer[], %b::bytea[], %b::integer[], %b::timestamptz[])
     AS n(ref, content, complaint, version, created, incarnation, stamp)
ON CONFLICT (connector, ref_hmac, incarnation) DO UPDATE
SET version = excluded.version, content_hmac = excluded.content_hmac, created_hmac = excluded.created_hmac,
    stamp = excluded.stamp, vanished_at = NULL
"""


def _save_files(work: Work, vault: Vault, connector: UUID, region: str, new: Iterable[NewItem]) -> None:
    for one in new:
        if one.attachments:
            number = work.value(
                "SELECT id FROM items WHERE connector = :connector AND ref_hmac = :ref AND version = :version",
                connector=connector,
                ref=one.ref_hmac,
                version=one.head.version,
            )
            key = vault.unwrap(UUID(bytes=one.sealed.key_id), one.sealed.wrapped)
            attachments.save(work, vault, key, region, UUID(bytes=one.head.complaint), number, one.attachments)


def _places(numbers: bytes | None) -> frozenset[int]:
    """Places from 0, of four bytes each from 1."""
    if not numbers:
        return frozenset()
    return frozenset(number - 1 for (number,) in struct.iter_unpack("!i", numbers))
