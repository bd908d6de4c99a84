"""`make reality`: other people's files, each accounted for, and whoever breaks something is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import reality

MAIL = b"From: Sri <sri@surat.example>\r\nMessage-ID: <1@surat.example>\r\nSubject: Lampu\r\n\r\nLampu jalan mati.\r\n"
AWAY = MAIL.replace(b"<1@", b"<2@").replace(b"Subject", b"Auto-Submitted: auto-replied\r\nSubject")
WA = {
    "object": "whatsapp_business_account",
    "entry": [{"changes": [{"field": "messages", "value": {
        "metadata": {"phone_number_id": "1065403522"},
        "messages": [{"from": "6281200001111", "id": "w1", "timestamp": "1796000000", "type": "text",
                      "text": {"body": "Jalan rusak"}}],
        "statuses": [{"id": "w0", "status": "read"}],
    }}]}],
}  # fmt: skip


def corpus(folder: Path, files: dict[str, bytes]) -> Path:
    """These files in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_every_file_has_an_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Mails, tables, JSON, pushes and what is broken: counted by what they became, and nothing crashes."""
    files = {
        "email/a/1.eml": MAIL,
        "email/a/2.eml": AWAY,
        "email/a/3.eml": b"Subject: kosong\r\n\r\n",
        "csv/a/1.csv": b"nama;isi laporan\nSri;Lampu mati\n\nAdi;Jalan rusak\n",
        "csv/a/2.csv": b"",
        "json/a/1.json": b'{"id": 7, "text": "Lampu mati"}',
        "json/a/2.json": b'{"id": 7,',
        "payloads/pywa/1.json": json.dumps(WA).encode(),
        "map/a/1.json": b"{}",
    }
    assert reality.main(corpus(tmp_path, files)) == 0
    said = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line[:1].isalpha()}
    assert said["email"][:3] == ["3", "1", "0"] and said["email"][3] == "1" and said["email"][5] == "1"
    assert said["table"][:2] == ["2", "2"] and said["table"][7] == "1"
    assert said["json"][:2] == ["2", "1"] and said["json"][5] == "1"
    assert said["whatsapp"][:2] == ["1", "1"]
    assert "map" not in said


def test_memory_is_that_of_the_run_alone(tmp_path: Path) -> None:
    """Whoever calls it, however large they are: the peak told is what the files cost, and it is within bounds."""
    folder = corpus(tmp_path, {"email/a/1.eml": MAIL})
    held = b"x" * (300 << 20)  # more than a file may cost
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.reality", folder], capture_output=True, text=True, check=False
    )
    assert len(held) and done.returncode == 0, done.stdout + done.stderr
    assert "(at most 256)" in done.stdout


def test_a_crash_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that breaks a connector is named, and the run ends with 1; the others are counted all the same."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reality, "_items", broken)
    assert reality.main(corpus(tmp_path, {"email/a/1.eml": MAIL, "csv/a/1.csv": b"isi\nLampu\n"})) == 1
    said = capsys.readouterr().out
    assert "WRONG email: 1.eml: ZeroDivisionError" in said and "table" in said


POST = {"id": "71", "text": "@kab Lampu mati", "edit_history_tweet_ids": ["71"]}


def test_payloads_are_known_by_what_they_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a folder is called: updates, pushes of pages and recorded answers go to the kind that they are of."""
    update = {
        "update_id": 1,
        "message": {
            "message_id": 3,
            "date": 1796000000,
            "text": "Jalan rusak",
            "chat": {"id": 5, "type": "private"},
            "from": {"id": 5, "first_name": "Sri"},
        },
    }
    page = {
        "object": "page",
        "entry": [
            {
                "id": "9",
                "time": 1796000000,
                "messaging": [
                    {"sender": {"id": "5"}, "timestamp": 1796000000000, "message": {"mid": "m1", "text": "Banjir"}}
                ],
            }
        ],
    }
    again = {**POST, "id": "72", "referenced_tweets": [{"type": "retweeted", "id": "71"}]}
    recorded = {"request": {"uri": "/2"}, "response": {"body": {"data": [POST, again], "meta": {"result_count": 2}}}}
    files = {
        "payloads/proyek/a.json": update, "payloads/proyek/b.json": page, "payloads/proyek/c.json": recorded,
        "payloads/proyek/d.json": {"data": POST}, "telegram/proyek/e.json": update | {"message": {"message_id": 4}},
        "payloads/proyek/f.json": {"id": 1, "text": "metadata"}, "payloads/pywa/g.json": WA | {"entry": []},
    }  # fmt: skip
    assert reality.main(corpus(tmp_path, {name: json.dumps(one).encode() for name, one in files.items()})) == 0
    said = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if line[:1].isalpha()}
    assert [said[one][:2] for one in ("telegram", "meta", "x", "json")] == [
        ["2", "1"],
        ["1", "1"],
        ["2", "2"],
        ["1", "1"],
    ]
    assert said["whatsapp"][6] == "1"


def test_a_box_of_mails_is_many_and_what_nobody_knows_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each message of an mbox counts; a table with a NUL has a reason; files that no channel sends are counted aloud."""
    line = b"From sri@surat.example Mon Nov 23 08:00:00 2026\n"
    box = line + MAIL.replace(b"\r", b"") + b"From hati ke hati.\n\n" + line + AWAY.replace(b"\r", b"")
    files = {
        "email/a/box.mbox": box,
        "csv/a/1.csv": b"isi\nLampu\0mati\n",
        "lain/a/1.bin": b"\0",
        "csv/a/2.psv": b"a|isi\n1|Lampu\n",
    }
    assert reality.main(corpus(tmp_path, files)) == 0
    out = capsys.readouterr().out
    said = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line[:1].isalpha()}
    assert said["email"][:4] == ["1", "1", "0", "1"]
    assert said["table"][:2] == ["2", "1"] and "1 quarantined: no_text" in out
    assert "not tried: 1 of lain/*.bin" in out
