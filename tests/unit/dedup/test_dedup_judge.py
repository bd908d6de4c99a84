"""The verdict as a table: what is the same, what a person looks at, what is new."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.judge import RULES, Doc, Pair, Verdict, document, explained, judge, pack, pairs, phrases, unpack, version

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


def pair(one: Doc, other: Doc) -> Pair:
    return pairs(one, [other])[0]


def codes(one: Doc, other: Doc) -> list[str]:
    return [reason.code for reason in pair(one, other).reasons]


@pytest.mark.parametrize(
    "text",
    [
        HOLE,
        "Yth. Bapak Wali Kota, " + HOLE + " Mohon segera ditindaklanjuti. Terima kasih.",
        "@kotacontoh " + HOLE[:100] + "… #lapor",
        HOLE.replace("jembatan", "jembtan").replace("terperosok", "terpersok"),
        HOLE.replace("Jalan", "jln").replace("karena", "krn").replace("tidak", "gak").replace("sudah", "sdh"),
        HOLE.replace("lubang", "lbg").replace("jembatan", "jmbtn").replace("malam", "mlm"),
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
    assert {reason.code for reason in verdict.reasons} & {"exact_text", "near_text", "contained_text"}
    assert verdict.model == version(RULES)


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        (HOLE, HOLE.replace("Cempaka", "Flamboyan"), "other_street"),
        (HOLE + " Lokasi RT 03 RW 06", HOLE + " Lokasi RT 04 RW 06", "other_unit"),
        (HOLE + " Lokasi RT 03 RW 06", HOLE + " Lokasi RT 03 RW 07", "other_unit"),
        (HOLE + " Lokasi nomor 7", HOLE + " Lokasi nomor 17", "other_house"),
        (HOLE + " Lokasi titik B", HOLE + " Lokasi titik F", "other_number"),
        (HOLE + " Kelurahan Sukamakmur", HOLE + " Kelurahan Banjarwaru", "other_named"),
    ],
)
def test_the_same_words_about_another_place_are_never_linked_by_themselves(one: str, two: str, code: str) -> None:
    """A form letter about another street, number or village is asked about at most, and the reason says what differs."""
    assert pair(doc(two), old(one)).probability < RULES.same
    assert code in codes(doc(two), old(one))


@pytest.mark.parametrize("text", [HOLE.replace("Cempaka", "Cempaka 12"), HOLE + " RT 03 RW 06"])
def test_an_added_detail_contradicts_nothing(text: str) -> None:
    """Whoever says more about the place still says the same."""
    assert judge(doc(text), [old(HOLE)]).answer == "same"


@pytest.mark.parametrize(
    ("one", "two"), [("Sidoluhung", "Jatiluhung"), ("Wonorejo", "Margorejo"), ("Sukamaju", "Karanganyar")]
)
def test_villages_with_like_names_stay_apart(one: str, two: str) -> None:
    """Half of Java's villages end alike: another name is another place, not a mistyping."""
    text = "Tiang listrik miring menimpa pagar balai desa {} dan kabelnya menjuntai sampai ke jalur pejalan kaki."
    assert pair(doc(text.format(two)), old(text.format(one))).probability < RULES.same


def test_the_place_field_speaks_too() -> None:
    """Two equal texts whose place fields name different streets are not linked by themselves."""
    text = HOLE.replace(" di Jalan Cempaka", "")
    verdict = judge(doc(text, place="Jl. Kenari 4"), [old(text, place="Jl. Merak 9")])
    assert verdict.answer != "same"


@pytest.mark.parametrize(
    "other",
    [
        {"lat": -7.30, "lon": 112.70},
        {"kelurahan": "Lain Lagi", "kecamatan": "Jauh Sekali"},
        {"lat": -7.30, "lon": 112.70, "kelurahan": "Lain Lagi"},
    ],
)
def test_a_place_far_away_makes_equal_texts_less_likely(other: dict[str, Any]) -> None:
    """Coordinates and villages count, each for itself: what lies apart is not linked as surely as what lies together."""
    here: dict[str, Any] = {"lat": -7.25, "lon": 112.75, "kelurahan": "Contoh", "kecamatan": "Misal"}
    together = pair(doc(HOLE, **here), old(HOLE, **here)).probability
    assert pair(doc(HOLE, **here), old(HOLE, **here | other)).probability < together


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"day": 100 - RULES.days}, "same"),
        ({"day": 100 - RULES.days - 1}, "new"),
        ({"day": 100 + RULES.days}, "same"),
        ({"region": "35"}, "same"),
        ({"region": "35.15.10.2004"}, "review"),
        ({"region": "33.74"}, "new"),
        ({"region": ""}, "same"),
    ],
)
def test_the_window_is_some_weeks_and_one_province(fields: dict[str, Any], answer: str) -> None:
    """Months later, or in another province, it is a matter of its own; of two known towns a person is asked."""
    assert judge(doc(HOLE), [old(HOLE, **fields)]).answer == answer


def test_time_speaks_in_steps() -> None:
    """A repost of the next day and of the sixth are equally likely; after a week, and after a month, less so."""
    found = [pair(doc(HOLE), old(HOLE, day=100 - days)).probability for days in (1, 6, 8, 29, 31, 60)]
    assert found[0] == found[1] > found[2] == found[3] > found[4] == found[5]


@pytest.mark.parametrize(("mine", "theirs"), [({"t1"}, {"t2"}), (set(), set())])
def test_two_people_with_two_words_mean_two_things(mine: set[str], theirs: set[str]) -> None:
    """Nothing waits behind "jalan rusak": a complaint is held back only where two texts are surely one."""
    assert pair(doc("jalan rusak", reporter=mine), old("jalan rusak", reporter=theirs)).probability < RULES.merge


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


def told(verdict: Verdict | Pair) -> str:
    return " ".join(f"{reason.code} {reason.id} {reason.en}" for reason in verdict.reasons).lower()


def test_reasons_name_streets_and_nothing_else() -> None:
    """A reader sees which streets differ; no other word of a complaint, no number and no name gets into a reason."""
    mine = doc("Saya Budi Contoh, HP 081234567890, budi@contoh.id. " + HOLE.replace("Cempaka", "Kutilang"))
    found = pair(mine, old(HOLE))
    assert "kutilang / cempaka" in told(found)
    assert not any(word in told(found) for word in ("budi", "0812", "contoh", "motor", "jembatan", "gantung"))
    assert not any(letter.isdigit() for reason in found.reasons for letter in reason.code)


@pytest.mark.parametrize("owner", ["Pak Budi", "Haji Contoh", "milik Budi"])
def test_a_street_called_after_its_owner_is_not_named(owner: str) -> None:
    """What sounds like a person stays out of the reasons, even behind the word for street."""
    found = pair(doc(HOLE.replace("Cempaka", owner)), old(HOLE))
    assert not any(word in told(found) for word in ("budi", "contoh", "cempaka"))


@pytest.mark.parametrize(
    "said",
    [
        "jalan {} yang punya warung", "jl. {} plat B 1234 XYZ", "jalan, {} melaporkan", "jalan\n{}", "jalan ditutup {}",
        "jalan menurut {}", "jalan mbah {}", "jalan lurah {}", "mohon jalan terima kasih {}", "jl @{}99 rusak",
    ],
)  # fmt: skip
def test_whoever_stands_behind_the_word_for_street_is_not_named(said: str) -> None:
    """Only words of a list of streets are quoted: names that no list of names holds stay out of the reasons."""
    found = pair(doc(said.format("Wartinem")), old(said.format("Sutarmo")))
    for other in (found, pair(doc(said.format("Wartinem")), old(HOLE))):
        assert not any(word in told(other) for word in ("wartinem", "sutarmo", "menurut", "mbah", "ditutup"))


def test_codes_alone_can_be_said_in_both_languages() -> None:
    """Where only codes are kept, the reasons can still be read, without a word of the complaints."""
    found = pair(doc(HOLE.replace("Cempaka", "Kenarimerah")), old(HOLE))
    assert all(len(phrases(reason.code)) == 2 for reason in found.reasons)
    assert "kenarimerah" not in " ".join(word for reason in found.reasons for word in phrases(reason.code)).lower()


def test_an_explanation_names_every_measurement() -> None:
    """Whoever doubts a verdict sees all that was weighed, the heaviest first."""
    lines = explained(doc(HOLE), old(HOLE))
    assert lines[0].startswith("same")
    assert any("contained = 1.00" in line for line in lines)
    assert len(explained(doc(HOLE), old(HOLE, day=0))) == 1


def test_the_order_of_candidates_does_not_matter() -> None:
    """Two workers that look in another order give the same verdict."""
    others = [old(HOLE, id=str(number), day=94 + number) for number in range(5)]
    assert judge(doc(HOLE), others) == judge(doc(HOLE), reversed(others))
    assert judge(doc(HOLE), others).of == "0"


def test_a_pair_is_the_same_from_both_sides() -> None:
    """Which of two complaints came first does not change how alike they are."""
    one, other = doc(HOLE.replace("jembatan", "jembtan"), place="Jl. Kenari 4"), old("Laporan kedua. " + HOLE)
    assert pair(one, other).probability == pair(other, one).probability


WHERE = st.one_of(st.none(), st.floats(-90, 90))


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(max_size=200),
    place=st.text(max_size=40),
    day=st.integers(0, 40_000),
    reporter=st.frozensets(st.text(max_size=8)),
    lat=WHERE,
    lon=WHERE,
)
def test_packed_features_come_back_unchanged(
    text: str, place: str, day: int, reporter: frozenset[str], lat: float | None, lon: float | None
) -> None:
    """What is stored beside a complaint judges exactly like the complaint itself."""
    made = document(
        id="x", text=text, place=place, day=day, region="35", reporter=reporter, kelurahan=place, lat=lat, lon=lon
    )
    assert unpack(pack(made)) == made


@settings(max_examples=100, deadline=None)
@given(one=st.text(max_size=80), other=st.text(max_size=80))
def test_any_two_texts_get_a_probability(one: str, other: str) -> None:
    """No text breaks the judge, empty and meaningless ones included."""
    found = pair(doc(one), old(other, place=one))
    assert 0 <= found.probability <= 1
    assert len(found.reasons) <= 4


@pytest.mark.parametrize("blob", [b"", b'[1,"a","b",1,"35","",[]]', b"\x02not zipped"])
def test_features_of_another_format_are_refused(blob: bytes) -> None:
    """Features written by other code are read again from the text, never misread."""
    with pytest.raises(ValueError, match="features"):
        unpack(blob)


def test_packed_features_are_small() -> None:
    """A complaint of usual length costs the store a few hundred bytes."""
    assert len(pack(doc(HOLE + " " + SCHOOL, place="Jl. Kenari 4"))) < 400
