"""Complaints that were stored under older rules of who may see what: read in order, and what newer rules say of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.discretion.accused import Accused
from hub.privacy import DataKey, Vault
from hub.store import accusations
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A complaint as it stands."""

    complaint: UUID
    connector: UUID
    region: str
    document: dict[str, Any]
    key: DataKey
    because: tuple[str, ...]
    accused: Accused | None
    hidden_from: tuple[str, ...]
    """Also where it accuses nobody itself, but follows one that does."""


def progress(work: Work) -> tuple[str | None, UUID | None]:
    """The rules by which complaints are judged again, and the last complaint that was; None at its end and before."""
    row = work.one("SELECT flags_version, flags_to FROM hub")
    return (row.flags_version, row.flags_to) if row else (None, None)


def come_to(work: Work, version: str, complaint: UUID | None) -> None:
    """So far it has come; None: through all of them."""
    work.run("UPDATE hub SET flags_version = :version, flags_to = :to", version=version, to=complaint)


def after(work: Work, vault: Vault, last: UUID | None, limit: int) -> list[Judged]:
    """The next complaints with a text that can be opened, by id."""
    rows = work.rows(
        """
        SELECT c.id, c.connector, c.region, c.key_id, k.wrapped, c.canonical_enc, c.confidential_because AS because,
               c.accused, c.hidden_from
        FROM complaints c JOIN data_keys k ON k.id = c.key_id
        WHERE c.canonical_enc IS NOT NULL AND c.id > :last ORDER BY c.id LIMIT :limit FOR UPDATE OF c
        """,
        last=last or UUID(int=0),
        limit=limit,
    )
    return [_judged(row, vault) for row in rows]


def _judged(row: Any, vault: Vault) -> Judged:
    key = vault.unwrap(row.key_id, bytes(row.wrapped))
    hidden = tuple(row.hidden_from or ())
    return Judged(
        complaint=row.id,
        connector=row.connector,
        region=row.region,
        document=json.loads(vault.open(key, "canonical", bytes(row.canonical_enc))),
        key=key,
        because=tuple(row.because or ()),
        accused=Accused(word=row.accused, hidden_from=hidden) if row.accused else None,
        hidden_from=hidden,
    )


def change(
    work: Work,
    vault: Vault,
    one: Judged,
    *,
    because: Sequence[str],
    accused: str | None,
    hidden_from: Sequence[str],
) -> str | None:
    """It is confidential, because of this, and hidden from these; the commitment of its text, where that had to change."""
    text, commitment = None, None
    if not one.document.get("is_confidential"):
        document = {**one.document, "is_confidential": True}
        text, commitment = vault.seal(one.key, "canonical", encoded(document))
    work.run(
        """
        UPDATE complaints SET is_confidential = true, confidential_because = :because, accused = :accused,
            hidden_from = :hidden, canonical_enc = coalesce(:text, canonical_enc) WHERE id = :id
        """,
        because=list(because),
        accused=accused,
        hidden=list(hidden_from) or None,
        text=text,
        id=one.complaint,
    )
    return commitment


def hide_followers(work: Work, complaints: Sequence[UUID]) -> int:
    """What repeats, answers or completes these is hidden from the same people; how many that are."""
    rows = work.rows("SELECT id FROM complaints WHERE behind = ANY(:ids)", ids=list(complaints))
    accusations.follow(work, [row.id for row in rows])
    return len(rows)


def encoded(document: Mapping[str, Any]) -> bytes:
    """A canonical text as it is stored, UTF-8 JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
