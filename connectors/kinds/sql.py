"""SQL: the database of a region's own portal, MySQL, MariaDB or PostgreSQL; listed columns only, in a snapshot, by key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from connectors import mariadb, postgres, sql_reading, zones
from connectors.base import Context, Item, Page, Position, Recall, Reply, Window, kind
from connectors.databases import Line
from connectors.errors import Misconfigured
from connectors.listing import reader

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_NAME: Final = {
    "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_$]([A-Za-z0-9_$ -]*[A-Za-z0-9_$])?$",
    "x-id": "nama kolom hanya huruf, angka, garis bawah, spasi dan tanda hubung",
    "x-en": "a column's name is letters, digits, underscores, spaces and hyphens",
}  # fmt: skip
_TABLE: Final = {
    "type": "string", "maxLength": 129, "pattern": "^[A-Za-z0-9_$][A-Za-z0-9_$ -]{0,63}(\\.[A-Za-z0-9_$][A-Za-z0-9_$ -]{0,63})?$",
    "x-id": "nama tabel atau view, boleh didahului skema dan titik; bukan perintah SQL",
    "x-en": "the name of a table or view, a schema and a dot may stand before it; no SQL",
}  # fmt: skip
_COLUMNS: Final = {"type": "array", "minItems": 1, "maxItems": 100, "uniqueItems": True, "items": _NAME}
_SCALAR: Final = {"type": ["string", "number", "boolean", "null"]}
_WHERE: Final = {
    "type": "object", "propertyNames": _NAME,
    "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "minItems": 1, "maxItems": 100, "items": _SCALAR}]},
}  # fmt: skip
_SECRET: Final = re.compile(
    r"passw|kata_?sandi|(^|_)(pass|pwd|psw|sandi|pin|salt|otp|secret)(_|$)|^token$|(remember|api|access|reset|auth|csrf)_?(token|key)"
)


@kind("sql")
@dataclass(frozen=True, slots=True, kw_only=True)
class Sql:
    """One table or view and what is joined to it; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["system", "host", "database", "user", "password", "table", "columns", "ref"],
        "properties": {
            "system": {"enum": ["mysql", "postgresql"]},
            "host": {"$ref": f"{_WORDS}host"},
            "port": {"$ref": f"{_WORDS}port"},
            "tls": {"enum": ["verify", "none"]},
            "database": {"type": "string", "minLength": 1, "maxLength": 64},
            "user": {"type": "string", "minLength": 1, "maxLength": 100},
            "password": {"$ref": f"{_WORDS}secret"},
            "table": _TABLE,
            "columns": _COLUMNS,
            "ref": _NAME,
            "changed": {
                "type": "object",
                "additionalProperties": False,
                "required": ["column"],
                "properties": {"column": _NAME, "zone": {"$ref": f"{_WORDS}zone"}},
            },
            "where": _WHERE,
            "joined": {
                "type": "object",
                "maxProperties": 10,
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["table", "key", "columns"],
                    "properties": {
                        "table": _TABLE,
                        "key": _NAME,
                        "by": _NAME,
                        "columns": _COLUMNS,
                        "ref": _NAME,
                        "many": {"type": "boolean"},
                        "where": _WHERE,
                    },
                },
            },
            "files": {"type": "object", "propertyNames": _NAME, "additionalProperties": {"$ref": f"{_WORDS}url"}},
            "text": {"enum": ["mended", "as_is"]},
            "reread": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
            "size": {"type": "integer", "minimum": 1, "maximum": 1000},
        },
    }
    REPLY: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["user", "password"],
        "anyOf": [{"required": ["table", "values"]}, {"required": ["status"]}],
        "dependentRequired": {"table": ["values"], "values": ["table"], "once": ["table"], "status": ["statuses"]},
        "properties": {
            "user": {"type": "string", "minLength": 1, "maxLength": 100},
            "password": {"$ref": f"{_WORDS}secret"},
            "table": _TABLE,
            "values": {"type": "object", "minProperties": 1, "propertyNames": _NAME, "additionalProperties": _SCALAR},
            "once": _NAME,
            "status": _NAME,
            "statuses": {"$ref": f"{_WORDS}reply_statuses"},
        },
    }
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": (
            "alamat, porta dan nama basis data, terjangkau dari hub (VPN atau jaringan yang diizinkan)",
            "akun yang hanya boleh SELECT atas kolom yang perlu, lebih baik atas sebuah view",
            "nama tabel, kolom kunci dan kolom yang diambil; tanpa kolom sandi",
        ),
        "en": (
            "the database's address, port and name, within reach of the hub (VPN or an allowed network)",
            "an account with SELECT on the needed columns only, better on a view",
            "the table's name, its key and the columns to take; no column of passwords",
        ),
    }
    PORTS: ClassVar[frozenset[int]] = frozenset({mariadb.PORT, postgres.PORT})
    SAME: ClassVar[Sequence[str]] = ("host", "port", "database", "table", "where")

    once: ClassVar[bool] = True  # that no key stands twice is asked of the server before anything is read
    moving: ClassVar[bool] = False  # all pages come from one snapshot, in the order of the key
    gathers: ClassVar[bool] = False  # a portal keeps a history: each piece of news is a row of its own
    keeps: ClassVar[bool] = True  # the portal has the complaint itself

    system: str
    host: str
    database: str
    user: str
    password: str
    table: str
    columns: Sequence[str]
    ref: str
    port: int | None = None
    tls: str = "verify"
    """verify | none; a certificate that is not verified is no way to be sure of anything."""
    changed: Mapping[str, str] | None = None
    """{column, zone}: a date, a date with time or UNIX seconds that every change moves on."""
    where: Mapping[str, Any] = field(default_factory=dict)
    joined: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name in the payload -> {table, key, by, columns, many, ref, where}."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Column with a file's name -> address of the folder; the whole address stands beside it as <column>_url."""
    text: str = "mended"
    reread: int = 1000
    """How many ids before the newest are read again where no column tells what has changed."""
    size: int = 100
    zone: str | None = None
    created: str | None = None
    look_back: str = "1d"
    reply_by: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises Misconfigured for columns that hold passwords and for names that would stand for two things."""
        if self.port is None:
            object.__setattr__(self, "port", mariadb.PORT if self.system == "mysql" else postgres.PORT)
        every = [*self.columns, self.ref, *self.where, (self.changed or {}).get("column", "")]
        for one in self.joined.values():
            every += [*one["columns"], one["key"], *one.get("where", ())]
        for name in every:
            if _SECRET.search(name.lower()):
                raise Misconfigured(
                    f"columns: '{name}' holds passwords or keys, which are never read.",
                    hint="Take it out; the database's owner should not grant it either.",
                    code="password_column",
                    indonesian=f"columns: '{name}' berisi sandi atau kunci dan tidak pernah dibaca; hapus dari daftar.",
                )
        taken = [*self.columns, *(f"{name}_url" for name in self.files)]
        lacking = [name for name in self.files if name not in self.columns]
        double = [name for name in self.joined if name in taken]
        if lacking or double:
            raise Misconfigured(
                f"joined and files: '{(lacking + double)[0]}' is no column, or is one already.",
                hint="files names listed columns; each name in joined is new.",
                code="bad_names",
                indonesian=f"joined dan files: '{(lacking + double)[0]}' bukan kolom di columns, atau sudah dipakai.",
            )

    @property
    def repeatable(self) -> bool:
        """With a column for our own number an answer that is there already is not written again."""
        return bool(self.reply_by.get("once")) or not self.reply_by.get("table")

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """The rows by key, the server's own count beside them; a cut reading goes on behind its last key."""
        line = self._line(ctx, self.user, self.password)
        try:
            line.begin(write=False)
            yield from sql_reading.pages(self._wanted(), line, window, start or {})
        finally:
            line.close()

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """Rows that the portal's owner has exported as a JSON list of objects."""
        return reader(items="@", ref=f'"{self.ref}"', created=self.created)(body).items

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """The highest keys when the reading began, and the newest stamp."""
        told = (pages[-1].next if pages else None) or {}
        return {**before, **told.get("mark", {})}

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Write a row into the table of answers, and the status; both or neither."""
        if not self.reply_by:
            raise Misconfigured("The manifest has no table for answers.", hint="Add reply: {table, values, …}.")
        line = self._line(ctx, self.reply_by["user"], self.reply_by["password"])
        try:
            line.begin(write=True)
            self._answer(line, reply, ctx.clock())
            if (column := self.reply_by.get("status")) and reply.status:
                sql = f"UPDATE {line.quoted(self.table)} SET {line.quoted(column)} = %s WHERE {line.quoted(self.ref)} = %s"
                line.ask(sql, (reply.status, reply.ref))
            line.commit()
        finally:
            line.close()
        return None

    def _wanted(self) -> sql_reading.Wanted:
        return sql_reading.Wanted(
            table=self.table, columns=self.columns, ref=self.ref, where=self.where, joined=self.joined, files=self.files,
            changed=(self.changed or {}).get("column"), zone=(self.changed or {}).get("zone") or self.zone or "UTC",
            created=self.created, mend=self.text == "mended", reread=self.reread, size=self.size, look_back=self.look_back,
        )  # fmt: skip

    def _answer(self, line: Line, reply: Reply, now: datetime) -> None:
        if not (table := self.reply_by.get("table")):
            return
        here = now.astimezone(zones.zone(self.zone or "UTC") or UTC)
        words = {
            "{ref}": str(reply.ref), "{text}": reply.text, "{status}": reply.status,
            "{now}": f"{here:%Y-%m-%d %H:%M:%S}", "{today}": f"{here:%Y-%m-%d}",
        }  # fmt: skip
        row = {name: _filled(value, words) for name, value in self.reply_by["values"].items()}
        if own := self.reply_by.get("once"):
            row[own] = hashlib.sha256(reply.message_id.encode()).hexdigest()[:32]
            if line.ask(f"SELECT 1 FROM {line.quoted(table)} WHERE {line.quoted(own)} = %s LIMIT 1", (row[own],)).rows:
                return
        names, places = ", ".join(map(line.quoted, row)), ", ".join(["%s"] * len(row))
        line.ask(f"INSERT INTO {line.quoted(table)} ({names}) VALUES ({places})", list(row.values()))

    def _line(self, ctx: Context, user: str, password: str) -> Line:
        way: Any = mariadb.Mariadb if self.system == "mysql" else postgres.Postgres
        line: Line = way(
            ctx, host=self.host, port=self.port, database=self.database, tls=self.tls != "none",
            user=ctx.secret(user, self.host), password=ctx.secret(password, self.host),
        )  # fmt: skip
        return line


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    """A value with its placeholders filled once; what is filled in is not searched for further ones."""
    if not isinstance(value, str):
        return value
    return re.sub(r"\{(?:ref|text|status|now|today)\}", lambda found: words[found[0]], value)
