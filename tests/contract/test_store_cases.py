"""What a case costs to join, to list, to hold and to part does not grow with the history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from uuid import UUID

import pytest

from hub.store import case_lists, cases, holds
from hub.store.cases import NewLink
from hub.store.work import Store, Work
from tests.conftest import NOW, Database

HISTORY = 5000
SOME = 200
"""Rows of a table that may be read one after the other, at most: a history of any length has more."""
CONNECTOR = UUID(int=1 << 100)

_FILL = f"""
SET session_replication_role = replica;
INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, forward_from, manifest_sha256, first_seen_at,
                        seen_at)
VALUES ('{CONNECTOR}', 'contoh', '35', 'rest', 'portal', 'Dinas', 'x', now(), 'x', now(), now());
INSERT INTO cases (id, head, made_at) SELECT u, u, now()
FROM generate_series(1, {HISTORY}) AS n, LATERAL (SELECT md5('case ' || n)::uuid AS u) AS made;
INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, state, first_stored_at, channel, case_id)
SELECT md5('complaint ' || n)::uuid, '{CONNECTOR}', '35', decode(md5('ref ' || n), 'hex'), 1, 'accepted', now(), 'portal',
       md5('case ' || n)::uuid FROM generate_series(1, {HISTORY}) AS n;
ANALYZE;
"""


@pytest.fixture
def history(database: Database) -> None:
    """A store with many complaints, each a case of its own."""
    with database.connect(superuser=True) as connection:
        connection.execute(_FILL)
        found = connection.execute("SELECT md5('complaint 1')::uuid, md5('case 1')::uuid").fetchone()
        assert found == (complaint(1), case(1))


def complaint(number: int) -> UUID:
    return _md5(f"complaint {number}")


def case(number: int) -> UUID:
    return _md5(f"case {number}")


def _md5(text: str) -> UUID:
    return UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())


def link(work: Work, *pairs: tuple[int, int]) -> None:
    links = [
        NewLink(complaint=complaint(a), other=complaint(b), probability=0.9, reasons=[], model="x") for a, b in pairs
    ]
    cases.link(work, links, by="x", now=NOW)


def part(work: Work) -> None:
    numbers = [row.id for row in case_lists.links_of(work, [complaint(2)])]
    assert numbers
    cases.undo(work, numbers, by="x", model="x", now=NOW)


DONE: dict[str, Callable[[Work], object]] = {
    "join": lambda work: link(work, (4, 1), (5, 2)),
    "part": part,
    "list": lambda work: case_lists.members(work, case(2)),
    "hold": lambda work: holds.members(work, case(3)),
    "held": lambda work: holds.over(work, [complaint(1)], NOW.date()),
}
"""What is done to a case of three."""


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("what", DONE)
def test_no_step_reads_the_whole_history(store: Store, what: str) -> None:
    """An officer who unlinks, and a sync that links, wait as long in the tenth year as on the first day."""
    with store.begin() as work:
        link(work, (2, 1), (3, 2))
    with store.begin() as work:
        DONE[what](work)
        read = work.rows(
            "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname IN ('cases', 'complaints', 'links')"
        )
    assert {row.relname for row in read} >= {"cases"}
    assert all(row.seq_tup_read < SOME for row in read), [tuple(row) for row in read]


@pytest.mark.usefixtures("history")
def test_members_are_found_from_any_of_their_cases(store: Store) -> None:
    """Whichever case of a group is named, all its complaints are listed; a lone one lists itself."""
    with store.begin() as work:
        link(work, (2, 1), (3, 2))
        three = {complaint(n) for n in (1, 2, 3)}
        for named in (1, 2, 3):
            assert {row.id for row in case_lists.members(work, case(named))} == three
            assert {row.head for row in case_lists.members(work, case(named))} == {case(1)}
            assert {row.id for row in holds.members(work, case(named))} == three
        assert [row.id for row in case_lists.members(work, case(9))] == [complaint(9)]
