"""The log as files: the places C2SP gives them, and bytes that depend on the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.audit import checkpoint, merkle, tiles, verify

Files: TypeAlias = Callable[[Path], dict[str, bytes]]
LogOf: TypeAlias = Callable[..., Any]


@pytest.mark.parametrize(
    ("index", "place"),
    [
        (0, "000"),
        (7, "007"),
        (999, "999"),
        (1000, "x001/000"),
        (1_234_067, "x001/x234/067"),
        (10**9, "x001/x000/x000/000"),
    ],
)
def test_the_place_of_a_tile(index: int, place: str) -> None:
    """Other people's tools find every file where C2SP tlog-tiles says it is."""
    assert tiles.tile_path(2, index) == f"tile/2/{place}"
    assert tiles.tile_path(0, index, 17) == f"tile/0/{place}.p/17"
    assert tiles.entries_path(index) == f"tile/entries/{place}"
    assert tiles.entries_path(index, 1) == f"tile/entries/{place}.p/1"
    assert verify.place(2, index, 256) == tiles.tile_path(2, index)
    assert verify.place("entries", index, 9) == tiles.entries_path(index, 9)


def test_a_bundle_gives_every_length_in_two_bytes() -> None:
    """An entry is read without knowing what is in it."""
    assert tiles.bundle([b"", b"ab", b"c" * 258]) == b"\0\0" + b"\0\2ab" + b"\1\2" + b"c" * 258


def test_the_files_of_a_small_log(log_of: LogOf, files: Files, tmp_path: Path) -> None:
    """Three entries are a checkpoint, a bundle and a tile of leaf hashes."""
    log = log_of(3)
    assert log.publish(tmp_path, 3) == 3
    assert files(tmp_path) == {
        "checkpoint": log.note(3).encode(),
        "tile/0/000.p/3": b"".join(log.hashes),
        "tile/entries/000.p/3": tiles.bundle(log.entries),
    }


def test_an_empty_log_has_a_checkpoint(log_of: LogOf, files: Files, tmp_path: Path) -> None:
    """A hub that has done nothing yet can already be checked."""
    assert log_of(0).publish(tmp_path, 0) == 1
    assert list(files(tmp_path)) == ["checkpoint"]


def test_the_levels_of_a_long_log(long_log: Any, files: Files, long_folder: Path) -> None:
    """65,537 entries have three levels, each hash of an upper one being the root of a full tile below."""
    found = files(long_folder)
    assert len([name for name in found if name.startswith("tile/0/")]) == 257
    assert {name for name in found if name[:7] in ("tile/1/", "tile/2/", "tile/3/")} == {"tile/1/000", "tile/2/000.p/1"}
    assert found["tile/1/000"][32:64] == merkle.root(long_log.hashes[256:512])
    assert found["tile/2/000.p/1"] == merkle.root(long_log.hashes[:65_536])
    assert verify.verify(long_folder, long_log.vkey).entries == 65_537


@pytest.mark.parametrize("steps", [(255, 256), (256, 257), (255, 257), (1, 300, 511, 512, 513), (700, 700), (0, 1, 2)])
def test_growing_gives_the_files_of_a_fresh_start(
    log_of: LogOf, files: Files, tmp_path: Path, steps: tuple[int, ...]
) -> None:
    """What was published bit by bit is, file by file, what an export of the whole log writes."""
    log = log_of(steps[-1])
    before = 0
    for size in steps:
        log.publish(tmp_path / "grown", size, before)
        before = size
    log.publish(tmp_path / "fresh", steps[-1])
    fresh, grown = files(tmp_path / "fresh"), files(tmp_path / "grown")
    assert {name: grown.get(name) for name in fresh} == fresh
    assert verify.verify(tmp_path / "grown", log.vkey).ok


def test_growing_over_the_edge_of_an_upper_tile(long_log: Any, files: Files, tmp_path: Path) -> None:
    """The 65,536th and the next entry change a handful of files, not all of them."""
    long_log.publish(tmp_path, 65_535)
    assert long_log.publish(tmp_path, 65_536, 65_535) == 5
    assert long_log.publish(tmp_path, 65_537, 65_536) == 4
    found = files(tmp_path)
    assert found["tile/1/000"] == b"".join(merkle.root(long_log.hashes[at : at + 256]) for at in range(0, 65_536, 256))
    assert found["tile/2/000.p/1"] == merkle.root(long_log.hashes[:65_536])
    assert found["tile/0/256.p/1"] == long_log.hashes[65_536]


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(0, 1100), min_size=1, max_size=4).map(sorted))
def test_any_growth_verifies(log_of: LogOf, tmp_path_factory: pytest.TempPathFactory, sizes: Sequence[int]) -> None:
    """However the sealer's runs fall, the folder verifies after each of them, and against each earlier checkpoint."""
    folder = tmp_path_factory.mktemp("log")
    log, before, old = log_of(sizes[-1]), 0, None
    for size in sizes:
        log.publish(folder / "log", size, before)
        report = verify.verify(folder / "log", log.vkey, old)
        assert report.problems == ()
        assert (report.size, report.entries, report.root) == (size, size, merkle.root(log.hashes[:size]))
        before, old = size, folder / "old"
        old.write_text(log.note(size))


def test_publishing_twice_changes_nothing(log_of: LogOf, files: Files, tmp_path: Path) -> None:
    """A sealer that was killed after its work does it again without harm."""
    log = log_of(600)
    log.publish(tmp_path, 600)
    once = files(tmp_path)
    log.publish(tmp_path, 600)
    log.publish(tmp_path, 600, 600)
    assert files(tmp_path) == once


@pytest.mark.parametrize("kept", range(9))
def test_a_sealer_killed_while_publishing_is_made_good(
    log_of: LogOf, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Wherever publishing is cut off, the old log still verifies, and the next run writes all that is missing."""
    log = log_of(900)
    log.publish(tmp_path / "log", 200)

    class Killed(BaseException):
        pass

    rename, left = Path.rename, [kept]

    def cut(self: Path, target: Path) -> Path:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", cut)
    with pytest.raises(Killed):
        log.publish(tmp_path / "log", 800, 200)
    monkeypatch.undo()
    assert verify.verify(tmp_path / "log", log.vkey).size == 200
    # The database has gone on: for it, 800 was sealed.
    log.publish(tmp_path / "log", 900, 800)
    log.publish(tmp_path / "fresh", 900)
    fresh, found = files(tmp_path / "fresh"), files(tmp_path / "log")
    assert {name: found.get(name) for name in fresh} == fresh
    assert verify.verify(tmp_path / "log", log.vkey).ok


@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_upper_tile_is_not_built_upon(log_of: LogOf, files: Files, tmp_path: Path, damage: str) -> None:
    """A tile that the next one continues is not trusted blindly: the rows decide, and the damage stays visible."""
    log = log_of(1100)
    log.publish(tmp_path / "log", 1000)
    tile = tmp_path / "log/tile/1/000.p/3"
    if damage == "missing":
        tile.unlink()
    else:
        tile.write_bytes(tile.read_bytes()[:-1] if damage == "cut" else bytes(96))
    log.publish(tmp_path / "log", 1100, 1000)
    log.publish(tmp_path / "fresh", 1100)
    fresh, found = files(tmp_path / "fresh"), files(tmp_path / "log")
    assert {name: found.get(name) for name in fresh} == fresh
    assert {one.file for one in verify.verify(tmp_path / "log", log.vkey).problems} <= {"tile/1/000.p/3"}


def test_a_log_never_shrinks(log_of: LogOf, files: Files, tmp_path: Path) -> None:
    """A database restored from an old backup does not overwrite the longer log that auditors have seen."""
    log = log_of(20)
    log.publish(tmp_path, 20)
    once = files(tmp_path)
    with pytest.raises(tiles.Conflict, match="never shrinks"):
        log.publish(tmp_path, 19)
    with pytest.raises(tiles.Conflict, match="never shrinks"):
        log_of(20, "rejected").publish(tmp_path, 20)
    assert files(tmp_path) == once


def test_two_logs_do_not_share_a_folder(log_of: LogOf, tmp_path: Path) -> None:
    """Exporting into the folder of another hub is refused."""
    note = checkpoint.sign("satupintu/other", 0, merkle.EMPTY_ROOT, checkpoint.new_key())
    (tmp_path / "checkpoint").write_text(note)
    with pytest.raises(tiles.Conflict, match="another folder"):
        log_of(1).publish(tmp_path, 1)


@pytest.mark.parametrize(("row", "before"), [(5, 0), (299, 299)])
def test_rows_that_do_not_lead_to_the_signed_root_are_not_published(
    log_of: LogOf, files: Files, tmp_path: Path, row: int, before: int
) -> None:
    """Whoever alters leaf hashes in the database cannot replace tiles that an old checkpoint stands on."""
    log = log_of(300)
    log.publish(tmp_path, 299)
    once, note = files(tmp_path), log.note(300)
    log.hashes[row] = bytes(32)
    with pytest.raises(tiles.Disagreement, match="do not lead to the signed root"):
        log.publish(tmp_path, 300, before, note)
    assert files(tmp_path) == once


def test_a_gap_in_the_rows_is_an_error(log_of: LogOf, tmp_path: Path) -> None:
    """A row that is missing in the database stops publishing with the place of the gap."""
    log = log_of(10)
    note = log.note(10)
    for entries, hashes in ((log.entries[:9], log.hashes), (log.entries, log.hashes[:9])):
        with pytest.raises(ValueError, match="rows 0 to 9 are 9 instead of 10"):
            tiles.publish(
                tmp_path,
                before=0,
                size=10,
                entries=lambda first, last, rows=entries: rows[first:last],  # type: ignore[misc]
                leaf_hashes=lambda first, last, rows=hashes: rows[first:last],  # type: ignore[misc]
                note=note,
            )
    assert not (tmp_path / "checkpoint").exists()


def test_a_checkpoint_over_another_size_is_refused(log_of: LogOf, tmp_path: Path) -> None:
    """The tiles of one size never stand beside the checkpoint of another."""
    log = log_of(3)
    with pytest.raises(ValueError, match="the checkpoint is over 2"):
        tiles.publish(tmp_path, before=0, size=3, entries=None, leaf_hashes=None, note=log.note(2))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="from size 4 to 3"):
        log.publish(tmp_path, 3, 4)
