"""What a region's own app says in a payload is read as the manifest says, however the portal writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.registry.sameness import uncut
from hub.said import MOST, Said, reader
from hub.store.written import There, Written
from hub.written_there import own_status

REPLIES = {
    "list": "tanggapan",
    "ref": "id",
    "text": "isi",
    "time": {"path": "tgl", "format": "%d-%m-%Y %H:%M", "zone": "Asia/Makassar"},
    "by": "petugas",
    "attachments": "berkas",
}


def row(ref: Any = "T1", text: Any = "Sudah diperbaiki", at: Any = "30-11-2026 09:15", **more: Any) -> dict[str, Any]:
    """One answer as a portal has it."""
    return {"id": ref, "isi": text, "tgl": at, "petugas": "Dinas PU", **more}


def read(tanggapan: Any, **changed: Any) -> list[Said]:
    """What is read of a list."""
    return reader({**REPLIES, **changed}, "Asia/Jakarta")({"tanggapan": tanggapan})


def test_an_answer_is_read_whole() -> None:
    """Its id, its words as written, its time in the zone that the manifest names, who said it, and its files."""
    [one] = read([row(berkas=[{"nama": "foto.jpg", "url": "https://contoh.go.id/foto.jpg"}, "surat.pdf"])])
    assert one == Said(
        ref='"T1"',
        text="Sudah diperbaiki",
        at=datetime(2026, 11, 30, 1, 15, tzinfo=UTC),
        by="agency",
        attachments=("https://contoh.go.id/foto.jpg", "surat.pdf"),
    )


SHAPES: list[tuple[Any, int]] = [
    (None, 0),
    ("", 0),
    ([], 0),
    ("belum ada", 0),
    (7, 0),
    ([row(), row("T2")], 2),
    (row(), 1),
    ({"a": row("a"), "b": row("b")}, 2),
    ('[{"id": 1, "isi": "Sudah"}]', 1),
    ("[kosong", 0),
    ([row(text=None), row(text="  "), row(text=[1])], 0),
    ([row(text=None, berkas="foto.jpg")], 1),
    ([None, 3, "x", row()], 1),
    ([row(number) for number in range(MOST + 7)], MOST),
]


@pytest.mark.parametrize(("tanggapan", "count"), SHAPES)
def test_lists_come_in_many_shapes(tanggapan: Any, count: int) -> None:
    """None, one alone, by their ids, or as JSON text; rows without words or files are nothing."""
    assert len(read(tanggapan)) == count


@pytest.mark.parametrize("ref", [None, "", 1.5, True, [], {}])
def test_without_an_id_time_author_and_words_tell_answers_apart(ref: Any) -> None:
    """The same answer is the same again; another time or another word is another one."""
    first, again, later, other = read([row(ref), row(ref), row(ref, at="30-11-2026 10:00"), row(ref, "Selesai")])
    assert first.ref == again.ref and len({first.ref, later.ref, other.ref}) == 3


def test_ids_of_text_and_digits_are_one_whatever_else_changes() -> None:
    """7 and "7" are the same id of one portal; the words are not part of it."""
    assert read([row(7)])[0].ref == read([row("7", "lain")])[0].ref == '"7"'


@pytest.mark.parametrize("stamp", [None, "", "0000-00-00", "kemarin", 12, "31-02-2026 10:00"])
def test_a_time_that_nobody_can_read_costs_nobody_the_answer(stamp: Any) -> None:
    """It is sent without a date."""
    assert read([row(at=stamp)])[0].at is None


@pytest.mark.parametrize(
    ("name", "by"), [("Pelapor", "reporter"), (" WARGA ", "reporter"), ("Admin", "agency"), (None, "agency")]
)
def test_what_the_reporter_adds_in_the_app_is_his(name: Any, by: str) -> None:
    """A thread holds both sides."""
    assert read([row(petugas=name)])[0].by == by


def test_answers_are_said_in_their_order() -> None:
    """Also where the portal shows the newest first, and two have the same minute."""
    newest_first = [row("d", at="02-12-2026 08:00"), row("c"), row("b"), row("a", at="29-11-2026 08:00")]
    assert [one.ref for one in read(newest_first)] == ['"a"', '"b"', '"c"', '"d"']
    oldest_first = list(reversed(newest_first))
    assert [one.ref for one in read(oldest_first)] == ['"a"', '"b"', '"c"', '"d"']
    undated = [row("x", at=None), row("w")]
    assert [one.ref for one in read(undated)] == ['"x"', '"w"']


TABLE = {"in_progress": "proses", "followed_up": "proses", "resolved": "Selesai"}
HOUR = timedelta(hours=1)
SEEN = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""When the version before came in."""
OWN: list[tuple[str, str, str, list[tuple[str | None, str | None, int]], bool]] = [
    ("in_progress", "proses", "baru", [("proses", "in_progress", 1)], True),
    ("in_progress", " PROSES", "baru", [("proses", "followed_up", 1)], True),
    ("followed_up", "dijawab", "baru", [("dijawab", "pending_verification", 1)], True),
    ("resolved", "selesai", "baru", [("proses", "followed_up", 1)], False),
    ("resolved", "tuntas", "baru", [("Selesai", "resolved", 1)], True),
    ("resolved", "tuntas", "baru", [("Selesai", "closed", 1)], True),
    ("in_progress", "proses", "Selesai", [("proses", "in_progress", -3), ("Selesai", "resolved", -1)], False),
    ("in_progress", "proses", "ditunda", [("proses", "in_progress", -1)], False),
    ("in_progress", "proses", "ditunda", [("proses", "in_progress", -1), ("proses", "in_progress", 1)], True),
    ("in_progress", "proses", "baru", [("proses", "in_progress", 1), ("Selesai", "resolved", 2)], True),
    ("in_progress", "proses", "baru", [(None, "in_progress", 1)], True),
    ("in_progress", "proses", "baru", [(None, "followed_up", 1)], True),
    ("resolved", "selesai", "baru", [], False),
]


@pytest.mark.parametrize(("status", "word", "before", "put", "ours"), OWN)
def test_a_status_that_we_wrote_is_known_again(
    status: str, word: str, before: str, put: list[tuple[str | None, str | None, int]], ours: bool
) -> None:
    """By the portal's own word or by what it means; one that an officer sets later, even back, is his."""
    there = There(written=[Written(word=w, status=s, at=SEEN + at * HOUR) for w, s, at in put], before_at=SEEN)
    means = {"proses": "in_progress", "Selesai": "resolved", "dijawab": "followed_up"}.get
    assert own_status(status, word, before, there, words=TABLE, means=means) == ours


@pytest.mark.parametrize(
    "end", ["...", " … Baca selengkapnya", "&hellip; <a href='/a'>lihat selengkapnya</a>", " (selengkapnya)", ""]
)
def test_the_sign_of_a_cut_is_no_word_of_ours(end: str) -> None:
    """Portals end what they cut in their own way."""
    assert uncut(f"Laporan Anda sudah kami{end}").rstrip(" (") == "Laporan Anda sudah kami"
