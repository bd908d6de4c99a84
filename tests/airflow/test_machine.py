"""One machine: nothing that we start outlives us, nothing that others started is touched, and what is wrong is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.airflow.environment import CONNECTION, environment, password
from hub.machine import components, records
from hub.machine.doctor import doctor
from hub.machine.processes import Crew, Trouble
from hub.machine.stopping import Stop, Stopped
from hub.machine.up import alone, up
from hub.settings import ROOT, Settings

# a child that starts a grandchild of a process group of its own, as Airflow's tasks are, and is deaf to TERM
FAMILY = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
    open(sys.argv[1], "w").close()
    time.sleep(600)
time.sleep(600)
"""
CAPTAIN = """
import sys, time
from pathlib import Path
from hub.machine.processes import Crew
from hub.machine.stopping import Stop
with Stop() as stop, Crew(Path(sys.argv[1]), stop) as crew:
    crew.start("family", [sys.executable, "-c", sys.argv[2], sys.argv[3]], {})
    time.sleep(600)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return Settings(home=home, manifests=ROOT / "connectors" / "manifests", registries=ROOT / "registries")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience with children."""
    monkeypatch.setattr("hub.machine.processes.GRACE", 0.1)
    monkeypatch.setattr(records, "MERCY", 0.1)


def until(what: object, seconds: float = 20) -> None:
    """Wait until a callable says yes."""
    assert callable(what)
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_grandchildren_end_with_the_block(tmp_path: Path, quick: None) -> None:
    """Deaf children and their children in other process groups are gone when a run ends."""
    with Stop() as stop, Crew(tmp_path, stop) as crew:
        child = crew.start("family", [sys.executable, "-c", FAMILY, str(tmp_path / "born")], {})
        until((tmp_path / "born").exists)
        assert len(child.record.members()) == 2
    assert child.record.members() == []
    assert records.leftovers(tmp_path) == []


def test_kill_9_leaves_nothing_behind(tmp_path: Path) -> None:
    """Even when the one who started them is killed without warning, the guard ends what he started."""
    born = tmp_path / "born"
    captain = subprocess.Popen([sys.executable, "-c", CAPTAIN, str(tmp_path), FAMILY, str(born)])
    try:
        until(born.exists)
        ((record, members),) = records.leftovers(tmp_path)
        assert (record.name, len(members)) == ("family", 2)
    finally:
        captain.kill()
        captain.wait()
    until(lambda: not record.members())
    until(lambda: not records.leftovers(tmp_path))


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """Somebody else's process, leader of a session."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_number_used_again_is_not_ours(settings: Settings, stranger: subprocess.Popen[bytes]) -> None:
    """A stranger that got the number of a dead child of ours is neither named nor ended."""
    records.run_folder(settings.home).mkdir()
    record = records.write(settings.home, "scheduler", stranger.pid)
    assert records.leftovers(settings.home)
    old = records.Record(name="scheduler", session=stranger.pid, started="1", boot=record.boot)
    other_boot = records.Record(name="scheduler", session=stranger.pid, started=record.started, boot="before")
    for one in (old, other_boot):
        assert one.members() == []
        records.end(one)
    assert stranger.poll() is None


def test_doctor_names_what_is_left_over(
    settings: Settings, stranger: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """Left-over processes of a dead run, keys that others can read and a damaged log each get a line with the remedy."""
    assert doctor(settings) == 0
    records.run_folder(settings.home).mkdir()
    records.write(settings.home, "airflow-scheduler", stranger.pid)
    (settings.home / "keys").mkdir()
    (settings.home / "keys" / "hub.key").write_bytes(b"x")
    (settings.home / "keys" / "hub.key").chmod(0o644)
    settings.log_folder.mkdir()
    (settings.log_folder / "checkpoint").write_text("rubbish")
    capsys.readouterr()
    assert doctor(settings) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("LOOK")]
    assert any(f"kill -9 {stranger.pid}" in line for line in said)
    assert any("chmod 600" in line for line in said)
    assert any("satupintu seal" in line for line in said)
    assert len(said) == 3 and stranger.poll() is None


def test_a_child_that_ends_by_itself_is_told_with_its_last_words(tmp_path: Path) -> None:
    """When a part cannot start, its own last lines and the place of its log are on the terminal."""
    with Stop() as stop, Crew(tmp_path, stop) as crew:
        crew.start("portal", [sys.executable, "-c", "raise SystemExit('no port for me')"], {})
        with pytest.raises(Trouble, match=r"(?s)portal has ended.*no port for me"):
            crew.until(lambda: False, seconds=20, what="The portal")


def test_ctrl_c_is_heard_between_two_steps(tmp_path: Path) -> None:
    """The wish to end breaks a wait, never the moment in which a process is started and not yet written down."""
    before = signal.getsignal(signal.SIGINT)
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wanted
        with pytest.raises(Stopped):
            stop.wait(60)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_second_up_is_refused(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Two schedulers on one home would do everything twice: the second ends with exit code 2 and says why."""
    with alone(settings.home):
        assert up(settings) == 2
    assert "running already" in capsys.readouterr().err


def test_airflow_on_a_server_of_your_own_needs_a_database(tmp_path: Path) -> None:
    """With SATUPINTU_DATABASE_URL set, Airflow never falls back to a file: its database must be named, as PostgreSQL."""
    settings = Settings(
        home=tmp_path, manifests=tmp_path, registries=tmp_path, database_url="postgresql://somebody@127.0.0.1:1/hub"
    )
    for caller in ({}, {CONNECTION: "sqlite:////tmp/airflow.db"}):
        with pytest.raises(Trouble, match=CONNECTION) as told:
            components.metadata(settings, None, caller)
        assert told.value.code == 2
    named = "postgresql+psycopg2://airflow@127.0.0.1/airflow"
    assert components.metadata(settings, None, {CONNECTION: named}) == named


def test_the_shell_cannot_lead_airflow_elsewhere(settings: Settings) -> None:
    """AIRFLOW variables of whoever types the command reach no child: not another database, folder, executor or address."""
    caller = {
        "PATH": "/bin",
        "JATIM_TOKEN": "kept",
        "AIRFLOW_HOME": "/elsewhere",
        "AIRFLOW_CONFIG": "/elsewhere/airflow.cfg",
        CONNECTION: "sqlite:////elsewhere/airflow.db",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": "echo sqlite://",
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW__CORE__PLUGINS_FOLDER": "/elsewhere",
        "SATUPINTU_HOME": "/elsewhere",
    }
    made = environment(settings, database="postgresql+psycopg2://x@/airflow", port=4242, caller=caller)
    assert not [name for name, value in made.items() if "elsewhere" in value]
    assert {name for name in made if name.endswith(("_CMD", "PLUGINS_FOLDER", "AIRFLOW_CONFIG"))} == set()
    assert made[CONNECTION] == "postgresql+psycopg2://x@/airflow"
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert made["JATIM_TOKEN"] == "kept"
    assert made["SATUPINTU_HOME"] == str(settings.home)
    again = environment(settings, database="postgresql+psycopg2://x@/airflow", port=4242, caller=caller)
    assert again == made


def test_keys_and_password_are_for_their_owner_only(settings: Settings) -> None:
    """The password of Airflow's page stays the same over restarts, and no other account of the machine can read it."""
    first = password(settings)
    environment(settings, database="postgresql://x", port=1, caller={})
    assert password(settings) == first and len(first) >= 16
    files = [path for path in (settings.home / "airflow").iterdir() if path.is_file()]
    assert len(files) == 4
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_taken_port_is_gone_round() -> None:
    """Where the usual port is taken, another one is chosen and printed; nothing of the other program is disturbed."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        assert components.free_port(port) not in (0, port)
