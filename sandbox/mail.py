"""A mailbox for the make-believe office: a real IMAP server over a maildir, and an SMTP server that keeps its mail."""

from __future__ import annotations

import asyncio
import mailbox as maildirs
import os
import socket
import threading
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.maildir import Config, Identity, Login
from pymap.backend.maildir.layout import MaildirLayout
from pymap.backend.maildir.mailbox import Maildir
from pymap.backend.maildir.uidlist import Record, UidList
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface
from pysasl.hashing import Cleartext

from sandbox.mime import ADDRESS, as_bytes
from sandbox.story import story

USER = "kanal"
PASSWORD = "sandbox-mail-password-not-real"
UIDVALIDITY = 1_793_500_000
_HOST = "127.0.0.1"


@dataclass(slots=True)
class MailState:
    """What lies in the mailbox at the start, and the password that opens IMAP and SMTP."""

    mails: Sequence[bytes] = field(default_factory=lambda: [as_bytes(mail) for mail in story().mails])
    user: str = USER
    password: str = PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A running mailbox: where to read, where to send, and what was sent."""

    host: str
    port: int
    smtp_port: int
    user: str
    password: str
    address: str
    inbox: Path
    outbox: Path
    state: MailState

    def deliver(self, raw: bytes) -> None:
        """Put one more mail into the inbox, byte for byte."""
        name = f"late-{sum(1 for _ in (self.inbox / 'cur').iterdir()):04}-{os.urandom(4).hex()}"
        (self.inbox / "tmp" / name).write_bytes(raw)
        (self.inbox / "tmp" / name).rename(self.inbox / "new" / name)

    def sent(self) -> list[EmailMessage]:
        """The mails that the SMTP server took, in order."""
        files = sorted(self.outbox.glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


@contextmanager
def mailbox(folder: Path, state: MailState) -> Iterator[Mailbox]:
    """Serve the mails of `state` from a maildir inside `folder` until the block ends."""
    inbox, outbox = folder / "mail" / state.user, folder / "outbox"
    outbox.mkdir(parents=True, exist_ok=True)
    _fill(inbox, state)
    _accounts(folder / "mail", state)
    imap, smtp = _listening(), _listening()
    with _loop() as loop:
        servers = asyncio.run_coroutine_threadsafe(_start(folder, state, imap, smtp), loop).result(20)
        try:
            yield Mailbox(
                host=_HOST, port=imap.getsockname()[1], smtp_port=smtp.getsockname()[1], user=state.user,
                password=state.password, address=ADDRESS, inbox=inbox, outbox=outbox, state=state,
            )  # fmt: skip
        finally:
            loop.call_soon_threadsafe(lambda: [server.close() for server in servers])


def _listening() -> socket.socket:
    sock = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # asyncio sets TCP_NODELAY only where it is named
    sock.bind((_HOST, 0))
    return sock


def _fill(inbox: Path, state: MailState) -> None:
    for part in ("cur", "new", "tmp"):
        (inbox / part).mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(state.mails, start=1):
        (inbox / "cur" / f"{number:04}.sandbox:2,").write_bytes(raw)


def _accounts(base: Path, state: MailState) -> None:
    """The account files that pymap reads: passwd names the maildir, shadow the password (plain: it is a toy)."""
    (base / "pymap-etc-passwd").write_text(f"{state.user}:x:1000:1000::{state.user}:\n", encoding="utf-8")
    secret = os.open(base / "pymap-etc-shadow", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(secret, "w", encoding="utf-8") as file:
        file.write(f"{state.user}:{state.password}\n")
    (base / "pymap-etc-group").write_text("", encoding="utf-8")


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own; every task is cancelled at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox-mail", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_cancelled(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _cancelled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _start(
    folder: Path, state: MailState, imap: socket.socket, smtp: socket.socket
) -> list[asyncio.AbstractServer]:
    base = folder / "mail"
    config = _Config.from_args(_arguments(base), hash_context=Cleartext(), reject_dnsbl=False, invalid_user_sleep=0.0)
    config.apply_context()
    await _number(base / state.user, state)
    server = IMAPServer(_Login(config), config)
    reader = ProxyProtocolReader(config.proxy_protocol)
    sink = _Sink(folder / "outbox")
    return [
        await asyncio.start_server(reader.get_callback(server), sock=imap),
        await asyncio.get_running_loop().create_server(lambda: _smtp(sink, state), sock=smtp),
    ]


async def _number(inbox: Path, state: MailState) -> None:
    """Fix the UIDs and UIDVALIDITY beforehand, so that mail n has UID n on every file system."""
    async with UidList.with_write(str(inbox)) as uids:
        uids.uid_validity = UIDVALIDITY
        for number in range(1, len(state.mails) + 1):
            marks = {"E": f"M{number:040x}", "T": f"T{number:040x}"}
            uids.set(Record(number, marks, f"{number:04}.sandbox:2,"))
        uids.next_uid = len(state.mails) + 1


class _Config(Config):
    """Pymap's settings without its look-up of the machine's own name, which can hang where DNS is absent."""

    @property
    def greeting(self) -> bytes:
        return b"Server ready sandbox"


class _Raw(maildirs.MaildirMessage):
    """A message that gives its bytes as they lie on disk; pymap's own would parse it and write it anew."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self.raw = raw

    def __bytes__(self) -> bytes:
        return self.raw


class _Whole(Maildir):
    """A maildir that alters no byte: the broken mails must arrive as broken as they are, with CRLF."""

    def get_message(self, key: str) -> maildirs.MaildirMessage:
        return _Raw(Path(self._join(self._lookup(key))).read_bytes())


class _Identity(Identity):
    """An account whose mailbox is read without changes."""

    def _load_maildir(self, mailbox_path: str) -> tuple[Maildir, MaildirLayout[Any]]:
        _, layout = super()._load_maildir(mailbox_path)
        return _Whole(str(Path(self.config.base_dir, mailbox_path)), create=False), layout


class _Login(Login):
    """Pymap's accounts, handing out our kind of identity."""

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> Identity:
        known = await super().authorize(authenticated, authzid)
        return _Identity(self.config, self.tokens, known.name, None, known.roles)


def _arguments(base: Path) -> Namespace:
    """What pymap's command line would have held; no TLS, so that a login in clear is allowed on loopback."""
    return Namespace(
        base_dir=str(base), concurrency=4, layout="++", colon=None, host=_HOST, port=0, debug=False, cert=None,
        key=None, tls=False, proxy_protocol=None, passlib_cfg=None, inherited_sockets=None,
    )  # fmt: skip


class _Sink:
    """Keeps every mail that SMTP brings, as a file that appears whole or not at all."""

    def __init__(self, outbox: Path) -> None:
        self.outbox = outbox
        self.count = len(list(outbox.glob("*.eml")))

    async def handle_MAIL(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse strangers; called by aiosmtpd, whose own check would warn about the missing TLS."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from, envelope.mail_options = address, [*envelope.mail_options, *options]
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store one message; called by aiosmtpd."""
        self.count += 1
        path = self.outbox / f"{self.count:04}.eml"
        path.with_suffix(".tmp").write_bytes(envelope.original_content or b"")
        path.with_suffix(".tmp").rename(path)
        return "250 OK"


def _smtp(sink: _Sink, state: MailState) -> SMTP:
    def judge(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
        good = isinstance(login, LoginPassword)
        good = good and (login.login, login.password) == (state.user.encode(), state.password.encode())
        return AuthResult(success=good, handled=False)

    loop = asyncio.get_running_loop()
    return SMTP(sink, hostname="sandbox", authenticator=judge, auth_require_tls=False, loop=loop)
