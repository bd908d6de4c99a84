"""Compares every station with its neighbours and with the log: a row or an entry that somebody took away leaves a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hub.store import search
from hub.store.work import Work

MOST: Final = 20
"""So many are named of each sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What does not agree: a key of hub.oversight's sentences, how many, and the first of them by id."""

    what: str
    count: int
    first: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Rows (`complaint`, and `n` where each has its own entry) that cannot be there without one of these acts."""

    what: str
    rows: str
    acts: tuple[str, ...]
    counted: bool = False


def _states(table: str, states: str, *acts: str) -> Station:
    rows = f"SELECT {'id AS complaint' if table == 'complaints' else 'complaint'} FROM {table} WHERE {states}"
    return Station(what=f"{table}:{acts[0]}", rows=rows, acts=acts)


STATIONS: Final = (
    _states("complaints", "state IN ('accepted', 'withheld_repeat')", "accepted", "released"),
    _states("complaints", "state = 'held'", "held"),
    _states("complaints", "state = 'quarantined'", "quarantined"),
    _states("complaints", "state = 'rejected'", "rejected", "completed", "erased"),
    Station(
        what="attempts:attempted",
        rows="""SELECT d.complaint, count(*) AS n FROM attempts a JOIN deliveries d ON d.id = a.delivery
                GROUP BY d.complaint""",
        acts=("attempted",),
        counted=True,
    ),
    _states("deliveries", "registry_id IS NOT NULL", "forwarded", "resolved"),
    _states("deliveries", "state = 'unknown'", "unknown"),
    _states("deliveries", "state = 'refused'", "refused", "erased"),
    _states("deliveries", "redriven_at IS NOT NULL", "redriven"),
    _states("events", "source = 'registry' OR what = 'receipt'", "followed"),
    _states("events", "what = 'incomplete'", "asked"),
    _states("replies", "attempts > 0", "reply_attempted"),
    _states("follow_ups", "attempts > 0", "follow_up_attempted"),
    _states("follow_ups", "state = 'sent'", "followed_up", "resolved"),
    Station(
        what="erasures:erased",
        rows="""SELECT c.id AS complaint FROM complaints c WHERE c.key_id IS NOT NULL
                AND NOT EXISTS (SELECT FROM data_keys k WHERE k.id = c.key_id)""",
        acts=("erased",),
    ),
)
"""Station by station: which rows of a complaint need which entry about it."""

_WAITING: Final = """
WITH waiting AS MATERIALIZED (
    SELECT e.act, e.complaint, e.body FROM entries e LEFT JOIN leaves l ON l.entry = e.id WHERE l.entry IS NULL
), told AS NOT MATERIALIZED (
    SELECT i.complaint FROM log_index i JOIN log_words w ON w.id = i.act
    WHERE w.what = 'act' AND w.word = ANY(:acts) AND i.complaint IS NOT NULL
    UNION ALL SELECT complaint FROM waiting WHERE act = ANY(:acts) AND complaint IS NOT NULL
)
"""
_WITHOUT: Final = """
SELECT s.complaint AS id FROM ({rows}) s WHERE NOT EXISTS (SELECT FROM told t WHERE t.complaint = s.complaint)
"""
_OTHERWISE: Final = """
SELECT complaint AS id FROM ({rows}) s FULL JOIN (SELECT complaint, count(*) AS n FROM told GROUP BY complaint) t
USING (complaint) WHERE s.n IS DISTINCT FROM t.n
"""


def amiss(work: Work) -> Iterator[Missing]:
    """Everything that does not agree; nothing is said of the log while entries of an older version are not indexed yet."""
    yield from _between(work)
    if search.indexed(work) != work.value("SELECT coalesce(max(leaf_index) + 1, 0) FROM leaves"):
        return
    yield from _found(work, "pulled:stored", _PULLED, {})
    for one in STATIONS:
        compared = (_OTHERWISE if one.counted else _WITHOUT).format(rows=one.rows)
        yield from _found(work, one.what, compared, {"acts": list(one.acts)}, head=_WAITING)


def _between(work: Work) -> Iterator[Missing]:
    for what, rows in _NEIGHBOURS.items():
        yield from _found(work, what, rows, {})


def _found(work: Work, what: str, rows: str, params: dict[str, list[str]], *, head: str = "") -> Iterator[Missing]:
    found = work.rows(
        f"{head} SELECT id, count(*) OVER () AS n FROM ({rows}) f GROUP BY id ORDER BY id LIMIT :most",
        most=MOST,
        **params,
    )
    if found:
        yield Missing(what=what, count=found[0].n, first=tuple(str(row.id) for row in found))


_NEIGHBOURS: Final = {
    "items:interval": """
        SELECT v.id FROM intervals v LEFT JOIN (SELECT interval_id, count(*) AS n FROM items GROUP BY interval_id) i
        ON i.interval_id = v.id WHERE v.new_items <> coalesce(i.n, 0)
        UNION ALL SELECT i.interval_id FROM items i WHERE NOT EXISTS (SELECT FROM intervals v WHERE v.id = i.interval_id)""",
    "items:head": """
        SELECT r.complaint AS id FROM refs r JOIN (
            SELECT connector, ref_hmac, max(version) AS latest FROM refs GROUP BY connector, ref_hmac
        ) h ON h.connector = r.connector AND h.ref_hmac = r.ref_hmac AND h.latest = r.version
        WHERE h.latest <> (SELECT count(*) FROM items i WHERE i.connector = r.connector AND i.ref_hmac = r.ref_hmac)""",
    "heads:item": """
        SELECT i.complaint AS id FROM items i WHERE NOT EXISTS (
            SELECT FROM refs r WHERE r.connector = i.connector AND r.ref_hmac = i.ref_hmac)""",
    "complaints:head": """
        SELECT c.id FROM complaints c WHERE NOT EXISTS (SELECT FROM refs r WHERE r.complaint = c.id
            AND r.connector = c.connector AND r.ref_hmac = c.ref_hmac)""",
    "complaints:accepted_to": """
        SELECT r.complaint AS id FROM refs r JOIN connectors n ON n.id = r.connector
        WHERE NOT EXISTS (SELECT FROM complaints c WHERE c.id = r.complaint)
          AND (SELECT min(i.id) FROM items i WHERE i.connector = r.connector AND i.ref_hmac = r.ref_hmac
               AND i.complaint = r.complaint) <= n.accepted_to""",
}
"""What two stations hold of the same thing without asking the log; ids of intervals or complaints."""

_PULLED: Final = """
SELECT id FROM intervals FULL JOIN (
    SELECT CAST(b.body -> 'detail' ->> 'interval' AS bigint) AS id, sum(CAST(b.body ->> 'count' AS bigint)) AS n FROM (
        SELECT CAST(convert_from(e.body, 'UTF8') AS json) AS body FROM entries e
        WHERE e.act = 'pulled' AND position(convert_to('"code":"stored"', 'UTF8') IN e.body) > 0
    ) b GROUP BY 1
) told USING (id) WHERE coalesce(new_items, 0) <> coalesce(n, 0)
"""
