"""Meta's Graph API: calls with a token, its errors by who must act, signed pushes and the handshake before them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from connectors import strictjson
from connectors.base import INBOX, Answer, Context, Push
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.talks import same, table, unsigned, words

_OWNER_ACTS: Final = (
    "The owner of the channel makes a new one in Meta's Business settings and hands it to the operator."
)
_REFUSED: Final = (
    ("window_closed", "More than 24 hours have passed since this person wrote.", "", "131047 2018278 2534022"),
    ("token_expired", "Meta says that the token is not valid any more.", _OWNER_ACTS, "102 190 467"),
    ("not_reachable", "Meta says that this person cannot be written to.", "", "131026 131030 551 2018001 2018027"),
    ("no_right", "Meta says that the token lacks a right.", "Its owner has to grant it.", "3 10 131005 131008"),
)
"""Code of ours, what it means, what to do, Graph's own codes and subcodes."""
_RIGHTS: Final = range(200, 300)
_BUSY: Final = frozenset(
    ["4", "17", "32", "341", "613", "80001", "80002", "80006", "80007", "130429", "131048", "131056"]
)
_PASSING: Final = frozenset(["1", "2", "131000", "131016"])
_PAUSE: Final = 60.0


def call(
    ctx: Context, method: str, url: str, token: str, *, params: Mapping[str, Any] | None = None, body: Any = None
) -> Mapping[str, Any]:
    """One call with the token; its answer as an object. Raises ChannelError, named by who must act."""
    heads = {"Authorization": f"Bearer {token}"}
    try:
        answer = ctx.http.send(method, url, params=params, json=body, headers=heads).json()
    except ChannelError as error:
        raise judged(error) from None
    if not isinstance(answer, dict):
        raise Unavailable("Graph answered no object.", code="not_an_object")
    if "error" in answer:
        raise _named(table(answer["error"]), Unavailable("Graph answers with an error.", code="graph_error"))
    return answer


def judged(error: ChannelError) -> ChannelError:
    """The same error, named by the code that Graph gives beside its status."""
    try:
        said = strictjson.parse(error.said) if error.said else {}
    except strictjson.BadJson:
        return error
    return _named(table(table(said).get("error")), error)


def _named(said: Mapping[str, Any], error: ChannelError) -> ChannelError:
    codes = {words(said.get("code")), words(said.get("error_subcode"))} - {""}
    for name, what, hint, numbers in _REFUSED:
        if codes & set(numbers.split()) or (name == "no_right" and said.get("code") in _RIGHTS):
            return Refused(what, hint=hint, code=name)
    if codes & _BUSY:
        return Unavailable("Meta asks to be left alone for a while.", code="http_429", retry_after=_PAUSE)
    if codes & _PASSING:
        return Unavailable("Meta has a trouble of its own.", code=f"graph_{min(codes)}")
    if codes and isinstance(error, Misconfigured):
        return Misconfigured(error.what, hint=f"Graph's code is {', '.join(sorted(codes))}.", code=error.code)
    return error


def file(ctx: Context, link: str, token: str, hosts: set[str], headers: Mapping[str, str], *, scheme: str) -> Answer:
    """A file of Meta's; the token goes only to a host that the manifest names, and never in clear where that says https."""
    if _host(link) not in hosts or urlsplit(link).scheme.lower() != scheme:
        raise Refused("Meta names a host for a file that the manifest does not.", hint="Add it as media.host.")
    return ctx.http.send("GET", link, headers={**headers, "Authorization": f"Bearer {token}"}, verbatim=True)


def judge(ctx: Context, secret: str, push: Push) -> None:
    """X-Hub-Signature-256 over the body as it came; raises Refused."""
    given = push.headers.get("x-hub-signature-256", "")
    key = ctx.secret(secret, INBOX).encode()
    own = hmac.new(key, push.body, hashlib.sha256).hexdigest() if key else ""
    if not given.startswith("sha256=") or not same(given.removeprefix("sha256=").lower(), own):
        raise unsigned("X-Hub-Signature-256 is missing or wrong.")


def greet(ctx: Context, secret: str, query: Mapping[str, str]) -> str | None:
    """What to answer to Meta's handshake; None where it is not asked for or by somebody else."""
    if query.get("hub.mode") != "subscribe" or not query.get("hub.challenge"):
        return None
    own = ctx.secret(secret, INBOX)
    return query["hub.challenge"] if same(query.get("hub.verify_token", ""), own) else None


def expires(ctx: Context, url: str, token: str) -> datetime | None:
    """Until when the token holds; None where it has no end."""
    found = table(call(ctx, "GET", f"{url}/debug_token?input_token={token}", token).get("data"))
    until = found.get("expires_at") or found.get("data_access_expires_at")
    return datetime.fromtimestamp(until, UTC) if isinstance(until, int) and until > 0 else None


def path(*parts: Any) -> str:
    """Parts of an address that somebody else wrote, quoted, so that they stay parts."""
    return "/".join(quote(words(one), safe="", errors="replace") for one in parts)


def hosts(url: str, media: Mapping[str, Any]) -> set[str]:
    """To which hosts the token may go."""
    return {_host(url), words(media.get("host")).lower()} - {""}


def lines(text: Any) -> list[str]:
    """A form's answers (JSON text, as a Flow gives it) as lines `name: value`; nothing of what is no object."""
    try:
        found = json.loads(words(text)) if text else {}
    except (ValueError, RecursionError):
        return []
    return [f"{key}: {words(value)}" for key, value in table(found).items() if words(value) and key != "flow_token"]


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower().rstrip(".")
