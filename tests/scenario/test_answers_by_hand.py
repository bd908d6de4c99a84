"""Answers on the command line: a file for a region whose portal has no way in, and what a person settles."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import requests

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site


def advanced(site: Site, status: str) -> None:
    """Every complaint gets this status and an answer at the registry."""
    order: dict[str, Any] = {"to": status, "ids": [row["complaint_id"] for row in site.registered()]}
    order["answer"] = "Sudah kami perbaiki."
    requests.post(f"{site.addresses['registry']['url']}/_sandbox/advance", json=order, timeout=10).raise_for_status()


def test_a_region_without_a_way_in_takes_its_answers_as_a_file(
    empty_site: Site, add_portal: Portals, tmp_path: Path
) -> None:
    """Status says what waits and why; the file holds it once, with both numbers; a wrong call says how it is meant."""
    add_portal(generate(new=3))
    path = empty_site.home / "manifests" / "jatim-portal.yaml"
    lines = path.read_text().splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("reply:"))
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith((" ", "#")))
    path.write_text("".join(lines[:start] + lines[end:]))
    assert empty_site.command("sync", "--all").code == 0
    advanced(empty_site, "Selesai")
    assert empty_site.command("follow", "--everything").code == 0
    assert "tanpa jalan kembali / no way back" in empty_site.command("status", "jatim-portal").out
    (first, second) = (tmp_path / name for name in ("satu.csv", "dua.csv"))
    assert empty_site.command("export", "answers", "jatim-portal", "--csv", str(tmp_path / "a.xlsx")).code == 2
    assert empty_site.command("export", "answers", "jatim-portal").code == 2
    assert empty_site.command("export", "answers", "jatim-portal", "--csv", str(first)).code == 0
    with first.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = {str(row["complaint_id"]) for row in empty_site.registered()}
    assert {row["nomor_sp4n"] for row in rows} == numbers
    assert sum("Sudah kami perbaiki." in row["kabar"] for row in rows) == 3
    assert empty_site.command("export", "answers", "jatim-portal", "--csv", str(first)).code == 1  # it is there already
    assert empty_site.command("export", "answers", "jatim-portal", "--csv", str(second)).code == 0
    assert len(second.read_text(encoding="utf-8-sig").splitlines()) == 1


def test_a_person_settles_what_a_door_refused(empty_site: Site, add_portal: Portals) -> None:
    """A key that was wrong for a while: the refused answers are listed, without a text, and sent once more on her word."""
    portal = add_portal(generate(new=2))
    assert empty_site.command("sync", "--all").code == 0
    before = len(portal.state.answers)
    right, portal.state.token = portal.state.token, "berganti"
    advanced(empty_site, "Selesai")
    empty_site.command("follow", "--everything")
    portal.state.token = right
    listed = empty_site.command("answers", "list")
    rows = [json.loads(line) for line in listed.out.splitlines()]
    assert {(row["state"], row["code"]) for row in rows} == {("refused", "http_401")} and "perbaiki" not in listed.out
    who = ("--by", "Rini", "--because", "kunci diganti")
    assert empty_site.command("answers", "settle", *(str(row["id"]) for row in rows), *who).code == 2
    assert empty_site.command("answers", "settle", *(str(row["id"]) for row in rows), "--again", *who).code == 0
    assert empty_site.command("follow", "--everything").code == 0
    assert len(portal.state.answers) - before == len(rows)
    assert empty_site.command("answers", "list").out == ""
