"""Whoever asks the log gets exactly what fits, sealed or not, and what an older version sealed as well."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest

from hub.audit.entry import Entry
from hub.store import leaves, search
from hub.store.log import append_all
from hub.store.search import Asked
from hub.store.server import Embedded
from hub.store.work import Store
from tests.conftest import NOW, fresh_database

ACTS = ("accepted", "refused", "held")
ACTORS = ("hub@one", "Budi", "budi%", "hub_x")
REGIONS = (None, "35", "35.78", "3", "31.71")
CODES = (None, "http_503", "http_404", "timeout")
CONNECTORS = (None, UUID(int=1, version=4), UUID(int=2, version=4))
START = datetime(2026, 1, 1, tzinfo=UTC)


def made(number: int) -> Entry:
    """Entry `number`, all its words drawn from small lists with different periods."""
    connector = CONNECTORS[number % 3]
    return Entry(
        act=ACTS[number % 2 + number % 11 // 10],
        at=START + timedelta(minutes=number ^ 1),
        actor=ACTORS[number // 3 % 4],
        connector=str(connector) if connector else None,
        region=REGIONS[number % 5],
        complaint=str(UUID(int=number % 7, version=4)) if number % 4 else None,
        code=CODES[number // 2 % 4],
        count=number,
    )


ENTRIES = [made(number) for number in range(300)]


def seal(store: Store, first: int, count: int, *, index: bool = True) -> None:
    """What the sealer does to the next `count` entries."""
    with store.begin("sealer") as work:
        rows = leaves.unsealed(work, count)
        leaves.place(work, first, [(number, b"\0" * 32) for number, _ in rows])
        if index:
            search.keep(work, first, [body for _, body in rows])


@pytest.fixture(scope="module")
def log(cluster: Embedded, template: str) -> Iterator[Store]:
    """300 entries: 100 sealed before there was an index, 150 with it, 50 waiting."""
    with fresh_database(cluster, template) as made, Store(made.hub_url, clock=lambda: NOW) as store:
        with store.begin() as work:
            append_all(work, ENTRIES)
        seal(store, 0, 100, index=False)
        seal(store, 100, 150)
        yield store


def found(store: Store, asked: Asked, limit: int | None = None) -> list[tuple[int | None, bytes]]:
    """Places and bytes of what is found."""
    with store.begin("reader") as work:
        return [(one.leaf, one.body) for one in search.find(work, asked, limit=limit)]


def fits(one: Entry, asked: Asked) -> bool:
    """The same question asked of a single entry, in words of its own."""
    return all(
        (
            asked.since is None or one.at >= asked.since,
            asked.until is None or one.at < asked.until,
            asked.act in (None, one.act),
            asked.actor is None or one.actor == asked.actor or (asked.actor == "hub*" and one.actor.startswith("hub")),
            asked.code is None
            or one.code == asked.code
            or (asked.code == "http_*" and (one.code or "")[:5] == "http_"),
            asked.region is None or asked.region == one.region or (one.region or "").startswith(f"{asked.region}."),
            asked.connector is None or str(asked.connector) == one.connector,
            asked.complaint is None or str(asked.complaint) == one.complaint,
        )
    )


QUESTIONS = [
    Asked(act=act, actor=actor, region=region, code=code)
    for act, actor, region, code in product(
        (None, "held"), (None, "hub*", "budi%", "hub_x", "nobody"), (None, "35", "3"), (None, "http_*", "timeout")
    )
] + [
    Asked(since=START + timedelta(minutes=90), until=START + timedelta(minutes=120)),
    Asked(since=START + timedelta(minutes=240)),
    Asked(connector=CONNECTORS[1], code="http_404"),
    Asked(complaint=UUID(int=3, version=4)),
    Asked(complaint=UUID(int=3, version=4), act="refused"),
    Asked(complaint=UUID(int=99, version=4)),
]


def test_every_question_finds_what_fits_and_nothing_else(log: Store) -> None:
    """Each filter alone and with others: the same entries as a look at every single one, the newest first."""
    for asked in QUESTIONS:
        wanted = [(n if n < 250 else None, one.encode()) for n, one in enumerate(ENTRIES) if fits(one, asked)]
        assert found(log, asked) == wanted[::-1], asked
        assert found(log, asked, limit=3) == wanted[::-1][:3], asked


def test_places_are_those_of_the_sealed_ones(log: Store) -> None:
    """A pack takes what was sealed below its checkpoint, in the order of the log, and gets the very bytes."""
    with log.begin() as work:
        chosen = search.places(work, Asked(act="held"), size=200)
        assert chosen == [n for n, one in enumerate(ENTRIES[:200]) if one.act == "held"]
        assert search.at_places(work, chosen[::-1]) == [ENTRIES[n].encode() for n in chosen[::-1]]


def test_all_is_read_in_pages(log: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the answer is, none of it is skipped or said twice."""
    monkeypatch.setattr(search, "AT_ONCE", 7)
    assert [body for _, body in found(log, Asked())] == [one.encode() for one in reversed(ENTRIES)]
