"""What is said after a complaint was sent: once, in order, behind its complaint, whatever the registry answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from connectors.errors import ChannelError, Refused, Unavailable
from hub import echoes
from hub.forwarding import forward
from hub.model import Change, Receipt
from hub.privacy import Vault
from hub.registry.port import FollowUp
from hub.relay_rules import look_at, looked, outcome, room
from hub.relaying import GROUP, relay, resolve
from hub.store import follow_ups, gates
from hub.store.relays import Due
from hub.store.server import Embedded
from hub.store.work import Store
from tests.conftest import Database, fresh_database
from tests.unit.hub.outbox import START, Killed, Outbox, ToldRegistry, config, swept

WORDS = "Petugas sudah mengganti lampu di gang itu"
DONE = Receipt(outcome="done", http=200)
RETRY = Receipt(outcome="retry", code="http_503", http=503)
UNKNOWN = Receipt(outcome="unknown", code="timeout")
REFUSED = Receipt(outcome="refused", code="http_422", http=422)


class Listening(ToldRegistry):
    """A registry that takes follow-ups and shows those that it stored."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[tuple[str, FollowUp]] = []
        self.told: list[Receipt | BaseException] = []
        self.stored: list[tuple[str, Change]] = []
        self.looks = 0
        self.trouble: ChannelError | None = None

    def follow_up(self, registry_id: str, note: FollowUp) -> Receipt:
        """Store it, and answer what the test wants; `unknown` is stored as well where the test says so."""
        self.notes.append((registry_id, note))
        answer = self.told.pop(0) if self.told else DONE
        if isinstance(answer, BaseException):
            raise answer
        if answer.outcome == "done" or answer.code == "stored":
            self.keep(registry_id, note.text)
        return answer

    def keep(self, registry_id: str, text: str) -> None:
        """As somebody says it there."""
        number = str(700 + len(self.stored))
        self.stored.append((registry_id, Change(what="follow_up", text=text, by="agency", foreign_id=number)))

    def changes(self, registry_id: str) -> Iterator[Change]:
        """What it stored of one complaint."""
        self.looks += 1
        if self.trouble:
            raise self.trouble
        return iter([change for number, change in self.stored if number == registry_id])


class House(Outbox):
    """An outbox in front of a registry that listens."""

    def __init__(self, store: Store, vault: Vault, home: Path) -> None:
        super().__init__(store, vault, home)
        self.registry = self.told = self.there = Listening()  # type: ignore[assignment]

    def say(self, complaint: UUID, *words: str, what: str = "answer", **more: Any) -> list[UUID]:
        """Queue follow-ups about a complaint; their ids."""
        made = []
        for one in words:
            with self.store.begin() as work:
                key = self._key(work)
                digest = self.vault.mac("event", f"{complaint} {one}".encode())
                sealed, _ = self.vault.seal(key, follow_ups.place(digest), one.encode())
                assert follow_ups.queue(
                    work, complaint=complaint, registry="sp4n", connector=self.connector, region="35", what=what,
                    by="agency", status=more.get("status"), at=START, digest=digest, item_id=None, key_id=key.id,
                    text_enc=sealed, now=self.now,
                )  # fmt: skip
            made.append(follow_ups.number_of(complaint, digest))
        return made

    def sent(self, *words: str, **more: Any) -> tuple[UUID, list[UUID]]:
        """A complaint that the registry has, and follow-ups about it."""
        own = self.complaint()
        forward(self.hub())
        return own, self.say(own, *words, **more)

    def row(self, number: UUID) -> Any:
        """One follow-up as it stands."""
        return self.rows("SELECT * FROM follow_ups WHERE id = :id", id=number)[0]

    def stands(self) -> list[str]:
        """The states of all, in their order."""
        return [row.state for row in self.rows("SELECT state FROM follow_ups ORDER BY number")]

    def spoken(self) -> list[str]:
        """The first words of what arrived, line 3 of each text."""
        return [note.text.split("\n\n")[1] for _, note in self.there.notes]


@pytest.fixture(scope="module")
def database(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture(scope="module")
def store_of_all(database: Database) -> Iterator[Store]:
    """Its store."""
    with Store(database.hub_url, clock=lambda: START) as made:
        yield made


@pytest.fixture
def house(store_of_all: Store, database: Database, vault: Vault, tmp_path: Path) -> House:
    """An empty house."""
    swept(database.superuser_url)
    return House(store_of_all, vault, tmp_path)


def test_an_answer_of_the_region_goes_once(house: House) -> None:
    """With who says it, when, and a marker; attempt and result stand in the log, no word of it does."""
    own, [number] = house.sent(WORDS, status="in_progress")
    tally = relay(house.hub())
    assert tally.words == {"follow_ups_sent": 1} and not tally.owed and not tally.notes
    [(registry_id, note)] = house.there.notes
    assert registry_id == house.delivery(own).registry_id
    head, words, status, date, mark = note.text.split("\n\n")
    assert head.startswith("Tanggapan ") and words == WORDS and "dalam proses penanganan" in status
    assert (date, mark) == ("Tanggal: 01-12-2026 10.00 WIB", f"[Ref {number}]")
    assert (note.institution_id, note.by, note.status, note.is_secret) == (3101, "agency", "in_progress", True)
    acts = house.entries("follow_up_attempted", "followed_up")
    assert [one["act"] for one in acts] == ["follow_up_attempted", "followed_up"] and WORDS not in json.dumps(acts)
    relay(house.hub())
    assert len(house.there.notes) == 1 and house.stands() == ["sent"]


def test_it_waits_until_its_complaint_has_a_number(house: House) -> None:
    """An answer to what is not sent yet is owed by nobody and leaves right behind it."""
    own = house.complaint()
    house.say(own, WORDS)
    assert relay(house.hub()).owed == () and not house.there.notes
    forward(house.hub())
    assert relay(house.hub()).words == {"follow_ups_sent": 1}


def test_what_is_said_about_a_withheld_repeat_goes_to_its_leader(house: House) -> None:
    """The registry has one complaint of the two, and hears the answer under its number."""
    own, _ = house.sent()
    house.say(house.complaint(behind=own), WORDS)
    relay(house.hub())
    assert [number for number, _ in house.there.notes] == [house.delivery(own).registry_id]


def test_the_same_thing_is_queued_once(house: House) -> None:
    """However often the portal shows it."""
    own, [number] = house.sent(WORDS)
    with pytest.raises(AssertionError):
        house.say(own, WORDS)
    assert house.stands() == ["queued"] and number == house.rows("SELECT id FROM follow_ups")[0].id


def test_later_words_wait_for_earlier_ones(house: House) -> None:
    """One complaint's answers arrive in their order, even where the first has to be tried again; others go on."""
    _own, _ = house.sent("satu", "dua", "tiga")
    house.there.told = [RETRY]
    _other, _ = house.sent("lain")
    tally = relay(house.hub())
    assert house.spoken() == ["satu", "lain"] and len(tally.owed) == 2
    house.later(minutes=1)
    relay(house.hub())
    assert house.spoken()[2:] == ["satu", "dua", "tiga"] and house.stands() == ["sent"] * 4


@pytest.mark.parametrize(
    ("receipt", "state"),
    [(DONE, "sent"), (RETRY, "queued"), (UNKNOWN, "unknown"), (REFUSED, "refused"), (ValueError("x"), "unknown")],
)
def test_what_an_answer_of_the_registry_leaves_behind(house: House, receipt: Any, state: str) -> None:
    """Only what was certainly not done is tried again; an error of our own in a call leaves its outcome unknown."""
    _, [number] = house.sent(WORDS)
    house.there.told = [receipt]
    relay(house.hub())
    row = house.row(number)
    assert (row.state, row.holder, row.started_at, row.attempts) == (state, None, None, 1)
    house.later(seconds=20)
    relay(house.hub())
    assert len(house.there.notes) == (2 if state == "queued" else 1)


def test_an_unknown_one_holds_up_only_its_own_complaint(house: House) -> None:
    """What comes after it waits; other complaints do not."""
    house.sent("satu", "dua")
    house.there.told = [UNKNOWN]
    house.sent("lain")
    relay(house.hub())
    assert house.stands() == ["unknown", "queued", "sent"]


def test_a_registry_that_shows_ours_settles_what_is_unknown(house: House) -> None:
    """After its slowest commit it is asked: there, it is sent; not there, it is sent again, and never sooner."""
    house.sent("satu")
    relay(house.hub())
    _, [there] = house.sent("dua")
    _, [gone] = house.sent("tiga")
    house.there.told = [Receipt(outcome="unknown", code="stored"), UNKNOWN]
    relay(house.hub())
    house.later(seconds=60)
    relay(house.hub())
    assert house.there.looks == 0 and house.stands() == ["sent", "unknown", "unknown"]
    house.later(seconds=200)
    relay(house.hub())
    assert house.row(there).state == "sent" and house.row(there).code == "looked_up"
    assert (house.row(gone).state, house.row(gone).code) == ("queued", "absent")
    house.later(seconds=10)
    relay(house.hub())
    assert house.row(gone).state == "sent" and house.spoken() == ["satu", "dua", "tiga", "tiga"]


def test_a_registry_that_shows_nothing_of_ours_leaves_it_to_a_person(house: House) -> None:
    """Nothing is repeated on the word of a list that has never shown one of ours; a person decides, and it shows."""
    _, [number] = house.sent(WORDS)
    house.there.told = [UNKNOWN]
    relay(house.hub())
    house.later(minutes=10)
    tally = relay(house.hub())
    assert (house.row(number).state, house.row(number).code) == ("unknown", "not_listed")
    assert "follow-ups unknown" in tally.notes[0] and len(house.there.notes) == 1
    assert resolve(house.hub(), "no id", absent=True, by="Ani") is None
    done = resolve(house.hub(), str(number), absent=True, by="Ani")
    assert done and done.done == 1 and relay(house.hub()).words == {"follow_ups_sent": 1}
    again = resolve(house.hub(), str(number), absent=True, by="Ani")
    assert again and again.failed and "is sent" in again.notes[0]


def test_a_person_can_say_that_it_is_there(house: House) -> None:
    """Then it is never sent again, and the log names who said so."""
    _, [number] = house.sent(WORDS)
    house.there.told = [UNKNOWN]
    relay(house.hub())
    assert resolve(house.hub(), str(number), registry_id="701", by="Ani")
    assert (house.row(number).state, house.row(number).registry_number) == ("sent", "701")
    assert house.entries("resolved")[0]["actor"] == "Ani"


@pytest.mark.parametrize("moment", ["call", "result"])
def test_a_killed_process_repeats_nothing(house: House, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in the call or between answer and commit: the next run asks the registry and sends nothing twice."""
    house.sent("satu")
    relay(house.hub())
    _, [number] = house.sent(WORDS)
    if moment == "call":
        house.there.told = [Killed()]  # type: ignore[list-item]
        with pytest.raises(Killed):
            relay(house.hub("dead/1"))
        house.there.keep(house.there.notes[-1][0], house.there.notes[-1][1].text)
    else:
        with monkeypatch.context() as patch:
            patch.setattr("hub.relaying.relays.settle", _killed)
            with pytest.raises(Killed):
                relay(house.hub("dead/1"))
    assert house.row(number).started_at is not None
    for minutes in (11, 5):
        house.later(minutes=minutes)
        relay(house.hub())
    assert house.row(number).state == "sent" and house.spoken().count(WORDS) == 1


def _killed(*_: Any, **rest: Any) -> None:
    raise Killed


def test_a_late_result_of_a_lost_lease_writes_nothing(house: House) -> None:
    """Whoever took over says what became of it; the one that slept says nothing and leaves no entry."""
    _, [number] = house.sent(WORDS)

    def slept(registry_id: str, note: FollowUp) -> Receipt:
        house.later(minutes=11)
        Listening.follow_up(house.there, registry_id, note)
        house.there.follow_up = original  # type: ignore[method-assign]
        relay(house.hub("test/2"))
        return DONE

    original, house.there.follow_up = house.there.follow_up, slept  # type: ignore[method-assign]
    assert relay(house.hub("test/1")).words == {}
    assert house.row(number).state == "unknown" and len(house.there.notes) == 1
    assert [one["detail"]["state"] for one in house.entries("followed_up")] == ["unknown"]


def test_pause_and_breaker_hold_for_follow_ups(house: House) -> None:
    """A paused registry and one whose breaker is open are sent nothing."""
    house.sent(WORDS)
    with house.store.begin() as work:
        gates.pause(work, "sp4n", by="Ani", because="perawatan", now=house.now)
    relay(house.hub())
    house.run("UPDATE registries SET paused_at = NULL, opened_at = now()")
    relay(house.hub())
    assert not house.there.notes
    house.run("UPDATE registries SET opened_at = NULL")
    assert relay(house.hub()).words == {"follow_ups_sent": 1}


def test_silence_that_the_registry_asks_for_is_kept(house: House) -> None:
    """Retry-After holds back everybody, not only the one that was answered so."""
    house.sent("satu")
    house.sent("lain")
    house.there.told = [Receipt(outcome="retry", code="http_429", retry_after=120.0)] * 2
    relay(house.hub())
    house.later(seconds=100)
    relay(house.hub())
    assert len(house.there.notes) == 2
    house.later(seconds=40)
    relay(house.hub())
    assert house.stands() == ["sent", "sent"]


def test_poison_is_put_aside(house: House) -> None:
    """A row that cannot be opened waits for a person; an erased one is refused; the others go on."""
    _, [bad] = house.sent("satu")
    _, [erased] = house.sent("dua")
    house.sent("tiga")
    house.run("UPDATE follow_ups SET text_enc = '\\x00' WHERE id = :id", id=bad)
    house.run("UPDATE follow_ups SET key_id = NULL WHERE id = :id", id=erased)
    relay(house.hub())
    assert house.stands() == ["needs_human", "refused", "sent"] and house.row(erased).code == "erased"


def test_a_registry_that_leaves_nobody_the_wiser_is_tried_seldom(house: House) -> None:
    """Unknown outcomes in a row: one try at a time, ever more seldom, until one of them is clear."""
    for number in range(12):
        house.sent(str(number))
    house.there.told = [UNKNOWN] * (GROUP + 1)
    for more, minutes in ((0, 0), (0, 9), (1, 9), (4, 16)):
        house.later(minutes=minutes)
        relay(house.hub())
        assert len(house.there.notes) == GROUP + more
    assert house.stands().count("sent") == 3


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


def test_a_registry_without_follow_ups_keeps_them_here(house: House) -> None:
    """They stay queued, and every run says so in one line."""
    house.sent(WORDS)
    house.registry = ToldRegistry()  # type: ignore[assignment]
    tally = relay(house.hub())
    assert tally.notes == ("sp4n takes no follow-ups; 1 stay here.",) and not tally.owed
    house.registry = house.there  # type: ignore[assignment]
    assert relay(house.hub()).words == {"follow_ups_sent": 1}


# echoes ------------------------------------------------------------------------------------------------------------

DISGUISES: dict[str, Callable[[str], str]] = {
    "as it was": lambda text: text,
    "on one line": lambda text: " ".join(text.split()),
    "escaped twice": lambda text: text.replace("[", "&amp;#91;").replace("]", "&amp;#93;"),
    "as a page": lambda text: "<p>" + text.replace("\n\n", "</p><p>") + "</p>",
    "cut in the middle": lambda text: f"{text[:40]} … {text[-50:]}",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_our_own_follow_up_is_known_again(house: House, disguise: str) -> None:
    """Whatever the registry does to it; and that it shows ours is remembered."""
    own, [number] = house.sent(WORDS)
    relay(house.hub())
    [(_, note)] = house.there.notes
    with house.store.begin() as work:
        shown = DISGUISES[disguise](note.text)
        found = echoes.is_ours(work, house.vault, "sp4n", own, shown, "1")
        assert found == number
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
        ):
            assert echoes.is_ours(work, house.vault, "sp4n", own, text, "2") is None
        assert echoes.is_ours(work, house.vault, "lain", own, note.text, None) is None


def test_one_that_stood_unknown_is_sent_when_it_is_seen(house: House) -> None:
    """Follow sees it before anybody looked for it."""
    _own, [number] = house.sent(WORDS)
    house.there.told = [Receipt(outcome="unknown", code="stored")]
    relay(house.hub())
    with house.store.begin() as work:
        echoes.seen(work, number, "sp4n", "700", now=house.now, actor="test")
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
