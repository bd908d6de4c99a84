"""Complaints: one row a (connector, ref, incarnation), made by accept; its state is one word of the first promise."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from hub.discretion.accused import Accused
from hub.privacy import Vault
from hub.store.items import Stored
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of a complaint before this version of it is accepted."""

    state: str = "waiting"
    reason: str | None = None
    behind: UUID | None = None
    case_id: UUID | None = None
    document: Mapping[str, Any] | None = None
    sent: bool = False
    completed: bool = False
    """Its reporter has sent something to complete it."""
    accused: Accused | None = None
    """From whom it is hidden so far."""


NOTHING = Known()
"""Of a complaint that waits."""


def known(work: Work, vault: Vault, ids: Collection[UUID]) -> dict[UUID, Known]:
    """The state of these complaints and, where they have one, their canonical text; one that waits is `waiting`."""
    rows = work.rows(_KNOWN, ids=list(ids)) if ids else []
    return dict.fromkeys(ids, NOTHING) | {row.id: _known(row, vault) for row in rows}


_KNOWN = """
SELECT c.id, c.state, c.reason, c.behind, c.case_id, c.key_id, c.canonical_enc, k.wrapped,
       coalesce(d.state NOT IN ('queued', 'files_uploaded'), false) AS sent,
       EXISTS (SELECT FROM completions p WHERE p.complaint = c.id) AS completed, c.accused, c.hidden_from
FROM complaints c LEFT JOIN data_keys k ON k.id = c.key_id LEFT JOIN deliveries d ON d.complaint = c.id
WHERE c.id = ANY(:ids)
"""


def _known(row: Any, vault: Vault) -> Known:
    document = None
    if row.canonical_enc is not None and row.wrapped is not None:
        key = vault.unwrap(row.key_id, bytes(row.wrapped))
        document = json.loads(vault.open(key, "canonical", bytes(row.canonical_enc)))
    return Known(
        state=row.state,
        reason=row.reason,
        behind=row.behind,
        case_id=row.case_id,
        document=document,
        sent=row.sent,
        completed=row.completed,
        accused=Accused(word=row.accused, hidden_from=tuple(row.hidden_from or ())) if row.accused else None,
    )


# writing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What became of a complaint; `behind` names the complaint that a withheld repeat waits for."""

    complaint: UUID
    state: str
    reason: str | None = None
    behind: UUID | None = None


def at_first(complaint: UUID, hold: str | None) -> Word:
    """What becomes of a new complaint unless it turns out to be a repeat."""
    return Word(complaint=complaint, state="held" if hold else "accepted", reason=hold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The canonical text of one item version, ready to be stored under that version's key, and the complaint's word."""

    item: Stored
    word: Word
    document: Mapping[str, Any]
    """The complaint as its schema has it."""
    text: bytes
    """The document as UTF-8 JSON."""
    case: UUID | None
    features: bytes | None
    """What dedup keeps of it; None where nobody judged."""
    number: int | None
    """By which others find it."""
    tokens: Mapping[str, bytes]
    """Keyed hashes of the reporter, by what they are of."""
    unmapped: Sequence[str]
    hub_status: str | None
    submitted_at: datetime | None
    because: Sequence[str] = ()
    """Why it is confidential whatever its channel says."""
    accused: Accused | None = None


@dataclass(frozen=True, kw_only=True)  # without slots, for what is made when it is first asked for
class Origin:
    """Where a batch of complaints comes from."""

    connector: UUID
    region: str
    channel: str
    manifest_sha256: str
    """Of the manifest that made them."""

    @cached_property
    def name(self) -> str:
        """The connector's id as text."""
        return str(self.connector)


def write(work: Work, vault: Vault, origin: Origin, versions: Sequence[Version], now: datetime) -> list[str]:
    """Store these versions with their words and their reporters' keyed hashes; returns their commitments."""
    if not versions:
        return []
    sealed = [vault.seal(one.item.key, "canonical", one.text) for one in versions]
    columns = zip(*(_row(vault, one, text) for one, (text, _) in zip(versions, sealed, strict=True)), strict=True)
    common = (origin.connector, origin.region, origin.channel, origin.manifest_sha256, now)
    work.tuples(_WRITE, (*common, *map(list, columns)))
    _write_tokens(work, origin.region, versions)
    return [commitment for _, commitment in sealed]


_WRITE = """
INSERT INTO complaints AS c (
    connector, region, channel, manifest_sha256, accepted_at, id, ref_hmac, incarnation, first_stored_at, state, reason,
    behind, submitted_at, kind, category_code, region_code, code_system, is_supervisory, is_anonymous, is_confidential,
    unmapped, hub_status, case_id, item_id, key_id, canonical_enc, features_enc, dedup_n, is_whistle_blowing,
    confidential_because, accused, hidden_from)
SELECT %b::uuid, %b::text, %b::text, %b::text, %b::timestamptz, u.id, u.ref, u.incarnation, u.stored, u.state, u.reason,
       u.behind, u.submitted, u.kind, u.category, u.region, u.system, u.supervisory, u.anonymous, u.confidential,
       string_to_array(u.unmapped, ','), u.status, u.own, u.item, u.key, u.canonical, u.features, u.number,
       u.inside, string_to_array(u.because, ','), u.accused, string_to_array(u.hidden, ',')
FROM unnest(%b::uuid[], %b::bytea[], %b::int[], %b::timestamptz[], %b::text[], %b::text[], %b::uuid[],
            %b::timestamptz[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bool[], %b::bool[], %b::bool[],
            %b::text[], %b::text[], %b::uuid[], %b::bigint[], %b::uuid[], %b::bytea[], %b::bytea[], %b::int[], %b::bool[],
            %b::text[], %b::text[], %b::text[])
     AS u(id, ref, incarnation, stored, state, reason, behind, submitted, kind, category, region, system, supervisory,
          anonymous, confidential, unmapped, status, own, item, key, canonical, features, number, inside, because,
          accused, hidden)
ON CONFLICT (id) DO UPDATE SET
    state = excluded.state, reason = excluded.reason, behind = excluded.behind, submitted_at = excluded.submitted_at,
    kind = excluded.kind, category_code = excluded.category_code, region_code = excluded.region_code,
    code_system = excluded.code_system, is_supervisory = excluded.is_supervisory,
    is_anonymous = excluded.is_anonymous, is_confidential = excluded.is_confidential, unmapped = excluded.unmapped,
    is_whistle_blowing = excluded.is_whistle_blowing, confidential_because = excluded.confidential_because,
    accused = coalesce(excluded.accused, c.accused),
    hidden_from = CASE WHEN excluded.accused IS NULL THEN c.hidden_from ELSE excluded.hidden_from END,
    hub_status = excluded.hub_status, item_id = excluded.item_id, key_id = excluded.key_id,
    canonical_enc = excluded.canonical_enc, features_enc = excluded.features_enc,
    dedup_n = coalesce(excluded.dedup_n, c.dedup_n),
    manifest_sha256 = excluded.manifest_sha256, case_id = coalesce(excluded.case_id, c.case_id),
    accepted_at = coalesce(c.accepted_at, excluded.accepted_at)
"""


def _row(vault: Vault, one: Version, text: bytes) -> tuple[Any, ...]:
    item, word, field = one.item, one.word, one.document.get
    return (
        item.complaint,
        item.ref_hmac,
        item.incarnation,
        item.received_at,
        word.state,
        word.reason,
        word.behind,
        one.submitted_at,
        field("kind"),
        field("category_code"),
        field("region_code"),
        field("code_system"),
        field("is_supervisory"),
        field("is_anonymous"),
        field("is_confidential"),
        ",".join(one.unmapped),
        one.hub_status,
        one.case,
        item.id,
        item.key.id,
        text,
        None if one.features is None else vault.seal(item.key, "features", one.features)[0],
        one.number,
        field("is_whistle_blowing"),
        _codes(one.because),
        *_hidden(one.accused),
    )


def _codes(codes: Sequence[str]) -> str | None:
    return ",".join(codes) or None


def _hidden(accused: Accused | None) -> tuple[str | None, str | None]:
    """What is in its columns: its word, and from whom it is hidden."""
    return (accused.word, _codes(accused.hidden_from)) if accused else (None, None)


def _write_tokens(work: Work, region: str, versions: Sequence[Version]) -> None:
    again = [one.item.complaint for one in versions if one.item.version > 1]
    if again:
        work.run("DELETE FROM reporter_tokens WHERE complaint = ANY(:ids)", ids=again)
    rows = [(one.item.complaint, what, token) for one in versions for what, token in one.tokens.items()]
    if rows:
        work.tuples(_TOKENS, (region, *map(list, zip(*rows, strict=True))))


_TOKENS = """
INSERT INTO reporter_tokens (region, complaint, what, token)
SELECT %b::text, u.* FROM unnest(%b::uuid[], %b::text[], %b::bytea[]) AS u ON CONFLICT DO NOTHING
"""


def without_text(work: Work, origin: Origin, words: Sequence[tuple[Stored, Word, Accused | None]]) -> None:
    """Give words to complaints of whose item no canonical text was made; what an earlier version said stays."""
    rows = [
        (i.complaint, i.ref_hmac, i.incarnation, i.received_at, w.state, w.reason, w.behind, *_hidden(accused))
        for i, w, accused in words
    ]
    if rows:
        common = (origin.connector, origin.region, origin.channel)
        work.tuples(_WITHOUT_TEXT, (*common, *map(list, zip(*rows, strict=True))))


_WITHOUT_TEXT = """
INSERT INTO complaints AS c (connector, region, channel, id, ref_hmac, incarnation, first_stored_at, state, reason,
                             behind, accused, hidden_from)
SELECT %b::uuid, %b::text, %b::text, u.id, u.ref, u.incarnation, u.stored, u.state, u.reason, u.behind, u.accused,
       string_to_array(u.hidden, ',')
FROM unnest(%b::uuid[], %b::bytea[], %b::int[], %b::timestamptz[], %b::text[], %b::text[], %b::uuid[], %b::text[],
            %b::text[]) AS u(id, ref, incarnation, stored, state, reason, behind, accused, hidden)
ON CONFLICT (id) DO UPDATE SET
    state = excluded.state, reason = excluded.reason, behind = excluded.behind,
    accused = coalesce(excluded.accused, c.accused), hidden_from = coalesce(excluded.hidden_from, c.hidden_from)
"""


def say(work: Work, words: Sequence[Word]) -> None:
    """Give complaints that have their row other words."""
    rows = [(w.complaint, w.state, w.reason, w.behind) for w in words]
    if rows:
        work.tuples(_SAY, tuple(map(list, zip(*rows, strict=True))))


_SAY = """
UPDATE complaints SET state = u.state, reason = u.reason, behind = u.behind
FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::uuid[]) AS u(id, state, reason, behind) WHERE complaints.id = u.id
"""


def review_all(work: Work, region: str, what: str, asked: Sequence[tuple[UUID, UUID]], now: datetime) -> None:
    """Ask a person to look at these complaints and the other ones beside them; nothing waits for it."""
    if asked:
        work.tuples(_REVIEW, (region, what, now, *map(list, zip(*asked, strict=True))))


_REVIEW = """
INSERT INTO reviews (region, what, made_at, complaint, other)
SELECT %b::text, %b::text, %b::timestamptz, u.* FROM unnest(%b::uuid[], %b::uuid[]) AS u ON CONFLICT DO NOTHING
"""


def every(work: Work, vault: Vault, names: Sequence[str] = ()) -> Iterator[tuple[dict[str, Any], str | None, str]]:
    """All complaints with a canonical text: document, case (its present head), outcome; in order of storing."""
    last: UUID | None = None
    while True:
        rows = work.rows(_EVERY, last=last, names=list(names), all=not names)
        for row in rows:
            key = vault.unwrap(row.key_id, bytes(row.wrapped))
            document = json.loads(vault.open(key, "canonical", bytes(row.canonical_enc)))
            yield document, str(row.head) if row.head else None, row.word
        if not rows:
            return
        last = rows[-1].id


_EVERY = """
SELECT c.id, c.key_id, k.wrapped, c.canonical_enc, s.head, o.word
FROM complaints c
JOIN data_keys k ON k.id = c.key_id
JOIN outcomes o ON o.connector = c.connector AND o.ref_hmac = c.ref_hmac AND o.incarnation = c.incarnation
LEFT JOIN cases s ON s.id = c.case_id
JOIN connectors n ON n.id = c.connector
WHERE c.canonical_enc IS NOT NULL AND (CAST(:last AS uuid) IS NULL OR c.id > :last) AND (:all OR n.name = ANY(:names))
ORDER BY c.id LIMIT 500
"""


def seen(work: Work, words: Sequence[str]) -> set[str]:
    """Those of these ids of complaints, deliveries and follow-ups that are to be seen from here."""
    numbers = {int(word): word for word in words if word.isdecimal() and len(word) < 19}
    ids = {UUID(word): word for word in words if not word.isdecimal()}
    rows = work.rows(
        """
        SELECT id::text AS id FROM complaints WHERE id = ANY(:ids)
        UNION ALL SELECT id::text FROM deliveries WHERE id = ANY(:numbers)
        UNION ALL SELECT id::text FROM follow_ups WHERE id = ANY(:ids)
        """,
        ids=list(ids),
        numbers=list(numbers),
    )
    known = {str(one): word for one, word in (*numbers.items(), *ids.items())}
    return {known[row.id] for row in rows}


def held(work: Work, connector: UUID, reason: str | None = None, since: datetime | None = None) -> Sequence[Any]:
    """Held complaints of a connector, oldest first: id, reason; with `since` those made from then on."""
    return work.rows(
        """
        SELECT c.id, c.reason, c.item_id FROM complaints c
        WHERE c.connector = :connector AND c.state = 'held' AND (CAST(:reason AS text) IS NULL OR c.reason = :reason)
        AND (CAST(:since AS timestamptz) IS NULL OR coalesce(c.submitted_at, c.first_stored_at) >= :since)
        ORDER BY c.submitted_at NULLS LAST, c.item_id
        """,
        connector=connector,
        reason=reason,
        since=since,
    )
