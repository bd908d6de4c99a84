"""Whoever takes something away before it is sealed is found out: a row, an entry, or every trace of one complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub.store import stations
from hub.store.stations import Missing
from hub.store.work import Store, Work
from sandbox.portal import generate
from tests.scenario.conftest import START, Portals, Site

TABLES = (
    "completions",
    "follow_ups",
    "replies",
    "events",
    "attachments",
    "links",
    "reviews",
    "quarantine",
    "complaints",
)


@pytest.fixture
def site(empty_site: Site, add_portal: Portals) -> Site:
    """Complaints on all their ways, some sealed, most not."""
    rows = generate(new=10)
    rows[2]["jenis"] = "INFORMASI"
    rows[5]["isi"] = rows[5]["judul"] = ""
    add_portal(rows, only="jenis == 'PENGADUAN'")
    for verb in (("pull", "--all"), ("accept",), ("forward",), ("follow", "--everything")):
        assert empty_site.command(*verb).code == 0
    return empty_site


@contextmanager
def cut(store: Store, *statements: str, **params: object) -> Iterator[Work]:
    """The store as it is for somebody with all rights who has run these statements; undone afterwards."""
    with store.begin() as work:
        work.run("RESET ROLE")
        work.run("SET LOCAL session_replication_role = replica")  # neither foreign keys nor triggers
        undone = work.savepoint()
        for statement in statements:
            assert work.run(statement, **params), statement
        yield work
        undone.rollback()


def found(work: Work) -> dict[str, Missing]:
    return {one.what: one for one in stations.amiss(work)}


ONE = "(SELECT min(CAST(complaint AS text)) FROM deliveries)"
ROWS = {
    "items": ("items:interval", "items:head"),
    "refs": ("complaints:head", "heads:item"),
    "complaints": ("complaints:accepted_to",),
    "data_keys": ("erasures:erased",),
    "attempts": ("attempts:attempted",),
}
WHERE = {
    "complaints": f"CAST(id AS text) = {ONE}",
    "data_keys": f"id = (SELECT key_id FROM complaints WHERE CAST(id AS text) = {ONE})",
    "attempts": f"delivery = (SELECT id FROM deliveries WHERE CAST(complaint AS text) = {ONE}) AND step = 'route'",
}
ENTRIES = {
    "pulled": "pulled:stored",
    "accepted": "complaints:accepted",
    "quarantined": "complaints:quarantined",
    "rejected": "complaints:rejected",
    "attempted": "attempts:attempted",
    "forwarded": "deliveries:forwarded",
    "followed": "events:followed",
}


def test_whatever_is_taken_away_at_one_station_is_named(site: Site) -> None:
    """A row of any table, or any entry before it is sealed: `watch` says which complaint or interval it was."""
    with site.hub() as hub, Store(site.database.superuser_url, clock=site.clock) as store:
        own = hub.store
        with own.begin() as work:
            assert list(stations.amiss(work)) == []
            one = work.value(f"SELECT {ONE}")
        for table, names in ROWS.items():
            where = WHERE.get(table, f"CAST(complaint AS text) = {ONE}")
            with cut(store, f"DELETE FROM {table} WHERE {where}") as work:
                said = found(work)
                assert set(names) <= said.keys(), (table, said)
                assert any(one in each.first for each in said.values()), (table, said)
        for act, name in ENTRIES.items():
            with cut(
                store,
                "DELETE FROM entries WHERE id = (SELECT min(id) FROM entries WHERE act = :act AND position("
                "convert_to('\"code\":\"stored\"', 'UTF8') IN body) > 0) OR complaint = (SELECT complaint FROM entries "
                "WHERE act = :act AND complaint IS NOT NULL ORDER BY id LIMIT 1) AND act = :act",
                act=act,
            ) as work:
                assert name in found(work), act
        assert found_by_command(site) == 0


def found_by_command(site: Site) -> int:
    """What `satupintu watch` ends with; once it says so, everything is sealed and indexed, and looked at again."""
    assert site.command("seal").code == 0
    return site.command("watch").code


def test_every_trace_of_one_complaint_gone_leaves_its_intervals_count(site: Site) -> None:
    """Even who deletes a complaint everywhere, with all its entries, leaves an interval that counted one more."""
    with Store(site.database.superuser_url, clock=lambda: START) as store, store.begin() as work:
        work.run("RESET ROLE")
        work.run("SET LOCAL session_replication_role = replica")
        one = work.value(f"SELECT {ONE}")
        interval = work.value("SELECT interval_id FROM items WHERE CAST(complaint AS text) = :one", one=one)
        work.run(
            "DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE CAST(complaint AS text) = :one)",
            one=one,
        )
        for table in (*TABLES, "deliveries", "items", "refs", "entries"):
            column = "id" if table == "complaints" else "complaint"
            work.run(f"DELETE FROM {table} WHERE CAST({column} AS text) = :one", one=one)
        assert {name: each.first for name, each in found(work).items()} == {"items:interval": (str(interval),)}
    said = site.command("watch")
    assert said.code == 1 and f"ledger says: {interval}" in said.out
