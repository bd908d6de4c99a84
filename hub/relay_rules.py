"""What one try, or one look at the registry, means for a follow-up: decisions without a store or a network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final

from connectors.errors import ChannelError
from hub.carrying import GIVE_UP, LONGEST_ASKED, pause_after
from hub.model import Receipt
from hub.routing import RegistryConfig
from hub.store.relays import Due, Settled

STREAK: Final = 2
"""Unknown outcomes in a row after which only one is tried at a time; the registry's other calls go on meanwhile."""
FIRST_PAUSE: Final = timedelta(seconds=10)
SELDOM: Final = timedelta(minutes=15)
"""The first and the longest time between two such tries."""
LOOK_AGAIN: Final = 3600.0
"""Seconds, at least, between two looks for the same follow-up."""


def room(unclear: int, last: datetime | None, now: datetime, *, lists: bool, most: int) -> int:
    """
    How many may be tried at once: `most`; one, and ever more seldom, where `unclear` outcomes in a row told nobody anything.

    `last`: when that was tried; `lists`: the registry shows what it has, so an unclear outcome is cleared by a look.
    """
    if lists or unclear < STREAK or last is None:
        return most
    return int(now - last >= min(FIRST_PAUSE * 2 ** min(unclear - STREAK, 10), SELDOM))


def look_at(ended: datetime, config: RegistryConfig) -> datetime:
    """When the registry can be asked about a call that ended without an answer: later than its slowest commit."""
    return ended + config.slowest_commit * 1.25 + config.read_timeout


def outcome(due: Due, receipt: Receipt, now: datetime, config: RegistryConfig, chance: Random) -> Settled:
    """What one try means: certainly not done is tried again for 14 days, an unknown outcome never without a look."""
    code, http = receipt.code, receipt.http
    if receipt.outcome == "done":
        return Settled(state="sent", code=code, http=http, number=receipt.registry_id)
    if receipt.outcome == "refused":
        return Settled(state="refused", code=code, http=http)
    if receipt.outcome != "retry":
        return Settled(state="unknown", code=code, http=http, tries=due.tries, due_at=look_at(now, config))
    if now - (due.first_try_at or now) >= GIVE_UP:
        return Settled(state="needs_human", code=code, http=http, tries=due.tries)
    wait = min(receipt.retry_after or 0.0, LONGEST_ASKED) + pause_after(due.tries, chance)
    return Settled(state="queued", code=code, http=http, tries=due.tries + 1, due_at=now + timedelta(seconds=wait))


def looked(
    due: Due,
    trouble: ChannelError | None,
    numbers: Sequence[str | None],
    *,
    lists: bool,
    now: datetime,
    chance: Random,
) -> Settled:
    """
    What a look at the registry means for a follow-up of unknown outcome; `numbers`: under which it is there.

    `lists`: the registry has shown a follow-up of ours before. Only then one that it does not show is certainly not
    there; otherwise a person has to look.
    """
    if numbers:
        return Settled(state="sent", code="looked_up", number=numbers[0])
    old = now - (due.first_try_at or now) >= GIVE_UP
    if trouble is None and lists and not old:
        again = now + timedelta(seconds=pause_after(due.tries, chance))
        return Settled(state="queued", code="absent", tries=due.tries + 1, due_at=again)
    wait = max(pause_after(due.tries, chance), LOOK_AGAIN if trouble is None else 0.0)
    if trouble is not None:
        wait += min(trouble.retry_after or 0.0, LONGEST_ASKED)
    code = trouble.code if trouble is not None else "absent" if lists else "not_listed"
    return Settled(
        state="needs_human" if old else "unknown", code=code, tries=due.tries + 1, due_at=now + timedelta(seconds=wait)
    )
