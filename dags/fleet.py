"""Airflow DAGs for all connectors together: the outbox, the way back, the seal, the watch, and what is broken."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Param, get_parsing_context, task

from hub.airflow.tasks import DELAY, POLICY, POOL, RETRIES, step
from hub.airflow.words import broken, plain

asked = get_parsing_context().dag_id  # None: the DAG processor wants them all


def fleet(dag_id: str, schedule: str, about: str, **more: Any) -> DAG:
    """One DAG that concerns every connector."""
    return DAG(
        dag_id=dag_id,
        description=about,
        doc_md=about,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Jakarta")),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["fleet"],
        default_args={
            "owner": "satupintu",
            "pool": POOL,
            "retries": RETRIES,
            "retry_delay": DELAY,
            "retry_policy": POLICY,
            "execution_timeout": timedelta(minutes=30),
        },
        **more,
    )


with fleet("forward_outbox", "*/5 * * * *", "Sends what waits for a registry, whichever connector it came from."):
    step("forward", halted="fail")()

everything = Param(False, type="boolean", description="Ask about every complaint, also those that are not due.")
with fleet(
    "follow_status",
    "*/15 * * * *",
    "Brings statuses and answers back to the door where the complaint was made.",
    params={"everything": everything},
):
    step("follow")()

with fleet("seal_audit", "* * * * *", "Gives audit entries their places in the log and signs it."):
    step("seal")()

with fleet("watch_daily", "0 6 * * *", "Compares everything with everything: lost, silent, late, owed."):
    step("watch")()

sentences = broken() if asked in (None, "manifest_errors") else []
listed = "\n".join(f"- {plain(sentence)}" for sentence in sentences) or "Semua manifest baik. / Every manifest is good."
with fleet("manifest_errors", "*/15 * * * *", f"Connectors that do not run, and why:\n\n{listed}"):

    @task(retries=0)
    def name_each() -> int:
        """Red as long as something is broken, so that it is seen."""
        from hub.airflow.errors import Failed

        if found := broken():
            raise Failed("\n".join(found))
        return 0

    name_each()
