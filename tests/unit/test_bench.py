"""What the benchmark rests on: all programs read the same records and make the same complaints of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench import tables
from bench.dedup_peers import best_threshold, clusters
from bench.ours import digest, line_of, manifest
from bench.peers import by_hand
from bench.source import INVALID_EVERY, Portal, record
from connectors.manifest import load
from connectors.mapping import compile as compile_mapping
from hub.normalise import Normalised, normalise

RECORDS = [record(number, 5 * INVALID_EVERY) for number in range(200)] + [
    record(7 + INVALID_EVERY * way, 5 * INVALID_EVERY) for way in range(1, 5)
]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Normalised]:
    """The hub's own mapping of the bench's manifest."""
    path = tmp_path_factory.mktemp("bench") / "contoh.yaml"
    path.write_text(json.dumps(manifest("contoh", "http://127.0.0.1:9/api/aduan")))
    one = load(path)
    mapping = compile_mapping(one)

    def made(raw: dict[str, Any]) -> Normalised:
        return normalise(
            payload=raw,
            trouble=None,
            ref=json.dumps(raw["id"]),
            complaint_id="00000000-0000-5000-8000-000000000000",
            connector="contoh",
            received_at=datetime(2026, 12, 1, tzinfo=UTC),
            manifest=one,
            mapping=mapping,
        )

    return made


@pytest.fixture(params=["0", "1"])
def peers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> by_hand.Rows:
    """The mapping that all peers share, with jsonschema and with jsonschema-rs."""
    schema = Path(__file__).parents[2] / "schemas" / "complaint.schema.json"
    monkeypatch.setenv("BENCH_SCHEMA", str(schema))
    monkeypatch.setenv("BENCH_RS", request.param)
    return by_hand.Rows()


def test_every_program_makes_the_same_complaints(
    ours: Callable[[dict[str, Any]], Normalised], peers: by_hand.Rows
) -> None:
    """Ratios compare the same work: canonical documents and refusals are equal, record for record."""
    rows = list(peers.of(RECORDS))
    made = [ours(raw) for raw in RECORDS]
    complaints = [one.complaint.document() for one in made if one.complaint]
    theirs = [line_of(json.loads(row["document"]), row["title"], row["status"]) for row in rows]
    assert theirs == [line_of(document) for document in complaints]
    assert digest(theirs) == digest(line_of(document) for document in complaints)
    refused = [json.dumps(raw["id"]) for raw, one in zip(RECORDS, made, strict=True) if one.problems]
    assert peers.rejected == refused
    assert len(refused) == 5


def test_records_are_those_of_the_field() -> None:
    """Eighteen fields and about 1,860 bytes: what is measured is of the size that was promised."""
    sizes = [len(json.dumps(raw)) for raw in RECORDS]
    assert {len(raw) for raw in RECORDS} == {18}
    assert 1_700 < sum(sizes) / len(sizes) < 2_000


def test_the_portal_pages_through_everything_once(tmp_path: Path) -> None:
    """Pages hold every record in order, tell the total, end with an empty list, and `since` leaves out what is older."""
    portal = Portal(23, tmp_path / "records")
    pages = [json.loads(portal.page({"page": [str(n)], "limit": ["10"]}, 23)) for n in range(1, 5)]
    assert [raw["id"] for page in pages for raw in page["data"]] == [record(n, 23)["id"] for n in range(23)]
    assert [len(page["data"]) for page in pages] == [10, 10, 3, 0]
    assert {page["total"] for page in pages} == {23}
    late = datetime.fromisoformat(record(20, 23)["updated_at"]) - timedelta(seconds=1)
    page = json.loads(portal.page({"since": [late.astimezone(UTC).isoformat()]}, 23))
    assert [raw["id"] for raw in page["data"]] == [record(n, 23)["id"] for n in (20, 21, 22)]
    assert json.loads(portal.page({"page": ["1"]}, 0)) == {"data": [], "total": 0}


def test_a_peer_of_deduplication_has_its_best_threshold() -> None:
    """Nobody looks worse than they are: the threshold is where joining pairs gives the highest F1, equal scores together."""
    matter = {"a": "1", "b": "1", "c": "1", "d": "2", "e": "3"}
    pairs = [("a", "b", 0.9), ("b", "c", 0.5), ("c", "d", 0.5), ("d", "e", 0.5)]
    assert best_threshold(matter, pairs) == 0.9
    right = [("a", "b", 0.9), ("b", "c", 0.6), ("c", "d", 0.5)]
    assert best_threshold(matter, right) == 0.6
    found = clusters(matter, right, 0.6)
    assert found["a"] == found["b"] == found["c"]
    assert len(set(found.values())) == 3


def test_what_protection_costs_is_said_of_pull_and_accept_together() -> None:
    """Encryption and detection are added up over both steps, as a share that stands beside its promise."""
    found = {
        "everything": (100.0, 100.0),
        tables.CIPHER: (90.0, 95.0),
        tables.CIPHER_AND_KEYS: (70.0, None),
        tables.DETECTION: (100.0, 85.0),
    }
    assert "25 % of pull + accept (promised: at most 35%)" in tables.protection(found)
