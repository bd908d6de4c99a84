"""Airflow for tests: its home and a database that nobody answers at are set before anything of it is imported."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

NOWHERE = "postgresql+psycopg2://nobody@127.0.0.1:1/nothing"
_HOME = tempfile.TemporaryDirectory(prefix="sp-airflow-")
os.environ |= {
    "AIRFLOW_HOME": _HOME.name,
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": NOWHERE,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
}

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "dags"
LEAST = ROOT / "schemas" / "examples" / "valid" / "manifest-x.yaml"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests below this folder import Airflow, whose own imports warn about this and that."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.airflow)
            item.add_marker(pytest.mark.filterwarnings("default"))


def write_manifest(folder: Path, name: str, **changes: Any) -> Path:
    """One good manifest of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    content = yaml.safe_load(LEAST.read_text()) | {"name": name} | changes
    content["with"] = content["with"] | {"user_id": str(10**18 + sum(map(ord, name)) + hash_of(name))}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    return path


def hash_of(name: str) -> int:
    """A number that differs from name to name and is the same on every machine."""
    import zlib

    return zlib.crc32(name.encode())


@pytest.fixture
def manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the hub takes its manifests from."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("SATUPINTU_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SATUPINTU_MANIFESTS", str(folder))
    return folder


@pytest.fixture
def parsed() -> Callable[[], Any]:
    """parsed() reads dags/ as the DAG processor does."""

    def read() -> Any:
        from airflow.dag_processing.dagbag import DagBag

        return DagBag(DAGS)

    return read
