"""`satupintu check` in the hands of regional staff: every file is judged, every fault is told in their language too."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.checking import check
from hub.settings import Settings
from tests.unit.connectors.test_manifest_loading import LEAST, written

HALF = LEAST.replace("ref: id}", "ref: id, page: {style: cursor}}")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Folders for manifests and registries, both empty."""
    for name in ("manifests", "registries"):
        (tmp_path / name).mkdir()
    return Settings(home=tmp_path, manifests=tmp_path / "manifests", registries=tmp_path / "registries")


def test_every_fault_of_a_folder_is_told_in_both_languages(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong key, an unreadable file, paging by half and a wrong registry: each told, none hides another."""
    written(settings.manifests, LEAST.replace("owner:", "pemilik:"), "kunci.yaml")
    written(settings.manifests, "owner: [", "robek.yaml")
    written(settings.manifests, HALF, "a-penanda.yaml")
    written(settings.manifests, LEAST, "baik.yaml")
    written(settings.registries, "version: 1\nname: sp4n\n", "sp4n.yaml")
    assert check(settings, []) == 1
    lines = capsys.readouterr().out.splitlines()
    for name in ("kunci.yaml", "robek.yaml", "a-penanda.yaml", "sp4n.yaml"):
        told = [line for line in lines if name in line]
        assert [line.split("  ")[0] for line in told] == ["SALAH", "WRONG"], name
        assert told[0].split("  ", 1)[1] != told[1].split("  ", 1)[1]
    assert any(line.startswith("BAIK / GOOD  baik") for line in lines)


def test_named_files_are_all_judged(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of several files on the command line the first wrong one does not keep the others from being read."""
    files = [
        written(tmp_path, HALF, "penanda.yaml"),
        written(tmp_path, LEAST, "baik.yaml"),
        tmp_path / "tidak-ada.yaml",
    ]
    assert check(settings, files) == 1
    out = capsys.readouterr().out
    assert "SALAH  penanda.yaml, baris 6: with.page.param: wajib diisi. Tambahkan." in out
    assert "SALAH  tidak-ada.yaml: tidak dapat dibaca" in out and "BAIK / GOOD  baik" in out
    assert check(settings, files[1:2]) == 0
