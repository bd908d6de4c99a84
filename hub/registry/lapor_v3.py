"""LAPOR! v3: the one client that knows its addresses and answers (shapes from public client code)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.errors import ChannelError, Misconfigured, Unavailable
from connectors.http import HttpClient
from hub.model import Change, Receipt
from hub.registry import lapor_reading
from hub.registry.asking import Line
from hub.registry.lapor_writing import follow_up_form, payload
from hub.registry.plaintext import harmless
from hub.registry.port import File, FollowUp, Master, Shown
from hub.registry.receipts import answered, broken, number, repeatable
from hub.routing import RegistryConfig, Target, hub_status

__all__ = ["LaporV3", "judged", "payload"]

_LISTS: Final = (
    ("institution", "/masters/institutions/external", "id", "name"),
    ("template", "/masters/templates", "template_code", "title"),
)
_UNKNOWN_THERE: Final = re.compile(r"(?i)tidak ditemukan|tidak terdaftar|not found")
"""Of the message of an answer without a complaint; any other failure says nothing about whether it has one."""


def judged(status: int, headers: Mapping[str, str], body: bytes | Exception) -> Receipt:
    """
    What one answer to a create means, or the exception that came in its place (status and headers are ignored then).

    done: 2xx, JSON, and the id at the root. refused: the registry says so and why; `success: false` alone says nothing.
    """
    return broken(body) if isinstance(body, Exception) else answered(status, headers, body, _filed)


class LaporV3:
    """One LAPOR! v3 behind its gateway; implements Registry, TakesFollowUps, Shows and HasMasters of hub.registry.port."""

    def __init__(self, config: RegistryConfig, http: HttpClient, sleep: Callable[[float], None] = time.sleep) -> None:
        """`config.headers` may hold ${secret:NAME} references, which `http` resolves for the registry's host."""
        self._config = config
        self._line = Line(config=config, http=http, sleep=sleep)

    def upload(self, files: Sequence[File]) -> Receipt:
        """See Registry.upload."""

        def read(document: Any) -> Receipt | None:
            ids = _file_ids(document)
            return Receipt(outcome="done", file_ids=ids) if len(ids) == len(files) else None

        parts = [("attachments[]", (file.name, file.content, file.media_type)) for file in files]
        return repeatable(self._line.told("/complaints/complaint/file", read, files=parts))

    def create(self, complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str]) -> Receipt:
        """See Registry.create; one try, never repeated here."""
        return self._line.told("/complaints/complaint", _filed, json=payload(complaint, target, file_ids, self._config))

    def route(self, registry_id: str, target: Target) -> Receipt:
        """See Registry.route; LAPOR! calls it a rejection for want of authority."""
        body = {
            "is_request": 1,
            "reason": target.institution_id,
            "reason_description": "Diteruskan kepada instansi yang berwenang",
            "not_authority": 1,
        }
        receipt = self._line.told(f"/complaints/process/{_path(registry_id)}/reject", _taken, json=body)
        if receipt.outcome == "unknown" and self._stands_with(registry_id, target):
            return Receipt(outcome="done", http=receipt.http)
        return repeatable(receipt)

    def follow_up(self, registry_id: str, note: FollowUp) -> Receipt:
        """See TakesFollowUps.follow_up."""
        form = follow_up_form(_path(registry_id), note, self._config)
        return self._line.told("/complaints/followup/add", _noted, files=form)

    def alive(self) -> bool:
        """See Registry.alive."""
        try:
            self._line.read("/masters/institutions/external", {"page_size": 1})
        except ChannelError:
            return False
        return True

    def changes(self, registry_id: str) -> Iterator[Change]:
        """See Registry.changes; where the list of follow-ups breaks off, the error comes behind what it did show.

        Unavailable (no_status): no status is told anywhere; that is no answer about a complaint.
        """
        path = f"/complaints/{_path(registry_id)}"
        results = _results(self._line.read(f"{path}/complaint"))
        rows: list[dict[str, Any]] = []
        broken: ChannelError | None = None
        try:
            for page in lapor_reading.pages(self._line.read, f"{self._line.base}{path}/followups"):
                rows += page
        except ChannelError as error:
            broken = error
        found = lapor_reading.changes(results, rows, base=self._line.base, is_status=self._is_status)
        yield from found
        if broken is not None:
            raise broken
        if not any(change.what == "status" for change in found):  # 200 without a complaint, as in `success: false`
            raise Unavailable("The registry's answer tells no status of the complaint.", code="no_status")

    def _is_status(self, name: str) -> bool:
        return hub_status(self._config, name) is not None

    def shown(self, registry_id: str) -> Shown:
        """See Shows.shown."""
        try:
            document = self._line.read(f"/complaints/{_path(registry_id)}/complaint")
        except Unavailable as error:
            if error.code == "http_404":
                return Shown(found=False)
            raise
        data = _results(document).get("data")
        if not data and isinstance(document, dict) and _UNKNOWN_THERE.search(str(document.get("message") or "")):
            return Shown(found=False)
        if not isinstance(data, dict):
            raise Unavailable("The registry's answer is not the complaint that was asked for.", code="no_data")
        text = data.get("content")
        return Shown(
            found=True,
            institution=number(data.get("disposition_id")),
            text=text if isinstance(text, str) and text else None,
        )

    def masters(self) -> Iterator[Master]:
        """See HasMasters.masters: institutions and templates."""
        for what, path, own, name in _LISTS:
            pages = lapor_reading.pages(self._line.read, f"{self._line.base}{path}?page_size=1000", whole=True)
            for row in (row for page in pages for row in page):
                if row.get(own) in (None, "") or not isinstance(row.get(own), int | str):
                    raise Unavailable(f"A row of the registry's list of {what}s has no {own}.", code="bad_master")
                yield Master(
                    what=what, foreign_id=str(row[own]), name=" ".join(harmless(str(row.get(name) or "")).split())
                )

    def _stands_with(self, registry_id: str, target: Target) -> bool:
        """The route's answer was useless, but the institution may have the complaint all the same."""
        try:
            results = _results(self._line.read(f"/complaints/{_path(registry_id)}/complaint"))
        except ChannelError:
            return False
        data = results.get("data")
        return isinstance(data, dict) and number(data.get("disposition_id")) == str(target.institution_id)


def _filed(document: Any) -> Receipt | None:
    """The id at the root decides; without one only an outspoken refusal says that nothing was stored."""
    if not isinstance(document, dict):
        return None
    if registry_id := number(document.get("complaint_id")):
        return Receipt(outcome="done", registry_id=registry_id)
    declined = document.get("success") is False and bool(document.get("errors"))
    return Receipt(outcome="refused", code="declined") if declined else None


def _taken(document: Any) -> Receipt | None:
    refused = isinstance(document, dict) and document.get("success") is False
    return None if refused else Receipt(outcome="done")


def _noted(document: Any) -> Receipt | None:
    """A follow-up is stored where its id stands, or where success is said; only what is said in JSON counts."""
    if not isinstance(document, dict):
        return None
    if document.get("success") is False:
        return Receipt(outcome="refused", code="declined")
    results = _results(document)
    data = results.get("data")
    data = data if isinstance(data, dict) else {}
    places = (results.get("id"), data.get("id"), document.get("followup_id"), results.get("followup_id"))
    own = next((found for value in (*places, document.get("id")) if (found := number(value))), None)
    return Receipt(outcome="done", registry_id=own) if own or document.get("success") is True else None


def _file_ids(document: Any) -> tuple[str, ...]:
    results = _results(document)
    rows = [row for part in ("images", "docs") for row in results.get(part) or () if isinstance(row, dict)]
    return tuple(found for row in rows if (found := number(row.get("id"))))


def _results(document: Any) -> dict[str, Any]:
    results = document.get("results") if isinstance(document, dict) else None
    return results if isinstance(results, dict) else {}


def _path(registry_id: str) -> str:
    found = number(registry_id)
    if found is None:
        raise Misconfigured("The registry's id of a complaint has digits only.", code="bad_registry_id")
    return found
