"""A process that stands still inside a transaction, or whose machine is gone, does not hold up the others for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hub.failures import explained
from hub.store import deliveries, leases
from hub.store.work import IDLE, WAIT, Store, StoreBusy, StoreUnavailable
from hub.telling import INCOMPLETE
from tests.conftest import Database

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
SHORTLY = "SELECT set_config('idle_in_transaction_session_timeout', '50', true)"


@pytest.fixture
def stores(database: Database) -> Iterator[tuple[Store, Store]]:
    """Two processes of one hub."""
    with Store(database.hub_url, clock=lambda: NOW) as one, Store(database.hub_url, clock=lambda: NOW) as two:
        yield one, two


def test_every_session_has_its_limits(stores: tuple[Store, Store]) -> None:
    """Shorter than every lease, and whoever waits does so a little longer; only reading of one moment has no limit."""
    asked = (
        "SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('lock_timeout') AS wait"
    )
    with stores[0].begin() as work:
        assert tuple(work.one(asked) or ()) == (f"{IDLE // 60}min", f"{WAIT // 60}min")
    with stores[0].begin("reader", still=True) as work:
        assert (work.one(asked) or ())[0] == "0"
    assert timedelta(seconds=IDLE) < min(leases.LENGTH, deliveries.LEASE) and WAIT > IDLE


def test_whoever_stands_still_loses_what_it_held(stores: tuple[Store, Store]) -> None:
    """Its change is undone, the others go on, and it hears so when it wakes."""
    one, two = stores

    def wakes_too_late() -> None:
        with one.begin() as work:
            work.run(SHORTLY)
            work.lock("verdicts")
            _taken_over(two)
            work.value("SELECT 1")

    with pytest.raises(StoreUnavailable, match="stood still"):
        wakes_too_late()
    with one.begin() as work:
        assert work.value("SELECT 1") == 1


def _taken_over(store: Store) -> None:
    ends = time.monotonic() + 20
    with store.begin() as work:
        while not work.lock("verdicts", wait=False):
            assert time.monotonic() < ends
            time.sleep(0.02)


def test_whoever_waits_too_long_says_so(stores: tuple[Store, Store], capsys: pytest.CaptureFixture[str]) -> None:
    """No command hangs without a word behind another one: it ends with 3 and a sentence, and can be run again."""
    one, two = stores

    def waits() -> None:
        with two.begin() as work:
            work.run("SELECT set_config('lock_timeout', '50', true)")
            work.lock("verdicts")

    with one.begin() as work:
        work.lock("verdicts")
        with pytest.raises(StoreBusy) as caught:
            waits()
    assert explained(caught.value) == INCOMPLETE
    assert "run the command again" in " ".join(capsys.readouterr().err.split())
