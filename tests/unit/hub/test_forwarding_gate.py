"""The gate in front of a registry, and what people can say about a delivery: breaker, pause, seal, resolve."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from connectors.errors import Misconfigured
from hub.forwarding import forward, pause, resolve, resume
from hub.model import Receipt
from hub.store import deliveries, gates
from tests.unit.hub.outbox import Outbox

UNKNOWN = Receipt(outcome="unknown", code="timeout")


def test_two_unknowns_open_the_breaker_and_a_probe_closes_it(outbox: Outbox) -> None:
    """The others wait; after a minute one harmless question is asked, less and less often while there is no answer."""
    for _ in range(5):
        outbox.complaint()
    outbox.told.answers["create"] = [UNKNOWN, UNKNOWN]
    tally = forward(outbox.hub())
    assert tally.halted and tally.words == {"unknown": 2} and tally.owed == ()
    assert "breaker open); 3 wait" in tally.notes[-1]
    outbox.told.lives = False
    asked: list[int] = []
    for minute in range(1, 60):
        outbox.later(minutes=1)
        assert forward(outbox.hub()).halted
        asked += [minute] * (outbox.told.calls.count("alive") - len(asked))
    assert asked == [1, 3, 7, 15, 30, 45]
    outbox.told.lives = True
    outbox.later(minutes=1)
    tally = forward(outbox.hub())
    assert (tally.done, tally.halted) == (3, False)
    assert [e["act"] for e in outbox.entries("breaker_opened", "breaker_closed")] == [
        "breaker_opened",
        "breaker_closed",
    ]


def test_an_answer_between_two_unknowns_ends_the_row(outbox: Outbox) -> None:
    """One lost answer now and then does not stop everything."""
    for _ in range(4):
        outbox.complaint()
    taken = Receipt(outcome="done", registry_id="77")
    outbox.told.answers["create"] = [UNKNOWN, taken, UNKNOWN]
    tally = forward(outbox.hub())
    assert not tally.halted and tally.words == {"unknown": 2, "confirmed": 2}


def test_an_open_breaker_with_nobody_behind_it_halts_nothing(outbox: Outbox) -> None:
    """Unknown outcomes alone are no failure of the run."""
    for _ in range(2):
        outbox.complaint()
    outbox.told.answers["create"] = [UNKNOWN, UNKNOWN]
    tally = forward(outbox.hub())
    assert not tally.halted and tally.owed == () and len(tally.notes) == 3


def test_only_one_worker_probes(outbox: Outbox) -> None:
    """An open breaker costs the registry one question, however many workers there are."""
    outbox.run("UPDATE registries SET opened_at = :now, probe_at = :now", now=outbox.now)
    with outbox.store.begin() as one, outbox.store.begin() as two:
        mine = [gates.take_probe(work, "sp4n", now=outbox.now) for work in (one, two)]
    assert mine == [True, False]


def test_pause_and_resume(outbox: Outbox) -> None:
    """One switch stops all sending; who, since when, why and how many wait is said; the switch leaves its entries."""
    outbox.complaint()
    assert pause(outbox.hub(), "sp4n", by="kepala", because="pemeliharaan").done == 1
    tally = forward(outbox.hub())
    assert tally.halted and "by kepala since 2026-12-01 03:00:00 UTC (pemeliharaan); 1 wait" in tally.notes[0]
    assert pause(outbox.hub(), "sp4n", by="kepala", because="lagi").done == 0
    assert resume(outbox.hub(), "sp4n", by="kepala", because="selesai").done == 1
    assert forward(outbox.hub()).done == 1
    assert [(e["act"], e["actor"]) for e in outbox.entries("paused", "resumed")] == [
        ("paused", "kepala"),
        ("resumed", "kepala"),
    ]
    assert pause(outbox.hub(), "nirgendwo", by="kepala", because="x").failed == 1
    assert pause(outbox.hub(), "sp4n", by=" ", because="x").failed == 1


def test_a_pause_in_the_middle_of_a_run_is_heard(outbox: Outbox) -> None:
    """The switch works at once, not at the next run."""
    for _ in range(3):
        outbox.complaint()
    outbox.told.during = lambda step: (
        outbox.run("UPDATE registries SET paused_at = :now, paused_by = 'x'", now=outbox.now)
        if step == "route"
        else None
    )
    tally = forward(outbox.hub())
    assert tally.done == 1 and tally.halted and "2 wait" in tally.notes[-1]


def test_nothing_is_sent_while_the_log_cannot_be_sealed(outbox: Outbox) -> None:
    """After four hours without sealing forwarding stops, because nobody could check it; sealing again opens it."""
    outbox.complaint()
    pause(outbox.hub(), "sp4n", by="x", because="an entry")
    resume(outbox.hub(), "sp4n", by="x", because="another")
    _sealing(outbox, failed=True)
    outbox.later(hours=4, minutes=1)
    tally = forward(outbox.hub())
    assert tally.halted and "satupintu seal" in tally.notes[0] and outbox.told.calls == []
    _sealing(outbox, failed=False)
    assert forward(outbox.hub()).done == 1


def _sealing(outbox: Outbox, *, failed: bool) -> None:
    with outbox.store.begin("sealer") as work:
        work.run(
            """
            INSERT INTO sealing (tried_at, failed_at) VALUES (:now, :failed)
            ON CONFLICT (one) DO UPDATE SET failed_at = excluded.failed_at
            """,
            now=outbox.now,
            failed=outbox.now if failed else None,
        )


def test_an_unusable_registry_says_so(outbox: Outbox) -> None:
    """A client that cannot be made, or a registry whose file is gone, is a sentence and no crash."""
    outbox.complaint()
    hub = outbox.hub()

    def broken(name: str) -> Any:
        raise Misconfigured("no", code="no_secret")

    object.__setattr__(hub, "registry", broken)
    tally = forward(hub)
    assert "registries/sp4n.yaml" in tally.notes[0] and tally.owed[0].startswith("1 wait for sp4n")
    object.__setattr__(hub, "registries", type(hub.registries)(good={}, bad={}))
    assert "has no usable file" in forward(hub).owed[0]


# by a person -------------------------------------------------------------------------------------------------------


@pytest.fixture
def unknown(outbox: Outbox) -> UUID:
    """A complaint whose create was lost."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [UNKNOWN]
    forward(outbox.hub())
    return own


def test_found_at_the_registry(outbox: Outbox, unknown: UUID) -> None:
    """Who finds it gives its number; what is left of the way is done, and nothing is sent twice."""
    assert resolve(outbox.hub(), str(unknown), registry_id="9300007", by="petugas").done == 1
    assert forward(outbox.hub()).done == 1
    row = outbox.delivery(unknown)
    assert (row.state, row.registry_id, row.resolved_by) == ("confirmed", "9300007", "petugas")
    assert outbox.told.calls == ["create", "route"]
    (entry,) = outbox.entries("resolved")
    assert (entry["actor"], entry["code"], entry["registry_id"]) == ("petugas", "found", "9300007")


def test_absent_from_the_registry(outbox: Outbox, unknown: UUID) -> None:
    """Who does not find it says so; then, and only then, it is sent again."""
    number = str(outbox.delivery(unknown).id)
    assert resolve(outbox.hub(), number, absent=True, by="petugas").done == 1
    assert forward(outbox.hub()).done == 1
    row = outbox.delivery(unknown)
    assert (row.state, row.attempts, row.registry_id) == ("confirmed", 2, "9002")


def test_a_number_belongs_to_one_complaint(outbox: Outbox, unknown: UUID) -> None:
    """Two complaints are never the same national report by a typing error."""
    other = outbox.complaint()
    forward(outbox.hub())
    number = outbox.delivery(other).registry_id
    tally = resolve(outbox.hub(), str(unknown), registry_id=number, by="petugas")
    assert tally.failed == 1 and str(other) in tally.notes[0]
    assert outbox.delivery(unknown).state == "unknown"


@pytest.mark.parametrize(
    ("registry_id", "absent", "by"),
    [(None, False, "a"), ("93", True, "a"), ("x93", False, "a"), ("0", False, "a"), ("93", False, "  ")],
)
def test_half_an_answer_resolves_nothing(
    outbox: Outbox, unknown: UUID, registry_id: str | None, absent: bool, by: str
) -> None:
    """A number or --absent, exactly one of them, and who has looked."""
    assert resolve(outbox.hub(), str(unknown), registry_id=registry_id, absent=absent, by=by).failed == 1
    assert outbox.delivery(unknown).state == "unknown"


def test_what_is_not_in_doubt_is_not_resolved(outbox: Outbox) -> None:
    """A queued delivery cannot be talked into another state, and an unheard-of id is told."""
    own = outbox.complaint()
    assert resolve(outbox.hub(), str(own), absent=True, by="a").failed == 1
    assert resolve(outbox.hub(), "12345", absent=True, by="a").failed == 1


def test_export_of_deliveries(outbox: Outbox, unknown: UUID) -> None:
    """Four fields a delivery, as the command's page says."""
    with outbox.store.begin() as work:
        rows = list(deliveries.exported(work, ["portal"]))
        assert list(deliveries.exported(work, ["another"])) == []
    assert rows == [{"complaint_id": str(unknown), "state": "unknown", "registry_id": None, "attempts": 1}]
