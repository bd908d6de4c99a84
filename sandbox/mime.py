"""The story's mails as bytes, with the peculiarities that real mailboxes are full of."""

from __future__ import annotations

import base64
import html
import struct
import zlib
from collections.abc import Callable
from datetime import timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from sandbox.story import Mail

ADDRESS = "kanal@aduan.example"
_WIB = timezone(timedelta(hours=7))
_LINES = SMTP.clone(max_line_length=998)


def as_bytes(mail: Mail) -> bytes:
    """The whole message; the same bytes every time."""
    return _FORMS[mail.form](mail)


def _headed(mail: Mail) -> EmailMessage:
    message = EmailMessage(policy=_LINES)
    message["From"] = formataddr((mail.name, mail.address))
    message["To"] = ADDRESS
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.sent.replace(tzinfo=_WIB))
    if mail.message_id is not None:
        message["Message-ID"] = mail.message_id
    return message


def _plain(mail: Mail, after: str = "") -> bytes:
    message = _headed(mail)
    message.set_content(mail.text.replace("\r\n", "\n") + "\n" + after, cte="base64")
    return message.as_bytes()


def _quoted(mail: Mail) -> bytes:
    asked = "> Terima kasih sudah menghubungi kanal aduan.\n> Silakan tuliskan keluhan Anda beserta lokasinya."
    return _plain(mail, f"\nPada Sen, 2 Nov 2026 pukul 08.00 Kanal Aduan <{ADDRESS}> menulis:\n{asked}\n")


def _signature(mail: Mail) -> bytes:
    return _plain(mail, f"\n-- \n{mail.name}\nDikirim dari ponsel\n")


def _html(mail: Mail) -> bytes:
    message = _headed(mail)
    lines = "<br>".join(html.escape(line) for line in mail.text.splitlines())
    style = "<style>p { margin: 0 } .x { color: #333 }</style>"
    page = f"<html><head>{style}</head><body><p class='x'>{lines}</p></body></html>"
    message.set_content(page, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _attachment(mail: Mail) -> bytes:
    message = _headed(mail)
    message.set_content(mail.text.replace("\r\n", "\n") + "\n", cte="base64")
    if mail.number % 2:
        message.add_attachment(_png(mail.number), maintype="image", subtype="png", filename="bukti foto.png")
    else:
        message.add_attachment(_pdf(mail.number), maintype="application", subtype="pdf", filename="surat.pdf")
    return _fixed_boundary(message, mail)


def _broken_base64(mail: Mail) -> bytes:
    """The text is sound; the picture's base64 was damaged on the way."""
    whole = _attachment(mail)
    good = base64.encodebytes(_png(mail.number) if mail.number % 2 else _pdf(mail.number)).split(b"\n")[0]
    return whole.replace(good, b"%%%rusak%%%" + good[:-5] + b"=", 1)


def _bad_charset(mail: Mail) -> bytes:
    message = _headed(mail)
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "text/plain; charset=x-aksara-lama"
    message["Content-Transfer-Encoding"] = "8bit"
    body = mail.text.encode("ascii", "ignore").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return message.as_bytes().rstrip(b"\r\n") + b"\r\n\r\n" + body + b" \xe9\xff\r\n"


def _bounce(mail: Mail) -> bytes:
    """A delivery status notification (RFC 3464), as a relay sends it."""
    message, limit = _headed(mail), f"=_dsn_{mail.number}"
    message["MIME-Version"] = "1.0"
    message["Auto-Submitted"] = "auto-replied"
    message["Return-Path"] = "<>"
    message["Content-Type"] = f'multipart/report; report-type=delivery-status; boundary="{limit}"'
    status = (
        f"Reporting-MTA: dns; relay.surat.example\r\n\r\nFinal-Recipient: rfc822; warga{mail.number}@surat.example\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n"
    )
    parts = (("text/plain; charset=us-ascii", mail.text + "\r\n"), ("message/delivery-status", status))
    body = "".join(f"--{limit}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
    return message.as_bytes().rstrip(b"\r\n") + f"\r\n\r\n{body}--{limit}--\r\n".encode()


def _auto_reply(mail: Mail) -> bytes:
    message = _headed(mail)
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text + "\n")
    return message.as_bytes()


def _fixed_boundary(message: EmailMessage, mail: Mail) -> bytes:
    message.set_boundary(f"=_bagian_{mail.number}")
    return message.as_bytes()


def _png(shade: int) -> bytes:
    """A picture of one pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes((0, shade)))),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _pdf(number: int) -> bytes:
    return f"%PDF-1.4\n1 0 obj<</Type/Catalog/Nomor {number}>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n".encode()


_FORMS: dict[str, Callable[[Mail], bytes]] = {
    "plain": _plain,
    "html": _html,
    "quoted": _quoted,
    "signature": _signature,
    "attachment": _attachment,
    "bad_charset": _bad_charset,
    "no_message_id": _plain,
    "broken_base64": _broken_base64,
    "bounce": _bounce,
    "auto_reply": _auto_reply,
}
