"""Eyes that are not ours: Go's tlog and note read the hub's log and proofs, and refuse what was changed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.audit import merkle, proofs, verify
from tests.unit.audit.conftest import Log, make

GO_PATH = Path("/usr/share/gocode")
GO = shutil.which("go")
Tlog = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.go


@pytest.fixture(scope="module")
def tlog(tmp_path_factory: pytest.TempPathFactory) -> Tlog:
    """The program `tlog.go`, built from Debian's sources without a network."""
    if not GO or not (GO_PATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("golang-go and golang-golang-x-mod-dev are missing: nobody else's tlog has read this log")
    made = tmp_path_factory.mktemp("go")
    env = os.environ | {"GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": "", "GOPROXY": "off"}
    command = [GO, "build", "-o", made / "tlog", Path(__file__).with_name("tlog.go")]
    subprocess.run(command, env=env | {"GOCACHE": str(made / "cache")}, check=True, timeout=300)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([made / "tlog", *arguments], capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_go_accepts_logs_of_every_shape(tlog: Tlog, tmp_path: Path, size: int) -> None:
    """Tools for Go's checksum database read our log: partial tiles, full ones, one entry or many."""
    log = make(size)
    log.publish(tmp_path, size)
    said = tlog("log", tmp_path, log.vkey)
    assert said.returncode == 0, said.stderr
    assert f"entries {size}," in said.stdout


def test_go_accepts_three_levels_of_tiles(tlog: Tlog, long_log: Log, long_folder: Path) -> None:
    """65,537 entries: a full tile of level 1 and partial ones beside it."""
    said = tlog("log", long_folder, long_log.vkey)
    assert said.returncode == 0, said.stderr
    assert "entries 65537, inclusion proofs 257" in said.stdout


def test_go_sees_that_a_log_only_grew(tlog: Tlog, tmp_path: Path) -> None:
    """An auditor with Go's tools proves today's log to begin with last month's, and sees when it does not."""
    log, other = make(900), make(300, said="refused")
    for size in (300, 520, 900):
        log.publish(tmp_path / "log", size, before=0)
    kept = tmp_path / "kept"
    for size in (1, 256, 300, 899, 900):
        kept.write_text(log.note(size))
        said = tlog("log", tmp_path / "log", log.vkey, kept)
        assert said.returncode == 0, said.stderr
        assert f"begins with the {size} entries" in said.stdout
    kept.write_text(other.note(300))
    assert tlog("log", tmp_path / "log", log.vkey, kept).returncode == 1


def test_go_accepts_our_proofs_and_no_other(tlog: Tlog, tmp_path: Path) -> None:
    """A `.tlog-proof` of ours convinces Go; another entry, index, hash or key does not."""
    log, size = make(700), 700
    log.publish(tmp_path / "log", size)
    tree, dice = proofs.of_folder(tmp_path / "log", size), random.Random(5)
    entry, proof = tmp_path / "entry.json", tmp_path / "entry.tlog-proof"
    for index in (0, 255, 256, 511, 512, 699, *(dice.randrange(size) for _ in range(10))):
        text = proofs.one(index, tree.inclusion(index), log.note(size))
        entry.write_bytes(log.entries[index])
        proof.write_text(text)
        said = tlog("proof", proof, entry, log.vkey)
        assert said.returncode == 0, said.stderr
        proof.write_text(text.replace(f"index {index}\n", f"index {(index + 1) % size}\n"))
        assert tlog("proof", proof, entry, log.vkey).returncode == 1
        proof.write_text(text)
        entry.write_bytes(log.entries[index] + b" ")
        assert tlog("proof", proof, entry, log.vkey).returncode == 1


def test_go_refuses_what_our_verifier_refuses(
    tlog: Tlog, tmp_path: Path, files: Callable[..., dict[str, bytes]]
) -> None:
    """One flipped bit in any file of the log, and neither of the two accepts it: they agree on what a log is."""
    log, dice = make(700), random.Random(9)
    log.publish(tmp_path, 700)
    for name, data in files(tmp_path).items():
        for at in (0, len(data) - 1, *(dice.randrange(len(data)) for _ in range(4))):
            (tmp_path / name).write_bytes(data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :])
            assert tlog("log", tmp_path, log.vkey).returncode == 1, (name, at)
            assert not verify.verify(tmp_path, log.vkey).ok, (name, at)
        (tmp_path / name).write_bytes(data[:-1])
        assert tlog("log", tmp_path, log.vkey).returncode == 1, name
        (tmp_path / name).write_bytes(data)
    assert tlog("log", tmp_path, log.vkey).returncode == 0


def test_go_refuses_a_forged_head(tlog: Tlog, tmp_path: Path) -> None:
    """Whoever signs a root that the entries do not have convinces nobody, key or no key."""
    log = make(300)
    log.publish(tmp_path, 300)
    (tmp_path / "checkpoint").write_text(log.signed(300, merkle.leaf_hash(b"another")))
    assert tlog("log", tmp_path, log.vkey).returncode == 1
