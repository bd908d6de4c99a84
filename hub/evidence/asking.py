"""A question to the log as somebody types it, and its answer as lines that people or machines read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hub.pulling import known_names
from hub.ranges import asked as span
from hub.spine import Hub
from hub.store import connectors, search
from hub.store.evidence import Scope
from hub.store.search import Asked, Found
from hub.telling import JAKARTA, stamp
from schemas.words import ACTS

ZONE: Final = "Asia/Jakarta"
"""How a time without offset is read."""
_REGION: Final = re.compile(r"[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?", re.ASCII)
_COLUMNS: Final = ("leaf", "at", "act", "code", "actor", "connector", "region", "complaint", "more")


class WrongQuestion(Exception):
    """What was asked for cannot be in any log."""


def question(
    hub: Hub,
    *,
    since: str | None = None,
    until: str | None = None,
    actor: str | None = None,
    act: str | None = None,
    connector: str | None = None,
    region: str | None = None,
    complaint: str | None = None,
    code: str | None = None,
) -> Asked:
    """The question; a day counts whole. Raises WrongQuestion, WrongRange, Misconfigured for an unknown connector."""
    if act is not None and act not in ACTS:
        raise WrongQuestion(f"'{act}' is no act of the log. It knows {', '.join(ACTS)}.")
    if region is not None and not _REGION.fullmatch(region):
        raise WrongQuestion("A region is a Kemendagri code such as 35 or 35.78.")
    now = hub.clock()
    chosen = span(since, until, zone=ZONE, now=now)
    return Asked(
        since=chosen.since,
        until=None if chosen.until == now else chosen.until,  # a day that is not over ends where the log ends
        actor=actor,
        act=act,
        connector=_connector(hub, connector) if connector else None,
        region=region,
        complaint=_number(complaint) if complaint else None,
        code=code,
    )


def scope_of(asked: Asked) -> Scope:
    """The same choice for tables; the seven words are counted by whole days in Jakarta."""
    last = (asked.until - timedelta(microseconds=1)).astimezone(JAKARTA).date() if asked.until else None
    return Scope(
        since=asked.since,
        until=asked.until,
        first_day=asked.since.astimezone(JAKARTA).date() if asked.since else None,
        last_day=last,
        region=asked.region,
        connector=asked.connector,
    )


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise WrongQuestion("The id of a complaint is a UUID, as every entry shows it.") from None


def _connector(hub: Hub, name: str) -> UUID:
    """By its name today, or by the UUID that entries show."""
    with hub.store.begin() as work:
        found = connectors.find(work, name)
    if found:
        return found.id
    try:
        return UUID(name)
    except ValueError:
        known_names(hub, [name])
        raise WrongQuestion(f"The connector '{name}' has not been seen yet, so no entry is about it.") from None


def answer(hub: Hub, asked: Asked, *, limit: int | None, as_json: bool) -> Iterator[str]:
    """The lines of the answer, the newest entry first; `limit` None for all."""
    with hub.store.begin() as work:
        names = connectors.names(work)
        if not as_json:
            yield "\t".join(_COLUMNS)
        for one in search.find(work, asked, limit=limit):
            yield _line(one, names) if as_json else _row(one, names)


def _line(one: Found, names: Mapping[str, str]) -> str:
    """The entry as it was sealed, with its place and the name of its connector beside it."""
    entry = json.loads(one.body)
    name = names.get(entry.get("connector", ""))
    return json.dumps({"leaf": one.leaf, "name": name, "entry": entry}, ensure_ascii=True)


def _row(one: Found, names: Mapping[str, str]) -> str:
    entry: dict[str, Any] = json.loads(one.body)
    at = datetime.fromisoformat(entry["at"]).astimezone(JAKARTA)
    shown = {
        **entry,
        "leaf": "…" if one.leaf is None else one.leaf,
        "at": stamp(at),
        "connector": names.get(entry.get("connector", ""), entry.get("connector")),
        "more": _more(entry),
    }
    return "\t".join(_plain(shown.get(name)) for name in _COLUMNS)


def _more(entry: Mapping[str, Any]) -> str:
    outside = {name: entry[name] for name in ("registry", "registry_id", "count") if name in entry}
    return " ".join(f"{name}={_plain(value)}" for name, value in {**outside, **entry.get("detail", {})}.items())


def _plain(value: Any) -> str:
    """One cell: signs that move the cursor of a terminal are shown, not sent."""
    text = "" if value is None else ",".join(value) if isinstance(value, list) else str(value)
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in text)
