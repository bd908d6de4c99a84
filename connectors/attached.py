"""Sheets that arrive by mail: attachments from allow-listed senders, each mail once, one broken sheet never in the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors.base import Item, Position
from connectors.errors import ChannelError, Unavailable
from connectors.filing import File
from connectors.mailbox import BIGGEST, Box, Found
from connectors.mime import Unreadable
from connectors.tables import SUFFIXES

HEAD: Final = 64 * 1024
"""Bytes in which the sender of a mail is looked for that cannot be taken apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A folder of a mailbox, as connectors.mailbox asks for it."""

    host: str
    user: str
    password: str
    port: int | None = None
    tls: str = "implicit"
    folder: str = "INBOX"


@dataclass(slots=True, kw_only=True)
class InMailbox:
    """The mails of a folder as a filing.Source; `taken(name, content, stamp)` makes items of one attachment."""

    box: Box
    senders: frozenset[str]
    """Addresses in small letters, or @domain."""
    parse: Any
    taken: Callable[[str, bytes, datetime | None], Sequence[Item]]

    def files(self, after: Position) -> Sequence[File]:
        """The mails behind the mark, the oldest first."""
        last = int(after.get("uid", 0)) if after.get("uidvalidity") == self.box.validity else 0
        uids = self.box.search(last)
        return [File(name=f"UID {uid}", mark=f"{self.box.validity}.{uid}", stamp=None) for uid in uids]

    def items(self, file: File) -> Sequence[Item]:
        """The rows of all sheets of one mail; none where it is somebody else's."""
        sizes = self.box.sizes([int(file.mark.rpartition(".")[2])])
        return [item for told, raw in (self.box.mails(sizes) if sizes else ()) for item in self._rows(file, told, raw)]

    def _rows(self, file: File, told: Found, raw: bytes) -> Sequence[Item]:
        try:
            mail = self.parse(raw)
        except Unreadable:
            head = raw[:HEAD].lower()
            ours = any(one.encode() in head for one in self.senders)
            return [broken(file.mark, Unavailable("The mail cannot be taken apart."), told.stamp)] if ours else ()
        if not self._allowed(mail.payload["from"]["address"]):
            return ()
        if told.size > BIGGEST:  # only its head was fetched
            return [broken(file.mark, Unavailable("The mail is larger than 25 MiB."), told.stamp)]
        rows: list[Item] = []
        for number, (one, content) in enumerate(zip(mail.payload["attachments"], mail.contents, strict=True), start=1):
            if one["name"].lower().endswith(SUFFIXES):
                rows += self._sheet(file, number, content, told.stamp)
        return rows

    def _sheet(self, file: File, number: int, content: bytes, stamp: datetime | None) -> Sequence[Item]:
        """A sheet that cannot be read stays in its mail for ever, so it waits in quarantine and not in front of others."""
        called = f"{file.name}, attachment {number}"
        try:
            return self.taken(called, content, stamp)
        except ChannelError as error:
            return [broken(f"{file.mark}.{number}", error, stamp)]

    def _allowed(self, address: str) -> bool:
        plain = address.strip().lower()
        return plain in self.senders or f"@{plain.rpartition('@')[2]}" in self.senders

    def mark(self, files: Sequence[File], after: Position) -> Position:
        """UIDVALIDITY and the highest UID."""
        last = int(after.get("uid", 0)) if after.get("uidvalidity") == self.box.validity else 0
        uids = [int(one.mark.rpartition(".")[2]) for one in files]
        return {"uidvalidity": self.box.validity, "uid": max([last, *uids])}


def broken(ref: str, error: ChannelError, stamp: datetime | None) -> Item:
    """A whole sheet that cannot be read, as one item for quarantine: where it is and why, nothing of what it holds."""
    told = {"berkas": ref, "sebab": error.code, "keterangan": error.indonesian or error.what}
    raw = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    return Item(ref=json.dumps(f"berkas-{ref}"), raw=raw, payload=None, stamp=stamp, trouble="sheet_unreadable")
