"""Follow-ups on their way: who holds which, every attempt written before it is made, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.audit.entry import Entry
from hub.store import leases
from hub.store.deliveries import LEASE
from hub.store.log import append_all
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A follow-up in the hands of whoever holds `token`."""

    id: UUID
    number: int
    complaint: UUID
    registry: str
    registry_id: str
    """The number of its complaint, or of the one before which that is withheld, at the registry."""
    connector: UUID
    name: str
    """The connector's name."""
    region: str
    what: str
    status: str | None
    by: str | None
    at: datetime | None
    digest: bytes
    key_id: UUID | None
    wrapped: bytes | None
    """None where the citizen's data key has been erased."""
    text_enc: bytes | None
    files: Sequence[int]
    is_secret: bool
    institution: str | None
    """The registry's number of the institution to which the complaint was sent."""
    known: bool
    """The create has carried this very text or these very files: there is nothing left to say."""
    state: str
    tries: int
    queued_at: datetime
    first_try_at: datetime | None
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a follow-up; `state` is where it stands afterwards."""

    state: str
    """sent | queued | unknown | refused | needs_human"""
    code: str = ""
    http: int | None = None
    number: str | None = None
    """Its own number at the registry, where it tells one."""
    tries: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Follow-ups that stand for one reason; `count` of them in one state."""

    state: str
    code: str | None
    count: int
    next_at: datetime


_CLAIM = """
WITH due AS (
    SELECT f.id, f.state AS was, d.registry_id, d.institution, k.name, c.is_confidential, d.sent_hmac AS created_with
    FROM follow_ups f
    JOIN registries r ON r.name = f.registry AND r.paused_at IS NULL AND r.opened_at IS NULL
    JOIN connectors k ON k.id = f.connector
    JOIN complaints c ON c.id = f.complaint
    JOIN deliveries d ON d.complaint = CASE c.state WHEN 'withheld_repeat' THEN c.behind ELSE c.id END
        AND d.registry = f.registry AND d.state IN ('routed', 'confirmed') AND d.registry_id IS NOT NULL
    WHERE f.registry = :registry AND f.state = :state AND f.state IN ('queued', 'unknown') AND f.due_at <= :now
      AND f.holder IS NULL AND (:everyone OR k.name = ANY(CAST(:names AS text[])))
      AND NOT EXISTS (SELECT FROM follow_ups e WHERE e.complaint = f.complaint AND e.registry = f.registry
                      AND e.number < f.number AND e.state IN ('queued', 'unknown'))
    ORDER BY f.due_at, f.number LIMIT :most FOR UPDATE OF f SKIP LOCKED
), taken AS (
    UPDATE follow_ups f SET holder = :holder, token = nextval('fence'), until = :until
    FROM due WHERE f.id = due.id RETURNING f.*
)
SELECT f.id, f.number, f.complaint, f.registry, due.registry_id, f.connector, due.name, f.region, f.what, f.status,
       f.by_whom AS by, f.at, f.digest, f.key_id, k.wrapped, f.text_enc, f.files, f.state, f.tries, f.queued_at,
       f.first_try_at, f.token, coalesce(due.is_confidential, true) AS is_secret, due.institution,
       CASE f.what WHEN 'update' THEN f.first_try_at IS NULL AND f.sent_hmac IS NOT DISTINCT FROM due.created_with
               AND NOT EXISTS (SELECT FROM follow_ups e WHERE e.complaint = f.complaint AND e.registry = f.registry
                               AND e.what = 'update' AND e.number < f.number AND e.attempts > 0)
           WHEN 'file' THEN NOT EXISTS (
               SELECT FROM attachments a WHERE a.id = ANY(f.files) AND a.registry_file IS NULL AND NOT EXISTS (
                   SELECT FROM attachments b WHERE b.complaint = a.complaint AND b.content_hmac = a.content_hmac
                     AND b.registry_file IS NOT NULL))
           ELSE false END AS known
FROM taken f JOIN due ON due.id = f.id LEFT JOIN data_keys k ON k.id = f.key_id ORDER BY f.number
"""


def claim(
    work: Work, registry: str, *, state: str, names: Collection[str], holder: str, now: datetime, most: int
) -> list[Due]:
    """
    The follow-ups in `state` (queued | unknown) that are due, now in our hands; at most one of each complaint.

    None while the registry is paused or its breaker open, nor one whose complaint has no number there yet, nor one
    behind an earlier one of its complaint that still waits or whose outcome is not known. `names`: only of these
    connectors.
    """
    rows = work.rows(
        _CLAIM,
        registry=registry,
        state=state,
        everyone=not names,
        names=list(names),
        holder=holder,
        now=now,
        until=now + LEASE,
        most=most,
    )
    return [_due(row) for row in rows]


def _due(row: Any) -> Due:
    values = dict(row._mapping)
    for name in ("digest", "wrapped", "text_enc"):
        values[name] = None if values[name] is None else bytes(values[name])
    return Due(**values)


def unclear(work: Work, registry: str) -> tuple[int, datetime | None]:
    """How many outcomes in a row nobody knows, since one was clear, and when the last of them was first tried."""
    row = work.one(
        """
        SELECT count(*) AS number, max(first_try_at) AS last FROM follow_ups
        WHERE registry = :registry AND state = 'unknown' AND first_try_at > coalesce(
            (SELECT max(sent_at) FROM follow_ups WHERE registry = :registry AND state = 'sent'), '-infinity')
        """,
        registry=registry,
    )
    return (row.number, row.last) if row is not None else (0, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsSent:
    """A follow-up's text as it is about to be sent."""

    due: Due
    hmac: bytes
    """Its keyed hash."""
    letters: int
    """Its letters and digits."""
    sealed: bytes | None
    """The text under the data key, at `follow_ups.place_sent`; None where there is none."""


def attempt(work: Work, texts: Sequence[AsSent], *, now: datetime, actor: str) -> None:
    """Put on record that these are about to be sent, and as what. Commit it before the calls."""
    work.many(
        """
        UPDATE follow_ups SET started_at = :now, first_try_at = coalesce(first_try_at, :now), attempts = attempts + 1,
               sent_hmac = :hmac, sent_letters = :letters, sent_enc = :sealed
        WHERE id = :id AND token = :token
        """,
        [_attempted(one, now) for one in texts],
    )
    append_all(work, [entry("follow_up_attempted", one.due, now, actor, {}) for one in texts])


def _attempted(one: AsSent, now: datetime) -> dict[str, Any]:
    kept = {"hmac": one.hmac, "letters": one.letters, "sealed": one.sealed}
    return {"now": now, "id": one.due.id, "token": one.due.token, **kept}


def settle(work: Work, ended: Sequence[tuple[Due, Settled]], *, now: datetime, actor: str) -> set[UUID]:
    """Write what became of these, with their entries; the ids that were still ours. For the others nothing is written."""
    kept = {row.id for one, what in ended for row in work.rows(_SETTLE, **_values(one, what), now=now)}
    append_all(work, [_told(one, what, now, actor) for one, what in ended if one.id in kept])
    return kept


_SETTLE = """
UPDATE follow_ups SET state = :state, code = :code, http = :http, tries = :tries, due_at = coalesce(:due, due_at),
       registry_number = coalesce(:number, registry_number), sent_at = CASE WHEN :state = 'sent' THEN :now END,
       holder = NULL, token = NULL, until = NULL, started_at = NULL
WHERE id = :id AND token = :token RETURNING id
"""


def _values(one: Due, what: Settled) -> dict[str, Any]:
    return {
        "id": one.id,
        "token": one.token,
        "state": what.state,
        "code": what.code or None,
        "http": what.http,
        "tries": what.tries,
        "due": what.due_at,
        "number": what.number,
    }


def _told(one: Due, what: Settled, now: datetime, actor: str) -> Entry:
    more = {"state": what.state, "http": what.http, "number": what.number}
    return entry("followed_up", one, now, actor, more, code=what.code or what.state)


def let_go(work: Work, dues: Sequence[Due]) -> None:
    """Give them back as they stand; nothing was tried."""
    work.many(
        "UPDATE follow_ups SET holder = NULL, token = NULL, until = NULL WHERE id = :id AND token = :token",
        [{"id": one.id, "token": one.token} for one in dues],
    )


def interrupted(
    work: Work,
    registry: str,
    *,
    left: Callable[[str], Collection[int] | None],
    lives: Callable[[str, int], bool],
    now: datetime,
    look_at: datetime,
    actor: str,
) -> int:
    """
    Follow-ups whose holder is gone: where a call has left nobody knows its outcome, the others are free again.

    `left`: holder -> the numbers of those that have left it, None where any may have; `lives`: whether they may still
    be on their way: such a holder stays on record, and nobody looks until he is gone. `look_at`: when the registry can
    be asked. Returns how many became unknown.
    """
    held = work.rows("SELECT DISTINCT holder FROM follow_ups WHERE registry = :r AND holder IS NOT NULL", r=registry)
    gone = [row.holder for row in held if leases.dead(row.holder)]
    outlived(work, registry, lives=lives, look_at=look_at)
    rows = work.rows(_LAPSED, registry=registry, gone=gone, now=now)
    living = [row.id for row in rows if lives(row.holder, row.number)]
    noted = {holder: left(holder) for holder in {row.holder for row in rows}}
    lost = [row for row in rows if row.open and ((notes := noted[row.holder]) is None or row.number in notes)]
    ids = [row.id for row in lost]
    work.run(_INTERRUPTED, all=[row.id for row in rows], lost=ids, living=living, look_at=look_at)
    more = {"state": "unknown"}
    append_all(work, [entry("followed_up", row, now, actor, more, code="interrupted") for row in lost])
    return len(lost)


_LAPSED = """
SELECT id, number, holder, started_at IS NOT NULL AS open, complaint, connector, region, registry, what FROM follow_ups
WHERE registry = :registry AND holder IS NOT NULL AND until IS NOT NULL AND state IN ('queued', 'unknown')
  AND (until <= :now OR holder = ANY(CAST(:gone AS text[])))
ORDER BY number FOR UPDATE SKIP LOCKED
"""
_INTERRUPTED = """
UPDATE follow_ups f SET token = NULL, until = NULL, started_at = NULL,
       holder = CASE WHEN w.lost AND f.id = ANY(CAST(:living AS uuid[])) THEN f.holder END,
       state = CASE WHEN w.lost THEN 'unknown' ELSE f.state END, due_at = CASE WHEN w.lost THEN :look_at ELSE f.due_at END,
       code = CASE WHEN w.lost THEN 'interrupted' ELSE f.code END
FROM (SELECT u.id, u.id = ANY(CAST(:lost AS uuid[])) AS lost FROM unnest(CAST(:all AS uuid[])) AS u(id)) w
WHERE f.id = w.id
"""


def outlived(work: Work, registry: str, *, lives: Callable[[str, int], bool], look_at: datetime) -> set[UUID]:
    """Follow-ups of unknown outcome whose holder is gone at last, or has come back: they may be looked for. Their ids."""
    held = work.rows(
        "SELECT id, number, holder FROM follow_ups WHERE registry = :r AND holder IS NOT NULL AND until IS NULL",
        r=registry,
    )
    gone = [row.id for row in held if not lives(row.holder, row.number)]
    if gone:
        work.run(
            "UPDATE follow_ups SET holder = NULL, due_at = :look_at WHERE id = ANY(:ids) AND until IS NULL",
            look_at=look_at,
            ids=gone,
        )
    return set(gone)


def waiting(work: Work, registry: str, *, names: Collection[str]) -> list[Waiting]:
    """What stands still to be sent or decided by a person, among complaints that have a number; by state and reason."""
    rows = work.rows(
        """
        SELECT f.state, f.code, count(*) AS count, min(f.due_at) AS next_at
        FROM follow_ups f JOIN connectors k ON k.id = f.connector JOIN complaints c ON c.id = f.complaint
        WHERE f.registry = :registry AND f.state IN ('queued', 'unknown', 'needs_human') AND f.until IS NULL
          AND (:everyone OR k.name = ANY(CAST(:names AS text[])))
          AND EXISTS (SELECT FROM deliveries d
                      WHERE d.complaint = CASE c.state WHEN 'withheld_repeat' THEN c.behind ELSE c.id END
                        AND d.registry = f.registry AND d.state IN ('routed', 'confirmed') AND d.registry_id IS NOT NULL)
        GROUP BY f.state, f.code ORDER BY f.state, f.code NULLS FIRST
        """,
        registry=registry,
        everyone=not names,
        names=list(names),
    )
    return [Waiting(**row._mapping) for row in rows]


def files(work: Work, numbers: Sequence[int]) -> list[Any]:
    """The held ones of these files that no create has carried: name_enc, media_type, content_enc, key_id, wrapped."""
    if not numbers:
        return []
    return work.rows(
        """
        SELECT a.name_enc, a.media_type, a.content_enc, a.key_id, k.wrapped
        FROM attachments a JOIN data_keys k ON k.id = a.key_id
        WHERE a.id = ANY(:ids) AND a.state = 'held' AND a.registry_file IS NULL ORDER BY a.id
        """,
        ids=list(numbers),
    )


def untaken(work: Work, registry: str) -> None:
    """The registry takes no follow-ups: those that wait say so; another version of its client may take them."""
    work.run(
        "UPDATE follow_ups SET code = 'no_follow_ups' "
        "WHERE registry = :registry AND state = 'queued' AND code IS DISTINCT FROM 'no_follow_ups'",
        registry=registry,
    )


def lists_ours(work: Work, registry: str) -> bool:
    """Whether the registry has ever shown one of our own follow-ups: then one that is not shown is not there."""
    return work.value("SELECT follow_ups_listed_at FROM registries WHERE name = :name", name=registry) is not None


def of_id(work: Work, number: UUID) -> Any | None:
    """
    One follow-up for a person who decides: id, complaint, connector, region, registry, what, state, and as `holder`
    whose call may still be on its way.
    """
    return work.one(
        "SELECT id, complaint, connector, region, registry, what, state, CASE WHEN until IS NULL THEN holder END AS holder "
        "FROM follow_ups WHERE id = :id FOR UPDATE",
        id=number,
    )


def resolve(work: Work, row: Any, *, found: bool, number: str | None, by: str, now: datetime) -> None:
    """A person says whether it is there; where it is not, it is sent again."""
    work.run(
        """
        UPDATE follow_ups SET state = :state, registry_number = coalesce(:number, registry_number), tries = 0, due_at = :now,
               sent_at = CASE WHEN :found THEN :now END, code = NULL, resolved_by = :by, first_try_at = NULL,
               holder = NULL, token = NULL, until = NULL, started_at = NULL
        WHERE id = :id
        """,
        id=row.id,
        state="sent" if found else "queued",
        found=found,
        number=number,
        by=by,
        now=now,
    )
    code = "found" if found else "absent"
    append_all(work, [entry("resolved", row, now, by, {"number": number}, code=code)])


def listed(work: Work, states: Collection[str], *, limit: int = 1000) -> list[Any]:
    """For the list of what waits for people: id, complaint, registry, what, state, code, tries, queued_at, due_at."""
    return work.rows(
        """
        SELECT id, complaint, registry, what, state, code, tries, queued_at, due_at FROM follow_ups
        WHERE state = ANY(CAST(:states AS text[])) ORDER BY number LIMIT :limit
        """,
        states=list(states),
        limit=limit,
    )


def entry(act: str, row: Any, now: datetime, actor: str, more: dict[str, Any], *, code: str | None = None) -> Entry:
    """What is written about one follow-up; `more` goes into its detail as far as it is known."""
    return Entry(
        act=act,
        at=now,
        actor=actor,
        connector=str(row.connector),
        region=row.region,
        complaint=str(row.complaint),
        code=code,
        registry=row.registry,
        registry_id=getattr(row, "registry_id", None),
        detail={"follow_up": str(row.id), "what": row.what}
        | {name: one for name, one in more.items() if one is not None},
    )
