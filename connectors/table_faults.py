"""What is wrong with a file of rows as a whole, in sentences that name file and line, Indonesian and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.errors import ChannelError, Misconfigured, Refused, Unavailable

_WRONG: Final[Mapping[str, tuple[type[ChannelError], str, str, str, str]]] = {
    "encoding": (
        Misconfigured, "these bytes are no {encoding}", "Correct with.encoding.",
        "huruf di sini bukan {encoding}", "Perbaiki with.encoding.",
    ),
    "encoding_is": (
        Misconfigured, "the file is in another encoding than {encoding}: {place}", "Correct with.encoding.",
        "berkas ini bukan {encoding} melainkan {place}", "Perbaiki with.encoding.",
    ),
    "no_text": (
        Misconfigured, "this is no CSV", "Save it as CSV or XLSX again.",
        "ini bukan CSV", "Simpan lagi sebagai CSV atau XLSX.",
    ),
    "cut_short": (
        Unavailable, "the file breaks off here, or a quotation is never closed", "Put the whole file there.",
        "berkas terputus di sini, atau tanda kutip tidak ditutup", "Taruh berkas yang utuh.",
    ),
    "unreadable_book": (
        Unavailable, "the workbook is cut short or broken", "Put the whole file there.",
        "buku kerja terputus atau rusak", "Taruh berkas yang utuh.",
    ),
    "encrypted": (
        Refused, "the workbook is locked by a password", "Ask for one without.",
        "buku kerja dikunci dengan sandi", "Minta yang tanpa sandi.",
    ),
    "which_sheet": (
        Misconfigured, "the workbook has several sheets", "Say which one with with.sheet.",
        "buku kerja berisi beberapa lembar", "Sebutkan lembarnya di with.sheet.",
    ),
    "no_sheet": (
        Misconfigured, "no sheet has the name that with.sheet says", "Correct with.sheet or the workbook.",
        "tidak ada lembar bernama seperti di with.sheet", "Perbaiki with.sheet atau buku kerjanya.",
    ),
    "": (
        Misconfigured, "the file is too large to be read within the limits", "Split it.",
        "berkas terlalu besar untuk dibaca", "Bagi berkasnya.",
    ),
}  # fmt: skip


def wrong(told: str, called: str, encoding: str) -> ChannelError:
    """The parser's `code:place` as an error that names file and line."""
    code, _, place = told.partition(":")
    cls, english, hint, indonesian, remedy = _WRONG.get(code, _WRONG[""])
    words = {"encoding": encoding, "place": place}
    line, baris = (f", line {place}", f", baris {place}") if place.isdigit() else ("", "")
    return cls(
        f"{called}{line}: {english.format(**words)}.",
        hint=hint,
        code="bad_encoding" if code.startswith("encoding") else code,
        indonesian=f"{called}{baris}: {indonesian.format(**words)}. {remedy}",
    )
