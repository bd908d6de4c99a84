"""Many manifests together: one broken file harms nobody, names are unique, and each worker reads only its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectors import schedules
from connectors.manifest import catalogue, spread
from tests.unit.connectors.test_manifest_loading import FULL, LEAST, written


def test_a_broken_manifest_takes_nobody_else_down(tmp_path: Path) -> None:
    """Two regions stay connected while a third repairs its file."""
    (tmp_path / "35").mkdir()
    written(tmp_path / "35", LEAST, "b.yml")
    written(tmp_path, LEAST, "a.yaml")
    broken = written(tmp_path, "owner: [", "c.yaml")
    found = catalogue(tmp_path)
    assert list(found.good) == ["a", "b"]
    assert list(found.bad) == [broken]


def test_a_name_belongs_to_the_file_that_is_called_so(tmp_path: Path) -> None:
    """A copied manifest cannot take over a connector: the second file of a name is refused and told which the first is."""
    copy = written(tmp_path, LEAST + "name: portal\n", "a-copy.yaml")
    own = written(tmp_path, LEAST, "portal.yaml")
    other = tmp_path / "z"
    other.mkdir()
    third = written(other, LEAST, "portal.yaml")
    found = catalogue(tmp_path)
    assert found.good["portal"].path == own
    assert set(found.bad) == {copy, third}
    assert "portal.yaml" in found.bad[copy].what
    assert catalogue(tmp_path, only="portal").good["portal"].path == own


def test_one_connector_reads_one_file(tmp_path: Path) -> None:
    """A worker that needs one connector is not held up by the others, broken or not."""
    written(tmp_path, LEAST, "a.yaml")
    written(tmp_path, "owner: [", "b.yaml")
    found = catalogue(tmp_path, only="a")
    assert (list(found.good), dict(found.bad)) == (["a"], {})


def test_a_connector_named_otherwise_is_found_all_the_same(tmp_path: Path) -> None:
    """The name counts, not the file's."""
    written(tmp_path, LEAST + "name: lain\n", "a.yaml")
    written(tmp_path, LEAST, "b.yaml")
    assert list(catalogue(tmp_path, only="lain").good) == ["lain"]
    assert catalogue(tmp_path, only="a").good == {}
    assert catalogue(tmp_path / "nowhere").good == {}


def test_a_whole_country_is_read_in_order(tmp_path: Path) -> None:
    """600 regions are read one as the other and always in the same order, so that nothing seems to change by itself."""
    for number in range(600):
        written(
            tmp_path,
            FULL.replace("name: jatim-portal\n", "").replace("8461", str(2000 + number)),
            f"k-{number:03d}.yaml",
        )
    found = catalogue(tmp_path)
    assert (list(found.good), found.bad) == ([f"k-{number:03d}" for number in range(600)], {})


def test_reading_one_manifest_imports_nothing_heavy(tmp_path: Path) -> None:
    """Each task of each region starts by reading its manifest: that may not load libraries which it does not need."""
    written(tmp_path, LEAST, "a.yaml")
    code = (
        "import sys; from pathlib import Path; from connectors.manifest import catalogue; "
        "assert list(catalogue(Path(sys.argv[1]), only='a').good) == ['a']; "
        "print([n for n in ('jsonschema', 'jmespath', 'phonenumbers', 'dateutil', 'requests', 'sqlalchemy') if n in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("schedule", "form"),
    [
        ("*/15 * * * *", r"([0-9]|1[0-4])-59/15 \* \* \* \*"),
        ("*/15 8-17 * * 1-5", r"([0-9]|1[0-4])-59/15 8-17 \* \* 1-5"),
        ("@hourly", r"[0-5]?[0-9] \* \* \* \*"),
        ("*/60 * * * *", r"[0-5]?[0-9] \* \* \* \*"),
    ],
)
def test_repeating_schedules_are_spread(schedule: str, form: str) -> None:
    """600 regions that all wrote */15 are read at 15 different minutes, each always at its own."""
    times = {spread(schedule, f"kanal-{number}") for number in range(600)}
    assert all(re.fullmatch(form, one) and schedules.trouble_with(one) is None for one in times)
    assert len(times) >= 15
    assert spread(schedule, "kanal-1") == spread(schedule, "kanal-1")


@pytest.mark.parametrize(
    "schedule", ["5 * * * *", "0,30 * * * *", "* * * * *", "*/1 * * * *", "3/15 * * * *", "@daily", "0 6 * * *"]
)
def test_a_schedule_that_names_minutes_is_kept(schedule: str) -> None:
    """Whoever names a minute has a reason."""
    assert spread(schedule, "kanal") == schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "* * * * *",
        "*/15 * * * *",
        "5,35 8-17 * * mon-fri",
        "0 0 29 2 *",
        "0 0 31 1,3 *",
        "0 0 1 jan sun",
        "0 0 30 2 1",
        "@weekly",
    ],
)
def test_sound_schedules_pass(schedule: str) -> None:
    """What cron can do, a manifest can say."""
    assert schedules.trouble_with(schedule) is None


@pytest.mark.parametrize(
    "schedule",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "9-5 * * * *", "a * * * *",
     "0 0 30 2 *", "0 0 31 4,6 *", "@often", "1-2-3 * * * *", ", * * * *"],
)  # fmt: skip
def test_unsound_schedules_are_explained(schedule: str) -> None:
    """A schedule that would never fire, or not as meant, is refused before it is waited for."""
    assert schedules.trouble_with(schedule)
