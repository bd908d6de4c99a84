"""The auditor's one file: every manipulation is found, the first bad entry is named, and nothing else is needed."""

from __future__ import annotations

import ast
import base64
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from hub.audit import checkpoint, merkle, tiles, verify

LogOf: TypeAlias = Callable[..., Any]
Files: TypeAlias = Callable[[Path], dict[str, bytes]]

SIZE = 700
"""Two full bundles and a partial one, under a partial tile of level 1."""


@pytest.fixture(scope="module")
def log(log_of: LogOf) -> Any:
    return log_of(SIZE)


@pytest.fixture
def folder(log: Any, published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "log"))


@pytest.fixture(scope="module")
def published(log: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published") / "log"
    log.publish(folder, SIZE)
    return folder


def spans(bundle: bytes) -> Iterator[tuple[int, int]]:
    """Where each entry of a bundle begins and ends, its length included."""
    at = 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        yield at, end
        at = end


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def manipulated(files: dict[str, bytes], kind: str, chance: random.Random) -> dict[str, bytes]:
    """The files after one random manipulation."""
    name = chance.choice(sorted(files))
    data = files[name]
    if kind == "flip":
        return files | {name: flipped(data, chance.randrange(len(data)), chance.randrange(8))}
    if kind == "truncate":
        return files | {name: data[: chance.randrange(len(data))]}
    if kind == "append":
        return files | {name: data + chance.randbytes(chance.randrange(1, 40))}
    if kind == "delete":
        return {other: kept for other, kept in files.items() if other != name}
    name = chance.choice([one for one in sorted(files) if "/entries/" in one])
    places = list(spans(files[name]))
    entries = [files[name][first:last] for first, last in places]
    one, two = chance.sample(range(len(entries)), 2)
    if kind == "duplicate":
        entries.insert(one, entries[two])
    elif kind == "replace":
        entries[one] = entries[two]
    else:
        entries[one], entries[two] = entries[two], entries[one]
    return files | {name: b"".join(entries)}


KINDS = ("flip", "truncate", "append", "delete", "duplicate", "replace", "swap")


def first_difference(whole: dict[str, bytes], changed: dict[str, bytes]) -> str:
    """The one file that a manipulation touched."""
    return next(name for name in whole if changed.get(name) != whole[name])


def found_out(
    log: Any, whole: dict[str, bytes], folder: Path, kind: str, chance: random.Random, needed: set[str]
) -> None:
    """One manipulation, made in the folder, found, named by its file, and undone."""
    changed = manipulated(whole, kind, chance)
    if changed == whole:
        return
    name = first_difference(whole, changed)
    if name not in changed and name not in needed:
        return  # a partial file of an earlier size may be gone
    if name in changed:
        (folder / name).write_bytes(changed[name])
    else:
        (folder / name).unlink()
    report = verify.verify(folder, log.vkey)
    assert not report.ok
    assert (report.problems[0].file, report.problems[0].entry is not None) == (name, True), (kind, report.problems)
    (folder / name).write_bytes(whole[name])


@pytest.mark.parametrize("kind", KINDS)
def test_every_manipulation_is_found(log: Any, folder: Path, files: Files, kind: str) -> None:
    """Whoever changes the exported files in any way is found out, and the file and its first entry are named first."""
    chance, whole = random.Random(f"{kind} 1"), files(folder)
    for _ in range(12):
        found_out(log, whole, folder, kind, chance, set(whole))
    assert verify.verify(folder, log.vkey).ok


@pytest.mark.campaign
def test_ten_thousand_manipulations(log_of: LogOf, log: Any, folder: Path, files: Files, tmp_path: Path) -> None:
    """The same 10,000 times, over folders that grew in steps too, with rollbacks against a kept checkpoint between them."""
    chance = random.Random(10_000)
    grown = tmp_path / "grown"
    for before, size in ((0, 100), (100, 300), (300, SIZE)):
        log.publish(grown, size, before)
    (tmp_path / "kept").write_text(log.note(SIZE))
    older, needed = tmp_path / "older", set(files(folder))
    for number in range(10_000):
        kind, place = KINDS[number % len(KINDS)], (folder, grown)[number // len(KINDS) % 2]
        if number % 10 == 9:
            size = chance.randrange(1, SIZE)
            shutil.rmtree(older, ignore_errors=True)
            log.publish(older, size)
            report = verify.verify(older, log.vkey, tmp_path / "kept")
            assert [(one.kind, one.file) for one in report.problems] == [("rollback", "kept")]
        else:
            found_out(log, files(place), place, kind, chance, needed)


def test_a_changed_byte_names_its_entry(log: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One byte of an entry, or of its length, is changed: the first line of the verdict names this entry."""
    chance = random.Random(7)
    for _ in range(40):
        index = chance.randrange(3)
        path = folder / tiles.entries_path(index, 256 if index < 2 else SIZE - 512)
        data = path.read_bytes()
        at = chance.randrange(len(data))
        entry = index * 256 + next(number for number, (_, end) in enumerate(spans(data)) if at < end)
        path.write_bytes(flipped(data, at, chance.randrange(8)))
        first = verify.verify(folder, log.vkey).problems[0]
        assert (first.entry, first.file) == (entry, str(path.relative_to(folder)))
        assert verify.main([str(folder), "--key", log.vkey]) == 1
        said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- ")]
        assert said[0].startswith(f"- entri {entry} ")
        path.write_bytes(data)
    assert verify.verify(folder, log.vkey).ok


@pytest.mark.parametrize("name", ["tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"])
def test_a_changed_tile_is_told_from_a_changed_entry(log: Any, folder: Path, name: str) -> None:
    """The entries are right and a tile was changed: the tile is blamed, and all entries still count as good."""
    path = folder / name
    path.write_bytes(flipped(path.read_bytes(), 40))
    report = verify.verify(folder, log.vkey)
    assert [(one.kind, one.file) for one in report.problems] == [("tile", name)]
    assert report.entries == SIZE


def test_the_right_file_is_blamed_in_a_tree_of_three_levels(long_log: Any, long_folder: Path) -> None:
    """In a long log, too, one changed file is the one file that is named."""
    for name in ("tile/1/000", "tile/2/000.p/1", "tile/0/100", "tile/0/256.p/1", "tile/entries/100"):
        path = long_folder / name
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, 20))
        assert {one.file for one in verify.verify(long_folder, long_log.vkey).problems} == {name}
        path.write_bytes(whole)


def test_an_entry_forged_together_with_its_tile(log: Any, folder: Path) -> None:
    """A forger who adapts the leaf hash is found by the tile above, and the range of entries is named."""
    forged = b'{"act":"refused"}'
    entries, hashes = log.entries[256:512], log.hashes[256:512]
    entries[3], hashes[3] = forged, merkle.leaf_hash(forged)
    (folder / "tile/entries/001").write_bytes(tiles.bundle(entries))
    (folder / "tile/0/001").write_bytes(b"".join(hashes))
    report = verify.verify(folder, log.vkey)
    assert [(one.kind, one.file, one.entry) for one in report.problems] == [("below", "tile/0/001", 256)]


def test_a_forged_small_log(log_of: LogOf, tmp_path: Path) -> None:
    """In a log of one bundle the signed root alone tells that entry and tile were forged together."""
    log = log_of(5)
    log.publish(tmp_path, 5)
    forged = [*log.entries[:4], b'{"act":"refused"}']
    (tmp_path / "tile/entries/000.p/5").write_bytes(tiles.bundle(forged))
    (tmp_path / "tile/0/000.p/5").write_bytes(b"".join(merkle.leaf_hash(one) for one in forged))
    assert [one.kind for one in verify.verify(tmp_path, log.vkey).problems] == ["root"]


def test_entry_and_tile_damaged_apart(log_of: LogOf, tmp_path: Path) -> None:
    """Where nothing can tell which of two damaged files was right, the verdict still names the place."""
    log = log_of(5)
    log.publish(tmp_path, 5)
    for name in ("tile/entries/000.p/5", "tile/0/000.p/5"):
        path = tmp_path / name
        path.write_bytes(flipped(path.read_bytes(), 5))
    problems = verify.verify(tmp_path, log.vkey).problems
    assert [(one.kind, one.entry) for one in problems] == [("entry", 0), ("root", None)]


def test_leftovers_of_earlier_sizes_are_checked_too(log: Any, tmp_path: Path) -> None:
    """A partial file of an earlier checkpoint may be gone; while it is there, a changed byte in it is found."""
    log.publish(tmp_path, 100)
    log.publish(tmp_path, SIZE, 100)
    for name in ("tile/entries/000.p/100", "tile/0/000.p/100"):
        path = tmp_path / name
        whole = path.read_bytes()
        path.write_bytes(flipped(whole, 33))
        problem = verify.verify(tmp_path, log.vkey).problems[0]
        assert (problem.kind, problem.file) == ("earlier", name)
        path.unlink()
        assert verify.verify(tmp_path, log.vkey).ok


def test_a_checkpoint_of_another_hand(log: Any, folder: Path) -> None:
    """Another key, a forged text, a converted file and a missing one are four different sentences."""
    other = checkpoint.new_key()
    vkey = checkpoint.vkey("satupintu/other", checkpoint.public(other))
    root = merkle.root(log.hashes)

    def found(key: str) -> str:
        return verify.verify(folder, key).problems[0].kind

    assert found(vkey) == "wrong key"
    path = folder / "checkpoint"
    note = path.read_text()
    path.write_text(note.replace("\n700\n", "\n699\n"))
    assert found(log.vkey) == "bad signature"
    path.write_text(checkpoint.sign("satupintu/other", SIZE, root, other))
    assert found(log.vkey) == "wrong key"
    assert verify.verify(folder, vkey).ok
    path.write_text(note.replace("\n", "\r\n"))
    assert found(log.vkey) == "unreadable"
    path.unlink()
    assert found(log.vkey) == "missing"


def test_a_checkpoint_of_our_key_about_another_log(tmp_path: Path) -> None:
    """A signature of the right key under a text that names another log is refused."""
    key = checkpoint.new_key()
    theirs = checkpoint.sign("satupintu/other", 0, merkle.EMPTY_ROOT, key)
    text = theirs.split("\n\n")[0] + "\n"
    name = "satupintu/mine"
    ours = checkpoint.sign(name, 0, merkle.EMPTY_ROOT, key)
    key_id = base64.b64decode(ours.split(" ")[-1])[:4]
    line = base64.b64encode(key_id + key.sign(text.encode())).decode()
    (tmp_path / "checkpoint").write_text(f"{text}\n\u2014 {name} {line}\n")
    report = verify.verify(tmp_path, checkpoint.vkey(name, checkpoint.public(key)))
    assert [one.kind for one in report.problems] == ["wrong origin"]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 699, 700])
def test_an_older_checkpoint_is_a_witness(log: Any, folder: Path, tmp_path: Path, size: int) -> None:
    """Whoever kept any older checkpoint sees that the log only grew."""
    (tmp_path / "old").write_text(log.note(size))
    assert verify.verify(folder, log.vkey, tmp_path / "old").problems == ()


@pytest.mark.parametrize(("old", "kind"), [(701, "rollback"), (700, "fork"), (300, "fork"), (256, "fork")])
def test_a_rewritten_or_shortened_log_is_found(
    log_of: LogOf, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], old: int, kind: str
) -> None:
    """Even the owner of the signing key cannot take entries back from somebody who kept a checkpoint."""
    log = log_of(701, "rejected" if kind == "fork" else "accepted")
    (tmp_path / "old").write_text(log.note(old))
    assert [one.kind for one in verify.verify(folder, log.vkey, tmp_path / "old").problems] == [kind]
    assert verify.main([str(folder), "--key", log.vkey, "--since", str(tmp_path / "old")]) == 1
    assert str(old) in capsys.readouterr().out


def test_an_old_checkpoint_that_does_not_count(log: Any, folder: Path, tmp_path: Path) -> None:
    """A forged or missing old checkpoint is reported, never passed over."""
    assert [one.kind for one in verify.verify(folder, log.vkey, tmp_path / "gone").problems] == ["missing"]
    (tmp_path / "old").write_text(log.note(3).replace("\n3\n", "\n4\n"))
    assert [one.kind for one in verify.verify(folder, log.vkey, tmp_path / "old").problems] == ["bad signature"]


def test_a_signed_but_absurd_size_ends_soon(log: Any, tmp_path: Path) -> None:
    """A checkpoint over a quintillion entries without files is a verdict within moments, not a hanging program."""
    (tmp_path / "checkpoint").write_text(log.signed(10**18, bytes(32)))
    report = verify.verify(tmp_path, log.vkey)
    assert report.problems[0].kind == "missing"
    assert len(report.problems) < 200


def test_what_the_auditor_reads(log: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An intact log gives size, root and number of entries, in two languages, and exit code 0."""
    (tmp_path / "log.vkey").write_text(log.vkey + "\n")
    for key in (log.vkey, str(tmp_path / "log.vkey")):
        assert verify.main([str(folder), "--key", key]) == 0
        said = capsys.readouterr().out
        root = log.note(SIZE).split("\n")[2]
        assert f"size: {SIZE}" in said
        assert f"root: {root}" in said
        assert f"entries that fit: {SIZE}" in said
        assert "UTUH / INTACT" in said


def test_a_slip_of_the_hand_is_not_called_tampering(
    log: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped key or folder ends with code 2 and a sentence, not with a verdict about the log."""
    for where, key in ((folder, log.vkey[:-2]), (folder, "no such file"), (folder, ""), (tmp_path / "gone", log.vkey)):
        assert verify.main([str(where), "--key", key]) == 2
        assert " / " in capsys.readouterr().err


def test_the_verifier_stands_alone(log: Any, folder: Path, tmp_path: Path) -> None:
    """Copied to another machine as one file, it runs: no package of ours, no database, no network."""
    alone = shutil.copy(verify.__file__, tmp_path / "verify.py")
    command = [sys.executable, "-I", str(alone), str(folder), "--key", log.vkey]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "INTACT" in done.stdout


def test_the_verifier_can_be_read_in_one_sitting() -> None:
    """At most 300 lines, Python 3.9, only the standard library and `cryptography`, and nothing that opens a socket."""
    source = Path(verify.__file__).read_text()
    assert len(source.splitlines()) <= 300
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names | {"cryptography"}
    assert not imported & {"socket", "ssl", "urllib", "http", "ftplib", "sqlite3", "subprocess", "asyncio"}
