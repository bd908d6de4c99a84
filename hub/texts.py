"""The sentences that citizens read, in one place, so that a region can change them without touching the steps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GREETING: Final = "Yth. Bapak/Ibu Pelapor,"
NEWS: Final = "Laporan yang Bapak/Ibu sampaikan telah kami teruskan ke SP4N-LAPOR! dengan nomor {number}."
STATUS: Final = "Status laporan saat ini: {status}."
ANSWER: Final = "Tanggapan instansi yang berwenang:"
NOTE: Final = "Keterangan:"
THANKS: Final = "Terima kasih atas laporan dan kepedulian Bapak/Ibu."
SENT_BY: Final = "Pesan ini disampaikan otomatis oleh Satu Pintu."

STATUS_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "received": "diterima",
        "pending_verification": "menunggu verifikasi",
        "verified": "terverifikasi",
        "postponed": "ditunda, menunggu kelengkapan informasi",
        "dispositioned": "telah diteruskan ke instansi yang berwenang",
        "in_progress": "dalam proses penanganan",
        "followed_up": "telah ditindaklanjuti",
        "reporter_replied": "telah ditanggapi pelapor",
        "resolved": "selesai ditangani",
        "closed": "ditutup",
        "rejected_not_authority": "tidak dapat diproses karena di luar kewenangan instansi",
        "archived": "diarsipkan",
        "deleted": "dihapus dari sistem nasional",
    }
)
"""Hub status -> what a citizen reads; `unknown` has no words, because nobody knows what it means."""


def answer(number: str, status: str, text: str, *, by_agency: bool) -> str:
    """What a reporter reads about complaint `number` of the registry: its status in words, then the agency's own text
    or the note that came with the status."""
    parts = [GREETING, NEWS.format(number=number)]
    if words := STATUS_WORDS.get(status):
        parts.append(STATUS.format(status=words))
    if text.strip():
        parts.append(f"{ANSWER if by_agency else NOTE}\n{text.strip()}")
    return "\n\n".join([*parts, THANKS, SENT_BY])


def is_ours(text: str) -> bool:
    """True for an answer of ours that came round again through a portal or the registry; it is never answered."""
    return SENT_BY in text
