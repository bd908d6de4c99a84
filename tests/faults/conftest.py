"""The sites of the stories are those of the faults as well."""

from __future__ import annotations

from tests.faults import mutating
from tests.scenario.conftest import add_portal, empty_site, home, hub, story

__all__ = ["add_portal", "empty_site", "home", "hub", "story"]

mutating.apply()  # only where tests.faults.mutants says so
