"""What a try and a look mean for a follow-up, and which words at a registry are our own."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.errors import ChannelError, Refused, Unavailable
from hub import echoes
from hub.model import Receipt
from hub.privacy import Vault
from hub.relay_rules import look_at, looked, outcome, room
from hub.relaying import relay
from hub.store.relays import Due
from hub.store.work import Store
from tests.unit.hub.forth import DONE, REFUSED, RETRY, UNKNOWN, WORDS, House
from tests.unit.hub.outbox import START, config


@pytest.fixture
def house(emptied: Store, vault: Vault, tmp_path: Path) -> House:
    """An empty house."""
    return House(emptied, vault, tmp_path)


# echoes ------------------------------------------------------------------------------------------------------------

DISGUISES: dict[str, Callable[[str], str]] = {
    "as it was": lambda text: text,
    "on one line": lambda text: " ".join(text.split()),
    "escaped twice": lambda text: text.replace("[", "&amp;#91;").replace("]", "&amp;#93;"),
    "as a page": lambda text: "<p>" + text.replace("\n\n", "</p><p>") + "</p>",
    "cut in the middle": lambda text: f"{text[:40]} … {text[-50:]}",
    "broken inside words": lambda text: "\n".join(textwrap.wrap(" ".join(text.split()), 23, break_long_words=True)),
    "broken every 17 letters": lambda text: "<br>\n".join(text[n : n + 17] for n in range(0, len(text), 17)),
    "cut at 90": lambda text: f"{' '.join(text.split())[:90]}…",
    "cut, with a way on": lambda text: f"<p>{text[:80]}... <a href='#'>Baca selengkapnya</a></p>",
    "cut behind a sender": lambda text: f"[via API] {text[:80]} ...",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_our_own_follow_up_is_known_again(house: House, disguise: str) -> None:
    """Whatever the registry does to it; and that it shows ours is remembered."""
    own, [number] = house.sent(WORDS)
    relay(house.hub())
    [(_, note)] = house.there.notes
    with house.store.begin() as work:
        shown = DISGUISES[disguise](note.text)
        found = echoes.may_be(work, house.vault, "sp4n", own, shown, "1")
        assert found == [number]
        echoes.seen(work, found, "sp4n", "1", now=house.now, actor="test")
    assert house.rows("SELECT follow_ups_listed_at FROM registries")[0][0] == house.now


def test_who_quotes_us_and_answers_is_heard(house: House) -> None:
    """An agency's answer above or below our text is its own word, and so is the same marker at another registry."""
    own, _ = house.sent(WORDS)
    relay(house.hub())
    [(_, note)] = house.there.notes
    with house.store.begin() as work:
        for text in (
            f"Sudah kami periksa di lapangan.\n\n> {note.text}",
            f"{note.text}\n\nTerima kasih, ditindaklanjuti.",
            f"{note.text[:90]}… Kami periksa dulu di lapangan, mohon ditunggu.",
            WORDS,
            f"{WORDS}.",
            note.text[:30],
        ):
            assert echoes.may_be(work, house.vault, "sp4n", own, text, "2") == []
        assert echoes.may_be(work, house.vault, "lain", own, note.text, None) == []


def test_what_may_be_one_of_two_settles_neither(house: House) -> None:
    """Two answers begin alike and the registry cuts them: the one of unknown outcome is neither sent again nor counted."""
    own, [first, second] = house.sent(f"{WORDS} pagi ini", f"{WORDS} sore ini")
    house.there.cut = 70
    house.there.told = [DONE, UNKNOWN]
    for _ in range(2):
        relay(house.hub())
    with house.store.begin() as work:
        shown = house.there.stored[0][1].text
        assert echoes.may_be(work, house.vault, "sp4n", own, shown, "700") == [first, second]
    house.now += timedelta(hours=2)
    relay(house.hub())
    assert house.stands() == ["sent", "unknown"] and len(house.there.notes) == 2


def test_one_that_stood_unknown_is_sent_when_it_is_seen(house: House) -> None:
    """Follow sees it before anybody looked for it."""
    _own, [number] = house.sent(WORDS)
    house.there.told = [Receipt(outcome="unknown", code="stored")]
    relay(house.hub())
    with house.store.begin() as work:
        echoes.seen(work, [number], "sp4n", "700", now=house.now, actor="test")
    assert (house.row(number).state, house.row(number).registry_number) == ("sent", "700")
    assert house.entries("followed_up")[-1]["code"] == "looked_up"


# the decisions as tables -------------------------------------------------------------------------------------------


def _due(**more: Any) -> Due:
    usual: dict[str, Any] = dict.fromkeys(Due.__slots__)
    return Due(**{**usual, "tries": 0, "state": "queued", **more})


OLD = START - timedelta(days=14)
OUTCOMES: list[tuple[Receipt, datetime | None, str, bool]] = [
    (DONE, None, "sent", False),
    (DONE, OLD, "sent", False),
    (REFUSED, None, "refused", False),
    (RETRY, None, "queued", True),
    (RETRY, OLD, "needs_human", False),
    (UNKNOWN, None, "unknown", True),
    (UNKNOWN, OLD, "unknown", True),
    (Receipt(outcome="failed", code="x"), None, "unknown", True),
]


@pytest.mark.parametrize(("receipt", "first", "state", "later"), OUTCOMES)
def test_what_follows_from_a_try(receipt: Receipt, first: datetime | None, state: str, later: bool) -> None:
    """Certainly not done is tried for 14 days, everything else that is not clear is never repeated blindly."""
    found = outcome(_due(first_try_at=first), receipt, START, config(), Random(1))
    assert found.state == state and (found.due_at is not None) == later
    if state == "unknown":
        assert found.due_at == look_at(START, config()) > START + config().slowest_commit


def test_silence_is_added_to_the_pause() -> None:
    """Retry-After is the least; a day is the most that is believed."""
    for asked, least in ((90.0, 90), (1e9, 86_400)):
        receipt = Receipt(outcome="retry", code="http_429", retry_after=asked)
        due = outcome(_due(), receipt, START, config(), Random(1)).due_at
        assert due and timedelta(seconds=least) <= due - START <= timedelta(seconds=least + 6)


LOOKS: list[tuple[ChannelError | None, Sequence[str], bool, datetime | None, str]] = [
    (None, ["7"], False, None, "sent"),
    (None, ["7"], True, OLD, "sent"),
    (None, [], True, None, "queued"),
    (None, [], True, OLD, "needs_human"),
    (None, [], False, None, "unknown"),
    (None, [], False, OLD, "needs_human"),
    (Unavailable(code="timeout"), [], True, None, "unknown"),
    (Refused(code="http_401"), [], True, OLD, "needs_human"),
]


@pytest.mark.parametrize(("trouble", "numbers", "lists", "first", "state"), LOOKS)
def test_what_follows_from_a_look(
    trouble: ChannelError | None, numbers: Sequence[str], lists: bool, first: datetime | None, state: str
) -> None:
    """Sent again only where a list that shows ours does not show this one."""
    due = _due(first_try_at=first, state="unknown")
    found = looked(due, trouble, numbers, lists=lists, now=START, chance=Random(1))
    assert found.state == state
    assert state != "unknown" or (found.due_at and found.due_at > START)


def test_room_is_full_where_a_look_clears_what_is_unclear() -> None:
    """A registry that shows what it has is asked, so lost answers do not slow the others."""
    table = [
        (0, 0, False, 8),
        (1, 0, False, 8),
        (2, 5, False, 0),
        (2, 10, False, 1),
        (9, 900, False, 1),
        (9, 0, True, 8),
    ]
    for unclear, seconds, lists, most in table:
        assert room(unclear, START - timedelta(seconds=seconds), START, lists=lists, most=8) == most
