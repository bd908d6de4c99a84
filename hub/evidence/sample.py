"""A sample that anybody can draw again, each complaint traced from its channel to the registry and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub.audit.entry import Entry
from hub.evidence.asking import scope_of
from hub.evidence.zones import both
from hub.spine import Hub
from hub.store import tracing
from hub.store.log import append
from hub.store.search import Asked
from hub.telling import INDONESIAN

Trace = Mapping[str, Any]


def sample(hub: Hub, asked: Asked, *, count: int, seed: str) -> list[Trace]:
    """
    `count` complaints, first stored within the days of `asked`, with all their stations; leaves the entry `exported`.

    Each: {"complaint", "connector", "region", "day", "word", "detail", and a list each station of hub.store.tracing}.
    """
    with hub.store.begin(still=True) as work:
        rows = tracing.drawn(work, scope_of(asked), seed=seed, count=count)
        traces = [_trace(row, tracing.traced(work, row.complaint)) for row in rows]
        append(work, _entry(hub, asked, len(traces), seed))
    return traces


def _trace(row: Any, stations: Mapping[str, list[dict[str, Any]]]) -> Trace:
    entries = [{"leaf": one["leaf"], "entry": json.loads(one["entry"])} for one in stations["entries"]]
    head = {"complaint": row.complaint, "connector": row.name, "region": row.region, "day": row.day}
    return {**head, "word": row.word, "detail": row.detail, **stations, "entries": entries}


def as_json(trace: Trace) -> str:
    """One line."""
    return json.dumps(trace, default=_plain, ensure_ascii=True)


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def as_text(trace: Trace) -> Iterator[str]:
    """The same for people: one line a step, in the order of the stations."""
    word = trace["word"] or "?"
    yield f"{trace['complaint']}  {trace['connector']} ({trace['region']})  {word} / {INDONESIAN.get(word, '?')}"
    for name in ("intervals", "items", "decision", "deliveries", "attempts", "statuses", "follow_ups", "replies"):
        for row in trace[name]:
            yield f"  {name:<11} {_shown(row, trace['region'])}"
    for one in trace["entries"]:
        entry = one["entry"]
        at, leaf = datetime.fromisoformat(entry["at"]), one["leaf"]
        place = "…" if leaf is None else str(leaf)
        yield f"  entry {place:<5} {both(at, trace['region'])} {entry['act']} {entry.get('code', '')} {entry['actor']}"


def _shown(row: Mapping[str, Any], region: str) -> str:
    return " ".join(f"{name}={_value(value, region)}" for name, value in row.items() if value not in (None, "", False))


def _value(value: Any, region: str) -> str:
    return both(value, region) if isinstance(value, datetime) else str(value)


def _entry(hub: Hub, asked: Asked, count: int, seed: str) -> Entry:
    return Entry(
        act="exported",
        at=hub.clock(),
        actor=hub.actor,
        connector=str(asked.connector) if asked.connector else None,
        region=asked.region,
        code="sample",
        count=count,
        detail={"masked": True, "seed": seed[:100]},
    )
