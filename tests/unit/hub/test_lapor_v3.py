"""LAPOR! v3: what its answers mean, what is sent to it, and what it tells back."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.http import Cut, HttpAnswer, HttpClient
from connectors.net import NotReached, dialler
from hub.model import Change
from hub.registry.lapor_reading import changes, pages, plain, stamped
from hub.registry.lapor_v3 import LaporV3, judged, payload
from hub.registry.port import File
from hub.registry.wording import content, said
from hub.routing import Target
from sandbox.running import RunningRegistry, registry
from tests.unit.hub.outbox import config, document

OWN = UUID(int=5, version=5)
TARGET = Target(institution_id=3102, location_id=15, category_id=438, classification_id=6)
HTML = b"<!doctype html><title>Gateway</title>"
AFTER = {"Retry-After": "30"}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningRegistry]:
    """One make-believe LAPOR! for all tests of this file."""
    with registry() as running:
        yield running


@pytest.fixture
def lapor(server: RunningRegistry) -> LaporV3:
    """A client of it."""
    return client(server.url, server.headers)


def client(url: str, headers: dict[str, str]) -> LaporV3:
    """A client with both secrets."""
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
    http = HttpClient(dial, lambda text, host: text, lambda: datetime(2026, 12, 1, tzinfo=UTC))
    return LaporV3(config(url, headers=headers), http)


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome", "code"),
    [
        (200, {}, b'{"complaint_id": 9300000}', "done", ""),
        (201, {}, b'{"complaint_id": "9300000"}', "done", ""),
        (200, {}, b'{"results": {"complaint_id": 9300000}}', "unknown", "no_id"),
        (200, {}, b'{"complaint_id": true}', "unknown", "no_id"),
        (200, {}, b'{"complaint_id": null, "success": true}', "unknown", "no_id"),
        (200, {}, b'{"complaint_id": 0}', "unknown", "no_id"),
        (200, {}, b'{"complaint_id": -4}', "unknown", "no_id"),
        (200, {}, b'{"complaint_id": 93.5}', "unknown", "no_id"),
        (200, {}, b'{"complaint_id": "LP-93"}', "unknown", "no_id"),
        (200, {}, '{"complaint_id": "٩٣"}'.encode(), "unknown", "no_id"),
        (200, {}, b"[9300000]", "unknown", "no_id"),
        (200, {}, b'{"success": false, "errors": {"content": ["x"]}, "complaint_id": 9300000}', "done", ""),
        (200, {}, b'{"success": false, "errors": {"content": ["x"]}}', "refused", "declined"),
        (200, {}, b'{"success": false, "message": "x"}', "unknown", "no_id"),
        (200, {}, b'{"success": true, "errors": {"content": ["x"]}}', "unknown", "no_id"),
        (200, {}, HTML, "unknown", "html"),
        (200, {}, b"", "unknown", "empty"),
        (204, {}, b"", "unknown", "empty"),
        (200, {}, b'{"complaint_id": 93000', "unknown", "not_json"),
        (302, {"Location": "/login"}, b"", "unknown", "redirect"),
        (307, {"Location": "/login"}, b"", "unknown", "redirect"),
        (400, {}, b"{}", "refused", "http_400"),
        (409, {}, b"{}", "unknown", "http_409"),
        (413, {}, b"{}", "refused", "http_413"),
        (422, {}, b"{}", "refused", "http_422"),
        (401, {}, b"{}", "retry", "http_401"),
        (403, {}, HTML, "retry", "http_403"),
        (404, {}, b"", "retry", "http_404"),
        (408, {}, b"", "unknown", "http_408"),
        (425, {}, b"", "retry", "http_425"),
        (429, {}, b"", "retry", "http_429"),
        (503, AFTER, b"", "retry", "http_503"),
        (503, {}, b"", "unknown", "http_503"),
        (503, {"Retry-After": "soon"}, b"", "unknown", "http_503"),
        (500, AFTER, b'{"complaint_id": 9300000}', "unknown", "http_500"),
        (502, {}, HTML, "unknown", "http_502"),
        (504, {}, b"", "unknown", "http_504"),
        (0, {}, NotReached("x", code="dns"), "retry", "dns"),
        (0, {}, NotReached("x", code="connect"), "retry", "connect"),
        (0, {}, NotReached("x", code="tls"), "retry", "tls"),
        (0, {}, Unavailable("x", code="connect_timeout"), "retry", "connect_timeout"),
        (0, {}, Misconfigured("x", code="no_secret"), "retry", "no_secret"),
        (0, {}, Refused("x", code="address_refused"), "retry", "address_refused"),
        (0, {}, Cut("x", code="timeout"), "unknown", "timeout"),
        (0, {}, Cut("x"), "unknown", "cut"),
        (0, {}, Cut("x", code="connect"), "unknown", "connect"),
        (0, {}, Unavailable("x"), "unknown", "unavailable"),
        (0, {}, RuntimeError("x"), "unknown", "unclassified"),
    ],
)
def test_an_answer_means_one_thing(
    status: int, headers: dict[str, str], body: bytes | Exception, outcome: str, code: str
) -> None:
    """A complaint is sent again only where it was certainly not stored, and refused only for its own sake."""
    receipt = judged(status, headers, body)
    assert (receipt.outcome, receipt.code) == (outcome, code)
    assert receipt.registry_id == ("9300000" if outcome == "done" else None)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"Retry-After": "Tue, 01 Dec 2026 03:10:00 GMT", "Date": "Tue, 01 Dec 2026 03:00:00 GMT"}, 600.0),
        ({"Retry-After": "Tue, 01 Dec 2026 02:00:00 GMT", "Date": "Tue, 01 Dec 2026 03:00:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_the_registry_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Retry-After counts in seconds and as a date, against the registry's own clock."""
    assert judged(429, headers, b"").retry_after == seconds


def test_a_known_reporter_is_named_to_the_registry() -> None:
    """Whoever can be reached and hides nothing hears from LAPOR! himself."""
    reporter = {"name": "Warga Contoh", "email": "warga@contoh.invalid", "phone_e164": "+628000000000"}
    sent = payload(document(OWN, reporter=reporter), TARGET, [], config())
    assert sent["is_new_user_slider"] is True and "user_id" not in sent
    assert (sent["nameUser"], sent["emailUser"], sent["phoneUser"]) == (
        "Warga Contoh",
        "warga@contoh.invalid",
        "+628000000000",
    )


@pytest.mark.parametrize(
    "more",
    [
        {"is_anonymous": True, "reporter": {"name": "Warga Contoh", "email": "warga@contoh.invalid"}},
        {"reporter": {"name": "Warga Contoh"}},
        {},
    ],
)
def test_nobody_else_is_named(more: dict[str, Any]) -> None:
    """An anonymous reporter, or one without e-mail and phone, is filed under the service user and not named."""
    sent = payload(document(OWN, **more), TARGET, [], config())
    assert sent["user_id"] == 770001 and sent["is_new_user_slider"] is False
    assert "Warga" not in str(sent) and "contoh.invalid" not in str(sent)


@pytest.mark.parametrize(("form", "attachments"), [("[1,2]", "[7,8]"), ("[1,2].", "[7,8]."), ("list", [7, 8])])
def test_files_are_written_as_this_environment_wants_them(form: str, attachments: Any) -> None:
    """The odd attachment forms of the environments are a setting."""
    sent = payload(document(OWN), TARGET, ["7", "8"], config(attachments_form=form))
    assert sent["attachments"] == attachments
    assert payload(document(OWN), TARGET, [], config(attachments_form=form))["attachments"] is False


def test_the_text_carries_place_and_marker() -> None:
    """The registry has the place of the incident, and a person can find our complaint by its marker."""
    text = content(document(OWN, location_text="Gang Kenari RT 03"))
    assert text.endswith(f"\n\nLokasi kejadian: Gang Kenari RT 03\n\n[Ref {OWN}]")
    assert said(text) == said(text.replace(f"[Ref {OWN}]", "").upper())
    sent = payload(document(OWN, is_confidential=True), TARGET, [], config())
    assert sent["is_secret"] is True and sent["is_anonymous"] is False


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"title": "Lampu\x00 mati"}, "Lampu mati"),
        ({"title": "\x00\x00"}, "Gelap sekali."),
        ({"title": "\x00" * 99 + "Lampu mati"}, "Lampu mati"),
    ],
)
def test_no_nul_is_sent(more: dict[str, Any], expected: str) -> None:
    """A NUL that slipped into a portal's text reaches no registry: neither in title, text and place nor in the name."""
    reporter = {"name": "Warga\x00 Contoh", "email": "warga@contoh.invalid"}
    whole = document(OWN, body="Gelap\x00 sekali.\x00", location_text="Gang\x00 Kenari", reporter=reporter, **more)
    sent = payload(whole, TARGET, [], config())
    assert sent["title"] == expected and sent["nameUser"] == "Warga Contoh"
    assert sent["content"] == f"Gelap sekali.\n\nLokasi kejadian: Gang Kenari\n\n[Ref {OWN}]"


def test_a_complaint_goes_all_the_way(lapor: LaporV3, server: RunningRegistry) -> None:
    """Files, create and route are the calls that the registry knows."""
    files = [File(name="foto.jpg", media_type="image/jpeg", content=b"\xff\xd8"), _file("surat.pdf"), _file("a.png")]
    uploaded = lapor.upload(files)
    assert uploaded.outcome == "done" and len(uploaded.file_ids) == 3
    created = lapor.create(document(OWN), TARGET, uploaded.file_ids)
    assert created.outcome == "done" and created.registry_id is not None
    assert lapor.route(created.registry_id, TARGET).outcome == "done"
    filed = server.state.complaints[int(created.registry_id)]
    assert filed.institution_id == 3102 and f"[Ref {OWN}]" in filed.sent["content"]
    assert lapor.alive()


def _file(name: str) -> File:
    return File(name=name, media_type="application/octet-stream", content=b"x")


def test_a_wrong_key_is_nobodys_fault(server: RunningRegistry) -> None:
    """With a wrong secret nothing is refused for the citizen; the owner of the configuration has to look."""
    stranger = client(server.url, {"Authorization": "Bearer wrong", "token": "{x}"})
    receipts = [stranger.upload([_file("a")]), stranger.create(document(OWN), TARGET, []), stranger.route("9", TARGET)]
    assert [(receipt.outcome, receipt.code) for receipt in receipts] == [("retry", "http_401")] * 3
    assert not stranger.alive()
    with pytest.raises(Refused):
        list(stranger.changes("9"))


@pytest.mark.parametrize("fault", ["500_once", "html_error_page_200", "drop_response_after_commit", "500_after_commit"])
def test_files_and_route_are_never_unknown(lapor: LaporV3, server: RunningRegistry, fault: str) -> None:
    """What may be repeated is repeated, or seen to be done already; no person has to decide about it."""
    created = lapor.create(document(OWN), TARGET, [])
    assert created.registry_id is not None
    server.state.switches.set(fault, {"times": 1, "on": ["files"]})
    assert lapor.upload([_file("a")]).outcome == "retry"
    server.state.switches.set(fault, {"times": 1, "on": ["route"]})
    receipt = lapor.route(created.registry_id, TARGET)
    stored = fault in ("drop_response_after_commit", "500_after_commit")
    assert receipt.outcome == ("done" if stored else "retry")
    assert lapor.route(created.registry_id, TARGET).outcome == "done"


def test_an_unreachable_registry_got_nothing() -> None:
    """Nobody listens: certainly not done."""
    receipt = client("http://127.0.0.1:9", {}).create(document(OWN), TARGET, [])
    assert (receipt.outcome, receipt.code) == ("retry", "connect")


def test_news_come_back_oldest_first(lapor: LaporV3, server: RunningRegistry) -> None:
    """Dispositions, statuses and answers of an institution are read as text, with names filled in."""
    number = _filed(lapor, server)
    found = list(lapor.changes(number))
    assert [change.name for change in found if change.what == "status"][-2:] == ["Ditindaklanjuti", "Selesai"]
    moved = next(change for change in found if change.what == "disposition")
    assert (moved.from_institution, moved.to_institution) == ("1", "3102")
    assert "Diteruskan ke Pemerintah Kota Surabaya." in moved.text
    (answer,) = [change for change in found if change.what == "follow_up"]
    assert answer.by == "agency" and answer.foreign_id is not None
    assert "<p>" not in answer.text and "{{" not in answer.text and "Admin Nasional SP4N" in answer.text
    assert all(change.at is not None and change.at.utcoffset() is not None for change in found)


def _filed(lapor: LaporV3, server: RunningRegistry) -> str:
    created = lapor.create(document(OWN), TARGET, [])
    assert created.registry_id is not None
    assert lapor.route(created.registry_id, TARGET).outcome == "done"
    filed = server.state.complaints[int(created.registry_id)]
    server.state.move(filed, "Ditindaklanjuti", "<p>Sudah diperbaiki</p>{{ institution_to }}")
    server.state.move(filed, "Selesai")
    return created.registry_id


def test_shuffled_logs_tell_the_same_story(lapor: LaporV3, server: RunningRegistry) -> None:
    """A registry that gives its logs upside down changes nothing of what we learn."""
    number = _filed(lapor, server)
    straight = list(lapor.changes(number))
    server.state.switches.set("status_log_out_of_order", 1)
    assert {_told(change) for change in lapor.changes(number)} == {_told(change) for change in straight}


class Scripted:
    """HTTP that gives what the test says, then empty answers."""

    def __init__(self, told: list[HttpAnswer | ChannelError]) -> None:
        self.told, self.methods, self.slept = list(told), list[str](), list[float]()
        self.lapor = LaporV3(config(), cast("HttpClient", self), self.slept.append)

    def raw(self, method: str, url: str, **rest: Any) -> HttpAnswer:
        self.methods.append(method)
        answer = self.told.pop(0) if self.told else answered(200)
        if isinstance(answer, ChannelError):
            raise answer
        return answer


def answered(status: int, **headers: str) -> HttpAnswer:
    """An answer of an empty registry."""
    return HttpAnswer(status=status, headers=headers, body=b'{"results": {}}', url="http://127.0.0.1:9")


CUT, DOWN = Cut("x"), NotReached("x", code="connect")


@pytest.mark.parametrize(
    ("told", "lives", "calls"),
    [
        ([], True, 1),
        ([CUT, DOWN], True, 3),
        ([answered(502), answered(503)], True, 3),
        ([DOWN, DOWN, CUT], False, 3),
        ([answered(502), answered(502), answered(502)], False, 3),
        ([answered(503, **{"Retry-After": "1"})], False, 1),
        ([answered(500)], False, 1),
        ([answered(404)], False, 1),
        ([answered(401)], False, 1),
        ([Cut("x", code="timeout")], False, 1),
        ([Misconfigured("x", code="no_secret")], False, 1),
    ],
)
def test_reading_outlives_a_moment(told: list[HttpAnswer | ChannelError], lives: bool, calls: int) -> None:
    """A gateway that starts anew costs no run; one that asks for silence or says no is not asked again at once."""
    there = Scripted(told)
    assert (there.lapor.alive(), there.methods) == (lives, ["GET"] * calls)
    assert len(there.slept) == calls - 1 and sum(there.slept) < 1


def test_each_page_of_the_news_has_its_own_tries() -> None:
    """Two stumbles in the complaint and two in its follow-ups still bring all the news."""
    told = HttpAnswer(status=200, headers={}, body=b'{"results": {"data": {"status_name": "Selesai"}}}', url="x")
    there = Scripted([CUT, DOWN, told, answered(502), CUT])
    assert [change.name for change in there.lapor.changes("9")] == ["Selesai"] and len(there.methods) == 6


@pytest.mark.parametrize("trouble", [CUT, DOWN, answered(502), answered(503)])
def test_nothing_is_filed_twice_for_a_stumble(trouble: HttpAnswer | ChannelError) -> None:
    """A create is one call, whatever became of it."""
    there = Scripted([trouble])
    there.lapor.create(document(OWN), TARGET, [])
    assert there.methods == ["POST"]


def _told(change: Change) -> tuple[str, str, str, str]:
    return change.what, change.name, change.stamp, change.text


def test_an_unheard_of_status_is_reported(lapor: LaporV3, server: RunningRegistry) -> None:
    """A new status name reaches whoever keeps the table instead of being lost."""
    number = _filed(lapor, server)
    server.state.switches.set("unknown_status_name", 1)
    assert [c.name for c in lapor.changes(number) if c.what == "status"][-1] == "Menunggu Telaah Lintas Sektor"


def test_a_page_that_points_at_itself_is_not_the_end(lapor: LaporV3, server: RunningRegistry) -> None:
    """A repeated next_page_url gives each answer once, does not hang, and does not pass for a whole list."""
    number = _filed(lapor, server)
    server.state.switches.set("page_loop", True)
    told: list[str] = []
    with pytest.raises(Unavailable) as error:
        told.extend(change.what for change in lapor.changes(number))
    server.state.switches.set("page_loop", False)
    assert (told.count("follow_up"), error.value.code) == (1, "page_loop")


@pytest.mark.parametrize(
    ("shown", "total", "loops", "code"),
    [(2, 2, False, None), (2, 2, True, None), (2, 3, False, "short_list"), (2, 3, True, "short_list"),
     (2, None, False, None), (2, None, True, "page_loop"), (2, True, True, "page_loop")],
)  # fmt: skip
def test_a_list_ends_as_it_counts(shown: int, total: Any, loops: bool, code: str | None) -> None:
    """The registry's own total decides whether its follow-ups were all read; without it a circle is no end."""
    first = "http://127.0.0.1/complaints/1/followups"
    answer = {"data": [{"id": n} for n in range(shown)], "total": total, "next_page_url": first if loops else None}
    came: list[Any] = []
    with pytest.raises(Unavailable) if code else nullcontext() as error:
        came.extend(row for page in pages(lambda url: {"results": answer}, first) for row in page)
    assert len(came) == shown and (error is None or error.value.code == code)


def test_pages_stay_with_the_registry() -> None:
    """A next page on another host is never asked for: our secrets would go there."""

    def read(url: str) -> Any:
        return {"results": {"data": [], "next_page_url": "http://127.0.0.2/followups?page=2"}}

    with pytest.raises(Unavailable) as error:
        list(pages(read, "http://127.0.0.1/complaints/1/followups"))
    assert error.value.code == "foreign_page"


def test_pages_without_end_are_an_error() -> None:
    """Half a listing never passes for a whole one."""
    numbers = iter(range(1_000))

    def read(url: str) -> Any:
        return {"results": {"data": [{"id": 1}], "next_page_url": f"?page={next(numbers)}"}}

    with pytest.raises(Unavailable) as error:
        list(pages(read, "http://127.0.0.1/complaints/1/followups"))
    assert error.value.code == "page_loop"


def test_a_page_that_is_no_json_is_no_empty_page(lapor: LaporV3, server: RunningRegistry) -> None:
    """A maintenance page is the registry's failure, not the news that nothing happened."""
    server.state.switches.set("html_error_page_200", {"times": 1, "on": ["complaint"]})
    with pytest.raises(ChannelError):
        list(lapor.changes("9300000"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>Satu</p><p>Dua &amp; tiga</p>", "Satu\nDua & tiga"),
        ("a {{institution_to}} b {{ institution_to }}", "a Dinas b Dinas"),
        ("{{institution}}: {{status_new}}{{who_knows}}", "Admin: Selesai"),
        ("<script>alert(1)</script>aman <b>tebal</b> 3 < 4", "aman tebal 3 < 4"),
        ("baris<br>dua<br/>tiga", "baris\ndua\ntiga"),
    ],
)
def test_logs_become_plain_text(text: str, expected: str) -> None:
    """Reporters read sentences, not HTML and placeholders."""
    values = {"institution_to_name": "Dinas", "institution_from": {"name": "Admin"}, "status_new": "Selesai"}
    assert plain(text, values) == expected


def test_placeholders_are_filled_once() -> None:
    """A name that looks like a placeholder stays what it is, and one that looks like HTML loses its tags."""
    values = {"institution_to_name": "{{status_new}} Admin <b>Pusat</b>", "status_new": "x"}
    assert plain("ke {{institution_to}}", values) == "ke {{status_new}} Admin Pusat"


def test_stamps_are_jakarta_time() -> None:
    """d-m-Y H:i:s says no zone; a national system means WIB."""
    at = stamped("01-12-2026 10:00:00")
    assert at is not None and at.astimezone(UTC) == datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    assert stamped("0000-00-00") is None and stamped(None) is None


@pytest.mark.parametrize(
    "results",
    [
        {},
        {"data": None, "data_logs": None},
        {"data": [], "data_logs": {"x": 1}},
        {"data": {"status_logs": ["x", 3]}, "data_logs": [None, {"data": "{broken", "content": 5}]},
    ],
)
def test_odd_shapes_tell_nothing_and_break_nothing(results: dict[str, Any]) -> None:
    """A registry that sends nonsense makes no false news."""
    assert changes(results, []) == []


@pytest.mark.parametrize(
    ("status", "who"),
    [("Ditutup oleh Sistem", "system"), ("Diarsipkan oleh Admin", "admin"), ("Ditutup oleh Pelapor", "reporter")],
)
def test_who_closed_it_is_kept(status: str, who: str) -> None:
    """A timer that closes a complaint is not a person who settled it."""
    (found,) = changes({"data": {"status_name": status}}, [])
    assert (found.name, found.by) == (status, who)
