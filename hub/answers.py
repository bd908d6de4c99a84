"""Answers go back through the door where the complaint was made: each attempt is on record before the call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from connectors.base import Reply
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured, Unavailable
from connectors.manifest import Manifest
from connectors.net import NotReached
from hub import composing, doors
from hub.audit.entry import Entry
from hub.model import Tally
from hub.sent import message_id, ours, own_message_id
from hub.spine import Hub
from hub.store import receipts as due_receipts
from hub.store import replies, undelivered
from hub.store.log import append
from hub.store.receipts import Due, Missed
from hub.store.replies import Door, Message
from hub.store.work import Work

__all__ = ["answer", "message_id", "ours", "outcome", "own_message_id", "queue", "receipts"]

LEASE: Final = timedelta(minutes=10)
"""Longer than the longest call that hands an answer over."""
FIRST: Final = 5.0
LONGEST: Final = 12 * 3600.0
"""Seconds between two attempts: full jitter between FIRST and a doubling bound, at most LONGEST."""
GIVE_UP: Final = timedelta(days=14)
TIRED: Final = 3
"""Failures in a row after which a door is left alone until the next run."""
LATELY: Final = timedelta(days=7)
"""So long after it was withheld a repeat is looked for news that its door has missed."""
BATCH: Final = 200
"""Receipts queued in one transaction."""
NOT_DONE: Final = ("dns", "connect", "connect_timeout", "tls", "http_429", "http_503")
"""Codes that say that the door has certainly not taken the answer; so does any smtp_4yz (RFC 5321, 4.2.1)."""
NOBODY: Final = ("no_address", "status_unmapped", "erased")
"""
Codes that say that there is no way in: the reporter left no address or has been erased, or the door has no word for it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What became of one attempt: the rows' next state, a code, and for another try the seconds the door asks for."""

    state: str
    code: str | None = None
    wait: float = 0.0
    foreign_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A message that this process holds, its attempt on record: what to call, or why nothing can be called."""

    message: Message
    manifest: Manifest | None = None
    door: Any = None
    reply: Reply | None = None
    result: _Result | None = None


@dataclass(slots=True, kw_only=True)
class _Round:
    now: datetime
    words: Counter[str] = field(default_factory=Counter)
    failures: Counter[UUID] = field(default_factory=Counter)
    """Failures in a row by connector."""
    waiting: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def tired(self) -> list[UUID]:
        return [connector for connector, failures in self.failures.items() if failures >= TIRED]


# what is put on its way ---------------------------------------------------------------------------------------------


def queue(
    hub: Hub,
    work: Work,
    complaint: UUID,
    event: int,
    digest: bytes,
    status: str | None,
    now: datetime,
    *,
    what: str = "incomplete",
) -> Counter[str]:
    """
    Put the news of one event on its way to the reporter's doors; counts `answers_queued` and `no_door`.

    `digest` and `what` are the event's, `status` is where the complaint stands after it.
    """
    words: Counter[str] = Counter()
    for door in replies.doors(work, complaint):
        words.update(_queue_at(hub, work, door, complaint, event, digest, status, now, what))
    return words


def _queue_at(
    hub: Hub,
    work: Work,
    door: Door,
    complaint: UUID,
    event: int,
    digest: bytes,
    status: str | None,
    now: datetime,
    what: str,
) -> list[str]:
    """One word of what became of it: answers_queued or no_door; none where it was there already or is not wanted."""
    manifest = hub.manifests.good.get(door.name)
    if not doors.wanted(manifest, what):
        return []
    code = doors.closed(manifest, door)
    own = message_id(hub.id, replies.message_of(door.complaint, [digest])).strip("<>")
    new = replies.queue(work, complaint, event, door, status=status, message_id=own, code=code, now=now)
    if new and manifest and doors.says_word(manifest) and doors.word(manifest, what, [status]):
        undelivered.once_more(work, door.complaint, "status_unmapped", now)
    return [] if not new else ["no_door" if code else "answers_queued"]


def receipts(hub: Hub) -> None:
    """Put on its way, once for each complaint with a number at its registry, the news that it has one."""
    while True:
        now = hub.clock()
        with hub.store.begin() as work:
            found = due_receipts.take(work, now=now, limit=BATCH)
            for due in found:
                digest = hub.vault.mac("event", f"receipt\n{due.registry}\n{due.registry_id}".encode())
                event = due_receipts.add(work, due, digest, now)
                if event is not None:
                    words = queue(hub, work, due.complaint, event, digest, due.standing, now, what="receipt")
                    append(work, _receipted(hub, due, now, words.total()))
        if not found:
            return _catch_up(hub)


def _catch_up(hub: Hub) -> None:
    """Whoever repeated his complaint after it was answered hears through that door, too, what has been told so far."""
    now = hub.clock()
    with hub.store.begin() as work:
        told: Counter[UUID] = Counter()
        for one in due_receipts.missed(work, now - LATELY):
            values = (one.complaint, one.event, one.digest, one.standing, now, one.what)
            told[one.door.complaint] += len(_queue_at(hub, work, one.door, *values))
            if told[one.door.complaint] == 1:
                append(work, _caught_up(hub, one, now))


def _caught_up(hub: Hub, one: Missed, now: datetime) -> Entry:
    return Entry(
        act="followed",
        at=now,
        actor=hub.actor,
        connector=str(one.door.connector),
        region=one.door.region,
        complaint=str(one.complaint),
        code="repeat",
        detail={"door": str(one.door.complaint)},
    )


def _receipted(hub: Hub, due: Due, now: datetime, count: int) -> Entry:
    return Entry(
        act="followed",
        at=now,
        actor=hub.actor,
        connector=str(due.connector),
        region=due.region,
        complaint=str(due.complaint),
        code="receipt",
        registry=due.registry,
        registry_id=due.registry_id,
        count=count,
    )


# what is handed over ------------------------------------------------------------------------------------------------


def answer(hub: Hub) -> Tally:
    """Hand over every answer that is due; an answer whose outcome is unknown is never blindly repeated."""
    receipts(hub)
    turn = _Round(now=hub.clock())
    _take_over(hub, turn)
    while (ready := _claim(hub, turn, turn.tired())) is not None:
        result = ready.result or _call(hub, ready)
        failed = result.state in ("queued", "unknown")
        connector = ready.message.connector
        turn.failures[connector] = turn.failures[connector] + 1 if failed else 0
        with hub.store.begin() as work:
            _settle(hub, work, turn, ready.message, result)
    return _tally(turn)


def _claim(hub: Hub, turn: _Round, skip: Collection[UUID]) -> _Ready | None:
    """Take a message, fix its text, and put the attempt on record, all before anybody is called."""
    with hub.store.begin() as work:
        message = replies.claim(
            work,
            hub.holder,
            now=turn.now,
            until=turn.now + LEASE,
            skip=skip,
            gathers=lambda name: _can(hub, name, "gathers"),
            message_id=lambda own: message_id(hub.id, own).strip("<>"),
        )
        if message is None:
            return None
        append(work, _entry(hub, message, "reply_attempted", turn.now))
        return _prepared(hub, work, message)


def _prepared(hub: Hub, work: Work, message: Message) -> _Ready:
    try:
        manifest = _manifest(hub, message.name)
        if not manifest.reply:
            return _Ready(message=message, result=_Result(state="no_door", code="no_reply"))
        reply, door = composing.reply(hub, work, message, manifest), channel(manifest)
        if getattr(door, "closes", False):
            reply = replace(reply, heard=replies.heard(work, message.complaint, message.connector))
        if not hasattr(door, "reply"):
            raise Misconfigured(f"The kind '{manifest.kind}' cannot answer.", hint="Remove the key 'reply'.")
    except ChannelError as error:  # nothing was called, so nothing can have been taken
        return _Ready(message=message, result=outcome(error, repeatable=True))
    return _Ready(message=message, manifest=manifest, door=door, reply=reply)


def _take_over(hub: Hub, turn: _Round) -> None:
    """A holder that did not come back may have handed the answer over; only a repeatable door gets it again."""
    with hub.store.begin() as work:
        for message in replies.lapsed(work, turn.now):
            state = "queued" if _can(hub, message.name, "repeatable") else "unknown"
            _settle(hub, work, turn, message, _Result(state=state, code="lease_expired"))


def _can(hub: Hub, name: str, what: str) -> bool:
    """What the kind of this connector says of itself; False where its manifest cannot be read."""
    try:
        return bool(getattr(channel(_manifest(hub, name)), what, False))
    except ChannelError:
        return False


def _manifest(hub: Hub, name: str) -> Manifest:
    try:
        return hub.manifests.good[name]
    except KeyError:
        raise Unavailable(f"There is no readable manifest of '{name}'.", code="no_manifest") from None


def _call(hub: Hub, ready: _Ready) -> _Result:
    """One call to the door."""
    assert ready.manifest is not None and ready.reply is not None  # else there is a result
    repeatable = True  # until the door is opened nothing can have been sent
    try:
        context = hub.context(ready.manifest, ready.message.connector)
        repeatable = bool(getattr(ready.door, "repeatable", False))
        foreign_id = ready.door.reply(context, ready.reply)
    except ChannelError as error:
        return outcome(error, repeatable=repeatable)
    except Exception:  # the edge of the step: one kind must not hold up other doors
        return outcome(Unavailable(code="broken_kind"), repeatable=repeatable)
    return _Result(state="sent", foreign_id=foreign_id)


def outcome(error: ChannelError, *, repeatable: bool) -> _Result:
    """What an error means for the answer: queued again, unknown (perhaps handed over), refused, or without a door."""
    if error.code in NOBODY:
        return _Result(state="no_door", code=error.code)
    if not isinstance(error, Unavailable):
        return _Result(state="refused", code=error.code)
    sure = isinstance(error, NotReached) or error.code in NOT_DONE or error.code.startswith("smtp_4")
    if repeatable or sure:
        return _Result(state="queued", code=error.code, wait=error.retry_after or 0.0)
    return _Result(state="unknown", code=error.code)


def _settle(hub: Hub, work: Work, turn: _Round, message: Message, result: _Result) -> None:
    """The result and its entry in one transaction; nothing where the lease has passed to somebody else."""
    again = None
    if result.state == "queued":
        again = turn.now + timedelta(seconds=max(result.wait, _pause(hub, message.tries)))
        if again - min(told.seen_at for told in message.told) > GIVE_UP:
            result = _Result(state="refused", code=f"gave_up:{result.code}")
    code, own = result.code, result.foreign_id
    if not replies.settle(work, message, result.state, code=code, now=turn.now, again=again, foreign_id=own):
        return
    append(work, _entry(hub, message, "replied", turn.now, result))
    _count(turn, message, result)


def _pause(hub: Hub, tries: int) -> float:
    bound: float = min(LONGEST, FIRST * 2.0 ** min(tries + 1, 20))
    return hub.random.uniform(FIRST, bound)


def _count(turn: _Round, message: Message, result: _Result) -> None:
    count = len(message.told)
    if result.state == "queued":
        turn.waiting[message.name, result.code or ""] += count
        return
    turn.words["no_door" if result.state == "no_door" else f"answers_{result.state}"] += count
    turn.words["messages"] += result.state == "sent"
    if result.state == "refused":
        turn.refused[message.name, result.code or ""] += count


def _entry(hub: Hub, message: Message, act: str, now: datetime, result: _Result | None = None) -> Entry:
    return Entry(
        act=act,
        at=now,
        actor=hub.actor,
        connector=str(message.connector),
        region=message.region,
        complaint=str(message.complaint),
        code=(result.code or result.state) if result else None,
        registry=message.registry,
        registry_id=message.registry_id,
        count=message.attempts,
        detail={
            "door": str(message.door),
            "message": str(message.id),
            "replies": [str(told.id) for told in message.told],
            "state": result.state if result else None,
        },
    )


def _tally(turn: _Round) -> Tally:
    owed = [
        f"{count} answers could not be handed over through {name} ({code}); they are tried again."
        for (name, code), count in sorted(turn.waiting.items())
    ]
    notes = [
        f"{count} answers were refused by {name} ({code}); look at the key 'reply' of its manifest."
        for (name, code), count in sorted(turn.refused.items())
    ]
    if unknown := turn.words["answers_unknown"]:
        notes.append(f"{unknown} answers may or may not have reached their door; they are not repeated.")
    return Tally(
        verb="follow",
        done=turn.words["answers_sent"],
        owed=tuple(owed),
        words=dict(turn.words),
        notes=tuple(notes),
    )
