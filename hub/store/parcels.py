"""What a delivery carries: the sealed text and files of the version that is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is sent, as it rests: ciphertext under the data key of the version that made it."""

    key_id: UUID | None
    wrapped: bytes | None
    """None where the citizen's data key was erased."""
    canonical_enc: bytes | None
    files: Sequence[Any]
    """Rows of attachments without content: id, name_enc, media_type, state, registry_file."""


def content(work: Work, complaint: UUID) -> Content:
    """The sealed text of a complaint and the files of that version, without their bytes."""
    row = work.one(
        """
        SELECT c.item_id, c.key_id, c.canonical_enc, k.wrapped FROM complaints c
        LEFT JOIN data_keys k ON k.id = c.key_id WHERE c.id = :complaint
        """,
        complaint=complaint,
    )
    assert row is not None
    files = work.rows(
        "SELECT id, name_enc, media_type, state, registry_file FROM attachments WHERE item_id = :item ORDER BY number",
        item=row.item_id,
    )
    return Content(key_id=row.key_id, wrapped=row.wrapped, canonical_enc=row.canonical_enc, files=files)


def file_bytes(work: Work, file: int) -> bytes:
    """The sealed bytes of one held file."""
    return bytes(work.value("SELECT content_enc FROM attachments WHERE id = :id", id=file))


def keep_file_ids(work: Work, files: Sequence[int], ids: Sequence[str]) -> None:
    """The registry's ids of the files that it has taken, in the same order."""
    work.many(
        "UPDATE attachments SET registry_file = :number WHERE id = :id",
        [{"id": file, "number": number} for file, number in zip(files, ids, strict=True)],
    )


def refuse_files(work: Work, files: Sequence[int], code: str) -> None:
    """The registry will not have these files; the complaint goes without them."""
    work.run(
        "UPDATE attachments SET state = 'failed', reason = :reason WHERE id = ANY(:ids)",
        ids=list(files),
        reason=f"registry_{code}",
    )
