"""What `satupintu status` says to people and to machines, before, while and after something is owed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site

NAME, EAST = "jatim-portal", "jayapura-portal"


def as_json(site: Site, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """The lines of `status --json`."""
    said = site.command("status", *arguments, "--json")
    assert said.code == code, said
    return [json.loads(line) for line in said.out.splitlines()]


def test_before_the_first_pull_a_connector_is_shown_as_never_pulled(empty_site: Site, add_portal: Portals) -> None:
    """A manifest alone is a line of its own; nothing is owed yet, so the command ends with 0."""
    add_portal(generate(new=3))
    said = empty_site.command("status")
    assert said.code == 0 and "belum pernah ditarik / never pulled" in said.out
    assert empty_site.command("status", NAME).code == 0
    (line,) = as_json(empty_site, NAME)
    assert (line["mode"], line["proof"], line["owed"], line["covered"]) == ("never_pulled", None, [], [])


def test_what_is_owed_is_named_with_number_span_and_reason(empty_site: Site, add_portal: Portals) -> None:
    """A page that fails leaves an interval owed: status ends with 3, says which, since when and why in two languages."""
    portal = add_portal(generate(new=250))
    empty_site.switch("portal", "fail_page", 2)
    assert empty_site.command("pull", NAME).code == 3
    said = empty_site.command("status", NAME)
    assert said.code == 3
    assert "portal menjawab HTTP 500 / page 2: HTTP 500 (http_500)" in said.out
    (line,) = as_json(empty_site, NAME, code=3)
    (owed,) = line["owed"]
    assert (owed["code"], owed["since"], owed["what"]) == ("http_500", None, "new")
    assert f"interval {owed['interval']}: dari awal / the beginning" in said.out
    assert owed["said_id"] == "portal menjawab HTTP 500" and line["proof"] is None
    assert (line["run_code"], line["running"]) == ("http_500", False)
    assert empty_site.command("status").code == 3

    empty_site.switch("portal", "fail_page", False)
    assert empty_site.command("pull", NAME).code == 0
    (line,) = as_json(empty_site, NAME)
    assert line["owed"] == [] and line["proof"]["items"] == 250 and line["proof"]["total"] == 250
    assert line["counts"]["pulled"] == 250
    assert [span["since"] for span in line["covered"]] == [None]
    told = empty_site.command("status", NAME)
    assert told.code == 0 and "portal's total 250" in told.out and "lengkap / complete" in told.out
    assert not [row["id"] for row in portal.state.records if row["id"] in told.out + json.dumps(line)]


def test_times_are_those_of_the_region_and_of_jakarta(empty_site: Site, add_portal: Portals) -> None:
    """A portal in Papua shows its own hour with Jakarta's beside it; one in Jakarta's zone shows one hour."""
    add_portal(generate(new=3))
    add_portal(generate(new=3, seed=2), EAST, secret="TIMUR", region="91.03")
    assert empty_site.command("pull", "--all").code == 0
    east, west = empty_site.command("status", EAST).out, empty_site.command("status", NAME).out
    assert " WIT (" in east and " WIB)" in east
    assert " WIB" in west and "(" not in west.split("last run: ")[1].splitlines()[0]
    lines = {line["name"]: line for line in as_json(empty_site)}
    assert set(lines) == {NAME, EAST}
    at = datetime.fromisoformat(lines[EAST]["proof"]["until"])
    assert at.utcoffset() is not None and at.isoformat().endswith("+09:00")


def test_disabled_and_removed_connectors_stay_in_sight(empty_site: Site, add_portal: Portals) -> None:
    """Who disables a connector or removes its manifest still sees what it brought and what it owes."""
    add_portal(generate(new=5))
    add_portal(generate(new=3, seed=2), EAST, secret="TIMUR", disabled=True)
    empty_site.switch(NAME, "html_200")
    assert empty_site.command("pull", NAME).code == 3
    (empty_site.home / "manifests" / f"{NAME}.yaml").unlink()
    said = empty_site.command("status")
    assert said.code == 3 and "dinonaktifkan / disabled" in said.out and "tanpa manifes" in said.out
    assert {line["name"]: line["mode"] for line in as_json(empty_site, code=3)} == {
        NAME: "no_manifest",
        EAST: "disabled",
    }
    assert len(as_json(empty_site, NAME, code=3)[0]["owed"]) == 1


def test_a_span_given_up_by_hand_is_no_proof(empty_site: Site, add_portal: Portals) -> None:
    """What a person closed with a reason is listed with his name, and does not count as read."""
    add_portal(generate(new=5))
    empty_site.switch("portal", "html_200")
    assert empty_site.command("pull", NAME).code == 3
    (line,) = as_json(empty_site, NAME, code=3)
    number = str(line["owed"][0]["interval"])
    assert empty_site.command("close", NAME, number, "--because", "halaman hilang", "--by", "Dewi").code == 0
    (line,) = as_json(empty_site, NAME)
    assert (line["proof"], line["covered"], line["closed"][0]["closed_by"]) == (None, [], "Dewi")
