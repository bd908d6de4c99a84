"""
Airflow on this machine: api-server, scheduler and dag-processor, started and watched by us.

Not `airflow standalone`: that adds a triggerer, which nothing of ours needs, and two log servers that listen on every
address of the machine, and it leaves its own children behind when it is ended. One machine reads logs as files.
"""

from __future__ import annotations

import json
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hub.airflow.environment import ADMIN, CONNECTION, DATABASE, airflow_home, environment, password
from hub.machine.processes import Child, Crew, Trouble
from hub.settings import Settings
from hub.store.server import Embedded

USUAL_PORT = 8080
PATIENCE = 180.0
"""Seconds until all parts of Airflow must be healthy; 15 to 30 are usual on two cores."""
HOST = "127.0.0.1"
_AIRFLOW = (sys.executable, "-m", "airflow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Airflow:
    """A running Airflow: its address, and the one account."""

    url: str
    user: str
    password: str

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """One call of its REST API; the JSON of the answer. Raises OSError where it does not answer well."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers, method=method)  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def token(self) -> str:
        """A token for `ask`."""
        answer = self.ask("POST", "/auth/token", {"username": self.user, "password": self.password})
        return str(answer["access_token"])

    def healthy(self) -> bool:
        """Whether database, scheduler and dag-processor all say so."""
        with suppress(OSError, ValueError):
            parts = self.ask("GET", "/api/v2/monitor/health")
            return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))
        return False


def metadata(settings: Settings, server: Embedded | None, caller: Mapping[str, str]) -> str:
    """
    The URL of Airflow's own database: beside the hub's on the embedded server, else the one that the caller names.

    Raises Trouble where none is named, or one that is no PostgreSQL.
    """
    if server is not None:
        server.create_database(DATABASE)
        return server.uri(DATABASE, driver="psycopg2")
    named = caller.get(CONNECTION, "")
    if not named.startswith("postgresql"):
        raise Trouble(
            f"SATUPINTU_DATABASE_URL names a server of your own, so Airflow needs a database there too. Make one and set "
            f"{CONNECTION}=postgresql+psycopg2://… (it may not be the hub's database).",
            code=2,
        )
    return named


def variables(
    settings: Settings, database: str, port: int, caller: Mapping[str, str], look_every: int
) -> dict[str, str]:
    """The environment of all parts; makes keys and password at the first call."""
    password(settings)
    return environment(settings, database=database, port=port, caller=caller, look_every=look_every)


def migrate(crew: Crew, env: Mapping[str, str]) -> Child:
    """Start to bring Airflow's tables up to date."""
    return crew.start("airflow-migrate", [*_AIRFLOW, "db", "migrate"], env)


def start(crew: Crew, settings: Settings, env: Mapping[str, str], port: int) -> Airflow:
    """Start the three parts and wait until all say that they are healthy. Raises Trouble or Stopped."""
    made = Airflow(url=f"http://{HOST}:{port}", user=ADMIN, password=password(settings))
    crew.start("airflow-api-server", [*_AIRFLOW, "api-server"], env)
    crew.start("airflow-dag-processor", [*_AIRFLOW, "dag-processor"], env)
    crew.start("airflow-scheduler", [*_AIRFLOW, "scheduler", "--skip-serve-logs"], env)
    crew.until(made.healthy, seconds=PATIENCE, what="Airflow")
    if (stray := airflow_home(settings) / "airflow.db").exists():
        raise Trouble(f"Airflow made {stray}: a part of it does not use PostgreSQL. Please report this.")
    return made


RECEIVER_PORT = 8470


def receive(crew: Crew, caller: Mapping[str, str]) -> str:
    """Start the address to which channels push, and return it; it is ready when it answers, which nobody here waits for."""
    port = free_port(RECEIVER_PORT)
    command = [sys.executable, "-m", "hub.cli", "receive", "--host", HOST, "--port", str(port)]
    crew.start("receive", command, {**caller, "PYTHONUNBUFFERED": "1"})
    return f"http://{HOST}:{port}/in/"


def free_port(usual: int | None = None) -> int:
    """The usual port where nobody has it, else one that the system gives."""
    for port in [usual, 0] if usual else [0]:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock, suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((HOST, port or 0))
            return int(sock.getsockname()[1])
    raise Trouble("No port is free on 127.0.0.1. End some programs that listen there.", code=2)
