"""What a region's own app says about a complaint: the answers in a payload, read by the manifest's key `replies`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connectors import paths, stamps
from connectors.dates import Unreadable
from connectors.values import blank, sound

MOST: Final = 500
"""Answers read of one item: a list without an end ends here."""
_REPORTER: Final = frozenset(
    {"pelapor", "warga", "masyarakat", "pemohon", "pengadu", "pengguna", "user", "reporter", "citizen", "anonim"}
)
"""How apps mark in a thread what the reporter himself adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that somebody said in a region's app."""

    ref: str
    """What makes it the same when it is met again: the app's own id, else time, author and text."""
    text: str
    at: datetime | None
    by: str
    """agency | reporter"""
    attachments: tuple[str, ...] = ()
    """Names or addresses."""


Read = Callable[[Any], list[Said]]
"""From a payload to what was said, the oldest first."""


def reader(replies: Mapping[str, Any], zone: str) -> Read:
    """A function that reads payloads as `replies` (schemas/manifest) says; `zone` holds for times that name none."""
    listed = paths.getter(replies["list"])
    get = {key: _taken(replies[key]) for key in ("ref", "text", "by", "attachments") if key in replies}
    time = replies.get("time")
    spec: Mapping[str, Any] = time if isinstance(time, Mapping) else {"path": time} if time else {}
    when, moment = _taken(spec.get("path")), stamps.reader(spec.get("format"), spec.get("zone") or zone)

    def one(row: Any) -> Said | None:
        found = {key: take(row) for key, take in get.items()}
        text, stamp, files = _text(found.get("text")), when(row), _names(found.get("attachments"))
        if not text.strip() and not files:
            return None
        ref = _ref(found.get("ref")) or json.dumps([_text(stamp), _text(found.get("by")), text], ensure_ascii=False)
        return Said(ref=ref, text=text, at=_at(moment, stamp), by=_who(_text(found.get("by"))), attachments=files)

    return lambda payload: _in_order([said for row in _rows(listed, payload) if (said := one(row))])


def _taken(expression: str | None) -> Callable[[Any], Any]:
    if expression is None:
        return lambda row: None
    get = paths.getter(expression)

    def take(row: Any) -> Any:
        try:
            return get(row)
        except paths.Failed:
            return None

    return take


def _rows(listed: paths.Getter, payload: Any) -> Sequence[Any]:
    """A list; also one that a database kept as JSON text, one alone, or one by its ids."""
    try:
        found = listed(payload)
    except paths.Failed:
        return ()
    if isinstance(found, str) and found.lstrip()[:1] in ("[", "{"):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return ()
    if isinstance(found, dict):
        inner = list(found.values())
        found = inner if inner and all(isinstance(row, dict) for row in inner) else [found]
    return found[:MOST] if isinstance(found, list) else ()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return sound(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _ref(value: Any) -> str | None:
    """The app's own id, of text or digits; what else stands there is no id."""
    sane = isinstance(value, str | int) and not isinstance(value, bool) and not blank(value)
    return json.dumps(sound(value) if isinstance(value, str) else str(value), ensure_ascii=False) if sane else None


def _at(moment: Callable[[Any], stamps.Stamp], value: Any) -> datetime | None:
    if blank(value):
        return None
    try:
        return datetime.fromisoformat(moment(value)[0])
    except (Unreadable, ValueError):
        return None


def _who(name: str) -> str:
    return "reporter" if name.strip().casefold() in _REPORTER else "agency"


def _names(value: Any) -> tuple[str, ...]:
    """Addresses or names of files: a text, a list of them, or objects that hold one of either."""
    rows = value if isinstance(value, list) else [value]
    named = (_named(row) if isinstance(row, dict) else _text(row) for row in rows[:MOST])
    return tuple(dict.fromkeys(name.strip() for name in named if name.strip()))


def _named(row: Mapping[str, Any]) -> str:
    texts = [value for value in row.values() if isinstance(value, str)]
    return next((text for text in texts if "://" in text), next(iter(texts), ""))


def _in_order(found: list[Said]) -> list[Said]:
    """The oldest first. A list that shows the newest first is turned round, so that what has one stamp keeps its order."""
    times = [one.at for one in found if one.at]
    if len(times) < len(found) or not times:
        return found
    return sorted(reversed(found) if times[0] > times[-1] else found, key=lambda one: one.at or times[0])
