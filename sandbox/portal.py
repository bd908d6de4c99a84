"""A make-believe regional complaint portal: a JSON list in pages, an address for answers, and ways to misbehave."""

from __future__ import annotations

import asyncio
import copy
import html
import json
import random
import textwrap
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.faults import Cut, CutHalfway, Switches, wanted
from sandbox.story import story
from sandbox.texts import compose

TOKEN = "sandbox-portal-token-not-a-real-secret"
FAULTS: Mapping[str, Iterable[str]] = {
    "fail_page": ("list",),
    "down": ("list", "answer"),
    "html_200": ("list",),
    "slow": ("list",),
    "cut_body": ("list",),
}
_JAKARTA = ZoneInfo("Asia/Jakarta")
SHOWN: Mapping[str, Callable[[str], str]] = {
    "as it was": lambda text: text,
    "escaped": lambda text: html.escape(text).replace("[", "&#91;").replace("\n", "<br />\n"),
    "wrapped": lambda text: "<p>" + "</p>\n<p>".join(textwrap.wrap(" ".join(text.split()), 38)) + "</p>",
    "cut": lambda text: " ".join(text.split())[:140].rstrip() + "... <a href='#'>Baca selengkapnya</a>",
}
"""What portals do to a text before they show it."""
_NEXT = {"diterima": "proses", "verifikasi": "proses", "menunggu": "proses", "proses": "selesai"}


@dataclass(slots=True)
class PortalState:
    """The portal's records in their fixed order, the answers that it was sent, and its switches."""

    records: list[dict[str, Any]] = field(default_factory=lambda: copy.deepcopy(story().portal))
    token: str = TOKEN
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    switches: Switches = field(default_factory=lambda: Switches(usual=FAULTS, valued=frozenset({"fail_page", "slow"})))
    answers: list[dict[str, Any]] = field(default_factory=list)
    shows: str | None = "as it was"
    """How answers that it was sent stand among its own: a key of SHOWN; None hides them."""
    calls: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def page(self, number: int, limit: int, since: str | None) -> tuple[list[dict[str, Any]], int]:
        """The records of one page, and the count of all that changed since then."""
        start = (max(number, 1) - 1) * limit
        with self.lock:
            rows = self.records if since is None else [row for row in self.records if row["updated_at"] >= since]
            return copy.deepcopy(rows[start : start + limit]), len(rows)

    def advance(self, count: int = 24) -> int:
        """One working day: `count` records get their next status and an answer, some a longer text."""
        stamp = self.now().astimezone(_JAKARTA)
        with self.lock:
            self.rounds += 1
            chosen = [row for row in self.records if isinstance(row["id"], str) and row["status"] in _NEXT]
            step = max(len(chosen) // count, 1)
            touched = chosen[self.rounds % step :: step][:count]
            for turn, row in enumerate(touched):
                _worked_on(row, stamp, longer=turn % 5 == 0)
            return len(touched)

    def say(self, ref: Any, text: str, *, status: str | None = None, by: str = "Admin Kanal") -> str:
        """An officer answers one record, and may move it; the answer's own id."""
        with self.lock:
            row = next(row for row in self.records if row["id"] == ref)
            return _said(row, text, self.now().astimezone(_JAKARTA), status=status, by=by)

    def correct(self, ref: Any, text: str) -> None:
        """An officer changes the words of his last answer to a record; its id and time stay."""
        with self.lock:
            row = next(row for row in self.records if row["id"] == ref)
            row["tanggapan"][-1]["isi"] = text
            row["updated_at"] = self.now().astimezone(_JAKARTA).strftime("%Y-%m-%dT%H:%M:%S")

    def take(self, row: dict[str, Any], status: str, note: str) -> None:
        """An answer that somebody sent: kept, and shown as this portal shows its own."""
        with self.lock:
            self.answers.append({"ref": row["id"], "status": status, "catatan": note or None})
            if self.shows is not None:
                text = SHOWN[self.shows](note)
                _said(row, text, self.now().astimezone(_JAKARTA), status=status or None, by="SP4N-LAPOR!")

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """New records at the end of the list."""
        with self.lock:
            self.records.extend(rows)


def _worked_on(row: dict[str, Any], stamp: datetime, *, longer: bool) -> None:
    text = "Petugas sudah meninjau lokasi dan menjadwalkan penanganan."
    _said(row, text, stamp, status=_NEXT[row["status"]], by="Admin Kanal")
    if longer:
        row["isi"] += " Tambahan: keadaannya masih sama sampai hari ini."


def _said(row: dict[str, Any], text: str, stamp: datetime, *, status: str | None, by: str) -> str:
    """One more answer in a record, if it has words, and a status, if one is given; the answer's id."""
    number = f"{row['id']}-T{len(row['tanggapan']) + 1}"
    if text:
        told = {"id": number, "isi": text, "tgl": stamp.strftime("%d-%m-%Y %H:%M"), "petugas": by}
        row["tanggapan"].append(told)
    row["status"] = status or row["status"]
    row["updated_at"] = stamp.strftime("%Y-%m-%dT%H:%M:%S")
    return number


def generate(*, old: int = 0, new: int = 0, seed: int = 1, start: int = 1) -> list[dict[str, Any]]:
    """Cheap records for load: `old` ones of 2025, then `new` ones of November 2026; about 50 µs each."""
    dice = random.Random(seed)
    return [_cheap(dice, start + number, is_old=number < old) for number in range(old + new)]


def _cheap(dice: random.Random, number: int, *, is_old: bool) -> dict[str, Any]:
    told = compose(dice)
    first = "2025-01-01" if is_old else "2026-11-02"
    when = datetime.fromisoformat(first) + timedelta(minutes=number * 7 % 400_000 if is_old else number % 10_000)
    return {
        "id": f"GEN-{number:08}", "judul": told.title, "isi": told.text, "jenis": "PENGADUAN", "kategori": told.code,
        "dibuat_pada": when.strftime("%d-%m-%Y %H:%M"), "updated_at": when.strftime("%Y-%m-%dT%H:%M:%S"),
        "pelapor": {"nama": f"Warga {number}", "hp": f"0838{number:08}", "email": None, "nik": None},
        "anonim": "tidak", "rahasia": "tidak", "status": "diterima", "alamat": told.address,
        "kode_wilayah": told.region, "lintang": -7.25, "bujur": 112.75, "nomor_sp4n": None,
        "sumber": "aplikasi", "tanggapan": [],
    }  # fmt: skip


def app(state: PortalState | None = None) -> FastAPI:
    """The portal as an ASGI app: `/api/aduan`, and the sandbox's own knobs under `/_sandbox`."""
    state = state or PortalState()
    api = FastAPI(openapi_url=None)
    api.include_router(_api(state))
    api.include_router(_sandbox(state))
    return api


def _api(state: PortalState) -> APIRouter:
    routes = APIRouter(prefix="/api/aduan")

    @routes.get("")
    async def listing(request: Request, page: int = 1, limit: int = 20, since: str | None = None) -> Response:
        if (early := await _spoilt(state, request, "list", page)) is not None:
            return early
        try:
            rows, total = state.page(page, max(1, min(limit, 500)), _stamp(since))
        except ValueError:
            return JSONResponse({"message": "Format since tidak dikenal"}, 400)
        body = json.dumps({"data": rows, "total": total}, ensure_ascii=False).encode()
        kind = CutHalfway if state.switches.hit("cut_body", "list") else Response
        return kind(body, media_type="application/json")

    @routes.post("/{ref}/status")
    async def answer(request: Request, ref: str) -> Response:
        if (early := await _spoilt(state, request, "answer", 0)) is not None:
            return early
        return await _answer(state, request, ref)

    return routes


def _stamp(since: str | None) -> str | None:
    """The `since` of a request in the form of the stamps: Jakarta, without zone."""
    if since is None:
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        moment = datetime.fromisoformat(since.replace(" ", "+"))  # a "+" that nobody encoded arrives as a blank
    local = moment.astimezone(_JAKARTA) if moment.tzinfo else moment
    return local.strftime("%Y-%m-%dT%H:%M:%S")


async def _spoilt(state: PortalState, request: Request, endpoint: str, page: int) -> Response | None:
    """Count the call, refuse strangers, and fail as the switches say."""
    with state.lock:
        state.calls[endpoint] += 1
    if request.headers.get("authorization") != f"Bearer {state.token}":
        return JSONResponse({"message": "Token tidak sah"}, 401)
    if state.switches.hit("down", endpoint):
        return Cut()
    seconds = state.switches.value("slow", 5)
    if state.switches.hit("slow", endpoint):
        await asyncio.sleep(seconds)
    if state.switches.value("fail_page") == page and state.switches.hit("fail_page", endpoint):
        return JSONResponse({"message": "Kesalahan basis data"}, 500)
    if state.switches.hit("html_200", endpoint):
        return HTMLResponse("<!doctype html><title>Masuk</title><form>Silakan masuk kembali</form>")
    return None


async def _answer(state: PortalState, request: Request, ref: str) -> Response:
    try:
        sent = await request.json()
    except ValueError:
        sent = None
    if not isinstance(sent, dict) or not isinstance(sent.get("status"), str):
        return JSONResponse({"message": "status wajib diisi"}, 422)
    with state.lock:
        row = next((row for row in state.records if str(row["id"]) == ref), None)
        if row is None:
            return JSONResponse({"message": "Aduan tidak ditemukan"}, 404)
        state.take(row, sent["status"], str(sent.get("catatan") or ""))
    return JSONResponse({"success": True})


def _sandbox(state: PortalState) -> APIRouter:
    routes = APIRouter(prefix="/_sandbox")

    @routes.post("/switch")
    async def switch(request: Request) -> Response:
        try:
            for name, value in wanted(await request.json()).items():
                state.switches.set(name, value)
        except (KeyError, ValueError) as unknown:
            return JSONResponse({"message": f"no switch named {unknown}"}, 422)
        return JSONResponse(state.switches.showing())

    @routes.post("/advance")
    async def advance(count: int = 24) -> Response:
        return JSONResponse({"moved": state.advance(count)})

    @routes.post("/say")
    async def say(request: Request) -> Response:
        sent = await request.json()
        return JSONResponse({"id": state.say(sent["ref"], sent["text"], status=sent.get("status"))})

    @routes.get("/records")
    async def records() -> Response:
        with state.lock:
            return JSONResponse({"count": len(state.records), "records": state.records})

    @routes.get("/answers")
    async def answers() -> Response:
        with state.lock:
            return JSONResponse({"count": len(state.answers), "answers": state.answers})

    @routes.get("/calls")
    async def calls() -> Response:
        with state.lock:
            return JSONResponse(dict(state.calls))

    return routes
