"""Pull: read one channel and keep its items as received, page by page, with a ledger of what has been read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Item, Window
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured
from connectors.manifest import Manifest
from connectors.reading import Outcome, next_window, read
from hub.audit.entry import Entry, many
from hub.keeping import Keeping
from hub.model import Tally
from hub.spine import Hub
from hub.store import connectors, intervals, leases
from hub.store.connectors import Connector
from hub.store.log import append

LOOK_BACK = timedelta(days=1)


def manifest_of(hub: Hub, name: str) -> Manifest:
    """The manifest of that name; raises Misconfigured with what is wrong with it, or which names there are."""
    if name in hub.manifests.good:
        return hub.manifests.good[name]
    for path, problem in hub.manifests.bad.items():
        if path.stem == name:
            raise problem
    raise Misconfigured(
        f"There is no connector '{name}' in {hub.settings.manifests}.",
        hint=f"Known are: {', '.join(sorted(hub.manifests.good)) or 'none'}.",
        code="unknown_connector",
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
    hub: Hub, name: str, *, since: datetime | None = None, until: datetime | None = None, sweep: bool = False
) -> Tally:
    """Read what is new on one channel; `since`/`until` read a range again, `sweep` reads everything."""
    manifest = manifest_of(hub, name)
    if manifest.disabled:
        raise Misconfigured(
            f"{name} is disabled in {manifest.path.name}.",
            hint="Take the line 'disabled: true' out to pull it.",
            code="disabled",
        )
    now = hub.clock()
    with hub.store.begin(region=manifest.region) as work:
        connector = connectors.see(work, hub.vault, manifest, hub.actor, now)
        token = leases.take(work, connector.id, "pull", hub.holder, now)
    if token is None:
        return Tally(verb="pull", running=True, notes=(f"{name}: already running",))
    try:
        keeping = Keeping(hub=hub, manifest=manifest, connector=connector)
        run = _Run(hub=hub, manifest=manifest, connector=connector, token=token, keeping=keeping)
        return run.through(since, until, sweep)
    finally:
        with hub.store.begin(region=connector.region) as work:
            leases.drop(work, connector.id, "pull", token)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One pull of one connector, from its window to its outcome."""

    hub: Hub
    manifest: Manifest
    connector: Connector
    token: int
    keeping: Keeping
    new: int = 0
    known: int = 0

    def through(self, since: datetime | None, until: datetime | None, sweep: bool) -> Tally:
        """Read, store every page at once, and settle the interval."""
        ctx = self.hub.context(self.manifest, self.connector.id)
        kind = channel(self.manifest)
        window, what = self._window(since, until, sweep)
        number = self._open(window, what)
        outcome = self._read(read(kind, ctx, window), number)
        self._settle(number, outcome)
        return self._tally(outcome)

    def _window(self, since: datetime | None, until: datetime | None, sweep: bool) -> tuple[Window, str]:
        now = self.hub.clock()
        with self.hub.store.begin(region=self.connector.region) as work:
            ledger = intervals.ledger(work, self.connector.id)
        if since or until:
            return Window(since=since, until=until or now), "backfill"
        every = seconds(self.manifest.options.get("sweep"))
        due = sweep or bool(every and ledger.swept_at and now - ledger.swept_at >= every)
        window = next_window(
            now=now,
            look_back=seconds(self.manifest.options.get("look_back")) or LOOK_BACK,
            closed_until=ledger.closed_until,
            owed_since=ledger.owed_since,
            sweep_due=due,
            after=ledger.mark,
        )
        return window, "sweep" if window.since is None and ledger.closed_until else "new"

    def _open(self, window: Window, what: str) -> int:
        with self.hub.store.begin(region=self.connector.region) as work:
            return intervals.open_one(
                work,
                self.connector.id,
                self.connector.region,
                what=what,
                since=window.since,
                until=window.until,
                now=self.hub.clock(),
            )

    def _read(self, reading: Iterator[Sequence[Item] | Outcome], number: int) -> Outcome:
        for step in reading:
            if isinstance(step, Outcome):
                return step
            self._store(step, number)
        raise AssertionError("a reading ends with its outcome")

    def _store(self, page: Sequence[Item], number: int) -> None:
        """One batch: rows, ledger and entry in one transaction, under the lease."""
        now = self.hub.clock()
        with self.hub.store.begin(region=self.connector.region) as work:
            leases.renew(work, self.connector.id, "pull", self.token, now)
            kept = self.keeping.keep(work, page, interval=number, now=now)
            intervals.count(work, number, pages=1, items=len(page), new=kept.new)
            if kept.new:
                append(work, self._entry("stored", number, now, count=kept.new, hashes=kept.commitments))
        self.new += kept.new
        self.known += kept.known

    def _settle(self, number: int, outcome: Outcome) -> None:
        now = self.hub.clock()
        with self.hub.store.begin(region=self.connector.region) as work:
            leases.renew(work, self.connector.id, "pull", self.token, now)
            intervals.settle(work, number, outcome, (self._hash(outcome.first_ref), self._hash(outcome.last_ref)), now)
            append(
                work, self._entry("closed" if outcome.closed else outcome.code or "owed", number, now, outcome=outcome)
            )

    def _hash(self, ref: str | None) -> bytes | None:
        return self.hub.vault.mac("ref", ref.encode()) if ref is not None else None

    def _entry(
        self,
        code: str,
        number: int,
        now: datetime,
        *,
        count: int | None = None,
        hashes: Sequence[str] = (),
        outcome: Outcome | None = None,
    ) -> Entry:
        detail: dict[str, str | int | bool | list[str] | None] = {"interval": number, "manifest": self.manifest.sha256}
        if outcome:
            detail |= {"pages": outcome.pages, "items": outcome.items, "passes": outcome.passes, "total": outcome.total}
        return Entry(
            act="pulled",
            at=now,
            actor=self.hub.actor,
            connector=str(self.connector.id),
            region=self.connector.region,
            code=code,
            count=count,
            commitment=many(hashes) if hashes else None,
            detail=detail,
        )

    def _tally(self, outcome: Outcome) -> Tally:
        if outcome.error and not outcome.pages and isinstance(outcome.error, Misconfigured):
            raise outcome.error
        owed = () if outcome.closed else (f"{self.manifest.name}: {outcome.owed}",)
        return Tally(
            verb="pull",
            done=self.new,
            skipped=self.known,
            failed=0 if outcome.closed else 1,
            owed=owed,
            error=outcome.error,
            notes=(f"{self.manifest.name}: {outcome.proof}",) if outcome.proof else self._whose_turn(outcome.error),
        )

    def _whose_turn(self, error: ChannelError | None) -> tuple[str, ...]:
        """The class of an error says who must act, its hint what to do."""
        return (f"{self.manifest.name}: {type(error).__name__}: {error}",) if error else ()


def seconds(text: Any) -> timedelta | None:
    """A duration as manifests write it: 30s, 15m, 48h, 7d."""
    if not text:
        return None
    amount = int(str(text)[:-1])
    return (
        amount
        * {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[
            str(text)[-1]
        ]
    )
