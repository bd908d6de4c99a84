"""Reading a span again on request: what it brings, what it leaves alone, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site

NAME = "jatim-portal"
LAST_WEEK = (datetime.now(UTC) - timedelta(days=7)).date().isoformat()
TODAY = datetime.now(UTC).date().isoformat()


def entries(site: Site) -> dict[str, int]:
    """How many rows each table has that a pull could add to."""
    with site.database.connect(superuser=True) as connection:
        tables = ("items", "complaints", "data_keys")
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}  # type: ignore[index]


def changed_today(row: dict[str, Any], minutes: int = 0, **changes: Any) -> dict[str, Any]:
    """The record as its portal has it since an hour ago, or some minutes longer."""
    stamp = datetime.now(UTC) + timedelta(hours=6, minutes=-minutes)  # Jakarta's wall clock, one hour ago
    return {**row, "updated_at": stamp.strftime("%Y-%m-%dT%H:%M:%S"), **changes}


def test_reading_a_span_again_changes_nothing_that_did_not_change(empty_site: Site, add_portal: Portals) -> None:
    """A backfill of known items stores none of them again; the one that changed gets its second version, once."""
    portal = add_portal([changed_today(row) for row in generate(new=120)])
    assert empty_site.command("pull", NAME).code == 0
    before = entries(empty_site)
    again = empty_site.command("pull", NAME, "--since", LAST_WEEK, "--until", TODAY)
    assert again.code == 0 and again.out.startswith("pull: 0 done, 120 known")
    assert entries(empty_site) == before

    rows = portal.state.records
    rows[7] = changed_today(rows[7], status="proses")
    for expected in (1, 0):
        said = empty_site.command("pull", NAME, "--since", LAST_WEEK)
        assert said.code == 0 and said.out.startswith(f"pull: {expected} done")
    assert [line["version"] for line in empty_site.export("items") if line["ref"] == rows[7]["id"]] == [1, 2]


def test_a_sweep_reads_everything_whatever_the_stamps_say(empty_site: Site, add_portal: Portals) -> None:
    """A record that the portal changed without a new stamp is found by --sweep, and by nothing else."""
    rows = generate(new=30)
    rows[7:] = [changed_today(row, minutes=number) for number, row in enumerate(rows[7:])]
    rows[3]["updated_at"] = "2020-01-01T00:00:00"
    portal = add_portal(rows)
    assert empty_site.command("pull", NAME).code == 0
    portal.state.records[3]["status"] = "selesai"
    assert empty_site.command("pull", NAME).out.startswith("pull: 0 done")
    assert empty_site.command("pull", NAME, "--sweep").out.startswith("pull: 1 done")


def test_a_span_that_could_not_be_read_is_owed_until_a_later_pull_reads_it(
    empty_site: Site, add_portal: Portals
) -> None:
    """The portal fails in the middle of a backfill: an interval of its own is owed, and the next ordinary pull closes it."""
    portal = add_portal([changed_today(row) for row in generate(new=5)])
    assert empty_site.command("pull", NAME).code == 0
    portal.state.records[2] = {**portal.state.records[2], "status": "selesai"}
    empty_site.switch(NAME, "html_200")
    assert empty_site.command("pull", NAME, "--since", LAST_WEEK).code == 3
    assert empty_site.command("pull", NAME, "--since", LAST_WEEK).code == 3
    (owed,) = json.loads(empty_site.command("status", NAME, "--json").out)["owed"]
    assert owed["what"] == "backfill" and owed["since"].startswith(LAST_WEEK)

    empty_site.switch(NAME, "html_200", False)
    assert empty_site.command("pull", NAME).code == 0
    status = empty_site.command("status", NAME, "--json")
    assert status.code == 0 and json.loads(status.out)["owed"] == []
    assert [line["version"] for line in empty_site.export("items") if line["ref"] == owed_ref(portal)] == [1, 2]


def owed_ref(portal: Any) -> str:
    """The record that changed while nobody could read it."""
    ref: str = portal.state.records[2]["id"]
    return ref


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((NAME, "--since", "2026-02-30"), "since is no moment"),
        ((NAME, "--since", "besok"), "since is no moment"),
        ((NAME, "--since", "2024-05-02", "--until", "2024-05-01"), "does not lie before"),
        ((NAME, "--since", "2999-01-01"), "lies in the future"),
        ((NAME, "--since", "2024-05-01", "--sweep"), "without --sweep"),
        ((NAME, "kediri-portal", "--since", "2024-05-01"), "one connector by its name"),
        (("--all", "--until", "2024-05-01"), "one connector by its name"),
        (("tidak-ada", "--since", "2024-05-01"), "tidak-ada"),
    ],
)
def test_a_span_that_cannot_be_read_is_refused_before_anything_is_asked(
    empty_site: Site, add_portal: Portals, arguments: tuple[str, ...], said: str
) -> None:
    """Exit 2 and one sentence; the portal hears nothing of it."""
    portal = add_portal(generate(new=3))
    told = empty_site.command("pull", *arguments)
    assert told.code == 2 and said in told.err and "Traceback" not in told.err
    assert portal.state.calls["list"] == 0
