"""What a task reports, when it is red, and that it never repeats a citizen's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Misconfigured, Refused, Unavailable
from hub.airflow.errors import Failed, Incomplete, Unexpected
from hub.model import Tally
from hub.progress import Progress
from hub.ranges import WrongRange
from hub.store.leases import LostLease
from hub.store.problems import StoreProblem, StoreUnavailable

CANARY = "Siti Kenari melapor lampu padam di Gang Kenari"
Verb = Callable[..., Any]


@pytest.fixture
def carry(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """carry(verb, tally or error) runs the task of that verb over a hub whose step gives just that."""
    from airflow.sdk import DAG

    import hub.steps
    import hub.wire
    from hub.airflow.tasks import step

    @contextmanager
    def no_hub(*_: object, **__: object) -> Iterator[None]:
        yield None

    monkeypatch.setattr(hub.wire, "open_hub", no_hub)

    def run(verb: str, result: Any, *, name: str | None = "x-satu", params: Any = None, **how: Any) -> Any:
        def stub(*_: object, **given: object) -> Any:
            run.given = given  # type: ignore[attr-defined]
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(hub.steps, verb, stub)
        with DAG("made_for_a_test", schedule=None) as dag:
            step(verb, **how)(name)
        return dag.get_task(verb).python_callable(name, params=params)

    return run


def test_a_task_hands_on_numbers_only(carry: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    """XCom and log hold counts; sentences and whatever else a tally carries stay in the hub."""
    tally = Tally(verb="accept", done=7, words={"quarantined": 2, "held": 0}, notes=(CANARY,))
    counts = carry("accept", tally)
    assert counts == {"done": 7, "skipped": 0, "failed": 0, "owed": 0, "quarantined": 2}
    assert len(json.dumps(counts)) < 1000
    said = capsys.readouterr().out
    assert said.splitlines() == ["accept x-satu done=7 skipped=0 failed=0 owed=0 quarantined=2"]


def test_what_is_owed_makes_the_run_red_at_once(carry: Verb) -> None:
    """A page that could not be read is named in the failure, and not tried again as a task."""
    owed = Tally(verb="pull", done=100, failed=1, owed=("x-satu: page 3 gave no JSON",), error=Unavailable())
    with pytest.raises(Incomplete, match="page 3"):
        carry("pull", owed)
    many = Tally(verb="forward", owed=tuple(f"one {n}" for n in range(9)))
    with pytest.raises(Incomplete, match="4 more"):
        carry("forward", many)


@pytest.mark.parametrize("error", [Unavailable("no answer"), Refused("401"), Misconfigured("no such page")])
def test_a_channel_that_gave_nothing_fails_by_its_class(carry: Verb, error: Exception) -> None:
    """Who must act shows in the class of the failure, and decides whether it is tried again."""
    with pytest.raises(type(error)):
        carry("pull", Tally(verb="pull", failed=1, owed=("x-satu: nothing was read",), error=error))
    with pytest.raises(type(error)):
        carry("pull", error)


def test_a_fault_of_the_hub_quotes_nobody(carry: Verb) -> None:
    """A programming fault is told by class and place; the words of its exception, which may be a citizen's, are not."""
    with pytest.raises(Unexpected, match="ValueError at") as told:
        carry("accept", ValueError(CANARY))
    chain: BaseException | None = told.value
    while chain is not None:
        assert "Kenari" not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)


def test_a_paused_registry_skips_each_connector_and_reddens_one_dag(carry: Verb) -> None:
    """In sync__X the forward ends skipped with the number that waits; only forward_outbox is red."""
    from airflow.sdk.exceptions import AirflowSkipException

    tally = Tally(verb="forward", halted=True, notes=("sp4n is paused by Rini; 12 wait.",))
    with pytest.raises(AirflowSkipException, match="12 wait"):
        carry("forward", tally)
    with pytest.raises(Incomplete, match="12 wait"):
        carry("forward", tally, name=None, halted="fail")


def test_a_lost_complaint_makes_the_watch_red(carry: Verb) -> None:
    """What the conservation check finds is a failure that names what to look at, and it is not repeated."""
    with pytest.raises(Failed, match="accounted for"):
        carry(
            "watch", Tally(verb="watch", failed=1, notes=("x-satu: 3 are stored, but 2 are accounted for",)), name=None
        )


def test_a_second_pull_at_the_same_time_is_no_failure(carry: Verb) -> None:
    """Two runs of one connector do not disturb each other: the second says so and ends well."""
    assert carry("pull", Tally(verb="pull", running=True))["already_running"] == 1
    with pytest.raises(Incomplete, match="taken over"):
        carry("accept", LostLease("The accept of this connector has been taken over by another process."))


def test_an_operator_can_read_a_range_again(carry: Verb) -> None:
    """since, until and sweep typed into Trigger reach the pull; empty fields are the ordinary pull."""
    carry("pull", Tally(verb="pull"), params={"since": "2026-11-01T00:00:00", "until": "2026-11-02T00:00:00+08:00"})
    given = carry.given  # type: ignore[attr-defined]
    assert (given["since"], given["until"]) == ("2026-11-01T00:00:00", "2026-11-02T00:00:00+08:00")
    assert given["sweep"] is False
    carry("pull", Tally(verb="pull"), params={"since": None, "until": "", "sweep": True})
    given = carry.given  # type: ignore[attr-defined]
    assert (given["since"], given["until"], given["sweep"]) == (None, None, True)
    carry("follow", Tally(verb="follow"), name=None, params={"everything": True})
    assert carry.given["everything"] is True  # type: ignore[attr-defined]


def test_the_log_of_a_pull_shows_each_batch(carry: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever opens the log of a task that takes long sees how far it has come, in counts only."""
    carry("pull", Tally(verb="pull"))
    carry.given["progress"](  # type: ignore[attr-defined]
        Progress(connector="x-satu", interval=3, pages=2, items=200, new=150, known=50)
    )
    assert capsys.readouterr().out.splitlines()[-1] == "x-satu interval=3 pages=2 items=200 new=150"


def test_a_span_that_cannot_be_read_is_told_as_typed_wrongly(carry: Verb) -> None:
    """Swapped or future moments are the operator's to correct: the sentence shows, and no retry is made of them."""
    with pytest.raises(WrongRange, match="does not lie before"):
        carry("pull", WrongRange("since (…) does not lie before until (…)."))


def test_only_what_may_heal_by_itself_is_repeated() -> None:
    """A dead portal or database is tried again in a minute; a refusal, a wrong manifest or what is owed is not."""
    from airflow.sdk import RetryAction

    from hub.airflow.tasks import POLICY

    def action(error: Exception) -> RetryAction:
        return POLICY.evaluate(error, 1, 3).action

    assert {action(error) for error in (Unavailable(), StoreUnavailable())} == {RetryAction.RETRY}
    permanent = (Refused(), Misconfigured(), StoreProblem(), WrongRange(), Incomplete(), Failed())
    assert {action(error) for error in permanent} == {RetryAction.FAIL}
    assert action(Unexpected()) is RetryAction.DEFAULT


def test_a_task_finds_the_hub_key_in_airflows_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SATUPINTU_KEY may name a connection that only Airflow knows: its password opens what the hub has written."""
    import base64

    from hub.airflow.credentials import of_airflow
    from hub.keys import KeyProblem, open_keys
    from hub.settings import Settings

    key = base64.b64encode(bytes(range(1, 33))).decode()
    monkeypatch.setenv("AIRFLOW_CONN_SATUPINTU_HUB_FAR", json.dumps({"conn_type": "generic", "password": key}))
    settings = Settings.read({"SATUPINTU_HOME": str(tmp_path / "home"), "SATUPINTU_KEY": "${secret:HUB_FAR}"})
    assert open_keys(settings, of_airflow).hub == bytes(range(1, 33))
    lost = Settings.read({"SATUPINTU_HOME": str(tmp_path / "home"), "SATUPINTU_KEY": "${secret:HUB_LOST}"})
    with pytest.raises(KeyProblem, match="HUB_LOST"):
        open_keys(lost, of_airflow)
