"""One delivery on its way: files, create, route, each step tried under a lease and written down before and after."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.errors import ChannelError
from hub.model import Complaint, Receipt
from hub.privacy import DataKey, Erased
from hub.registry.port import File, Registry
from hub.registry.wording import content, said
from hub.routing import RegistryConfig, Target, target
from hub.spine import Hub
from hub.store import deliveries, gates, parcels
from hub.store.deliveries import FIRST_CHECK, Delivery, Result

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
DOWN: Final = frozenset({"dns", "connect", "connect_timeout", "tls", "http_401", "http_403", "http_404", "http_503"})
"""Codes that speak of the registry or its configuration, not of the complaint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Where one delivery stands after a run: a state, `postponed`, `no_slot` (rate budget) or `stale` (not ours any more)."""

    state: str
    code: str = ""
    note: str = ""


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
    state: str = ""
    registry_id: str | None = None
    tries: int = 0
    file_ids: list[str] = field(default_factory=list)

    def carry(self) -> Ended:
        """All steps that are left. An exception of our own code ends with a person; one of the store ends the run."""
        self.state, self.registry_id = self.delivery.state, self.delivery.registry_id
        self.tries = self.delivery.tries
        with self.hub.store.begin() as work:
            sealed = parcels.content(work, self.delivery.complaint)
        try:
            parcel = self._unsealed(sealed)
        except Erased:
            return self._refused("erased")
        except Exception as error:  # the edge of one delivery: it must not hold up the others
            return self._poison(error)
        return self._steps(parcel)

    def _unsealed(self, sealed: parcels.Content) -> Parcel:
        if sealed.key_id is None or sealed.canonical_enc is None:
            raise LookupError("a delivery without a canonical text")
        key = self.hub.vault.unwrap(sealed.key_id, sealed.wrapped)
        document = json.loads(self.hub.vault.open(key, "canonical", sealed.canonical_enc))
        where = target(Complaint(**document), self.delivery.region, self.config)
        return Parcel(complaint=document, target=where, key=key, files=sealed.files)

    def _steps(self, parcel: Parcel) -> Ended:
        if self.state in ("queued", "files_uploaded") and (wait := self._must_wait(parcel)):
            return wait
        self.file_ids = [str(file.registry_file) for file in parcel.files if file.registry_file]
        for step in (self._files, self._create, self._route):
            if ended := step(parcel):
                return ended
        raise AssertionError("the last step ends the way")

    def _must_wait(self, parcel: Parcel) -> Ended | None:
        """For a mapping that somebody has to make, or up to 24 hours for files that are still being fetched."""
        now = self.hub.clock()
        if parcel.target.waits:
            return self._postponed(f"unmapped_{parcel.target.waits}", now + MAPPING_WAIT)
        latest = self.delivery.queued_at + FILES_WAIT
        if self.state == "queued" and now < latest and any(file.state == "pending" for file in parcel.files):
            return self._postponed("files_pending", min(now + LOOK_AGAIN, latest))
        return None

    # the three steps; each returns None when the next may follow ------------------------------------------------------

    def _files(self, parcel: Parcel) -> Ended | None:
        to_send = [file for file in parcel.files if file.state == "held" and not file.registry_file]
        if self.state != "queued" or not to_send:
            return None
        try:
            files = [self._file(parcel, row) for row in to_send]
        except Exception as error:  # the edge of one delivery
            return self._poison(error)
        receipt, ended = self._try("files", parcel, lambda: self.registry.upload(files))
        if receipt is None or receipt.outcome not in ("done", "refused"):
            return ended
        numbers = [row.id for row in to_send]
        # Files that the registry will not have must not keep the complaint itself from arriving.
        keep = receipt.outcome == "done"
        result = Result(
            act="forwarded" if keep else "refused", state="files_uploaded", receipt=receipt, step="files", keep=True
        )
        with self.hub.store.begin() as work:
            if not self._finish(work, result):
                return self._stale("files", receipt)
            if keep:
                parcels.keep_file_ids(work, numbers, receipt.file_ids)
            else:
                parcels.refuse_files(work, numbers, receipt.code)
        self.state, self.tries, self.attempt = "files_uploaded", 0, None
        self.file_ids += receipt.file_ids
        return None
