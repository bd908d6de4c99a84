"""Somebody of a regional office who has never done it brings a channel in: few commands, no code, Indonesian first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from connectors.base import Context
from connectors.manifest import Manifest, load
from hub.glance import Glance, Sockets, Watched
from hub.previewing import Record, preview
from sandbox.portal import generate
from tests.regions import tables
from tests.scenario.conftest import START, Portals, Site


def everything(site: Site) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found: dict[str, list[str]] = {}
    with site.database.connect(superuser=True) as connection:
        for table in tables(connection):
            query = psycopg.sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(psycopg.sql.Identifier(table))
            found[table] = [str(row[0]) for row in connection.execute(query).fetchall()]
    return found


@pytest.fixture
def file(empty_site: Site, add_portal: Portals, tmp_path: Path) -> Path:
    """A manifest that nobody has registered."""
    add_portal(generate(new=7), contact={"email": "kanal@jatim.example"})
    return Path(shutil.move(empty_site.home / "manifests" / "jatim-portal.yaml", tmp_path / "jatim-portal.yaml"))


def test_looking_leaves_nothing_behind(empty_site: Site, file: Path) -> None:
    """`check` goes to the portal in stages, of a file and of a registered connector: the database stays as it was."""
    assert empty_site.command("status").code == 0
    before = everything(empty_site)
    checked = empty_site.command("check", str(file))
    assert checked.code == 0, checked.out + checked.err
    told = [line.split()[:2] for line in checked.out.splitlines() if line.startswith("  BAIK")]
    assert [one[1] for one in told] == ["DNS", "TCP", "masuk/login", "hak/right", "halaman/page", "isi/parse"]
    assert everything(empty_site) == before
    shown = empty_site.command("preview", str(file), "--count", "3")
    assert shown.code == 0, shown
    assert shown.out.count("menjadi aduan") == 3 and "reporter.phone_e164" in shown.out and "[telepon]" in shown.out
    assert "0838" not in shown.out and "+62838" not in shown.out and "Warga " not in shown.out
    assert everything(empty_site) == before
    token = (empty_site.home / "secrets" / "JATIM_TOKEN").read_text()
    assert token not in checked.out + checked.err
    assert empty_site.command("check", "tidak-ada").code == 1


def test_a_secret_does_not_leave_for_a_manifest_of_nobody(empty_site: Site, file: Path) -> None:
    """
    Somebody with a token may not send a secret anywhere by a file that nobody has on record; registered, he may look, and
    a secret of another connector stays where it is.
    """
    assert empty_site.command("users", "add", "ani", "--role", "it", "--region", "35", "--by", "admin").code == 0
    ani = empty_site.command("tokens", "issue", "ani", "--by", "admin").out.strip()
    refused = empty_site.command("check", str(file), SATUPINTU_TOKEN=ani)
    assert refused.code == 1 and "Daftarkan dulu" in refused.out, refused
    assert empty_site.command("register", str(file), SATUPINTU_TOKEN=ani).code == 0
    assert empty_site.command("check", "jatim-portal", SATUPINTU_TOKEN=ani).code == 0
    assert empty_site.process("pull", "jatim-portal").code == 0  # now it is bound
    text = file.read_text().replace("name: jatim-portal", "name: lain").replace("/api/aduan", "/api/lain")
    other = file.with_name("lain.yaml")
    other.write_text(text)
    assert empty_site.command("register", str(other), SATUPINTU_TOKEN=ani).code == 0
    taken = empty_site.command("check", "lain", SATUPINTU_TOKEN=ani)
    assert taken.code == 1 and "milik kanal atau alamat lain" in taken.out, taken


# a sample file -----------------------------------------------------------------------------------------------------

SAMPLE = {
    "data": [
        {
            "id": 1,
            "judul": "Lampu mati",
            "isi": "Lampu mati, hubungi Sri Wahyuni di 081200001111",
            "tgl": "01-12-2026 08:00",
            "nama": "Sri Wahyuni",
            "hp": "081200001111",
            "kategori": "LAMPU",
            "ktp": "3515014107900001",
        },
        {"id": 2, "judul": "Sampah", "isi": None, "tgl": "kemarin", "nama": None, "hp": "12", "kategori": "ANEH"},
    ]
}
MANIFEST = {
    "version": 1,
    "owner": "Dinas Contoh",
    "region": "35.15",
    "channel": "portal",
    "kind": "rest",
    "with": {"url": "https://aduan.invalid/api", "headers": {"X-Key": "${secret:KUNCI}"}, "items": "data", "ref": "id"},
    "fields": {
        "title": "judul",
        "body": "isi",
        "submitted_at": {"path": "tgl", "format": "%d-%m-%Y %H:%M"},
        "category_code": {"path": "kategori", "map": {"LAMPU": "street_lighting"}},
        "reporter.name": "nama",
        "reporter.phone_e164": "hp",
        "is_confidential": {"const": False},
    },
}


def previewed(folder: Path, manifest: dict[str, Any], sample: bytes) -> list[Record]:
    """What preview shows of a sample, without a hub and with no way out."""
    (folder / "kanal.yaml").write_text(yaml.safe_dump(manifest))
    (folder / "sample").write_bytes(sample)
    made: Manifest = load(folder / "kanal.yaml")
    ctx = Context(http=None, dial=None, secret=str, clock=lambda: START)  # type: ignore[arg-type]
    nothing: Any = None
    glance = Glance(ctx=ctx, watched=Watched(http=nothing), sockets=Sockets(dial=nothing), looked_up=[], secrets={})
    return preview(made, glance, count=5, sample=folder / "sample")


def test_a_sample_is_shown_side_by_side_without_people(tmp_path: Path) -> None:
    """What stands where, what it becomes, and what is wrong with it at its own field; nobody's name or number shows."""
    first, second = previewed(tmp_path, MANIFEST, json.dumps(SAMPLE).encode())
    cells = {cell.name: cell for cell in first.cells}
    assert (first.outcome, second.outcome) == ("complaint", "quarantined")
    assert (cells["title"].raw, cells["title"].becomes) == ("Lampu mati", "Lampu mati")
    assert cells["body"].becomes == "Lampu mati, hubungi [nama] di [telepon]"
    assert cells["submitted_at"].raw == "01-12-2026 08:00"
    assert cells["submitted_at"].becomes.startswith("2026-12-01T08:00")
    assert (cells["reporter.name"].raw, cells["reporter.phone_e164"].becomes) == ("[nama]", "[telepon]")
    assert first.unused == ["ktp"]
    wrong = {cell.name: cell.notes for cell in second.cells if cell.notes}
    assert {"body", "submitted_at", "category_code"} <= wrong.keys()
    assert "tanggal tidak terbaca" in wrong["submitted_at"][0][0] and "map" in wrong["category_code"][0][0]
    said = repr([first, second])
    for secret in ("Sri Wahyuni", "081200001111", "+6281200001111", "3515014107900001"):
        assert secret not in said
