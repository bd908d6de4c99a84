"""Our own follow-ups come round again when a registry is read: they are known by number, by text or by their marker."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hub.privacy import Vault
from hub.registry.sameness import named, squeezed
from hub.registry.wording import said
from hub.store import follow_ups
from hub.store.work import Work

SLACK = 12
"""Letters that a registry may add to a text of ours; with more somebody quotes us and says something of his own."""


def is_ours(work: Work, vault: Vault, registry: str, complaint: UUID, text: str, foreign_id: str | None) -> UUID | None:
    """
    The follow-up of ours that a registry reports about `complaint`, or None where somebody else speaks.

    `text` is what it reports, cleaned or not; `foreign_id` is its number there. Whoever quotes our text and adds his own
    words is somebody else.
    """
    hmac, letters = vault.mac("text", said(text)), len(squeezed(text))
    markers = [UUID(one) for one in named(text)]
    return follow_ups.recognised(
        work, registry, complaint, hmac=hmac, markers=markers, letters=letters - SLACK, foreign_id=foreign_id
    )


def seen(
    work: Work,
    found: UUID,
    registry: str,
    foreign_id: str | None,
    *,
    now: datetime,
    actor: str,
    but: UUID | None = None,
) -> None:
    """
    The registry shows a follow-up of ours: it lists them, and this one has arrived if that was unknown.

    `but`: the one whose state the caller settles himself.
    """
    follow_ups.listed_by(work, registry, now)
    if found != but:
        follow_ups.arrived(work, found, foreign_id, now=now, actor=actor)
