"""What the hub's own login may and may not do, in raw SQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors

from hub.access import Sight
from hub.store.migrate import ensure
from hub.store.server import StoreProblem
from hub.store.work import Store, as_json

if TYPE_CHECKING:
    from tests.conftest import Database

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
ENTRY = "INSERT INTO entries (at, act, body) VALUES (now(), 'tested', 'x') RETURNING id"


def _as(connection: psycopg.Connection[tuple[object, ...]], role: str, statement: str) -> None:
    with connection.transaction():
        connection.execute(f"SET LOCAL ROLE {role}")
        connection.execute(statement)


@pytest.mark.parametrize(
    "role", ["satupintu_worker", "satupintu_nation", "satupintu_sealer", "satupintu_reader", "satupintu_hub"]
)
@pytest.mark.parametrize("act", ["UPDATE entries SET act = 'other'", "DELETE FROM entries", "TRUNCATE entries"])
def test_no_role_of_the_hub_changes_or_deletes_an_entry(database: Database, role: str, act: str) -> None:
    """Whoever holds the hub's password still cannot rewrite what the audit log says."""
    with database.connect() as connection:
        _as(connection, "satupintu_nation", ENTRY)
        with pytest.raises(errors.InsufficientPrivilege):
            _as(connection, role, act)


def test_even_a_superuser_needs_more_than_one_statement_to_rewrite_an_entry(database: Database) -> None:
    """A slip of an administrator does not change the log: the table itself refuses."""
    with database.connect(superuser=True) as connection:
        connection.execute(ENTRY)
        with pytest.raises(errors.RaiseException):
            connection.execute("UPDATE entries SET act = 'other'")


def test_the_hub_is_no_superuser_and_never_the_owner(database: Database) -> None:
    """The login of the hub cannot give itself rights, switch row security off or own the tables."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit, rolcanlogin FROM pg_roles "
            "WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False, False, True)
        for role in ("satupintu_owner", "postgres"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"SET ROLE {role}")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine (a int)")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("GRANT satupintu_owner TO satupintu_hub")


def test_without_a_role_the_login_reads_nothing(database: Database) -> None:
    """A forgotten SET LOCAL ROLE is an error, not a way around the roles."""
    with database.connect() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM complaints")


def test_the_owner_owns_everything(database: Database) -> None:
    """Tables, views, sequences and functions belong to a role that nobody can log in as."""
    with database.connect(superuser=True) as connection:
        rows = connection.execute(
            "SELECT DISTINCT r.rolname, r.rolcanlogin FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
            "WHERE relnamespace = 'public'::regnamespace UNION "
            "SELECT DISTINCT r.rolname, r.rolcanlogin FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner "
            "WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
    assert rows == [("satupintu_owner", False)]


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    """Something that fails halfway leaves no trace, and the error quotes no value."""
    with pytest.raises(StoreProblem) as caught, store.begin() as work:  # noqa: PT012
        work.run("INSERT INTO entries (at, act, body) VALUES (:now, 'first', '')", now=NOW)
        work.run(
            "INSERT INTO entries (at, act, body) VALUES (:now, :act, cast(:bad as int)::text::bytea)",
            now=NOW,
            act="second",
            bad="Siti Rahayu 0812",
        )
    assert "Siti" not in str(caught.value) and "0812" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    with store.begin() as work:
        assert work.value("SELECT count(*) FROM entries") == 0


def test_role_and_sight_end_with_the_transaction(store: Store) -> None:
    """What one region's transaction was allowed is not left over for the next one."""
    asked = "SELECT current_user::text, current_setting('satupintu.scope')"
    with store.begin("reader", "35") as work:
        assert work.one(asked) == ("satupintu_reader", "35")
    with store.begin() as work:
        assert work.one(asked) == ("satupintu_nation", "*")
    with store.within(Sight(scope="35")).begin(region="36") as work:
        assert work.one(asked) == ("satupintu_worker", "35"), "nobody asks for more than he sees"


def test_batches_locks_and_savepoints(store: Store) -> None:
    """The whole vocabulary of a transaction works on one connection."""
    with store.begin() as work:
        work.many("INSERT INTO entries (at, act, body) VALUES (:now, :act, '')", [{"now": NOW, "act": a} for a in "ab"])
        work.many("INSERT INTO entries (at, act, body) VALUES (:now, :act, '')", [])
        made = work.unnest(
            "INSERT INTO entries (at, act, region, body) SELECT * FROM "
            "unnest(%b::timestamptz[], %b::text[], %b::text[], %b::bytea[]) RETURNING id, act",
            [NOW, NOW], ["c", "d"], ["35", None], [b"\0", b""],
        )  # fmt: skip
        assert [row.act for row in made] == ["c", "d"]
        with pytest.raises(Exception, match="division"), work.savepoint():  # noqa: PT012
            work.run("INSERT INTO entries (at, act, body) VALUES (:now, 'undone', '')", now=NOW)
            work.run("SELECT 1 / 0")
        assert work.value("SELECT (:a)::jsonb ->> 'b'", a={"b": "c"}) == "c"
        assert work.value("SELECT jsonb_array_length(:a)", a=as_json([{"b": 1}, 2])) == 2
        assert work.lock("one") and work.lock("one", wait=False)
        with store.begin() as other:
            assert not other.lock("one", wait=False) and other.lock("two", wait=False)
    with store.begin() as work:
        assert work.lock("one", wait=False)
        assert [row.act for row in work.rows("SELECT act FROM entries ORDER BY id")] == list("abcd")
        assert work.one("SELECT 1 WHERE false") is None and work.value("SELECT 1 WHERE false") is None


def test_a_strong_login_works_and_is_told(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """An operator who gives the hub the superuser hears of it once and is not stopped."""
    with Store(database.superuser_url, clock=lambda: NOW) as store:
        for _ in range(2):
            with store.begin() as work:
                assert work.value("SELECT current_user::text") == "satupintu_nation"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_second_start_costs_one_select(database: Database) -> None:
    """Commands that find everything in place do not import the migration tool."""
    assert ensure(database.superuser_url) is False
    assert ensure(database.hub_url) is False
