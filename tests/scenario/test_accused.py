"""A complaint against the very agency that runs the regional portal: who hears of it, and who does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from hub import steps
from sandbox.running import RunningRegistry
from tests.scenario.conftest import Portals, Site
from tests.scenario.test_by_hand import entries
from tests.scenario.test_cases import PLAIN
from tests.scenario.test_users import token

NAME = "jatim-portal"
INSPEKTORAT, GOVERNMENT = 3191, 3101
FOUND = "Hasil pemeriksaan: kepala bidang itu diberi sanksi."
BECAUSE = ("--by", "Sari Contoh", "--because", "tugas pemeriksaan")
WORDS = {
    "A-1": "Lampu jalan di depan pasar Contoh padam sejak hari Senin, gelap sekali.",
    "A-2": "Pegawai itu meminta biaya tambahan agar nomor antrean didahulukan, saya diminta diam saja.",
    "A-3": "Pegawai itu meminta biaya tambahan agar nomor antrean didahulukan, saya diminta diam.",
}


def record(number: str, who: int, **more: Any) -> dict[str, Any]:
    """One record of the portal."""
    person = {"nama": f"Warga {who}", "hp": f"0812 0000 {who:04}", "email": f"w{who}@surat.example", "nik": None}
    stamp = {"dibuat_pada": "29-11-2026 10:00", "updated_at": "2026-11-29T10:00:00"}
    said = {"id": number, "judul": "Laporan", "isi": WORDS[number], "alamat": None, "pelapor": person, "tanggapan": []}
    return {**said, **PLAIN, **stamp, **more}


def opened(site: Site, add_portal: Portals) -> Any:
    """A portal of Dinas Kominfo with three complaints, one of them against Dinas Kominfo; a registry with an Inspektorat."""
    against = record("A-2", 2, terlapor="Diskominfo Jatim", anonim="ya")
    portal = add_portal([record("A-1", 1), against, record("A-3", 3)], fields={"reported_party": "terlapor"})
    portal.state.now = site.clock
    path = site.home / "registries" / "sp4n.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"inspectorates": {"35": INSPEKTORAT}}))
    registry: RunningRegistry = site.counterparts["registry"]
    registry.state.institutions[INSPEKTORAT] = "Inspektorat Provinsi Jawa Timur"
    return portal


def day(site: Site) -> None:
    """Time passes, and all six verbs run."""
    site.clock.sleep(30 * 3600)
    with site.hub() as hub:
        steps.sync(hub)


def filed(site: Site, number: str) -> Any:
    """What the registry holds of one record."""
    held = site.counterparts["registry"].state.complaints
    return next(one for one in held.values() if WORDS[number] in one.sent["content"])


def ids(site: Site) -> dict[str, str]:
    """The hub's id of each record."""
    return {line["ref"].strip('"'): line["id"] for line in site.export("complaints")}


def test_the_registry_gets_it_and_the_accused_does_not(empty_site: Site, add_portal: Portals) -> None:
    """It goes to the Inspektorat, anonymous and secret; the reporter hears; the portal of the accused learns nothing."""
    portal = opened(empty_site, add_portal)
    day(empty_site)
    against, plain = filed(empty_site, "A-2"), filed(empty_site, "A-1")
    assert (against.institution_id, plain.institution_id) == (INSPEKTORAT, GOVERNMENT)
    assert (against.sent["is_anonymous"], against.sent["is_secret"]) == (True, True)
    assert "Warga 2" not in str(against.sent) and "nameUser" not in against.sent
    assert (plain.sent["is_anonymous"], plain.sent["is_secret"]) == (False, False)

    state = empty_site.counterparts["registry"].state
    state.move(against, "Selesai", FOUND)
    state.move(plain, "Selesai", "Lampu sudah diganti.")
    for _ in range(2):  # the status is told first, the answer in a message of its own
        day(empty_site)
    told = {ref: " ".join(one["catatan"] or "" for one in portal.state.answers if one["ref"] == ref) for ref in WORDS}
    assert "Lampu sudah diganti." in told["A-1"]
    assert str(against.complaint_id) in told["A-2"] and "diperiksa" not in told["A-2"] and "sanksi" not in told["A-2"]

    portal.state.say("A-2", "Tuduhan itu tidak benar.", status="selesai")
    portal.state.say("A-1", "Kami sudah memasang lampu baru.")
    row = next(row for row in portal.state.records if row["id"] == "A-2")
    del row["terlapor"]  # and takes the accusation out of it
    day(empty_site)
    assert any("memasang lampu baru" in note["content"] for note in plain.followups)
    assert not any("tidak benar" in note["content"] for note in against.followups)
    line = next(
        line
        for line in empty_site.export("complaints")
        if "biaya tambahan" in line["body"] and "diam saja" in line["body"]
    )
    assert (line["reported_party"], line["is_confidential"]) == ("Diskominfo Jatim", True)


def test_the_inspektorat_decides_and_every_step_is_on_record(
    empty_site: Site, add_portal: Portals, tmp_path: Path
) -> None:
    """The queue shows codes, reading needs a reason, a registry that tells the accused is noticed, and the log verifies."""
    opened(empty_site, add_portal)
    day(empty_site)
    own = ids(empty_site)["A-2"]
    inspector = token(empty_site, "irma", "auditor", "35", "--institution", "Inspektorat Provinsi Jawa Timur")

    said = empty_site.command("accused", SATUPINTU_TOKEN=inspector)
    assert said.code == 0, said.err
    assert own in said.out and "named" in said.out and "biaya" not in said.out and "Diskominfo" not in said.out
    assert len(said.out.splitlines()) == 1
    by = ("--by", "irma", "--because", "tugas pemeriksaan")
    said = empty_site.command("accused", "show", own, *by, SATUPINTU_TOKEN=inspector)
    assert "Diskominfo Jatim" in said.out and "biaya tambahan" in said.out and "Warga 2" not in said.out
    assert empty_site.command("accused", "show", ids(empty_site)["A-1"], *by, SATUPINTU_TOKEN=inspector).code == 1

    state = empty_site.counterparts["registry"].state
    state.route(filed(empty_site, "A-2"), GOVERNMENT, "Mohon tindak lanjut.")
    day(empty_site)
    assert "PASSED ON TO THE ACCUSED" in empty_site.command("accused").out

    assert empty_site.command("accused", "confirm", own, *by, SATUPINTU_TOKEN=inspector).code == 0
    assert empty_site.command("accused").out.startswith("Antrean kosong")
    assert empty_site.command("accused", "clear", own, *BECAUSE).code == 0
    assert "cleared  tersembunyi dari / hidden from -" in empty_site.command("accused", "--all").out
    told = [(one["code"], one["actor"]) for one in entries(empty_site, "inspected")]
    assert told == [
        ("shown", "irma"), ("passed_to_accused", told[1][1]), ("confirmed", "irma"), ("cleared", "Sari Contoh"),
    ]  # fmt: skip
    accepted = {one["complaint"]: one["detail"] for one in entries(empty_site, "accepted")}
    assert accepted[own]["confidential"] == ["accused"] and accepted[own]["accused"] == "named"
    assert "biaya" not in str(entries(empty_site, "accepted")) and "iskominfo" not in str(
        entries(empty_site, "inspected")
    )


EXPORTED = ("complaints", "items", "quarantine", "deliveries", "cases", "labels")
LOOKS = [
    *(["status"], ["status", NAME], ["deliveries"], ["cases"], ["cases", "--needs-review"], ["hold", "list"]),
    *(["answers", "list"], ["audit", "log"], ["retention", "show"], *(["export", what] for what in EXPORTED)),
]


def test_the_people_of_the_accused_see_nothing_of_it(empty_site: Site, add_portal: Portals, tmp_path: Path) -> None:
    """Regional IT, coordinator, and a doubtful accusation: no list, export, count or log shows them that it is there."""
    opened(empty_site, add_portal)
    day(empty_site)
    own = ids(empty_site)
    number = str(filed(empty_site, "A-2").complaint_id)
    for role in ("it", "coordinator"):
        mine = token(empty_site, f"budi-{role}", role, "35", "--institution", "Dinas Kominfo Provinsi Jawa Timur")
        shown = {}
        for line in LOOKS:
            said = empty_site.command(*line, SATUPINTU_TOKEN=mine)
            shown[tuple(line)] = said.out + said.err
        everything = "\n".join(shown.values())
        for word in (own["A-2"], number, WORDS["A-2"][:40], "Warga 2"):
            assert word not in everything.replace(WORDS["A-3"], ""), (
                role,
                word,
                [k for k, v in shown.items() if word in v],
            )
        assert own["A-1"] in everything, "what accuses nobody is theirs to see"
        for verb in ("accused", "accused show", "accused clear"):
            said = empty_site.command(
                *verb.split(), *([own["A-2"], *BECAUSE] if " " in verb else []), SATUPINTU_TOKEN=mine
            )
            assert said.code == 2 and own["A-2"] not in said.out + said.err
    counted = {line["id"] for line in empty_site.export("complaints")}
    assert counted == set(own.values()), "the nation's totals hold it, so that they add up"
    assert not any(own["A-2"] in str(one) for one in entries(empty_site, "linked")), "no link tells of it"
