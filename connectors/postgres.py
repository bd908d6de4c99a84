"""A portal's PostgreSQL over a dialled socket: TLS by the hub's own rules, every byte against a deadline."""

from __future__ import annotations

import io
import re
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, Final

from pg8000 import exceptions
from pg8000.converters import PG_TYPES, string_in
from pg8000.native import Connection

from connectors.adapter import Timed, Wire
from connectors.base import Context
from connectors.databases import BUDGET, SECONDS, Column, Found, fault, judged
from connectors.errors import ChannelError
from connectors.http import Cut

PORT: Final = 5432
_WORDS: Final[Mapping[str, str]] = {
    "28": "login",
    "42501": "right",
    "3D": "no_database",
    "3F": "no_table",
    "42P01": "no_table",
    "42703": "no_column",
    "42883": "bad_value",
    "42804": "bad_value",
    "22": "bad_value",
    "23": "bad_value",
    "25006": "right",
    "53": "busy",
    "57": "busy",
    "40": "busy",
    "55P03": "busy",
}
"""SQLSTATE (PostgreSQL manual, appendix A), by its beginning, in our words."""
_SSL_PLEASE: Final = struct.pack("!ii", 8, 80_877_103)
_WHOLE: Final = frozenset({20, 21, 23, 26})
_BOOLEAN: Final = 16
_BINARY: Final = 17
_TEXTS: Final = frozenset({18, 19, 25, 1042, 1043})
_STAMPS: Final = frozenset({1082, 1114, 1184})
_NUMBERS: Final = frozenset({_BOOLEAN, 700, 701, 1083, 1266, 1186, 1700, 2950})
"""Besides whole numbers and stamps, types whose text is short."""


class Postgres:
    """One connection; see connectors.databases.Line."""

    text = "text"

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
                sock = _secured(self._wire, sock, host, ctx.tls()) if tls else sock
                self._held = _Held(self._wire, sock, secure=tls)
                self._server = _Server(self._held, user, password, database)
            except BaseException:
                sock.close()
                raise

    def quoted(self, name: str) -> str:
        return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))

    def ask(self, sql: str, values: Sequence[Any] = ()) -> Found:
        self._wire.begin(SECONDS, budget=BUDGET)
        number = count()
        named = re.sub("%s", lambda _: f":v{next(number)}", sql) if values else sql
        with self._errors():
            rows = self._server.run(named, **{f"v{place}": value for place, value in enumerate(values)})
            columns = [_column(one["type_oid"]) for one in self._server.columns or ()]
            return Found(columns=columns, rows=rows or ())

    def begin(self, *, write: bool) -> None:
        self.ask("SET datestyle = 'ISO'")
        self.ask(f"SET statement_timeout = {int(SECONDS * 1000)}")
        self.ask("BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def commit(self) -> None:
        self.ask("COMMIT")

    def close(self) -> None:
        with suppress(Exception):  # the server rolls back what was not committed
            self._wire.begin(2.0)
            self._server.close()
        self._held.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except ChannelError:
            raise
        except ssl.SSLError:
            raise fault("tls") from None
        except exceptions.DatabaseError as error:
            raise _refused(error) from None
        except (exceptions.Error, OSError):
            late = self._wire.left() <= 0
            what = "did not answer in time" if late else "cut the connection"
            raise Cut(f"The database at {self._host} {what}.", code="timeout" if late else "cut") from None
        # The driver takes apart what a server writes without looking twice.
        except (AssertionError, struct.error, ValueError, LookupError, TypeError, AttributeError, RuntimeError):
            raise fault("not_sql") from None


def _refused(error: Any) -> ChannelError:
    told = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    number = str(told.get("C", ""))[:5]
    if number == "28000" and "pg_hba.conf" in str(told.get("M", "")):
        return fault("host_not_allowed", number)
    return judged(_WORDS, number) if re.fullmatch("[0-9A-Z]{5}", number) else fault("not_sql")


def _secured(wire: Wire, sock: Any, host: str, context: ssl.SSLContext) -> Any:
    """The socket behind TLS, verified for `host`; raises where the server will not."""
    wire.tighten(sock)
    sock.sendall(_SSL_PLEASE)
    if sock.recv(1) != b"S":
        raise fault("no_tls")
    return context.wrap_socket(sock, server_hostname=host)


class _Held:
    """A socket as the driver sees it: it only makes a file of it."""

    def __init__(self, wire: Wire, sock: Any, *, secure: bool) -> None:
        self._wire, self._sock, self.secure = wire, sock, secure

        self._file: io.BufferedRWPair | None = None

    def makefile(self, **_: Any) -> io.BufferedRWPair:
        """The file through which everything goes."""
        self._file = io.BufferedRWPair(Timed(self._wire, self._sock), _Writes(self._wire, self._sock))
        return self._file

    def close(self) -> None:
        """End the connection; a socket closes only when the files made of it are closed."""
        if self._file is not None:
            with suppress(OSError, ValueError):  # what is still to be written finds nobody
                self._file.close()
        self._sock.close()


class _Writes(io.RawIOBase):
    """The writing half of a socket, waiting no longer than the call may."""

    def __init__(self, wire: Wire, sock: Any) -> None:
        self._wire, self._sock = wire, sock

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._wire.tighten(self._sock)
        self._wire.sent = True
        self._sock.sendall(data)
        return len(data)


class _Server(Connection):  # type: ignore[misc]  # the driver has no types
    """The driver, which tells no password in the open and reads every value as the server writes it."""

    def __init__(self, held: _Held, user: str, password: str, database: str) -> None:
        self._held = held
        super().__init__(user, database=database, password=password, sock=held, ssl_context=False)
        for oid in PG_TYPES:
            self.register_in_adapter(oid, string_in)
        self.register_in_adapter(_BOOLEAN, PG_TYPES[_BOOLEAN])
        for oid in _WHOLE:
            self.register_in_adapter(oid, int)
        self.register_in_adapter(_BINARY, PG_TYPES[_BINARY])

    def close(self) -> None:
        """Never louder than the reason for which it is closed."""
        with suppress(Exception):
            super().close()

    def handle_AUTHENTICATION_REQUEST(self, data: Any, context: Any) -> None:  # noqa: N802  # the driver's name
        if not self._held.secure and bytes(data[:4]) == b"\0\0\0\3":
            raise fault("clear_password")
        super().handle_AUTHENTICATION_REQUEST(data, context)


def _column(oid: int) -> Column:
    if oid in _WHOLE:
        return Column(form="number", long=False)
    if oid in _STAMPS or oid in _NUMBERS:
        return Column(form="stamp" if oid in _STAMPS else "other", long=False)
    return Column(form="binary" if oid == _BINARY else "text" if oid in _TEXTS else "other", long=True)
