"""Looks for what a person is known by in every form in which bytes may hold it, and opens what the hub's keys still open."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import quopri
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import UUID

import psycopg

from hub.privacy import Damaged, Vault
from hub.store.migrate import libpq
from tests.conftest import Database

PLACES = ("ref", "raw", "payload", "canonical", "features", "file name", "file url", "file", "completion")
"""What contents are sealed for, besides those that are named by their own row."""


def forms(canary: str) -> set[bytes]:
    """A text as UTF-8, UTF-16, JSON, URL, HTML, quoted-printable, hexadecimal and base64 at any place write it."""
    plain = canary.encode()
    made = {plain, canary.upper().encode(), canary.lower().encode(), plain.hex().encode(), plain.hex().upper().encode()}
    made |= {canary.encode("utf-16-le"), canary.encode("utf-16-be"), json.dumps(canary)[1:-1].encode()}
    made |= {quote(canary).encode(), quote(canary, safe="").encode(), quote_plus(canary).encode()}
    made |= {html.escape(canary).encode(), quopri.encodestring(plain).replace(b"=\n", b"")}
    return made | {form for text in (plain, canary.encode("utf-16-le")) for form in _base64(text)}


def _base64(plain: bytes) -> Iterator[bytes]:
    """The letters that stand for it wherever it begins, without those at both ends that hold bits of its neighbours."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain)
        begin, end = (0, 2, 3)[before], len(whole) - (4 if (before + len(plain)) % 3 else 0)
        yield whole[begin:end]


def spellings(phone: str) -> set[str]:
    """A mobile number (+628…) as people and machines write it."""
    digits = phone.removeprefix("+62")
    parts = re.findall("...|.+", digits)
    written = {digits, f"0{digits}", f"62{digits}", phone}
    return written | {f"{start}{sign.join(parts)}" for start in ("0", "+62 ", "62-") for sign in (" ", "-", ".")}


class Scanner:
    """Counts, by place, where canaries were found."""

    def __init__(self, canaries: Iterable[str]) -> None:
        self.wanted = {canary: forms(canary) for canary in canaries}
        self.found: Counter[tuple[str, str]] = Counter()

    def look(self, place: str, content: bytes) -> None:
        """Look at bytes, and into them where they are an archive."""
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    self.look(f"{place}/{name}", archive.read(name))
        elif content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        for canary, spelt in self.wanted.items():
            self.found[place, canary] += any(form in content for form in spelt)

    def look_into(self, folder: Path) -> int:
        """Look at every file below a folder, and at its name; returns how many there were."""
        files = [path for path in folder.rglob("*") if path.is_file()]
        for path in files:
            self.look("name of a file", str(path.relative_to(folder)).encode())
            self.look(f"file {path.relative_to(folder)}", path.read_bytes())
        return len(files)

    @property
    def hits(self) -> dict[tuple[str, str], int]:
        """(place, canary) -> how often."""
        return {key: count for key, count in self.found.items() if count}

    def places(self) -> set[str]:
        """Where anything was found."""
        return {place for place, _ in self.hits}


def scan_database(database: Database, vault: Vault, scanner: Scanner) -> Counter[str]:
    """
    Every column of every table as its bytes are, and as the data keys that are there open it.

    Returns how many ciphertexts were opened and how many nobody can open any more, by table.column.
    """
    opened: Counter[str] = Counter()
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        keys = {
            row[0]: row[1] for row in connection.execute("SELECT id, wrapped FROM data_keys", binary=True).fetchall()
        }
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"'.encode(), binary=True)
            names = [column.name for column in cursor.description or ()]
            for values in cursor:
                row = dict(zip(names, values, strict=True))
                scanner.look(f"plain {table}", b"\n".join(map(_bytes, row.values())))
                for column in (name for name in names if name.endswith("_enc") and row[name] is not None):
                    _open(vault, keys, table, column, row, scanner, opened)
    return opened


def _bytes(value: Any) -> bytes:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str).encode()
    return value if isinstance(value, bytes) else str(value).encode()


def _open(
    vault: Vault,
    keys: Mapping[UUID, bytes],
    table: str,
    column: str,
    row: Mapping[str, Any],
    scanner: Scanner,
    opened: Counter[str],
) -> None:
    number = row.get("key_id")
    if number not in keys:
        opened[f"gone {table}.{column}"] += 1
        return
    key = vault.unwrap(number, keys[number])
    for place in _places(row):
        try:
            content = vault.open(key, place, row[column])
        except Damaged:
            continue
        opened[f"open {table}.{column}"] += 1
        scanner.look(f"sealed {table}.{column}", content)
        return
    raise AssertionError(f"{table}.{column} is sealed for something that the scanner does not know")


def _places(row: Mapping[str, Any]) -> Iterator[str]:
    yield from PLACES
    if digest := row.get("digest"):
        yield f"event:{digest.hex()}"
        yield from (f"{what}:{digest.hex()}" for what in ("follow_up", "follow_up sent"))
    if row.get("message"):
        yield f"reply:{row['message']}"
