"""A sample full of people: what is drafted of it, and what is shown of it, names none of them, whole or broken."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.store.server import Embedded
from tests.conftest import fresh_database
from tests.scenario.commands import here

PEOPLE = [
    ("Qanarya Siti Rahmalestari", "3573014101900001", "081298765431", "siti.qanar@gmail.com"),
    ("Bambang Qanaryadi", "3204115506850002", "+62 813-5555-7777", "bq_qanar@yahoo.co.id"),
    ("Dewi Qanaryani", "6472030107790003", "0857 1234 9876", "qanardewi77@outlook.com"),
]
MARKS = [part for person in PEOPLE for part in person]
STATUSES, CATEGORIES = ("baru", "proses", "selesai"), ("Jalan", "Sampah", "Air bersih")


def flat(number: int) -> dict[str, Any]:
    """One row; few people write many of them, as a list of officers has it."""
    name, nik, phone, mail = PEOPLE[number % 3]
    return {
        "id": 1000 + number,
        "tgl": f"2026-11-{number % 27 + 1:02} 08:{number % 60:02}:00",
        "isi": f"Saya {name}, NIK {nik}, hp {phone}, surel {mail}: lampu jalan mati",
        "nama": name,
        "nik": nik,
        "telp": phone,
        "email": mail,
        "petugas": name,
        "x1": name,
        "x2": mail,
        "x3": nik,
        "x4": phone,
        "status": STATUSES[number % 3],
        "kategori": CATEGORIES[number % 3],
    }


def samples() -> dict[str, tuple[str, bytes]]:
    """Kind and content, by name of file."""
    rows = [flat(number) for number in range(12)]
    nested = [
        {"id": row["id"], "tgl": row["tgl"], "isi": row["isi"], "pelapor": row, "kontak": {row["telp"]: row["nama"]}}
        for row in rows
    ]
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0])
    table.writeheader()
    table.writerows(rows)
    columns = ", ".join(f"{name} varchar(200)" for name in rows[0])
    values = ",\n".join("(" + ", ".join(f"'{value}'" for value in row.values()) + ")" for row in rows)
    sql = f"CREATE TABLE aduan ({columns}) COMMENT='hubungi {PEOPLE[0][0]} {PEOPLE[0][2]}';\nINSERT INTO aduan VALUES {values};"
    push = {"sender": PEOPLE[1][2], "name": PEOPLE[1][0], "message": rows[1]["isi"], "device": PEOPLE[0][2]}
    whole = {
        "daftar.json": ("rest", json.dumps({"data": rows, "total": 12}).encode()),
        "dalam.json": ("rest", json.dumps({"data": nested}).encode()),
        "aduan.csv": ("files", text.getvalue().encode()),
        "lembar.csv": ("sheet", text.getvalue().encode()),
        "tabel.sql": ("sql", sql.encode()),
        "kiriman.json": ("webhook", json.dumps(push).encode()),
    }
    cut = {f"potong-{name}": (kind, body[: len(body) * 2 // 3]) for name, (kind, body) in whole.items()}
    doubled = (
        "rest",
        json.dumps({"data": rows[:1]}).replace('"x1":', f'"{PEOPLE[0][2]}": 1, "{PEOPLE[0][2]}":').encode(),
    )
    return whole | cut | {"ganda.json": doubled, "salah.json": ("rest", text.getvalue().encode())}


@pytest.fixture(scope="module")
def env(cluster: Embedded, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The settings of a hub."""
    home = tmp_path_factory.mktemp("home")
    (home / "manifests").mkdir()
    with fresh_database(cluster, template) as made:
        yield {
            "SATUPINTU_HOME": str(home),
            "SATUPINTU_MANIFESTS": str(home / "manifests"),
            "SATUPINTU_DATABASE_URL": made.hub_url,
            "SATUPINTU_MIGRATION_URL": made.superuser_url,
        }


@pytest.mark.parametrize("name", samples())
def test_drafts_and_previews_name_nobody(env: dict[str, str], tmp_path: Path, name: str) -> None:
    """`new` and `preview` over it, also where it is cut, doubled or of another form: no name, number or address."""
    kind, body = samples()[name]
    sample, draft = tmp_path / name, tmp_path / "kanal.yaml"
    sample.write_bytes(body)
    known = [
        "--owner",
        "Dinas",
        "--region",
        "35.10",
        "--contact",
        "kanal@contoh.go.id",
        "--url",
        "https://portal.contoh.go.id/api",
    ]
    said = [here(env, "new", kind, "--from", str(sample), "--name", "kanal", *known, "--out", str(draft))]
    if draft.exists():
        said += [here(env, "preview", str(draft), "--sample", str(sample))]
    told = "".join(one.out + one.err for one in said) + (draft.read_text() if draft.exists() else "")
    assert [mark for mark in MARKS if mark in told] == []
    if not name.startswith(("potong-", "ganda", "salah")):
        assert "isi" in told or "message" in told, "something was drafted at all"
