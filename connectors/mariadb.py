"""MySQL and MariaDB over a dialled socket: TLS that cannot be talked away, values as bytes, every byte against a deadline."""

from __future__ import annotations

import re
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import pymysql
from pymysql.connections import Connection
from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.converters import conversions

from connectors.adapter import Wire
from connectors.base import Context
from connectors.databases import BUDGET, SECONDS, Column, Found, fault, judged
from connectors.errors import ChannelError
from connectors.http import Cut

PORT: Final = 3306
_WORDS: Final[Mapping[str, str]] = {
    "1045": "login",
    "1698": "login",
    "1251": "login",
    "1129": "host_not_allowed",
    "1130": "host_not_allowed",
    **dict.fromkeys(("1044", "1142", "1143", "1227", "1290", "1356", "1370", "1449", "1792", "1836"), "right"),
    "1049": "no_database",
    "1146": "no_table",
    "1054": "no_column",
    **dict.fromkeys(("1048", "1062", "1264", "1265", "1292", "1364", "1366", "1406", "1452", "1267"), "bad_value"),
    "3159": "no_tls",
    **dict.fromkeys(("1040", "1053", "1203", "1205", "1213", "1226", "1317", "1927", "1969", "3024"), "busy"),
}
"""The server's numbers (MySQL error reference) in our words."""
_GONE: Final = frozenset({2003, 2006, 2013, 2014, 2055})
_WHOLE: Final = frozenset(
    {FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR}
)
_BLOBS: Final = frozenset({FIELD_TYPE.TINY_BLOB, FIELD_TYPE.BLOB, FIELD_TYPE.MEDIUM_BLOB, FIELD_TYPE.LONG_BLOB})
_TEXTS: Final = _BLOBS | {FIELD_TYPE.VARCHAR, FIELD_TYPE.VAR_STRING, FIELD_TYPE.STRING}
_STAMPS: Final = frozenset({FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP})
_BYTES: Final = 63
"""The character set of what is no text."""
_LONG: Final = 4 * 65_535
"""Bytes (as utf8mb4) that TEXT can have; what can be longer is measured first."""


class Mariadb:
    """One connection; see connectors.databases.Line."""

    text = "CHAR"

    def __init__(
        self,
        ctx: Context,
        *,
        host: str,
        port: int,
        database: str,
        user: str,
        password: str,
        tls: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host, self._wire = host, Wire(ctx.dial, monotonic)
        self._wire.begin(60.0, budget=BUDGET)
        sock = self._wire.dial(host, port, 30.0)
        with self._errors():
            try:
                self._server = _Server(self._wire, host, database, user, password, ctx.tls() if tls else None)
                self._server.connect(sock)
            except BaseException:
                sock.close()
                raise

    def quoted(self, name: str) -> str:
        return ".".join("`" + part.replace("`", "``") + "`" for part in name.split("."))

    def ask(self, sql: str, values: Sequence[Any] = ()) -> Found:
        self._wire.begin(SECONDS, budget=BUDGET)
        with self._errors():
            self._server.query(self._written(sql, values))
            result: Any = self._server._result
            if result is None or not result.field_count:
                return Found(columns=(), rows=())
            columns = [_column(one) for one in result.fields]
            rows = [tuple(map(_value, columns, result.fields, row)) for row in result.rows]
            return Found(columns=columns, rows=rows)

    def begin(self, *, write: bool) -> None:
        if write:
            self.ask("START TRANSACTION")
            return
        self.ask("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.ask("SET SESSION TRANSACTION READ ONLY")  # also what would come behind this transaction
        self.ask("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def commit(self) -> None:
        self.ask("COMMIT")

    def close(self) -> None:
        with suppress(Exception):  # the server rolls back what was not committed
            self._wire.begin(2.0)
            self._server.close()
        with suppress(Exception):
            self._server._force_close()

    def _written(self, sql: str, values: Sequence[Any]) -> str:
        """Values by the driver's own quoting, which knows the session's rules for backslashes."""
        return sql % tuple(self._server.escape(value) for value in values) if values else sql

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except ChannelError:
            raise
        except (pymysql.err.MySQLError, OSError) as error:
            raise self._told(error) from None
        # The driver takes apart what a server writes without looking twice.
        except (AssertionError, struct.error, ValueError, LookupError, TypeError, AttributeError, RuntimeError):
            raise fault("not_sql") from None

    def _told(self, error: BaseException) -> ChannelError:
        inner = getattr(error, "original_exception", error)
        if isinstance(inner, ssl.SSLError):
            return fault("tls")
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if number == 2026:
            return fault("no_tls")
        if isinstance(inner, OSError) or number in _GONE:
            late = self._wire.left() <= 0
            what = "did not answer in time" if late else "cut the connection"
            return Cut(f"The database at {self._host} {what}.", code="timeout" if late else "cut")
        return judged(_WORDS, str(number)) if number else fault("not_sql")


class _Open:
    """In place of ways to log in that show the password to whoever asks."""

    def __init__(self, server: Any) -> None:
        self._secure = server._secure

    def authenticate(self, packet: Any) -> Any:
        raise fault("clear_password")


class _Server(Connection):  # type: ignore[misc]  # the driver has no types
    """The driver with its socket held to the deadline and the budget of the call."""

    def __init__(
        self, wire: Wire, host: str, database: str, user: str, password: str, tls: ssl.SSLContext | None
    ) -> None:
        self._wire = wire
        ways = ("mysql_clear_password", "dialog", "mysql_old_password")
        super().__init__(
            host=host,
            user=user,
            password=password.encode(),
            database=database,
            charset="utf8mb4",
            use_unicode=False,
            conv={key: how for key, how in conversions.items() if not isinstance(key, int)},
            defer_connect=True,
            autocommit=None,
            ssl=tls,
            ssl_disabled=tls is None,
            auth_plugin_map={} if tls else dict.fromkeys(ways, _Open),
        )

    def _get_server_information(self) -> None:
        super()._get_server_information()
        if self.ssl and not self.server_capabilities & CLIENT.SSL:
            raise fault("no_tls")  # before anything that depends on the password is sent

    def _read_bytes(self, num_bytes: int) -> bytes:
        parts, left = [], num_bytes
        while left:
            self._wire.tighten(self._sock)
            part = self._rfile.read1(min(left, 1 << 18))
            if not part:
                raise OSError("the other side is gone")
            self._wire.spend(len(part))
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _write_bytes(self, data: bytes) -> None:
        self._wire.tighten(self._sock)
        self._wire.sent = True
        self._sock.sendall(data)


def _column(field: Any) -> Column:
    kind, text = field.type_code, field.charsetnr != _BYTES
    if kind in _WHOLE or kind == FIELD_TYPE.BIT:
        return Column(form="number", long=False)
    if kind in _TEXTS:
        return Column(form="text" if text else "binary", long=field.length > _LONG)
    if kind == FIELD_TYPE.GEOMETRY:
        return Column(form="binary", long=True)
    return Column(form="stamp" if kind in _STAMPS else "other", long=kind == FIELD_TYPE.JSON)


def _value(column: Column, field: Any, raw: bytes | None) -> Any:
    if raw is None or column.form == "binary":
        return raw
    if column.form != "number":
        return raw.decode("utf-8", "replace")
    if field.type_code == FIELD_TYPE.BIT:
        return int.from_bytes(raw)
    if not re.fullmatch(rb"-?[0-9]{1,20}", raw):
        raise ValueError("no whole number")
    return int(raw)
