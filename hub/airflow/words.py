"""What Airflow's pages say about a connector, and whether Airflow can take it at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from connectors.manifest import Manifest, catalogue, spread
from hub.settings import Settings, WrongSetting

_UNSAFE = re.compile(r"[^\w .,:;/@()+*-]")


def about(manifest: Manifest) -> str:
    """The DAG's page in Markdown: whose it is, whom to ask, and where it is written."""
    rows = {
        "Pemilik / owner": manifest.owner,
        "Wilayah / region": manifest.region,
        "Kanal / channel": f"{manifest.channel} ({manifest.kind})",
        "Kontak / contact": ", ".join(manifest.contact.values()) or "-",
        "Jadwal / schedule": f"{spread(manifest.schedule, manifest.name)} ({manifest.zone})",
        "Manifest": manifest.path.name,
    }
    return "\n".join(f"- {what}: `{plain(value)}`" for what, value in rows.items())


def plain(text: str) -> str:
    """Text that staff wrote, without anything that Markdown or HTML would read as its own."""
    return _UNSAFE.sub(" ", text)[:200]


def fits(manifest: Manifest) -> bool:
    """Whether Airflow can read the connector's schedule; a DAG that raises would take all others of its file away."""
    return _readable(spread(manifest.schedule, manifest.name), manifest.zone)


@lru_cache(maxsize=2048)
def _readable(schedule: str, zone: str) -> bool:
    from airflow.sdk import CronTriggerTimetable

    try:
        CronTriggerTimetable(schedule, timezone=zone)
    except Exception:  # noqa: BLE001 - whatever croniter and pendulum raise
        return False
    return True


def broken() -> list[str]:
    """One sentence for each connector that does not run because its manifest, or a setting, is wrong."""
    return list(_broken())


def _broken() -> Iterator[str]:
    try:
        settings = Settings.read()
    except WrongSetting as error:
        yield f"{error} Until then no connector runs."
        return
    folder = settings.manifests
    if not folder.is_dir():
        yield f"The folder {folder} of SATUPINTU_MANIFESTS is missing; no connector runs."
    found = catalogue(folder, also=settings.registered_folder)
    yield from (_named(path, str(error)) for path, error in found.bad.items())
    for one in found.good.values():
        if not one.disabled and not fits(one):
            yield f"{one.path.name}: schedule: Airflow cannot read '{one.schedule}'. Write five fields of a cron."


def _named(path: Path, sentence: str) -> str:
    return sentence if path.name in sentence else f"{path.name}: {sentence}"
