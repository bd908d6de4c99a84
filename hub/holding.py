"""Holds: a named person forbids erasing what a case is about, until a day; made and ended with entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hub.audit.entry import Entry
from hub.model import Tally
from hub.spine import Hub
from hub.store import holds
from hub.store.holds import Hold
from hub.store.log import append_all
from hub.store.work import Work

JAKARTA = ZoneInfo("Asia/Jakarta")


class NoSuchHold(Exception):
    """There is nothing to hold, or no hold, under this name."""


def today(now: datetime) -> date:
    """The day on which holds run out."""
    return now.astimezone(JAKARTA).date()


def add(
    hub: Hub, *, case: UUID | None = None, complaint: UUID | None = None, owner: str, until: date, because: str
) -> Tally:
    """
    Hold a case, with all that is linked to it now or later, or one complaint. Raises NoSuchHold.

    The hold ends by itself after the day `until`, in Asia/Jakarta.
    """
    now = hub.clock()
    if until < today(now):
        raise NoSuchHold(f"{until} is over; name a day to come.")
    with hub.store.begin() as work:
        holds.alone(work)
        rows = holds.members(work, case) if case else holds.named(work, complaint) if complaint else []
        if not rows:
            raise NoSuchHold(f"There is no {'case' if case else 'complaint'} {case or complaint}.")
        complaints = [row.id for row in rows]
        number = holds.add(work, case=case, complaints=complaints, owner=owner, because=because, until=until, now=now)
        actor = owner if hub.who.is_operator else hub.who.name
        detail = {"hold": number, "until": until.isoformat(), "because": because[:500]}
        detail |= {"case": str(case)} if case else {}
        _tell(work, "hold_added", rows, actor, now, detail | ({} if actor == owner else {"owner": owner}))
    return Tally(verb="hold", done=len(rows), notes=(f"Hold {number} of {owner} until {until}.",))


def end(hub: Hub, number: int, *, by: str, because: str) -> Tally:
    """End a hold before its day. Raises NoSuchHold."""
    now = hub.clock()
    with hub.store.begin() as work:
        rows = holds.end(work, number, by=by, now=now)
        if not rows:
            raise NoSuchHold(f"There is no hold {number}, or it has ended. Run 'satupintu hold list'.")
        _tell(work, "hold_ended", rows, by, now, {"hold": number, "because": because[:500]})
    return Tally(verb="hold", done=len(rows), notes=(f"Hold {number} has ended.",))


def listed(hub: Hub, *, ended: bool = False) -> Sequence[Hold]:
    """The holds that stand; `ended`: all there ever were."""
    with hub.store.begin() as work:
        return holds.standing(work, today(hub.clock()), ended=ended)


def _tell(work: Work, act: str, rows: Sequence[Any], actor: str, now: datetime, detail: dict[str, Any]) -> None:
    """One entry a complaint, so that each shows in its own history."""
    append_all(
        work,
        [
            Entry(
                act=act,
                at=now,
                actor=actor,
                connector=str(row.connector),
                region=row.region,
                complaint=str(row.id),
                detail=detail,
            )
            for row in rows
        ],
    )
