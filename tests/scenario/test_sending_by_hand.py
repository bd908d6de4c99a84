"""The commands by which people look after what is on its way to a registry."""

from __future__ import annotations

import json
from pathlib import Path

from tests.scenario.conftest import Portals, Site


def test_the_work_list_from_doubt_to_done(empty_site: Site, add_portal: Portals, tmp_path: Path) -> None:
    """An officer sees what is in doubt with its marker, says what he found, sends again what was refused, and compares."""
    site = empty_site
    add_portal([{"id": n, "judul": "Lampu", "isi": f"Lampu jalan mati nomor {n}", **_REST} for n in (1, 2)])
    for step in ("pull", "accept"):
        assert site.command(step, "jatim-portal").code in (0, 3)
    site.switch("registry", "drop_response_after_commit", 1)
    assert site.command("forward").code in (0, 3)
    listed = [json.loads(line) for line in site.command("deliveries", "--jsonl").out.splitlines()]
    (doubt,) = [one for one in listed if one["state"] == "unknown"]
    (there,) = [row for row in site.registered() if doubt["marker"] in row["content"]]
    assert "tidak diketahui / unknown" in site.command("deliveries").out
    sheet = tmp_path / "hasil.csv"
    sheet.write_text(f"id;registry_id\n{doubt['complaint_id']};{there['complaint_id']}\n")
    said = site.command("resolve", "--from", str(sheet), "--by", "Petugas Contoh")
    assert (said.code, "1 found" in said.out) == (0, True), said
    assert site.command("forward").code in (0, 3)
    assert site.command("deliveries", "--state", "unknown", "--jsonl").out == ""
    assert site.command("reconcile").code == 0
    shown = site.command("registry", "show", "sp4n")
    assert shown.code == 0 and "institutions" in shown.out and "dijeda" not in shown.out
    assert site.command("registry", "pause", "sp4n", "--by", "Budi", "--because", "pemeliharaan").code == 0
    assert "dijeda / paused: Budi" in site.command("registry", "show", "sp4n").out


def test_what_was_said_later_is_on_the_list_too(empty_site: Site, add_portal: Portals) -> None:
    """A follow-up whose outcome nobody knows is listed with its own marker, and the same command says what was found."""
    site = empty_site
    portal = add_portal([{"id": 1, "judul": "Lampu", "isi": "Lampu jalan mati", "tanggapan": [], **_REST}])
    for step in ("pull", "accept", "forward"):
        assert site.command(step, "jatim-portal").code in (0, 3)
    portal.state.say(1, "Sudah kami perbaiki.")
    site.switch("registry", "drop_response_after_commit", {"times": 1, "on": ["followup_add"]})
    for step in ("pull", "accept", "forward"):
        assert site.command(step, "jatim-portal").code in (0, 3)
    (doubt,) = [json.loads(line) for line in site.command("deliveries", "--jsonl").out.splitlines()]
    assert (doubt["kind"], doubt["what"], doubt["state"]) == ("follow_up", "answer", "unknown")
    assert "Susulan / follow-ups: 1" in site.command("deliveries").out
    (there,) = site.registered()[0]["followups"]
    assert doubt["marker"] in there["content"]
    said = site.command("resolve", doubt["id"], "--registry-id", str(there["id"]), "--by", "Petugas Contoh")
    assert said.code == 0 and site.command("deliveries", "--jsonl").out == ""


def test_wrong_uses_are_said(empty_site: Site) -> None:
    """What would choose everything, or says two things at once, is refused with a sentence and code 2."""
    site, who = empty_site, ("--by", "Petugas Contoh")
    for arguments in (
        ("redrive", *who, "--because", "x"),
        ("redrive", *who, "--because", "x", "--state", "unknown"),
        ("deliveries", "--state", "lost"),
        ("resolve", *who),
        ("resolve", *who, "7"),
    ):
        assert site.command(*arguments).code == 2, arguments
    assert site.command("reconcile", "nowhere").code == 1
    assert site.command("registry", "show", "nowhere").code == 1


_REST = {
    "kategori": "PJU",
    "status": "diterima",
    "dibuat_pada": "30-11-2026 08:00",
    "updated_at": "2026-11-30T08:00:00",
}
