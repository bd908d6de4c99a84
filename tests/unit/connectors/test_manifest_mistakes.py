"""What newcomers get wrong in a manifest: each is told with its line and remedy, in Indonesian and English."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import manifest
from connectors.errors import Misconfigured

GOOD = """version: 1
name: desa-contoh
owner: Desa Contoh
contact: {email: kanal@contoh.example}
region: "35.15"
channel: portal
kind: rest
with:
  url: https://aduan.contoh.example/api
  items: data
  ref: id
fields:
  title: judul
  body: isi
  submitted_at: {path: tgl, format: "%d/%m/%Y %H:%M"}
  is_confidential: {const: false}
schedule: "*/15 * * * *"
expect: {silent_after: 2d}
"""
MISTAKES = [
    ("  items: data", "   items: data", 10, "inden", "indented"),
    ("  items: data", "\titems: data", 10, "tab", "tab"),
    ("owner: Desa", "owner:Desa", 4, "titik dua dan satu spasi", "a colon and a blank"),
    ("owner: Desa Contoh", "owner: Desa: Contoh", 3, "titik dua", "colon"),
    ('format: "%d/%m/%Y %H:%M"', "format: %d/%m/%Y %H:%M", 15, "dalam tanda kutip", "in quotes"),
    ('"*/15 * * * *"', "*/15 * * * *", 17, "dalam tanda kutip", "in quotes"),
    ("  title: judul", "  title: judul\n  title: jdl", 14, "dua kali", "twice"),
    ("  items: data", "  item: data", 10, "maksud Anda items?", "did you mean items?"),
    ("owner:", "pemilik:", 3, "nama bakunya: owner", "ours is: owner"),
    ("  body: isi", "  isi_aduan: isi", 14, "nama bakunya: body", "ours is: body"),
    ('"35.15"', "Sidoarjo", 5, 'Tulis "35.15" (Kabupaten Sidoarjo)', 'Write "35.15"'),
    ('"35.15"', "Blitar", 5, '"35.05" (Kabupaten Blitar) / "35.72" (Kota Blitar)', '"35.72"'),
    ('"35.15"', "35.15", 5, "dalam tanda kutip", "in quotes"),
    ('"35.15"', '"3515"', 5, 'Tulis "35.15"', 'Write "35.15"'),
    ("{const: false}", "{const: no}", 16, "true atau false tanpa tanda kutip", "true or false without quotes"),
    ("  ref: id", '  ref: id\n  page: {style: number, param: p, size: "9"}', 12, "tanpa tanda kutip", "without quotes"),
    ("  title: judul", "  title: Judul Laporan", 13, "nama dengan spasi", "a name with blanks"),
    ("2d", "2 hari", 18, "15m, 48h, 7d", "15m, 48h, 7d"),
    ("https://aduan", "aduan", 9, "http://", "http://"),
]


@pytest.mark.parametrize(("right", "written", "line", "indonesian", "english"), MISTAKES)
def test_a_mistake_is_told_with_its_line(
    right: str, written: str, line: int, indonesian: str, english: str, tmp_path: Path
) -> None:
    """Whoever mistypes reads in his language on which line it is and what to write."""
    path = tmp_path / "desa-contoh.yaml"
    assert right in GOOD
    path.write_text(GOOD.replace(right, written), encoding="utf-8")
    with pytest.raises(Misconfigured) as told:
        manifest.load(path)
    assert f"baris {line}" in told.value.indonesian and indonesian in told.value.indonesian
    assert f"line {line}" in str(told.value) and english in str(told.value)


@pytest.mark.parametrize("end", ["\r\n", "   \n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_how_an_editor_saves_does_no_harm(end: str, start: str, tmp_path: Path) -> None:
    """Windows line ends, blanks at the end of lines and a byte order mark are read as if they were not there."""
    path = tmp_path / "desa-contoh.yaml"
    path.write_bytes((start + GOOD.replace("\n", end)).encode())
    assert manifest.load(path).fields["body"] == "isi"


def test_what_is_missing_for_later_steps_is_advised(tmp_path: Path) -> None:
    """An address without TLS and a missing contact are told by check, before register or somebody else finds them."""
    path = tmp_path / "desa-contoh.yaml"
    text = GOOD.replace("https:", "http:").replace("contact: {email: kanal@contoh.example}\n", "")
    path.write_text(text, encoding="utf-8")
    told = " ".join(indonesian for indonesian, _ in manifest.advice(manifest.load(path)))
    assert "contact belum diisi" in told and "https://" in told


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    """The parser finds it further down only, and the sentence says that it may stand above."""
    path = tmp_path / "desa-contoh.yaml"
    path.write_text(GOOD.replace('region: "35.15"', 'region: "35.15'), encoding="utf-8")
    with pytest.raises(Misconfigured) as told:
        manifest.load(path)
    assert "di atasnya tidak ditutup" in told.value.indonesian


def test_a_workbook_is_no_manifest(tmp_path: Path) -> None:
    """A workbook or a document under the name of a manifest is said to be no text."""
    path = tmp_path / "desa-contoh.yaml"
    path.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(Misconfigured) as told:
        manifest.load(path)
    assert "bukan berkas teks" in told.value.indonesian
