"""A complaint that is stored already, as the judge sees it: read from its text, not from what an older model kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from connectors.manifest import Manifest
from dedup.judge import RULES, Rules
from hub.judging import Asked, Described, doc_of, file, is_re_report, numbers_for, rules_of
from hub.privacy import DataKey, Vault
from hub.store import candidates
from hub.store.candidates import Kept
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One stored complaint, described anew."""

    complaint: UUID
    document: Mapping[str, Any]
    described: Described
    number: int | None
    """None: nobody can find it yet."""
    head: UUID
    region: str
    connector: str | None
    """Its name; None where the sight does not cover it."""
    key: DataKey

    def asked(self) -> Asked:
        """The question whether others are about its matter."""
        assert self.number is not None
        return Asked(
            complaint=self.complaint,
            number=self.number,
            doc=self.described.doc,
            case=self.head,
            may_wait=not is_re_report(self.document),
        )


def described(work: Work, vault: Vault, complaints: Iterable[UUID]) -> list[Again]:
    """These complaints by their numbers, but for those without a text or a case, or erased."""
    return [_again(row, vault) for row in candidates.texts(work, list(complaints))]


def _again(row: Any, vault: Vault) -> Again:
    key = vault.unwrap(row.key_id, bytes(row.wrapped))
    document = json.loads(vault.open(key, "canonical", bytes(row.canonical_enc)))
    at = datetime.fromisoformat(document.get("submitted_at") or document["received_at"])
    return Again(
        complaint=row.id,
        document=document,
        described=doc_of(document, [bytes(token) for token in row.tokens], row.region, at),
        number=row.dedup_n,
        head=row.head,
        region=row.region,
        connector=row.connector,
        key=key,
    )


def rules_for(manifests: Mapping[str, Manifest], one: Again, base: Rules = RULES) -> Rules:
    """What the region of its connector has set otherwise holds here as it does at accept."""
    manifest = manifests.get(one.connector or "")
    return rules_of(manifest, base) if manifest else base


def unchanged(work: Work, found: Sequence[Again]) -> list[Again]:
    """Those whose text is still the one that they were described from."""
    keys = candidates.keys_of(work, [one.complaint for one in found])
    return [one for one in found if keys.get(one.complaint) == one.key.id]


def filed(work: Work, vault: Vault, found: Sequence[Again]) -> dict[UUID, int]:
    """
    Keep features and keys of these complaints as this model makes them; returns the numbers by which others find them.

    The caller holds the lock of the verdicts.
    """
    numbers = numbers_for(work, [(one.complaint, one.described) for one in found])
    kept = [
        Kept(
            complaint=one.complaint,
            number=numbers[one.complaint],
            features=vault.seal(one.key, "features", one.described.features)[0],
        )
        for one in found
    ]
    candidates.keep(work, kept)
    before = [one.number for one in found if one.number is not None]
    docs = [(numbers[one.complaint], one.described.doc) for one in found]
    file(work, vault, docs, again=[*before, *numbers.values()])
    return numbers
