"""Nightly, the hub and the registries are compared: every difference is named, kept, and closed when it is gone."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.http import HttpClient
from connectors.net import dialler
from hub.forwarding import forward
from hub.oversight import watch
from hub.privacy import Vault
from hub.reconciling import reconcile
from hub.registry.reference_v1 import ReferenceV1
from hub.store.work import Store
from sandbox.reference import ReferenceState
from sandbox.registry_state import RegistryState
from sandbox.running import RunningReference, RunningRegistry, reference, registry
from tests.conftest import Database
from tests.unit.hub.everything import emptied
from tests.unit.hub.outbox import Outbox, document


@pytest.fixture
def outbox(store_of_all: Store, one_database: Database, vault: Vault, tmp_path: Path) -> Outbox:
    """An empty outbox."""
    emptied(one_database.superuser_url)
    return Outbox(store_of_all, vault, tmp_path)


@pytest.fixture
def lapor(outbox: Outbox) -> Iterator[RunningRegistry]:
    """A LAPOR! that can only be asked by number."""
    with registry(RegistryState(now=lambda: outbox.now)) as there:
        outbox.talks_to(there.url, there.headers)
        yield there


@pytest.fixture
def lists(outbox: Outbox) -> Iterator[RunningReference]:
    """A registry that lists what it holds."""
    with reference(ReferenceState(now=lambda: outbox.now)) as there:
        outbox.config = replace(
            outbox.config, kind="reference_v1", url=there.url, headers=there.headers, lookup="listing"
        )
        dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
        http = HttpClient(dial, lambda text, host: text, lambda: outbox.now, outbox._sleep)
        outbox.registry = ReferenceV1(outbox.config, http)
        yield there


def test_nothing_differs_after_a_quiet_day(outbox: Outbox, lapor: RunningRegistry) -> None:
    """What was sent stands there, and an entry says that it was compared."""
    for _ in range(3):
        outbox.complaint()
    forward(outbox.hub())
    outbox.later(hours=2)
    tally = reconcile(outbox.hub())
    assert (tally.done, tally.failed, tally.owed, tally.notes) == (3, 0, (), ())
    (entry,) = outbox.entries("reconciled")
    assert (entry["code"], entry["count"], entry["registry"]) == ("equal", 3, "sp4n")


def test_by_number_every_difference_is_named_and_closed_again(outbox: Outbox, lapor: RunningRegistry) -> None:
    """Gone, moved without a word, or another text: each is a row with its complaint, until it is gone."""
    owns = [outbox.complaint() for _ in range(4)]
    forward(outbox.hub())
    outbox.later(hours=2)
    numbers = [int(outbox.delivery(own).registry_id) for own in owns]
    lost = lapor.state.complaints.pop(numbers[0])
    lapor.state.complaints[numbers[1]].institution_id = 3501
    lapor.state.complaints[numbers[2]].sent["content"] = "Disunting."
    tally = reconcile(outbox.hub())
    assert {word: tally.words[word] for word in ("missing", "elsewhere", "no_marker")} == dict.fromkeys(
        ("missing", "elsewhere", "no_marker"), 1
    )
    assert tally.failed == 3 and any(str(owns[0]) in note and "does not have it" in note for note in tally.notes)
    lapor.state.complaints[numbers[0]] = lost
    outbox.later(hours=24)
    assert reconcile(outbox.hub()).failed == 2
    rows = outbox.rows("SELECT what, closed_at IS NULL AS open, found_at < seen_at AS again FROM differences")
    assert {(row.what, row.open, row.again) for row in rows} == {
        ("missing", False, False),
        ("elsewhere", True, True),
        ("no_marker", True, True),
    }


def test_what_is_on_its_way_is_not_compared(outbox: Outbox, lapor: RunningRegistry) -> None:
    """A complaint of this hour is no difference yet, and costs the registry nothing."""
    outbox.complaint()
    forward(outbox.hub())
    assert reconcile(outbox.hub()).done == 0 and lapor.state.calls["complaint"] == 0


def test_a_registry_that_knows_nothing_is_not_believed(outbox: Outbox, lapor: RunningRegistry) -> None:
    """At the wrong address everything would be missing: that is said once, and no difference is written."""
    for _ in range(6):
        outbox.complaint()
    forward(outbox.hub())
    outbox.later(hours=2)
    lapor.state.complaints.clear()
    tally = reconcile(outbox.hub())
    assert "knows none of 6" in tally.owed[0] and outbox.rows("SELECT FROM differences") == []


def test_a_dead_registry_is_compared_later(outbox: Outbox, lapor: RunningRegistry) -> None:
    """Nothing is closed or found while it cannot be asked, and the next night tries again."""
    outbox.complaint()
    forward(outbox.hub())
    outbox.later(hours=2)
    lapor.state.switches.set("expired_token_401", {"on": ["complaint"]})
    tally = reconcile(outbox.hub())
    assert tally.failed == 0 and outbox.rows("SELECT FROM differences") == []


def test_an_unknown_outcome_is_found_in_the_list(outbox: Outbox, lists: RunningReference) -> None:
    """What nobody knew is there under its number: it goes on as if the answer had come, and is never sent twice."""
    own = outbox.complaint()
    lists.state.switches.set("drop_response_after_commit", 1)
    forward(outbox.hub())
    assert outbox.delivery(own).state == "unknown"
    tally = reconcile(outbox.hub())
    assert tally.words["resolved"] == 1 and tally.failed == 0
    assert forward(outbox.hub()).done == 1 and outbox.delivery(own).state == "confirmed"
    assert len(lists.state.reports) == 1
    assert [entry["code"] for entry in outbox.entries("resolved")] == ["listed"]


def test_a_list_names_what_is_missing_doubled_foreign_and_shared(outbox: Outbox, lists: RunningReference) -> None:
    """Each of the four stands in the tally with its complaint, where there is one."""
    gone, twice, first, second = (outbox.complaint() for _ in range(4))
    forward(outbox.hub())
    del lists.state.reports[int(outbox.delivery(gone).registry_id)]
    lists.state.create({**document(uuid4()), "reference": str(uuid4()), "text": "x"})
    again = lists.state.reports[int(outbox.delivery(twice).registry_id)]
    lists.state.reports[777] = replace(again, number=777)
    outbox.run(
        "UPDATE deliveries SET registry_id = :n WHERE complaint = :own",
        n=outbox.delivery(first).registry_id,
        own=second,
    )
    outbox.later(hours=2)
    words = reconcile(outbox.hub()).words
    assert (words["missing"], words["doubled"], words["foreign"], words["shared"]) == (1, 1, 1, 2)
    assert words["other_number"] == 1


def test_half_a_list_changes_nothing(outbox: Outbox, lists: RunningReference) -> None:
    """A list that breaks off is owed, not believed."""
    for _ in range(12):
        outbox.complaint()
    forward(outbox.hub())
    outbox.later(hours=2)
    lists.state.switches.set("html_error_page_200", {"times": True, "on": ["list"]})
    tally = reconcile(outbox.hub())
    assert tally.owed and outbox.rows("SELECT FROM differences") == [] and outbox.entries("reconciled") == []


def test_watch_compares_once_a_night(outbox: Outbox, lapor: RunningRegistry) -> None:
    """Oversight names the differences; a second look in the same night asks the registry nothing."""
    own = outbox.complaint()
    forward(outbox.hub())
    outbox.later(hours=2)
    lapor.state.complaints.clear()
    tally = watch(outbox.hub())
    assert tally.words["registry_missing"] == 1 and any(str(own) in note for note in tally.notes)
    before = lapor.state.calls.total()
    watch(outbox.hub())
    assert lapor.state.calls.total() == before
