"""Says in both languages what stands still between the hub and its registries, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from hub.outcome import GIVE_UP
from hub.store import standstill
from hub.store.standstill import Shut
from hub.store.work import Work

_WHAT: Final = {
    "unknown": "tidak diketahui hasilnya / of unknown outcome: 'satupintu resolve'",
    "needs_human": "perlu keputusan petugas / need a person's decision: 'satupintu resolve'",
    "refused": "ditolak sistem pusat / refused by the registry: 'satupintu deliveries', then 'redrive'",
}


def said(work: Work, now: datetime) -> Iterator[str]:
    """Registries that are paused or have their breaker open, open differences, and follow-ups that wait for a person."""
    for one in standstill.shut(work, now - GIVE_UP):
        yield f"{one.name}: {_why(one)}; {_waiting(one)}."
    for row in standstill.different(work):
        yield f"{row.registry}: {row.n} beda belum selesai / open differences: {row.what}; 'satupintu reconcile' names them."
    for row in standstill.follow_ups(work):
        yield f"{row.registry}: {row.n} tindak lanjut / follow-ups {_WHAT[row.state]}."


def _why(one: Shut) -> str:
    since = f"{one.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if one.paused_by is None:
        return f"sistem pusat tidak menjawab / its breaker is open, sejak / since {since}"
    return f"dihentikan / paused by {one.paused_by}, sejak / since {since} ({one.because or '-'})"


def _waiting(one: Shut) -> str:
    if one.oldest is None:
        return "tidak ada yang menunggu / nothing waits"
    first = f"{one.waiting} menunggu / wait, sejak / since {one.oldest.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{first}, {one.old} lebih dari / for more than {GIVE_UP.days} hari / days" if one.old else first
