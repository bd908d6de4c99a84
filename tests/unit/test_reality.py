"""`make reality`: other people's files, each accounted for, and whoever breaks something is named."""

from __future__ import annotations

import json
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
    assert said["table"][:2] == ["2", "2"] and said["table"][6] == "1"
    assert said["json"][:2] == ["2", "1"] and said["json"][5] == "1"
    assert said["whatsapp"][:2] == ["1", "1"]
    assert "map" not in said


def test_a_crash_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that breaks a connector is named, and the run ends with 1; the others are counted all the same."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(reality, "_items", broken)
    assert reality.main(corpus(tmp_path, {"email/a/1.eml": MAIL, "csv/a/1.csv": b"isi\nLampu\n"})) == 1
    said = capsys.readouterr().out
    assert "WRONG email: 1.eml: ZeroDivisionError" in said and "table" in said
