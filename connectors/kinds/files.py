"""Files of rows (CSV, XLSX, XLS, XLSB, ODS): from a folder of the operator's machine, over SFTP, or as attachments of mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from connectors import attached, filing, folders, mailbox, sftp
from connectors.base import Context, Item, Page, Position, Recall, Window, kind
from connectors.filing import Source
from connectors.limited import Child
from connectors.mail import Parser
from connectors.rows import TABLE, WORDS, Layout, Table, layout, taken

_HOST = {"$ref": f"{WORDS}host"}
_PORT = {"$ref": f"{WORDS}port"}
_SECRET = {"$ref": f"{WORDS}secret"}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 500}
_SENDER = {
    "type": "string",
    "pattern": "^[^@\\s]*@[^@\\s]+$",
    "x-id": "tulis alamat surel, atau @domain",
    "x-en": "write an e-mail address, or @domain",
}


@kind("files")
@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The tables of one folder or mailbox; the fields are the keys of `with`."""

    OPTIONS: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["columns"],
        "oneOf": [
            {"required": ["folder"]},
            {"required": ["sftp"]},
            {"required": ["mailbox", "senders"]},
        ],
        "properties": {
            **TABLE,
            "folder": _TEXT,
            "pattern": _TEXT,
            "sheet": _TEXT,
            "sftp": {
                "type": "object",
                "additionalProperties": False,
                "required": ["host", "user", "host_key", "folder"],
                "oneOf": [{"required": ["password"]}, {"required": ["key"]}],
                "properties": {
                    "host": _HOST,
                    "port": _PORT,
                    "user": _TEXT,
                    "password": _SECRET,
                    "key": _SECRET,
                    "host_key": {
                        "type": "string",
                        "pattern": "^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]{40,1000}={0,2}( .*)?$",
                        "x-id": "tulis kunci server seperti dari ssh-keyscan: ssh-ed25519 AAAA…",
                        "x-en": "write the server's key as ssh-keyscan shows it: ssh-ed25519 AAAA…",
                    },
                    "folder": _TEXT,
                },
            },
            "mailbox": {
                "type": "object",
                "additionalProperties": False,
                "required": ["host", "user", "password"],
                "properties": {
                    "host": _HOST,
                    "port": _PORT,
                    "tls": {"$ref": f"{WORDS}tls"},
                    "user": _TEXT,
                    "password": _SECRET,
                    "folder": _TEXT,
                },
            },
            "senders": {"type": "array", "minItems": 1, "items": _SENDER},
        },
    }
    REPLY: ClassVar[Mapping[str, Any] | None] = None
    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": [
            "contoh berkasnya: nama kolom, pemisah, pengodean dan bentuk tanggalnya",
            "folder di mesin hub, atau server SFTP (alamat, akun, kunci server), atau kotak surat dan alamat pengirimnya",
        ],
        "en": [
            "a sample of the file: its columns, delimiter, encoding and the form of its dates",
            "a folder on the hub's machine, or an SFTP server (address, account, host key), or a mailbox and its senders",
        ],
    }
    SAME: ClassVar[Sequence[str]] = ("folder", "pattern", "sheet", "sftp", "mailbox", "senders")

    once: ClassVar[bool] = False  # files may overlap, and hold a row twice
    moving: ClassVar[bool] = False  # a file is read whole or not at all, so no row moves under the reader
    overlaps: ClassVar[bool] = True  # the register of today holds what the one of yesterday held
    PORTS: ClassVar[frozenset[int]] = frozenset({22})

    columns: Sequence[str] | Mapping[str, Any]
    id: str | Sequence[str] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    header: int = 1
    delimiter: str = ","
    encoding: str = "utf-8"
    sheet: str | None = None
    folder: str | None = None
    pattern: str = "*"
    sftp: Mapping[str, Any] | None = None
    mailbox: Mapping[str, Any] | None = None
    senders: Sequence[str] = ()
    zone: str | None = None
    """The manifest's zone, for dates that name none."""

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """The rows of every file that is not known yet, the oldest file first; all of them on a sweep."""
        with closing(Child("connectors.tables:answer")) as child, self._source(ctx, child) as source:
            yield from filing.pages(source, window, start)

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """Short marks of the files that were read; of a mailbox UIDVALIDITY and the highest UID."""
        return filing.done(pages, before)

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """The items of one file, read as the manifest says."""
        return self.look(body, ctx.clock()).items

    def look(self, body: bytes, now: datetime) -> Table:
        """One file taken apart, with its columns that the manifest does not name; raises ChannelError."""
        with closing(Child("connectors.tables:answer")) as child:
            return taken(body, "the file", self._layout, child, now)

    @property
    def _layout(self) -> Layout:
        return layout(
            columns=self.columns,
            id=self.id,
            dates=self.dates,
            zone=self.zone,
            header=self.header,
            delimiter=self.delimiter,
            encoding=self.encoding,
            sheet=self.sheet,
        )

    @contextmanager
    def _source(self, ctx: Context, child: Child) -> Iterator[Source]:
        how = self._layout

        def rows(called: str, content: bytes, stamp: datetime | None) -> Sequence[Item]:
            return taken(content, called, how, child, stamp).items

        if self.mailbox is not None:
            with self._mails(ctx, rows) as mails:
                yield mails
        elif self.sftp is not None:
            with sftp.opened(ctx, self.sftp) as far:
                yield folders.InFolder(folder=far, pattern=self.pattern, now=ctx.clock(), taken=rows)
        else:
            near = folders.local(self.folder or "", ctx.roots)
            yield folders.InFolder(folder=near, pattern=self.pattern, now=ctx.clock(), taken=rows)

    @contextmanager
    def _mails(self, ctx: Context, rows: Any) -> Iterator[Source]:
        own = None if ctx.parse_mail else Parser()
        account = attached.Account(**(self.mailbox or {}))
        senders = frozenset(one.lower() for one in self.senders)
        try:
            with mailbox.opened(account, ctx) as box:
                yield attached.InMailbox(box=box, senders=senders, parse=ctx.parse_mail or own, taken=rows)
        finally:
            if own:
                own.close()
