"""What a delivery carries: the sealed text and files of the version that is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from hub.store.work import Work


class Content(NamedTuple):
    """What is sent, as it rests: ciphertext under the data key of the version that made it."""

    item: int | None
    key_id: UUID | None
    canonical_enc: bytes | None
    wrapped: bytes | None
    """None where the citizen's data key was erased."""
    has_files: bool


def files(work: Work, complaints: Sequence[UUID], items: Sequence[int]) -> Mapping[int, Sequence[Any]]:
    """By item of these complaints, rows of its files without bytes: id, name_enc, media_type, state, registry_file."""
    found: dict[int, list[Any]] = {}
    rows = work.rows(
        """
        SELECT item_id, id, name_enc, media_type, state, registry_file FROM attachments
        WHERE complaint = ANY(:complaints) AND item_id = ANY(:items) ORDER BY item_id, number
        """,
        complaints=list(complaints),
        items=list(items),
    )
    for row in rows:
        found.setdefault(row.item_id, []).append(row)
    return found


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
