"""What an answer to a call means, whatever the registry: done, retry, refused or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from connectors import strictjson
from connectors.errors import ChannelError, Misconfigured, Refused
from connectors.http import Cut
from connectors.net import NotReached
from hub.model import Receipt

_NOT_DONE: Final = (401, 403, 404, 425, 429)
"""Nothing was stored, and it is not the complaint's fault: tried again."""
_IN_FLIGHT: Final = (408, 409)
"""Something of ours may be under way there, or have been: nobody knows."""
_UNREACHED: Final = ("dns", "connect", "tls", "connect_timeout")

Read = Callable[[Any], Receipt | None]
"""Looks for what was asked in a JSON answer; None: it is not there."""


def broken(error: Exception) -> Receipt:
    """Without an answer: the class of the error says whether bytes had been sent."""
    code = error.code if isinstance(error, ChannelError) else "unclassified"
    sure = isinstance(error, NotReached | Misconfigured | Refused) or code in _UNREACHED
    if isinstance(error, Cut) or not sure or code == "bad_request":
        return Receipt(outcome="unknown", code=code)
    return Receipt(outcome="retry", code=code, retry_after=getattr(error, "retry_after", None))


def answered(status: int, headers: Mapping[str, str], body: bytes, read: Read) -> Receipt:
    """
    What one answer to a writing call means; `read` decides about JSON of a 2xx.

    retry: certainly not done, and not for the complaint's sake. refused: the registry will never take this.
    unknown: bytes were sent and nobody knows.
    """
    if 200 <= status < 300:
        return _agreed(status, body, read)
    code, wait = f"http_{status}", retry_after(headers)
    if status in _NOT_DONE or (status == 503 and wait is not None):
        return Receipt(outcome="retry", code=code, http=status, retry_after=wait)
    if 400 <= status < 500 and status not in _IN_FLIGHT:
        return Receipt(outcome="refused", code=code, http=status)
    return Receipt(outcome="unknown", code="redirect" if 300 <= status < 400 else code, http=status)


def _agreed(status: int, body: bytes, read: Read) -> Receipt:
    """2xx says little: a gateway's maintenance page and a login page are 200 as well."""
    try:
        receipt = read(strictjson.parse(body))
    except strictjson.BadJson:
        what = "empty" if not body.strip() else "html" if body.lstrip()[:1] == b"<" else "not_json"
        return Receipt(outcome="unknown", code=what, http=status)
    return replace(receipt, http=status) if receipt else Receipt(outcome="unknown", code="no_id", http=status)


def number(value: Any) -> str | None:
    """An id that a registry counts: a positive integer, or its digits as a string."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 20 and int(text) > 0 else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After (RFC 9110 10.2.3); a date counts from the answer's own Date, not our clock."""
    low = {name.lower(): value.strip() for name, value in headers.items()}
    text = low.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, since = _date(text), _date(low.get("date", ""))
    if until is None:
        return None
    return max((until - since).total_seconds(), 0.0) if since else 0.0


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).replace(tzinfo=None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def repeatable(receipt: Receipt) -> Receipt:
    """A call that may be repeated, so nothing about it is ever unknown."""
    if receipt.outcome != "unknown":
        return receipt
    return Receipt(outcome="retry", code=receipt.code, http=receipt.http)
