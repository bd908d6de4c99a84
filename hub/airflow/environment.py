"""The environment of every Airflow process on this machine, made in one place so that none can use another database."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from hub.settings import PREFIX, ROOT, Settings

ADMIN = "admin"
DATABASE = "airflow"
"""Airflow's own database on the embedded server, beside the hub's."""
CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_DROPPED = ("AIRFLOW", PREFIX, "_AIRFLOW", "PYTHONHOME")
_SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


def environment(
    settings: Settings, *, database: str, port: int, caller: Mapping[str, str], look_every: int = 30
) -> dict[str, str]:
    """
    Variables for `airflow …` children.

    `database`: SQLAlchemy URL of Airflow's metadata; `port`: of the API and its pages, on loopback; `caller`: the
    environment we were started in, whose AIRFLOW* variables are dropped; `look_every`: seconds until an edited manifest shows.
    """
    home = airflow_home(settings)
    kept = {name: value for name, value in caller.items() if not name.startswith(_DROPPED)}
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {
        **kept,
        **settings_variables(settings),
        "PATH": path,
        "PYTHONUNBUFFERED": "1",
        "AIRFLOW_HOME": str(home),
        CONNECTION: database,
        **_core(home, port),
        **_api(home, port),
        **_pace(look_every),
    }


def airflow_home(settings: Settings) -> Path:
    """Where Airflow keeps its files."""
    return settings.home / "airflow"


NOT_FOR_TASKS = ("SMTP", "SMTP_FROM", "TOKEN")
"""Settings of commands that a person or cron runs; a task is the operator's and sends no daily mail."""


def settings_variables(settings: Settings) -> dict[str, str]:
    """The hub's settings as SATUPINTU_* variables for a child, all but NOT_FOR_TASKS."""
    given = {
        "HOME": settings.home,
        "DATABASE_URL": settings.database_url,
        "MIGRATION_URL": settings.migration_url,
        "MANIFESTS": settings.manifests,
        "REGISTRIES": settings.registries,
        "KINDS": settings.kinds,
        "FILES": ":".join(map(str, settings.files)),
        "REGISTRY_URL": settings.registry_url,
        "REGISTRY_AUTH": settings.registry_auth,
        "REGISTRY_TOKEN": settings.registry_token,
        "ALLOW_NETWORKS": ",".join(map(str, settings.allow_networks)),
        "ALLOW_PORTS": ",".join(map(str, settings.allow_ports)),
        "KEY_FILE": settings.key_file,
        "KEY": settings.key,
        "KEY_OLD": settings.key_old,
    }
    return {PREFIX + name: str(value) for name, value in given.items() if value}


def _core(home: Path, port: int) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__AUTH_MANAGER": _SIMPLE,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__FERNET_KEY": _kept(home, "fernet.key"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
    }


def _api(home: Path, port: int) -> dict[str, str]:
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__API__SECRET_KEY": _kept(home, "session.key"),
        "AIRFLOW__API_AUTH__JWT_SECRET": _kept(home, "jwt.key"),
    }


def _pace(look_every: int) -> dict[str, str]:
    return {
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        # what a killed task or scheduler leaves "running" is taken up soon, not after the usual five minutes
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "90",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",  # it would be one more port; the API tells the same
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": str(look_every),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": str(look_every),
    }


def password(settings: Settings) -> str:
    """The password of Airflow's one account, made at the first call; only we can read its file."""
    home = airflow_home(settings)
    file = home / "passwords.json"
    if not file.exists():
        _write(file, json.dumps({ADMIN: secrets.token_urlsafe(12)}))
    found: str = json.loads(file.read_text())[ADMIN]
    return found


def _kept(home: Path, name: str) -> str:
    """A secret of 32 random bytes that stays the same over restarts."""
    file = home / name
    if not file.exists():
        _write(file, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return file.read_text().strip()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
