"""Many processes, a line that fails all the time, kills, crashes, an outage of three days: nothing lost, nothing twice."""

from __future__ import annotations

import pytest

from tests.faults import mutants
from tests.faults.soak import Size, outage, report, standing

SMALL = {"complaints": 40, "workers": 2, "kills": 3, "crashes": 1, "zombies": 1}
LARGE = {"complaints": 5000, "workers": 8, "kills": 200, "crashes": 5, "zombies": 25}


@pytest.mark.slow
@pytest.mark.parametrize(
    "size",
    [
        Size(**SMALL, faults=40, lookup=True),
        Size(**SMALL, faults=20, lookup=False),
        pytest.param(Size(**LARGE, faults=11_000, lookup=True), marks=pytest.mark.campaign),
        pytest.param(
            Size(complaints=1500, workers=8, kills=60, crashes=2, zombies=0, faults=1_500, lookup=False),
            marks=pytest.mark.campaign,
        ),
    ],
    ids=str,
)
def test_a_soak_loses_nothing_and_says_nothing_twice(size: Size) -> None:
    """
    Processes die and calls fail all the time: each complaint is at the registry once, and the log tells of all of it.
    Where the registry can be asked nothing is left open; where it cannot, no more than what could not be known.
    """
    with standing(size) as soak:
        wrong = soak.run()
        report(soak, wrong)
        assert wrong == []
        assert (soak.figures["lost"], soak.figures["doubled"], soak.figures["audit gaps"]) == (0, 0, 0)
        assert soak.figures["SIGKILLs"] == size.kills
        if size.lookup and size.complaints == LARGE["complaints"]:
            assert soak.figures["faults injected"] >= 10_000


@pytest.mark.slow
@pytest.mark.parametrize("complaints", [20, pytest.param(300, marks=pytest.mark.campaign)])
def test_three_days_of_refused_connections_leave_no_doubt(complaints: int) -> None:
    """A registry that nobody reaches for 72 hours: not one complaint is unknown, and all of them arrive afterwards."""
    with standing(Size(complaints=complaints, lookup=False)) as soak:
        assert outage(soak) == []


@pytest.mark.campaign
def test_the_matrix_notices_what_is_taken_away() -> None:
    """Without the lease, the attempt before the call, the entry in the same transaction or the body check it is red."""
    assert mutants.main() == 0
