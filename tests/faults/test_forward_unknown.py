"""Forwarding to a real HTTP registry that loses its answers: nothing is said twice, and every doubt shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from hub.forwarding import forward, resolve
from hub.privacy import Vault
from hub.registry.reference_v1 import ReferenceV1
from hub.store.server import Embedded
from hub.store.work import Store
from sandbox.reference import ReferenceState
from sandbox.running import RunningRegistry, reference, registry
from tests.conftest import Database, fresh_database
from tests.unit.hub.outbox import START, Outbox, swept


@pytest.fixture(scope="module")
def database(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture(scope="module")
def store_of_all(database: Database) -> Iterator[Store]:
    """Its store."""
    with Store(database.hub_url, clock=lambda: START) as made:
        yield made


@pytest.fixture
def store(store_of_all: Store, database: Database) -> Store:
    """The store, emptied."""
    swept(database.superuser_url)
    return store_of_all


@pytest.fixture
def server() -> Iterator[RunningRegistry]:
    """A make-believe LAPOR! v3."""
    with registry() as running:
        yield running


@pytest.fixture
def outbox(store: Store, vault: Vault, tmp_path: Path, server: RunningRegistry) -> Outbox:
    """An outbox in front of it."""
    made = Outbox(store, vault, tmp_path)
    made.talks_to(server.url, server.headers)
    return made


def filed(server: RunningRegistry) -> Counter[str]:
    """How often the registry holds each complaint, by our marker."""
    texts = [str(one.sent["content"]) for one in server.state.complaints.values()]
    return Counter(text.rpartition("[Ref ")[2].rstrip("]") for text in texts)


@pytest.mark.parametrize("count", [30, pytest.param(200, marks=pytest.mark.campaign)])
def test_lost_answers_make_no_second_report(outbox: Outbox, server: RunningRegistry, count: int) -> None:
    """
    Every create is stored and its answer lost: two go out, the rest wait behind the breaker, a probe lets two more go,
    until all were sent once; every one of them is visible as unknown with what to do, and a person settles them.
    """
    owns = {outbox.complaint() for _ in range(count)}
    server.state.switches.set("drop_response_after_commit", True)
    told: set[UUID] = set()
    for sent in range(2, count + 1, 2):
        tally = forward(outbox.hub())
        assert outbox.states() == Counter(unknown=sent) + Counter(queued=count - sent)
        assert tally.halted == (sent < count) and tally.owed == ()
        told |= {own for own in owns if any(f"satupintu resolve {own}" in note for note in tally.notes)}
        outbox.later(minutes=1)
    assert told == owns and filed(server) == Counter({str(own): 1 for own in owns})
    assert server.state.calls["create"] == count

    server.state.switches.set("drop_response_after_commit", False)
    numbers = {str(one.sent["content"])[-37:-1]: number for number, one in server.state.complaints.items()}
    for own in owns:
        assert resolve(outbox.hub(), str(own), registry_id=str(numbers[str(own)]), by="petugas").done == 1
    outbox.later(minutes=1)
    assert forward(outbox.hub()).done == count
    assert server.state.calls["create"] == count and outbox.states() == {"confirmed": count}


@pytest.mark.parametrize("fault", ["500_once", "html_error_page_200", "drop_response_after_commit", "500_after_commit"])
def test_one_unclear_answer_is_one_unknown(outbox: Outbox, server: RunningRegistry, fault: str) -> None:
    """Whatever unclear answer a create gets, that complaint waits for a person and the others arrive."""
    owns = [outbox.complaint() for _ in range(3)]
    server.state.switches.set(fault, {"times": 1, "on": ["create"]})
    tally = forward(outbox.hub())
    assert tally.words == {"unknown": 1, "confirmed": 2} and not tally.halted
    assert max(filed(server).values()) == 1 and server.state.calls["create"] == 3
    stored = fault in ("drop_response_after_commit", "500_after_commit")
    assert len(server.state.complaints) == 2 + stored
    (lost,) = [own for own in owns if outbox.delivery(own).state == "unknown"]
    if not stored:
        assert resolve(outbox.hub(), str(lost), absent=True, by="petugas").done == 1
        assert forward(outbox.hub()).done == 1
        assert filed(server) == Counter({str(own): 1 for own in owns})


@pytest.mark.parametrize("step", ["files", "create", "route"])
@pytest.mark.parametrize("fault", ["429_with_retry_after", "expired_token_401"])
def test_what_was_certainly_not_done_arrives_once(
    outbox: Outbox, server: RunningRegistry, fault: str, step: str
) -> None:
    """Too many calls or an expired key, at any step: tried again by itself, and each complaint is there once."""
    owns = [outbox.complaint(files=["gambar"]) for _ in range(2)]
    server.state.switches.set(fault, {"times": 2, "on": [step]})
    for _ in range(6):
        tally = forward(outbox.hub())
        assert tally.words.keys() <= {"confirmed", "postponed"}
        outbox.later(seconds=30)
    assert outbox.states() == {"confirmed": 2} and tally.owed == ()
    assert filed(server) == Counter({str(own): 1 for own in owns})
    assert all(
        one.sent["attachments"] != "False" and one.institution_id == 3101 for one in server.state.complaints.values()
    )


@pytest.mark.parametrize("step", ["files", "route"])
@pytest.mark.parametrize("fault", ["500_once", "html_error_page_200", "drop_response_after_commit", "500_after_commit"])
def test_harmless_steps_are_repeated_until_they_are_done(
    outbox: Outbox, server: RunningRegistry, fault: str, step: str
) -> None:
    """Lost answers of files and route ask nobody and leave one report."""
    own = outbox.complaint(files=["gambar"])
    server.state.switches.set(fault, {"times": 1, "on": [step]})
    for _ in range(3):
        forward(outbox.hub())
        outbox.later(seconds=30)
    assert outbox.delivery(own).state == "confirmed" and filed(server) == Counter({str(own): 1})


def test_a_registry_that_is_slower_than_we_wait(outbox: Outbox, server: RunningRegistry) -> None:
    """A create that is stored after our time-out is unknown, and is not sent again."""
    tick = timedelta(milliseconds=100)
    outbox.talks_to(server.url, server.headers, connect_timeout=tick, read_timeout=tick)
    own = outbox.complaint()
    server.state.switches.set("slow_90s", {"times": 1, "on": ["create"], "seconds": 0.6})
    assert forward(outbox.hub()).words == {"unknown": 1}
    assert outbox.delivery(own).code == "timeout"
    outbox.later(days=1)
    forward(outbox.hub())
    assert server.state.calls["create"] == 1


def test_a_registry_that_is_down_for_days(outbox: Outbox, server: RunningRegistry) -> None:
    """Nobody listens for three days: nothing is lost or unknown, and all arrives once when it is back."""
    owns = [outbox.complaint() for _ in range(5)]
    outbox.talks_to("http://127.0.0.1:9", server.headers)
    for _ in range(12):
        tally = forward(outbox.hub())
        assert tally.words.keys() <= {"postponed"} and tally.owed and not tally.halted
        outbox.later(hours=6)
    outbox.talks_to(server.url, server.headers)
    outbox.later(hours=12)
    assert forward(outbox.hub()).done == 5
    assert filed(server) == Counter({str(own): 1 for own in owns})
    attempts = outbox.rows("SELECT count(*) AS number FROM attempts")[0].number
    assert len(outbox.entries("attempted")) == attempts >= server.state.calls["create"] + server.state.calls["route"]


@pytest.mark.parametrize("lookup", ["by_reference", "listing"])
@pytest.mark.parametrize("fault", ["500_once", "html_error_page_200", "drop_response_after_commit", "500_after_commit"])
def test_a_registry_that_can_be_asked_leaves_no_doubt(
    store: Store, vault: Vault, tmp_path: Path, fault: str, lookup: str
) -> None:
    """Whether a lost create was stored or not, the hub finds out by itself: each complaint is there once, and no person acts."""
    outbox = Outbox(store, vault, tmp_path)
    with reference(ReferenceState(now=lambda: outbox.now)) as server:
        outbox.talks_to(server.url, server.headers, lookup=lookup, slowest_commit=timedelta(seconds=2))
        outbox.config = replace(outbox.config, kind="reference_v1")
        outbox.registry = ReferenceV1(outbox.config, outbox.registry._line.http)  # type: ignore[attr-defined]
        owns = [outbox.complaint() for _ in range(4)]
        server.state.switches.set(fault, {"times": 3, "on": ["create"]})
        for _ in range(12):
            forward(outbox.hub())
            outbox.later(seconds=100)
        there = Counter(str(one.sent["reference"]) for one in server.state.reports.values())
        assert there == Counter({str(own): 1 for own in owns}) and outbox.states() == {"confirmed": 4}
        assert len(outbox.entries("resolved")) == 3
