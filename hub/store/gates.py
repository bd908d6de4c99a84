"""The gate in front of each registry, shared by all workers: pause, breaker, rate budget, and who waits behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from hub.audit.entry import Detail, Entry
from hub.store.log import append
from hub.store.work import Work

STREAK: Final = 2
"""Unknown outcomes in a row that open the breaker."""
FIRST_PROBE: Final = timedelta(minutes=1)
LONGEST_PROBE: Final = timedelta(minutes=15)
SILENCE: Final = timedelta(hours=4)
"""How long forwarding goes on while sealing fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How one registry stands."""

    paused_by: str | None
    paused_at: datetime | None = None
    because: str = ""
    opened_at: datetime | None = None
    """The breaker is open since."""
    probe_at: datetime | None = None
    streak: int = 0
    """Unknown outcomes in a row."""
    next_slot_at: datetime | None = None
    """When the rate budget lets the next call go."""

    @property
    def shut(self) -> bool:
        """Nothing may be sent."""
        return self.paused_by is not None or self.opened_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Deliveries that wait for one reason."""

    code: str | None
    count: int
    next_at: datetime


def names(work: Work) -> list[str]:
    """Every registry that something was ever sent to, or queued for."""
    return [row.name for row in work.rows("SELECT name FROM registries ORDER BY name")]


def gate(work: Work, registry: str) -> Gate:
    """How the registry stands now; one that nobody knows is open."""
    return _gate(work.one(_GATE, name=registry))


def locked(work: Work, registry: str) -> Gate:
    """The same, and nobody else changes it, or takes of its budget, until this transaction ends."""
    return _gate(work.one(f"{_GATE} FOR UPDATE", name=registry))


_GATE: Final = (
    "SELECT paused_at, paused_by, because, opened_at, probe_at, unknown_streak, next_slot_at FROM registries "
    "WHERE name = :name"
)


def _gate(row: Any) -> Gate:
    if row is None:
        return Gate(paused_by=None)
    return Gate(
        paused_by=(row.paused_by or "?") if row.paused_at else None,
        paused_at=row.paused_at,
        because=row.because or "",
        opened_at=row.opened_at,
        probe_at=row.probe_at,
        streak=row.unknown_streak,
        next_slot_at=row.next_slot_at,
    )


def waiting(work: Work, registry: str, *, only: Sequence[str], now: datetime) -> list[Waiting]:
    """Deliveries still to be sent that nobody holds, by reason, the soonest first; `only` limits to connectors."""
    rows = work.rows(
        """
        SELECT d.code, count(*) AS number, min(d.due_at) AS next_at
        FROM deliveries d JOIN connectors k ON k.id = d.connector
        WHERE d.registry = :registry AND d.state IN ('queued', 'files_uploaded', 'created')
          AND (d.until IS NULL OR d.until <= :now) AND (:everyone OR k.name = ANY(CAST(:names AS text[])))
        GROUP BY d.code ORDER BY next_at
        """,
        registry=registry,
        everyone=not only,
        names=list(only),
        now=now,
    )
    return [Waiting(code=row.code, count=row.number, next_at=row.next_at) for row in rows]


def undecided(work: Work, registry: str, *, only: Sequence[str]) -> dict[str, int]:
    """How many deliveries wait for a person, by state."""
    rows = work.rows(
        """
        SELECT d.state, count(*) AS number FROM deliveries d JOIN connectors k ON k.id = d.connector
        WHERE d.registry = :registry AND d.state IN ('unknown', 'needs_human')
          AND (:everyone OR k.name = ANY(CAST(:names AS text[]))) GROUP BY d.state ORDER BY d.state DESC
        """,
        registry=registry,
        everyone=not only,
        names=list(only),
    )
    return {row.state: row.number for row in rows}


def unsealed_since(work: Work) -> datetime | None:
    """Time of the oldest entry that no published checkpoint holds; None unless the last try to seal has failed."""
    row = work.one("SELECT failed_at, settled FROM sealing")
    if row is None or row.failed_at is None:
        return None
    oldest: datetime | None = work.value(
        """
        SELECT least(
            (SELECT min(e.at) FROM entries e
             WHERE e.id > :settled AND NOT EXISTS (SELECT FROM leaves l WHERE l.entry = e.id AND l.entry > :settled)),
            (SELECT min(e.at) FROM leaves l JOIN entries e ON e.id = l.entry
             WHERE l.leaf_index >= (SELECT coalesce(max(size), 0) FROM checkpoints WHERE published_at IS NOT NULL)))
        """,
        settled=row.settled,
    )
    return oldest


# rate budget -------------------------------------------------------------------------------------------------------


def reserve(work: Work, registry: str, *, now: datetime, spacing: float, patience: float) -> float:
    """
    Seconds until the registry's rate budget lets this call go; the slot is ours if they are no more than `patience`.

    `spacing`: seconds between two calls of all workers together, 0 for no limit of our own.
    """
    slot: datetime | None = work.value(
        "SELECT next_slot_at FROM registries WHERE name = :name FOR UPDATE"
        if spacing
        else "SELECT next_slot_at FROM registries WHERE name = :name",
        name=registry,
    )
    slot = max(slot or now, now)
    wait = (slot - now).total_seconds()
    if spacing and wait <= patience:
        _next_slot(work, registry, slot + timedelta(seconds=spacing))
    return wait


def hold_back(work: Work, registry: str, until: datetime) -> None:
    """The registry asked for silence: no worker calls it before then."""
    _next_slot(work, registry, until)


def slots(gate: Gate, *, now: datetime, until: datetime, spacing: timedelta, count: int) -> list[datetime]:
    """When up to `count` calls may leave between now and `until`; `taken` writes down how many of them are used."""
    first = max(gate.next_slot_at or now, now)
    return [at for number in range(count) if (at := first + number * spacing) <= until]


def taken(work: Work, registry: str, used: Sequence[datetime], spacing: timedelta) -> None:
    """These slots of a locked gate belong to us."""
    if used:
        _next_slot(work, registry, used[-1] + spacing)


def _next_slot(work: Work, registry: str, at: datetime) -> None:
    work.run(
        "UPDATE registries SET next_slot_at = greatest(next_slot_at, :at) WHERE name = :name", name=registry, at=at
    )


# breaker -----------------------------------------------------------------------------------------------------------


def heard(work: Work, registry: str, outcome: str, *, now: datetime, actor: str) -> bool:
    """
    Count the outcome of a create. Unknowns in a row open the breaker (True: this one did); a clear answer ends the row;
    a failure to reach the registry says nothing about what it stored.
    """
    if outcome in ("done", "refused"):
        work.run("UPDATE registries SET unknown_streak = 0 WHERE name = :name AND unknown_streak > 0", name=registry)
    if outcome != "unknown":
        return False
    streak = work.value(
        "UPDATE registries SET unknown_streak = unknown_streak + 1 WHERE name = :name RETURNING unknown_streak",
        name=registry,
    )
    if streak is None or streak < STREAK:
        return False
    return _open_breaker(work, registry, streak, now=now, actor=actor)


def _open_breaker(work: Work, registry: str, streak: int, *, now: datetime, actor: str) -> bool:
    opened = work.run(
        """
        UPDATE registries SET opened_at = :now, probe_at = :probe, probes = 0 WHERE name = :name AND opened_at IS NULL
        """,
        name=registry,
        now=now,
        probe=now + FIRST_PROBE,
    )
    if opened:
        append(work, _entry("breaker_opened", registry, now, actor, detail={"streak": streak}))
    return bool(opened)


def heard_all(work: Work, registry: str, gate: Gate, outcomes: Sequence[str], *, now: datetime, actor: str) -> Gate:
    """`heard` for the outcomes of several creates in their order, behind a locked gate; how it stands now."""
    streak, highest = gate.streak, 0
    for outcome in outcomes:
        streak = streak + 1 if outcome == "unknown" else 0 if outcome in ("done", "refused") else streak
        highest = max(highest, streak)
    opens = gate.opened_at is None and highest >= STREAK and "unknown" in outcomes
    if streak != gate.streak:
        work.run("UPDATE registries SET unknown_streak = :streak WHERE name = :name", name=registry, streak=streak)
    if not opens:
        return replace(gate, streak=streak)
    _open_breaker(work, registry, highest, now=now, actor=actor)
    return replace(gate, streak=streak, opened_at=now, probe_at=now + FIRST_PROBE)


def take_probe(work: Work, registry: str, *, now: datetime) -> bool:
    """True for the one worker that may ask whether the registry lives; the next may ask after twice the time."""
    probes = work.value(
        """
        SELECT probes FROM registries
        WHERE name = :name AND opened_at IS NOT NULL AND paused_at IS NULL AND probe_at <= :now
        FOR UPDATE SKIP LOCKED
        """,
        name=registry,
        now=now,
    )
    if probes is None:
        return False
    wait = min(FIRST_PROBE * 2 ** min(probes + 1, 10), LONGEST_PROBE)
    work.run(
        "UPDATE registries SET probes = probes + 1, probe_at = :next WHERE name = :name", name=registry, next=now + wait
    )
    return True


def close_breaker(work: Work, registry: str, *, now: datetime, actor: str) -> None:
    """The registry lives: sending goes on, and the row of unknowns begins anew."""
    closed = work.run(
        """
        UPDATE registries SET opened_at = NULL, probe_at = NULL, probes = 0, unknown_streak = 0
        WHERE name = :name AND opened_at IS NOT NULL
        """,
        name=registry,
    )
    if closed:
        append(work, _entry("breaker_closed", registry, now, actor))


# the switch --------------------------------------------------------------------------------------------------------


def pause(work: Work, registry: str, *, by: str, because: str, now: datetime) -> bool:
    """Stop all sending to the registry; False where it was paused already."""
    paused = work.run(
        """
        UPDATE registries SET paused_at = :now, paused_by = :by, because = :because
        WHERE name = :name AND paused_at IS NULL
        """,
        name=registry,
        now=now,
        by=by,
        because=because,
    )
    if paused:
        append(work, _entry("paused", registry, now, by, detail={"because": because[:500]}))
    return bool(paused)


def resume(work: Work, registry: str, *, by: str, because: str, now: datetime) -> bool:
    """Let sending go on; False where it was not paused."""
    resumed = work.run(
        """
        UPDATE registries SET paused_at = NULL, paused_by = NULL, because = NULL
        WHERE name = :name AND paused_at IS NOT NULL
        """,
        name=registry,
    )
    if resumed:
        append(work, _entry("resumed", registry, now, by, detail={"because": because[:500]}))
    return bool(resumed)


def _entry(act: str, registry: str, now: datetime, actor: str, *, detail: dict[str, Detail] | None = None) -> Entry:
    return Entry(act=act, at=now, actor=actor, registry=registry, detail=detail or {})
