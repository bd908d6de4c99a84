"""
`python -m hub.machine.databases`: databases and logins on a PostgreSQL of your own, for several machines.

It takes names and passwords from the addresses that the services use anyway: SATUPINTU_MIGRATION_URL (a superuser),
SATUPINTU_DATABASE_URL (the hub's login) and AIRFLOW__DATABASE__SQL_ALCHEMY_CONN. Doing it again changes nothing but
passwords.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from hub.airflow.environment import CONNECTION
from hub.settings import Settings, WrongSetting
from hub.store import migrate
from hub.store.problems import StoreProblem


class Login(NamedTuple):
    """Who works in which database."""

    user: str
    password: str
    database: str


def main(env: Mapping[str, str]) -> int:
    """Make what is missing; 0 done, 2 where an address is missing or wrong."""
    try:
        settings = Settings.read(env)
        prepare(settings.migration_url or "", settings.database_url or "", env.get(CONNECTION, ""))
    except (WrongSetting, StoreProblem) as error:
        print(f"satupintu: {error}", file=sys.stderr)
        return 2
    return 0


def prepare(superuser_url: str, hub_url: str, airflow_url: str) -> None:
    """Databases, the hub's tables, and both logins with their passwords. Raises StoreProblem."""
    hub, airflow = login(hub_url, "SATUPINTU_DATABASE_URL"), login(airflow_url, CONNECTION)
    login(superuser_url, "SATUPINTU_MIGRATION_URL")
    if hub.database == airflow.database:
        raise StoreProblem("The hub and Airflow need a database each. Give one of them another name.")
    _make(superuser_url, hub, "NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS", owner=False)
    _make(superuser_url, airflow, "NOSUPERUSER NOCREATEDB NOCREATEROLE", owner=True)
    migrate.ensure(_in(superuser_url, hub.database), hub.user)


def login(url: str, name: str) -> Login:
    """The parts of an address; raises StoreProblem that names the variable, never the password."""
    parts = urlsplit(migrate.libpq(url))
    database = unquote(parts.path.lstrip("/"))
    if parts.scheme != "postgresql" or not parts.username or not database:
        raise StoreProblem(
            f"{name} is missing or no address of PostgreSQL. Write postgresql://user:password@host/name."
        )
    return Login(user=unquote(parts.username), password=unquote(parts.password or ""), database=database)


def _make(superuser_url: str, one: Login, attributes: str, *, owner: bool) -> None:
    import psycopg
    from psycopg import sql

    user, database = sql.Identifier(one.user), sql.Identifier(one.database)
    with psycopg.connect(_in(superuser_url, "postgres"), autocommit=True) as connection:
        if not _there(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", one.user):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN " + attributes).format(user))
        if one.password:
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, sql.Literal(one.password)))
        if not _there(connection, "SELECT 1 FROM pg_database WHERE datname = %s", one.database):
            owned = sql.SQL(" OWNER {}").format(user) if owner else sql.SQL("")
            connection.execute(sql.SQL("CREATE DATABASE {}").format(database) + owned)


def _there(connection: Any, query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None


def _in(url: str, database: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(migrate.libpq(url))._replace(path=f"/{database}"))


if __name__ == "__main__":
    sys.exit(main(os.environ))
