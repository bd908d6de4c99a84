"""Answers on their way to the doors where the complaints were made: one row an event and door, each with its lease."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A complaint through whose channel an answer can go."""

    complaint: UUID
    connector: UUID
    region: str
    name: str
    """The connector's name."""
    kind: str
    hidden: bool
    """Anonymous or confidential, or nobody knows yet: nothing about it is said in public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event that a message tells of; `wrapped` is None where the data key of its text has been erased."""

    id: int
    """Of the row in replies."""
    standing: str | None
    """Where the complaint stood when the event became known."""
    what: str
    status: str | None
    by: str | None
    digest: bytes
    at: datetime | None
    seen_at: datetime
    to_institution: str | None
    key_id: UUID | None
    wrapped: bytes | None
    text_enc: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A text under a data key; `wrapped` is None where the key has been erased."""

    key_id: UUID
    wrapped: bytes | None
    text_enc: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What leaves through one door at once; this process holds it."""

    id: UUID
    """UUIDv5 of the door and its events: the same at every attempt."""
    token: int
    attempts: int
    tries: int
    complaint: UUID
    door: UUID
    connector: UUID
    name: str
    region: str
    item_id: int | None
    registry: str | None
    registry_id: str | None
    """None where the complaint has no number there (yet)."""
    number: int
    """The how-manieth message through this door it is, from 1."""
    told: tuple[Told, ...]
    """In the order in which they became known; never empty."""
    frozen: Sealed | None
    """The text as an earlier attempt had it."""
    guarded: bool = False
    """The complaint is hidden from those who run this connector."""


def doors(work: Work, complaint: UUID) -> list[Door]:
    """The reporter's own door and those of his own repeats; never the door of another reporter of the case."""
    rows = work.rows(
        """
        SELECT c.id AS complaint, c.connector, c.region, n.name, n.kind,
               bool_or(coalesce(c.is_anonymous, true) OR coalesce(c.is_confidential, true)) OVER () AS hidden
        FROM complaints c JOIN connectors n ON n.id = c.connector
        WHERE c.id = :complaint OR (c.behind = :complaint AND c.state = 'withheld_repeat')
        ORDER BY c.first_stored_at, c.id
        """,
        complaint=complaint,
    )
    return [Door(**row._mapping) for row in rows]


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


def bounced(work: Work, ids: Sequence[str], now: datetime) -> UUID | None:
    """A mail server says that the mail with one of these Message-IDs did not arrive; its complaint, None: none of ours."""
    complaint = answered(work, ids)
    if complaint:
        work.run(
            """
            UPDATE replies SET state = 'refused', code = 'bounced', sent_at = NULL, due_at = :now
            WHERE message_id = ANY(:ids) AND state IN ('sent', 'unknown')
            """,
            ids=list(ids),
            now=now,
        )
    return complaint


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

    `status` is where the complaint stands; `message_id`, without angle brackets, is what it has if it leaves alone.
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


# a message is taken, tried and settled ------------------------------------------------------------------------------

_FIRST = """
SELECT r.door, r.complaint, r.message, r.id, n.name FROM replies r JOIN connectors n ON n.id = r.connector
WHERE r.state = 'queued' AND r.due_at <= :now AND r.holder IS NULL
  AND r.connector <> ALL(CAST(:skip AS uuid[]))
  AND NOT EXISTS (SELECT FROM replies o WHERE o.door = r.door AND o.id < r.id AND o.state = 'queued')
ORDER BY r.due_at, r.id LIMIT 1
FOR UPDATE OF r SKIP LOCKED
"""

_TOGETHER = """
SELECT r.id, e.digest FROM replies r JOIN events e ON e.id = r.event_id
WHERE r.door = :door AND r.complaint = :complaint AND r.state = 'queued' AND r.holder IS NULL
  AND r.message IS NOT DISTINCT FROM :message
  AND (r.message IS NOT NULL OR r.id = :first OR (:gathers AND r.due_at <= :now))
ORDER BY r.id LIMIT 500 FOR UPDATE OF r
"""

_TAKE = """
UPDATE replies SET holder = :holder, until = :until, attempts = attempts + 1, message = :message,
       message_id = :message_id, token = :token
WHERE id = ANY(:ids)
"""

_READ = """
SELECT r.message AS id, r.token, r.attempts, r.tries, r.complaint, r.door, r.connector, n.name, r.region, c.item_id,
       d.registry, d.registry_id, s.key_id AS own_key, k.wrapped AS own_wrapped, s.text_enc AS own_text,
       (SELECT count(DISTINCT o.message) FROM replies o WHERE o.door = r.door AND o.id <= r.id) AS number,
       coalesce(r.region = ANY(c.hidden_from), false) AS guarded
FROM replies r
JOIN complaints c ON c.id = r.door
JOIN connectors n ON n.id = r.connector
LEFT JOIN deliveries d ON d.complaint = r.complaint AND d.registry_id IS NOT NULL
LEFT JOIN replies s ON s.message = r.message AND s.text_enc IS NOT NULL
LEFT JOIN data_keys k ON k.id = s.key_id
WHERE r.message = :message ORDER BY r.id, d.id LIMIT 1
"""

_TOLD = """
SELECT r.id, r.status AS standing, e.what, e.status, e.by_whom AS by, e.digest, e.at, e.seen_at, e.to_institution,
       e.key_id, k.wrapped, e.text_enc
FROM replies r JOIN events e ON e.id = r.event_id LEFT JOIN data_keys k ON k.id = e.key_id
WHERE r.id = ANY(:ids) ORDER BY r.id
"""


def claim(
    work: Work,
    holder: str,
    *,
    now: datetime,
    until: datetime,
    skip: Collection[UUID],
    gathers: Callable[[str], bool],
    message_id: Callable[[UUID], str],
) -> Message | None:
    """
    Take what is due longest and count the attempt; commit it before the call.

    Where the door `gathers` (by its connector's name), all that is due for it leaves as one message, else one event does.
    Once tried, a message stays what it was. Messages of one door leave in their order: a later one waits for an earlier
    one that has to be tried again. `message_id` gives the Message-ID, without angle brackets.
    """
    first = work.one(_FIRST, now=now, skip=list(skip))
    if first is None:
        return None
    values = {"door": first.door, "complaint": first.complaint, "message": first.message, "first": first.id}
    rows = work.rows(_TOGETHER, gathers=gathers(first.name), now=now, **values)
    message = first.message or message_of(first.door, [bytes(row.digest) for row in rows])
    work.run(
        _TAKE,
        holder=holder,
        until=until,
        message=message,
        message_id=message_id(message),
        token=work.value("SELECT nextval('fence')"),
        ids=[row.id for row in rows],
    )
    return _message(work, message)


def message_of(door: UUID, digests: Sequence[bytes]) -> UUID:
    """The id of a message through this door, made of the events that it tells of."""
    return uuid5(door, "\n".join(sorted(digest.hex() for digest in digests)))


def _message(work: Work, message: UUID) -> Message:
    row = work.one(_READ, message=message)
    assert row is not None  # a message is made of rows
    values = dict(row._mapping)
    key, wrapped, text = (values.pop(name) for name in ("own_key", "own_wrapped", "own_text"))
    frozen = Sealed(key_id=key, wrapped=_bytes(wrapped), text_enc=bytes(text)) if text is not None else None
    own = work.rows("SELECT id FROM replies WHERE message = :message AND state = 'queued'", message=message)
    return Message(**values, told=tuple(read_told(work, [one.id for one in own])), frozen=frozen)


def read_told(work: Work, ids: Sequence[int]) -> list[Told]:
    """The events of these answers, in the order of their numbers."""
    return [_told(one) for one in work.rows(_TOLD, ids=list(ids))]


def _told(row: Any) -> Told:
    values = dict(row._mapping)
    return Told(**values | {name: _bytes(values[name]) for name in ("digest", "wrapped", "text_enc")})


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def freeze(work: Work, message: Message, *, key: UUID, text_enc: bytes, text_hmac: bytes) -> None:
    """Keep the text as it is about to be sent, so that another attempt says the same and its echo is known again."""
    work.run(
        "UPDATE replies SET key_id = :key, text_enc = :text, text_hmac = :hmac WHERE id = :id",
        key=key,
        text=text_enc,
        hmac=text_hmac,
        id=message.told[0].id,
    )


def heard(work: Work, complaint: UUID, connector: UUID) -> datetime | None:
    """When somebody last added something to this complaint through that connector; None: never since it was made."""
    found: datetime | None = work.value(
        """
        SELECT max(at) FROM events
        WHERE complaint = :complaint AND connector = :connector AND source = 'channel' AND by_whom = 'reporter'
        """,
        complaint=complaint,
        connector=connector,
    )
    return found


def put_word(work: Work, message: Message, word: str, now: datetime) -> None:
    """Keep the door's own status word that this attempt puts there: it comes back with the next pull."""
    work.run(
        "UPDATE replies SET word = :word, word_at = :now WHERE id = ANY(:ids)",
        word=word,
        now=now,
        ids=[told.id for told in message.told],
    )


def settle(
    work: Work,
    message: Message,
    state: str,
    *,
    code: str | None,
    now: datetime,
    again: datetime | None = None,
    foreign_id: str | None = None,
) -> bool:
    """
    Write what became of an attempt and give the lease back; False where the lease has passed to somebody else.

    `foreign_id`: the door's own number of what it took.
    """
    return bool(
        work.run(
            """
            UPDATE replies SET state = :state, code = :code, tries = CASE WHEN :state = 'queued' THEN tries + 1 ELSE 0 END,
                   due_at = coalesce(:again, due_at), sent_at = CASE WHEN :state = 'sent' THEN :now END,
                   foreign_id = :foreign_id, holder = NULL, until = NULL
            WHERE message = :message AND token = :token AND state = 'queued'
            """,
            state=state,
            code=code,
            again=again,
            now=now,
            foreign_id=foreign_id,
            message=message.id,
            token=message.token,
        )
    )


def lapsed(work: Work, now: datetime) -> list[Message]:
    """Take over the messages whose holder did not come back in time: whether the door took them is not known."""
    rows = work.rows(
        """
        SELECT id, message FROM replies WHERE state = 'queued' AND holder IS NOT NULL AND until <= :now
        ORDER BY id FOR UPDATE SKIP LOCKED
        """,
        now=now,
    )
    ids: dict[UUID, list[int]] = {}
    for row in rows:
        ids.setdefault(row.message, []).append(row.id)
    for own in ids.values():
        token = work.value("SELECT nextval('fence')")
        work.run("UPDATE replies SET token = :token WHERE id = ANY(:ids)", token=token, ids=own)
    return [_message(work, message) for message in ids]


# what has been sent -------------------------------------------------------------------------------------------------


def was_sent(work: Work, door: UUID, text_hmac: bytes) -> bool:
    """A text with this keyed hash left, or was tried, through this door."""
    sql = "SELECT true FROM replies WHERE door = :door AND text_hmac = :hmac LIMIT 1"
    return bool(work.value(sql, door=door, hmac=text_hmac))


def texts(work: Work, door: UUID) -> list[tuple[UUID, Sealed]]:
    """The texts that left, or were tried, through this door, each with its message; youngest first."""
    rows = work.rows(
        """
        SELECT r.message, r.key_id, k.wrapped, r.text_enc FROM replies r LEFT JOIN data_keys k ON k.id = r.key_id
        WHERE r.door = :door AND r.text_hmac IS NOT NULL ORDER BY r.id DESC
        """,
        door=door,
    )
    return [
        (row.message, Sealed(key_id=row.key_id, wrapped=_bytes(row.wrapped), text_enc=bytes(row.text_enc)))
        for row in rows
    ]
