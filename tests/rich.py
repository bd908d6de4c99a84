"""A portal that fills every canonical field, for tests that need many different complaints at little cost."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from connectors import mapping
from connectors.manifest import Manifest, load
from hub.normalise import Normalised, normalise
from sandbox.portal import generate

NOW = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
CONNECTOR = UUID("5d1f9a52-0f0e-4c3e-9d63-3c2f5f0e7a11")
PHONES = ("0812-{:04}-{:04}", "+62 813 {:04} {:04}", "62815{:04}{:04}", "(0711) 35{:02.0f}{:02.0f}")
CATEGORIES = {"PJU": "street_lighting", "JALAN": "roads", "SAMPAH": "waste", "KDRT": "violence_protection"}

MANIFEST: dict[str, Any] = {
    "version": 1,
    "name": "kota-contoh",
    "owner": "Dinas Kominfo Kota Contoh",
    "region": "35.78",
    "channel": "portal",
    "kind": "rest",
    "with": {"url": "https://aduan.contoh.go.id/api", "items": "data", "ref": "id"},
    "fields": {
        "title": "judul",
        "body": "isi",
        "kind": {"path": "jenis", "map": {"PENGADUAN": "complaint", "ASPIRASI": "aspiration"}},
        "submitted_at": {"path": "dibuat_pada", "format": "%d-%m-%Y %H:%M", "zone": "Asia/Jakarta"},
        "incident_date": {"path": "tgl_kejadian", "format": "%d/%m/%Y"},
        "category_code": {"path": "kategori", "map": CATEGORIES},
        "region_code": "kode_wilayah",
        "location_text": "alamat",
        "latitude": "lintang",
        "longitude": "bujur",
        "target_institution": "instansi",
        "reported_party": "terlapor",
        "is_supervisory": "pengawasan",
        "is_whistle_blowing": "wbs",
        "reporter.name": "pelapor.nama",
        "reporter.phone_e164": "pelapor.hp",
        "reporter.email": "pelapor.email",
        "reporter.national_id": "pelapor.nik",
        "reporter.handle": "pelapor.akun",
        "is_anonymous": "anonim",
        "is_confidential": "rahasia",
        "attachments": "lampiran",
        "source_url": "tautan",
        "source_status": "status",
        "extra.sumber": "sumber",
        "extra.rt": "rt",
    },
    "statuses": {"diterima": "received", "proses": "in_progress", "selesai": "resolved"},
}


def manifest(folder: Path) -> Manifest:
    """The manifest as a file gives it."""
    path = folder / "kota-contoh.yaml"
    path.write_text(yaml.safe_dump(MANIFEST, sort_keys=False), encoding="utf-8")
    return load(path)


def rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Items of that portal; all people in them are invented."""
    dice = random.Random(seed)
    return [_filled(dice, number, row) for number, row in enumerate(generate(new=count, seed=seed), start=1)]


def _filled(dice: random.Random, number: int, row: dict[str, Any]) -> dict[str, Any]:
    phone = dice.choice(PHONES).format(dice.randrange(10_000), dice.randrange(10_000))
    file = {"name": f"foto {number}.jpg", "url": f"/berkas/{number}.jpg", "size": number}
    return {
        **row,
        "pelapor": {
            "nama": f"Warga {number}", "hp": phone, "email": f"Warga{number}@Contoh.go.id",
            "nik": f"{dice.randrange(10**16):016}", "akun": f"@warga{number}",
        },
        "tgl_kejadian": f"{number % 28 + 1:02}/11/2026",
        "rahasia": dice.choice(["ya", "tidak", True, 0, None]),
        "lintang": dice.choice([-7.25, "-7,25", "-7.25, 112.75", 0, None]),
        "bujur": dice.choice([112.75, "112,75", "-7.25, 112.75", 0]),
        "instansi": dice.choice(["Dinas PU", "Dinas Lingkungan Hidup", None]),
        "terlapor": dice.choice([None, "Kontraktor"]),
        "tautan": dice.choice([f"/aduan/{number}", f"https://aduan.contoh.go.id/aduan/{number}?a=1", ""]),
        "lampiran": [file] * dice.randrange(3),
        "kode_wilayah": dice.choice(["35.78", "35.15.07", None]),
        "rt": dice.choice([number % 20, f"{number % 20:03}", None]),
    }  # fmt: skip


def normalised(one: Manifest, compiled: mapping.Mapping, row: dict[str, Any]) -> Normalised:
    """What the hub makes of one item."""
    return normalise(
        payload=row,
        trouble=None,
        ref=f'"{row["id"]}"',
        complaint_id=str(uuid5(CONNECTOR, row["id"])),
        connector=one.name,
        received_at=NOW,
        manifest=one,
        mapping=compiled,
    )
