"""What counts as personal data in a text, in tables and over thousands of labelled invented texts."""

from __future__ import annotations

import time

import pytest

from hub.personal import counts, find, mask
from tests.unit.personal import wide
from tests.unit.personal.scoring import scored
from tests.unit.personal.values import texts

FOUR = ("nik", "kk", "phone", "email")


@pytest.mark.parametrize(
    ("which", "each"), [("dev", 7), ("held", 7), ("last", 9), ("fresh", 20), ("wide", 8), ("apart", 8)]
)
def test_personal_data_is_found_and_little_else(which: str, each: int) -> None:
    """Over 3,000 invented texts: NIK, KK, telephones and addresses are found (recall .99), and what is said is right (.95)."""
    assert wide.PERSONAL and wide.HARMLESS  # values of its own, drawn by the same templates
    score = scored(texts(which, each, seed=20261122))
    for kind in FOUR:
        assert score.recall(kind) >= 0.99, [one for one in score.wrong if one[1] == kind][:5]
        assert score.precision(kind) >= 0.95, [one for one in score.wrong if one[1] == kind][:5]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("NIK 3573014101900001", "NIK [NIK]"),
        ("KK 3573010101100001, NIK 3573014101900001", "KK [KK], NIK [NIK]"),
        ("Nomor KK/NIK: 3573010101100001 / 3573014101900001", "Nomor KK/NIK: [KK] / [NIK]"),
        ("nik３５７３０１４１０１９００００１", "nik[NIK]"),
        ("nik 3573\u200b0141\u200b0190\u200b0001", "nik [NIK]"),
        ("nik ٣٥٧٣٠١٤١٠١٩٠٠٠٠١", "nik [NIK]"),
        ("NIK: 3573O141O19OOOO1", "NIK: [NIK]"),
        ("NIK saya 357301410190001 kok salah", "NIK saya [NIK] kok salah"),
        ("wa 0812‑3456‑7890", "wa [telepon]"),
        ("+62 (0)812 3456 7890.", "[telepon]."),
        ("(0271) 712345", "[telepon]"),
        ("nomor saya nol delapan 12-3456-7890 ya", "nomor saya [telepon] ya"),
        ("hp 0812 tiga empat lima enam tujuh delapan", "hp [telepon]"),
        ("no hp 0 8 1 2 3 4 5 6 7 8 9", "no hp [telepon]"),
        ("nik 3-5-7-3-0-1-4-1-0-1-9-0-0-0-0-1", "nik [NIK]"),
        ("wa +62(0)812 34 56 78 90", "wa [telepon]"),
        ("telepon kantor 62-21-5551234", "telepon kantor [telepon]"),
        ("https://x.id/?e=budi%40yahoo.com&n=1", "https://x.id/?e=[email]&n=1"),
        ("budi @student.contoh.ac.id", "[email]"),
        ("budi @ yahoo . co . id", "[email]"),
        ("budi_at_yahoo.com", "[email]"),
        ("kami tag @dinas.Mohon dibalas", "kami tag @dinas.Mohon dibalas"),
        ("di km nol delapan 2024 lubang", "di km nol delapan 2024 lubang"),
        ("nomor saya nol delapan satu dua tiga empat lima enam tujuh delapan", "nomor saya [telepon]"),
        ("budi.s@gmail.com, budi [at] yahoo dot co dot id", "[email], [email]"),
        ("budi＠gmail.com", "[email]"),
        ("budi@gmail,com", "[email]"),
        ("08123456789@gmail.com", "[email]"),
        ("nama saya Siti Aminah dari Solo", "nama saya [nama] dari Solo"),
        ("a.n. Budi Santoso", "a.n. [nama]"),
        ("Yth. Bapak Bupati", "Yth. Bapak Bupati"),
        ("rekening BRI 123456789012345 a.n. Budi", "rekening BRI [rekening] a.n. [nama]"),
        ("mobil B 1234 XYZ parkir", "mobil [pelat] parkir"),
        ("NPWP 01.234.567.8-901.000", "NPWP [NPWP]"),
        ("paspor X1234567", "paspor [paspor]"),
        ("BPJS 0001234567890", "BPJS [BPJS]"),
    ],
)
def test_nothing_of_the_value_stays(text: str, masked: str) -> None:
    """In whatever digits, dashes and blanks it was typed, the whole value goes, and the reader sees what it was."""
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Sudah lapor nomor 10294817, tiket 2025119912345678, sejak 12-03-2026 pukul 08.15",
        "Rp 3.500.000.000 dari APBD 2026, UU 27/2022, RT 03/RW 07, kode pos 57126",
        "-7.566123456789, 110.823456789012",
        "ID pelanggan 523041234567, meter 14012345678, token 1234 5678 9012 3456 7890",
        "NIP 19800101 200501 1 001 dan NISN 0081234567",
        "telepon 110, 112, 119 dan 1500123",
        "rapat @ balai desa, ikuti @dinas_pu",
        "12 KK terdampak, 3 rumah roboh",
        "lol oli Olo illi 10l air",
        "aduan 08123456-7890-4123-8123-081234567890, sha256 0812345678901234abcdef0123456789, kunci 081234567890abcd",
        "",
    ],
)
def test_what_only_looks_so_stays_readable(text: str) -> None:
    """Tickets, dates, prices, coordinates, meters and officials' numbers can still be read by who works with the text."""
    assert find(text) == ()


def test_an_entry_may_say_how_many_but_not_what() -> None:
    """What is counted of a text are kinds and how often, never a value."""
    assert counts("NIK 3573014101900001, hp 081234567890 dan 081234567891") == {"nik": 1, "phone": 2}


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "0812 ",
        "o",
        "O1",
        "@",
        "a@",
        "a.",
        "nama saya ",
        "Bapak A",
        "nol delapan ",
        "3573 01 ",
        "+62",
        "(0",
        "\\n1",
    ],
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    """Whatever somebody repeats thousands of times, four times as much of it costs about four times the CPU, not sixteen."""
    whole, part = (min(cost(piece * (length // len(piece))) for _ in range(3)) for length in (30_000, 7_500))
    assert whole < 8 * part or whole < 0.2


def cost(text: str) -> float:
    """CPU seconds of one search."""
    began = time.process_time()
    find(text)
    return time.process_time() - began
