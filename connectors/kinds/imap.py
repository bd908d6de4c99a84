"""IMAP: a mailbox to which citizens write; read by UID without touching a flag, answered by SMTP in the thread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connectors import mailbox, smtp, strictjson
from connectors.base import Attachment, Context, Item, Page, Position, Recall, Reply, Window, kind
from connectors.errors import Misconfigured
from connectors.mail import Parser
from connectors.mailbox import Box, Found, groups, opened
from connectors.mime import Mail, Unreadable

PAGE = 25


@kind("imap")
@dataclass(frozen=True, slots=True, kw_only=True)
class Imap:
    """One folder of one mailbox; the fields are the keys of `with`."""

    once: ClassVar[bool] = True  # every thing has a number that the server gave it
    moving: ClassVar[bool] = False  # UIDs only grow, so nothing moves between pages
    repeatable: ClassVar[bool] = False  # a mail that is sent twice arrives twice
    gathers: ClassVar[bool] = True  # one mail tells all that is new
    private: ClassVar[bool] = True  # a mail reaches the reporter and nobody else
    loose: ClassVar[bool] = True  # the mark of a telephone stands below the text

    NEEDS: ClassVar[Mapping[str, Sequence[str]]] = {
        "id": [
            "nama server surel (IMAP), porta, dan TLS-nya",
            "nama masuk dan kata sandi kotak surel pengaduan, sebaiknya sandi khusus aplikasi",
            "folder yang dibaca, biasanya INBOX",
            "server SMTP, bila jawaban dikirim dari alamat yang sama",
        ],
        "en": [
            "the mail server (IMAP), its port and TLS",
            "user and password of the complaints mailbox, best a password of its own for this program",
            "the folder to read, usually INBOX",
            "the SMTP server, where answers leave from the same address",
        ],
    }

    host: str
    user: str
    password: str
    port: int | None = None
    tls: str = "implicit"
    """implicit | starttls | none; certificates are always verified."""
    folder: str = "INBOX"
    reply_by: Mapping[str, Any] = field(default_factory=dict)
    """The manifest's `reply`: {smtp: {host, port, tls, user, password, from}}."""

    def pages(
        self, ctx: Context, window: Window, start: Position | None = None, recall: Recall | None = None
    ) -> Iterator[Page]:
        """The mails behind the mark, oldest first; all of them where the mailbox has been renumbered."""
        own = None if ctx.parse_mail else Parser()
        try:
            with opened(self, ctx) as box:
                yield from _walk(box, start or window.after, ctx.parse_mail or own)
        finally:
            if own:
                own.close()

    def mark(self, pages: Sequence[Page], before: Position) -> Position:
        """UIDVALIDITY and the highest UID read."""
        return next((page.next for page in reversed(pages) if page.next), before)

    def sample(self, ctx: Context, body: bytes) -> Sequence[Item]:
        """One mail that somebody has in a file (.eml)."""
        assert ctx.parse_mail
        return [_item(0, Found(uid=0, size=len(body), stamp=None), body, ctx.parse_mail)]

    def reply(self, ctx: Context, reply: Reply) -> str | None:
        """Answer by mail in the thread."""
        server = self.reply_by.get("smtp") or {}
        if not server.get("from"):
            raise Misconfigured(
                "The manifest has no mail server for answers.", hint="Add reply: {smtp: {host, from, …}}."
            )
        smtp.send(ctx, server, smtp.message(reply, str(server["from"]), ctx.clock()))
        return None


def _walk(box: Box, after: Position, parse: Any) -> Iterator[Page]:
    validity = box.validity
    last = int(after.get("uid", 0)) if after.get("uidvalidity") == validity else 0
    uids, sets = box.search(last), list[list[Found]]()
    if not uids:
        yield Page(items=(), end=True, total=0, next={"uidvalidity": validity, "uid": last})
    for start in range(0, len(uids), PAGE):
        sets = list(groups(box.sizes(uids[start : start + PAGE])))
        for number, group in enumerate(sets, start=1):
            items = [_item(validity, found, raw, parse) for found, raw in box.mails(group)]
            end = start + PAGE >= len(uids) and number == len(sets)
            # Mails that vanished meanwhile leave the total short, and the engine asks once more what is there.
            yield Page(items=items, end=end, total=len(uids), next={"uidvalidity": validity, "uid": group[-1].uid})
    if uids and not sets:
        yield Page(items=(), end=True, total=len(uids), next={"uidvalidity": validity, "uid": uids[-1]})


def _item(validity: int, found: Found, raw: bytes, parse: Any) -> Item:
    try:
        mail: Mail | None = parse(raw)
        trouble = "too_large" if found.size > mailbox.BIGGEST else None
    except Unreadable:
        mail, trouble = None, "unreadable_mail"
    if mail is None:
        return Item(ref=None, raw=raw, payload=None, stamp=found.stamp, trouble=trouble, media="mail")
    payload = mail.payload | {"uid": found.uid, "uidvalidity": validity}
    return Item(
        ref=strictjson.ref_text(payload["message_id"]),
        raw=raw,
        payload=payload,
        stamp=found.stamp,
        created=json.dumps(payload["from"]["address"].lower()),
        attachments=[
            Attachment(**told, content=content)
            for told, content in zip(payload["attachments"], mail.contents, strict=True)
        ],
        trouble=trouble,
        media="mail",
    )
