"""What a region sees of foreign members of its own cases: region, institution, day and verdict, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from hub.access import EVERYTHING, Sight
from hub.store import case_lists
from hub.store.server import Embedded
from hub.store.work import Store
from tests.conftest import NOW, Database, fresh_database
from tests.regions import ACCUSING, ALL, FAR, NEIGHBOUR, OURS, Marked, fill

CASE = OURS.uuid("case")
SEEN = [
    # a sight, and whose complaints it is told of without seeing them
    (Sight(scope="63.04"), (NEIGHBOUR, FAR)),
    (Sight(scope="63.04", inspects=True), (NEIGHBOUR, FAR)),
    (Sight(scope="63.05"), (OURS, FAR)),
    (Sight(scope="63"), (FAR,)),
    (Sight(scope="35.78"), (OURS, NEIGHBOUR)),
    (Sight(scope="94"), ()),
    (Sight(scope=""), ()),
    (EVERYTHING, ()),
]


@pytest.fixture(scope="module")
def joined(cluster: Embedded, template: str) -> Iterator[Database]:
    """One case with two complaints of each region, some of which accuse 63.04, and what links them."""
    with fresh_database(cluster, template) as made:
        with made.connect(superuser=True) as connection:
            fill(connection)
            connection.execute("UPDATE cases SET head = %s", [CASE])
            for other in (NEIGHBOUR, FAR):
                pair = [OURS.uuid("complaint"), other.uuid("complaint")]
                connection.execute(
                    "INSERT INTO links (complaint, other, case_a, case_b, answer, probability, reasons, model, made_by, made_at) "
                    "SELECT %s, %s, case_a, case_b, 'same', 1, '[]', 'person', 'x', now() FROM links LIMIT 1",
                    pair,
                )
                connection.execute(
                    "INSERT INTO reviews (region, what, complaint, other, made_at) VALUES (%s, 'same_matter', %s, %s, now())",
                    [OURS.region, *pair],
                )
                connection.execute(
                    "INSERT INTO labels (complaint, other, verdict, said_by, said_at) VALUES (%s, %s, 'same', 'x', now())",
                    pair,
                )
        yield made


@pytest.fixture(scope="module")
def store(joined: Database) -> Iterator[Store]:
    """The store of the hub over it."""
    with Store(joined.hub_url, clock=lambda: NOW) as made:
        yield made


@pytest.mark.parametrize(("sight", "whose"), SEEN, ids=lambda value: getattr(value, "scope", None))
def test_four_words_of_each_and_no_more(store: Store, sight: Sight, whose: tuple[Marked, ...]) -> None:
    """No number, no text, no reason; of a complaint that accuses anybody not even these; of cases without one's own nothing."""
    with store.within(sight).begin() as work:
        found = case_lists.foreign(work)
        scope = work.value("SELECT current_setting('satupintu.scope')")
    rows = [row for head, members in found.items() if head == CASE for row in members]
    assert sorted({(row.region, row.institution) for row in rows}) == sorted((one.region, one.word) for one in whose)
    assert len(rows) == 2 * len(whose) and set(found) <= {CASE} and scope == sight.scope
    assert {type(row.day) for row in rows} <= {date}
    assert {row.verdict for row in rows} <= {"same", "same, by a person"}
    numbers = [str(one.uuid(role)) for one in ALL for role in ("complaint", "second", "connector", "key")]
    assert [number for number in numbers if number in str(rows)] == []


@pytest.mark.parametrize("table", ["links", "standing", "labels", "reviews", "said"])
@pytest.mark.parametrize("scope", ["63.04", "63.05", "63"])
def test_what_links_them_does_not_tell_their_number(store: Store, table: str, scope: str) -> None:
    """Raw SQL on what links, asks and labels: no row names a complaint that the sight does not cover."""
    hidden = {"63.04": (NEIGHBOUR, FAR, ACCUSING), "63.05": (OURS, FAR, ACCUSING), "63": (FAR,)}[scope]
    with store.within(Sight(scope=scope)).begin("reader") as work:
        said = str(work.rows(f"SELECT complaint, other FROM {table}"))
    numbers = [str(one.uuid(role)) for one in hidden for role in ("complaint", "second")]
    assert [number for number in numbers if number in said] == []


def test_the_list_counts_what_it_does_not_show(store: Store) -> None:
    """A region is told how many complaints its case has and where, though it can open its own only."""
    with store.within(Sight(scope="63.04")).begin() as work:
        (row,) = case_lists.listed(work, region=None, limit=10)
        own = [one.id for one in case_lists.members(work, CASE)]
    assert (row.complaints, row.foreign, row.regions) == (6, 4, ["35.78", "63.04", "63.05"])
    assert sorted(own) == sorted([OURS.uuid("complaint"), OURS.uuid("second")])


def test_a_case_with_one_who_accuses_looks_like_a_case_without(store: Store, joined: Database) -> None:
    """Where all others of a case are hidden from somebody, it is no case of several complaints for him."""
    with joined.connect(superuser=True) as connection, connection.transaction():
        connection.execute("UPDATE cases SET head = id WHERE region NOT IN ('63.04', '63.04.01')")
        connection.execute("UPDATE complaints SET case_id = NULL WHERE id = %s", [OURS.uuid("second")])
    with store.within(Sight(scope="63.04")).begin() as work:
        assert case_lists.listed(work, region=None, limit=10) == []
        assert case_lists.foreign(work) == {}
    with store.within(Sight(scope="63.04", inspects=True)).begin() as work:
        assert [row.complaints for row in case_lists.listed(work, region=None, limit=10)] == [3]
