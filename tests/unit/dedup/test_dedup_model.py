"""The model says what it was taught, and nobody can sneak in a measurement that speaks against its own name."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator

import pytest

from dedup import train, words
from dedup.doc import Doc, document
from dedup.features import LESS, MORE, NAMES, features
from dedup.model import MODEL, read_model
from dedup.reasons import PHRASES
from dedup.view import view
from dedup.words import RAREST, SLOTS, is_known, level, rarity, slot, sound, topics, use_table


def doc(id: str, text: str, day: int = 0) -> Doc:
    return document(id=id, text=text, day=day)


def test_every_weight_speaks_the_way_its_name_says() -> None:
    """ "Street is another" can only lower a probability, and "street is the same" only raise it."""
    assert all(MODEL.weights[name] >= 0 for name in MORE if name in MODEL.weights)
    assert all(MODEL.weights[name] <= 0 for name in LESS if name in MODEL.weights)
    assert set(MODEL.weights) <= set(NAMES)
    assert MODEL.version


def test_every_measurement_is_named_once_and_measured() -> None:
    """The list of measurements is the list that is measured."""
    found = features(view(doc("a", "jalan rusak di Jalan Kenari 4")), view(doc("b", "lampu mati")))
    assert set(found) == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_reasons_are_said_in_two_languages() -> None:
    """No code is without its words, and none speaks both for and against."""
    assert all(way in (1, -1) and indonesian and english for way, indonesian, english in PHRASES.values())


def test_a_broken_model_is_refused() -> None:
    """A model file without weights is an error, not a model that says one half to everything."""
    with pytest.raises(KeyError):
        read_model(json.dumps({"version": "x", "intercept": 0.0}))


@pytest.mark.parametrize(
    ("word", "said"),
    [("lampu", "lmp"), ("lmpu", "lmp"), ("jln", "jln"), ("air", "air"), ("17a", "17a"), ("perrbaikan", "prbkn")],
)
def test_words_sound_alike_without_vowels(word: str, said: str) -> None:
    """Whoever types in haste leaves out vowels; the word stays the same word."""
    assert sound(word) == said


@pytest.mark.parametrize(
    ("word", "topic"),
    [("lubang", "road"), ("berlubangnya", "road"), ("smpah", "trash"), ("perantingan", "tree"), ("pju", "lamp")],
)
def test_words_speak_of_their_problem(word: str, topic: str) -> None:
    """With prefix and ending, or without vowels, a word belongs to the problem that its stem names."""
    assert topic in topics(word)
    assert topics("kemarin") == frozenset()


@pytest.mark.parametrize("word", ["jalan", "karena", "sampai", "masuk", "gang", "sekali", "tinggi", "teman", "bantu"])
def test_a_word_that_only_sounds_alike_speaks_of_nothing(word: str) -> None:
    """ "Jalan" is no "jualan" and "karena" no "keran": else every text about a road would be one about vendors."""
    assert topics(word) <= {"aid"}


@pytest.fixture
def own_table() -> Iterator[None]:
    before = words._TABLE
    yield
    use_table(before)


@pytest.mark.usefixtures("own_table")
def test_rare_words_tell_more() -> None:
    """A word that every matter uses tells little, one that no matter used before tells most."""
    docs = [doc(str(number), f"jalan {'rusak' if number % 4 == 0 else 'macet'} {number}zz") for number in range(40)]
    table = train.table_of(docs, {one.id: one.id for one in docs})
    use_table(table)
    assert rarity(sound("jalan")) < rarity(sound("rusak")) < rarity("belumpernah") == RAREST
    assert is_known(sound("jalan")) and not is_known("7zz")
    assert (len(table), level(1), table[slot("7zz")]) == (SLOTS, 1, 1)


def test_a_table_of_another_size_is_refused() -> None:
    """A table for other code would give every word a wrong weight in silence."""
    with pytest.raises(ValueError, match="places"):
        use_table(zlib.compress(b"x"))


def test_families_keep_look_alikes_in_one_fold() -> None:
    """A cross-validation is honest only if a complaint's duplicates and look-alikes were not learned from."""
    rows = [
        {"id": "a", "cluster_id": "1", "base": ""},
        {"id": "b", "cluster_id": "1", "base": "a"},
        {"id": "c", "cluster_id": "2", "base": "a"},
        {"id": "d", "cluster_id": "3", "base": ""},
    ]
    family = train._families(rows)
    assert family["a"] == family["b"] == family["c"] != family["d"]
    assert train.fold_of("a") == train.fold_of("a") < train.FOLDS


def test_examples_are_the_pairs_that_the_keys_bring_together() -> None:
    """The model learns from the pairs that it will be asked about, measured as it will be asked."""
    text = "Tiang listrik miring menimpa pagar balai desa Sukaraja dan kabelnya menjuntai sampai jalan"
    docs = [doc("a", text), doc("b", "KTP belum jadi"), doc("c", "Selamat pagi. " + text, 3), doc("d", text, 300)]
    found = list(train.examples(docs))
    assert [(one.one.id, one.other.id) for one in found] == [("c", "a")]
    assert found[0].found["contained"] > 0.99
