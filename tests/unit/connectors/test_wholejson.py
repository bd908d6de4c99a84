"""The quick reader of items reads nothing that the strict one would not, and everything alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import strictjson, wholejson
from connectors.strictjson import BadJson

KEYS = st.sampled_from(["a", "b", "a:", ":", "\\u003a", '"', "isi", "{", "[", "é"])
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([10**18, 10**19, 2**64, -(2**63) - 1]), KEYS
)


def written(value: Any) -> str:
    """JSON of a value in which an object is a list of pairs, so that a key may come twice."""
    if isinstance(value, tuple):
        return "{" + ", ".join(f"{json.dumps(key)} :{written(one)}" for key, one in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def values(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and objects of what there is."""
    return st.one_of(st.lists(inner, max_size=4), st.lists(st.tuples(KEYS, inner), max_size=4).map(tuple))


def read(reader: Any, data: bytes) -> str:
    """What a reader makes of it, told so that 1, 1.0 and True differ."""
    try:
        return repr(reader(data))
    except BadJson as error:
        return f"refused: {error}"


@given(st.recursive(LEAVES, values, max_leaves=12).map(written))
@example('{"a": 1, "a": 2}')
@example('{"a\\u003a": 1, "b": 1, "b": 2}')
@example('{"a": {"b": ":", "b": ":::"}}')
@example('"\\ud800"')
@example("-0")
@example("1e999")
@example("9" * 5000)
@example("[" * 65 + "]" * 65)
def test_both_readers_agree(text: str) -> None:
    """An item is read or refused alike, with the same code, whichever way is taken."""
    data = text.encode()
    assert read(wholejson.parse, data) == read(strictjson.parse, data)


@given(st.binary(max_size=40))
def test_no_bytes_make_them_differ(data: bytes) -> None:
    """Whatever a portal sends: one answer."""
    assert read(wholejson.parse, data) == read(strictjson.parse, data)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b'{"id":1,"id":2}', "doubled_key"), (b'{"id":NaN}', "not_a_number"), (b'{"id":}', "not_json")],
)
def test_a_doubtful_item_is_refused_by_name(data: bytes, code: str) -> None:
    """Staff read why an item was not taken."""
    with pytest.raises(BadJson, match=code):
        wholejson.parse(data)
