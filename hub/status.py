"""Status: what has been read of each channel, with which proof, what is owed, and where its complaints stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from connectors import regions
from connectors.manifest import Manifest
from hub.spine import Hub
from hub.store import figures, readings, undelivered
from hub.store.work import Work
from schemas.words import OUTCOMES

MOST = 10
"""So many closed intervals are shown, the latest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One read interval; moments in the connector's zone, `since` None is from the beginning. It holds no ref."""

    interval: int
    what: str
    """new | sweep | backfill"""
    since: datetime | None
    until: datetime
    pages: int
    items: int
    total: int | None
    """The portal's own count."""
    at: datetime
    """When it was closed; of an owed one, since when it is owed."""
    said: str
    """Why it counts as read, or what is missing, in English."""
    code: str | None = None
    """Of what is missing: a class such as http_500; None where it is closed."""
    closed_by: str | None = None
    """Who gave it up without proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One connector as `satupintu status` shows it; everything in it may be shown to anybody who runs the hub."""

    name: str
    zone: str
    owner: str
    channel: str
    kind: str
    region: str
    mode: str
    """active | disabled | shadow | retired | no_manifest | never_pulled"""
    proof: Span | None = None
    owed: Sequence[Span] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    """pulled (items, every version), stored (complaints) and the seven words."""
    no_door: Mapping[str, int] = field(default_factory=dict)
    """Answers that found no way back to their reporters, by code."""
    run_at: datetime | None = None
    run_code: str | None = None
    """closed, stored (it goes on, or was killed), or the code of what is owed."""
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All that has been read of one connector."""

    covered: Sequence[tuple[datetime | None, datetime]]
    """Spans read with proof, put together where they touch."""
    closed: Sequence[Span]
    """The latest closed intervals, newest first."""
    closed_count: int
    marked_at: datetime | None


def states(hub: Hub, name: str | None = None) -> list[State]:
    """Every connector that has a manifest or a past, or the one of that name, sorted."""
    with hub.store.begin() as work:
        seen = {row.name: row for row in readings.connectors(work, name)}
        known = _Known.of(work, next(iter(seen.values())).id if name and seen else None, hub.clock())
    names = {name} if name else seen.keys() | hub.manifests.good.keys()
    return [known.state(one, hub.manifests.good.get(one), seen.get(one)) for one in sorted(names)]


def ledger(hub: Hub, state: State) -> Ledger:
    """What has been read of this connector, interval by interval."""
    with hub.store.begin() as work:
        rows = readings.connectors(work, state.name)
        if not rows:
            return Ledger(covered=(), closed=(), closed_count=0, marked_at=None)
        own, zone = rows[0].id, ZoneInfo(state.zone)
        return Ledger(
            covered=[(_local(since, zone), until.astimezone(zone)) for since, until in readings.covered(work, own)],
            closed=[_closed(row, zone) for row in readings.closed(work, own, MOST)],
            closed_count=readings.count_closed(work, own),
            marked_at=_local(readings.marked_at(work, own), zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the store says of the connectors that are asked for."""

    proofs: Mapping[UUID, Any]
    owed: Sequence[Any]
    runs: Mapping[UUID, Any]
    running: set[UUID]
    counts: Mapping[str, Mapping[str, int]]
    pulled: Mapping[str, int]
    closed: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, work: Work, connector: UUID | None, now: datetime) -> _Known:
        return cls(
            proofs=readings.proofs(work, connector),
            owed=readings.owed(work, connector),
            runs=readings.runs(work, connector),
            running=readings.running(work, now),
            counts=figures.conservation(work),
            pulled=figures.pulled(work),
            closed=undelivered.closed(work),
        )

    def state(self, name: str, manifest: Manifest | None, row: Any) -> State:
        told, region = manifest or row, manifest.region if manifest else row.region
        zone = ZoneInfo(manifest.zone if manifest else regions.zone(region) or "Asia/Jakarta")
        state = State(
            name=name,
            zone=zone.key,
            owner=told.owner,
            channel=told.channel,
            kind=told.kind,
            region=region,
            mode=_mode(manifest, row),
            counts=self._counts(name),
            no_door=self.closed.get(name, {}),
        )
        return state if row is None else self._with_past(state, row.id, zone)

    def _with_past(self, state: State, own: UUID, zone: ZoneInfo) -> State:
        proof, run = self.proofs.get(own), self.runs.get(own)
        return replace(
            state,
            proof=_closed(proof, zone) if proof else None,
            owed=[_owed(row, zone) for row in self.owed if row.connector == own],
            run_at=_local(run.at if run else None, zone),
            run_code=run.code if run else None,
            running=own in self.running,
        )

    def _counts(self, name: str) -> dict[str, int]:
        words = self.counts.get(name, {})
        return {"pulled": self.pulled.get(name, 0)} | {word: words.get(word, 0) for word in ("stored", *OUTCOMES)}


def _mode(manifest: Manifest | None, row: Any) -> str:
    if manifest is None:
        return "retired" if row.mode == "retired" else "no_manifest"
    if manifest.disabled:
        return "disabled"
    return "never_pulled" if row is None else "shadow" if manifest.shadow else "active"


def _closed(row: Any, zone: ZoneInfo) -> Span:
    by_hand = getattr(row, "closed_by", None)
    return _span(row, zone, at=row.closed_at, said=str(row.because if by_hand else row.proof or ""), closed_by=by_hand)


def _owed(row: Any, zone: ZoneInfo) -> Span:
    return _span(row, zone, at=row.opened_at, said=str(row.owed or ""), code=row.code or "owed")


def _span(row: Any, zone: ZoneInfo, *, at: datetime, **more: Any) -> Span:
    return Span(
        interval=row.id,
        what=row.what,
        since=_local(row.from_at, zone),
        until=row.to_at.astimezone(zone),
        pages=row.pages,
        items=row.items,
        total=row.total,
        at=at.astimezone(zone),
        **more,
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    return moment.astimezone(zone) if moment else None
