"""Follow-ups that a registry refused go on their way again when a person says so; never one that may have arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.store.log import append_all
from hub.store.relays import entry
from hub.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """Follow-ups that are on their way again, and those that are not."""

    done: Sequence[UUID]
    doubtful: Sequence[UUID]
    """They may have arrived: somebody has to look (`resolve`)."""
    erased: Sequence[UUID]


_STOPPED = """
SELECT f.id, f.complaint, f.connector, f.region, f.registry, f.what, f.state, f.code,
       f.state = 'needs_human' AND f.attempts > 0 AS doubtful,
       f.key_id IS NOT NULL AND NOT EXISTS (SELECT FROM data_keys y WHERE y.id = f.key_id) AS erased
FROM follow_ups f JOIN connectors k ON k.id = f.connector
WHERE f.state IN ('refused', 'needs_human') AND f.state = ANY(CAST(:states AS text[]))
  AND coalesce(f.code, '') NOT IN ('history', 'erased')
  AND (CAST(:code AS text) IS NULL OR f.code = :code)
  AND (CAST(:registry AS text) IS NULL OR f.registry = :registry)
  AND (cardinality(CAST(:names AS text[])) = 0 OR k.name = ANY(CAST(:names AS text[])))
  AND (cardinality(CAST(:numbers AS text[])) = 0 OR CAST(f.id AS text) = ANY(CAST(:numbers AS text[]))
       OR CAST(f.complaint AS text) = ANY(CAST(:numbers AS text[])))
ORDER BY f.number FOR UPDATE OF f
"""


def put_back(
    work: Work,
    numbers: Sequence[str],
    *,
    states: Sequence[str],
    code: str | None,
    registry: str | None,
    names: Sequence[str],
    by: str,
    because: str,
    now: datetime,
) -> PutBack:
    """
    Queue again what is chosen, an entry each.

    `numbers`: of follow-ups, or complaint ids; empty means all that the other conditions choose. What was given up after
    a try may have arrived, and what an earlier time said is never sent.
    """
    rows = work.rows(
        _STOPPED,
        states=list(states),
        code=code,
        registry=registry,
        names=list(names),
        numbers=[number.strip().lower() for number in numbers],
    )
    again = [row for row in rows if not row.doubtful and not row.erased]
    work.run(
        """
        UPDATE follow_ups SET state = 'queued', tries = 0, due_at = :now, code = NULL, http = NULL, first_try_at = NULL,
               holder = NULL, token = NULL, until = NULL
        WHERE id = ANY(:ids)
        """,
        ids=[row.id for row in again],
        now=now,
    )
    append_all(work, [entry("redriven", row, now, by, {"was": row.state, "because": because[:500]}) for row in again])
    return PutBack(
        done=[row.id for row in again],
        doubtful=[row.id for row in rows if row.doubtful and not row.erased],
        erased=[row.id for row in rows if row.erased],
    )
