"""Turns a verb into an Airflow task: a few lines that open the hub when they run, never when a DAG is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, TriggerRule, task

from connectors.errors import Misconfigured, Refused, Unavailable
from hub.airflow.errors import Failed, Incomplete
from hub.ranges import WrongRange
from hub.settings import WrongSetting
from hub.store.problems import StoreProblem, StoreUnavailable

POOL = "default_pool"
"""The pool that every Airflow has: a task in a missing pool is never started, and nobody is told."""
ALWAYS = TriggerRule.ALL_DONE
"""Whatever became of the task before."""
RETRIES = 2
DELAY = timedelta(minutes=1)

POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception=[Unavailable, StoreUnavailable],
            action=RetryAction.RETRY,
            retry_delay=DELAY,
            reason="It may answer again in a minute.",
        ),
        RetryRule(
            exception=[Refused, Misconfigured, StoreProblem, WrongSetting, WrongRange],
            action=RetryAction.FAIL,
            reason="A person has to act first.",
        ),
        RetryRule(
            exception=[Incomplete, Failed],
            action=RetryAction.FAIL,
            reason="The next run goes on where this one ended.",
        ),
    ]
)


def step(verb: str, *, halted: str = "skip", **operator: Any) -> Callable[..., Any]:
    """
    The task of one verb: `step("pull")(name)`; without a name it is for all connectors.

    `halted`: what a paused registry or an open breaker makes of it, "skip" or "fail". `operator`: more arguments of the
    task, e.g. trigger_rule.
    """

    @task(
        task_id=verb, multiple_outputs=False, **{"pool": POOL, "retry_policy": POLICY, "retries": RETRIES, **operator}
    )
    def body(name: str | None = None, params: Any = None) -> dict[str, int]:
        from hub.airflow.running import run

        counts, tally = run(verb, name, params)
        if tally.halted:
            _halted(tally, halted)
        return counts

    return body


def _halted(tally: Any, what: str) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from hub.airflow.running import waiting

    raise AirflowSkipException(waiting(tally)) if what == "skip" else Incomplete(waiting(tally))
