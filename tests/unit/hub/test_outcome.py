"""What follows from an answer of the registry: the table of the saga, without a clock, a store or a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from connectors.errors import Misconfigured, Unavailable
from hub.model import Receipt
from hub.outcome import (
    GIVE_UP,
    IN_VAIN_FOR,
    LOOKED_FOR_IN_VAIN,
    Standing,
    after,
    looked,
    poisoned,
    receipt_of,
    speaks_of_registry,
)

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
QUEUED = Standing(state="queued", registry_id=None, since=NOW)
CREATED = Standing(state="created", registry_id="93", since=NOW)
UNKNOWN = Standing(state="unknown", registry_id=None, since=NOW, attempts=1)
OLD = NOW - GIVE_UP

TABLE = [
    # step, where it stands, outcome -> entry, state, goes on, asked about at once, tries
    ("files", QUEUED, "done", ("forwarded", "files_uploaded", True, False, 0)),
    ("files", QUEUED, "refused", ("refused", "files_uploaded", True, False, 0)),
    ("files", QUEUED, "retry", ("postponed", "queued", False, False, 1)),
    ("files", QUEUED, "unknown", ("postponed", "queued", False, False, 1)),
    ("files", QUEUED, "failed", ("postponed", "needs_human", False, False, 0)),
    ("create", QUEUED, "done", ("forwarded", "created", True, True, 0)),
    ("create", replace(QUEUED, routed=False), "done", ("forwarded", "confirmed", False, True, 0)),
    ("create", QUEUED, "refused", ("refused", "refused", False, False, 0)),
    ("create", QUEUED, "retry", ("postponed", "queued", False, False, 1)),
    ("create", replace(QUEUED, since=OLD, tries=30), "retry", ("postponed", "needs_human", False, False, 30)),
    ("create", QUEUED, "unknown", ("unknown", "unknown", False, False, 0)),
    ("create", replace(QUEUED, since=OLD), "unknown", ("unknown", "unknown", False, False, 0)),
    ("create", QUEUED, "failed", ("unknown", "needs_human", False, False, 0)),
    ("route", CREATED, "done", ("forwarded", "confirmed", False, True, 0)),
    ("route", CREATED, "refused", ("refused", "needs_human", False, False, 0)),
    ("route", CREATED, "retry", ("postponed", "created", False, False, 1)),
    ("route", CREATED, "unknown", ("postponed", "created", False, False, 1)),
    ("route", CREATED, "failed", ("postponed", "needs_human", False, False, 0)),
]


@pytest.mark.parametrize(("step", "at", "outcome", "wanted"), TABLE)
def test_each_answer_has_one_consequence(step: str, at: Standing, outcome: str, wanted: tuple[Any, ...]) -> None:
    """Whatever a registry answers at a step leads to exactly one state; only an unknown create is never tried again."""
    got = after(step, at, Receipt(outcome=outcome, code="x"), now=NOW, chance=Random(1))
    assert (got.act, got.state, got.keep, got.next_check_at is not None, got.tries) == wanted
    assert (got.due_at is not None) == (got.act == "postponed" and got.state == at.state)
    assert (got.receipt.outcome == "unknown") == (got.act == "unknown" or outcome == "unknown")


def test_an_unknown_create_is_looked_for_after_the_slowest_commit() -> None:
    """Where the registry can be asked the next time is written down; elsewhere there is none."""
    asked = replace(QUEUED, look_after=timedelta(seconds=200))
    unknown = Receipt(outcome="unknown", code="timeout")
    assert after("create", asked, unknown, now=NOW, chance=Random(1)).due_at == NOW + timedelta(seconds=200)
    assert after("create", QUEUED, unknown, now=NOW, chance=Random(1)).due_at is None


@pytest.mark.parametrize("seconds", [1.0, 7200.0, 10**9])
def test_the_silence_that_is_asked_for_is_kept(seconds: float) -> None:
    """The next try comes after Retry-After, and after a day at the latest."""
    receipt = Receipt(outcome="retry", code="http_429", http=429, retry_after=seconds)
    due = after("create", QUEUED, receipt, now=NOW, chance=Random(1)).due_at
    assert due is not None and min(seconds, 86400) <= (due - NOW).total_seconds() <= min(seconds, 86400) + 5


LOOKS = [
    # numbers found, other complaint's numbers, creates so far -> state, code, number
    (["93"], {}, 1, ("created", "looked_up", "93")),
    (["93", "93"], {}, 1, ("created", "looked_up", "93")),
    (["93", "94"], {}, 1, ("needs_human", "doubled", None)),
    (["93"], {"93": "another"}, 1, ("needs_human", "doubled", None)),
    ([], {}, 1, ("queued", "absent", None)),
    ([], {}, LOOKED_FOR_IN_VAIN, ("queued", "absent", None)),
    (None, {}, 1, ("unknown", "timeout", None)),
]


@pytest.mark.parametrize(("numbers", "taken", "attempts", "wanted"), LOOKS)
def test_each_look_up_has_one_consequence(
    numbers: list[str] | None, taken: dict[str, str], attempts: int, wanted: tuple[Any, ...]
) -> None:
    """Only what is certainly not there is sent again; what is there twice, or somebody else's, is for a person."""
    at = replace(UNKNOWN, attempts=attempts)
    got = looked(at, numbers, taken, code="timeout", now=NOW, chance=Random(1))
    assert (got.state, got.receipt.code, got.receipt.registry_id) == wanted
    assert got.anew == (got.state == "queued") and not got.keep


@pytest.mark.parametrize(
    ("attempts", "state"), [(LOOKED_FOR_IN_VAIN - 1, "queued"), (LOOKED_FOR_IN_VAIN, "needs_human")]
)
def test_who_is_sent_in_vain_for_a_day_is_looked_at_by_a_person(attempts: int, state: str) -> None:
    """An afternoon in which the registry only answers 500 gives up no complaint; five creates over a day do."""
    at = replace(UNKNOWN, attempts=attempts, since=NOW - IN_VAIN_FOR)
    assert looked(at, [], {}, code="", now=NOW, chance=Random(1)).state == state


def test_a_look_up_without_an_answer_is_given_up_after_fourteen_days() -> None:
    """A registry that never answers does not keep a doubt in silence for ever."""
    at = replace(UNKNOWN, since=OLD)
    assert looked(at, None, {}, code="timeout", now=NOW, chance=Random(1)).state == "needs_human"


def test_exceptions_become_receipts() -> None:
    """What a client raises is classified; of a create that failed nobody knows what was sent."""
    away, wrong = Unavailable("x", code="timeout", retry_after=3.0), Misconfigured("x", code="bad")
    assert receipt_of("route", None, away) == Receipt(outcome="retry", code="timeout", retry_after=3.0)
    assert receipt_of("create", None, away).outcome == "failed"
    assert receipt_of("create", None, wrong) == Receipt(outcome="failed", code="bad")
    assert receipt_of("files", None, KeyError("x")) == Receipt(outcome="failed", code="key_error")


@pytest.mark.parametrize("answer", [None, "ok", Receipt(outcome="perhaps")])
def test_what_is_no_receipt_is_no_answer(answer: Any) -> None:
    """A kind that answers nonsense is our own failure, and counts as no success."""
    assert receipt_of("create", answer, None).outcome == "failed"


@pytest.mark.parametrize("number", [None, "", 93, "9\x003", "9" * 200])
def test_a_create_without_a_usable_number_is_unknown(number: Any) -> None:
    """Success of a create is its number, in a form that a row can hold."""
    receipt = Receipt(outcome="done", registry_id=number)
    assert receipt_of("create", receipt, None) == Receipt(outcome="unknown", code="no_id")


def test_whose_failure_it_is() -> None:
    """A dead registry ends a run; a complaint whose number is wrong there does not."""
    dead = after("create", QUEUED, Receipt(outcome="retry", code="connect"), now=NOW, chance=Random(1))
    key = after("create", QUEUED, Receipt(outcome="retry", code="http_401", http=401), now=NOW, chance=Random(1))
    own = after("route", CREATED, Receipt(outcome="retry", code="http_404", http=404), now=NOW, chance=Random(1))
    assert [speaks_of_registry(one) for one in (dead, key, own)] == [True, True, False]
    assert not speaks_of_registry(poisoned(QUEUED, KeyError("x")))
