"""What a citizen answers to our mail becomes part of his complaint, not another one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hub.follow import follow
from hub.joining import answered, join
from hub.privacy import Vault
from hub.store import items
from hub.store.server import Embedded
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import House, follow_up, house_in, status

HUB = UUID(int=7)
ANOTHER = UUID(int=8)
CANARY = "Masih bocor, Pak, tolong Gang Kenari dilihat lagi\x00\ud83d"


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub that has answered two complaints of the same door."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        for number in ("1", "2"):
            made.complaint(ref=f"R{number}", number=number)
            made.registry.news[number] = [follow_up("Sudah kami tambal.", 1)]
        follow(made.hub)
        yield made


def ids(house: House) -> dict[str, tuple[UUID, str]]:
    """By the number at the registry: the complaint and the Message-ID of its answer, without brackets."""
    own = {row.registry_id: row.complaint for row in house.rows("SELECT registry_id, complaint FROM deliveries")}
    sent = {reply.ref: reply.message_id.strip("<>") for reply in house.doors["portal"].taken}
    return {number: (own[number], sent[f"R{number}"]) for number in own}


def joined_to(house: House, payload: Any) -> UUID | None:
    with house.store.begin() as work:
        return answered(work, HUB, payload)


def test_an_answer_is_known_by_its_thread(house: House) -> None:
    """The mail program says what is answered in one header or the other; the direct one counts, then the youngest."""
    (one, first), (two, second) = (ids(house)[number] for number in ("1", "2"))
    foreign = "abc@warga.contoh.invalid"
    assert joined_to(house, {"in_reply_to": first, "references": []}) == one
    assert joined_to(house, {"in_reply_to": f"<{first.upper()}>"}) == one
    assert joined_to(house, {"in_reply_to": None, "references": [foreign, second]}) == two
    assert joined_to(house, {"in_reply_to": foreign, "references": [first, second, foreign]}) == two
    assert joined_to(house, {"in_reply_to": first, "references": [first, second]}) == one


def test_the_answer_to_a_repeat_joins_the_complaint_that_was_sent(house: House) -> None:
    """A withheld repeat got the answer through its own door; what the reporter writes back is kept with the first."""
    own = ids(house)["1"][0]
    house.complaint(ref="R9", behind=own)
    house.registry.news["1"].append(status("Selesai", 2))  # type: ignore[union-attr]
    house.later(seconds=1)
    follow(house.hub)
    (sent,) = (reply.message_id for reply in house.doors["portal"].taken if reply.ref == "R9")
    assert joined_to(house, {"in_reply_to": sent.strip("<>")}) == own


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "text",
        ["in_reply_to"],
        {},
        {"in_reply_to": 7, "references": "x"},
        {"in_reply_to": {"a": 1}, "references": [None, 7, ["x"]]},
        {"in_reply_to": "abc@warga.contoh.invalid", "references": ["\x00", "\ud800"]},
        {"in_reply_to": f"reply-{UUID(int=1)}@{HUB}.satupintu.invalid"},
        {"in_reply_to": f"reply-{UUID(int=1)}@{HUB}.satupintu.invalid' OR true --"},
    ],
)
def test_everything_else_is_a_mail_of_its_own(house: House, payload: Any) -> None:
    """A portal's item, a broken header, an id that we never gave: none of them swallows a complaint."""
    assert joined_to(house, payload) is None


def test_a_foreign_hub_and_a_machine_are_not_joined(house: House) -> None:
    """The answer to another hub's mail is that hub's; a holiday notice is no word of the reporter."""
    sent = ids(house)["1"][1]
    with house.store.begin() as work:
        assert answered(work, ANOTHER, {"in_reply_to": sent}) is None
    assert joined_to(house, {"in_reply_to": sent.replace(str(HUB), str(ANOTHER))}) is None
    assert joined_to(house, {"in_reply_to": sent, "auto": "reply"}) is None
    assert joined_to(house, {"in_reply_to": sent, "auto": None}) is not None


def test_what_the_citizen_adds_is_kept_with_his_complaint(house: House) -> None:
    """His words are an event of the complaint, once, readable under the mail's own key only; they move no status."""
    own = ids(house)["1"][0]
    mail = house.complaint(ref="M1", number="3")
    for _ in range(2):
        with house.store.begin() as work:
            item = items.one(work, house.vault, work.value("SELECT item_id FROM complaints WHERE id = :id", id=mail))
            connector = work.value("SELECT connector FROM complaints WHERE id = :id", id=mail)
            join(work, house.vault, item, own, CANARY, connector, "35", house.now)
    (row,) = house.rows("SELECT * FROM events WHERE source = 'channel'")
    assert (row.complaint, row.what, row.by_whom, row.region, row.seen_at) == (
        own,
        "follow_up",
        "reporter",
        "35",
        house.now,
    )
    assert row.key_id == item.key.id
    text = house.vault.open(item.key, f"event:{bytes(row.digest).hex()}", bytes(row.text_enc))
    assert text.decode("utf-8", "surrogatepass") == CANARY
    house.later(seconds=1)
    follow(house.hub)
    assert len(house.doors["portal"].taken) == 2
