"""Erase: whose data nobody may keep any more loses its keys, at once and for good; the log stays whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.audit.entry import Detail, Entry
from hub.deciding import Deciding
from hub.holding import today
from hub.identity import Identity, identified
from hub.judging import reporter_tokens
from hub.model import Tally
from hub.spine import Hub
from hub.store import connectors, deliveries, erasure, holds, items, leases
from hub.store.erasure import Stopped, Subject
from hub.store.holds import Hold
from hub.store.items import Stored
from hub.store.log import append, append_all
from hub.store.work import Work

ONLY_KNOWN: Final = (
    "Looked for as the reporter, and in what is no complaint yet; --everywhere reads all that is stored: earlier numbers "
    "of the same person, and others who name him."
)
NAMED: Final = 50
"""Complaints named one by one on the terminal."""


class Held(Exception):
    """Somebody holds what was to be erased; nothing was."""


class Busy(Exception):
    """Some of it is being read, accepted or sent at this moment; nothing was erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Why, by whom and how something is erased."""

    code: str
    """request | retention"""
    because: str
    by: str


# on request --------------------------------------------------------------------------------------------------------


def erase(
    hub: Hub,
    *,
    reporter: str | None = None,
    complaints: Sequence[UUID] = (),
    because: str,
    by: str,
    dry_run: bool = False,
    everywhere: bool = False,
) -> Tally:
    """
    Erase the complaints of one reporter, or these complaints, with whatever joined them.

    `everywhere`: also look through every item that is stored for the reporter's number or address, and name what else
    mentions him. Raises Held, Busy, NobodyNamed.
    """
    now = hub.clock()
    who = identified(reporter) if reporter else None
    meant, mentions = _found(hub, who, everywhere) if who else ([], [])
    order = Order(code="request", because=because, by=by)
    with hub.store.begin() as work:
        holds.alone(work)
        whole = erasure.together(work, {*meant, *complaints})
        found = erasure.subjects(work, whole)
        refuse_held(work, found, now)
        if dry_run:
            append(work, _looked(len(found), by, now))
        else:
            erase_all(work, hub, found, order, now)
    tally = _tally(found, [one for one in mentions if one not in whole], dry_run=dry_run)
    return replace(tally, notes=(*tally.notes, ONLY_KNOWN)) if who and not everywhere else tally


def refuse_held(work: Work, found: Sequence[Subject], now: datetime) -> None:
    """Raises Held, with the names of those who hold and their days."""
    over = holds.over(work, [one.complaint for one in found], today(now))
    if over:
        raise Held(" ".join(dict.fromkeys(_says(hold) for hold in over.values())) + " Nothing was erased.")


def _says(hold: Hold) -> str:
    what = f"case {hold.case_id}" if hold.case_id else f"complaint {hold.complaints[0]}"
    return (
        f"{hold.owner} holds {what} until {hold.until} (hold {hold.id}); ask there, or 'satupintu hold end {hold.id}'."
    )


def erase_all(work: Work, hub: Hub, found: Sequence[Subject], order: Order, now: datetime) -> None:
    """Erase these complaints in the caller's transaction, each with its entry. Raises Busy."""
    if not found:
        return
    ids = [one.complaint for one in found]
    with _alone(work, hub, found, now):
        if erasure.busy(work, ids, now):
            raise Busy("Some of it is being sent at this moment. Nothing was erased; run it again in some minutes.")
        work.lock("verdicts")  # nobody finds them as a duplicate while they go
        leading = erasure.led(work, ids)
        erasure.forget(work, ids)
        stopped = erasure.stop(work, ids, now)
        erasure.remember(work, found, code=order.code, by=order.by, now=now)
        told = [_entry(one, order, now) for one in found]
        append_all(work, [*told, *(_ended(one, order, now) for one in stopped)])
        if order.code == "request":
            for leader, registry in leading:
                deliveries.queue_repeats(work, leader, registry=registry, now=now, actor=order.by)


@contextmanager
def _alone(work: Work, hub: Hub, found: Sequence[Subject], now: datetime) -> Iterator[None]:
    """Nobody pulls or accepts these connectors meanwhile: what they hold in memory would be written after the erasure."""
    taken = []
    for connector, name in sorted({(one.connector, one.name) for one in found}):
        for verb in ("pull", "accept"):
            token = leases.take(work, connector, verb, hub.holder, now)
            if token is None:
                raise Busy(f"{name}: {verb} is running. Nothing was erased; run it again when it is over.")
            taken.append((connector, verb, token))
    yield
    for connector, verb, token in taken:
        leases.drop(work, connector, verb, token)


def _entry(one: Subject, order: Order, now: datetime) -> Entry:
    detail: dict[str, Detail] = {"because": order.because, "versions": one.versions, "files": one.files}
    return Entry(
        act="erased",
        at=now,
        actor=order.by,
        connector=str(one.connector),
        region=one.region,
        complaint=str(one.complaint),
        code=order.code,
        registry=one.registry,
        registry_id=one.registry_id,
        detail=detail,
    )


def _ended(one: Stopped, order: Order, now: datetime) -> Entry:
    """What became of a delivery that was still on its way."""
    act = "forwarded" if one.state == "confirmed" else "refused"
    return deliveries.entry(act, one, one.registry, now, order.by, code="erased", registry_id=one.registry_id)


def _looked(count: int, by: str, now: datetime) -> Entry:
    """Who asks what is stored of a person has looked at personal data."""
    return Entry(act="exported", at=now, actor=by, code="erasure_dry_run", count=count)


def _tally(found: Sequence[Subject], mentions: Sequence[UUID], *, dry_run: bool) -> Tally:
    notes = [f"{'would erase' if dry_run else 'erased'}: {one.complaint} ({one.name})" for one in found[:NAMED]]
    notes += [f"… and {len(found) - NAMED} more"] if len(found) > NAMED else []
    notes += [
        f"{one.registry} has it as {one.registry_id}: what was sent there can only be erased there."
        for one in found
        if one.registry_id
    ]
    notes += [
        f"{one.complaint}: whether {one.registry} has it is not known." for one in found if one.state == "unknown"
    ]
    notes += [
        f"mentions it, and may be somebody else's: {one}; look, then erase it with --complaint." for one in mentions
    ]
    if not found:
        notes.append("Nothing of it is stored, or it was erased before.")
    elif not dry_run:
        notes.append("Mails and posts that were sent, and backups, keep what they hold until their own time is over.")
    words = {"versions": sum(one.versions for one in found), "files": sum(one.files for one in found)}
    return Tally(verb="erase", done=0 if dry_run else len(found), skipped=0, words=words, notes=tuple(notes))


# who is meant ------------------------------------------------------------------------------------------------------


def _found(hub: Hub, who: Identity, everywhere: bool) -> tuple[list[UUID], list[UUID]]:
    """The complaints of a person, and those that only mention him."""
    with hub.store.begin() as work:
        channels = erasure.channels(work)
        tokens = who.tokens(hub.vault, channels)
        own = set(erasure.by_tokens(work, tokens))
        mentions = dict[UUID, None]()
        reading = dict[str, Deciding | None]()
        for name, item, raw in items.texts(work, hub.vault, unread=not everywhere):
            if item.complaint in own or not who.named_in(_text(item, raw)):
                continue
            deciding = reading.setdefault(name, _deciding(hub, work, name))
            if _is_own(hub, deciding, item, tokens):
                own.add(item.complaint)
            else:
                mentions[item.complaint] = None
    return list(own), [one for one in mentions if one not in own]


def _text(item: Stored, raw: bytes) -> str:
    """All words of an item: its bytes, and what was read from them where they are no plain text."""
    return raw.decode("utf-8", "replace") + "\n" + json.dumps(item.payload, ensure_ascii=False, default=str)


def _deciding(hub: Hub, work: Work, name: str) -> Deciding | None:
    manifest, connector = hub.manifests.good.get(name), connectors.find(work, name)
    return Deciding(hub=hub, manifest=manifest, connector=connector) if manifest and connector else None


def _is_own(hub: Hub, deciding: Deciding | None, item: Stored, tokens: frozenset[bytes]) -> bool:
    """Whether the person is the reporter of an item that is no complaint yet, or a machine's mail is about him alone."""
    if isinstance(item.payload, dict) and item.payload.get("auto") == "bounce":
        return True
    if deciding is None:
        return False
    [(_, result)] = deciding.read([item])
    reporter = (result.draft or {}).get("reporter")
    asked = reporter_tokens(hub.vault, {"channel": deciding.manifest.channel, "reporter": reporter})
    return bool(tokens & set(asked.values()))


# and back ----------------------------------------------------------------------------------------------------------


def readmit(hub: Hub, complaint: UUID, *, by: str, because: str) -> bool:
    """Let in again what the channel shows of an erased complaint; False where it was not erased."""
    now = hub.clock()
    with hub.store.begin() as work:
        row = erasure.lift(work, complaint, by=by, now=now)
        if row is None:
            return False
        entry = Entry(
            act="readmitted",
            at=now,
            actor=by,
            connector=str(row.connector),
            region=row.region,
            complaint=str(complaint),
            detail={"because": because[:500]},
        )
        append(work, entry)
    return True
