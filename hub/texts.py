"""The sentences that citizens read, in one place; a region changes those of TEMPLATES in its manifest (`texts`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GREETING: Final = "Yth. Bapak/Ibu Pelapor,"
NEWS: Final = "Berikut kabar tentang laporan Bapak/Ibu di SP4N-LAPOR! dengan nomor {number}."
STATUS: Final = "Status laporan saat ini: {status}."
NOTE: Final = "Keterangan:"
FILES: Final = "Lampiran:"
GUARDED: Final = (
    "Ada kabar tentang laporan Bapak/Ibu di SP4N-LAPOR! dengan nomor {number}. Demi melindungi Bapak/Ibu, isinya tidak "
    "ditampilkan di kanal ini: silakan membacanya di SP4N-LAPOR! dengan nomor tersebut, atau menghubungi Inspektorat."
)
"""Instead of any news, where whoever runs the channel may be the one who is accused."""
THANKS: Final = "Terima kasih atas laporan dan kepedulian Bapak/Ibu."
SENT_BY: Final = "Pesan ini disampaikan otomatis oleh Satu Pintu."
MISSING: Final = "informasi yang diperlukan instansi untuk menindaklanjuti laporan"
"""What is missing, where the registry does not say it."""

TEMPLATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "received": "Laporan Bapak/Ibu telah kami terima dan teruskan ke SP4N-LAPOR! dengan nomor {number}.",
        "status": "Per {date}: laporan {status}.",
        "answer": "Tanggapan instansi yang berwenang ({date}):\n{text}",
        "closed": "Per {date}: laporan {status}.",
        "incomplete": (
            "Laporan Bapak/Ibu belum dapat diproses lebih lanjut. Yang masih perlu dilengkapi: {missing}\n"
            "Mohon dilengkapi dalam waktu 10 hari dengan membalas pesan ini, atau melalui kanal tempat laporan "
            "disampaikan."
        ),
    }
)
"""What one piece of news says; the frame around it (greeting, thanks, [Ref …], SENT_BY) is the same for everybody."""

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
PASSED_ON: Final = "telah diteruskan ke instansi yang berwenang"
PASSED_TO: Final = "telah diteruskan ke {institution}"

_BY: Final = MappingProxyType({"system": "oleh sistem", "admin": "oleh admin", "reporter": "oleh pelapor"})
_NAMES: Final = re.compile(r"\{(number|status|text|ref|missing|date)\}")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_BARE: Final = (
    "status laporan aduan pengaduan anda bapak ibu telah sudah saat ini berubah diubah dari menjadi ke oleh dan di "
    "pada belum menunggu terverifikasi verifikasi diverifikasi terdisposisi didisposisikan disposisi diteruskan "
    "dikoordinasikan dalam proses diproses tindakan pengerjaan ditindaklanjuti ditanggapi selesai tuntas penanganan "
    "kelengkapan informasi data ditutup diarsipkan ditunda ditolak dihapus diterima masuk sistem admin pelapor instansi"
)
"""Words that only name a status or say that it has changed."""
_SAYS_NOTHING: Final = frozenset(_BARE.split())


def words(status: str | None, by: str | None = None) -> str:
    """A hub status as a citizen reads it, with who closed or archived it; "" for one that has no words."""
    plain = STATUS_WORDS.get(status or "", "")
    return f"{plain} {_BY[by]}" if by and by in _BY and status in ("closed", "archived") else plain


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its {names} filled once, verbatim; what is filled in is not searched for further ones."""
    return _NAMES.sub(lambda found: values.get(found[1], ""), template)


def says(template: str, name: str) -> bool:
    """The template has room for it."""
    return f"{{{name}}}" in template


def only_repeats(note: str) -> bool:
    """A note that says no more than that the status has changed, which the reporter reads anyway."""
    return _SAYS_NOTHING.issuperset(_LETTERS.findall(note.casefold()))
