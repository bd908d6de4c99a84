"""What registries call things is kept with its time: nothing is truncated, and half a list is not believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.forwarding import forward
from hub.lists import learn
from hub.privacy import Vault
from hub.routing import Limits
from hub.store import masters
from hub.store.work import Store
from sandbox.masters import INSTITUTIONS
from sandbox.registry_state import RegistryState
from sandbox.running import RunningRegistry, registry
from tests.conftest import Database
from tests.unit.hub.everything import emptied
from tests.unit.hub.outbox import START, Outbox


@pytest.fixture
def outbox(store_of_all: Store, one_database: Database, vault: Vault, tmp_path: Path) -> Outbox:
    """An empty outbox."""
    emptied(one_database.superuser_url)
    return Outbox(store_of_all, vault, tmp_path)


@pytest.fixture
def lapor(outbox: Outbox) -> Iterator[RunningRegistry]:
    """A LAPOR! with its lists."""
    with registry(RegistryState(now=lambda: outbox.now)) as there:
        outbox.talks_to(there.url, there.headers)
        yield there


def test_lists_are_read_once_a_day(outbox: Outbox, lapor: RunningRegistry) -> None:
    """All rows stand in the store with the time they were seen; the same day nothing is asked again."""
    assert list(learn(outbox.hub())) == []
    (row,) = outbox.rows("SELECT count(*) AS n, min(last_seen_at) AS at FROM masters WHERE what = 'institution'")
    assert (row.n, row.at) == (len(INSTITUTIONS), outbox.now)
    calls = lapor.state.calls.total()
    assert list(learn(outbox.hub())) == [] and lapor.state.calls.total() == calls
    assert [entry["code"] for entry in outbox.entries("masters_read")] == ["tables", "lists"]


def test_a_row_that_is_gone_stays_with_its_last_day(outbox: Outbox, lapor: RunningRegistry) -> None:
    """A registry that renames or drops an institution does not take the old one from us."""
    list(learn(outbox.hub()))
    del lapor.state.institutions[3501]
    lapor.state.institutions[3102] = "Pemkot Surabaya"
    outbox.later(days=1)
    assert all("institution 3501" in sentence for sentence in learn(outbox.hub()))
    (gone,) = outbox.rows("SELECT last_seen_at FROM masters WHERE foreign_id = '3501'")
    (named,) = outbox.rows("SELECT name FROM institutions WHERE code = '35.78' AND valid_to IS NULL")
    assert gone.last_seen_at == START and named.name == "Pemkot Surabaya"


def test_a_number_of_our_table_that_is_gone_is_named_until_it_is_mended(outbox: Outbox, lapor: RunningRegistry) -> None:
    """Complaints are not routed in silence to an institution that the registry has closed."""
    code, number = next(iter(outbox.config.institutions.items()))
    assert list(learn(outbox.hub())) == []
    del lapor.state.institutions[number]
    outbox.later(hours=24)
    for _ in range(2):
        (sentence,) = learn(outbox.hub())
        assert f"institution {number} (" in sentence and f"{code} is still routed there" in sentence
        outbox.later(hours=1)


@pytest.mark.parametrize("left", [0, 1, 5])
def test_half_a_list_is_not_believed(outbox: Outbox, lapor: RunningRegistry, left: int) -> None:
    """Broken paging would take the mapping away: nothing changes, and it is said."""
    list(learn(outbox.hub()))
    for number in list(lapor.state.institutions)[left:]:
        del lapor.state.institutions[number]
    outbox.later(days=1)
    (sentence,) = learn(outbox.hub())
    assert "nothing was changed" in sentence
    assert outbox.rows("SELECT FROM masters WHERE last_seen_at > :start", start=START) == []


def test_a_dead_list_fails_nothing(outbox: Outbox, lapor: RunningRegistry) -> None:
    """What was read before stays, and the next watch asks again."""
    lapor.state.switches.set("html_error_page_200", True)
    (sentence,) = learn(outbox.hub())
    assert "could not be read" in sentence
    lapor.state.switches.set("html_error_page_200", False)
    assert list(learn(outbox.hub())) == [] and outbox.rows("SELECT FROM masters") != []


def test_it_can_be_said_which_number_a_word_had(outbox: Outbox) -> None:
    """Each version of the tables is kept under the hash of its file, and a code that left ends with its day."""
    list(learn(outbox.hub()))
    first = outbox.config
    changed = {code: own for code, own in first.institutions.items() if code != "21"} | {"35": 9999, "baru": 7}
    outbox.later(days=3)
    outbox.config = replace(first, institutions=changed, sha256="1" * 64)
    list(learn(outbox.hub()))
    rows = outbox.rows("SELECT sha256, foreign_id FROM mappings WHERE what = 'institutions' AND code = '35'")
    assert {(row.sha256[0], row.foreign_id) for row in rows} == {("0", "3101"), ("1", "9999")}
    found = outbox.rows("SELECT code, registry_ids, valid_from, valid_to, kind FROM institutions ORDER BY valid_from")
    assert [(r.registry_ids, r.valid_to is None) for r in found if r.code == "35"] == [
        (["3101"], False),
        (["9999"], True),
    ]
    assert [r.valid_to is None for r in found if r.code == "21"] == [False]
    kinds = {r.code: r.kind for r in found}
    assert (kinds["35"], kinds["35.78"], kinds["35.15"], kinds["baru"]) == ("province", "city", "regency", "agency")


def test_going_back_is_a_version_too(outbox: Outbox) -> None:
    """A file that is put back as it was is the present one again, the same day or later."""
    first = outbox.config
    for config in (first, replace(first, institutions={}, sha256="1" * 64), first):
        outbox.config = config
        list(learn(outbox.hub()))
        outbox.later(minutes=1)
    assert outbox.rows("SELECT FROM institutions WHERE code = '35' AND valid_to IS NULL") != []
    assert len(outbox.entries("masters_read")) == 3


def test_news_about_a_number_wait_for_its_delivery(outbox: Outbox) -> None:
    """What a registry tells before the number is known here is parked, and joined when it is."""
    own = outbox.complaint()
    with outbox.store.begin() as work:
        assert masters.feed(work, "sp4n") is None
        assert masters.news(work, "sp4n", ["9001", "5"], "p1", now=outbox.now) == 0
        assert masters.feed(work, "sp4n") == "p1"
    forward(outbox.hub())
    outbox.run("UPDATE deliveries SET next_check_at = NULL")
    outbox.later(hours=1)
    with outbox.store.begin() as work:
        assert masters.join_parked(work, "sp4n", now=outbox.now) == 1
        assert masters.join_parked(work, "sp4n", now=outbox.now) == 0
        assert masters.news(work, "sp4n", ["9001"], "p2", now=outbox.now) == 1
    assert outbox.delivery(own).next_check_at == outbox.now
    assert [row.registry_id for row in outbox.rows("SELECT registry_id FROM parked")] == ["5"]


def test_a_long_text_reaches_the_registry_whole(outbox: Outbox, lapor: RunningRegistry) -> None:
    """The text that LAPOR! does not take goes along as a file, once, and both the officer and `registry show` know."""
    outbox.talks_to(lapor.url, lapor.headers, limits=Limits(content=500))
    own = outbox.complaint(body="Jalan berlubang di depan pasar. " * 60, category_code="ict")
    lapor.state.switches.set("429_with_retry_after", {"times": 1, "on": ["create"], "seconds": 1})
    forward(outbox.hub())
    outbox.later(hours=1)
    forward(outbox.hub())
    assert outbox.delivery(own).state == "confirmed"
    (filed,) = lapor.state.complaints.values()
    attached = [int(number) for number in filed.sent["attachments"].strip("[].").split(",")]
    assert len(filed.sent["content"]) <= 500 and [lapor.state.files[n][0] for n in attached] == ["isi-lengkap.txt"]
    with outbox.store.begin() as work:
        assert "text_attached" in {row.word for row in masters.unmapped(work, "sp4n")}
