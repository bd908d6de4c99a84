"""Nightly: the hub's deliveries beside what each registry itself reports, every difference by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from connectors.errors import ChannelError, Misconfigured, Unavailable
from hub.carrying import code_of
from hub.comparing import OURS, WHAT, against_list, against_one
from hub.model import Tally
from hub.registry.port import Listed, Lists, Shows
from hub.routing import RegistryConfig
from hub.spine import Hub
from hub.store import differences, gates
from hub.store.differences import Difference, Held
from hub.store.problems import StoreProblem

NIGHT: Final = timedelta(hours=20)
"""`watch` compares a registry again after this time."""
FRESH: Final = timedelta(hours=1)
"""What was queued later is not compared yet: it may be on its way at this moment."""
SPAN: Final = timedelta(days=35)
"""How far back a registry's list is read."""
SKEW: Final = timedelta(days=1)
"""By how much a registry's clock and day may differ from ours."""
MOST: Final = 500
"""Complaints asked about by number in one comparison; the others follow in the next ones, the longest ago first."""
ENOUGH: Final = 5
"""From so many on it is not believed that none of them is there: something else is wrong."""
PATIENCE: Final = 60.0
ROWS: Final = 100
"""Rows of a list that count as one call."""
TIRED: Final = 3
NAMED: Final = 20


def due(hub: Hub, now: datetime) -> list[str]:
    """Registries whose night has come, or that were never compared."""
    with hub.store.begin() as work:
        known = set(gates.names(work)) & hub.registries.good.keys()
        at = {name: differences.reconciled_at(work, name) for name in sorted(known)}
    return [name for name, when in at.items() if when is None or now - when >= NIGHT]


def reconcile(hub: Hub, names: Sequence[str] = ()) -> Tally:
    """
    Compare every registry (or those named) with the hub: `done` counts deliveries compared, `failed` open differences.

    Each difference is a row and is named; an outcome that nobody knew and that stands in a registry's list is resolved.
    A registry that cannot be read whole changes nothing and is owed. Raises Misconfigured for a name that is not known.
    """
    with hub.store.begin() as work:
        known = gates.names(work)
    for name in names:
        if name not in known or name not in hub.registries.good:
            raise Misconfigured(f"There is no registry '{name}' that anything was sent to.", code="unknown_registry")
    round_ = _Round(hub=hub)
    for name in names or known:
        if name in hub.registries.good:
            round_.registry(hub.registries.good[name])
    return round_.tally()


@dataclass(slots=True, kw_only=True)
class _Round:
    """One comparison of all registries, and what came of it."""

    hub: Hub
    done: int = 0
    words: Counter[str] = field(default_factory=Counter)
    owed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def registry(self, config: RegistryConfig) -> None:
        with self.hub.store.begin() as work:
            gate = gates.gate(work, config.name)
        if gate.paused_by or gate.opened_at:
            self.notes.append(f"{config.name} was not compared: it is paused, or its breaker is open.")
            return
        try:
            client = self.hub.registry(config.name)
            if isinstance(client, Lists):
                self._by_list(config, client)
            elif isinstance(client, Shows):
                self._by_number(config, client)
            else:
                self._shared_only(config)
        except StoreProblem:
            raise
        except Exception as error:  # the edge of one registry: the others go on
            self.owed.append(f"{config.name} could not be compared ({code_of(error)}); it is tried again.")

    def _by_list(self, config: RegistryConfig, client: Lists) -> None:
        hub, now = self.hub, self.hub.clock()
        listed = list(self._read(config, client, now - SPAN - SKEW))
        references = sorted({row.reference.lower() for row in listed if row.reference})
        with hub.store.begin() as work:
            expected = differences.expected(work, config.name, since=now - SPAN, until=now - FRESH)
            known = differences.known(work, config.name, [one for one in references if OURS.fullmatch(one)])
        compared = against_list(listed, expected, known)
        missing = sum(one.what == "missing" for one in compared.differences)
        if self._unbelievable(config, missing, len(expected)):
            return
        resolved = sum(self._resolve(config, held, number, now) for held, number in compared.found)
        ids = {held.id for held in (*expected, *known.values())}
        self._write(config, compared.differences, checked=None, ids=sorted(ids), resolved=resolved)

    def _resolve(self, config: RegistryConfig, held: Held, number: str, listed_at: datetime) -> bool:
        hub, now = self.hub, self.hub.clock()
        with hub.store.begin() as work:
            row = differences.free(work, held.id, now=now, open_before=listed_at)
            if row is not None:
                differences.resolve(work, row, registry_id=number, now=now, actor=hub.actor)
        return row is not None

    def _by_number(self, config: RegistryConfig, client: Shows) -> None:
        with self.hub.store.begin() as work:
            waiting = differences.to_compare(work, config.name, until=self.hub.clock() - FRESH, limit=MOST)
        wrong: list[Difference] = []
        asked: list[Held] = []
        unread: list[Held] = []
        failures = 0
        for held in waiting:
            assert held.registry_id is not None
            try:
                self._slot(config)
                wrong += against_one(held, client.shown(held.registry_id))
                asked.append(held)
                failures = 0
            except ChannelError as error:
                if _of_this_one(error.code):
                    unread.append(held)
                    continue
                failures += 1
                if failures == TIRED or error.retry_after:
                    self.owed.append(f"{config.name} could not be compared whole ({error.code}); it is tried again.")
                    break
        if unread:
            self.notes.append(f"{config.name} does not show {len(unread)} complaints; their turn comes again.")
        if not self._unbelievable(config, sum(one.what == "missing" for one in wrong), len(asked)):
            checked = {held.complaint for held in asked}
            self._write(config, wrong, checked=checked, ids=[held.id for held in (*asked, *unread)], resolved=0)

    def _shared_only(self, config: RegistryConfig) -> None:
        self._write(config, [], checked=(), ids=[], resolved=0)

    def _read(self, config: RegistryConfig, client: Lists, since: datetime) -> Iterator[Listed]:
        """The whole list, a call in the budget for about every page."""
        for number, row in enumerate(client.listed(since)):
            if number % ROWS == 0:
                self._slot(config)
            yield row

    def _slot(self, config: RegistryConfig) -> None:
        """Wait for the rate budget that all workers share; Unavailable where the registry has asked for silence."""
        hub = self.hub
        with hub.store.begin() as work:
            wait = gates.reserve(work, config.name, now=hub.clock(), spacing=1 / config.rate, patience=PATIENCE)
        if wait > PATIENCE:
            raise Unavailable("The registry has asked for silence.", code="rate", retry_after=wait)
        if wait:
            hub.sleep(wait)

    def _unbelievable(self, config: RegistryConfig, missing: int, of: int) -> bool:
        """A registry that knows none of ours is at the wrong address, or was emptied: no difference is written."""
        if missing < ENOUGH or missing < of:
            return False
        self.owed.append(f"{config.name} knows none of {of} complaints; look at its address in registries/.")
        return True

    def _write(
        self,
        config: RegistryConfig,
        found: Sequence[Difference],
        *,
        checked: Collection[UUID] | None,
        ids: Sequence[int],
        resolved: int,
    ) -> None:
        hub = self.hub
        with hub.store.begin() as work:
            found = [*found, *differences.shared(work, config.name)]
            still = differences.write(
                work,
                config.name,
                found,
                checked=checked,
                compared=ids,
                resolved=resolved,
                now=hub.clock(),
                actor=hub.actor,
            )
            rows = differences.open_ones(work, config.name, NAMED)
        self.done += len(ids)
        self.words.update({**still, "resolved": resolved})
        self.notes += [_sentence(config.name, row) for row in rows]
        if (more := sum(still.values()) - len(rows)) > 0:
            self.notes.append(f"{config.name}: … and {more} more differences.")

    def tally(self) -> Tally:
        """The comparison in counts and sentences."""
        words = {word: count for word, count in self.words.items() if count}
        failed = sum(count for word, count in words.items() if word != "resolved")
        return Tally(
            verb="reconcile",
            done=self.done,
            failed=failed,
            words=words,
            owed=tuple(self.owed),
            notes=tuple(self.notes),
        )


def _of_this_one(code: str) -> bool:
    """The trouble is this complaint's alone: it must not keep the others from being compared, tonight or ever."""
    general = ("http_401", "http_403", "http_408", "http_429")
    return code == "no_data" or (code.startswith("http_4") and code not in general)


def _sentence(registry: str, row: Any) -> str:
    whose = f"complaint {row.complaint}" if row.complaint else "nobody's complaint"
    return f"{registry} {row.registry_id or '-'}, {whose}: {WHAT.get(row.what, row.what)} ({row.what})."
