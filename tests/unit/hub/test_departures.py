"""What has left a process that was killed is known beside the store, so that only this is in doubt."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from hub import departures
from hub.forwarding import forward
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


def test_the_notes_of_a_killed_process_are_read_and_those_of_a_living_one_are_not(folder: Path, holder: str) -> None:
    """Whoever only stands still may send when he wakes: nothing is concluded before he is certainly gone."""
    process = _dying(folder, holder, 3, 5)
    try:
        assert departures.left(folder, holder) is None
    finally:
        process.kill()
        process.communicate()
    assert departures.left(folder, holder) == {3, 5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where notes are kept."""
    return tmp_path / "departures"


@pytest.mark.parametrize("holder", [ELSEWHERE, "test/1", ""])
def test_of_another_machine_nothing_is_known(folder: Path, holder: str) -> None:
    """A machine that went down may have lost what its process wrote: any of its creates may have left."""
    folder.mkdir()
    departures._path(folder, holder or "-").write_bytes(struct.pack("<q", 1))
    assert departures.left(folder, holder) is None


def test_a_note_cut_short_is_not_trusted(folder: Path, holder: str) -> None:
    """A full disk may have swallowed a part: then everything of that process is in doubt."""
    folder.mkdir()
    departures._path(folder, holder).write_bytes(struct.pack("<q", 1) + b"\x02\x00")
    assert departures.left(folder, holder) is None


def test_what_cannot_be_written_takes_the_note_away(folder: Path, holder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sending goes on while the disk is full; after a kill everything of that process is in doubt."""
    with departures.departures(folder, holder) as notes:
        assert notes is not None
        monkeypatch.setattr(os, "write", lambda file, body: 3)
        notes.note(9)
        monkeypatch.undo()
        assert list(folder.iterdir()) == [] and departures.left(folder, holder) is None


def test_a_run_that_ended_well_leaves_nothing(folder: Path, holder: str) -> None:
    """Nothing piles up beside the store; one that ended with an error keeps its notes, locked while it lives."""
    with departures.departures(folder, holder) as notes:
        assert notes is not None
        notes.note(1)
    assert list(folder.iterdir()) == []
    with pytest.raises(Killed), departures.departures(folder, holder):
        raise Killed
    assert len(list(folder.iterdir())) == 1 and departures.left(folder, holder) is None


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
        departures._path(folder, gone).write_bytes(struct.pack("<q", attempt) if noted else b"")
    outbox.later(minutes=11)
    assert forward(outbox.hub("test/2")).words == {word: 1}
    assert outbox.told.calls == calls and outbox.delivery(own).state == word
    told = [one["act"] for one in outbox.entries("postponed")] + [one["act"] for one in outbox.entries("unknown")]
    assert told == (["postponed"] if noted is False else ["unknown"])
