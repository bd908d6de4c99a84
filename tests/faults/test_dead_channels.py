"""A channel that is down, refuses or talks rubbish: its own run says so, the others go on, and it heals by itself."""

from __future__ import annotations

from collections import Counter

import pytest

from connectors.errors import ChannelError, Refused, Unavailable
from hub import steps
from hub.model import Tally
from hub.telling import DONE, INCOMPLETE, exit_code
from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site

SICK, WELL = "jatim-portal", "kediri-portal"


@pytest.fixture
def site(empty_site: Site, add_portal: Portals) -> Site:
    """One portal that will fail and one that will not."""
    empty_site.counterparts[SICK] = add_portal(generate(new=60), SICK)
    add_portal(generate(new=20, start=1001, seed=2), WELL, secret="KEDIRI_TOKEN")
    return empty_site


def pulls(tallies: list[Tally]) -> dict[str, Tally]:
    """The two tallies of the pulls, by connector."""
    return dict(zip((SICK, WELL), [tally for tally in tallies if tally.verb == "pull"], strict=True))


def there_once(site: Site) -> Counter[str]:
    """How often the registry holds each text."""
    return Counter(row["content"].rpartition("[Ref ")[0] for row in site.registered())


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [("down", Unavailable, "cut"), ("html_200", Unavailable, ""), ("cut_body", Unavailable, "cut")],
)
def test_a_sick_channel_holds_no_other_up_and_heals(
    site: Site, fault: str, kind: type[ChannelError], code: str
) -> None:
    """
    Down, a login page with 200, or an answer that breaks off: the run is incomplete and says whose turn it is, the
    other portal's complaints arrive; when the fault is over the next run brings the rest, and nothing twice.
    """
    site.switch(SICK, fault)
    with site.hub() as hub:
        tallies = steps.sync(hub)
        sick, well = pulls(tallies)[SICK], pulls(tallies)[WELL]
        assert exit_code(tallies) == exit_code([sick]) == INCOMPLETE
        assert isinstance(sick.error, kind) and sick.error.code.startswith(code)
        assert sick.owed and SICK in sick.owed[0]
        assert (well.done, well.owed) == (20, ()) and len(site.registered()) == 20

        site.switch(SICK, fault, False)
        healed = steps.sync(hub)
        assert exit_code(healed) == DONE and pulls(healed)[SICK].done == 60
        assert exit_code(steps.sync(hub)) == DONE
    assert max(there_once(site).values()) == 1 and len(site.registered()) == 80


@pytest.mark.slow
def test_a_key_that_is_refused_is_its_owners_matter(site: Site) -> None:
    """The portal answers 401: the command says so in a sentence without the key, ends with 3, and heals with the key."""
    key = site.home / "secrets" / "JATIM_TOKEN"
    right = key.read_text()
    key.write_text("yang-sudah-dicabut")
    said = site.command("sync", "--all")
    assert said.code == INCOMPLETE and len(site.registered()) == 20
    assert "HTTP 401" in said.out and "Refused: " in said.out and "owner has to look at key" in said.out
    assert "yang-sudah-dicabut" not in said.out + said.err
    alone = site.command("pull", SICK)
    assert alone.code == INCOMPLETE
    with site.hub() as hub:
        assert isinstance(steps.kept("pull", steps.pull, hub, SICK).error, Refused)

    key.write_text(right)
    assert site.command("sync", "--all").code == DONE
    assert max(there_once(site).values()) == 1 and len(site.registered()) == 80


def test_a_fault_in_the_middle_keeps_what_came_before(site: Site) -> None:
    """The second page breaks off: the first page's complaints are at the registry in that run, the rest in the next."""
    portal = site.counterparts[SICK]
    with site.hub() as hub:
        portal.state.switches.set("fail_page", 2)
        assert exit_code(steps.sync(hub)) == INCOMPLETE and len(site.registered()) == 70
        portal.state.switches.set("fail_page", False)
        assert exit_code(steps.sync(hub)) == DONE
    assert max(there_once(site).values()) == 1 and len(site.registered()) == 80
