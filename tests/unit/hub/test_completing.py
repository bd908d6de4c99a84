"""A complaint and what its reporter sent later to complete it make one text, the same at every reading."""

from __future__ import annotations

import time
from typing import Any

import pytest

from hub.completing import HEAD, Completion, filled, has_place, has_words, only_greets


def made(values: dict[str, Any], *said: str, require: tuple[str, ...] = ()) -> dict[str, Any]:
    return filled(values, [Completion(text=text) for text in said], require)


@pytest.mark.parametrize(
    ("values", "said", "body"),
    [
        ({}, ["Jalan rusak"], "Jalan rusak"),
        ({"body": "@kanal #aduan https://t.co/abc"}, ["Jalan rusak"], "Jalan rusak"),
        ({"body": "Jalan rusak"}, ["Jl. Mawar"], f"Jalan rusak\n\n{HEAD}\nJl. Mawar"),
        ({}, ["Jalan rusak", "Jl. Mawar"], f"Jalan rusak\n\n{HEAD}\nJl. Mawar"),
    ],
)
def test_a_missing_text_is_filled_and_an_existing_one_added_to(
    values: dict[str, Any], said: list[str], body: str
) -> None:
    """Nothing that the citizen wrote first is replaced, except what says nothing."""
    assert made(values, *said)["body"] == body


@pytest.mark.parametrize(
    ("said", "place", "day"),
    [
        ("Lokasi: Jl. Mawar 3, Kediri\nTanggal: 3 Mei 2026", "Jl. Mawar 3, Kediri", "2026-05-03"),
        ("- Lokasi kejadian: depan pasar\n- Tanggal kejadian: 31/01/2026", "depan pasar", "2026-01-31"),
        ("di depan pasar,\nwaktu 17-08-2026 pagi", "di depan pasar, waktu 17-08-2026 pagi", "2026-08-17"),
        ("di depan pasar kemarin", "di depan pasar kemarin", None),
        ("Tanggal: 31/13/2026", "Tanggal: 31/13/2026", None),
    ],
)
def test_place_and_day_are_found_where_they_are_asked_for(said: str, place: str, day: str | None) -> None:
    """A reporter answers the question in the form of the question, or in his own words."""
    done = made({"body": "Jalan rusak"}, said, require=("location_text", "incident_date"))
    assert (done["location_text"], done.get("incident_date")) == (place, day)


def test_nothing_is_guessed_where_nothing_was_asked() -> None:
    """Words are words; a place that is known stays, whatever comes later."""
    assert "location_text" not in made({}, "di depan pasar 3 Mei 2026")
    assert made({"location_text": "Pasar"}, "Lokasi: Terminal")["location_text"] == "Pasar"
    assert "location_text" not in made({"latitude": -7.1, "longitude": 112.1}, "Lokasi: Terminal")


def test_files_come_along() -> None:
    """A photo that was sent later belongs to the complaint."""
    photo = {"name": "foto.jpg", "media_type": "image/jpeg"}
    done = filled({"attachments": [{"name": "a"}]}, [Completion(text="x", attachments=[photo])])
    assert done["attachments"] == [{"name": "a"}, photo]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@kanal #aduan https://t.co/abc", False),
        ("🙏🙏 …", False),
        ("Sent from my iPhone", False),
        ("", False),
        ("@kanal banjir", True),
        ("7", True),
        ("#aduan " * 100, True),
    ],
)
def test_a_text_without_a_word_is_none(text: str, words: bool) -> None:
    """A mention and a hashtag tell nobody what happened."""
    assert has_words(text) is words


def test_a_place_is_words_or_coordinates() -> None:
    """Somebody could go there."""
    assert has_place({"location_text": "x"}) and has_place({"latitude": 0.0})
    assert not has_place({"location_text": " "}) and not has_place({})


def test_a_line_of_blanks_holds_up_nobody() -> None:
    """A reporter's text of a hundred thousand blanks is read in linear time."""
    begun = time.process_time()
    filled({}, [Completion(text=" " * 100_000 + "x")])
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    ("text", "greets"),
    [
        ("Halo", True),
        ("P", True),
        ("Assalamu'alaikum wr. wb.", True),
        ("Selamat pagi min 🙏", True),
        ("Saya mau lapor", True),
        ("tes", True),
        ("Selamat pagi, jalan rusak", False),
        ("Lapor pungli di kelurahan", False),
        ("Banjir", False),
        ("Halo " * 40, False),
        ("", False),
        ("🙏", False),
    ],
)
def test_a_greeting_is_known_from_a_complaint(text: str, greets: bool) -> None:
    """In a chat people say hello first: they are asked, and one word of what happened makes it a complaint."""
    assert only_greets(text) is greets
