"""Drafts of manifests: mostly right, never made up, without a word of what citizens wrote, and accepted by check."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import listing, manifest
from connectors.build import channel
from connectors.drafting import draft as drafting
from connectors.drafting import names, samples, words_of_values
from connectors.drafting.draft import About, draft
from connectors.drafting.looks import dated
from connectors.errors import Misconfigured
from connectors.known import names as kinds
from connectors.mapping import compile as compile_mapping
from schemas import words
from tests.unit.connectors.drafting import scoring

HERE = About(name="contoh", region="35.10")
SAMPLES = sorted(scoring.truths())


def made(kind: str, sample: Any) -> drafting.Draft:
    """A draft from a sample that is given as bytes, text or JSON."""
    if not isinstance(sample, bytes):
        sample = (sample if isinstance(sample, str) else json.dumps(sample)).encode()
    return draft(kind, sample, HERE)


@pytest.mark.parametrize(("group", "least"), [("known", 0.9), ("unseen", 0.7), ("fresh", 0.7)])
def test_drafts_are_mostly_right(group: str, least: float) -> None:
    """Of all fields of the shapes at least 90 % are right, of shapes of other styles at least 70 %."""
    assert scoring.share(scoring.scores(group)) >= least


def test_the_page_tells_what_is_measured() -> None:
    """docs/drafts.md shows the figures and failures of these very rules."""
    assert scoring.PAGE.read_text(encoding="utf-8") == scoring.page()


ROWS = [["12", "A-1001", "28-08-2024 08:45:00", "0812 3450 0011", "Lampu jalan di gang pasar sudah lama mati", "Selesai"],
        ["13", "A-1002", "29-08-2024 18:05:00", "0812 3450 0022", "Sampah menumpuk di depan sekolah", "Proses"]]  # fmt: skip


def test_rows_without_names_are_given_some(tmp_path: Path) -> None:
    """DataTables sends rows without names: the draft names their columns, reads them, and has a person look at each guess."""
    page = {"draw": 1, "recordsTotal": 2, "data": ROWS}
    text = made("rest", page).text
    path = tmp_path / "contoh.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = manifest.load(path)
    assert loaded.options["items"].startswith("data[*].{kolom_1: [0], ")
    assert loaded.options["ref"] == "kolom_2"
    assert {name: loaded.fields[name] for name in ("body", "source_status", "reporter.phone_e164")} == {
        "body": "kolom_5",
        "source_status": "kolom_6",
        "reporter.phone_e164": "kolom_4",
    }
    found = listing.reader(items=loaded.options["items"], ref="kolom_2", total="recordsTotal")(
        json.dumps(page).encode()
    )
    assert [one.ref for one in found.items] == ['"A-1001"', '"A-1002"']
    assert all("PERIKSA / CHECK" in line for line in text.splitlines() if line.startswith("  body:"))


def test_rows_are_called_after_the_names_beside_them() -> None:
    """{"columns": ["Nomor Tiket", …], "rows": [[…]]}: the names that stand beside the rows are theirs."""
    page = {"columns": ["No", "Nomor Tiket", "Tanggal Lapor", "No HP", "Isi Aduan", "Status"], "rows": ROWS}
    assert made("rest", page).chosen["body"] == "isi_aduan"


def workbook(*rows: Any, merged: str = "", sheets: int = 1) -> bytes:
    """An XLSX with these rows on its first sheet."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Register")
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(at, column, cell)
        if merged:
            sheet.merge_range(merged, "Pelapor")
        for number in range(1, sheets):
            book.add_worksheet(f"Lain {number}").write(0, 0, "x")
    return file.getvalue()


NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = ("No", "Tanggal", "Nama", "No HP", "Uraian Aduan")
BODY = (1, "28/08/2024", "Warga Satu", "081234500011", "Lampu jalan di gang pasar sudah lama mati")


def test_a_workbook_is_a_sample(tmp_path: Path) -> None:
    """A desk's XLSX makes a draft as it is, and the draft reads that very file."""
    data = workbook(("REGISTER PENGADUAN",), (), HEAD, BODY, sheets=2)
    text = made("files", data).text
    path = tmp_path / "contoh.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = manifest.load(path)
    assert (loaded.fields["body"], loaded.options["sheet"]) == ("uraian_aduan", "Register")
    (item,) = channel(loaded).look(data, NOW).items  # type: ignore[attr-defined]
    assert (item.trouble, item.payload["tanggal"]) == (None, "2024-08-28")
    assert BODY[2] not in text


def test_two_rows_of_names_are_seen(tmp_path: Path) -> None:
    """ "Pelapor" over "Nama" and "No HP" is a header of two rows, and the draft says so."""
    data = workbook(("No", "Tanggal", None, None, "Uraian Aduan"), (None, None, "Nama", "No HP"), BODY, merged="C1:D1")
    path = tmp_path / "contoh.yaml"
    path.write_text(made("files", data).text, encoding="utf-8")
    loaded = manifest.load(path)
    assert (loaded.options["header"], loaded.fields["reporter.name"]) == (2, "pelapor_nama")
    (item,) = channel(loaded).look(data, NOW).items  # type: ignore[attr-defined]
    assert item.payload["pelapor_no_hp"] == "081234500011"


PLACES = [
    ({"id": 1, "title": {"rendered": "Jalan"}, "content": {"rendered": "Jalan rusak di pasar"}}, "title.rendered", "title"),
    ({"profil": {"nama_lengkap": "Warga Satu"}, "laporan": "Jalan rusak di pasar"}, "profil.nama_lengkap", "reporter.name"),
    ({"user_id": "7f9c24e8-3b12-4f0a-9d55-0a1b2c3d4e00", "laporan": "Jalan rusak di pasar"}, None, "reporter.name"),
    ({"kd_keluhan": "KLH01", "id_keluhan": 1, "keluhan": "Jalan rusak di pasar"}, None, "category_code"),
    ({"from": "6281234500011@c.us", "body": "Jalan rusak di pasar"}, None, "reporter.email"),
    ({"geometry": {"x": 112.75, "y": -7.25}, "isi": "Jalan rusak di pasar"}, "geometry.y", "latitude"),
    ({"tgl": "20240828151500", "isi": "Jalan rusak di pasar"}, "%Y%m%d%H%M%S", "submitted_at.format"),
    ([{"field_nama": [{"value": "Warga"}], "field_isi": [{"value": "Jalan rusak"}]}], "field_nama[0].value", "reporter.name"),
    ({"-Nx1": {"isi": "Jalan rusak", "nama": "A"}, "-Nx2": {"isi": "Lampu", "nama": "B"}}, "values(@)", "items"),
    ({"status": "published", "isi": "Jalan rusak di pasar", "organization_id": None}, None, "target_institution"),
    ({"__typename": "Aduan", "isi": "Jalan rusak di pasar"}, None, "kind"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "place", "field"), PLACES)
def test_places_of_portals_met_later(item: Any, place: str | None, field: str) -> None:
    """What programs wrap a value in, keys of other tables and chat addresses are told from what citizens fill in."""
    assert made("rest", item if field == "items" or isinstance(item, list) else [item]).chosen.get(field) == place


def test_a_kind_that_cannot_read_the_sample_says_so() -> None:
    """A draft of kind rest from XML or a table has a line that tells the right kind."""
    assert (
        "CHECK contohnya XML" in made("rest", "<daftar><aduan><id>1</id><isi>Jalan rusak</isi></aduan></daftar>").text
    )
    assert "pakai jenis files" in made("rest", "tanggal;isi aduan\n1/1/2024;Jalan rusak\n").text


def test_a_list_below_the_root_is_found() -> None:
    """<respon><daftar><aduan>…: the list is named, and its items' fields stand directly in them."""
    xml = (
        "<respon><daftar>"
        + "<aduan><no>{}</no><isi>Jalan rusak di depan pasar</isi></aduan>" * 2
        + "</daftar></respon>"
    )
    chosen = made("rest", xml.format(1, 2)).chosen
    assert (chosen["items"], chosen["ref"], chosen["body"]) == ("respon.daftar.aduan", "no", "isi")


@pytest.mark.parametrize("kind", sorted(kinds()))
@pytest.mark.parametrize("sample", ["20-laravel.json", "13-google-form.csv", "12-sekolah.sql", "18-open311.xml"])
def test_a_draft_of_every_kind_passes_the_check(kind: str, sample: str, tmp_path: Path) -> None:
    """Whatever kind is asked for, the draft is a manifest that the hub can read."""
    path = tmp_path / "contoh.yaml"
    path.write_text(made(kind, (scoring.SHAPES / sample).read_bytes()).text, encoding="utf-8")
    assert channel(manifest.load(path)) is not None


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_shape_makes_a_manifest(sample: str, tmp_path: Path) -> None:
    """No sample makes a draft that check refuses."""
    path = tmp_path / "contoh.yaml"
    path.write_text(made("rest", (scoring.SHAPES / sample).read_bytes()).text, encoding="utf-8")
    assert manifest.load(path).shadow


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.endswith((".json", ".csv"))])
def test_a_draft_reads_its_own_sample(sample: str, tmp_path: Path) -> None:
    """What a draft maps can be read: every item of the sample has its text, and none is kept back."""
    data = (scoring.SHAPES / sample).read_bytes()
    path = tmp_path / "contoh.yaml"
    path.write_text(
        draft("rest", data, About(name="contoh", region=scoring.truths()[sample]["region"])).text, encoding="utf-8"
    )
    mapping = compile_mapping(manifest.load(path))
    for item in samples.read(data).items:
        read = mapping.apply(item, datetime(2026, 11, 22, tzinfo=UTC))
        assert (read.problems, "body" in read.values) == ((), True)


def told(value: Any) -> Iterator[str]:
    """Every text of a sample."""
    if isinstance(value, dict):
        for one in value.values():
            yield from told(one)
    elif isinstance(value, list):
        for one in value:
            yield from told(one)
    elif value is not None:
        yield str(value)


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.endswith((".json", ".csv"))])
def test_nothing_that_citizens_wrote_is_in_a_draft(sample: str) -> None:
    """Names, numbers, addresses, places and texts of the sample are nowhere in the draft."""
    body = (scoring.SHAPES / sample).read_text(encoding="utf-8")
    texts = set(
        told(json.loads(body))
        if sample.endswith(".json")
        else (cell for row in csv.reader(body.splitlines()[1:]) for cell in row)
    )
    written = made("rest", body).text
    personal = {one for one in texts if re.search(r"[0-9]{5}|@|Warga|Jl\.|Kp\.|Dusun|://", one) or len(one) > 30}
    assert personal
    assert [one for one in personal if one in written] == []


def test_fields_called_after_people_are_not_written() -> None:
    """A listing whose names are numbers or addresses of people gives none of them away."""
    items = [{"id": 1, "isi": "Jalan rusak di depan pasar desa", "081200000001": "ya", "satu@contoh.id": 2}]
    text = made("rest", {"data": items}).text
    assert "0812" not in text
    assert "contoh.id" not in text.replace("contoh.go.id", "")


def test_a_name_in_a_list_of_choices_cannot_end_a_line() -> None:
    """Words of the sample stand in quotes: none of them becomes a key or a comment of its own."""
    odd = 'Proses\n  url: "http://lain.id"'
    text = made("rest", {"data": [{"id": 1, "isi": "Jalan rusak sekali", "status": odd}]}).text
    assert "lain.id" not in text


@pytest.mark.parametrize(
    ("values", "format", "doubtful"),
    [
        (["28/08/2024", "01/09/2024"], "%d/%m/%Y", False),
        (["08/28/2024", "09/01/2024"], "%m/%d/%Y", False),
        (["05/06/2024", "07/08/2024"], "%d/%m/%Y", True),
        (["28-08-2024 14.30"], "%d-%m-%Y %H:%M", False),
        (["28 Agustus 2024", "1 Sep 2024"], "", False),
        (["2024-08-28T10:00:00Z"], "iso", False),
        (["2024-08-28 10:00:00", "0000-00-00 00:00:00"], "iso", False),
        ([1722500000, 1722600000], "unix", False),
        (["1722500000000"], "unix", False),
        (["2 jam yang lalu", "kemarin 14.30"], "relative", False),
        ([45622.5, 45623.25], "excel", False),
        (["12-Agu-24"], "%d-%b-%y", False),
    ],
)
def test_the_form_of_dates_is_found(values: list[Any], format: str, doubtful: bool) -> None:
    """The draft proposes the form that all dates of the sample keep, and says where day and month could be swapped."""
    seen = dated(values)
    assert seen is not None
    assert (seen.format, seen.doubtful) == (format, doubtful)


@pytest.mark.parametrize(
    "values", [["besok"], ["2024"], ["-"], [True], [7], ["Jl. Contoh 5"], ["08120000"], [], ["0000-00-00"]]
)
def test_what_is_no_date_has_no_form(values: list[Any]) -> None:
    """Numbers, words and addresses are not taken for dates."""
    assert dated(values) is None


def test_a_doubtful_date_is_marked() -> None:
    """Where no date tells whether the day comes first, a person is asked."""
    text = made("rest", {"data": [{"id": 1, "isi": "Jalan rusak sekali", "tanggal": "05/06/2024"}]}).text
    [line] = [one for one in text.splitlines() if "submitted_at" in one]
    assert "PERIKSA / CHECK" in line


def test_an_unknown_word_is_left_open() -> None:
    """A status that nobody knows is shown and not mapped; a category too."""
    items = [
        {"id": one, "isi": "Jalan rusak sekali", "status": status}
        for one, status in enumerate(("selesai", "kurasi tahap dua"))
    ]
    text = made("rest", {"data": items}).text
    assert "  selesai: resolved" in text
    assert '  # "kurasi tahap dua": "..."  # PERIKSA / CHECK' in text


def test_without_a_region_check_asks_for_it(tmp_path: Path) -> None:
    """A region is never made up: the draft has none until somebody writes it."""
    sample = b'{"data": [{"id": 1, "isi": "Jalan rusak sekali"}]}'
    (tmp_path / "x.yaml").write_text(draft("rest", sample, About(name="x")).text)
    with pytest.raises(Misconfigured, match="there is no such province"):
        manifest.load(tmp_path / "x.yaml")


@pytest.mark.parametrize(
    "sample",
    [
        b"",
        b"   \n",
        b"<html><body>Silakan masuk</body></html>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        b"{",
        b"[1, 2, 3]",
        b"[]",
        b'{"data": []}',
        b"halo",
        b"PK\x03\x04",
        b"CREATE TABLE",
        b"\xff\xfe\x00",
        b"[" * 5000,
        b"a,b\n1,2\n",
    ],
)
def test_what_is_no_sample_is_refused_in_a_sentence(sample: bytes) -> None:
    """An error page, an empty list or half a file ends in a sentence in both languages that quotes nothing."""
    with pytest.raises(Misconfigured) as caught:
        made("rest", sample)
    assert caught.value.indonesian
    assert "Silakan" not in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["id", "isi", "status", "tanggal", "data", "foto", "nama", "koordinat", "tanggapan", "a b"]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=25,
    )
)
def test_any_json_makes_a_draft_or_a_sentence(value: Any) -> None:
    """Whatever a portal answers, drafting ends in a manifest or in a sentence."""
    try:
        text = made("rest", value).text
    except Misconfigured:
        return
    assert text.startswith("# Rancangan")


def test_the_tables_of_words_are_sound() -> None:
    """Every status and category of the tables is one of the hub's, and no word means two things."""
    statuses, categories = names.rows("statuses.csv"), names.rows("categories.csv")
    assert {row["status"] for row in statuses} <= set(words.STATUSES)
    assert {row["category"] for row in categories} <= set(words.CATEGORIES)
    known = [word for row in statuses for word in row["words"].split("|")]
    assert len(known) == len(set(known))
    means = [word for row in names.rows("words.csv") for word in row["means"].split()]
    assert sorted({word for word in means if means.count(word) > 1}) == []


@pytest.mark.parametrize(
    ("values", "inverted", "expected"),
    [
        (["ya", "tidak"], False, {}),
        ([True, False], False, {}),
        ([0, 1], True, {"0": True, "1": False}),
        (["Rahasia", "Publik"], False, {"Rahasia": True, "Publik": False}),
        (["Y", "T"], False, {"Y": True, "T": False}),
        (["T"], False, None),
        (["-", "Rahasia"], False, {"-": False, "Rahasia": True}),
        (["mungkin"], False, None),
        ([], False, None),
    ],
)
def test_flags_are_understood_or_left(values: list[Any], inverted: bool, expected: Any) -> None:
    """Yes and no need no map, words for secret and public get one, anything else is left to a person."""
    assert words_of_values.flags(values, inverted=inverted) == expected
