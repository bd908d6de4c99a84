"""How far `dedup rebuild` has come, shard by shard, and which complaints come next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One step of one shard of a rebuild."""

    model: str
    since: int
    """The first number (hub.store.candidates)."""
    step: str
    """features | report | apply"""
    shard: int
    of: int

    def next(self, work: Work, come_to: int, limit: int) -> list[tuple[UUID, int]]:
        """The complaints behind a number, with theirs."""
        rows = work.rows(
            """
            SELECT id, dedup_n FROM complaints
            WHERE dedup_n > :come_to AND (dedup_n + 2147483648) % :of = :rest ORDER BY dedup_n LIMIT :limit
            """,
            come_to=come_to,
            of=self.of,
            rest=self.shard - 1,
            limit=limit,
        )
        return [(row.id, row.dedup_n) for row in rows]

    def begin(self, work: Work, now: datetime) -> tuple[int, dict[str, int]]:
        """Where it goes on and what it has counted; what has ended begins anew."""
        row = work.one(
            """
            INSERT INTO rebuilds AS r (model, since, step, shard, of, come_to, begun_at)
            VALUES (:model, :since, :step, :shard, :of, :since - 1, :now)
            ON CONFLICT (model, since, step, shard, of) DO UPDATE SET
                come_to = CASE WHEN r.ended_at IS NULL THEN r.come_to ELSE excluded.come_to END,
                counts = CASE WHEN r.ended_at IS NULL THEN r.counts ELSE '{}' END, ended_at = NULL
            RETURNING come_to, counts
            """,
            **self._named,
            now=now,
        )
        assert row is not None
        return row.come_to, dict(row.counts)

    def come(self, work: Work, come_to: int, counts: Mapping[str, int]) -> None:
        """So far it has come."""
        work.run(
            f"UPDATE rebuilds SET come_to = :to, counts = :counts {_THIS}",
            **self._named,
            to=come_to,
            counts=dict(counts),
        )

    def end(self, work: Work, now: datetime) -> None:
        """It is done."""
        work.run(f"UPDATE rebuilds SET ended_at = :now {_THIS}", **self._named, now=now)

    def done(self, work: Work) -> bool:
        """It has ended before."""
        return bool(work.value(f"SELECT ended_at IS NOT NULL FROM rebuilds {_THIS}", **self._named))

    @property
    def _named(self) -> dict[str, object]:
        return {"model": self.model, "since": self.since, "step": self.step, "shard": self.shard, "of": self.of}


_THIS = "WHERE model = :model AND since = :since AND step = :step AND shard = :shard AND of = :of"


def unnumbered(work: Work, since: datetime, limit: int) -> list[UUID]:
    """Complaints that nobody can find: an older release accepted them."""
    rows = work.rows(
        """
        SELECT c.id FROM complaints c JOIN data_keys k ON k.id = c.key_id
        WHERE c.dedup_n IS NULL AND c.case_id IS NOT NULL AND c.canonical_enc IS NOT NULL
          AND coalesce(c.submitted_at, c.accepted_at) >= :since
        ORDER BY coalesce(c.submitted_at, c.accepted_at), c.id LIMIT :limit
        """,
        since=since,
        limit=limit,
    )
    return [row.id for row in rows]
