"""Items that are no complaint yet: their reasons, never their values, until a better manifest or version comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from hub.model import Problem
from hub.privacy import Vault
from hub.store.complaints import Origin
from hub.store.items import Stored
from hub.store.work import Work

_PUT = """
INSERT INTO quarantine (connector, region, complaint, item_id, reasons, manifest_sha256, made_at)
SELECT %b::uuid, %b::text, u.complaint, u.item, u.reasons::jsonb, %b::text, %b::timestamptz
FROM unnest(%b::uuid[], %b::bigint[], %b::text[]) AS u(complaint, item, reasons)
ON CONFLICT (item_id) DO UPDATE
SET reasons = excluded.reasons, manifest_sha256 = excluded.manifest_sha256, left_at = NULL
"""


def put(
    work: Work,
    origin: Origin,
    found: Sequence[tuple[Stored, Sequence[Problem]]],
    now: datetime,
) -> None:
    """Keep items with the reasons for which the manifest of `origin` could not make complaints of them."""
    if not found:
        return
    columns = [item.complaint for item, _ in found], [item.id for item, _ in found], [_said(why) for _, why in found]
    work.tuples(_PUT, (origin.connector, origin.region, origin.manifest_sha256, now, *columns))


def _said(problems: Sequence[Problem]) -> str:
    return orjson.dumps([{"path": p.path, "rule": p.rule, "id": p.id, "en": p.en} for p in problems]).decode()


def leave(work: Work, found: Sequence[Stored], now: datetime) -> None:
    """A later version, or a better manifest, made something of them: all versions of their complaints leave."""
    if found:
        work.run(
            """
            UPDATE quarantine SET left_at = :now
            WHERE left_at IS NULL AND (complaint = ANY(:complaints) OR item_id = ANY(:items))
            """,
            complaints=[item.complaint for item in found],
            items=[item.id for item in found],
            now=now,
        )


def every(work: Work, vault: Vault, names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """What is in quarantine now: connector, ref, reasons."""
    rows = work.rows(
        """
        SELECT n.name, i.ref_enc, i.key_id, k.wrapped, q.reasons FROM quarantine q
        JOIN items i ON i.id = q.item_id JOIN data_keys k ON k.id = i.key_id JOIN connectors n ON n.id = q.connector
        WHERE q.left_at IS NULL AND (:all OR n.name = ANY(:names)) ORDER BY q.id
        """,
        names=list(names),
        all=not names,
    )
    for row in rows:
        key = vault.unwrap(row.key_id, bytes(row.wrapped))
        ref = json.loads(vault.open(key, "ref", bytes(row.ref_enc)))
        yield {"connector": row.name, "ref": ref, "reasons": row.reasons}
