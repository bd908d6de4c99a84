"""The short way through JSON reads what plain names say, and leaves everything else to the long one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import shapes
from connectors.shapes import Unfit

PLAIN = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("@", []),
        ("data", ["data"]),
        ("a.b_1.C", ["a", "b_1", "C"]),
        ("a.b.c.d.e.f.g.h", list("abcdefgh")),
        *(
            (odd, None)
            for odd in ("", "a.", ".a", "a..b", "a[0]", "a || b", '"a"', "a-b", "1a", "é", "a b", "a\n", "@.a")
        ),
        ("a.b.c.d.e.f.g.h.i", None),
    ],
)
def test_only_plain_names_are_short(expression: str, names: list[str] | None) -> None:
    """A path is read the short way only where it can mean one thing."""
    assert shapes.names(expression) == names


@pytest.mark.parametrize(
    ("items", "others"),
    [("data[]", []), ("data", ["length(data)"]), ("a", ["a.b"]), ("a.b", ["a"]), ("a", ["a"]), ("@", ["total"])],
)
def test_paths_that_cannot_stand_beside_each_other_take_the_long_way(items: str, others: list[str]) -> None:
    """One path within another, or the list as something else too: the long way reads such pages."""
    assert shapes.envelope(items, others) is None


def test_fields_that_cannot_be_read_take_the_long_way() -> None:
    """The same for items; without any path there is nothing to read."""
    assert shapes.fields(["id", "id.nomor"]) is None
    assert shapes.fields(["id", "length(x)"]) is None
    assert shapes.fields([None, None]) is None


def test_one_path_may_be_asked_twice() -> None:
    """A stamp that is both the moment of change and that of creation is read once, for both."""
    read = shapes.fields(["id", "waktu", "waktu", None])
    assert read is not None
    assert list(read(b'{"waktu": "x", "id": 7}')) == [7, "x", "x", None]


@given(st.lists(PLAIN, min_size=1, max_size=3), PLAIN, st.integers())
def test_names_are_keys_and_nothing_else(path: list[str], key: str, value: int) -> None:
    """Whatever a manifest calls its fields (class, __init__, def): it is the key of that name, and never a name of ours."""
    read = shapes.fields([".".join(path)])
    assert read is not None
    text = str(value)
    for name in reversed(path):
        text = f'{{"{name}": {text}}}'
    assert list(read(text.encode())) == [value]
    assert list(read(b"{}")) == [None]


@pytest.mark.parametrize("name", ["__class__", "__init__", "class", "None", "k_a", "__struct_fields__", "_"])
def test_names_of_python_are_ordinary_keys(name: str) -> None:
    """A manifest cannot reach into the reader by the name of a field."""
    fields = shapes.fields([name, f"x.{name}"])
    envelope = shapes.envelope(name, [f"x.{name}"])
    assert fields is not None and envelope is not None
    body = b'{"x": {"%b": 3}, "%b": [1, 2]}' % (name.encode(), name.encode())
    assert list(fields(body)) == [[1, 2], 3]
    with pytest.raises(Unfit):
        envelope(body)  # the name comes twice, so the long way looks
    assert fields(b"{}") == [None, None]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b'{"data": {}}', b'{"data": null}', b"{}", b'{"data": [', b'{"data": []}x', b'{"data": [NaN]}',
     b'{"data": [], "data": []}', b'{"data": [], "meta": {"total": 1}, "meta": {}}', b'{"data": [], "x": "\xff"}',
     b'\xef\xbb\xbf{"data": []}', b'{"data": ' + b"[" * 100_000],
)  # fmt: skip
def test_doubtful_pages_are_left_to_the_long_way(body: bytes) -> None:
    """What is no list, comes twice, or is no text: nothing is guessed."""
    read = shapes.envelope("data", ["meta.total"])
    assert read is not None
    with pytest.raises(Unfit):
        read(body)


def test_slices_are_the_portals_own_bytes() -> None:
    """Each item is what the portal wrote, blanks and digits and all; a key of the page may stand in items too."""
    read = shapes.envelope("a.data", ["a.total", None])
    assert read is not None
    rows: list[Any] = [b'{ "data" :1.50, "data":"\\u00e9"}', b"null", b'{"a":{"total":2}}']
    raws, others = read(b'{"a":{"total":3,"data":[' + b" , ".join(rows) + b"]}}")
    assert (raws, list(others)) == (rows, [3, None])


LISTED = st.lists(st.sampled_from([b'{"data":1}', b'{"a":"data"}', b"{}", b"1", b'"data"', b"[{}]"]), max_size=3)


@given(LISTED, LISTED, st.sampled_from([b",", b", ", b"\n ,\n"]), st.booleans())
def test_items_do_not_hide_a_key_of_the_page(rows: list[bytes], more: list[bytes], between: bytes, after: bool) -> None:
    """A list that stands there twice is seen, whatever it holds and however the portal puts its blanks."""
    read = shapes.envelope("data", [])
    assert read is not None
    two = b'"%b":[%b]' % (b"data" if after else b"lain", between.join(more))
    body = b'{%b,"data":[%b]}' % (two, between.join(rows))
    if after or any(b"data" in one for one in more):
        with pytest.raises(Unfit):
            read(body)
    else:
        assert read(body)[0] == rows
