"""The places of entries in the log, and the checkpoints signed over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid4

from hub.audit.merkle import Edge
from hub.store.work import Work

Waiting: TypeAlias = Sequence[tuple[int, bytes]]
"""Entries without a place: number and bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The latest checkpoint."""

    size: int
    edge: Edge
    note: str
    published: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """
    Every entry up to number `settled` has its place, or will never be. Above it, `seen` is settled as soon as the
    transactions `writers`, which were under way when it was the newest, have ended.
    """

    settled: int = 0
    seen: int | None = None
    writers: frozenset[str] = frozenset()

    def moved(self, newest: int, writers: frozenset[str]) -> Mark:
        """The mark after a run that sealed all it saw once `newest` and `writers` were known."""
        if not writers:
            return Mark(settled=newest)
        if self.seen is None:
            return Mark(settled=self.settled, seen=newest, writers=writers)
        return self if self.writers & writers else Mark(settled=self.seen, seen=newest, writers=writers)


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


def unsealed(work: Work, limit: int, *, after: int = 0) -> Waiting:
    """
    Entries with a number above `after` that have no place yet.

    Never above the newest number that was sealed: a slow transaction's number is an old one. `after` is a number up to
    which nothing can come any more (Mark.settled), or that of a batch before in the same run, which ends at the mark.
    """
    with work.in_order():
        rows = work.rows(
            """
            SELECT e.id, e.body FROM entries e LEFT JOIN leaves l ON l.entry = e.id
            WHERE e.id > :after AND l.entry IS NULL ORDER BY e.id LIMIT :limit
            """,
            limit=limit,
            after=after,
        )
    return [(row.id, bytes(row.body)) for row in rows]


def mark(work: Work) -> Mark:
    """How far the log is settled."""
    row = work.one("SELECT settled, seen, writers FROM sealing")
    if row is None:
        return Mark()
    return Mark(settled=row.settled, seen=row.seen, writers=frozenset(row.writers or ()))


def now_writing(work: Work) -> tuple[int, frozenset[str]]:
    """
    The highest number of an entry, and which transactions may still hold a lower one.

    A transaction locks the table before it takes a number, and lets go only after its rows can be seen. So whoever held
    a number below that highest one is among these, or its rows are seen by the next statement.
    """
    newest = work.value("SELECT coalesce(max(id), 0) FROM entries")
    rows = work.rows(
        """
        SELECT DISTINCT virtualtransaction AS name FROM pg_locks
        WHERE locktype = 'relation' AND relation = CAST('entries' AS regclass) AND mode = 'RowExclusiveLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
    )
    return newest, frozenset(row.name for row in rows)


def settle(work: Work, found: Mark, now: datetime) -> None:
    """Keep the mark; the caller has sealed everything that it could see above the one before."""
    work.run(
        """
        INSERT INTO sealing (tried_at, settled, seen, writers) VALUES (:now, :settled, :seen, :writers)
        ON CONFLICT (one) DO UPDATE SET settled = excluded.settled, seen = excluded.seen, writers = excluded.writers
        """,
        now=now,
        settled=found.settled,
        seen=found.seen,
        writers=sorted(found.writers),
    )


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
    with work.in_order():
        rows = work.rows(
            """
            SELECT e.body FROM leaves l JOIN entries e ON e.id = l.entry
            WHERE l.leaf_index >= :first AND l.leaf_index < :end ORDER BY l.leaf_index
            """,
            first=first,
            end=end,
        )
    return [bytes(row.body) for row in rows]


def of_complaint(work: Work, complaint: UUID) -> list[tuple[int | None, bytes]]:
    """Everything that the log has about one complaint, in the order in which it happened; None: not sealed yet."""
    rows = work.rows(
        """
        SELECT l.leaf_index, e.body FROM entries e LEFT JOIN leaves l ON l.entry = e.id
        WHERE e.complaint = :complaint ORDER BY l.leaf_index NULLS LAST, e.id
        """,
        complaint=complaint,
    )
    return [(row.leaf_index, bytes(row.body)) for row in rows]


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
