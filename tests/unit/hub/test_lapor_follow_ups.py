"""LAPOR! v3: what is added to a complaint later, its own lists, and texts that are longer than it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from connectors.errors import ChannelError
from hub.registry.lapor_reading import changes
from hub.registry.lapor_v3 import LaporV3, payload
from hub.registry.lapor_writing import follow_up_form
from hub.registry.port import File, FollowUp, HasMasters, TakesFollowUps
from hub.registry.wording import attached, content, flags, shortened
from hub.routing import Limits
from sandbox.masters import INSTITUTIONS
from sandbox.running import RunningRegistry, registry
from tests.unit.hub.outbox import config, document
from tests.unit.hub.test_lapor_v3 import TARGET, client

OWN = UUID(int=5, version=5)
NOTE = FollowUp(id=str(OWN), text=f"Lampu sudah diganti.\n\n[Ref {OWN}]", by="agency", institution_id=3102)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningRegistry]:
    """One make-believe LAPOR! for all tests of this file."""
    with registry() as running:
        yield running


@pytest.fixture
def lapor(server: RunningRegistry) -> LaporV3:
    """A client of it."""
    return client(server.url, server.headers)


def test_what_is_added_stands_in_the_registry(lapor: LaporV3, server: RunningRegistry) -> None:
    """An answer of a region arrives once, whole, from its institution, with its files."""
    created = lapor.create(document(OWN), TARGET, [])
    assert isinstance(lapor, TakesFollowUps) and created.registry_id is not None
    photo = File(name="foto.jpg", media_type="image/jpeg", content=b"\xff\xd8")
    note = FollowUp(id=NOTE.id, text=NOTE.text, by="agency", institution_id=3102, is_secret=True, files=(photo, photo))
    receipt = lapor.follow_up(created.registry_id, note)
    (there,) = server.state.complaints[int(created.registry_id)].followups
    assert (receipt.outcome, receipt.registry_id) == ("done", str(there["id"]))
    assert there["content"].replace("\r", "") == NOTE.text and there["institution_from_id"] == 3102
    assert [one["file_name"] for one in there["attachments"]] == ["foto.jpg", "foto.jpg"]
    assert there["sent"]["is_secret"] == "1" and there["sent"]["user_id"] == "770001"


def test_files_of_an_answer_have_name_and_address() -> None:
    """A reporter is told which files came with an answer; what is no address of the web is none, nor a secret in one."""
    rows = [
        {"path": "/storage/7/foto.jpg", "file_name": "foto.jpg", "extension": "jpg"},
        {"path": "https://berkas.contoh.invalid/a.pdf?key=1", "file_name": ""},
        {"path": "javascript:alert(1)", "file_name": "x"},
        {"path": None, "extension": "png"},
    ]
    (answer,) = changes({}, [{"id": 1, "attachments": rows}], base="http://127.0.0.1:9/lapor/3.0.0")
    assert answer.files == (
        ("foto.jpg", "http://127.0.0.1:9/storage/7/foto.jpg"),
        ("a.pdf", "https://berkas.contoh.invalid/a.pdf"),
        ("x", ""),
        ("lampiran.png", ""),
    )


@pytest.mark.parametrize(
    ("by", "hub", "sender"),
    [("agency", None, "3102"), ("agency", 41, "3102"), ("reporter", None, ""), ("reporter", 41, "41")],
)
def test_a_reporter_never_speaks_as_the_agency(by: str, hub: int | None, sender: str) -> None:
    """What a citizen adds must not count as an answer of the institution; every field of the form is there."""
    note = FollowUp(id=NOTE.id, text=NOTE.text, by=by, institution_id=3102)
    form = dict(follow_up_form("9", note, config(institution_id=hub, template_code="TL01")))
    assert form["institution_from_id"][1] == sender and form["institution_to_id"][1] == "3102"
    assert set(form) == {
        *("user_id", "institution_from_id", "institution_to_id", "complaint_id", "info_disposition"),
        *("template_code", "rating", "is_secret", "content"),
    }
    assert form["template_code"][1] == "TL01"


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [
        ("drop_response_after_commit", "unknown", "cut"),
        ("500_after_commit", "unknown", "http_500"),
        ("500_once", "unknown", "http_500"),
        ("html_error_page_200", "unknown", "html"),
        ("429_with_retry_after", "retry", "http_429"),
        ("expired_token_401", "retry", "http_401"),
    ],
)
def test_an_addition_without_a_clear_answer(
    lapor: LaporV3, server: RunningRegistry, fault: str, outcome: str, code: str
) -> None:
    """Nobody knows after a lost answer; after a clear no it is simply sent again."""
    number = lapor.create(document(OWN), TARGET, []).registry_id
    assert number is not None
    server.state.switches.set(fault, {"times": 1, "on": ["followup_add"]})
    receipt = lapor.follow_up(number, NOTE)
    assert (receipt.outcome, receipt.code) == (outcome, code)


def test_an_addition_to_nothing_is_not_done(lapor: LaporV3) -> None:
    """A number that the registry does not know got nothing."""
    assert lapor.follow_up("1", NOTE).outcome == "retry"


def test_its_own_lists_are_read_to_the_end(lapor: LaporV3, server: RunningRegistry) -> None:
    """All institutions and templates come, however many pages they fill."""
    assert isinstance(lapor, HasMasters)
    server.state.most_rows = 5
    try:
        rows = list(lapor.masters())
    finally:
        server.state.most_rows = 1_000
    institutions = {int(row.foreign_id): row.name for row in rows if row.what == "institution"}
    assert institutions == INSTITUTIONS
    assert [row.foreign_id for row in rows if row.what == "template"] == ["TL01", "TL02"]


@pytest.mark.parametrize(
    ("fault", "where"), [("page_loop", "external"), ("page_loop", "templates"), ("html_error_page_200", "templates")]
)
def test_half_a_list_is_no_list(lapor: LaporV3, server: RunningRegistry, fault: str, where: str) -> None:
    """A list that leads back to itself or breaks off is an error, not a shorter list."""
    server.state.switches.set(fault, {"on": [where]})
    try:
        with pytest.raises(ChannelError):
            list(lapor.masters())
    finally:
        server.state.switches.set(fault, False)


# limits ------------------------------------------------------------------------------------------------------------


def test_a_long_title_stands_in_the_text() -> None:
    """Nothing of a title is lost that the registry's field is too short for."""
    long = "Lampu jalan mati " * 12
    sent = payload(document(OWN, title=long), TARGET, [], config())
    assert len(sent["title"]) == 100 and sent["title"].endswith("…")
    assert sent["content"].startswith(f"Judul: {long}\n\n") and sent["content"].endswith(f"[Ref {OWN}]")


def test_a_title_that_begins_the_text_is_not_said_twice() -> None:
    """A title that was made from the text's own beginning is there already."""
    body = "Lampu jalan di Gang Kenari mati  sejak Senin " * 5
    sent = payload(document(OWN, body=body, title=f"{' '.join(body.split())[:119]}…"), TARGET, [], config())
    assert sent["content"].startswith("Lampu jalan") and len(sent["title"]) == 100


def test_a_long_text_says_that_the_rest_is_attached() -> None:
    """What the registry does not take as text goes along as a file, and both say so; the marker stays."""
    complaint, limits = document(OWN, body="Jalan rusak berat. " * 100), Limits(content=600)
    text, file = content(complaint, limits), attached(complaint, limits)
    assert len(text) <= 600 and text.endswith(f"[Ref {OWN}]") and "isi-lengkap.txt" in text
    assert file is not None and file.name == "isi-lengkap.txt" and file.content.decode() == content(complaint)
    assert "text_attached" in flags(complaint, TARGET, limits)
    assert attached(complaint, Limits()) is None and flags(complaint, TARGET, Limits()) == ()


@pytest.mark.parametrize("length", [499, 500, 501, 5_000])
def test_a_text_is_cut_only_where_it_must(length: int) -> None:
    """A text that fits is sent untouched; one that does not is never longer than the limit."""
    text = f"{'x' * (length - 45)}\n\n[Ref {OWN}]"
    assert len(text) == length - 45 + 2 + 42
    sent, file = shortened(text, 500)
    assert len(sent) <= 500 and sent.endswith(f"[Ref {OWN}]")
    assert (file is None) == (len(text) <= 500) == (sent == text)


def test_a_long_addition_goes_along_as_a_file() -> None:
    """Follow-ups keep the same promise."""
    note = FollowUp(id=NOTE.id, text="Sudah diperbaiki. " * 100 + f"[Ref {OWN}]", by="agency", institution_id=3102)
    form: dict[str, Any] = dict(follow_up_form("9", note, config(limits=Limits(content=500))))
    assert len(form["content"][1]) <= 500 and form["attachment[0]"][0] == "isi-lengkap.txt"
