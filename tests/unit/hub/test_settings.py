"""Settings as people get them wrong: each ends in a sentence that names the variable and what to write, never a password."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import kinds
from hub.airflow.environment import NOT_FOR_TASKS, settings_variables
from hub.settings import NAMES, Settings, WrongSetting
from hub.store.migrate import version_of
from hub.store.work import StoreProblem, open_store
from hub.wire import open_hub

WRONG = [
    ("FOO", "1"),
    ("ALLOW_NETWORKS", "10.0.0.1/8"),
    *[("ALLOW_PORTS", text) for text in ("http", "0", "65536", "80-90", "-1", "²", "1" * 5000)],
    *[(name, url) for name in ("DATABASE_URL", "MIGRATION_URL") for url in (
        "sqlite:///x", "sqlite+pysqlite:///:memory:", "mysql://u:rahasia@a/b", "host=a password=rahasia", "postgresql:",
        "postgresql:/a", "postgresql", "http://a/b",
    )],
    *[("REGISTRY_URL", url) for url in (
        "x", "sp4n.example/api", "ftp://a/", "http://", "https:///api", "http://u:rahasia@a/", "http://a:99999/",
        "http://a:0/", "http://[::1", "http://①②⑦.0.0.1/", "http://a b/", "file:///etc/passwd", "http://a\\b/",
    )],
    ("KEY_FILE", "/proc/none/hub.key"),
    ("KEY_FILE", "/"),
]  # fmt: skip


def env(folder: Path, name: str, value: str) -> dict[str, str]:
    """An environment with one setting of ours besides the home."""
    return {"SATUPINTU_HOME": str(folder / "rumah"), f"SATUPINTU_{name}": value, "PATH": os.defpath}


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_named_with_what_to_write(tmp_path: Path, name: str, value: str) -> None:
    """Whoever starts the hub reads which variable is wrong and what belongs there, before anything is made or reached."""
    with pytest.raises(WrongSetting, match=f"SATUPINTU_{name}") as caught:
        Settings.read(env(tmp_path, name, value))
    assert "rahasia" not in str(caught.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://u@h/d"),
        ("DATABASE_URL", "postgresql+psycopg://u:p@/d?host=/tmp"),
        ("REGISTRY_URL", "http://127.0.0.1:8465/api"),
        ("REGISTRY_URL", "https://[::1]/api?x=1"),
    ],
)
def test_a_right_setting_is_taken_as_written(tmp_path: Path, name: str, value: str) -> None:
    """Every usual spelling of a right address passes."""
    found = Settings.read(env(tmp_path, name, value))
    assert value in (found.database_url, found.registry_url)


UNREADABLE = [
    "127.0.0.1:abc/x",
    "127.0.0.1:9/x?foo=1",
    "[::1/x",
    "u:%zz@127.0.0.1:9/x",
    "127.0.0.1:9/x?connect_timeout=a",
]


@pytest.mark.parametrize("rest", UNREADABLE)
def test_an_address_that_cannot_be_read_is_told_without_quoting_it(tmp_path: Path, rest: str) -> None:
    """A slip in the database's address ends in a sentence for each command and the doctor; its password stays unsaid."""
    url = f"postgresql://{rest}&application_name=rahasia" if "?" in rest else f"postgresql://{rest}?user=rahasia"
    for name in ("DATABASE_URL", "MIGRATION_URL"):
        given = {"SATUPINTU_DATABASE_URL": "postgresql://127.0.0.1:9/x"} | env(tmp_path, name, url)
        with pytest.raises(StoreProblem, match="SATUPINTU_") as caught:
            open_store(Settings.read(given), lambda: datetime.now(UTC))
        assert "rahasia" not in str(caught.value)


def test_the_doctor_reads_the_same_addresses() -> None:
    """What the commands cannot read, the doctor names in the same sentence."""
    with pytest.raises(StoreProblem, match="SATUPINTU_DATABASE_URL"):
        version_of("postgresql://127.0.0.1:9/x?foo=1")


def test_a_home_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    """A home below a file, or where nobody can write, is told as such by whatever opens the hub."""
    (tmp_path / "berkas").write_text("")
    for home in (tmp_path / "berkas" / "rumah", Path("/proc/rumah")):
        with pytest.raises(WrongSetting, match="SATUPINTU_HOME"), open_hub(Settings.read(env(home, "HOME", str(home)))):
            pass


def test_missing_folders_are_doubts_not_faults(tmp_path: Path) -> None:
    """A mistyped folder starts the hub, with a line for each that says so; a folder that is there is not mentioned."""
    (tmp_path / "manifests").mkdir()
    given = {"SATUPINTU_MANIFESTS": str(tmp_path / "manifest"), "SATUPINTU_REGISTRIES": str(tmp_path / "lain")}
    doubts = Settings.read(given).doubts()
    assert [line.partition(":")[0] for line in doubts] == ["SATUPINTU_MANIFESTS", "SATUPINTU_REGISTRIES"]
    assert all("\n" not in line and str(tmp_path) in line for line in doubts)
    given = dict.fromkeys(given, str(tmp_path / "manifests"))
    assert Settings.read(given).doubts() == ()
    assert Settings.read({}).doubts() == ()


def test_a_task_of_airflow_has_every_setting_that_a_command_has(tmp_path: Path) -> None:
    """What pulls on the command line pulls under `satupintu up` too: no setting is lost on the way to a task."""
    (tmp_path / "k").write_bytes(bytes(32))
    given = {
        "HOME": tmp_path, "DATABASE_URL": "postgresql://a@b/c", "MIGRATION_URL": "postgresql://o@b/c",
        "MANIFESTS": tmp_path / "m", "REGISTRIES": tmp_path / "r", "FILES": "/srv/a:/srv/b", "REGISTRY_URL": "https://r.example",
        "REGISTRY_AUTH": "Bearer x", "REGISTRY_TOKEN": "y", "ALLOW_NETWORKS": "10.0.0.0/8", "ALLOW_PORTS": "8069,9443",
        "KEY_FILE": tmp_path / "k", "KEY": "AA==", "KEY_OLD": "BB==", "KINDS": Path(kinds.__file__).parent,
    }  # fmt: skip
    assert {*given, *NOT_FOR_TASKS} == set(NAMES)
    here = Settings.read({f"SATUPINTU_{name}": str(value) for name, value in given.items()})
    assert Settings.read(settings_variables(here)) == here
