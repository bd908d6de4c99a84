"""Airflow's own files and tables are read by many and purged by nobody: no citizen's word may ever reach them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from hub.airflow.environment import CONNECTION, environment
from hub.settings import Settings
from hub.store.migrate import libpq
from hub.store.server import Embedded
from sandbox.portal import generate
from tests.scenario.canaries import Look, Person, secret
from tests.scenario.conftest import Portals, Site, _secret, add_portal, empty_site, home  # noqa: F401  # fixtures
from tests.scenario.quoting import quoting
from tests.scenario.scanning import Scanner, spellings

RUN = """
import sys
from airflow.dag_processing.dagbag import DagBag
dag = DagBag(sys.argv[1]).dags["sync__jatim-portal"]
for task in dag.tasks:
    task.retries = 0
run = dag.test()
print("state", run.state, {ti.task_id: str(ti.state) for ti in run.get_task_instances()})
"""


MIGRATE = "from airflow.utils.db import initdb; initdb()"


@pytest.fixture(scope="module")
def airflow(cluster: Embedded, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Airflow's own database, made once: what one test leaves there the next looks at as well."""
    cluster.create_database("airflow_traces")
    database, folder = cluster.uri("airflow_traces", driver="psycopg2"), tmp_path_factory.mktemp("airflow")
    settings = Settings.read({"SATUPINTU_HOME": str(folder)})
    _call(MIGRATE, _environment(settings, database, folder))
    return database


@pytest.mark.slow
def test_no_word_of_a_citizen_is_in_airflow(
    empty_site: Site,  # noqa: F811
    add_portal: Portals,  # noqa: F811
    airflow: str,
    tmp_path: Path,
) -> None:
    """
    After pull, accept and forward as real tasks, neither XCom nor any table or log of Airflow holds text, name or phone, in
    15 ways of writing them; and so it is when a reporter was erased and the tasks have run once more.
    """
    records = generate(new=8)
    add_portal(records)
    site = empty_site.settings
    env = _environment(site, airflow, tmp_path)
    said = _call(RUN, env)
    assert "state success" in said.replace("DagRunState.", "").lower()
    assert len(empty_site.registered()) == 8
    assert _traces(said, site, airflow, records) == {}
    gone = next(one["pelapor"]["hp"] for one in records if one["pelapor"]["hp"])
    order = ("erase", "--reporter", gone, "--everywhere", "--by", "Kepala Dinas", "--reason", "permintaan tertulis")
    assert empty_site.command(*order).code == 0
    said += _call(RUN, env)
    assert _traces(said, site, airflow, records) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("persons", "secrets"), [(8, 30), pytest.param(1000, 1000, marks=pytest.mark.campaign)])
def test_no_person_and_no_secret_is_in_airflow(
    empty_site: Site,  # noqa: F811
    add_portal: Portals,  # noqa: F811
    airflow: str,
    tmp_path: Path,
    persons: int,
    secrets: int,
) -> None:
    """
    Portal and registry refuse and quote every secret and person that they are told, run after run with other secrets, and
    then let them pass: XCom, tables, task logs and words of Airflow hold none of them in any way of writing.
    """
    portal, site = add_portal([Person(number).row() for number in range(persons)]), empty_site.settings
    env, said = _environment(site, airflow, tmp_path), ""
    registry = empty_site.addresses["registry"]["url"]
    with quoting(portal.url) as door, quoting(registry) as there:
        _moved(site.manifests, portal.url, door.url)
        _moved(site.registries, registry, there.url)
        (path,) = site.manifests.glob("*.yaml")
        lets_pass, door.every, there.every = path.read_text(), 1, 1
        for first in range(0, secrets, AT_ONCE):
            _other_secrets(site, path, range(first, min(first + AT_ONCE, secrets)))
            said += _call(RUN, env)
        path.write_text(lets_pass)
        door.every = 0  # what it lists goes to a registry that refuses and quotes it
        said += _call(RUN, env)
        assert door.quoted >= secrets / AT_ONCE and there.quoted
    look = Look()
    for text in (said, *_rows(airflow.replace("+psycopg2", ""))):
        look.look("said, or a row", text.encode())
    assert look.look_into(site.home / "airflow") >= 3
    assert dict(look.found) == {}


AT_ONCE = 50
"""Secrets that one manifest refers to."""


def _moved(folder: Path, old: str, new: str) -> None:
    for path in folder.glob("*.yaml"):
        path.write_text(path.read_text().replace(old, new))


def _other_secrets(site: Settings, path: Path, numbers: range) -> None:
    """The manifest asks with these secrets, one a header; that of the registry is a canary too."""
    manifest = yaml.safe_load(path.read_text())
    for number in numbers:
        _secret(site.home, f"CANARY_{number}", secret(number))
    headers = {f"X-Key-{number}": f"${{secret:CANARY_{number}}}" for number in numbers}
    manifest["with"]["headers"] = headers
    path.write_text(yaml.safe_dump(manifest))
    _secret(site.home, "SP4N_TOKEN", secret(numbers[0]))


def _traces(said: str, site: Settings, url: str, records: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Where Airflow's own files, tables (XCom is one of them) and words hold a canary."""
    scanner, rows = Scanner(_canaries(records)), _rows(url.replace("+psycopg2", ""))
    assert sum("return_value" in text for text in rows) >= 3
    assert scanner.look_into(site.home / "airflow") >= 3
    for text in (said, *rows):
        scanner.look("said, or a row", text.encode())
    return scanner.hits


def _environment(site: Settings, database: str, folder: Path) -> dict[str, str]:
    env = environment(site, database=database, port=1, caller=os.environ)
    assert env[CONNECTION] == database
    return env | {"HOME": str(folder)}


def _call(code: str, env: dict[str, str]) -> str:
    arguments = ["-c", code, str(Path(__file__).parents[2] / "dags")]
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
