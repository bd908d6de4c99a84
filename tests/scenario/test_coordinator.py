"""A region's coordinator decides about its own complaints: releases, resolves, sends again, links and parts; no other does."""

from __future__ import annotations

from typing import Any

from hub import steps
from tests.scenario.conftest import Portals, Site
from tests.scenario.test_by_hand import entries
from tests.scenario.test_cases import MATTERS, by_name, row
from tests.scenario.test_users import token

WHY = ("--because", "sudah dibaca")


def run(site: Site, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """As superuser, so that a complaint stands where the story begins."""
    with site.database.connect(superuser=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def word(site: Site, complaint: str) -> tuple[Any, ...]:
    """How its complaint and its delivery stand."""
    return run(
        site,
        "SELECT c.state, d.state, d.registry_id FROM complaints c LEFT JOIN deliveries d ON d.complaint = c.id "
        "WHERE c.id::text = %s",
        complaint,
    )[0]


def test_own_complaints_by_oneself_and_others_not_at_all(empty_site: Site, add_portal: Portals) -> None:
    """Each decision of the region's coordinator is done and stands in the log under his name; to another it is not there."""
    add_portal([row(1, MATTERS[0], 1), row(2, MATTERS[0], 2), row(3, MATTERS[1], 3)])
    with empty_site.hub() as hub:
        steps.sync(hub, ["jatim-portal"])
    own = token(empty_site, "sari", "coordinator", "35")
    other = token(empty_site, "budi", "coordinator", "63.04")
    ids = by_name(empty_site)
    one, two, three = ids["Warga 1"], ids["Warga 2"], ids["Warga 3"]
    run(empty_site, "DELETE FROM attempts; DELETE FROM deliveries WHERE complaint::text = '" + one + "'")
    run(empty_site, "UPDATE complaints SET state = 'held', reason = 'first_batch' WHERE id::text = %s", one)
    run(empty_site, "UPDATE deliveries SET state = 'refused', registry_id = NULL WHERE complaint::text = %s", two)
    run(empty_site, "UPDATE deliveries SET state = 'unknown', registry_id = NULL WHERE complaint::text = %s", three)
    stands = [word(empty_site, each) for each in (one, two, three)]
    lines = [
        ("release", one, *WHY),
        ("redrive", two, *WHY),
        ("resolve", three, "--registry-id", "990001"),
        ("cases", "unlink", one, two, *WHY),
        ("cases", "link", one, two, *WHY),
    ]
    for line in lines:
        said = empty_site.command(*line, "--by", "budi", SATUPINTU_TOKEN=other)
        assert said.code != 0, line
        assert [each for each in ids.values() if each in said.out + said.err and each not in line] == []
    assert [word(empty_site, each) for each in (one, two, three)] == stands

    for line in lines:
        said = empty_site.command(*line, "--by", "sari", SATUPINTU_TOKEN=own)
        assert said.code == 0, (line, said.out, said.err)
    assert word(empty_site, one)[:2] == ("accepted", "queued")
    assert word(empty_site, two)[1] == "queued"
    assert word(empty_site, three)[1:] == ("created", "990001")
    for act in ("released", "redriven", "resolved", "unlinked", "linked"):
        assert entries(empty_site, act)[-1]["actor"] == "sari", act


def test_a_coordinator_does_not_decide_about_what_accuses_him(empty_site: Site, add_portal: Portals) -> None:
    """What is hidden from him is held for others: it is not there, and a release of the whole does not count it for him."""
    add_portal([row(1, MATTERS[0], 1), row(2, MATTERS[1], 2)])
    with empty_site.hub() as hub:
        steps.pull(hub, "jatim-portal")
        steps.accept(hub, ["jatim-portal"])
    own = token(empty_site, "sari", "coordinator", "35")
    ids = by_name(empty_site)
    run(empty_site, "DELETE FROM deliveries")
    run(empty_site, "UPDATE complaints SET state = 'held', reason = 'shadow'")
    run(
        empty_site,
        "UPDATE complaints SET accused = 'named', hidden_from = '{35}' WHERE id::text = %s",
        ids["Warga 1"],
    )
    said = empty_site.command("release", ids["Warga 1"], "--by", "sari", *WHY, SATUPINTU_TOKEN=own)
    assert said.code != 0 and word(empty_site, ids["Warga 1"])[0] == "held"
    said = empty_site.command("release", "jatim-portal", "--by", "sari", *WHY, SATUPINTU_TOKEN=own)
    assert said.code == 0 and said.out.startswith("release: 1 done") and "1 released" in said.out, said.out
    assert word(empty_site, ids["Warga 2"])[0] == "accepted"
