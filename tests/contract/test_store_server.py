"""The embedded server: shared, restarted, stopped by the last one, and never opened with the wrong version."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from hub.settings import Settings
from hub.store.migrate import libpq
from hub.store.postmaster import running
from hub.store.server import PG_MAJOR, Embedded, StoreProblem
from hub.store.work import open_store

OPEN = """
import sys
from datetime import UTC, datetime
from hub.settings import Settings
from hub.store.work import open_store
store = open_store(Settings.read({"SATUPINTU_HOME": sys.argv[1]}), lambda: datetime.now(UTC))
with store.begin() as work:
    before = work.value("SELECT count(*) FROM entries")
    work.run("INSERT INTO entries (at, act, body) VALUES (now(), 'started', '')")
print(before, flush=True)
sys.stdin.read()
"""
CARELESS = {"fsync": "off"}


@pytest.fixture
def home(short_folder: Path) -> Path:
    """An empty home."""
    return short_folder / uuid4().hex[:8]


def _process(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OPEN, str(home)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _server(home: Path) -> int | None:
    """The process id of the home's server while it runs."""
    found = running(home / "postgres")
    return found.pid if found else None


@pytest.mark.slow
def test_four_processes_start_at_once_on_an_empty_home_and_the_last_one_stops_the_server(home: Path) -> None:
    """Whatever Airflow starts at the same moment on a fresh machine works, and nothing is left running."""
    processes = [_process(home) for _ in range(4)]
    assert all(_ready(process).isdigit() for process in processes), [p.communicate()[1] for p in processes]
    for process in processes[:3]:
        process.communicate(timeout=30)
    assert _server(home)
    assert processes[3].communicate(timeout=30)[1] == ""
    assert [process.returncode for process in processes] == [0] * 4
    assert _server(home) is None


@pytest.mark.slow
def test_a_killed_process_takes_nobody_down_and_leaves_no_server_behind(home: Path) -> None:
    """One of two is killed: the other goes on; when it ends, the server ends, though nobody gave the first handle back."""
    killed, kept = _process(home), _process(home)
    assert _ready(killed).isdigit() and _ready(kept).isdigit()
    killed.kill()
    killed.communicate()
    assert _server(home)
    settings = Settings.read({"SATUPINTU_HOME": str(home)})
    with open_store(settings, lambda: datetime.now(UTC)) as store, store.begin() as work:
        assert work.value("SELECT count(*) FROM entries") == 2
    assert _server(home)
    kept.communicate(timeout=30)
    assert _server(home) is None


@pytest.mark.slow
def test_after_everybody_was_killed_the_next_one_finds_all_data_and_stops_the_server(home: Path) -> None:
    """A power cut of all programs, server included: what was committed is there at the next start."""
    alone = _process(home)
    assert _ready(alone) == "0"
    alone.kill()
    alone.communicate()
    left = _server(home)
    assert left
    os.kill(left, signal.SIGKILL)
    after = _process(home)
    assert _ready(after) == "1"
    assert after.communicate(timeout=30)[1] == ""
    assert _server(home) is None


def test_a_number_that_another_process_got_is_not_taken_for_the_server(home: Path) -> None:
    """In containers process ids come back soon: a stale postmaster.pid does not block the start."""
    with Embedded(home, options=CARELESS):
        words = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    (home / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *words[1:]]) + "\n")
    with Embedded(home) as again, psycopg.connect(libpq(again.uri("postgres"))) as connection:
        assert connection.info.server_version // 10000 == PG_MAJOR


def test_a_folder_of_another_major_version_is_refused_and_left_alone(home: Path) -> None:
    """A newer wheel on an old folder says what to do and touches nothing."""
    folder = home / "postgres"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("17\n")
    with pytest.raises(StoreProblem, match=f"PostgreSQL 17, this hub brings PostgreSQL {PG_MAJOR}.*pg_dumpall"):
        Embedded(home).start()
    assert [path.name for path in folder.iterdir()] == ["PG_VERSION"]


def test_an_interrupted_making_leaves_no_half_database(home: Path) -> None:
    """initdb was killed at the first start: the second start begins anew."""
    half = home / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Embedded(home, options=CARELESS) as made:
        made.create_database("airflow")
        made.create_database("airflow")
        assert "postgresql+psycopg2://postgres@/airflow?host=" in made.uri("airflow", driver="psycopg2")
        with psycopg.connect(libpq(made.uri("airflow"))) as connection:
            row = connection.execute(
                "SELECT current_setting('max_wal_size'), current_setting('listen_addresses')"
            ).fetchone()
        assert row == ("4GB", "")


def test_a_long_or_odd_path_works(home: Path) -> None:
    """A home deep in somebody's folders, with blanks, quotes and a comma, works like any other."""
    odd = home / "a, b 'c' $HOME \"d\"" / ("long" * 20)
    with Embedded(odd, options=CARELESS) as made, psycopg.connect(libpq(made.uri("postgres"))) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert _server(odd) is None


def test_a_home_that_cannot_be_made_is_told_in_a_sentence(home: Path) -> None:
    """A file where a folder should be, or somebody else's files: what to change, and no traceback of PostgreSQL."""
    home.parent.joinpath(home.name).write_text("")
    with pytest.raises(StoreProblem, match="is a file"):
        Embedded(home / "below").start()
    home.unlink()
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "notes.txt").write_text("mine")
    with pytest.raises(StoreProblem, match="not empty and holds no database"):
        Embedded(home).start()
    assert (home / "postgres" / "notes.txt").read_text() == "mine"


def test_a_damaged_folder_is_told_with_the_servers_own_reason(home: Path) -> None:
    """The server's reason reaches the operator instead of a time-out."""
    with Embedded(home, options=CARELESS):
        pass
    (home / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(StoreProblem, match="pg_ctl failed"):
        Embedded(home).start()
    assert _server(home) is None


def test_the_servers_log_quotes_no_text_of_a_citizen(home: Path) -> None:
    """A statement that fails puts neither its text nor its values into the server's log."""
    with Embedded(home, options=CARELESS) as made, psycopg.connect(libpq(made.uri("postgres"))) as db:
        with pytest.raises(psycopg.Error):
            db.execute("INSERT INTO pg_database (datname) VALUES (%s)", ["Siti Rahayu 0812"])
        log = (home / "postgres" / "log").read_text()
    assert "Siti" not in log and "ERROR" in log
