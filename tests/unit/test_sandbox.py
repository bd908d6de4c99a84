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
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import requests
from rapidfuzz import fuzz

from connectors import manifest
from sandbox import manifests, running, truth
from sandbox.mail import MailState
from sandbox.portal import PortalState, generate
from sandbox.referee import verdict
from sandbox.story import EMAIL, FROM, PORTAL, TRUTH, X, story
from tests.unit.test_sandbox_registry import switch

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)


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
        switch(portal.url, fail_page=3)
        codes = [_page(portal, page=number, limit=50).status_code for number in (1, 2, 3, 4, 3)]
        assert codes == [200, 200, 500, 200, 500]
        switch(portal.url, fail_page=False, html_200=1)
        assert "text/html" in _page(portal, page=1).headers["Content-Type"]
        switch(portal.url, cut_body=1)
        with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
            _page(portal, page=1, limit=100)
        switch(portal.url, down=1)
        with pytest.raises(requests.exceptions.ConnectionError):
            _page(portal, page=1)
        switch(portal.url, slow={"times": 1, "seconds": 0.1})
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
