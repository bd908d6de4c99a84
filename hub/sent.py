"""What was said through a door: under which id it left, and whether something that comes back are our own words."""

from __future__ import annotations

import re
from typing import Any, Final
from uuid import UUID

from hub import texts
from hub.privacy import Damaged, Vault
from hub.registry.sameness import same, squeezed
from hub.registry.wording import said
from hub.store import replies
from hub.store.replies import Message, Sealed
from hub.store.work import Work

SLACK: Final = 24
"""Letters and digits that a door may put around what we wrote."""
_OWN: Final = re.compile(r"reply-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@([0-9a-f-]{36})\.satupintu\.invalid")
_GREETING: Final = squeezed(texts.GREETING)
_SENT_BY: Final = squeezed(texts.SENT_BY)


def message_id(hub: UUID, message: UUID) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of one message: the same at every attempt, so that two show as one."""
    return f"<reply-{message}@{hub}.satupintu.invalid>"


def own_message_id(hub: UUID, text: Any) -> str | None:
    """What replies.message_id holds for it, if this can only be a Message-ID of this hub, with or without brackets."""
    bare = text.strip(" <>").lower() if isinstance(text, str) else ""
    found = _OWN.fullmatch(bare)
    return bare if found and found[1] == str(hub) else None


def ours(work: Work, vault: Vault, door: UUID, text: str) -> bool:
    """
    True where `text`, found at this door, is what we wrote there, whole or cut, however the door wrapped or escaped it.

    `door` is the complaint through whose channel it went. Whoever quotes us and adds his own words is not us.
    """
    if not squeezed(text):
        return False
    if replies.was_sent(work, door, vault.mac("text", said(text))) or is_letter(text):
        return True
    return any(same(text, _opened(vault, message, one), slack=SLACK) for message, one in replies.texts(work, door))


def is_letter(text: str) -> bool:
    """The text is a message of this or another hub, from its greeting to its end: nobody else says anything in it."""
    bare = squeezed(text)
    return bare.startswith(_GREETING) and bare.endswith(_SENT_BY)


def freeze(work: Work, vault: Vault, message: Message, key: Any, text: str) -> None:
    """Keep the text under the door's own data key before it is sent."""
    sealed, _ = vault.seal(key, _place(message.id), text.encode("utf-8", "surrogatepass"))
    replies.freeze(work, message, key=key.id, text_enc=sealed, text_hmac=vault.mac("text", said(text)))


def frozen(vault: Vault, message: Message) -> str | None:
    """The text that an earlier attempt had, or None; raises Erased."""
    return _open(vault, message.id, message.frozen) if message.frozen else None


def _opened(vault: Vault, message: UUID, sealed: Sealed) -> str:
    try:
        return _open(vault, message, sealed) if sealed.wrapped is not None else ""
    except Damaged:
        return ""


def _open(vault: Vault, message: UUID, sealed: Sealed) -> str:
    key = vault.unwrap(sealed.key_id, sealed.wrapped)
    return vault.open(key, _place(message), sealed.text_enc).decode("utf-8", "surrogatepass")


def _place(message: UUID) -> str:
    return f"reply:{message}"
