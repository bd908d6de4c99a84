"""A village portal's database and a city's Open311 server, to the registry and back, by the manifests of their pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub import steps
from sandbox.open311 import City
from tests.channels.fakes import open311
from tests.channels.fakes.mysql import Base, mysql
from tests.scenario.conftest import Site, _secret
from tests.scenario.test_answers_to_us import advance

DOCS = Path(__file__).parents[2] / "docs" / "kinds"
JPEG = b"\xff\xd8\xff" + bytes(500)
FORWARD = {"from": "2026-01-01T00:00:00+07:00"}


def documented(kind: str) -> dict[str, Any]:
    """The manifest of a kind's page, its answers with it."""
    found = re.findall(r"```yaml\n(.*?)```", (DOCS / f"{kind}.md").read_text(encoding="utf-8"), re.DOTALL)
    made: dict[str, Any] = yaml.safe_load("".join(found))
    return made


def placed(site: Site, name: str, manifest: dict[str, Any], **secrets: str) -> None:
    """A manifest and its secrets where the hub looks."""
    whole = {**manifest, "name": name, "forward": FORWARD}
    (site.home / "manifests" / f"{name}.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    for secret, value in secrets.items():
        _secret(site.home, secret, value)


@pytest.mark.slow
def test_a_database_there_and_back(empty_site: Site) -> None:
    """Complaints with people, NIK as a number and a photo arrive at the registry; the answer stands in its table once."""
    manifest = documented("sql")
    with mysql(Base()) as base:
        base.run(
            "CREATE TABLE pengaduan (id_pengaduan INTEGER PRIMARY KEY, tgl_pengaduan TEXT, nik INTEGER, isi_laporan TEXT,"
            " foto TEXT, gambar BLOB, status TEXT, IsDelete INTEGER)",
            "CREATE TABLE masyarakat (nik TEXT, nama TEXT, telp TEXT, password TEXT)",
            "CREATE TABLE tanggapan (id_tanggapan INTEGER PRIMARY KEY, id_pengaduan INTEGER, tgl_tanggapan TEXT,"
            " tanggapan TEXT, id_petugas INTEGER, kunci_satupintu TEXT)",
            "INSERT INTO masyarakat VALUES ('3515010101900001', 'Sari Contoh', '081200000001', 'd41d8cd98f')",
            "INSERT INTO pengaduan VALUES (1, '2026-11-20', 3515010101900001, 'Jalan di RT 3 berlubang dalam sejak Senin',"
            f" '', X'{JPEG.hex()}', '0', 0), (2, '0000-00-00', NULL, 'Lampu jalan di dusun Krajan mati dua minggu', '', NULL,"
            " 'proses', 0), (3, '2026-11-21', NULL, 'dihapus', '', NULL, '0', 1)",
        )
        reach = {
            "host": "127.0.0.1",
            "port": base.port,
            "tls": "none",
            "columns": [*manifest["with"]["columns"], "gambar"],
        }
        placed(
            empty_site, "lapor", {**manifest, "with": {**manifest["with"], **reach}},
            LAPOR_DB=base.password, LAPOR_DB_TULIS=base.password,
        )  # fmt: skip
        with empty_site.hub() as hub:
            assert steps.pull(hub, "lapor").done == 2
            steps.accept(hub)
            steps.forward(hub)
            first = next(row for row in empty_site.export("complaints", "lapor") if row["ref"] in (1, "1"))
            assert first["reporter"]["national_id"] == "3515010101900001"
            assert (first["reporter"]["name"], first["reporter"]["phone_e164"]) == ("Sari Contoh", "+6281200000001")
            assert [*empty_site.counterparts["registry"].state.files.values()] == [("gambar.jpg", len(JPEG))]
            assert len(empty_site.registered()) >= 1
            advance(empty_site)
            for _ in range(3):
                steps.follow(hub)
            answers = base.run("SELECT tanggapan FROM tanggapan WHERE id_pengaduan = 1")
            assert sum("Sudah kami perbaiki." in text for (text,) in answers) == 1
            assert base.run("SELECT status FROM pengaduan WHERE id_pengaduan = 1") == [("selesai",)]
            steps.pull(hub, "lapor")
            steps.accept(hub)
            steps.forward(hub)
            assert len(empty_site.registered()) == len({row["complaint_id"] for row in empty_site.registered()}) <= 2
    assert all("d41d8" not in str(row) for row in empty_site.registered())


@pytest.mark.slow
def test_a_city_there_and_back(empty_site: Site) -> None:
    """Requests of an Open311 server arrive once, and the answer is an update of the request."""
    city, manifest = City(), documented("open311")
    for number, what in enumerate(("Jalan berlubang di depan pasar", "Sampah menumpuk di tepi kali"), start=0):
        city.report(
            number, "2026-11-29T08:00:00+07:00", description=f"{what} sejak dua minggu lalu", address="Jalan Contoh"
        )
    with open311.georeport(city) as web:
        city.key = city.jurisdiction = None
        manifest["with"]["url"] = f"{web.url}/api/v2"
        placed(empty_site, "kota", manifest, KOTA_KEY="kunci-kota-rahasia")
        with empty_site.hub() as hub:
            assert steps.pull(hub, "kota").done == 2
            steps.accept(hub)
            steps.forward(hub)
            assert len(empty_site.registered()) == 2
            advance(empty_site)
            for _ in range(3):
                steps.follow(hub)
            said = [row["description"] for row in city.updates if row["service_request_id"] == "0"]
            assert sum("Sudah kami perbaiki." in text for text in said) == 1
            steps.pull(hub, "kota")
            steps.accept(hub)
            steps.forward(hub)
            assert len(empty_site.registered()) == 2
