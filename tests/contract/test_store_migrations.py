"""The tables come up from nothing, on the server we bring and on the oldest one we promise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from hub.store import migrate
from hub.store.migrate import ensure, libpq
from hub.store.server import Embedded, StoreProblem, StoreUnavailable

if TYPE_CHECKING:
    from tests.conftest import Database

ROLES = {"satupintu_hub", "satupintu_owner", "satupintu_reader", "satupintu_sealer", "satupintu_worker"}
ENSURE = "import sys; from hub.store.migrate import ensure; ensure(sys.argv[1])"


def _one(url: str, statement: str) -> object:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        return row[0] if row else None


def _renamed(url: str, database: str, login: str = "postgres") -> str:
    return re.sub(r"//\w+@/\w+", f"//{login}@/{database}", url)


@pytest.fixture(params=["embedded", pytest.param("PostgreSQL 15", marks=pytest.mark.postgres15)])
def superuser(request: pytest.FixtureRequest) -> str:
    """A superuser's URL on each server."""
    if request.param == "embedded":
        cluster: Embedded = request.getfixturevalue("cluster")
        return libpq(cluster.uri("postgres"))
    url: str = request.getfixturevalue("postgres15")
    return url


def _fresh(superuser: str, name: str, *, owner: str = "postgres") -> str:
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name} OWNER {owner}")
    return _renamed(superuser, name)


def test_tables_come_up_from_empty(superuser: str) -> None:
    """An operator points the hub at an empty database, and everything is there; again, nothing happens."""
    url = _fresh(superuser, "from_empty")
    assert ensure(url) is True
    assert ensure(url) is False
    assert _one(url, "SELECT count(*) FROM outcomes") == 0
    assert (
        _one(_renamed(url, "from_empty", "satupintu_hub"), "SELECT version_num FROM alembic_version") == migrate.head()
    )


def test_two_databases_on_one_server_share_the_roles(superuser: str) -> None:
    """A test and a real hub may live on one server: the roles are made once."""
    for name in ("shared_a", "shared_b"):
        ensure(_fresh(superuser, name))
    with psycopg.connect(superuser) as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname ~ '^satupintu_(?!migrator)'").fetchall()
    assert sorted(str(row[0]) for row in rows) == sorted(ROLES)


def test_a_login_that_is_no_superuser_can_migrate(superuser: str) -> None:
    """On a government's own server the hub needs no superuser: CREATEROLE, the database and the owner role do."""
    ensure(_fresh(superuser, "seed"))
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS by_migrator")
        connection.execute("DROP ROLE IF EXISTS satupintu_migrator")
        connection.execute("CREATE ROLE satupintu_migrator LOGIN CREATEROLE")
    url = _fresh(superuser, "by_migrator", owner="satupintu_migrator")
    plain = _renamed(url, "by_migrator", "satupintu_migrator")
    if int(str(_one(superuser, "SHOW server_version_num"))) >= 160000:  # 15 lets CREATEROLE grant itself
        with pytest.raises(StoreProblem, match="GRANT satupintu_owner TO login"):
            ensure(plain)
    with psycopg.connect(superuser, autocommit=True) as connection:
        for role in ROLES - {"satupintu_hub"}:
            connection.execute(f"GRANT {role} TO satupintu_migrator WITH ADMIN OPTION")
    assert ensure(plain) is True
    assert _one(url, "SELECT tableowner FROM pg_tables WHERE tablename = 'entries'") == "satupintu_owner"


@pytest.mark.postgres15
def test_the_oldest_server_with_nothing_made_before(postgres15: str) -> None:
    """The first database on a fresh server of a government, by a login with CREATEROLE only."""
    with psycopg.connect(postgres15, autocommit=True) as connection:
        connection.execute("CREATE ROLE first_migrator LOGIN CREATEROLE")
    url = _fresh(postgres15, "very_first", owner="first_migrator")
    assert ensure(_renamed(url, "very_first", "first_migrator")) is True


def test_processes_that_start_at_once_make_the_tables_once(empty_database: Database) -> None:
    """Four workers of one machine start together on an empty database; all of them succeed."""
    command = [sys.executable, "-c", ENSURE, empty_database.superuser_url]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate(timeout=60)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert _one(empty_database.superuser_url, "SELECT count(*) FROM alembic_version") == 1


def test_tables_newer_than_the_code_are_left_alone(empty_database: Database) -> None:
    """An old release that is started by mistake says so and changes nothing."""
    with empty_database.connect(superuser=True) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    with pytest.raises(StoreProblem, match=r"9999.*newer release"):
        ensure(empty_database.superuser_url)
    assert _one(empty_database.superuser_url, "SELECT to_regclass('entries')") is None


def test_the_quick_look_and_alembic_agree_about_the_newest_version() -> None:
    """The head that is read from file names is the one that the migrations themselves name."""
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.head()


def test_a_server_that_is_away_is_told_without_the_password(tmp_path: Path) -> None:
    """A wrong address or a stopped server gives a sentence that may stand in any log."""
    with pytest.raises(StoreUnavailable) as caught:
        ensure(f"postgresql://hub:hunter2@/none?host={tmp_path}")
    assert "hunter2" not in str(caught.value) and "SATUPINTU_DATABASE_URL" in str(caught.value)
