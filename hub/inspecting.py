"""The Inspektorat's queue: who accuses whom is read by a named person with a reason, who says from whom it stays hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from connectors.regions import upwards
from hub.audit.entry import Detail, Entry
from hub.discretion.accused import CLEARED, CONFIRMED, accused
from hub.model import Tally
from hub.privacy import Erased
from hub.spine import Hub
from hub.store import accusations, complaints
from hub.store.accusations import Accusation
from hub.store.log import append
from hub.store.work import Work

FIELDS: Final = ("reported_party", "target_institution", "title", "body", "location_text", "incident_date")
"""What whoever decides about an accusation has to read; the reporter is not among them."""


class NoSuchAccusation(Exception):
    """This complaint accuses nobody, or whoever asks may not see it."""


def listed(hub: Hub, *, everything: bool = False, limit: int = 50) -> Sequence[Accusation]:
    """What waits for the Inspektorat, the oldest first, in codes; `everything`: also what is decided."""
    with hub.store.begin() as work:
        return accusations.listed(work, everything=everything, limit=limit)


def shown(hub: Hub, complaint: UUID, *, by: str, because: str) -> Mapping[str, str]:
    """
    What the accusation says, without who makes it; leaves an entry. Raises NoSuchAccusation.

    Personal data in the texts is for the caller to mask.
    """
    with hub.store.begin() as work:
        one = _found(work, complaint)
        try:
            document = complaints.known(work, hub.vault, {complaint})[complaint].document or {}
        except Erased:
            document = {}
        append(work, _entry(hub, one, "shown", by, because, {}))
    return {name: str(document[name]) for name in FIELDS if document.get(name)}


def confirm(hub: Hub, complaint: UUID, *, by: str, because: str, institution: str | None = None) -> Tally:
    """
    It stays hidden from those who run the accused institution; `institution` says which, where it was not clear.

    Raises NoSuchAccusation.
    """
    with hub.store.begin() as work:
        one = _found(work, complaint)
        hidden = one.hidden_from or ()
        if institution:
            said = accused(institution, one.region, accusations.owners_of(work, list(upwards(one.region))))
            if said is None:
                raise NoSuchAccusation("--institution names nobody.")
            hidden = said.hidden_from
        return _decided(hub, work, one, CONFIRMED, hidden, by, because)


def clear(hub: Hub, complaint: UUID, *, by: str, because: str) -> Tally:
    """It accuses nobody here: the region's people see it like all others; it stays confidential. Raises NoSuchAccusation."""
    with hub.store.begin() as work:
        return _decided(hub, work, _found(work, complaint), CLEARED, None, by, because)


def _decided(
    hub: Hub, work: Work, one: Accusation, word: str, hidden: Sequence[str] | None, by: str, because: str
) -> Tally:
    accusations.decide(work, one.complaint, word, hidden, by=by, now=hub.clock())
    detail: dict[str, Detail] = {"was": one.accused, "hidden_from": list(hidden or ())}
    append(work, _entry(hub, one, word, by, because, detail | {"was_hidden_from": list(one.hidden_from or ())}))
    where = ", ".join(hidden or ()) or "-"
    note = f"tersembunyi dari / hidden from: {where}"
    return Tally(verb="accused", done=1, notes=(note,))


def _found(work: Work, complaint: UUID) -> Accusation:
    work.lock("verdicts")  # nobody accepts a later version meanwhile
    one = accusations.one(work, complaint)
    if one is None:
        raise NoSuchAccusation(f"There is no accusation in complaint {complaint}.")
    return one


def _entry(hub: Hub, one: Accusation, code: str, by: str, because: str, detail: Mapping[str, Any]) -> Entry:
    return Entry(
        act="inspected",
        at=hub.clock(),
        actor=by,
        connector=str(one.connector),
        region=one.region,
        complaint=str(one.complaint),
        code=code,
        detail={**detail, "because": because[:500]},
    )
