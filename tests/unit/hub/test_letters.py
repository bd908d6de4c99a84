"""What a reporter reads: the same news give the same message, each thing once, in order, and nothing is evaluated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from hub import texts
from hub.letters import Letter, News

START = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
OWN = "0f0e6d3c-8d5c-5f43-9a52-6f2f0c1b7a11"


def news(what: str, minute: int, status: str | None = None, text: str = "", **more: str) -> News:
    """One event of that minute."""
    at = START + timedelta(minutes=minute)
    return News(what=what, status=status, text=text, at=at, digest=f"{what}{minute}{text}".encode(), **more)


def letter(*told: News, number: str = "9300001", standing: str | None = None, **templates: str) -> str:
    """The message about these events, in a region of Central Indonesian Time."""
    made = Letter(news=told, complaint=OWN, number=number, standing=standing, zone="Asia/Makassar", templates=templates)
    return made.text()


def test_a_message_in_full() -> None:
    """Greeting, number, present status, the news in their order with local times, the mark, and who sent it."""
    told = [
        news("follow_up", 9, None, "Lampu sudah diganti.\nTerima kasih."),
        news("receipt", 99),
        news("status", 9, "in_progress"),
        news("disposition", 5, None, "Diteruskan kepada dinas.", institution="Dinas Contoh"),
        news("status", 30, "closed", by="system"),
    ]
    expected = f"""\
Yth. Bapak/Ibu Pelapor,

Laporan Bapak/Ibu telah kami terima dan teruskan ke SP4N-LAPOR! dengan nomor 9300001.

Status laporan saat ini: ditutup.

Per 01-12-2026 11.05 WITA: laporan telah diteruskan ke Dinas Contoh.
Keterangan: Diteruskan kepada dinas.

Per 01-12-2026 11.09 WITA: laporan dalam proses penanganan.

Tanggapan instansi yang berwenang (01-12-2026 11.09 WITA):
Lampu sudah diganti.
Terima kasih.

Per 01-12-2026 11.30 WITA: laporan ditutup oleh sistem.

Terima kasih atas laporan dan kepedulian Bapak/Ibu.

[Ref {OWN}]
Pesan ini disampaikan otomatis oleh Satu Pintu."""
    assert {letter(*order, standing="closed") for order in permutations(told)} == {expected}


def test_somebody_whose_complaint_is_incomplete_reads_what_to_do() -> None:
    """A complaint that could not be sent has no number; what is missing, ten days and the mark are there."""
    text = letter(news("incomplete", 0, None, "lokasi kejadian."), number="")
    assert "dilengkapi: lokasi kejadian." in text and "10 hari" in text and f"[Ref {OWN}]" in text
    assert "SP4N" not in text and "Status laporan" not in text


@pytest.mark.parametrize(
    ("note", "repeats"),
    [
        ("Status berubah dari Belum Terverifikasi menjadi Terverifikasi: Terverifikasi", True),
        ("Laporan telah selesai ditindaklanjuti", True),
        ("", True),
        ("Status berubah menjadi Ditunda karena alamat belum jelas", False),
        ("Petugas datang hari Senin.", False),
    ],
)
def test_only_a_note_that_says_nothing_is_left_out(note: str, repeats: bool) -> None:
    """Every note with a word of its own reaches the reporter."""
    assert texts.only_repeats(note) is repeats
    assert (note in letter(news("status", 0, "in_progress", note))) is (not repeats or not note)


def test_values_are_filled_in_once_and_never_evaluated() -> None:
    """What an agency writes in curly brackets is text; so is everything that is no placeholder."""
    text = letter(news("follow_up", 0, None, "{number} {0.__class__} {{ref}}"), answer="{text} {unknown} ({number})")
    assert "\n\n{number} {0.__class__} {{ref}} {unknown} (9300001)\n\n" in text


@pytest.mark.parametrize("what", ["answer", "status", "closed"])
def test_no_template_loses_the_words(what: str) -> None:
    """A region's sentence without room for the agency's words is followed by them."""
    status = {"answer": None, "status": "in_progress", "closed": "archived"}[what]
    one = news("follow_up" if what == "answer" else "status", 0, status, "Alasan: bukan aduan.")
    assert "Kabar.\nKeterangan: Alasan: bukan aduan." in letter(one, **{what: "Kabar."})


def test_a_door_of_the_accused_hears_that_there_is_news_and_not_which() -> None:
    """A portal that may be run by the accused shows no word of what was found out; the reporter reads where to look."""

    def guarded(*told: News, number: str = "9300001") -> str:
        return Letter(
            news=told, complaint=OWN, number=number, standing="resolved", zone="Asia/Jakarta", guarded=True
        ).text()

    text = guarded(news("receipt", 1), news("follow_up", 9, None, "Pejabat itu diperiksa."))
    assert "9300001" in text and texts.GUARDED[:20] in text and f"[Ref {OWN}]" in text
    assert "diperiksa" not in text and "selesai" not in text
    assert "telah kami terima" in guarded(news("receipt", 1))
    assert "Foto lokasi" in guarded(news("incomplete", 1, None, "Foto lokasi"), number="")
