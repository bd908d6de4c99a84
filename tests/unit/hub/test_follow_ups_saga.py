"""What is said after a complaint was sent: once, in order, behind its complaint, whatever the registry answers."""

from __future__ import annotations

import fcntl
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub.forwarding import forward
from hub.model import Receipt
from hub.privacy import Vault
from hub.redriving import redrive
from hub.registry.port import FollowUp
from hub.registry.wording import content, said
from hub.relaying import GROUP, relay, resolve
from hub.store import attachments, follow_ups, gates, leases, relays
from hub.store.follow_ups import NewFollowUp
from hub.store.work import Store
from tests.unit.hub.forth import DONE, REFUSED, RETRY, UNKNOWN, WORDS, House, Listening
from tests.unit.hub.outbox import START, Killed, ToldRegistry, document


@pytest.fixture
def house(emptied: Store, vault: Vault, tmp_path: Path) -> House:
    """An empty house."""
    return House(emptied, vault, tmp_path)


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


def test_while_the_process_that_sends_one_stands_nobody_looks_for_it(house: House) -> None:
    """Stopped in its call it may go on at any time: neither a look of ours nor a person's counts until it is gone."""
    house.sent("satu")
    relay(house.hub())
    _, [number] = house.sent(WORDS)
    house.there.told = [Killed()]  # type: ignore[list-item]
    with pytest.raises(Killed):
        relay(house.hub(leases.holder()))
    (path,) = house.hub().settings.departures_folder.iterdir()
    with path.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        for _ in range(3):
            house.later(minutes=11)
            relay(house.hub())
        assert house.row(number).state == "unknown" and house.there.looks == 0
        said = resolve(house.hub(), str(number), absent=True, by="Ani")
        assert said is not None and said.failed == 1 and "nobody can say" in said.notes[0]
    said = resolve(house.hub(), str(number), absent=True, by="Ani")
    assert said is not None and said.failed == 1 and "once more" in said.notes[0]
    house.there.keep(house.there.notes[-1][0], house.there.notes[-1][1].text)
    for _ in range(2):
        house.later(minutes=5)
        relay(house.hub())
    assert house.row(number).state == "sent" and house.there.looks == 1


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


def test_a_process_that_was_stopped_before_its_call_does_not_make_it(house: House) -> None:
    """Its lease is over by then, and somebody else has taken the follow-up over."""
    _, [number] = house.sent(WORDS)
    hub = house.hub("test/1")
    original = relays.attempt

    def stopped(*args: Any, **rest: Any) -> None:
        original(*args, **rest)
        house.later(minutes=20)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.relaying.relays.attempt", stopped)
        relay(hub)
    assert not house.there.notes and house.row(number).code == "late"


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


def test_a_registry_without_follow_ups_keeps_them_here(house: House) -> None:
    """They stay queued, and every run says so in one line."""
    house.sent(WORDS)
    house.registry = ToldRegistry()  # type: ignore[assignment]
    tally = relay(house.hub())
    assert tally.notes == ("sp4n takes no follow-ups; 1 stay here.",) and not tally.owed
    house.registry = house.there  # type: ignore[assignment]
    assert relay(house.hub()).words == {"follow_ups_sent": 1}


# what comes later --------------------------------------------------------------------------------------------------


def _fetched(house: House, own: UUID) -> None:
    """The pending file of a complaint is fetched, as accept does it."""
    with house.store.begin() as work:
        [row] = work.rows(
            "SELECT a.id, a.key_id, k.wrapped FROM attachments a JOIN data_keys k ON k.id = a.key_id "
            "WHERE a.complaint = :own AND a.state = 'pending'",
            own=own,
        )
        key = house.vault.unwrap(row.key_id, bytes(row.wrapped))
        attachments.held(work, house.vault, row.id, key, b"gambar")
        digest = house.vault.mac("event", b"late file gambar")
        follow_ups.queue_file(work, row.id, digest=digest, now=house.now)


def test_a_file_that_comes_late_goes_as_a_follow_up(house: House) -> None:
    """The complaint does not wait for it longer than a day; then it goes alone, once."""
    own = house.complaint(pending=1)
    house.later(hours=25)
    forward(house.hub())
    _fetched(house, own)
    relay(house.hub())
    [(_, note)] = house.there.notes
    assert [(file.name, file.content) for file in note.files] == [("foto1.jpg", b"gambar")]
    assert note.text.startswith("Lampiran tambahan") and house.stands() == ["sent"]


@pytest.mark.parametrize(("hours", "rows"), [(1, []), (23.5, ["sent"])])
def test_a_file_that_came_in_time_is_not_sent_twice(house: House, hours: float, rows: list[str]) -> None:
    """The create carries it; where that was doubtful when it came, it is found out before anything is said."""
    own = house.complaint(pending=1)
    house.later(hours=hours)
    _fetched(house, own)
    forward(house.hub())
    relay(house.hub())
    assert house.there.uploaded and not house.there.notes and house.stands() == rows


def _update(house: House, own: UUID, body: str) -> int:
    with house.store.begin() as work:
        key = house._key(work)
        digest = house.vault.mac("event", body.encode())
        sealed, _ = house.vault.seal(key, follow_ups.place(digest), body.encode())
        new = NewFollowUp(
            complaint=own, registry="sp4n", connector=house.connector, region="35", what="update", by="reporter",
            digest=digest, item_id=None, key_id=key.id, text_enc=sealed,
            told=house.vault.mac("text", said(content(document(own, body=body)))),
        )  # fmt: skip
        return follow_ups.queue_all(work, [new], now=house.now)


def test_a_text_that_changed_before_it_was_sent_is_no_follow_up(house: House) -> None:
    """The create says the new text; where it was just being sent, what it said decides."""
    own = house.complaint()
    assert _update(house, own, "teks baru") == 0
    house.run("UPDATE deliveries SET holder = 'test/9', token = 1, until = :u", u=START + timedelta(minutes=5))
    assert _update(house, own, document(own)["body"]) == 1 and _update(house, own, "teks lain") == 1
    house.run("UPDATE deliveries SET holder = NULL, token = NULL, until = NULL")
    forward(house.hub())
    relay(house.hub())
    assert house.spoken() == ["teks lain"] and house.stands() == ["sent", "sent"]


def test_a_text_that_changed_afterwards_is_said_to_be_a_change(house: House) -> None:
    """Never a second complaint; nothing goes about a complaint that nobody sends."""
    own, _ = house.sent()
    assert _update(house, own, "teks baru") == 1
    assert _update(house, house.complaint(behind=own), "teks ulangan") == 0
    relay(house.hub())
    [(_, note)] = house.there.notes
    assert note.text.startswith("Perubahan laporan oleh pelapor:\n\nteks baru")


def test_what_the_registry_refused_is_sent_again_when_somebody_says_so(house: House) -> None:
    """With the deliveries or by its own id; what may have arrived is named and left, what is old stays where it is."""
    own, [_, second, third] = house.sent(WORDS, f"{WORDS} lagi", f"{WORDS} sekali lagi")
    house.there.told = [REFUSED, REFUSED, RETRY]
    for _ in range(3):
        relay(house.hub())
    house.run("UPDATE follow_ups SET state = 'needs_human' WHERE id = :id", id=third)
    told = redrive(house.hub(), [str(second)], by="Sri", because="diperbaiki pusat")
    assert (told.done, told.failed, house.stands()) == (1, 0, ["refused", "queued", "needs_human"])
    told = redrive(house.hub(), [str(own)], by="Sri", because="diperbaiki pusat")
    assert (told.words["follow_ups"], told.skipped) == (1, 1) and str(third) in "".join(told.notes)
    relay(house.hub())
    relay(house.hub())
    assert house.stands() == ["sent", "sent", "needs_human"]
    assert [one["actor"] for one in house.entries("redriven")] == ["Sri", "Sri"]
