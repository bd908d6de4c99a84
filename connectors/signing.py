"""Whether a push is from whom it should be: Standard Webhooks, an HMAC of the sender's own form, or a shared secret."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final

from connectors import dates
from connectors.base import INBOX, Context, Push
from connectors.errors import Misconfigured, Refused
from connectors.talks import moment, same, unsigned

_WORDS: Final = "urn:satupintu:schema:manifest:1#/$defs/"
_SECRET: Final = {"$ref": f"{_WORDS}secret"}
_NAME: Final = {
    "type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$",
    "x-id": "nama hanya huruf, angka, garis bawah dan tanda hubung",
    "x-en": "a name is letters, digits, underscores and hyphens",
}  # fmt: skip
_WINDOW: Final = {"$ref": f"{_WORDS}duration", "description": "How old a signed moment may be, and how far ahead: 5m."}
SIGNING: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["by", "secret"],
    "oneOf": [
        {
            "additionalProperties": False,
            "properties": {"by": {"const": "standard"}, "secret": _SECRET, "window": _WINDOW},
        },
        {
            "additionalProperties": False,
            "required": ["header"],
            "properties": {
                "by": {"const": "hmac"}, "secret": _SECRET, "header": _NAME,
                "prefix": {"type": "string", "maxLength": 40},
                "algorithm": {"enum": ["sha256", "sha512"]},
                "encoding": {"enum": ["hex", "base64"]},
                "timestamp": _NAME,
                "signed": {
                    "type": "string", "maxLength": 200, "pattern": "\\{body\\}",
                    "description": "What is signed: {body}, {timestamp} and letters between; {timestamp}.{body}",
                    "x-id": "signed memuat {body}, misalnya {timestamp}.{body}",
                    "x-en": "signed holds {body}, such as {timestamp}.{body}",
                },
                "window": _WINDOW,
            },
        },
        {
            "additionalProperties": False,
            "required": ["header"],
            "properties": {
                "by": {"const": "token"}, "secret": _SECRET, "header": _NAME,
                "prefix": {"type": "string", "maxLength": 40},
            },
        },
        {
            "additionalProperties": False,
            "required": ["query"],
            "properties": {"by": {"const": "token"}, "secret": _SECRET, "query": _NAME},
        },
    ],
    "x-id": "signing: {by: standard | hmac | token, secret: ${secret:NAMA}, …}; hmac minta header, token minta header atau query",
    "x-en": "signing: {by: standard | hmac | token, secret: ${secret:NAME}, …}; hmac needs header, token header or query",
}  # fmt: skip
TOLERANCE: Final = "5m"
"""Of Standard Webhooks, both ways."""
_PLACES: Final = re.compile(r"(\{body\}|\{timestamp\})")


def headers(signing: Mapping[str, Any]) -> tuple[str, ...]:
    """The headers that judging needs, in lower case."""
    return tuple(str(signing[key]).lower() for key in ("header", "timestamp") if key in signing)


def judge(ctx: Context, signing: Mapping[str, Any], push: Push) -> None:
    """
    Raise Refused (bad_signature, bad_moment) where the push is not from whom it should be.

    Its moment is compared with when it came, never with the clock: one that waited on disk is as right as it was.
    """
    secret = ctx.secret(str(signing["secret"]), INBOX)
    if not secret:
        raise Misconfigured("The secret that judges pushes is empty.", code="bad_secret")
    {"standard": _standard, "hmac": _hmac, "token": _token}[str(signing["by"])](signing, secret, push)


def _standard(signing: Mapping[str, Any], secret: str, push: Push) -> None:
    """Standard Webhooks 1.0: id, moment and body under HMAC-SHA256; one right signature among several is enough."""
    number, told = push.headers.get("webhook-id", ""), push.headers.get("webhook-timestamp", "")
    _fresh(push, told if told.isdigit() else "", str(signing.get("window", TOLERANCE)))
    text = f"{number}.{told}.".encode("utf-8", "surrogatepass") + push.body
    own = base64.b64encode(hmac.new(_key(secret), text, hashlib.sha256).digest()).decode()
    given = [one.partition(",") for one in push.headers.get("webhook-signature", "").split()[:20]]
    right = [same(value, own) for version, _, value in given if version == "v1"]
    if not number or not any(right):
        raise unsigned("webhook-signature is missing or wrong.")


def _key(secret: str) -> bytes:
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        hint = "A secret that begins with whsec_ is base64 behind it."
        raise Misconfigured("The secret that judges pushes is broken.", hint=hint, code="bad_secret") from None


def _hmac(signing: Mapping[str, Any], secret: str, push: Push) -> None:
    told = push.headers.get(str(signing["timestamp"]).lower(), "") if "timestamp" in signing else None
    if told is not None:
        _fresh(push, told, str(signing.get("window", TOLERANCE)))
    form = str(signing.get("signed", "{body}" if told is None else "{timestamp}.{body}"))
    values = {"{body}": push.body, "{timestamp}": (told or "").encode("utf-8", "surrogatepass")}
    text = b"".join(values.get(part, part.encode()) for part in _PLACES.split(form))
    digest = hmac.new(secret.encode(), text, str(signing.get("algorithm", "sha256"))).digest()
    hexadecimal = signing.get("encoding", "hex") == "hex"
    own = digest.hex() if hexadecimal else base64.b64encode(digest).decode()
    given, prefix = push.headers.get(str(signing["header"]).lower(), ""), str(signing.get("prefix", ""))
    rest = given.removeprefix(prefix)
    if not given.startswith(prefix) or not same(rest.lower() if hexadecimal else rest, own):
        raise unsigned("The signature is missing or wrong.")


def _token(signing: Mapping[str, Any], secret: str, push: Push) -> None:
    if "query" in signing:
        given = push.query.get(str(signing["query"]), "")
    else:
        given = push.headers.get(str(signing["header"]).lower(), "")
        prefix = str(signing.get("prefix", ""))
        given = given.removeprefix(prefix) if given.startswith(prefix) else ""
    if not same(given, secret):
        raise unsigned("The shared secret is missing or wrong.")


def _fresh(push: Push, told: str, window: str) -> None:
    at, most = moment(told), dates.duration(window)
    if at is None or abs(push.at - at) > most:
        what = "The moment that was signed is missing or too far from when the push came."
        raise Refused(what, hint="Compare the clocks of both machines; an old push may be a replay.", code="bad_moment")
