"""Receive: a push is judged and kept, in the store or else on disk, before whoever sent it is told that we have it."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from connectors.base import Context, Push
from connectors.build import channel
from connectors.errors import ChannelError, Refused
from hub import trying
from hub.inbox import Inbox, opened, sealed
from hub.rates import Bucket
from hub.spine import Hub
from hub.spool import Spool, Spooled, SpoolFull
from hub.store import connectors, inbox
from hub.store.work import StoreProblem, StoreUnavailable

_log = logging.getLogger("satupintu.receive")
HEADERS = frozenset(
    {
        "content-type", "user-agent", "x-hub-signature-256", "x-telegram-bot-api-secret-token", "webhook-id",
        "webhook-timestamp", "webhook-signature", "authorization",
    }
)  # fmt: skip
"""Kept of a request, besides those that the kind itself names."""
AGAIN = 30
"""Seconds after which whoever could not be served may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What whoever pushed is told: an HTTP status and hardly more."""

    status: int
    code: str
    text: str = ""
    retry_after: int | None = None


KEPT = Told(status=200, code="kept")
NOBODY = Told(status=404, code="unknown")
"""Told to a test of our own only."""
NOT_OURS = Told(status=401, code="refused")
"""Also where there is no such connector: a stranger does not learn which there are."""
TOO_MANY = Told(status=429, code="too_many", retry_after=2)
LATER = Told(status=503, code="later", retry_after=AGAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One connector that receives, with all that judging takes; secrets that were used once need no database again."""

    id: UUID
    name: str
    region: str
    sha256: str
    kind: Any
    ctx: Context
    headers: frozenset[str]


@dataclass(slots=True)
class Receiver:
    """Takes pushes for all connectors of one hub; any number of threads may ask it at once."""

    hub: Hub
    spool: Spool
    doors: dict[str, Door] = field(default_factory=dict)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By connector and code, until they are counted in the store."""
    buckets: dict[str, Bucket] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, headers: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Told:
        """Judge and keep one push; KEPT only when it would outlive the power."""
        try:
            door = self._door(name)
        except (StoreUnavailable, StoreProblem):
            return LATER
        if trying.HEADER in headers:
            return self._tried(name, door, headers[trying.HEADER])
        if door is None:
            return NOT_OURS
        kept = {key.lower(): value for key, value in headers.items() if key.lower() in door.headers}
        return self._judged(door, Push(number=0, at=self.hub.clock(), headers=kept, query=dict(query), body=body))

    def receives(self, name: str) -> bool:
        """Whether this connector has an address to push to."""
        return self._door(name) is not None

    def greet(self, name: str, query: Mapping[str, str]) -> Told:
        """A verification handshake."""
        try:
            door = self._door(name)
            if door is None or not hasattr(door.kind, "greet"):
                return NOT_OURS
            said = door.kind.greet(door.ctx, query)
        except (StoreUnavailable, StoreProblem, ChannelError):
            return LATER
        return NOT_OURS if said is None else Told(status=200, code="greeted", text=said)

    def drain(self) -> int:
        """Bring what waits on disk into the store; how many pushes. Raises StoreUnavailable where it is still down."""
        return sum(map(self._brought_in, self.spool.names()))

    def _brought_in(self, name: str) -> int:
        try:
            return self.drained(name)
        except ChannelError as error:  # its secret is missing, say: what it sent waits, and nobody else's does
            _log.error("%s: what waits on disk cannot be judged: %s", name, error)
            return 0

    def drained(self, name: str) -> int:
        """The same for one connector."""
        door = self._door(name)
        if door is None:
            return 0
        count = 0
        for one in self.spool.of(name):
            if one.judged or self._right(door, one):
                self._inbox(door).add([one.arrived], self.hub.actor)
                count += 1
            one.path.unlink(missing_ok=True)
        return count

    def count_refused(self) -> None:
        """Bring the number of refused pushes into the store, so that `status` can tell it."""
        with self.guard:
            counts, self.refused = self.refused, Counter()
        for (name, code), count in counts.items():
            _log.warning("%s: %d pushes were refused (%s)", name, count, code)
        while counts:
            (name, code), count = counts.popitem()
            try:
                self._count(name, code, count)
            except (StoreUnavailable, StoreProblem):
                with self.guard:
                    self.refused.update({(name, code): count, **counts})
                raise

    def _judged(self, door: Door, push: Push) -> Told:
        judged = True
        try:
            door.kind.judge(door.ctx, push)
        except Refused as error:
            return self._refuse(door, error)
        except ChannelError as error:  # nobody can be believed while our own secret is missing
            _log.error("%s: a push cannot be judged: %s", door.name, error)
            return LATER
        except (StoreUnavailable, StoreProblem):
            judged = False
        if not self._has_room(door.name):  # asked after judging: strangers use up nobody's rate
            return TOO_MANY
        return self._keep(door, push, judged)

    def _count(self, name: str, code: str, count: int) -> None:
        if (door := self.doors.get(name)) is not None:
            with self.hub.store.begin(region=door.region) as work:
                inbox.refused(work, door.id, door.region, count, code, self.hub.clock())

    def _has_room(self, name: str) -> bool:
        with self.guard:
            bucket = self.buckets.setdefault(name, Bucket())
        return bucket.taken(self.hub.clock().timestamp())

    def renewed(self, hub: Hub) -> None:
        """Another catalogue: doors whose manifest changed are opened anew."""
        self.hub = hub
        good = hub.manifests.good
        self.doors = {
            name: door for name, door in self.doors.items() if name in good and good[name].sha256 == door.sha256
        }

    # ----------------------------------------------------------------------------------------------------------------

    def _door(self, name: str) -> Door | None:
        if name in self.doors:
            return self.doors[name]
        manifest = self.hub.manifests.good.get(name)
        if manifest is None or manifest.disabled:
            return None
        try:
            kind = channel(manifest)
            if not hasattr(kind, "judge"):
                return None
            with self.hub.store.begin() as work:
                row = connectors.see(work, self.hub.vault, manifest, self.hub.actor, self.hub.clock())
        except ChannelError as error:  # one manifest that cannot be used takes nobody else's address away
            _log.error("%s: it receives nothing: %s", name, error)
            return None
        door = Door(
            id=row.id,
            name=name,
            region=row.region,
            sha256=manifest.sha256,
            kind=kind,
            ctx=self.hub.context(manifest, row.id),
            headers=HEADERS | {one.lower() for one in getattr(kind, "headers", ())},
        )
        self.doors[name] = door
        return door

    def _tried(self, name: str, door: Door | None, given: str) -> Told:
        """A test of our own: what would become of a push now; nothing is kept of it."""
        now = self.hub.clock()
        if not trying.right(self.hub.vault, name, now, given):
            return NOT_OURS
        if door is None:
            return NOBODY
        try:
            door.kind.judge(door.ctx, Push(number=0, at=now, headers={}, query={}, body=b""))
        except Refused:
            pass  # it has no signature; what counts is that one could be judged
        except ChannelError:
            return Told(status=200, code="test_no_secret")
        except (StoreUnavailable, StoreProblem):
            return Told(status=200, code="test_waits")
        try:
            with self.hub.store.begin(region=door.region) as work:
                inbox.waiting(work, door.id)
        except (StoreUnavailable, StoreProblem):
            return Told(status=200, code="test_waits")
        return Told(status=200, code="test_arrived")

    def _refuse(self, door: Door, error: Refused) -> Told:
        with self.guard:
            self.refused[door.name, error.code] += 1
        return NOT_OURS

    def _keep(self, door: Door, push: Push, judged: bool) -> Told:
        arrived = sealed(self.hub.vault, door.region, uuid4(), push)
        try:
            if judged:
                self._inbox(door).add([arrived], self.hub.actor)
                return KEPT
        except (StoreUnavailable, StoreProblem):
            pass
        try:
            self.spool.add(door.name, arrived, judged=judged)
        except SpoolFull:
            _log.error("%s: the spool is full, so a push was put off", door.name)
            return LATER
        return KEPT

    def _right(self, door: Door, one: Spooled) -> bool:
        push = opened(self.hub.vault, one.arrived.key, one.arrived.content, number=0, at=one.arrived.at)
        try:
            door.kind.judge(door.ctx, push)
        except Refused as error:
            self._refuse(door, error)
            return False
        return True

    def _inbox(self, door: Door) -> Inbox:
        return Inbox(store=self.hub.store, vault=self.hub.vault, connector=door.id, region=door.region)
