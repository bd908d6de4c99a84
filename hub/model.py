"""The values that travel along the spine; nothing here reads, writes or decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a step did, in counts only: no text of a complaint ever enters it."""

    verb: str
    done: int = 0
    skipped: int = 0
    failed: int = 0
    owed: tuple[str, ...] = ()
    """Sentences about what is still owed and will be retried; not empty means exit code 3."""
    words: Mapping[str, int] = field(default_factory=dict)
    """Counts by outcome, e.g. {"quarantined": 2}."""
    notes: tuple[str, ...] = ()
    """Sentences for people that change no exit code."""
    error: Exception | None = None
    """What stopped the step, by class: who must act."""
    running: bool = False
    """Somebody else does the same at this moment; nothing was done."""
    halted: bool = False
    """The registry is paused or its breaker open; nothing could be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why an item is not a complaint yet; it quotes no value, because values are personal data."""

    path: str
    rule: str
    id: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a citizen said, in canonical form; the fields are those of schemas/complaint.schema.json."""

    id: str
    connector: str
    channel: str
    ref: str
    received_at: str
    kind: str
    body: str
    is_anonymous: bool
    is_confidential: bool
    source_url: str | None = None
    submitted_at: str | None = None
    submitted_precision: str | None = None
    is_supervisory: bool | None = None
    is_whistle_blowing: bool | None = None
    title: str | None = None
    category_code: str | None = None
    incident_date: str | None = None
    region_code: str | None = None
    code_system: str | None = None
    location_text: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    target_institution: str | None = None
    reported_party: str | None = None
    reporter: Mapping[str, str] | None = None
    attachments: Sequence[Mapping[str, Any]] = ()
    source_status: str | None = None
    sp4n_id: str | None = None
    re_report_of: str | None = None
    extra: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """The complaint as its schema has it; what is missing is left out."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["attachments"] = [dict(one) for one in self.attachments]
        for name in ("reporter", "extra"):
            values[name] = dict(values[name]) if values[name] else None
        return {name: value for name, value in values.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The registry's word about one step of a delivery."""

    outcome: str
    """done | retry | refused | unknown"""
    code: str = ""
    """A classified code such as http_503, timeout, html; never a body."""
    http: int | None = None
    registry_id: str | None = None
    file_ids: tuple[str, ...] = ()
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing the registry reports about a complaint: a status, a disposition or a follow-up."""

    what: str
    """status | disposition | follow_up"""
    name: str = ""
    """The registry's own status name."""
    text: str = ""
    stamp: str = ""
    """The registry's own stamp as received."""
    at: datetime | None = None
    by: str | None = None
    """system | admin | agency | reporter"""
    from_institution: str | None = None
    to_institution: str | None = None
    foreign_id: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    """What came with a follow-up: name, and address or ""."""


def complaint_id(connector: UUID, ref: str, incarnation: int) -> UUID:
    """UUIDv5(connector, ref + newline + incarnation); `ref` is JSON text, incarnations count from 1 (design section 4)."""
    return uuid5(connector, f"{ref}\n{incarnation}")
