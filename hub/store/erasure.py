"""Erasing: data keys and keyed hashes go, what could still be sent stops, and what is shown again is kept out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store import leases
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One complaint that is to be erased, and what is known of it without its text."""

    complaint: UUID
    connector: UUID
    name: str
    """Of its connector."""
    region: str
    versions: int
    files: int
    registry: str | None
    registry_id: str | None
    """Its number there: what was sent cannot be called back from here."""
    state: str | None
    """Of its delivery."""


# what belongs together ---------------------------------------------------------------------------------------------


def by_tokens(work: Work, tokens: Collection[bytes]) -> list[UUID]:
    """Complaints whose reporter has one of these keyed hashes."""
    rows = work.rows("SELECT DISTINCT complaint FROM reporter_tokens WHERE token = ANY(:tokens)", tokens=list(tokens))
    return [row.complaint for row in rows]


def channels(work: Work) -> list[str]:
    """All channels that complaints have come through: a handle is known by its channel."""
    return [row.channel for row in work.rows("SELECT DISTINCT channel FROM connectors ORDER BY channel")]


def together(work: Work, complaints: Collection[UUID]) -> list[UUID]:
    """These complaints and whatever joined them: answers to us, completions, words that went on to the registry."""
    return [row.id for row in work.rows(_TOGETHER, ids=list(complaints))]


_TOGETHER = """
WITH RECURSIVE g(id) AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]))
    UNION
    SELECT n.id FROM g CROSS JOIN LATERAL (
        SELECT c.id FROM complaints c WHERE c.behind = g.id AND c.reason = 'joined'
        UNION ALL SELECT i.complaint FROM completions p JOIN items i ON i.id = p.item_id WHERE p.complaint = g.id
        UNION ALL SELECT i.complaint FROM follow_ups f JOIN items i ON i.id = f.item_id WHERE f.complaint = g.id
    ) n
)
SELECT id FROM g ORDER BY id
"""


def subjects(work: Work, complaints: Collection[UUID]) -> list[Subject]:
    """Of these complaints those that can be erased: they are there, and not erased yet; one that waits gets its row."""
    missing = work.rows(
        "SELECT u.id FROM unnest(CAST(:ids AS uuid[])) AS u(id) WHERE NOT EXISTS (SELECT FROM complaints WHERE id = u.id)",
        ids=list(complaints),
    )
    if missing:
        work.run(_ROWS, ids=[row.id for row in missing])
    return [Subject(**row._mapping) for row in work.rows(_SUBJECTS, ids=list(complaints))]


_ROWS = """
INSERT INTO complaints (id, connector, region, channel, ref_hmac, incarnation, first_stored_at)
SELECT r.complaint, r.connector, r.region, n.channel, r.ref_hmac, r.incarnation, r.first_stored_at
FROM refs r JOIN connectors n ON n.id = r.connector WHERE r.complaint = ANY(:ids) ON CONFLICT DO NOTHING
"""

_SUBJECTS = """
SELECT c.id AS complaint, c.connector, n.name, c.region,
       (SELECT count(*) FROM items i WHERE i.connector = c.connector AND i.ref_hmac = c.ref_hmac AND i.complaint = c.id)
           AS versions,
       (SELECT count(*) FROM attachments a WHERE a.complaint = c.id) AS files, d.registry, d.registry_id, d.state
FROM complaints c JOIN connectors n ON n.id = c.connector
LEFT JOIN LATERAL (SELECT * FROM deliveries d WHERE d.complaint = c.id ORDER BY d.registry_id NULLS LAST LIMIT 1) d ON true
WHERE c.id = ANY(:ids)
  AND NOT EXISTS (SELECT FROM erasures e WHERE e.complaint = c.id AND e.lifted_at IS NULL) ORDER BY c.id
"""


def busy(work: Work, complaints: Collection[UUID], now: datetime) -> bool:
    """Whether some of it is under way at this moment; what is not is locked until the transaction ends."""
    rows = [row for sql in _HELD for row in work.rows(sql, ids=list(complaints))]
    return any(row.holder and row.until and row.until > now and not leases.dead(row.holder) for row in rows)


_HELD = (
    "SELECT holder, until FROM deliveries WHERE complaint = ANY(:ids) FOR UPDATE",
    "SELECT holder, until FROM follow_ups WHERE complaint = ANY(:ids) FOR UPDATE",
    "SELECT holder, until FROM replies WHERE complaint = ANY(:ids) OR door = ANY(:ids) FOR UPDATE",
)


# erasing -----------------------------------------------------------------------------------------------------------


def forget(work: Work, complaints: Collection[UUID]) -> int:
    """
    Delete the data keys of all that these complaints and their answers hold, and the hashes by which they were found.

    Salts of commitments lie in the same ciphertexts, so nothing in the log can be tried out any more. Returns how many
    data keys there were.
    """
    ids = list(complaints)
    keys = work.run(_KEYS, ids=ids)
    work.run("DELETE FROM reporter_tokens WHERE complaint = ANY(:ids)", ids=ids)
    from hub.store import candidates  # it brings the judge along, which a pull has no use for

    candidates.forget(work, [n for (n,) in work.tuples(_NUMBERS, (ids,))])
    work.run("UPDATE deliveries SET sent_hmac = NULL WHERE complaint = ANY(:ids)", ids=ids)
    work.run("UPDATE follow_ups SET sent_hmac = NULL, sent_letters = NULL WHERE complaint = ANY(:ids)", ids=ids)
    work.run(_MESSAGES, ids=ids)
    work.run(
        """
        UPDATE attachments SET state = 'failed', reason = 'erased', content_enc = NULL, content_hmac = NULL, url_enc = NULL
        WHERE complaint = ANY(:ids)
        """,
        ids=ids,
    )
    return keys


_NUMBERS = "SELECT dedup_n FROM complaints WHERE id = ANY(%b::uuid[]) AND dedup_n IS NOT NULL"

# a message may tell of several complaints, and lies under the key of the door through which it went
_MESSAGES = """
WITH own AS (SELECT id, message FROM replies WHERE complaint = ANY(:ids) OR door = ANY(:ids))
UPDATE replies SET key_id = NULL, text_enc = NULL, text_hmac = NULL
WHERE text_enc IS NOT NULL
  AND id IN (SELECT id FROM own UNION SELECT r.id FROM replies r JOIN own o ON o.message = r.message)
"""

_KEYS = """
DELETE FROM data_keys WHERE id IN (
    SELECT i.key_id FROM complaints c
    JOIN items i ON i.connector = c.connector AND i.ref_hmac = c.ref_hmac AND i.complaint = c.id WHERE c.id = ANY(:ids)
    UNION SELECT key_id FROM complaints WHERE id = ANY(:ids)
    UNION SELECT key_id FROM attachments WHERE complaint = ANY(:ids)
    UNION SELECT key_id FROM events WHERE complaint = ANY(:ids)
    UNION SELECT key_id FROM completions WHERE complaint = ANY(:ids)
    UNION SELECT key_id FROM follow_ups WHERE complaint = ANY(:ids)
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A delivery that erasing has ended; id, complaint, connector and region as an entry wants them."""

    id: int
    complaint: UUID
    connector: UUID
    region: str
    registry: str
    registry_id: str | None
    state: str
    """refused (it never arrives) or confirmed (it is there, and will not be routed)."""


def stop(work: Work, complaints: Collection[UUID], now: datetime) -> list[Stopped]:
    """
    Nothing of these complaints is sent any more, to the registry or to reporters; they leave quarantine and holds.

    A delivery of unknown outcome stays unknown: it may be there, and its number can still be found out.
    """
    ids = list(complaints)
    work.run(_WORDS, ids=ids)
    work.run("UPDATE quarantine SET left_at = :now WHERE complaint = ANY(:ids) AND left_at IS NULL", ids=ids, now=now)
    work.run(
        """
        UPDATE reviews SET closed_at = :now, closed_by = 'erased'
        WHERE closed_at IS NULL AND (complaint = ANY(:ids) OR other = ANY(:ids))
        """,
        ids=ids,
        now=now,
    )
    work.run(
        """
        UPDATE follow_ups SET state = 'refused', code = 'erased', holder = NULL, token = NULL, until = NULL
        WHERE complaint = ANY(:ids) AND state IN ('queued', 'needs_human') AND started_at IS NULL
        """,
        ids=ids,
    )
    work.run(
        """
        UPDATE replies SET state = 'no_door', code = 'erased', holder = NULL, token = NULL, until = NULL
        WHERE (complaint = ANY(:ids) OR door = ANY(:ids)) AND state = 'queued'
        """,
        ids=ids,
    )
    return [Stopped(**row._mapping) for row in work.rows(_STOP, ids=ids)]


# accepted stays: what became of it is its delivery's word
_WORDS = """
UPDATE complaints SET state = 'rejected', reason = 'erased', behind = NULL
WHERE id = ANY(:ids) AND state IN ('waiting', 'withheld_repeat', 'held', 'quarantined')
"""

_STOP = """
UPDATE deliveries SET state = CASE WHEN state = 'created' THEN 'confirmed' ELSE 'refused' END, code = 'erased',
       holder = NULL, token = NULL, until = NULL
WHERE complaint = ANY(:ids)
  AND (state IN ('queued', 'files_uploaded', 'created') OR (state = 'needs_human' AND attempts = 0))
RETURNING id, complaint, connector, region, registry, registry_id, state
"""


def led(work: Work, complaints: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Which of these complaints lead repeats that are not erased with them, and the registry that those go to."""
    rows = work.rows(
        """
        SELECT DISTINCT d.complaint, d.registry FROM deliveries d
        JOIN complaints r ON r.behind = d.complaint AND r.state = 'withheld_repeat'
        WHERE d.complaint = ANY(:ids) ORDER BY d.complaint
        """,
        ids=list(complaints),
    )
    return [(row.complaint, row.registry) for row in rows]


# kept out ----------------------------------------------------------------------------------------------------------


def remember(work: Work, erased: Sequence[Subject], *, code: str, by: str, now: datetime) -> None:
    """What the channel shows of these complaints from now on is not stored."""
    work.many(
        """
        INSERT INTO erasures (complaint, connector, region, code, erased_at, erased_by)
        VALUES (:complaint, :connector, :region, :code, :now, :by)
        ON CONFLICT (complaint) DO UPDATE SET code = excluded.code, erased_at = excluded.erased_at,
            erased_by = excluded.erased_by, lifted_at = NULL, lifted_by = NULL
        """,
        [
            {"complaint": o.complaint, "connector": o.connector, "region": o.region, "code": code, "now": now, "by": by}
            for o in erased
        ],
    )


def kept_out(work: Work, complaints: Collection[bytes]) -> frozenset[bytes]:
    """Which of these complaints (16 bytes each) were erased and are shown again; each is counted."""
    if not complaints:
        return frozenset()
    rows = work.tuples(
        """
        UPDATE erasures SET kept_out = kept_out + 1 WHERE complaint = ANY(%b::uuid[]) AND lifted_at IS NULL
        RETURNING uuid_send(complaint)
        """,
        ([UUID(bytes=one) for one in complaints],),
    )
    return frozenset(row[0] for row in rows)


def lift(work: Work, complaint: UUID, *, by: str, now: datetime) -> Any:
    """Let the channel's data of an erased complaint in again: (connector, region), None where it is not erased."""
    row = work.one(
        """
        UPDATE erasures SET lifted_at = :now, lifted_by = :by WHERE complaint = :id AND lifted_at IS NULL
        RETURNING connector, region
        """,
        id=complaint,
        by=by,
        now=now,
    )
    if row:  # else what has not changed would be taken for known
        work.run("UPDATE refs SET content_hmac = '' WHERE complaint = :id", id=complaint)
    return row
