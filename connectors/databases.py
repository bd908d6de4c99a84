"""What a portal's database is to us, whichever it is: one connection that is asked in SQL and fails in our words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.net import NotReached

SECONDS: Final = 120.0
"""For one question and its whole answer."""
BUDGET: Final = 64 * 1024 * 1024
"""Bytes of one answer; values are cut off from longer rows before they are sent (connectors.kinds.sql)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of an answer as its server describes it."""

    form: str
    """number (whole ones) | text | binary | stamp | other (decimals, floats, JSON …: the server's own text)."""
    long: bool
    """Whether a value may be longer than a row should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An answer: numbers as int, binary as bytes, all else as the server writes it, NULL as None."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]


class Line(Protocol):
    """A connection that is already logged in. Every method raises ChannelError and nothing else."""

    text: str
    """The type that everything can be cast to without losing a sign."""

    def quoted(self, name: str) -> str:
        """A table's or column's name as SQL reads it and nothing but a name."""

    def ask(self, sql: str, values: Sequence[Any] = ()) -> Found:
        """The answer to one statement with %s for each value; text in columns comes as str."""

    def begin(self, *, write: bool) -> None:
        """A transaction: a snapshot that can change nothing, or one that writes."""

    def commit(self) -> None:
        """The end of one that wrote; an error here leaves open what became of it."""

    def close(self) -> None:
        """Whatever is open ends; never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What a server's refusal means to us."""

    error: type[ChannelError]
    what: str
    hint: str
    indonesian: str


FAULTS: Final[Mapping[str, Fault]] = {
    "login": Fault(
        error=Refused,
        what="The database does not accept user and password.",
        hint="Ask its owner which account may read; put the password into the secret again.",
        indonesian="Basis data menolak nama pengguna atau sandi. Minta akun yang benar, lalu simpan ulang rahasianya.",
    ),
    "host_not_allowed": Fault(
        error=Refused,
        what="The database takes no connection of this account from our address.",
        hint="Its owner allows the account from the hub's address.",
        indonesian="Basis data tidak menerima akun ini dari alamat kami. Pemiliknya perlu mengizinkan alamat hub.",
    ),
    "right": Fault(
        error=Refused,
        what="The account may not do that with this table or column.",
        hint="Its owner grants SELECT on the listed columns (INSERT or UPDATE to the account that answers).",
        indonesian="Akun ini tidak berhak atas tabel atau kolom itu. Pemiliknya perlu memberi hak SELECT atasnya.",
    ),
    "no_database": Fault(
        error=Misconfigured,
        what="There is no such database.",
        hint="Correct with.database.",
        indonesian="Basis data itu tidak ada. Perbaiki with.database.",
    ),
    "no_table": Fault(
        error=Misconfigured,
        what="There is no such table or view.",
        hint="Correct the name of the table.",
        indonesian="Tabel atau view itu tidak ada. Perbaiki nama tabelnya.",
    ),
    "no_column": Fault(
        error=Misconfigured,
        what="The table lacks a column that the manifest names.",
        hint="Compare columns, ref, changed and where with the table.",
        indonesian="Ada kolom di manifes yang tidak ada di tabel. Cocokkan columns, ref, changed dan where.",
    ),
    "bad_value": Fault(
        error=Misconfigured,
        what="A value does not fit the column that it is compared with or written to.",
        hint="Compare where, joined and reply.values with the types of the columns.",
        indonesian="Ada nilai yang tidak cocok dengan jenis kolomnya. Periksa where, joined dan reply.values.",
    ),
    "no_tls": Fault(
        error=Misconfigured,
        what="The database offers no TLS.",
        hint="Let its owner switch it on; tls: none only where the line itself is protected (VPN).",
        indonesian="Basis data tidak menyediakan TLS. Minta diaktifkan; tls: none hanya bila jalurnya sendiri terlindungi (VPN).",
    ),
    "clear_password": Fault(
        error=Refused,
        what="The database asks for the password in the open.",
        hint="Its owner changes how the account logs in, or switches TLS on.",
        indonesian="Basis data meminta sandi tanpa sandi acak. Pemiliknya perlu mengganti cara masuk atau mengaktifkan TLS.",
    ),
    "tls": Fault(
        error=NotReached,
        what="The database has no certificate that can be trusted.",
        hint="Its name must be the one in with.host; an authority of the region's own goes into ca_file.",
        indonesian="Sertifikat basis data tidak dipercaya. Namanya harus sama dengan with.host; CA sendiri ditulis di ca_file.",
    ),
    "busy": Fault(
        error=Unavailable,
        what="The database is too busy or is being shut down.",
        hint="",
        indonesian="Basis data sedang sibuk atau dimatikan. Hub mencoba lagi nanti.",
    ),
    "not_sql": Fault(
        error=Unavailable,
        what="What answers there is no such database, or answers in a way that cannot be read.",
        hint="Compare with.host, with.port and with.system.",
        indonesian="Yang menjawab bukan basis data itu, atau jawabannya tidak terbaca. Periksa host, port dan system.",
    ),
    "sql": Fault(
        error=Unavailable,
        what="The database could not carry out the question.",
        hint="",
        indonesian="Basis data tidak dapat menjalankan pertanyaan kami.",
    ),
}


def fault(code: str, detail: str = "") -> ChannelError:
    """The error of that code; `detail` is the server's own number of it and never its words, which quote values."""
    one = FAULTS[code]
    what = f"{one.what} ({detail})" if detail else one.what
    return one.error(what, hint=one.hint, code=code, indonesian=one.indonesian)


def judged(words: Mapping[str, str], number: str) -> ChannelError:
    """The error for a server's own number, by the longest beginning of it that the table knows."""
    for end in range(len(number), 0, -1):
        if number[:end] in words:
            return fault(words[number[:end]], number)
    return fault("sql", number)
