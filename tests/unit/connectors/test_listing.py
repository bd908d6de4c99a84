"""A page of a listing is taken apart alike by the short way and the long one, whatever a portal writes into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock, patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import listing, shapes, strictjson
from connectors.base import Item
from connectors.errors import Misconfigured, Unavailable
from connectors.listing import Read

FLAT: dict[str, Any] = {
    "items": "data",
    "ref": "id",
    "total": "total",
    "following": "next",
    "changed": {"path": "waktu", "format": "iso", "zone": "Asia/Jakarta"},
    "created": "dibuat",
}
NESTED: dict[str, Any] = {
    "items": "hasil.data",
    "ref": "id.nomor",
    "total": "hasil.total",
    "following": "hasil.next",
    "changed": {"path": "isi.waktu", "format": "unix"},
    "created": "isi.dibuat",
}
BARE: dict[str, Any] = {"items": "@", "ref": "id"}


def long_way(options: Mapping[str, Any]) -> Read:
    """The reader with every short way closed."""
    with patch.object(shapes, "envelope", return_value=None), patch.object(shapes, "fields", return_value=None):
        return listing.reader(**options)


def told(item: Item) -> tuple[object, ...]:
    """What becomes of an item: a fault that nobody has looked for yet is found by whoever reads the bytes."""
    trouble = item.trouble
    if item.payload is None and trouble is None:
        try:
            strictjson.parse(item.raw)
        except strictjson.BadJson as error:
            trouble = str(error)
    return (item.ref, item.raw, trouble, *(() if trouble else (item.stamp, item.created)))


def outcome(read: Read, body: bytes) -> object:
    """The page taken apart, or the code of its refusal."""
    try:
        found = read(body)
    except Unavailable as error:
        return error.code
    return [told(item) for item in found.items], found.total, repr(found.next)


# pages as text, so that they may hold what no writer of JSON writes

NAMES = ("id", "nomor", "waktu", "dibuat", "isi", "data", "total", "next", "hasil", "i\\u0064", "Id", "", "__class__")
KEYS = st.sampled_from(NAMES).map('"{}"'.format)
ODD = (
    *(
        "1",
        "-0",
        "1.50",
        "1e2",
        "1e400",
        "NaN",
        "-Infinity",
        "9" * 19,
        "9" * 30,
        "9" * 4990,
        "true",
        "null",
        "01",
        "+1",
    ),
    *(
        '"A-7"',
        '" "',
        '""',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
        '"a\\"b"',
        '"Jalan é"',
        '"\\x"',
        '"\t"',
        "'a'",
    ),
    *('"2026-11-30T08:00:00"', '"kemarin"', "1764000000", "4e9", "[" * 40 + "]" * 40, "[" * 70 + "]" * 70, '{"a":{}}'),
)
LEAVES = st.sampled_from(ODD)
SPACE = st.sampled_from(["", "", "", " ", "\n\t", "\ufeff", "\u00a0"])


def an_object(
    values: st.SearchStrategy[str], keys: st.SearchStrategy[str] = KEYS, most: int = 5
) -> st.SearchStrategy[str]:
    """Pairs in any order; a key may come twice."""
    pair = st.builds("{}{}:{}".format, keys, SPACE, values)
    return st.lists(pair, max_size=most).map(lambda pairs: "{" + ",".join(pairs) + "}")


VALUES = st.recursive(
    LEAVES,
    lambda inner: an_object(inner) | st.lists(inner, max_size=3).map(lambda some: f"[{','.join(some)}]"),
    max_leaves=5,
)
ROWS = st.builds('{{"id":{},"waktu":{},"isi":{}}}'.format, LEAVES, LEAVES, VALUES)
NESTED_ROWS = st.builds('{{"isi":{{"waktu":{},"dibuat":{}}},"id":{{"nomor":{}}}}}'.format, LEAVES, LEAVES, LEAVES)
LISTS = st.builds(
    lambda rows, space: "[" + f"{space},".join(rows) + "]", st.lists(ROWS | NESTED_ROWS | VALUES, max_size=5), SPACE
)


ASKED = st.sampled_from(["total", "next", "data"])
OTHERS = st.lists(st.sampled_from(["meta", "isi", "Data", "id"]), unique=True, max_size=2)


@st.composite
def envelopes(draw: st.DrawFn) -> str:
    """An object with the list, and what is asked of the page, perhaps twice; what nobody asks for comes once."""
    pairs = [f'"data":{draw(LISTS)}']
    pairs += [f'"{name}":{draw(LEAVES)}' for name in [*draw(st.lists(ASKED, max_size=3)), *draw(OTHERS)]]
    return "{" + ",".join(draw(st.permutations(pairs))) + "}"


BODIES = st.builds(
    lambda begin, text, end: (begin + text + end).encode("utf-8", "surrogatepass"),
    st.sampled_from(["", "", "", "\ufeff", " "]),
    envelopes() | envelopes().map('{{"hasil":{},"total":2}}'.format) | LISTS | LEAVES,
    st.sampled_from(["", "", "", "\n", "x", ","]),
)
SPOILT = st.sampled_from([(b"", b""), (b"Jalan", b"Jal\xff"), (b"Jalan", b"\xed\xa0\x80"), (b'"id"', b'"id\xc3"')])


@settings(max_examples=600, deadline=None)
@given(st.sampled_from([FLAT, NESTED, BARE]), BODIES, SPOILT)
@example(FLAT, b'{"data":[{"id":1}],"data":[{"id":2}],"total":1}', (b"", b""))
@example(FLAT, b'{"data":[{"id":1}],"total":1,"total":2}', (b"", b""))
@example(FLAT, b'{"data":[{"id":1}],"next":"a","next":"b"}', (b"", b""))
@example(NESTED, b'{"hasil":{"data":[],"total":1},"hasil":{"data":[],"total":2}}', (b"", b""))
@example(FLAT, b'{"data":[{"id":1,"id":2,"isi":"x"}]}', (b"", b""))
@example(FLAT, b'{"data":null}', (b"", b""))
@example(BARE, b'[{"id":' + b"9" * 5000 + b"}]", (b"", b""))
def test_short_way_and_long_way_agree(options: dict[str, Any], body: bytes, spoilt: tuple[bytes, bytes]) -> None:
    """Doubled keys, marks of byte order, NaN, lone surrogates, endless digits, deep nesting: one answer for all ways."""
    body = body.replace(*spoilt) if spoilt[0] else body
    short, long = (outcome(read, body) for read in READERS[options["items"]])
    if long != "too_deep":  # there the long way refuses the page, the short way only what is too deep
        assert short == long


READERS = {one["items"]: (listing.reader(**one), long_way(one)) for one in (FLAT, NESTED, BARE)}


def test_ordinary_pages_go_the_short_way() -> None:
    """What portals send every day is never parsed as a whole: the long way is not even asked."""
    row = (
        b'{"id": "A-1", "waktu": "2026-11-30T08:00:00", "dibuat": "2026-11-01", "isi": "Jalan \\u00e9 \\ud83d\\ude00"}'
    )
    body = b'{"data": [' + b",".join([row] * 3) + b'], "total": 3, "next": "b", "links": {"prev": null}}'
    refused = {"parse": AssertionError, "parse_items": AssertionError}
    with patch.multiple(strictjson, **{name: Mock(side_effect=error) for name, error in refused.items()}):
        found = listing.reader(**FLAT)(body)
    assert [(item.ref, item.raw, item.payload, item.trouble) for item in found.items] == [
        ('"A-1"', row, None, None)
    ] * 3
    assert found.items[0].stamp == datetime(2026, 11, 30, 1, tzinfo=UTC)
    assert (found.items[0].created, found.total, found.next) == ('"2026-11-01"', 3, "b")


@pytest.mark.parametrize(
    ("raw", "ref", "trouble"),
    [
        (b'{"id": 7}', "7", None),
        (b'{"id": "7"}', '"7"', None),
        (b'{"id": " 7"}', '" 7"', None),
        (b'{"id": "a\\"b"}', '"a\\"b"', None),
        (b'{"id": "\\u00e9"}', '"é"', None),
        (b'{"id": 7.0}', None, "bad_ref"),
        (b'{"id": true}', None, "bad_ref"),
        (b'{"id": " "}', None, "bad_ref"),
        (b'{"id": "\\ud800"}', None, "bad_ref"),
        (b'{"id": {"nomor": 1}}', None, "bad_ref"),
        (b'{"x": 7}', None, "bad_ref"),
        (b"7", None, "not_an_object"),
        (b'"7"', None, "not_an_object"),
        (b"null", None, "not_an_object"),
        (b'{"id": 7, "x": NaN}', "7", "not_a_number"),
        (b'{"id": 7, "x": 1e999}', "7", "not_a_number"),
        (b'{"id": ' + b"9" * 5000 + b"}", "9" * 5000, "number_too_long"),
        (b'{"id": 7, "x": "Jal\xff"}', "7", "not_utf8"),
    ],
)
def test_one_item_that_is_odd_is_kept_under_its_own_id(raw: bytes, ref: str | None, trouble: str | None) -> None:
    """One strange item costs no other one: it is kept byte for byte, with what is wrong, beside its neighbours."""
    body = b'{"data":[{"id":1},' + raw + b',{"id":2}],"total":3}'
    for read in READERS["data"]:
        first, odd, last = read(body).items
        assert (first.ref, last.ref, odd.raw) == ("1", "2", raw)
        assert (odd.ref, told(odd)[2]) == (ref, trouble)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"<html>Sedang pemeliharaan</html>", "not_json"),
        (b'{"data":[{"id":1}]', "not_json"),
        (b'{"data":[{"id":1}]}x', "not_json"),
        (b'{"data":{}}', "not_a_list"),
        (b'{"Data":[]}', "not_a_list"),
        (b'{"data":null}', "not_a_list"),
        (b"[]", "not_a_list"),
        (b"7", "not_a_list"),
        (b'{"data":[],"data":[]}', "doubled_key"),
        (b'{"data":[],"total":1,"total":2}', "doubled_key"),
        (b'{"data":[' + b"[" * 9999 + b"]" * 9999 + b"]}", "too_deep"),
    ],
)
def test_page_that_is_no_listing_is_never_an_empty_one(body: bytes, code: str) -> None:
    """A maintenance page, another shape or half a page is a fault with a name, not a portal without complaints."""
    assert [outcome(read, body) for read in READERS["data"]] == [code, code]


@pytest.mark.parametrize(
    ("written", "count"),
    [
        *(("3", 3), ('"3"', 3), ("0", 0), ("3.0", 3), ("9" * 30, int("9" * 30))),
        *((odd, None) for odd in ("-1", "3.5", "-3.0", "true", '"tiga"', "null", '"٣"', '"' + "9" * 30 + '"', "[3]")),
    ],
)
def test_totals_are_whole_numbers_or_nothing(written: str, count: int | None) -> None:
    """A total is a number, also as text; anything else is no total, so that nothing is proven by it."""
    assert {read(b'{"data":[],"total":%b}' % written.encode()).total for read in READERS["data"]} == {count}


def test_bare_list_has_nothing_beside_it() -> None:
    """A manifest that asks a bare list for its total is told that there is none; nothing breaks."""
    found = listing.reader(items="@", ref="id", total="total", following="next")(b'[{"id": 1}]')
    assert ([item.ref for item in found.items], found.total, found.next) == (["1"], None, None)


def test_expressions_that_are_no_plain_path_keep_the_bytes() -> None:
    """A filter or a path with quotes takes the long way, and each item is still what the portal wrote."""
    row = b'{ "id" : 2, "k": 1.50}'
    for items in ("data[?k > `1`]", "data[1:]", '"data"[1:]'):
        found = listing.reader(items=items, ref="id", total="length(data)")(b'{"data":[{"id":1,"k":0},' + row + b"]}")
        assert ([item.raw for item in found.items], found.total) == ([row], 2)
    made = listing.reader(items="data[].{id: id}", ref="id")(b'{"data":[{"id":1,"k":0}]}')
    assert [(item.ref, json.loads(item.raw)) for item in made.items] == [("1", {"id": 1})]


@pytest.mark.parametrize("make", [lambda: {"items": "["}, lambda: {"ref": "a" * 3000}, lambda: {"total": "a["}])
def test_expression_that_cannot_be_used_is_the_manifests_mistake(make: Callable[[], dict[str, Any]]) -> None:
    """A broken path is told before anything is read."""
    with pytest.raises(Misconfigured):
        listing.reader(**{**BARE, **make()})
