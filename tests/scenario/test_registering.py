"""A region registers its own channel: every version is kept, and a second person lets it forward."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.manifest import catalogue
from hub import steps
from hub.oversight import figures
from hub.register_words import NotRegistered
from hub.registering import activate, deactivate, history, put_back, register
from hub.spine import Hub
from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site

NAME = "jatim-portal"
People = Callable[..., str]


@pytest.fixture
def people(empty_site: Site) -> People:
    """people(name, role, region) is a token of a new user."""

    def made(name: str, role: str = "it", region: str = "35") -> str:
        said = empty_site.command("users", "add", name, "--role", role, "--region", region, "--by", "admin")
        assert said.code == 0, said.err
        return empty_site.command("tokens", "issue", name, "--by", "admin").out.strip()

    return made


@pytest.fixture
def file(empty_site: Site, add_portal: Portals, tmp_path: Path) -> Path:
    """A manifest that nobody has registered, of a portal with two old complaints and two of the day of activation."""
    records = generate(old=2, new=2)
    for row in records[2:]:
        row["dibuat_pada"] = "30-11-2026 08:30"
    forward = {"registry": "sp4n", "first": 500}
    add_portal(records, contact={"email": "kanal@jatim.example"}, forward={})
    path = empty_site.home / "manifests" / f"{NAME}.yaml"
    moved = Path(shutil.move(path, tmp_path / "portal-saya.yaml"))
    lines = moved.read_text().splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith("forward:"))
    end = next((n for n, line in enumerate(lines) if n > start and line[:1] not in " -"), len(lines))
    moved.write_text("# milik kami\n" + "".join(lines[:start] + lines[end:]) + f"forward: {forward}\n")
    return moved


def words(hub: Hub) -> dict[str, int]:
    """Where its complaints stand."""
    found = figures(hub)["connectors"][NAME]
    return {name: found[name] for name in ("held", "forwarded", "on_the_way")}


def test_it_collects_and_sends_nothing_until_a_second_person_says_so(empty_site: Site, file: Path) -> None:
    """
    One registers, the hub collects and sends nothing. He cannot let it forward himself; a second person can, from that
    day on: what came meanwhile goes out, what is older stays held, and the command says how many.
    """
    with empty_site.hub() as hub:
        told = register(hub, file, by="ani")
        assert "versi 1 tersimpan sebagai uji coba" in told.notes[0]
    with empty_site.hub() as hub:  # any machine: the manifest comes from the store
        assert (empty_site.home / "registered" / f"{NAME}.yaml").read_text().startswith("# milik kami\n")
        steps.sync(hub, [NAME])
        assert words(hub) == {"held": 4, "forwarded": 0, "on_the_way": 0}
        with pytest.raises(NotRegistered, match="harus orang lain"):
            activate(hub, NAME, by="Ani ")
        let = activate(hub, NAME, by="budi")
        assert "Aduan sejak 30-11-2026 diteruskan" in let.notes[0]
        assert "2 aduan yang lebih lama tetap tertahan" in let.notes[-2]
    with empty_site.hub() as hub:
        steps.sync(hub, [NAME])
        assert words(hub) == {"held": 2, "forwarded": 2, "on_the_way": 0}
        assert [(one.act, one.made_by) for one in history(hub, NAME)] == [("registered", "ani"), ("activated", "budi")]
        assert steps.seal(hub).failed == 0
    assert len(empty_site.registered()) == 2


def test_a_new_version_waits_while_the_old_one_goes_on(empty_site: Site, file: Path) -> None:
    """
    A changed manifest stops nobody: the activated one runs until a second person lets the new one. Going back to what two
    people have agreed to takes effect at once; whatever is put back keeps the day from which it sends.
    """
    with empty_site.hub() as hub:
        register(hub, file, by="ani")
        activate(hub, NAME, by="budi")
        file.write_text(file.read_text().replace("title: judul", "title: kategori"))
        waits = register(hub, file, by="ani")
        assert "Versi 2 tetap berlaku" in waits.notes[0]
        assert register(hub, file, by="cici").skipped == 1  # the same again is no version
        assert _title(hub) == "judul"
        activate(hub, NAME, by="cici")
        assert _title(hub) == "kategori"
        assert "berjalan mulai sekarang" in put_back(hub, NAME, 2, by="ani").notes[0]
        assert _title(hub) == "judul"
        assert "menunggu" in put_back(hub, NAME, 3, by="ani").notes[0]  # nobody but ani has seen that one
        assert (_title(hub), _runs(hub).forward.since) == ("judul", _runs(hub).forward.since)
        with pytest.raises(NotRegistered, match="Tidak ada versi 9"):
            put_back(hub, NAME, 9, by="ani")


def test_a_connector_is_ended_and_taken_up_again(empty_site: Site, file: Path) -> None:
    """Whoever finds something wrong ends it alone and at once; to take it up again needs somebody else."""
    with empty_site.hub() as hub:
        register(hub, file, by="ani")
        activate(hub, NAME, by="budi")
        deactivate(hub, NAME, by="budi", because="alamat salah")
        assert _runs(hub).disabled
        assert deactivate(hub, NAME, by="ani", because="x").skipped == 1
        with pytest.raises(NotRegistered, match="harus orang lain"):
            activate(hub, NAME, by="budi")
        activate(hub, NAME, by="ani")
        assert not _runs(hub).disabled


def _runs(hub: Hub):  # type: ignore[no-untyped-def]
    own = hub.settings
    return catalogue(own.manifests, also=own.registered_folder).good[NAME]


def _title(hub: Hub) -> object:
    return _runs(hub).fields["title"]


@pytest.mark.parametrize(
    ("was", "instead", "sentence"),
    [
        ("contact:\n  email: kanal@jatim.example\n", "", "contact belum diisi"),
        (f"name: {NAME}", "name: lain", "sudah terdaftar sebagai"),
        ("body: isi", "body: isi[", "letak ini tidak dapat dipakai"),
    ],
)
def test_what_cannot_be_registered_is_told(empty_site: Site, file: Path, was: str, instead: str, sentence: str) -> None:
    """Nobody to ask, the same channel under two names, a broken manifest: refused in Indonesian, and nothing is stored."""
    with empty_site.hub() as hub:
        register(hub, file, by="ani")
    assert was in file.read_text()
    file.write_text(file.read_text().replace(was, instead))
    said = empty_site.command("register", str(file), "--by", "ani")
    assert (said.code, sentence in said.err) == (1, True), said.err
    with empty_site.hub() as hub:
        assert len(history(hub, NAME)) == 1


def test_only_the_region_and_its_province_register_and_activate(empty_site: Site, file: Path, people: People) -> None:
    """A regency's people cannot touch what belongs to their province, nor the neighbours what is not theirs."""
    ani, budi = people("ani"), people("budi")
    below, aside = people("desa", region="35.15"), people("sebelah", role="coordinator", region="63")
    for token in (below, aside):
        refused = empty_site.command("register", str(file), SATUPINTU_TOKEN=token)
        assert refused.code == 2, refused
    nameless = empty_site.command("register", str(file))
    assert nameless.code == 2 and "--by" in nameless.err
    assert empty_site.command("register", str(file), SATUPINTU_TOKEN=ani).code == 0
    for token in (below, aside):
        for line in (["activate", NAME], ["deactivate", NAME, "--because", "x"]):
            refused = empty_site.command(*line, SATUPINTU_TOKEN=token)
            assert refused.code == 2 and "di luar wewenang" in refused.err
        assert empty_site.command("history", NAME, SATUPINTU_TOKEN=token).code == 1
    assert empty_site.process("pull", NAME).code == 0
    for key in ("name", "renamed_from"):  # the past of a connector is not taken by its name either
        other = file.with_name("rebut.yaml")
        text = file.read_text().replace('region: "35"', 'region: "35.15"').replace("region: '35'", 'region: "35.15"')
        other.write_text(text if key == "name" else text.replace(f"name: {NAME}", f"name: rebut\nrenamed_from: {NAME}"))
        taken = empty_site.command("register", str(other), SATUPINTU_TOKEN=below)
        assert taken.code == 2 and "di luar wewenang" in taken.err, taken
    same = file.with_name("kembar.yaml")
    same.write_text(text.replace(f"name: {NAME}", "name: kembar"))
    twin = empty_site.command("register", str(same), SATUPINTU_TOKEN=below)
    assert twin.code == 1 and "daerah lain" in twin.err and NAME not in twin.err, twin
    assert empty_site.command("activate", NAME, SATUPINTU_TOKEN=ani).code == 1
    assert empty_site.command("activate", NAME, SATUPINTU_TOKEN=budi).code == 0
    told = empty_site.command("history", NAME, SATUPINTU_TOKEN=ani).out.splitlines()
    assert [line.split("  ")[:4] for line in told] == [
        ["1", "didaftarkan / registered", "uji coba / shadow", "ani"],
        ["2", "diaktifkan / activated", "aktif / active", "budi"],
    ]
    shown = empty_site.command("history", NAME, "--show", "1", SATUPINTU_TOKEN=ani)
    assert "shadow: true" in shown.out and "secret:" in shown.out
