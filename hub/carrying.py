"""One delivery on its way: files, create, route, each step tried under a lease and written down before and after."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from connectors.errors import ChannelError
from hub.model import Complaint, Receipt
from hub.privacy import DataKey, Erased
from hub.registry.port import File, Registry
from hub.registry.wording import content, said
from hub.routing import RegistryConfig, Target, target
from hub.spine import Hub
from hub.store import deliveries, gates, parcels
from hub.store.deliveries import Delivery, Result
from hub.store.work import Work

PATIENCE: Final = 5.0
"""Seconds that a worker waits for the rate budget; longer waits are somebody's next run."""
SHORTEST: Final = 5.0
LONGEST: Final = 12 * 3600.0
GIVE_UP: Final = timedelta(days=14)
"""Seconds of the first and the longest window of the back-off, and when a person has to look."""
LONGEST_ASKED: Final = 24 * 3600.0
"""A registry that asks for a longer silence than this many seconds is asked again after it."""
FILES_WAIT: Final = timedelta(hours=24)
LOOK_AGAIN: Final = timedelta(minutes=15)
MAPPING_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Where one delivery stands after a run: a state, or postponed, no_slot (rate budget), stale (not ours any more)."""

    state: str
    code: str = ""
    note: str = ""
    failed_call: bool = False
    """The registry was called and the call has to be repeated: several in a row speak of the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery unsealed in memory."""

    complaint: Mapping[str, Any]
    target: Target
    key: DataKey
    files: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class Carrier:
    """Carries one claimed delivery as far as it goes."""

    hub: Hub
    config: RegistryConfig
    registry: Registry
    delivery: Delivery
    state: str = field(init=False)
    registry_id: str | None = field(init=False)
    tries: int = field(init=False)
    attempt: int | None = None
    """The attempt that is open."""
    file_ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state, self.registry_id, self.tries = self.delivery.state, self.delivery.registry_id, self.delivery.tries

    def carry(self) -> Ended:
        """All steps that are left. An exception of our own code ends with a person; one of the store ends the run."""
        with self.hub.store.begin() as work:
            sealed = parcels.content(work, self.delivery.complaint)
        try:
            parcel = self._unsealed(sealed)
        except Erased:
            return self._refused(Receipt(outcome="refused", code="erased"), None)
        except Exception as error:  # the edge of one delivery: it must not hold up the others
            return self._poison(error)
        if self.state != "created" and (wait := self._must_wait(parcel)):
            return wait
        self.file_ids = [str(file.registry_file) for file in parcel.files if file.registry_file]
        return self._files(parcel) or self._create(parcel) or self._route(parcel)

    def _unsealed(self, sealed: parcels.Content) -> Parcel:
        if sealed.key_id is None or sealed.canonical_enc is None:
            raise LookupError("a delivery without a canonical text")
        key = self.hub.vault.unwrap(sealed.key_id, sealed.wrapped)
        document = json.loads(self.hub.vault.open(key, "canonical", sealed.canonical_enc))
        where = target(Complaint(**document), self.delivery.region, self.config)
        return Parcel(complaint=document, target=where, key=key, files=sealed.files)

    def _must_wait(self, parcel: Parcel) -> Ended | None:
        """For a mapping that somebody has to make, or up to 24 hours for files that are still being fetched."""
        now = self.hub.clock()
        if parcel.target.waits:
            return self._postponed(f"unmapped_{parcel.target.waits}", now + MAPPING_WAIT)
        latest = self.delivery.queued_at + FILES_WAIT
        if self.state == "queued" and now < latest and any(file.state == "pending" for file in parcel.files):
            return self._postponed("files_pending", min(now + LOOK_AGAIN, latest))
        return None

    # the three steps; each returns None when the next may follow ---------------------------------------------------

    def _files(self, parcel: Parcel) -> Ended | None:
        rows = [row for row in parcel.files if row.state == "held" and not row.registry_file]
        if self.state != "queued" or not rows:
            return None
        with self.hub.store.begin() as work:
            sealed = [parcels.file_bytes(work, row.id) for row in rows]
        try:
            files = [self._file(parcel.key, row, content) for row, content in zip(rows, sealed, strict=True)]
        except Exception as error:  # the edge of one delivery
            return self._poison(error)
        receipt = self._call("files", parcel, lambda: self.registry.upload(files))
        if isinstance(receipt, Ended):
            return receipt
        if receipt.outcome not in ("done", "refused"):
            return self._again(receipt, "files")
        return self._files_settled(receipt, [row.id for row in rows])

    def _file(self, key: DataKey, row: Any, sealed: bytes) -> File:
        name = self.hub.vault.open(key, "file name", bytes(row.name_enc)).decode("utf-8", "replace")
        return File(name=name, media_type=row.media_type, content=self.hub.vault.open(key, "file", sealed))

    def _files_settled(self, receipt: Receipt, numbers: Sequence[int]) -> Ended | None:
        """Files that the registry will not have do not keep the complaint itself from arriving."""
        taken = receipt.outcome == "done"
        act = "forwarded" if taken else "refused"

        def also(work: Work, now: datetime) -> None:
            if taken:
                parcels.keep_file_ids(work, numbers, receipt.file_ids)
            else:
                parcels.refuse_files(work, numbers, receipt.code)

        result = Result(act=act, state="files_uploaded", receipt=receipt, step="files", keep=True)
        if stale := self._finish(result, also):
            return stale
        self.state, self.tries = "files_uploaded", 0
        self.file_ids += receipt.file_ids
        return None

    def _create(self, parcel: Parcel) -> Ended | None:
        if self.state == "created":
            return None
        receipt = self._call(
            "create", parcel, lambda: self.registry.create(parcel.complaint, parcel.target, self.file_ids)
        )
        if isinstance(receipt, Ended):
            return receipt
        if receipt.outcome == "done":
            return self._created(receipt, parcel.target)
        if receipt.outcome == "retry":
            return self._again(receipt, "create")
        if receipt.outcome == "refused":
            return self._refused(receipt, "create")
        result = Result(act="unknown", state="unknown", receipt=receipt, step="create")
        return self._finish(result, self._heard(receipt)) or Ended(state="unknown", code=receipt.code)

    def _created(self, receipt: Receipt, where: Target) -> Ended | None:
        """The registry has it; without an institution nothing is left to do, the national administrator disposes."""
        unrouted = where.institution_id is None
        self.state, self.registry_id, self.tries = "created", receipt.registry_id, 0
        result = Result(
            act="forwarded",
            state="confirmed" if unrouted else "created",
            receipt=replace(receipt, code="unrouted") if unrouted else receipt,
            step="create",
            next_check_at=self.hub.clock(),
            keep=not unrouted,
        )
        stale = self._finish(result, self._heard(receipt))
        return stale or (Ended(state="confirmed", code="unrouted") if unrouted else None)

    def _route(self, parcel: Parcel) -> Ended:
        number = self.registry_id
        if number is None:
            return self._poison(LookupError("a created complaint without a number"))
        if parcel.target.institution_id is None:
            return self._confirmed(Receipt(outcome="done", code="unrouted", registry_id=number), None)
        receipt = self._call("route", parcel, lambda: self.registry.route(number, parcel.target))
        if isinstance(receipt, Ended):
            return receipt
        if receipt.outcome == "done":
            return self._confirmed(receipt, "route")
        if receipt.outcome == "refused":
            return self._to_a_person(replace(receipt, code=f"route_{receipt.code}"), "route", act="refused")
        return self._again(receipt, "route")

    def _confirmed(self, receipt: Receipt, step: str | None) -> Ended:
        check = self.hub.clock()
        result = Result(act="forwarded", state="confirmed", receipt=receipt, step=step, next_check_at=check)
        return self._finish(result) or Ended(state="confirmed", code=receipt.code)

    # a call --------------------------------------------------------------------------------------------------------

    def _call(self, step: str, parcel: Parcel, call: Callable[[], Receipt]) -> Receipt | Ended:
        """Wait for the rate budget, put the attempt on record, and call."""
        if ended := self._opened(step, parcel):
            return ended
        try:
            return call()
        except Exception as error:  # the edge of one delivery
            if isinstance(error, ChannelError) and step != "create":
                return Receipt(outcome="retry", code=error.code, retry_after=error.retry_after)
            return self._poison(error, step)

    def _opened(self, step: str, parcel: Parcel) -> Ended | None:
        store, spacing = self.hub.store, 1 / self.config.rate
        with store.begin() as work:
            wait = gates.reserve(work, self.config.name, now=self.hub.clock(), spacing=spacing, patience=PATIENCE)
            if not wait:
                self.attempt = self._on_record(work, step, parcel)
            elif wait > PATIENCE:
                deliveries.let_go(work, self.delivery)
        if wait > PATIENCE:
            return Ended(state="no_slot")
        if wait:
            self.hub.sleep(wait)
            with store.begin() as work:
                self.attempt = self._on_record(work, step, parcel)
        return None if self.attempt is not None else Ended(state="stale")

    def _on_record(self, work: Work, step: str, parcel: Parcel) -> int | None:
        text = said(content(parcel.complaint)) if step == "create" else None
        institution = parcel.target.institution_id
        return deliveries.open_attempt(
            work,
            self.delivery,
            step,
            now=self.hub.clock(),
            actor=self.hub.actor,
            registry_sha256=self.config.sha256,
            institution=str(institution) if institution is not None else None,
            sent_hmac=self.hub.vault.mac("text", text) if text is not None else None,
        )

    # what came of it -----------------------------------------------------------------------------------------------

    def _finish(self, result: Result, also: Callable[[Work, datetime], None] | None = None) -> Ended | None:
        """Commit one result and what belongs to it; Ended(stale) and nothing written where the lease has passed on."""
        now = self.hub.clock()
        with self.hub.store.begin() as work:
            kept = deliveries.finish(work, self.delivery, self.attempt, result, now=now, actor=self.hub.actor)
            if kept and also:
                also(work, now)
        self.attempt = None
        return None if kept else self._stale(result)

    def _stale(self, result: Result) -> Ended:
        note = f"Complaint {self.delivery.complaint}: {result.step or 'its'} result came after the lease had ended"
        number = result.receipt.registry_id if result.step == "create" else None
        found = f"; it is {number} at {self.config.name}, say so with satupintu resolve" if number else ""
        return Ended(state="stale", code=result.receipt.code, note=f"{note}{found}.")

    def _heard(self, receipt: Receipt) -> Callable[[Work, datetime], None]:
        def also(work: Work, now: datetime) -> None:
            gates.heard(work, self.config.name, receipt.outcome, now=now, actor=self.hub.actor)

        return also

    def _refused(self, receipt: Receipt, step: str | None) -> Ended:
        """The registry will never take it, so whoever stood behind it goes in its place."""

        def also(work: Work, now: datetime) -> None:
            gates.heard(work, self.config.name, "refused" if step else "none", now=now, actor=self.hub.actor)
            deliveries.queue_repeats(
                work, self.delivery.complaint, registry=self.config.name, now=now, actor=self.hub.actor
            )

        result = Result(act="refused", state="refused", receipt=receipt, step=step)
        return self._finish(result, also) or Ended(state="refused", code=receipt.code)

    def _again(self, receipt: Receipt, step: str) -> Ended:
        """Certainly not done, or harmless to repeat: later, with full jitter, and after 14 days a person looks."""
        now = self.hub.clock()
        if now - (self.delivery.first_try_at or now) >= GIVE_UP:
            return self._to_a_person(receipt, step)
        asked = min(receipt.retry_after or 0.0, LONGEST_ASKED)
        due = now + timedelta(seconds=asked + pause_after(self.tries, self.hub.random))

        def also(work: Work, now: datetime) -> None:
            if asked:
                gates.hold_back(work, self.config.name, now + timedelta(seconds=asked))

        result = Result(act="postponed", state=self.state, receipt=receipt, step=step, tries=self.tries + 1, due_at=due)
        return self._finish(result, also) or Ended(state="postponed", code=receipt.code, failed_call=True)

    def _postponed(self, code: str, due: datetime) -> Ended:
        """Nothing was tried; the tries stay as they are."""
        receipt = Receipt(outcome="retry", code=code)
        result = Result(act="postponed", state=self.state, receipt=receipt, tries=self.tries, due_at=due)
        return self._finish(result) or Ended(state="postponed", code=code)

    def _poison(self, error: Exception, step: str | None = None) -> Ended:
        """Our own code failed at this complaint; if that was in a create, nobody knows what was sent."""
        receipt = Receipt(outcome="unknown" if step == "create" else "failed", code=code_of(error))
        return self._to_a_person(receipt, step, act="unknown" if step == "create" else "postponed")

    def _to_a_person(self, receipt: Receipt, step: str | None, *, act: str = "postponed") -> Ended:
        result = Result(act=act, state="needs_human", receipt=receipt, step=step, tries=self.tries)
        return self._finish(result) or Ended(state="needs_human", code=receipt.code)


def pause_after(tries: int, chance: Random) -> float:
    """
    Seconds until the next try, after `tries` earlier failures: full jitter over a window that doubles, 5 s … 12 h.

    Full, because of 10,000 deliveries queued by an outage it sends the fewest at once (guide/reliability.md B.2).
    """
    window = min(SHORTEST * 2 ** min(tries, 20), LONGEST)
    return max(chance.uniform(0.0, window), 1.0)


def code_of(error: BaseException) -> str:
    """The class of an error as a code for rows and entries; its message may quote a citizen and is never kept."""
    code = getattr(error, "code", None) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__)
    return re.sub(r"[^a-z0-9_.:-]", "_", str(code).lower())[:60] or "error"
