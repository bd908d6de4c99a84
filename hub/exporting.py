"""Export: one JSON object a line, unmasked only for the operator, and always with an entry."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from hub.access import NATION, NotAllowed, needs_reason
from hub.audit.entry import Entry
from hub.pulling import known_names
from hub.spine import Hub
from hub.store import case_lists, complaints, connectors, deliveries, items, labels, quarantine
from hub.store.log import append
from hub.store.work import Work

HIDDEN = "***"
OPEN_FIELDS = (
    "id",
    "connector",
    "channel",
    "received_at",
    "submitted_at",
    "submitted_precision",
    "kind",
    "is_supervisory",
    "is_whistle_blowing",
    "is_anonymous",
    "is_confidential",
    "category_code",
    "region_code",
    "code_system",
    "sp4n_id",
)
"""What everyone may see of a complaint; the rest is masked."""


PERSONAL = ("items", "complaints", "quarantine")
"""What holds personal data unless it is masked."""


def export(
    hub: Hub, what: str, names: Sequence[str] = (), *, masked: bool = False, because: str = ""
) -> Iterator[dict[str, Any]]:
    """
    items | complaints | quarantine | deliveries | cases | labels as JSON objects; leaves an entry before the first line.

    Raises NotAllowed where somebody with a token asks for personal data and does not say why.
    """
    known_names(hub, names)
    if what in PERSONAL and not masked and needs_reason(hub.who) and not because.strip():
        raise NotAllowed(
            "Data pribadi hanya dibuka dengan alasan: tulis --reason, atau --masked. / Personal data are shown for a "
            "reason only: say --reason, or --masked."
        )
    with hub.store.begin() as work:
        append(work, _entry(hub, what, names, masked, because.strip()))
    with hub.store.begin() as work:
        for line in WHAT[what](work, hub, names):
            yield _masked(what, line) if masked else line


def _items(work: Work, hub: Hub, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for connector in _ids(work, names):
        for name, item, raw, media in items.every(work, hub.vault, connector):
            yield {
                "connector": name,
                "ref": json.loads(item.ref),
                "version": item.version,
                "payload": item.payload if item.payload is not None else _unread(raw, media),
            }


def _unread(raw: bytes, media: str) -> Any:
    """A payload that is JSON null stays null; bytes that are no JSON go out as they came."""
    try:
        if media == "json":
            return json.loads(raw)
    except ValueError:
        pass
    return {"base64": base64.b64encode(raw).decode()}


def _ids(work: Work, names: Sequence[str]) -> list[UUID | None]:
    if not names:
        return [None]
    return [found.id for name in names if (found := connectors.find(work, name))]


def _complaints(work: Work, hub: Hub, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for document, case, word in complaints.every(work, hub.vault, names):
        yield {**document, "case_id": case, "outcome": word}


def _quarantine(work: Work, hub: Hub, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield from quarantine.every(work, hub.vault, names)


def _deliveries(work: Work, hub: Hub, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield from deliveries.exported(work, names)


def _cases(work: Work, hub: Hub, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    foreign = case_lists.foreign(work)
    for row in case_lists.every(work):
        elsewhere = [
            {"region": one.region, "institution": one.institution, "day": one.day.isoformat(), "verdict": one.verdict}
            for one in foreign.get(row.head, ())
        ]
        line = {"case_id": str(row.head), "complaints": [str(one) for one in row.complaints]}
        yield line | ({"foreign": elsewhere} if elsewhere else {})


def _labels(work: Work, hub: Hub, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    yield from labels.every(work)


WHAT: Mapping[str, Callable[[Work, Hub, Sequence[str]], Iterator[dict[str, Any]]]] = {
    "items": _items,
    "complaints": _complaints,
    "quarantine": _quarantine,
    "deliveries": _deliveries,
    "cases": _cases,
    "labels": _labels,
}


def _masked(what: str, line: dict[str, Any]) -> dict[str, Any]:
    if what == "items":
        return {**line, "ref": HIDDEN, "payload": HIDDEN}
    if what == "quarantine":
        return {**line, "ref": HIDDEN}
    if what == "complaints":
        seen = (*OPEN_FIELDS, "case_id", "outcome")
        return {name: value if name in seen else HIDDEN for name, value in line.items()}
    return line


def _entry(hub: Hub, what: str, names: Sequence[str], masked: bool, because: str) -> Entry:
    """With the connectors, where not all were asked for: by them and its time, whom an export reached is found later."""
    detail = {"masked": masked, "connectors": sorted(names) or None, "because": because[:500] or None}
    region = None if hub.who.region == NATION else hub.who.region
    return Entry(act="exported", at=hub.clock(), actor=hub.actor, region=region, code=what, detail=detail)
