"""What a door is told of, in which order and in whose words: each piece of news once, and nothing that is not for it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Reply
from hub.follow import follow
from hub.model import Change
from hub.privacy import Vault
from hub.store.server import Embedded
from hub.texts import SENT_BY
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import PORTAL, START, Door, House, follow_up, house_in, status

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


def test_every_status_is_told_once(house: House) -> None:
    """'Selesai' without an answer reaches the reporter with the portal's own word; a second one, days later, as well."""
    house.complaint()
    house.registry.news["9300001"] = [status("Selesai", 4)]
    follow(house.hub)
    house.registry.news["9300001"] = [status("Selesai", 4), status("Selesai", 6)]
    house.later(days=1)
    follow(house.hub)
    follow(house.hub)
    first, second = house.doors["portal"].taken
    assert first.status == second.status == "selesai" and "selesai ditangani" in first.text
    assert "10.04" in first.text and "10.06" in second.text


def test_a_portal_hears_each_piece_of_news_by_itself(house: House) -> None:
    """What was found in one round is told in the order in which it happened, the last word being where it stands."""
    house.complaint()
    house.registry.news["9300001"] = [status("Selesai", 2), follow_up(CANARY, 1), status("Dalam Proses", 0)]
    follow(house.hub)
    taken = house.doors["portal"].taken
    assert [CANARY in reply.text for reply in taken] == [False, True, False]
    assert [reply.status for reply in taken] == ["", "", "selesai"]


def test_a_door_that_gathers_gets_one_message(house: House) -> None:
    """Status, passing on, words and end found in one round are one mail: present status first, then all in order."""
    house.complaint()
    house.doors["portal"] = Door(gathers=True)
    passed_on = Change(what="disposition", to_institution="Dinas Contoh", at=START)
    house.registry.news["9300001"] = [status("Selesai", 9), follow_up(CANARY, 5), status("Dalam Proses", 1), passed_on]
    tally = follow(house.hub)
    (reply,) = house.doors["portal"].taken
    assert (tally.words["answers_sent"], tally.words["messages"]) == (4, 1)
    said = ("saat ini: selesai ditangani", "diteruskan ke Dinas Contoh", "dalam proses", CANARY, "laporan selesai")
    places = [reply.text.index(one) for one in said]
    assert places == sorted(places) and reply.text.count("dalam proses") == 1
    assert len({row.message for row in house.rows("SELECT message FROM replies")}) == 1


def test_a_late_old_status_is_told_and_takes_nothing_back(house: House) -> None:
    """An older status that comes after the end is told with its own date; the portal stays at the end."""
    house.complaint()
    house.registry.news["9300001"] = [status("Selesai", 9)]
    follow(house.hub)
    house.registry.news["9300001"] = [status("Dalam Proses", 1), status("Selesai", 9)]
    house.later(hours=1)
    follow(house.hub)
    late = house.doors["portal"].taken[-1]
    assert (
        late.status == "selesai" and "saat ini: selesai" in late.text and "10.01 WIB: laporan dalam proses" in late.text
    )


def test_what_a_note_tells_is_passed_on(house: House) -> None:
    """A note with a reason reaches the reporter whatever the status; one that repeats the status is left out."""
    house.complaint()
    house.registry.news["9300001"] = [
        status("Dalam Proses", 1, text="Petugas datang hari Senin."),
        status("Selesai", 2, text="Status berubah dari Dalam Proses menjadi Selesai: Selesai"),
    ]
    follow(house.hub)
    first, second = house.doors["portal"].taken
    assert "Keterangan: Petugas datang hari Senin." in first.text and "berubah" not in second.text


def test_files_of_a_follow_up_are_named(house: House) -> None:
    """The reporter reads which files came with an answer and where they lie; a new address of one is no news."""
    house.complaint()
    plain = follow_up(CANARY, 1)
    for place in ("http://127.0.0.1:9/a.jpg?t=1", "http://127.0.0.1:9/a.jpg?t=2"):
        house.registry.news["9300001"] = [replace(plain, files=(("bukti.jpg", place),))]
        follow(house.hub)
        house.later(minutes=1)
    (reply,) = house.doors["portal"].taken
    assert "bukti.jpg: http://127.0.0.1:9/a.jpg?t=1" in reply.text


def test_a_reporter_hears_that_his_complaint_was_passed_on(house: House) -> None:
    """He gets the number and a mark by which his answer is known; once, and no news of the same round goes lost."""
    own = house.complaint(receipted=False)
    house.doors["portal"] = Door(gathers=True)
    house.manifests["portal"] = replace(PORTAL, messages=("received", "statuses"))
    house.registry.news["9300001"] = [status("Dalam Proses", 1), follow_up(CANARY, 2)]
    follow(house.hub)
    follow(house.hub)
    (reply,) = house.doors["portal"].taken
    assert "teruskan ke SP4N-LAPOR! dengan nomor 9300001" in reply.text and f"[Ref {own}]" in reply.text
    assert "dalam proses" in reply.text and CANARY not in reply.text  # this region wants no answers through this door
    assert [row.what for row in house.rows("SELECT what FROM events WHERE source = 'hub'")] == ["receipt"]
    assert house.entries("followed")[0]["code"] == "receipt"


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({"resolved": "selesai"}, []),
        ({"received": "masuk"}, ["masuk"]),
    ],
)
def test_a_portal_gets_a_receipt_only_where_it_has_a_word_for_it(
    house: House, statuses: dict[str, str], expected: list[str]
) -> None:
    """A portal that never asked for it is not written to for each complaint that it has itself."""
    house.manifests["portal"] = replace(PORTAL, reply={**(PORTAL.reply or {}), "statuses": statuses})
    house.complaint(receipted=False)
    door = house.doors["portal"] = Door()
    follow(house.hub)
    assert [reply.status for reply in door.taken] == expected


def test_a_region_says_it_in_its_own_words(house: House) -> None:
    """Its sentences replace ours; what an agency wrote is filled in as it is and evaluated by nobody."""
    own = house.complaint()
    house.manifests["portal"] = replace(
        PORTAL, texts={"answer": "Kabar {number} dari dinas, {ref}.", "closed": "Tutup."}
    )
    house.registry.news["9300001"] = [follow_up("{number} {text.__class__} {ref}", 1), status("Selesai", 2)]
    follow(house.hub)
    first, second = house.doors["portal"].taken
    assert f"Kabar 9300001 dari dinas, {own}.\nKeterangan: {{number}} {{text.__class__}} {{ref}}" in first.text
    assert "\n\nTutup.\n\n" in second.text and second.text.endswith(SENT_BY)


def test_what_is_missing_is_asked_for(house: House) -> None:
    """A complaint that the registry has put off says what is missing, in the registry's words, and that there are 10 days."""
    house.statuses = {"Menunggu Kelengkapan Informasi": "postponed"}
    house.complaint()
    house.registry.news["9300001"] = [status("Menunggu Kelengkapan Informasi", 1, text="Mohon sebutkan nama jalan.")]
    follow(house.hub)
    (reply,) = house.doors["portal"].taken
    assert "dilengkapi: Mohon sebutkan nama jalan." in reply.text and "10 hari" in reply.text


def test_two_different_answers_are_both_told(house: House) -> None:
    """A second agency that answers is heard as well, whatever came with it."""
    house.complaint()
    house.registry.news["9300001"] = [
        follow_up(CANARY, 1),
        follow_up("Dinas lain", 2, number="2"),
        status("Selesai", 3),
    ]
    follow(house.hub)
    assert [CANARY in reply.text for reply in house.doors["portal"].taken] == [True, False, False]


def test_shuffled_and_late_news_end_in_the_same_state_and_tell_the_same(house: House) -> None:
    """Twenty-four shuffles of one log, told in parts, all end as resolved, at the portal too, and tell the same things."""
    names = ["Belum Terverifikasi", "Dalam Proses", "Ditindaklanjuti", "Selesai"]
    log = [*(status(name, minute) for minute, name in enumerate(names)), follow_up(CANARY, 2)]
    dice = random.Random(3)
    orders = [dice.sample(log, len(log)) for _ in range(24)]
    for number in range(24):
        house.complaint(ref=f"S{number}", number=str(number + 1))
    for part in (2, 3, 5):
        for number, order in enumerate(orders):
            house.registry.news[str(number + 1)] = order[:part]
        follow(house.hub)
        house.later(days=2)
    assert {row.last_status for row in house.rows("SELECT last_status FROM deliveries")} == {"resolved"}
    told: dict[str, list[Reply]] = {}
    for reply in house.doors["portal"].taken:
        told.setdefault(reply.ref, []).append(reply)
    assert {replies[-1].status for replies in told.values()} == {"selesai"}
    assert len({tuple(sorted(_news_of(reply.text) for reply in replies)) for replies in told.values()}) == 1
    assert {len(replies) for replies in told.values()} == {5}


def _news_of(text: str) -> str:
    """What a message tells besides the present status and its mark."""
    return "\n\n".join(
        part for part in text.split("\n\n") if not part.startswith(("Status laporan", "[Ref", "Berikut"))
    )


POINTED = {"url": "http://127.0.0.1:9/x", "token": "${secret:X}", "text": "Sudah dijawab, lihat {link}"}


@pytest.mark.parametrize(
    ("name", "reply", "hidden", "expected"),
    [
        ("mute", None, False, "no_reply"),
        ("social", {"url": "http://127.0.0.1:9/x", "token": "${secret:X}"}, False, "no_reply"),
        ("social", POINTED, True, "public"),
        ("social", POINTED, False, None),
    ],
)
def test_a_public_or_mute_door_gets_no_private_answer(
    house: House, name: str, reply: dict[str, Any] | None, hidden: bool, expected: str | None
) -> None:
    """Where there is no way in, or a confidential matter would show in public, nothing leaves, and it is counted."""
    house.manifests[name] = replace(house.manifests[name], reply=reply)
    house.complaint(name, number="1", hidden=hidden)
    house.registry.news = {"1": [follow_up(CANARY, 1)]}
    tally = follow(house.hub)
    (row,) = house.rows("SELECT state, code FROM replies")
    assert (row.state, row.code) == (("no_door", expected) if expected else ("sent", None))
    assert tally.words["no_door"] == bool(expected)


def test_a_portal_without_a_word_for_a_status_is_shown_and_not_misled(house: House) -> None:
    """
    A portal that must be given one of its own words is never given a wrong one; what it cannot be told is counted.

    As soon as it can be given a word it is told all, so that the order in which news come makes no difference.
    """
    body = {"status": "{status}", "catatan": "{text}"}
    words = {"followed_up": "ditanggapi", "resolved": "selesai"}
    house.manifests["portal"] = replace(PORTAL, reply={"url": "http://127.0.0.1:9/a", "body": body, "statuses": words})
    house.complaint()
    log = [status("Belum Terverifikasi", 1), follow_up(CANARY, 2), status("Selesai", 3), status("Dalam Proses", 4)]
    house.registry.news["9300001"] = log[:2]
    tally = follow(house.hub)
    assert [reply.status for reply in house.doors["portal"].taken] == ["ditanggapi"]
    assert (tally.words["no_door"], tally.notes) == (1, ())
    assert house.value("SELECT code FROM replies WHERE state = 'no_door'") == "status_unmapped"
    house.registry.news["9300001"] = log
    house.later(hours=1)
    follow(house.hub)
    taken = house.doors["portal"].taken[1:]
    assert [reply.status for reply in taken] == ["selesai", "selesai", "selesai"]
    assert "menunggu verifikasi" in taken[0].text and "dalam proses" in taken[-1].text


def test_in_whatever_order_a_portal_hears_the_same(house: House) -> None:
    """Some statuses have a word there and some have none: after all orders of arrival each reporter has read the same."""
    words = {"in_progress": "proses", "resolved": "selesai"}
    form = {"url": "http://127.0.0.1:9/a", "body": {"s": "{status}", "t": "{text}"}, "statuses": words}
    house.manifests["portal"] = replace(PORTAL, reply=form)
    log = [
        status("Belum Terverifikasi", 1),
        status("Ditindaklanjuti", 2),
        status("Dalam Proses", 3),
        status("Selesai", 4),
    ]
    orders = list(itertools.permutations(log))
    for number in range(len(orders)):
        house.complaint(ref=f"S{number}", number=str(number + 1))
    for part in (1, 2, 3, 4):
        for number, order in enumerate(orders):
            house.registry.news[str(number + 1)] = list(order[:part])
        follow(house.hub)
        house.later(days=2)
    told: dict[str, list[Reply]] = {}
    for reply in house.doors["portal"].taken:
        told.setdefault(reply.ref, []).append(reply)
    assert len(told) == 24 and {len(replies) for replies in told.values()} == {4}
    assert {replies[-1].status for replies in told.values()} == {"selesai"}
    assert len({tuple(sorted(_news_of(reply.text) for reply in replies)) for replies in told.values()}) == 1


def test_a_later_repeat_hears_what_was_told_before(house: House) -> None:
    """Whoever complains again after the answer finds it at that door as well: once, in order, up to the present status."""
    own = house.complaint()
    house.registry.news["9300001"] = [status("Dalam Proses", 1), follow_up(CANARY, 2), status("Selesai", 3)]
    follow(house.hub)
    house.later(days=1)
    repeat = house.complaint(ref="A2", behind=own)
    house.run("UPDATE complaints SET accepted_at = :now WHERE id = :id", now=house.now, id=repeat)
    house.complaint(ref="B1", number="2")
    for _ in range(2):
        follow(house.hub)
    taken = house.doors["portal"].taken
    assert [reply.ref for reply in taken] == ["A1"] * 3 + ["A2"] * 3
    assert [reply.status for reply in taken[3:]] == ["", "", "selesai"] and CANARY in taken[4].text
    assert [entry["code"] for entry in house.entries("followed")] == ["resolved", "repeat"]


def test_what_is_said_long_after_the_end_is_heard(house: House) -> None:
    """An agency speaks when nobody is asked any more: `follow --everything` asks, and the reporter reads it."""
    house.complaint()
    house.registry.news["9300001"] = [status("Selesai", 1)]
    follow(house.hub)
    house.run("UPDATE deliveries SET next_check_at = NULL")
    house.later(days=200)
    house.registry.news["9300001"] = [status("Selesai", 1), follow_up(CANARY, 60)]
    assert follow(house.hub).words["asked"] == 0
    assert follow(house.hub, everything=True).words["asked"] == 1
    assert CANARY in house.doors["portal"].taken[-1].text
