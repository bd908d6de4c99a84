"""What is set, written or placed wrongly ends in a sentence that says where and what to do, and in the right number."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hub.store.server import Embedded
from sandbox.portal import generate
from tests.conftest import fresh_database
from tests.scenario.conftest import Portals, Site

OTHERS = "kediri-portal"


@pytest.fixture
def site(empty_site: Site, add_portal: Portals) -> Site:
    """Two portals with ten complaints each."""
    add_portal(generate(new=10))
    add_portal(generate(new=10, start=1001, seed=2), OTHERS, secret="KEDIRI_TOKEN")
    return empty_site


def plain(said: str) -> bool:
    """A sentence, not a dump of our code."""
    return bool(said.strip()) and "Traceback" not in said


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("SATUPINTU_FOO", "1", "SATUPINTU_FOO: no such setting"),
        ("SATUPINTU_DATABASE_ULR", "postgresql://x", "SATUPINTU_DATABASE_ULR: no such setting"),
        ("SATUPINTU_ALLOW_NETWORKS", "10.0.0.1/8", "SATUPINTU_ALLOW_NETWORKS"),
        ("SATUPINTU_ALLOW_NETWORKS", "kantor", "SATUPINTU_ALLOW_NETWORKS"),
        ("SATUPINTU_DATABASE_URL", "mysql//nowhere", "SATUPINTU_DATABASE_URL"),
    ],
)
def test_a_wrong_setting_refuses_to_start(empty_site: Site, setting: str, value: str, named: str) -> None:
    """An unknown or unusable variable: exit 2, its name in the sentence, whatever was to be done."""
    changed = {setting: value}
    if setting == "SATUPINTU_DATABASE_URL":
        changed["SATUPINTU_MIGRATION_URL"] = ""
    for command in (["status"], ["sync", "--all"], ["seal"]):
        said = empty_site.command(*command, **changed)
        assert said.code == 2 and named in said.err and plain(said.err), command


WRONG = [
    ("pull tidak-ada", "tidak-ada"),
    ("accept tidak-ada", "tidak-ada"),
    ("sync tidak-ada", "tidak-ada"),
    ("forward tidak-ada", "tidak-ada"),
    ("follow tidak-ada", "tidak-ada"),
    ("status tidak-ada", "tidak-ada"),
    ("export items tidak-ada", "tidak-ada"),
    ("secret allow X --connector tidak-ada --host h", "tidak-ada"),
    ("pull", "--all"),
    ("pull jatim-portal --all", "--all"),
    ("sync", "--all"),
    ("export everything", "everything"),
    ("resolve x --by Rini", "--absent"),
    ("release jatim-portal", "--by"),
    ("fly", "fly"),
    ("status --quietly", "--quietly"),
]


def test_a_wrong_command_says_what_is_right(site: Site) -> None:
    """A connector that nobody knows, or a command without what it needs: exit 2 and the word that is missing."""
    for command, named in WRONG:
        said = site.command(*command.split())
        assert said.code == 2 and named in said.err and plain(said.err), (command, said)
    assert site.registered() == []


BROKEN = [
    ("version: 1\nname: [tidak\n", "line"),
    ("version: 1\nname: rusak\n", "owner"),
    ("", "rusak.yaml"),
    ("version: 1\nname: rusak\nkind: rest\nregion: 35\n", "region"),
]


@pytest.mark.parametrize(("text", "place"), BROKEN)
def test_a_broken_manifest_takes_nobody_down(site: Site, text: str, place: str) -> None:
    """One sentence names file, place and remedy; the command ends with 1, and all others have run to the registry."""
    (site.home / "manifests" / "rusak.yaml").write_text(text)
    said = site.command("sync", "--all")
    assert said.code == 1 and len(site.registered()) == 20
    told = [line for line in said.err.splitlines() if "rusak.yaml" in line]
    assert len(told) == 1 and place in told[0] and plain(said.err)
    for command in (("pull", "--all"), ("status",), ("check",)):
        again = site.command(*command)
        assert again.code == 1 and "rusak.yaml" in again.out + again.err
    by_name = site.command("pull", "rusak")
    assert by_name.code == 1 and "rusak.yaml" in by_name.err
    assert site.command("pull", OTHERS).code == 0


def test_a_database_that_does_not_answer(site: Site) -> None:
    """Nobody listens where the database should be: exit 1, a sentence that names the setting and no password."""
    nowhere = "postgresql://satupintu_hub:rahasia@127.0.0.1:9/satupintu"
    for command in (("status",), ("sync", "--all"), ("seal",)):
        said = site.command(*command, SATUPINTU_DATABASE_URL=nowhere, SATUPINTU_MIGRATION_URL="")
        assert said.code == 1 and "SATUPINTU_DATABASE_URL" in said.err and "rahasia" not in said.err
        assert plain(said.err)


def test_a_missing_secret_says_where_to_put_it(site: Site) -> None:
    """The secret was never laid down: its connector's pull ends with 1 and says where it belongs; others go on."""
    secret = site.home / "secrets" / "JATIM_TOKEN"
    value = secret.read_text()
    secret.unlink()
    said = site.command("pull", "jatim-portal")
    assert said.code == 1 and "JATIM_TOKEN" in said.err and "secrets" in said.err and plain(said.err)
    all_of = site.command("sync", "--all")
    assert all_of.code in (1, 3) and "JATIM_TOKEN" in all_of.out + all_of.err and len(site.registered()) == 10
    secret.write_text(value)
    secret.chmod(0o644)
    said = site.command("pull", "jatim-portal")
    assert said.code == 1 and "chmod 600" in said.err and value not in said.out + said.err
    secret.chmod(0o600)
    assert site.command("sync", "--all").code == 0 and len(site.registered()) == 20


EVERY = ("status", "export items", "export complaints", "seal", "watch", "accept", "forward", "follow", "pull --all")


@pytest.mark.slow
def test_every_command_works_in_an_empty_home(
    empty_site: Site, cluster: Embedded, template: str, tmp_path: Path
) -> None:
    """A home that does not exist yet and no manifest at all: nothing to do is no error; keys are made, for us only."""
    nothing = {name: str(tmp_path / "kosong") for name in ("SATUPINTU_MANIFESTS", "SATUPINTU_REGISTRIES")}
    for number, command in enumerate((*EVERY, f"audit export {tmp_path / 'log'}", "sync --all")):
        home = tmp_path / str(number) / "rumah"
        with fresh_database(cluster, template) as empty:
            urls = {"SATUPINTU_DATABASE_URL": empty.hub_url, "SATUPINTU_MIGRATION_URL": empty.superuser_url}
            said = empty_site.command(*command.split(), SATUPINTU_HOME=str(home), **urls, **nothing)
        assert said.code == 0, (command, said)
        assert {stat.S_IMODE(path.stat().st_mode) for path in (home / "keys").iterdir()} == {0o600}
    assert (tmp_path / "log" / "log.vkey").exists()


def test_a_home_without_the_right_keys_is_refused(site: Site, tmp_path: Path) -> None:
    """The home was lost and the database was not: exit 2, which key is missing and where, and nothing is written."""
    assert site.command("sync", "--all").code == 0
    with site.database.connect(superuser=True) as connection:
        before = connection.execute("SELECT count(*) FROM entries").fetchone()
        said = site.command("sync", "--all", SATUPINTU_HOME=str(tmp_path / "lain"))
        assert said.code == 2 and "hub key" in said.err and str(tmp_path / "lain") in said.err
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == before
