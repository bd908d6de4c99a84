"""Somebody of a regional office who has never done it brings a channel in: few commands, no code, Indonesian first."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from sandbox.portal import generate
from tests.regions import tables
from tests.scenario.conftest import Portals, Site


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
