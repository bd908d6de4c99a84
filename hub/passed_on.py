"""A registry that passes an accusation on to the accused: nobody can take that back, so it is on record at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from hub.audit.entry import Entry
from hub.discretion.accused import same
from hub.model import Change
from hub.privacy import Erased
from hub.routing import RegistryConfig
from hub.spine import Hub
from hub.store import accusations, complaints, masters
from hub.store.log import append
from hub.store.statuses import Followed
from hub.store.work import Work


def flag(hub: Hub, work: Work, one: Followed, config: RegistryConfig, changes: Iterable[Change], now: datetime) -> bool:
    """Ask the Inspektorat to look where one of these new changes puts an accusation into the hands of the accused."""
    places = [place for change in changes for place in _places(change)]
    if not one.accused or not places:
        return False
    party = _party(hub, work, one)
    names = masters.names(work, config.name, "institution")
    inspectorates = {str(number) for number in config.inspectorates.values()}
    found = any(same(party, names.get(place, place)) for place in places if place not in inspectorates)
    if found and accusations.ask(work, one.complaint, one.region, now):
        append(work, _entry(hub, one, now))
        return True
    return False


def _places(change: Change) -> Iterator[str]:
    """Where a change passes a complaint on to: a number or a name; a status may name it, too ("Terdisposisi ke …")."""
    if change.to_institution:
        yield change.to_institution
    elif change.what == "status" and (there := change.name.partition(" ke ")[2].strip()):
        yield there


def _party(hub: Hub, work: Work, one: Followed) -> str | None:
    try:
        document = complaints.known(work, hub.vault, {one.complaint})[one.complaint].document
    except Erased:
        return None
    party = (document or {}).get("reported_party")
    return party if isinstance(party, str) else None


def _entry(hub: Hub, one: Followed, now: datetime) -> Entry:
    return Entry(
        act="inspected",
        at=now,
        actor=hub.actor,
        connector=str(one.connector),
        region=one.region,
        complaint=str(one.complaint),
        code="passed_to_accused",
        registry=one.registry,
        registry_id=one.registry_id,
    )
