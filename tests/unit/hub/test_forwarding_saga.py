"""One delivery after the other: what the steps leave behind, and what a person can say about them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from connectors.errors import Misconfigured
from hub.carrying import LONGEST, code_of, pause_after
from hub.forwarding import forward, resolve
from hub.model import Receipt
from hub.registry.wording import content, said
from hub.store import attempts
from tests.unit.hub.outbox import CANARY, START, Killed, Outbox, document

UNKNOWN = Receipt(outcome="unknown", code="timeout")


def test_a_complaint_is_confirmed_in_three_steps(outbox: Outbox) -> None:
    """Every call stands in the log before and after it, and the next follow asks for its status."""
    own = outbox.complaint(files=["gambar"])
    tally = forward(outbox.hub())
    assert (tally.done, tally.owed, tally.halted, tally.notes) == (1, (), False, ())
    row = outbox.delivery(own)
    assert (row.state, row.registry_id, row.institution, row.attempts) == ("confirmed", "9001", "3101", 1)
    assert row.next_check_at == START and row.holder is None
    assert outbox.told.calls == ["files", "create", "route"] and outbox.told.given == [["70"]]
    acts = [(e["act"], e["detail"]["step"]) for e in outbox.entries("attempted", "forwarded")]
    assert acts == [(act, step) for step in ("files", "create", "route") for act in ("attempted", "forwarded")]
    assert row.sent_hmac == outbox.vault.mac("text", said(content(document(own))))
    (create,) = [e for e in outbox.entries("attempted") if e["detail"]["step"] == "create"]
    assert create["detail"]["sent"] == row.sent_hmac.hex()


def test_without_an_institution_the_national_admin_disposes(outbox: Outbox) -> None:
    """A region without a number at the registry is sent without routing, and it shows."""
    outbox.config = outbox.config.__class__(
        name="sp4n", kind="lapor_v3", url="http://127.0.0.1:9", sha256="0" * 64, threads=1, rate=1e9
    )
    own = outbox.complaint()
    assert forward(outbox.hub()).done == 1
    row = outbox.delivery(own)
    assert (row.state, row.code, outbox.told.calls) == ("confirmed", "unrouted", ["create"])
    assert row.next_check_at is not None


def test_forward_again_does_nothing(outbox: Outbox) -> None:
    """A second run finds nothing to do."""
    outbox.complaint()
    forward(outbox.hub())
    assert forward(outbox.hub()).done == 0 and outbox.told.calls.count("create") == 1


def test_nothing_of_the_text_leaves_by_the_side(outbox: Outbox) -> None:
    """Neither tally nor entries hold a word of the complaint, whatever happens to it."""
    outbox.complaint()
    outbox.told.answers["create"] = [ValueError(CANARY)]
    tally = forward(outbox.hub())
    assert CANARY not in str(tally) and CANARY not in str(outbox.entries("attempted", "unknown", "postponed"))


@pytest.mark.parametrize("step", ["files", "create", "route"])
def test_what_was_not_done_is_tried_again(outbox: Outbox, step: str) -> None:
    """A step that was certainly not done is repeated later, alone; the finished ones are not."""
    own = outbox.complaint(files=["gambar"])
    outbox.told.answers[step] = [Receipt(outcome="retry", code="connect")]
    tally = forward(outbox.hub())
    assert tally.done == 0 and "1 wait for sp4n (connect), next try at" in tally.owed[0]
    assert outbox.delivery(own).tries == 1 and outbox.delivery(own).holder is None
    outbox.later(seconds=6)
    assert forward(outbox.hub()).done == 1
    assert outbox.told.calls.count(step) == 2 and len(outbox.told.calls) == 4
    assert outbox.delivery(own).tries == 0
    assert [e["detail"]["step"] for e in outbox.entries("postponed")] == [step]


def test_the_registry_is_given_the_time_it_asks_for(outbox: Outbox) -> None:
    """Retry-After holds for this complaint and silences all calls to the registry until then."""
    own, other = outbox.complaint(), outbox.complaint()
    outbox.told.answers["create"] = [Receipt(outcome="retry", code="http_429", http=429, retry_after=3600.0)]
    tally = forward(outbox.hub())
    assert outbox.told.calls == ["create"] and len(tally.owed) == 2
    assert outbox.delivery(own).due_at >= START + timedelta(hours=1)
    outbox.later(minutes=59)
    forward(outbox.hub())
    assert outbox.told.calls == ["create"] and outbox.delivery(other).state == "queued"
    outbox.later(minutes=2)
    assert forward(outbox.hub()).done == 2


def test_a_dead_registry_is_not_asked_for_each_complaint(outbox: Outbox) -> None:
    """Three failures to reach it end the run; all the others wait and are counted."""
    for _ in range(8):
        outbox.complaint()
    outbox.told.answers["create"] = [Receipt(outcome="retry", code="connect")] * 8
    tally = forward(outbox.hub())
    assert outbox.told.calls == ["create"] * 3
    assert sum(int(sentence.split()[0]) for sentence in tally.owed) == 8


def test_the_calls_of_all_workers_keep_the_rate(outbox: Outbox) -> None:
    """With one call in two seconds, the second call comes two seconds after the first."""
    outbox.config = outbox.config.__class__(
        name="sp4n", kind="lapor_v3", url="http://127.0.0.1:9", sha256="0" * 64, threads=1, rate=0.5
    )
    at: list[datetime] = []
    outbox.told.during = lambda step: at.append(outbox.now)
    for _ in range(3):
        outbox.complaint()
    assert forward(outbox.hub()).done == 3
    assert [moment - START for moment in at] == [timedelta(seconds=n) for n in (0, 2, 4)]


def test_a_long_queue_for_the_rate_is_the_next_runs(outbox: Outbox) -> None:
    """Nobody sleeps longer than five seconds in a run; what waits is said."""
    outbox.config = outbox.config.__class__(
        name="sp4n", kind="lapor_v3", url="http://127.0.0.1:9", sha256="0" * 64, threads=1, rate=0.1
    )
    own, other = outbox.complaint(), outbox.complaint()
    tally = forward(outbox.hub())
    assert (tally.done, len(tally.owed), outbox.slept) == (1, 1, [0.0])
    assert {outbox.delivery(own).state, outbox.delivery(other).state} == {"confirmed", "queued"}
    assert outbox.delivery(other).holder is None and outbox.delivery(other).attempts == 0


def test_after_fourteen_days_a_person_looks(outbox: Outbox) -> None:
    """A registry that stays away does not keep a complaint in silence for ever."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [Receipt(outcome="retry", code="http_401")] * 3
    forward(outbox.hub())
    outbox.later(days=13)
    forward(outbox.hub())
    assert outbox.delivery(own).state == "queued"
    outbox.later(days=2)
    tally = forward(outbox.hub())
    assert outbox.delivery(own).state == "needs_human" and tally.owed == ()
    assert f"satupintu resolve {own}" in tally.notes[0]


def test_the_back_off_grows_and_spreads() -> None:
    """Windows double from 5 seconds to 12 hours, and every delay lies anywhere in its window."""
    chance = Random(3)
    for tries, window in ((0, 5.0), (1, 10.0), (5, 160.0), (14, LONGEST), (4000, LONGEST)):
        delays = [pause_after(tries, chance) for _ in range(300)]
        assert min(delays) >= 1.0 and max(delays) <= window
        assert max(delays) > 0.9 * window and sum(delay < window / 2 for delay in delays) > 100


def test_an_unknown_outcome_is_never_repeated(outbox: Outbox) -> None:
    """Nobody knows whether it was stored: a person is told what to do, and no run sends it again."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [UNKNOWN]
    tally = forward(outbox.hub())
    assert (tally.done, tally.owed, tally.words) == (0, (), {"unknown": 1})
    assert f"[Ref {own}]" in tally.notes[0] and f"satupintu resolve {own} --registry-id N" in tally.notes[0]
    outbox.later(days=30)
    again = forward(outbox.hub())
    assert outbox.told.calls == ["create"] and again.notes == ("sp4n: 1 unknown wait for a person.",)
    assert not again.halted and again.owed == ()


def test_a_refused_complaint_lets_its_repeats_go(outbox: Outbox) -> None:
    """The reporter's first repeat is sent in place of the refused one; the others stand behind it."""
    own = outbox.complaint()
    first, second = outbox.complaint(behind=own), None
    outbox.later(seconds=1)
    second = outbox.complaint(behind=own)
    outbox.told.answers["create"] = [Receipt(outcome="refused", code="http_422", http=422)]
    tally = forward(outbox.hub())
    assert tally.words == {"refused": 1, "confirmed": 1}
    assert (outbox.delivery(own).state, outbox.delivery(first).state) == ("refused", "confirmed")
    rows = outbox.rows("SELECT id, state, behind FROM complaints")
    assert {row.id: (row.state, row.behind) for row in rows} == {
        own: ("accepted", None),
        first: ("accepted", None),
        second: ("withheld_repeat", first),
    }
    words = outbox.rows("SELECT word FROM outcomes ORDER BY word")
    assert [row.word for row in words] == ["forwarded", "rejected", "withheld_repeat"]
    assert outbox.entries("released")[0]["complaint"] == str(first)


def test_refused_files_do_not_hold_the_complaint_back(outbox: Outbox) -> None:
    """The text arrives although the registry will not have its photo, and that shows on the photo."""
    own = outbox.complaint(files=["gambar"])
    outbox.told.answers["files"] = [Receipt(outcome="refused", code="http_413", http=413)]
    assert forward(outbox.hub()).done == 1
    assert outbox.delivery(own).state == "confirmed" and outbox.told.given == [[]]
    (file,) = outbox.rows("SELECT state, reason FROM attachments")
    assert (file.state, file.reason) == ("failed", "registry_http_413")


def test_a_refused_route_needs_a_person(outbox: Outbox) -> None:
    """The registry has the complaint, so it is not rejected; somebody has to mend the institution's number."""
    own = outbox.complaint()
    outbox.told.answers["route"] = [Receipt(outcome="refused", code="http_422", http=422)]
    forward(outbox.hub())
    row = outbox.delivery(own)
    assert (row.state, row.code, row.registry_id) == ("needs_human", "route_http_422", "9001")
    assert row.next_check_at is not None
    assert resolve(outbox.hub(), str(own), absent=True, by="petugas").failed == 1
    assert resolve(outbox.hub(), str(own), registry_id="9001", by="petugas").done == 1
    assert outbox.delivery(own).state == "confirmed"


def test_files_that_are_being_fetched_are_awaited_a_day(outbox: Outbox) -> None:
    """A photo gets 24 hours to arrive; then the complaint goes without it."""
    own = outbox.complaint(pending=1)
    tally = forward(outbox.hub())
    assert outbox.told.calls == [] and "(files_pending)" in tally.owed[0]
    outbox.later(hours=23, minutes=55)
    forward(outbox.hub())
    assert outbox.told.calls == []
    outbox.later(minutes=6)
    assert forward(outbox.hub()).done == 1
    assert outbox.delivery(own).state == "confirmed"


def test_a_poisonous_delivery_stops_nobody(outbox: Outbox) -> None:
    """A complaint that our code cannot carry waits for a person; the next ones arrive."""
    bad, good = outbox.complaint(), outbox.complaint()
    outbox.run("UPDATE complaints SET canonical_enc = 'rubbish' WHERE id = :id", id=bad)
    tally = forward(outbox.hub())
    assert tally.done == 1 and outbox.delivery(good).state == "confirmed"
    assert (outbox.delivery(bad).state, outbox.delivery(bad).code) == ("needs_human", "damaged")
    assert outbox.delivery(bad).attempts == 0


@pytest.mark.parametrize("error", [KeyError("x"), Misconfigured("x", code="bad_registry_id")])
def test_an_exception_inside_a_create_is_not_repeated(outbox: Outbox, error: Exception) -> None:
    """Nobody knows what had been sent when our code failed, so a person looks; the breaker stays closed."""
    owns = [outbox.complaint() for _ in range(3)]
    outbox.told.answers["create"] = [error] * 3
    tally = forward(outbox.hub())
    assert tally.words == {"needs_human": 3} and not tally.halted
    assert {outbox.delivery(own).code for own in owns} == {code_of(error)}
    outbox.later(days=1)
    forward(outbox.hub())
    assert outbox.told.calls == ["create"] * 3


def test_an_erased_complaint_is_not_sent(outbox: Outbox) -> None:
    """Whose data were erased is not reported afterwards."""
    own = outbox.complaint()
    outbox.run("DELETE FROM data_keys")
    forward(outbox.hub())
    assert (outbox.delivery(own).state, outbox.delivery(own).code) == ("refused", "erased")
    assert outbox.told.calls == []


def test_an_unmapped_code_may_wait(outbox: Outbox) -> None:
    """Where the registry's file says wait, the complaint waits until somebody maps its code."""
    outbox.config = outbox.config.__class__(
        name="sp4n", kind="lapor_v3", url="http://127.0.0.1:9", sha256="0" * 64, threads=1, unmapped_category="wait"
    )
    own = outbox.complaint()
    tally = forward(outbox.hub())
    assert "1 wait for sp4n (unmapped_category)" in tally.owed[0] and outbox.delivery(own).tries == 0


def test_a_limit_and_names_choose(outbox: Outbox) -> None:
    """A run can be kept short, or to one connector; what is left is said."""
    for _ in range(3):
        outbox.complaint()
    assert forward(outbox.hub(), ["another"]).done == 0
    tally = forward(outbox.hub(), ["portal"], limit=2)
    assert tally.done == 2 and tally.owed[0].startswith("1 wait for sp4n (queued)")


def test_a_number_of_another_complaint_is_no_answer(outbox: Outbox) -> None:
    """A gateway that repeats an old answer gives no reporter the news of another one: a person looks, the first stays."""
    first, second, third = (outbox.complaint() for _ in range(3))
    outbox.told.answers["create"] = [Receipt(outcome="done", registry_id="9001")] * 2
    assert forward(outbox.hub()).words == {"confirmed": 2, "unknown": 1}
    assert [outbox.delivery(own).registry_id for own in (first, second, third)] == ["9001", None, "9003"]
    assert outbox.delivery(second).code == "number_taken" and outbox.told.calls.count("route") == 2


# leases ------------------------------------------------------------------------------------------------------------


def test_a_killed_process_leaves_an_unknown(outbox: Outbox) -> None:
    """Killed between attempt and result: after its lease nobody repeats the create, a person is asked."""
    own = outbox.complaint()
    outbox.told.answers["create"] = [Killed()]
    with pytest.raises(Killed):
        forward(outbox.hub("test/1"))
    row = outbox.delivery(own)
    assert (row.state, row.attempts, row.holder) == ("queued", 1, "test/1")
    outbox.later(minutes=9)
    assert forward(outbox.hub("test/2")).words == {}
    outbox.later(minutes=2)
    tally = forward(outbox.hub("test/2"))
    assert tally.words == {"unknown": 1} and f"[Ref {own}]" in tally.notes[0]
    assert (outbox.delivery(own).state, outbox.delivery(own).code) == ("unknown", "interrupted")
    assert outbox.told.calls == ["create"]
    assert [e["code"] for e in outbox.entries("unknown")] == ["interrupted"]


def test_a_process_that_is_gone_needs_no_waiting(outbox: Outbox) -> None:
    """Where the holder was a process of this machine and is gone, the next run takes over at once."""
    import socket

    gone = f"{socket.gethostname()}/another-boot/1/1/x"
    own = outbox.complaint()
    outbox.told.answers["create"] = [Killed()]
    with pytest.raises(Killed):
        forward(outbox.hub(gone))
    assert forward(outbox.hub("test/2")).words == {"unknown": 1}
    assert outbox.delivery(own).state == "unknown"


@pytest.mark.parametrize("step", ["files", "route"])
def test_a_process_killed_elsewhere_goes_on_where_it_stood(outbox: Outbox, step: str) -> None:
    """Killed in a step that may be repeated: the next holder repeats that step and no other."""
    outbox.complaint(files=["gambar"])
    outbox.told.answers[step] = [Killed()]
    with pytest.raises(Killed):
        forward(outbox.hub("test/1"))
    outbox.later(minutes=11)
    assert forward(outbox.hub("test/2")).done == 1
    assert outbox.told.calls.count("create") == 1 and outbox.told.calls.count(step) == 2
    assert outbox.rows("SELECT 1 FROM attempts WHERE ended_at IS NULL") == []


def test_a_stale_process_writes_nothing(outbox: Outbox) -> None:
    """A process that slept through its lease changes nothing when it wakes; its late news reach a person."""
    own = outbox.complaint()

    def sleep_long(step: str) -> None:
        if step == "create":
            outbox.told.during = lambda step: None
            outbox.later(minutes=11)
            assert forward(outbox.hub("test/2")).words == {"unknown": 1}

    outbox.told.during = sleep_long
    before = outbox.told.calls
    tally = forward(outbox.hub("test/1"))
    assert before == ["create"] and tally.done == 0
    assert f"Complaint {own}: create result came after the lease had ended; it is 9001 at sp4n" in tally.notes[0]
    row = outbox.delivery(own)
    assert (row.state, row.registry_id, row.code) == ("unknown", None, "interrupted")
    assert outbox.entries("forwarded") == []


def test_two_workers_share_the_outbox(outbox: Outbox) -> None:
    """What one process holds no other takes."""
    owns = [outbox.complaint() for _ in range(3)]
    seen: list[UUID | None] = []
    with outbox.store.begin() as one, outbox.store.begin() as two:
        for work, holder in ((one, "a"), (two, "b"), (one, "a"), (two, "b")):
            found = attempts.claim(work, "sp4n", names=(), holder=holder, now=outbox.now, count=1)
            seen.append(found[0][0].complaint if found else None)
    assert seen == [*owns, None]
