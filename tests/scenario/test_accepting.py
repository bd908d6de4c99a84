"""Stories about accept: nothing is passed over, nothing is tried for ever, and what cannot be read says why."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Item
from hub import accepting, steps
from hub.audit.entry import Entry
from hub.keeping import Keeping
from hub.oversight import figures
from hub.pulling import manifest_of
from hub.spine import Hub
from hub.store import connectors, leases
from hub.store.leases import LostLease
from hub.store.log import append
from hub.store.work import StoreUnavailable
from sandbox.portal import generate
from tests.scenario.conftest import START, Portals, Site
from tests.scenario.test_ids_used_again import ANI, BUDI, record

UNDER_LEASE = """
CREATE FUNCTION under_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM leases WHERE connector = NEW.connector AND verb = 'pull'
                   AND xmin = pg_current_xact_id()::xid) THEN
        RAISE EXCEPTION 'an item without the lease of its pull';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER under_lease AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION under_lease();
"""


def test_every_batch_of_a_pull_holds_its_lease(empty_site: Site, add_portal: Portals) -> None:
    """Items of one connector become visible in the order of their numbers: accept, which reads on from a mark, misses none."""
    add_portal(generate(new=120))
    with empty_site.database.connect(superuser=True) as connection:
        connection.execute(UNDER_LEASE)
    with empty_site.hub() as hub:
        assert steps.pull(hub, "jatim-portal").done == 120
        assert steps.accept(hub, ["jatim-portal"]).done == 120


def test_nobody_takes_a_lease_over_while_a_batch_is_open(empty_site: Site, add_portal: Portals) -> None:
    """A pull that was thought dead either commits before the next one begins, or not at all."""
    add_portal([])
    with empty_site.hub() as hub:
        steps.pull(hub, "jatim-portal")
        late = START + timedelta(hours=1)
        with hub.store.begin() as batch:
            own = connectors.find(batch, "jatim-portal")
            assert own is not None
            with hub.store.begin() as work:
                token = leases.take(work, own.id, "pull", "first", START)
            assert token is not None
            leases.renew(batch, own.id, "pull", token, START)
            with pytest.raises(StoreUnavailable), hub.store.begin() as other:  # noqa: PT012
                other.run("SET LOCAL lock_timeout = '1ms'")
                leases.take(other, own.id, "pull", "second", late)
        with hub.store.begin() as other:
            assert leases.take(other, own.id, "pull", "second", late)
        with pytest.raises(LostLease), hub.store.begin() as batch:
            leases.renew(batch, own.id, "pull", token, late)


def kept(hub: Hub, *raws: bytes) -> None:
    """Items of the portal as they would have been pulled; nobody has read them yet."""
    manifest = manifest_of(hub, "jatim-portal")
    found = [Item(ref=f'"{number}"', raw=raw, payload=None) for number, raw in enumerate(raws, start=1)]
    with hub.store.begin() as work:
        connector = connectors.find(work, "jatim-portal")
        assert connector is not None
        interval = work.value("SELECT max(id) FROM intervals")
        Keeping(hub=hub, manifest=manifest, connector=connector).keep(work, found, interval=interval, now=hub.clock())
        append(work, Entry(act="pulled", at=hub.clock(), actor=hub.actor, count=len(found)))


def test_what_two_readers_would_read_differently_is_quarantined(empty_site: Site, add_portal: Portals) -> None:
    """A name that comes twice, NaN, broken text: the item waits with its reason, and the next one is accepted."""
    add_portal([])
    good = b'{"id": "4", "judul": "Jalan rusak", "isi": "Jalan berlubang di depan balai desa.", "rahasia": "tidak"}'
    with empty_site.hub() as hub:
        steps.pull(hub, "jatim-portal")
        kept(hub, b'{"id": "1", "isi": "a", "isi": "b"}', b'{"id": "2", "isi": NaN}', b'{"id": "3", "isi": }', good)
        tally = steps.accept(hub, ["jatim-portal"])
    assert tally.words == {"quarantined": 3, "on_the_way": 1}
    rules = [line["reasons"][0]["rule"] for line in empty_site.export("quarantine")]
    assert rules == ["doubled_key", "not_a_number", "not_json"]


def test_a_better_mapping_ends_with_an_empty_quarantine(empty_site: Site, add_portal: Portals) -> None:
    """Two versions in quarantine turn out to be another citizen's complaint: both leave, and accept comes to an end."""
    plain: dict[str, Any] = {"with": {"created": "tidak_ada"}}
    portal = add_portal([record(ANI, 10)], **plain)
    with empty_site.hub() as hub:
        steps.sync(hub, ["jatim-portal"])
        for day, more in ((11, ""), (12, " Mohon segera.")):
            text = {"isi": None, "uraian": BUDI["isi"] + more}
            portal.state.records[:] = [record({**BUDI, **text}, 10, updated_at=f"2026-11-{day}T10:00:00")]
            assert steps.sync(hub, ["jatim-portal"])[1].words == {"quarantined": 1}
    path = empty_site.home / "manifests" / "jatim-portal.yaml"
    path.write_text(path.read_text().replace("body: isi", "body: isi || uraian"))
    with empty_site.hub() as hub:
        assert steps.accept(hub, ["jatim-portal"]).words == {"on_the_way": 1, "updated": 1}
        assert steps.accept(hub, ["jatim-portal"]).done == 0
        assert figures(hub)["connectors"]["jatim-portal"]["stored"] == 2
    assert empty_site.export("quarantine") == []


def test_without_verdicts_everything_else_is_the_same(empty_site: Site, add_portal: Portals) -> None:
    """What the bench leaves out is the verdict alone: text, reporter, case, outbox row and entry are there."""
    add_portal([record(ANI, 10, "A-1"), record(ANI, 10, "A-2"), record(BUDI, 11, "A-3")])
    with empty_site.hub() as hub:
        steps.pull(hub, "jatim-portal")
        assert accepting.accept(hub, "jatim-portal", judge=False).words == {"on_the_way": 3}
    with empty_site.database.connect(superuser=True) as connection:
        counts = Counter(
            {
                table: connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()[0][0]
                for table in ("complaints", "cases", "deliveries", "links", "reporter_tokens", "dedup_keys")
            }
        )
        entries = connection.execute("SELECT count(*) FROM entries WHERE act = 'accepted'").fetchall()[0][0]
    assert counts == {"complaints": 3, "cases": 3, "deliveries": 3, "links": 0, "reporter_tokens": 6, "dedup_keys": 0}
    assert entries == 3
    assert {line["outcome"] for line in empty_site.export("complaints")} == {"on_the_way"}


def test_an_entry_says_how_much_personal_data_a_text_holds_and_never_which(
    empty_site: Site, add_portal: Portals
) -> None:
    """The log counts numbers of cards and telephones by kind; `look=False`, for the bench, leaves it out."""
    told = {**ANI, "isi": ANI["isi"] + " NIK saya 3573014101900001, hp 0812-3456-7890 atau 081234567891."}
    add_portal([record(told, 10, "A-1"), record(BUDI, 11, "A-2")])
    with empty_site.hub() as hub:
        steps.pull(hub, "jatim-portal")
        accepting.accept(hub, "jatim-portal")
    with empty_site.database.connect(superuser=True) as connection:
        bodies = [row[0] for row in connection.execute("SELECT body FROM entries WHERE act = 'accepted' ORDER BY id")]
    said = [
        json.loads(bytes(body))["detail"].get("personal") for body in bodies if isinstance(body, bytes | memoryview)
    ]
    assert sorted(said, key=str) == [None, ["nik:1", "phone:2"]]
    assert b"3573014101900001" not in b"".join(bytes(body) for body in bodies if isinstance(body, bytes | memoryview))
