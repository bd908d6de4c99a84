"""Complaints that were stored before today's rules: they are hidden and confidential too, each with its entry."""

from __future__ import annotations

from typing import Any

import pytest

from hub import rejudging, steps
from hub.spine import Hub
from hub.store import rejudged
from hub.store.work import Work
from tests.scenario.conftest import Portals, Site
from tests.scenario.test_accused import day, ids, opened
from tests.scenario.test_by_hand import entries
from tests.scenario.test_users import token

_OPEN = "UPDATE complaints SET accused = NULL, hidden_from = NULL, confidential_because = NULL, is_confidential = false"
_FLAGS = "SELECT id::text, accused, hidden_from, confidential_because, is_confidential FROM complaints ORDER BY hidden_from, id"


def flags(site: Site) -> list[tuple[Any, ...]]:
    """What stands of each complaint."""
    with site.database.connect(superuser=True) as connection:
        return connection.execute(_FLAGS).fetchall()


def as_before(site: Site, hub: Hub) -> None:
    """Leave the complaints as an older version stored them: nobody accused, and no word of it in their texts."""
    with hub.store.begin() as work:
        for one in rejudged.after(work, hub.vault, None, 100):
            text, _ = hub.vault.seal(one.key, "canonical", rejudged.encoded(one.document | {"is_confidential": False}))
            work.run("UPDATE complaints SET canonical_enc = :text WHERE id = :id", text=text, id=one.complaint)
    with site.database.connect(superuser=True) as connection:
        connection.execute(_OPEN.encode())
        connection.execute("UPDATE hub SET flags_version = NULL, flags_to = NULL")


def test_what_was_stored_before_is_hidden_with_an_entry(empty_site: Site, add_portal: Portals) -> None:
    """As if it had been accepted today; the region sees it no more, the Inspektorat does; a second look changes nothing."""
    opened(empty_site, add_portal)
    day(empty_site)
    stands, own = flags(empty_site), ids(empty_site)["A-2"]
    assert [row[1] for row in stands if row[0] == own] == ["named"]
    staff = token(empty_site, "tono", "it", "35")
    with empty_site.hub() as hub:
        as_before(empty_site, hub)
    assert own in empty_site.command("export", "complaints", "--masked", SATUPINTU_TOKEN=staff).out

    said = empty_site.command("accused", "rejudge")
    assert said.code == 0, said.err
    assert flags(empty_site) == stands
    assert own not in empty_site.command("export", "complaints", "--masked", SATUPINTU_TOKEN=staff).out
    (line,) = [line for line in empty_site.export("complaints") if line["id"] == own]
    assert line["is_confidential"] is True
    (entry,) = entries(empty_site, "inspected")
    assert (entry["code"], entry["complaint"], entry["detail"]["accused"]) == ("rejudged", own, "named")
    assert len(entry["commitment"]) == 64 and "iskominfo" not in str(entry)

    assert empty_site.command("accused", "rejudge", "--again").code == 0
    assert len(entries(empty_site, "inspected")) == 1 and flags(empty_site) == stands


def test_cut_off_it_goes_on_and_a_person_is_not_contradicted(
    empty_site: Site, add_portal: Portals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night's look that ends in the middle is taken up where it was; what the Inspektorat cleared stays cleared."""
    opened(empty_site, add_portal)
    day(empty_site)
    stands, own = flags(empty_site), ids(empty_site)["A-2"]
    monkeypatch.setattr(rejudging, "BATCH", 1)
    looked: list[int] = []
    after = rejudged.after

    def cut(work: Work, *rest: Any) -> Any:
        looked.append(len(looked))
        if len(looked) == 3:
            raise KeyboardInterrupt
        return after(work, *rest)

    with empty_site.hub() as hub:
        as_before(empty_site, hub)
        monkeypatch.setattr(rejudged, "after", cut)
        with pytest.raises(KeyboardInterrupt):
            rejudging.rejudge(hub)
        rejudging.rejudge(hub)
        assert len(looked) <= 6, "it began again from the first one"
        assert flags(empty_site) == stands
        assert len(entries(empty_site, "inspected")) == 1
    said = empty_site.command("accused", "clear", own, "--by", "Sari Contoh", "--because", "tugas pemeriksaan")
    assert said.code == 0, said.err
    with empty_site.hub() as hub:
        assert rejudging.rejudge(hub, again=True).done == 0
    assert [row[1:3] for row in flags(empty_site) if row[0] == own] == [("cleared", None)]


def test_what_follows_it_is_hidden_with_it_and_watch_does_it(empty_site: Site, add_portal: Portals) -> None:
    """A repeat that names nobody is hidden from the same people; nobody has to know of the command."""
    opened(empty_site, add_portal)
    day(empty_site)
    numbers = ids(empty_site)
    with empty_site.hub() as hub:
        as_before(empty_site, hub)
        with empty_site.database.connect(superuser=True) as connection:
            connection.execute("UPDATE complaints SET behind = %s WHERE id = %s", [numbers["A-2"], numbers["A-3"]])
        assert steps.watch(hub).words["rejudged"] == 1
    hidden = {row[0]: row[2] for row in flags(empty_site)}
    assert hidden[numbers["A-3"]] == hidden[numbers["A-2"]] and hidden[numbers["A-1"]] is None
