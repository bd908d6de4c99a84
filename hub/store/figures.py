"""Counts about everything the hub holds: what oversight compares and shows; it only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.store.work import Work
from schemas.words import OUTCOMES

_SUMS = ", ".join(f"sum({word})::bigint AS {word}" for word in ("stored", *OUTCOMES, "lost"))


def conservation(work: Work) -> dict[str, dict[str, int]]:
    """By connector: how many complaints are stored, and how many stand at each of the seven words (and at none: lost)."""
    rows = work.rows(f"SELECT connector, {_SUMS} FROM conservation GROUP BY connector ORDER BY connector")
    return {row.connector: {word: getattr(row, word) for word in ("stored", *OUTCOMES, "lost")} for row in rows}


def complaints(work: Work) -> dict[str, int]:
    """By connector: how many complaints the tables themselves hold, waiting ones with them, to compare the view with."""
    rows = work.rows(
        """
        SELECT n.name, count(*) AS complaints
        FROM (SELECT connector, complaint FROM refs UNION SELECT connector, id FROM complaints) c
        JOIN connectors n ON n.id = c.connector GROUP BY n.name
        """
    )
    return {row.name: row.complaints for row in rows}


def astray(work: Work, most: int = 20) -> list[str]:
    """Complaints without a word, or with two; ids only, at most `most`."""
    rows = work.rows(
        """
        SELECT complaint FROM outcomes GROUP BY complaint
        HAVING count(*) <> 1 OR count(word) <> 1 ORDER BY complaint LIMIT :most
        """,
        most=most,
    )
    return [str(row.complaint) for row in rows]


def owed(work: Work) -> Sequence[Any]:
    """Open intervals by connector: how many, and since when the oldest is owed."""
    return work.rows(
        """
        SELECT n.name, count(*) AS intervals, min(i.opened_at) AS since
        FROM intervals i JOIN connectors n ON n.id = i.connector
        WHERE i.closed_at IS NULL GROUP BY n.name ORDER BY n.name
        """
    )


def channels(work: Work, now: datetime, span: timedelta) -> Sequence[Any]:
    """Every connector that is not retired: first seen, its latest item, and the complaints it brought in `span`."""
    return work.rows(
        """
        SELECT n.name, n.mode, n.first_seen_at,
               (SELECT max(i.received_at) FROM items i WHERE i.connector = n.id) AS last_item,
               (SELECT count(*) FROM refs r WHERE r.connector = n.id AND r.first_stored_at > :since) AS lately
        FROM connectors n WHERE n.mode <> 'retired' ORDER BY n.name
        """,
        since=now - span,
    )


def stuck(work: Work) -> dict[str, int]:
    """Work for people: deliveries and answers whose outcome is unknown, needs_human, and open reviews by what they are."""
    rows = work.rows(
        """
        SELECT 'deliveries_' || state AS what, count(*) AS n FROM deliveries
        WHERE state IN ('unknown', 'needs_human') GROUP BY state
        UNION ALL SELECT 'answers_' || state, count(*) FROM replies WHERE state IN ('unknown', 'refused') GROUP BY state
        UNION ALL SELECT 'reviews_' || what, count(*) FROM reviews WHERE closed_at IS NULL GROUP BY what
        ORDER BY what
        """
    )
    return {row.what: row.n for row in rows}


def refused(work: Work) -> dict[str, int]:
    """By connector: deliveries that the registry refused and nobody has settled or erased since."""
    rows = work.rows(
        """
        SELECT n.name, count(*) AS n FROM deliveries d JOIN connectors n ON n.id = d.connector
        WHERE d.state = 'refused' AND d.code IS DISTINCT FROM 'erased' GROUP BY n.name ORDER BY n.name
        """
    )
    return {row.name: row.n for row in rows}


def unsealed(work: Work) -> tuple[int, datetime | None]:
    """How many entries have no leaf yet, and the time of the oldest of them."""
    row = work.one(
        """
        SELECT count(*) AS n, min(e.at) AS since FROM entries e
        WHERE NOT EXISTS (SELECT FROM leaves l WHERE l.entry = e.id)
        """
    )
    assert row is not None
    return row.n, row.since


def pulled(work: Work) -> dict[str, int]:
    """By connector: how many things were pulled; later versions of the same one are counted beside, never inside."""
    rows = work.rows(
        """
        SELECT n.name, count(DISTINCT i.complaint) AS items FROM connectors n LEFT JOIN items i ON i.connector = n.id
        GROUP BY n.name ORDER BY n.name
        """
    )
    return {row.name: row.items for row in rows}


def totals(work: Work) -> Mapping[str, int]:
    """The figures that are one number for the whole hub."""
    row = work.one(
        """
        SELECT (SELECT count(*) FROM (
                   SELECT FROM complaints c JOIN cases k ON k.id = c.case_id GROUP BY k.head HAVING count(*) > 1
               ) many) AS cases_with_two_or_more,
               (SELECT count(*) FROM events
                WHERE source = 'registry' AND what = 'status' AND status <> 'unknown') AS statuses_brought_back,
               (SELECT count(*) FROM replies WHERE state = 'sent') AS answers_sent,
               (SELECT coalesce(max(leaf_index) + 1, 0) FROM leaves) AS entries_sealed
        """
    )
    assert row is not None
    return dict(row._mapping)
