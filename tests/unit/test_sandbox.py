"""The make-believe counterparts are what they claim to be: right shapes, real failures, and a truth that never moves."""

from __future__ import annotations

import imaplib
import itertools
import json
import os
import signal
import smtplib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import requests
from rapidfuzz import fuzz

from connectors import manifest
from sandbox import manifests, masters, running, truth
from sandbox.mail import MailState
from sandbox.portal import PortalState, generate
from sandbox.referee import verdict
from sandbox.registry_state import RegistryState
from sandbox.story import EMAIL, FROM, PORTAL, TRUTH, X, story

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
COMPLAINT: dict[str, Any] = {
    "title": "Lampu mati", "content": "Lampu mati di depan balai. [Ref 0]", "channel": 13, "classification_id": 6,
    "category_id": 436, "location_id": 15, "is_new_user_slider": False, "user_id": masters.SERVICE_USER,
    "attachments": False,
}  # fmt: skip


@pytest.fixture
def lapor() -> Iterator[tuple[running.RunningRegistry, requests.Session]]:
    with running.registry(RegistryState(now=lambda: NOON)) as registry, requests.Session() as client:
        client.headers.update(registry.headers)
        yield registry, client


def _switch(url: str, **faults: Any) -> None:
    assert requests.post(f"{url}/_sandbox/switch", json=faults, timeout=5).status_code == 200


def _file(client: requests.Session, url: str, **changes: Any) -> requests.Response:
    return client.post(f"{url}/complaints/complaint", json={**COMPLAINT, **changes}, timeout=5)


# the registry ----------------------------------------------------------------------------------------------------


def test_the_three_steps_of_a_forward_have_the_shapes_that_real_clients_read(lapor: Any) -> None:
    """A client written for LAPOR! v3 finds file ids in two lists and complaint_id at the root, and can route."""
    registry, client = lapor
    parts = [("attachments[]", ("foto.png", b"x")), ("attachments[]", ("surat.pdf", b"y"))]
    files = client.post(f"{registry.url}/complaints/complaint/file", files=parts, timeout=5).json()["results"]
    ids = [files["images"][0]["id"], files["docs"][0]["id"]]
    for form in (f"[{ids[0]},{ids[1]}]", f"[{ids[0]},{ids[1]}]."):
        number = _file(client, registry.url, attachments=form).json()["complaint_id"]
    sent = {"is_request": 1, "reason": 3101, "reason_description": "wewenang provinsi", "not_authority": 1}
    assert client.post(f"{registry.url}/complaints/process/{number}/reject", json=sent, timeout=5).ok
    held = requests.get(f"{registry.url}/_sandbox/complaints", timeout=5).json()
    assert (held["count"], held["complaints"][1]["institution_id"]) == (2, 3101)


def test_reading_a_complaint_gives_logs_with_placeholders_and_json_inside_json(lapor: Any) -> None:
    """Status notes hold HTML and {{placeholders}}, times carry no zone, and `data` of a log is a JSON string."""
    registry, client = lapor
    number = _file(client, registry.url).json()["complaint_id"]
    wish = {"to": "Ditindaklanjuti", "ids": [number], "answer": "<p>Sudah diperbaiki</p>"}
    assert requests.post(f"{registry.url}/_sandbox/advance", json=wish, timeout=5).json() == {"moved": 1}
    results = client.get(f"{registry.url}/complaints/{number}/complaint", timeout=5).json()["results"]
    assert results["data"]["status_name"] == "Ditindaklanjuti"
    assert results["data"]["status_logs"][0]["timestamp"] == "20-11-2026 12:00:00"
    assert "{{status_old}}" in results["data"]["status_logs"][1]["note"]
    assert json.loads(results["data_logs"][0]["data"])["status_new"] == "Ditindaklanjuti"
    assert set(results["data_logs"][0]["institution_to"]) == {"id", "name"}


def test_follow_ups_come_in_pages_and_can_be_added(lapor: Any) -> None:
    """Eleven follow-ups are ten and one, linked by next_page_url; each names its institutions and attachments."""
    registry, client = lapor
    number = _file(client, registry.url).json()["complaint_id"]
    form = {"complaint_id": str(number), "content": "Kami cek", "institution_to_id": "3101", "user_id": "1"}
    for _ in range(11):
        files = {"attachment[0]": ("a b.png", b"x")}
        assert client.post(f"{registry.url}/complaints/followup/add", data=form, files=files, timeout=5).ok
    first = client.get(f"{registry.url}/complaints/{number}/followups?page=1", timeout=5).json()["results"]
    second = client.get(first["next_page_url"], timeout=5).json()["results"]
    assert (len(first["data"]), len(second["data"]), second["next_page_url"]) == (10, 1, None)
    assert first["data"][0]["attachments"] == [
        {"path": "/storage/1/a b.png", "file_name": "a b.png", "extension": "png"}
    ]


def test_the_masters_list_institutions_and_templates(lapor: Any) -> None:
    """The mapping tables can be loaded from the registry itself."""
    registry, client = lapor
    rows = client.get(f"{registry.url}/masters/institutions/external?page_size=1000", timeout=5).json()["results"]
    assert {"id": 3101, "name": "Pemerintah Provinsi Jawa Timur"} in rows["data"]
    templates = client.get(f"{registry.url}/masters/templates?page_size=1000", timeout=5).json()["results"]["data"]
    assert set(templates[0]) == {"template_code", "title", "type", "content"}


@pytest.mark.parametrize("missing", ["Authorization", "token"])
def test_both_secrets_are_needed(lapor: Any, missing: str) -> None:
    """Either secret alone opens nothing, and what was refused is counted but not stored."""
    registry, client = lapor
    del client.headers[missing]
    assert _file(client, registry.url).status_code == 401
    assert (registry.state.calls["create"], len(registry.state.complaints)) == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"content": None}, {"attachments": "[77]"}, {"attachments": [1]}, {"user_id": None},
        {"is_new_user_slider": True, "nameUser": "Wulan"},
    ],
)  # fmt: skip
def test_a_create_that_the_real_registry_would_refuse_is_refused(lapor: Any, wrong: dict[str, Any]) -> None:
    """Wrong payloads are 422 with the field named, so a client's mistake shows here first."""
    registry, client = lapor
    answer = _file(client, registry.url, **wrong)
    assert answer.status_code == 422 and answer.json()["errors"]


def test_a_dropped_response_is_a_broken_connection_after_the_commit(lapor: Any) -> None:
    """The client sees the connection break, the registry has the complaint all the same; then all is well again."""
    registry, client = lapor
    _switch(registry.url, drop_response_after_commit=2)
    for _ in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            _file(client, registry.url)
    assert _file(client, registry.url).ok and len(registry.state.complaints) == 3


def test_failures_before_and_after_the_commit_differ_in_what_is_stored(lapor: Any) -> None:
    """500_once stores nothing and passes; 500_after_commit stores; a gateway's HTML page is 200 and stores nothing."""
    registry, client = lapor
    _switch(registry.url, **{"500_once": True})
    assert [_file(client, registry.url).status_code for _ in range(2)] == [500, 200]
    _switch(registry.url, **{"500_after_commit": 1})
    assert _file(client, registry.url).status_code == 500 and len(registry.state.complaints) == 2
    _switch(registry.url, html_error_page_200=1)
    answer = _file(client, registry.url)
    assert answer.status_code == 200 and answer.text.startswith("<!doctype html")
    assert len(registry.state.complaints) == 2


def test_rate_limits_expiry_and_slowness(lapor: Any) -> None:
    """429 says how long to wait, an expired token is 401, and a slow call is stored although nobody waits for it."""
    registry, client = lapor
    _switch(registry.url, **{"429_with_retry_after": {"times": 1, "seconds": 7}})
    limited = _file(client, registry.url)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    _switch(registry.url, expired_token_401=1)
    assert _file(client, registry.url).status_code == 401
    _switch(registry.url, slow_90s={"times": 1, "seconds": 0.2})
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.post(f"{registry.url}/complaints/complaint", json=COMPLAINT, timeout=0.05)
    _switch(registry.url, slow_90s={"times": 1, "seconds": 0.3})
    assert _file(client, registry.url).ok and len(registry.state.complaints) == 2


def test_reading_can_be_made_confusing(lapor: Any) -> None:
    """Logs out of order, a status nobody knows, and a page that names itself as the next one."""
    registry, client = lapor
    number = _file(client, registry.url).json()["complaint_id"]
    requests.post(f"{registry.url}/_sandbox/advance", json={"to": "Selesai"}, timeout=5)
    _switch(registry.url, status_log_out_of_order=1, unknown_status_name=1, page_loop=1)
    data = client.get(f"{registry.url}/complaints/{number}/complaint", timeout=5).json()["results"]["data"]
    assert "Selesai" in data["status_logs"][0]["note"] and data["status_name"] not in masters.STATUSES
    looping = client.get(f"{registry.url}/complaints/{number}/followups?page=1", timeout=5).json()["results"]
    assert looping["next_page_url"].endswith("page=1")


def test_an_unknown_switch_is_named(lapor: Any) -> None:
    """A mistyped switch in a test is an error, never a test that proves nothing."""
    registry, _ = lapor
    answer = requests.post(f"{registry.url}/_sandbox/switch", json={"drop": True}, timeout=5)
    assert answer.status_code == 422 and "drop" in answer.text


def test_many_creates_at_once_are_all_kept(lapor: Any) -> None:
    """Eight clients file 80 complaints at the same time: 80 numbers, no two alike."""
    registry, client = lapor
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: _file(client, registry.url).json()["complaint_id"], range(80)))
    assert len(set(numbers)) == len(registry.state.complaints) == 80


def test_days_at_the_registry_bring_statuses_and_answers() -> None:
    """After two working days every status of the path has been reached, some are refused, and answers exist."""
    state = RegistryState(now=lambda: NOON)
    for _ in range(60):
        state.create(dict(COMPLAINT))
    assert state.advance() and state.advance()
    reached = Counter(filed.status for filed in state.complaints.values())
    assert {"Terverifikasi", "Ditindaklanjuti", "Selesai", "Ditolak"} <= set(reached) <= set(masters.STATUSES)
    assert sum(len(filed.followups) for filed in state.complaints.values()) > 10


# the doors -------------------------------------------------------------------------------------------------------


def _page(portal: running.RunningPortal, **query: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {portal.state.token}"}
    return requests.get(portal.items, params=query, headers=headers, timeout=5)


def test_the_portal_lists_240_complaints_in_pages_with_their_total() -> None:
    """Three pages of 100 hold 240 records, each page names the total; without the token nothing is shown."""
    with running.portal() as portal:
        pages = [_page(portal, page=number, limit=100).json() for number in (1, 2, 3)]
        assert [len(page["data"]) for page in pages] == [100, 100, 40]
        assert {page["total"] for page in pages} == {240}
        assert requests.get(portal.items, timeout=5).status_code == 401
        later = _page(portal, page=1, limit=500, since="2026-11-10T00:00:00+07:00").json()
        assert 0 < later["total"] == len(later["data"]) < 240


def test_the_portal_takes_answers_and_changes_over_time() -> None:
    """An answer can be seen afterwards; a working day gives some records a new status, a stamp and a reply."""
    with running.portal(PortalState(now=lambda: NOON)) as portal:
        ref, headers = portal.state.records[0]["id"], {"Authorization": f"Bearer {portal.state.token}"}
        sent = {"status": "selesai", "catatan": "Sudah diperbaiki"}
        assert requests.post(f"{portal.items}/{ref}/status", json=sent, headers=headers, timeout=5).ok
        assert requests.get(f"{portal.url}/_sandbox/answers", timeout=5).json()["answers"] == [{"ref": ref, **sent}]
        assert requests.post(f"{portal.url}/_sandbox/advance", timeout=5).json() == {"moved": 24}
        changed = _page(portal, page=1, limit=500, since="2026-11-20T00:00:00+07:00").json()["data"]
        assert len(changed) == 25 and all(row["tanggapan"] for row in changed)  # with what it was sent


def test_the_portal_can_fail_in_five_ways() -> None:
    """A page that always fails, no answer at all, a login page, a cut body and slowness are what a client meets."""
    with running.portal() as portal:
        _switch(portal.url, fail_page=3)
        codes = [_page(portal, page=number, limit=50).status_code for number in (1, 2, 3, 4, 3)]
        assert codes == [200, 200, 500, 200, 500]
        _switch(portal.url, fail_page=False, html_200=1)
        assert "text/html" in _page(portal, page=1).headers["Content-Type"]
        _switch(portal.url, cut_body=1)
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
            _page(portal, page=1, limit=100)
        _switch(portal.url, down=1)
        with pytest.raises(requests.exceptions.ConnectionError):
            _page(portal, page=1)
        _switch(portal.url, slow={"times": 1, "seconds": 0.1})
        assert _page(portal, page=1).elapsed.total_seconds() >= 0.1


def test_generated_records_are_old_then_new_and_never_share_an_id() -> None:
    """A portal for load tests: 300 of 2025, 10 of November 2026, each with its own id and phone."""
    rows = generate(old=300, new=10)
    assert [row["dibuat_pada"][6:10] for row in rows] == ["2025"] * 300 + ["2026"] * 10
    assert len({row["id"] for row in rows}) == len({row["pelapor"]["hp"] for row in rows}) == 310
    assert rows == generate(old=300, new=10)


def test_x_gives_mentions_newest_first_in_pages_with_authors() -> None:
    """60 posts over pages, each author once a page; since_id gives only what is newer; an empty page has no data."""
    with running.x() as x, requests.Session() as client:
        client.headers["Authorization"] = f"Bearer {x.state.token}"
        address = f"{x.url}/2/users/{x.state.user_id}/mentions"
        asked = {"max_results": "25", "tweet.fields": "created_at,entities", "expansions": "author_id"}
        first = client.get(address, params=asked, timeout=5).json()
        seen = list(first["data"])
        token = first["meta"]["next_token"]
        while token:
            page = client.get(address, params={**asked, "pagination_token": token}, timeout=5).json()
            seen, token = seen + page["data"], page["meta"].get("next_token")
        numbers = [int(post["id"]) for post in seen]
        assert len(numbers) == 60 and numbers == sorted(numbers, reverse=True)
        assert {user["id"] for user in first["includes"]["users"]} == {post["author_id"] for post in first["data"]}
        nothing = client.get(address, params={"since_id": first["meta"]["newest_id"]}, timeout=5).json()
        assert nothing == {"meta": {"result_count": 0}}
        assert client.get(address, params={"max_results": "101"}, timeout=5).status_code == 400
        reply = {"text": "Sudah dijawab", "reply": {"in_reply_to_tweet_id": seen[0]["id"]}}
        assert client.post(f"{x.url}/2/tweets", json=reply, timeout=5).status_code == 201
        assert x.state.replies[0]["in_reply_to"] == seen[0]["id"]
    with running.x() as x:
        assert requests.get(f"{x.url}/2/users/{x.state.user_id}/mentions", timeout=5).status_code == 401


def test_the_mailbox_gives_every_mail_byte_for_byte_and_takes_answers(tmp_path: Path) -> None:
    """IMAP with fixed UIDs hands out the 40 mails exactly as they are, a late one follows; SMTP wants the password."""
    with running.mailbox(folder=tmp_path) as box:
        client = imaplib.IMAP4(box.host, box.port)
        client.login(box.user, box.password)
        assert client.select("INBOX", readonly=True)[1] == [b"40"]
        found = client.uid("fetch", "1:*", "(UID BODY.PEEK[])")[1]
        assert [part[1] for part in found if isinstance(part, tuple)] == list(box.state.mails)
        box.deliver(b"From: a@surat.example\r\nSubject: susulan\r\n\r\nMasih rusak\r\n")
        client.select("INBOX", readonly=True)
        assert client.uid("search", "UID 41:*")[1] == [b"41"]
        client.logout()
        with smtplib.SMTP(box.host, box.smtp_port) as smtp:
            with pytest.raises(smtplib.SMTPSenderRefused):
                smtp.sendmail(box.address, ["warga@surat.example"], b"Subject: tanpa sandi\r\n\r\nx\r\n")
            smtp.login(box.user, box.password)
            smtp.sendmail(box.address, ["warga@surat.example"], b"Subject: jawaban\r\n\r\nselesai\r\n")
        assert [mail["Subject"] for mail in box.sent()] == ["jawaban"]


def test_the_mails_have_the_peculiarities_that_were_promised() -> None:
    """HTML only, quotes, signatures, attachments, bad charset, no Message-ID, broken base64, bounces, an auto-reply."""
    forms = Counter(mail.form for mail in story().mails)
    assert (len(story().mails), forms["bounce"], forms["auto_reply"]) == (40, 2, 1)
    wanted = {"html", "quoted", "signature", "attachment", "bad_charset", "no_message_id", "broken_base64"}
    assert wanted <= set(forms)
    mails = [message_from_bytes(raw) for raw in MailState().mails]
    reports = [mail for mail in mails if mail.get_content_type() == "multipart/report"]
    assert {mail.get_param("report-type") for mail in reports} == {"delivery-status"} and len(reports) == 2
    assert sum(mail["Message-ID"] is None for mail in mails) == forms["no_message_id"] == 2
    assert sum(mail["Auto-Submitted"] is not None for mail in mails) == 3


# the truth -------------------------------------------------------------------------------------------------------


def test_the_truth_file_is_what_the_story_says() -> None:
    """The file was fixed before any run and cannot drift: `python -m sandbox.story` writes it anew."""
    assert json.loads(TRUTH.read_text(encoding="utf-8")) == truth.truth()


def test_the_truth_holds_the_promised_numbers() -> None:
    """240, 40 and 60 items; 25 matters, 15 of them by one reporter; 6 invalid, 3 already national, 12 too old."""
    told = truth.truth()
    assert [told["connectors"][name]["items"] for name in (PORTAL, EMAIL, X)] == [240, 40, 60]
    kinds = Counter(matter["kind"] for matter in told["matters"])
    assert kinds == {"same_reporter": 15, "different_reporters": 10}
    assert (len(told["quarantined"]), len(told["rejected"]), len(told["held"])) == (6, 3, 12)
    assert told["registry_complaints"] == sum(row["times"] for row in told["registry"]) == 254
    assert told["forward_from"] == FROM


def test_members_of_a_matter_are_alike_and_close_and_sent() -> None:
    """Every member has 60 characters or more, lies within 14 days of the others, and after forward.from."""
    texts, days = _told()
    for matter in story().matters:
        refs = [tuple(ref) for ref in matter["refs"]]
        assert len(refs) in (2, 3) and all(len(texts[ref]) >= 60 for ref in refs)
        assert (max(days[ref] for ref in refs) - min(days[ref] for ref in refs)).days < 14
        assert min(days[ref] for ref in refs).date().isoformat() > "2026-11-01"
        assert all(fuzz.token_set_ratio(texts[a], texts[b]) >= 88 for a, b in itertools.combinations(refs, 2))


def test_nothing_outside_the_matters_is_nearly_the_same() -> None:
    """No two complaints that tell of different matters come near each other, so that every link has a reason."""
    texts, _ = _told()
    matter_of = {tuple(ref): matter["id"] for matter in story().matters for ref in matter["refs"]}
    lower = {ref: text.lower() for ref, text in texts.items()}
    for one, other in itertools.combinations(lower, 2):
        if matter_of.get(one, one) != matter_of.get(other, other):
            assert fuzz.token_set_ratio(lower[one], lower[other], score_cutoff=80) == 0, (one, other)


def _told() -> tuple[dict[Any, str], dict[Any, datetime]]:
    """Text and day of every complaint of the story by (connector, ref or position)."""
    told, wasted = story(), {tuple(ref) for ref in story().not_a_complaint}
    broken = {row["position"] for row in told.quarantined}
    rows = [row for number, row in enumerate(told.portal, start=1) if number not in broken]
    texts: dict[Any, str] = {(PORTAL, row["id"]): row["isi"] for row in rows}
    days: dict[Any, datetime] = {
        (PORTAL, row["id"]): datetime.strptime(row["dibuat_pada"], "%d-%m-%Y %H:%M") for row in rows
    }
    for mail in told.mails:
        texts[EMAIL, mail.message_id or mail.number], days[EMAIL, mail.message_id or mail.number] = mail.text, mail.sent
    for post in told.posts:
        text = post["text"].replace("@LaporJatimUji ", "").replace(" #aduan", "")
        texts[X, post["id"]], days[X, post["id"]] = text, datetime.fromisoformat(post["created_at"][:19])
    return {ref: text for ref, text in texts.items() if ref not in wasted}, days


def _agreeing() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A registry and a hub as a run without any fault would leave them."""
    told = truth.truth()
    registry = [{"title": "", "content": row["fingerprint"]} for row in told["registry"] for _ in range(row["times"])]
    withheld = {PORTAL: told["withheld_repeat"] - 5, EMAIL: 5, X: 0}
    counts = {
        name: {
            "held": row["held"], "quarantined": row["quarantined"], "rejected": row["rejected"],
            "withheld_repeat": withheld[name], "forwarded": row["forwarded_or_withheld"] - withheld[name],
        }
        for name, row in told["connectors"].items()
    }  # fmt: skip
    pulled = {name: row["items"] for name, row in told["connectors"].items()}
    return registry, {"connectors": counts, "cases_with_two_or_more": 25, "pulled": pulled}


def test_the_referee_agrees_with_a_faultless_run_and_names_each_fault() -> None:
    """Nothing to say about a right result; missing, doubled, forbidden complaints and wrong counts are each told."""
    told = truth.truth()
    registry, hub = _agreeing()
    assert verdict(told, registry, hub) == []
    assert len(verdict(told, registry[1:], hub)) == 2
    assert len(verdict(told, [*registry[1:], registry[-1]], hub)) == 2
    assert "never list" in verdict(told, [*registry, {"content": told["never"][0]}], hub)[1]
    hub["connectors"][X]["on_the_way"] = 1
    assert any("on_the_way is 1 instead of 0" in line for line in verdict(told, registry, hub))
    del hub["connectors"][EMAIL]
    assert any("knows no such connector" in line for line in verdict(told, registry, hub))


# all together ----------------------------------------------------------------------------------------------------


def test_the_manifests_load_and_the_secrets_are_private(tmp_path: Path) -> None:
    """What the sandbox registers passes the same checks as any region's manifest; secrets lie in files of mode 0600."""
    account = {"host": "127.0.0.1", "port": 1143, "user": "kanal", "password": "p"}
    addresses = {
        "portal": {"url": "http://127.0.0.1:8461", "token": "t"}, "imap": account,
        "smtp": {**account, "from": "kanal@aduan.example"},
        "registry": {"url": "http://127.0.0.1:8470", "auth": "a", "token": "b"},
        "x": {"url": "http://127.0.0.1:8462", "token": "x", "user_id": "178"},
    }  # fmt: skip
    manifests.write(tmp_path / "manifests", addresses, tmp_path / "secrets", "*/5 * * * *")
    found = manifest.catalogue(tmp_path / "manifests")
    assert (set(found.good), dict(found.bad)) == ({PORTAL, EMAIL, X}, {})
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == sorted(manifests.SECRETS)
    assert "Bearer t" not in (tmp_path / "manifests" / f"{PORTAL}.yaml").read_text()
    assert manifests.registry_yaml(tmp_path / "registries", addresses).read_text().startswith("version: 1")


def _served(folder: Path, *more: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """Start `sandbox.serve` and wait for its word that sandbox.json is there."""
    command = [sys.executable, "-m", "sandbox.serve", "--folder", str(folder), *more]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process, json.loads((folder / "sandbox.json").read_text())


def test_serve_starts_everything_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """One command starts all five counterparts on loopback; SIGTERM ends it with exit 0 and takes sandbox.json away."""
    process, addresses = _served(tmp_path, "--now", "2026-11-20T12:00:00+07:00")
    try:
        for name in ("registry", "portal", "x"):
            assert addresses[name]["url"].startswith("http://127.0.0.1:")
            assert requests.get(f"{addresses[name]['url']}/_sandbox/calls", timeout=5).json() == {}
        with imaplib.IMAP4(addresses["imap"]["host"], addresses["imap"]["port"]) as client:
            assert client.login(addresses["imap"]["user"], addresses["imap"]["password"])[0] == "OK"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stdout is not None
        process.stdout.close()
    assert not (tmp_path / "sandbox.json").exists()


def test_serve_ends_with_its_parent(tmp_path: Path) -> None:
    """When the process that it was started for dies, even by kill -9, the sandbox goes too."""
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process, _ = _served(tmp_path, "--with-parent", str(parent.pid))
    os.kill(parent.pid, signal.SIGKILL)
    assert process.wait(20) == 0
    parent.wait(5)
    for pipe in (parent.stdin, process.stdout):
        assert pipe is not None
        pipe.close()
