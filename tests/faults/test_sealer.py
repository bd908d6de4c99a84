"""The sealer among many writers, beside other sealers, killed at any moment, and on a disk that fails."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from hub import publishing
from hub.audit import checkpoint, merkle, tiles, verify
from hub.audit.entry import Entry
from hub.privacy import Vault
from hub.sealing import seal
from hub.store import leaves
from hub.store.log import append_all
from hub.store.work import Store
from tests.conftest import Database

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
OWN = UUID("00000000-0000-4000-8000-00000000000a")


def made(database: Database, vault: Vault, folder: Path) -> Any:
    """What sealing needs of a hub, with connections of its own."""
    return SimpleNamespace(
        id=OWN,
        store=Store(database.hub_url, clock=lambda: NOW),
        vault=vault,
        settings=SimpleNamespace(log_folder=folder),
        clock=lambda: NOW,
        actor="test@host",
    )


@pytest.fixture
def hub(database: Database, vault: Vault, tmp_path: Path) -> Iterator[Any]:
    """A hub that only seals."""
    one = made(database, vault, tmp_path / "log")
    yield one
    one.store.close()


def write(store: Store, writer: int, first: int, count: int, pause: float = 0.0) -> None:
    """Entries in one transaction, which may take its time before it ends."""
    with store.begin() as work:
        append_all(work, [Entry(act="accepted", at=NOW, actor=f"w{writer}", count=first + at) for at in range(count)])
        time.sleep(pause)


def whole(hub: Any, expected: int) -> None:
    """Every entry has exactly one place, without a gap, and the published log verifies with all of them."""
    with hub.store.begin("sealer") as work:
        row = work.one("SELECT count(*) AS n, count(DISTINCT entry) AS d, max(leaf_index) AS last FROM leaves")
        assert leaves.unsealed(work, 1) == []
        assert leaves.unsealed(work, 1, after=leaves.mark(work).settled) == []
    assert row is not None and (row.n, row.d, row.last) == (expected, expected, expected - 1)
    report = verify.verify(hub.settings.log_folder, publishing.vkey_of(hub))
    assert (report.problems, report.size) == ((), expected)


def race(hub: Any, database: Database, vault: Vault, *, events: int, each: int) -> None:
    """16 writers, every tenth of their transactions slow, and 3 sealers that never rest."""
    stop, share, broken = threading.Event(), events // 16, list[BaseException]()

    def writing(number: int) -> None:
        dice, own = random.Random(number), Store(database.hub_url, clock=lambda: NOW)
        for first in range(0, share, each):
            write(own, number, first, min(each, share - first), 0.02 if dice.random() < 0.1 else 0.0)
        own.close()

    def sealing() -> None:
        own = made(database, vault, hub.settings.log_folder)
        try:
            while not stop.is_set():
                seal(own)
        except BaseException as error:  # noqa: BLE001 (told by the test itself)
            broken.append(error)
        own.store.close()

    sealers = [threading.Thread(target=sealing) for _ in range(3)]
    writers = [threading.Thread(target=writing, args=(number,)) for number in range(16)]
    for one in (*sealers, *writers):
        one.start()
    for one in writers:
        one.join()
    stop.set()
    for one in sealers:
        one.join()
    assert broken == []
    seal(hub)
    whole(hub, 16 * share)


def test_no_entry_is_lost_between_writers_and_sealers(hub: Any, database: Database, vault: Vault) -> None:
    """Sixteen writers, some of them slow, and three sealers: every entry gets one place, and there is no gap."""
    race(hub, database, vault, events=2_000, each=5)


@pytest.mark.campaign
def test_no_entry_of_a_hundred_thousand_is_lost(hub: Any, database: Database, vault: Vault) -> None:
    """The same with 100,000 entries."""
    race(hub, database, vault, events=100_000, each=10)


def test_a_slow_transaction_is_not_passed_over(hub: Any) -> None:
    """An entry whose transaction ends after later ones were sealed gets its place in the next run, however late."""
    with hub.store.begin() as slow:
        append_all(slow, [Entry(act="accepted", at=NOW, actor="slow")])
        write(hub.store, 1, 0, 3)
        assert [seal(hub).done, seal(hub).done] == [3, 0]
        with hub.store.begin("sealer") as work:
            assert leaves.mark(work).settled == 0
    write(hub.store, 1, 3, 1)
    assert seal(hub).done == 2
    with hub.store.begin("sealer") as work:
        assert leaves.mark(work).settled == 5
    whole(hub, 5)


@pytest.mark.parametrize(
    ("before", "newest", "writers", "after"),
    [
        ((3, None, ""), 9, "", (9, None, "")),
        ((3, None, ""), 9, "ab", (3, 9, "ab")),
        ((3, 7, "ab"), 9, "b", (3, 7, "ab")),
        ((3, 7, "ab"), 9, "c", (7, 9, "c")),
        ((3, 7, "ab"), 9, "", (9, None, "")),
    ],
)
def test_the_mark_moves_only_behind_everybody_who_writes(
    before: tuple[int, int | None, str], newest: int, writers: str, after: tuple[int, int | None, str]
) -> None:
    """Numbers count as settled only when nobody who was writing below them is still at it."""
    marks = [leaves.Mark(settled=one[0], seen=one[1], writers=frozenset(one[2])) for one in (before, after)]
    assert marks[0].moved(newest, frozenset(writers)) == marks[1]


def killed(hub: Any, database: Database, vault: Vault, tmp_path: Path, *, kills: int) -> None:
    """A child writes and seals without end; it is killed again and again, and read before and after each time."""
    folder, dice, vkey = hub.settings.log_folder, random.Random(9), publishing.vkey_of(hub)
    hub.store.close()  # nobody shares a connection with a child
    kept, last, longest = list[Path](), 0, 0.1
    for number in range(kills):
        longest = longest if last else longest * 2  # a busy machine: until something is sealed at all
        child = os.fork()
        if child == 0:
            own = made(database, vault, folder)
            while True:
                write(own.store, number, 0, 40)
                seal(own)
        time.sleep(0.04 + dice.random() * longest)
        for alive in (True, False):
            if (folder / "checkpoint").exists():
                note = (folder / "checkpoint").read_text()
                size = checkpoint.opened(note, vkey).size
                assert size >= last
                if size > last:
                    kept, last = [*kept[-2:], tmp_path / f"old-{number}-{alive}"], size
                    kept[-1].write_text(note)
                assert verify.verify(folder, vkey, *kept).problems == ()
            if alive:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
    seal(hub)
    with hub.store.begin("sealer") as work:
        count = work.value("SELECT count(*) FROM entries")
    assert count >= last > 0
    whole(hub, count)
    shutil.rmtree(folder)
    publishing.rebuild(hub)
    whole(hub, count)


def test_a_killed_sealer_leaves_a_log_that_verifies(hub: Any, database: Database, vault: Vault, tmp_path: Path) -> None:
    """SIGKILL at any moment: who reads then, or at the same time, sees a whole log that has only grown."""
    killed(hub, database, vault, tmp_path, kills=10)


@pytest.mark.campaign
def test_a_thousand_kills(hub: Any, database: Database, vault: Vault, tmp_path: Path) -> None:
    """The same with 1,000 kills."""
    killed(hub, database, vault, tmp_path, kills=1_000)


def test_the_folder_is_a_function_of_the_rows(hub: Any, tmp_path: Path) -> None:
    """The whole folder deleted, and made again: every file that a reader needs has the same bytes."""
    for first in range(0, 600, 200):
        write(hub.store, 1, first, 200)
        seal(hub)
    before = read(hub.settings.log_folder)
    shutil.rmtree(hub.settings.log_folder)
    assert publishing.rebuild(hub).done
    again = read(hub.settings.log_folder)
    assert {name: before[name] for name in again} == again
    shutil.rmtree(hub.settings.log_folder)
    seal(hub)
    assert read(hub.settings.log_folder) == again


def test_a_copy_grows_and_never_goes_back(hub: Any, tmp_path: Path) -> None:
    """What an auditor is given on a shared volume is brought up to date, a few files at a time, and is no other log's."""
    copy, vkey = tmp_path / "copy", publishing.vkey_of(hub)
    write(hub.store, 1, 0, 300)
    seal(hub)
    assert publishing.publish_to(hub, copy).failed == 0
    (tmp_path / "old").write_bytes((copy / "checkpoint").read_bytes())
    write(hub.store, 1, 300, 5)
    seal(hub)
    assert publishing.publish_to(hub, copy).done <= 6
    report = verify.verify(copy, (copy / "log.vkey").read_text(), tmp_path / "old")
    assert (report.problems, vkey) == ((), (copy / "log.vkey").read_text().strip())
    other = SimpleNamespace(**{**vars(hub), "id": UUID(int=7)})
    note = checkpoint.sign(publishing.origin_of(other), 9, merkle.EMPTY_ROOT, hub.vault.keys.log)
    for said in (note, checkpoint.sign(publishing.origin_of(hub), 10**6, merkle.EMPTY_ROOT, hub.vault.keys.log)):
        (copy / "checkpoint").write_text(said)
        assert publishing.publish_to(hub, copy).failed == 1
        assert (copy / "checkpoint").read_text() == said


def test_everything_about_one_complaint_is_proved(hub: Any, tmp_path: Path) -> None:
    """One complaint's entries, in order, in words and with proofs that a stranger checks; what waits for sealing is said."""
    one, other = UUID(int=1), UUID(int=2)
    with hub.store.begin() as work:
        for at, who in enumerate([one, other, one, other]):
            append_all(work, [Entry(act="accepted", at=NOW, actor="hub@host", complaint=str(who), code=f"c{at}")])
    seal(hub)
    with hub.store.begin() as work:
        append_all(work, [Entry(act="forwarded", at=NOW, actor="hub@host", complaint=str(one))])
    tally = publishing.prove(hub, one, tmp_path / "out", lambda entry: str(entry.get("code")))
    assert (
        tally.done == 2 and [note.split("  ")[0] for note in tally.notes] == ["0", "2"] and "1 are not" in tally.owed[0]
    )
    report = verify.verify(tmp_path / "out", publishing.vkey_of(hub))
    assert (report.problems, report.entries) == ((), 2)
    assert sorted(path.name for path in (tmp_path / "out").glob("*.json")) == ["000000000000.json", "000000000002.json"]
    assert publishing.prove(hub, UUID(int=3), None, str).failed == 1
    for path in (hub.settings.log_folder / "tile" / "0").rglob("[0-9]*"):
        if path.is_file():
            path.write_bytes(bytes(path.stat().st_size))
    assert publishing.prove(hub, other, None, str).done == 2  # a damaged folder is made anew from the rows


def read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@contextmanager
def failing(call: str, at: int) -> Iterator[list[int]]:
    """The `at`-th open, write, fsync or rename ends as on a full disk; half of what was to be written is written."""
    left, error = [at], OSError(errno.ENOSPC, "no space left")
    real: dict[str, Callable[..., Any]] = {"open": Path.open, "fsync": os.fsync, "rename": Path.rename}

    def due() -> bool:
        left[0] -= 1
        return left[0] == -1

    def opened(self: Path, mode: str = "r", *more: Any) -> Any:
        if "w" in mode and call == "open" and due():
            raise error
        file = real["open"](self, mode, *more)
        if "w" in mode and call == "write":
            writing = file.write

            def cut(data: bytes) -> int:
                if due():
                    writing(data[: len(data) // 2])
                    file.flush()
                    raise error
                return int(writing(data))

            return Cut(file, cut)
        return file

    def synced(number: int) -> None:
        if call == "fsync" and due():
            raise error
        real["fsync"](number)

    def renamed(self: Path, target: Path) -> Path:
        if call == "rename" and due():
            raise error
        return Path(real["rename"](self, target))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", opened)
        patch.setattr(Path, "rename", renamed)
        patch.setattr(os, "fsync", synced)
        yield left


class Cut:
    """A file whose write can break off."""

    def __init__(self, file: Any, write: Callable[[bytes], int]) -> None:
        self.file, self.write = file, write
        self.flush, self.fileno = file.flush, file.fileno

    def __enter__(self) -> Cut:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_disk_that_fails_at_any_step(tmp_path: Path, call: str) -> None:
    """Whichever open, write, fsync or rename fails, the old log verifies, nothing is left over, and the next run mends it."""
    key = checkpoint.new_key()
    vkey = checkpoint.vkey("satupintu/x", checkpoint.public(key))
    entries = [b'{"n":%d}' % number for number in range(600)]
    hashes = [merkle.leaf_hash(one) for one in entries]

    def publish(folder: Path, before: int, size: int) -> None:
        note = checkpoint.sign("satupintu/x", size, merkle.root(hashes[:size]), key)
        tiles.publish(
            folder,
            before=before,
            size=size,
            entries=lambda first, end: entries[first:end],
            leaf_hashes=lambda first, end: hashes[first:end],
            note=note,
        )

    publish(tmp_path / "start", 0, 200)
    publish(tmp_path / "fresh", 0, 600)
    fresh, steps = read(tmp_path / "fresh"), 0
    for at in range(100):
        folder = Path(shutil.copytree(tmp_path / "start", tmp_path / f"log{at}"))
        with failing(call, at) as left:
            try:
                publish(folder, 200, 600)
            except OSError:
                steps += 1
        if left[0] >= 0:
            break
        assert verify.verify(folder, vkey).size in (200, 600)
        assert verify.verify(folder, vkey).ok and not list(folder.rglob("*.tmp"))
        publish(folder, 200, 600)
        found = read(folder)
        assert {name: found.get(name) for name in fresh} == fresh
    assert steps >= 8
