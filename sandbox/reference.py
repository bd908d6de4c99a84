"""A make-believe registry that can be asked: by our reference, for a list, and for what has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from sandbox.guarding import Answer, Counted, guarded
from sandbox.knobs import knobs

AUTH = "Bearer sandbox-reference-not-a-real-secret"
FIRST = 500_000  # the first report's number


@dataclass(slots=True, kw_only=True)
class Report:
    """One report as the registry holds it; `sent` is what the client sent, untouched."""

    number: int
    sent: dict[str, Any]
    created_at: datetime
    events: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """What `/_sandbox/complaints` tells about it, in the words that the make-believe LAPOR! uses as well."""
        return {
            "complaint_id": self.number,
            "reference": self.sent.get("reference"),
            "title": self.sent.get("title"),
            "content": self.sent.get("text"),
            "institution_id": self.sent.get("institution"),
            "routed": self.sent.get("institution") is not None,
            "attachments": self.sent.get("files"),
            "status_name": next((e["status"] for e in reversed(self.events) if e["what"] == "status"), None),
            "followups": [{"id": note["id"], "content": note["text"]} for note in self.notes],
            "created_at": self.created_at.isoformat(),
        }


@dataclass(slots=True, kw_only=True)
class ReferenceState(Counted):
    """The registry's memory."""

    auth: str = AUTH
    page_size: int = 10
    reports: dict[int, Report] = field(default_factory=dict)
    files: dict[int, tuple[str, int]] = field(default_factory=dict)
    changed: list[int] = field(default_factory=list)
    """Numbers in the order in which something happened to them."""

    def create(self, sent: dict[str, Any]) -> int:
        """File a report: always a new one, for it takes a reference twice. Its number."""
        with self.lock:
            new = max(self.reports, default=FIRST - 1) + 1
            self.reports[new] = Report(number=new, sent=sent, created_at=self.now())
            self.happened(new, "status", status="received", by="system")
            return new

    def happened(self, number: int, what: str, **said: Any) -> int:
        """One event about a report (status, disposition or note) and a line in the list of changes; its id."""
        with self.lock:
            report = self.reports[number]
            own = number * 100 + len(report.events) + 1
            report.events.append({"id": own, "what": what, "at": self.now().astimezone(UTC).isoformat(), **said})
            self.changed.append(number)
            return own

    def note(self, report: Report, sent: dict[str, Any]) -> int:
        """Append what a client adds; its id."""
        with self.lock:
            said = {"text": sent["text"], "by": sent.get("by"), "reference": sent.get("reference")}
            own = self.happened(report.number, "note", **said)
            report.notes.append({"id": own, **sent})
            return own


def app(state: ReferenceState | None = None) -> FastAPI:
    """The registry as an ASGI app, the sandbox's own calls under `/_sandbox`."""
    state = state or ReferenceState()
    api = FastAPI(openapi_url=None)
    for routes in (
        _filing(state),
        _telling(state),
        knobs(state, lambda: [report.shown() for report in state.reports.values()]),
    ):
        api.include_router(routes)
    return api


async def _guarded(state: ReferenceState, request: Request, endpoint: str, do: Answer) -> Response:
    let_in = request.headers.get("authorization") == state.auth
    return await guarded(state, request, endpoint, do, let_in=let_in)


def _filing(state: ReferenceState) -> APIRouter:
    routes = APIRouter()

    @routes.post("/files")
    async def files(request: Request) -> Response:
        return await _guarded(state, request, "files", lambda: _upload(state, request))

    @routes.post("/reports")
    async def create(request: Request) -> Response:
        return await _guarded(state, request, "create", lambda: _create(state, request))

    @routes.post("/reports/{number}/notes")
    async def notes(request: Request, number: int) -> Response:
        return await _guarded(state, request, "followup_add", lambda: _note(state, request, number))

    return routes


async def _upload(state: ReferenceState, request: Request) -> Response:
    rows = []
    async with request.form() as form:
        for part in form.getlist("files"):
            if isinstance(part, UploadFile):
                own = 1 + len(state.files)
                state.files[own] = (part.filename or "berkas", len(await part.read()))
                rows.append({"id": own})
    return JSONResponse({"files": rows}, 201)


async def _create(state: ReferenceState, request: Request) -> Response:
    sent = await request.json()
    if not sent.get("reference") or not sent.get("text"):
        return JSONResponse({"error": "reference and text are required"}, 422)
    return JSONResponse({"id": state.create(sent)}, 201)


async def _note(state: ReferenceState, request: Request, number: int) -> Response:
    sent = await request.json()
    if number not in state.reports:
        return JSONResponse({"error": "no such report"}, 404)
    return JSONResponse({"id": state.note(state.reports[number], sent)}, 201)


def _telling(state: ReferenceState) -> APIRouter:
    routes = APIRouter()

    @routes.get("/alive")
    async def alive(request: Request) -> Response:
        async def do() -> Response:
            return JSONResponse({"alive": True})

        return await _guarded(state, request, "alive", do)

    @routes.get("/reports")
    async def reports(request: Request, reference: str = "", since: str = "", page: int = 1) -> Response:
        async def do() -> Response:
            after = datetime.fromisoformat(since) if since else None
            with state.lock:
                found = [one for one in state.reports.values() if not after or one.created_at >= after]
            rows = [{"id": one.number, "reference": one.sent.get("reference")} for one in found]
            return _page(state, request, "reports", [r for r in rows if reference in ("", r["reference"])], page)

        return await _guarded(state, request, "find" if reference else "list", do)

    @routes.get("/reports/{number}/events")
    async def events(request: Request, number: int, page: int = 1) -> Response:
        async def do() -> Response:
            if number not in state.reports:
                return JSONResponse({"error": "no such report"}, 404)
            with state.lock:
                rows = list(state.reports[number].events)
            return _page(state, request, "events", rows, page)

        return await _guarded(state, request, "complaint", do)

    @routes.get("/changes")
    async def changes(request: Request, after: int = 0) -> Response:
        async def do() -> Response:
            with state.lock:
                rows, end = state.changed[after : after + state.page_size], len(state.changed)
            here = after + len(rows)
            return JSONResponse({"reports": rows, "position": str(here), "more": here < end})

        return await _guarded(state, request, "changes", do)

    return routes


def _page(state: ReferenceState, request: Request, key: str, rows: list[Any], page: int) -> Response:
    more = page * state.page_size < len(rows)
    part = rows[(page - 1) * state.page_size : page * state.page_size]
    return JSONResponse({key: part, "next": str(request.url.include_query_params(page=page + 1)) if more else None})


def settings(url: str, name: str = "rujukan", *, lookup: str = "by_reference", secret: str = "RUJUKAN_AUTH") -> str:
    """A registries/<name>.yaml for this registry, its secret by reference, whose value is AUTH."""
    return f"""version: 1
name: {name}
kind: reference_v1
url: {url}
headers: {{Authorization: "${{secret:{secret}}}"}}
lookup: {lookup}
slowest_commit: 2s
rate: 1000
statuses: {{received: received, in_progress: in_progress, answered: followed_up, done: resolved, closed: closed}}
"""
