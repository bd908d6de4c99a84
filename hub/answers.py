"""Answers go back through the door where the complaint was made: each attempt is on record before the call."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from connectors.base import Reply
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured, Unavailable
from connectors.manifest import Manifest
from connectors.net import NotReached
from hub import texts
from hub.audit.entry import Entry
from hub.model import Tally
from hub.spine import Hub
from hub.store import items, replies
from hub.store.log import append
from hub.store.replies import Door, Due
from hub.store.work import Work

LEASE: Final = timedelta(minutes=10)
"""Longer than the longest call that hands an answer over."""
FIRST: Final = 5.0
LONGEST: Final = 12 * 3600.0
"""Seconds between two attempts: full jitter between FIRST and a doubling bound, at most LONGEST."""
GIVE_UP: Final = timedelta(days=14)
TIRED: Final = 3
"""Failures in a row after which a door is left alone until the next run."""
NOT_DONE: Final = ("dns", "connect", "connect_timeout", "tls", "http_429", "http_503")
"""Codes that say that the door has certainly not taken the answer; so does any smtp_4yz (RFC 5321, 4.2.1)."""
NOBODY: Final = ("no_address",)
"""Codes that say that the reporter left no way back; nobody can mend that, so nobody is asked to."""
REASONED: Final = ("rejected_not_authority", "archived", "deleted")
"""Statuses whose note tells the reporter why; the notes of the others only repeat the status."""
_OWN: Final = re.compile(r"reply-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@([0-9a-f-]{36})\.satupintu\.invalid")
PUBLIC: Final = ("x",)
"""Kinds where everybody reads what is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What became of one attempt: the row's next state, a code, and for another try the seconds the door asks for."""

    state: str
    code: str | None = None
    wait: float = 0.0


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


def queue(
    hub: Hub, work: Work, complaint: UUID, event: int, digest: bytes, status: str | None, now: datetime
) -> Counter[str]:
    """
    Put the answer of one event on its way to the reporter's doors; counts `answers_queued` and `no_door`.

    `digest` is the event's, `status` where the complaint stands, which the reporter reads with the answer.
    """
    words: Counter[str] = Counter()
    for door in replies.doors(work, complaint):
        code = _closed(hub, door)
        own = message_id(hub.id, door.complaint, digest).strip("<>")
        if replies.queue(work, complaint, event, door, status=status, message_id=own, code=code, now=now):
            words["no_door" if code else "answers_queued"] += 1
    return words


def _closed(hub: Hub, door: Door) -> str | None:
    """Why an answer cannot go through this door, or None. A manifest that cannot be read now may be mended tomorrow."""
    if door.kind in PUBLIC:
        return "public"
    manifest = hub.manifests.good.get(door.name)
    return "no_reply" if manifest and not manifest.reply else None


def answer(hub: Hub) -> Tally:
    """Hand over every answer that is due; an answer whose outcome is unknown is never blindly repeated."""
    turn = _Round(now=hub.clock())
    _take_over(hub, turn)
    while (due := _claim(hub, turn, turn.tired())) is not None:
        result = _attempt(hub, due)
        turn.failures[due.connector] = turn.failures[due.connector] + 1 if result.state == "queued" else 0
        with hub.store.begin() as work:
            _settle(hub, work, turn, due, result)
    return _tally(turn)


def _claim(hub: Hub, turn: _Round, skip: Collection[UUID]) -> Due | None:
    with hub.store.begin() as work:
        due = replies.claim(work, hub.holder, now=turn.now, until=turn.now + LEASE, skip=skip)
        if due:
            append(work, _entry(hub, due, "reply_attempted", turn.now))
        return due


def _take_over(hub: Hub, turn: _Round) -> None:
    """A holder that did not come back may have handed the answer over; only a repeatable door gets it again."""
    with hub.store.begin() as work:
        for due in replies.lapsed(work, turn.now):
            state = "queued" if _repeatable(hub, due.name) else "unknown"
            _settle(hub, work, turn, due, _Result(state=state, code="lease_expired"))


def _repeatable(hub: Hub, name: str) -> bool:
    try:
        return bool(getattr(channel(_manifest(hub, name)), "repeatable", False))
    except ChannelError:
        return False


def _manifest(hub: Hub, name: str) -> Manifest:
    try:
        return hub.manifests.good[name]
    except KeyError:
        raise Unavailable(f"There is no readable manifest of '{name}'.", code="no_manifest") from None


def _attempt(hub: Hub, due: Due) -> _Result:
    """One call to the door."""
    repeatable = True  # until the door is opened nothing can have been sent
    try:
        manifest = _manifest(hub, due.name)
        if not manifest.reply:
            return _Result(state="no_door", code="no_reply")
        reply, door = _reply(hub, due, manifest), channel(manifest)
        if not hasattr(door, "reply"):
            raise Misconfigured(f"The kind '{manifest.kind}' cannot answer.", hint="Remove the key 'reply'.")
        context = hub.context(manifest, due.connector)
        repeatable = bool(getattr(door, "repeatable", False))
        door.reply(context, reply)
    except ChannelError as error:
        return outcome(error, repeatable=repeatable)
    except Exception:  # the edge of the step: one kind must not hold up other doors
        return outcome(Unavailable(code="broken_kind"), repeatable=repeatable)
    return _Result(state="sent")


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


def _reply(hub: Hub, due: Due, manifest: Manifest) -> Reply:
    """The answer in the door's own terms; raises Misconfigured `erased` where its words or its addressee are gone."""
    item = _item(hub, due)
    status = due.status or ""
    words = (manifest.reply or {}).get("statuses", {})
    return Reply(
        ref=json.loads(item.ref),
        text=texts.answer(due.registry_id, status, _text(hub, due), by_agency=due.what == "follow_up"),
        status=words.get(status, ""),
        message_id=message_id(hub.id, due.door, due.digest),
        payload=item.payload if isinstance(item.payload, dict) else {},
    )


def _item(hub: Hub, due: Due) -> Any:
    try:
        with hub.store.begin() as work:
            return items.one(work, hub.vault, due.item_id or 0)
    except IndexError:
        raise Misconfigured("The complaint has been erased; nobody is left to answer.", code="erased") from None


def _text(hub: Hub, due: Due) -> str:
    """The agency's words, or the reason of a status that needs one; "" for an event without any."""
    if due.text_enc is None or (due.what == "status" and due.status not in REASONED):
        return ""
    if due.key_id is None or due.wrapped is None:
        raise Misconfigured("The answer has been erased.", code="erased")
    key = hub.vault.unwrap(due.key_id, due.wrapped)
    return hub.vault.open(key, f"event:{due.digest.hex()}", due.text_enc).decode("utf-8", "replace")


def message_id(hub: UUID, door: UUID, digest: bytes) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of one answer at one door: the same at every attempt, so two show as one."""
    return f"<reply-{uuid5(door, digest.hex())}@{hub}.satupintu.invalid>"


def own_message_id(hub: UUID, text: Any) -> str | None:
    """What replies.message_id holds for it, if this can only be a Message-ID of this hub, with or without brackets."""
    bare = text.strip(" <>").lower() if isinstance(text, str) else ""
    found = _OWN.fullmatch(bare)
    return bare if found and found[1] == str(hub) else None


def _settle(hub: Hub, work: Work, turn: _Round, due: Due, result: _Result) -> None:
    """The result and its entry in one transaction; nothing where the lease has passed to somebody else."""
    again = None
    if result.state == "queued":
        again = turn.now + timedelta(seconds=max(result.wait, _pause(hub, due.tries)))
        if again - due.seen_at > GIVE_UP:
            result = _Result(state="refused", code=f"gave_up:{result.code}")
    if not replies.settle(work, due, result.state, code=result.code, now=turn.now, again=again):
        return
    append(work, _entry(hub, due, "replied", turn.now, result))
    _count(turn, due, result)


def _pause(hub: Hub, tries: int) -> float:
    bound: float = min(LONGEST, FIRST * 2.0 ** min(tries + 1, 20))
    return hub.random.uniform(FIRST, bound)


def _count(turn: _Round, due: Due, result: _Result) -> None:
    if result.state == "queued":
        turn.waiting[due.name, result.code or ""] += 1
        return
    turn.words["no_door" if result.state == "no_door" else f"answers_{result.state}"] += 1
    if result.state == "refused":
        turn.refused[due.name, result.code or ""] += 1


def _entry(hub: Hub, due: Due, act: str, now: datetime, result: _Result | None = None) -> Entry:
    return Entry(
        act=act,
        at=now,
        actor=hub.actor,
        connector=str(due.connector),
        region=due.region,
        complaint=str(due.complaint),
        code=(result.code or result.state) if result else None,
        registry=due.registry,
        registry_id=due.registry_id,
        count=due.attempts,
        detail={"door": str(due.door), "reply": due.id, "state": result.state if result else None},
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
