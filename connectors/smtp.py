"""Sends one plain-text answer by SMTP over the dialled socket, and says honestly whether it may have gone out."""

from __future__ import annotations

import io
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from connectors.adapter import Timed, Wire
from connectors.base import Context, Reply
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import Cut
from connectors.net import NotReached
from connectors.trust import Tls

SECONDS = 60.0
_LONGEST_ANSWER = 64 * 1024
_LONGEST_SENDER = 250
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190}")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""What ends a line, steers a terminal or turns letters around."""
_OPENS = re.compile(r"<(?=[a-zA-Z/!?])")
"""What a page that shows a subject unescaped would take for a tag."""
_UNFOLDED = SMTP.clone(max_line_length=998)
"""Long ids stay whole: folded ones become encoded words, by which no mail program finds the thread."""
PORTS = {"implicit": 465, "starttls": 587, "none": 25}


def message(reply: Reply, sender: str, now: datetime) -> EmailMessage:
    """The answer as a mail in the thread of the mail it answers; raises Misconfigured where there is nobody to write to."""
    payload = reply.payload
    to = str((payload.get("from") or {}).get("address") or "")
    if not _ADDRESS.fullmatch(to):
        raise Misconfigured("The mail has no address that can be answered.", code="no_address")
    mail = EmailMessage(policy=_UNFOLDED)
    _sign(mail, _CONTROL.sub(" ", sender))
    mail["To"] = to
    mail["Subject"] = _subject(str(payload.get("subject") or ""))
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{_checked(reply.message_id.strip('<>'))}>"
    mail["Auto-Submitted"] = "auto-replied"
    thread = [
        one
        for one in (*(payload.get("references") or ()), payload.get("message_id"))
        if one and _ID.fullmatch(str(one))
    ]
    if payload.get("message_id") in thread:
        mail["In-Reply-To"] = f"<{payload['message_id']}>"
    if thread:
        mail["References"] = " ".join(f"<{one}>" for one in thread[-20:])
    mail.set_content(reply.text.encode("utf-8", "replace").decode(), charset="utf-8", cte="base64")
    return mail


def _sign(mail: EmailMessage, sender: str) -> None:
    try:
        if len(sender) > _LONGEST_SENDER:  # it would be folded, and Python folds some signs wrongly
            raise ValueError
        mail["From"] = sender
    except (ValueError, AttributeError, LookupError):  # Python's parser of addresses trips over some of them
        raise Misconfigured("reply.smtp.from is no address that mail can carry.", code="bad_smtp") from None


def send(
    ctx: Context, smtp: Mapping[str, Any], mail: EmailMessage, monotonic: Callable[[], float] = time.monotonic
) -> None:
    """Hand the mail to the server of `smtp` {host, port, tls, user, password, from}; raises ChannelError.

    Cut means that the mail's bytes were sent and the server's word is missing: it may have gone out.
    """
    host, tls = str(smtp.get("host") or ""), str(smtp.get("tls", "starttls"))
    if tls not in PORTS or not host:
        raise Misconfigured("reply.smtp needs host and tls: implicit, starttls or none.", code="bad_smtp")
    wire = Wire(ctx.dial, monotonic)
    wire.begin(SECONDS)
    sender = parseaddr(str(mail["From"]))[1]
    with _errors(host, wire):
        server = _Server(wire, tls, ctx.tls, local_hostname=sender.partition("@")[2] or "localhost")
        try:
            code, _ = server.connect(host, int(smtp.get("port") or PORTS[tls]))
            if code != 220:
                raise smtplib.SMTPResponseException(code, "")
            _greet(server, ctx, smtp, host, tls)
            _hand_over(server, sender, str(mail["To"]), mail.as_bytes(), wire)
        finally:
            server.close()


def _greet(server: smtplib.SMTP, ctx: Context, smtp: Mapping[str, Any], host: str, tls: str) -> None:
    if tls == "starttls":
        server.starttls(context=ctx.tls())
    if smtp.get("user"):
        server.login(ctx.secret(str(smtp["user"]), host), ctx.secret(str(smtp.get("password", "")), host))
    server.ehlo_or_helo_if_needed()


def _hand_over(server: smtplib.SMTP, sender: str, to: str, content: bytes, wire: Wire) -> None:
    for code, _ in (server.mail(sender), server.rcpt(to)):
        if code not in (250, 251):
            raise smtplib.SMTPResponseException(code, "")
    server.putcmd("data")
    code, _ = server.getreply()
    if code != 354:
        raise smtplib.SMTPResponseException(code, "")
    wire.sent = True  # from here on the mail may have gone out
    server.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
    code, _ = server.getreply()
    if code != 250:
        raise smtplib.SMTPResponseException(code, "")


@contextmanager
def _errors(host: str, wire: Wire) -> Iterator[None]:
    try:
        yield
    except ChannelError:
        raise
    except smtplib.SMTPNotSupportedError:
        raise Misconfigured(f"{host} does not offer what reply.smtp asks for.", code="smtp_no_tls") from None
    except smtplib.SMTPAuthenticationError:
        raise Refused(f"{host} does not accept user and password.", code="login") from None
    except smtplib.SMTPResponseException as error:
        raise _judged(host, error.smtp_code) from None
    except ssl.SSLError:
        raise (
            _cut(host) if wire.sent else NotReached(f"{host} has no certificate that can be trusted.", code="tls")
        ) from None
    except (OSError, smtplib.SMTPException):
        raise (
            _cut(host) if wire.sent else NotReached(f"{host} broke off before the mail was sent.", code="connect")
        ) from None
    except ValueError:
        raise Misconfigured(
            "user, password or an address holds signs that mail cannot carry.", code="bad_smtp"
        ) from None


def _cut(host: str) -> Cut:
    return Cut(f"{host} broke off after the mail was sent.")


def _judged(host: str, code: int) -> ChannelError:
    kind = Unavailable if 400 <= code < 500 or code < 0 else Refused
    return kind(f"{host} answered SMTP {code}.", code=f"smtp_{code}")


def _subject(subject: str) -> str:
    plain = _OPENS.sub("< ", " ".join(_CONTROL.sub(" ", subject).split()))[:200]
    return plain if plain.lower().startswith("re:") else f"Re: {plain}".strip()


def _checked(message_id: str) -> str:
    if not _ID.fullmatch(message_id):
        raise Misconfigured("The answer has no usable Message-ID.", code="bad_message_id")
    return message_id


class _Server(smtplib.SMTP):
    """smtplib over a dialled socket, every answer read against the deadline of the whole call."""

    def __init__(self, wire: Wire, tls: str, trust: Tls, *, local_hostname: str) -> None:
        self._wire, self._tls, self._trust = wire, tls, trust
        super().__init__(local_hostname=local_hostname, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        self._host = host  # the name that starttls verifies
        sock = self._wire.dial(host, port, min(timeout, 30.0))
        if self._tls != "implicit":
            return sock
        return self._trust().wrap_socket(sock, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        self._wire.allow(_LONGEST_ANSWER)
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(Timed(self._wire, self.sock))
        return super().getreply()
