"""The whole way back over real sockets: the make-believe LAPOR!, our client, the portal that gets the answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

import hub.answers
from connectors.base import Context
from connectors.build import channel
from connectors.http import HttpClient
from connectors.net import dialler
from connectors.secret import Secrets
from hub.follow import follow
from hub.privacy import Vault
from hub.registry.lapor_v3 import LaporV3
from hub.routing import RegistryConfig
from hub.store.server import Embedded
from sandbox import running
from sandbox.masters import STATUSES
from sandbox.registry_state import ANSWER, Filed, RegistryState
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import START, House, house_in, manifest

SECRETS = {"PORTAL_TOKEN": "sandbox-portal-token-not-a-real-secret"}


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub with the real client; its doors are the real kinds."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        monkeypatch.setattr(hub.answers, "channel", channel)
        yield made


@pytest.fixture
def lapor(house: House) -> Iterator[RegistryState]:
    """A make-believe LAPOR! that the hub's registry is a client of."""
    with running.registry(RegistryState(now=lambda: house.now)) as there:
        client = http(house)
        config = RegistryConfig(
            name="sp4n", kind="lapor_v3", url=there.url, headers=there.headers, statuses=STATUSES, sha256=""
        )
        house.registry = LaporV3(config, client)  # type: ignore[assignment]
        house.statuses = STATUSES
        yield there.state


def http(house: House) -> HttpClient:
    dial = dialler((ipaddress.ip_network("127.0.0.0/8"),))
    secrets = Secrets(None, SECRETS, lambda name, host: None)
    return HttpClient(dial, secrets, lambda: house.now, house.slept.append)


def filed(state: RegistryState) -> Filed:
    sent = {"title": "Jalan berlubang", "content": "Jalan berlubang di depan pasar."}
    return state.complaints[state.create(sent)]


def test_an_answer_travels_from_lapor_to_the_portal(house: House, lapor: RegistryState) -> None:
    """LAPOR! finishes a complaint with an answer in HTML; the portal gets its plain words and its own word for it."""
    with running.portal() as portal:
        ref = next(row["id"] for row in portal.state.records if isinstance(row["id"], str))
        reply = {
            "method": "POST",
            "url": f"{portal.url}/api/aduan/{{ref}}/status",
            "headers": {"Authorization": "Bearer ${secret:PORTAL_TOKEN}"},
            "body": {"status": "{status}", "catatan": "{text}"},
            "statuses": {"followed_up": "proses", "resolved": "selesai"},
        }
        house.manifests["portal"] = manifest("portal", reply=reply)
        house.contexts = lambda manifest, connector: context(house)
        complaint = filed(lapor)
        house.complaint(ref=ref, number=str(complaint.complaint_id))

        assert follow(house.hub).done == 1
        house.later(minutes=5)
        lapor.move(complaint, "Ditindaklanjuti", ANSWER)
        assert follow(house.hub).words["answers_sent"] == 3  # the first status as well, now that there is a word
        house.later(minutes=5)
        lapor.move(complaint, "Selesai")
        assert follow(house.hub).words["answers_sent"] == 1

    assert [one["status"] for one in portal.state.answers] == ["proses", "proses", "proses", "selesai"]
    told = [one["catatan"] for one in portal.state.answers]
    assert ["petugas sudah menindaklanjutinya" in text for text in told].count(True) == 1
    assert "Status berubah" not in "".join(told) and "<p>" not in "".join(told)
    assert house.rows("SELECT code FROM replies WHERE state <> 'sent'") == []


def context(house: House) -> Context:
    secrets = Secrets(None, SECRETS, lambda name, host: None)
    dial = dialler((ipaddress.ip_network("127.0.0.0/8"),))
    return Context(http=cast("Any", http(house)), dial=dial, secret=secrets, clock=lambda: house.now)


def test_the_registrys_own_faults_are_survived(house: House, lapor: RegistryState) -> None:
    """A log upside down and pages in a circle change nothing; an unknown word is flagged and not applied."""
    complaint = filed(lapor)
    house.complaint(number=str(complaint.complaint_id))
    for name in ("Terverifikasi", "Dalam Proses"):
        house.later(minutes=1)
        lapor.move(complaint, name)
    lapor.switches.set("status_log_out_of_order", True)
    lapor.switches.set("page_loop", True)
    circle = follow(house.hub)
    assert house.value("SELECT last_status FROM deliveries") == "in_progress"
    assert any("page_loop" in sentence for sentence in circle.owed)
    lapor.switches.set("page_loop", False)
    lapor.switches.set("unknown_status_name", True)
    house.later(minutes=5)
    tally = follow(house.hub)
    assert (tally.words["unknown_status"], house.value("SELECT last_status FROM deliveries")) == (1, "in_progress")


def test_every_error_of_the_registry_is_tried_again(house: House, lapor: RegistryState) -> None:
    """Maintenance page, 500 and 429: nothing is written, the complaint is asked about again and then read."""
    complaint = filed(lapor)
    house.complaint(number=str(complaint.complaint_id))
    for fault in ("html_error_page_200", "429_with_retry_after"):
        lapor.switches.set(fault, True)
        lapor.switches.set("html_error_page_200", fault == "html_error_page_200")
        tally = follow(house.hub)
        assert (tally.done, len(tally.owed)) == (0, 1)
        house.later(hours=1)
    lapor.switches.set("429_with_retry_after", False)
    house.later(days=1)
    assert (follow(house.hub).done, house.now > START) == (1, True)
