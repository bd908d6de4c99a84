"""Secrets that live in Airflow: its connections and whatever secrets backend stands behind them, masked in its logs."""

from __future__ import annotations

from hub.muting import KNOWN, Known

PREFIX = "satupintu_"


def of_airflow(name: str) -> str | None:
    """The password of the connection `satupintu_NAME` (in lower case), or None where Airflow knows none."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

    try:
        found: str | None = Connection.get(f"{PREFIX}{name.lower()}").password
    except (AirflowNotFoundException, AirflowRuntimeError):
        return None
    return found


def mask(known: Known = KNOWN) -> None:
    """Let Airflow's own log mask every form of the secrets that this process meets; its masker knows the raw one only."""
    from airflow.sdk.log import mask_secret

    if mask_secret not in known.told:
        known.told.append(mask_secret)
