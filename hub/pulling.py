"""Pull: read one channel and keep its items as received, page by page, with a ledger of what has been read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Item, Window
from connectors.build import channel
from connectors.errors import ChannelError, Misconfigured
from connectors.manifest import Manifest
from connectors.reading import Outcome, next_window, read
from hub.audit.entry import Entry, many
from hub.model import Tally, complaint_id
from hub.spine import Hub
from hub.store import connectors, intervals, items, leases
from hub.store.connectors import Connector
from hub.store.items import Head, NewItem
from hub.store.log import append
from hub.store.work import Work

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
        return _Run(hub=hub, manifest=manifest, connector=connector, token=token).through(since, until, sweep)
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
    new: int = 0
    known: int = 0
    newest: dict[tuple[bytes, bytes | None], datetime] = field(default_factory=dict)
    """Newest stamp of each ref in this run: a ref that comes twice in one listing keeps its newest version."""
    seen: dict[tuple[bytes, int], set[bytes]] = field(default_factory=dict)
    """Contents of each ref and incarnation that this run has met."""

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
            new = list(self._changed(work, page))
            items.save(
                work,
                self.hub.vault,
                self.connector.id,
                self.connector.region,
                self.manifest.channel,
                new,
                interval=number,
                manifest_sha256=self.manifest.sha256,
                now=now,
            )
            intervals.count(work, number, pages=1, items=len(page), new=len(new))
            if new:
                append(work, self._entry("stored", number, now, count=len(new), hashes=[n.commitment for n in new]))
        self.new += len(new)
        self.known += len(page) - len(new)

    def _changed(self, work: Work, page: Sequence[Item]) -> Iterator[NewItem]:
        """The items of a page that differ from the latest version of their incarnation, as rows to be stored."""
        marked = [(self._mark(item), item) for item in page]
        heads = items.heads(work, self.connector.id, {mark for mark, _ in marked})
        for mark, item in marked:
            if self._older(mark, item):
                continue
            content = self.hub.vault.mac("content", self._content(item))
            known = heads.setdefault(mark, [])
            old = self._own_head(known, item, content)
            if old and (old.content == content or self._twice(work, mark, old, content)):
                self.seen.setdefault((mark, old.incarnation), set()).add(content)
                continue
            new = self._head(known, old, item, content)
            self.seen.setdefault((mark, new.incarnation), set()).add(content)
            heads[mark] = [head for head in known if head.incarnation != new.incarnation] + [new]
            yield self._sealed(mark, new, item)

    def _own_head(self, known: Sequence[Head], item: Item, content: bytes) -> Head | None:
        """The incarnation that an item belongs to: by its creation stamp, else by its content, else the latest one.

        None is a new incarnation: the ref is new, or its creation stamp is one that we have not seen.
        """
        created = self._created(item)
        if created:
            if same := [head for head in known if head.created == created]:
                return same[-1]
            if any(head.created and head.created[:8] == created[:8] for head in known):
                return None
        return next((head for head in known if head.content == content), known[-1] if known else None)

    def _twice(self, work: Work, mark: bytes, old: Head, content: bytes) -> bool:
        """One listing shows a ref twice and says not which is newer: what we have already is not a version again."""
        before = self.seen.get((mark, old.incarnation))
        return before is not None and (content in before or items.had(work, self.connector.id, mark, content))

    def _older(self, mark: bytes, item: Item) -> bool:
        if item.stamp is None:
            return False
        which = (mark, self._created(item))
        newest = self.newest.setdefault(which, item.stamp)
        if item.stamp > newest:
            self.newest[which] = item.stamp
        return item.stamp < newest

    def _ref(self, item: Item) -> str:
        return item.ref if item.ref is not None else f'"hmac:{self.hub.vault.mac("ref", item.raw).hex()}"'

    def _mark(self, item: Item) -> bytes:
        return self.hub.vault.mac("ref", self._ref(item).encode())

    def _content(self, item: Item) -> bytes:
        ignored = self.manifest.options.get("ignore")
        if not ignored or not isinstance(item.payload, dict):
            return item.raw
        return json.dumps(without(item.payload, ignored), sort_keys=True).encode()

    def _head(self, known: Sequence[Head], old: Head | None, item: Item, content: bytes) -> Head:
        """The head after this item: the next version of `old`, or the first of a new incarnation."""
        incarnation = old.incarnation if old else max((head.incarnation for head in known), default=0) + 1
        return Head(
            version=max((head.version for head in known), default=0) + 1,
            content=content,
            created=self._created(item) or (old.created if old else None),
            complaint=complaint_id(self.connector.id, self._ref(item), incarnation),
            incarnation=incarnation,
        )

    def _created(self, item: Item) -> bytes | None:
        """Which path, then which value: a manifest that looks elsewhere compares with nothing and raises nothing."""
        if item.created is None:
            return None
        path = self.manifest.options.get("created") or self.manifest.fields.get("submitted_at")
        mac = self.hub.vault.mac
        return mac("created", json.dumps(path, sort_keys=True).encode())[:8] + mac("created", item.created.encode())

    def _sealed(self, mark: bytes, head: Head, item: Item) -> NewItem:
        vault = self.hub.vault
        key = vault.new_key(self.connector.region)
        raw, commitment = vault.seal(key, "raw", item.raw)
        beside = item.media != "json" and item.payload is not None
        return NewItem(
            ref_hmac=mark,
            head=head,
            key=key,
            ref_enc=vault.seal(key, "ref", self._ref(item).encode())[0],
            raw_enc=raw,
            payload_enc=vault.seal(key, "payload", json.dumps(item.payload).encode())[0] if beside else None,
            media=item.media,
            trouble=item.trouble,
            commitment=commitment,
            attachments=item.attachments,
        )

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


def without(payload: dict[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """The payload without the dotted paths that the manifest ignores (view counters and the like)."""
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    for path in paths:
        *parents, last = path.split(".")
        node: Any = copy
        for name in parents:
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(last, None)
    return copy
