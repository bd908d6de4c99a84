"""Nothing is lost, and it shows: what does not add up is named, what is silent or stuck is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Misconfigured
from connectors.manifest import Expect
from hub.follow import follow
from hub.oversight import figures, watch
from hub.privacy import Vault
from hub.store.differences import Difference, write
from hub.store.server import Embedded
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import House, follow_up, house_in, manifest, status


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub with three complaints of two connectors."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        first = made.complaint(number="1")
        made.complaint(ref="A2", behind=first)
        made.complaint("mute", number="2")
        yield made


def test_a_sound_hub_balances_and_says_so(house: House) -> None:
    """The seven words add up to what is stored, and an entry holds the counts for later."""
    tally = watch(house.hub)
    assert (tally.done, tally.failed, tally.notes) == (3, 0, ())
    assert (tally.words["forwarded"], tally.words["withheld_repeat"], tally.words["lost"]) == (2, 1, 0)
    (entry,) = house.entries("watched")
    assert (entry["code"], entry["count"], entry["detail"]["forwarded"]) == ("balanced", 3, 2)


def test_a_lost_complaint_is_a_failure_with_its_id(house: House) -> None:
    """An accepted complaint without a delivery is at none of the seven words: the step fails and names it."""
    sound = house.complaint(ref="A3", number="3")
    house.run("UPDATE complaints SET state = 'accepted' WHERE state = 'withheld_repeat'")
    gone = house.value("SELECT id FROM complaints WHERE behind IS NOT NULL")
    tally = watch(house.hub)
    assert tally.failed == 1 and any(str(gone) in note for note in tally.notes)
    assert not any(str(sound) in note for note in tally.notes)
    assert house.entries("watched")[0]["detail"]["astray"] == [str(gone)]


def test_a_complaint_counted_twice_is_a_failure_too(house: House) -> None:
    """Two deliveries of one complaint would make the table say more than is stored."""
    house.run("INSERT INTO registries (name, sha256, seen_at) VALUES ('other', '', now())")
    house.run(
        """
        INSERT INTO deliveries (complaint, registry, connector, region, due_at, queued_at, manifest_sha256)
        SELECT complaint, 'other', connector, region, due_at, queued_at, '' FROM deliveries WHERE registry_id = '1'
        """
    )
    tally = watch(house.hub)
    assert tally.failed == 1 and any(note.startswith("portal: 2 complaints are stored, but 3") for note in tally.notes)


def test_a_silent_channel_is_named(house: House) -> None:
    """A channel that brought nothing for longer than its manifest allows, or too little, is said with its span."""
    house.manifests["portal"] = manifest("portal", expect=Expect(per_day=3, silent_after=timedelta(hours=48)))
    house.later(days=8)
    notes = watch(house.hub).notes
    assert "portal: silent for 8 days; it should not be for more than 2 days." in notes
    assert "portal: 0 complaints in 7 days; 3 a day are expected." in notes
    assert not any(note.startswith("mute") for note in notes)


def test_owed_intervals_are_shown_with_their_age(house: House) -> None:
    """What a portal still owes is not forgotten between runs."""
    house.run("UPDATE intervals SET closed_at = NULL, owed = 'page 3' WHERE id = (SELECT min(id) FROM intervals)")
    house.later(hours=30)
    tally = watch(house.hub)
    assert "portal: 1 read intervals are owed, the oldest for 30 h." in tally.notes
    assert tally.words["intervals_owed"] == 1


def test_work_for_people_is_counted(house: House) -> None:
    """Unknown deliveries and answers, needs_human and open reviews are on the list until somebody acts."""
    house.registry.news["1"] = [status("Telaah", 1)]
    follow(house.hub)
    house.run("UPDATE deliveries SET state = 'unknown' WHERE registry_id = '1'")
    tally = watch(house.hub)
    assert (tally.words["deliveries_unknown"], tally.words["reviews_unknown_status"]) == (1, 1)
    assert "1 deliveries unknown: a person has to look." in tally.notes


def test_a_manifest_that_is_gone_or_broken_is_named(house: House) -> None:
    """A connector whose file disappeared is not silently pulled no more."""
    del house.manifests["mute"]
    house.bad[Path("rusak.yaml")] = Misconfigured("'fields' is missing.")
    notes = watch(house.hub).notes
    assert "mute: there is no usable manifest any more; nothing is pulled." in notes
    assert "rusak.yaml cannot be used: 'fields' is missing." in notes


def test_entries_that_nobody_seals_are_named(house: House) -> None:
    """An audit log that stands still for over four hours is said, because forwarding will stop."""
    house.later(hours=5)
    assert any("not sealed" in note for note in watch(house.hub).notes)


def test_figures_for_status_and_demo(house: House) -> None:
    """The figures that people see are those of the tables: words by connector, cases, statuses, answers."""
    house.registry.news = {"1": [status("Dalam Proses", 1), status("Aneh", 2), follow_up("Sudah.", 3)]}
    follow(house.hub)
    shown = figures(house.hub)
    assert shown["connectors"]["portal"] == {
        "stored": 2,
        "waiting": 0,
        "forwarded": 1,
        "withheld_repeat": 1,
        "held": 0,
        "quarantined": 0,
        "rejected": 0,
        "on_the_way": 0,
        "lost": 0,
    }
    assert shown["pulled"] == {"mute": 1, "portal": 2}
    assert (shown["statuses_brought_back"], shown["answers_sent"]) == (1, 4)  # two events at two doors of one reporter
    assert (shown["cases_with_two_or_more"], shown["entries_sealed"]) == (0, 0)


def test_what_stands_still_at_a_registry_is_named_until_somebody_acts(house: House) -> None:
    """A pause with its author, its reason and what waits; a breaker; differences; follow-ups: in `watch`, every time."""
    house.run("UPDATE registries SET paused_by = 'Sri', because = 'pindah server', paused_at = :now", now=house.now)
    house.run("UPDATE deliveries SET state = 'queued', registry_id = NULL, queued_at = :now", now=house.now)
    with house.store.begin() as work:
        found = [Difference(what="missing", complaint=None, registry_id="1")]
        values: dict[str, Any] = {"checked": None, "compared": [], "resolved": 0, "now": house.now, "actor": "test"}
        write(work, "sp4n", found, **values)
    house.later(days=15)
    for _ in range(2):
        notes = "\n".join(watch(house.hub).notes)
        assert "sp4n: dihentikan / paused by Sri, sejak / since 2026-12-01 03:00 UTC (pindah server); " in notes
        assert "2 menunggu / wait, sejak / since 2026-12-01 03:00 UTC, 2 lebih dari / for more than 14 hari" in notes
        assert "sp4n: 1 beda belum selesai / open differences: missing" in notes
    house.run("UPDATE registries SET paused_by = NULL, paused_at = NULL, opened_at = :now", now=house.now)
    assert "its breaker is open" in "\n".join(watch(house.hub).notes)
