"""Airflow DAGs: one per connector, all of them from this file."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, TriggerRule, get_parsing_context

from connectors.manifest import catalogue, spread
from hub.airflow.tasks import ALWAYS, DELAY, POLICY, POOL, RETRIES, step
from hub.airflow.words import about, fits
from hub.settings import Settings

MOMENT = {"type": ["null", "string"], "format": "date-time"}
PREFIX = "sync__"

asked = get_parsing_context().dag_id  # None: the DAG processor wants them all
only = asked.removeprefix(PREFIX) if asked and asked.startswith(PREFIX) else None
own = Settings.read()
wanted = {} if asked and only is None else catalogue(own.manifests, only=only, also=own.registered_folder).good

for name, manifest in wanted.items():
    if manifest.disabled or not fits(manifest):
        continue
    with DAG(
        dag_id=f"{PREFIX}{name}",
        description=f"{manifest.owner}: {manifest.channel} ({manifest.kind})",
        doc_md=about(manifest),
        schedule=spread(manifest.schedule, name),
        start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo(manifest.zone)),  # the schedule is read in this zone
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["sync", f"kind:{manifest.kind}", f"region:{manifest.region}"],
        params={
            "since": Param(None, description="Baca ulang dari saat ini. / Read again from this moment.", **MOMENT),
            "until": Param(
                None, description="… sampai saat ini; kosong: sekarang. / … to this one; else now.", **MOMENT
            ),
            "sweep": Param(False, description="Baca ulang semuanya. / Read everything again.", type="boolean"),
        },
        default_args={
            "owner": manifest.owner,
            "pool": POOL,
            "retries": RETRIES,
            "retry_delay": DELAY,
            "retry_policy": POLICY,
            "execution_timeout": manifest.timeout,
        },
    ):
        pull = step("pull")(name)
        accept = step("accept", trigger_rule=ALWAYS)(name)
        forward = step("forward", trigger_rule=ALWAYS)(name)
        pull >> accept >> forward
        [pull, accept, forward] >> EmptyOperator(task_id="done", trigger_rule=TriggerRule.ALL_SUCCESS)
