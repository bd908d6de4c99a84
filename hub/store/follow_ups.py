"""What goes to a registry after the complaint itself: one row each, in the order in which it was said, with its lease."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from hub.audit.entry import Detail, Entry
from hub.store.log import append
from hub.store.work import Work

FILES_WAIT: Final = timedelta(hours=23)
"""An hour less than a create waits for files: from then on one that comes may have missed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFollowUp:
    """One thing that was said about a complaint and that its registry shall hear."""

    complaint: UUID
    registry: str
    connector: UUID
    region: str
    what: str
    """answer | status | update | reply | file"""
    digest: bytes
    """Keyed hash: the same for the same thing, so that it is sent once however often it is met."""
    item_id: int | None
    key_id: UUID | None
    text_enc: bytes | None
    """The words alone, sealed under the data key at `place(digest)`; who says them and when is added at sending."""
    by: str | None = None
    """agency | reporter"""
    status: str | None = None
    """The hub's word, where it tells how far the region has come."""
    at: datetime | None = None
    files: Sequence[int] = ()
    told: bytes | None = None
    """Of a changed text, its keyed hash as a create would send it: a create that carried it already makes it needless."""
    code: str | None = None
    """Why it is not sent at all; it is remembered, so that nothing sends it later."""


def place(digest: bytes) -> str:
    """What the words of a follow-up are sealed for."""
    return f"follow_up:{digest.hex()}"


def place_sent(digest: bytes) -> str:
    """What the text of a follow-up as it was sent is sealed for."""
    return f"follow_up sent:{digest.hex()}"


def number_of(complaint: UUID, digest: bytes) -> UUID:
    """The id of a follow-up: the marker in its text."""
    return uuid5(complaint, digest.hex())


# into the outbox ---------------------------------------------------------------------------------------------------


def queue(
    work: Work,
    *,
    complaint: UUID,
    registry: str,
    connector: UUID,
    region: str,
    what: str,
    by: str | None,
    status: str | None,
    at: datetime | None,
    digest: bytes,
    item_id: int | None,
    key_id: UUID | None,
    text_enc: bytes | None,
    now: datetime,
    files: Sequence[int] = (),
) -> bool:
    """Put one follow-up into the outbox; False where it was there. It waits until its complaint has a number."""
    new = NewFollowUp(
        complaint=complaint,
        registry=registry,
        connector=connector,
        region=region,
        what=what,
        by=by,
        status=status,
        at=at,
        digest=digest,
        item_id=item_id,
        key_id=key_id,
        text_enc=text_enc,
        files=files,
    )
    return bool(queue_all(work, [new], now=now))


def queue_all(work: Work, rows: Sequence[NewFollowUp], *, now: datetime) -> int:
    """The same for many, in their order; how many were new."""
    if not rows:
        return 0
    columns = zip(*(_columns(one) for one in rows), strict=True)
    return len(work.tuples(_QUEUE, (*map(list, columns), now)))


def _columns(one: NewFollowUp) -> tuple[Any, ...]:
    return (
        number_of(one.complaint, one.digest),
        one.complaint,
        one.registry,
        one.connector,
        one.region,
        one.what,
        one.status,
        one.by,
        one.at,
        one.digest,
        one.item_id,
        one.key_id,
        one.text_enc,
        ",".join(map(str, one.files)),
        one.told,
        one.code,
    )


# The registry is that of the complaint's delivery, whatever its manifest says by now.
# A text that changed before its create: whoever claims the delivery reads the new one, unless somebody holds it now.
_QUEUE = """
WITH new AS (
    SELECT u.id, u.complaint, coalesce(d.registry, u.registry) AS registry, u.connector, u.region, u.what, u.status,
           u.by_whom, u.at, u.digest, u.item_id, u.key_id, u.text_enc, u.files, u.told, u.code, u.n
    FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[],
        %b::timestamptz[], %b::bytea[], %b::bigint[], %b::uuid[], %b::bytea[], %b::text[], %b::bytea[], %b::text[])
        WITH ORDINALITY AS u(id, complaint, registry, connector, region, what, status, by_whom, at, digest, item_id,
                             key_id, text_enc, files, told, code, n)
    JOIN complaints c ON c.id = u.complaint
    LEFT JOIN LATERAL (
        SELECT d.registry FROM deliveries d
        WHERE d.complaint = CASE c.state WHEN 'withheld_repeat' THEN c.behind ELSE c.id END ORDER BY d.id LIMIT 1
    ) d ON true
), still AS (
    SELECT d.complaint, d.registry FROM deliveries d
    WHERE (d.complaint, d.registry) IN (SELECT complaint, registry FROM new WHERE what = 'update')
      AND d.state IN ('queued', 'files_uploaded') AND d.holder IS NULL FOR UPDATE SKIP LOCKED
)
INSERT INTO follow_ups (id, complaint, registry, connector, region, what, status, by_whom, at, digest, item_id, key_id,
                        text_enc, files, sent_hmac, code, state, due_at, queued_at)
SELECT id, complaint, registry, connector, region, what, status, by_whom, at, digest, item_id, key_id, text_enc,
       string_to_array(files, ',')::bigint[], told, code, CASE WHEN code IS NULL THEN 'queued' ELSE 'refused' END, t, t
FROM new, CAST(%b AS timestamptz) AS t
WHERE new.what <> 'update' OR (
    EXISTS (SELECT FROM deliveries d WHERE d.complaint = new.complaint AND d.registry = new.registry)
    AND NOT EXISTS (SELECT FROM still s WHERE s.complaint = new.complaint AND s.registry = new.registry))
ORDER BY n ON CONFLICT DO NOTHING RETURNING 1
"""


def queue_file(work: Work, file: int, *, digest: bytes, now: datetime) -> bool:
    """
    A file has come after its complaint was sent, or may have: it goes as a follow-up of its own.

    What the create has carried after all is found out at sending.
    """
    row = work.one(
        """
        SELECT a.complaint, a.region, a.item_id, a.key_id, c.connector, d.registry FROM attachments a
        JOIN complaints c ON c.id = a.complaint JOIN deliveries d ON d.complaint = a.complaint
        WHERE a.id = :file AND (d.state <> 'queued' OR d.holder IS NOT NULL OR d.queued_at <= :late)
        ORDER BY d.id LIMIT 1
        """,
        file=file,
        late=now - FILES_WAIT,
    )
    if row is None:
        return False
    new = NewFollowUp(
        complaint=row.complaint,
        registry=row.registry,
        connector=row.connector,
        region=row.region,
        what="file",
        by="reporter",
        at=now,
        digest=digest,
        item_id=row.item_id,
        key_id=row.key_id,
        text_enc=None,
        files=[file],
    )
    return bool(queue_all(work, [new], now=now))


def known(work: Work, complaints: Collection[UUID]) -> dict[UUID, list[bytes]]:
    """The digests of these complaints' follow-ups, in their order."""
    found: dict[UUID, list[bytes]] = {}
    for complaint, digest in work.tuples(
        "SELECT complaint, digest FROM follow_ups WHERE complaint = ANY(%b::uuid[]) ORDER BY number",
        (list(complaints),),
    ):
        found.setdefault(complaint, []).append(bytes(digest))
    return found


# known again -------------------------------------------------------------------------------------------------------


def recognised(
    work: Work,
    registry: str,
    complaint: UUID,
    *,
    hmac: bytes,
    markers: Sequence[UUID],
    letters: int,
    foreign_id: str | None,
) -> UUID | None:
    """
    The follow-up about `complaint`, or about a repeat that is withheld behind it, that this is; else None.

    By its number at the registry, by its whole text, or by its marker in a text that is no longer than ours.
    """
    found: UUID | None = work.value(
        """
        SELECT f.id FROM follow_ups f JOIN complaints c ON c.id = f.complaint
        WHERE (f.complaint = :complaint OR c.behind = :complaint) AND f.registry = :registry AND f.attempts > 0
          AND (f.registry_number = :number OR f.sent_hmac = :hmac
               OR (f.id = ANY(CAST(:markers AS uuid[])) AND coalesce(f.sent_letters, 0) >= :letters))
        ORDER BY f.id = ANY(CAST(:markers AS uuid[])) DESC, f.number LIMIT 1
        """,
        complaint=complaint,
        registry=registry,
        number=foreign_id,
        hmac=hmac,
        markers=list(markers),
        letters=letters,
    )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A follow-up that was sent, or tried; `sent_enc` lies at `place_sent(digest)`, `text_enc` at `place(digest)`."""

    id: UUID
    digest: bytes
    key_id: UUID
    wrapped: bytes
    text_enc: bytes | None
    sent_enc: bytes


def tried(work: Work, registry: str, complaint: UUID, foreign_id: str | None) -> list[Shown]:
    """
    What was sent, or tried, about `complaint` or a repeat behind it, and is not erased.

    Without those that the registry has under another number than `foreign_id`.
    """
    rows = work.rows(
        """
        SELECT f.id, f.digest, f.key_id, k.wrapped, f.text_enc, f.sent_enc
        FROM follow_ups f JOIN complaints c ON c.id = f.complaint JOIN data_keys k ON k.id = f.key_id
        WHERE (f.complaint = :complaint OR c.behind = :complaint) AND f.registry = :registry AND f.attempts > 0
          AND f.sent_enc IS NOT NULL AND (f.registry_number IS NULL OR f.registry_number = coalesce(:number, f.registry_number))
        ORDER BY f.number
        """,
        complaint=complaint,
        registry=registry,
        number=foreign_id,
    )
    return [Shown(**{name: _bytes(value) for name, value in row._mapping.items()}) for row in rows]


def _bytes(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def listed_by(work: Work, registry: str, now: datetime) -> None:
    """The registry has shown a follow-up of ours."""
    work.run(
        "UPDATE registries SET follow_ups_listed_at = :now WHERE name = :name AND follow_ups_listed_at IS NULL",
        name=registry,
        now=now,
    )


def arrived(work: Work, found: UUID, foreign_id: str | None, *, now: datetime, actor: str) -> None:
    """A follow-up that stood unknown is there; for any other this changes nothing."""
    row = work.one(
        """
        UPDATE follow_ups SET state = 'sent', code = NULL, sent_at = :now,
               registry_number = coalesce(registry_number, :number), holder = NULL, token = NULL, until = NULL
        WHERE id = :id AND state IN ('unknown', 'needs_human') AND started_at IS NULL
        RETURNING id, complaint, connector, region, registry, what
        """,
        id=found,
        number=foreign_id,
        now=now,
    )
    if row is not None:
        detail: dict[str, Detail] = {"follow_up": str(row.id), "what": row.what, "state": "sent"}
        entry = Entry(
            act="followed_up",
            at=now,
            actor=actor,
            connector=str(row.connector),
            region=row.region,
            complaint=str(row.complaint),
            code="looked_up",
            registry=row.registry,
            detail=detail,
        )
        append(work, entry)
