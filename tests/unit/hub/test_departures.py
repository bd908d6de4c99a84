"""What has left a process that was killed is known beside the store, so that only this is in doubt."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hub import departures
from hub.forwarding import forward, resolve
from hub.store import leases
from tests.unit.hub.outbox import Killed, Outbox

NOTES = """
import os, sys
from pathlib import Path
from hub import departures
with departures.departures(Path(sys.argv[1]), sys.argv[2]) as notes:
    for attempt in sys.argv[3:]:
        notes.note(int(attempt))
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)
"""
ELSEWHERE = "another-machine/another-boot/7/7/x"


@pytest.fixture
def holder() -> str:
    """A process of this boot."""
    return leases.holder()


def _dying(folder: Path, holder: str, *attempts: int) -> subprocess.Popen[str]:
    """A process that has noted these attempts and still lives."""
    line = [sys.executable, "-c", NOTES, str(folder), holder, *map(str, attempts)]
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def _cut_short(folder: Path, holder: str, *attempts: int) -> departures.Departures:
    """A run of this process that ended with an error when these had left."""
    kept: list[departures.Departures] = []
    with suppress(Killed), departures.departures(folder, holder) as notes:
        assert notes is not None and all(notes.note(attempt) for attempt in attempts)
        kept.append(notes)
        raise Killed
    return kept[0]


def _path(folder: Path, holder: str) -> Path:
    """The file of a holder's first run."""
    return folder / f"{departures._name(holder, '')}0"


def test_the_notes_of_a_killed_process_are_read_and_those_of_a_living_one_are_not(folder: Path, holder: str) -> None:
    """Whoever only stands still may send when he wakes: nothing is concluded before he is certainly gone."""
    process = _dying(folder, holder, 3, 5)
    try:
        os.kill(process.pid, signal.SIGSTOP)
        assert departures.left(folder, holder) is None
        assert [departures.lives(folder, holder, attempt) for attempt in (3, 4, 5)] == [True, False, True]
    finally:
        process.kill()
        process.communicate()
    assert departures.left(folder, holder) == {3, 5} and not departures.lives(folder, holder, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where notes are kept."""
    return tmp_path / "departures"


@pytest.mark.parametrize("holder", [ELSEWHERE, "test/1", ""])
def test_of_another_machine_nothing_is_known(folder: Path, holder: str) -> None:
    """A machine that went down may have lost what its process wrote: any of its creates may have left."""
    folder.mkdir()
    _path(folder, holder or "-").write_bytes(struct.pack("<q", 1))
    assert departures.left(folder, holder) is None


def test_a_note_cut_short_is_not_trusted(folder: Path, holder: str) -> None:
    """A full disk may have swallowed a part: then everything of that process is in doubt."""
    folder.mkdir()
    _path(folder, holder).write_bytes(struct.pack("<q", 1) + b"\x02\x00")
    assert departures.left(folder, holder) is None


def test_what_cannot_be_written_is_not_trusted(folder: Path, holder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sending goes on while the disk is full; after a kill everything of that process is in doubt."""
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, body: 3)
        _cut_short(folder, holder, 9).back(9)
    assert departures.left(folder, holder) is None
    with departures.departures(folder, holder) as again:
        assert again is not None and again.note(10)
        assert departures.left(folder, holder) is None
        again.back(10)
    assert departures.left(folder, holder) is None


def test_a_run_that_ended_well_leaves_nothing(folder: Path, holder: str) -> None:
    """Nothing piles up beside the store; one that ended with an error keeps its notes for whoever comes next."""
    with departures.departures(folder, holder) as notes:
        assert notes is not None
        notes.note(1)
        notes.back(1)
    assert list(folder.iterdir()) == []
    _cut_short(folder, holder, 2).back(2)
    with departures.departures(folder, holder) as notes:
        assert departures.left(folder, holder) is None and not departures.lives(folder, holder, 2)
    assert departures.left(folder, holder) == {2} and not departures.lives(folder, holder, 2)


def test_a_run_that_is_over_sends_nothing_more_and_lives_until_its_last_call_is_back(folder: Path, holder: str) -> None:
    """Where a run ends with an error its threads may still wait for answers: what they sent counts as on its way."""
    notes = _cut_short(folder, holder, 1)
    assert not notes.note(2)
    assert departures.lives(folder, holder, 1) and departures.left(folder, holder) is None
    notes.back(1)
    assert not departures.lives(folder, holder, 1) and departures.left(folder, holder) == {1}


def test_where_one_run_could_keep_no_notes_those_of_an_earlier_one_do_not_count(
    folder: Path, holder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room for a file: what leaves in that run is noted nowhere, so nothing of that process may be called unsent."""
    _cut_short(folder, holder)
    assert departures.left(folder, holder) == frozenset()
    with monkeypatch.context() as full:
        full.setattr(departures, "Departures", _no_room)
        with departures.departures(folder, holder) as notes:
            assert notes is None
    assert departures.left(folder, holder) is None


def _no_room(path: Path) -> departures.Departures:
    raise OSError(28, "No space left on device")


def test_old_notes_go(folder: Path) -> None:
    """After fifteen days nothing is tried any more that a note could speak of."""
    folder.mkdir()
    for name, age in (("old", departures.KEPT + 60), ("young", 60)):
        (folder / name).write_bytes(b"")
        when = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (when, when))
    departures.tidy(folder)
    assert [one.name for one in folder.iterdir()] == ["young"]


# in the store ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noted", "word", "calls"),
    [(False, "confirmed", ["create", "create", "route"]), (True, "unknown", ["create"]), (None, "unknown", ["create"])],
)
def test_only_what_has_left_is_in_doubt(
    outbox: Outbox, tmp_path: Path, noted: bool | None, word: str, calls: list[str]
) -> None:
    """Killed with a create on record: it is sent where it certainly never left, and a person is asked where it may have."""
    gone = leases.holder().rpartition("/")[0] + "/gone"
    own = outbox.complaint()
    outbox.told.answers["create"] = [Killed()]
    outbox.home = tmp_path / "elsewhere"
    with pytest.raises(Killed):
        forward(outbox.hub(gone))
    outbox.home = tmp_path
    (attempt,) = outbox.rows("SELECT id FROM attempts")[0]
    folder = outbox.hub().settings.departures_folder
    folder.mkdir()
    if noted is not None:
        _path(folder, gone).write_bytes(struct.pack("<q", attempt) if noted else b"")
    outbox.later(minutes=11)
    assert forward(outbox.hub("test/2")).words == {word: 1}
    assert outbox.told.calls == calls and outbox.delivery(own).state == word
    told = [one["act"] for one in outbox.entries("postponed")] + [one["act"] for one in outbox.entries("unknown")]
    assert told == (["postponed"] if noted is False else ["unknown"])


def test_while_the_process_that_sends_it_stands_nobody_can_say_that_it_is_absent(
    outbox: Outbox,
) -> None:
    """
    Stopped when half of its request was out, it goes on as soon as it wakes: until it is gone no look at the registry counts,
    and a look from before that must be repeated.
    """
    standing = leases.holder()
    own = outbox.complaint()
    outbox.told.answers["create"] = [Killed()]
    with pytest.raises(Killed):
        forward(outbox.hub(standing))
    folder = outbox.hub().settings.departures_folder
    (path,) = folder.iterdir()
    with path.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        outbox.later(minutes=11)
        said = forward(outbox.hub("test/2"))
        assert said.words == {"unknown": 1} and "stands still; end that process" in " ".join(said.notes)
        outbox.later(minutes=60)
        forward(outbox.hub("test/2"))
        assert outbox.told.calls == ["create"]
        refused = resolve(outbox.hub(), str(own), absent=True, by="petugas")
        assert refused.failed == 1 and "nobody can say that it is absent" in refused.notes[0]
    refused = resolve(outbox.hub(), str(own), absent=True, by="petugas")
    assert refused.failed == 1 and "once more" in refused.notes[0]
    forward(outbox.hub("test/2"))
    assert outbox.told.calls == ["create"]
    assert resolve(outbox.hub(), str(own), absent=True, by="petugas").done == 1
    assert forward(outbox.hub("test/2")).words == {"confirmed": 1}
