"""Codes and names of regions: the table is whole, old codes lead to new ones, and no name is guessed."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import regions
from connectors.errors import Misconfigured
from connectors.region_names import Ambiguous, Unknown, code_of

PLACES = regions.places()
TODAY = [one for one in PLACES.regions.values() if one.valid_to is None]


def test_the_table_has_every_region() -> None:
    """38 provinces, 416 regencies and 98 cities hold today, and every one has its province and its zone."""
    second = [one for one in TODAY if len(one.code) == 5]
    assert len([one for one in TODAY if len(one.code) == 2]) == 38
    assert len([one for one in second if one.name.startswith("Kabupaten ")]) == 416
    assert len([one for one in second if one.name.startswith("Kota ")]) == 98
    assert all(one.code[:2] in PLACES.regions and regions.zone(one.code) for one in second)
    assert set(regions.ZONES) == {one.code for one in TODAY if len(one.code) == 2}


def test_the_number_tells_a_city() -> None:
    """Regencies are numbered from 01 to 69 and cities from 71 to 99, so that a mistyped row is seen."""
    for one in TODAY:
        if len(one.code) == 5:
            assert (int(one.code[3:]) > 70) == one.name.startswith("Kota "), one.code


def test_26_names_are_both_a_regency_and_a_city() -> None:
    """The names that need their kind are the 26 that are known for it."""
    bare = [one.name.split(" ", 1)[1] for one in TODAY if len(one.code) == 5]
    assert len({name for name in bare if bare.count(name) > 1}) == 26


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("91.01", "93.01"),
        ("92.71", "96.71"),
        ("91.02.05", "95.01"),
        ("91.28", "94.08"),
        ("91.03", "91.03"),
        ("35", "35"),
    ],
)
def test_codes_of_before_papua_was_divided_lead_to_those_of_today(old: str, new: str) -> None:
    """A portal that still writes the codes of 2021 is understood; below the regency nothing is made up."""
    assert PLACES.today(old) == new


def test_every_old_code_has_a_successor_that_holds() -> None:
    """26 codes gave way in 2022, each to a code that holds from that very day."""
    old = [one for one in PLACES.regions.values() if one.valid_to]
    assert len(old) == 26
    for one in old:
        new = PLACES.regions[one.successor]
        assert (new.valid_from, new.name) == (one.valid_to, one.name)


@pytest.mark.parametrize(
    ("bps", "code"),
    [
        ("3174", "31.73"),
        ("3174040003", "31.73"),
        ("3578", "35.78"),
        ("35", "35"),
        ("1473", "14.72"),
        ("7325", "73.24"),
        ("9101", None),
        ("9471", None),
        ("3199", None),
        ("31.74", None),
        ("31740", None),
        ("", None),
    ],
)
def test_bps_codes_are_looked_up_and_never_rewritten(bps: str, code: str | None) -> None:
    """The same digits mean other places for BPS; where nobody has said which, there is no answer."""
    assert PLACES.of_bps(bps) == code


def test_every_bps_code_belongs_to_one_region() -> None:
    """No two regions share a BPS code, and outside Papua every region has one."""
    given_ = [one.bps for one in TODAY if one.bps]
    assert len(given_) == len(set(given_))
    assert {one.code[:2] for one in TODAY if not one.bps} == {"91", "92", "93", "94", "95", "96"}


def test_the_operator_can_add_bps_codes(tmp_path: Path) -> None:
    """A file of the operator's own adds villages and the new Papua, and wins over what we bring."""
    (tmp_path / "bps.csv").write_text("bps,kemendagri\n9471,91.71\n3174040003;31.73.02.1003\n\n# catatan\n")
    found = regions.places(tmp_path)
    assert found.of_bps("9471") == "91.71"
    assert found.of_bps("3174040003") == "31.73.02.1003"
    assert found.of_bps("3578") == "35.78"


@pytest.mark.parametrize("line", ["9471", "94711,91.71", "9471,9171", "9471,91.71\n9471,91.72", "x,y"])
def test_a_wrong_line_of_the_operators_file_is_named(tmp_path: Path, line: str) -> None:
    """A file that cannot be meant is refused with its line, not half used."""
    (tmp_path / "bps.csv").write_text(line)
    with pytest.raises(Misconfigured, match=r"bps.csv:[12]: "):
        regions.places(tmp_path)


FOUND = [
    ("Kabupaten Blitar", "35", "35.05"),
    ("Kab. Blitar", "35", "35.05"),
    ("KAB BLITAR", "35", "35.05"),
    ("kab.blitar", "35", "35.05"),
    ("Pemerintah Kabupaten Blitar", "35", "35.05"),
    ("Pemkab Blitar", "35", "35.05"),
    ("Blitar Regency", "35", "35.05"),
    ("Kota Blitar", "35", "35.72"),
    ("Kodya Blitar", "35", "35.72"),
    ("Kotamadya  Blitar", "35", "35.72"),
    ("PEMKOT BLITAR", "35", "35.72"),
    ("Blitar City", "35", "35.72"),
    ("Blitar", "35.05", "35.05"),
    ("Surabaya", "35", "35.78"),
    ("Kota Surabaya", "35", "35.78"),
    ("Banyuwangi", "35.10", "35.10"),
    ("Kota Adm. Jakarta Barat", "31", "31.73"),
    ("Jakarta Barat", "31", "31.73"),
    ("KAB. ADM. KEP. SERIBU", "31", "31.01"),
    ("Kep. Seribu", "31", "31.01"),
    ("Toli Toli", "72", "72.04"),
    ("Tolitoli", "72", "72.04"),
    ("Palangka Raya", "62", "62.71"),
    ("Pangkalpinang", "19", "19.71"),
    ("Baubau", "74", "74.72"),
    ("FAKFAK", "92", "92.03"),
    ("Kota Baru", "63", "63.02"),
    ("Kab. Kotabaru", "63", "63.02"),
    ("Kotamobagu", "71", "71.74"),
    ("Kota Kotamobagu", "71", "71.74"),
    ("Lima Puluh Kota", "13", "13.07"),
    ("Kab. 50 Kota", "13", "13.07"),
    ("Muba", "16", "16.06"),
    ("Batola", "63", "63.04"),
    ("Pangkep", "73", "73.10"),
    ("Banjar", "63", "63.03"),
    ("Banjar", "32", "32.79"),
    ("Kab. Banjar", "63", "63.03"),
    ("Provinsi Gorontalo", "75", "75"),
    ("Kota Gorontalo", "75", "75.71"),
    ("Jawa Timur", "35", "35"),
    ("DKI Jakarta", "31", "31"),
    ("DI Yogyakarta", "34", "34"),
    ("Yogyakarta", "34", "34.71"),
    ("Kabupaten Merauke", "93", "93.01"),
]


@pytest.mark.parametrize(("written", "within", "code"), FOUND)
def test_a_name_is_found_in_its_province(written: str, within: str, code: str) -> None:
    """Offices write one region in many ways; each is understood where only one can be meant."""
    assert code_of(written, within, PLACES) == code


@pytest.mark.parametrize(
    ("written", "within", "codes"),
    [
        ("Blitar", "35", ("35.05", "35.72")),
        ("  MALANG ", "35", ("35.07", "35.73")),
        ("Gorontalo", "75", ("75", "75.01", "75.71")),
        ("Bengkulu", "17", ("17", "17.71")),
        ("Jayapura", "91", ("91.03", "91.71")),
    ],
)
def test_a_name_of_several_regions_is_given_to_none(written: str, within: str, codes: tuple[str, ...]) -> None:
    """'Blitar' is a regency and a city: both are named and neither is taken."""
    with pytest.raises(Ambiguous) as caught:
        code_of(written, within, PLACES)
    assert caught.value.codes == codes


@pytest.mark.parametrize(
    ("written", "within"),
    [
        ("Kota Bandung", "35"),
        ("Banjar", "35"),
        ("Kab. Surabaya", "35"),
        ("Kota Sidoarjo", "35"),
        ("Merauke", "91"),
        ("Kota", "35"),
        ("Kabupaten", "35"),
        ("", "35"),
        ("Blitar", "99"),
        ("Kota Blitar", "35.05"),
        ("Surabaya" * 40, "35"),
    ],
)
def test_no_name_is_found_beyond_its_parent(written: str, within: str) -> None:
    """A name that belongs to another province, or to nobody, is not found."""
    with pytest.raises(Unknown):
        code_of(written, within, PLACES)


def test_every_official_name_is_its_own_region() -> None:
    """All 514 official names lead back to their codes, also in capitals and shortened."""
    for one in TODAY:
        if len(one.code) == 5:
            assert code_of(one.name, one.code[:2], PLACES) == one.code
            assert code_of(one.name.upper().replace("KABUPATEN", "KAB."), one.code[:2], PLACES) == one.code


@given(st.text(max_size=120), st.sampled_from(["35", "75", "35.05", "00"]))
def test_any_text_is_found_or_not(text: str, within: str) -> None:
    """Whatever stands in a column of regions, looking it up ends in a code of that parent, or in none."""
    with suppress(Unknown, Ambiguous):
        assert code_of(text, within, PLACES).startswith(within[:2])
