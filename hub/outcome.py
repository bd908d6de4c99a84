"""What follows from where a delivery stands and what the registry said: pure values, so that a table can test them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from connectors.errors import ChannelError
from hub.model import Receipt
from hub.store.deliveries import Result

SHORTEST: Final = 5.0
LONGEST: Final = 12 * 3600.0
GIVE_UP: Final = timedelta(days=14)
"""Seconds of the first and the longest window of the back-off, and when a person has to look."""
LONGEST_ASKED: Final = 24 * 3600.0
"""A registry that asks for a longer silence than this many seconds is asked again after it."""
LOOKED_FOR_IN_VAIN: Final = 5
IN_VAIN_FOR: Final = timedelta(days=1)
"""
So many creates of one complaint that left nothing at the registry, over so long: then a person looks. A registry that
answers 500 for an afternoon makes no dead letters of good complaints.
"""
_OWN_FAULT: Final = (404, 405, 409, 410, 413, 415, 422)
"""Statuses that speak of one complaint and not of the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a delivery stands when an answer comes."""

    state: str
    registry_id: str | None
    tries: int = 0
    attempts: int = 0
    since: datetime | None = None
    """When the step was first tried."""
    routed: bool = True
    """There is an institution to pass it to."""
    look_after: timedelta | None = None
    """Seconds after which an unknown outcome can be looked up; None: this registry cannot be asked."""


def receipt_of(step: str, answer: Any, error: Exception | None) -> Receipt:
    """
    What a call came to, exceptions included; outcome `failed`: our own code did, and nobody knows what it had sent.

    A receipt whose words no row could hold counts as none.
    """
    if error is not None:
        if isinstance(error, ChannelError) and step != "create":
            return Receipt(outcome="retry", code=error.code, retry_after=error.retry_after)
        return Receipt(outcome="failed", code=code_of(error))
    if not isinstance(answer, Receipt) or answer.outcome not in ("done", "retry", "refused", "unknown"):
        return Receipt(outcome="failed", code="no_receipt")
    if answer.outcome == "done" and step == "create" and not _number(answer.registry_id):
        return Receipt(outcome="unknown", code="no_id", http=answer.http)
    return answer if not answer.code else replace(answer, code=_word(answer.code))


def _number(number: Any) -> bool:
    return isinstance(number, str) and 0 < len(number) <= 100 and number.isprintable()


def after(step: str, at: Standing, receipt: Receipt, *, now: datetime, chance: Random) -> Result:
    """Where the delivery stands after an answer to `step` (files | create | route), and what the log says of it."""
    if receipt.outcome == "failed":
        return _failed(step, at, receipt)
    if receipt.outcome == "done":
        return _done(step, at, receipt, now)
    if receipt.outcome == "refused":
        return _refused(step, at, receipt)
    if receipt.outcome == "unknown" and step == "create":
        due = now + at.look_after if at.look_after is not None else None
        return Result(act="unknown", state="unknown", receipt=receipt, step=step, due_at=due)
    return again(step, at, receipt, now=now, chance=chance)


def _done(step: str, at: Standing, receipt: Receipt, now: datetime) -> Result:
    """Without an institution nothing is left to do after the create: the national administrator disposes."""
    if step == "files":
        return Result(act="forwarded", state="files_uploaded", receipt=receipt, step=step, keep=True)
    if step == "create" and at.routed:
        return Result(act="forwarded", state="created", receipt=receipt, step=step, next_check_at=now, keep=True)
    if step == "create":
        receipt = replace(receipt, code="unrouted")
    return Result(act="forwarded", state="confirmed", receipt=receipt, step=step, next_check_at=now)


def _refused(step: str, at: Standing, receipt: Receipt) -> Result:
    """Files that it will not have do not keep the complaint itself away; a wrong institution is for a person to mend."""
    if step == "files":
        return Result(act="refused", state="files_uploaded", receipt=receipt, step=step, keep=True)
    if step == "route":
        named = replace(receipt, code=f"route_{receipt.code}")
        return Result(act="refused", state="needs_human", receipt=named, step=step, tries=at.tries)
    return Result(act="refused", state="refused", receipt=receipt, step=step)


def _failed(step: str | None, at: Standing, receipt: Receipt) -> Result:
    """Our own code failed at this complaint; if that was in a create, nobody knows what was sent."""
    if step == "create":
        doubt = replace(receipt, outcome="unknown")
        return Result(act="unknown", state="needs_human", receipt=doubt, step=step, tries=at.tries)
    return Result(act="postponed", state="needs_human", receipt=receipt, step=step, tries=at.tries)


def again(step: str, at: Standing, receipt: Receipt, *, now: datetime, chance: Random) -> Result:
    """Certainly not done, or harmless to repeat: later, with full jitter, and after 14 days a person looks."""
    if now - (at.since or now) >= GIVE_UP:
        return Result(act="postponed", state="needs_human", receipt=receipt, step=step, tries=at.tries)
    due = now + timedelta(seconds=asked(receipt) + pause_after(at.tries, chance))
    return Result(act="postponed", state=at.state, receipt=receipt, step=step, tries=at.tries + 1, due_at=due)


def poisoned(at: Standing, error: Exception) -> Result:
    """Nothing was called: our own code cannot carry this complaint."""
    return _failed(None, at, Receipt(outcome="failed", code=code_of(error)))


def looked(
    at: Standing, numbers: Sequence[str] | None, taken: Mapping[str, Any], *, code: str, now: datetime, chance: Random
) -> Result:
    """
    What follows from a look-up of an unknown create; `numbers` None: the registry did not answer (`code` says why).

    `taken`: numbers that are another complaint's already.
    """
    if numbers is None:
        return again("look", at, Receipt(outcome="retry", code=code), now=now, chance=chance)
    if len(set(numbers)) > 1 or any(number in taken for number in numbers):
        doubled = Receipt(outcome="refused", code="doubled")
        return Result(act="resolved", state="needs_human", receipt=doubled, step="look")
    if numbers:
        found = Receipt(outcome="done", code="looked_up", registry_id=numbers[0])
        return Result(act="resolved", state="created", receipt=found, step="look", next_check_at=now, due_at=now)
    absent = Receipt(outcome="retry", code="absent")
    if at.attempts >= LOOKED_FOR_IN_VAIN and now - (at.since or now) >= IN_VAIN_FOR:
        return Result(act="resolved", state="needs_human", receipt=absent, step="look")
    due = now + timedelta(seconds=pause_after(at.attempts, chance))
    return Result(act="resolved", state="queued", receipt=absent, step="look", due_at=due, anew=True)


def asked(receipt: Receipt) -> float:
    """Seconds of silence that the registry asks for."""
    return min(max(receipt.retry_after or 0.0, 0.0), LONGEST_ASKED)


def speaks_of_registry(result: Result) -> bool:
    """Whether a call has failed in a way that others would fail as well: several in a row end a run."""
    return (
        result.act == "postponed"
        and result.step is not None
        and result.receipt.outcome in ("retry", "unknown")
        and result.receipt.http not in _OWN_FAULT
    )


def pause_after(tries: int, chance: Random) -> float:
    """
    Seconds until the next try, after `tries` earlier failures: full jitter over a window that doubles, 5 s … 12 h.

    Full, because of 10,000 deliveries queued by an outage it sends the fewest at once (guide/reliability.md B.2).
    """
    window = min(SHORTEST * 2 ** min(tries, 20), LONGEST)
    return max(chance.uniform(0.0, window), 1.0)


def code_of(error: BaseException) -> str:
    """The class of an error as a code for rows and entries; its message may quote a citizen and is never kept."""
    return _word(getattr(error, "code", None) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__))


def _word(code: Any) -> str:
    return re.sub(r"[^a-z0-9_.:-]", "_", str(code).lower())[:60] or "error"
