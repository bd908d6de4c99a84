"""Complaints that were stored under older rules are judged by today's: what accuses somebody is hidden, not only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from connectors.regions import upwards
from hub.audit.entry import Detail, Entry
from hub.discretion.accused import DECIDED, accused, standing
from hub.discretion.confidential import reasons
from hub.discretion.rules import RULES
from hub.model import Tally
from hub.spine import Hub
from hub.store import accusations, rejudged
from hub.store.log import append_all
from hub.store.rejudged import Judged
from hub.store.work import Work

BATCH: Final = 500
"""Complaints a transaction; nobody accepts while one is under way."""
A_NIGHT: Final = 50_000
"""Complaints that `watch` looks through; the rest follows in the next nights."""


def rejudge(hub: Hub, *, most: int | None = None, again: bool = False) -> Tally:
    """
    Judge what is stored by the present rules, from where the last call ended; it only ever hides, a person uncovers.

    `most`: at most about so many complaints; `again`: from the first one, also where all of them are judged already
    (an institution's name in a manifest has changed). Each complaint that changes leaves an entry.
    """
    looked = changed = followers = 0
    first = again
    while most is None or looked < most:
        with hub.store.begin() as work:
            work.lock("verdicts")
            if (batch := _next(hub, work, first)) is None:
                break
            found = _rejudged(hub, work, batch)
            followers += rejudged.hide_followers(work, found) if found else 0
        first = False
        looked, changed = looked + len(batch), changed + len(found)
        if len(batch) < BATCH:
            break
    return Tally(
        verb="rejudge", done=changed, skipped=looked - changed, words={"followers": followers} if changed else {}
    )


def _next(hub: Hub, work: Work, first: bool) -> Sequence[Judged] | None:
    """The next batch, None where there is no more under these rules; how far it has come is kept with what it changes."""
    version, last = rejudged.progress(work)
    if first or version not in (RULES, f"{RULES} done"):
        last = None
    elif version != RULES:
        return None
    batch = rejudged.after(work, hub.vault, last, BATCH)
    ended = len(batch) < BATCH
    rejudged.come_to(work, f"{RULES} done" if ended else RULES, None if ended else batch[-1].complaint)
    return batch


def _rejudged(hub: Hub, work: Work, batch: Sequence[Judged]) -> list[UUID]:
    """Those of the batch of which the rules say more than is stored."""
    owners: dict[str, Mapping[str, Sequence[str]]] = {}
    entries, found = [], []
    for one in batch:
        if one.region not in owners:
            owners[one.region] = accusations.owners_of(work, list(upwards(one.region)))
        if said := _says(one, owners[one.region]):
            commitment = rejudged.change(
                work, hub.vault, one, because=said.because, accused=said.accused, hidden_from=said.hidden_from
            )
            entries.append(_entry(hub, one, said, commitment))
            found.append(one.complaint)
    append_all(work, entries)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What is stored of a complaint that is confidential."""

    because: tuple[str, ...]
    accused: str | None
    hidden_from: tuple[str, ...]


def _says(one: Judged, owners: Mapping[str, Sequence[str]]) -> _Said | None:
    """What the rules say of it beyond what is stored; None where that is nothing, or a person has decided."""
    because = reasons(one.document)
    if not because or (one.accused and one.accused.word in DECIDED):
        return None
    fresh = standing(one.accused, accused(one.document.get("reported_party"), one.region, owners), unchanged=True)
    was = _Said(
        because=one.because,
        accused=one.accused.word if one.accused else None,
        hidden_from=tuple(sorted(one.hidden_from)),
    )
    now = _Said(
        because=tuple(dict.fromkeys((*one.because, *because))),
        accused=was.accused or (fresh.word if fresh else None),
        hidden_from=tuple(sorted({*one.hidden_from, *(fresh.hidden_from if fresh else ())})),
    )
    return None if now == was and one.document.get("is_confidential") else now


def _entry(hub: Hub, one: Judged, said: _Said, commitment: str | None) -> Entry:
    detail: dict[str, Detail] = {"rules": RULES, "confidential": list(said.because)}
    if said.accused:
        detail |= {"accused": said.accused, "hidden_from": list(said.hidden_from)}
        detail["was_hidden_from"] = list(one.hidden_from)
    return Entry(
        act="inspected",
        at=hub.clock(),
        actor=hub.actor,
        connector=str(one.connector),
        region=one.region,
        complaint=str(one.complaint),
        code="rejudged",
        commitment=commitment,
        detail=detail,
    )
