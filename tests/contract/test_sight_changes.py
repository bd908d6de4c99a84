"""What a transaction changes of other regions, and what it can tell from how it is refused: nothing and nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.access import EVERYTHING, Sight
from hub.privacy import Vault
from hub.store.work import Store, StoreProblem, Work
from tests.conftest import Database
from tests.contract.test_sight import (
    OF_NO_COMPLAINT,
    ROLES,
    UNASKED,
    all_of_it,
    filled,
    filled_in,
    queries,
    relations,
)
from tests.regions import ACCUSING, ALL, GLOBAL, NATION_ONLY, NEIGHBOUR, OURS, UNREAD, Marked, tables

__all__ = ["all_of_it", "filled"]  # fixtures

GHOST = Marked(region="63.06", number=109)
"""A region of which there is no row at all."""
_ALL_SIGHT = """
SELECT set_config('role', 'satupintu_nation', true), set_config('satupintu.scope', '*', true),
       set_config('satupintu.institution', '', true), set_config('satupintu.inspects', 'on', true)
"""


class _Undo(Exception):
    pass


def marks(work: Work, names: list[str], whose: Marked) -> dict[str, set[str]]:
    """The rows of that region in these tables, as digests; a table whose rows say no region by their words."""
    traces = [f"%{one}%" for one in (*whose.traces, whose.word.encode().hex())]
    parts = []
    for name in names:
        seen = f"SELECT r::text AS t, to_jsonb(r) AS j FROM {name} r"
        own = "j->>'region' = :region OR NOT j ? 'region' AND t LIKE ANY (:traces)"
        parts.append(f"SELECT '{name}' AS name, array_agg(md5(t)) AS rows FROM ({seen}) s WHERE {own}")
    found = work.rows(" UNION ALL ".join(parts), region=whose.region, traces=traces)
    return {row.name: set(row.rows or ()) for row in found}


def left_of(
    store: Store, one: Callable[..., Any], vault: Vault, whose: Marked, names: list[str]
) -> dict[str, set[str]] | None:
    """The rows of that region when a function of the store has been called about them; None where it was refused."""
    found: dict[str, set[str]] | None = None
    try:
        with store.begin() as work:
            positional, named = filled_in(one, work, vault, whose)
            given = one(*positional, **named)
            if isinstance(given, Iterator):
                list(given)
            work.run(_ALL_SIGHT)
            found = marks(work, names, whose)
            raise _Undo
    except _Undo:
        return found
    except Exception:  # noqa: BLE001 -- refused: the transaction is undone, and nothing was changed
        return None


@pytest.mark.parametrize(
    ("sight", "whose"),
    [
        (Sight(scope="63.05"), OURS),
        (Sight(scope="63.04", institution="kominfo"), ACCUSING),
        (Sight(scope="*", institution="pekerjaan_umum"), ACCUSING),
    ],
    ids=["neighbour", "accused region", "accused ministry"],
)
def test_no_function_of_the_store_changes_what_its_sight_does_not_show(
    filled: Database, all_of_it: Store, vault: Vault, sight: Sight, whose: Marked
) -> None:
    """Every public function of hub.store, called about the rows of others: afterwards they are what they were."""
    with filled.connect(superuser=True) as connection:
        names = [name for name in tables(connection) if name not in GLOBAL and name not in NATION_ONLY]
    if whose is ACCUSING:  # of what accuses it a region has the channel, no complaint
        names = [name for name in names if name not in OF_NO_COMPLAINT]
    with all_of_it.begin() as work:
        before = marks(work, names, whose)
    ran, changed = 0, []
    for name, one in queries():
        after = None if name in UNASKED else left_of(all_of_it.within(sight), one, vault, whose, names)
        if after is not None:
            ran += 1
            changed += [(name, table) for table in names if not before[table] <= after[table]]
            if whose is not ACCUSING:
                changed += [(name, table) for table in names if not after[table] <= before[table]]
    assert changed == []
    assert ran >= 200 and sum(map(len, before.values())) >= 20
    with all_of_it.begin() as work:
        assert marks(work, names, whose) == before


def test_the_same_functions_do_change_ones_own(filled: Database, all_of_it: Store, vault: Vault) -> None:
    """The matrix above is not empty-handed: for whoever sees these rows, many of the functions change them."""
    with filled.connect(superuser=True) as connection:
        names = [name for name in tables(connection) if name not in GLOBAL and name not in NATION_ONLY]
    with all_of_it.begin() as work:
        before = marks(work, names, OURS)
    after = [left_of(all_of_it.within(EVERYTHING), one, vault, OURS, names) for _, one in queries()]
    assert sum(found is not None and found != before for found in after) >= 40


_OWN_COUNTERS = {"rejudged.change", "replies.claim"}
"""Their answers differ by themselves: a fresh commitment, a fencing number."""


def outcome(store: Store, one: Callable[..., Any], vault: Vault, whose: Marked) -> str:
    """What is answered, or how it is refused, without what was asked for."""
    said = ""
    try:
        with store.begin() as work:
            positional, named = filled_in(one, work, vault, whose)
            given = one(*positional, **named)
            said = repr(list(given) if isinstance(given, Iterator) else given)
            raise _Undo
    except _Undo:
        pass
    except Exception as error:  # noqa: BLE001 -- how it is refused is what we look at
        said = f"{type(error).__name__} {error}"
    for trace in (*whose.traces, whose.word.encode().hex(), whose.region, str(whose.number)):
        said = said.replace(trace, "?")
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+", "?", said)


def test_what_is_foreign_is_answered_like_what_does_not_exist(all_of_it: Store, vault: Vault) -> None:
    """No count, refusal, conflict or number tells whether a row that is not to be seen is there."""
    store = all_of_it.within(Sight(scope=NEIGHBOUR.region))
    told = {
        name
        for name, one in queries()
        if name not in UNASKED and outcome(store, one, vault, OURS) != outcome(store, one, vault, GHOST)
    }
    assert told <= _OWN_COUNTERS


def test_statistics_and_numbers_tell_nothing(filled: Database, all_of_it: Store) -> None:
    """What PostgreSQL keeps about rows, and how far its sequences have come, is not to be read with any role's sight."""
    with filled.connect(superuser=True) as connection:
        connection.autocommit = True
        connection.execute("ANALYZE")
        found = connection.execute("SELECT c.relname FROM pg_class c WHERE c.relkind = 'S'").fetchall()
    for role in ROLES:
        with all_of_it.within(Sight(scope=NEIGHBOUR.region)).begin(role) as work:
            rows = work.rows("SELECT s::text AS said FROM pg_stats s WHERE schemaname = 'public'")
            assert [one for row in rows for whose in (OURS, ACCUSING, UNREAD) for one in whose.found_in(row.said)] == []
        for (name,) in found:
            with all_of_it.within(Sight(scope=NEIGHBOUR.region)).begin(role) as work:
                may = work.value("SELECT has_sequence_privilege(:name, 'SELECT')", name=name)
            assert not may, (role, name)


def test_a_plan_counts_no_foreign_row(filled: Database, all_of_it: Store) -> None:
    """EXPLAIN ANALYZE tells rows that were left out by a filter; not whose they are, and never a value of theirs."""
    for relation in relations(filled):
        for role in ROLES:
            try:
                with all_of_it.within(Sight(scope=NEIGHBOUR.region)).begin(role) as work:
                    rows = work.rows(f"EXPLAIN (ANALYZE, VERBOSE, COSTS) SELECT * FROM {relation}")
            except StoreProblem:
                continue
            said = " ".join(str(row[0]) for row in rows)
            assert [one for whose in ALL if whose is not NEIGHBOUR for one in whose.found_in(said)] == [], relation
