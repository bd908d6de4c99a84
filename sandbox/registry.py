"""A make-believe LAPOR! v3: every call that a regional client makes, and every way in which it is known to fail."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from sandbox.guarding import Answer, guarded
from sandbox.knobs import knobs
from sandbox.masters import CENTRAL, TEMPLATES
from sandbox.registry_state import Filed, RegistryState, reading

_IMAGES = ("png", "jpg", "jpeg", "gif", "webp")
_REQUIRED = ("title", "content", "channel", "classification_id", "category_id", "location_id")
_SLOT = re.compile(r"attachment\[\d+\]")


def app(state: RegistryState | None = None) -> FastAPI:
    """The registry as an ASGI app: the v3 calls at the root, the sandbox's own under `/_sandbox`."""
    state = state or RegistryState()
    api = FastAPI(openapi_url=None)
    for routes in (_masters(state), _filing(state), _following(state), _sandbox(state)):
        api.include_router(routes)

    @api.get("/storage/{number}/{name}")
    async def stored(request: Request, number: int, name: str) -> Response:
        async def do() -> Response:
            kept = state.storage.get(number)
            return Response(kept[1], media_type="application/octet-stream") if kept and kept[0] == name else _lost()

        return await _guarded(state, request, "storage", do)

    return api


async def _guarded(state: RegistryState, request: Request, endpoint: str, do: Answer) -> Response:
    """One v3 call, with both secrets, the first in the header of either client generation."""
    auth = request.headers.get("authorization") or request.headers.get("auth")
    let_in = auth == state.auth and request.headers.get("token") == state.token
    return await guarded(state, request, endpoint, do, let_in=let_in)


def _invalid(**errors: str) -> Response:
    lists = {name: [text] for name, text in errors.items()}
    return JSONResponse({"message": "The given data was invalid.", "errors": lists}, 422)


def _masters(state: RegistryState) -> APIRouter:
    routes = APIRouter(prefix="/masters")

    @routes.get("/institutions/external")
    async def institutions(request: Request, page: int = 1, page_size: int = 15) -> Response:
        rows = [{"id": number, "name": name} for number, name in state.institutions.items()]
        answer = partial(_page, state, request, rows, page, page_size)
        return await _guarded(state, request, "institutions", answer)

    @routes.get("/templates")
    async def templates(request: Request, page: int = 1, page_size: int = 15) -> Response:
        answer = partial(_page, state, request, TEMPLATES, page, page_size)
        return await _guarded(state, request, "templates", answer)

    return routes


async def _page(state: RegistryState, request: Request, rows: Sequence[Any], page: int, size: int) -> Response:
    """One page of a list as Laravel pages it, at most `state.most_rows` whatever was asked for."""
    size = max(min(size, state.most_rows), 1)
    more = page * size < len(rows)
    ahead = page + 1
    if state.switches.hit("page_loop", request.url.path.rpartition("/")[2]):
        more, ahead = True, page
    here = str(request.url.include_query_params(page=ahead, page_size=size))
    part = rows[(page - 1) * size : page * size]
    return JSONResponse({"results": {"data": part, "current_page": page, "next_page_url": here if more else None}})


def _filing(state: RegistryState) -> APIRouter:
    routes = APIRouter(prefix="/complaints")

    @routes.post("/complaint/file")
    async def files(request: Request) -> Response:
        return await _guarded(state, request, "files", lambda: _upload(state, request))

    @routes.post("/complaint")
    @routes.post("/complaint-lmw")
    async def create(request: Request) -> Response:
        return await _guarded(state, request, "create", lambda: _create(state, request))

    @routes.post("/process/{number}/reject")
    async def reject(request: Request, number: int) -> Response:
        return await _guarded(state, request, "route", lambda: _route(state, request, number))

    return routes


async def _upload(state: RegistryState, request: Request) -> Response:
    found: dict[str, list[dict[str, Any]]] = {"images": [], "docs": []}
    async with request.form() as form:
        for part in form.getlist("attachments[]"):
            if isinstance(part, UploadFile):
                name = part.filename or "berkas"
                kind = "images" if name.rpartition(".")[2].lower() in _IMAGES else "docs"
                found[kind].append({"id": state.keep_file(name, len(await part.read())), "file_name": name})
    if not any(found.values()):
        return _invalid(attachments="The attachments field is required.")
    return JSONResponse({"results": found})


async def _json(request: Request) -> dict[str, Any] | None:
    try:
        body = await request.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


async def _create(state: RegistryState, request: Request) -> Response:
    sent = await _json(request)
    if sent is None:
        return _invalid(body="The body must be a JSON object.")
    if state.switches.hit("success_false_200", "create"):
        errors = {"content": ["The content field is invalid."]}
        return JSONResponse({"success": False, "message": "Laporan gagal dikirim", "errors": errors})
    if missing := [name for name in _REQUIRED if sent.get(name) in (None, "")]:
        return _invalid(**{name: f"The {name} field is required." for name in missing})
    if not _knows_reporter(sent):
        return _invalid(user_id="The user_id field is required.")
    if (unknown := _unknown_files(state, sent.get("attachments"))) is not None:
        return _invalid(attachments=unknown)
    return JSONResponse({"success": True, "message": "Laporan berhasil dikirim", "complaint_id": state.create(sent)})


def _knows_reporter(sent: dict[str, Any]) -> bool:
    if sent.get("is_new_user_slider"):
        return bool(sent.get("nameUser") and (sent.get("emailUser") or sent.get("phoneUser")))
    return bool(sent.get("user_id"))


def _unknown_files(state: RegistryState, given: Any) -> str | None:
    """What is wrong with the attachments: a string like "[1,2]", with or without the trailing dot, or false."""
    if given in (None, False, "", "[]"):
        return None
    if not isinstance(given, str) or not re.fullmatch(r"\[\d+(, ?\d+)*\]\.?", given):
        return "The attachments format is invalid."
    lost = [number for number in json.loads(given.rstrip(".")) if number not in state.files]
    return "The selected attachments is invalid." if lost else None


def _found(state: RegistryState, number: int) -> Filed | None:
    return state.complaints.get(number)


def _lost() -> Response:
    return JSONResponse({"message": "No query results for model [Complaint]."}, 404)


async def _route(state: RegistryState, request: Request, number: int) -> Response:
    filed, sent = _found(state, number), await _json(request)
    if filed is None:
        return _lost()
    institution = (sent or {}).get("reason")
    if sent is None or not isinstance(institution, int) or institution <= 0 or sent.get("not_authority") != 1:
        return _invalid(reason="The reason field is required.")
    state.route(filed, institution, str(sent.get("reason_description", "")))
    return JSONResponse({"success": True, "message": "Laporan diteruskan"})


def _following(state: RegistryState) -> APIRouter:
    routes = APIRouter(prefix="/complaints")

    @routes.get("/{number}/complaint")
    async def complaint(request: Request, number: int) -> Response:
        return await _guarded(state, request, "complaint", lambda: _reading(state, number))

    @routes.get("/{number}/followups")
    async def followups(request: Request, number: int, page: int = 1) -> Response:
        return await _guarded(state, request, "followups", lambda: _followups(state, request, number, page))

    @routes.post("/followup/add")
    async def add(request: Request) -> Response:
        return await _guarded(state, request, "followup_add", lambda: _add(state, request))

    return routes


async def _reading(state: RegistryState, number: int) -> Response:
    if (filed := _found(state, number)) is None:
        return _lost()
    with state.lock:
        results = reading(filed)
    if state.switches.hit("status_log_out_of_order", "complaint"):
        results["data"]["status_logs"].reverse()
        results["data_logs"].reverse()
    if state.switches.hit("unknown_status_name", "complaint"):
        results["data"].update(status_name="Menunggu Telaah Lintas Sektor", status_code=99)
    return JSONResponse({"results": results})


async def _followups(state: RegistryState, request: Request, number: int, page: int) -> Response:
    if (filed := _found(state, number)) is None:
        return _lost()
    with state.lock:
        start = (page - 1) * state.page_size
        rows = [{key: value for key, value in row.items() if key != "sent"} for row in filed.followups]
    more = start + state.page_size < len(rows)
    here = str(request.url.replace(query=f"page={page + 1}"))
    if state.switches.hit("page_loop", "followups"):
        more, here = True, str(request.url.replace(query=f"page={page}"))
    part = rows[start : start + state.page_size]
    return JSONResponse({"results": {"data": part, "current_page": page, "next_page_url": here if more else None}})


async def _add(state: RegistryState, request: Request) -> Response:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _invalid(content="The content field is required.")
    async with request.form() as form:
        said = {name: str(value) for name, value in form.items() if not isinstance(value, UploadFile)}
        parts = [(n, part) for n, part in form.items() if isinstance(part, UploadFile) and _SLOT.fullmatch(n)]
        files = [state.store(part.filename or "berkas", await part.read()) for _, part in sorted(parts)]
    number = said.get("complaint_id", "")
    filed = _found(state, int(number)) if number.isdecimal() else None
    if filed is None:
        return _lost()
    if missing := [name for name in ("user_id", "content") if not said.get(name)]:
        return _invalid(**{name: f"The {name} field is required." for name in missing})
    source, target = (said.get(f"institution_{end}_id", "") for end in ("from", "to"))
    new = state.add_followup(
        filed,
        said["content"],
        files,
        to=int(target) if target.isdecimal() else CENTRAL,
        source=int(source) if source.isdecimal() else None,
        sent=said,
    )
    return JSONResponse({"success": True, "message": "Tindak lanjut tersimpan", "results": {"id": new}})


def _sandbox(state: RegistryState) -> APIRouter:
    """The knobs outside v3, and days that pass."""
    routes = knobs(state, lambda: [filed.shown() for filed in state.complaints.values()])

    @routes.post("/advance")
    async def advance(request: Request) -> Response:
        return _advance(state, await _json(request) or {})

    return routes


def _advance(state: RegistryState, wish: dict[str, Any]) -> Response:
    """One day for everybody, or {"ids": [...], "to": status name, "answer": text} for the named ones."""
    if "to" not in wish:
        return JSONResponse({"moved": state.advance()})
    with state.lock:
        chosen = [state.complaints[n] for n in wish.get("ids", list(state.complaints)) if n in state.complaints]
        for filed in chosen:
            state.move(filed, str(wish["to"]), wish.get("answer"))
    return JSONResponse({"moved": len(chosen)})
