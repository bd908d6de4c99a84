"""How results are told on a terminal: short lines for people, exit codes for machines."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TextIO
from zoneinfo import ZoneInfo

from hub.model import Tally
from hub.screen import console

JAKARTA = ZoneInfo("Asia/Jakarta")

DONE, FAILED, WRONG_USE, INCOMPLETE = 0, 1, 2, 3
WORDS = ("waiting", "forwarded", "withheld_repeat", "held", "quarantined", "rejected", "on_the_way")

INDONESIAN = dict(
    zip(
        WORDS,
        ("menunggu", "diteruskan", "ulangan", "tertahan", "karantina", "ditolak", "dalam perjalanan"),
        strict=True,
    )
)
_MISSING = {
    "begun": "pembacaan terhenti sebelum selesai",
    "cut": "sambungan terputus",
    "timeout": "tidak dijawab tepat waktu",
    "connect": "portal tidak dapat dicapai",
    "connect_timeout": "portal tidak dapat dicapai",
    "dns": "alamat portal tidak ditemukan",
    "tls": "sertifikat portal tidak dapat dipercaya",
    "login": "nama atau kata sandi tidak diterima",
    "redirect": "portal mengalihkan, mungkin meminta masuk",
    "moving": "daftar terus bergerak selama dibaca",
    "no_end": "akhir daftar belum tercapai",
    "page_repeated": "satu halaman menunjukkan isi halaman lain",
    "page_ignored": "portal tidak memperhatikan nomor halaman",
    "empty_page": "ada halaman kosong di tengah daftar",
    "shrunk": "daftar kosong atau jauh lebih pendek daripada sebelumnya",
    "loop": "daftar kembali ke halaman yang sudah dibaca",
    "cursor_expired": "portal lupa sampai di mana pembacaan",
    "other_host": "tautan lanjutan menuju tempat lain",
    "short_of_total": "portal menghitung lebih banyak daripada yang ditunjukkan",
    "no_total": "jumlah menurut portal tidak ada",
    "not_json": "jawaban portal bukan JSON",
    "not_a_list": "jawaban portal bukan daftar yang diharapkan",
    "too_large": "jawaban portal terlalu besar",
    "too_many_values": "jawaban portal berisi terlalu banyak nilai",
    "too_many_rows": "satu halaman berisi terlalu banyak aduan; pakai halaman yang lebih pendek",
    "too_many_broken": "terlalu banyak isi halaman yang tidak terbaca",
}
_NO_WAY = {
    "no_reply": ("kanal tidak punya jalan untuk jawaban", "the connector has no way in for answers"),
    "status_unmapped": ("kanal tidak punya kata untuk status itu", "the connector has no word for that status"),
    "public": ("rahasia atau anonim, dan kanalnya terbuka", "confidential or anonymous, and the door is public"),
    "no_address": ("pelapor tidak meninggalkan alamat", "the reporter left no address"),
    "erased": ("data pelapor telah dihapus", "the reporter's data have been erased"),
    "decided": ("diputuskan petugas", "a person decided so"),
}


def exit_code(tallies: Iterable[Tally]) -> int:
    """0 done, 1 failed and said why, 3 incomplete: something is owed and will be retried."""
    codes = [_code(tally) for tally in tallies]
    return FAILED if FAILED in codes else INCOMPLETE if INCOMPLETE in codes else DONE


def _code(tally: Tally) -> int:
    if tally.owed or tally.halted:
        return INCOMPLETE
    return FAILED if tally.failed else DONE


def say(tally: Tally, out: TextIO | None = None) -> None:
    """One line of counts, then what is owed and what is worth knowing."""
    out = out or sys.stdout
    counts = [f"{tally.done} done"] + [
        f"{count} {word}" for word, count in (("known", tally.skipped), ("failed", tally.failed)) if count
    ]
    counts += [f"{count} {word.replace('_', ' ')}" for word, count in tally.words.items() if count]
    print(f"{tally.verb}: {', '.join(counts)} / {', '.join(_counted(tally))}", file=out)
    for sentence in tally.owed:
        print(f"  owed: {sentence}", file=out)
    for sentence in tally.notes:
        print(f"  {sentence}", file=out)


def _counted(tally: Tally) -> Iterator[str]:
    """The same counts in Indonesian; a word that has no other stays."""
    yield f"{tally.done} selesai"
    for word, count in (("sudah ada", tally.skipped), ("gagal", tally.failed)):
        if count:
            yield f"{count} {word}"
    for name, count in tally.words.items():
        if count:
            yield f"{count} {INDONESIAN.get(name, name.replace('_', ' '))}"


def place(error: BaseException) -> str:
    """Class of an error and the last lines of code that it passed, without its words: they may quote a citizen."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    path = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{type(error).__name__} at {path}. This is a fault of the hub: please report it."


def complain(sentence: object) -> None:
    """An error, for people, on standard error."""
    print(f"satupintu: {sentence}", file=sys.stderr)


def table(connectors: Mapping[str, Mapping[str, int]], pulled: Mapping[str, int]) -> None:
    """What was pulled and what became of it, connector by connector, in the words of the first promise."""
    from rich.table import Table

    shown = Table(title="Every complaint is exactly one of these", title_justify="left")
    shown.add_column("connector")
    for word in ("items", "stored", *WORDS):
        shown.add_column(word.replace("_", " "), justify="right")
    for name, words in sorted(connectors.items()):
        values = [pulled.get(name, 0), words.get("stored", 0), *(words.get(word, 0) for word in WORDS)]
        shown.add_row(name, *map(str, values))
    console(150).print(shown)


def stamp(at: datetime | None) -> str:
    """A moment in its own zone and, where that is another, in Jakarta's: `2026-12-01 09:00 WIT (07:00 WIB)`."""
    if at is None:
        return "dari awal / the beginning"
    here, capital = f"{at:%Y-%m-%d %H:%M} {_zone(at)}", at.astimezone(JAKARTA)
    if at.utcoffset() == capital.utcoffset():
        return here
    return f"{here} ({capital:{'%H:%M' if capital.date() == at.date() else '%Y-%m-%d %H:%M'}} {_zone(capital)})"


def _zone(at: datetime) -> str:
    return at.tzname() or f"{at:%z}"


def age(span: timedelta) -> str:
    """`3 hari / d`, `5 jam / h` or `12 menit / min`."""
    hours, minutes = divmod(max(int(span.total_seconds()), 0) // 60, 60)
    return f"{hours // 24} hari / d" if hours >= 48 else f"{hours} jam / h" if hours else f"{minutes} menit / min"


def missing(code: str | None) -> str:
    """Why an interval is owed, in Indonesian; the English sentence says more and stands beside it."""
    code = code or ""
    if code.startswith("http_"):
        return f"portal menjawab HTTP {code.removeprefix('http_')}"
    return _MISSING.get(code, "belum terbaca lengkap")


def no_way(code: str) -> str:
    """Why an answer found no way back, in Indonesian and English."""
    return " / ".join(_NO_WAY.get(code, ("tanpa jalan kembali", "no way back")))
