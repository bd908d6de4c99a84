"""One delivery in our hands: what it carries, unsealed in memory, and which call is next."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from hub.model import Complaint, Receipt
from hub.outcome import GIVE_UP, LONGEST, LONGEST_ASKED, SHORTEST, Standing, code_of, pause_after
from hub.privacy import DataKey
from hub.registry.port import File, Registry
from hub.registry.wording import attached, content, flags, said
from hub.routing import RegistryConfig, Target, target
from hub.spine import Hub
from hub.store.attempts import Opening
from hub.store.deliveries import Delivery, Result
from hub.store.parcels import Content

__all__ = ["GIVE_UP", "LONGEST", "LONGEST_ASKED", "PATIENCE", "SHORTEST", "Load", "Parcel", "code_of", "pause_after"]

PATIENCE: Final = 5.0
"""Seconds that a worker waits for the rate budget; longer waits are somebody's next run."""
FILES_WAIT: Final = timedelta(hours=24)
LOOK_AGAIN: Final = timedelta(minutes=15)
MAPPING_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A delivery unsealed in memory."""

    complaint: Mapping[str, Any]
    target: Target
    key: DataKey
    files: Sequence[Any]
    """Rows of its attachments."""
    whole: File | None
    """The text as a file, where the registry takes only a part of it."""

    @property
    def institution(self) -> str | None:
        """The registry's number of the institution, as it is written down."""
        number = self.target.institution_id
        return None if number is None else str(number)


def unsealed(hub: Hub, config: RegistryConfig, delivery: Delivery, sealed: Content, files: Sequence[Any]) -> Parcel:
    """What a delivery carries, readable. Raises Erased, or whatever our own code finds wrong with it."""
    if sealed.key_id is None or sealed.canonical_enc is None:
        raise LookupError("a delivery without a canonical text")
    key = hub.vault.unwrap(sealed.key_id, sealed.wrapped)
    document = json.loads(hub.vault.open(key, "canonical", sealed.canonical_enc))
    where = target(Complaint(**document), delivery.region, config)
    return Parcel(complaint=document, target=where, key=key, files=files, whole=attached(document, config.limits))


@dataclass(slots=True, kw_only=True)
class Load:
    """A delivery, how far it has come in our hands, and the attempt that is open."""

    delivery: Delivery
    parcel: Parcel
    state: str
    registry_id: str | None
    tries: int
    attempt: int | None = None
    step: str = ""
    file_ids: list[str] = field(default_factory=list)
    uploading: Sequence[int] = ()
    """Rows of the files in the call that is under way."""
    whole_id: str | None = None

    @classmethod
    def of(cls, delivery: Delivery, parcel: Parcel) -> Load:
        """As it was claimed; files that the registry has already are not sent again."""
        known = [str(file.registry_file) for file in parcel.files if file.registry_file]
        return cls(
            delivery=delivery,
            parcel=parcel,
            state=delivery.state,
            registry_id=delivery.registry_id,
            tries=delivery.tries,
            file_ids=known,
        )

    def next_step(self) -> str | None:
        """files | create | route; None where nothing is left to be called."""
        if self.state == "created":
            return None if self.parcel.target.institution_id is None else "route"
        left = self.parcel.whole is not None and self.whole_id is None
        return "files" if left or (self.state == "queued" and self.to_upload()) else "create"

    def to_upload(self) -> list[Any]:
        """Rows of files that are here and not yet there."""
        return [row for row in self.parcel.files if row.state == "held" and not row.registry_file]

    def standing(self, config: RegistryConfig, since: datetime | None) -> Standing:
        """For hub.outcome; `since`: when the step that is due was first tried."""
        return Standing(
            state=self.state,
            registry_id=self.registry_id,
            tries=self.tries,
            attempts=self.delivery.attempts,
            since=since,
            routed=self.parcel.target.institution_id is not None,
            look_after=look_after(config),
        )

    def moved(self, result: Result) -> None:
        """What a result that is written has made of it."""
        self.state, self.tries = result.state, result.tries
        self.registry_id = result.receipt.registry_id or self.registry_id
        self.attempt = None
        if result.step == "files":
            ids = list(result.receipt.file_ids)
            if self.parcel.whole is not None:
                self.whole_id = ids.pop() if len(ids) > len(self.uploading) else ""
                self.file_ids += [self.whole_id] if self.whole_id else []
            self.file_ids += ids

    def opening(self, hub: Hub, config: RegistryConfig) -> Opening:
        """What is written down before its step is called."""
        step = self.step
        text = said(content(self.parcel.complaint, config.limits)) if step == "create" else None
        return Opening(
            delivery=self.delivery,
            step=step,
            institution=self.parcel.institution,
            sent_hmac=hub.vault.mac("text", text) if text is not None else None,
            flags=flags(self.parcel.complaint, self.parcel.target, config.limits) if step == "create" else (),
            attempt=self.attempt,
        )


def look_after(config: RegistryConfig) -> timedelta | None:
    """How long after an unknown outcome the registry has surely stored what it will store; None: it cannot be asked."""
    return None if config.lookup == "none" else config.slowest_commit * 1.25 + config.read_timeout


def at_once(load: Load, now: datetime) -> Result | None:
    """What follows for a delivery without any call: it has to wait for a mapping or for files, or nothing is left to do."""
    if load.state == "created":
        return _unrouted(load, now) if load.parcel.target.institution_id is None else None
    if load.parcel.target.waits:
        return _postponed(load, f"unmapped_{load.parcel.target.waits}", now + MAPPING_WAIT)
    latest = load.delivery.queued_at + FILES_WAIT
    if load.state == "queued" and now < latest and any(file.state == "pending" for file in load.parcel.files):
        return _postponed(load, "files_pending", min(now + LOOK_AGAIN, latest))
    return None


def _unrouted(load: Load, now: datetime) -> Result:
    receipt = Receipt(outcome="done", code="unrouted", registry_id=load.registry_id)
    return Result(act="forwarded", state="confirmed", receipt=receipt, next_check_at=now)


def _postponed(load: Load, code: str, due: datetime) -> Result:
    """Nothing was tried; the tries stay as they are."""
    receipt = Receipt(outcome="retry", code=code)
    return Result(act="postponed", state=load.state, receipt=receipt, tries=load.tries, due_at=due)


def refused_as_erased() -> Result:
    """Whose data were erased is not reported afterwards."""
    return Result(act="refused", state="refused", receipt=Receipt(outcome="refused", code="erased"))


def call_of(hub: Hub, load: Load, sealed: Mapping[int, bytes]) -> Callable[[Registry], Receipt]:
    """The call of the step that is next; `sealed`: bytes of its files, by row, where they are uploaded."""
    parcel = load.parcel
    if load.step == "files":
        rows = [row for row in load.to_upload() if row.id in sealed]
        load.uploading = [row.id for row in rows]
        files = [_file(hub, parcel.key, row, sealed[row.id]) for row in rows]
        files += [parcel.whole] if parcel.whole is not None else []
        return lambda registry: registry.upload(files)
    if load.step == "create":
        ids = tuple(load.file_ids)
        return lambda registry: registry.create(parcel.complaint, parcel.target, ids)
    number = load.registry_id
    if number is None:
        raise LookupError("a created complaint without a number")
    return lambda registry: registry.route(number, parcel.target)


def _file(hub: Hub, key: DataKey, row: Any, sealed: bytes) -> File:
    name = hub.vault.open(key, "file name", bytes(row.name_enc)).decode("utf-8", "replace")
    return File(name=name, media_type=row.media_type, content=hub.vault.open(key, "file", sealed))
