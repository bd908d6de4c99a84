"""The register that desks fill in: drop-downs from lists, digits that stay, read by the kind `files` as it is."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from connectors.base import Context
from connectors.errors import Misconfigured
from connectors.kinds.files import Files
from connectors.workbook import HEAD, kecamatan_of, workbook
from schemas.words import CATEGORIES
from tests.scenario import commands

NAMES = ["Tabunganen", "Tamban", "Anjir Pasar"]
COLUMNS = ["Tanggal Pengaduan", "Nama Pengadu", "Kecamatan", "Permasalahan"]


def made() -> bytes:
    return workbook("Register aduan Kabupaten Barito Kuala", NAMES, list(CATEGORIES.values()))


def test_its_lists_and_text_cells_are_there() -> None:
    """Kecamatan and category are chosen from a list; NIK and phone stand in cells that keep every digit."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(made()))
    offered = book.get_sheet_by_name("Daftar").to_python()
    assert [row[0] for row in offered[:3]] == NAMES
    assert {row[1] for row in offered} - {""} == set(CATEGORIES.values())
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    assert sheet.count('type="list"') == 3
    assert 'numFmtId="49"' in styles  # text


def test_the_kind_files_reads_it_as_it_is(tmp_path: Path) -> None:
    """What a desk writes into it comes out as it was written, behind the title and the head, and the empty rows are none."""
    import xlsxwriter

    path = tmp_path / "isi.xlsx"
    with xlsxwriter.Workbook(path) as book:  # as a desk has saved it
        sheet = book.add_worksheet("Aduan")
        sheet.write(0, 0, "Register aduan Kabupaten Barito Kuala")
        for column, (name, _) in enumerate(HEAD):
            sheet.write(1, column, name)
        day = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        row = ["1", datetime(2026, 11, 28, 8, 15), "Warga", "6304010101900001", "081200000001", "Tamban", "RT 3",
               "Jalan & jembatan", "Jembatan lapuk.", "tatap muka", ""]  # fmt: skip
        for column, cell in enumerate(row):
            sheet.write(2, column, cell, day if column == 1 else None)
        book.add_worksheet("Daftar").hide()
    ctx = Context(http=None, dial=print, secret=str, clock=lambda: datetime(2026, 12, 1, tzinfo=UTC))  # type: ignore[arg-type]
    one = Files(columns=COLUMNS, dates={"Tanggal Pengaduan": "%d/%m/%Y %H:%M"}, zone="Asia/Makassar", folder="meja")
    (item,) = one.sample(ctx, path.read_bytes())
    said = json.loads(item.raw)
    assert (said["nik"], said["no_hp"], said["kategori"]) == ("6304010101900001", "081200000001", "Jalan & jembatan")
    assert said["tanggal_pengaduan"] == "2026-11-28T08:15:00+08:00"
    assert one.sample(ctx, made()) == []


def test_kecamatan_come_from_the_operators_lists(tmp_path: Path) -> None:
    """Codes and names of a list that the operator has put there, those of the regency only, in their order."""
    (tmp_path / "kecamatan.csv").write_text(
        "code,name\n63.04.02,Tamban\n63.05.01,Lain\n63.04.01,Tabunganen\n63.04,Kab\n"
    )
    assert kecamatan_of("63.04", tmp_path) == ["Tabunganen", "Tamban"]
    assert kecamatan_of("63.04", tmp_path / "tidak-ada") == []
    (tmp_path / "rusak.csv").write_bytes(b"code,name\n63.04.03,\xff\xfe\n")
    with pytest.raises(Misconfigured, match="rusak"):
        kecamatan_of("63.04", tmp_path)


def test_the_command_writes_it_once(tmp_path: Path) -> None:
    """A file that is there stays; a region that is none, or without kecamatan, is told in both languages."""
    out, env = tmp_path / "r.xlsx", {"SATUPINTU_HOME": str(tmp_path / "home")}
    asked = ("template", "xlsx", "--region", "63.04", "--out", str(out))
    assert "--kecamatan" in commands.here(env, *asked).err
    assert commands.here(env, *asked, "--kecamatan", "Tamban, Anjir Pasar").code == 0
    assert commands.here(env, *asked, "--kecamatan", "Tamban").code == 2
    assert commands.here(env, "template", "xlsx", "--region", "99.99", "--kecamatan", "A").code == 2
    assert CalamineWorkbook.from_path(str(out)).sheet_names == ["Aduan", "Daftar"]
