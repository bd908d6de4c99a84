"""The breach question: whoever used an account, the log says within a second whose complaints that account touched."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub import steps
from hub.evidence.asking import question
from hub.evidence.touched import which
from hub.exporting import export
from hub.spine import Hub
from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site


@pytest.fixture
def site(empty_site: Site, add_portal: Portals) -> Site:
    """Two regions' complaints, carried to the registry; two of the first are one citizen's."""
    rows = generate(new=6)
    for number, row in enumerate(rows):
        row["pelapor"] = {"nama": f"Warga {number}", "hp": f"08139000{number // 2:04}", "email": None, "nik": None}
    rows[5]["pelapor"] = None
    add_portal(rows)
    add_portal(generate(seed=7, new=3), name="malang-portal", secret="MALANG_TOKEN", region="35.73")
    with empty_site.hub() as hub:
        steps.sync(hub, ("jatim-portal", "malang-portal"))
    return empty_site


def asked(site: Site, *arguments: str) -> list[dict[str, Any]]:
    """The lines of `satupintu audit touched --json`."""
    said = site.command("audit", "touched", "--json", *arguments)
    assert said.code == 0, said.err
    return [json.loads(line) for line in said.out.splitlines()]


def test_an_officers_acts_are_named_complaint_by_complaint(site: Site) -> None:
    """
    What one officer linked is his, sealed or not, with both complaints, and nobody else's; explaining two complaints is
    a look at both, because reasons may name two streets. The answer is a sheet too, and leaves an entry itself.
    """
    one, other = sorted(line["id"] for line in site.export("complaints", "malang-portal"))[:2]
    assert site.command("cases", "link", one, other, "--by", "Budi", "--because", "satu perkara").code == 0
    waiting = asked(site, "--actor", "Budi")
    assert {line["complaint"] for line in waiting} >= {one, other}
    assert {line["region"] for line in waiting} == {"35.73"} and all(line["acts"] for line in waiting)
    assert site.command("seal").code == 0
    assert asked(site, "--actor", "Budi") == waiting
    assert asked(site, "--actor", "Siti") == [] and asked(site, "--actor", "Budi", "--until", "2026-01-01") == []

    before = {line["complaint"]: line["entries"] for line in asked(site, "--actor", "*", "--act", "exported")}
    assert site.command("dedup", "explain", one, other).code == 0
    after = {line["complaint"]: line["entries"] for line in asked(site, "--actor", "*", "--act", "exported")}
    assert Counter(after) - Counter(before) == {one: 1, other: 1}

    said = site.command("audit", "touched", "--actor", "*@*", "--act", "accepted")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert said.code == 0 and len(rows) == 9 and {row["acts"] for row in rows} == {"accepted:1"}
    assert "9 aduan / complaints" in said.err
    looked = json.loads(site.command("audit", "log", "--act", "exported", "--json").out.splitlines()[0])["entry"]
    assert (looked["code"], looked["count"]) == ("touched", 9)


def test_an_unmasked_export_reaches_everything_stored_by_then(site: Site) -> None:
    """
    Who takes all words of one connector away has touched its complaints and no other's; a masked export touches none.
    Complaints of one telephone share a reference, which another question writes otherwise; no token, no name is shown.
    """
    with site.hub() as opened:
        hub, began = replace(opened, actor="penyusup@lain"), site.clock.now
        list(export(hub, "complaints", masked=True))
        assert touched(hub) == []
        list(export(hub, "complaints", ["malang-portal"]))
        assert [line["connector"] for line in touched(hub)] == ["malang-portal"] * 3
        list(export(hub, "items"))
        lines = touched(hub)
        assert Counter(line["entries"] for line in lines) == {2: 3, 1: 6}
        assert touched(hub, until=(began - timedelta(days=1)).isoformat()) == []

        people = Counter(line["person"] for line in lines if line["connector"] == "jatim-portal")
        assert sorted(people.values()) == [1, 1, 2, 2] and people[""] == 1 and touched(hub) == lines
        assert set(people) & {line["person"] for line in touched(hub, actor="penyusup*")} == {""}
        with hub.store.begin() as work:
            tokens = {bytes(row.token).hex() for row in work.rows("SELECT token FROM reporter_tokens")}
        assert not any(token.startswith(person) for token in tokens for person in people if person)


def touched(hub: Hub, *, actor: str = "penyusup@lain", until: str | None = None) -> list[Any]:
    """The lines of the answer."""
    return list(which(hub, question(hub, actor=actor, until=until)).lines)
