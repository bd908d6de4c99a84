"""Which complaints somebody's entries name or reach: the breach question, answered from the index of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hub.store import search
from hub.store.search import Asked
from hub.store.work import Work


def named(work: Work, asked: Asked) -> list[tuple[UUID, str, int, datetime, datetime]]:
    """(complaint, act, entries, first, last) of all sealed entries that fit and name a complaint."""
    found = search.conditions(work, asked)
    if found is None:
        return []
    sql, params = found
    rows = work.rows(
        f"""
        SELECT g.complaint, w.word, g.entries, g.first, g.last FROM (
            SELECT i.complaint, i.act, count(*) AS entries, min(i.at) AS first, max(i.at) AS last FROM log_index i
            WHERE i.complaint IS NOT NULL {sql} GROUP BY i.complaint, i.act
        ) g JOIN log_words w ON w.id = g.act
        """,
        **params,
    )
    return [(row.complaint, row.word, row.entries, row.first, row.last) for row in rows]


def stored(work: Work, *, until: datetime, names: Sequence[str] = ()) -> list[UUID]:
    """The complaints that the hub had stored by then, of these connectors or of all: what an export could hold."""
    rows = work.tuples(
        """
        SELECT c.id FROM complaints c JOIN connectors k ON k.id = c.connector
        WHERE c.first_stored_at <= %b AND (cardinality(%b::text[]) = 0 OR k.name = ANY(%b::text[]))
        """,
        (until, list(names), list(names)),
    )
    return [one for (one,) in rows]


def handed_over(work: Work, connector: UUID, first: int, last: int) -> list[UUID]:
    """The complaints whose answers stood in a file of a connector, by the numbers of its first and last line."""
    rows = work.rows(
        "SELECT DISTINCT complaint FROM replies WHERE connector = :connector AND id BETWEEN :first AND :last AND code = 'file'",
        connector=connector,
        first=first,
        last=last,
    )
    return [row.complaint for row in rows]


def places(work: Work, chosen: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Complaint -> (name of its connector, region)."""
    rows = work.tuples(
        """
        SELECT c.id, k.name, c.region FROM unnest(%b::uuid[]) AS u(id)
        JOIN complaints c ON c.id = u.id JOIN connectors k ON k.id = c.connector
        """,
        (list(chosen),),
    )
    return {number: (name, region) for number, name, region in rows}


def tokens(work: Work, chosen: Sequence[UUID]) -> list[tuple[UUID, bytes]]:
    """(complaint, keyed hash of what its reporter is known by); none of one who is anonymous or erased."""
    rows: list[tuple[Any, ...]] = work.tuples(
        "SELECT t.complaint, t.token FROM unnest(%b::uuid[]) AS u(id) JOIN reporter_tokens t ON t.complaint = u.id",
        (list(chosen),),
    )
    return [(complaint, bytes(token)) for complaint, token in rows]
