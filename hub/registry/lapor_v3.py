"""LAPOR! v3: the one file that knows its addresses, payloads and answers (shapes from public client code)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_chain, wait_fixed

from connectors import strictjson
from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import Cut, HttpAnswer, HttpClient
from connectors.net import NotReached
from hub.model import Change, Receipt
from hub.registry import lapor_reading
from hub.registry.port import File
from hub.registry.wording import content, sendable, title
from hub.routing import RegistryConfig, Target

READ_SECONDS: Final = 30.0
PAUSES: Final = (0.2, 0.6)
"""Seconds before the second and the third try of a GET; what lasts longer is the caller's next run."""
_SLOW: Final = ("timeout", "connect_timeout", "too_large")
"""A try that ended so has cost half a minute or 25 MiB: two more at once would hold up everybody else."""
_NOT_DONE: Final = (401, 403, 404, 408, 429)
"""Nothing was stored, and it is not the complaint's fault: tried again."""
_UNREACHED: Final = ("dns", "connect", "tls", "connect_timeout")
_NAMELESS: Final = "Pelapor"
_TITLE: Final = 100

Read = Callable[[Any], Receipt | None]
"""Looks for what was asked in a JSON answer; None: it is not there."""


def judged(status: int, headers: Mapping[str, str], body: bytes | Exception) -> Receipt:
    """
    What one answer to a create means, or the exception that came in its place (status and headers are ignored then).

    done: 2xx, JSON, and the id at the root. retry: certainly not done, and not for the complaint's sake.
    refused: the registry will never take this complaint. unknown: bytes were sent and nobody knows.
    """
    return _broken(body) if isinstance(body, Exception) else _answered(status, headers, body, _filed)


def _broken(error: Exception) -> Receipt:
    """Without an answer: the class of the error says whether bytes had been sent."""
    code = error.code if isinstance(error, ChannelError) else "unclassified"
    sure = isinstance(error, NotReached | Misconfigured | Refused) or code in _UNREACHED
    if isinstance(error, Cut) or not sure or code == "bad_request":
        return Receipt(outcome="unknown", code=code)
    return Receipt(outcome="retry", code=code, retry_after=getattr(error, "retry_after", None))


def _answered(status: int, headers: Mapping[str, str], body: bytes, read: Read) -> Receipt:
    if 200 <= status < 300:
        return _agreed(status, body, read)
    code, wait = f"http_{status}", _retry_after(headers)
    if status in _NOT_DONE or (status == 503 and wait is not None):
        return Receipt(outcome="retry", code=code, http=status, retry_after=wait)
    if 400 <= status < 500:
        return Receipt(outcome="refused", code=code, http=status)
    return Receipt(outcome="unknown", code="redirect" if 300 <= status < 400 else code, http=status)


def _agreed(status: int, body: bytes, read: Read) -> Receipt:
    """2xx says little: a gateway's maintenance page and a login page are 200 as well."""
    try:
        receipt = read(strictjson.parse(body))
    except strictjson.BadJson:
        what = "empty" if not body.strip() else "html" if body.lstrip()[:1] == b"<" else "not_json"
        return Receipt(outcome="unknown", code=what, http=status)
    return receipt or Receipt(outcome="unknown", code="no_id", http=status)


def _filed(document: Any) -> Receipt | None:
    number = document.get("complaint_id") if isinstance(document, dict) else None
    registry_id = _number(number)
    return Receipt(outcome="done", http=200, registry_id=registry_id) if registry_id else None


def _number(value: Any) -> str | None:
    """An id of the registry: a positive integer, or its digits as a string."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 20 and int(text) > 0 else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After (RFC 9110 10.2.3); a date counts from the answer's own Date, not our clock."""
    low = {name.lower(): value.strip() for name, value in headers.items()}
    text = low.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, since = _date(text), _date(low.get("date", ""))
    if until is None:
        return None
    return max((until - since).total_seconds(), 0.0) if since else 0.0


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).replace(tzinfo=None)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _repeatable(receipt: Receipt) -> Receipt:
    """Files and route may be repeated, so nothing about them is ever unknown."""
    if receipt.outcome != "unknown":
        return receipt
    return Receipt(outcome="retry", code=receipt.code, http=receipt.http)


class LaporV3:
    """One LAPOR! v3 behind its gateway; implements hub.registry.port.Registry over two static secrets in headers."""

    def __init__(self, config: RegistryConfig, http: HttpClient, sleep: Callable[[float], None] = time.sleep) -> None:
        """`config.headers` may hold ${secret:NAME} references, which `http` resolves for the registry's host."""
        self._config, self._http, self._sleep = config, http, sleep
        self._base = config.url.rstrip("/")
        self._write_seconds = (config.connect_timeout + config.read_timeout).total_seconds()

    def upload(self, files: Sequence[File]) -> Receipt:
        """See Registry.upload."""

        def read(document: Any) -> Receipt | None:
            ids = _file_ids(document)
            return Receipt(outcome="done", http=200, file_ids=ids) if len(ids) == len(files) else None

        parts = [("attachments[]", (file.name, file.content, file.media_type)) for file in files]
        return _repeatable(self._told("/complaints/complaint/file", read, files=parts))

    def create(self, complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str]) -> Receipt:
        """See Registry.create; one try, never repeated here."""
        return self._told("/complaints/complaint", _filed, json=payload(complaint, target, file_ids, self._config))

    def route(self, registry_id: str, target: Target) -> Receipt:
        """See Registry.route; LAPOR! calls it a rejection for want of authority."""
        body = {
            "is_request": 1,
            "reason": target.institution_id,
            "reason_description": "Diteruskan kepada instansi yang berwenang",
            "not_authority": 1,
        }
        receipt = self._told(f"/complaints/process/{_path(registry_id)}/reject", _taken, json=body)
        if receipt.outcome == "unknown" and self._stands_with(registry_id, target):
            return Receipt(outcome="done", http=receipt.http)
        return _repeatable(receipt)

    def alive(self) -> bool:
        """See Registry.alive."""
        try:
            self._read("/masters/institutions/external", {"page_size": 1})
        except ChannelError:
            return False
        return True

    def changes(self, registry_id: str) -> Iterator[Change]:
        """See Registry.changes."""
        path = f"/complaints/{_path(registry_id)}"
        results = _results(self._read(f"{path}/complaint"))
        pages = lapor_reading.pages(self._read, f"{self._base}{path}/followups")
        yield from lapor_reading.changes(results, [row for page in pages for row in page])

    def _told(self, path: str, read: Read, **body: Any) -> Receipt:
        try:
            answer = self._call("POST", path, timeout=self._write_seconds, **body)
        except ChannelError as error:
            return _broken(error)
        return _answered(answer.status, answer.headers, answer.body, read)

    def _read(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a GET; a connection or a gateway that failed for a moment is tried twice more."""
        tries = Retrying(
            sleep=self._sleep,
            stop=stop_after_attempt(1 + len(PAUSES)),
            wait=wait_chain(*map(wait_fixed, PAUSES)),
            retry=retry_if_exception(_passes_soon),
            reraise=True,
        )
        return tries(self._read_once, path, params)

    def _read_once(self, path: str, params: Mapping[str, Any] | None) -> Any:
        answer = self._call("GET", path, params=params, timeout=min(READ_SECONDS, self._write_seconds))
        if answer.status != 200:
            raise lapor_reading.not_read(answer.status, _retry_after(answer.headers))
        return answer.json()

    def _call(self, method: str, path: str, **rest: Any) -> HttpAnswer:
        url = path if path.startswith(("http://", "https://")) else self._base + path
        # A connection that a gateway dropped while it was idle would make a create unknown: each call has its own.
        headers = {**self._config.headers, "Connection": "close"}
        return self._http.raw(method, url, headers=headers, **rest)

    def _stands_with(self, registry_id: str, target: Target) -> bool:
        """The route's answer was useless, but the institution may have the complaint all the same."""
        try:
            results = _results(self._read(f"/complaints/{_path(registry_id)}/complaint"))
        except ChannelError:
            return False
        data = results.get("data")
        return isinstance(data, dict) and _number(data.get("disposition_id")) == str(target.institution_id)


def _passes_soon(error: BaseException) -> bool:
    """Whether a GET may succeed in a moment; a registry that says how long it wants to rest is left alone."""
    if isinstance(error, NotReached | Cut):
        return error.code not in _SLOW
    brief = isinstance(error, Unavailable) and error.code in ("http_502", "http_503")
    return brief and getattr(error, "retry_after", None) is None


def _taken(document: Any) -> Receipt | None:
    refused = isinstance(document, dict) and document.get("success") is False
    return None if refused else Receipt(outcome="done", http=200)


def _file_ids(document: Any) -> tuple[str, ...]:
    results = _results(document)
    rows = [row for part in ("images", "docs") for row in results.get(part) or () if isinstance(row, dict)]
    return tuple(number for row in rows if (number := _number(row.get("id"))))


def _results(document: Any) -> dict[str, Any]:
    results = document.get("results") if isinstance(document, dict) else None
    return results if isinstance(results, dict) else {}


def _path(registry_id: str) -> str:
    number = _number(registry_id)
    if number is None:
        raise Misconfigured("The registry's id of a complaint has digits only.", code="bad_registry_id")
    return number


def payload(
    complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str], config: RegistryConfig
) -> dict[str, Any]:
    """The body of a create; `complaint` as schemas/complaint has it. What has no value is left out."""
    body = {
        "title": title(complaint, _TITLE),
        "content": content(complaint),
        "channel": config.channel_id,
        **_reporter(complaint, config),
        "is_inbox": False,
        "is_disposisi_slider": False,
        "classification_id": target.classification_id,
        "category_id": target.category_id,
        "location_id": target.location_id,
        "date_of_incident": complaint.get("incident_date"),
        "tags_raw": f"#{complaint['channel']}",
        "is_approval": False,
        "is_anonymous": bool(complaint["is_anonymous"]),
        "is_secret": bool(complaint["is_confidential"]),
        "is_priority": False,
        "attachments": _attached(file_ids, config.attachments_form),
    }
    return {name: value for name, value in body.items() if value is not None}


def _reporter(complaint: Mapping[str, Any], config: RegistryConfig) -> dict[str, Any]:
    """Who reports: the citizen where he can be reached and hides nothing, else the service user."""
    known = complaint.get("reporter") or {}
    doors = {"emailUser": known.get("email"), "phoneUser": known.get("phone_e164")}
    reached = {name: value for name, value in doors.items() if value}
    if complaint["is_anonymous"] or not reached:
        return {"is_new_user_slider": False, "user_id": config.service_user}
    name = sendable(known.get("name")) or sendable(known.get("handle")) or _NAMELESS
    return {"is_new_user_slider": True, "nameUser": name, **reached}


def _attached(ids: Sequence[str], form: str) -> str | list[int] | bool:
    if not ids:
        return False
    if form == "list":
        return [int(one) for one in ids]
    return f"[{','.join(ids)}]" + ("." if form == "[1,2]." else "")
