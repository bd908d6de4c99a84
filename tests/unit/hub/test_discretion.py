"""Which complaints are confidential by what they are, and who is accused in a few typed words."""

from __future__ import annotations

from typing import Any

import pytest

from hub.discretion.accused import CODES, Accused, accused, carried, institution_codes, names_somebody, same, standing
from hub.discretion.confidential import reasons
from schemas.words import CATEGORIES

OWNERS = {"35.78": ["Dinas Kominfo Kota Contoh"], "35": ["Dinas Kominfo Provinsi Jawa Timur"]}

WHY: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    # what a complaint says -> why it is confidential
    ({"body": "Jalan berlubang di depan pasar."}, ()),
    ({"body": "Lampu jalan mati dan anak tangga rusak."}, ()),
    ({"body": "Anak saya belum mendapat KIP."}, ()),
    ({"body": "Tolong fogging, ada nyamuk.", "category_code": "health"}, ()),
    ({"body": "Bantuan air bersih untuk penderita banjir.", "category_code": "disaster"}, ()),
    ({"body": "Isi.", "is_supervisory": True}, ("supervisory",)),
    ({"body": "Isi.", "is_supervisory": False}, ()),
    ({"body": "Isi.", "is_whistle_blowing": True}, ("whistle_blowing",)),
    ({"body": "Isi.", "reported_party": "Dinas PU"}, ("accused",)),
    ({"body": "Isi.", "reported_party": "-"}, ()),
    ({"body": "Isi.", "category_code": "violence_protection"}, ("class.violence",)),
    ({"body": "Tetangga saya korban K.D.R.T dan KDRT lagi."}, ("class.violence",)),
    ({"body": "Adik saya positif HIV dan ditolak berobat."}, ("class.diagnosis",)),
    ({"body": "Ibu saya kanker, kamar penuh.", "category_code": "health"}, ("class.diagnosis",)),
    ({"body": "Ibu saya kanker, kamar penuh."}, ("class.diagnosis",)),
    ({"body": "Gelang peduli kanker dijual di pasar.", "category_code": "consumer"}, ()),
    ({"body": "Siswa kelas dua ditampar gurunya.", "category_code": "education"}, ("class.children",)),
    ({"body": "Pekerja anak di pabrik itu."}, ("class.children",)),
    ({"body": "Ada PUNGLI di loket, minta uang pelicin."}, ("class.corruption",)),
    ({"body": "Kades meng\u00adkorupsi dana desa."}, ("class.corruption",)),
    ({"body": "Dana desa di\u200bkorupsi — tolong."}, ("class.corruption",)),
    ({"title": "Pungutan\nliar", "body": "Di loket."}, ("class.corruption",)),
    ({"body": "ｋｏｒｕｐｓｉ di kantor."}, ("class.corruption",)),
    ({"body": "Suap.", "is_supervisory": True, "reported_party": "Camat"}, ("supervisory", "accused", "class.corruption")),
    ({}, ()),
]  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), WHY)
def test_what_is_sensitive_is_confidential_and_says_why(document: dict[str, Any], expected: tuple[str, ...]) -> None:
    """Accusations, violence, diagnoses and harmed children are confidential; a broken street light stays open."""
    assert reasons(document) == expected


def test_the_reasons_quote_nothing() -> None:
    """A reason goes into the log: it is one of a few codes, whatever the citizen wrote."""
    assert reasons({"body": "Pungli oleh Budi NIK 3578010101010001", "reported_party": "Budi"}) == (
        "accused",
        "class.corruption",
    )


def test_only_categories_that_exist_make_a_complaint_sensitive() -> None:
    """A misspelt category in the list would protect nobody."""
    from hub.discretion import confidential

    assert set(confidential._BY_CATEGORY) <= set(CATEGORIES)


def hidden(word: str, *where: str) -> Accused:
    return Accused(word=word, hidden_from=where)


PARTIES: list[tuple[str | None, Accused | None]] = [
    # who is accused on the channel of Dinas Kominfo Kota Contoh (35.78) -> who must not see it
    (None, None),
    ("", None),
    (" - ", None),
    ("Tidak tahu.", None),
    ("Dinas PU", hidden("named", "pekerjaan_umum")),
    ("Dinas Pekerjaan Umum Kab. X", hidden("named", "pekerjaan_umum")),
    ("DPUPR", hidden("named", "pekerjaan_umum")),
    ("Lurah Sukamaju dan Dinas PUPR", hidden("named", "kelurahan", "pekerjaan_umum")),
    ("Diskominfo", hidden("named", "35", "35.78", "kominfo")),
    ("Kepala Dinas Kominfo", hidden("named", "35", "35.78", "kominfo")),
    ("ＤＩＳＫＯＭＩＮＦＯ", hidden("named", "35", "35.78", "kominfo")),
    ("Dinas Komunikasi & Informatika Kota Contoh", hidden("named", "35.78", "kominfo")),
    ("Dinas Kominfo Kota Lain", hidden("named", "kominfo")),
    ("Kominfo Provinsi Jawa Timur", hidden("named", "35", "kominfo")),
    ("Pemkot", hidden("named", "35.78")),
    ("Walikota Budi", hidden("named", "35.78")),
    ("Gubernur", hidden("named", "35")),
    ("Sekretaris Daerah", hidden("named", "35", "35.78", "sekretariat")),
    ("Inspektorat", hidden("named", "inspektorat")),
    ("Pak Budi", hidden("doubtful", "35", "35.78")),
    ("Badan Yang Belum Pernah Ada", hidden("doubtful", "35", "35.78")),
    ("admin portal ini", hidden("doubtful", "35", "35.78")),
    ("Дискоминфо", hidden("doubtful", "35", "35.78")),
]  # fmt: skip


@pytest.mark.parametrize(("party", "expected"), PARTIES)
def test_the_accused_is_kept_away(party: str | None, expected: Accused | None) -> None:
    """Whoever runs the hub for a region sees nothing that accuses his own institution; in doubt he sees nothing either."""
    assert accused(party, "35.78", OWNERS) == expected


def test_an_owner_whom_we_cannot_read_is_accused_by_everybody() -> None:
    """Where nobody can say which institution runs the channel, its people see no accusation at all."""
    assert accused("Dinas PU", "35.78", {"35.78": ["PT Antah Berantah"]}) == hidden("named", "35.78", "pekerjaan_umum")


def test_what_is_stored_of_an_accusation_holds_no_typed_word() -> None:
    """The columns are not encrypted, so a name that somebody typed must never get there."""
    for party, _ in PARTIES:
        found = accused(party, "35.78", OWNERS)
        assert found is None or set(found.hidden_from) <= {*CODES, "35", "35.78"}


@pytest.mark.parametrize(
    ("party", "institution", "expected"),
    [
        ("Dinas PU", "Dinas Pekerjaan Umum dan Penataan Ruang", True),
        ("Dinas PU", "Dinas Kesehatan", False),
        ("Dinas PU Kota Contoh", "Dinas PU Kabupaten Lain", False),
        ("Pemkot", "Dinas Kesehatan", True),
        ("Dinas PU", "Pemerintah Kota Contoh", True),
        ("Pak Budi", "Dinas Kesehatan", True),
        ("Dinas PU", "1578", True),
        ("Dinas PU", None, False),
        (None, "Dinas PU", False),
        ("-", "Dinas PU", False),
    ],
)
def test_an_institution_is_compared_with_the_accused(
    party: str | None, institution: str | None, expected: bool
) -> None:
    """When the registry passes an accusation on, whoever may be the accused counts as him."""
    assert same(party, institution) is expected


def test_people_of_an_institution_have_its_codes() -> None:
    """However an institution writes its name, its people are kept away from what accuses it."""
    names = ("Dinas PU", "DPUPR Kota Contoh", "Dinas Pekerjaan Umum dan Penataan Ruang", "dinas  p u p r / PUPR")
    assert {institution_codes(name) for name in names} == {("pekerjaan_umum",)}
    assert institution_codes("Toko Makmur") == ()
    assert names_somebody("Toko Makmur")


KOMINFO, PU = hidden("named", "35.78", "kominfo"), hidden("named", "pekerjaan_umum")
LATER: list[tuple[Accused | None, Accused | None, bool, Accused | None]] = [
    # what was hidden, what the later version accuses, whether in the same words -> what holds
    (None, None, True, None),
    (None, PU, False, PU),
    (KOMINFO, None, False, KOMINFO),
    (KOMINFO, PU, False, hidden("named", "35.78", "kominfo", "pekerjaan_umum")),
    (hidden("confirmed", "kominfo"), KOMINFO, True, hidden("confirmed", "kominfo")),
    (hidden("cleared"), KOMINFO, True, hidden("cleared")),
    (hidden("cleared"), KOMINFO, False, KOMINFO),
]


@pytest.mark.parametrize(("was", "now", "unchanged", "expected"), LATER)
def test_a_later_version_uncovers_nothing(
    was: Accused | None, now: Accused | None, unchanged: bool, expected: Accused | None
) -> None:
    """Whoever runs the portal cannot take the accusation out of it; only a person of the Inspektorat does that."""
    assert standing(was, now, unchanged=unchanged) == expected


def test_an_accusation_is_carried_into_later_versions() -> None:
    """The registry is told of it, and it stays confidential, also where the portal has left it out."""
    before = {"body": "Isi.", "reported_party": "Diskominfo", "is_supervisory": True, "is_confidential": True}
    after = {"body": "Isi lain.", "is_confidential": False}
    assert carried(before, after) == {**before, "body": "Isi lain."}
    assert carried({"body": "Isi.", "is_confidential": True}, after) is after
    assert carried(None, after) is after
