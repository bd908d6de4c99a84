"""The portal that every program of bench/ingest reads: invented complaints, prepared once, served as slices of bytes.

It runs in a process of its own, so that its CPU is nobody's. /api/aduan lists everything, /slow/api/aduan the same after
50 ms, /part/api/aduan the first 2,000, /empty/api/aduan nothing: what a program costs there is its start-up.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import random
import signal
import socket
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

LATENCY = 0.05
PART = 2000
WIB = timezone(timedelta(hours=7))
FIRST = datetime(2024, 9, 1, tzinfo=WIB)
SPAN = timedelta(days=700)
_MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
MONTHS = _MONTHS.split()
CATEGORIES = {
    "JALAN": "roads",
    "BANJIR": "drainage_flood",
    "PJU": "street_lighting",
    "SAMPAH": "waste",
    "AIR": "water",
    "PARKIR": "transport_parking",
    "KTP": "civil_registration",
    "BANSOS": "social_aid",
    "PUNGLI": "public_service_conduct",
}
KINDS = {"PENGADUAN": "complaint", "ASPIRASI": "aspiration", "INFORMASI": "information_request"}
STATUSES = {"diterima": "received", "verifikasi": "pending_verification", "proses": "in_progress"}
PLACES = ("35.78.08.1001", "35.73.02.1004", "35.15.07.2010", "35.10.01.2003", "35.09.21.1002", "35.25.14.2001")
_WORDS = (
    "jalan di depan pasar rusak parah sejak bulan lalu dan banyak pengendara jatuh pada malam hari karena lampu mati "
    "mohon segera diperbaiki oleh dinas terkait warga sudah melapor ke kelurahan tetapi belum ada tindak lanjut air "
    "menggenang setiap hujan sampah menumpuk di tepi sungai bau menyengat anak sekolah lewat setiap pagi petugas "
    "meminta uang tambahan untuk mengurus surat antrean panjang pelayanan lambat tolong dicek ke lapangan bersama "
    "ketua lingkungan kami menunggu kabar terima kasih bantuan belum cair padahal nama terdaftar saluran tersumbat"
)
WORDS = _WORDS.split()
_PARTS = (
    "ba ca da fa ga ha ja ka la ma na pa ra sa ta wa ya bi di gi ki li mi ni ri si ti bu du gu ku lu mu nu ru su tu"
)
RARE = tuple("".join(random.Random(n).choices(_PARTS.split(), k=5 + n % 3)) for n in range(20_000))
"""The long tail that real texts have (places, names, mistypings): without it every complaint would resemble every other."""
NAMES = ("Sari", "Budi", "Wati", "Agus", "Dewi", "Joko", "Rina", "Hadi", "Lestari", "Slamet", "Putri", "Eko")
OFFICES = ("Dinas Pekerjaan Umum Contoh", "Dinas Lingkungan Contoh", "Dinas Sosial Contoh", "Kelurahan Contoh Indah")
INVALID_EVERY = 200


def record(number: int, count: int) -> dict[str, Any]:
    """Raw record `number` of a portal that holds `count`: the same for the same number, whoever asks."""
    draw = random.Random(number)
    place, at = draw.choice(PLACES), FIRST + SPAN * (number / max(count, 1))
    raw: dict[str, Any] = {
        "id": f"ADU-{number:08d}",
        "nomor": 70_000_000 + number,
        "judul": _dirty(draw, _sentence(draw, 6).capitalize()),
        "isi": _dirty(draw, _text(draw, draw.randrange(200, 1500))),
        "jenis": draw.choice(("PENGADUAN", "PENGADUAN", "PENGADUAN", "ASPIRASI", "INFORMASI")),
        "kategori": draw.choice(tuple(CATEGORIES)),
        "status": draw.choice(tuple(STATUSES)),
        "dibuat_pada": at.isoformat(timespec="seconds"),
        "updated_at": at.isoformat(timespec="seconds"),
        "tanggal_kejadian": _day(at - timedelta(days=draw.randrange(1, 20))),
        "lokasi": {
            "alamat": f"Jalan {draw.choice(WORDS).capitalize()} Nomor {draw.randrange(1, 200)}, depan {_sentence(draw, 3)}",
            "kode_wilayah": place,
            "lintang": round(draw.uniform(-8.2, -7.0), 6),
            "bujur": round(draw.uniform(111.0, 114.4), 6),
        },
        "pelapor": _person(draw, number),
        "instansi": draw.choice(OFFICES),
        "terlapor": f"Petugas loket {draw.randrange(1, 30)} {draw.choice(OFFICES)}",
        "anonim": draw.choice(("ya", "tidak", "tidak", "tidak")),
        "rahasia": draw.choice(("ya", "tidak", "tidak", "tidak")),
        "lampiran": [f"https://berkas.contoh.example/{number:08d}.jpg"] if draw.random() < 0.2 else [],
        "sumber": {
            "aplikasi": "kanal-contoh",
            "versi": "4.2.1",
            "perangkat": draw.choice(("Android 14; layar 6,5 inci", "peramban meja", "loket layanan terpadu")),
            "catatan": _sentence(draw, 23),
        },
    }
    return _spoiled(raw, number // INVALID_EVERY) if number % INVALID_EVERY == 7 else raw


def _spoiled(raw: dict[str, Any], way: int) -> dict[str, Any]:
    """Five ways of being no complaint yet, which our schema and every other program's refuse alike."""
    place = raw["lokasi"]
    match way % 5:
        case 0:
            raw["isi"] = "  \n "
        case 1:
            raw["isi"] = "\u200b\u200b"
        case 2:
            place["kode_wilayah"] = place["kode_wilayah"].replace(".", "")
        case 3:
            place["kode_wilayah"] = f"JT-{place['kode_wilayah']}"
        case _:
            raw["anonim"] = "mungkin"
    return raw


def _person(draw: random.Random, number: int) -> dict[str, str]:
    name, tail = f"{draw.choice(NAMES)} Contoh {draw.choice(NAMES)}", f"{draw.randrange(10**8):08d}"
    phones = (f"0812-{tail[:4]}-{tail[4:]}", f"+62 812 {tail[:4]} {tail[4:]}", f"62812{tail}")
    return {
        "nama": name,
        "hp": draw.choice(phones),
        "email": f"warga{number}@contoh.example",
        "nik": f"3578{number:012d}",
    }


def _day(moment: datetime) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def _sentence(draw: random.Random, words: int) -> str:
    return " ".join((*draw.choices(WORDS, k=words - 1), draw.choice(RARE)))


def _text(draw: random.Random, length: int) -> str:
    words = draw.choices(WORDS, k=length // 6)
    words[2::3] = draw.choices(RARE, k=len(words[2::3]))
    sentences = [" ".join(words[start : start + 12]).capitalize() for start in range(0, len(words), 12)]
    return ". ".join(sentences)[:length].rstrip()


def _dirty(draw: random.Random, text: str) -> str:
    return f"  {text.replace(' ', '  ', 3)} \r\n" if draw.random() < 0.1 else text


# serving ---------------------------------------------------------------------------------------------------------------


class Portal:
    """An ASGI app over one file of records, each followed by a comma."""

    def __init__(self, count: int, file: Path) -> None:
        """`file` is written here and kept open; its folder may go afterwards."""
        self.count, self.starts, self.stamps = count, [0], []
        with file.open("wb") as out:
            for number in range(count):
                raw = record(number, count)
                self.starts.append(self.starts[-1] + out.write(json.dumps(raw).encode() + b","))
                self.stamps.append(raw["updated_at"])
        with file.open("rb") as made:
            self.bytes = mmap.mmap(made.fileno(), 0, access=mmap.ACCESS_READ) if count else b""

    def page(self, query: dict[str, list[str]], count: int) -> bytes:
        """One page of the records at or after `since`, or of all."""
        number, limit = int(query.get("page", ["1"])[0]), int(query.get("limit", ["500"])[0])
        since = query.get("since", [""])[0]
        first = bisect_left(self.stamps, _wib(since)) if since else 0
        start = min(first + (number - 1) * limit, count)
        end = min(start + limit, count)
        body = self.bytes[self.starts[start] : max(self.starts[start], self.starts[end] - 1)]
        return b'{"data":[%b],"total":%d}' % (body, max(count - first, 0))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["path"].startswith("/slow/"):
            await asyncio.sleep(LATENCY)
        query = parse_qs(scope["query_string"].decode())
        most = {"empty": 0, "part": PART}.get(scope["path"].split("/")[1], self.count)
        body = self.page(query, min(most, self.count))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _wib(since: str) -> str:
    moment = datetime.fromisoformat(since)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(WIB).isoformat(timespec="seconds")


@contextmanager
def portal(count: int) -> Iterator[str]:
    """The address of a portal with that many records, in a process of its own, as long as the block runs."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as door:
        door.bind(("127.0.0.1", 0))
        door.listen(64)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _serve(count, door, write)
        os.close(write)
        try:
            if os.read(read, 1) != b"+":
                raise SystemExit("The portal of the benchmark did not start.")
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            os.close(read)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _serve(count: int, door: socket.socket, ready: int) -> None:
    import uvicorn

    with tempfile.TemporaryDirectory() as folder:
        app = Portal(count, Path(folder) / "records")
    os.write(ready, b"+")
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[door])
    os._exit(0)


if __name__ == "__main__":
    with portal(int(sys.argv[1])) as url:
        print(url, flush=True)
        signal.pause()
