"""A folder of a mailbox over IMAP: read by UID without touching a flag, every call held to its deadline."""

from __future__ import annotations

import imaplib
import io
import re
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from connectors.adapter import Timed, Wire
from connectors.base import Context
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import Cut
from connectors.net import NotReached
from connectors.trust import Tls

BIGGEST = 25 * 1024 * 1024
SECONDS = 300.0
_LONGEST_LINE = 16 * 1024 * 1024
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_PASSES = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA)\b", re.IGNORECASE)
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{10,40})"')
PORTS = {"implicit": 993, "starttls": 143, "none": 143}


class Account(Protocol):
    """Whose folder: what a manifest says of a mailbox."""

    @property
    def host(self) -> str:
        """Its server."""

    @property
    def user(self) -> str:
        """Who logs in; may refer to a secret."""

    @property
    def password(self) -> str:
        """A reference to a secret."""

    @property
    def port(self) -> int | None:
        """None: the one that belongs to `tls`."""

    @property
    def tls(self) -> str:
        """implicit | starttls | none; certificates are always verified."""

    @property
    def folder(self) -> str:
        """In IMAP's own spelling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the server says of one mail before it is fetched."""

    uid: int
    size: int
    stamp: datetime | None


def groups(found: Sequence[Found]) -> Iterator[list[Found]]:
    """Mails that are fetched at once: together not more than the biggest single one may be."""
    group: list[Found] = []
    for one in found:
        if group and sum(other.size for other in group) + one.size > BIGGEST:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


class Box:
    """One folder, opened for reading only."""

    def __init__(self, server: _Server, wire: Wire, validity: int) -> None:
        self._server, self._wire, self.validity = server, wire, validity

    def search(self, after: int) -> list[int]:
        """All UIDs above `after`, ascending (`n:*` names the last mail even where it is not above)."""
        answer = self._ask("SEARCH", f"UID {after + 1}:*")
        found = (word for line in answer if isinstance(line, bytes) for word in line.split())
        return sorted({int(word) for word in found if word.isdigit() and int(word) > after})

    def sizes(self, uids: Sequence[int]) -> list[Found]:
        """Size and arrival of each mail; mails that are gone meanwhile are left out."""
        wanted, found = set(uids), {}
        for line in self._ask("FETCH", _set(uids), "(UID RFC822.SIZE INTERNALDATE)"):
            text = line[0] if isinstance(line, tuple) else line or b""
            uid, size, date = _UID.search(text), _SIZE.search(text), _DATE.search(text)
            if uid and size and int(uid[1]) in wanted:
                found[int(uid[1])] = Found(uid=int(uid[1]), size=int(size[1]), stamp=_stamp(date[1] if date else b""))
        return [found[uid] for uid in sorted(found)]

    def mails(self, group: Sequence[Found]) -> Iterator[tuple[Found, bytes]]:
        """The bytes of the mails of a group; of one that is too large only its header."""
        what = "BODY.PEEK[HEADER]" if group[0].size > BIGGEST else "BODY.PEEK[]"
        by_uid = {found.uid: found for found in group}
        answer = self._ask("FETCH", _set(list(by_uid)), f"(UID {what})")
        for place, line in enumerate(answer):
            if not isinstance(line, tuple):
                continue
            behind = answer[place + 1] if place + 1 < len(answer) and isinstance(answer[place + 1], bytes) else b""
            uid = _UID.search(line[0]) or _UID.search(behind)
            if uid and int(uid[1]) in by_uid:
                yield by_uid.pop(int(uid[1])), line[1]

    def _ask(self, command: str, *args: str) -> list[Any]:
        self._wire.begin(SECONDS, budget=3 * BIGGEST)
        status, answer = self._server.uid(command, *args)
        if status != "OK":
            raise Unavailable("The mail server did not answer as asked.", code="imap_no")
        return [] if answer == [None] else answer


def _set(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


def _stamp(text: bytes) -> datetime | None:
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@contextmanager
def opened(imap: Account, ctx: Context, monotonic: Callable[[], float] = time.monotonic) -> Iterator[Box]:
    """The folder, open for reading only until the block ends; raises ChannelError."""
    wire = Wire(ctx.dial, monotonic)
    wire.begin(60.0, budget=BIGGEST)
    with _errors(imap.host, wire):
        server = _Server(wire, imap, ctx.tls)
        try:
            _login(server, imap, ctx)
            yield Box(server, wire, _select(server, imap.folder))
            wire.begin(5.0, budget=BIGGEST)
            with suppress(imaplib.IMAP4.error, OSError):  # all has been read; a rude goodbye takes nothing away
                server.logout()
        finally:
            with suppress(OSError):  # it may be closed already
                server.shutdown()


def _login(server: _Server, imap: Account, ctx: Context) -> None:
    if imap.tls == "starttls":
        if "STARTTLS" not in server.capabilities:
            raise Misconfigured(f"{imap.host} offers no STARTTLS.", hint="Use tls: implicit.", code="no_starttls")
        server.starttls(ctx.tls())
    user, password = ctx.secret(imap.user, imap.host), ctx.secret(imap.password, imap.host)
    if not (user + password).isascii() or any(sign < " " for sign in user + password):
        raise Misconfigured("User or password holds signs that IMAP cannot carry.", code="bad_login")
    try:
        server.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        _for_now(str(error).encode())
        raise Refused(f"{imap.host} does not accept user and password.", code="login") from None


def _for_now(said: bytes) -> None:
    """A NO for which nobody has to act says so in its response code (RFC 5530 section 3)."""
    if found := _PASSES.search(said):
        what = "The mail server says that it cannot do this for now."
        raise Unavailable(what, code=f"imap_{found[1].decode().lower()}")


def _select(server: _Server, folder: str) -> int:
    """Open a folder with EXAMINE; its UIDVALIDITY."""
    if not folder.isascii() or any(sign < " " for sign in folder):
        raise Misconfigured("The folder's name is not in IMAP's own spelling.", hint="Write it in modified UTF-7.")
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    status, said = server.select(f'"{quoted}"', readonly=True)
    if status != "OK":
        _for_now(said[0] if said and isinstance(said[0], bytes) else b"")
        raise Misconfigured("The mailbox has no such folder.", hint="Correct with.folder.", code="no_folder")
    _, validity = server.response("UIDVALIDITY")
    if not validity or not validity[-1] or not validity[-1].isdigit():
        raise Unavailable("The mail server gives no UIDVALIDITY.", code="no_uidvalidity")
    return int(validity[-1])


@contextmanager
def _errors(host: str, wire: Wire) -> Iterator[None]:
    try:
        yield
    except ChannelError:
        raise
    except ssl.SSLError:
        raise NotReached(f"{host} has no certificate that can be trusted.", code="tls") from None
    except (imaplib.IMAP4.error, OSError, EOFError):
        late = wire.left() <= 0
        what = "did not answer in time" if late else "cut the connection or answered no IMAP"
        raise Cut(f"{host} {what}.", code="timeout" if late else "cut") from None
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        raise Unavailable(f"{host} answered no IMAP.", code="not_imap") from None


class _Server(imaplib.IMAP4):
    """imaplib over a dialled socket, every line and literal read against the deadline of the call."""

    def __init__(self, wire: Wire, imap: Account, trust: Tls) -> None:
        if imap.tls not in PORTS:
            raise Misconfigured("tls is implicit, starttls or none.", hint="Correct with.tls.", code="bad_tls")
        self._wire, self._tls, self._trust = wire, imap.tls, trust
        self._stream: tuple[Any, io.BufferedReader] | None = None
        super().__init__(imap.host, int(imap.port or PORTS[imap.tls]), timeout=60.0)

    def _create_socket(self, timeout: float | None) -> Any:
        sock = self._wire.dial(self.host, self.port, min(timeout or 30.0, 30.0))
        if self._tls != "implicit":
            return sock
        return self._trust().wrap_socket(sock, server_hostname=self.host)

    def _reader(self) -> io.BufferedReader:
        if self._stream is None or self._stream[0] is not self.sock:  # a new socket stands behind STARTTLS
            self._end_stream()
            self._stream = self.sock, io.BufferedReader(Timed(self._wire, self.sock))
        return self._stream[1]

    def read(self, size: int) -> bytes:
        if size > 2 * BIGGEST:
            raise self.abort("literal too large")
        return self._reader().read(size)

    def readline(self) -> bytes:
        line = self._reader().readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise self.abort("line too long")
        return line

    def shutdown(self) -> None:
        self._end_stream()  # a socket closes only when the files made of it are closed
        super().shutdown()

    def _end_stream(self) -> None:
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None

    def send(self, data: Any) -> None:
        self._wire.tighten(self.sock)
        super().send(data)
