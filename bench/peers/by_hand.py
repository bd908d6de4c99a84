"""What all peers share: one mapping written by hand, one validator made once, and how a program is told its task.

In the peers' favour: no path is looked up in a manifest, no phone asks a library, fields that the hub makes are constants,
and the canonical document is stored as the text that was hashed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

COLUMNS = ("ref", "content_hash", "title", "status", "category_code", "region_code", "submitted_at", "document")
HUB_MADE = ("id", "connector", "channel", "received_at")
_MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
MONTHS = {name: f"{number:02d}" for number, name in enumerate(_MONTHS.split(), start=1)}
CATEGORIES = {
    "JALAN": "roads", "BANJIR": "drainage_flood", "PJU": "street_lighting", "SAMPAH": "waste", "AIR": "water",
    "PARKIR": "transport_parking", "KTP": "civil_registration", "BANSOS": "social_aid", "PUNGLI": "public_service_conduct",
}  # fmt: skip
KINDS = {"PENGADUAN": "complaint", "ASPIRASI": "aspiration", "INFORMASI": "information_request"}
FLAGS = {"ya": True, "tidak": False}
CONSTANT = {
    "id": "00000000-0000-5000-8000-000000000000",
    "connector": "peer",
    "channel": "portal",
    "received_at": "2026-12-01T00:00:00+00:00",
    "code_system": "kemendagri",
}


def document(raw: dict[str, Any]) -> dict[str, Any]:
    """One raw record as a canonical complaint, not yet validated."""
    place, person = raw["lokasi"], raw["pelapor"]
    made = {
        **CONSTANT,
        "ref": f'"{raw["id"]}"',
        "kind": KINDS.get(raw["jenis"], "complaint"),
        "title": raw["judul"],
        "submitted_at": raw["dibuat_pada"],
        "submitted_precision": "second",
        "incident_date": _day(raw["tanggal_kejadian"]),
        "category_code": CATEGORIES.get(raw["kategori"]),
        "region_code": place["kode_wilayah"],
        "location_text": place["alamat"],
        "latitude": place["lintang"],
        "longitude": place["bujur"],
        "target_institution": raw["instansi"],
        "reported_party": raw["terlapor"],
        "reporter": {
            "name": person["nama"],
            "phone_e164": _phone(person["hp"]),
            "email": person["email"].strip().lower(),
            "national_id": person["nik"],
        },
        "is_anonymous": FLAGS.get(raw["anonim"], raw["anonim"]),
        "is_confidential": _confidential(raw),
        "source_status": raw["status"],
        "extra": {"sumber": raw["sumber"]},
    }
    if raw["isi"].strip():
        made["body"] = raw["isi"]
    if raw["lampiran"]:
        made["attachments"] = [_file(url) for url in raw["lampiran"]]
    return made


def _confidential(raw: dict[str, Any]) -> Any:
    """Whatever accuses somebody is confidential; what is no known word stays, and is refused."""
    said = FLAGS.get(raw["rahasia"], raw["rahasia"])
    return True if said is False and raw["terlapor"] else said


def _day(text: str) -> str:
    day, month, year = text.split()
    return f"{year}-{MONTHS[month]}-{day:0>2}"


def _phone(text: str) -> str:
    digits = text.replace("-", "").replace(" ", "").lstrip("+")
    return f"+62{digits[1:]}" if digits[0] == "0" else f"+{digits}"


def _file(url: str) -> dict[str, str]:
    return {"name": url.rpartition("/")[2], "media_type": "image/jpeg", "url": url}


def content(made: dict[str, Any]) -> str:
    """The document without what the hub makes, as the text that is hashed and stored."""
    return json.dumps({name: value for name, value in made.items() if name not in HUB_MADE}, sort_keys=True)


def row(raw: dict[str, Any], valid: Callable[[Any], bool]) -> dict[str, Any] | None:
    """The row of one raw record, or None where it is no valid complaint."""
    made = document(raw)
    if not valid(made):
        return None
    text = content(made)
    return {
        "ref": made["ref"],
        "content_hash": hashlib.sha256(text.encode()).hexdigest(),
        "title": made["title"],
        "status": made["source_status"],
        "category_code": made["category_code"],
        "region_code": made["region_code"],
        "submitted_at": made["submitted_at"],
        "document": text,
    }


def validator() -> Callable[[Any], bool]:
    """Whether a document keeps the complaint schema: jsonschema as it comes, or jsonschema-rs where BENCH_RS is 1."""
    schema = json.loads(Path(os.environ["BENCH_SCHEMA"]).read_text(encoding="utf-8"))
    if rs():
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
    import jsonschema

    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checker).is_valid


def rs() -> bool:
    """True where the peer is given our validator and its own cheaper settings; False: as it comes."""
    return os.environ.get("BENCH_RS") == "1"


class Rows:
    """The mapping as every peer uses it, which remembers what it refused."""

    def __init__(self) -> None:
        self.valid = validator()
        self.read = 0
        self.rejected: list[str] = []

    def of(self, raws: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows of these raw records, without those that are refused."""
        for raw in raws:
            self.read += 1
            made = row(raw, self.valid)
            if made is None:
                self.rejected.append(f'"{raw["id"]}"')
            else:
                yield made

    def tell(self) -> None:
        """Leave the counts and the refused refs where the driver looks."""
        told = {"read": self.read, "rejected": self.rejected}
        Path(os.environ["BENCH_RESULT"]).write_text(json.dumps(told), encoding="utf-8")


def url() -> str:
    """Where the portal lists."""
    return os.environ["BENCH_URL"]


def page() -> int:
    """Records a page."""
    return int(os.environ["BENCH_PAGE"])


def socket_folder() -> str:
    """Where PostgreSQL listens."""
    return os.environ["BENCH_SOCKET"]


def database() -> str:
    """The database that is the program's own."""
    return os.environ["BENCH_DATABASE"]
