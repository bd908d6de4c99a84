"""Which complaint of ours a mail or a post answers: by the numbers of our own messages, of posts, and of complaints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a complaint stands that somebody writes about."""

    complaint: UUID
    connector: UUID
    region: str
    state: str
    reason: str | None
    behind: UUID | None
    registry: str | None
    """Where it is sent to; None where nothing is sent yet."""
    tokens: frozenset[bytes]
    """Keyed hashes of its reporter."""


def answered(work: Work, message_ids: Collection[str], connector: UUID, posts: Collection[str]) -> dict[str, UUID]:
    """Our own messages among these Message-IDs (without brackets) and numbers of posts at that connector: complaints."""
    rows = work.rows(
        """
        SELECT message_id AS own, complaint, id FROM replies WHERE message_id = ANY(CAST(:ids AS text[]))
        UNION ALL
        SELECT foreign_id, complaint, id FROM replies
        WHERE foreign_id = ANY(CAST(:posts AS text[])) AND connector = :connector
        ORDER BY id DESC
        """,
        ids=list(message_ids),
        posts=list(posts),
        connector=connector,
    )
    return {row.own: row.complaint for row in rows}


def items(work: Work, connector: UUID, refs: Collection[bytes]) -> dict[bytes, UUID]:
    """The complaints that the latest incarnations of these refs (keyed hashes) are."""
    rows = work.rows(
        """
        SELECT ref_hmac, complaint FROM refs WHERE connector = :connector AND ref_hmac = ANY(:refs)
        ORDER BY incarnation
        """,
        connector=connector,
        refs=list(refs),
    )
    return {bytes(row.ref_hmac): row.complaint for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTold:
    """What somebody was last told through a door."""

    complaint: UUID
    at: datetime
    asked: bool
    """It was a question, and its complaint still waits for the answer."""


def last_told(work: Work, connector: UUID, tokens: Collection[bytes]) -> dict[bytes, LastTold]:
    """By keyed hash of a reporter: the latest message of ours that he got through this connector."""
    rows = work.rows(
        """
        SELECT DISTINCT ON (t.token) t.token, r.complaint, r.sent_at AS at,
               (e.what = 'incomplete' AND c.state = 'quarantined') AS asked
        FROM reporter_tokens t JOIN replies r ON r.door = t.complaint JOIN events e ON e.id = r.event_id
        JOIN complaints c ON c.id = r.complaint
        WHERE t.token = ANY(CAST(:tokens AS bytea[])) AND r.connector = :connector AND r.state = 'sent' AND r.sent_at IS NOT NULL
        ORDER BY t.token, r.sent_at DESC, r.id DESC
        """,
        tokens=list(tokens),
        connector=connector,
    )
    return {bytes(row.token): LastTold(complaint=row.complaint, at=row.at, asked=row.asked) for row in rows}


_STANDING = """
SELECT c.id, c.connector, c.region, c.state, c.reason, c.behind,
       (SELECT d.registry FROM deliveries d WHERE d.complaint = c.id ORDER BY d.id LIMIT 1) AS registry,
       ARRAY(SELECT t.token FROM reporter_tokens t WHERE t.complaint = c.id) AS tokens
FROM complaints c WHERE c.id = ANY(:ids)
"""
_DEEPEST = 4
"""An answer to an answer, to a repeat, …: so far it is followed to the complaint that all of it is about."""


def standing(work: Work, complaints: Collection[UUID]) -> dict[UUID, Standing]:
    """Where these complaints stand, and whatever they stand behind; who is not known is not there."""
    found: dict[UUID, Standing] = {}
    missing = set(complaints)
    for _ in range(_DEEPEST):
        if not missing:
            break
        rows = work.rows(_STANDING, ids=list(missing))
        found |= {row.id: _standing(row) for row in rows}
        missing = {one.behind for one in found.values() if one.behind} - found.keys()
    return found


def _standing(row: Any) -> Standing:
    return Standing(
        complaint=row.id,
        connector=row.connector,
        region=row.region,
        state=row.state,
        reason=row.reason,
        behind=row.behind,
        registry=row.registry,
        tokens=frozenset(map(bytes, row.tokens)),
    )


def files(work: Work, items: Sequence[int]) -> dict[int, list[int]]:
    """The attachments that came with these items, in their order."""
    found: dict[int, list[int]] = {}
    for row in work.rows("SELECT id, item_id FROM attachments WHERE item_id = ANY(:items) ORDER BY id", items=items):
        found.setdefault(row.item_id, []).append(row.id)
    return found
