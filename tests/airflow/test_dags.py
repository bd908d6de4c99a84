"""What a region's manifest becomes in Airflow, and what a broken one does not take away."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.conftest import DAGS, write_manifest

Parsed = Callable[[], Any]
FLEET = {"follow_status", "forward_outbox", "manifest_errors", "seal_audit", "watch_daily"}


def test_a_manifest_is_a_dag_with_an_owner_and_a_page(manifests: Path, parsed: Parsed) -> None:
    """Whoever opens a connector in Airflow sees whose it is, where, how often, and that it may not run twice at once."""
    write_manifest(manifests, "x-sulsel", owner="Dinas *Kominfo* <b>Contoh</b>", schedule="*/15 * * * *", timeout="20m")
    bag = parsed()
    assert bag.import_errors == {}
    assert set(bag.dags) == FLEET | {"sync__x-sulsel"}
    dag = bag.dags["sync__x-sulsel"]
    assert {"sync", "kind:x", "region:73"} == set(dag.tags)
    assert (dag.catchup, dag.max_active_runs, dag.is_paused_upon_creation) == (False, 1, False)
    assert dag.timetable.expression != "*/15 * * * *" and dag.timetable.expression.endswith("-59/15 * * * *")
    assert str(dag.timezone) == "Asia/Makassar"
    assert dag.params.dump() == {"since": None, "until": None, "sweep": False}
    assert "x-sulsel.yaml" in dag.doc_md and "<b>" not in dag.doc_md
    assert dag.task_dict["pull"].execution_timeout == timedelta(minutes=20)


@pytest.mark.parametrize("wrong", [{"since": "kemarin"}, {"until": 7}, {"sweep": "ya"}, {"since": "2026-12-01 pagi"}])
def test_what_the_form_cannot_mean_is_refused_before_a_run(
    manifests: Path, parsed: Parsed, wrong: dict[str, Any]
) -> None:
    """A moment or a yes that is none of the kind is refused by the form, and no run begins with it."""
    from airflow.sdk.exceptions import ParamValidationError

    write_manifest(manifests, "x-sulsel")
    params = parsed().dags["sync__x-sulsel"].params
    assert params.validate() == {"since": None, "until": None, "sweep": False}
    params.update({"since": "2026-12-01T00:00:00+09:00", "until": "2026-12-02T00:00:00+09:00", "sweep": True})
    params.validate()
    with pytest.raises(ParamValidationError):
        params.update(wrong)


def test_what_is_stored_goes_on_whatever_became_of_the_pull(manifests: Path, parsed: Parsed) -> None:
    """accept and forward run after a failed pull, but the run stays red: done wants all three."""
    write_manifest(manifests, "x-sulsel")
    tasks = parsed().dags["sync__x-sulsel"].task_dict
    assert {name: sorted(task.upstream_task_ids) for name, task in tasks.items()} == {
        "pull": [],
        "accept": ["pull"],
        "forward": ["accept"],
        "done": ["accept", "forward", "pull"],
    }
    rules = {name: task.trigger_rule.value for name, task in tasks.items()}
    assert rules == {"pull": "all_success", "accept": "all_done", "forward": "all_done", "done": "all_success"}


def test_every_task_is_told_which_faults_to_repeat(manifests: Path, parsed: Parsed) -> None:
    """Every task of every DAG has owner, pool, time limit and retries, and each exception of its policy exists."""
    from airflow.sdk.module_loading import import_string

    write_manifest(manifests, "x-sulsel")
    for dag in parsed().dags.values():
        assert (dag.catchup, dag.max_active_runs) == (False, 1) and dag.doc_md and dag.tags
        for task in dag.task_dict.values():
            assert task.owner and task.pool == "default_pool" and task.execution_timeout
            if task.task_id in ("done", "name_each"):
                continue
            assert task.retries >= 1
            for rule in task.retry_policy.serialize()["rules"]:
                named = rule["exception"]
                for path in [named] if isinstance(named, str) else named:
                    assert issubclass(import_string(path), Exception)


def test_reading_the_dags_twice_gives_the_same(manifests: Path, parsed: Parsed) -> None:
    """An unchanged manifest makes no new DAG version: two readings serialise to the same bytes, under 20 kB each."""
    from airflow.serialization.serialized_objects import DagSerialization

    for name in ("x-satu", "x-dua", "x-tiga"):
        write_manifest(manifests, name)
    (manifests / "broken.yaml").write_text("name: [")
    texts = [{name: json.dumps(DagSerialization.to_dict(dag)) for name, dag in parsed().dags.items()} for _ in range(2)]
    assert texts[0] == texts[1]
    assert max(map(len, texts[0].values())) < 20_000


def test_a_broken_manifest_is_seen_and_removes_nobody(manifests: Path, parsed: Parsed) -> None:
    """The others keep their DAGs; manifest_errors names file and remedy on its page, and its task is red with them."""
    write_manifest(manifests, "x-good")
    write_manifest(manifests, "x-bad", owner=7)
    write_manifest(manifests, "x-off", disabled=True)
    (manifests / "rubbish.yaml").write_text("\0\0: [")
    bag = parsed()
    assert bag.import_errors == {}
    assert set(bag.dags) == FLEET | {"sync__x-good"}
    dag = bag.dags["manifest_errors"]
    assert "x-bad.yaml" in dag.doc_md and "rubbish.yaml" in dag.doc_md
    with pytest.raises(Exception, match=r"(?s)rubbish\.yaml.*x-bad\.yaml|x-bad\.yaml.*rubbish\.yaml"):
        dag.task_dict["name_each"].python_callable()
    for path in (manifests / "x-bad.yaml", manifests / "rubbish.yaml"):
        path.unlink()
    healed = parsed().dags["manifest_errors"]
    assert "good" in healed.doc_md and healed.task_dict["name_each"].python_callable() == 0


def test_a_wrong_setting_is_told_in_words(manifests: Path, parsed: Parsed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt SATUPINTU_ variable stands on manifest_errors and as import error; the fleet's DAGs stay."""
    write_manifest(manifests, "x-good")
    monkeypatch.setenv("SATUPINTU_MANIFEST", "/nowhere")
    bag = parsed()
    assert set(bag.dags) == FLEET
    assert all("SATUPINTU_MANIFEST" in words for words in bag.import_errors.values()) and len(bag.import_errors) == 1
    assert "SATUPINTU_MANIFEST" in bag.dags["manifest_errors"].doc_md


def test_a_worker_reads_its_own_manifest_only(manifests: Path, parsed: Parsed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task of one connector costs the reading of one file, however many connectors there are."""
    for name in ("x-satu", "x-dua"):
        write_manifest(manifests, name)
    from connectors import manifest

    opened: list[str] = []
    real = manifest.load
    monkeypatch.setattr(manifest, "load", lambda path: opened.append(path.name) or real(path))
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "sync__x-dua")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "pull")
    assert "sync__x-dua" in parsed().dags
    assert opened == ["x-dua.yaml"]


MEASURE = """
import sys, time
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
began = time.process_time()
bag = DagBag(Path(sys.argv[1]))
print(len(bag.dags), len(bag.import_errors), time.process_time() - began)
"""


def test_six_hundred_connectors_are_read_in_five_seconds(manifests: Path) -> None:
    """A country of 600 connectors costs at most 5 CPU seconds a reading (Airflow's own import not counted)."""
    for number in range(600):
        write_manifest(manifests / f"{number % 38:02}", f"x-region-{number:03}", schedule="@hourly")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEASURE, str(DAGS)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    dags, errors, seconds = done.stdout.splitlines()[-1].split()
    assert (int(dags), int(errors)) == (600 + len(FLEET), 0)
    assert float(seconds) <= 5
