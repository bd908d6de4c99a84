"""A make-believe city that speaks GeoReport v2, in JSON and XML, with the habits of real servers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

Answer = tuple[int, Mapping[str, str], bytes]
_INNER = {"requests": "request", "services": "service", "servicerequestupdates": "request_update"}
_OUTER = {"requests": "service_requests", "services": "services", "servicerequestupdates": "service_request_updates"}


@dataclass
class City:
    """Requests and updates by number, and how the server behaves."""

    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    key: str | None = None
    jurisdiction: str | None = None
    cap: int = 1000
    """Rows of one answer; it says nothing where there are more."""
    paged: bool = False
    """Whether it knows page and page_size."""
    oldest_first: bool = False
    missing_is_404: bool = False
    """An empty answer comes as an error document."""
    numeric: bool = False
    """Ids as numbers."""
    asked: int = 0

    def report(self, number: Any, at: str, **more: Any) -> None:
        """A complaint of a citizen; `at` is its time as the server writes it."""
        row = {"service_request_id": number, "status": "open", "service_code": "014", "description": f"Lubang {number}"}
        self.requests[str(number)] = {**row, "requested_datetime": at, "updated_datetime": at, **more}

    def say(self, update: str, request: Any, at: str, text: str, status: str = "open") -> None:
        """Something said about a complaint."""
        self.updates.append(
            {"update_id": update, "service_request_id": request, "updated_datetime": at, "description": text, "status": status}
        )  # fmt: skip

    def answer(self, method: str, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        """What the server answers."""
        self.asked += 1
        what, _, media = path.rpartition("/api/v2/")[2].partition(".")
        given = {**query, **form}
        if self.jurisdiction and given.get("jurisdiction_id") != self.jurisdiction:
            return self._error(404, "jurisdiction_id was not found", media)
        if self.key and given.get("api_key") != self.key:
            return self._error(403, "api_key is wrong", media)
        if method == "POST":
            return self._told(form, media)
        name, _, one = what.partition("/")
        if name not in _INNER:
            return 404, {"Content-Type": "text/html"}, b"<html>Not Found</html>"
        alone = [self.requests[one]] if one in self.requests else []
        found = alone if one else self._listed(name, query)
        if not found and (self.missing_is_404 or one):
            return self._error(404, "nothing found", media)
        return self._page(name, found, media)

    def _listed(self, name: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
        if name == "services":
            return self.services
        of, stamp = (
            (list(self.requests.values()), "requested_datetime")
            if name == "requests"
            else (self.updates, "updated_datetime")
        )
        begin, end = moment(query["start_date"]), moment(query["end_date"])
        found = sorted((row for row in of if begin <= moment(row[stamp]) <= end), key=lambda row: moment(row[stamp]))
        found = found if self.oldest_first else found[::-1]
        if self.paged and name == "requests":
            size, page = int(query.get("page_size", 50)), int(query.get("page", 1))
            found = found[(page - 1) * size : page * size]
        return found[: self.cap]

    def _told(self, form: Mapping[str, str], media: str) -> Answer:
        if form.get("service_request_id") not in self.requests:
            return self._error(404, "no such request", media)
        number = f"u{len(self.updates) + 1}"
        self.say(
            number, form["service_request_id"], form["updated_datetime"], form["description"], form.get("status", "")
        )
        return self._page("servicerequestupdates", [{"update_id": number}], media, 201)

    def _page(self, name: str, found: list[dict[str, Any]], media: str, status: int = 200) -> Answer:
        if self.numeric:
            found = [
                {**row, "service_request_id": int(row["service_request_id"])} if "service_request_id" in row else row
                for row in found
            ]
        if media == "json":
            return status, {"Content-Type": "application/json"}, json.dumps(found).encode()
        inner = "".join(f"<{_INNER[name]}>{_fields(row)}</{_INNER[name]}>" for row in found)
        body = f'<?xml version="1.0" encoding="utf-8"?><{_OUTER[name]}>{inner}</{_OUTER[name]}>'
        return status, {"Content-Type": "text/xml"}, body.encode()

    def _error(self, code: int, text: str, media: str) -> Answer:
        if media == "json":
            body = json.dumps([{"code": code, "description": text}])
        else:
            body = f"<errors><error><code>{code}</code><description>{text}</description></error></errors>"
        return code, {"Content-Type": f"application/{media}"}, body.encode()


def moment(text: str) -> datetime:
    """A stamp; without a zone it is UTC, as this city's server believes."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _fields(row: Mapping[str, Any]) -> str:
    return "".join(f"<{key}>{'' if value is None else escape(str(value))}</{key}>" for key, value in row.items())
