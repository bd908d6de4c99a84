"""A mailbox for complaints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.kinds.imap import Imap
from tests.channels.fakes.doors import COUNT, Open, Own, dialling
from tests.channels.fakes.mailbox import Box, imap


@contextmanager
def _mailbox(_: Path) -> Iterator[Open]:
    def mail(number: int) -> bytes:
        head = f"From: Sri <sri@surat.example>\r\nSubject: Lampu\r\nMessage-ID: <m{number}@surat.example>\r\n"
        return head.encode() + b"\r\nLampu jalan mati.\r\n"

    with imap(Box(mails={n: mail(n) for n in range(1, COUNT + 1)})) as box:
        yield Open(
            channel=Imap(host="127.0.0.1", port=box.port, tls="none", user="kanal", password="${secret:SANDI}"),
            ctx=dialling(SANDI=Box().password),
            refs=frozenset(f'"m{n}@surat.example"' for n in range(1, COUNT + 1)),
            faults={
                "another password": lambda: setattr(box, "password", "lain"),
                "cut": lambda: setattr(box, "cut_at", 3),
                "no folder": lambda: setattr(box, "folders", ()),
            },
        )


DOORS = {
    "imap": Own(open=_mailbox, faults=("another password", "cut", "no folder")),
}  # fmt: skip
