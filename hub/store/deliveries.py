"""The outbox: one row a complaint and registry, how it gets there, and what a killed process leaves in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.model import Receipt
from hub.store import leases
from hub.store.log import append, append_all
from hub.store.work import Work

LEASE: Final = timedelta(minutes=10)
"""Longer than the longest call to a registry; every step begins it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One complaint on its way to one registry, in the hands of whoever holds `token`."""

    id: int
    complaint: UUID
    registry: str
    connector: UUID
    region: str
    state: str
    registry_id: str | None
    tries: int
    """Failures in a row, for the back-off."""
    attempts: int
    """Creates so far."""
    queued_at: datetime
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a step did to a delivery; `state` is where the delivery stands afterwards."""

    act: str
    """The entry: forwarded | unknown | refused | postponed | resolved."""
    state: str
    receipt: Receipt
    step: str | None = None
    tries: int = 0
    due_at: datetime | None = None
    next_check_at: datetime | None = None
    keep: bool = False
    """The same holder goes on with the next step."""
    anew: bool = False
    """It begins again from its files, as if it were queued now."""


# into the outbox ---------------------------------------------------------------------------------------------------


def known(work: Work, name: str, sha256: str, now: datetime) -> None:
    """A registry of the folder, with the hash of its file, is known to the store."""
    work.run(
        """
        INSERT INTO registries (name, sha256, seen_at) VALUES (:name, :sha256, :now)
        ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, seen_at = excluded.seen_at
        WHERE registries.sha256 <> excluded.sha256
        """,
        name=name,
        sha256=sha256,
        now=now,
    )


def queue(
    work: Work,
    complaints: Sequence[tuple[UUID, Sequence[str]]],
    *,
    registry: str,
    connector: UUID,
    region: str,
    now: datetime,
    manifest_sha256: str,
) -> None:
    """Put complaints (id, unmapped fields) into the outbox; once for each registry, however often it is said."""
    if complaints:
        common = (registry, connector, region, now, now, manifest_sha256)
        work.tuples(_QUEUE, (*common, [one for one, _ in complaints], [",".join(names) for _, names in complaints]))


_QUEUE = """
INSERT INTO deliveries (registry, connector, region, due_at, queued_at, manifest_sha256, complaint, unmapped)
SELECT %b::text, %b::uuid, %b::text, %b::timestamptz, %b::timestamptz, %b::text, u.complaint,
       string_to_array(u.unmapped, ',')
FROM unnest(%b::uuid[], %b::text[]) WITH ORDINALITY AS u(complaint, unmapped, n) ORDER BY u.n
ON CONFLICT (complaint, registry) DO NOTHING
"""


def queue_repeats(work: Work, complaint: UUID, *, registry: str, now: datetime, actor: str) -> UUID | None:
    """
    The complaint that led will never arrive: its reporter's first repeat goes in its place, the others stand behind it.

    Returns the new leader, None where nobody stood behind.
    """
    work.lock("verdicts")
    repeats = work.rows(
        """
        SELECT id, connector, region, coalesce(manifest_sha256, '') AS sha, unmapped FROM complaints
        WHERE behind = :complaint AND state = 'withheld_repeat'
        ORDER BY submitted_at NULLS LAST, first_stored_at, id FOR UPDATE
        """,
        complaint=complaint,
    )
    if not repeats:
        return None
    first = repeats[0]
    work.run("UPDATE complaints SET behind = :new WHERE behind = :old AND id <> :new", new=first.id, old=complaint)
    work.run(
        "UPDATE complaints SET state = 'accepted', reason = NULL, behind = NULL, in_place_of = :old WHERE id = :id",
        id=first.id,
        old=complaint,
    )
    queue(
        work,
        [(first.id, first.unmapped)],
        registry=registry,
        connector=first.connector,
        region=first.region,
        now=now,
        manifest_sha256=first.sha,
    )
    append(work, entry("released", first, registry, now, actor, code="leader_lost", detail={"behind": str(complaint)}))
    return UUID(str(first.id))


# left behind ---------------------------------------------------------------------------------------------------------


def interrupted(
    work: Work,
    registry: str,
    *,
    left: Callable[[str], Collection[int] | None],
    lives: Callable[[str, int], bool],
    now: datetime,
    actor: str,
) -> list[tuple[UUID, str | None]]:
    """
    Deliveries whose lease has run out: where a create has left nobody knows its outcome, so they become unknown.

    `left`: holder -> the attempts whose creates have left it, None where any of them may have. The others are free
    again as they stand. `lives`: whether such an attempt of a holder may still be on its way; he stays on record then,
    and until he is gone nobody's look at the registry counts. Returns the complaints that became unknown, and who holds
    them.
    """
    _free_the_dead(work, registry, now)
    outlived(work, registry, lives=lives, now=now)
    rows = work.rows(
        """
        SELECT d.id, d.complaint, d.connector, d.region, d.state, d.holder, a.id AS attempt
        FROM deliveries d JOIN attempts a ON a.delivery = d.id AND a.step = 'create' AND a.ended_at IS NULL
        WHERE d.registry = :registry AND d.state IN ('queued', 'files_uploaded', 'created') AND d.until <= :now
        ORDER BY d.id FOR UPDATE OF d SKIP LOCKED
        """,
        registry=registry,
        now=now,
    )
    living = {row.id for row in rows if lives(row.holder, row.attempt)}
    noted = {
        holder: left(holder) for holder in {row.holder for row in rows}
    }  # asked second: who went meanwhile is read
    home = [row for row in rows if (notes := noted[row.holder]) is not None and row.attempt not in notes]
    away = [row for row in rows if row not in home]
    _ended_with_its_holder(work, away, "unknown", "unknown", "interrupted", now, living)
    _ended_with_its_holder(work, home, None, "retry", "not_sent", now)
    append_all(work, [entry("unknown", row, registry, now, actor, code="interrupted") for row in away])
    append_all(work, [_never_left(row, registry, now, actor) for row in home])
    return [(row.complaint, row.holder if row.id in living else None) for row in away]


def outlived(work: Work, registry: str, *, lives: Callable[[str, int], bool], now: datetime) -> set[int]:
    """
    Creates of unknown outcome whose holder is gone at last, or has come back: only from now on does a look count.

    What he sent in his last moment is at the registry when its slowest commit has passed. Returns the deliveries' numbers.
    """
    held = work.rows(
        """
        SELECT d.id, d.holder, a.id AS attempt FROM deliveries d
        JOIN attempts a ON a.delivery = d.id AND a.step = 'create' AND a.outcome = 'unknown' AND a.code = 'interrupted'
        WHERE d.registry = :registry AND d.state = 'unknown' AND d.holder IS NOT NULL AND d.until IS NULL
        ORDER BY d.id, a.id
        """,
        registry=registry,
    )
    last = {row.id: row for row in held}
    gone = {row.id: row.attempt for row in last.values() if not lives(row.holder, row.attempt)}
    if gone:
        work.run(
            "UPDATE deliveries SET holder = NULL WHERE id = ANY(:ids) AND state = 'unknown' AND until IS NULL",
            ids=list(gone),
        )
        work.run("UPDATE attempts SET ended_at = :now WHERE id = ANY(:ids)", now=now, ids=list(gone.values()))
    return set(gone)


def _ended_with_its_holder(
    work: Work,
    rows: Sequence[Any],
    state: str | None,
    outcome: str,
    code: str,
    now: datetime,
    living: Collection[int] = (),
) -> None:
    """`state`: the new one of the deliveries; None: as they stand. `living`: those whose holder stays on record."""
    work.run(
        """
        UPDATE deliveries SET state = coalesce(CAST(:state AS text), state), code = :code, http = NULL,
               holder = CASE WHEN id = ANY(CAST(:living AS bigint[])) THEN holder END, token = NULL, until = NULL
        WHERE id = ANY(:ids)
        """,
        state=state,
        code=code,
        ids=[row.id for row in rows],
        living=list(living),
    )
    work.run(
        "UPDATE attempts SET ended_at = :now, outcome = :outcome, code = :code WHERE id = ANY(:ids)",
        now=now,
        outcome=outcome,
        code=code,
        ids=[row.attempt for row in rows],
    )


def _never_left(row: Any, registry: str, now: datetime, actor: str) -> Entry:
    detail: dict[str, Detail] = {"step": "create", "attempt": row.attempt, "state": row.state, "http": None}
    return entry("postponed", row, registry, now, actor, code="not_sent", detail=detail)


def _free_the_dead(work: Work, registry: str, now: datetime) -> None:
    """A holder that was a process of this machine and is gone will not come back: its leases end at once."""
    held = work.rows(
        """
        SELECT DISTINCT holder FROM deliveries
        WHERE registry = :registry AND state IN ('queued', 'files_uploaded', 'created', 'unknown') AND until > :now
        """,
        registry=registry,
        now=now,
    )
    if gone := [row.holder for row in held if row.holder and leases.dead(row.holder)]:
        work.run(
            "UPDATE deliveries SET until = :now WHERE registry = :registry AND holder = ANY(:gone) AND until > :now",
            registry=registry,
            gone=gone,
            now=now,
        )


def exported(work: Work, names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """What `export deliveries` shows, in order of queueing; `names` limits to connectors."""
    rows = work.rows(
        """
        SELECT d.complaint, d.state, d.registry_id, d.attempts FROM deliveries d JOIN connectors k ON k.id = d.connector
        WHERE :everyone OR k.name = ANY(CAST(:names AS text[])) ORDER BY d.id
        """,
        everyone=not names,
        names=list(names),
    )
    for row in rows:
        yield {
            "complaint_id": str(row.complaint),
            "state": row.state,
            "registry_id": row.registry_id,
            "attempts": row.attempts,
        }


def entry(
    act: str,
    row: Any,
    registry: str,
    now: datetime,
    actor: str,
    *,
    code: str | None = None,
    registry_id: str | None = None,
    detail: dict[str, Detail] | None = None,
) -> Entry:
    """The entry about one delivery; `row` has id, complaint, connector and region."""
    return Entry(
        act=act,
        at=now,
        actor=actor,
        connector=str(row.connector),
        region=row.region,
        complaint=str(getattr(row, "complaint", None) or row.id),
        code=code,
        registry=registry,
        registry_id=registry_id,
        detail=detail or {},
    )
