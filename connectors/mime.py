"""Reads one e-mail, whatever it is made of; runs only inside a child of `connectors.limited`."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesFeedParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from connectors import automatic
from connectors.charsets import readable
from connectors.html_text import words
from connectors.limited import Answer, GaveUp

PARTS = 100
DEPTH = 20
HEADER = 64 * 1024
_BLANK = re.compile(rb"\r?\n\r?\n|\r\r")
_ID = re.compile(r"<([^<>\s]{1,900})>")
_ACTION = re.compile(r"(?im)^action:[ \t]*([a-z]+)")
_OF_HEADER = re.compile(r"(?im)^message-id:((?:[^\r\n]|\r?\n[ \t])*)")
_ADDRESS = re.compile(r"<([^<>\s@]{1,100}@[^<>\s@]{1,200})>")
_BOUNDARY = re.compile(r"^--([0-9A-Za-z'()+_,./:=?-]{1,70})[ \t]*\r?\n[A-Za-z-]{1,60}:", re.MULTILINE)
_FILES = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"\x1f\x8b", b"%PDF-")
"""How files begin that are no message, whatever they are called (Outlook's .msg, archives)."""
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class Unreadable(GaveUp):
    """The message is beyond the limits or cannot be understood; the text is a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message: the payload of the design, and the bytes of its attachments in the order of payload["attachments"]."""

    payload: dict[str, Any]
    contents: list[bytes]


def answer(raw: bytes) -> Answer:
    """The task of the child: the payload and the bytes of the attachments; raises Unreadable."""
    mail = parse(raw)
    return mail.payload, mail.contents


def parse(raw: bytes) -> Mail:
    """Read a message; raises Unreadable."""
    if raw.startswith(_FILES):
        raise Unreadable("no_message")
    blank = _BLANK.search(raw)
    if (blank.start() if blank else len(raw)) > HEADER:
        raise Unreadable("header_too_large")
    message = _parsed(raw)
    leaves = list(_leaves(message, 0))
    if len(leaves) > PARTS:
        raise Unreadable("too_many_parts")
    files = [leaf for leaf in leaves if _is_file(leaf)]
    contents = [_content(leaf) for leaf in files]
    payload = {
        **_envelope(message),
        "text": _text(leaves if len(leaves) == 1 else [leaf for leaf in leaves if not _is_file(leaf)]),
        "auto": _auto(message, leaves),
        "attachments": [_attachment(leaf, content) for leaf, content in zip(files, contents, strict=True)],
    }
    if payload["auto"] == "bounce":
        payload |= _reported(payload, files, contents)
    return Mail(payload=payload, contents=contents)


def _reported(payload: dict[str, Any], files: list[Message], contents: list[bytes]) -> dict[str, Any]:
    """What a report of delivery (RFC 3464) is about; one that only tells of a delay or of success is no bounce."""
    told: dict[str, Any] = {}
    for leaf, content in zip(files, contents, strict=True):
        kind, head = leaf.get_content_type(), content[:HEADER].decode("utf-8", "replace")
        if kind == "message/delivery-status" and (actions := _ACTION.findall(head)):
            told["auto"] = "bounce" if "failed" in map(str.lower, actions) else "reply"
        if kind in automatic.RETURNED and not payload["references"] and (found := _OF_HEADER.search(head)):
            told["references"] = _ID.findall(found[1])[:1]
    return told


def _parsed(raw: bytes) -> Message:
    parser = BytesFeedParser(policy=policy.compat32)
    for start in range(0, len(raw), 64 * 1024):  # in pieces: the whole as text beside its lines would cost memory
        parser.feed(raw[start : start + 64 * 1024])
    message: Message = parser.close()
    return message


def _leaves(part: Message, depth: int) -> Iterator[Message]:
    if depth > DEPTH:
        raise Unreadable("too_deep")
    inner = part.get_payload()
    if isinstance(inner, str) and part.get_content_maintype() == "multipart":
        inner = _split_again(part, inner)
    if not isinstance(inner, list) or part.get_content_maintype() == "message":
        yield part
        return
    for one in inner[: PARTS + 1]:
        if isinstance(one, Message):
            yield from _leaves(one, depth + 1)


def _split_again(part: Message, body: str) -> list[Any] | None:
    """The parts of a multipart whose boundary is folded, missing or wrong; where no line looks like one, its words as text."""
    declared = re.sub(r"\r?\n[ \t]+", " ", _parameter(part, "boundary", lower=False))
    found = _BOUNDARY.search(body)
    boundary = declared if declared and f"--{declared}" in body else found[1] if found else ""
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"' if boundary else "Content-Type: text/plain"
    again = _parsed(head.encode("utf-8", "surrogateescape") + b"\n\n" + body.encode("utf-8", "surrogateescape"))
    inner = again.get_payload()
    if isinstance(inner, list):
        return inner
    return [again] if body.strip() and not boundary else None


def _envelope(message: Message) -> dict[str, Any]:
    senders = _people(message, "From") or _people(message, "Sender")
    return {
        "message_id": _message_id(message),
        "from": senders[0] if senders else {"name": "", "address": ""},
        "to": _people(message, "To"),
        "subject": _decoded(message, "Subject"),
        "date": _date(message),
        "in_reply_to": next(iter(_ids(message, "In-Reply-To")), None),
        "references": _ids(message, "References"),
    }


def _plain(message: Message, name: str) -> str:
    """A header as text without folding; bytes beyond ASCII are read as UTF-8, else as Windows-1252."""
    # as it was sent: Message.get puts a sign of replacement for every byte beyond ASCII
    value = next((str(one) for key, one in message.raw_items() if key.lower() == name.lower()), "")
    data = value.encode("utf-8", "surrogateescape")
    return readable(data, "iso-2022-jp" if b"\x1b$" in data else None).replace("\r", "").replace("\n", "")


def _words(value: str) -> str:
    """A header value with its encoded words (RFC 2047) read; what cannot be read stays as it is."""
    try:
        parts = decode_header(value)
    except (ValueError, LookupError, AssertionError):
        return value
    return " ".join("".join(_word(part, charset) for part, charset in parts).split())


def _word(part: str | bytes, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    # What stood between encoded words comes back in Python's own escapes for letters beyond Latin-1.
    return part.decode("raw-unicode-escape") if charset is None else readable(part, charset)


def _decoded(message: Message, name: str) -> str:
    return _words(_plain(message, name))


def _people(message: Message, name: str) -> list[dict[str, str]]:
    value = _plain(message, name)
    try:
        found = getaddresses([value[:10_000]])
    except (ValueError, IndexError, TypeError, AttributeError, RecursionError):
        found = []
    people = [{"name": _words(name), "address": address} for name, address in found if "@" in address]
    return people or [{"name": "", "address": address} for address in _ADDRESS.findall(value)[:1]]


def _message_id(message: Message) -> str | None:
    value = " ".join(_plain(message, "Message-ID").split())
    if value.startswith("<") and value.endswith(">"):
        value = value[1:-1].strip()
    return value or None


def _ids(message: Message, name: str) -> list[str]:
    value = _plain(message, name)
    # RFC 2047 (5) forbids encoded words here, but programs that fold long lines write them
    return _ID.findall(_words(value) if "=?" in value else value)[:100]


def _date(message: Message) -> str | None:
    try:
        return parsedate_to_datetime(_plain(message, "Date")).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def _is_file(leaf: Message) -> bool:
    disposition = str(leaf.get("Content-Disposition") or "").lower().lstrip()
    if disposition.startswith("attachment") or leaf.get_content_maintype() != "text":
        return True
    return leaf.get_content_subtype() not in ("plain", "html") or bool(_name(leaf) and disposition)


def _name(leaf: Message) -> str:
    try:
        given = leaf.get_filename("")
    except (ValueError, LookupError, TypeError, AttributeError, IndexError):
        given = ""
    name = _words(readable(str(given).encode("utf-8", "surrogateescape")))
    return re.sub(r"[\x00-\x1f\x7f/\\]", "_", name)[:200].strip(". ")


def _content(leaf: Message) -> bytes:
    try:
        if leaf.is_multipart():
            return b"\r\n".join(part.as_bytes() for part in leaf.get_payload() if isinstance(part, Message))
        data = _base64(leaf) or leaf.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
        data = None
    if isinstance(data, bytes):
        return data
    return str(leaf.get_payload() or "").encode("utf-8", "surrogateescape")


def _base64(leaf: Message) -> bytes | None:
    """The short way for big files: the library's own keeps several copies of them in memory."""
    body = leaf.get_payload()
    if _declared(leaf) != "base64" or not isinstance(body, str):
        return None
    try:
        return binascii.a2b_base64(body)
    except ValueError:
        return _cut_base64(body)


def _cut_base64(body: str) -> bytes | None:
    """What stands in base64 that breaks off; None for what is none."""
    if not _BASE64.fullmatch(body):
        return None
    whole = re.sub(r"[\s=]+", "", body)
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))


def _declared(leaf: Message) -> str:
    return str(leaf.get("Content-Transfer-Encoding") or "").strip().lower()


def _attachment(leaf: Message, content: bytes) -> dict[str, Any]:
    media = leaf.get_content_type()
    media = (
        media
        if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", media)
        else "application/octet-stream"
    )
    name = _name(leaf) or ("message.eml" if media == "message/rfc822" else "attachment")
    return {"name": name, "media_type": media, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _text(leaves: list[Message]) -> str:
    """The words of the message: its plain text, or where there is none its HTML as text."""
    plain = [_body(leaf) for leaf in leaves if leaf.get_content_subtype() == "plain"]
    if any(text.strip() for text in plain):
        return _tidy("\n\n".join(text.strip("\r\n") for text in plain if text.strip()))
    return _tidy("\n\n".join(words(_body(leaf)) for leaf in leaves if leaf.get_content_subtype() == "html"))


def _body(leaf: Message) -> str:
    charset = leaf.get_param("charset")
    try:
        name = leaf.get_content_charset() if charset is not None else None
    except (ValueError, LookupError, TypeError, AttributeError):
        name = None
    content, plain = _content(leaf), leaf.get_payload()
    if isinstance(plain, str) and _declared(leaf) == "base64" and not _BASE64.fullmatch(plain):
        content = plain.encode("utf-8", "surrogateescape")  # words that were only called base64
    return readable(content, None if name in (None, "us-ascii", "unknown-8bit") else name)


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _auto(message: Message, leaves: list[Message]) -> str | None:
    header = {name: _plain(message, name).strip().lower() for name in automatic.SIGNS}
    report = _parameter(message, "report-type") if message.get_content_type() == "multipart/report" else None
    kinds = {leaf.get_content_type() for leaf in leaves}
    return automatic.told(header, _decoded(message, "Subject"), report, kinds)


def _parameter(message: Message, name: str, *, lower: bool = True) -> str:
    try:
        value = message.get_param(name, "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return (value.lower() if lower else value) if isinstance(value, str) else ""
