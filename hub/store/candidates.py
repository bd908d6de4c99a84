"""By which keyed words a complaint finds the earlier ones that may be about the same matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from dedup.judge import Doc, unpack
from hub.privacy import DataKey, Vault
from hub.store.work import Work


def forget_keys(work: Work, ids: Sequence[UUID]) -> None:
    """Take away the keyed words of complaints whose text has changed."""
    if ids:
        work.run("DELETE FROM dedup_keys WHERE complaint = ANY(:ids)", ids=list(ids))


def keys(work: Work, rows: Sequence[tuple[UUID, int, Sequence[int]]]) -> None:
    """Store the keyed words (complaint, day, keys) by which other complaints may find these."""
    flat = [(key, day, complaint) for complaint, day, values in rows for key in values]
    work.run(
        """
        INSERT INTO dedup_keys (key, day, complaint)
        SELECT * FROM unnest(CAST(:keys AS bigint[]), CAST(:days AS int[]), CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING
        """,
        keys=[key for key, _, _ in flat],
        days=[day for _, day, _ in flat],
        ids=[complaint for _, _, complaint in flat],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An earlier complaint that may be about the same matter."""

    id: UUID
    doc: Doc
    tokens: frozenset[str]
    leads: bool
    """It is forwarded or on its way, so that a repeat by its reporter may wait behind it."""


def candidates(
    work: Work,
    vault: Vault,
    asked: Sequence[tuple[UUID, int, str, Sequence[int]]],
    *,
    days: int,
    cap: int,
    shared: int,
    most: int,
) -> dict[UUID, list[Candidate]]:
    """For each (complaint, day, province, keys): those of its province and time that share keys or a reporter with it."""
    pairs = [(number, key) for number, (_, _, _, values) in enumerate(asked, 1) for key in values]
    near = work.rows(
        _NEAR,
        ids=[complaint for complaint, _, _, _ in asked],
        on=[day for _, day, _, _ in asked],
        provinces=[province for _, _, province, _ in asked],
        at=[number for number, _ in pairs],
        keys=[key for _, key in pairs],
        days=days,
        cap=cap,
        shared=shared,
        most=most,
    )
    rows = work.rows(_CANDIDATES, ids=list({row.complaint for row in near}))
    known = {row.id: _candidate(row, vault) for row in rows}
    found: dict[UUID, list[Candidate]] = {complaint: [] for complaint, _, _, _ in asked}
    for row in near:
        if row.complaint in known:
            found[row.id].append(known[row.complaint])
    return found


_NEAR = """
WITH asked AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:on AS int[]), CAST(:provinces AS text[]))
    WITH ORDINALITY AS a(id, day, province, n)
), near AS (
    SELECT a.n, h.complaint, count(*) AS shared
    FROM unnest(CAST(:at AS int[]), CAST(:keys AS bigint[])) AS w(n, key) JOIN asked a ON a.n = w.n
    CROSS JOIN LATERAL (
        SELECT d.complaint FROM dedup_keys d
        WHERE d.key = w.key AND d.day BETWEEN a.day - :days AND a.day + :days AND d.complaint <> a.id
        ORDER BY d.day DESC, d.complaint DESC LIMIT :cap) h
    GROUP BY a.n, h.complaint HAVING count(*) >= :shared
), best AS (
    SELECT n, complaint FROM (
        SELECT n, complaint, row_number() OVER (PARTITION BY n ORDER BY shared DESC, complaint) AS place FROM near) r
    WHERE place <= :most
), own AS (
    SELECT a.n, t.complaint FROM asked a JOIN reporter_tokens mine ON mine.complaint = a.id
    CROSS JOIN LATERAL (
        SELECT o.complaint FROM reporter_tokens o WHERE o.token = mine.token AND o.complaint <> a.id LIMIT :cap) t
)
SELECT a.id, c.id AS complaint FROM (SELECT * FROM best UNION SELECT * FROM own) f
JOIN asked a ON a.n = f.n JOIN complaints c ON c.id = f.complaint
WHERE c.case_id IS NOT NULL AND c.features_enc IS NOT NULL AND c.region LIKE a.province || '%' ORDER BY a.n, c.id
"""

_CANDIDATES = """
SELECT c.id, c.key_id, k.wrapped, c.features_enc, coalesce(c.state = 'accepted' AND d.state <> 'refused', false) AS leads,
       ARRAY(SELECT encode(token, 'hex') FROM reporter_tokens t WHERE t.complaint = c.id) AS tokens
FROM complaints c JOIN data_keys k ON k.id = c.key_id LEFT JOIN deliveries d ON d.complaint = c.id
WHERE c.id = ANY(:ids)
"""


def _candidate(row: Any, vault: Vault) -> Candidate:
    key: DataKey = vault.unwrap(row.key_id, bytes(row.wrapped))
    doc = unpack(vault.open(key, "features", bytes(row.features_enc)))
    tokens = frozenset(row.tokens)
    return Candidate(id=row.id, doc=replace(doc, id=str(row.id), reporter=tokens), tokens=tokens, leads=bool(row.leads))
