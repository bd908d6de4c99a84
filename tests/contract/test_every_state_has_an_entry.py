"""A change without its entry does not exist: every state word of every table is watched, and the witness bites."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from hub.audit.entry import Entry
from hub.store.connectors import Connector, batch_is
from hub.store.log import append
from hub.store.migrate import libpq
from hub.store.server import StoreProblem
from hub.store.work import Store
from schemas.words import ACTS
from tests import witness
from tests.conftest import NOW, Database
from tests.witness import ANY, NO_STATE_COLUMNS, NO_STATES, RULES

_WORDS = """
SELECT c.conrelid::regclass::text, a.attname, pg_get_constraintdef(c.oid)
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
WHERE c.contype = 'c' AND pg_get_constraintdef(c.oid) LIKE '%= ANY%'
"""
TOLD = (
    "key_rotation_began key_rotation_ended watched exported asked reply_attempted follow_up_attempted replied key_made "
    "described configured uploaded"
)
"""Acts that change no state of their own, or tell before it is done."""


@pytest.fixture
def watched(database: Database) -> Iterator[Store]:
    """A store with the witness in its tables, and one connector that the superuser put there."""
    with psycopg.connect(libpq(database.superuser_url), autocommit=True) as superuser:
        witness.install(superuser)
        superuser.execute(
            """
            INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, forward_from, manifest_sha256,
                                    first_seen_at, seen_at)
            VALUES ('00000000-0000-4000-8000-000000000001', 'contoh', '35', 'rest', 'portal', 'x', 'x', now(), 'x', now(),
                    now())
            """
        )
    with Store(database.hub_url, clock=lambda: NOW) as store:
        yield store


def test_every_table_is_watched_or_says_why_not(database: Database) -> None:
    """Whoever adds a table has to say which entries tell of it, or why it holds no state."""
    with database.connect() as connection:
        found = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    watched = {rule.table for rule in RULES}
    assert found - watched == NO_STATES.keys() & found
    assert watched <= found and not watched & NO_STATES.keys()


def test_every_state_word_has_its_acts(database: Database) -> None:
    """A new word in a table without an act that tells of it makes this test fail, and so does an act that nobody knows."""
    with database.connect() as connection:
        columns = {
            (table, column): set(re.findall(r"'([^']+)'::text", said))
            for table, column, said in connection.execute(_WORDS).fetchall()
        }
    rules = {(rule.table, rule.word.removeprefix("{row}.")): rule for rule in RULES}
    for place, words in columns.items():
        if place in NO_STATE_COLUMNS or place[0] in NO_STATES:
            continue
        assert place in rules, f"{place}: no rule of tests/witness.py watches this column"
        acts = rules[place].acts
        assert words - acts.keys() == set() or ANY in acts, place
        assert acts.keys() - words - {ANY} == set(), f"{place}: words that the table does not have"
    assert NO_STATE_COLUMNS.keys() <= columns.keys()


def test_every_act_tells_of_something() -> None:
    """The catalogue has no act that nothing writes: each tells of a state, or is one of those that tell of a deed."""
    named = {act for rule in RULES for acts in (*rule.acts.values(), rule.gone or "") for act in acts.split()}
    assert named <= set(ACTS)
    assert set(ACTS) - named <= set(TOLD.split())


def test_a_change_without_its_entry_is_no_change(watched: Store) -> None:
    """The witness refuses a silent change, an entry of another act and an unknown word, and lets a told one pass."""
    change = "UPDATE connectors SET first_batch = 'held'"
    with (
        pytest.raises(StoreProblem, match=r"connectors\.first_batch became held without an entry"),
        watched.begin() as work,
    ):
        work.run(change)

    def other() -> None:
        with watched.begin() as work:
            work.run(change)
            append(work, Entry(act="watched", at=NOW, actor="test"))

    with pytest.raises(StoreProblem, match="told was: watched"):
        other()
    with watched.begin() as work:
        append(work, Entry(act="first_batch", at=NOW, actor="test"))
    with pytest.raises(StoreProblem), watched.begin() as work:
        work.run(change)  # the entry of an earlier transaction tells of nothing here
    with watched.begin() as work:
        row = work.one("SELECT id, name, region, mode, forward_from, first_batch, manifest_sha256 FROM connectors")
        assert row
        for state in ("held", "held", "passed"):
            batch_is(work, Connector(**row._mapping), state, by="test", now=NOW)
        told = work.rows("SELECT convert_from(body, 'UTF8') AS body FROM entries WHERE act = 'first_batch' ORDER BY id")
    assert ['"was":"open"' in one.body for one in told[1:]] == [True, False] and len(told) == 3
