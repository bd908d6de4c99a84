"""Stories about what reaches the store and what becomes of it there."""

from __future__ import annotations

from hub import steps
from hub.oversight import figures
from hub.releasing import release
from hub.status import states
from sandbox.portal import generate
from tests.scenario.conftest import Portals, Site


def test_what_is_pulled_twice_is_stored_once(empty_site: Site, add_portal: Portals) -> None:
    """A second pull of an unchanged portal brings nothing new, and the interval is closed with proof both times."""
    add_portal(generate(new=120))
    with empty_site.hub() as hub:
        first = steps.pull(hub, "jatim-portal")
        again = steps.pull(hub, "jatim-portal")
    assert (first.done, first.owed) == (120, ())
    assert (again.done, again.owed) == (0, ())
    assert again.skipped


def test_a_page_that_fails_is_owed_and_holds_nobody_up(empty_site: Site, add_portal: Portals) -> None:
    """Page 3 always fails: pages 1 and 2 reach the registry in that run, page 3 is named as owed, and is read later."""
    add_portal(generate(new=130))
    empty_site.switch("portal", "fail_page", 3)
    with empty_site.hub() as hub:
        tallies = {tally.verb: tally for tally in steps.sync(hub, ["jatim-portal"])}
        assert tallies["pull"].done == 100
        assert "page 3" in tallies["pull"].owed[0]
        assert len(empty_site.registered()) == 100
        empty_site.switch("portal", "fail_page", False)
        healed = {tally.verb: tally for tally in steps.sync(hub, ["jatim-portal"])}
    assert (healed["pull"].done, healed["pull"].owed) == (30, ())
    assert len(empty_site.registered()) == 130


def test_old_complaints_are_held_and_counted(empty_site: Site, add_portal: Portals) -> None:
    """What was submitted before forward.from is stored and never sent by itself; the new ones are sent."""
    add_portal(generate(old=700, new=10), forward={"from": "2026-11-01T00:00:00+07:00"})
    with empty_site.hub() as hub:
        tallies = {tally.verb: tally for tally in steps.sync(hub, ["jatim-portal"])}
        words = figures(hub)["connectors"]["jatim-portal"]
    assert tallies["accept"].owed == ()
    assert (words["forwarded"], words["held"], words["stored"]) == (10, 700, 710)
    assert len(empty_site.registered()) == 10


def test_a_large_first_batch_waits_for_a_named_person(empty_site: Site, add_portal: Portals) -> None:
    """More than forward.first complaints to send at the first accept: all held, exit 3, until somebody releases them."""
    add_portal(generate(new=30), forward={"first": 20})
    with empty_site.hub() as hub:
        tallies = {tally.verb: tally for tally in steps.sync(hub, ["jatim-portal"])}
        assert "forward.first" in tallies["accept"].owed[0]
        assert empty_site.registered() == []
        released = release(hub, ["jatim-portal"], by="Rini", because="checked")
        assert released.words["on_the_way"] == 30
        steps.forward(hub)
    assert len(empty_site.registered()) == 30


def test_a_corrected_mapping_empties_the_quarantine(empty_site: Site, add_portal: Portals) -> None:
    """After the manifest is corrected, what waited in quarantine is accepted by the next run, without the portal's help."""
    portal = add_portal(generate(new=12), fields={"body": "keterangan"})
    with empty_site.hub() as hub:
        steps.sync(hub, ["jatim-portal"])
        assert figures(hub)["connectors"]["jatim-portal"]["quarantined"] == 12
    manifest = empty_site.home / "manifests" / "jatim-portal.yaml"
    manifest.write_text(manifest.read_text().replace("body: keterangan", "body: isi"))
    portal.state.records.clear()
    with empty_site.hub() as hub:
        steps.accept(hub, ["jatim-portal"])
        steps.forward(hub)
        words = figures(hub)["connectors"]["jatim-portal"]
    assert (words["quarantined"], words["forwarded"]) == (0, 12)
    assert len(empty_site.registered()) == 12


def test_a_backfill_says_nothing_about_the_rest(empty_site: Site, add_portal: Portals) -> None:
    """A range that is read again on request closes itself only: what was owed before is still owed, and read later."""
    add_portal(generate(new=130))
    empty_site.switch("portal", "fail_page", 3)
    with empty_site.hub() as hub:
        assert steps.pull(hub, "jatim-portal").owed
        empty_site.switch("portal", "fail_page", False)
        late = empty_site.clock.now
        again = steps.pull(hub, "jatim-portal", since=late.isoformat(), until=empty_site.clock().isoformat())
        assert again.owed == ()
        assert len(states(hub, "jatim-portal")[0].owed) == 1
        assert again.done + steps.pull(hub, "jatim-portal").done == 30
        assert not states(hub, "jatim-portal")[0].owed
