"""The same complaint ends with the same words, whichever door and whichever fingers it came through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.text import normalise, tokens

PLAIN = "lampu jalan mati di jalan melati 3 rt 4 rw 2 sejak kemarin"


@pytest.mark.parametrize(
    "text",
    [
        "Lampu jalan mati di Jalan Melati 3 RT 04 / RW 02 sejak kemarin.",
        "Yth. Bapak Bupati, Lampu jalan padam di Jl. Melati III RT.04/RW.02 sejak kmrn. Terima kasih",
        "Assalamualaikum wr wb. Lampu jln mati di jln. Melati 3, rt 4 rw 2, sejak kemarin!!!",
        "@lapor1708 Lampu jl mati di jl Melati III RT04/RW02 sejak kemarin #lapor #gelap https://t.co/abc123",
        "Dengan hormat,\nSaya ingin melaporkan hal berikut:\n"
        "Lampu jalan mati di Jalan Melati III RT 4 RW 2 sejak kemarin\n"
        "Hormat saya,\nWarga Contoh\nDikirim dari iPhone saya",
        "Lampu jalan mati di Jalan Melati III RT 4 RW 2 sejak kemarin\n\n"
        "Pada 03/03/2026 19:19, Layanan Aduan menulis:\n> Terima kasih.",
        "Pelapor menyampaikan LAMPU JALAN MATI DI JL, MELATI III RT 04 RW 02 SEJAK KEMARIN",
        "lampuuu jalan matiiii di jalan melati 3 rt 4 rw 2 sejak kemarin\u200b",
    ],
)
def test_what_channels_wrap_round_a_complaint_falls_away(text: str) -> None:
    """Greetings, quotes, signatures, mentions, links, shouting and short forms do not hide a repeat."""
    assert normalise(text) == PLAIN


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Jalan Melati nomor 7", "Jalan Melati nomor 17"),
        ("RT 03/RW 06", "RT 06/RW 03"),
        ("TITIK B rusak", "TITIK F rusak"),
        ("Gang Mawar I", "Gang Mawar V"),
        ("lampu mati di Sidorukun", "lampu mati di Sidomulyo"),
    ],
)
def test_what_tells_places_apart_stays(one: str, two: str) -> None:
    """House numbers, RT/RW, a letter or a place name are never normalised away."""
    assert normalise(one) != normalise(two)


@pytest.mark.parametrize("text", ["", "   ", "@admin", "#lapor", "https://t.co/abc", "> hanya kutipan", "😀😀", "\x00"])
def test_a_text_of_nothing_is_no_error(text: str) -> None:
    """A post that is only a link or a tag gives few or no words, and no crash."""
    assert len(tokens(normalise(text))) <= 2


def test_a_mail_that_is_only_a_quote_is_not_emptied() -> None:
    """When cutting would leave nothing, the text stays: better a strange text than none."""
    assert "lampu" in tokens(normalise("> lampu mati di jalan melati"))


def test_a_huge_text_is_read_only_as_far_as_it_helps() -> None:
    """A pasted book costs no more than a long letter."""
    assert len(normalise("jalan rusak " * 100_000)) <= 20_000


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_becomes_words_with_single_blanks(text: str) -> None:
    """Whatever a citizen types, what is compared is lower-case words with one blank between."""
    found = normalise(text)
    assert " ".join(found.split()) == found
    assert normalise(text) == found


@pytest.mark.parametrize("school", ["SMP Negeri 3", "SMPN 3", "smpn3", "SMP 3"])
def test_a_school_is_one_school_however_it_is_written(school: str) -> None:
    """A state school has one name, and is no "sampai"."""
    assert normalise(f"atap {school} Wonojati bocor") == "atap smpn 3 wonojati bocor"


def test_who_signed_a_form_letter_is_no_part_of_it() -> None:
    """A petition of one text with many signers stays one text."""
    letters = [f"Selamatkan hutan kota. Penandatangan: {name}, Wonojati." for name in ("Tuan Satu", "Nyonya Dua")]
    assert {normalise(letter) for letter in letters} == {"selamatkan hutan kota"}
