"""`satupintu up`: the database and Airflow on this machine, until somebody ends it; then nothing of it is left."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hub.machine import components
from hub.machine.components import Airflow
from hub.machine.processes import Crew, Trouble
from hub.machine.records import leftovers
from hub.machine.stopping import Stop, Stopped
from hub.settings import Settings, make_home
from hub.store.server import Embedded
from hub.wire import open_hub

ENDED = 0


def up(settings: Settings) -> int:
    """
    Run until Ctrl-C, TERM or the end of a part. Exit code: 0 ended as wished, 1 a part failed, 2 it could not be started.

    Raises WrongSetting, StoreProblem, KeyProblem where home, database or keys cannot be used.
    """
    try:
        with Stop() as stop, running(settings, stop, usual_port=components.USUAL_PORT) as (airflow, crew):
            tell(airflow, settings, components.receive(crew, os.environ))
            while True:
                crew.alive()
                stop.wait(1)
    except Stopped:
        print("satupintu: everything has been stopped.")
        return ENDED
    except Trouble as trouble:
        print(f"satupintu: {trouble}", file=sys.stderr)
        return trouble.code


@contextmanager
def running(
    settings: Settings,
    stop: Stop,
    *,
    usual_port: int | None = None,
    look_every: int = 30,
    beside: Callable[[Crew], None] = lambda crew: None,
) -> Iterator[tuple[Airflow, Crew]]:
    """
    Database, tables, keys and Airflow for the length of a block; `beside` is called before Airflow reads manifests.

    Raises Trouble, Stopped, StoreProblem, KeyProblem.
    """
    with ExitStack() as stack:
        stack.enter_context(alone(settings.home))
        none_left(settings.home, stop)
        server = stack.enter_context(Embedded(settings.home)) if settings.database_url is None else None
        crew = stack.enter_context(Crew(settings.home, stop))
        database = components.metadata(settings, server, os.environ)
        port = components.free_port(usual_port)
        env = components.variables(settings, database, port, os.environ, look_every)
        migration = components.migrate(crew, env)
        beside(crew)
        with open_hub(settings):  # keys and tables, while Airflow makes its own
            crew.finished(migration, seconds=components.PATIENCE)
        yield components.start(crew, settings, env, port), crew


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nobody else runs this home meanwhile; raises Trouble otherwise. The kernel gives the lock back whatever happens."""
    make_home(home)
    lock = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"It is running already for {home}. End that one first, or set SATUPINTU_HOME to another folder.",
                code=2,
            ) from None
        yield
    finally:
        os.close(lock)


def none_left(home: Path, stop: Stop) -> None:
    """After a `kill -9` the guard needs a moment to end what was left; raises Trouble where it does not manage."""
    for _ in range(60):
        if not leftovers(home):
            return
        stop.wait(0.25)
    raise Trouble(f"Processes of an earlier run still live. {told_left(home)}", code=2)


def told_left(home: Path) -> str:
    """What is left and how to end it."""
    found = leftovers(home)
    names = ", ".join(record.name for record, _ in found)
    numbers = " ".join(str(pid) for _, members in found for pid in members)
    return f"They are {names}; end them with: kill -9 {numbers}"


def tell(airflow: Airflow, settings: Settings, pushes: str = "") -> None:
    """Where everything is."""
    if pushes:
        print(f"Pushes:     {pushes}NAME  (kinds that receive; a web server in front of it speaks TLS)")
    print(f"Airflow:    {airflow.url}  (user {airflow.user}, password {airflow.password})")
    print(f"Manifests:  {settings.manifests}")
    print(f"Log files:  {settings.home / 'logs'}")
    print(f"Audit log:  {settings.log_folder}")
    print("Only this machine can reach these addresses. Ctrl-C stops everything.", flush=True)
