"""Who asks to be forgotten is: everything of his complaints becomes unreadable, and everybody else's stays."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub import retention, steps
from hub.audit.verify import main as verify
from hub.erasing import Busy, Held, erase
from hub.holding import NoSuchHold, add, end, listed
from hub.oversight import figures
from hub.pulling import manifest_of
from hub.redriving import resolve
from hub.releasing import release
from hub.spine import Hub
from hub.store import connectors, leases
from tests.scenario.conftest import Portals, Site
from tests.scenario.test_ids_used_again import ANI, BUDI, record

NAME = "jatim-portal"
PHONE = "+62 812-0000-1111"
AGAIN = {**ANI, "isi": "Sampah menumpuk di pasar desa sejak lebaran dan baunya sampai ke sekolah dasar.", "alamat": ""}
WHY: dict[str, Any] = {"because": "permintaan pelapor", "by": "Kepala Dinas"}
ROWS = [record(ANI, 10, "A"), record(BUDI, 11, "B"), record(AGAIN, 12, "C")]


def rows(hub: Hub, sql: str) -> list[tuple[Any, ...]]:
    with hub.store.begin() as work:
        return [tuple(row) for row in work.rows(sql)]


def words(hub: Hub) -> dict[str, int]:
    return {word: count for word, count in figures(hub)["connectors"][NAME].items() if count}


def refs(site: Site) -> list[str]:
    return [row["ref"].strip('"') for row in site.export("complaints")]


def complaint_of(site: Site, ref: str) -> UUID:
    return UUID(next(row["id"] for row in site.export("complaints") if row["ref"] == f'"{ref}"'))


def test_all_complaints_of_a_person_go_and_the_log_stays(empty_site: Site, add_portal: Portals, tmp_path: Path) -> None:
    """Both complaints of one phone number are erased, the other reporter's is not; the log with its proofs stays whole."""
    add_portal(ROWS)
    with empty_site.hub() as hub:
        steps.sync(hub)
        assert empty_site.command("audit", "export", str(tmp_path / "before")).code == 0
        assert erase(hub, reporter=PHONE, **WHY, dry_run=True).done == 0
        assert len(refs(empty_site)) == 3
        tally = erase(hub, reporter=PHONE, **WHY)
        assert (tally.done, tally.words["versions"]) == (2, 2)
        numbers = {row["complaint_id"] for row in empty_site.registered()}
        assert sum(any(f"as {number}:" in note for number in numbers) for note in tally.notes) == 2
        assert erase(hub, reporter=PHONE, **WHY).done == 0
        assert words(hub) == {"stored": 3, "forwarded": 3}
        assert rows(hub, "SELECT count(*) FROM reporter_tokens") == [(2,)]
        told = rows(hub, "SELECT convert_from(body, 'UTF8') FROM entries WHERE act = 'erased'")
        assert len(told) == 2 and all('"permintaan pelapor"' in body and '"request"' in body for (body,) in told)
        steps.sync(hub)
        assert empty_site.command("audit", "export", str(tmp_path / "after")).code == 0
    assert refs(empty_site) == ["B"] and len(empty_site.export("items")) == 1
    since = ["--since", str(tmp_path / "before" / "checkpoint")]
    assert verify([str(tmp_path / "after"), "--key", str(tmp_path / "after" / "log.vkey"), *since]) == 0


def test_a_salt_goes_with_its_key(empty_site: Site, add_portal: Portals) -> None:
    """A commitment in the log is that of salt and bytes; after the erasure no salt is left by which a NIK could be tried."""
    add_portal(ROWS[:1])
    with empty_site.hub() as hub:
        steps.pull(hub, NAME)
        sql = (
            "SELECT i.key_id, k.wrapped, i.raw_enc, i.commitment FROM items i LEFT JOIN data_keys k ON k.id = i.key_id"
        )
        [(key_id, wrapped, raw, commitment)] = rows(hub, sql)
        key = hub.vault.unwrap(key_id, bytes(wrapped))
        salted = key.cipher.decrypt(bytes(raw)[:12], bytes(raw)[12:], key.id.bytes + b"raw")
        assert hashlib.sha256(salted).hexdigest() == commitment
        steps.accept(hub)
        erase(hub, reporter=PHONE, **WHY)
        assert rows(hub, sql) == [(key_id, None, raw, commitment)]
        assert rows(hub, "SELECT count(*) FROM data_keys WHERE id NOT IN (SELECT key_id FROM intervals)") in (
            [(0,)],
            [],
        )


@pytest.mark.parametrize(("verbs", "word"), [(("pull",), "rejected"), (("pull", "accept"), "rejected")])
def test_what_was_not_sent_yet_never_is(
    empty_site: Site, add_portal: Portals, verbs: tuple[str, ...], word: str
) -> None:
    """Erased while it waits, or is on its way: the registry gets nothing, and the complaint still counts once."""
    add_portal([record(ANI, 10, "A")])
    with empty_site.hub() as hub:
        for verb in verbs:
            steps.pull(hub, NAME) if verb == "pull" else steps.accept(hub)
        assert erase(hub, reporter=PHONE, **WHY).done == 1
        steps.sync(hub)
        assert words(hub) == {"stored": 1, word: 1}
        assert steps.watch(hub).failed == 0  # no state without its entry
    assert empty_site.registered() == []


def test_an_unknown_outcome_stays_a_question(empty_site: Site, add_portal: Portals) -> None:
    """Nobody knows whether the registry has it: it is asked for by its mark, and never sent again without its text."""
    add_portal([record(ANI, 10, "A")])
    empty_site.switch("registry", "drop_response_after_commit", {"times": 1, "on": ["create"]})
    with empty_site.hub() as hub:
        steps.sync(hub)
        assert words(hub) == {"stored": 1, "on_the_way": 1}
        own = complaint_of(empty_site, "A")
        tally = erase(hub, reporter=PHONE, **WHY)
        assert any("is not known" in note for note in tally.notes)
        resolve(hub, str(own), absent=True, by="Ani")
        empty_site.clock.sleep(3600)
        steps.forward(hub)
        assert rows(hub, "SELECT state, code FROM deliveries") == [("refused", "erased")]
        assert steps.watch(hub).failed == 0
    assert len(empty_site.registered()) == 1


def test_what_the_portal_shows_again_is_kept_out(empty_site: Site, add_portal: Portals) -> None:
    """Unchanged or changed, an erased item is not stored again, until a named person lets it in."""
    portal = add_portal([record(ANI, 10, "A")])
    with empty_site.hub() as hub:
        steps.pull(hub, NAME)
        steps.accept(hub)
        own = complaint_of(empty_site, "A")
        erase(hub, complaints=[own], **WHY)
        for day in (20, 21):
            portal.state.records[:] = [record(ANI, 10, "A", status="proses", updated_at=f"2026-11-{day}T10:00:00")]
            steps.pull(hub, NAME, sweep=True)
        assert rows(hub, "SELECT count(*) FROM items") == [(1,)]
        assert rows(hub, "SELECT kept_out FROM erasures") == [(2,)]
        portal.state.records.append(record(BUDI, 22, "A"))  # the id of the erased one is given to somebody else
        steps.sync(hub)
        assert [row["reporter"]["name"] for row in empty_site.export("complaints")] == ["Budi Contoh"]
        assert release(hub, [str(own)], by="Ani", because="pelapor berubah pikiran").words == {"readmitted": 1}
        steps.pull(hub, NAME, sweep=True)
        assert rows(hub, "SELECT count(*) FROM items") == [(3,)]


def test_who_changes_his_mind_is_let_in_again(empty_site: Site, add_portal: Portals) -> None:
    """Let in by a named person, the complaint can be read again and counts as before; the registry does not get it twice."""
    add_portal([record(ANI, 10, "A")])
    with empty_site.hub() as hub:
        steps.sync(hub)
        own = complaint_of(empty_site, "A")
        erase(hub, complaints=[own], **WHY)
        release(hub, [str(own)], by="Ani", because="pelapor berubah pikiran")
        steps.pull(hub, NAME, sweep=True)
        steps.sync(hub)
        assert words(hub) == {"stored": 1, "forwarded": 1}
        assert [row["reporter"]["name"] for row in empty_site.export("complaints")] == ["Ani Contoh"]
        assert erase(hub, reporter=PHONE, **WHY).done == 1
    assert len(empty_site.registered()) == 1 and refs(empty_site) == []


def test_a_hold_stops_erasing_and_names_its_holder(empty_site: Site, add_portal: Portals) -> None:
    """While an auditor holds a case nobody erases it, on request or by age; afterwards it goes."""
    add_portal(ROWS)
    with empty_site.hub() as hub:
        steps.sync(hub)
        own = complaint_of(empty_site, "A")
        [(case,)] = rows(hub, f"SELECT case_id FROM complaints WHERE id = '{own}'")
        add(hub, case=case, owner="BPK Jawa Timur", until=date(2027, 6, 30), because="pemeriksaan")
        with pytest.raises(Held, match=r"BPK Jawa Timur .* 2027-06-30"):
            erase(hub, reporter=PHONE, **WHY)
        assert len(refs(empty_site)) == 3
        [hold] = listed(hub)
        end(hub, hold.id, by="BPK Jawa Timur", because="selesai")
        with pytest.raises(NoSuchHold):
            end(hub, hold.id, by="BPK Jawa Timur", because="selesai")
        add(hub, complaint=own, owner="Inspektorat", until=date(2026, 12, 1), because="pemeriksaan")
        empty_site.clock.sleep(3 * 24 * 3600)  # a hold ends by itself
        assert erase(hub, reporter=PHONE, **WHY).done == 2
        acts = rows(hub, "SELECT act, count(*) FROM entries WHERE act LIKE 'hold%' GROUP BY act ORDER BY act")
        assert acts == [("hold_added", 2), ("hold_ended", 1)]


def test_a_hold_covers_what_joins_its_case_later(empty_site: Site, add_portal: Portals) -> None:
    """Somebody else complains about the matter that is under audit: his complaint is held as well."""
    portal = add_portal([record(ANI, 10, "A")])
    with empty_site.hub() as hub:
        steps.sync(hub)
        [(case,)] = rows(hub, "SELECT case_id FROM complaints")
        add(hub, case=case, owner="BPK", until=date(2027, 6, 30), because="pemeriksaan")
        portal.state.records.append(record({**ANI, "pelapor": BUDI["pelapor"]}, 11, "B"))
        steps.sync(hub)
        assert rows(hub, "SELECT count(DISTINCT head) FROM cases s JOIN complaints c ON c.case_id = s.id") == [(1,)]
        for who in (PHONE, BUDI["pelapor"]["hp"]):
            with pytest.raises(Held, match="BPK"):
                erase(hub, reporter=who, **WHY)


def test_nothing_is_erased_while_it_is_being_read(empty_site: Site, add_portal: Portals) -> None:
    """A pull that has an item in memory would store it after the erasure: the erasure waits."""
    add_portal(ROWS)
    with empty_site.hub() as hub:
        steps.sync(hub)
        with hub.store.begin() as work:
            connector = connectors.see(work, hub.vault, manifest_of(hub, NAME), "test", hub.clock())
            assert leases.take(work, connector.id, "pull", "another/machine", hub.clock())
        with pytest.raises(Busy, match="pull is running"):
            erase(hub, reporter=PHONE, **WHY)
        empty_site.clock.sleep(3600)
        assert erase(hub, reporter=PHONE, **WHY).done == 2


def test_who_stood_behind_an_erased_complaint_goes_in_its_place(empty_site: Site, add_portal: Portals) -> None:
    """A repeat that was withheld behind it, and is not erased with it, is sent."""
    add_portal([record(ANI, 10, "A"), record(ANI, 11, "A2")])
    with empty_site.hub() as hub:
        steps.sync(hub)
        assert words(hub) == {"stored": 2, "forwarded": 1, "withheld_repeat": 1}
        erase(hub, complaints=[complaint_of(empty_site, "A")], **WHY)
        steps.sync(hub)
        assert words(hub) == {"stored": 2, "forwarded": 2}


def test_what_is_no_complaint_yet_is_searched(empty_site: Site, add_portal: Portals) -> None:
    """In quarantine nothing is known of a reporter by hash: his own item is found, another's that names him is told of."""
    named = {**BUDI, "isi": "", "judul": "Titipan Ani 0812-0000-1111"}
    add_portal([record({**ANI, "isi": ""}, 10, "A"), record(named, 11, "B")])
    with empty_site.hub() as hub:
        steps.sync(hub)
        assert words(hub)["quarantined"] == 2
        tally = erase(hub, reporter=PHONE, **WHY)
        assert tally.done == 1 and sum("mentions it" in note for note in tally.notes) == 1
        assert words(hub) == {"stored": 2, "quarantined": 1, "rejected": 1}


def test_terms_of_keeping(empty_site: Site, add_portal: Portals) -> None:
    """Nothing goes before its class says so; then what is closed goes, what is held or under way stays."""
    portal = add_portal([*ROWS, record({**BUDI, "isi": ""}, 13, "D")])
    with empty_site.hub() as hub:
        steps.sync(hub)
        portal.state.records.clear()
        with hub.store.begin() as work:
            work.run("UPDATE deliveries SET last_status = 'closed' WHERE registry_id IS NOT NULL")
        held = complaint_of(empty_site, "A")
        add(hub, complaint=held, owner="Ombudsman", until=date(2050, 1, 1), because="pemeriksaan")
        assert retention.run(hub, by="arsip").done == 0
        empty_site.clock.sleep(timedelta(days=1900).total_seconds())
        retention.keep(hub, "closed", 1800, by="arsip", because="jadwal retensi")
        dry = retention.run(hub, by="arsip", dry_run=True)
        assert (dry.done, dry.words["closed"], dry.words["quarantined"]) == (0, 2, 1)
        done = retention.run(hub, by="arsip")
        assert (done.done, done.words) == (3, dry.words) and any("1 are held" in note for note in done.notes)
        assert refs(empty_site) == ["A"]
        assert words(hub) == {"stored": 4, "forwarded": 3, "rejected": 1}
        codes = rows(hub, "SELECT convert_from(body, 'UTF8')::jsonb ->> 'code' FROM entries WHERE act = 'erased'")
        assert codes == [("retention",)] * 3


def test_the_commands(empty_site: Site, add_portal: Portals) -> None:
    """What operators type: refused with the holder's name, a reason that names somebody is not taken, terms are shown."""
    add_portal(ROWS)
    with empty_site.hub() as hub:
        steps.sync(hub)
    own = str(complaint_of(empty_site, "A"))
    run = empty_site.command
    hold = run("hold", "add", "--complaint", own, "--owner", "BPK", "--until", "2099-01-01", "--because", "audit")
    assert hold.code == 0, hold.err
    why = ("--by", "Kepala Dinas", "--reason")
    refused = run("erase", "--reporter", PHONE, *why, "permintaan pelapor")
    assert refused.code == 1 and "BPK holds" in refused.err
    assert run("erase", "--reporter", PHONE, *why, "untuk 0812 0000 1111").code == 2
    assert run("erase", *why, "tanpa siapa").code == 2
    assert run("erase", "--reporter", "Ani Contoh", *why, "permintaan").code == 2
    assert "BPK" in run("hold", "list").out
    assert run("hold", "end", "1", "--by", "BPK", "--because", "selesai").code == 0
    erased = run("erase", "--reporter", PHONE, *why, "permintaan pelapor")
    assert erased.code == 0 and "erase: 2 done" in erased.out, erased.err
    assert run("retention", "set", "closed", "10", "--by", "x", "--because", "y").code == 2
    assert "closed: 3650" in run("retention", "show").out
    assert run("retention", "run", "--by", "arsip", "--dry-run").code == 0
