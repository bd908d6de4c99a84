"""What a pull reads: which interval, from where to where, and behind which page where an earlier try was cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Window
from connectors.manifest import Manifest
from connectors.reading import Seen, next_window
from hub.audit.entry import Entry
from hub.progress import Progress
from hub.spine import Hub
from hub.store import intervals, leases, pages
from hub.store.connectors import Connector
from hub.store.intervals import Ledger, Open
from hub.store.log import append
from hub.store.work import Work

LOOK_BACK = timedelta(days=1)
STALE = timedelta(hours=1)
"""Evidence of pages that are older is not taken up: the listing has moved on, and reading it anew costs less."""

Said = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One connector whose pull this process does, and the fencing number of its lease."""

    hub: Hub
    manifest: Manifest
    connector: Connector
    token: int
    said: Said

    @contextmanager
    def begin(self, now: datetime) -> Iterator[Work]:
        """A transaction that holds the lease; raises LostLease where somebody else has taken it."""
        with self.hub.store.begin(region=self.connector.region) as work:
            leases.renew(work, self.connector.id, "pull", self.token, now)
            yield work


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One interval to be read."""

    number: int
    what: str
    """new | sweep | backfill"""
    window: Window
    pages: Sequence[Seen] = ()
    """What an earlier try has read of it."""
    first: bool = False
    """Nothing of this connector has ever been read to its end, so what is refused may be the manifest's mistake."""
    owes_the_rest: bool = False
    """An earlier pull began it: it proves what was there then, and what has changed since is still to be read."""


def ordinary(site: Site, sweep: bool, *, follows: bool = False, anew: bool = False) -> Plan:
    """What has not been proved read: the owed interval where its pages can be taken up, else a window over all of it.

    `follows`: behind one that was taken up in this pull; `anew`: from the first page on, whatever an earlier try has read.
    """
    now = site.hub.clock()
    with site.begin(now) as work:
        ledger = intervals.ledger(work, site.connector.id)
        open_ones = intervals.still_open(work, site.connector.id, backfills=False)
        last = open_ones[-1] if open_ones else None
        if last and not sweep and not anew and (found := _taken_up(work, site, last, ledger, now)):
            return found
        window, what = _window(site.manifest, ledger, sweep, now)
        plan = _opened(work, site, what, window, now, again=last, follows=follows)
        return replace(plan, first=ledger.closed_until is None)


def owed_backfills(site: Site) -> list[Plan]:
    """Ranges that somebody asked for and that could not be read to their end."""
    now = site.hub.clock()
    with site.begin(now) as work:
        ledger = intervals.ledger(work, site.connector.id)
        found = intervals.still_open(work, site.connector.id, backfills=True)
        return [_again(work, site, one, ledger, now) for one in found]


def backfill(site: Site, since: datetime | None, until: datetime | None) -> Plan:
    """A range that somebody asks for; the same one again is the same interval while it is owed."""
    now = site.hub.clock()
    with site.begin(now) as work:
        ledger = intervals.ledger(work, site.connector.id)
        until = until or now
        for one in intervals.still_open(work, site.connector.id, backfills=True):
            if one.since == since and one.until <= until:
                return _again(work, site, one, ledger, now)
        window = Window(since=since, until=until, past=ledger.mark, asked=True)
        return _opened(work, site, "backfill", window, now)


def span(plan: Plan) -> str:
    """How an owed range is called in a sentence."""
    since = plan.window.since.date().isoformat() if plan.window.since else "the beginning"
    return f"{since} to {plan.window.until.date().isoformat()}: "


def _again(work: Work, site: Site, one: Open, ledger: Ledger, now: datetime) -> Plan:
    if found := _taken_up(work, site, one, ledger, now):
        return found
    window = Window(since=one.since, until=one.until, past=ledger.mark, asked=True)
    return _opened(work, site, "backfill", window, now, again=one)


def _taken_up(work: Work, site: Site, one: Open, ledger: Ledger, now: datetime) -> Plan | None:
    """The open interval as it stands, to go on behind its last page; None where that would prove nothing."""
    if one.manifest_sha256 != site.manifest.sha256 or one.read_at is None or now - one.read_at > STALE:
        return None
    seen = pages.of(work, site.hub.vault, one.id)
    asked = one.what == "backfill"
    window = Window(since=one.since, until=one.until, after=one.after, past=ledger.mark, asked=asked)
    rest = not one.follows and one.what != "backfill"
    return Plan(number=one.id, what=one.what, window=window, pages=seen, owes_the_rest=rest) if seen else None


def _opened(
    work: Work, site: Site, what: str, window: Window, now: datetime, again: Open | None = None, follows: bool = False
) -> Plan:
    if again and pages.kept(work, again.id):  # they go, with their key
        append(work, _anew(site, again.id, now))
    number = intervals.open_one(
        work,
        site.connector.id,
        site.connector.region,
        what=what,
        since=window.since,
        until=window.until,
        after=window.after,
        manifest_sha256=site.manifest.sha256,
        now=now,
        again=again.id if again else None,
        follows=follows,
    )
    return Plan(number=number, what=what, window=window)


def _anew(site: Site, number: int, now: datetime) -> Entry:
    return Entry(
        act="pulled",
        at=now,
        actor=site.hub.actor,
        connector=str(site.connector.id),
        region=site.connector.region,
        code="anew",
        detail={"interval": number, "manifest": site.manifest.sha256},
    )


def _window(manifest: Manifest, ledger: Ledger, sweep: bool, now: datetime) -> tuple[Window, str]:
    every = seconds(manifest.options.get("sweep"))
    due = sweep or bool(every and ledger.swept_at and now - ledger.swept_at >= every)
    window = next_window(
        now=now,
        look_back=seconds(manifest.options.get("look_back")) or LOOK_BACK,
        closed_until=ledger.closed_until,
        owed_since=ledger.owed_since,
        sweep_due=due,
        after=ledger.mark,
    )
    return window, "sweep" if window.since is None and ledger.closed_until else "new"


def seconds(text: Any) -> timedelta | None:
    """A duration as manifests write it: 30s, 15m, 48h, 7d."""
    if not text:
        return None
    units = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
    return int(str(text)[:-1]) * units[str(text)[-1]]
