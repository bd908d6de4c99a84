"""Which secret is bound to which connector and host."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from hub.store.work import Work


def of(work: Work, name: str) -> set[tuple[UUID, str]]:
    """The connectors and hosts that a secret is bound to."""
    rows = work.rows("SELECT connector, host FROM bound_secrets WHERE name = :name", name=name)
    return {(row.connector, row.host) for row in rows}


def add(work: Work, name: str, connector: UUID, hosts: Collection[str], *, by: str, now: datetime) -> None:
    """Bind a secret; what is bound already stays as it is."""
    work.many(
        """
        INSERT INTO bound_secrets (name, connector, host, bound_at, bound_by) VALUES (:name, :connector, :host, :now, :by)
        ON CONFLICT DO NOTHING
        """,
        [{"name": name, "connector": connector, "host": host, "by": by, "now": now} for host in hosts],
    )
