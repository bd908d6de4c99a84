"""What people say about deliveries in bulk: every line is judged, right ones are done, wrong ones are named."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from hub.forwarding import forward
from hub.model import Receipt
from hub.privacy import Vault
from hub.redriving import redrive, resolve_all, sheet
from hub.store.work import Store
from tests.conftest import Database
from tests.unit.hub.everything import emptied
from tests.unit.hub.outbox import Outbox

A, B = str(UUID(int=1, version=5)), str(UUID(int=2, version=5))
UNKNOWN = Receipt(outcome="unknown", code="timeout")
REFUSED = Receipt(outcome="refused", code="http_422", http=422)


@pytest.fixture
def outbox(store_of_all: Store, one_database: Database, vault: Vault, tmp_path: Path) -> Outbox:
    """An empty outbox."""
    emptied(one_database.superuser_url)
    return Outbox(store_of_all, vault, tmp_path)


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (f"id,registry_id\n{A},7\n{B},absent\n", [(A, "7"), (B, None)], []),
        (f"\ufeffID;Registry_ID;catatan\n{A};7;x\n\n{B};Tidak ada;\n", [(A, "7"), (B, None)], []),
        (f"registry_id,id\n7,{A.upper()}\n", [(A, "7")], []),
        ("id,registry_id\n41,7\n", [("41", "7")], []),
        (f"id,registry_id\n{A},\n{A},SWA-7\n{A},0\nx,7\n", [], [2, 3, 4, 5]),
        (f"id,registry_id\n{A}\n", [], [2]),
        (f"id,registry_id\n{A},7\n{A},absent\n", [], [2, 3]),
        (f"id,registry_id\n{A},7\n{B},7\n", [], [2, 3]),
        ("a,b\n1,2\n", [], [1]),
        ("", [], [1]),
    ],
)
def test_a_sheet_is_judged_line_by_line(text: str, right: list[tuple[str, str | None]], wrong: list[int]) -> None:
    """A typing mistake in one line keeps no other from being done, and is named by its number."""
    read = sheet(text)
    assert [(line.id, line.registry_id) for line in read.lines] == right
    assert [number for number, _ in read.wrong] == wrong


def test_many_outcomes_are_said_at_once(outbox: Outbox) -> None:
    """Found ones go on under their number, absent ones are sent again, and one that nobody knows is named."""
    owns = [outbox.complaint() for _ in range(3)]
    outbox.told.answers["create"] = [UNKNOWN, UNKNOWN]
    forward(outbox.hub())
    outbox.later(hours=1)
    outbox.run("UPDATE registries SET opened_at = NULL")
    doubtful = [own for own in owns if outbox.delivery(own).state == "unknown"]
    assert len(doubtful) == 2
    text = f"id,registry_id\n{doubtful[0]},71\n{doubtful[1]},absent\n{uuid4()},72\n"
    tally = resolve_all(outbox.hub(), text, by="Petugas Contoh")
    assert (tally.done, tally.failed, tally.words) == (2, 1, {"found": 1, "absent": 1})
    assert tally.notes[0].startswith("line 4: ")
    assert outbox.delivery(doubtful[0]).registry_id == "71" and outbox.delivery(doubtful[1]).state == "queued"


def test_what_was_refused_goes_again_but_never_what_is_unknown(outbox: Outbox) -> None:
    """After the cause is repaired everything refused for it is sent again in one command; a doubt is left to a person."""
    refused, unknown = outbox.complaint(), outbox.complaint()
    outbox.told.answers["create"] = [REFUSED, UNKNOWN]
    forward(outbox.hub())
    states = {outbox.delivery(own).state: own for own in (refused, unknown)}
    assert set(states) == {"refused", "unknown"}
    tally = redrive(outbox.hub(), code="http_422", by="Petugas Contoh", because="kategori diperbaiki")
    assert (tally.done, tally.failed) == (1, 0)
    assert outbox.delivery(states["refused"]).state == "queued"
    (entry,) = outbox.entries("redriven")
    assert entry["actor"] == "Petugas Contoh"
    again = redrive(outbox.hub(), [str(states["unknown"])], by="Petugas Contoh", because="coba")
    assert (again.done, again.failed) == (0, 1) and outbox.delivery(states["unknown"]).state == "unknown"


def test_nothing_to_redrive_is_said(outbox: Outbox) -> None:
    """A filter that chooses nothing is no success."""
    tally = redrive(outbox.hub(), code="http_422", by="Petugas Contoh", because="coba")
    assert (tally.done, tally.failed) == (0, 1) and tally.notes


def test_what_a_repeat_has_replaced_is_not_sent_again(outbox: Outbox) -> None:
    """Of one reporter's two reports one was refused and the other went in its place: the registry gets no second one."""
    leader = outbox.complaint()
    second = outbox.complaint(behind=leader)
    outbox.told.answers["create"] = [REFUSED]
    forward(outbox.hub())
    assert [outbox.delivery(one).state for one in (leader, second)] == ["refused", "confirmed"]

    tally = redrive(outbox.hub(), [], states=("refused",), by="Sari", because="the table was wrong")

    assert tally.done == 0 and any("in its place" in note for note in tally.notes)
    assert outbox.delivery(leader).state == "refused"
