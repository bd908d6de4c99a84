"""Deliveries that have stopped: listed with their cause, and put back on their way where that says nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.forwarding import forward, resolve
from hub.model import Receipt
from hub.privacy import Vault
from hub.store import worklist
from hub.store.server import Embedded
from hub.store.work import Store
from tests.conftest import Database, fresh_database
from tests.unit.hub.outbox import START, Outbox, swept

BOSS = {"by": "kepala", "because": "nomor instansi sudah benar"}


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
def outbox(store_of_all: Store, database: Database, vault: Vault, tmp_path: Path) -> Outbox:
    """An empty outbox in front of a registry that takes everything."""
    swept(database.superuser_url)
    return Outbox(store_of_all, vault, tmp_path)


def test_what_has_stopped_is_listed_with_its_cause(outbox: Outbox) -> None:
    """Each delivery shows where it stands, why, since when and when it is tried next."""
    refused, waits = outbox.complaint(), outbox.complaint()
    outbox.told.answers["create"] = [
        Receipt(outcome="refused", code="http_422", http=422),
        Receipt(outcome="retry", code="connect"),
    ]
    forward(outbox.hub())
    with outbox.store.begin() as work:
        first, second = worklist.listed(work, now=outbox.now)
        assert worklist.listed(work, states=["refused"], registry="sp4n", names=["portal"]) == [first]
        assert worklist.listed(work, registry="elsewhere") == worklist.listed(work, names=["another"]) == []
        assert worklist.listed(work, limit=1) == [first]
    assert (first.complaint, first.state, first.code, first.http, first.due_at) == (
        refused,
        "refused",
        "http_422",
        422,
        None,
    )
    assert (second.complaint, second.state, second.code, second.tries) == (waits, "queued", "connect", 1)
    assert second.due_at is not None and second.due_at > START and not second.held and second.connector == "portal"


def test_redriven_in_bulk(outbox: Outbox) -> None:
    """Whatever stopped for one cause goes on together, each where it stands, with an entry that says who and why."""
    created, refused = outbox.complaint(), outbox.complaint()
    outbox.told.answers["create"] = [
        Receipt(outcome="done", registry_id="77"),
        Receipt(outcome="refused", code="http_422", http=422),
    ]
    outbox.told.answers["route"] = [Receipt(outcome="refused", code="http_422", http=422)]
    forward(outbox.hub())
    with outbox.store.begin() as work:
        assert worklist.redrive(work, code="another", now=outbox.now, **BOSS).done == []
        assert worklist.redrive(work, [str(created)], now=outbox.now, **BOSS).done == [created]
        assert worklist.redrive(work, states=["refused"], code="http_422", now=outbox.now, **BOSS).done == [refused]
    assert forward(outbox.hub()).done == 2
    assert outbox.told.calls == ["create", "route", "create", "route", "create", "route"]
    assert outbox.delivery(created).registry_id == "77" and outbox.delivery(refused).redriven_by == "kepala"
    assert [(e["actor"], e["code"], e["detail"]["was"]) for e in outbox.entries("redriven")] == [
        ("kepala", "route_http_422", "needs_human"),
        ("kepala", "http_422", "refused"),
    ]


def test_a_doubt_is_not_redriven(outbox: Outbox) -> None:
    """Whose create may have been stored is looked for first; unknown ones are not touched, erased ones never."""
    failed, unknown, erased = (outbox.complaint() for _ in range(3))
    outbox.told.answers["create"] = [
        ValueError("x"),
        Receipt(outcome="unknown", code="timeout"),
        Receipt(outcome="refused", code="http_422"),
    ]
    forward(outbox.hub())
    outbox.run("DELETE FROM data_keys WHERE id = (SELECT key_id FROM complaints WHERE id = :id)", id=erased)
    with outbox.store.begin() as work:
        got = worklist.redrive(work, now=outbox.now, **BOSS)
    assert (got.done, got.doubtful, got.erased) == ([], [failed], [erased])
    assert outbox.delivery(unknown).state == "unknown"


def test_what_was_found_absent_can_be_redriven(outbox: Outbox) -> None:
    """A doubt that a person has settled is none any more: what stops after it goes on when it is redriven."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [ValueError("x"), Receipt(outcome="refused", code="http_422")]
    forward(outbox.hub())
    outbox.later(seconds=1)
    assert resolve(outbox.hub(), str(own), absent=True, by="petugas").done == 1
    forward(outbox.hub())
    with outbox.store.begin() as work:
        assert worklist.redrive(work, now=outbox.now, **BOSS).done == [own]
    assert forward(outbox.hub()).done == 1
