"""One suite for every kind: what it promises with an honest counterpart, and what it never does with a hostile one."""

from __future__ import annotations

import dataclasses
import gzip
import inspect
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors import known
from connectors.base import Context, Item, Page, Push, Window
from connectors.errors import ChannelError, Refused, Unavailable
from connectors.reading import Outcome, read
from sandbox import hostile_web
from tests.channels.fakes.doors import ASKS, COUNT, DOORS, FAILS, HEARS, Hears, Open, asking
from tests.channels.fakes.inbox import NOW, SECRETS, Box, context
from tests.channels.fakes.web import Answer, Asked, serve

EVERYTHING = Window(since=None, until=NOW)
MIB = 1024 * 1024
KINDS = sorted(known.names())
LINES = 300
"""Of a kind's file."""
SAID = "rahasia-warga-081234567890"
"""Stands in what hostile counterparts answer, and never in an error."""


@pytest.fixture(params=sorted(DOORS))
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Each kind in turn, with an honest counterpart."""
    with DOORS[request.param].opened(tmp_path) as opened:
        yield opened


def reading(channel: Any, ctx: Context, window: Window = EVERYTHING) -> tuple[list[Item], Outcome]:
    """One reading to its outcome; nothing but an outcome may come of it."""
    items: list[Item] = []
    for step in read(channel, ctx, window):
        if isinstance(step, Outcome):
            return items, step
        items.extend(step.items)
    raise AssertionError


def mute(outcome: Outcome) -> None:
    """No secret and nobody's words stand in what a reading says of itself."""
    told = f"{outcome.error!r} {outcome.error} {getattr(outcome.error, 'indonesian', '')} {outcome.owed}"
    for secret in (*SECRETS.values(), "sandi-rahasia-99", "sandi-basis-rahasia", SAID):
        assert secret not in told


# what a kind says of itself ------------------------------------------------------------------------------------------


def test_every_kind_is_in_this_suite() -> None:
    """A kind that nobody opens here is a kind of which nothing is promised."""
    assert {name.partition(" ")[0] for name in DOORS} == set(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_one_small_file_that_describes_itself(name: str) -> None:
    """At most 300 lines; its keys are a sound schema, and what a person needs is said in both languages alike."""
    cls = known.known(name)
    assert (cls.__doc__ or "").strip() and dataclasses.is_dataclass(cls) and "__slots__" in vars(cls)
    assert len(Path(inspect.getfile(cls)).read_text().splitlines()) <= LINES
    fields = {field.name for field in dataclasses.fields(cls)}
    if not hasattr(cls, "OPTIONS"):
        assert name in ("rest", "imap", "x")  # their keys stand in the manifest's schema
        return
    for schema in filter(None, (cls.OPTIONS, cls.REPLY)):
        Draft202012Validator.check_schema(dict(schema))
    keys = {f"{key}_" if key in ("from",) else key.replace("-", "_") for key in cls.OPTIONS["properties"]}
    assert keys <= fields | {"look_back", "sweep", "ignore", "created"}
    assert len(cls.NEEDS["id"]) == len(cls.NEEDS["en"]) > 0
    assert set(cls.SAME) <= set(cls.OPTIONS["properties"])
    assert (cls.REPLY is not None) == hasattr(cls, "reply")


# honest counterparts -------------------------------------------------------------------------------------------------


def test_everything_is_read_once_and_proved(door: Open) -> None:
    """All that is there, each thing once (or the same bytes where pages overlap), and a reading that closes with a proof."""
    items, outcome = reading(door.channel, door.ctx)
    assert {str(item.ref) for item in items} == door.refs
    again = len(items) - len({(item.ref, item.raw) for item in items})
    assert again == 0 or getattr(door.channel, "overlaps", False)
    assert (outcome.closed, outcome.owed, outcome.error) == (True, None, None)
    assert outcome.proof
    for item in items:
        assert item.raw and item.trouble is None
        json.loads(item.ref or "")


def test_the_mark_goes_on_behind_what_was_read(door: Open) -> None:
    """The mark is small JSON; a reading from it is complete too, and gives nothing that was not there."""
    _, outcome = reading(door.channel, door.ctx)
    mark = json.loads(json.dumps(dict(outcome.mark)))
    assert mark == dict(outcome.mark) and len(json.dumps(mark)) < 64 * 1024
    items, again = reading(door.channel, door.ctx, replace(EVERYTHING, after=mark, past=mark))
    assert again.closed and {str(item.ref) for item in items} <= door.refs


def test_a_reading_goes_on_from_every_page(door: Open) -> None:
    """Behind the position of each page stands what no page before it gave: nothing is lost where a pull is cut."""
    whole = list(door.channel.pages(door.ctx, EVERYTHING))
    seen: set[str] = set()
    for page in whole[:-1]:
        seen |= {str(item.ref) for item in page.items}
        if getattr(door.channel, "confirms", False):
            continue  # what was confirmed is gone at the channel; tests of that kind go further
        position = json.loads(json.dumps(dict(page.next or {})))
        rest: Sequence[Page] = list(door.channel.pages(door.ctx, EVERYTHING, position))
        assert seen | {str(item.ref) for left in rest for item in left.items} == door.refs


def test_reading_twice_gives_the_same_bytes(door: Open) -> None:
    """A thing that did not change is the same thing, so that no sweep makes versions of it."""
    if getattr(door.channel, "confirms", False):
        return
    one, two = ({str(item.ref): item.raw for item in reading(door.channel, door.ctx)[0]} for _ in range(2))
    assert one == two


@pytest.mark.parametrize(("name", "fault"), FAILS)
def test_a_failing_counterpart_is_never_an_empty_one(name: str, fault: str, tmp_path: Path) -> None:
    """A wrong password, a cut or garbage ends with an error that names who must act; nothing counts as read."""
    with DOORS[name].opened(tmp_path) as opened:
        opened.faults[fault]()
        items, outcome = reading(opened.channel, opened.ctx)
    assert not outcome.closed and isinstance(outcome.error, ChannelError) and outcome.owed
    assert {str(item.ref) for item in items} <= opened.refs
    mute(outcome)


# hostile counterparts of those that ask ------------------------------------------------------------------------------

JSON = "application/json"
WRONG = [
    b"", b"null", b"7", b'"teks"', b"[]", b"{}", b"[[1]]", b"[null, 7]", b'{"data": 7}', b'{"ok": true, "result": 7}',
    b'{"ok": true, "result": [7, {"update_id": "x"}]}', b'{"data": [7], "meta": {"result_count": 1}}',
    b'{"data": null, "meta": 7}', b'{"data": {"data": []}, "paging": 7}', b"[" * 100_000, b'{"data": [' + b"1," * 9 + b"]}",
    b"\xff\xfe\x00", b'{"data": [{"id": NaN}], "total": 1}', b"<html><body>Login</body></html>",
]  # fmt: skip


def everywhere(answer: hostile_web.Answer) -> Any:
    """The one answer to whatever is asked."""

    class Everywhere(dict[str, Any]):
        def get(self, *_: Any) -> Callable[[Any], hostile_web.Answer]:
            return lambda _: answer

    return Everywhere()


def asked(name: str, said: hostile_web.Answer, timeout: float = 20.0) -> tuple[list[Item], Outcome]:
    """One reading of a counterpart that gives this answer and no other."""
    with hostile_web.served() as web:
        web.places = everywhere(said)
        return reading(ASKS[name].make(web.url), asking(timeout))


@pytest.mark.parametrize("name", sorted(ASKS))
def test_wrong_types_are_no_complaints(name: str) -> None:
    """Nulls, numbers, lists of lists, login pages: an outcome each, and never a usable complaint made of them."""
    for body in WRONG:
        items, outcome = asked(name, hostile_web.answer(200, body, JSON))
        assert not [item for item in items if item.ref and not item.trouble], body[:40]
        mute(outcome)


@pytest.mark.parametrize("name", sorted(ASKS))
@pytest.mark.parametrize(("status", "error"), [(401, Refused), (403, Refused), (429, Unavailable), (500, Unavailable),
                                               (503, Unavailable)])  # fmt: skip
def test_an_expired_token_and_a_busy_server_are_told_apart(name: str, status: int, error: type[ChannelError]) -> None:
    """Who must act is named: the owner for key and rights, nobody for what passes; the error quotes nothing."""
    body = json.dumps({"error": {"message": SAID}, "description": f"{SAID} {SECRETS['TOKEN']}"}).encode()
    items, outcome = asked(name, hostile_web.answer(status, body))
    assert (items, outcome.closed) == ([], False)
    assert isinstance(outcome.error, error), outcome.error
    mute(outcome)


@pytest.mark.parametrize("name", sorted(ASKS))
def test_a_flood_fills_no_memory(name: str) -> None:
    """An answer of 100 MB, also one that is small until it is unpacked, ends at the limit and counts as nothing read."""
    packed = gzip.compress(bytes(100 * MIB), 1)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    plain = hostile_web.Answer(pieces=(head + b"Content-Length: 104857600\r\n\r\n", *[b" " * MIB] * 40), hang_up=True)
    bomb = hostile_web.Answer(
        pieces=(head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed), packed)
    )
    for said in (plain, bomb):
        tracemalloc.start()
        try:
            items, outcome = asked(name, said)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert (items, outcome.closed) == ([], False)
        assert isinstance(outcome.error, Unavailable)
        assert most < 200 * MIB


@pytest.mark.parametrize("name", sorted(ASKS))
def test_a_slow_drip_ends_in_time(name: str) -> None:
    """A byte now and then holds up nobody for longer than one answer may take."""
    pieces = (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", *[b" "] * 40)
    began = time.process_time()
    items, outcome = asked(name, hostile_web.Answer(pieces=pieces, pause=0.02, hang_up=True), timeout=0.15)
    assert (items, outcome.closed, outcome.code) == ([], False, "timeout")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", sorted(ASKS))
def test_an_answer_that_comes_for_ever_proves_nothing(name: str) -> None:
    """A counterpart that gives its first answer to every question is asked a bounded number of times."""
    honest, first = ASKS[name].answer(), list[Answer]()

    def stuck(one: Asked) -> Answer:
        first.append(first[0] if first else honest(one))
        return first[0]

    with serve(stuck) as web:
        items, outcome = reading(ASKS[name].make(web.url), asking())
        count = len(web.asked)
    assert count <= 60
    assert not outcome.closed or ASKS[name].whole
    assert {str(item.ref) for item in items} <= ASKS[name].refs or not outcome.closed


@pytest.mark.parametrize("name", sorted(ASKS))
def test_a_cut_is_no_end(name: str) -> None:
    """A connection that ends without a word, or in the middle of an answer, is owed and never an empty channel."""
    body = b'{"data": [{"id": "P-1"}'
    half = hostile_web.Answer(
        pieces=(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n", body), hang_up=True
    )
    for said in (half, hostile_web.Answer(pieces=(b"",), hang_up=True)):
        items, outcome = asked(name, said)
        assert (items, outcome.closed) == ([], False)
        assert isinstance(outcome.error, Unavailable)
        mute(outcome)


# hostile pushes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(HEARS))
def test_a_right_push_is_believed_and_no_changed_one(name: str) -> None:
    """Of 500 pushes with a byte changed, a header missing or another secret none is taken, and no error tells why in words."""
    one, dice = HEARS[name], random.Random(11)
    right = one.push(1)
    one.channel.judge(context(), right)
    for _ in range(500):
        with pytest.raises(Refused) as told:
            one.channel.judge(context(), spoilt(right, dice, one))
        assert not [secret for secret in SECRETS.values() if secret in str(told.value)]


def spoilt(push: Push, dice: random.Random, one: Hears) -> Push:
    """The push with something changed that its signature, or its secret, covers."""
    name = next(key for key in push.headers if key != "content-type")
    heads = dict(push.headers)
    if one.sealed and dice.random() < 0.5:
        at = dice.randrange(len(push.body))
        body = push.body[:at] + bytes([push.body[at] ^ 1 << dice.randrange(8)]) + push.body[at + 1 :]
        return replace(push, body=body)
    value = heads.pop(name)
    cut = dice.randrange(len(value))
    if dice.random() < 0.9:
        other = chr(ord(value[cut]) + 1)
        heads[name] = dice.choice([value[:cut], value + "0", value[:cut] + other + value[cut + 1 :]])
    return replace(push, headers=heads)


@pytest.mark.parametrize("name", sorted(HEARS))
def test_a_strange_push_blocks_no_other(name: str) -> None:
    """Whatever stands in a push, it is nothing or waits with its reason, and the one behind it is read."""
    one, box = HEARS[name], Box()
    bodies = [*WRONG, b'{"entry": [{"changes": [{"field": "messages", "value": {"messages": [7]}}, 7]}, null]}',
              b'{"update_id": 1, "message": 7}', b'{"update_id": 1, "message": {"chat": 7, "from": [], "text": {}}}']  # fmt: skip
    for body in bodies:
        box.push(body)
    box.kept.append(replace(one.push(1), number=len(bodies) + 1))
    items, outcome = reading(one.channel, context(box, NOW.replace(year=2027)))
    assert outcome.closed
    assert [str(item.ref) for item in items if not item.trouble and item.payload.get("message", 1)][-1:] == [one.ref(1)]
    assert not [item for item in items if item.ref is None and not item.trouble]


@pytest.mark.parametrize("name", sorted(HEARS))
def test_what_is_pushed_again_is_the_same(name: str) -> None:
    """A redelivery, also one on a later page of the inbox, has the same ref and bytes, so it is stored once."""
    one, box = HEARS[name], Box()
    for number in [*range(1, 101), *range(1, 101), *range(1, 121)]:  # a whole page of the inbox comes again
        box.kept.append(replace(one.push(number), number=len(box.kept) + 1))
    items, outcome = reading(one.channel, context(box, NOW.replace(year=2027)))
    assert outcome.closed
    assert len({(item.ref, item.raw) for item in items}) == 120
    assert {str(item.ref) for item in items} == {one.ref(n) for n in range(1, 121)}


@pytest.mark.parametrize("name", sorted(HEARS))
def test_an_inbox_is_read_page_by_page(name: str) -> None:
    """A thousand pushes are never in memory as a thousand items at once: pages come as they are asked for."""
    one = HEARS[name]
    kept = [replace(one.push(number), number=number) for number in range(1, 1001)]
    first = next(islice(one.channel.pages(context(Box(kept=kept), NOW.replace(year=2027)), EVERYTHING), 1))
    assert not first.end and len(first.items) <= 200 and COUNT < 200
