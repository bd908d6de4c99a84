"""An answer reaches its door once: what is certainly not done is tried again, what nobody knows is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable
from connectors.net import NotReached
from hub.answers import answer, message_id, outcome
from hub.follow import follow
from hub.privacy import Vault
from hub.store.replies import message_of
from hub.store.server import Embedded
from tests.conftest import Database, fresh_database
from tests.unit.hub.way_back import START, Door, House, follow_up, house_in, status


@pytest.fixture(scope="module")
def tables(cluster: Embedded, template: str) -> Iterator[Database]:
    """One database for all tests of this file."""
    with fresh_database(cluster, template) as made:
        yield made


@pytest.fixture
def house(tables: Database, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A hub with one complaint that its agency has answered; its door does as the test says."""
    with house_in(tables, vault, tmp_path, monkeypatch) as made:
        made.complaint()
        made.registry.news["9300001"] = [follow_up("Sudah kami tambal.", 1)]
        made.doors["portal"] = Door()
        yield made


def state(house: House) -> tuple[str, str | None, int]:
    row = house.rows("SELECT state, code, attempts FROM replies")[0]
    return row.state, row.code, row.attempts


@pytest.mark.parametrize(
    ("error", "repeatable", "expected"),
    [
        (Unavailable(code="connect"), False, "queued"),
        (Unavailable(code="dns"), False, "queued"),
        (Unavailable(code="tls"), False, "queued"),
        (Unavailable(code="connect_timeout"), False, "queued"),
        (Unavailable(code="http_429", retry_after=60), False, "queued"),
        (Unavailable(code="http_503"), False, "queued"),
        (NotReached(code="somewhere"), False, "queued"),
        (Unavailable(code="smtp_451"), False, "queued"),
        (Unavailable(code="timeout"), False, "unknown"),
        (Unavailable(code="cut"), False, "unknown"),
        (Unavailable(code="http_500"), False, "unknown"),
        (Unavailable(code="timeout"), True, "queued"),
        (Refused(code="http_403"), False, "refused"),
        (Refused(code="http_403"), True, "refused"),
        (Misconfigured(code="http_404"), True, "refused"),
        (Misconfigured(code="no_address"), False, "no_door"),
    ],
)
def test_what_an_error_means_for_an_answer(error: ChannelError, repeatable: bool, expected: str) -> None:
    """Only an answer that has certainly not been taken, or that may safely come twice, is tried again."""
    assert outcome(error, repeatable=repeatable).state == expected


def test_the_attempt_is_on_record_before_the_call(house: House) -> None:
    """Whoever pulls the plug during the call finds the attempt counted, with its entry, and the lease taken."""
    seen: list[tuple[str, str | None, int]] = []
    house.doors["portal"].before = lambda: seen.append(state(house))
    follow(house.hub)
    assert seen == [("queued", None, 1)]
    assert [one["act"] for one in house.entries("reply_attempted") + house.entries("replied")] == [
        "reply_attempted",
        "replied",
    ]
    assert house.entries("replied")[0]["detail"]["state"] == "sent"


def test_a_door_that_is_down_gets_the_answer_later(house: House) -> None:
    """Nothing was handed over, so the answer waits, is owed, and arrives when the door is back; each try is counted."""
    house.doors["portal"].trouble = [Unavailable(code="connect"), Unavailable(code="connect")]
    assert len(follow(house.hub).owed) == 1
    assert state(house) == ("queued", "connect", 1)
    assert answer(house.hub).owed == ()  # not due yet
    for _ in range(2):
        house.later(hours=12)
        tally = answer(house.hub)
    assert (state(house), tally.words["answers_sent"]) == (("sent", None, 3), 1)
    assert len(house.doors["portal"].taken) == 1


def test_an_unknown_outcome_is_never_repeated(house: House) -> None:
    """The connection was cut after the answer was sent: it stays unknown and visible, the door gets no second one."""
    house.doors["portal"].trouble = [Unavailable(code="cut")]
    tally = follow(house.hub)
    assert any("may or may not" in note for note in tally.notes)
    house.later(days=3)
    answer(house.hub)
    assert (state(house), house.doors["portal"].taken) == (("unknown", "cut", 1), [])


def test_a_mail_may_be_repeated_under_the_same_message_id(house: House) -> None:
    """A door that knows answers by their id gets an unknown one again: the reader's mailbox shows one."""
    ids: list[str] = []
    door = house.doors["portal"] = Door(repeatable=True, trouble=[Unavailable(code="timeout")])
    follow(house.hub)
    house.later(hours=12)
    answer(house.hub)
    ids = [reply.message_id for reply in door.taken]
    row = house.rows("SELECT r.door, e.digest FROM replies r JOIN events e ON e.id = r.event_id")[0]
    assert ids == [message_id(UUID(int=7), message_of(row.door, [bytes(row.digest)]))]
    assert ids[0].endswith("@00000000-0000-0000-0000-000000000007.satupintu.invalid>")


@pytest.mark.parametrize(("repeatable", "expected"), [(False, "unknown"), (True, "sent")])
def test_after_a_kill_during_the_call_only_a_repeatable_door_is_called_again(
    house: House, repeatable: bool, expected: str
) -> None:
    """A process killed while handing over leaves an unknown outcome, which a portal is never asked to take twice."""

    def dies() -> None:
        raise KeyboardInterrupt

    house.doors["portal"] = Door(repeatable=repeatable, before=dies)
    with pytest.raises(KeyboardInterrupt):
        follow(house.hub)
    house.doors["portal"].before = lambda: None
    house.later(minutes=5)
    answer(house.hub)
    assert state(house)[0] == "queued"  # the lease still runs: the holder may be at work
    house.later(minutes=6)
    answer(house.hub)
    house.later(hours=12)
    answer(house.hub)
    assert state(house)[0] == expected


def test_a_holder_that_comes_back_late_changes_nothing(house: House) -> None:
    """The result of a call whose lease has passed to another process is not written over the other's."""

    def taken_over() -> None:
        house.run("UPDATE replies SET token = nextval('fence'), state = 'unknown'")

    house.doors["portal"].before = taken_over
    follow(house.hub)
    assert state(house)[0] == "unknown" and house.entries("replied") == []


def test_answers_of_one_complaint_keep_their_order(house: House) -> None:
    """The news that it is finished does not overtake the agency's words that a broken door has delayed."""
    house.doors["portal"].trouble = [Unavailable(code="connect")]
    follow(house.hub)
    house.registry.news["9300001"].append(status("Selesai", 2))  # type: ignore[union-attr]
    house.later(seconds=1)
    follow(house.hub)
    assert house.doors["portal"].taken == []
    house.later(hours=12)
    answer(house.hub)
    assert ["tambal" in reply.text for reply in house.doors["portal"].taken] == [True, False]


def test_a_door_that_is_down_is_left_alone_until_the_next_run(house: House) -> None:
    """Three failures in a row are enough: a dead mail server does not cost a time-out for each of many answers."""
    for number in range(8):
        house.complaint(ref=f"R{number}", number=str(number))
        house.registry.news[str(number)] = [follow_up("Baik.", 1)]
    house.doors["portal"].trouble = [Unavailable(code="connect") for _ in range(99)]
    follow(house.hub)
    assert len(house.doors["portal"].trouble) == 99 - 3


def test_after_fourteen_days_an_answer_is_given_up_and_shown(house: House) -> None:
    """A door that never opens ends as refused with its reason, not as a row that is tried for ever."""
    house.doors["portal"].trouble = [Unavailable(code="connect") for _ in range(99)]
    follow(house.hub)
    for _ in range(15):
        house.later(days=1)
        answer(house.hub)
    assert state(house)[:2] == ("refused", "gave_up:connect")


def test_a_refused_answer_names_where_to_look(house: House) -> None:
    """A portal that no longer accepts our key is named with the key of the manifest to look at."""
    house.doors["portal"].trouble = [Refused("403", code="http_403")]
    tally = follow(house.hub)
    assert state(house)[:2] == ("refused", "http_403")
    assert any("portal" in note and "'reply'" in note for note in tally.notes)


def test_a_fault_of_a_kind_stays_with_its_answer(house: House) -> None:
    """A kind that breaks in the middle of a call leaves an unknown outcome; the run goes on."""
    house.doors["portal"].trouble = [TypeError("broken")]
    assert follow(house.hub).done == 1
    assert state(house)[:2] == ("unknown", "broken_kind")


def test_a_manifest_that_is_broken_today_loses_no_answer(house: House) -> None:
    """While the manifest cannot be read the answer waits; when it is mended the answer goes out."""
    mended = house.manifests.pop("portal")
    assert len(follow(house.hub).owed) == 1
    house.manifests["portal"] = mended
    house.later(hours=12)
    assert answer(house.hub).words["answers_sent"] == 1


def test_an_erased_reporter_is_not_written_to(house: House) -> None:
    """When a person is erased before the answer leaves, it ends with that reason, and nobody has to look."""
    house.doors["portal"].trouble = [Unavailable(code="connect")]
    follow(house.hub)
    house.run("DELETE FROM data_keys")
    house.later(days=1)
    answer(house.hub)
    assert (state(house)[:2], house.doors["portal"].taken) == (("no_door", "erased"), [])


def test_a_retry_after_is_honoured(house: House) -> None:
    """A door that asks for two hours is not called before."""
    house.doors["portal"].trouble = [Unavailable(code="http_429", retry_after=7200)]
    follow(house.hub)
    assert house.value("SELECT due_at FROM replies") >= START + timedelta(hours=2)


def test_what_leaves_together_stands_and_falls_together(house: House) -> None:
    """A mail server that may have taken a mail about three events leaves all three unknown; none is told once more."""
    door = house.doors["portal"] = Door(gathers=True, trouble=[Unavailable(code="cut")])
    house.registry.news["9300001"] += [status("Dalam Proses", 2), status("Selesai", 3)]  # type: ignore[operator]
    tally = follow(house.hub)
    assert tally.words["answers_unknown"] == 3
    house.registry.news["9300001"].append(status("Selesai", 9))  # type: ignore[union-attr]
    house.later(hours=1)
    follow(house.hub)
    (reply,) = door.taken
    assert "tambal" not in reply.text and "10.09" in reply.text
    assert [row.state for row in house.rows("SELECT state FROM replies ORDER BY id")] == ["unknown"] * 3 + ["sent"]


def test_a_message_that_is_tried_again_is_the_same(house: House) -> None:
    """What comes in between leaves in a message of its own, after the first, which keeps its id and its text."""
    door = house.doors["portal"] = Door(gathers=True, trouble=[Unavailable(code="connect")])
    follow(house.hub)
    house.registry.news["9300001"].append(status("Selesai", 9))  # type: ignore[union-attr]
    house.later(hours=12)
    follow(house.hub)
    follow(house.hub)
    assert ["tambal" in reply.text for reply in door.taken] == [True, False]
    assert len({reply.message_id for reply in door.taken}) == 2


def test_a_door_that_swallows_answers_is_left_alone(house: House) -> None:
    """A door whose calls all end without a word costs three unknown answers a run, not one for each of many."""
    for number in range(8):
        house.complaint(ref=f"R{number}", number=str(number))
        house.registry.news[str(number)] = [follow_up("Baik.", 1)]
    house.doors["portal"].trouble = [Unavailable(code="timeout") for _ in range(99)]
    assert follow(house.hub).words["answers_unknown"] == 3


def test_no_door_is_called_before_the_text_is_kept(house: House) -> None:
    """What was said can be known again even where the process dies in the call."""
    kept: list[int] = []
    house.doors["portal"].before = lambda: kept.append(
        house.value("SELECT count(*) FROM replies WHERE text_enc IS NOT NULL AND text_hmac IS NOT NULL")
    )
    follow(house.hub)
    assert kept == [1]
