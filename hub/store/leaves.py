"""The places of entries in the log, and the checkpoints signed over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from hub.audit.merkle import Edge
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The latest checkpoint."""

    size: int
    edge: Edge
    note: str
    published: bool


def hub_row(work: Work, hub_key: str, now: datetime) -> tuple[UUID, str]:
    """The hub's own UUID, fixed at first use (origin and key name of its log), and the key that it was made with."""
    row = work.one("SELECT id, hub_key FROM hub")
    if row is None:
        work.run(
            "INSERT INTO hub (id, hub_key, created_at) VALUES (:id, :key, :now) ON CONFLICT DO NOTHING",
            id=uuid4(),
            key=hub_key,
            now=now,
        )
        row = work.one("SELECT id, hub_key FROM hub")
    assert row is not None
    return row.id, row.hub_key


def latest(work: Work) -> Sealed | None:
    """The newest checkpoint, or None where nothing has been sealed."""
    row = work.one("SELECT size, edge, note, published_at FROM checkpoints ORDER BY size DESC LIMIT 1")
    if row is None:
        return None
    edge = bytes(row.edge)
    hashes = tuple(edge[at : at + 32] for at in range(0, len(edge), 32))
    return Sealed(
        size=row.size,
        edge=Edge(size=row.size, hashes=hashes),
        note=row.note,
        published=row.published_at is not None,
    )


def unsealed(work: Work, limit: int) -> Sequence[tuple[int, bytes]]:
    """Entries that have no place yet; never by number, because a slow transaction's number is an old one."""
    rows = work.rows(
        """
        SELECT e.id, e.body FROM entries e LEFT JOIN leaves l ON l.entry = e.id
        WHERE l.entry IS NULL ORDER BY e.id LIMIT :limit
        """,
        limit=limit,
    )
    return [(row.id, bytes(row.body)) for row in rows]


def place(work: Work, first: int, entries: Sequence[tuple[int, bytes]]) -> None:
    """Give entries (id, leaf hash) their places from `first` on."""
    work.unnest(
        "INSERT INTO leaves (entry, leaf_index, hash) SELECT * FROM unnest(%b::bigint[], %b::bigint[], %b::bytea[])",
        [number for number, _ in entries],
        list(range(first, first + len(entries))),
        [digest for _, digest in entries],
    )


def sign(work: Work, edge: Edge, note: str, now: datetime) -> None:
    """Keep a signed checkpoint; it is published after this transaction."""
    work.run(
        "INSERT INTO checkpoints (size, root, edge, note, at) VALUES (:size, :root, :edge, :note, :now)",
        size=edge.size,
        root=edge.root(),
        edge=b"".join(edge.hashes),
        note=note,
        now=now,
    )


def bodies(work: Work, first: int, end: int) -> list[bytes]:
    """Entries first … end - 1 in the order of the log."""
    rows = work.rows(
        """
        SELECT e.body FROM leaves l JOIN entries e ON e.id = l.entry
        WHERE l.leaf_index >= :first AND l.leaf_index < :end ORDER BY l.leaf_index
        """,
        first=first,
        end=end,
    )
    return [bytes(row.body) for row in rows]


def hashes(work: Work, first: int, end: int) -> list[bytes]:
    """Leaf hashes first … end - 1."""
    rows = work.rows(
        "SELECT hash FROM leaves WHERE leaf_index >= :first AND leaf_index < :end ORDER BY leaf_index",
        first=first,
        end=end,
    )
    return [bytes(row.hash) for row in rows]


def published(work: Work, size: int, now: datetime) -> None:
    """The files of this checkpoint and of all before it are out."""
    work.run(
        "UPDATE checkpoints SET published_at = :now WHERE size <= :size AND published_at IS NULL", size=size, now=now
    )


def tried(work: Work, now: datetime, code: str | None) -> None:
    """Remember how the last sealing ended; forwarding looks at it (design section 7)."""
    work.run(
        """
        INSERT INTO sealing (tried_at, failed_at, code) VALUES (:now, :failed, :code)
        ON CONFLICT (one) DO UPDATE SET tried_at = excluded.tried_at, failed_at = excluded.failed_at, code = excluded.code
        """,
        now=now,
        failed=now if code else None,
        code=code,
    )
