"""The tables come up from nothing, on the server we bring and on the oldest one we promise."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from hub.store import migrate
from hub.store.migrate import ensure, libpq
from hub.store.server import Embedded, StoreProblem, StoreUnavailable

if TYPE_CHECKING:
    from tests.conftest import Database

ROLES = {f"satupintu_{name}" for name in ("hub", "nation", "owner", "reader", "sealer", "worker")}
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


FIRST_RELEASE = """
INSERT INTO connectors (id, name, region, kind, channel, owner, identity_hmac, forward_from, manifest_sha256,
                        first_seen_at, seen_at)
VALUES ('00000000-0000-4000-8000-0000000000c1', 'lama', '35', 'rest', 'portal', 'Dinas', 'x', now(), 'sha', now(), now());
INSERT INTO intervals (connector, region, what, to_at, opened_at)
SELECT id, '35', 'new', now(), now() FROM connectors;
INSERT INTO registries (name, sha256, seen_at) VALUES ('sp4n', 'sha', now());
INSERT INTO complaints (id, connector, region, ref_hmac, incarnation, state, first_stored_at, channel)
SELECT format('00000000-0000-4000-8000-00000000000%s', n)::uuid, c.id, '35', n::text::bytea, 1,
       (ARRAY['accepted', 'quarantined', 'rejected', 'waiting', 'waiting'])[n], format('2026-11-0%sT20:00:00Z', n)::timestamptz,
       'portal'
FROM connectors c, generate_series(1, 5) n;
INSERT INTO refs (connector, ref_hmac, incarnation, region, version, content_hmac, complaint)
SELECT connector, ref_hmac, 1, '35', 1, 'x', id FROM complaints;
INSERT INTO items (connector, region, ref_hmac, version, complaint, content_hmac, key_id, ref_enc, raw_enc, media,
                   commitment, interval_id, manifest_sha256, received_at, state)
SELECT c.connector, '35', c.ref_hmac, 1, c.id, 'x', gen_random_uuid(), '', '', 'json', '', i.id, 'sha', now(),
       CASE c.state WHEN 'waiting' THEN 'pending' WHEN 'quarantined' THEN 'pending' ELSE c.state END
FROM complaints c, intervals i ORDER BY c.id;
INSERT INTO quarantine (connector, region, complaint, item_id, reasons, manifest_sha256, made_at)
SELECT i.connector, '35', i.complaint, i.id, '[]', 'older', now() FROM items i JOIN complaints c ON c.id = i.complaint
WHERE c.state = 'quarantined';
INSERT INTO attachments (region, complaint, item_id, key_id, number, name_enc, media_type)
SELECT '35', complaint, id, key_id, 1, '', 'image/jpeg' FROM items;
INSERT INTO deliveries (complaint, registry, connector, region, due_at, queued_at, manifest_sha256)
SELECT id, 'sp4n', connector, '35', now(), now(), 'sha' FROM complaints WHERE state = 'accepted';
"""


def test_a_store_of_the_first_release_goes_on(empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever upgrades keeps every complaint, its word and its day; accept goes on where it was."""
    url, upgrade = empty_database.superuser_url, command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0001"))
        ensure(url)
    with empty_database.connect(superuser=True) as connection:
        connection.execute(FIRST_RELEASE)
    assert ensure(url) is True
    with empty_database.connect(superuser=True) as connection:
        words = connection.execute("SELECT day::text, word FROM outcomes ORDER BY day").fetchall()
        mark, waits, files = connection.execute(
            "SELECT accepted_to, (SELECT count(*) FROM items i WHERE i.id > accepted_to), "
            "(SELECT count(*) FROM attachments) FROM connectors"
        ).fetchall()[0]
    # 20:00 UTC is the next day in Jakarta
    assert words == [
        ("2026-11-02", "on_the_way"),
        ("2026-11-03", "quarantined"),
        ("2026-11-04", "rejected"),
        ("2026-11-05", "waiting"),
        ("2026-11-06", "waiting"),
    ]
    assert (mark, waits, files) == (3, 2, 5)


def test_what_was_received_is_never_changed(database: Database) -> None:
    """The worker adds items; of those that are there it can only say to which complaint they belong."""
    with database.connect() as connection:
        for change in ("raw_enc = ''", "received_at = now()", "version = 2"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():  # noqa: PT012
                connection.execute("SET LOCAL ROLE satupintu_nation")
                connection.execute(f"UPDATE items SET {change}".encode())
        with connection.transaction():
            connection.execute("SET LOCAL ROLE satupintu_nation")
            connection.execute("UPDATE items SET complaint = complaint")
