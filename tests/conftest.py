"""Databases and keys for tests: one embedded server a run, one fresh database a test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings

from hub.privacy import Keys, Vault
from hub.store.migrate import ensure, libpq
from hub.store.server import HUB_LOGIN, Embedded
from hub.store.work import Store

settings.register_profile("untimed", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("untimed")
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
_TEMPLATE = "satupintu_template"
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """The addresses of one database."""

    name: str
    superuser_url: str
    hub_url: str

    def connect(self, *, superuser: bool = False) -> psycopg.Connection[tuple[object, ...]]:
        """A raw connection, every statement its own transaction."""
        return psycopg.connect(libpq(self.superuser_url if superuser else self.hub_url), autocommit=True)


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder that the server's own user may pass through, short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="sp-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(short_folder: Path) -> Iterator[Embedded]:
    """The embedded server of this run; it forgets on a power cut, which makes it quick."""
    with Embedded(short_folder / "cluster", options=_CARELESS) as server:
        yield server


@pytest.fixture(scope="session")
def template(cluster: Embedded) -> str:
    """A migrated database to copy from."""
    cluster.create_database(_TEMPLATE)
    ensure(cluster.uri(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def database(cluster: Embedded, template: str) -> Iterator[Database]:
    """A fresh migrated database; it is gone after the test."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def empty_database(cluster: Embedded) -> Iterator[Database]:
    """A database without tables."""
    with fresh_database(cluster, "template1") as made:
        yield made


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    """The store as the hub has it, with a clock that stands still."""
    with Store(database.hub_url, clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """Fresh keys."""
    return Keys(tmp_path / "keys")


@pytest.fixture
def vault(keys: Keys) -> Vault:
    """A vault over fresh keys."""
    return Vault(keys)


@contextmanager
def fresh_database(cluster: Embedded, template: str) -> Iterator[Database]:
    """A copy of a database, dropped at the end whoever is still connected."""
    name = f"t_{uuid4().hex[:12]}"
    with psycopg.connect(libpq(cluster.uri("postgres")), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield Database(name=name, superuser_url=cluster.uri(name), hub_url=cluster.uri(name, login=HUB_LOGIN))
    with psycopg.connect(libpq(cluster.uri("postgres")), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres15(short_folder: Path) -> Iterator[str]:
    """The libpq URL of the superuser on Debian's PostgreSQL 15, the oldest server we promise to run on."""
    if not (POSTGRES_15 / "initdb").exists():
        pytest.skip(f"{POSTGRES_15} is missing: the oldest PostgreSQL is NOT tested here")
    folder = short_folder / "pg15"
    folder.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")
    if os.geteuid() == 0:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def call(program: str, *arguments: str) -> None:
        as_root = os.geteuid() == 0
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                [POSTGRES_15 / program, "-D", folder, *arguments],
                stdout=said,
                stderr=said,
                check=False,
                cwd=folder,
                user=nobody.pw_uid if as_root else None,
                group=nobody.pw_gid if as_root else None,
            )
            said.seek(0)
            assert done.returncode == 0, said.read().decode()

    call("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    call("pg_ctl", "start", "-w", "-l", "log", "-o", f"-k {folder} -c listen_addresses= -c fsync=off")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        call("pg_ctl", "stop", "-w", "-m", "immediate")
