"""Our own follow-ups come round again when a registry is read: they are known by number, by marker or by their text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hub.privacy import Damaged, Vault
from hub.registry.sameness import named, same, squeezed
from hub.registry.wording import said
from hub.store import follow_ups
from hub.store.follow_ups import Shown
from hub.store.work import Work

SLACK = 12
"""Letters that a registry may add to a text of ours; with more somebody quotes us and says something of his own."""


def may_be(work: Work, vault: Vault, registry: str, complaint: UUID, text: str, foreign_id: str | None) -> list[UUID]:
    """
    The follow-ups of ours of which one is what a registry reports about `complaint`; none where somebody else speaks.

    More than one where it shows so little of the text that it may be any of them. `text` is what it reports, cleaned or
    not, wrapped or cut; `foreign_id` is its number there. Whoever quotes our text and adds his own words is somebody else.
    """
    hmac, letters = vault.mac("text", said(text)), len(squeezed(text))
    markers = [UUID(one) for one in named(text)]
    found = follow_ups.recognised(
        work, registry, complaint, hmac=hmac, markers=markers, letters=letters - SLACK, foreign_id=foreign_id
    )
    if found:
        return [found]
    tried = follow_ups.tried(work, registry, complaint, foreign_id)
    return [one.id for one in tried if same(text, _sent(vault, one), slack=SLACK, words=_words(vault, one))]


def _sent(vault: Vault, one: Shown) -> str:
    return _opened(vault, one, follow_ups.place_sent(one.digest), one.sent_enc)


def _words(vault: Vault, one: Shown) -> str:
    """What was said by others: an agency that says the same by itself is no echo."""
    return _opened(vault, one, follow_ups.place(one.digest), one.text_enc) if one.text_enc else ""


def _opened(vault: Vault, one: Shown, place: str, sealed: bytes) -> str:
    try:
        return vault.open(vault.unwrap(one.key_id, one.wrapped), place, sealed).decode("utf-8", "surrogatepass")
    except Damaged:
        return ""


def seen(
    work: Work,
    found: Sequence[UUID],
    registry: str,
    foreign_id: str | None,
    *,
    now: datetime,
    actor: str,
    but: UUID | None = None,
) -> None:
    """
    The registry shows a follow-up of ours: it lists them, and this one, if it is certain which, has arrived.

    `but`: the one whose state the caller settles himself.
    """
    if found:
        follow_ups.listed_by(work, registry, now)
    if len(found) == 1 and found[0] != but:
        follow_ups.arrived(work, found[0], foreign_id, now=now, actor=actor)
