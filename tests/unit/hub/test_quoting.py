"""What a citizen says himself is told apart from what his mail program quotes; thanks are told apart from news."""

from __future__ import annotations

import pytest

from hub import texts
from hub.quoting import is_thanks, own_words, quoted_refs

REF = "123e4567-e89b-12d3-a456-426614174000"
OURS = f"{texts.GREETING}\n\nLaporan Bapak/Ibu telah selesai ditangani.\n\n{texts.SENT_BY}\n[Ref {REF}]"
MARKED = "\n".join(f"> {line}".rstrip() for line in OURS.split("\n"))
WORDS = "Lubangnya masih ada, Pak.\nSebelah barat jembatan."
GMAIL = "Pada Sen, 30 Nov 2026 pukul 10.00 Kanal Aduan <kanal@aduan.example> menulis:"
WRAPPED = "Pada Sen, 30 Nov 2026 pukul 10.00 Kanal Aduan Dinas Kominfo Provinsi\n<kanal@aduan.example>\nmenulis:"
OUTLOOK = (
    "________________________________\nDari: Kanal Aduan <kanal@aduan.example>\nDikirim: Senin, 30 November 2026\n"
    "Kepada: Budi\nPerihal: Re: Jalan\n"
)


@pytest.mark.parametrize(
    "text",
    [
        WORDS,
        f"{WORDS}\n\n{GMAIL}\n\n{MARKED}",
        f"{WORDS}\n\n{WRAPPED}\n\n{MARKED}",
        f"{GMAIL}\n{MARKED}\n\n{WORDS}",
        f"{MARKED}\n\n{WORDS}",
        f"{WORDS}\n\n{OUTLOOK}\n{OURS}",
        f"{WORDS}\n\n-----Original Message-----\nFrom: Kanal Aduan\nSent: Monday\n\n{OURS}",
        f"{WORDS}\n\n----- Pesan Asli -----\n{OURS}",
        f"{WORDS}\n\nOn Mon, Nov 30, 2026 at 10:00 AM Kanal <kanal@aduan.example> wrote:\n\n{OURS}",
        f"{GMAIL}\n\n{OURS}\n\n{WORDS}",
        f"{OURS}\n\n{WORDS}",
        f"{WORDS}\n\n{OURS}",
        f"{WORDS}\n\nDikirim dari iPhone saya",
        f"{WORDS}\n\n--\nBudi Santoso\nRT 03 RW 05",
        f"{WORDS}\r\n\r\n{GMAIL}\r\n{MARKED}".replace("\n", "\r\n").replace("\r\r", "\r"),
        f"@kanal_aduan @budi {WORDS}",
    ],
)
def test_only_his_own_words_are_kept(text: str) -> None:
    """Above, below or around the quotation, in the ways of the usual mail programs: the registry reads what he says."""
    assert own_words(text) == WORDS


def test_words_between_quoted_lines_are_his() -> None:
    """Who answers point by point loses no point."""
    assert own_words(f"{GMAIL}\n> Selesai?\nBelum.\n> Sudah dicek?\nSudah, belum rapi.") == "Belum.\nSudah, belum rapi."


@pytest.mark.parametrize(
    "text",
    [
        "Pada 3 Mei Pak RT menulis:\njalan akan diperbaiki\nsampai sekarang belum",
        "Pada hari Senin dia\nmenulis: awas\ntolong",
        "Dari: warga RT 3\nTanggal: 3 Mei 2026\nIsi: jalan rusak",
        "Yang benar: lubang > 2 meter",
        "--\nhanya tanda tangan",
        texts.GREETING + " begitu bunyi surat Bapak",
    ],
)
def test_what_looks_like_a_quotation_but_is_none_stays(text: str) -> None:
    """When in doubt too much is kept: a lost word of a citizen is worse than a quoted one of ours."""
    assert own_words(text) == text


def test_a_huge_text_costs_nothing() -> None:
    """A mail made of the beginnings of quotations is kept whole, at once."""
    text = "pada 1 " * 100_000
    assert own_words(text) == text.strip()


def test_who_quotes_our_message_names_its_complaint() -> None:
    """A number in a quotation of our message proves that he has it; the same number in his own words does not."""
    assert quoted_refs(f"{WORDS}\n\n{GMAIL}\n{MARKED}") == (REF,)
    assert quoted_refs(f"{WORDS}\n\n{OUTLOOK}\n{OURS}") == (REF,)
    assert quoted_refs(f"Soal [Ref {REF}] bagaimana?") == ()
    assert quoted_refs(f"{WORDS}\n> [Ref {REF}]") == ()
    assert quoted_refs(WORDS) == ()


@pytest.mark.parametrize(
    "words",
    [
        "Terima kasih",
        "terima kasih banyak Pak 🙏🙏",
        "Terimakasih atas bantuannya.",
        "Makasih min!!",
        "Matur nuwun sanget",
        "Hatur nuhun kang",
        "Suwun, sehat selalu",
        "Thanks a lot",
        "Baik, terima kasih atas tanggapan dan tindak lanjutnya",
        "@kanal_aduan makasih ya",
        "Terima kasih,\nBudi Santoso",
    ],
)
def test_thanks_are_thanks(words: str) -> None:
    """Polite and nothing else: the agency need not read it."""
    assert is_thanks(words, "Budi Santoso")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "ok siap",
        "Terima kasih tapi belum diperbaiki",
        "Terima kasih, kapan?",
        "Terima kasih, jalan sudah bagus",
        "kasih info dari dinas",
        "Terima kasih. Siti",
        "Terima kasih 0812",
        "terima kasih " * 40,
        "Sudah selesai",
    ],
)
def test_news_beside_thanks_are_news(words: str) -> None:
    """When in doubt the agency reads it."""
    assert not is_thanks(words, "Budi Santoso")
