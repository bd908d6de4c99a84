"""A second kind of registry, in one file: it can be asked for our reference, lists, and tells what has changed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from connectors.errors import Refused, Unavailable
from connectors.http import HttpClient
from connectors.net import dialler
from hub.registry.port import Feeds, File, FindsReferences, FollowUp, Lists, TakesFollowUps
from hub.registry.reference_v1 import ReferenceV1
from hub.routing import RegistryConfig, Target, load
from sandbox.reference import settings
from sandbox.running import RunningReference, reference
from tests.unit.hub.outbox import document

TARGET = Target(institution_id=3102, location_id=15, category_id=438, classification_id=6)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningReference]:
    """One make-believe registry for all tests of this file."""
    with reference() as running:
        yield running


@pytest.fixture
def client(server: RunningReference) -> ReferenceV1:
    """A client of it."""
    return made(server.url, server.headers)


def made(url: str, headers: dict[str, str]) -> ReferenceV1:
    """A client of the registry at `url`."""
    config = RegistryConfig(name="rujukan", kind="reference_v1", url=url, headers=headers, sha256="0" * 64)
    dial = dialler([ipaddress.ip_network("127.0.0.0/8")])
    return ReferenceV1(config, HttpClient(dial, lambda text, host: text, lambda: datetime(2026, 12, 1, tzinfo=UTC)))


def test_it_keeps_every_promise_of_the_port(client: ReferenceV1, tmp_path: object) -> None:
    """Another registry is one file: it can do all that the spine may ask of one."""
    for port in (TakesFollowUps, FindsReferences, Lists, Feeds):
        assert isinstance(client, port)


def test_its_settings_are_read(tmp_path: object) -> None:
    """The kind is known to the schema, and its YAML to the hub."""
    path = tmp_path / "rujukan.yaml"  # type: ignore[operator]
    path.write_text(settings("http://127.0.0.1:9"))
    assert (load(path).kind, load(path).lookup) == ("reference_v1", "by_reference")


def test_a_complaint_goes_there_and_is_found(client: ReferenceV1, server: RunningReference) -> None:
    """What was filed is found by our own id, and only that."""
    own = uuid4()
    files = client.upload([File(name="a.pdf", media_type="application/pdf", content=b"x")] * 2)
    created = client.create(document(own), TARGET, files.file_ids)
    assert created.outcome == "done" and created.registry_id is not None
    assert client.route(created.registry_id, TARGET).outcome == "done"
    assert client.find(str(own)) == [created.registry_id] and client.find(str(uuid4())) == []
    there = server.state.reports[int(created.registry_id)].sent
    assert there["institution"] == 3102 and len(there["files"]) == 2 and f"[Ref {own}]" in there["text"]


@pytest.mark.parametrize(
    ("fault", "outcome", "there"),
    [
        ("drop_response_after_commit", "unknown", 1),
        ("500_after_commit", "unknown", 1),
        ("500_once", "unknown", 0),
        ("html_error_page_200", "unknown", 0),
        ("429_with_retry_after", "retry", 0),
        ("expired_token_401", "retry", 0),
    ],
)
def test_after_a_fault_it_can_be_asked(
    client: ReferenceV1, server: RunningReference, fault: str, outcome: str, there: int
) -> None:
    """An unknown outcome is a question that this registry answers."""
    own = uuid4()
    server.state.switches.set(fault, {"times": 1, "on": ["create"]})
    assert client.create(document(own), TARGET, []).outcome == outcome
    assert len(client.find(str(own))) == there


def test_everything_is_listed_page_by_page(client: ReferenceV1, server: RunningReference) -> None:
    """The list is whole, however many pages it has, and begins where it is asked to."""
    ids = {str(uuid4()) for _ in range(23)}
    for own in ids:
        client.create(document(UUID(own)), TARGET, [])
    since = datetime.now(UTC) - timedelta(hours=1)
    assert ids <= {one.reference for one in client.listed(since)}
    assert list(client.listed(since + timedelta(hours=2))) == []
    server.state.switches.set("html_error_page_200", {"times": 1, "on": ["list"]})
    with pytest.raises(Unavailable):
        list(client.listed(since))


def test_news_come_behind_a_position(client: ReferenceV1, server: RunningReference) -> None:
    """What has changed since the last time is told once; nothing new is told as nothing."""
    last = list(client.news(None))[-1].position
    numbers = [client.create(document(uuid4()), TARGET, []).registry_id for _ in range(12)]
    pages = list(client.news(last))
    assert [own for page in pages for own in page.registry_ids] == numbers and len(pages) == 2
    assert [page.registry_ids for page in client.news(pages[-1].position)] == [[]]


def test_notes_and_statuses_come_back(client: ReferenceV1, server: RunningReference) -> None:
    """What is added stands there once under our reference, and events come back with times and zones."""
    number = client.create(document(uuid4()), TARGET, []).registry_id
    assert number is not None
    note = FollowUp(id=str(uuid4()), text="Sudah diperbaiki.", by="agency", status="resolved")
    assert client.follow_up(number, note).outcome == "done"
    server.state.happened(int(number), "status", status="done", by="agency", text="Selesai")
    events = list(client.changes(number))
    assert [one.what for one in events] == ["status", "follow_up", "status"]
    assert [one.name for one in events] == ["received", "", "done"] and all(one.at for one in events)


def test_a_wrong_key_is_told(server: RunningReference) -> None:
    """Whoever keeps the configuration has to act; nothing is unknown."""
    stranger = made(server.url, {"Authorization": "Bearer wrong"})
    assert stranger.create(document(uuid4()), TARGET, []).outcome == "retry" and not stranger.alive()
    with pytest.raises(Refused):
        stranger.find("x")
