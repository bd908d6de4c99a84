"""What a person decides on the command line, and what a portal does to its own records later."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site

NAME = "jatim-portal"


def entries(site: Site, act: str) -> list[dict[str, Any]]:
    """The entries of one act, in order."""
    with site.database.connect(superuser=True) as connection:
        rows = connection.execute(
            "SELECT convert_from(body, 'UTF8')::jsonb FROM entries WHERE act = %s ORDER BY id", [act]
        ).fetchall()
    return [dict(row[0]) for row in rows]  # type: ignore[call-overload]


def later(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The record as its portal has it now."""
    return {**row, "updated_at": datetime.now(ZoneInfo("Asia/Jakarta")).strftime("%Y-%m-%dT%H:%M:%S"), **changes}


def test_what_was_taken_for_no_complaint_is_sent_on_a_persons_word(empty_site: Site, add_portal: Portals) -> None:
    """`only` rejects an entry as no complaint, visibly; a named person releases it with a reason, and it is sent once."""
    rows = generate(new=4)
    rows[2]["jenis"] = "INFORMASI"
    add_portal(rows, only="jenis == 'PENGADUAN'")
    assert empty_site.command("sync", "--all").code == 0
    assert len(empty_site.registered()) == 3
    (rejected,) = entries(empty_site, "rejected")
    assert rejected["code"] == "not_a_complaint"

    own = rejected["complaint"]
    assert empty_site.command("release", own, "--by", "Rini", "--because", "ternyata aduan").code == 0
    assert empty_site.command("forward").code == 0
    assert sum(f"[Ref {own}]" in row["content"] for row in empty_site.registered()) == 1
    (released,) = entries(empty_site, "released")
    assert (released["actor"], released["detail"]["because"]) == ("Rini", "ternyata aduan")

    again = empty_site.command("release", own, "--by", "Rini", "--because", "sekali lagi")
    assert again.code == 1 and "not held" in again.err
    assert empty_site.command("sync", "--all").code == 0 and len(empty_site.registered()) == 4


@pytest.mark.slow
def test_an_owed_interval_is_given_up_by_name_and_reason(empty_site: Site, add_portal: Portals) -> None:
    """What can never be read is closed by a named person with a reason: an entry tells of it, and nothing is owed."""
    add_portal(generate(new=120))
    empty_site.switch("portal", "fail_page", 2)
    assert empty_site.command("pull", NAME).code == 3
    (owed,) = json.loads(empty_site.command("status", NAME, "--json").out)["owed"]
    number = str(owed["interval"])

    closed = empty_site.command("close", NAME, number, "--because", "halaman 2 hilang", "--by", "Dewi")
    assert closed.code == 0
    status = empty_site.command("status", NAME)
    assert status.code == 0 and "owed: tidak ada" in status.out and "oleh / closed without proof by Dewi" in status.out
    (entry,) = entries(empty_site, "closed")
    assert (entry["actor"], entry["code"], entry["detail"]["because"]) == ("Dewi", "without_proof", "halaman 2 hilang")
    twice = empty_site.command("close", NAME, number, "--because", "lagi")
    assert twice.code == 1 and "not owed" in twice.err


def test_a_later_version_is_no_second_report(empty_site: Site, add_portal: Portals) -> None:
    """The portal changes status and text of what was sent: a new version is kept, the registry has it once."""
    portal = add_portal(generate(new=5))
    assert empty_site.command("sync", "--all").code == 0
    rows = portal.state.records
    for turn in range(1, 4):
        rows[1] = later(rows[1], status="proses", isi=f"{rows[1]['isi']} Tambahan {turn}: masih sama.")
        assert empty_site.command("sync", "--all").code == 0
    versions = [line["version"] for line in empty_site.export("items") if line["ref"] == rows[1]["id"]]
    assert versions == [1, 2, 3, 4]
    assert len(empty_site.registered()) == 5
    assert empty_site.counterparts["registry"].state.calls["create"] == 5
    (complaint,) = [line for line in empty_site.export("complaints") if rows[1]["id"] in line["ref"]]
    assert "Tambahan 3" in complaint["body"] and complaint["outcome"] == "forwarded"


def test_an_id_that_is_used_again_is_another_complaint(empty_site: Site, add_portal: Portals) -> None:
    """A portal starts counting anew: the same id with another creation stamp is a new complaint and is sent as well."""
    portal = add_portal(generate(new=3))
    assert empty_site.command("sync", "--all").code == 0
    rows = portal.state.records
    (other,) = generate(new=1, start=900, seed=9)
    rows[0] = later(other, id=rows[0]["id"], dibuat_pada="20-11-2026 10:15")
    assert empty_site.command("sync", "--all").code == 0
    assert len(empty_site.registered()) == 4
    both = [line for line in empty_site.export("complaints") if rows[0]["id"] in line["ref"]]
    assert len({line["id"] for line in both}) == 2 and {line["outcome"] for line in both} == {"forwarded"}
    assert empty_site.command("sync", "--all").code == 0 and len(empty_site.registered()) == 4
