"""Where a complaint goes: one registry's own numbers for our words, and what happens when a number is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import schemas.words
from connectors.errors import Misconfigured
from hub.model import Complaint
from hub.routing import STATUSES, RegistryConfig, Target, hub_status, load, load_registries, target
from hub.settings import ROOT

YAML = """\
version: 1
name: sp4n
kind: lapor_v3
url: https://registry.contoh.go.id/lapor
headers: {Authorization: "Bearer ${secret:SP4N_AUTH}", token: "${secret:SP4N_TOKEN}"}
lookup: listing
slowest_commit: 15m
rate: 2
timeouts: {connect: 10s, read: 60s}
service_user: 1001
channel_id: 13
institutions: {"35": 15, "35.78": 1578, dishub: 152}
categories: {roads: 436}
locations: {"35": 15, "35.78": 1578}
classifications: {complaint: 6, aspiration: 7, supervisory: 5}
statuses: {Selesai: resolved, "Terdisposisi ke *": dispositioned, "Terdisposisi ke Pusat *": verified}
when_unmapped: {category: 15, location: parent}
attachments_form: "[1,2]."
"""

CONFIG = RegistryConfig(
    name="sp4n",
    kind="lapor_v3",
    url="https://registry.contoh.go.id",
    institutions={"35": 15, "35.78": 1578, "dishub": 152},
    categories={"roads": 436},
    locations={"35": 15, "35.78": 1578},
    classifications={"complaint": 6, "aspiration": 7, "supervisory": 5},
    unmapped_category=99,
    sha256="0" * 64,
)
PLAIN = Complaint(
    id="6f1c2a1e-6f0b-5a52-9d0c-0f5a3f6f7a10",
    connector="contoh",
    channel="portal",
    ref="7",
    received_at="2026-11-26T08:30:00+07:00",
    kind="complaint",
    body="Isi.",
    is_anonymous=False,
    is_confidential=True,
    category_code="roads",
)


def to(institution: int | None, location: int | None, category: int | None, *flags: str, **more: Any) -> Target:
    """A target in short."""
    return Target(
        institution_id=institution,
        location_id=location,
        category_id=category,
        flags=flags,
        **{"classification_id": 6, **more},
    )


INSPECTORATES = {"35.78": 912, "35": 911, "national": 900}
TARGETS: list[tuple[dict[str, Any], str, dict[str, Any], Target]] = [
    # changes of the complaint, connector's region, changes of the registry, target
    ({}, "35.78", {}, to(1578, 1578, 436)),
    ({}, "35.78.08", {}, to(1578, 1578, 436, "location_parent")),
    ({}, "35.15", {}, to(15, 15, 436, "location_parent")),
    ({}, "73", {}, to(None, None, 436, "unrouted", "location_unmapped")),
    ({"target_institution": "dishub"}, "35.78", {}, to(152, 1578, 436)),
    ({"target_institution": "pln"}, "35.78", {}, to(1578, 1578, 436, "institution_unmapped")),
    ({"region_code": "35", "code_system": "kemendagri"}, "35.78", {}, to(1578, 15, 436)),
    ({"region_code": "35.78.08", "code_system": "kemendagri"}, "35", {}, to(15, 1578, 436, "location_parent")),
    ({"region_code": "777", "code_system": "lapor"}, "35", {}, to(15, 777, 436)),
    ({"region_code": "3578", "code_system": "bps"}, "35", {}, to(15, 15, 436, "location_unmapped")),
    ({"category_code": None}, "35", {}, to(15, 15, 99, "category_unmapped")),
    ({"category_code": "waste"}, "35", {}, to(15, 15, 99, "category_unmapped")),
    ({"category_code": "waste"}, "35", {"unmapped_category": None}, to(15, 15, None, "category_unmapped")),
    ({"category_code": "waste"}, "35", {"unmapped_category": "wait"}, to(15, 15, None, "category_unmapped", waits="category")),
    ({}, "35.15", {"unmapped_location": "wait"}, to(15, None, 436, "location_unmapped", waits="location")),
    ({"kind": "aspiration"}, "35", {}, to(15, 15, 436, classification_id=7)),
    ({"is_supervisory": True}, "35", {}, to(15, 15, 436, classification_id=5)),
    ({"is_whistle_blowing": True}, "35", {}, to(15, 15, 436)),
    ({"is_whistle_blowing": True}, "35", {"classifications": {"complaint": 6, "whistle_blowing": 9}},
     to(15, 15, 436, classification_id=9)),
    ({"reported_party": "Dinas PU"}, "35.78", {"inspectorates": INSPECTORATES}, to(912, 1578, 436, "inspectorate")),
    ({"reported_party": "Budi", "target_institution": "dishub"}, "35.15", {"inspectorates": INSPECTORATES},
     to(911, 15, 436, "inspectorate", "location_parent")),
    ({"reported_party": "Dinas PU"}, "73", {"inspectorates": INSPECTORATES},
     to(900, None, 436, "inspectorate", "location_unmapped")),
    ({"reported_party": "Inspektorat Kota"}, "35.78", {"inspectorates": INSPECTORATES}, to(911, 1578, 436, "inspectorate")),
    ({"reported_party": "Dinas PU"}, "35.78", {}, to(None, 1578, 436, "inspectorate_unmapped", "unrouted")),
    ({"reported_party": "tidak tahu"}, "35.78", {"inspectorates": INSPECTORATES}, to(1578, 1578, 436)),
    ({"kind": "information_request"}, "35", {}, to(15, 15, 436, "classification_unmapped")),
    ({}, "35", {"institutions": {}, "locations": {}, "categories": {}, "unmapped_category": None},
     to(None, None, None, "unrouted", "location_unmapped", "category_unmapped")),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "region", "registry", "expected"), TARGETS)
def test_a_complaint_finds_its_place(
    changes: dict[str, Any], region: str, registry: dict[str, Any], expected: Target
) -> None:
    """A complaint goes to the institution it names, else to its region's; what has no number is flagged, never made up."""
    assert target(replace(PLAIN, **changes), region, replace(CONFIG, **registry)) == expected


def test_a_registry_is_read_from_its_file(tmp_path: Path) -> None:
    """The file says it all: address, care and numbers; secrets stay references and out of sight."""
    (tmp_path / "sp4n.yaml").write_text(YAML, encoding="utf-8")
    one = load(tmp_path / "sp4n.yaml")
    assert (one.lookup, one.slowest_commit, one.rate) == ("listing", timedelta(minutes=15), 2)
    assert (one.connect_timeout.seconds, one.read_timeout.seconds, one.attachments_form) == (10, 60, "[1,2].")
    assert (one.service_user, one.channel_id, one.unmapped_category, one.unmapped_location) == (1001, 13, 15, "parent")
    assert "secret" not in repr(one)


def test_settings_override_the_national_registry_and_stay_secret(tmp_path: Path) -> None:
    """A test environment is one variable away, and its secrets appear nowhere."""
    (tmp_path / "sp4n.yaml").write_text(YAML, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(YAML.replace("name: sp4n", "name: other"), encoding="utf-8")
    found = load_registries(tmp_path, url="http://127.0.0.1:9", auth="Bearer rahasia", token="{rahasia}")
    assert found.good["sp4n"].url == "http://127.0.0.1:9"
    assert found.good["sp4n"].headers == {"Authorization": "Bearer rahasia", "token": "{rahasia}"}
    assert found.good["sp4n"].categories == {"roads": 436}
    assert found.good["other"].url == "https://registry.contoh.go.id/lapor"
    assert "rahasia" not in repr(found)


def test_settings_reach_a_registry_of_the_first_generation(tmp_path: Path) -> None:
    """Where the file names the header `auth`, the secret of the settings stands there too, and no reference is left."""
    (tmp_path / "sp4n.yaml").write_text(
        "version: 1\nname: sp4n\nkind: lapor_v3\nurl: http://127.0.0.1:9\n"
        'headers: {auth: "Bearer ${secret:SP4N_AUTH}", token: "${secret:SP4N_TOKEN}"}\n'
    )
    headers = load_registries(tmp_path, auth="Bearer rahasia", token="{rahasia}").good["sp4n"].headers
    assert headers == {"auth": "Bearer rahasia", "Authorization": "Bearer rahasia", "token": "{rahasia}"}


def test_an_address_alone_is_enough_to_send(tmp_path: Path) -> None:
    """With only SATUPINTU_REGISTRY_URL set, complaints can be sent: unrouted, flagged, without invented numbers."""
    found = load_registries(tmp_path, url="http://127.0.0.1:9", auth="Bearer x", token="y")
    one = found.chosen(None)
    assert (one.name, one.kind, one.lookup, one.rate, one.slowest_commit.seconds) == (
        "sp4n",
        "lapor_v3",
        "none",
        20,
        90,
    )
    assert target(PLAIN, "35", one) == to(None, None, None, "unrouted", "location_unmapped", "category_unmapped")
    assert hub_status(one, "Selesai") == "resolved"
    assert load_registries(tmp_path).good == {}


def test_a_broken_registry_file_is_told_and_not_replaced(tmp_path: Path) -> None:
    """A typing error in the mapping never means that everything is sent without one."""
    (tmp_path / "sp4n.yaml").write_text(YAML.replace("lookup:", "lokup:"), encoding="utf-8")
    (tmp_path / "other.yaml").write_text(YAML.replace("name: sp4n", "name: other"), encoding="utf-8")
    found = load_registries(tmp_path, url="http://127.0.0.1:9")
    assert list(found.good) == ["other"]
    assert "sp4n.yaml: lokup" in found.bad[tmp_path / "sp4n.yaml"].what


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    """Of two files that claim to be one registry the first stays and the second is named."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(YAML, encoding="utf-8")
    found = load_registries(tmp_path)
    assert (list(found.good), list(found.bad)) == (["sp4n"], [tmp_path / "b.yaml"])


def test_one_registry_known_is_the_one_meant(tmp_path: Path) -> None:
    """A manifest need not name the only registry; with two of them it must, and a wrong name is told."""
    (tmp_path / "sp4n.yaml").write_text(YAML, encoding="utf-8")
    assert load_registries(tmp_path).chosen(None).name == "sp4n"
    (tmp_path / "other.yaml").write_text(YAML.replace("name: sp4n", "name: other"), encoding="utf-8")
    found = load_registries(tmp_path)
    assert found.chosen("other").name == "other"
    for name in (None, "nowhere"):
        with pytest.raises(Misconfigured, match="other, sp4n"):
            found.chosen(name)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Selesai", "resolved"),
        ("  selesai ", "resolved"),
        ("Terdisposisi ke Dinas Contoh", "dispositioned"),
        ("Terdisposisi ke Pusat Contoh", "verified"),
        ("Terdisposisi", None),
        ("Sedang rapat", None),
        ("", None),
    ],
)
def test_status_words_are_translated_by_table_only(tmp_path: Path, name: str, status: str | None) -> None:
    """The registry's words become the hub's by a table; a new word is nobody's guess."""
    (tmp_path / "sp4n.yaml").write_text(YAML, encoding="utf-8")
    assert hub_status(load(tmp_path / "sp4n.yaml"), name) == status


def test_the_shipped_registry_is_ready_to_be_filled_in() -> None:
    """The template is valid, names its secrets plainly, sends without invented numbers, and knows LAPOR!'s words."""
    found = load_registries(ROOT / "registries")
    assert found.bad == {}
    one = found.good["sp4n"]
    assert one.headers == {"Authorization": "Bearer ${secret:SP4N_AUTH}", "token": "${secret:SP4N_TOKEN}"}
    assert dict(one.statuses) == dict(STATUSES)
    assert target(PLAIN, "35", one).waits is None
    assert set(STATUSES.values()) <= set(schemas.words.STATUSES)
