"""`satupintu new`: a file that check accepts, or a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.cli import run

SAMPLE = {
    "data": [{"id": 1, "isi": "Jalan rusak di depan pasar", "tanggal": "2026-11-01", "status": "selesai"}],
    "total": 1,
}


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with an answer of a portal."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path / "home"))
    path = tmp_path / "jawaban.json"
    path.write_text(json.dumps(SAMPLE))
    return path


def test_a_draft_is_written_and_passes_the_check(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a sample to a manifest that check calls good: two commands, said in Indonesian first."""
    out = sample.with_name("contoh-portal.yaml")
    given = [
        "--region",
        "35.10",
        "--owner",
        "Dinas Kominfo",
        "--contact",
        "kanal@contoh.go.id",
        "--url",
        "https://aduan.contoh.go.id/api",
    ]
    assert run(["new", "rest", "--from", str(sample), "--out", str(out), *given]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Rancangan jadi: ")
    assert "name: contoh-portal" in out.read_text()
    assert run(["check", "--offline", str(out)]) == 0 or run(["check", str(out)]) == 0


def test_without_out_the_draft_goes_to_standard_output(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the draft is on standard output, so that it can go into a file or another command."""
    assert run(["new", "rest", "--from", str(sample), "--region", "35.10"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("# Rancangan dari sebuah contoh.")
    assert "Rancangan jadi" in said.err


def test_a_mailbox_needs_no_sample(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a mail holds is known, so a mailbox is drafted without one."""
    assert run(["new", "imap", "--region", "35.10", "--name", "surel"]) == 0
    assert "body: text" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--region", "99"], "--region adalah kode Kemendagri"),
        (["--name", "Portal Desa"], "Write --name as portal-desa"),
        (["--from", "tidak-ada.json"], "tidak dapat dibaca"),
    ],
)
def test_what_cannot_be_used_is_told(
    sample: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    """A wrong word on the command line is a sentence with its remedy, and nothing is written."""
    assert run(["new", "rest", "--from", str(sample), *more]) != 0
    assert said in capsys.readouterr().err


def test_a_file_is_never_overwritten(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest that somebody has corrected is not lost to a second draft."""
    out = sample.with_name("ada.yaml")
    out.write_text("milik orang")
    assert run(["new", "rest", "--from", str(sample), "--out", str(out)]) != 0
    assert out.read_text() == "milik orang"


def test_an_unknown_kind_is_told(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kind that does not exist is named as such."""
    assert run(["new", "soap", "--from", str(sample)]) != 0
    assert "soap" in capsys.readouterr().err


def test_a_sample_that_is_a_web_page_is_told_in_both_languages(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commonest mistake, a login page, is named in Indonesian and English."""
    sample.write_text("<html><body>Silakan masuk</body></html>")
    assert run(["new", "rest", "--from", str(sample)]) != 0
    said = capsys.readouterr().err
    assert "halaman web" in said
    assert "web page" in said
