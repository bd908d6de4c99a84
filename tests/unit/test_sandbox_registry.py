"""The make-believe registry: shapes that real clients read, and failures that a test asks for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from sandbox import masters, running
from sandbox.registry_state import RegistryState

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
COMPLAINT: dict[str, Any] = {
    "title": "Lampu mati", "content": "Lampu mati di depan balai. [Ref 0]", "channel": 13, "classification_id": 6,
    "category_id": 436, "location_id": 15, "is_new_user_slider": False, "user_id": masters.SERVICE_USER,
    "attachments": False,
}  # fmt: skip


@pytest.fixture
def lapor() -> Iterator[tuple[running.RunningRegistry, requests.Session]]:
    with running.registry(RegistryState(now=lambda: NOON)) as registry, requests.Session() as client:
        client.headers.update(registry.headers)
        yield registry, client


def switch(url: str, **faults: Any) -> None:
    """Tell a counterpart how to fail."""
    assert requests.post(f"{url}/_sandbox/switch", json=faults, timeout=5).status_code == 200


def _file(client: requests.Session, url: str, **changes: Any) -> requests.Response:
    return client.post(f"{url}/complaints/complaint", json={**COMPLAINT, **changes}, timeout=5)


def test_the_three_steps_of_a_forward_have_the_shapes_that_real_clients_read(lapor: Any) -> None:
    """A client written for LAPOR! v3 finds file ids in two lists and complaint_id at the root, and can route."""
    registry, client = lapor
    parts = [("attachments[]", ("foto.png", b"x")), ("attachments[]", ("surat.pdf", b"y"))]
    files = client.post(f"{registry.url}/complaints/complaint/file", files=parts, timeout=5).json()["results"]
    ids = [files["images"][0]["id"], files["docs"][0]["id"]]
    for form in (f"[{ids[0]},{ids[1]}]", f"[{ids[0]},{ids[1]}]."):
        number = _file(client, registry.url, attachments=form).json()["complaint_id"]
    sent = {"is_request": 1, "reason": 3101, "reason_description": "wewenang provinsi", "not_authority": 1}
    assert client.post(f"{registry.url}/complaints/process/{number}/reject", json=sent, timeout=5).ok
    held = requests.get(f"{registry.url}/_sandbox/complaints", timeout=5).json()
    assert (held["count"], held["complaints"][1]["institution_id"]) == (2, 3101)


def test_reading_a_complaint_gives_logs_with_placeholders_and_json_inside_json(lapor: Any) -> None:
    """Status notes hold HTML and {{placeholders}}, times carry no zone, and `data` of a log is a JSON string."""
    registry, client = lapor
    number = _file(client, registry.url).json()["complaint_id"]
    wish = {"to": "Ditindaklanjuti", "ids": [number], "answer": "<p>Sudah diperbaiki</p>"}
    assert requests.post(f"{registry.url}/_sandbox/advance", json=wish, timeout=5).json() == {"moved": 1}
    results = client.get(f"{registry.url}/complaints/{number}/complaint", timeout=5).json()["results"]
    assert results["data"]["status_name"] == "Ditindaklanjuti"
    assert results["data"]["status_logs"][0]["timestamp"] == "20-11-2026 12:00:00"
    assert "{{status_old}}" in results["data"]["status_logs"][1]["note"]
    assert json.loads(results["data_logs"][0]["data"])["status_new"] == "Ditindaklanjuti"
    assert set(results["data_logs"][0]["institution_to"]) == {"id", "name"}


def test_follow_ups_come_in_pages_and_can_be_added(lapor: Any) -> None:
    """Eleven follow-ups are ten and one, linked by next_page_url; each names its institutions and attachments."""
    registry, client = lapor
    number = _file(client, registry.url).json()["complaint_id"]
    form = {"complaint_id": str(number), "content": "Kami cek", "institution_to_id": "3101", "user_id": "1"}
    for _ in range(11):
        files = {"attachment[0]": ("a b.png", b"x")}
        assert client.post(f"{registry.url}/complaints/followup/add", data=form, files=files, timeout=5).ok
    first = client.get(f"{registry.url}/complaints/{number}/followups?page=1", timeout=5).json()["results"]
    second = client.get(first["next_page_url"], timeout=5).json()["results"]
    assert (len(first["data"]), len(second["data"]), second["next_page_url"]) == (10, 1, None)
    assert first["data"][0]["attachments"] == [
        {"path": "/storage/1/a b.png", "file_name": "a b.png", "extension": "png"}
    ]


def test_the_masters_list_institutions_and_templates(lapor: Any) -> None:
    """The mapping tables can be loaded from the registry itself."""
    registry, client = lapor
    rows = client.get(f"{registry.url}/masters/institutions/external?page_size=1000", timeout=5).json()["results"]
    assert {"id": 3101, "name": "Pemerintah Provinsi Jawa Timur"} in rows["data"]
    templates = client.get(f"{registry.url}/masters/templates?page_size=1000", timeout=5).json()["results"]["data"]
    assert set(templates[0]) == {"template_code", "title", "type", "content"}


@pytest.mark.parametrize("missing", ["Authorization", "token"])
def test_both_secrets_are_needed(lapor: Any, missing: str) -> None:
    """Either secret alone opens nothing, and what was refused is counted but not stored."""
    registry, client = lapor
    del client.headers[missing]
    assert _file(client, registry.url).status_code == 401
    assert (registry.state.calls["create"], len(registry.state.complaints)) == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"content": None}, {"attachments": "[77]"}, {"attachments": [1]}, {"user_id": None},
        {"is_new_user_slider": True, "nameUser": "Wulan"},
    ],
)  # fmt: skip
def test_a_create_that_the_real_registry_would_refuse_is_refused(lapor: Any, wrong: dict[str, Any]) -> None:
    """Wrong payloads are 422 with the field named, so a client's mistake shows here first."""
    registry, client = lapor
    answer = _file(client, registry.url, **wrong)
    assert answer.status_code == 422 and answer.json()["errors"]


def test_a_dropped_response_is_a_broken_connection_after_the_commit(lapor: Any) -> None:
    """The client sees the connection break, the registry has the complaint all the same; then all is well again."""
    registry, client = lapor
    switch(registry.url, drop_response_after_commit=2)
    for _ in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            _file(client, registry.url)
    assert _file(client, registry.url).ok and len(registry.state.complaints) == 3


def test_failures_before_and_after_the_commit_differ_in_what_is_stored(lapor: Any) -> None:
    """500_once stores nothing and passes; 500_after_commit stores; a gateway's HTML page is 200 and stores nothing."""
    registry, client = lapor
    switch(registry.url, **{"500_once": True})
    assert [_file(client, registry.url).status_code for _ in range(2)] == [500, 200]
    switch(registry.url, **{"500_after_commit": 1})
    assert _file(client, registry.url).status_code == 500 and len(registry.state.complaints) == 2
    switch(registry.url, html_error_page_200=1)
    answer = _file(client, registry.url)
    assert answer.status_code == 200 and answer.text.startswith("<!doctype html")
    assert len(registry.state.complaints) == 2


def test_rate_limits_expiry_and_slowness(lapor: Any) -> None:
    """429 says how long to wait, an expired token is 401, and a slow call is stored although nobody waits for it."""
    registry, client = lapor
    switch(registry.url, **{"429_with_retry_after": {"times": 1, "seconds": 7}})
    limited = _file(client, registry.url)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    switch(registry.url, expired_token_401=1)
    assert _file(client, registry.url).status_code == 401
    switch(registry.url, slow_90s={"times": 1, "seconds": 0.2})
    with pytest.raises(requests.exceptions.ReadTimeout):
        client.post(f"{registry.url}/complaints/complaint", json=COMPLAINT, timeout=0.05)
    switch(registry.url, slow_90s={"times": 1, "seconds": 0.3})
    assert _file(client, registry.url).ok and len(registry.state.complaints) == 2


def test_reading_can_be_made_confusing(lapor: Any) -> None:
    """Logs out of order, a status nobody knows, and a page that names itself as the next one."""
    registry, client = lapor
    number = _file(client, registry.url).json()["complaint_id"]
    requests.post(f"{registry.url}/_sandbox/advance", json={"to": "Selesai"}, timeout=5)
    switch(registry.url, status_log_out_of_order=1, unknown_status_name=1, page_loop=1)
    data = client.get(f"{registry.url}/complaints/{number}/complaint", timeout=5).json()["results"]["data"]
    assert "Selesai" in data["status_logs"][0]["note"] and data["status_name"] not in masters.STATUSES
    looping = client.get(f"{registry.url}/complaints/{number}/followups?page=1", timeout=5).json()["results"]
    assert looping["next_page_url"].endswith("page=1")


def test_an_unknown_switch_is_named(lapor: Any) -> None:
    """A mistyped switch in a test is an error, never a test that proves nothing."""
    registry, _ = lapor
    answer = requests.post(f"{registry.url}/_sandbox/switch", json={"drop": True}, timeout=5)
    assert answer.status_code == 422 and "drop" in answer.text


def test_many_creates_at_once_are_all_kept(lapor: Any) -> None:
    """Eight clients file 80 complaints at the same time: 80 numbers, no two alike."""
    registry, client = lapor
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: _file(client, registry.url).json()["complaint_id"], range(80)))
    assert len(set(numbers)) == len(registry.state.complaints) == 80


def test_days_at_the_registry_bring_statuses_and_answers() -> None:
    """After two working days every status of the path has been reached, some are refused, and answers exist."""
    state = RegistryState(now=lambda: NOON)
    for _ in range(60):
        state.create(dict(COMPLAINT))
    assert state.advance() and state.advance()
    reached = Counter(filed.status for filed in state.complaints.values())
    assert {"Terverifikasi", "Ditindaklanjuti", "Selesai", "Ditolak"} <= set(reached) <= set(masters.STATUSES)
    assert sum(len(filed.followups) for filed in state.complaints.values()) > 10
