"""Answers that found no way to their reporters: counted, listed for people, decided by them, and handed over as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.replies import Told, read_told
from hub.store.work import Work

BY_FILE = "file"
"""The code of an answer that a region took as a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One answer and why it stands where it does."""

    id: int
    complaint: UUID
    connector: str
    region: str
    what: str
    state: str
    code: str | None
    attempts: int
    queued_at: datetime
    due_at: datetime | None
    """The next try; None where a person has to act or nothing is left to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByFile:
    """One piece of news for a file: whose, about what, and where the complaint stood."""

    id: int
    complaint: UUID
    item_id: int | None
    registry_id: str | None
    told: Told


def closed(work: Work) -> dict[str, dict[str, int]]:
    """By connector: how many answers found no door, by code."""
    rows = work.rows(
        """
        SELECT n.name, coalesce(r.code, '') AS code, count(*) AS answers
        FROM replies r JOIN connectors n ON n.id = r.connector
        WHERE r.state = 'no_door' GROUP BY n.name, r.code ORDER BY n.name, r.code
        """
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.name, {})[row.code] = row.answers
    return found


def listed(
    work: Work, *, states: Sequence[str] = ("unknown", "refused"), names: Sequence[str] = (), limit: int = 1_000
) -> list[Listed]:
    """The answers in these states, oldest first; `names` limits to connectors."""
    rows = work.rows(
        """
        SELECT r.id, r.complaint, n.name AS connector, r.region, e.what, r.state, r.code, r.attempts,
               e.seen_at AS queued_at, CASE WHEN r.state = 'queued' THEN r.due_at END AS due_at
        FROM replies r JOIN events e ON e.id = r.event_id JOIN connectors n ON n.id = r.connector
        WHERE r.state = ANY(CAST(:states AS text[]))
          AND (cardinality(CAST(:names AS text[])) = 0 OR n.name = ANY(CAST(:names AS text[])))
        ORDER BY r.id LIMIT :limit
        """,
        states=list(states),
        names=list(names),
        limit=limit,
    )
    return [Listed(**row._mapping) for row in rows]


def decide(work: Work, numbers: Sequence[str], state: str, *, by: str, now: datetime) -> list[Any]:
    """
    Set answers that stand unknown, refused or without a door to `state`: sent, queued (once more) or no_door.

    `numbers` are those of answers or ids of complaints. What left in one message is decided together. Rows: complaint,
    connector, region and the answers' numbers.
    """
    rows = work.rows(
        """
        WITH chosen AS (
            SELECT id, message FROM replies
            WHERE (CAST(id AS text) = ANY(:numbers) OR CAST(complaint AS text) = ANY(:numbers))
              AND state IN ('unknown', 'refused', 'no_door') AND state <> :state
        ), done AS (
            UPDATE replies r SET state = :state, code = 'decided', resolved_by = :by, tries = 0,
                   due_at = CASE WHEN :state = 'queued' THEN :now ELSE due_at END,
                   sent_at = CASE WHEN :state = 'sent' THEN :now END
            WHERE r.state IN ('unknown', 'refused', 'no_door')
              AND (r.id IN (SELECT id FROM chosen) OR r.message IN (SELECT message FROM chosen))
            RETURNING r.id, r.complaint, r.connector, r.region
        )
        SELECT complaint, connector, region, array_agg(id ORDER BY id) AS ids FROM done
        GROUP BY complaint, connector, region ORDER BY complaint
        """,
        numbers=list(numbers),
        state=state,
        by=by,
        now=now,
    )
    return list(rows)


def once_more(work: Work, door: UUID, code: str, now: datetime) -> None:
    """
    Queue again what had no way through this door for this reason; one that somebody or a file has taken stays.

    A door has a word now that it did not have: whatever order the news came in, the same is told.
    """
    work.run(
        """
        UPDATE replies SET state = 'queued', code = NULL, due_at = :now, tries = 0
        WHERE door = :door AND state = 'no_door' AND code = :code
        """,
        door=door,
        code=code,
        now=now,
    )


def for_file(work: Work, connector: UUID, codes: Sequence[str], *, again: bool) -> list[ByFile]:
    """
    What a region takes as a file, in the order in which it became known; held until the transaction ends.

    `codes`: why these answers have no door; `again`: also what it has taken as a file before.
    """
    rows = work.rows(
        """
        SELECT r.id, r.complaint, c.item_id,
               (SELECT d.registry_id FROM deliveries d WHERE d.complaint = r.complaint AND d.registry_id IS NOT NULL
                ORDER BY d.id LIMIT 1) AS registry_id
        FROM replies r JOIN complaints c ON c.id = r.door
        WHERE r.connector = :connector AND ((r.state = 'no_door' AND r.code = ANY(CAST(:codes AS text[])))
              OR (:again AND r.state = 'sent' AND r.code = :by_file))
              AND coalesce(r.region <> ALL(c.hidden_from), true)  -- the file goes to those who run the connector
        ORDER BY r.id FOR UPDATE OF r
        """,
        connector=connector,
        codes=list(codes),
        again=again,
        by_file=BY_FILE,
    )
    told = {one.id: one for one in read_told(work, [row.id for row in rows])}
    return [ByFile(**row._mapping, told=told[row.id]) for row in rows]


def taken(work: Work, ids: Sequence[int], now: datetime) -> None:
    """A region has these answers as a file now."""
    work.run(
        "UPDATE replies SET state = 'sent', code = :code, sent_at = :now WHERE id = ANY(:ids) AND state = 'no_door'",
        code=BY_FILE,
        now=now,
        ids=list(ids),
    )
