"""Complaints: one row a (connector, ref, incarnation), whose state is one word of the first promise."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.model import Complaint, Problem
from hub.privacy import Vault
from hub.store.items import Stored
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of a complaint before this version of it is accepted."""

    id: UUID
    state: str
    reason: str | None
    case_id: UUID | None
    document: Mapping[str, Any] | None
    sent: bool


def known(work: Work, vault: Vault, ids: Collection[UUID]) -> dict[UUID, Known]:
    """The state of these complaints and, where they have one, their canonical text."""
    rows = work.rows(
        """
        SELECT c.id, c.state, c.reason, c.case_id, c.key_id, c.canonical_enc, k.wrapped,
               coalesce(d.state NOT IN ('queued', 'files_uploaded'), false) AS sent
        FROM complaints c LEFT JOIN data_keys k ON k.id = c.key_id LEFT JOIN deliveries d ON d.complaint = c.id
        WHERE c.id = ANY(:ids)
        """,
        ids=list(ids),
    )
    return {row.id: _known(row, vault) for row in rows}


def _known(row: Any, vault: Vault) -> Known:
    document = None
    if row.canonical_enc is not None and row.wrapped is not None:
        key = vault.unwrap(row.key_id, bytes(row.wrapped))
        document = json.loads(vault.open(key, "canonical", bytes(row.canonical_enc)))
    return Known(id=row.id, state=row.state, reason=row.reason, case_id=row.case_id, document=document, sent=row.sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The canonical text of one item version, ready to be stored under that version's key."""

    item: Stored
    complaint: Complaint
    case: UUID | None
    features: bytes
    tokens: Mapping[str, bytes]
    """Keyed hashes of the reporter, by what they are of."""
    unmapped: Sequence[str]
    hub_status: str | None
    submitted_at: datetime | None
    manifest_sha256: str
    """Of the manifest that made it."""


def write(work: Work, vault: Vault, region: str, versions: Sequence[Version], now: datetime) -> list[str]:
    """Store these versions and their reporters' keyed hashes; returns their commitments."""
    sealed = [vault.seal(one.item.key, "canonical", json.dumps(one.complaint.document()).encode()) for one in versions]
    work.many(_WRITE, [_row(vault, one, text, now) for one, (text, _) in zip(versions, sealed, strict=True)])
    again = [one.item.complaint for one in versions if one.item.version > 1]
    if again:
        work.run("DELETE FROM reporter_tokens WHERE complaint = ANY(:ids)", ids=again)
    work.many(
        """
        INSERT INTO reporter_tokens (complaint, what, token, region) VALUES (:id, :what, :token, :region)
        ON CONFLICT DO NOTHING
        """,
        [
            {"id": one.item.complaint, "what": what, "token": token, "region": region}
            for one in versions
            for what, token in one.tokens.items()
        ],
    )
    return [commitment for _, commitment in sealed]


_WRITE = """
UPDATE complaints SET accepted_at = coalesce(accepted_at, :now), submitted_at = :submitted, kind = :kind,
       category_code = :category, region_code = :region_code, code_system = :code_system,
       is_supervisory = :supervisory, is_anonymous = :anonymous, is_confidential = :confidential,
       unmapped = :unmapped, hub_status = :hub_status, item_id = :item, key_id = :key, canonical_enc = :sealed,
       features_enc = :features, manifest_sha256 = :sha, case_id = coalesce(CAST(:case AS uuid), case_id)
WHERE id = :id
"""


def _row(vault: Vault, one: Version, text: bytes, now: datetime) -> dict[str, Any]:
    complaint = one.complaint
    return {
        "id": one.item.complaint,
        "now": now,
        "case": one.case,
        "submitted": one.submitted_at,
        "kind": complaint.kind,
        "category": complaint.category_code,
        "region_code": complaint.region_code,
        "code_system": complaint.code_system,
        "supervisory": complaint.is_supervisory,
        "anonymous": complaint.is_anonymous,
        "confidential": complaint.is_confidential,
        "unmapped": list(one.unmapped),
        "hub_status": one.hub_status,
        "item": one.item.id,
        "key": one.item.key.id,
        "sealed": text,
        "features": vault.seal(one.item.key, "features", one.features)[0],
        "sha": one.manifest_sha256,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What became of a complaint; `behind` names the complaint that a withheld repeat waits for."""

    complaint: UUID
    state: str
    reason: str | None = None
    behind: UUID | None = None


def say(work: Work, *words: Word) -> None:
    """Give complaints their words."""
    work.many(
        "UPDATE complaints SET state = :state, reason = :reason, behind = :behind WHERE id = :id",
        [{"id": w.complaint, "state": w.state, "reason": w.reason, "behind": w.behind} for w in words],
    )


def quarantine(
    work: Work,
    connector: UUID,
    region: str,
    item: Stored,
    problems: Sequence[Problem],
    manifest_sha256: str,
    now: datetime,
) -> None:
    """Keep an item that is no complaint yet, with its reasons and without its values."""
    reasons = [{"path": p.path, "rule": p.rule, "id": p.id, "en": p.en} for p in problems]
    work.run(
        """
        INSERT INTO quarantine (connector, region, complaint, item_id, reasons, manifest_sha256, made_at)
        VALUES (:connector, :region, :complaint, :item, :reasons, :sha, :now)
        ON CONFLICT (item_id) DO UPDATE
        SET reasons = excluded.reasons, manifest_sha256 = excluded.manifest_sha256, left_at = NULL
        """,
        connector=connector,
        region=region,
        complaint=item.complaint,
        item=item.id,
        reasons=json.dumps(reasons),
        sha=manifest_sha256,
        now=now,
    )


def try_again(work: Work, connector: UUID, manifest_sha256: str) -> int:
    """What another manifest left in quarantine waits again; returns how many items."""
    return work.run(
        """
        UPDATE items SET state = 'pending' FROM quarantine q
        WHERE q.item_id = items.id AND q.connector = :connector AND q.left_at IS NULL AND q.manifest_sha256 <> :sha
        """,
        connector=connector,
        sha=manifest_sha256,
    )


def leave_quarantine(work: Work, ids: Sequence[UUID], now: datetime) -> None:
    """A later version, or a better manifest, made complaints of them."""
    if ids:
        work.run(
            "UPDATE quarantine SET left_at = :now WHERE complaint = ANY(:ids) AND left_at IS NULL",
            ids=list(ids),
            now=now,
        )


def review(
    work: Work,
    region: str,
    what: str,
    *,
    complaint: UUID,
    other: UUID | None = None,
    code: str | None = None,
    now: datetime,
) -> None:
    """Ask a person to look; nothing waits for it."""
    work.run(
        """
        INSERT INTO reviews (region, what, complaint, other, code, made_at)
        VALUES (:region, :what, :complaint, :other, :code, :now) ON CONFLICT DO NOTHING
        """,
        region=region,
        what=what,
        complaint=complaint,
        other=other,
        code=code,
        now=now,
    )


def every(work: Work, vault: Vault, names: Sequence[str] = ()) -> Iterator[tuple[dict[str, Any], str | None, str]]:
    """All complaints with a canonical text: document, case (its present head), outcome; in order of storing."""
    last: UUID | None = None
    while True:
        rows = work.rows(_EVERY, last=last, names=list(names), all=not names)
        for row in rows:
            key = vault.unwrap(row.key_id, bytes(row.wrapped))
            document = json.loads(vault.open(key, "canonical", bytes(row.canonical_enc)))
            yield document, str(row.head) if row.head else None, row.word
        if not rows:
            return
        last = rows[-1].id


_EVERY = """
SELECT c.id, c.key_id, k.wrapped, c.canonical_enc, s.head, o.word
FROM complaints c
JOIN data_keys k ON k.id = c.key_id
JOIN outcomes o ON o.complaint = c.id
LEFT JOIN cases s ON s.id = c.case_id
JOIN connectors n ON n.id = c.connector
WHERE c.canonical_enc IS NOT NULL AND (CAST(:last AS uuid) IS NULL OR c.id > :last) AND (:all OR n.name = ANY(:names))
ORDER BY c.id LIMIT 500
"""


def quarantined(work: Work, vault: Vault, names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
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


def held(work: Work, connector: UUID, reason: str | None = None) -> Sequence[Any]:
    """Held complaints of a connector, oldest first: id, reason."""
    return work.rows(
        """
        SELECT c.id, c.reason, c.item_id FROM complaints c
        WHERE c.connector = :connector AND c.state = 'held' AND (CAST(:reason AS text) IS NULL OR c.reason = :reason)
        ORDER BY c.submitted_at NULLS LAST, c.item_id
        """,
        connector=connector,
        reason=reason,
    )
