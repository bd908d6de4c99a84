"""Brings a database to the tables that this code knows: roles first, then the migrations, by one process at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from hub.store.server import HUB_LOGIN, StoreProblem, StoreUnavailable

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

MIGRATIONS = Path(__file__).with_name("migrations")
OWNER = "satupintu_owner"
NATION = "satupintu_nation"
"""The worker of the hub's own processes, which serve all regions: policies of row-level security do not narrow it."""
WORKING = ("satupintu_worker", "satupintu_sealer", "satupintu_reader", NATION)
OLDEST_SERVER = 15
TURNS = 10
"""How often we try again when another database of the same server makes the same roles at the same moment."""
_LOCK = 0x5A7_0917_0000_0001


def ensure(migration_url: str, hub_login: str = HUB_LOGIN) -> bool:
    """
    Roles and tables as this code needs them; true if something had to be done, else one SELECT was all.

    `migration_url`: an SQLAlchemy or libpq URL of a login that is superuser, or has CREATEROLE and owns the database;
    `hub_login`: the login that the hub works with, made (without password) if it is satupintu_hub and missing.
    Raises StoreProblem: server older than 15, tables newer than the code, a right is missing.
    """
    import psycopg

    try:
        with _connected(migration_url) as connection:
            if _current(connection) == head():
                return False
            _migrate(connection, migration_url, hub_login)
            return True
    except psycopg.errors.InsufficientPrivilege as error:
        raise _missing_right(error) from None
    except psycopg.OperationalError as error:
        raise unavailable(error) from None


def version_of(url: str) -> str | None:
    """The version of the tables as they stand, None where there are none; nothing is changed. Raises StoreProblem."""
    from psycopg import OperationalError

    try:
        with _connected(url) as connection:
            return _current(connection)
    except OperationalError as error:
        raise unavailable(error) from None


def manifests_of(url: str) -> dict[str, str]:
    """
    Every version of every manifest that the tables keep, by name and the beginning of its SHA-256; nothing is changed.

    Of tables that are not there yet, none. Raises StoreProblem.
    """
    from psycopg import OperationalError, errors

    statement = """
        SELECT c.name || '@' || left(m.sha256, 12), m.body FROM manifests m JOIN connectors c ON c.id = m.connector
        ORDER BY m.seen_at, 1
    """
    registered = "SELECT name || '@' || left(sha256, 12), body FROM registrations ORDER BY made_at, name, version"
    try:
        with _connected(url) as connection:
            if _current(connection) is None:
                return {}
            connection.execute("SET satupintu.scope = '*'")
            found: dict[str, str] = dict(connection.execute(statement).fetchall())
            if connection.execute("SELECT to_regclass('registrations')").fetchone() != (None,):
                found |= dict(connection.execute(registered).fetchall())
            return found
    except errors.InsufficientPrivilege:
        raise StoreProblem("The login may not read the kept manifests; set SATUPINTU_MIGRATION_URL.") from None
    except OperationalError as error:
        raise unavailable(error) from None


def head() -> str:
    """The newest migration of this code, from the names of the files (alembic is slow to import)."""
    return max(_known())


def libpq(url: str) -> str:
    """The URL without the name of an SQLAlchemy driver."""
    return re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", url)


def no_address() -> StoreProblem:
    """What is wrong with an address that cannot even be read; it is not quoted, for it may hold a password."""
    return StoreProblem(
        "SATUPINTU_DATABASE_URL or SATUPINTU_MIGRATION_URL is no address of PostgreSQL that can be read. Write "
        "postgresql://user:password@host/name, and signs such as @, / or % in a password as %40, %2F, %25."
    )


def _connected(url: str) -> Connection:
    import psycopg

    try:
        return psycopg.connect(libpq(url), autocommit=True, application_name="satupintu")
    except (psycopg.ProgrammingError, ValueError):  # it cannot be taken apart; nothing has been asked of a server
        raise no_address() from None


def unavailable(error: BaseException) -> StoreProblem:
    """What a failed connection means, without address and password."""
    state = getattr(error, "sqlstate", None) or ""
    text = str(error)
    if state == "3D000" or ("database" in text and "does not exist" in text):
        return NoDatabase("PostgreSQL has no such database. Make it with CREATE DATABASE, or correct its name.")
    if state.startswith("28") or "authentication failed" in text or ("role" in text and "does not exist" in text):
        return StoreProblem("PostgreSQL refuses the login. Correct the login or password in SATUPINTU_DATABASE_URL.")
    if state.startswith("53"):
        return StoreUnavailable("PostgreSQL has run out of disk, memory or connections. Make room, then try again.")
    if state.startswith(("40", "55", "57014")):
        return StoreUnavailable("PostgreSQL gave up a transaction because another one stood in its way. Try again.")
    return StoreUnavailable(
        "PostgreSQL does not answer or ended the connection. Check that it runs and SATUPINTU_DATABASE_URL is right."
    )


class NoDatabase(StoreProblem):
    """The server answers, the database is missing."""


def _known() -> list[str]:
    return [path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")]


def _current(connection: Connection) -> str | None:
    """The version of the tables, None when there are none yet."""
    from psycopg import errors

    version = connection.info.server_version // 10000
    if version < OLDEST_SERVER:
        raise StoreProblem(
            f"This is PostgreSQL {version}; SatuPintu needs {OLDEST_SERVER} or newer. Upgrade the server."
        )
    try:
        row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    except errors.UndefinedTable:
        return None
    current = str(row[0]) if row else None
    if current is not None and current not in _known():
        raise StoreProblem(
            f"The database has tables of version {current}, this code knows up to {head()}. "
            "Start the newer release of SatuPintu that made them."
        )
    return current


def _migrate(connection: Connection, url: str, hub_login: str) -> None:
    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])  # given back when the connection ends
    if _current(connection) == head():
        return
    for name in (OWNER, *WORKING):
        _create_role(connection, name, "NOLOGIN")
    if hub_login == HUB_LOGIN:
        _create_role(
            connection, hub_login, "LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        )
    member = connection.execute("SELECT pg_has_role('satupintu_nation', 'satupintu_worker', 'MEMBER')").fetchone()
    if not (member and member[0]):
        _again(lambda: connection.execute("GRANT satupintu_worker TO satupintu_nation"))
    _own(connection)
    _let_work(connection, hub_login)
    _alembic(url)


def _create_role(connection: Connection, name: str, attributes: LiteralString) -> None:
    from psycopg import errors, sql

    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
        return
    try:
        connection.execute(sql.SQL("CREATE ROLE {} " + attributes).format(sql.Identifier(name)))
    except (errors.DuplicateObject, errors.UniqueViolation):  # another database of this server was faster
        return


def _own(connection: Connection) -> None:
    """The migrating login may act as owner, and the owner may make tables here; nobody else may."""
    newer = connection.info.server_version >= 160000
    may = "SET" if newer else "MEMBER"
    allowed = connection.execute("SELECT pg_has_role(current_user, %s, %s)", [OWNER, may]).fetchone()
    if not (allowed and allowed[0]):
        _again(lambda: connection.execute("GRANT satupintu_owner TO CURRENT_USER"))
    _again(lambda: connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    _again(lambda: connection.execute("GRANT USAGE, CREATE ON SCHEMA public TO satupintu_owner"))


def _let_work(connection: Connection, hub_login: str) -> None:
    """The hub's login takes a working role for a transaction; it inherits none, and never becomes the owner."""
    from psycopg import sql

    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [hub_login]).fetchone()
    if row is None:
        raise StoreProblem(f"There is no login {hub_login} in PostgreSQL. Make it with CREATE ROLE … LOGIN NOINHERIT.")
    if row[0]:
        return
    how = sql.SQL(" WITH INHERIT FALSE, SET TRUE" if connection.info.server_version >= 160000 else "")
    for role in WORKING:
        statement = sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(hub_login)) + how
        _again(lambda statement=statement: connection.execute(statement))  # type: ignore[misc]


def _again(act: Callable[[], object]) -> None:
    """Roles belong to the whole server: two databases that migrate at once may touch the same row of the catalogue."""
    from psycopg import errors

    for _ in range(TURNS - 1):
        try:
            act()
            return
        except (errors.InternalError_, errors.UniqueViolation, errors.DuplicateObject):
            continue
    act()


def _alembic(url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, exc, pool

    engine = create_engine("postgresql+psycopg" + libpq(url).removeprefix("postgresql"), poolclass=pool.NullPool)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL ROLE satupintu_owner")
            connection.exec_driver_sql("SET LOCAL search_path TO public")
            connection.exec_driver_sql("SET LOCAL satupintu.scope TO '*'")  # the owner sees no more than anybody else
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.exec_driver_sql("GRANT SELECT ON alembic_version TO PUBLIC")
    except exc.DBAPIError as error:
        raise error.orig or error from None


def _missing_right(error: Exception) -> StoreProblem:
    return StoreProblem(
        f"The migrating login lacks a right ({str(error).splitlines()[0]}). As superuser give it CREATEROLE and the "
        f"database (ALTER ROLE login CREATEROLE; ALTER DATABASE name OWNER TO login), and GRANT {OWNER} TO login where "
        f"that role exists already; or set SATUPINTU_MIGRATION_URL to a login that has them."
    )
