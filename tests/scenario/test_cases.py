"""Stories about cases: the same matter by several doors, and what people make of it."""

from __future__ import annotations

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bench.dedup import Writing
from dedup.judge import RULES
from hub import rebuilding, steps
from hub.rebuilding import Rebuild
from hub.spine import Hub
from hub.store import case_lists, cases
from tests.scenario.conftest import Portals, Site

PLAIN = {"jenis": "PENGADUAN", "kategori": "JALAN", "anonim": "tidak", "rahasia": "tidak", "status": "diterima"}
BY = ("--by", "Sari Contoh", "--because", "sudah dibaca")
_MATTERS = Writing(5)
MATTERS = [_MATTERS.matter(datetime(2026, 11, 10, tzinfo=UTC)).body for _ in range(20)]
MODEL = replace(RULES, version="another-model")


def row(number: int, text: str, who: int, day: int = 10) -> dict[str, Any]:
    """One row of a portal; `who` wrote it."""
    person = {"nama": f"Warga {who}", "hp": f"0812 0000 {who:04}", "email": f"w{who}@surat.example", "nik": None}
    stamp = {"dibuat_pada": f"{day:02}-11-2026 10:00", "updated_at": f"2026-11-{day:02}T10:00:00"}
    return {"id": f"A-{number}", "judul": "Laporan", "isi": text, "alamat": None, "pelapor": person, **PLAIN, **stamp}


def accepted(site: Site, *names: str) -> None:
    """Pull and accept."""
    with site.hub() as hub:
        for name in names or ("jatim-portal",):
            steps.pull(hub, name)
            steps.accept(hub, [name])


def clusters(site: Site) -> set[frozenset[str]]:
    """The cases, by the texts' numbers in MATTERS and who wrote them."""
    said = {line["id"]: line for line in site.export("complaints")}
    return {frozenset(said[one]["reporter"]["name"] for one in case["complaints"]) for case in site.export("cases")}


def by_name(site: Site) -> dict[str, str]:
    """Who wrote which complaint."""
    return {line["reporter"]["name"]: line["id"] for line in site.export("complaints")}


def test_two_citizens_one_matter(empty_site: Site, add_portal: Portals) -> None:
    """Both are sent and stand in one case; a person parts them for good, and hears why they were together."""
    portal = add_portal([row(1, MATTERS[0], 1), row(2, MATTERS[0], 2), row(3, MATTERS[1], 3)])
    with empty_site.hub() as hub:
        steps.sync(hub, ["jatim-portal"])
    assert clusters(empty_site) == {frozenset({"Warga 1", "Warga 2"}), frozenset({"Warga 3"})}
    assert len(empty_site.registered()) == 3
    ids = by_name(empty_site)
    one, two = ids["Warga 1"], ids["Warga 2"]

    listed = empty_site.command("cases").out
    assert "2 aduan / complaints, 2 pelapor / signers, 35" in listed
    why = empty_site.command("dedup", "explain", one, two)
    assert (why.code, "satu perkara / one case" in why.out, "same  9" in why.out) == (0, True, True)
    assert not re.search(r"0812|surat\.example|Warga", why.out)

    assert empty_site.command("cases", "unlink", one, two, *BY).code == 0
    assert "dua perkara / two matters" in empty_site.command("dedup", "explain", one, two).out
    portal.state.records.append(row(4, MATTERS[0], 4, day=12))
    accepted(empty_site)
    joined = {case for case in clusters(empty_site) if {"Warga 1", "Warga 2"} <= case}
    assert joined == set()
    assert [(line["verdict"], line["by"]) for line in empty_site.export("labels")] == [("apart", "Sari Contoh")]


def test_a_campaign_is_one_case_with_its_signers(empty_site: Site, add_portal: Portals) -> None:
    """Twelve equal letters of twelve citizens: one case, twelve signers, and each of them is sent."""
    add_portal([row(n, MATTERS[2], n) for n in range(1, 13)])
    with empty_site.hub() as hub:
        steps.sync(hub, ["jatim-portal"])
    assert "12 aduan / complaints, 12 pelapor / signers" in empty_site.command("cases").out
    assert len(empty_site.registered()) == 12
    case = empty_site.export("cases")[0]
    leaving = case["complaints"][3:5]
    assert empty_site.command("cases", "split", case["case_id"], *leaving, *BY).code == 0
    assert sorted(len(one["complaints"]) for one in empty_site.export("cases")) == [2, 10]
    assert empty_site.command("cases", "link", case["complaints"][0], leaving[0], *BY).code == 0
    assert [len(one["complaints"]) for one in empty_site.export("cases")] == [12]


def test_a_region_sets_its_own_window(empty_site: Site, add_portal: Portals) -> None:
    """Where a region says that a week apart is another matter, the same words nine days later are a case of their own."""
    rows = [row(1, MATTERS[0], 1, day=2), row(2, MATTERS[0], 2, day=11), row(3, MATTERS[0], 3, day=12)]
    add_portal(rows, dedup={"days": 7, "review": 0.2})
    accepted(empty_site)
    assert clusters(empty_site) == {frozenset({"Warga 1"}), frozenset({"Warga 2", "Warga 3"})}


def test_accepting_again_changes_nothing(empty_site: Site, add_portal: Portals) -> None:
    """The same rows once more, and one with a changed text: no second case, no second link, and keys of the new text only."""
    portal = add_portal([row(n, MATTERS[n % 3], n) for n in range(1, 7)])
    accepted(empty_site)
    before = clusters(empty_site), _counts(empty_site)
    accepted(empty_site)
    assert (clusters(empty_site), _counts(empty_site)) == before
    portal.state.records[0] = {**row(1, f"{MATTERS[1]} Mohon segera.", 1), "updated_at": "2026-11-12T10:00:00"}
    accepted(empty_site)
    assert clusters(empty_site) == before[0]
    assert _numbers(empty_site) == 6


def _counts(site: Site) -> list[Any]:
    with site.database.connect(superuser=True) as connection:
        tables = ("cases", "links", "reviews", "labels", "dedup_keys")
        return [connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchall() for name in tables]


def _numbers(site: Site) -> int:
    """How many complaints others can find."""
    with site.database.connect(superuser=True) as connection:
        [(count,)] = connection.execute("SELECT count(DISTINCT n) FROM dedup_keys").fetchall()
        return int(str(count))


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_come_to_the_same_cases(empty_site: Site, add_portal: Portals, workers: int) -> None:
    """Four doors show the same matters in different orders: one worker or four at once, the cases are the same."""
    names = [f"pintu-{door}" for door in range(4)]
    for door, name in enumerate(names):
        texts = list(enumerate(MATTERS[:12]))
        random.Random(door).shuffle(texts)
        add_portal([row(n, text, 100 * door + n, day=9 + door) for n, text in texts], name=name, secret=f"T{door}")
    with empty_site.hub() as hub:
        for name in names:
            steps.pull(hub, name)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda name: _accept(empty_site, name), names))
    truth = {frozenset(f"Warga {100 * door + n}" for door in range(4)) for n in range(12)}
    assert clusters(empty_site) == truth


def _accept(site: Site, name: str) -> None:
    with site.hub() as hub:
        assert steps.accept(hub, [name]).done == 12


def test_what_is_wrong_is_said(empty_site: Site, add_portal: Portals) -> None:
    """No ids, ids of nobody, no reason, a reason with a number of a person: a sentence and an exit code."""
    add_portal([row(1, MATTERS[0], 1)])
    accepted(empty_site)
    one, nobody = by_name(empty_site)["Warga 1"], "00000000-0000-4000-8000-000000000000"
    run = empty_site.command
    assert run("cases", "link", "x", "y", *BY).code == 2
    assert run("cases", "unlink", one, *BY).code == 2
    assert run("cases", "unlink", one, nobody, "--by", "Sari", "--because", " ").code == 2
    assert run("cases", "unlink", one, nobody, "--by", "Sari", "--because", "telepon 0812 3456 7890").code == 2
    assert run("cases", "link", one, nobody, *BY).code == 1
    assert run("cases", "unlink", "7", *BY).code == 1
    assert run("cases", "split", nobody, one, *BY).code == 1
    assert run("dedup", "explain", one, nobody).code == 1
    assert run("dedup", "rebuild", "--since", "kemarin").code == 2
    assert run("dedup", "rebuild", "--since", "2026-11-01", "--shard", "3/2").code == 2
    nowhere = run("dedup", "rebuild", "--since", "2026-11-01", "--out", "no-folder/changes.csv")
    assert (nowhere.code, "make it first" in nowhere.err) == (2, True)
    assert run("dedup", "rebuild", "--since", "0001-01-01").code == 0
    assert run("cases", "--limit", "9" * 20).code == 2
    assert "adalah aduan dalam perkara" in run("cases", "show", one).err
    assert "Tidak ada yang perlu dilihat" in run("cases", "--needs-review").out
    assert f"same: {RULES.same}" in run("dedup", "rules").out


# a new model over history ------------------------------------------------------------------------------------------------


def changed(hub: Hub, rules: Any = MODEL, **more: Any) -> list[tuple[str, str, str]]:
    """What a model would change, or changes."""
    one = Rebuild(hub=hub, since=date(2026, 11, 1), rules=rules, **{k: v for k, v in more.items() if k != "apply"})
    one.features()
    found = [
        (change.what, str(change.complaint), str(change.other))
        for change in one.changes(apply=more.get("apply", False))
    ]
    return sorted(found)


def test_a_new_model_says_first_what_it_would_change(empty_site: Site, add_portal: Portals) -> None:
    """A stricter model would part two links; nothing happens until it is applied, and a person's link stays even then."""
    add_portal([row(n, MATTERS[n % 3], n) for n in range(1, 7)])
    accepted(empty_site)
    ids, before = by_name(empty_site), clusters(empty_site)
    assert empty_site.command("cases", "link", ids["Warga 1"], ids["Warga 4"], *BY).code == 0
    strict = replace(RULES, version="strict", same=1.1, review=1.05)
    with empty_site.hub() as hub:
        assert changed(hub, replace(RULES, version="as-before")) == []
        would = changed(hub, strict)
        assert [what for what, *_ in would] == ["unlink", "unlink"]
        assert clusters(empty_site) == before
        assert changed(hub, strict, apply=True) == would
        assert changed(hub, strict, apply=True) == []
    assert frozenset({"Warga 1", "Warga 4"}) in clusters(empty_site)
    assert len(clusters(empty_site)) == 5
    with empty_site.hub() as hub:
        back = changed(hub, replace(RULES, version="back"), apply=True)
    assert [what for what, *_ in back] == ["link", "link"]
    assert clusters(empty_site) == before


def test_shards_together_are_the_whole(empty_site: Site, add_portal: Portals, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers find what one finds, and one that was interrupted goes on where it was."""
    add_portal([row(n, MATTERS[n % 6], n) for n in range(1, 19)])
    accepted(empty_site)
    strict = replace(RULES, version="strict", same=1.1, review=1.05)
    monkeypatch.setattr(rebuilding, "BATCH", 3)
    with empty_site.hub() as hub:
        whole = changed(hub, strict)
        assert len(whole) == 12
        shards = [changed(hub, strict, shard=shard, of=3) for shard in (1, 2, 3)]
        assert sorted(one for shard in shards for one in shard) == whole
        first = Rebuild(hub=hub, since=date(2026, 11, 1), rules=strict)
        cut = first.changes()
        seen = [next(cut) for _ in range(4)]
        cut.close()
        rest = list(Rebuild(hub=hub, since=date(2026, 11, 1), rules=strict).changes())
        found = {(one.what, str(one.complaint), str(one.other)) for one in (*seen, *rest)}
        assert sorted(found) == whole
        assert len(rest) < len(whole)


def test_right_after_accept_a_rebuild_has_nothing_to_say(empty_site: Site, add_portal: Portals) -> None:
    """A region's own window and thresholds hold for a rebuild and `explain` too; what a person was asked is not asked twice."""
    rows = [row(1, MATTERS[0], 1, day=2), row(2, MATTERS[0], 2, day=11), row(3, MATTERS[0], 3, day=12)]
    add_portal(rows, dedup={"days": 7})
    add_portal([row(4, MATTERS[1], 4), row(5, MATTERS[1], 5)], name="pintu-kota", secret="T9", dedup={"same": 1.0})
    accepted(empty_site, "jatim-portal", "pintu-kota")
    assert {frozenset({"Warga 1"}), frozenset({"Warga 4"}), frozenset({"Warga 5"})} < clusters(empty_site)
    assert _counts(empty_site)[2] == [(1,)]
    ids = by_name(empty_site)
    why = empty_site.command("dedup", "explain", ids["Warga 4"], ids["Warga 5"]).out
    assert why.startswith("review  ") and "dua perkara" in why
    assert "Lebih dari 7 hari" in empty_site.command("dedup", "explain", ids["Warga 3"], ids["Warga 1"]).out
    with empty_site.hub() as hub:
        assert changed(hub) == []
        assert changed(hub, apply=True) == []


def test_what_an_older_release_stored_is_found_again(empty_site: Site, add_portal: Portals) -> None:
    """After an upgrade nobody finds the stored complaints; a rebuild files them, and says so in the log."""
    portal = add_portal([row(1, MATTERS[0], 1), row(2, MATTERS[1], 2)])
    accepted(empty_site)
    with empty_site.database.connect(superuser=True) as connection:
        connection.execute("UPDATE complaints SET dedup_n = NULL, features_enc = 'older'")
        connection.execute("DELETE FROM dedup_keys")
    said = empty_site.command("dedup", "rebuild", "--since", "2026-11-01")
    assert (said.code, "2 done" in said.out) == (0, True), said.err
    portal.state.records.append(row(3, MATTERS[0], 3, day=12))
    accepted(empty_site)
    assert frozenset({"Warga 1", "Warga 3"}) in clusters(empty_site)
    with empty_site.database.connect(superuser=True) as connection:
        acts = [one for (one,) in connection.execute("SELECT DISTINCT act FROM entries").fetchall()]
    assert "described" in acts


def test_the_log_of_all_this_verifies(empty_site: Site, add_portal: Portals, tmp_path: Path) -> None:
    """What models and people decided can be checked by a stranger, and names nobody's words."""
    add_portal([row(1, MATTERS[0], 1), row(2, MATTERS[0], 2)])
    accepted(empty_site)
    ids = list(by_name(empty_site).values())
    assert empty_site.command("cases", "unlink", *ids, *BY).code == 0
    run, folder = empty_site.command, tmp_path / "log"
    assert (run("seal").code, run("audit", "export", str(folder)).code) == (0, 0)
    said = run("audit", "verify", str(folder), "--key", str(folder / "log.vkey"))
    assert said.code == 0, said.err


def test_what_loses_a_link_is_placed_at_once(empty_site: Site, add_portal: Portals) -> None:
    """A complaint that stands in the wrong case moves to its own in one go, and the report says so before."""
    add_portal([row(1, MATTERS[0], 1), row(2, MATTERS[0], 2), row(3, MATTERS[1], 3)])
    accepted(empty_site)
    ids, right = {who: UUID(one) for who, one in by_name(empty_site).items()}, clusters(empty_site)
    wrong = cases.NewLink(
        complaint=ids["Warga 2"], other=ids["Warga 3"], probability=0.8, reasons=[("same_words", 2.0)], model="old"
    )
    with empty_site.hub() as hub:
        with hub.store.begin() as work:
            stood = [one.id for one in case_lists.links_of(work, [ids["Warga 2"]])]
            cases.undo(work, stood, by="hub", model="old", now=hub.clock())
            cases.link(work, [wrong], by="hub", now=hub.clock())
        assert frozenset({"Warga 2", "Warga 3"}) in clusters(empty_site)
        would = changed(hub)
        assert [what for what, *_ in would] == ["link", "unlink"]
        assert frozenset({"Warga 2", "Warga 3"}) in clusters(empty_site)
        assert changed(hub, apply=True) == would
        assert changed(hub) == []
    assert clusters(empty_site) == right


def test_a_new_complaint_says_what_it_was_compared_with(empty_site: Site, add_portal: Portals) -> None:
    """The log of a complaint that is new names its nearest, how likely it was, and which reasons weighed: codes, no words."""
    near = re.sub(r"(?i)\b(jalan|jl\.?) \w+", "Jalan Kenari", MATTERS[3])
    add_portal([row(1, MATTERS[3], 1), row(2, f"{near} RT 09 RW 14, Desa Lainnya", 2), row(3, MATTERS[3], 3)])
    accepted(empty_site)
    with empty_site.database.connect(superuser=True) as connection:
        found = connection.execute("SELECT convert_from(body, 'UTF8') FROM entries WHERE act = 'accepted'").fetchall()
    details = [json.loads(str(body))["detail"] for (body,) in found]
    compared = [one for one in details if "of" in one or "nearest" in one]
    assert len(compared) == 2
    for one in compared:
        assert 0 <= one["per_mille"] <= 1000 and one["model"]
        assert 1 <= len(one["reasons"]) <= 4
        assert all(re.fullmatch(r"[a-z_]+ [+-]\d+\.\d\d", reason) for reason in one["reasons"])
