"""The file for several machines is one that docker-compose takes, and it gives nothing away."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from hub.machine import databases
from hub.store.problems import StoreProblem
from hub.store.server import Embedded

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / ".tools" / "compose" / "compose" / "config" / "compose_spec.json"
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as docker-compose reads it."""
    read: dict[str, Any] = yaml.safe_load(TEXT)
    return read


def test_docker_compose_takes_the_file(compose: dict[str, Any]) -> None:
    """`docker compose up` does not stop at a misspelt word: the file fits the schema of docker-compose itself."""
    if not SCHEMA.exists():
        pytest.skip("docker-compose.yml was NOT checked: make puts the schema into .tools/compose")
    schema = jsonschema.Draft201909Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in schema.iter_errors(compose)] == []
    wrong = {**compose, "services": {"redis": {"image": "redis", "healthchek": {}}}}
    assert not schema.is_valid(wrong)


def test_no_secret_has_a_default() -> None:
    """Nothing starts with a password that stands in a public file: every secret is demanded in words."""
    secret = re.compile(r"\$\{(\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*)(:?[-?]?)")
    found = secret.findall(TEXT)
    assert len(found) >= 8
    assert {name for name, how in found if how != ":?"} == set()


def test_only_this_machine_can_reach_it(compose: dict[str, Any]) -> None:
    """No service listens on another address than loopback; PostgreSQL and Redis on none at all."""
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert all(port.startswith("127.0.0.1:") for listed in ports.values() for port in listed)
    assert set(ports) == {"api-server"}


def test_services_cannot_change_what_they_run(compose: dict[str, Any]) -> None:
    """DAGs, connectors, schemas and registries are mounted read-only, and every service that has them is the same image."""
    ours = {name: service for name, service in compose["services"].items() if name not in ("postgres", "redis")}
    assert set(ours) == {"init", "api-server", "scheduler", "dag-processor", "worker"}
    for service in ours.values():
        mounts = [mount for mount in service["volumes"] if mount.startswith("./")]
        assert {mount.split(":")[0] for mount in mounts} == {"./dags", "./connectors", "./schemas", "./registries"}
        assert all(mount.endswith(":ro") for mount in mounts)
    assert len({service["image"] for service in ours.values()}) == 1
    assert "_PIP_ADDITIONAL_REQUIREMENTS" not in TEXT


def test_only_the_first_step_is_superuser(compose: dict[str, Any]) -> None:
    """The login that could change the audit log is known to `init` alone, and every service shares one signing key."""
    for name, service in compose["services"].items():
        if name not in ("postgres", "redis"):
            assert ("SATUPINTU_MIGRATION_URL" in service["environment"]) == (name == "init")
            assert "AIRFLOW__API_AUTH__JWT_SECRET" in service["environment"]


def test_databases_and_logins_are_made_once(cluster: Embedded) -> None:
    """`init` makes two databases and two logins on an empty server; doing it again after an upgrade is harmless."""
    superuser = cluster.uri("c_hub").replace("+psycopg", "")
    hub = superuser.replace("postgres@", "satupintu_hub:secret1@")
    airflow = superuser.replace("postgres@", "c_airflow:secret2@").replace("/c_hub", "/c_airflow")
    for _ in range(2):
        databases.prepare(superuser, hub, airflow)
    from hub.store.work import Store

    with Store(hub, clock=lambda: None) as store, store.begin() as work:  # type: ignore[arg-type,return-value]
        assert work.value("SELECT current_setting('role')") == "satupintu_nation"


def test_a_wrong_address_is_named_without_its_password() -> None:
    """Whoever forgets a variable of `.env` reads which one, and the password of another does not appear."""
    good = "postgresql://satupintu_hub:hush@db/satupintu"
    with pytest.raises(StoreProblem, match="SQL_ALCHEMY_CONN") as told:
        databases.prepare(good, good, "sqlite:///airflow.db")
    assert "hush" not in str(told.value)
    with pytest.raises(StoreProblem, match="a database each"):
        databases.prepare(good, good, good)
