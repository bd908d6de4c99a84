"""Reading JSON from strangers: strict, and lossless per item."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import strictjson
from connectors.strictjson import BadJson

BAD = [
    b"", b"{", b"[1,]", b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b"NaN", b"[Infinity]", b"[-Infinity]", b'"\xff"',
    b"[" * 100_000, b"[" * 65 + b"]" * 65, b"{\"a\":" * 65 + b"1" + b"}" * 65, b"[1] x", b"{'a':1}", b'"\n"', b"\0",
    b"<html></html>", b"[01]", b"[1.]", b'{"a" 1}', b'{"a":1 "b":2}', b"[1 2]", b"{,}", b"]", b'["',
    "[1]".encode("utf-16"), b'{"data":[1,]}', b'{"data":[1}', b'{"data":', b'{"data":[]', b'{1:2}', b'{"data":1,}',
]  # fmt: skip


@pytest.mark.parametrize("data", BAD)
def test_doubtful_json_is_refused_by_every_reader(data: bytes) -> None:
    """Broken, doubled, non-finite or too deep JSON is refused with a code that quotes nothing."""
    for read in (strictjson.parse, lambda d: strictjson.parse_items(d, ["data"]), strictjson.parse_spans):
        with pytest.raises(BadJson) as caught:
            read(data)
        assert str(caught.value) in {"not_json", "doubled_key", "too_deep", "not_utf8", "not_a_number"}


def test_sixty_four_levels_are_read() -> None:
    """The limit is 64 levels, not fewer."""
    assert strictjson.parse(b"[" * 64 + b"]" * 64)


def test_items_are_kept_byte_for_byte() -> None:
    """Spaces, number forms, escapes, NUL and lone surrogates of an item survive exactly as the portal sent them."""
    one = b'{ "id":1.10,"t":"\\ud800\\u0000\\u00e9", "big":123456789012345678901234567890 }'
    page = b'\xef\xbb\xbf {"meta":{"data":[0]},"data" : [ ' + one + b' , 7,"x",[1 ,2]] }\n'
    value, slices = strictjson.parse_items(page, ["data"])
    assert slices == [one, b"7", b'"x"', b"[1 ,2]"]
    assert value["data"][0]["big"] == 123456789012345678901234567890
    assert value["data"][0]["t"] == "\ud800\0é"
    tree, spans = strictjson.parse_spans(page)
    assert tree == value
    assert spans[id(tree["data"][0])] == one


def test_no_list_at_the_path_gives_no_items() -> None:
    """A missing list is told apart from an empty one."""
    assert strictjson.parse_items(b'{"a":{"b":[]}}', ["a", "b"])[1] == []
    assert strictjson.parse_items(b'{"a":{"b":{}}}', ["a", "b"])[1] is None
    assert strictjson.parse_items(b'{"a":[]}', ["a", "b"])[1] is None
    assert strictjson.parse_items(b"[1]", [])[1] == [b"1"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_both_readers_agree_with_the_plain_one(value: object) -> None:
    """Keeping the bytes of items changes nothing about the values."""
    import json

    data = json.dumps({"data": [value], "rest": value}).encode()
    tree, slices = strictjson.parse_items(data, ["data"])
    assert tree == strictjson.parse(data) == strictjson.parse_spans(data)[0] == json.loads(data)
    assert [json.loads(part) for part in slices or []] == [value]


def test_refs_of_strings_and_integers_only() -> None:
    """ "7", 7 and "007" are three refs; integers of any length are kept; everything else has none."""
    long = "9" * 5000
    assert strictjson.ref_text(strictjson.parse(long.encode())) == long
    assert [strictjson.ref_text(v) for v in ("7", 7, "007", -3, 'a"b\n', "é")] == [
        '"7"', "7", '"007"', "-3", '"a\\"b\\n"', '"é"',
    ]  # fmt: skip
    assert [strictjson.ref_text(v) for v in (1.0, True, None, [], {}, "", " ", "\ud800")] == [None] * 8
    assert strictjson.has_huge_number({"a": [strictjson.parse(long.encode())]})
