"""A registry that takes our own reference, can be asked for it, lists what it holds and tells what has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.errors import ChannelError, Misconfigured
from connectors.http import HttpClient
from hub.model import Change, Receipt
from hub.registry.asking import Line, endless, not_a_list
from hub.registry.port import File, FollowUp, Listed, News
from hub.registry.receipts import number, repeatable
from hub.registry.wording import content, shortened, title
from hub.routing import RegistryConfig, Target


class ReferenceV1:
    """One such registry (schemas/registry.openapi.yaml); also TakesFollowUps, FindsReferences, Lists and Feeds."""

    def __init__(self, config: RegistryConfig, http: HttpClient, sleep: Callable[[float], None] = time.sleep) -> None:
        """`config.headers` may hold ${secret:NAME} references, which `http` resolves for the registry's host."""
        self._config = config
        self._line = Line(config=config, http=http, sleep=sleep)

    def upload(self, files: Sequence[File]) -> Receipt:
        """See Registry.upload."""

        def read(document: Any) -> Receipt | None:
            given = document.get("files") if isinstance(document, dict) else None
            ids = tuple(own for one in given or () if isinstance(one, dict) and (own := number(one.get("id"))))
            return Receipt(outcome="done", file_ids=ids) if len(ids) == len(files) else None

        parts = [("files", (file.name, file.content, file.media_type)) for file in files]
        return repeatable(self._line.told("/files", read, files=parts))

    def create(self, complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str]) -> Receipt:
        """See Registry.create; the institution goes along, so nothing is left for `route`."""
        return self._line.told("/reports", _numbered, json=_report(complaint, target, file_ids, self._config))

    def route(self, registry_id: str, target: Target) -> Receipt:
        """See Registry.route."""
        return Receipt(outcome="done", registry_id=registry_id)

    def follow_up(self, registry_id: str, note: FollowUp) -> Receipt:
        """See TakesFollowUps.follow_up; files go up first, for they may go up twice."""
        text, whole = shortened(note.text, self._config.limits.content)
        files = [*note.files, *([whole] if whole else [])]
        taken = self.upload(files) if files else Receipt(outcome="done")
        if taken.outcome != "done":
            return taken
        body = {"reference": note.id, "text": text, "by": note.by, "status": note.status, "secret": note.is_secret}
        return self._line.told(
            f"/reports/{_path(registry_id)}/notes", _numbered, json={**body, "files": _numbers(taken.file_ids)}
        )

    def alive(self) -> bool:
        """See Registry.alive."""
        try:
            self._line.read("/alive")
        except ChannelError:
            return False
        return True

    def changes(self, registry_id: str) -> Iterator[Change]:
        """See Registry.changes."""
        yield from map(_change, self._line.rows(f"/reports/{_path(registry_id)}/events", "events"))

    def find(self, reference: str) -> Sequence[str]:
        """See FindsReferences.find."""
        return [one.registry_id for one in self._reports({"reference": reference}) if one.reference == reference]

    def listed(self, since: datetime) -> Iterator[Listed]:
        """See Lists.listed."""
        return self._reports({"since": since.astimezone(UTC).isoformat()})

    def news(self, position: str | None) -> Iterator[News]:
        """See Feeds.news."""
        here, more = position, True
        while more:
            page = self._line.read("/changes", {"after": here} if here else None)
            rows = page.get("reports") if isinstance(page, dict) else None
            if not isinstance(rows, list) or not isinstance(page.get("position"), str):
                raise not_a_list()
            more = page.get("more") is True
            if more and page["position"] == here:
                raise endless()
            here = page["position"]
            yield News(registry_ids=[own for row in rows if (own := number(row))], position=here)

    def _reports(self, params: Mapping[str, str]) -> Iterator[Listed]:
        for row in self._line.rows("/reports", "reports", params):
            if (own := number(row.get("id"))) is None:
                raise not_a_list()
            yield Listed(registry_id=own, reference=str(row["reference"]) if row.get("reference") else None)


def _numbered(document: Any) -> Receipt | None:
    own = number(document.get("id")) if isinstance(document, dict) else None
    return Receipt(outcome="done", registry_id=own) if own else None


def _numbers(ids: Sequence[str]) -> list[int]:
    return [int(one) for one in ids]


def _path(registry_id: str) -> str:
    if (found := number(registry_id)) is None:
        raise Misconfigured("The registry's id of a report has digits only.", code="bad_registry_id")
    return found


def _report(
    complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str], config: RegistryConfig
) -> dict[str, Any]:
    hidden, known = bool(complaint["is_anonymous"]), complaint.get("reporter") or {}
    reporter = {name: known[key] for name, key in _REPORTER.items() if known.get(key)}
    return {
        "reference": complaint["id"],
        "title": title(complaint, config.limits.title),
        "text": content(complaint, config.limits),
        "institution": target.institution_id,
        "category": target.category_id,
        "place": target.location_id,
        "kind": target.classification_id,
        "reporter": None if hidden or not reporter else reporter,
        "anonymous": hidden,
        "secret": bool(complaint["is_confidential"]),
        "files": _numbers(file_ids),
    }


_REPORTER = {"name": "name", "email": "email", "phone": "phone_e164"}


def _change(row: Mapping[str, Any]) -> Change:
    stamp, what = str(row.get("at") or ""), str(row.get("what") or "")
    try:
        at: datetime | None = datetime.fromisoformat(stamp)
    except ValueError:
        at = None
    return Change(
        what=what if what in ("status", "disposition") else "follow_up",
        name=str(row.get("status") or ""),
        text=str(row.get("text") or ""),
        stamp=stamp,
        at=at if at and at.tzinfo else None,
        by=row.get("by") if row.get("by") in ("system", "admin", "agency", "reporter") else None,
        to_institution=str(row["institution"]) if row.get("institution") else None,
        foreign_id=str(row["id"]) if row.get("id") is not None else None,
    )
