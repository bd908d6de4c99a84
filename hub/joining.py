"""A mail that answers ours is no new complaint: it joins the one whose answer it answers, as the reporter's follow-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.answers import own_message_id
from hub.privacy import Vault
from hub.store import replies, statuses
from hub.store.items import Stored
from hub.store.statuses import Event, NewEvent
from hub.store.work import Work


def answered(work: Work, hub_id: UUID, payload: Any) -> UUID | None:
    """
    The complaint whose answer this mail answers, or None.

    `payload` is an item's, of whatever kind; `in_reply_to` counts before `references`, of these the youngest first. Our
    ids are derived from keyed hashes, so nobody has one to whom it was not sent. What a machine answers (`auto`) is no
    word of the reporter.
    """
    if not isinstance(payload, Mapping) or payload.get("auto"):
        return None
    ids = [own for named in _named(payload) if (own := own_message_id(hub_id, named))]
    return replies.answered(work, ids) if ids else None


def _named(payload: Mapping[str, Any]) -> Iterator[Any]:
    yield payload.get("in_reply_to")
    references = payload.get("references")
    yield from reversed(references if isinstance(references, list) else [])


def join(
    work: Work,
    vault: Vault,
    item: Stored,
    complaint: UUID,
    text: str,
    connector: UUID,
    region: str,
    now: datetime,
) -> None:
    """
    Keep what `item` says as a follow-up of the reporter to `complaint`; the same version again changes nothing.

    The text lies under the item's own data key, so that erasing the item erases it here as well; `connector` and
    `region` are the item's.
    """
    digest = vault.mac("event", f"channel\n{item.complaint}\n{item.version}".encode())
    sealed, _ = vault.seal(item.key, f"event:{digest.hex()}", text.encode("utf-8", "surrogatepass"))
    event = Event(what="follow_up", status=None, at=item.received_at, seen_at=now, digest=digest, by="reporter")
    statuses.add_follow_up(work, complaint, connector, region, item.key.id, NewEvent(event=event, text_enc=sealed))
