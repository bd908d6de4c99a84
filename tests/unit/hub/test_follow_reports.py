"""What the registry says reaches the events, the status and the reporter's door, once, whatever else goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import Refused, Unavailable
from hub.follow import follow
from hub.model import Change
from hub.privacy import Vault
from hub.store.server import Embedded
from hub.texts import GREETING, SENT_BY
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import START, House, follow_up, house_in, status

CANARY = "Petugas Sekar Wangi sudah menambal jalan itu"


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub whose doors and registry do as the test says."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        yield made


def standing_of(house: House, number: str = "9300001") -> str | None:
    word: str | None = house.value("SELECT last_status FROM deliveries WHERE registry_id = :n", n=number)
    return word


def test_a_status_and_an_answer_come_back_once(house: House) -> None:
    """The citizen's door gets the agency's words with the number and the status; asking again changes nothing."""
    own = house.complaint()
    house.registry.news["9300001"] = [status("Dalam Proses", 1), follow_up(CANARY, 2)]
    first = follow(house.hub)
    assert (first.done, first.words["statuses"], first.words["answers_sent"], first.owed) == (1, 1, 2, ())
    assert standing_of(house) == "in_progress"
    news, reply = house.doors["portal"].taken
    assert CANARY not in news.text and "dalam proses" in news.text and "01-12-2026 10.01 WIB" in news.text
    assert CANARY in reply.text and "9300001" in reply.text and "dalam proses" in reply.text
    assert reply.ref == "A1" and reply.payload == {"id": "A1"}

    house.later(minutes=5)
    second = follow(house.hub)
    assert (second.done, second.words.get("statuses", 0), len(house.doors["portal"].taken)) == (1, 0, 2)
    (entry,) = house.entries("followed")
    assert (entry["complaint"], entry["count"], entry["code"]) == (str(own), 2, "in_progress")


def test_no_text_lies_in_clear_anywhere(house: House) -> None:
    """The agency's words rest encrypted; no entry, review or event holds them."""
    house.complaint()
    house.registry.news["9300001"] = [follow_up(CANARY, 2), status(f"Baru {CANARY[:10]}", 3, text=CANARY)]
    follow(house.hub)
    for table in ("events", "entries", "reviews", "replies", "deliveries"):
        for row in house.rows(f"SELECT to_jsonb(t)::text AS all_of FROM {table} t"):
            assert CANARY not in row.all_of and CANARY.encode().hex() not in row.all_of


def test_an_unknown_status_is_shown_to_a_person_and_never_applied(house: House) -> None:
    """A word that no table knows changes nothing for the citizen; it is on the work list with its own name."""
    house.complaint()
    house.registry.news["9300001"] = [status("Selesai", 4), status("Menunggu Telaah Lintas Sektor", 9)]
    tally = follow(house.hub)
    assert standing_of(house) == "resolved"
    (review,) = house.rows("SELECT what, code, detail FROM reviews")
    assert (review.what, review.code) == ("unknown_status", "menunggu_telaah_lintas_sektor")
    assert review.detail["foreign_name"] == "Menunggu Telaah Lintas Sektor"
    assert any("Menunggu Telaah Lintas Sektor" in note for note in tally.notes)


def test_our_own_words_are_not_answered(house: House) -> None:
    """
    The complaint as we sent it, and our own message shown again, are echoes: no event, no mail in a circle. An agency that
    quotes our message below its own words, or says the same as before, is heard.
    """
    own = house.complaint()
    letter = f"{GREETING}\n\nLaporan selesai ditangani.\n\n[Ref {own}]\n{SENT_BY}"
    house.registry.news["9300001"] = [
        follow_up(f"Jalan rusak. [Ref {own}]", 1, by="reporter", number="1"),
        follow_up(letter, 2, number="2"),
    ]
    tally = follow(house.hub)
    assert (tally.words.get("follow_ups", 0), house.value("SELECT count(*) FROM events")) == (0, 0)
    house.registry.news["9300001"] += [  # type: ignore[operator]
        follow_up(f"{CANARY}\n> {letter}", 3, number="3"),
        follow_up(CANARY, 4, number="4"),
        follow_up(CANARY, 5, number="5"),
    ]
    house.later(minutes=1)
    assert follow(house.hub).words["follow_ups"] == len(house.doors["portal"].taken) == 3


def test_only_the_reporter_and_his_own_repeats_hear_of_it(house: House) -> None:
    """A neighbour's complaint about the same road, in the same case, gets no answer that is not his."""
    mine = house.complaint(number="1")
    repeat = house.complaint(ref="A2", behind=mine)
    neighbour = house.complaint(ref="B1", number="2")
    house.registry.news["1"] = [follow_up(CANARY, 1)]
    follow(house.hub)
    assert {row.door for row in house.rows("SELECT door FROM replies")} == {mine, repeat}
    assert neighbour not in {row.door for row in house.rows("SELECT door FROM replies")}
    assert sorted(reply.ref for reply in house.doors["portal"].taken) == ["A1", "A2"]


def test_one_bad_complaint_holds_up_no_other(house: House) -> None:
    """404, rubbish and a fault of our own are each one complaint's trouble; they are asked about again later."""
    for number in ("1", "2", "3", "4"):
        house.complaint(ref=f"R{number}", number=number)
    rubbish = Change(what="status", name="\x00\ud800", stamp="\x00", at=START.replace(tzinfo=None))
    house.registry.news = {
        "1": Unavailable("404", code="http_404"),
        "2": KeyError("status_name"),
        "3": [rubbish],
        "4": [status("Selesai", 1)],
    }
    tally = follow(house.hub)
    assert (tally.done, standing_of(house, "4"), standing_of(house, "3")) == (2, "resolved", None)
    assert len(tally.owed) == 1 and any("http_404" in note for note in tally.notes)
    waits = house.rows("SELECT next_check_at FROM deliveries WHERE registry_id IN ('1', '2')")
    assert all(row.next_check_at > START for row in waits)
    assert house.registry.asked == {"1": 1, "2": 1, "3": 1, "4": 1}


def test_a_registry_that_does_not_answer_is_left_alone(house: House) -> None:
    """Five failures in a row end the asking; what was not asked about is due at the next run, and nothing is lost."""
    for number in range(30):
        house.complaint(ref=f"R{number}", number=str(number))
        house.registry.news[str(number)] = Unavailable("no route", code="connect")
    tally = follow(house.hub)
    assert (sum(house.registry.asked.values()), tally.done, len(tally.owed)) == (5, 0, 1)
    house.registry.news.clear()
    house.later(minutes=10)
    assert follow(house.hub).done == 30


def test_every_run_asks_about_the_young_once(house: House) -> None:
    """Whoever runs `follow` a moment after `forward`, and again a moment later, hears each time what is new."""
    for number in range(45):  # more than one batch
        house.complaint(ref=f"R{number}", number=str(number))
    for run in range(1, 4):
        assert (follow(house.hub).done, set(house.registry.asked.values())) == (45, {run})
        house.later(seconds=1)
    house.later(days=1)
    assert [follow(house.hub).done, follow(house.hub).done] == [45, 0]
    house.later(minutes=1)
    assert follow(house.hub).done == 0


def test_a_refused_key_is_a_failure(house: House) -> None:
    """When the registry no longer accepts our secrets the step fails, so that somebody looks."""
    house.complaint()
    house.registry.news["9300001"] = Refused("401", code="http_401")
    assert follow(house.hub).failed == 1


def test_silence_that_the_registry_asks_for_is_kept(house: House) -> None:
    """After a Retry-After of ten minutes no further complaint is asked about before then."""
    house.complaint(ref="1", number="1")
    house.complaint(ref="2", number="2")
    house.registry.news["1"] = Unavailable("busy", code="http_429", retry_after=600)
    tally = follow(house.hub)
    assert (house.registry.asked.total(), len(tally.owed)) == (1, 2)


def test_a_paused_registry_is_not_asked(house: House) -> None:
    """The pause switch holds reading as well, and says how many complaints wait."""
    house.complaint()
    house.run("UPDATE registries SET paused_at = now()")
    tally = follow(house.hub)
    assert (tally.done, house.registry.asked.total()) == (0, 0)
    assert "1 complaints" in tally.notes[0]


def test_two_runs_at_once_share_the_work(house: House) -> None:
    """Two followers at the same moment ask about each complaint once, and each answer is sent once."""
    for number in range(24):
        house.complaint(ref=f"R{number}", number=str(number))
        house.registry.news[str(number)] = [follow_up(CANARY, 1)]
    both = threading.Barrier(2, timeout=20)
    waited: set[int] = set()

    def meet() -> None:
        if threading.get_ident() not in waited and len(waited) < 2:
            waited.add(threading.get_ident())
            both.wait()

    house.registry.meanwhile = meet
    threads = [threading.Thread(target=follow, args=(house.hub,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert set(house.registry.asked.values()) == {1} and len(house.registry.asked) == 24
    assert house.value("SELECT count(*) FROM events") == 24
    assert len(house.doors["portal"].taken) == 24


def test_a_follower_that_died_only_delays(house: House) -> None:
    """Killed after taking its batch, its complaints are asked about ten minutes later; nothing is asked twice meanwhile."""
    house.complaint()

    def dies() -> None:
        raise KeyboardInterrupt

    house.registry.meanwhile = dies
    with pytest.raises(KeyboardInterrupt):
        follow(house.hub)
    house.registry.meanwhile = lambda: None
    assert follow(house.hub).done == 0
    house.later(minutes=10)
    assert follow(house.hub).done == 1


def test_names_limit_whose_complaints_are_asked_about(house: House) -> None:
    """`follow` for one connector leaves the others for their own turn."""
    house.complaint("portal", number="1")
    house.complaint("mute", number="2")
    follow(house.hub, ["mute"])
    assert dict(house.registry.asked) == {"2": 1}


def test_after_erasure_the_status_still_comes_but_no_text_is_kept(house: House) -> None:
    """Erasing a person leaves the figures whole: the status is stored, the words are not, nobody is written to."""
    house.complaint()
    house.run("DELETE FROM data_keys")
    house.registry.news["9300001"] = [status("Dalam Proses", 1), follow_up(CANARY, 2)]
    follow(house.hub)
    assert standing_of(house) == "in_progress"
    assert house.value("SELECT count(*) FROM events WHERE text_enc IS NOT NULL") == 0
    assert house.value("SELECT count(*) FROM replies") == 0
