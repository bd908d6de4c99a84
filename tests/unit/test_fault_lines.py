"""The lines that fail: each fault by its name does what the name says, to whoever calls and to what was called."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import requests

from sandbox import running
from sandbox.proxy import HTTP_FAULTS, Dice, HttpLine, calm
from sandbox.toxics import TOXICS, Line, Toxic
from tests.faults import cells

PATIENCE = 0.3
REPORT = {
    "title": "Lampu mati", "content": "Lampu jalan mati [Ref 00000000-0000-4000-8000-000000000001]", "channel": 1,
    "classification_id": 6, "category_id": 436, "location_id": 35, "user_id": 1,
}  # fmt: skip
LOST = "no answer"
HEARD = {
    "reset_before_read": (LOST, 0), "closed_before_commit": (LOST, 0), "closed_after_commit": (LOST, 1),
    "truncated_after_commit": (LOST, 1), "500_before_commit": (500, 0), "500_after_commit": (500, 1), "429": (429, 0),
    "503_with_retry_after": (503, 0), "slower_than_time_out": (LOST, 1), "commits_after_time_out": (LOST, 1),
    "html_200": (200, 0), "redirect_to_login": (302, 0), "409_in_flight": (409, 0),
}  # fmt: skip
"""Fault -> what the caller hears, and how many complaints the registry has afterwards."""
FELT = {"down": LOST, "timeout": LOST, "reset_peer": LOST, "limit_data": LOST}
"""Toxic -> what the caller hears; the others only take longer."""


@pytest.fixture
def registry() -> Iterator[running.RunningRegistry]:
    """A make-believe LAPOR!."""
    with running.registry() as made:
        yield made


def told(registry: running.RunningRegistry, url: str) -> int | str:
    """What a plain client hears of a create."""
    try:
        answer = requests.post(
            f"{url}/complaints/complaint",
            json=REPORT,
            headers=registry.headers,
            timeout=PATIENCE * 5,
            allow_redirects=False,
        )
    except requests.RequestException:
        return LOST
    return answer.status_code


@pytest.mark.parametrize("fault", HTTP_FAULTS)
def test_each_fault_does_what_its_name_says(registry: running.RunningRegistry, fault: str) -> None:
    """The caller hears what the fault makes of the answer; whether it was committed is the other half; it is counted."""
    with HttpLine(
        registry.url, patience=PATIENCE, plan=Dice(chance=random.Random(1), faults=(fault,), times=1)
    ) as line:
        heard = told(registry, line.url)
        line.settle()
        assert (heard, len(registry.state.complaints)) == HEARD[fault]
        assert line.injected == {(fault, "POST /complaints/complaint"): 1}
        line.plan = calm
        assert told(registry, line.url) == 200
    assert [call.fault for call in line.calls] == [fault, None] and line.calls[1].committed


@pytest.mark.parametrize("name", TOXICS)
def test_each_toxic_does_what_its_name_says(registry: running.RunningRegistry, name: str) -> None:
    """Three of them leave a caller in doubt, `down` refuses him, the other four only cost time."""
    address = ("127.0.0.1", int(registry.url.rpartition(":")[2]))
    with Line(address, plan=lambda number: Toxic(name=name, data=10), patience=PATIENCE) as line:
        if name == "down":
            line.down()
        assert told(registry, f"http://127.0.0.1:{line.port}") == FELT.get(name, 200)
        assert len(registry.state.complaints) == (name != "down")
        line.plan = lambda number: None
        line.up()
        assert told(registry, f"http://127.0.0.1:{line.port}") == 200


def test_the_matrix_has_all_its_cells() -> None:
    """137 cells, none twice: 39 of HTTP, 24 toxics, 50 of our processes, 24 of the database."""
    assert {family: len(cells.of(family)) for family in ("http", "toxic", "process", "database")} == {
        "http": 39, "toxic": 24, "process": 50, "database": 24,
    }  # fmt: skip
    assert len({str(cell) for cell in cells.CELLS}) == 137
    assert set(cells.WITHIN_US) == set(cells.PLACES) and set(cells.IN_STORE) < set(cells.PLACES)
