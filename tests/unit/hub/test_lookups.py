"""Creates of which nobody knows the outcome: the hub looks for them itself, where the registry can be asked."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from connectors.errors import Unavailable
from hub.forwarding import forward
from hub.model import Receipt
from hub.privacy import Vault
from hub.registry.port import Listed
from hub.store.leases import holder
from hub.store.work import Store
from tests.unit.hub.outbox import START, Killed, Outbox, ToldRegistry, config

UNKNOWN = Receipt(outcome="unknown", code="timeout")
SLOW = {"slowest_commit": timedelta(seconds=100), "read_timeout": timedelta(seconds=60)}
SURE = timedelta(seconds=185)
"""100 s and a quarter, and the time that a call may take."""


@dataclass
class Knows(ToldRegistry):
    """A registry that can be asked for our id, by itself or by its list; `holds`: what it holds, by our id."""

    holds: dict[str, list[str]] = field(default_factory=dict)
    away: list[Exception] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)

    def find(self, reference: str) -> Sequence[str]:
        self.asked.append(reference)
        if self.away:
            raise self.away.pop(0)
        return self.holds.get(reference, [])

    def listed(self, since: datetime) -> Iterator[Listed]:
        self.asked.append(since)
        yield Listed(registry_id="1", reference=None)
        for reference, numbers in self.holds.items():
            yield from (Listed(registry_id=number, reference=reference.upper()) for number in numbers)
        if self.away:
            raise self.away.pop(0)


@pytest.fixture(params=["by_reference", "listing"])
def outbox(emptied: Store, vault: Vault, tmp_path: Path, request: pytest.FixtureRequest) -> Outbox:
    """An empty outbox in front of a registry that can be asked."""
    made = Outbox(emptied, vault, tmp_path)
    made.config = config(lookup=request.param, **SLOW)
    made.told = made.registry = Knows()  # type: ignore[assignment]
    return made


def doubtful(outbox: Outbox) -> UUID:
    """A complaint whose create was lost, and the time at which the registry has surely stored it."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [UNKNOWN]
    assert forward(outbox.hub()).words == {"unknown": 1}
    return own


def test_found_it_goes_on_with_that_number(outbox: Outbox) -> None:
    """What was stored although its answer was lost is routed under its number, and nothing is sent twice."""
    own = doubtful(outbox)
    outbox.told.holds[str(own)] = ["777"]  # type: ignore[attr-defined]
    outbox.later(seconds=186)
    assert forward(outbox.hub()).words == {"looked_up": 1, "confirmed": 1}
    row = outbox.delivery(own)
    assert (row.state, row.registry_id, row.attempts, row.looked_at) == ("confirmed", "777", 1, outbox.now)
    assert outbox.told.calls == ["create", "route"]
    (entry,) = outbox.entries("resolved")
    assert (entry["code"], entry["registry_id"], entry["detail"]["state"]) == ("looked_up", "777", "created")


def test_never_before_the_slowest_commit(outbox: Outbox) -> None:
    """A registry that still stores what it was sent is not asked: it would say that there is nothing."""
    own = doubtful(outbox)
    assert outbox.delivery(own).due_at == START + SURE
    for _ in range(3):
        outbox.later(seconds=60)
        forward(outbox.hub())
    assert outbox.told.asked == [] and outbox.delivery(own).state == "unknown"  # type: ignore[attr-defined]
    outbox.run("UPDATE deliveries SET due_at = :now", now=START)
    forward(outbox.hub())
    assert outbox.told.asked == []  # type: ignore[attr-defined]


def test_certainly_absent_it_is_sent_again(outbox: Outbox) -> None:
    """What never arrived is sent once more, by itself, and the log says why."""
    own = doubtful(outbox)
    outbox.later(seconds=186)
    assert forward(outbox.hub()).words["absent"] == 1
    outbox.later(seconds=10)
    forward(outbox.hub())
    row = outbox.delivery(own)
    assert (row.state, row.attempts) == ("confirmed", 2) and outbox.told.calls == ["create", "create", "route"]
    assert [entry["code"] for entry in outbox.entries("resolved")] == ["absent"]


def test_found_twice_is_for_a_person(outbox: Outbox) -> None:
    """The hub does not choose between two reports, nor take one that is another complaint's."""
    own = doubtful(outbox)
    outbox.told.holds[str(own)] = ["777", "778"]  # type: ignore[attr-defined]
    outbox.later(seconds=186)
    tally = forward(outbox.hub())
    assert (outbox.delivery(own).state, outbox.delivery(own).code) == ("needs_human", "doubled")
    assert f"satupintu resolve {own}" in tally.notes[0]


def test_without_an_answer_it_asks_later(outbox: Outbox) -> None:
    """A registry that cannot answer, or not to the end, has not said that something is absent."""
    own = doubtful(outbox)
    outbox.told.away = [Unavailable("x", code="http_503")]  # type: ignore[attr-defined]
    outbox.later(seconds=186)
    assert forward(outbox.hub()).words == {"postponed": 1}
    row = outbox.delivery(own)
    assert (row.state, row.code, row.tries) == ("unknown", "http_503", 1) and row.due_at > outbox.now
    outbox.told.holds[str(own)] = ["777"]  # type: ignore[attr-defined]
    outbox.later(seconds=6)
    assert forward(outbox.hub()).done == 1 and outbox.told.calls.count("create") == 1


def test_many_doubts_cost_one_list(outbox: Outbox) -> None:
    """After a bad hour the doubts are settled together: found, absent and the rest, each by itself."""
    owns = [outbox.complaint() for _ in range(6)]
    for _ in range(3):
        outbox.told.answers["create"] = [UNKNOWN, UNKNOWN]
        forward(outbox.hub())
        outbox.later(minutes=1)
    assert outbox.states() == {"unknown": 6}
    outbox.told.holds |= {str(own): [str(900 + n)] for n, own in enumerate(owns[:4])}  # type: ignore[attr-defined]
    outbox.told.answers.clear()
    for _ in range(4):
        outbox.later(minutes=5)
        forward(outbox.hub())
    assert outbox.states() == {"confirmed": 6} and outbox.told.calls.count("create") == 8
    if outbox.config.lookup == "listing":
        assert len(outbox.told.asked) == 1  # type: ignore[attr-defined]


def test_a_killed_process_is_looked_for_as_well(outbox: Outbox) -> None:
    """Killed after the registry had stored it: the next run finds it, when it is sure."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [Killed()]
    with pytest.raises(Killed):
        forward(outbox.hub("test/1"))
    outbox.told.holds[str(own)] = ["777"]  # type: ignore[attr-defined]
    outbox.later(minutes=11)
    assert forward(outbox.hub("test/2")).words == {"unknown": 1}
    outbox.later(seconds=186)
    assert forward(outbox.hub("test/2")).done == 1
    assert outbox.delivery(own).registry_id == "777" and outbox.told.calls == ["create", "route"]


def test_while_the_process_that_sends_it_stands_the_registry_is_not_asked(outbox: Outbox) -> None:
    """It may go on at any time, and what is absent until then need not stay so: the wait begins when it is gone."""
    outbox.complaint()
    outbox.told.answers["create"] = [Killed()]
    with pytest.raises(Killed):
        forward(outbox.hub(holder()))
    (path,) = outbox.hub().settings.departures_folder.iterdir()
    with path.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        for _ in range(3):
            outbox.later(minutes=11)
            forward(outbox.hub("test/2"))
        assert outbox.told.asked == [] and outbox.states() == {"unknown": 1}  # type: ignore[attr-defined]
    forward(outbox.hub("test/2"))
    outbox.later(seconds=100)
    forward(outbox.hub("test/2"))
    assert outbox.told.asked == []  # type: ignore[attr-defined]
    outbox.later(seconds=86)
    assert forward(outbox.hub("test/2")).words == {"absent": 1}


def test_a_kind_that_cannot_be_asked_leaves_it_to_people(outbox: Outbox) -> None:
    """What the file promises and the kind does not know is not guessed."""
    own = doubtful(outbox)
    outbox.registry = ToldRegistry()
    outbox.later(days=1)
    assert forward(outbox.hub()).words == {} and outbox.delivery(own).state == "unknown"


def test_a_question_of_a_process_that_is_gone_needs_no_waiting(outbox: Outbox) -> None:
    """Killed while it asked: the next run asks at once and does not wait for the end of a lease."""
    import socket

    own = doubtful(outbox)
    outbox.told.holds[str(own)] = ["777"]  # type: ignore[attr-defined]
    outbox.told.away = [Killed()]  # type: ignore[attr-defined, list-item]
    outbox.later(seconds=186)
    with pytest.raises(Killed):
        forward(outbox.hub(f"{socket.gethostname()}/another-boot/1/1/x"))
    assert forward(outbox.hub("test/2")).words == {"looked_up": 1, "confirmed": 1}
