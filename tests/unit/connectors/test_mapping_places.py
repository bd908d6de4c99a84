"""Regions, relative dates and cut phone numbers as a manifest asks for them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import manifest_checks
from connectors.errors import Misconfigured
from connectors.mapping import Flaw, Mapped
from tests.unit.connectors.mapping_of import compiled, one

NAMES = {"names": True, "within": "35"}
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def place(value: Any, system: str | None = None, **more: Any) -> Mapped:
    """What becomes of a region and its code system."""
    fields: dict[str, Any] = {"region_code": {"path": "v", **more}}
    if system:
        fields["code_system"] = {"const": system}
    return compiled(fields, region="35.10").apply({"v": value})


@pytest.mark.parametrize(
    ("written", "code"), [("Kota Blitar", "35.72"), ("KAB. BLITAR", "35.05"), ("35.78.08", "35.78.08")]
)
def test_a_name_becomes_a_code_of_its_province(written: str, code: str) -> None:
    """A portal that writes names is understood, and the code says whose system it is of."""
    assert place(written, **NAMES).values == {"region_code": code, "code_system": "kemendagri"}


def test_a_province_by_name_has_its_code_system_too() -> None:
    """ "Jawa Timur" is "35": two digits that are told to be Kemendagri's."""
    assert place("Provinsi Jawa Timur", **NAMES).values == {"region_code": "35", "code_system": "kemendagri"}


def test_blitar_alone_waits_for_a_person() -> None:
    """ "Blitar" is a regency and a city: the complaint is kept back and both are named."""
    found = place("Blitar", **NAMES)
    assert found.problems == (Flaw(path="region_code", rule="ambiguous_region", detail="35.05 35.72"),)


def test_a_map_says_what_an_ambiguous_name_means_here() -> None:
    """Whoever knows the portal writes once which Blitar it means; other names are still looked up."""
    spec = {**NAMES, "map": {"Blitar": "35.72"}}
    assert place("BLITAR", **spec).values["region_code"] == "35.72"
    assert place("Sidoarjo", **spec).values["region_code"] == "35.15"


@pytest.mark.parametrize("written", ["Kota Bandung", "Banjar", "Kab. Surabaya", "luar daerah"])
def test_a_name_of_elsewhere_is_unmapped(written: str) -> None:
    """A name is never taken from another province: the complaint goes on without a region and the field is listed."""
    found = place(written, **NAMES)
    assert (found.values, found.unmapped) == ({}, ("region_code",))


def test_without_within_the_province_of_the_manifest_counts() -> None:
    """A regency's own portal need not say where names are looked up."""
    assert place("Kota Malang", names=True).values["region_code"] == "35.73"


@pytest.mark.parametrize(
    ("value", "code"), [("3174", "31.73"), (3174, "31.73"), ("3174040003", "31.73"), ("35", "35"), ("3578", "35.78")]
)
def test_bps_codes_become_those_of_kemendagri(value: object, code: str) -> None:
    """3174 of a portal that writes BPS codes is Jakarta Barat, and stands there under its Kemendagri code."""
    assert place(value, "bps").values == {"region_code": code, "code_system": "kemendagri"}


@pytest.mark.parametrize("value", ["9471", "3199", "31740"])
def test_a_bps_code_that_nobody_mapped_is_listed(value: str) -> None:
    """It stays what it was, under BPS, and is work for a person."""
    found = place(value, "bps")
    assert (found.values, found.unmapped) == ({"region_code": value, "code_system": "bps"}, ("region_code",))


@pytest.mark.parametrize("system", ["lapor", "sipd"])
def test_codes_of_others_are_left(system: str) -> None:
    """Numbers of LAPOR! and SIPD are not looked up anywhere."""
    assert place("3578", system).values == {"region_code": "3578", "code_system": system}


def test_old_codes_of_papua_become_those_of_today() -> None:
    """A portal that has not learnt of the new provinces reaches the right one."""
    assert place("91.01").values == {"region_code": "93.01", "code_system": "kemendagri"}
    assert place("91.02.05").values["region_code"] == "95.01"


@pytest.mark.parametrize("code", ["35.99", "99.01"])
def test_a_code_that_does_not_exist_is_listed(code: str) -> None:
    """A mistyped code is kept and listed, for no complaint may go to a region that is not there."""
    assert place(code).unmapped == ("region_code",)


def test_relative_dates_count_from_when_the_item_was_received() -> None:
    """ "2 jam yang lalu" is two hours before the portal was read, in its own zone."""
    fields = {"submitted_at": {"path": "v", "format": "relative"}, "incident_date": {"path": "d", "format": "relative"}}
    found = compiled(fields).apply({"v": "2 jam yang lalu", "d": "kemarin"}, NOW)
    assert found.values == {
        "submitted_at": "2026-11-22T08:00:00+07:00",
        "submitted_precision": "day",
        "incident_date": "2026-11-21",
    }
    assert compiled(fields).apply({"v": "2 jam yang lalu"}).notes[0].rule == "unreadable_date"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("081234567890", "+6281234567890"),
        ("0812345678901", "+62812345678901"),
        ("+628123456789", None),
        ("0812-3456-789", None),
        ("0812-3456-78", "+62812345678"),
    ],
)
def test_a_number_that_a_column_of_13_may_have_cut_is_nobodys(written: str, kept: str | None) -> None:
    """VARCHAR(13) has cut many numbers: a cut one is a stranger's, so it is left out and told, never called."""
    found = one("reporter.phone_e164", written, {"longest": 13})
    assert found.values == ({"reporter": {"phone_e164": kept}} if kept else {})
    assert [note.rule for note in found.notes] == ([] if kept else ["phone_cut"])


@pytest.mark.parametrize(
    ("field", "spec", "rule"),
    [
        ("title", {"path": "v", "names": True}, "names belongs to region_code only"),
        ("title", {"path": "v", "longest": 13}, "longest belongs to reporter.phone_e164 only"),
        ("region_code", {"path": "v", "within": "Jatim"}, "within"),
    ],
)
def test_words_that_would_do_nothing_are_refused(field: str, spec: dict[str, Any], rule: str) -> None:
    """A word that stands at the wrong field is told when the manifest is checked, not read over."""
    with pytest.raises(Misconfigured, match=rule):
        manifest_checks.check(Path("x.yaml"), _manifest({field: spec, "body": "isi"}), "x")


def test_a_portals_stamp_cannot_be_relative() -> None:
    """A reading interval that is counted back from now would move while it is read."""
    value = _manifest({"body": "isi"})
    value["with"]["changed"] = {"path": "v", "format": "relative"}
    with pytest.raises(Misconfigured, match="only submitted_at and incident_date"):
        manifest_checks.check(Path("x.yaml"), value, "x")


def _manifest(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "owner": "Dinas Kominfo Kabupaten Contoh",
        "region": "35.10",
        "channel": "portal",
        "kind": "rest",
        "with": {"url": "https://aduan.contoh.go.id/api", "items": "data", "ref": "id"},
        "fields": fields,
    }
