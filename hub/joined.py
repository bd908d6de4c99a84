"""What joins a complaint is written beside it: an event with the words, a follow-up for the registry, or a completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.manifest import Manifest
from hub.audit.entry import Entry
from hub.completing import Completion
from hub.joining import Joining, own_ids
from hub.spine import Hub
from hub.store import complaints, completions, deliveries, follow_ups, replies, statuses, threads
from hub.store.connectors import Connector
from hub.store.follow_ups import NewFollowUp
from hub.store.items import Stored
from hub.store.statuses import Event, NewEvent
from hub.store.work import Work


def write(
    work: Work, hub: Hub, manifest: Manifest, connector: Connector, batch: Sequence[Joining], now: datetime
) -> None:
    """Keep what these items say with their complaints, whose rows must be there; the same versions again change nothing."""
    if not batch:
        return
    others = [(one.answers.to.complaint, one.item.complaint) for one in batch if one.answers.other_sender]
    complaints.review_all(work, connector.region, "other_sender", others, now)
    for one in batch:
        if one.completes:
            completion = Completion(text=one.words.text, attachments=_files(one))
            completions.add(work, hub.vault, one.answers.to.complaint, one.item, completion, said=one.at, now=now)
        else:
            _event(work, hub, connector, one, now)
    _pass_on(work, hub, manifest, connector, [o for o in batch if not o.completes and o.words.kept is None], now)


def _files(one: Joining) -> Sequence[dict[str, object]]:
    return [dict(file) for file in (one.result.draft or {}).get("attachments", ())]


def _digest(hub: Hub, item: Stored) -> bytes:
    return hub.vault.mac("event", f"channel\n{item.complaint}\n{item.version}".encode())


def _event(work: Work, hub: Hub, connector: Connector, one: Joining, now: datetime) -> None:
    """The words lie under the item's own data key, so that erasing the item erases them here as well."""
    digest = _digest(hub, one.item)
    sealed, _ = hub.vault.seal(one.item.key, f"event:{digest.hex()}", _bytes(one.words.text))
    event = Event(what="follow_up", status=None, at=one.at, seen_at=now, digest=digest, by="reporter")
    new = NewEvent(event=event, text_enc=sealed)
    to = one.answers.to.complaint
    statuses.add_follow_up(work, to, connector.id, connector.region, one.item.key.id, new)


def _pass_on(
    work: Work, hub: Hub, manifest: Manifest, connector: Connector, batch: Sequence[Joining], now: datetime
) -> None:
    """Words that the registry shall hear go into the outbox of follow-ups, with the files that came along."""
    if not batch:
        return
    usual = _usual(work, hub, manifest, batch, now)
    files = threads.files(work, [one.item.id for one in batch])
    rows = [
        _follow_up(hub, connector, one, one.answers.to.registry or usual, files.get(one.item.id, ())) for one in batch
    ]
    follow_ups.queue_all(work, rows, now=now)


def _usual(work: Work, hub: Hub, manifest: Manifest, batch: Sequence[Joining], now: datetime) -> str:
    """The registry of complaints that have no delivery yet (held ones)."""
    if all(one.answers.to.registry for one in batch):
        return ""
    registry = hub.registries.chosen(manifest.forward.registry)
    deliveries.known(work, registry.name, registry.sha256, now)
    return registry.name


def _follow_up(hub: Hub, connector: Connector, one: Joining, registry: str, files: Sequence[int]) -> NewFollowUp:
    digest = _digest(hub, one.item)
    return NewFollowUp(
        complaint=one.answers.to.complaint,
        registry=registry,
        connector=connector.id,
        region=connector.region,
        what="reply",
        by="reporter",
        at=one.at,
        digest=digest,
        item_id=one.item.id,
        key_id=one.item.key.id,
        text_enc=hub.vault.seal(one.item.key, follow_ups.place(digest), _bytes(one.words.text))[0],
        files=files,
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def bounced(work: Work, hub: Hub, connector: Connector, item: Stored, now: datetime) -> list[Entry]:
    """A report that our mail could not be delivered: the answer has not reached its reporter, and that is on record."""
    payload = item.payload
    if not isinstance(payload, Mapping) or payload.get("auto") != "bounce" or not (ids := own_ids(hub.id, payload)):
        return []
    complaint = replies.bounced(work, ids, now)
    if complaint is None:
        return []
    entry = Entry(
        act="replied",
        at=now,
        actor=hub.actor,
        connector=str(connector.id),
        region=connector.region,
        complaint=str(complaint),
        code="bounced",
        detail={"state": "refused"},
    )
    return [entry]
