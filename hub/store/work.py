"""One transaction at a time, in one role and for one region: nothing of the hub touches the tables otherwise."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

import orjson
import psycopg
from psycopg.types.json import Jsonb, JsonbDumper
from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url, text
from sqlalchemy.engine import Row

from hub.access import EVERYTHING, Sight
from hub.settings import Settings
from hub.store import migrate
from hub.store.columns import sent
from hub.store.packed import Packed, PackedDumper
from hub.store.server import HUB_LOGIN, Embedded, StoreProblem, StoreUnavailable, embedded

__all__ = ["Clock", "Row", "Store", "StoreBusy", "StoreProblem", "StoreUnavailable", "Work", "as_json", "open_store"]

Clock = Callable[[], datetime]
_log = logging.getLogger("satupintu.store")
_ENTER = text(
    "SELECT set_config('role', :role, true), set_config('satupintu.scope', :scope, true), "
    "set_config('satupintu.institution', :institution, true), set_config('satupintu.inspects', :inspects, true), "
    "set_config('satupintu.unread', :unread, true)"
)
_ENTER_STILL = text(f"{_ENTER.text}, set_config('idle_in_transaction_session_timeout', '0', true)")
IDLE = 120
"""
Seconds after which PostgreSQL ends the session of a process that stands still, or whose machine is gone, inside a
transaction: it holds locks that all others wait for. Shorter than every lease.
"""
WAIT = 180
"""Seconds that a statement waits for a lock; longer than IDLE, so that whoever holds it is gone by then or works."""
_SESSION = f"""
SET TIME ZONE 'UTC'; SET idle_in_transaction_session_timeout = '{IDLE}s'; SET lock_timeout = '{WAIT}s'
"""
_ALIVE = {"keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 4}
"""A server that has vanished is noticed in two minutes, also where nothing is under way (libpq's parameters)."""
_ONLY_INDEXES = (
    "SELECT set_config('enable_bitmapscan', :on, true), set_config('enable_sort', :on, true), "
    "set_config('enable_hashjoin', :on, true), set_config('enable_mergejoin', :on, true)"
)
_text = lru_cache(maxsize=512)(text)


class StoreBusy(StoreUnavailable):
    """Another process holds a lock for too long; the same step can be tried again."""


class Work:
    """
    What happens inside one transaction: all of it is kept, or none.

    SQL takes `:name` parameters; a literal colon is written `\\:` (`::type` needs nothing). A dict becomes jsonb, a
    list an array; a list meant as jsonb goes through `as_json`. Rows have their columns as attributes.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, **params: Any) -> list[Row[Any]]:
        """All rows."""
        return list(self._connection.execute(_text(sql), params).all())

    def one(self, sql: str, **params: Any) -> Row[Any] | None:
        """The first row, or None where there is none."""
        return self._connection.execute(_text(sql), params).first()

    def value(self, sql: str, **params: Any) -> Any:
        """The first column of the first row, or None where there is none."""
        return self._connection.execute(_text(sql), params).scalar()

    def run(self, sql: str, **params: Any) -> int:
        """How many rows the statement touched."""
        return self._connection.execute(_text(sql), params).rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """The statement once for each row of parameters; no rows, no statement."""
        if rows:
            self._connection.execute(_text(sql), [dict(row) for row in rows])

    def unnest(self, sql: str, *columns: Sequence[Any]) -> list[Row[Any]]:
        """
        A whole batch in one statement: each column is one array, written `%b::text[]` in the order given.

        `%b` sends it binary; `%s` would cost ten times as much. A literal % is written %%. Returns what RETURNING asks.
        """
        result = self._connection.exec_driver_sql(sql, tuple(sent(sql, [list(column) for column in columns])))
        return list(result.all()) if result.returns_rows else []

    def tuples(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows as plain tuples, `%b` for parameters, all of it binary: for many rows, where an object a row would cost more."""
        raw: Any = self._connection.connection.driver_connection
        with raw.cursor(binary=True) as cursor:
            # planned each time: a plan kept from when a table was small reads all of it when it has grown
            cursor.execute(sql, sent(sql, params), prepare=False)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """
        Inside the block an index is read in its order, and a LIMIT ends the reading.

        Without statistics, as after a first large pull, the planner would take all that is left and sort it, each time.
        """
        self.run(_ONLY_INDEXES, on="off")
        yield
        self.run(_ONLY_INDEXES, on="on")

    def lock(self, name: str, *, wait: bool = True) -> bool:
        """Nobody else holds the lock of that name until this transaction ends; false if not `wait` and taken."""
        number = int.from_bytes(hashlib.sha256(b"satupintu " + name.encode()).digest()[:8], "big", signed=True)
        if wait:
            self.run("SELECT pg_advisory_xact_lock(:number)", number=number)
            return True
        return bool(self.value("SELECT pg_try_advisory_xact_lock(:number)", number=number))

    def savepoint(self) -> AbstractContextManager[Any]:
        """What fails inside the block is undone back to here; the transaction goes on if the error is caught."""
        return self._connection.begin_nested()


class Store:
    """The database of the hub. Usable as a context manager; `close` gives the embedded server back."""

    def __init__(self, url: str, *, clock: Clock, server: Embedded | None = None, sight: Sight = EVERYTHING) -> None:
        """
        `url`: of PostgreSQL, with any of its schemes; `server`: the embedded server that this store keeps alive.

        `sight`: what transactions see of the tables; the hub's own processes see everything.
        """
        self.clock = clock
        self.sight = sight
        self.server = server
        self._engine = _engine(url)
        self._still = self._engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def begin(self, role: str = "worker", region: str = "", *, still: bool = False) -> Iterator[Work]:
        """
        One transaction as satupintu_<role> (worker, sealer or reader) for one region ("" = all that this store sees).

        `still`: all statements see the database as it was at the first one, so that figures of several agree.

        Raises StoreUnavailable when PostgreSQL does not answer, StoreProblem when it refuses a statement; both quote
        names of tables and rules, never a value.
        """
        try:
            with (self._still if still else self._engine).begin() as connection:
                connection.execute(_ENTER_STILL if still else _ENTER, _stated(role, self.sight.within(region)))
                yield Work(connection)
        except exc.DBAPIError as error:
            raise _problem(error.orig) from None
        except psycopg.Error as error:  # from what went past SQLAlchemy
            raise _problem(error) from None
        except exc.TimeoutError:
            raise StoreUnavailable("All connections to PostgreSQL are in use. Try again.") from None

    def within(self, sight: Sight) -> Store:
        """The same database, of which no transaction sees more than this; closing either closes both."""
        narrower = copy(self)
        narrower.sight = sight
        return narrower

    def close(self) -> None:
        """Ends the connections; the embedded server stops if nobody else uses it."""
        self._engine.dispose()
        if self.server is not None:
            self.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(settings: Settings, clock: Clock) -> Store:
    """The database that the settings name, with its tables up to date; without one the embedded server of this home.

    Raises StoreProblem."""
    if settings.database_url is not None:
        login = _username(settings.database_url)
        migrate.ensure(settings.migration_url or settings.database_url, login)
        return Store(settings.database_url, clock=clock)
    server = embedded(settings)
    try:
        url = settings.migration_url or server.superuser_url
        try:
            migrate.ensure(url)
        except migrate.NoDatabase:
            server.create_database()
            migrate.ensure(url)
        return Store(server.hub_url, clock=clock, server=server)
    except BaseException:
        server.close()
        raise


NATION_ROLE = migrate.NATION
"""What a worker who sees everything takes, so that policies cost him nothing."""


def _stated(role: str, sight: Sight) -> dict[str, str]:
    return {
        "role": NATION_ROLE if role == "worker" and sight == EVERYTHING else f"satupintu_{role}",
        "scope": sight.scope,
        "institution": sight.institution,
        "inspects": "on" if sight.inspects else "",
        "unread": "on" if sight.unread else "",
    }


def as_json(value: Any) -> Jsonb:
    """A parameter that goes into a jsonb column, whatever its type."""
    return Jsonb(value, dumps=orjson.dumps)


def _username(url: str) -> str:
    try:
        return make_url(migrate.libpq(url)).username or HUB_LOGIN
    except (exc.ArgumentError, ValueError):  # the latter: a port that is no number
        raise migrate.no_address() from None


def _engine(url: str) -> Engine:
    _username(url)
    engine = create_engine(
        make_url(migrate.libpq(url)).set(drivername="postgresql+psycopg"),
        pool_size=2,
        max_overflow=4,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"application_name": "satupintu", **_ALIVE},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "first_connect", _warn_if_strong)
    return engine


class _DictDumper(JsonbDumper):
    _dumps = staticmethod(orjson.dumps)


def _prepare(connection: Any, _: object) -> None:
    connection.adapters.register_dumper(dict, _DictDumper)
    connection.adapters.register_dumper(Packed, PackedDumper)
    with connection.cursor() as cursor:
        cursor.execute(_SESSION)
    connection.commit()


def _warn_if_strong(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        (strong,) = cursor.fetchone()
    connection.commit()
    if strong:
        _log.warning(
            "The login in SATUPINTU_DATABASE_URL is a superuser or passes row-level security. It works, but a fault in "
            "the hub could then change the audit log: use the login satupintu_hub."
        )


def _problem(cause: Any) -> StoreProblem:
    """What went wrong, in words that hold no value of a row."""
    state = getattr(cause, "sqlstate", None)
    if state == "55P03":  # lock_not_available
        return StoreBusy(
            f"Another process of the hub has held what this one needs for over {WAIT} s. Nothing was changed; run the "
            "command again. If that does not help, 'satupintu status' and pg_stat_activity show who it is."
        )
    if state == "25P03":  # idle_in_transaction_session_timeout
        return StoreUnavailable(
            f"This process stood still for over {IDLE} s in the middle of a change, so PostgreSQL has undone it. Try again."
        )
    if state is None or isinstance(cause, psycopg.OperationalError):
        return migrate.unavailable(cause)
    place = [f"table {cause.diag.table_name}"] if cause.diag.table_name else []
    place += [f"rule {cause.diag.constraint_name}"] if cause.diag.constraint_name else []
    # only these classes of message quote our SQL and triggers, never what a parameter held
    said = f": {cause.diag.message_primary}" if state.startswith("42") or state == "P0001" else ""
    return StoreProblem(f"PostgreSQL refused a statement ({', '.join([type(cause).__name__, state, *place])}){said}.")
