"""The kind `sheet`: a published Google Sheet, whatever its people do with rows and headers."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Context, Item, Window
from connectors.errors import Refused
from connectors.http import HttpClient
from connectors.kinds import sheet as module
from connectors.kinds.sheet import Sheet
from connectors.net import dialler
from connectors.reading import Outcome, read
from tests.channels.fakes.web import Answer, Asked, serve

NOW = datetime(2026, 12, 1, tzinfo=UTC)
HEAD = "Stempel waktu,Nama Lengkap,Isi aduan Anda?,Kecamatan"
ROWS = [f"28/08/2024 15:5{n}:27,Warga {n},Lampu jalan nomor {n} mati,Gubeng" for n in range(5)]
COLUMNS = {"waktu": ["Stempel waktu", "Timestamp"], "isi": "Isi aduan Anda?"}


def csv(*lines: str, media: str = "text/csv") -> Answer:
    """What Google answers."""
    return 200, {"Content-Type": media}, "\r\n".join(lines).encode()


def context() -> Context:
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
    http = HttpClient(dial, lambda text, host: text, lambda: NOW, lambda seconds: None)
    return Context(http=http, dial=dial, secret=lambda text, host: text, clock=lambda: NOW)


def run(answer: Callable[[Asked], Answer], path: str = "/d/e/2PACX/pub?output=csv") -> tuple[list[Item], Outcome]:
    with serve(answer) as web:
        one = Sheet(url=web.url + path, columns=COLUMNS, dates={"waktu": "%d/%m/%Y %H:%M:%S"}, zone="Asia/Jakarta")
        items: list[Item] = []
        for step in read(one, context(), Window(since=None, until=NOW)):
            if isinstance(step, Outcome):
                return items, step
            items.extend(step.items)
    raise AssertionError


def test_every_row_is_read_and_counted() -> None:
    """The whole sheet comes in one answer, with as many rows as it has; a date is read as people there write it."""
    items, outcome = run(lambda asked: csv(HEAD, *ROWS))
    assert (outcome.closed, outcome.total, len(items)) == (True, 5, 5)
    told: dict[str, Any] = json.loads(items[0].raw)
    assert told["waktu"] == "2024-08-28T15:50:27+07:00"
    assert told["nama_lengkap"] == "Warga 0"


def test_a_row_put_in_the_middle_moves_nobody() -> None:
    """Rows are known by what they say, not by where they stand: inserting, sorting and a new column double nothing."""
    before = {one.ref for one in run(lambda asked: csv(HEAD, *ROWS))[0]}
    lines = [f"{one},ya" for one in [*ROWS[3:], "29/08/2024 07:00:00,Warga 9,Sampah menumpuk,Gubeng", *ROWS[:3]]]
    after = {one.ref for one in run(lambda asked: csv(f"{HEAD},Sudah dibaca?", *lines))[0]}
    assert len(after) == 6
    assert before < after


def test_a_question_that_is_worded_anew_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that is gone is an error that names it; one of the agreed names, in any case, is taken."""
    _, outcome = run(lambda asked: csv("Stempel waktu,Nama,Apa keluhan Anda,Kecamatan", *ROWS))
    assert (outcome.code, outcome.closed) == ("no_column", False)
    assert outcome.error and "isi" in outcome.error.what
    items, outcome = run(lambda asked: csv("TIMESTAMP,nama,isi aduan anda,kec.", *ROWS))
    assert (len(items), outcome.closed) == (5, True)


@pytest.mark.parametrize("media", ["text/html; charset=utf-8", "text/csv"])
def test_a_login_page_is_no_empty_sheet(media: str) -> None:
    """A sheet that is not published answers with a page: that is said, with how to publish it."""
    _, outcome = run(lambda asked: csv("<!DOCTYPE html><html><head><title>Sign in</title>", media=media))
    assert isinstance(outcome.error, Refused)
    assert outcome.code == "html"
    assert "Publikasikan ke web" in outcome.error.indonesian


def test_google_hands_over_from_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect to where Google keeps what is published is followed; one to anywhere else is not."""
    with serve(lambda asked: csv(HEAD, *ROWS)) as files:

        def moved(asked: Asked) -> Answer:
            return 307, {"Location": f"{files.url}/x"}, b""

        _, outcome = run(moved)
        assert (outcome.code, outcome.closed) == ("redirect", False)
        monkeypatch.setattr(module, "BEYOND", frozenset({"127.0.0.1"}))
        items, outcome = run(moved)
        assert (len(items), outcome.closed) == (5, True)


def test_the_address_of_the_editor_is_understood() -> None:
    """People copy what stands above their sheet: its CSV is asked for."""
    asked: list[str] = []

    def answer(one: Asked) -> Answer:
        asked.append(f"{one.path} {one.query}")
        return csv(HEAD, *ROWS)

    run(answer, "/spreadsheets/d/1AbC_d-9/edit?usp=sharing#gid=77")
    assert asked == ["/spreadsheets/d/1AbC_d-9/export {'format': 'csv', 'gid': '77'}"]


def test_an_empty_sheet_has_no_complaints() -> None:
    """A form that nobody has filled in yet has a header and no rows, and its reading is complete."""
    items, outcome = run(lambda asked: csv(HEAD))
    assert (items, outcome.closed) == ([], True)
