"""Airflow's own files and tables are read by many and purged by nobody: no citizen's word may ever reach them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub.airflow.environment import CONNECTION, environment
from hub.settings import Settings
from hub.store.migrate import libpq
from hub.store.server import Embedded
from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site, add_portal, empty_site, home  # noqa: F401  # fixtures
from tests.scenario.scanning import Scanner, spellings

RUN = """
import sys
from airflow.dag_processing.dagbag import DagBag
run = DagBag(sys.argv[1]).dags["sync__jatim-portal"].test()
print("state", run.state, {ti.task_id: str(ti.state) for ti in run.get_task_instances()})
"""


@pytest.mark.slow
def test_no_word_of_a_citizen_is_in_airflow(
    empty_site: Site,  # noqa: F811
    add_portal: Portals,  # noqa: F811
    cluster: Embedded,
    tmp_path: Path,
) -> None:
    """
    After pull, accept and forward as real tasks, neither XCom nor any table or log of Airflow holds text, name or phone, in
    15 ways of writing them; and so it is when a reporter was erased and the tasks have run once more.
    """
    records = generate(new=8)
    add_portal(records)
    cluster.create_database("airflow_traces")
    site = empty_site.settings
    env = _environment(site, cluster.uri("airflow_traces", driver="psycopg2"), tmp_path)
    _call(["-m", "airflow", "db", "migrate"], env)
    said = _call(["-c", RUN, str(Path(__file__).parents[2] / "dags")], env)
    assert "state success" in said.replace("DagRunState.", "").lower()
    assert len(empty_site.registered()) == 8
    assert _traces(said, site, cluster.uri("airflow_traces"), records) == {}
    gone = next(one["pelapor"]["hp"] for one in records if one["pelapor"]["hp"])
    order = ("erase", "--reporter", gone, "--everywhere", "--by", "Kepala Dinas", "--reason", "permintaan tertulis")
    assert empty_site.command(*order).code == 0
    said += _call(["-c", RUN, str(Path(__file__).parents[2] / "dags")], env)
    assert _traces(said, site, cluster.uri("airflow_traces"), records) == {}


def _traces(said: str, site: Settings, url: str, records: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Where Airflow's own files, tables (XCom is one of them) and words hold a canary."""
    scanner, rows = Scanner(_canaries(records)), _rows(url)
    assert sum("return_value" in text for text in rows) >= 3
    assert scanner.look_into(site.home / "airflow") > 3
    for text in (said, *rows):
        scanner.look("said, or a row", text.encode())
    return scanner.hits


def _environment(site: Settings, database: str, folder: Path) -> dict[str, str]:
    env = environment(site, database=database, port=1, caller=os.environ)
    assert env[CONNECTION] == database
    return env | {"HOME": str(folder)}


def _call(arguments: list[str], env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def _canaries(records: list[dict[str, Any]]) -> set[str]:
    """Text, name and phone of every complaint, the phone as people and machines write it."""
    plain = {str(value) for one in records for value in (one["isi"], one["pelapor"]["nama"]) if value}
    phones = [one["pelapor"]["hp"] for one in records if one["pelapor"]["hp"]]
    return plain | {
        form for phone in phones for form in spellings("+62" + phone.lstrip("+").removeprefix("62").lstrip("0"))
    }


def _rows(url: str) -> list[str]:
    with psycopg.connect(libpq(url)) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return [row for (name,) in names for (row,) in connection.execute(f'SELECT t::text FROM "{name}" t')]
