"""The whole story of the sandbox, without Airflow: three doors, one registry, and a truth that was fixed before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub import steps
from hub.oversight import figures
from hub.telling import exit_code
from sandbox.referee import verdict
from tests.scenario.conftest import Site

TRUTH = json.loads((Path(__file__).parents[2] / "sandbox" / "truth.json").read_text())


@pytest.mark.slow
def test_every_complaint_reaches_the_registry_once(story: Site) -> None:
    """What the registry holds, what is held back and why, and all cases equal the truth; twice more changes nothing."""
    with story.hub() as hub:
        tallies = steps.sync(hub)
        assert exit_code(tallies) == 0, [(t.verb, t.owed, t.notes) for t in tallies]
        known = figures(hub)
        registered = story.registered()
        assert verdict(TRUTH, registered, known) == []
        for _ in range(2):
            again = steps.sync(hub)
            assert exit_code(again) == 0
            assert [t.done for t in again if t.verb in ("pull", "accept", "forward")] == [0, 0, 0, 0, 0]
        assert story.registered() == registered
        assert figures(hub)["connectors"] == known["connectors"]
