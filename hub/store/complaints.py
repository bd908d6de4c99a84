"""Complaints: one row a (connector, ref, incarnation), whose state is one word of the first promise."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.model import Complaint, Problem
from hub.privacy import DataKey, Vault
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


def write(
    work: Work,
    vault: Vault,
    item: Stored,
    complaint: Complaint,
    *,
    case: UUID | None,
    features: bytes,
    unmapped: Sequence[str],
    hub_status: str | None,
    submitted_at: datetime | None,
    now: datetime,
) -> str:
    """Store the canonical text of one version under that version's key; returns its commitment."""
    sealed, commitment = vault.seal(item.key, "canonical", json.dumps(complaint.document()).encode())
    work.run(
        """
        UPDATE complaints SET accepted_at = coalesce(accepted_at, :now), submitted_at = :submitted, kind = :kind,
               category_code = :category, region_code = :region_code, code_system = :code_system,
               is_supervisory = :supervisory, is_anonymous = :anonymous, is_confidential = :confidential,
               unmapped = :unmapped, hub_status = :hub_status, item_id = :item, key_id = :key, canonical_enc = :sealed,
               features_enc = :features, manifest_sha256 = :sha, case_id = coalesce(:case, case_id)
        WHERE id = :id
        """,
        id=item.complaint,
        now=now,
        case=case,
        submitted=submitted_at,
        kind=complaint.kind,
        category=complaint.category_code,
        region_code=complaint.region_code,
        code_system=complaint.code_system,
        supervisory=complaint.is_supervisory,
        anonymous=complaint.is_anonymous,
        confidential=complaint.is_confidential,
        unmapped=list(unmapped),
        hub_status=hub_status,
        item=item.id,
        key=item.key.id,
        sealed=sealed,
        features=vault.seal(item.key, "features", features)[0],
        sha=item.manifest_sha256,
    )
    return commitment


def say(work: Work, complaint: UUID, state: str, reason: str | None = None, *, behind: UUID | None = None) -> None:
    """Give a complaint its word; `behind` names the complaint that a withheld repeat waits for."""
    work.run(
        "UPDATE complaints SET state = :state, reason = :reason, behind = :behind WHERE id = :id",
        id=complaint,
        state=state,
        reason=reason,
        behind=behind,
    )


def quarantine(
    work: Work, connector: UUID, region: str, item: Stored, problems: Sequence[Problem], now: datetime
) -> None:
    """Keep an item that is no complaint yet, with its reasons and without its values."""
    reasons = [{"path": p.path, "rule": p.rule, "id": p.id, "en": p.en} for p in problems]
    work.run(
        """
        INSERT INTO quarantine (connector, region, complaint, item_id, reasons, manifest_sha256, made_at)
        VALUES (:connector, :region, :complaint, :item, :reasons, :sha, :now)
        ON CONFLICT (item_id) DO UPDATE SET reasons = excluded.reasons, left_at = NULL
        """,
        connector=connector,
        region=region,
        complaint=item.complaint,
        item=item.id,
        reasons=json.dumps(reasons),
        sha=item.manifest_sha256,
        now=now,
    )


def leave_quarantine(work: Work, complaint: UUID, now: datetime) -> None:
    """A later version, or a better manifest, made a complaint of it."""
    work.run("UPDATE quarantine SET left_at = :now WHERE complaint = :id AND left_at IS NULL", id=complaint, now=now)


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


def tokens(work: Work, complaint: UUID, region: str, values: Mapping[str, bytes], *, fresh: bool) -> None:
    """Replace the keyed hashes of a complaint's reporter; a `fresh` complaint has none yet."""
    if not fresh:
        work.run("DELETE FROM reporter_tokens WHERE complaint = :id", id=complaint)
    work.many(
        "INSERT INTO reporter_tokens (complaint, what, token, region) VALUES (:id, :what, :token, :region)",
        [{"id": complaint, "what": what, "token": token, "region": region} for what, token in values.items()],
    )


def keys(work: Work, complaint: UUID, day: int, values: Sequence[int], *, fresh: bool) -> None:
    """Replace the keyed words by which other complaints may find this one; a `fresh` one has none yet."""
    if not fresh:
        work.run("DELETE FROM dedup_keys WHERE complaint = :id", id=complaint)
    work.run(
        """
        INSERT INTO dedup_keys (key, day, complaint)
        SELECT k, :day, :id FROM unnest(CAST(:keys AS bigint[])) AS k ON CONFLICT DO NOTHING
        """,
        keys=list(values),
        day=day,
        id=complaint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An earlier complaint that may be about the same matter."""

    id: UUID
    case_id: UUID
    features: bytes
    tokens: frozenset[str]
    leads: bool
    """It is forwarded or on its way, so that a repeat by its reporter may wait behind it."""


def candidates(
    work: Work,
    vault: Vault,
    complaint: UUID,
    *,
    keys: Sequence[int],
    tokens: Sequence[bytes],
    province: str,
    days: range,
    cap: int,
    shared: int,
    most: int,
) -> list[Candidate]:
    """Complaints of the same province and time that share keys or a reporter with this one, the closest first."""
    rows = work.rows(
        _CANDIDATES,
        id=complaint,
        keys=list(keys),
        tokens=list(tokens),
        province=province + "%",
        first=days.start,
        last=days.stop - 1,
        cap=cap,
        shared=shared,
        most=most,
    )
    return [_candidate(row, vault) for row in rows]


_CANDIDATES = """
WITH near AS (
    SELECT h.complaint, count(*) AS shared
    FROM unnest(CAST(:keys AS bigint[])) AS k(key) CROSS JOIN LATERAL (
        SELECT complaint FROM dedup_keys d WHERE d.key = k.key AND d.day BETWEEN :first AND :last AND d.complaint <> :id
        ORDER BY d.day DESC, d.complaint LIMIT :cap) h
    GROUP BY h.complaint HAVING count(*) >= :shared ORDER BY shared DESC, h.complaint LIMIT :most
), own AS (
    SELECT DISTINCT complaint FROM reporter_tokens
    WHERE token = ANY(CAST(:tokens AS bytea[])) AND complaint <> :id LIMIT :cap
), found AS (
    SELECT complaint, max(shared) AS shared FROM (
        SELECT complaint, shared FROM near UNION ALL SELECT complaint, 0 FROM own) u GROUP BY complaint
)
SELECT c.id, c.case_id, c.key_id, k.wrapped, c.features_enc,
       (c.state = 'accepted' AND d.state NOT IN ('refused')) AS leads,
       ARRAY(SELECT encode(token, 'hex') FROM reporter_tokens t WHERE t.complaint = c.id) AS tokens
FROM found f
JOIN complaints c ON c.id = f.complaint
JOIN data_keys k ON k.id = c.key_id
LEFT JOIN deliveries d ON d.complaint = c.id
WHERE c.region LIKE :province AND c.case_id IS NOT NULL AND c.features_enc IS NOT NULL
ORDER BY f.shared DESC, c.id
"""


def _candidate(row: Any, vault: Vault) -> Candidate:
    key: DataKey = vault.unwrap(row.key_id, bytes(row.wrapped))
    return Candidate(
        id=row.id,
        case_id=row.case_id,
        features=vault.open(key, "features", bytes(row.features_enc)),
        tokens=frozenset(row.tokens),
        leads=bool(row.leads),
    )
