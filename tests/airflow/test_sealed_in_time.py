"""How long an event waits for the signed checkpoint that covers it, with Airflow's own scheduler and nobody helping."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.audit import checkpoint
from hub.audit.entry import Entry
from hub.machine.stopping import Stop
from hub.machine.up import running
from hub.publishing import vkey_of
from hub.settings import Settings
from hub.spine import Hub
from hub.store.log import append
from hub.wire import open_hub
from tests.airflow.conftest import ROOT

EVENTS, APART, LONGEST = 12, 17.0, 90.0
"""Events, seconds between two of them (no divisor of a minute), and what was promised."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub under its own Airflow, as `satupintu up` starts it, without connectors."""
    manifests = tmp_path / "manifests"
    manifests.mkdir()
    settings = Settings(home=tmp_path / "home", manifests=manifests, registries=ROOT / "registries")
    with Stop() as stop, running(settings, stop), open_hub(settings) as hub:
        yield hub


@pytest.mark.campaign
def test_an_event_is_under_a_signed_checkpoint_within_90_seconds(hub: Hub) -> None:
    """Whoever would change a row has a minute and a half at most before the published log contradicts him."""
    written: dict[int, float] = {}
    waits: list[float] = []
    began = time.monotonic()
    while len(waits) < EVENTS:
        now = time.monotonic()
        if len(waits) + len(written) < EVENTS and now - began >= APART * (len(waits) + len(written)):
            written[_event(hub)] = time.monotonic()
        waits += [now - written.pop(number) for number in _covered(hub, list(written))]
        assert now - began < APART * EVENTS + 5 * LONGEST, "the sealer of Airflow does not run"
        time.sleep(0.2)
    print(f"\n{EVENTS} events: largest wait {max(waits):.0f} s, mean {sum(waits) / EVENTS:.0f} s")
    assert max(waits) <= LONGEST, [round(one) for one in waits]


def _event(hub: Hub) -> int:
    """Write one entry; its number."""
    with hub.store.begin() as work:
        append(work, Entry(act="watched", at=hub.clock(), actor=hub.actor, code="sealed_in_time"))
        return int(work.value("SELECT max(id) FROM entries"))


def _covered(hub: Hub, numbers: list[int]) -> list[int]:
    """Which of these entries lie under the published checkpoint, whose signature holds."""
    try:
        size = checkpoint.opened((hub.settings.log_folder / "checkpoint").read_text(), vkey_of(hub)).size
    except FileNotFoundError:
        return []
    with hub.store.begin("sealer") as work:
        rows = work.rows(
            "SELECT entry FROM leaves WHERE entry = ANY(:ids) AND leaf_index < :size", ids=numbers, size=size
        )
    return [row.entry for row in rows]
