"""From item to complaint: what is filled in, what is refused and in which words, and what nobody may guess."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import connectors
import schemas
from connectors import mapping
from connectors.manifest import load
from hub.normalise import TROUBLES, Normalised, first_sentence, mentions, normalise, own_refs, registry_numbers
from tests import rich

ID = "6f1c2a1e-6f0b-5a52-9d0c-0f5a3f6f7a10"
NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)

MANIFEST: dict[str, Any] = {
    "version": 1,
    "owner": "Dinas Kominfo Kota Contoh",
    "region": "35.78",
    "channel": "portal",
    "kind": "rest",
    "with": {"url": "https://aduan.contoh.go.id/api", "items": "data", "ref": "id"},
    "fields": {
        "title": "judul",
        "body": "isi",
        "submitted_at": {"path": "tgl", "format": "%d-%m-%Y %H:%M"},
        "category_code": {"path": "kategori", "map": {"JALAN": "roads", "KDRT": "violence_protection"}},
        "source_status": "status",
        "is_anonymous": "anonim",
        "is_confidential": "rahasia",
        "region_code": "wilayah",
        "reporter.national_id": "nik",
        "reporter.phone_e164": "hp",
        "attachments": "foto",
    },
    "statuses": {"diterima": "received", "selesai": "resolved"},
}
MAIL: dict[str, Any] = {
    **MANIFEST,
    "channel": "email",
    "kind": "imap",
    "with": {"host": "surel.contoh.go.id", "user": "aduan", "password": "${secret:SUREL}"},
    "fields": {"body": "text", "title": "subject", "attachments": "attachments"},
}
MAIL.pop("statuses")


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """read(payload, **changes of the manifest) -> Normalised, through a real manifest file."""

    def run(payload: Any, manifest: dict[str, Any] = MANIFEST, **call: Any) -> Normalised:
        path = tmp_path / "contoh.yaml"
        path.write_text(yaml.safe_dump(manifest), encoding="utf-8")
        one = load(path)
        given = {"trouble": None, "ref": "7", "complaint_id": ID, "connector": one.name, "received_at": NOW, **call}
        return normalise(payload=payload, manifest=one, mapping=mapping.compile(one), **given)

    return run


def test_a_plain_item_becomes_a_valid_complaint(read: Any) -> None:
    """What a citizen wrote arrives word for word, with time, category, status and who may see it."""
    found = read(
        {"judul": "Jalan berlubang", "isi": "Jalan di depan pasar berlubang.\r\n", "tgl": "25-11-2026 08:45",
         "kategori": "jalan", "status": "Diterima", "anonim": "tidak", "rahasia": 0, "hp": "0812-3456-7890"}
    )  # fmt: skip
    assert found.problems == ()
    document = found.complaint.document()
    assert schemas.valid("complaint", document)
    assert document["body"] == "Jalan di depan pasar berlubang.\r\n"
    assert (document["submitted_at"], document["submitted_precision"]) == ("2026-11-25T08:45:00+07:00", "minute")
    assert (document["category_code"], document["reporter"]) == ("roads", {"phone_e164": "+6281234567890"})
    assert (document["is_anonymous"], document["is_confidential"], document["kind"]) == (False, False, "complaint")
    assert (found.hub_status, found.wanted, found.unmapped, found.notes) == ("received", True, (), ())


def test_what_is_missing_is_filled_in_carefully(read: Any) -> None:
    """A bare text is a complaint, confidential until somebody says otherwise, titled by its first sentence."""
    complaint = read({"isi": "Yth. Bapak Wali Kota, lampu jalan mati. Mohon diperbaiki."}).complaint
    assert complaint.title == "Yth. Bapak Wali Kota, lampu jalan mati."
    assert (complaint.kind, complaint.is_anonymous, complaint.is_confidential) == ("complaint", False, True)
    assert complaint.region_code is None


def test_a_sensitive_category_is_confidential_whatever_the_portal_says(read: Any) -> None:
    """Somebody beaten at home is never shown to the public because a flag was left at 0."""
    assert read({"isi": "Isi.", "kategori": "KDRT", "rahasia": 0}).complaint.is_confidential is True


def test_unknown_codes_are_listed_not_guessed(read: Any) -> None:
    """Unknown categories and statuses are work for a person; the complaint itself goes on."""
    found = read({"isi": "Isi.", "kategori": "JEMBATAN", "status": "antre", "rahasia": 0})
    assert found.complaint.category_code is None
    assert found.complaint.source_status == "antre"
    assert (found.unmapped, found.hub_status) == (("category_code", "source_status"), "unknown")


def test_a_useless_phone_is_noted_and_left_out(read: Any) -> None:
    """A typing error in a phone number does not cost a citizen the complaint."""
    found = read({"isi": "Isi.", "hp": "123"})
    assert found.complaint.reporter is None
    assert [(note.path, note.rule) for note in found.notes] == [("reporter.phone_e164", "unreadable_phone")]


@pytest.mark.parametrize("written", ["00-00-0000 00:00", "31-02-2026 08:15", "kemarin dulu", 7, ["25-11-2026 08:45"]])
def test_a_date_that_cannot_be_read_costs_nobody_the_complaint(read: Any, written: Any) -> None:
    """A portal's 0000-00-00 is left out with a note and never invented; the complaint goes on without its day."""
    found = read({"isi": "Isi.", "tgl": written})
    assert found.problems == ()
    assert (found.complaint.submitted_at, found.complaint.submitted_precision) == (None, None)
    assert [(note.path, note.rule) for note in found.notes] == [("submitted_at", "unreadable_date")]


PROBLEMS = [
    ({}, "body", "required"),
    ({"isi": "   "}, "body", "required"),
    ({"isi": "\u200b\u200b"}, "body", "pattern"),
    ({"isi": "Isi", "rahasia": "mungkin"}, "is_confidential", "unreadable_flag"),
    ({"isi": "Isi", "nik": "3,57801E+15"}, "reporter.national_id", "digits_lost"),
    ({"isi": ["a"]}, "body", "not_text"),
    ({"isi": "Isi", "foto": [1]}, "attachments", "unreadable_attachment"),
    ({"isi": "Isi", "wilayah": "3174"}, "code_system", "required"),
]


@pytest.mark.parametrize(("payload", "path", "rule"), PROBLEMS)
def test_problems_are_told_in_both_languages_without_the_value(read: Any, payload: Any, path: str, rule: str) -> None:
    """Staff read in their language which field is wrong and what to do; nothing of the citizen's is repeated."""
    found = read(payload)
    assert found.complaint is None
    problem = found.problems[0]
    assert (problem.path, problem.rule) == (path, rule)
    assert problem.id.startswith(f"{path}: ") and problem.en.startswith(f"{path}: ") and problem.id != problem.en
    for value in payload.values():
        assert str(value).strip() == "" or str(value) not in problem.id + problem.en or rule == "not_text"


def test_a_name_of_two_regions_waits_with_both(read: Any) -> None:
    """ "Blitar" keeps the complaint back, and whoever looks reads which two it can be, in both languages."""
    fields = {**MANIFEST["fields"], "region_code": {"path": "wilayah", "names": True}}
    found = read({"isi": "Jalan rusak", "wilayah": "Blitar"}, {**MANIFEST, "fields": fields})
    [problem] = found.problems
    assert problem.rule == "ambiguous_region"
    assert all("Kabupaten Blitar (35.05), Kota Blitar (35.72)" in said for said in (problem.id, problem.en))


def test_relative_dates_count_from_the_receipt(read: Any) -> None:
    """ "2 jam yang lalu" is told from when the hub received the item, to the day only."""
    fields = {**MANIFEST["fields"], "submitted_at": {"path": "tgl", "format": "relative"}}
    document = read({"isi": "Jalan rusak", "tgl": "2 jam yang lalu"}, {**MANIFEST, "fields": fields}).document
    assert (document["submitted_at"], document["submitted_precision"]) == ("2026-11-26T06:30:00+07:00", "day")


def test_everything_that_is_wrong_is_told_at_once(read: Any) -> None:
    """Whoever repairs a channel sees all its faults, not one after the other."""
    found = read({"nik": "3,57801E+15", "rahasia": "mungkin"})
    assert {problem.path for problem in found.problems} == {"reporter.national_id", "is_confidential", "body"}


@pytest.mark.parametrize(("trouble", "ref", "rule"), [("not_json", "7", "not_json"), (None, '"hmac:00ff"', "no_ref")])
def test_an_unreadable_item_says_why(read: Any, trouble: str | None, ref: str, rule: str) -> None:
    """An item that cannot be read, or has no number of its own, waits with its reason."""
    found = read({"isi": "Isi."}, trouble=trouble, ref=ref)
    assert (found.complaint, [problem.rule for problem in found.problems]) == (None, [rule])


def _emitted() -> set[str]:
    """Every code for an unreadable item: what the sources of connectors give as `trouble`, and the codes of BadJson."""
    found: set[str] = set()
    for path in Path(connectors.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.arg] if isinstance(node, ast.keyword) else []
            if isinstance(node, ast.Assign):
                names = [one.id for one in ast.walk(ast.Tuple(elts=node.targets)) if isinstance(one, ast.Name)]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                names = ["trouble"] if node.func.id == "BadJson" else []
            if "trouble" in names and isinstance(node, ast.keyword | ast.Assign | ast.Call):
                parts = node.args if isinstance(node, ast.Call) else [node.value]
                texts = (one.value for part in parts for one in ast.walk(part) if isinstance(one, ast.Constant))
                found |= {text for text in texts if isinstance(text, str)}
    return found


def test_every_trouble_of_a_kind_has_its_own_sentence() -> None:
    """Staff who open the quarantine read what is wrong with an item and what to do, never a code or "cannot be read"."""
    codes = _emitted()
    assert codes >= {"bad_ref", "not_an_object", "number_too_long", "too_large", "unreadable_mail"}
    assert codes >= {"doubled_key", "not_a_number", "too_deep", "not_json", "not_utf8"}
    assert codes <= TROUBLES.keys()
    said = [TROUBLES[code] for code in codes | {""}]
    assert len({indonesian for indonesian, _ in said}) == len({english for _, english in said}) == len(said)


def test_an_item_without_a_number_is_told_so(read: Any) -> None:
    """Whatever a portal puts where its number belongs, staff read that the number is missing, and where to look."""
    found = read({"isi": "Isi."}, trouble="bad_ref", ref='"hmac:00ff"')
    assert [(one.path, one.rule) for one in found.problems] == [("ref", "bad_ref")]
    assert "with.ref" in found.problems[0].id and "with.ref" in found.problems[0].en


@pytest.mark.parametrize(("auto", "wanted"), [(None, True), ("reply", False), ("bounce", False)])
def test_automatic_mail_is_no_complaint(read: Any, auto: str | None, wanted: bool) -> None:
    """Out-of-office answers and bounces are set aside, still readable in case one was a complaint after all."""
    found = read({"subject": "Jalan", "text": "Isi surat.", "auto": auto}, MAIL, ref='"hmac:00ff"')
    assert (found.wanted, found.complaint.title) == (wanted, "Jalan")


def test_only_decides_what_is_a_complaint(read: Any) -> None:
    """What the manifest's `only` leaves out is not wanted, and nothing else is guessed."""
    manifest = {**MANIFEST, "only": "jenis == 'aduan'"}
    assert read({"isi": "Isi.", "jenis": "berita"}, manifest).wanted is False
    assert read({"isi": "Isi.", "jenis": "aduan"}, manifest).wanted is True


def test_files_that_came_along_are_listed_once(read: Any) -> None:
    """Files that came with the item and files it points to stand in one list, none of them twice."""
    given = [{"name": "a.png", "media_type": "image/png", "url": "https://aduan.contoh.go.id/a.png"}]
    found = read({"isi": "Isi.", "foto": ["/a.png", "/b.png"]}, attachments=given)
    assert [one["name"] for one in found.complaint.attachments] == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "payload", [None, [], "teks", 7, {"isi": {"isi": []}}, {"isi": "a", "foto": {"x": 1}, "nik": True}]
)
def test_any_payload_ends_in_a_complaint_or_a_reason(read: Any, payload: Any) -> None:
    """Whatever a channel sends, an item is never lost between complaint and quarantine."""
    found = read(payload)
    assert (found.complaint is None) == bool(found.problems)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Lampu mati. Tolong.", "Lampu mati."),
        ("Lampu mati!Tolong", "Lampu mati!Tolong"),
        ("Di Jl. Mawar No. 3 Kec. Gubeng banjir. Tolong.", "Di Jl. Mawar No. 3 Kec. Gubeng banjir."),
        ("\r\n \nBaris satu\nBaris dua", "Baris satu"),
        ("kata " * 60, ("kata " * 23).strip() + "…"),
        ("x" * 300, "x" * 119 + "…"),
        ("Kapan? Sekarang.", "Kapan?"),
        (" \n ", None),
    ],
)
def test_a_title_is_the_first_sentence(text: str, title: str | None) -> None:
    """A complaint without a title gets one that people can read in a list: one sentence, one line, whole words."""
    assert first_sentence(text) == title


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Lapor ulang #9170001 belum ditanggapi", ("9170001",)),
        ("laporan nomor 9170001 dan laporan no. 9180002", ("9170001", "9180002")),
        ("No. Laporan: 9170001, Tracking ID 9170001", ("9170001",)),
        ("pengaduan saya dengan nomor 12345678", ("12345678",)),
        ("ID SP4N: 9170001", ("9170001",)),
        ("https://www.lapor.go.id/laporan/detil/9170001", ("9170001",)),
        ("telepon 0711350001, uang Rp 9170001", ()),
        ("laporan nomor 123456 dan laporan nomor 123456789", ()),
        ("laporan\ud800 #9170001", ("9170001",)),
        ("NIK 3578010101900001", ()),
    ],
)
def test_registry_numbers_are_found_in_free_text(text: str, numbers: tuple[str, ...]) -> None:
    """A citizen who quotes the number of an earlier report is understood to complain again; other digits are left alone."""
    assert registry_numbers(text) == numbers


def test_our_own_marks_are_found() -> None:
    """A complaint that comes back to us through a portal is known by our mark, whatever became of its letters."""
    text = f"Isi lama. [Ref {ID.upper()}] [ref {ID}] [Ref bukan-uuid] #9170001"
    assert own_refs(text) == (ID,)
    assert mentions(text) == (ID, "9170001")


def test_the_document_the_complaint_and_the_stored_bytes_are_the_same(tmp_path: Path) -> None:
    """What is judged, what is sent and what is kept of a complaint are one text, whatever fields a portal fills."""
    one = rich.manifest(tmp_path)
    compiled = mapping.compile(one)
    for row in rich.rows(60):
        found = rich.normalised(one, compiled, row)
        assert found.complaint.document() == found.document == json.loads(found.encoded)


def test_numbers_of_any_length_are_kept(read: Any) -> None:
    """A portal's own number of thirty digits comes through whole, although it fits no machine word."""
    found = read({"isi": "Isi.", "nomor": 10**30}, {**MANIFEST, "fields": {"body": "isi", "extra.nomor": "nomor"}})
    assert json.loads(found.encoded)["extra"] == {"nomor": 10**30}


def test_an_item_without_complaint_has_no_document(read: Any) -> None:
    """What waits in quarantine is nowhere stored as if it were a complaint."""
    found = read({})
    assert (found.document, found.encoded, found.complaint) == (None, None, None)


@pytest.mark.parametrize(
    ("fields", "payload", "because"),
    [
        ({"is_supervisory": "x"}, {"x": True}, ("supervisory",)),
        ({"is_whistle_blowing": "x"}, {"x": "ya"}, ("whistle_blowing",)),
        ({"reported_party": "x"}, {"x": "Dinas PU"}, ("accused",)),
        ({}, {"isi": "Ada pungli di loket."}, ("class.corruption",)),
        ({"is_supervisory": {"path": "x", "map": {"P": True, "B": False}}}, {"x": "entah"}, ("supervisory",)),
    ],
)
def test_no_manifest_makes_an_accusation_public(
    read: Any, fields: dict[str, Any], payload: dict[str, Any], because: tuple[str, ...]
) -> None:
    """A channel whose manifest says that nothing is confidential exposes no reporter who accuses somebody."""
    open_to_all = {**MANIFEST["fields"], "is_confidential": {"const": False}, **fields}
    found = read({"isi": "Isi.", **payload}, {**MANIFEST, "fields": open_to_all})
    assert found.because == because
    assert found.document["is_confidential"] is True


@pytest.mark.parametrize("name", ["is_anonymous", "is_confidential"])
def test_a_wish_that_nobody_has_mapped_counts_as_said(read: Any, name: str) -> None:
    """Whoever ticked something that we do not understand yet is hidden until somebody maps it."""
    fields = {**MANIFEST["fields"], "is_confidential": {"const": False}}
    fields[name] = {"path": "x", "map": {"ya": True, "tidak": False}}
    found = read({"isi": "Isi.", "x": "anonim|rahasia"}, {**MANIFEST, "fields": fields})
    assert (found.document[name], found.unmapped) == (True, (name,))
