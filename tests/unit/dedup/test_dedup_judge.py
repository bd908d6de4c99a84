"""The verdict as a table: what is the same, what a person looks at, what is new."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.judge import RULES, Doc, document, judge, pack, unpack

HOLE = (
    "Ada lubang besar di Jalan Cempaka dekat jembatan gantung, "
    "sudah dua motor terperosok malam hari karena tidak ada lampu."
)
SCHOOL = (
    "Atap ruang kelas SD Negeri Contoh bocor di tiga tempat, "
    "buku basah dan anak-anak belajar di teras setiap hujan turun."
)


def doc(text: str, **fields: Any) -> Doc:
    known: dict[str, Any] = {"id": "baru", "day": 100, "region": "35.78"}
    return document(**known | fields, text=text)


def old(text: str, **fields: Any) -> Doc:
    return doc(text, **{"id": "lama", "day": 95} | fields)


@pytest.mark.parametrize(
    "text",
    [
        HOLE,
        "Yth. Bapak Wali Kota, " + HOLE + " Mohon segera ditindaklanjuti. Terima kasih.",
        "@kotacontoh " + HOLE[:100] + "… #lapor",
        HOLE.replace("jembatan", "jembtan").replace("terperosok", "terpersok"),
        HOLE.replace("Jalan", "jln").replace("karena", "krn").replace("tidak", "gak").replace("sudah", "sdh"),
        HOLE.upper(),
        "Sudah dua motor terperosok malam hari karena tidak ada lampu. "
        "Ada lubang besar di Jalan Cempaka dekat jembatan gantung",
        "Laporan kedua. " + HOLE,
    ],
)
def test_the_same_complaint_in_other_clothes_is_the_same(text: str) -> None:
    """A repeat through another door is recognised, with a reason a person can read."""
    verdict = judge(doc(text), [old(SCHOOL, id="lain"), old(HOLE)])
    assert (verdict.answer, verdict.of) == ("same", "lama")
    assert 1 <= len(verdict.reasons) <= 4
    assert verdict.reasons[0].code in ("exact_text", "near_text", "contained_text")
    assert verdict.model == RULES.version


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HOLE.replace("Cempaka", "Flamboyan"), "other_street"),
        (HOLE.replace("Cempaka", "Cempaka 12"), None),
        (HOLE.replace("jembatan gantung", "puskesmas pembantu"), "other_words"),
        (HOLE + " RT 03 RW 06", None),
    ],
)
def test_the_same_words_about_another_place_are_not_the_same(text: str, code: str | None) -> None:
    """A form letter about another street or building goes to a person at most; an added detail contradicts nothing."""
    verdict = judge(doc(text), [old(HOLE)])
    assert (verdict.answer == "review") == (code is not None)
    if code:
        assert code in [reason.code for reason in verdict.reasons]
        assert verdict.probability <= RULES.conflict


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        ("nomor 7", "nomor 17", "other_house"),
        ("RT 03 RW 06", "RT 04 RW 06", "other_unit"),
        ("RT 03 RW 06", "RT 03 RW 07", "other_unit"),
        ("gang 2", "gang 12", "other_words"),
    ],
)
def test_another_number_is_another_place(one: str, two: str, code: str) -> None:
    """Neighbours who send the same letter with their own number are never taken for one."""
    verdict = judge(doc(f"{HOLE} Lokasi {two}"), [old(f"{HOLE} Lokasi {one}")])
    assert verdict.answer == "review"
    assert code in [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("one", "two"), [("Sidomulyo", "Sukomulyo"), ("Sidoluhung", "Jatiluhung"), ("Wonorejo", "Margorejo")]
)
def test_villages_with_like_names_stay_apart(one: str, two: str) -> None:
    """Half of Java's villages end alike: another name is another place, not a mistyping."""
    text = "Tiang listrik miring menimpa pagar balai desa {} dan kabelnya menjuntai sampai ke jalur pejalan kaki."
    verdict = judge(doc(text.format(two)), [old(text.format(one))])
    assert verdict.answer == "review"
    assert "other_words" in [reason.code for reason in verdict.reasons]


def test_the_place_field_speaks_too() -> None:
    """Two equal texts whose place fields name different streets are not linked by themselves."""
    verdict = judge(
        doc(HOLE.replace(" di Jalan Cempaka", ""), place="Jl. Kenari 4"),
        [old(HOLE.replace(" di Jalan Cempaka", ""), place="Jl. Merak 9")],
    )
    assert verdict.answer == "review"


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"day": 100 - 14}, "same"),
        ({"day": 100 - 15}, "new"),
        ({"day": 100 + 14}, "same"),
        ({"region": "35.15.10.2004"}, "same"),
        ({"region": "33.74"}, "new"),
        ({"region": ""}, "new"),
    ],
)
def test_the_window_is_fourteen_days_and_one_province(fields: dict[str, Any], answer: str) -> None:
    """A pothole that comes back, and the same letter in another province, are matters of their own."""
    assert judge(doc(HOLE), [old(HOLE, **fields)]).answer == answer


@pytest.mark.parametrize(
    ("text", "mine", "theirs", "answer"),
    [
        ("jalan rusak", {"t1"}, {"t1"}, "same"),
        ("jalan rusak", {"t1"}, {"t2"}, "review"),
        ("jalan rusak", set(), set(), "review"),
    ],
)
def test_a_few_words_are_the_same_only_from_one_person(
    text: str, mine: set[str], theirs: set[str], answer: str
) -> None:
    """Two people who write "jalan rusak" mean two roads until somebody says otherwise."""
    assert judge(doc(text, reporter=mine), [old(text, reporter=theirs)]).answer == answer


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [({"t1"}, {"t1", "t2"}, True), ({"t1"}, {"t2"}, False), (set(), set(), False), (set(), {"t1"}, False)],
)
def test_nobody_equals_nobody(mine: set[str], theirs: set[str], same: bool) -> None:
    """A missing reporter is never taken for another missing one."""
    assert judge(doc(HOLE, reporter=mine), [old(HOLE, reporter=theirs)]).same_reporter is same


def test_an_own_earlier_complaint_comes_before_somebody_elses() -> None:
    """Where a neighbour and the reporter both said it before, the verdict names the reporter's own."""
    own = old("Selamat pagi, " + HOLE.replace("besar", "besaar"), id="sendiri", day=99, reporter={"t1"})
    verdict = judge(doc(HOLE, reporter={"t1"}), [old(HOLE, id="tetangga", reporter={"t2"}), own])
    assert (verdict.of, verdict.same_reporter) == ("sendiri", True)


def test_other_matters_of_the_same_reporter_are_new() -> None:
    """A diligent citizen may report two things on one day."""
    verdict = judge(doc(HOLE, reporter={"t1"}), [old(SCHOOL, reporter={"t1"})])
    assert (verdict.answer, verdict.of, verdict.same_reporter) == ("new", None, False)


def test_without_candidates_it_is_new_and_nothing_is_its_own_repeat() -> None:
    """The first complaint of a region is new, and judging one again does not make it a repeat of itself."""
    assert judge(doc(HOLE), []).answer == "new"
    assert judge(doc(HOLE), [doc(HOLE)]).answer == "new"


def test_reasons_say_nothing_about_persons_or_places() -> None:
    """A reason may be shown anywhere: it never holds a word of the complaints."""
    verdict = judge(doc(HOLE.replace("Cempaka", "Kenarimerah")), [old(HOLE)])
    told = " ".join(f"{reason.code} {reason.id} {reason.en}" for reason in verdict.reasons).lower()
    assert not any(word in told for word in ("cempaka", "kenarimerah", "lubang", "motor"))


def test_the_order_of_candidates_does_not_matter() -> None:
    """Two workers that look in another order give the same verdict."""
    others = [old(HOLE, id=str(number), day=90 + number) for number in range(5)]
    assert judge(doc(HOLE), others) == judge(doc(HOLE), reversed(others))
    assert judge(doc(HOLE), others).of == "0"


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(max_size=200),
    place=st.text(max_size=40),
    day=st.integers(0, 40_000),
    reporter=st.frozensets(st.text(max_size=8)),
)
def test_packed_features_come_back_unchanged(text: str, place: str, day: int, reporter: frozenset[str]) -> None:
    """What is stored beside a complaint judges exactly like the complaint itself."""
    made = document(id="x", text=text, place=place, day=day, region="35", reporter=reporter)
    assert unpack(pack(made)) == made


def test_features_of_another_format_are_refused() -> None:
    """Features written by other code are read again from the text, never misread."""
    with pytest.raises(ValueError, match="format 9"):
        unpack(b'[9,"a","b",1,"35","",[]]')
