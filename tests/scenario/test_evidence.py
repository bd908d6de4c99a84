"""What an auditor takes home: a pack that a stranger can check, a sample that comes out the same, and a log that answers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import resource
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub.audit.entry import Entry
from hub.audit.verify import verify
from hub.store.log import append_all
from sandbox.portal import generate
from tests.scenario.commands import Said
from tests.scenario.conftest import START, Portals, Site

FORMULA = '=HYPERLINK("http://127.0.0.1/")'


@pytest.fixture
def site(empty_site: Site, add_portal: Portals) -> Site:
    """A hub that has carried complaints; one is unreadable, one was rejected and released, and the registry was paused."""
    rows = generate(new=8)
    rows[2]["jenis"] = "INFORMASI"
    rows[5]["isi"] = rows[5]["judul"] = ""
    add_portal(rows, only="jenis == 'PENGADUAN'")
    assert empty_site.command("sync", "--all").code == 0
    rejected = json.loads(empty_site.command("audit", "log", "--act", "rejected", "--json").out)["entry"]["complaint"]
    assert empty_site.command("release", rejected, "--by", "＝Rini", "--because", FORMULA).code == 0
    assert empty_site.command("registry", "pause", "sp4n", "--by", "Budi", "--because", "pemeliharaan").code == 0
    assert empty_site.command("seal").code == 0
    return empty_site


def packed(site: Site, name: str, *more: str) -> Path:
    """A pack, as the command writes it."""
    path = site.home / name
    said = site.command("audit", "pack", "--out", str(path), *more)
    assert said.code == 0, said.err
    return path


def unpacked(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def verdict(folder: Path) -> Said:
    """What a stranger's Python says of a folder: its own verifier, nothing of ours within reach."""
    command = [sys.executable, "-I", "verify.py", ".", "--key", "log.vkey"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def test_a_stranger_checks_a_pack_with_one_command(site: Site, tmp_path: Path) -> None:
    """Unzipped in another place it is intact; the same rows give the same bytes; and its hash is on record."""
    first, again = packed(site, "a.zip"), packed(site, "b.zip")
    assert first.read_bytes() == again.read_bytes()
    folder = unpacked(first, tmp_path / "there")
    said = verdict(folder)
    assert said.code == 0 and "UTUH / INTACT" in said.out, said
    entries = [json.loads(line) for line in (folder / "entries.jsonl").read_bytes().splitlines()]
    assert f"entries that fit: {len(entries)}" in said.out and len(entries) > 30
    exported = [
        json.loads(line) for line in site.command("audit", "log", "--act", "exported", "--json").out.splitlines()
    ]
    assert exported[0]["entry"]["detail"]["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    assert site.command("audit", "pack", "--out", str(first)).code == 2  # never over another file


def test_any_flipped_byte_of_a_pack_is_found(site: Site, tmp_path: Path) -> None:
    """In whichever file a byte is changed, or a file is added or taken away, the verifier names it."""
    folder = unpacked(packed(site, "a.zip"), tmp_path / "there")
    key = (folder / "log.vkey").read_text()  # as the auditor has it from elsewhere
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for place in {0, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            problems = verify(folder, key).problems
            assert path.name in {one.file for one in problems}, (path.name, place, problems)
        path.write_bytes(whole)
    (folder / "more.txt").write_text("something")
    assert [one.file for one in verify(folder, key).problems] == ["more.txt"]


def test_a_pack_opens_with_exceptions_and_its_sheet_holds_no_formula(site: Site, tmp_path: Path) -> None:
    """Who released what and why, who paused, what was rejected; whatever somebody typed stays text."""
    folder = unpacked(packed(site, "a.zip"), tmp_path / "there")
    for name, head in (("ringkasan.html", "1. Pengecualian"), ("summary.html", "1. Exceptions")):
        page = (folder / name).read_text()
        assert page.index(head) < page.index("<h2>2.")
        for word in ("Rini", "pemeliharaan", "not_a_complaint", "quarantined", "HYPERLINK"):
            assert word in page, (name, word)
        assert '"http://127.0.0.1/"' not in page and "<script" not in page
    assert "The seven words add up" in (folder / "summary.html").read_text()
    rows = list(csv.DictReader(io.StringIO((folder / "entries.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@＝＋－＠\t\r")]
    (released,) = [row for row in rows if row["act"] == "released"]
    assert released["actor"] == "'＝Rini" and released["waktu_setempat"].endswith("WIB")
    assert [row["leaf"] for row in rows] == [str(n) for n in range(len(rows))]


def test_a_pack_of_one_connector_holds_that_one(site: Site, tmp_path: Path) -> None:
    """A choice is proved as well, and says that it is one; where nothing fits there is no pack."""
    folder = unpacked(packed(site, "a.zip", "--connector", "jatim-portal", "--region", "35"), tmp_path / "one")
    assert verdict(folder).code == 0 and "(a choice)" in (folder / "summary.html").read_text()
    entries = [json.loads(line) for line in (folder / "entries.jsonl").read_bytes().splitlines()]
    assert len({entry["connector"] for entry in entries}) == 1
    assert site.command("audit", "pack", "--out", str(site.home / "b.zip"), "--to", "2001-01-01").code == 2
    assert not [path for path in site.home.iterdir() if path.name.startswith((".b", "b."))]


def test_the_same_seed_draws_the_same_sample(site: Site) -> None:
    """Complaints are traced from the interval that brought them to the registry and back; another seed draws others."""

    def drawn(seed: str) -> list[dict[str, Any]]:
        said = site.command("audit", "sample", "--n", "3", "--seed", seed, "--json")
        return [json.loads(line) for line in said.out.splitlines()]

    first = drawn("7")
    assert [one["complaint"] for one in drawn("7")] == [one["complaint"] for one in first]
    assert any([one["complaint"] for one in drawn(seed)] != [one["complaint"] for one in first] for seed in "12")
    for one in first:
        assert one["intervals"][0]["closed_at"] and one["items"][0]["commitment"]
        assert one["entries"] and (one["word"] != "forwarded" or one["deliveries"][0]["registry_id"])
    text = site.command("audit", "sample", "--n", "3", "--seed", "7").out
    assert text.count("deliveries") + text.count("decision") >= 3


def test_the_log_answers_in_both_forms(site: Site) -> None:
    """By act, person and complaint, as a table and as lines; a question that no log can answer is wrong usage."""
    table = site.command("audit", "log", "--actor", "*Rini*").out.splitlines()
    assert len(table) == 2 and "\treleased\t" in table[1] and "jatim-portal" in table[1]
    own = json.loads(site.command("audit", "log", "--act", "released", "--json").out)["entry"]["complaint"]
    acts = [
        json.loads(line)["entry"]["act"]
        for line in site.command("audit", "log", "--complaint", own, "--json").out.splitlines()
    ]
    assert acts == ["released", "rejected"]
    assert site.command("audit", "log", "--from", "2001-01-01", "--to", "2001-01-02").out.count("\n") == 1
    for wrong in (("--act", "nothing"), ("--complaint", "7"), ("--region", "east"), ("--connector", "nobody")):
        assert site.command("audit", "log", *wrong).code == 2, wrong


@pytest.mark.campaign
def test_a_hundred_thousand_entries_are_checked_within_a_minute(empty_site: Site, tmp_path: Path) -> None:
    """The pack of a busy year has its verdict in under 60 s of the auditor's processor."""
    with empty_site.hub() as hub:
        for first in range(0, 100_000, 10_000):
            with hub.store.begin() as work:
                append_all(work, [entry_of(first + n) for n in range(10_000)])
    assert empty_site.command("seal").code == 0
    folder = unpacked(packed(empty_site, "a.zip"), tmp_path / "there")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = verdict(folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert said.code == 0 and "entries that fit: 1000" in said.out, said
    assert spent < 60, spent


def entry_of(number: int) -> Entry:
    at = START + timedelta(seconds=number)
    return Entry(
        act="accepted", at=at, actor="hub@machine", region="35", complaint=str(UUID(int=number)), code="accepted"
    )
