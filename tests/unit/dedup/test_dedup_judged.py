"""Pairs that a person has judged: the model must order them as he does, and say why without naming anybody."""

from __future__ import annotations

import pytest

from dedup.doc import Doc, document
from dedup.evaluate import group
from dedup.features import features
from dedup.judge import RULES, Pair, answer_of, pairs
from dedup.view import view
from tests.unit.dedup.judged import Judged, judged_pairs

JUDGED = tuple(judged_pairs())


def probability(one: Judged) -> float:
    return pairs(one.other, [one.one])[0].probability


def test_what_people_call_one_matter_is_likelier() -> None:
    """Of a pair that is one matter and one that is not, the first has the higher probability nine times in ten."""
    same = [probability(one) for one in JUDGED if one.same]
    other = [probability(one) for one in JUDGED if not one.same]
    above = sum((a > b) + 0.5 * (a == b) for a in same for b in other)
    assert len(same) >= 60 and len(other) >= 60
    assert above / (len(same) * len(other)) >= 0.94


def test_no_two_matters_are_surely_one() -> None:
    """Nothing that a reader holds for two matters gets more than nine in ten."""
    assert [one.kind for one in JUDGED if not one.same and probability(one) > 0.9] == []


def test_either_complaint_may_come_first() -> None:
    """What is measured of two complaints does not depend on which of them is asked about."""
    for one in JUDGED:
        assert features(view(one.one), view(one.other)) == features(view(one.other), view(one.one))


STREET = "Saluran di Jalan Kenanga Wulung depan pasar burung mampet, air meluap ke rumah warga setiap hujan."


def at(lat: float, lon: float, text: str = STREET, **more: object) -> Doc:
    known: dict[str, object] = {"id": f"{lat}", "day": 10, "text": text, "lat": lat, "lon": lon}
    return document(**known | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more", [{"reporter": ["t1"]}, {"place": "Jalan Kenanga Wulung"}, {"kelurahan": "Wulungsari"}, {}]
)
def test_a_telephone_far_away_contradicts_no_named_place(more: dict[str, object]) -> None:
    """Many write from home or from the office: the same words about the same street stay one matter."""
    [pair] = pairs(at(-7.31, 112.73, **more), [at(-7.25, 112.60, **more)])
    assert answer_of(pair.probability) == "same"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"lat": -6.49, "lon": 106.83}, {"lat": -5.19, "lon": 107.63}),
        ({"region": "32.01"}, {"region": "32.73.05"}),
    ],
)
def test_one_street_name_in_two_towns_is_asked_about(one: dict[str, object], two: dict[str, object]) -> None:
    """Every town has a Jalan Hayam Wuruk: equal words are not linked unseen over 60 km, or between two known towns."""
    [pair] = pairs(document(id="a", day=1, text=STREET, **one), [document(id="b", day=2, text=STREET, **two)])  # type: ignore[arg-type]
    assert answer_of(pair.probability) != "same"
    assert "other_town" in {reason.code for reason in pair.reasons}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Lampu PJU depan km 12 jalan lintas mati", "Lampu PJU depan km 37 jalan lintas mati"),
        ("Lift di mall Cempaka macet, orang terjebak", "Lift di RSUD Permata macet, orang terjebak"),
        ("Toilet siswa di SDN Karangwulung 2 tidak ada air", "Toilet siswa di SMPN 3 Wonowulung tidak ada air"),
    ],
)
def test_the_same_words_about_two_objects_are_not_linked(one: str, two: str) -> None:
    """A kilometre stone, a school or a hospital that the other does not name is another matter, whatever else is equal."""
    [pair] = pairs(document(id="a", day=1, text=one), [document(id="b", day=2, text=two)])
    assert answer_of(pair.probability) != "same"
    assert "other_named" in {reason.code for reason in pair.reasons}


def test_other_words_are_never_surer_than_nine_in_ten() -> None:
    """Where neither text holds most of the other, place and problem alone make nobody sure."""
    for one in JUDGED:
        [pair] = pairs(one.other, [one.one])
        words = features(view(one.one), view(one.other))
        assert pair.probability <= 0.89 or words["contained"] >= 0.6 or words["ticket_same"]


def test_equal_words_without_a_place_far_apart_are_asked_about() -> None:
    """ "The drain is blocked" from two ends of a town is nothing that is linked unseen."""
    text = "Got mampet dan berbau busuk, mohon dibersihkan oleh petugas."
    [pair] = pairs(at(-7.31, 112.73, text), [at(-7.25, 112.60, text)])
    assert answer_of(pair.probability) != "same"


def test_a_report_without_a_place_makes_no_case_of_two_towns() -> None:
    """A tweet that fits two complaints of two towns joins one of them; the other town's is asked about, not linked."""
    text = "Anjing liar bergerombol di Jalan Kanggraksan dan sudah menggigit dua anak, mohon ditangkap"
    docs = [
        document(id="m1", text=text, day=1, lat=-6.75, lon=108.55, kelurahan="Kecapi", kecamatan="Harjamukti"),
        document(id="m2", text="@infokota anjing liar bergerombol di jl Kanggraksan & sdh menggigit dua anak", day=1),
        document(id="m3", text=text, day=2, lat=-5.14, lon=119.41, kelurahan="Batua", kecamatan="Manggala"),
    ]
    found = group(docs)
    cases = dict(found.clusters)
    assert cases["m3"] != cases["m1"]
    assert {"m1", "m2"} & {other for one, other in found.review if one == "m3"}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Jalan Brigjen Katamso memakan", "Jl Brigjen Katamso numpuk"),
        ("Jalan Caringin Bojong Menteng", "Jl Cari Ngin Bojong"),
        ("Jalan Kapasa Raya", "Jl Kapasa Rayo"),
        ("Jalan Saleh Sungkar jebol", "Jln Saleh Sungkar jbl"),
        ("Desa Sumberwangi diminta", "desa Sumberwangi menarik biaya"),
    ],
)
def test_what_follows_a_name_makes_no_other_street(one: str, two: str) -> None:
    """A verb behind the name, a blank more or a letter less: the street is the same."""
    found = features(view(document(id="a", text=one, day=0)), view(document(id="b", text=two, day=0)))
    assert not (found["street_other"] or found["street_swapped"])
    assert found["street_same"] > 0


# reasons -----------------------------------------------------------------------------------------------------------------

NAMES = ("Slamet Riyanto", "Ratna Galih", "Endang Kusuma", "Rudi Hartono", "Budi Santoso", "Anton Medan")
SAID = (
    "Jalan bernama {} berlubang, hubungi saya {} atau {} NIK {}",
    "Jl Kartini {} rusak parah, telepon {} surel {} nomor induk {}",
    "Di jl. Mangga Ny {} ada pohon tumbang ({} / {} / {})",
    "Jl a/n {} NIK belum dibayar {} {} {}",
    "Mohon perbaikan Jl. Sekolah {} telp {} surel {} ktp {}",
    "Jalan {} di depan rumah saya gelap, kontak {} {} {}",
)


def written(said: str, number: int) -> Doc:
    name = NAMES[number % len(NAMES)]
    phone, mail = f"0812-0000-{number:04}", f"{name.split()[0].lower()}{number}@surat.example"
    return document(id=str(number), text=said.format(name, phone, mail, f"35780000000{number:05}"), day=number % 9)


def told() -> list[Pair]:
    docs = [written(said, number) for number, said in enumerate(SAID * 6)]
    found = [pair for n, doc in enumerate(docs) for pair in pairs(doc, docs[n % 6 : n : 6])]
    return [*found, *(pair for one in JUDGED for pair in pairs(one.one, [one.other]))]


def test_reasons_can_be_read_and_name_nobody() -> None:
    """Of more than 200 verdicts each has one to four reasons in two languages; none holds a number, an address or a name."""
    found = [pair for pair in told() if pair.probability > 0]
    assert len(found) > 200
    private = {word for name in NAMES for word in name.lower().split()}
    for pair in found:
        assert 1 <= len(pair.reasons) <= 4
        for reason in pair.reasons:
            assert reason.id.strip() and reason.en.strip() and reason.weight
            words = f"{reason.code} {reason.id} {reason.en}".lower().replace(":", " ").split()
            assert not private & set(words), reason
            assert not any("@" in word or sum(map(str.isdigit, word)) > 3 for word in words), reason


def test_the_likeliest_of_many_says_why_it_is_none() -> None:
    """A new complaint can be asked why it is new: its nearest has reasons, the others cost nothing."""
    doc, others = JUDGED[-1].other, [one.one for one in JUDGED if not one.same][-4:]
    found = pairs(doc, others, reasons_from=2.0, nearest=True)
    best = max(pair.probability for pair in found)
    assert [bool(pair.reasons) for pair in found] == [pair.probability == best for pair in found]
    assert RULES.review > 0


# names of places ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("lubang di Jl. A. Yani km 36", "lubang di Jalan Ahmad Yani"),
        ("lubang di Jalan Jenderal Sudirman", "lubang di jl sudirman"),
        ("lubang di Jalan Dr. Soetomo", "lubang di jalan soetomo"),
        ("bangkai di kali gang haji Mamat", "bangkai di kali gang H. Mamat"),
        ("kabel di Jl Diponegoro. Bekas galian", "kabel di jl diponegoro caket kantor pos"),
    ],
)
def test_titles_initials_and_what_follows_make_no_other_street(one: str, two: str) -> None:
    """Who writes "A. Yani" means Ahmad Yani, and a general without his rank is the same street."""
    found = features(view(document(id="a", text=one, day=0)), view(document(id="b", text=two, day=0)))
    assert found["street_same"] > 0
    assert not (found["street_other"] or found["street_swapped"])


def test_the_second_word_of_a_village_tells_it_apart() -> None:
    """A form letter about Tanjung Raya and one about Tanjung Baru are two matters."""
    text = "Dana desa di Desa Tanjung {} diduga fiktif pada pembangunan sumur bor senilai 98 juta"
    [pair] = pairs(
        document(id="a", text=text.format("Raya"), day=0), [document(id="b", text=text.format("Baru"), day=2)]
    )
    assert answer_of(pair.probability) != "same"


def test_a_customer_number_joins_no_matters() -> None:
    """No water and a bill too high are two matters of one customer; a quoted ticket is one."""
    one, two = "air mati dari Sabtu, {} 1234567", "tagihan saya melonjak padahal jarang dipakai, {} 1234567"
    for said, same in (("id plg", 0.0), ("nomor pelanggan", 0.0), ("tiket", 1.0)):
        docs = [document(id=text, text=text.format(said), day=0) for text in (one, two)]
        assert features(view(docs[0]), view(docs[1]))["ticket_same"] == same


def test_an_answer_below_what_it_quotes_is_read() -> None:
    """A mail that begins with the officer's words speaks of what stands below them."""
    said = document(
        id="a", text="> Mohon maaf, laporan tentang Jalan Seroja diproses\n\nAnjing liar di Jalan Dahlia", day=0
    )
    assert "dahlia" in said.text and "seroja" not in said.text


def test_a_lamp_three_hundred_metres_on_is_another() -> None:
    """ "Lamp out" twice with coordinates that lie apart is not linked unseen."""
    text = "Jalan berlubang mohon diperbaiki"
    [pair] = pairs(at(-7.25, 112.75, text), [at(-7.2563, 112.75, text)])
    assert answer_of(pair.probability) != "same"
