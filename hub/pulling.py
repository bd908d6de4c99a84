"""Pull: read one channel and keep its items as received, batch by batch, with a ledger of what has been read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import Item
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured
from connectors.manifest import Manifest
from connectors.passes import MARK, Seen
from connectors.reading import Batch, Outcome, read
from hub import plans
from hub.audit.entry import Entry, many
from hub.keeping import Keeping, Kept
from hub.model import Tally
from hub.plans import Plan, Said, Site
from hub.progress import Progress
from hub.spine import Hub
from hub.store import connectors, inbox, intervals, leases, pages
from hub.store.log import append
from hub.store.work import Work

BATCH = 1000
"""Items a transaction."""
BATCH_PAGES = 20
_OF_THE_LINE = frozenset({"cut", "timeout", "connect", "connect_timeout", "dns", "tls", "http_429", "http_503"})
"""Faults that no other page would be spared."""
PATIENCE = timedelta(seconds=2)
"""So long a page waits to be stored with the ones behind it."""


def manifest_of(hub: Hub, name: str) -> Manifest:
    """The manifest of that name; raises Misconfigured with what is wrong with it, or which names there are."""
    if name in hub.manifests.good:
        return hub.manifests.good[name]
    for path, problem in hub.manifests.bad.items():
        if path.stem == name:
            raise problem
    known = {path.stem for path in hub.settings.manifests.rglob("*.yaml")} | set(hub.manifests.good)
    raise Misconfigured(
        f"There is no connector '{name}' in {hub.settings.manifests}.",
        hint=f"Known are: {', '.join(sorted(known)) or 'none'}.",
        code="unknown_connector",
        indonesian=f"Tidak ada kanal '{name}'. Yang dikenal: {', '.join(sorted(known)) or 'belum ada'}. Daftarkan dulu: "
        f"satupintu register {name}.yaml.",
    )


def enabled(hub: Hub) -> list[str]:
    """The connectors that run by themselves, by name."""
    return sorted(name for name, manifest in hub.manifests.good.items() if not manifest.disabled)


def known_names(hub: Hub, names: Sequence[str]) -> None:
    """Raises Misconfigured for a name that has no manifest and never had one; its past is no reason to refuse it."""
    if not names:
        return
    with hub.store.begin() as work:
        strange = [name for name in names if connectors.find(work, name) is None]
    for name in strange:
        manifest_of(hub, name)


def pull(
    hub: Hub,
    name: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    sweep: bool = False,
    said: Said = lambda progress: None,
) -> Tally:
    """Read what is new on one channel; `since`/`until` read a range again, `sweep` reads everything.

    `said` hears of each batch that is stored.
    """
    manifest = manifest_of(hub, name)
    if manifest.disabled:
        raise Misconfigured(
            f"{name} is disabled in {manifest.path.name}.",
            hint="Take the line 'disabled: true' out to pull it.",
            code="disabled",
        )
    now = hub.clock()
    with hub.store.begin() as work:  # whether the channel is registered elsewhere already
        connector = connectors.see(work, hub.vault, manifest, hub.actor, now)
        token = leases.take(work, connector.id, "pull", hub.holder, now)
    if token is None:
        return Tally(verb="pull", running=True, notes=(f"{name}: already running",))
    site = Site(hub=hub, manifest=manifest, connector=connector, token=token, said=said)
    try:
        return _all(site, since, until, sweep)
    finally:
        with hub.store.begin(region=connector.region) as work:
            leases.drop(work, connector.id, "pull", token)


def _all(site: Site, since: datetime | None, until: datetime | None, sweep: bool) -> Tally:
    """A range that somebody asks for; or else the ranges that are owed from earlier, and then what is new."""
    if since or until:
        return through(site, plans.backfill(site, since, until))
    tallies = [through(site, plan) for plan in plans.owed_backfills(site)]
    plan = plans.ordinary(site, sweep)
    tallies.append(through(site, plan))
    if plan.pages and _stuck(tallies[-1]):
        # One page that fails again must not keep back what has come before it meanwhile.
        plan = plans.ordinary(site, sweep, anew=True)
        tallies[-1:] = [through(site, plan)]
    if plan.owes_the_rest and not tallies[-1].owed:
        tallies.append(through(site, plans.ordinary(site, sweep=False, follows=True)))
    return _together(tallies)


def _stuck(tally: Tally) -> bool:
    """Whether the portal itself stopped a reading at once where the last one had ended."""
    read = tally.done or tally.skipped
    return isinstance(tally.error, ChannelError) and not read and tally.error.code not in _OF_THE_LINE


def _together(tallies: Sequence[Tally]) -> Tally:
    last = tallies[-1]
    return replace(
        last,
        done=sum(tally.done for tally in tallies),
        skipped=sum(tally.skipped for tally in tallies),
        failed=sum(tally.failed for tally in tallies),
        owed=tuple(line for tally in tallies for line in tally.owed),
        notes=tuple(line for tally in tallies for line in tally.notes),
        error=next((tally.error for tally in reversed(tallies) if tally.error), None),
    )


def through(site: Site, plan: Plan) -> Tally:
    """Read one interval, store its items batch by batch, and settle it."""
    door = channel(site.manifest)
    keeping = Keeping(hub=site.hub, manifest=site.manifest, connector=site.connector)
    run = _Run(site=site, plan=plan, keeping=keeping, confirms=getattr(door, "confirms", False))
    ctx = site.hub.context(site.manifest, site.connector.id)
    run.pushed = hasattr(door, "judge")
    steps = read(door, ctx, plan.window, mark=run.mark, before=plan.pages)
    return run.through(steps)


@dataclass(slots=True, kw_only=True)
class _Run:
    """The reading of one interval."""

    site: Site
    plan: Plan
    keeping: Keeping
    confirms: bool = False
    """To ask for the next page is to tell the channel that it may forget this one, so each is stored as it comes."""
    pushed: bool = False
    """The channel pushes: what was read to its end is kept as items, and in the inbox no longer."""
    new: int = 0
    known: int = 0
    pages: int = 0
    read: int = 0
    """Pages since the last batch was stored."""
    waiting: list[Item] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    halted: bool = False
    """The point from which another process would go on does not move any more."""
    stored_at: datetime | None = None
    total: int | None = None

    def through(self, steps: Iterator[Batch | Outcome]) -> Tally:
        """Store what comes in batches; the last one with the outcome."""
        for step in steps:
            if isinstance(step, Outcome):
                self._store()
                self._settle(step)
                return self._tally(step)
            self.waiting.extend(step.items)
            self.read += 1
            if step.page:
                self.seen.append(step.page)
                self.total = step.page.total if step.page.total is not None else self.total
            if self._full():
                self._store()
        raise AssertionError("a reading ends with its outcome")

    def mark(self, item: Item) -> bytes:
        """What stands for an item's ref in the evidence: the beginning of its keyed hash."""
        return self.keeping.mark(item)[:MARK]

    def _full(self) -> bool:
        """A batch is large for speed; on a slow link each page is put away as it comes, for the next may be cut."""
        now = self.site.hub.clock()
        self.stored_at = self.stored_at or now
        late = now - self.stored_at >= PATIENCE
        return self.confirms or len(self.waiting) >= BATCH or self.read >= BATCH_PAGES or late

    def _store(self) -> None:
        """One batch: rows, evidence, ledger and entry in one transaction, under the lease."""
        if not self.read:
            return
        site, number, now = self.site, self.plan.number, self.site.hub.clock()
        with site.begin(now) as work:
            kept = self.keeping.keep(work, self.waiting, interval=number, now=now)
            self.halted = self.halted or self.keeping.doubtful
            if not self.halted:  # what waits in memory only has to be read again
                pages.add(work, site.hub.vault, number, site.connector.region, self.seen, now)
            intervals.count(work, number, read=self.read, items=len(self.waiting), new=kept.new)
            self._entered(work, kept, now)
        self.pages += self.read
        self.stored_at, self.read, self.seen, self.waiting = now, 0, [], []
        self._say()

    def _entered(self, work: Work, kept: Kept, now: datetime) -> None:
        if kept.new:
            append(work, self._entry("stored", now, count=kept.new, hashes=kept.commitments))
        self.new += kept.new
        self.known += kept.known

    def _settle(self, outcome: Outcome) -> None:
        site, now = self.site, self.site.hub.clock()
        with site.begin(now) as work:
            if self.keeping.doubtful and not outcome.error:  # a pass that was cut does not know what is listed twice
                twice = outcome.doubled()
                kept = self.keeping.settle(
                    work, lambda item: self.mark(item) in twice, interval=self.plan.number, now=now
                )
                intervals.count(work, self.plan.number, read=0, items=0, new=kept.new)
                self._entered(work, kept, now)
            intervals.settle(work, self.plan.number, outcome, now)
            if self.pushed and outcome.closed:
                inbox.forget(work, site.connector.id, int(outcome.mark.get("after", 0)))
            code = "closed" if outcome.closed else outcome.code or "owed"
            append(work, self._entry(code, now, outcome=outcome))

    def _say(self) -> None:
        site = self.site
        site.said(
            Progress(
                connector=site.manifest.name,
                interval=self.plan.number,
                pages=self.pages,
                items=self.new + self.known,
                new=self.new,
                known=self.known,
                total=self.total,
            )
        )

    def _entry(
        self,
        code: str,
        now: datetime,
        *,
        count: int | None = None,
        hashes: Sequence[str] = (),
        outcome: Outcome | None = None,
    ) -> Entry:
        site = self.site
        detail: dict[str, str | int | bool | list[str] | None] = {
            "interval": self.plan.number,
            "manifest": site.manifest.sha256,
        }
        if outcome:
            detail |= {"pages": outcome.pages, "items": outcome.items, "passes": outcome.passes, "total": outcome.total}
        return Entry(
            act="pulled",
            at=now,
            actor=site.hub.actor,
            connector=str(site.connector.id),
            region=site.connector.region,
            code=code,
            count=count,
            commitment=many(hashes) if hashes else None,
            detail=detail,
        )

    def _tally(self, outcome: Outcome) -> Tally:
        name, backfill = self.site.manifest.name, self.plan.what == "backfill"
        if isinstance(outcome.error, Misconfigured) and not outcome.pages and not backfill and self._mistaken(outcome):
            raise outcome.error
        owed = () if outcome.closed else (f"{name}: {plans.span(self.plan) if backfill else ''}{outcome.owed}",)
        return Tally(
            verb="pull",
            done=self.new,
            skipped=self.known,
            failed=0 if outcome.closed else 1,
            owed=owed,
            error=outcome.error,
            notes=(f"{name}: {outcome.proof}",) if outcome.proof else self._whose_turn(outcome.error),
        )

    def _mistaken(self, outcome: Outcome) -> bool:
        """Whether it is the manifest that is wrong: a portal that has worked may refuse a request for a while."""
        return self.plan.first or not (outcome.code or "").startswith("http_")

    def _whose_turn(self, error: ChannelError | None) -> tuple[str, ...]:
        """The class of an error says who must act, its hint what to do."""
        return (f"{self.site.manifest.name}: {type(error).__name__}: {error}",) if error else ()
