"""Streets, numbers and named places as people write them."""

from __future__ import annotations

import pytest

from dedup import places
from dedup.places import LONGER, OTHER, OTHER_NUMBER, SAME, UNNUMBERED
from dedup.text import normalise


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Jl. Rungkut Lor 5", "jln rungkut lor V", SAME),
        ("Jl. Rungkut Lor 5", "Jalan Rungkut Lor 7", OTHER_NUMBER),
        ("Jl. Rungkut Lor 5", "Jalan Rungkut Lor", UNNUMBERED),
        ("Jl. Rungkut Lor", "Jalan Rungkut", LONGER),
        ("Jl. Cempaka", "Jl Cempka", SAME),
        ("Jl. Cempaka", "Jl. Flamboyan", OTHER),
        ("Jl. Raya Darmo", "Jl. Darmo", SAME),
        ("Jl. Kenari rusak parah", "Jl. Kenari", SAME),
        ("Gg. Melati 3", "gang melati III", SAME),
        ("jalan rusak", "Jl. Kenari", None),
        ("jalan menuju pasar", "jalan berlubang", None),
    ],
)
def test_two_streets(one: str, other: str, expected: float | None) -> None:
    """Short forms, Roman numbers and mistypings are one street; another name or number is another."""
    assert places.best(places.streets(normalise(one)), places.streets(normalise(other))) == expected


def test_one_exchanged_street_among_several_is_seen() -> None:
    """A form letter that names two streets and exchanges one is not about the same place."""
    one = places.streets(normalise("dari Jl. Kenari ke arah Jl. Cempaka"))
    other = places.streets(normalise("dari Jl. Kenari ke arah Jl. Flamboyan"))
    assert places.best(one, other) == SAME
    assert places.swapped(one, other)
    assert not places.swapped(one, one[:1])


def test_numbers_and_named_places() -> None:
    """House numbers, RT/RW and names of villages, schools and blocks are read as they are written."""
    where = normalise("Puskesmas Melati, Jl. Kenari No. 12a RT 03/RW 06 blok D, Kel. Sukamaju")
    assert places.houses(where) == {"12a"}
    assert places.units(where) == (frozenset({"3"}), frozenset({"6"}))
    assert {("puskesmas", "melati"), ("blok", "d"), ("kelurahan", "sukamaju")} <= places.named(where)


@pytest.mark.parametrize(
    ("word", "other", "least", "most"),
    [
        ("jembatan", "jembtan", 0.5, 1.0),
        ("17", "7", 0.0, 0.0),
        ("mati", "hati", 0.0, 0.4),
        ("pasar", "kantor", 0.0, 0.0),
    ],
)
def test_mistypings(word: str, other: str, least: float, most: float) -> None:
    """A long word with a slip is nearly the same word; a number never is another number."""
    assert least <= places.alike(word, other) <= most
