"""What a door is, is said by its kind, so that an operator's own kind gives nobody away either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from connectors import known
from connectors.known import names, says
from connectors.manifest import Manifest, load
from hub.doors import closed, public, wanted
from hub.store.replies import Door

SAID = {
    "public": {"meta", "x"},
    "private": {"imap"},
    "keeps": {"rest", "sql", "open311"},
    "chats": {"meta", "telegram", "webhook", "whatsapp"},
    "loose": {"imap", "x"},
    "closes": {"meta", "whatsapp"},
}


@pytest.mark.parametrize(("word", "kinds"), SAID.items())
def test_our_kinds_say_what_their_doors_are(word: str, kinds: set[str]) -> None:
    """Where everybody reads a pointer goes, a portal is not told of its own complaint, a mere greeting is asked about."""
    assert {name for name in names() if says(name, word)} == kinds


def own(folder: Path) -> Manifest:
    """A manifest of kind rest with an answer without a text of its own."""
    file = folder / "papan.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "version": 1, "owner": "Desa", "region": "35.15", "channel": "desk", "kind": "rest",
                "with": {"url": "http://127.0.0.1:9/a", "items": "data", "ref": "id"},
                "reply": {"method": "POST", "url": "http://127.0.0.1:9/{ref}", "body": {"teks": "{text}"}},
                "fields": {"body": "isi", "is_confidential": {"const": False}},
            }
        )
    )  # fmt: skip
    return load(file)


@pytest.fixture
def papan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Manifest:
    """A manifest of a kind of somebody's own that says of itself that everybody reads what is answered."""
    monkeypatch.setitem(known._KINDS, "papan", type("Papan", (), {"public": True}))
    return replace(own(tmp_path), kind="papan")


def door(kind: str, *, hidden: bool) -> Door:
    """A door of that kind to one complaint."""
    return Door(complaint=uuid4(), connector=uuid4(), region="35.15", name="papan", kind=kind, hidden=hidden)


def test_a_hidden_complaint_is_not_answered_in_public(papan: Manifest) -> None:
    """Who wants to stay unknown is not named at a board in public, whoever wrote the code that speaks to it."""
    assert closed(papan, door("papan", hidden=True)) == "public"
    assert closed(papan, door("papan", hidden=False)) == "no_reply"  # it has no pointer to show
    assert not wanted(papan, "receipt")


def test_a_kind_that_cannot_be_loaded_counts_as_public() -> None:
    """While a kind's file is missing or broken nothing hidden leaves by its door."""
    assert public("tidak_ada") and closed(None, door("tidak_ada", hidden=True)) == "public"
