"""Codes, paths and joins: nothing is guessed, and no expression can hurt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import paths
from tests.unit.connectors.mapping_of import compiled, one

JALAN = {"map": {"JALAN": "roads", "SAMPAH": "waste", "7": "water", "true": "health"}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("JALAN", "roads"), (" jalan ", "roads"), (7, "water"), (7.0, "water"), ("7", "water"), (True, "health")],
)
def test_a_known_code_is_mapped(value: object, expected: str) -> None:
    """A code is found as the portal writes it, as number or text, in capitals or not."""
    assert one("category_code", value, JALAN).values == {"category_code": expected}


@pytest.mark.parametrize("value", ["JEMBATAN", 8, "Lain-lain"])
def test_an_unknown_code_is_work_for_a_person(value: object) -> None:
    """An unknown code becomes no default: the field stays empty and is listed."""
    found = one("category_code", value, JALAN)
    assert (found.values, found.unmapped, found.problems) == ({}, ("category_code",), ())


def test_a_missing_code_is_not_unmapped() -> None:
    """Nothing given is nothing to map."""
    assert one("category_code", "", JALAN).unmapped == ()


def test_codes_that_differ_only_in_case_are_not_confused() -> None:
    """Where a portal has both 'a' and 'A', only the exact code counts."""
    spec = {"map": {"a": "roads", "A": "waste"}}
    assert one("category_code", "A", spec).values == {"category_code": "waste"}
    assert one("category_code", " A", spec).unmapped == ("category_code",)


@pytest.mark.parametrize("name", ["kind", "category_code"])
@pytest.mark.parametrize("value", [["complaint"], {"roads": 1}, 7, True])
def test_a_list_where_a_code_belongs_is_unmapped(name: str, value: object) -> None:
    """A portal that sends a list for its category costs nobody the complaint."""
    assert one(name, value).unmapped == (name,)


@pytest.mark.parametrize("name", ["kind", "category_code"])
def test_a_foreign_word_without_a_map_is_unmapped(name: str) -> None:
    """A field of the hub's own codes takes no foreign words."""
    assert one(name, "Pengaduan Lain").unmapped == (name,)


def test_flags_can_be_mapped() -> None:
    """A portal that writes Rahasia and Publik is told apart by its map; an unknown word leaves the safe default."""
    spec = {"map": {"Rahasia": True, "Publik": False}}
    assert one("is_confidential", "Rahasia", spec).values == {"is_confidential": True}
    assert one("is_confidential", "Terbuka", spec).unmapped == ("is_confidential",)


def test_constants_and_joins() -> None:
    """A constant needs no path, and parts of an address are joined without the blank ones."""
    fields = {"is_confidential": {"const": False}, "location_text": {"path": "[jalan, rt, desa]", "join": ", "}}
    found = compiled(fields).apply({"jalan": "Jl. Mawar 3", "rt": "", "desa": "Sukamaju"})
    assert found.values == {"is_confidential": False, "location_text": "Jl. Mawar 3, Sukamaju"}


def test_only_dotted_region_codes_name_their_system() -> None:
    """A bare 3174 lies in two places, so its system is never guessed; dots are written by Kemendagri alone."""
    assert one("region_code", "31.74").values == {"region_code": "31.74", "code_system": "kemendagri"}
    assert one("region_code", "3174").values == {"region_code": "3174"}


def test_an_expression_that_meets_the_wrong_type_is_a_problem_of_one_item() -> None:
    """`length` of a number stops neither the connector nor the other items."""
    found = compiled({"title": "to_string(length(v))"}).apply({"v": 1})
    assert [(flaw.path, flaw.rule) for flaw in found.problems] == [("title", "expression_failed")]


@pytest.mark.parametrize("payload", [None, [], "teks", 7, {"v": None}, [[[]]]])
def test_a_payload_of_any_shape_is_read(payload: object) -> None:
    """An item of an unexpected shape has no values; it breaks nothing."""
    assert compiled({"title": "v", "body": "v.w.x", "extra.a": "v[0].b"}).apply(payload).values == {}


@pytest.mark.parametrize(
    ("only", "payload", "wanted"),
    [
        ("jenis == 'aduan'", {"jenis": "aduan"}, True),
        ("jenis == 'aduan'", {"jenis": "berita"}, False),
        ("isi", {}, False),
        ("length(isi) > `1`", {"isi": 7}, True),
        (None, {}, True),
    ],
)
def test_only_rejects_what_it_says_and_nothing_else(only: str | None, payload: object, wanted: bool) -> None:
    """`only` rejects the items for which it is false; an expression that fails rejects nobody."""
    assert compiled({"body": "isi"}, only=only).wanted(payload) is wanted


NAMES = st.sampled_from(["a", "b", "_c", "d1"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "expression",
    [
        "a..b",
        "a[",
        "",
        "a b",
        "(" * 900,
        "a." * 40 + "a",
        "a" * 1025,
        "|".join(["[@,@][]"] * 12),
        "|".join(["[@,@,@,@,@,@,@,@][]"] * 8),
        "[?" * 60 + "a" + "]" * 60,
        "not_a_function(",
        "to_string([" * 10 + "@" + "])" * 10,
        "map(&[@,@,@,@,@,@,@,@,@], map(&[@,@,@,@,@,@,@,@,@], [@,@,@,@]))",
        "join(a, b)",
        f"join('{'-' * 21}', a)",
        "&a",
        "[&a]",
        "to_string(&a)",
    ],
)
def test_expressions_that_could_hurt_are_refused(expression: str) -> None:
    """A path that is broken, too deep, too long, or that multiplies its input is refused before it meets an item."""
    with pytest.raises(paths.BadPath):
        paths.getter(expression)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("join(', ', [jalan, desa])", "Mawar, Suka"),
        ("[jalan, desa] | [1]", "Suka"),
        ("sort_by(foto, &n)[0].u", "a"),
        ("max_by(foto, &n).u", "b"),
        ("map(&u, foto)[1]", "a"),
        ("to_string(foto[0].n)", "2"),
        ("foto[?n > `1`].u | [0]", "b"),
        ("foto[::-1].u | [0]", "a"),
        ("{a: jalan, b: [desa, jalan]}.b[0]", "Suka"),
        ("length(foto) == `2` && jalan || desa", "Mawar"),
    ],
)
def test_expressions_that_portals_need_are_taken(expression: str, found: str) -> None:
    """What the limits refuse is only what could hurt: joins, choices, sorting and picking work."""
    item = {"jalan": "Mawar", "desa": "Suka", "foto": [{"n": 2, "u": "b"}, {"n": 1, "u": "a"}]}
    assert paths.getter(expression)(item) == found


@given(st.text(alphabet="ab.[]{}|&@*?:,`'\"()!=<> 01_", max_size=40), JSON)
def test_any_expression_is_refused_or_ends(expression: str, item: object) -> None:
    """Whatever somebody types as a path, it is refused or it yields a value; nothing else can happen."""
    try:
        paths.getter(expression)(item)
    except (paths.BadPath, paths.Failed):
        return
