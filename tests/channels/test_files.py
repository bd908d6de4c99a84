"""The kind `files`: every row of every file once, what cannot be read told with file and row, nothing outside the folder."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors import build
from connectors.base import Context, Item, Position, Window
from connectors.errors import Misconfigured, Unavailable
from connectors.kinds.files import Files
from connectors.mail import Parser
from connectors.manifest import load
from connectors.net import dialler
from connectors.reading import Batch, Outcome, Seen, read
from tests.channels.fakes import desk
from tests.channels.fakes.mailbox import Box, imap

NOW = datetime(2026, 12, 1, tzinfo=UTC)
OLD = NOW.timestamp() - 3600


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The folder of one desk, below the operator's root."""
    folder = tmp_path / "inbox" / "meja"
    folder.mkdir(parents=True)
    return folder


def context(inbox: Path) -> Context:
    return Context(http=None, dial=print, secret=str, clock=lambda: NOW, roots=(inbox.parent,))  # type: ignore[arg-type]


def channel(**more: Any) -> Files:
    options: dict[str, Any] = {
        "columns": desk.COLUMNS,
        "dates": {"waktu": "%d/%m/%Y %H:%M:%S"},
        "zone": "Asia/Makassar",
    }
    return Files(**{"folder": "meja", **options, **more})


def run(inbox: Path, after: Position | None = None, **more: Any) -> tuple[list[Item], Outcome]:
    items: list[Item] = []
    for step in read(channel(**more), context(inbox), Window(since=None, until=NOW, after=after or {})):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def said(item: Item) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(item.raw)
    return found


def test_a_workbook_and_a_csv_of_the_same_rows_are_the_same(inbox: Path) -> None:
    """A desk may save its register as XLSX today and as CSV tomorrow: no row is a new complaint for that."""
    rows = [desk.row(n) for n in range(1, 21)]
    desk.put(inbox, "a.xlsx", desk.book(rows), OLD)
    first, outcome = run(inbox)
    assert (len(first), outcome.closed, outcome.items) == (20, True, 20)
    desk.put(inbox, "b.csv", desk.text(rows).encode("utf-8-sig"), OLD + 1)
    later, outcome = run(inbox, outcome.mark)
    assert [(one.ref, one.raw) for one in later] == [(one.ref, one.raw) for one in first]
    assert said(first[0])["waktu"] == "2026-11-02T08:01:00+08:00"
    assert said(first[0])["no_hp_wa"] == "081200000001"


def test_a_file_that_was_read_is_not_read_again(inbox: Path) -> None:
    """The mark knows each file by name, size and time; a new one, or a changed one, is read, and a sweep reads all."""
    desk.put(inbox, "a.csv", desk.text([desk.row(1)]).encode(), OLD)
    _, outcome = run(inbox)
    assert run(inbox, outcome.mark)[0] == []
    desk.put(inbox, "a.csv", desk.text([desk.row(1), desk.row(2)]).encode(), OLD + 5)
    items, outcome = run(inbox, outcome.mark)
    assert (len(items), len(outcome.mark["seen"])) == (2, 1)
    assert len(run(inbox)[0]) == 2


def test_the_same_file_twice_and_overlapping_files_are_tolerated(inbox: Path) -> None:
    """Each file holds the last three days: a row that two of them hold is one complaint, and the proof stands."""
    for day in range(4):
        rows = [desk.row(n) for n in range(day * 400, day * 400 + 1200)]
        desk.put(inbox, f"hari-{day}.csv", desk.text(rows).encode(), OLD + day)
    desk.put(inbox, "salinan.csv", (inbox / "hari-2.csv").read_bytes(), OLD + 9)
    items, outcome = run(inbox)
    assert (len({one.ref for one in items}), len(items), outcome.closed) == (2400, 2400, True)


def test_rows_that_say_the_same_in_one_file_are_two(inbox: Path) -> None:
    """Two people may have reported in the same words: without an id they are told apart by their order."""
    desk.put(inbox, "a.csv", desk.text([desk.row(1), desk.row(1), desk.row(2)]).encode(), OLD)
    assert len({one.ref for one in run(inbox)[0]}) == 3


def test_an_id_column_names_a_row_for_ever(inbox: Path) -> None:
    """A corrected text under the same number is a later version, not another complaint; two columns may be the id."""
    desk.put(inbox, "a.csv", desk.text([desk.row(7)]).encode(), OLD)
    desk.put(inbox, "b.xlsx", desk.book([desk.row(7, isi="Diperbaiki.")]), OLD + 1)
    assert [one.ref for one in run(inbox, id=["kecamatan", "No"])[0]] == ['"Rantau Badauh/7"'] * 2


LOST = [3.27e15, "3.27E+15", "3,27E+15", 3271012345678901, 6304010101900001.0, "3.27101e+15"]


@pytest.mark.parametrize("nik", LOST)
def test_lost_digits_are_refused_with_their_row(inbox: Path, nik: Any) -> None:
    """A NIK of which Excel has kept 3.27E+15 is never guessed: the row waits with its number, the others go on."""
    rows = [desk.row(1), desk.row(2, nik=nik), desk.row(3)]
    desk.put(inbox, "a.xlsx", desk.book(rows), OLD)
    items, outcome = run(inbox)
    assert [one.trouble for one in items] == [None, "digits_lost:3", None]
    assert outcome.closed


def test_dates_are_read_in_the_form_that_was_confirmed(inbox: Path) -> None:
    """Text, a date of Excel, and a bare serial in one column are the same moment, in the desk's own zone."""
    forms = ["28/08/2024 15:50:27", datetime(2024, 8, 28, 15, 50, 27), 45532.66003472222, "45532,66003472222"]
    desk.put(inbox, "a.xlsx", desk.book([desk.row(n, waktu=form) for n, form in enumerate(forms)]), OLD)
    assert [said(one)["waktu"] for one in run(inbox)[0]] == ["2024-08-28T15:50:27+08:00"] * 4


def test_two_header_rows_merged_cells_and_a_letterhead(inbox: Path) -> None:
    """A register as offices draw it: its head is found below the letterhead, what is merged downwards holds for each row."""
    head = [
        ["PEMERINTAH KABUPATEN CONTOH"], [],
        ["No", "Tanggal Pengaduan", "Pelapor", None, "Kecamatan", "Permasalahan"],
        [None, None, "Nama", "NIK", None, None],
    ]  # fmt: skip
    rows = [[n, "01/11/2026 08:00:00", f"Warga {n}", "6304010101900001", None, f"Aduan {n}"] for n in range(1, 4)]
    merge = [(2, 2, 2, 3, "Pelapor"), (4, 4, 6, 4, "Marabahan")]
    desk.put(inbox, "a.xlsx", desk.book(rows, head=head, merge=merge), OLD)
    columns = {"nama": "Pelapor Nama", "kecamatan": "Kecamatan", "isi": "Permasalahan"}
    items, _ = run(inbox, header=2, columns=columns, dates={})
    assert [said(one)["nama"] for one in items] == ["Warga 1", "Warga 2", "Warga 3"]
    assert {said(one)["kecamatan"] for one in items} == {"Marabahan"}
    assert said(items[0])["pelapor_nik"] == "6304010101900001"


def test_headers_drift(inbox: Path) -> None:
    """Case, signs and order of headers may change, another agreed name may come, new columns do no harm."""
    rows = [desk.row(n) for n in (1, 2)]
    desk.put(inbox, "a.csv", desk.text(rows).encode(), OLD)
    head = ("NO.", "tanggal  pengaduan", "NAMA-PENGADU", "nik", "no hp", "Kecamatan ", "Uraian aduan", "ket", "Petugas")
    desk.put(inbox, "b.csv", desk.text([[*one, "Petugas A"] for one in rows], head=head).encode(), OLD + 1)
    items, outcome = run(inbox)
    assert outcome.closed
    assert [one.ref for one in items[:2]] == [one.ref for one in items[2:]]


@pytest.mark.parametrize(
    ("content", "more", "code", "words"),
    [
        (desk.text([desk.row(1)], delimiter=";"), {}, "no_column", "a.csv, line 1: no column is called"),
        (desk.text([desk.row(1)], delimiter=";"), {}, "no_column", "delimiter ';'"),
        (desk.text([desk.row(1)], head=("a",) * 8), {}, "no_column", "isi, kecamatan, nama, waktu"),
        (desk.text([desk.row(1), desk.row(2, isi="Caf\u00e9")]).encode("cp1252"), {}, "bad_encoding", "a.csv, line 3"),
        (desk.text([desk.row(1, isi="Caf\u00e9")]), {"encoding": "windows-1252"}, "bad_encoding", "utf-8"),
        (desk.text([desk.row(1)]) + '9,01/11/2026,"Bud', {}, "cut_short", "a.csv, line 3"),
        (desk.text([desk.row(1)]) + "9,01/11/20", {}, "cut_short", "a.csv, line 3"),
        (desk.book([desk.row(1)], sheets=("A", "B")), {}, "which_sheet", "with.sheet"),
        (desk.book([desk.row(1)]), {"sheet": "Lain"}, "no_sheet", "with.sheet"),
        (desk.book([desk.row(1)])[:3000], {}, "unreadable_book", "cut short or broken"),
        (b"\x00\x01\x02" * 50, {}, "no_text", "no CSV"),
        (b"\r\n <table><tr><td>isi</td></tr></table>", {}, "no_text", "no CSV"),
        (b'<?xml version="1.0"?><Workbook/>', {}, "no_text", "no CSV"),
        (b"%PDF-1.4\n", {}, "no_text", "no CSV"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_as_confirmed_is_owed_and_named(
    inbox: Path, content: str | bytes, more: dict[str, Any], code: str, words: str
) -> None:
    """A wrong delimiter, encoding, header or a file that breaks off is an error with file and line; the next file is read."""
    desk.put(inbox, "a.csv", content if isinstance(content, bytes) else content.encode(), OLD)
    whole = desk.text([desk.row(5)]).encode() if "sheet" not in more else desk.book([desk.row(5)], sheets=("Lain",))
    desk.put(inbox, "b.csv", whole, OLD + 1)
    items, outcome = run(inbox, **more)
    assert (outcome.closed, outcome.code) == (False, code)
    assert outcome.error and words in f"{outcome.error.what} {outcome.error.hint}"
    assert outcome.error.indonesian
    assert len(items) == 1


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_excels_line_about_the_delimiter_is_no_row(inbox: Path, mark: bytes) -> None:
    """`sep=;` before the titles costs nothing, and rows keep the numbers that a spreadsheet shows."""
    text = desk.text([desk.row(1), desk.row(2)]).splitlines(keepends=True)
    text[2] = text[2].rstrip() + ",sisa\r\n"
    desk.put(inbox, "a.csv", mark + b"sep=,\r\n" + "".join(text).encode(), OLD)
    items, _ = run(inbox)
    assert [one.trouble for one in items] == [None, "cells_beyond:4"]


def test_rows_that_cannot_be_read_wait_with_their_number(inbox: Path) -> None:
    """A broken quotation or a delimiter inside of a text costs its own row, and that one is kept."""
    text = desk.text([desk.row(1), desk.row(2), desk.row(3)]).splitlines(keepends=True)
    text[1] = text[1].replace("Warga 1", '"Warga" 1')
    text[2] = text[2].rstrip() + ",sisa\r\n"
    desk.put(inbox, "a.csv", "".join(text).encode(), OLD)
    items, outcome = run(inbox)
    assert [one.trouble for one in items] == ["bad_row:2", "cells_beyond:3", None]
    assert outcome.closed


def test_the_sheet_that_is_shown_is_read(inbox: Path) -> None:
    """A hidden sheet with lists does not make a workbook ambiguous; a name chooses among several."""
    desk.put(inbox, "a.xlsx", desk.book([desk.row(1)], sheets=("Aduan", "Daftar"), hidden="Daftar"), OLD)
    assert len(run(inbox)[0]) == 1
    desk.put(inbox, "a.xlsx", desk.book([desk.row(1)], sheets=("Aduan", "Rekap")), OLD)
    assert len(run(inbox, sheet="aduan")[0]) == 1


def test_a_file_that_is_still_written_is_left_alone(inbox: Path) -> None:
    """Names of unfinished transfers, lock files and what changed a moment ago wait for the next time, and nothing is owed."""
    content = desk.text([desk.row(1)]).encode()
    for name in ("a.csv.part", "~$a.xlsx", ".a.csv.swp", "a.csv.filepart", "catatan.docx"):
        desk.put(inbox, name, content, OLD)
    desk.put(inbox, "baru.csv", content, NOW.timestamp() - 5)
    items, outcome = run(inbox)
    assert (items, outcome.closed, outcome.mark) == ([], True, {"seen": []})


def test_nothing_outside_of_the_folder_is_read(inbox: Path, tmp_path: Path) -> None:
    """No path, link or pipe leads out of the operator's folders."""
    secret = desk.put(tmp_path / "rahasia", "s.csv", desk.text([desk.row(1)]).encode(), OLD)
    (inbox / "tautan.csv").symlink_to(secret)
    os.mkfifo(inbox / "pipa.csv")
    assert run(inbox)[0] == []
    (inbox.parent / "keluar").symlink_to(secret.parent)
    for folder in ("../rahasia", str(secret.parent), "keluar", ".", "..", "/etc", str(inbox.parent)):
        _, outcome = run(inbox, folder=folder)
        assert isinstance(outcome.error, Misconfigured)
        assert outcome.error.code == "folder_refused"
    _, outcome = run(inbox, folder="belum-ada")
    assert isinstance(outcome.error, Unavailable)


def test_a_reading_goes_on_where_it_was_cut(inbox: Path) -> None:
    """Behind any page another process goes on; where files were exchanged meanwhile it begins anew, and nothing is lost."""
    for number in range(3):
        rows = [desk.row(n) for n in range(number * 1200, number * 1200 + 1200)]
        desk.put(inbox, f"{number}.csv", desk.text(rows).encode(), OLD + number)
    window = Window(since=None, until=NOW)
    steps = [one for one in read(channel(), context(inbox), window) if isinstance(one, Batch)]
    everything = {item.ref for one in steps for item in one.items}
    assert len(everything) == 3600
    for cut in (1, 3, 4, 7):
        before: list[Seen] = [one.page for one in steps[:cut] if one.page]
        met = {item.ref for one in steps[:cut] for item in one.items}
        *rest, outcome = read(channel(), context(inbox), window, before=before)
        assert isinstance(outcome, Outcome)
        assert outcome.closed
        assert met | {item.ref for one in rest if isinstance(one, Batch) for item in one.items} == everything
    before = [one.page for one in steps[:4] if one.page]
    desk.put(inbox, "0.csv", desk.text([desk.row(9999)]).encode(), OLD - 1)
    *rest, outcome = read(channel(), context(inbox), window, before=before)
    assert isinstance(outcome, Outcome)
    assert outcome.closed
    refs = {item.ref for one in rest if isinstance(one, Batch) for item in one.items}
    assert len(refs) == 2401


def test_a_bomb_takes_nothing_down(inbox: Path) -> None:
    """A workbook that unpacks to a gigabyte is refused by what it declares, and the next file is read."""
    with zipfile.ZipFile(inbox / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(12):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 10_000_000)
    desk.put(inbox, "a.xlsx", (inbox / "a.xlsx").read_bytes(), OLD)
    desk.put(inbox, "b.csv", desk.text([desk.row(1)]).encode(), OLD)
    items, outcome = run(inbox)
    assert (len(items), outcome.code) == (1, "too_large")


# by mail -------------------------------------------------------------------------------------------------------------


def mailed(number: int, sender: str, *files: tuple[str, bytes], **heads: str) -> bytes:
    """A mail with files."""
    made = EmailMessage()
    made["From"], made["Message-ID"] = sender, f"<m{number}@meja.example>"
    for name, value in heads.items():
        made[name] = value
    made.set_content("Terlampir.")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return bytes(made)


def by_mail(box: Box, after: Position | None = None) -> tuple[list[Item], Outcome]:
    with Parser() as parser:
        ctx = Context(http=None, dial=dialler([ip_network("127.0.0.0/8")]), clock=lambda: NOW, parse_mail=parser,
                      secret=lambda text, host: box.password if text.startswith("$") else text)  # type: ignore[arg-type]  # fmt: skip
        account = {"host": "127.0.0.1", "port": box.port, "tls": "none", "user": "u", "password": "${secret:A}"}
        one = channel(folder=None, mailbox=account, senders=["Meja@Desa.example", "@kecamatan.example"])
        items: list[Item] = []
        for step in read(one, ctx, Window(since=None, until=NOW, after=after or {})):
            if isinstance(step, Outcome):
                return items, step
            items.extend(step.items)
    raise AssertionError


def test_sheets_of_allowed_senders_are_read_and_no_others() -> None:
    """Two sheets of one mail, a sheet that was forwarded, one that is broken: each row once, and nothing is in the way."""
    good = desk.text([desk.row(1), desk.row(2)]).encode()
    other = desk.book([desk.row(3)])
    box = Box(mails={
        1: mailed(1, "meja@desa.example", ("a.csv", good), ("b.xlsx", other), ("foto.jpg", b"x")),
        2: mailed(2, "orang@asing.example", ("c.csv", desk.text([desk.row(9)]).encode())),
        3: mailed(3, "B <b@kecamatan.example>", ("rusak.xlsx", other[:2000])),
        4: mailed(4, "b@kecamatan.example", ("a.csv", good), Subject="Fwd: a"),
        5: mailed(5, "b@kecamatan.example"),
    })  # fmt: skip
    with imap(box):
        items, outcome = by_mail(box)
        assert [one.trouble for one in items] == [None, None, None, "sheet_unreadable"]
        assert (outcome.closed, outcome.mark) == (True, {"uidvalidity": 7, "uid": 5})
        assert said(items[3])["sebab"] == "unreadable_book"
        box.mails[6] = mailed(6, "meja@desa.example", ("d.csv", desk.text([desk.row(4)]).encode()))
        items, outcome = by_mail(box, outcome.mark)
        assert (len(items), outcome.mark) == (1, {"uidvalidity": 7, "uid": 6})
        assert not any(b"STORE" in line for line in box.said)


def test_headers_of_any_script_are_names(inbox: Path) -> None:
    """A header need not be of Latin letters to be a column."""
    head = ("Tanggal", "\uacbd\uae30", "Isi")
    desk.put(inbox, "a.csv", desk.text([["1", "2", "3"]], head=head).encode(), OLD)
    (item,), _ = run(inbox, columns=list(head), dates={})
    assert len(said(item)) == 3


@pytest.mark.parametrize("name", ["files", "sheet"])
def test_the_manifests_of_its_page_are_right(name: str, tmp_path: Path) -> None:
    """Whoever copies a manifest from the page has one that is accepted, and all its keys are known."""
    page = (Path(__file__).parents[2] / "docs" / "kinds" / f"{name}.md").read_text(encoding="utf-8")
    found = [block.partition("```")[0] for block in page.split("```yaml\n")[1:]]
    whole = [text for text in found if text.startswith("version: 1")]
    plain = yaml.safe_load(whole[0])
    parts = [plain | yaml.safe_load(text) for text in found if text not in whole]
    for number, text in enumerate([*whole, *map(yaml.safe_dump, parts)]):
        file = tmp_path / f"contoh-{number}.yaml"
        file.write_text(text, encoding="utf-8")
        assert build.channel(load(file))
