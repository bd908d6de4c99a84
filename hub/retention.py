"""Retention: what is older than its class may be is erased when somebody runs it; what is held stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.erasing import Busy, Order, erase_all
from hub.holding import today
from hub.model import Tally
from hub.spine import Hub
from hub.store import erasure, holds, retention
from hub.store.erasure import Subject
from hub.store.log import append
from hub.store.retention import PARTS, RULES, Term
from hub.store.work import Work

BATCH: Final = 200
"""Complaints a transaction."""
SHORTEST: Final = 30
"""Days; a shorter term would erase what is still on its way."""


class NoSuchClass(Exception):
    """There is no class of data under this name, or the term is too short."""


def terms(hub: Hub) -> Sequence[Term]:
    """How long each class is kept."""
    with hub.store.begin() as work:
        return retention.terms(work)


def keep(hub: Hub, name: str, days: int | None, *, by: str, because: str) -> Tally:
    """Keep a class for so many days, None for ever; leaves an entry with the term before. Raises NoSuchClass."""
    if name not in RULES:
        raise NoSuchClass(f"There is no class '{name}'. Known are: {', '.join(RULES)}.")
    if days is not None and days < SHORTEST:
        raise NoSuchClass(f"The shortest term is {SHORTEST} days.")
    now = hub.clock()
    with hub.store.begin() as work:
        before = next(term.days for term in retention.terms(work) if term.class_ == name)
        retention.keep(work, name, days, by=by, now=now)
        detail: dict[str, Detail] = {"before": before, "days": days, "because": because[:500]}
        append(work, Entry(act="retention_set", at=now, actor=by, code=name, detail=detail))
    return Tally(verb="retention", done=1)


def run(hub: Hub, *, by: str, dry_run: bool = False) -> Tally:
    """Erase whatever is older than its class may be, class by class; `dry_run` only counts."""
    words, kept, owed = dict[str, int](), 0, list[str]()
    for term in terms(hub):
        if term.days is None:
            continue
        before = hub.clock() - timedelta(days=term.days)
        words[term.class_] = 0
        for found in _batches(hub, term.class_, before):
            try:
                done, held = _batch(hub, term, found, by, dry_run)
            except Busy as error:
                owed.append(f"{term.class_}: {error}")
                break
            words[term.class_] += done
            kept += held
    notes: tuple[str, ...] = (f"{kept} are held and stay; see 'satupintu hold list'.",) if kept else ()
    notes += ("Nothing was erased: this was a dry run.",) if dry_run else ()
    return Tally(
        verb="retention", done=0 if dry_run else sum(words.values()), words=words, notes=notes, owed=tuple(owed)
    )


def _batches(hub: Hub, name: str, before: datetime) -> Iterator[list[UUID]]:
    after: UUID | None = None
    while True:
        with hub.store.begin() as work:
            found = retention.stale(work, name, before, after=after, limit=BATCH)
        if not found:
            return
        yield found
        after = found[-1]


def _batch(hub: Hub, term: Term, found: Sequence[UUID], by: str, dry_run: bool) -> tuple[int, int]:
    """How many were erased (or would be), and how many are held."""
    now = hub.clock()
    with hub.store.begin() as work:
        holds.alone(work)
        over = holds.over(work, found, today(now))
        free = [one for one in found if one not in over]
        if not dry_run:
            _erase(work, hub, term, free, by, now)
    return len(free), len(over)


def _erase(work: Work, hub: Hub, term: Term, free: Sequence[UUID], by: str, now: datetime) -> None:
    because = f"{term.class_}: {term.days} days"
    if term.class_ not in PARTS:
        whole = erasure.subjects(work, erasure.together(work, free))
        erase_all(work, hub, whole, Order(code="retention", because=because, by=by), now)
        return
    for one in erasure.subjects(work, free):
        drop = retention.drop_files if term.class_ == "files" else retention.drop_messages
        if count := drop(work, [one.complaint]):
            append(work, _part(one, term.class_, count, because, by, now))


def _part(one: Subject, name: str, count: int, because: str, by: str, now: datetime) -> Entry:
    return Entry(
        act="erased",
        at=now,
        actor=by,
        connector=str(one.connector),
        region=one.region,
        complaint=str(one.complaint),
        code=f"retention_{name}",
        count=count,
        detail={"because": because},
    )
