"""Field by field: what portals write, and what the canonical complaint holds."""

from __future__ import annotations

from typing import Any

import pytest

from connectors import mapping
from tests.unit.connectors.mapping_of import compiled, one


def held(found: mapping.Mapped, name: str) -> Any:
    """The value at a dotted canonical name, None where there is none."""
    value: Any = found.values
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


GOOD = [
    ("title", "Jalan rusak", "Jalan rusak"),
    ("title", "  ", None),
    ("title", None, None),
    ("title", 17, "17"),
    ("body", " Isi\r\napa adanya\x00 ", " Isi\r\napa adanya\x00 "),
    ("body", "a\ud83db", "a\ufffdb"),
    ("location_text", 12.5, "12.5"),
    ("location_text", 12.0, "12"),
    ("reporter.name", "Budi", "Budi"),
    ("reporter.phone_e164", "0812-3456-7890", "+6281234567890"),
    ("reporter.phone_e164", "+62 812 3456 7890", "+6281234567890"),
    ("reporter.phone_e164", "6281234567890", "+6281234567890"),
    ("reporter.phone_e164", "81234567890", "+6281234567890"),
    ("reporter.phone_e164", 81234567890, "+6281234567890"),
    ("reporter.phone_e164", 81234567890.0, "+6281234567890"),
    ("reporter.phone_e164", "(0711) 350001", "+62711350001"),
    ("reporter.email", " Warga@Contoh.GO.ID ", "warga@contoh.go.id"),
    ("reporter.national_id", "3578010101900001", "3578010101900001"),
    ("reporter.national_id", 3578010101900001, "3578010101900001"),
    ("reporter.national_id", "3578 0101 0190 0001", "3578010101900001"),
    ("is_confidential", "Ya", True),
    ("is_confidential", "tidak", False),
    ("is_confidential", 1, True),
    ("is_confidential", "0", False),
    ("is_confidential", False, False),
    ("is_confidential", "Y", True),
    ("is_confidential", "N", False),
    ("is_confidential", "", None),
    ("sp4n_id", 9170001, "9170001"),
    ("sp4n_id", 0, None),
    ("sp4n_id", "-", None),
    ("region_code", "35.78", "35.78"),
    ("source_url", "/aduan/7", "https://aduan.contoh.go.id/aduan/7"),
    ("source_url", "HTTP://lain.contoh.go.id/7", "http://lain.contoh.go.id/7"),
    ("category_code", "roads", "roads"),
    ("kind", "aspiration", "aspiration"),
    ("extra.rt", {"a": ["b\ud800", 1, None]}, {"a": ["b\ufffd", 1, None]}),
    ("incident_date", "2024-11-20", "2024-11-20"),
]


@pytest.mark.parametrize(("name", "value", "expected"), GOOD)
def test_values_become_canonical(name: str, value: Any, expected: Any) -> None:
    """What portals write in their own ways becomes one form, and blank means missing, never an empty fact."""
    found = one(name, value)
    assert held(found, name) == expected
    assert (found.problems, found.notes, found.unmapped) == ((), (), ())


FLAWED = [
    ("is_confidential", "t", "unreadable_flag"),
    ("is_confidential", "Rahasia", "unreadable_flag"),
    ("is_anonymous", 2, "unreadable_flag"),
    ("reporter.national_id", 3.578010101900001e15, "digits_lost"),
    ("reporter.national_id", "3.57801E+15", "digits_lost"),
    ("reporter.national_id", "3,57801E+15", "digits_lost"),
    ("region_code", 16.1, "digits_lost"),
    ("title", ["a", "b"], "not_text"),
    pytest.param("title", 10**5000, "not_text", id="huge number"),
    ("body", {"a": 1}, "not_text"),
    ("attachments", [7], "unreadable_attachment"),
]


@pytest.mark.parametrize(("name", "value", "rule"), FLAWED)
def test_what_would_be_wrong_is_a_problem(name: str, value: Any, rule: str) -> None:
    """A value that would become a false fact keeps the item in quarantine, with field and rule and without the value."""
    found = one(name, value)
    assert [(flaw.path, flaw.rule) for flaw in found.problems] == [(name, rule)]
    assert held(found, name) is None


NOTED = [
    ("reporter.phone_e164", "tidak ada", "unreadable_phone"),
    ("reporter.phone_e164", "08123", "unreadable_phone"),
    ("reporter.phone_e164", "08000000000", "unreadable_phone"),
    ("reporter.phone_e164", "8.12E+10", "unreadable_phone"),
    ("reporter.email", "warga(at)contoh", "unreadable_email"),
    ("reporter.email", "a@b@contoh.go.id", "unreadable_email"),
    ("reporter.national_id", "12345", "unreadable_national_id"),
    ("reporter.national_id", "0000000000000000", "unreadable_national_id"),
    ("source_url", "javascript:alert(1)", "unusable_address"),
    ("submitted_at", "0000-00-00 00:00:00", "unreadable_date"),
    ("submitted_at", "31-02-2026", "unreadable_date"),
    ("submitted_at", "kemarin", "unreadable_date"),
    ("submitted_at", {"$date": 0}, "unreadable_date"),
    ("submitted_at", True, "unreadable_date"),
    ("incident_date", "00-00-0000", "unreadable_date"),
    ("incident_date", 20261201, "unreadable_date"),
    ("latitude", "utara", "unreadable_coordinate"),
    pytest.param("latitude", 10**400, "unreadable_coordinate", id="huge degrees"),
]


@pytest.mark.parametrize(("name", "value", "rule"), NOTED)
def test_a_useless_extra_stops_no_complaint(name: str, value: Any, rule: str) -> None:
    """A bad phone, mail address or link is left out and noted; the citizen's complaint goes on."""
    found = one(name, value)
    assert [(flaw.path, flaw.rule) for flaw in found.notes] == [(name, rule)]
    assert (held(found, name), found.problems) == (None, ())


def test_a_moment_carries_its_precision_and_the_zone_of_the_manifest() -> None:
    """A time without a zone is read in the manifest's zone, and how exact it is stays known."""
    found = one("submitted_at", "26-11-2024 08:45", {"format": "%d-%m-%Y %H:%M"})
    assert found.values == {"submitted_at": "2024-11-26T08:45:00+07:00", "submitted_precision": "minute"}


def test_the_zone_of_the_field_goes_before_that_of_the_manifest() -> None:
    """A region in the east whose system writes Jakarta time is not moved by two hours."""
    found = one("submitted_at", "2024-11-26 08:45", {"format": "iso", "zone": "Asia/Jayapura"})
    assert found.values["submitted_at"] == "2024-11-26T08:45:00+09:00"


PLACES = [
    # latitude, longitude, kept, problem, note
    (-7.25, 112.75, (-7.25, 112.75), None, None),
    ("-7,25", "112,75", (-7.25, 112.75), None, None),
    ("-7.25, 112.75", "-7.25, 112.75", (-7.25, 112.75), None, None),
    (0, 0, None, None, None),
    ("0", "0.0", None, None, None),
    (112.75, -7.25, None, "swapped_coordinates", None),
    (51.5, 0.12, None, None, "coordinates_left_out"),
    (-7.25, None, None, None, "coordinates_left_out"),
    (None, None, None, None, None),
]


@pytest.mark.parametrize(("latitude", "longitude", "kept", "problem", "note"), PLACES)
def test_coordinates_are_a_place_in_indonesia_or_none(
    latitude: Any, longitude: Any, kept: Any, problem: str | None, note: str | None
) -> None:
    """No complaint lands in the Atlantic at 0,0, and a channel that swaps its coordinates is told so."""
    found = compiled({"latitude": "a", "longitude": "o"}).apply({"a": latitude, "o": longitude})
    got = (found.values["latitude"], found.values["longitude"]) if found.values else None
    assert got == kept
    assert [flaw.rule for flaw in found.problems] == ([problem] if problem else [])
    assert [flaw.rule for flaw in found.notes] == ([note] if note else [])


ATTACHED = [
    (
        "https://x.go.id/a%20b.JPG",
        [{"name": "a b.JPG", "media_type": "image/jpeg", "url": "https://x.go.id/a%20b.JPG"}],
    ),
    (
        "https://x.go.id/1.pdf\nhttps://x.go.id/2.xyz\n",
        [
            {"name": "1.pdf", "media_type": "application/pdf", "url": "https://x.go.id/1.pdf"},
            {"name": "2.xyz", "media_type": "application/octet-stream", "url": "https://x.go.id/2.xyz"},
        ],
    ),
    (
        [{"name": "../../foto.png", "url": "/berkas/9"}],
        [{"name": "foto.png", "media_type": "image/png", "url": "https://aduan.contoh.go.id/berkas/9"}],
    ),
    (
        [{"name": "surat.pdf", "media_type": "application/pdf", "size": 5, "sha256": "a" * 64}],
        [{"name": "surat.pdf", "media_type": "application/pdf", "size": 5, "sha256": "a" * 64}],
    ),
    (["file:///etc/passwd", None, ""], [{"name": "passwd", "media_type": "application/octet-stream"}]),
    ([], None),
]


@pytest.mark.parametrize(("value", "expected"), ATTACHED)
def test_attachments_are_listed_whatever_their_form(value: Any, expected: Any) -> None:
    """Evidence is listed from addresses, objects or lines; an unusable address is listed without it, and no path leaks in."""
    assert one("attachments", value).values.get("attachments") == expected
