"""One complaint in five messages is one item, whoever reads the inbox, whenever, and wherever he is stopped."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors import sessions
from connectors.base import Item, Push
from connectors.sessions import Said, Window
from tests.channels.fakes.inbox import NOW, Box, context

WINDOW = Window(quiet=timedelta(minutes=10), most=timedelta(minutes=60))


def said(at: float, by: str, number: int = 0) -> Said:
    """A message `at` minutes after the beginning."""
    item = Item(ref=f'"{by}{at}"', raw=b"", payload={})
    return Said(number=number, mark=f"{by}{at}", at=NOW + timedelta(minutes=at), by=by, item=item)


@pytest.mark.parametrize(
    ("messages", "until", "ended", "left"),
    [
        ([], 0, [], []),
        ([(0, "a")], 10, [], ["a0"]),
        ([(0, "a")], 10.1, [["a0"]], []),
        ([(0, "a"), (10, "a"), (20, "a")], 30, [], ["a0", "a10", "a20"]),
        ([(0, "a"), (10, "a"), (20, "a")], 31, [["a0", "a10", "a20"]], []),
        ([(0, "a"), (11, "a")], 12, [["a0"]], ["a11"]),
        ([(0, "a"), (1, "b"), (2, "a"), (3, "b")], 60, [["a0", "a2"], ["b1", "b3"]], []),
        ([(0, "a"), (1, "b"), (2, "a")], 11.5, [["b1"]], ["a0", "a2"]),
        ([(n * 9, "a") for n in range(9)], 80, [["a0", "a9", "a18", "a27", "a36", "a45", "a54"]], ["a63", "a72"]),
        ([(0, ""), (1, ""), (2, "a")], 3, [["0"], ["1"]], ["a2"]),
        ([(5, "a"), (0, "a"), (12, "a")], 30, [["a5", "a0", "a12"]], []),
    ],
)
def test_what_belongs_together(
    messages: Sequence[tuple[float, str]], until: float, ended: list[list[str]], left: list[str]
) -> None:
    """A session ends after ten quiet minutes or an hour; senders do not mix, and what nobody can tell stands alone."""
    groups, waiting = sessions.settled([said(*one) for one in messages], WINDOW, NOW + timedelta(minutes=until))
    assert ([[one.mark for one in group] for group in groups], [one.mark for one in waiting]) == (ended, left)


def box(seed: int, count: int = 300) -> Box:
    """Pushes of twelve people over a day, some of which are delivered twice."""
    dice, made, at = random.Random(seed), Box(), 0.0
    for number in range(1, count + 1):
        at += dice.expovariate(0.4)
        again = number > 5 and dice.random() < 0.05
        body = dice.choice(made.kept[-5:]).body if again else b"%d %d" % (dice.randrange(12), number)
        made.kept.append(Push(number=number, at=NOW + timedelta(minutes=at), headers={}, query={}, body=body))
    return made


def taken(push: Push) -> list[Said]:
    who, _, number = push.body.decode().partition(" ")
    payload = {"said": number, "place": None, "messages": [int(number)]}
    item = Item(ref=number, raw=push.body, payload=payload)
    return [Said(number=push.number, mark=sessions.mark(item), at=push.at, by=who, item=item)]


def told(items: Sequence[Item]) -> list[str]:
    return sorted(item.payload["said"] for item in items)


@pytest.mark.parametrize("seed", range(20))
def test_a_session_is_the_same_for_every_reader(seed: int) -> None:
    """Read at once, read every few minutes, or killed after any page: the same sessions, each once, and no message lost."""
    whole = box(seed)
    end = whole.kept[-1].at + timedelta(days=1)
    (*_,) = pages = list(sessions.pages(context(whole, end), {}, WINDOW, taken))
    once = told([item for page in pages for item in page.items])
    assert sorted(n for item in once for n in item.split()) == sorted({p.body.decode().split()[1] for p in whole.kept})
    dice, here, items, seen = random.Random(seed), dict[str, object](), list[Item](), 0
    while seen < len(whole.kept) or dice.random() < 0.5:
        seen = min(len(whole.kept), seen + dice.randrange(1, 25))
        last = seen == len(whole.kept)
        now = end if last else min(whole.kept[seen - 1].at + timedelta(seconds=1), whole.kept[seen].at)
        some = Box(kept=[one for one in whole.kept[:seen] if one.number > int(str(here.get("after", 0)))])
        for page in sessions.pages(context(some, now), here, WINDOW, taken):
            if dice.random() < 0.3:
                break  # killed: neither these items nor this position were stored
            items += page.items
            here = dict(page.next or {})
        else:
            continue
        end += timedelta(seconds=1)
    for page in sessions.pages(context(Box(kept=whole.kept), end), here, WINDOW, taken):
        items += page.items
    assert told(items) == once


def test_what_is_delivered_again_later_is_no_second_complaint() -> None:
    """A gateway that pushes a message again an hour after its session ended pushes nothing new."""
    made = Box()
    for number in (1, 2, 3):
        made.kept.append(Push(number=number, at=NOW, headers={}, query={}, body=b"1 %d" % number))
    later = context(made, NOW + timedelta(hours=1))
    *_, page = pages = list(sessions.pages(later, {}, WINDOW, taken))
    assert told([item for one in pages for item in one.items]) == ["1\n2\n3"]
    made.kept.append(replace(made.kept[1], number=4, at=NOW + timedelta(hours=1)))
    again = list(sessions.pages(context(made, NOW + timedelta(hours=3)), page.next or {}, WINDOW, taken))
    assert [item for one in again for item in one.items] == []
    assert (again[-1].next or {})["after"] == 4
