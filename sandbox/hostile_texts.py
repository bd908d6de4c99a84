"""Scenarios of numbers that nobody would give and texts that break readers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.hostile import Row
from sandbox.hostile_play import EITHER, WHOLE, Play, Scenario, into
from sandbox.hostile_shape import MISSING
from sandbox.hostile_web import Answer, altered

SCENARIOS: list[Scenario] = []
scenario = into(SCENARIOS)
BESIDE = "catatan_lain"


# numbers -------------------------------------------------------------------------------------------------------------


def _refs(name: str, refs: list[Any], promise: str) -> None:
    def act(play: Play) -> Iterator[str]:
        for ref in refs:
            play.portal.add(ref=ref)
        yield WHOLE
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario()(act)


_refs(
    "numbers_that_look_alike",
    ["7", "007", " 7 ", "7.0", "7\u00a0", "٧"],
    "Numbers that differ only in type, zeros or blanks are different complaints.",
)
_refs("number_zero", [0, -7, "0"], "Zero and less than zero are numbers like others.")
_refs("number_huge", [2**63, 10**40, "9" * 300], "Numbers of any length stay what they are.")
_refs(
    "numbers_that_are_none",
    [7.5, True, None, [7], {"id": 7}, MISSING, "", "a\ud800b"],
    "Rows whose number cannot be used are kept all the same, each once.",
)


@scenario()
def numbers_with_odd_signs(play: Play) -> Iterator[str]:
    """Numbers with slashes, quotes, control signs and other scripts are kept apart."""
    for ref in ("a/b", "a%2Fb", 'a"b', "a\\b", "a\nb", "a\u0000b", "é", "e\u0301"):
        play.portal.add(ref=ref)
    yield WHOLE


# texts ---------------------------------------------------------------------------------------------------------------


def _text(name: str, text: str, promise: str) -> None:
    def act(play: Play) -> Iterator[str]:
        row = play.portal.rows[-7]
        row.more = {(BESIDE,): text}
        play.portal.write(row)
        yield WHOLE
        play.portal.touch(row)
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario()(act)


_text(
    "half_a_surrogate",
    "Jalan \ud83d rusak",
    "Half a pair of surrogates in a text neither stops the reading nor is lost.",
)
_text("nul_in_a_text", "Jalan\u0000rusak", "A NUL in a text neither stops the reading nor is lost.")
_text("text_of_a_megabyte", "lumpur " * 150_000, "A text of a megabyte is kept whole.")


def _bytes(name: str, value: bytes, promise: str) -> None:
    """A row that not every reader of JSON understands alike, until the portal mends it."""

    def act(play: Play) -> Iterator[str]:
        portal = play.portal
        row = portal.rows[-7]
        row.unread = True
        row.raw = row.raw[:-1] + b', "' + BESIDE.encode() + b'": ' + value + b"}"
        yield EITHER
        row.unread = False
        portal.touch(row)
        portal.truth_of[row.key].append("as it was")
        yield WHOLE

    act.__name__, act.__doc__ = name, promise
    scenario()(act)


_bytes("not_a_number", b"NaN", "NaN in one row hides no other for longer than it lasts.")
_bytes(
    "key_twice",
    b'1, "' + BESIDE.encode() + b'": 2',
    "A key that stands twice in one row hides no other for longer than it lasts.",
)
_bytes("broken_utf_8", b'"\xff\xfe"', "A text that is no UTF-8 hides no other row for longer than it lasts.")
_bytes("nested_too_deep", b"[" * 90 + b"]" * 90, "A row nested 90 levels deep hides no other for longer than it lasts.")


@scenario()
def integer_of_5000_digits(play: Play) -> Iterator[str]:
    """An integer of 5,000 digits neither stops the reading nor hides its row."""
    row = play.portal.rows[-7]
    row.vague = True
    row.raw = row.raw[:-1] + b', "' + BESIDE.encode() + b'": ' + b"7" * 5000 + b"}"
    yield WHOLE


@scenario()
def mark_before_the_text(play: Play) -> Iterator[str]:
    """A byte order mark before a page hides nothing for longer than it lasts."""
    play.portal.spoil(None, _marked)
    yield EITHER
    play.portal.mend()
    yield WHOLE


def _marked(page: Callable[[], Answer]) -> Answer:
    said = page()
    return altered(said, b"\xef\xbb\xbf" + said.pieces[1])


_PLAIN: tuple[Any, ...] = (None, 5, "tujuh", [])


@scenario()
def rows_that_are_no_objects(play: Play) -> Iterator[str]:
    """Null, a number and a text among the rows are kept and hide no other."""
    portal = play.portal
    for value in _PLAIN:
        row: Row = portal.add()
        portal.truth_of.pop(row.key, None)
        row.raw, row.ref, row.payload = json.dumps(value).encode(), None, value
        portal.truth_of[row.key] = [json.dumps(value)]
        portal.born[row.key] = {None}
    yield WHOLE
    yield WHOLE
