"""Which contact has had its mail of which day: one row each, so that none leaves twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One mail to one contact about one region, on one day."""

    id: int
    state: str
    tries: int
    tried_at: datetime


def find(work: Work, region: str, contact: bytes, day: date) -> Mailing | None:
    """How it stands; held until the transaction ends. None: nothing has been tried today."""
    row = work.one(
        """
        SELECT id, state, tries, tried_at FROM contact_mails
        WHERE region = :region AND contact = :contact AND day = :day FOR UPDATE
        """,
        region=region,
        contact=contact,
        day=day,
    )
    return Mailing(**row._mapping) if row else None


def attempt(work: Work, region: str, contact: bytes, day: date, now: datetime) -> Mailing:
    """One more try is on record."""
    row = work.one(
        """
        INSERT INTO contact_mails (region, contact, day, state, tries, tried_at)
        VALUES (:region, :contact, :day, 'attempted', 1, :now)
        ON CONFLICT (region, contact, day) DO UPDATE
        SET state = 'attempted', code = NULL, tries = contact_mails.tries + 1, tried_at = excluded.tried_at
        RETURNING id, state, tries, tried_at
        """,
        region=region,
        contact=contact,
        day=day,
        now=now,
    )
    assert row is not None
    return Mailing(**row._mapping)


def settle(work: Work, number: int, state: str, code: str | None) -> bool:
    """What became of it: sent, queued (try again), unknown or refused; False where somebody else has settled it."""
    return bool(
        work.value(
            "UPDATE contact_mails SET state = :state, code = :code WHERE id = :id AND state = 'attempted' RETURNING 1",
            id=number,
            state=state,
            code=code,
        )
    )
