"""Somebody of a regional office who has never done it brings a channel in: few commands, no code, Indonesian first."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

import connectors.kinds
from connectors import known
from connectors.base import Context
from connectors.manifest import Manifest, load
from hub.glance import Glance, Sockets, Watched
from hub.previewing import Record, preview
from sandbox.portal import generate
from tests.channels.fakes.web import json_page, serve
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


# the whole path ----------------------------------------------------------------------------------------------------

ROWS = [
    {
        "id": number,
        "judul": "Lampu jalan mati",
        "isi": f"Lampu jalan mati di RT {number:02} sejak tiga hari lalu",
        "tanggal": f"2026-11-{number:02} 08:15:00",
        "nama_pelapor": "Sri Wahyuni",
        "no_hp": "081200001111",
        "kategori": "LAMPU",
        "status": "baru",
    }
    for number in range(1, 8)
]
ENGLISH = ("There is", "is missing", "Traceback", "cannot")


def test_a_newcomer_brings_a_channel_in_with_six_commands(empty_site: Site, tmp_path: Path) -> None:
    """
    From a sample of what a portal answers to a registered, previewed connector in shadow mode: six commands, one draft that
    is not touched, and every step says in Indonesian how it went and what comes next. Nothing reaches the registry.
    """
    body = json.dumps({"data": ROWS, "total": len(ROWS)}).encode()
    (tmp_path / "contoh.json").write_bytes(body)
    file = str(tmp_path / "desa-contoh.yaml")
    with serve(lambda asked: json_page(body)) as web:
        ani = _token(empty_site, "ani")
        place = (
            "--owner",
            "Desa Contoh",
            "--region",
            "35.15",
            "--contact",
            "kanal@contoh.go.id",
            "--url",
            f"{web.url}/api",
        )
        path = [
            (("new", "rest", "--from", str(tmp_path / "contoh.json"), "--out", file, *place), "Lalu: satupintu check"),
            (("check", file), "7 dari 7 baris dapat dipakai"),
            (("preview", file), "menjadi aduan"),
            (("register", file), "orang kedua dari wilayah yang sama"),
            (("pull", "desa-contoh"), "7 selesai"),
            (("status", "desa-contoh"), "uji coba, semua tertahan"),
        ]
        for arguments, indonesian in path:
            said = empty_site.command(*arguments, SATUPINTU_TOKEN=ani)
            assert (said.code, indonesian in said.out) == (0, True), said.out + said.err
            assert not any(word in said.out.partition("/")[0].splitlines()[0] for word in ENGLISH), said.out
            assert "081200001111" not in said.out + said.err and "Sri Wahyuni" not in said.out + said.err
        assert empty_site.command("accept", "desa-contoh", SATUPINTU_TOKEN=ani).code == 0
    outcomes = [line["outcome"] for line in empty_site.export("complaints")]
    assert outcomes == ["held"] * 7 and empty_site.registered() == []


def _token(site: Site, name: str) -> str:
    assert site.command("users", "add", name, "--role", "it", "--region", "35.15", "--by", "admin").code == 0
    return site.command("tokens", "issue", name, "--by", "admin").out.strip()


# a kind of somebody's own ------------------------------------------------------------------------------------------

TOY = """
from dataclasses import dataclass
from typing import Any, ClassVar

from connectors.base import Item, Page, kind


@kind("kentongan")
@dataclass(frozen=True, slots=True, kw_only=True)
class Kentongan:
    \"\"\"A village drum that tells its news over HTTP.\"\"\"

    OPTIONS: ClassVar[Any] = {
        "type": "object", "additionalProperties": False, "required": ["url"],
        "properties": {"url": {"$ref": "urn:satupintu:schema:manifest:1#/$defs/url"}},
    }
    REPLY: ClassVar[Any] = None
    NEEDS: ClassVar[Any] = {"id": ["Alamat kentongan."], "en": ["The drum's address."]}
    SAME: ClassVar[Any] = ("url",)
    url: str

    @property
    def once(self): return True

    @property
    def moving(self): return False

    def pages(self, ctx, window, start=None, recall=None):
        beats = ctx.http.send("GET", self.url).json()
        items = [Item(ref=str(one["n"]), raw=strictjson_bytes(one), payload=one) for one in beats]
        yield Page(items=items, end=True, total=len(items), next={"n": len(items)}, whole=True)

    def mark(self, pages, before):
        return {}


def strictjson_bytes(one):
    import json
    return json.dumps(one).encode()
"""


def test_a_kind_from_another_folder_goes_the_whole_way(empty_site: Site, tmp_path: Path, forgotten: None) -> None:
    """One file in a folder that SATUPINTU_KINDS names: it is listed, checked, previewed, registered and pulled like ours."""
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "kentongan.py").write_text(TOY)
    body = json.dumps([{"n": 1, "isi": "Banjir di dusun dua"}, {"n": 2, "isi": "Jembatan putus"}]).encode()
    manifest = tmp_path / "dusun.yaml"
    with serve(lambda asked: json_page(body)) as web:
        value = {
            "version": 1, "owner": "Dusun", "region": "35.15", "channel": "desk", "kind": "kentongan", "with": {"url": web.url},
            "contact": {"phone": "031 555"}, "fields": {"body": "isi", "is_confidential": {"const": False}},
        }  # fmt: skip
        manifest.write_text(yaml.safe_dump(value))
        for line, says in (
            (("kinds", "kentongan"), "Alamat kentongan."),
            (("check", str(manifest)), "2 dari 2 baris"),
            (("preview", str(manifest)), "Jembatan putus"),
            (("register", str(manifest), "--by", "ani"), "tersimpan sebagai uji coba"),
            (("pull", "dusun"), "2 selesai"),
        ):
            said = empty_site.command(*line, SATUPINTU_KINDS=str(tmp_path / "kinds"))
            assert (said.code, says in said.out) == (0, True), said.out + said.err


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Kinds of a test's own folder are gone afterwards."""
    before = list(connectors.kinds.__path__)
    yield
    connectors.kinds.__path__[:] = before
    known.names.cache_clear()
    known._KINDS.pop("kentongan", None)
    sys.modules.pop("connectors.kinds.kentongan", None)
