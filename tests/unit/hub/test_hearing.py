"""A registry that tells what has news is asked about that, soon, and about the rest once a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.errors import Unavailable
from hub.follow import follow
from hub.privacy import Vault
from hub.registry.port import News
from hub.store.server import Embedded
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import House, ToldRegistry, house_in, status


@dataclass
class Feeding:
    """A registry with a feed of numbers; positions are how many have been read."""

    told: ToldRegistry
    feed: list[str] = field(default_factory=list)
    broken: bool = False

    def changes(self, registry_id: str) -> Iterator[object]:
        yield from self.told.changes(registry_id)

    def news(self, position: str | None) -> Iterator[News]:
        if self.broken:
            raise Unavailable("no", code="http_500")
        for number in range(int(position or 0), len(self.feed)):
            yield News(registry_ids=[self.feed[number]], position=str(number + 1))


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub with two complaints at a registry that feeds."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        made.complaint(ref="R1", number="1")
        made.complaint(ref="R2", number="2")
        made.registry = Feeding(made.registry)  # type: ignore[assignment]
        follow(made.hub)
        yield made


def asked(house: House) -> dict[str, int]:
    """How often each number was asked about."""
    return dict(house.registry.told.asked)  # type: ignore[attr-defined]


def test_only_what_has_news_is_asked_about(house: House) -> None:
    """After the first look, a complaint costs a call when the feed names it, else one a day."""
    house.later(hours=3)
    follow(house.hub)
    assert asked(house) == {"1": 1, "2": 1}
    house.registry.told.news["2"] = [status("Selesai", 3)]  # type: ignore[attr-defined]
    house.registry.feed.append("2")  # type: ignore[attr-defined]
    assert follow(house.hub).words["statuses"] == 1
    house.later(hours=3)
    follow(house.hub)
    assert asked(house) == {"1": 1, "2": 2}
    house.later(days=1)
    follow(house.hub)
    assert asked(house) == {"1": 2, "2": 3}


def test_news_that_come_before_the_number_is_known_are_joined(house: House) -> None:
    """An update about a number that no complaint has yet waits for it, and is read when the complaint gets its number."""
    house.registry.feed.append("3")  # type: ignore[attr-defined]
    follow(house.hub)
    assert house.value("SELECT registry_id FROM parked") == "3"
    house.registry.told.news["3"] = [status("Dalam Proses", 3)]  # type: ignore[attr-defined]
    house.complaint(ref="R3", number="3")
    house.run("UPDATE deliveries SET next_check_at = NULL WHERE registry_id = '3'")
    follow(house.hub)
    assert house.value("SELECT last_status FROM deliveries WHERE registry_id = '3'") == "in_progress"
    assert house.value("SELECT count(*) FROM parked") == 0


def test_a_feed_that_cannot_be_read_is_owed_and_holds_up_nothing(house: House) -> None:
    """The failure is said; complaints whose turn it is are asked about, and the feed goes on where it was."""
    house.registry.broken = True  # type: ignore[attr-defined]
    house.registry.feed.append("1")  # type: ignore[attr-defined]
    house.later(days=1)
    tally = follow(house.hub)
    assert tally.done == 2 and any("news of sp4n" in sentence for sentence in tally.owed)
    house.registry.broken = False  # type: ignore[attr-defined]
    assert follow(house.hub).owed == () and asked(house) == {"1": 3, "2": 2}
