"""What programs mail by themselves is told from what people write, and text is read in the charset it is in."""

from __future__ import annotations

import base64

import pytest

from connectors import automatic
from connectors.charsets import readable
from connectors.mime import Unreadable, parse

NONE = dict.fromkeys(automatic.SIGNS, "")
RETURNED = frozenset({"text/plain", "message/rfc822"})
TEXT = frozenset({"text/plain"})


@pytest.mark.parametrize(
    ("header", "subject", "report", "kinds", "told"),
    [
        ({}, "Jalan rusak", None, TEXT, None),
        ({}, "x", "delivery-status", TEXT, "bounce"),
        ({}, "x", "", TEXT, "bounce"),
        ({}, "x", None, TEXT | {"message/delivery-status"}, "bounce"),
        ({}, "x", "feedback-report", TEXT, "reply"),
        ({}, "x", None, TEXT | {"message/feedback-report"}, "reply"),
        ({}, "x", "disposition-notification", TEXT, "reply"),
        ({"from": "mail delivery system <m@surat.example>"}, "x", None, TEXT, "bounce"),
        ({"from": "<postmaster@surat.example>"}, "x", None, RETURNED, "bounce"),
        ({"from": "postmaster@surat.example"}, "Undeliverable: Lampu", None, TEXT, "bounce"),
        ({"from": "postmaster@surat.example"}, "Surat keluhan tidak terkirim", None, TEXT, "bounce"),
        ({"from": "postmaster@surat.example"}, "Lampu jalan mati", None, TEXT, None),
        ({"from": "sri@surat.example"}, "Undeliverable: Lampu", None, RETURNED, None),
        ({"from": "mypostmaster@surat.example"}, "Failure notice", None, TEXT, None),
        ({"preference": "auto_reply"}, "x", None, TEXT, "reply"),
        ({"x-vacation": "yes"}, "x", None, TEXT, "reply"),
        ({"x-autoreply": "no"}, "x", None, TEXT, None),
        ({"auto-submitted": "auto-generated"}, "Laporan baru dari formulir", None, TEXT, None),
        ({"auto-submitted": "auto-generated", "in-reply-to": "<a@b>"}, "x", None, TEXT, "reply"),
        ({"precedence": "bulk"}, "Surat edaran RT", None, TEXT, None),
        ({"precedence": "list"}, "[warga] Lampu mati", None, TEXT, None),
        ({"return-path": "<>"}, "x", None, TEXT, "bounce"),
    ],
)  # fmt: skip
def test_signs_of_programs(
    header: dict[str, str], subject: str, report: str | None, kinds: frozenset[str], told: str | None
) -> None:
    """Reports and automatic answers are known by what they carry; a complaint is never one for its topic."""
    assert automatic.told(NONE | header, subject, report, kinds) == told


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Laporan", "Auto: reply", "Out of Office: Laporan", "Out of office AutoReply: x", "Balasan otomatis: x",
        "Jawaban Otomatis: x", "Abwesenheitsnotiz: x", "Réponse automatique : x", "Respuesta automática: x",
        "Risposta automatica: x", "自动回复: x", "自動返信：x", "Автоответ: x", "자동 회신: x",
    ],
)  # fmt: skip
def test_absence_in_many_languages(subject: str) -> None:
    """Programs that set no header are known by how their subject begins."""
    assert automatic.told(NONE, subject, None, TEXT) == (None if subject == "Auto: reply" else "reply")


@pytest.mark.parametrize(
    "subject",
    [
        "Balasan otomatis dari hotline tidak menolong", "Re: Automatic reply: Laporan", "Fwd: Balasan otomatis: x",
        "Petugas out of office: loket kosong", "Otomatis: pintu air rusak", "Di luar kantor: parkir liar",
    ],
)  # fmt: skip
def test_complaints_about_automatic_answers_are_complaints(subject: str) -> None:
    """Whoever complains of automatic answers, or answers one, is heard."""
    assert automatic.told(NONE, subject, None, TEXT) is None


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("jalan “rusak”".encode("cp1252"), "iso-8859-1", "jalan “rusak”"),
        ("naïve".encode(), "iso-8859-1", "naïve"),
        ("道路が壊れた①".encode("cp932"), "shift_jis", "道路が壊れた①"),
        ("镕基道路".encode("gb18030"), "gb2312", "镕基道路"),
        ("똠방".encode("cp949"), "ks_c_5601-1987", "똠방"),
        ("道路が壊れたので直してください".encode("iso-2022-jp") + b"\xff", "iso-2022-jp", "道路が壊れたので直してください\ufffd"),
        (b"lampu mati", "utf-16", "lampu mati"),
        ("lampu mati".encode("utf-16"), "utf-16", "lampu mati"),
        ("warga – jalan".encode("utf-7"), "unicode-1-1-utf-7", "warga – jalan"),
        (b"isi", "hex", "isi"),
        (b"isi", "\0", "isi"),
        (b"isi \xe9", "gb\0", "isi é"),
    ],
)  # fmt: skip
def test_charsets_as_they_are_used(data: bytes, charset: str, text: str) -> None:
    """What programs call by a narrower or a wrong name is read all the same, and a broken byte costs one letter."""
    assert readable(data, charset) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (
            b'Content-Type: multipart/mixed; boundary="dua\r\n kata"\r\n\r\npra\r\n--dua kata\r\n\r\nIsi\r\n--dua kata--\r\n',
            "Isi",
        ),
        (b"Content-Type: multipart/mixed\n\nIsi tanpa bagian\n", "Isi tanpa bagian"),
        (b'Content-Type: multipart/mixed; boundary="x"\n\nIsi tanpa batas\n', "Isi tanpa batas"),
        (b'Content-Type: multipart/mixed; boundary="x"\n\n--x\n\nIsi terpotong', "Isi terpotong"),
    ],
)  # fmt: skip
def test_parts_that_nobody_parted(raw: bytes, text: str) -> None:
    """A folded or missing boundary hides no word."""
    told = parse(raw).payload
    assert (told["text"], told["attachments"]) == (text, [])


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Jalan é".encode(), "Jalan é"), ("Jalan é".encode("cp1252"), "Jalan é"), ("道路".encode("iso-2022-jp"), "道路"),
        (b"=?utf-8?q?Jalan_=C3=A9?=", "Jalan é"), (b"lipat\r\n an", "lipat an"),
    ],
)  # fmt: skip
def test_headers_in_bare_bytes(subject: bytes, text: str) -> None:
    """Letters that a program wrote into a header without encoding them are read."""
    assert parse(b"Subject: " + subject + b"\r\n\r\nIsi").payload["subject"] == text


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5])
def test_base64_that_breaks_off_keeps_its_words(cut: int) -> None:
    """A message cut short in the mail costs its last letters."""
    whole = base64.b64encode(b"Lampu jalan mati sejak kemarin")[:-cut]
    text = parse(b"Content-Transfer-Encoding: base64\r\n\r\n" + whole).payload["text"]
    assert text.startswith("Lampu jalan mati sejak kem")


@pytest.mark.parametrize("head", [b"\xd0\xcf\x11\xe0\xa1", b"PK\x03\x04", b"\x1f\x8b\x08", b"%PDF-1.7\n"])
def test_a_file_is_no_message(head: bytes) -> None:
    """What is no mail at all is refused with a reason instead of becoming a complaint of strange letters."""
    with pytest.raises(Unreadable, match="no_message"):
        parse(head + b"\n\nisi")
