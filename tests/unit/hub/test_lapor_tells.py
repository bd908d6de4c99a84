"""What LAPOR! v3 tells in other places than usual is told as well, and what is no answer is not taken for one."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from connectors.errors import Unavailable
from connectors.http import HttpAnswer, HttpClient
from hub.registry.lapor_reading import changes
from hub.registry.lapor_v3 import LaporV3
from tests.unit.hub.outbox import config

WORDS = ("Belum Terverifikasi", "Terverifikasi", "Dalam Proses", "Ditindaklanjuti", "Selesai")
SAYS = {"content": "<p>Mohon kirim foto lokasi</p>", "date": "02-12-2026 09:00:00", "institution_from_name": "Dinas PU"}


class Answering:
    """HTTP that gives one body for the complaint and an empty list of follow-ups."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def raw(self, method: str, url: str, **rest: Any) -> HttpAnswer:
        body = {"results": {"data": [], "next_page_url": None}} if "followups" in url else self.body
        return HttpAnswer(status=200, headers={}, body=json.dumps(body).encode(), url=url)


def lapor(body: Any) -> LaporV3:
    """A client of a registry that always says this."""
    return LaporV3(config(), cast("HttpClient", Answering(body)))


@pytest.mark.parametrize(
    "body",
    [
        {"success": False, "message": "Terjadi kesalahan"},
        {"results": None},
        {"results": {}},
        {"results": []},
        {"results": {"data": {"status_name": None}}},
        {"results": {"data": {"status_name": ""}}},
    ],
)
def test_an_answer_without_a_status_is_a_question_that_failed(body: Any) -> None:
    """200 around nothing is owed like any other failure, and no sign that the registry lost the complaint."""
    with pytest.raises(Unavailable) as caught:
        list(lapor(body).changes("9"))
    assert caught.value.code == "no_status"


@pytest.mark.parametrize(("message", "found"), [("Data tidak ditemukan", False), ("Terjadi kesalahan", None)])
def test_only_who_says_so_does_not_have_it(message: str, found: bool | None) -> None:
    """A failure inside 200 is no difference for the nightly comparison."""
    there = lapor({"success": False, "message": message})
    if found is None:
        with pytest.raises(Unavailable):
            there.shown("9")
    else:
        assert there.shown("9").found is found


@pytest.mark.parametrize("data", [None, "{}", "{broken", {"x": 1}])
def test_what_an_institution_says_in_a_log_is_told(data: Any) -> None:
    """Whoever is asked to complete his complaint reads what is missing, also where it is no follow-up."""
    found = changes(
        {"data": {"status_name": "Menunggu Kelengkapan Informasi"}, "data_logs": [{**SAYS, "data": data}]}, []
    )
    (word,) = [change for change in found if change.what == "follow_up"]
    assert (word.text, word.by, word.from_institution) == ("Mohon kirim foto lokasi", "agency", "Dinas PU")


@pytest.mark.parametrize(
    ("log", "followups"),
    [
        ({**SAYS, "institution_from_name": None}, []),
        ({**SAYS, "content": "<p> </p>"}, []),
        (SAYS, [{"id": 4, "content": "<div>Mohon kirim  foto lokasi</div>", "created_at": "02-12-2026 09:00:01"}]),
    ],
)
def test_nobody_hears_it_twice_or_from_nobody(log: dict[str, Any], followups: list[dict[str, Any]]) -> None:
    """A log that repeats an answer, says nothing, or comes from no institution makes no news."""
    found = changes({"data": {"status_name": "Selesai"}, "data_logs": [log]}, followups)
    assert [change.foreign_id for change in found if change.what == "follow_up"] == [
        str(row["id"]) for row in followups
    ]


def _lines(data: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "note": "" if data else word,
            "timestamp": f"0{n}-12-2026 08:00:00",
            **({"data": {"status_new": word}} if data else {}),
        }
        for n, word in enumerate(WORDS, 1)
    ]


@pytest.mark.parametrize("lines", [_lines(), _lines()[::-1], _lines(data=True), _lines(data=True)[::-1]])
def test_the_status_log_tells_the_whole_history(lines: list[dict[str, Any]]) -> None:
    """Five statuses between two looks are five statuses, in whichever list the registry keeps them and in any order."""
    found = changes({"data": {"status_name": "Selesai", "status_logs": lines}}, [], is_status=WORDS.__contains__)
    assert [change.name for change in found if change.what == "status"] == list(WORDS)


def test_what_both_logs_tell_is_told_once() -> None:
    """Their stamps may differ by seconds; a note in a person's own words is no status."""
    logs = [
        {"content": "", "date": f"0{n}-12-2026 08:00:03", "data": json.dumps({"status_new": word})}
        for n, word in enumerate(WORDS, 1)
    ]
    lines = [*_lines(), {"note": "Sedang kami cek di lapangan", "timestamp": "06-12-2026 08:00:00"}]
    told = {"data": {"status_name": "Selesai", "status_logs": lines}, "data_logs": logs}
    found = changes(told, [], is_status=WORDS.__contains__)
    assert [change.name for change in found if change.what == "status"] == list(WORDS)


def test_the_present_status_is_the_same_event_later() -> None:
    """What was reported as the present status is not told again when it has become history."""
    lines = _lines()
    first = changes({"data": {"status_name": WORDS[2], "status_logs": lines[:3]}}, [], is_status=WORDS.__contains__)
    later = changes({"data": {"status_name": WORDS[4], "status_logs": lines}}, [], is_status=WORDS.__contains__)
    assert first == later[:3]


def test_a_status_whose_line_cannot_be_read_has_no_date() -> None:
    """The present status is not dated by an older line: without a date it comes last, and nothing contradicts itself."""
    lines = [{"note": WORDS[0], "timestamp": "01-12-2026 08:00:00"}, {"note": WORDS[4], "timestamp": "kemarin"}]
    found = changes({"data": {"status_name": WORDS[4], "status_logs": lines}}, [], is_status=WORDS.__contains__)
    assert [(change.name, change.at is None) for change in found] == [(WORDS[0], False), (WORDS[4], True)]
