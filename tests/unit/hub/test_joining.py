"""What a citizen answers to our mail becomes part of his complaint, not another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from hub import texts
from hub.follow import follow
from hub.joined import write
from hub.joining import Answering, Joining, answering, look_up, words_of
from hub.normalise import Normalised
from hub.privacy import Vault
from hub.store import connectors, items
from hub.store.items import Stored
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


def item(house: House, payload: Any, ref: str = "M1") -> Stored:
    """An item that has just come in."""
    return Stored(
        id=999,
        version=1,
        complaint=uuid4(),
        incarnation=1,
        ref_hmac=b"",
        ref=json.dumps(ref),
        payload=payload,
        trouble=None,
        key=house.vault.new_key("35"),
        received_at=house.now,
    )


def about(
    house: House,
    payload: Any,
    text: str = "",
    *,
    sender: str = "",
    hub: UUID = HUB,
    marked: bool = False,
    door: str = "portal",
    before: UUID | None = None,
) -> Answering | None:
    """What an item with this payload and text is about, sent by whom."""
    one = item(house, payload)
    result = Normalised(document=None, draft={"body": text})
    tokens = frozenset([sender.encode()] if sender else [])
    with house.store.begin() as work:
        connector = work.value("SELECT id FROM connectors WHERE name = :name", name=door)
        earlier = {one.complaint: before} if before else {}
        found = look_up(work, house.vault, hub, connector, [(one, result)], earlier)
    return answering(found, one, tokens, {}, marked=marked)


def joined_to(house: House, payload: Any, text: str = "", **asked: Any) -> UUID | None:
    found = about(house, payload, text, **asked)
    return found.to.complaint if found and found.joins else None


def known_by(house: House, complaint: UUID, who: str) -> None:
    """The reporter of this complaint."""
    house.run(
        "INSERT INTO reporter_tokens (complaint, what, token, region) VALUES (:id, 'email', :token, '35')",
        id=complaint,
        token=who.encode(),
    )


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
    assert joined_to(house, {"in_reply_to": sent}, hub=ANOTHER) is None
    assert joined_to(house, {"in_reply_to": sent.replace(str(HUB), str(ANOTHER))}) is None
    assert joined_to(house, {"in_reply_to": sent, "auto": "reply"}) is None
    assert joined_to(house, {"in_reply_to": sent, "auto": None}) is not None


def test_his_own_number_joins_and_another_ones_is_a_re_report(house: House) -> None:
    """[Ref …] may be known to anybody: the reporter's words join, a neighbour's are sent as a complaint of his own."""
    own = ids(house)["1"][0]
    known_by(house, own, "budi")
    text = f"Bagaimana dengan [Ref {str(own).upper()}]?"
    assert joined_to(house, {}, text, sender="budi") == own
    other = about(house, {}, text, sender="siti")
    assert other and (other.way, other.joins, other.to.complaint) == ("re_report", False, own)
    unknown = about(house, {}, text)
    assert unknown and not unknown.joins
    assert about(house, {}, f"[Ref {UUID(int=5)}]", sender="budi") is None


def test_who_has_our_mail_may_answer_from_elsewhere(house: House) -> None:
    """A wife answers from her own address, with or without the thread: it joins, and is flagged."""
    own, sent = ids(house)["1"]
    known_by(house, own, "budi")
    quotation = f"Sudah.\n\n> {texts.GREETING}\n> {texts.SENT_BY}\n> [Ref {own}]"
    for payload, text in (({"in_reply_to": sent}, "Sudah."), ({}, quotation)):
        for sender, other in (("budi", False), ("siti", True)):
            found = about(house, payload, text, sender=sender)
            assert found and (found.to.complaint, found.joins, found.other_sender) == (own, True, other)


def test_a_post_joins_by_ours_and_by_its_thread(house: House) -> None:
    """Under our post, or in the thread of his own complaint: his. A marked complaint of somebody else is not swallowed."""
    own = house.complaint("social", ref="77", number="3")
    known_by(house, own, "warga")
    mark = house.vault.mac("ref", b'"77"')
    house.run("UPDATE refs SET ref_hmac = :mark WHERE complaint = :own", mark=mark, own=own)
    house.run(
        """
        INSERT INTO events (complaint, connector, region, source, what, seen_at, digest)
        SELECT id, connector, region, 'hub', 'receipt', :now, 'x' FROM complaints WHERE id = :own
        """,
        own=own,
        now=house.now,
    )
    house.run(
        """
        INSERT INTO replies (complaint, event_id, connector, door, region, state, due_at, foreign_id)
        SELECT e.complaint, e.id, e.connector, e.complaint, e.region, 'sent', :now, '900' FROM events e
        WHERE e.complaint = :own
        """,
        own=own,
        now=house.now,
    )

    def post(to: str, root: str = "1") -> dict[str, Any]:
        return {"referenced_tweets": [{"type": "replied_to", "id": to}], "conversation_id": root}

    asked = {"door": "social"}
    assert joined_to(house, post("900"), sender="warga", **asked) == own
    assert joined_to(house, post("900"), sender="lain", **asked) == own
    assert joined_to(house, post("900"), sender="lain", marked=True, **asked) is None
    assert joined_to(house, post("900"), sender="warga", marked=True, **asked) == own
    assert joined_to(house, post("77"), sender="warga", **asked) == own
    assert joined_to(house, post("5", root="77"), sender="warga", **asked) == own
    assert about(house, post("77"), sender="lain", **asked) is None
    assert about(house, post("900"), sender="warga", door="portal") is None
    quote = {"referenced_tweets": [{"type": "quoted", "id": "900"}], "conversation_id": "77"}
    assert about(house, quote, sender="warga", **asked) is None


@pytest.mark.parametrize("tweets", [7, "x", [7], [{"type": "replied_to"}], [{"type": "replied_to", "id": 7}], [None]])
def test_a_broken_thread_is_none(house: House, tweets: Any) -> None:
    """Whatever the API sends, nothing is joined by accident and nothing breaks."""
    assert about(house, {"referenced_tweets": tweets, "conversation_id": None}) is None


def test_what_has_joined_stays_joined(house: House) -> None:
    """An edited reply is still a reply, whatever its headers say by now; an answer to an answer joins the first."""
    own = ids(house)["1"][0]
    assert joined_to(house, {}, before=own) == own
    house.run(
        "UPDATE complaints SET state = 'rejected', reason = 'joined', behind = :own WHERE id = :two",
        own=own,
        two=ids(house)["2"][0],
    )
    assert joined_to(house, {"in_reply_to": ids(house)["2"][1]}) == own


def test_nothing_joins_what_was_turned_away(house: House) -> None:
    """A complaint that we rejected has no registry number to add to: what answers it is judged by itself."""
    own, sent = ids(house)["1"]
    house.run("UPDATE complaints SET state = 'rejected', reason = 'own_delivery' WHERE id = :own", own=own)
    assert joined_to(house, {"in_reply_to": sent}) is None


@pytest.mark.parametrize(
    ("body", "files", "text", "kept"),
    [
        ("Terima kasih", [], "Terima kasih", "thanks"),
        ("Terima kasih", [{"name": "a"}], "Terima kasih", None),
        ("Masih bocor", [], "Masih bocor", None),
        ("> kutipan", [], "", "empty"),
        ("", [{"name": "a"}], "", None),
    ],
)
def test_what_goes_on_to_the_registry(body: str, files: list[Any], text: str, kept: str | None) -> None:
    """Thanks and empty answers are kept here; news and photos go on."""
    words = words_of(Normalised(document=None, draft={"body": body, "attachments": files}))
    assert (words.text, words.kept) == (text, kept)


def test_what_the_citizen_adds_is_kept_and_passed_on_once(house: House) -> None:
    """His words are an event of the complaint and a follow-up for the registry, readable under the mail's own key only."""
    own, sent = ids(house)["1"]
    mail = house.complaint(ref="M1", number="3")
    with house.store.begin() as work:
        one = items.one(work, house.vault, work.value("SELECT item_id FROM complaints WHERE id = :id", id=mail))
        connector = connectors.see(work, house.vault, house.manifests["portal"], "test", house.now)
    answers = about(house, {"in_reply_to": sent})
    assert answers
    result = Normalised(document=None, draft={"body": CANARY})
    for _ in range(2):
        with house.store.begin() as work:
            joining = Joining(item=one, result=result, answers=answers, words=words_of(result))
            write(work, house.hub, house.manifests["portal"], connector, [joining], house.now)
    (row,) = house.rows("SELECT * FROM events WHERE source = 'channel'")
    assert (row.complaint, row.what, row.by_whom, row.region) == (own, "follow_up", "reporter", "35")
    text = house.vault.open(one.key, f"event:{bytes(row.digest).hex()}", bytes(row.text_enc))
    assert text.decode("utf-8", "surrogatepass") == CANARY
    (sent_on,) = house.rows("SELECT * FROM follow_ups")
    assert (sent_on.complaint, sent_on.registry, sent_on.what, sent_on.by_whom) == (own, "sp4n", "reply", "reporter")
    house.later(seconds=1)
    follow(house.hub)
    assert len(house.doors["portal"].taken) == 2
