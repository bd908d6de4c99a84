"""A portal with a long past is registered: only what is new goes to the registry, and the past is counted."""

from __future__ import annotations

import pytest

from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site


@pytest.mark.slow
@pytest.mark.parametrize("old", [1_503, pytest.param(15_003, marks=pytest.mark.campaign)])
def test_a_long_past_is_held_and_counted(empty_site: Site, add_portal: Portals, old: int) -> None:
    """Thousands of old complaints and ten new ones: the registry gains ten, all others are held, also on the next run."""
    page = {"style": "number", "param": "page", "size_param": "limit", "size": 500, "first": 1}
    add_portal(generate(old=old, new=10), forward={"from": "2026-11-01T00:00:00+07:00"}, **{"with": {"page": page}})
    said = empty_site.command("sync", "--all")
    assert said.code == 0 and f"{old} held" in said.out, said.out
    new = {row["content"] for row in empty_site.registered()}
    assert len(empty_site.registered()) == len(new) == 10

    again = empty_site.command("sync", "--all")
    assert again.code == 0 and f"{old} held" in again.out
    assert {row["content"] for row in empty_site.registered()} == new
    with empty_site.database.connect(superuser=True) as connection:
        states = connection.execute(
            "SELECT state, reason, count(*) FROM complaints GROUP BY 1, 2 ORDER BY 3"
        ).fetchall()
    assert states == [("accepted", None, 10), ("held", "before_forward_from", old)]
