"""Answers on their way to the doors where the complaints were made: one row an answer and door, each with its lease."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A complaint through whose channel an answer can go; `state` is queued or no_door, `code` says why."""

    complaint: UUID
    connector: UUID
    region: str
    name: str
    """The connector's name."""
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An answer that this process holds; `wrapped` is None where the citizen's data key has been erased."""

    id: int
    token: int
    attempts: int
    tries: int
    complaint: UUID
    door: UUID
    connector: UUID
    name: str
    region: str
    item_id: int | None
    registry: str
    registry_id: str
    what: str
    status: str | None
    """The hub status to tell: where the complaint stood when the answer was put on its way."""
    digest: bytes
    seen_at: datetime
    key_id: UUID | None
    wrapped: bytes | None
    text_enc: bytes | None


def doors(work: Work, complaint: UUID) -> list[Door]:
    """The reporter's own door and those of his own repeats; never the door of another reporter of the case."""
    rows = work.rows(
        """
        SELECT c.id AS complaint, c.connector, c.region, n.name, n.kind
        FROM complaints c JOIN connectors n ON n.id = c.connector
        WHERE c.id = :complaint OR (c.behind = :complaint AND c.state = 'withheld_repeat')
        ORDER BY c.first_stored_at, c.id
        """,
        complaint=complaint,
    )
    return [Door(**row._mapping) for row in rows]


def told(work: Work, complaint: UUID) -> set[str]:
    """The hub statuses in which the reporter has been answered so far."""
    rows = work.rows("SELECT DISTINCT status FROM replies WHERE complaint = :complaint", complaint=complaint)
    return {row.status for row in rows if row.status}


def answered(work: Work, ids: Sequence[str]) -> UUID | None:
    """The complaint that was answered under the first of these Message-IDs that is known, or None."""
    found: UUID | None = work.value(
        """
        SELECT complaint FROM replies WHERE message_id = ANY(:ids)
        ORDER BY array_position(CAST(:ids AS text[]), message_id), id LIMIT 1
        """,
        ids=list(ids),
    )
    return found


def queue(
    work: Work,
    complaint: UUID,
    event: int,
    door: Door,
    *,
    status: str | None,
    message_id: str,
    code: str | None,
    now: datetime,
) -> bool:
    """
    Put one answer on its way, or note with `code` that this door takes none; False where it was there already.

    `status` is where the complaint stands, `message_id` is without angle brackets.
    """
    return bool(
        work.run(
            """
            INSERT INTO replies (complaint, event_id, connector, door, region, status, message_id, state, due_at, code)
            VALUES (:complaint, :event, :connector, :door, :region, :status, :message_id, :state, :now, :code)
            ON CONFLICT DO NOTHING
            """,
            complaint=complaint,
            event=event,
            connector=door.connector,
            door=door.complaint,
            region=door.region,
            status=status,
            message_id=message_id,
            state="no_door" if code else "queued",
            now=now,
            code=code,
        )
    )


_CLAIM = """
UPDATE replies SET holder = :holder, token = nextval('fence'), until = :until, attempts = attempts + 1
WHERE id = (
    SELECT r.id FROM replies r
    WHERE r.state = 'queued' AND r.due_at <= :now AND r.holder IS NULL
      AND r.connector <> ALL(CAST(:skip AS uuid[]))
      AND NOT EXISTS (SELECT FROM replies o WHERE o.door = r.door AND o.id < r.id AND o.state = 'queued')
    ORDER BY r.due_at, r.id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING id
"""

_READ = """
SELECT r.id, r.token, r.attempts, r.tries, r.complaint, r.door, r.connector, n.name, r.region, c.item_id,
       d.registry, d.registry_id, e.what, r.status, e.digest, e.seen_at,
       e.key_id, k.wrapped, e.text_enc
FROM replies r
JOIN events e ON e.id = r.event_id
JOIN complaints c ON c.id = r.door
JOIN connectors n ON n.id = r.connector
JOIN deliveries d ON d.complaint = r.complaint AND d.registry_id IS NOT NULL
LEFT JOIN data_keys k ON k.id = e.key_id
WHERE r.id = :id ORDER BY d.id LIMIT 1
"""


def claim(work: Work, holder: str, *, now: datetime, until: datetime, skip: Collection[UUID]) -> Due | None:
    """
    Take the oldest answer that is due and count the attempt; commit it before the call.

    Answers of one door leave in their order: a later one waits for an earlier one that has to be tried again.
    """
    number = work.value(_CLAIM, holder=holder, now=now, until=until, skip=list(skip))
    return None if number is None else _due(work.one(_READ, id=number))


def _due(row: Any) -> Due:
    values = dict(row._mapping)
    for name in ("digest", "wrapped", "text_enc"):
        values[name] = None if values[name] is None else bytes(values[name])
    return Due(**values)


def settle(
    work: Work,
    due: Due,
    state: str,
    *,
    code: str | None,
    now: datetime,
    again: datetime | None = None,
) -> bool:
    """Write what became of an attempt and give the lease back; False where the lease has passed to somebody else."""
    return bool(
        work.run(
            """
            UPDATE replies SET state = :state, code = :code, tries = CASE WHEN :state = 'queued' THEN tries + 1 ELSE 0 END,
                   due_at = coalesce(:again, due_at), sent_at = CASE WHEN :state = 'sent' THEN :now END,
                   holder = NULL, until = NULL
            WHERE id = :id AND token = :token AND state = 'queued'
            """,
            state=state,
            code=code,
            again=again,
            now=now,
            id=due.id,
            token=due.token,
        )
    )


def lapsed(work: Work, now: datetime) -> list[Due]:
    """Take over the answers whose holder did not come back in time: whether the door took them is not known."""
    rows = work.rows(
        """
        UPDATE replies SET token = nextval('fence') WHERE id IN (
            SELECT id FROM replies WHERE state = 'queued' AND holder IS NOT NULL AND until <= :now
            ORDER BY id FOR UPDATE SKIP LOCKED
        ) RETURNING id
        """,
        now=now,
    )
    return [_due(work.one(_READ, id=row.id)) for row in rows]


def waiting(work: Work) -> Sequence[Any]:
    """How many answers have not been handed over yet, a connector each."""
    return work.rows(
        """
        SELECT n.name, count(*) AS answers FROM replies r JOIN connectors n ON n.id = r.connector
        WHERE r.state = 'queued' GROUP BY n.name ORDER BY n.name
        """
    )
