"""A region whose portal has no way in gets its answers as a file: each once, as text, and it is on record."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connectors.errors import Misconfigured
from hub import sheets
from hub.commands.status import page
from hub.follow import follow
from hub.handing import HEAD, hand_over
from hub.oversight import watch
from hub.privacy import Vault
from hub.settling import resolve
from hub.status import ledger, states
from hub.store import undelivered
from hub.store.server import Embedded
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import House, follow_up, house_in, status

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub with two finished complaints, one of a portal that takes no answers."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        made.complaint("mute", ref="M-1", number="1")
        made.complaint("portal", ref="P-1", number="2")
        news = [status("Dalam Proses", 1), follow_up("=HYPERLINK(1)\nSudah.", 2), status("Selesai", 3)]
        made.registry.news = {"1": news, "2": news}
        follow(made.hub)
        yield made


def read(path: Path) -> list[list[str]]:
    """The lines of a sheet, its head included, as another program reads them."""
    if path.suffix == ".xlsx":
        sheet = ElementTree.fromstring(zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml"))
        assert {cell.get("t") for cell in sheet.iter(f"{SHEET}c")} == {"inlineStr"}  # text, neither number nor formula
        rows = [[cell.findtext(f".//{SHEET}t") or "" for cell in row] for row in sheet.iter(f"{SHEET}row")]
        return [row for row in rows if row]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_answers_are_handed_over_once(house: House, tmp_path: Path, form: str) -> None:
    """The file holds what was to be told, in order, with both numbers; a second file holds only what is new."""
    first, second, third = (tmp_path / f"{name}.{form}" for name in ("satu", "dua", "tiga"))
    assert hand_over(house.hub, "mute", first).done == 3
    head, *lines = read(first)
    assert tuple(head) == HEAD and first.stat().st_mode & 0o077 == 0
    assert [(line[1], line[2], line[4]) for line in lines] == [
        ("M-1", "1", "dalam proses penanganan"),
        ("M-1", "1", "dalam proses penanganan"),
        ("M-1", "1", "selesai ditangani"),
    ]
    assert lines[1][5:] == ["01-12-2026 10.02 WIB", "'=HYPERLINK(1)\nSudah."]
    (entry,) = house.entries("exported")
    assert (entry["code"], entry["count"]) == ("answers", 3)
    assert hand_over(house.hub, "mute", second).done == 0 and read(second) == [list(HEAD)]
    assert hand_over(house.hub, "mute", third, again=True).done == 3
    states = house.rows("SELECT DISTINCT state, code FROM replies r JOIN connectors n ON n.id = r.connector "
                        "WHERE n.name = 'mute'")  # fmt: skip
    assert [(row.state, row.code) for row in states] == [("sent", "file")]


def test_a_file_that_cannot_be_written_hands_over_nothing(house: House, tmp_path: Path) -> None:
    """No file is overwritten; where none was written the answers still wait, and nothing is on record."""
    path = tmp_path / "ada.csv"
    path.write_text("milik orang lain")
    for bad in (path, tmp_path / "tidak-ada" / "a.csv"):
        with pytest.raises(Misconfigured, match="could not be written"):
            hand_over(house.hub, "mute", bad)
    assert path.read_text() == "milik orang lain" and house.entries("exported") == []
    assert hand_over(house.hub, "mute", tmp_path / "baru.csv").done == 3


def test_erased_answers_are_left_out(house: House, tmp_path: Path) -> None:
    """Of a person who has been erased nothing is handed over."""
    house.run("DELETE FROM data_keys")
    tally = hand_over(house.hub, "mute", tmp_path / "a.csv")
    assert (tally.done, tally.words["erased"]) == (0, 3)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+62 812", "'+62 812"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("\n=1", "'\n=1"),
        ("\x00=1", "'=1"),
        ("a\x07\ud800b\uffff", "ab"),
        ("Jalan rusak = parah", "Jalan rusak = parah"),
        ("😀 baik", "😀 baik"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    """What citizens and agencies write is text in every spreadsheet program, in full width as well."""
    assert sheets.safe(text) == cell


def test_a_long_text_is_whole(tmp_path: Path) -> None:
    """A cell of a sheet holds 32,767 characters; a longer text goes on beside it."""
    path, text = tmp_path / "a.xlsx", "kata " * 20_000
    sheets.write(path, ["kabar"], [[text]])
    assert "".join(read(path)[1]) == text


def test_what_did_not_get_through_is_listed_and_settled(house: House) -> None:
    """A person finds the answers, says that they did not arrive, and they leave once more; each decision has its entry."""
    house.run("UPDATE replies SET state = 'refused', code = 'http_422' WHERE state = 'sent'")
    with house.store.begin() as work:
        assert undelivered.closed(work) == {"mute": {"no_reply": 3}}
        found = undelivered.listed(work)
    assert [(one.connector, one.state, one.code, one.due_at) for one in found] == [
        ("portal", "refused", "http_422", None)
    ] * 3
    tally = resolve(house.hub, [str(found[0].id)], state="queued", by="sari", because="portal diperbaiki")
    assert tally.done == 1
    before = len(house.doors["portal"].taken)
    follow(house.hub)
    assert len(house.doors["portal"].taken) == before + 1
    assert house.doors["portal"].taken[-1].message_id == house.doors["portal"].taken[0].message_id
    tally = resolve(house.hub, [str(found[0].complaint)], state="no_door", by="sari", because="sudah ditelepon")
    assert tally.done == 2
    assert resolve(house.hub, ["999999", "x"], state="sent", by="sari", because="-").failed
    entries = house.entries("redriven") + house.entries("resolved")
    assert [(entry["actor"], entry["count"], entry["detail"]["because"]) for entry in entries] == [
        ("sari", 1, "portal diperbaiki"),
        ("sari", 2, "sudah ditelepon"),
    ]


def test_a_mended_manifest_is_no_reason_to_tell_twice(house: House, tmp_path: Path) -> None:
    """A portal that gets a way in later is told what is new; what was handed over as a file is not told again."""
    hand_over(house.hub, "mute", tmp_path / "a.csv")
    house.manifests["mute"] = replace(house.manifests["mute"], reply={"url": "http://127.0.0.1:9/m"})
    house.registry.news["1"].append(status("Selesai", 9))  # type: ignore[union-attr]
    house.later(minutes=1)
    follow(house.hub)
    assert len(house.doors["mute"].taken) == 1


def test_doors_that_cannot_answer_are_shown(house: House) -> None:
    """Status and watch say how many answers found no way back, at which connector and why, in both languages."""
    (mute,) = states(house.hub, "mute")
    assert mute.no_door == {"no_reply": 3}
    shown = "\n".join(page(mute, ledger(house.hub, mute), house.now))
    said = "3 jawaban / answers: kanal tidak punya jalan untuk jawaban / the connector has no way in for answers (no_reply)"
    assert said in shown
    tally = watch(house.hub)
    assert tally.words["answers_no_door"] == 3
    assert any(note.startswith("mute: 3 jawaban tanpa jalan kembali / answers without") for note in tally.notes)
