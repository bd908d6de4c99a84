"""Makes of what is due for a door the message that leaves through it, and keeps its text before it does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from connectors.base import Reply
from connectors.errors import Misconfigured
from connectors.known import says
from connectors.manifest import Manifest
from hub import doors, letters, sent
from hub.letters import Letter, News
from hub.privacy import Erased
from hub.registry.plaintext import harmless
from hub.spine import Hub
from hub.standing import in_turn
from hub.store import items, replies, statuses
from hub.store.replies import Message, Told
from hub.store.work import Work
from schemas.words import TERMINAL

ERASED: Final = "erased"


def reply(hub: Hub, work: Work, message: Message, manifest: Manifest) -> Reply:
    """
    The message in the door's own terms; the first attempt fixes its text, the others repeat it.

    Raises Misconfigured: `erased` where its words or its addressee are gone, `status_unmapped` where the door asks for a
    status word that its manifest does not have.
    """
    before, after = _stood(work, message)
    word = doors.word(manifest, message.told[-1].what, before, after)
    if word is None:
        raise Misconfigured("The door has no word for this status.", hint="Add reply.statuses.", code="status_unmapped")
    try:
        item = items.one(work, hub.vault, message.item_id or 0)
        text = sent.frozen(hub.vault, message)
        if text is None:
            text = letter(hub, message, manifest).text()
            sent.freeze(work, hub.vault, message, item.key, text)
    except (IndexError, Erased):
        raise Misconfigured("What was to be told has been erased.", code=ERASED) from None
    if doors.says_word(manifest):
        replies.put_word(work, message, word, hub.clock())
    payload: Mapping[str, Any] = item.payload if isinstance(item.payload, dict) else {}
    return Reply(
        ref=json.loads(item.ref),
        text=text,
        status=word,
        message_id=sent.message_id(hub.id, message.id),
        payload=payload,
        date=letters.moment(hub.clock(), manifest.zone),
        number=message.number,
        asks=all(told.what == "incomplete" for told in message.told),
        answers=any(told.what == "follow_up" or told.status in TERMINAL for told in message.told),
    )


def letter(hub: Hub, message: Message, manifest: Manifest) -> Letter:
    """What the message says; raises Erased."""
    return Letter(
        news=[news(hub, one) for one in message.told],
        complaint=str(message.complaint),
        number=message.registry_id or "",
        standing=message.told[-1].standing,
        zone=manifest.zone,
        templates=manifest.texts,
        guarded=message.guarded and not says(manifest.kind, "private"),
    )


def news(hub: Hub, told: Told) -> News:
    """One event in clear; raises Erased where its key is gone."""
    text = ""
    if told.text_enc is not None and told.key_id is not None:
        key = hub.vault.unwrap(told.key_id, told.wrapped)
        text = hub.vault.open(key, f"event:{told.digest.hex()}", told.text_enc).decode("utf-8", "replace")
    place = told.to_institution or ""
    return News(
        what=told.what,
        status=told.status,
        text=harmless(text),
        at=told.at or told.seen_at,
        digest=told.digest,
        by=told.by,
        institution="" if place.isdecimal() else " ".join(harmless(place).split()),
    )


def _stood(work: Work, message: Message) -> tuple[list[str | None], list[str | None]]:
    """Where the complaint stood when this became known and before that, latest first; and where it has come to since."""
    standing = message.told[-1].standing
    path = [event.status for event in in_turn(statuses.events(work, message.complaint))]
    last = max((place for place, status in enumerate(path) if status == standing), default=0)
    return [standing, *reversed(path[:last])], path[last:]
