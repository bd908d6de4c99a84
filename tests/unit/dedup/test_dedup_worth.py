"""Pairs that nobody need measure: they share two rare words and neither a place nor much else."""

from __future__ import annotations

from typing import Any

import pytest

from dedup.judge import RULES, Doc, document, explained, pairs
from dedup.view import wording
from dedup.worth import shared, worth
from tests.unit.dedup.judged import judged_pairs

HOLE = "Ada lubang besar di Jalan Cempaka dekat jembatan gantung, sudah dua motor terperosok malam hari."
OTHER = (
    "Petugas loket kecamatan meminta uang lima puluh ribu untuk fotokopi berkas pindah domisili keluarga, katanya "
    "motor yang terperosok kemarin bukan urusan mereka."
)
SAME_STREET = OTHER.replace("motor yang terperosok", "antrean") + " Kejadiannya di kantor Jalan Cempaka."
HERE, NEAR, FAR = {"lat": -7.3, "lon": 112.7}, {"lat": -7.302, "lon": 112.7}, {"lat": -7.35, "lon": 112.7}


def doc(text: str, **fields: Any) -> Doc:
    return document(**{"id": "satu", "day": 100, "region": "35.78"} | fields, text=text)


@pytest.mark.parametrize(
    ("one", "other", "fields", "other_fields", "expected"),
    [
        (HOLE, HOLE, {}, {}, True),
        (HOLE, HOLE, {}, {"region": "35.79"}, True),
        (HOLE, OTHER, {}, {}, False),
        (HOLE, SAME_STREET, {}, {}, True),
        (HOLE, SAME_STREET, {}, {"region": "35.79"}, False),
        (HOLE, SAME_STREET, {"kelurahan": "Sukamaju"}, {"kelurahan": "Sukamundur"}, False),
        (HOLE, SAME_STREET, {"kecamatan": "Utara"}, {"kecamatan": "Selatan"}, False),
        (HOLE, OTHER, HERE, NEAR, True),
        (HOLE, OTHER, HERE, FAR, False),
        (HOLE + " Tiket 20260125.", OTHER + " Tiket 20260125.", {}, {}, True),
        (HOLE, "", {}, {}, False),
        ("", "", {}, {}, False),
        ("", "", HERE, NEAR, True),
    ],
)
def test_what_shares_words_or_a_place_is_measured(
    one: str, other: str, fields: dict[str, Any], other_fields: dict[str, Any], expected: bool
) -> None:
    """Whoever complains of one thing in words of his own, at one place, is compared; two strangers with two words are not."""
    first, second = doc(one, **fields), doc(other, **{"id": "dua"} | other_fields)
    assert worth(first, second, RULES) is worth(second, first, RULES) is expected


def test_how_much_is_enough_is_a_rule() -> None:
    """The share stands in rules.toml, and texts that share that much are measured wherever they are."""
    one, other = doc(HOLE), doc("Lubang besar itu menelan dua motor malam hari, mohon segera ditambal dinas.", id="dua")
    assert 0.2 < shared(wording(one), wording(other)) < 1
    assert worth(one, other, RULES)


def test_what_is_not_measured_is_none_and_says_why() -> None:
    """A new complaint whose nearest shares next to nothing is told so in two languages, in words that quote no text."""
    found = pairs(doc(HOLE), [doc(OTHER, id="dua"), doc(OTHER, id="tiga")], reasons_from=2.0, nearest=True, skim=True)
    assert [pair.probability for pair in found] == [0.0, 0.0]
    assert [[reason.code for reason in pair.reasons] for pair in found] == [["little_in_common"], []]
    [reason] = found[0].reasons
    assert reason.weight < 0 and "sedikit kata" in reason.id and "few words" in reason.en


def test_the_nearest_is_one_that_was_measured() -> None:
    """Beside one that was measured nobody is told of those that were not."""
    found = pairs(doc(HOLE), [doc(OTHER, id="dua"), doc(HOLE, id="tiga")], reasons_from=2.0, nearest=True, skim=True)
    assert [bool(pair.reasons) for pair in found] == [False, True]


def test_an_explanation_says_that_a_sync_would_not_measure_the_pair() -> None:
    """`dedup explain` measures every pair, and says so where a sync takes it for two matters unread."""
    first, second, *_ = explained(doc(HOLE), doc(OTHER, id="dua"))
    assert "sedikit kata" in first and "few words" in first and first.endswith("0.0 %")
    assert second.startswith("new")


def test_no_pair_that_people_call_one_matter_is_passed_over() -> None:
    """Of the pairs judged by reading, each that is one matter is measured."""
    assert all(worth(pair.one, pair.other, RULES) for pair in judged_pairs() if pair.same)
