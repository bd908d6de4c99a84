"""Complaints without texts, as rows: enough for what is asked of cases and keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from hub.access import operator
from hub.store import cases
from hub.store.work import Store, Work

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


def connector(work: Work, region: str = "35") -> UUID:
    """A connector of that region."""
    own = uuid4()
    work.run(
        """
        INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, forward_from, manifest_sha256,
                                first_seen_at, seen_at)
        VALUES (:id, :name, :region, 'rest', 'portal', 'Dinas', :own, :now, 'x', :now, :now)
        """,
        id=own,
        name=f"c-{own.hex[:12]}",
        region=region,
        own=own.bytes,
        now=NOW,
    )
    return own


def complaints(work: Work, count: int, region: str = "35") -> list[UUID]:
    """Accepted complaints, each in a case of its own; the first is the oldest."""
    own, made = connector(work, region), sorted(uuid4() for _ in range(count))
    for complaint, case in zip(made, cases.make(work, count, region, NOW), strict=True):
        work.run(
            """
            INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, state, first_stored_at, channel, case_id)
            VALUES (:id, :connector, :region, :ref, 1, 'accepted', :now, 'portal', :case)
            """,
            id=complaint,
            connector=own,
            region=region,
            ref=complaint.bytes,
            now=NOW,
            case=case,
        )
    return made


def view(work: Work, known: Sequence[UUID]) -> set[frozenset[int]]:
    """The cases of these complaints, as sets of their places in the list."""
    found: dict[UUID, set[int]] = {}
    for complaint, head in cases.of(work, known).items():
        found.setdefault(head, set()).add(known.index(complaint))
    return {frozenset(one) for one in found.values()}


def dump(work: Work, known: Sequence[UUID]) -> list[tuple[Any, ...]]:
    """Everything that a case is made of, but for its events."""
    return work.tuples(
        """
        SELECT s.id, s.head, s.number, c.id, c.state, c.reason, c.behind, c.case_id
        FROM complaints c JOIN cases s ON s.id = c.case_id WHERE c.id = ANY(%b::uuid[]) ORDER BY s.number
        """,
        (list(known),),
    )


def hub_of(store: Store) -> Any:
    """As much of a hub as a person's decision needs."""
    return SimpleNamespace(store=store, clock=lambda: NOW, actor="hub@test", who=operator("hub@test"))
