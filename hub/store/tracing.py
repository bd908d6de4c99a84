"""The way of single complaints through every station, as rows without a word of what anybody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from hub.store import search
from hub.store.evidence import Scope
from hub.store.search import Asked
from hub.store.work import Work


def drawn(work: Work, scope: Scope, *, seed: str, count: int) -> Sequence[Any]:
    """
    `count` complaints of the scope: complaint, name, region, day, word, detail; the same for the same seed and rows.

    Their order is that of SHA-256(seed, newline, id), so anybody who has the list of ids can draw it again.
    """
    return work.rows(
        """
        SELECT complaint, name, region, day, word, detail FROM outcomes
        WHERE (CAST(:connector AS uuid) IS NULL OR connector = :connector)
          AND (CAST(:region AS text) IS NULL OR region = :region OR region LIKE :region || '.%')
          AND (CAST(:first AS date) IS NULL OR day >= :first) AND (CAST(:last AS date) IS NULL OR day <= :last)
        ORDER BY sha256(convert_to(:seed || chr(10) || complaint, 'UTF8')), complaint LIMIT :count
        """,
        connector=scope.connector,
        region=scope.region,
        first=scope.first_day,
        last=scope.last_day,
        seed=seed,
        count=count,
    )


_STATIONS: Final[Mapping[str, str]] = {
    "intervals": """
        SELECT DISTINCT v.id, v.what, v.from_at, v.to_at, v.opened_at, v.closed_at, v.pages, v.items, v.total, v.proof, v.owed,
               v.closed_by
        FROM refs r JOIN items i ON i.connector = r.connector AND i.ref_hmac = r.ref_hmac AND i.complaint = r.complaint
        JOIN intervals v ON v.id = i.interval_id WHERE r.complaint = :complaint ORDER BY v.id""",
    "items": """
        SELECT i.version, i.received_at, i.commitment, i.manifest_sha256 AS manifest, i.interval_id AS interval, i.trouble,
               NOT EXISTS (SELECT FROM data_keys k WHERE k.id = i.key_id) AS erased
        FROM refs r JOIN items i ON i.connector = r.connector AND i.ref_hmac = r.ref_hmac AND i.complaint = r.complaint
        WHERE r.complaint = :complaint ORDER BY i.version""",
    "decision": """
        SELECT state, reason, accepted_at, submitted_at, kind, category_code, hub_status, behind, case_id,
               manifest_sha256 AS manifest FROM complaints WHERE id = :complaint""",
    "deliveries": """
        SELECT id, registry, state, registry_id, institution, attempts, queued_at, code, http, last_status, resolved_by
        FROM deliveries WHERE complaint = :complaint ORDER BY id""",
    "attempts": """
        SELECT a.id, a.delivery, a.step, a.started_at, a.ended_at, a.outcome, a.code, a.http
        FROM attempts a JOIN deliveries d ON d.id = a.delivery WHERE d.complaint = :complaint ORDER BY a.id""",
    "statuses": """
        SELECT source, what, status, foreign_name, by_whom, at, seen_at FROM events WHERE complaint = :complaint ORDER BY id""",
    "follow_ups": """
        SELECT number, registry, what, state, attempts, queued_at, sent_at, code FROM follow_ups
        WHERE complaint = :complaint ORDER BY number""",
    "replies": """
        SELECT p.id, n.name AS through, p.status, p.state, p.attempts, p.sent_at, p.code, p.resolved_by
        FROM replies p JOIN complaints d ON d.id = p.door JOIN connectors n ON n.id = d.connector
        WHERE p.complaint = :complaint ORDER BY p.id""",
}
"""Station -> its rows for one complaint, from the channel to the registry and back."""


def traced(work: Work, complaint: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every station of one complaint, rows as dicts; `entries` are (leaf, act, code, at) of the log."""
    stations = {
        name: [dict(row._mapping) for row in work.rows(sql, complaint=complaint)] for name, sql in _STATIONS.items()
    }
    return stations | {"entries": _entries(work, complaint)}


def _entries(work: Work, complaint: UUID) -> list[dict[str, Any]]:
    found = list(search.find(work, Asked(complaint=complaint)))
    return [{"leaf": one.leaf, "entry": one.body} for one in reversed(found)]
