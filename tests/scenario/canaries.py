"""Invented persons and secrets that must be read nowhere, and a quick look for all of them at once."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.scenario.scanning import forms, spellings

MARK = "Qzvkwxjh"
"""Stands in name, e-mail address, handle, street and words of every person, and nowhere else in the world."""
SECRET = "Xjwqkvzt"
"""Stands in every secret."""
NIK, PHONE = "351501410790", "+6281377915"
"""How every NIK and every telephone begins; four digits more are the person's own."""


@dataclass(frozen=True, slots=True)
class Person:
    """Number 0 to 9,999."""

    number: int

    @property
    def letters(self) -> str:
        """The number as letters."""
        return "".join("abcdefghij"[int(digit)] for digit in f"{self.number:04}")

    @property
    def name(self) -> str:
        """First and last name."""
        return f"Wira{self.letters} {MARK}{self.letters}"

    @property
    def phone(self) -> str:
        """E.164."""
        return f"{PHONE}{self.number:04}"

    @property
    def nik(self) -> str:
        """16 digits."""
        return f"{NIK}{self.number:04}"

    @property
    def email(self) -> str:
        """The address that he writes from."""
        return f"{MARK.lower()}.{self.number}@surat.example"

    @property
    def handle(self) -> str:
        """His account."""
        return f"{MARK.lower()}_{self.letters}"

    @property
    def street(self) -> str:
        """Where it happened."""
        return f"Gang {MARK} {self.letters} No. {self.number}"

    @property
    def words(self) -> str:
        """What he complains of, with all that he is known by."""
        return (
            f'Di {self.street} ada lubang "{MARK.lower()} {self.letters}" & genangan <sejak> Jumat. Saya {self.name}, '
            f"NIK {self.nik}, HP 0{self.phone[3:6]}-{self.phone[6:10]}-{self.phone[10:]}, surel {self.email}."
        )

    def row(self) -> dict[str, Any]:
        """The person's complaint at a portal; every seventh cannot be read, every eighth lacks what it must have."""
        number = self.number
        bad = number % 7 == 6
        return {
            "id": f"K-{number}",
            "judul": f"Lubang di {self.street}" if number % 8 != 7 else "",
            "isi": self.words if number % 8 != 7 else "",
            "jenis": "PENGADUAN" if number % 5 else f"dari {self.name}",
            "kategori": "JALAN" if number % 3 else f"{self.street}",
            "alamat": self.street,
            "anonim": "tidak",
            "rahasia": "tidak" if number % 4 else f"tanya {self.email}",
            "status": "diterima" if number % 6 else f"di {self.handle}",
            "dibuat_pada": f"kemarin, {self.name} {self.nik}" if bad else f"{number % 20 + 1:02}-11-2026 10:00",
            "updated_at": f"2026-11-{number % 20 + 1:02}T10:00:00",
            "pelapor": {"nama": self.name, "hp": self.phone, "email": self.email, "nik": self.nik},
        }


def secret(number: int) -> str:
    """A secret with every sign that encodings write otherwise."""
    return f"k{SECRET}{number:04}/+%=&<>'\"~"


class Look:
    """Looks for anything of any person or secret, in every form that `scanning.forms` knows, by what they share."""

    def __init__(self) -> None:
        heads = {form(mark) for mark in (MARK, SECRET) for form in (str, str.lower, str.upper)} | {NIK, PHONE[3:]}
        heads |= {re.sub(r"(\W?\d){4}$", "", one) for one in spellings(f"{PHONE}0000")}
        self.wanted = sorted({form for head in heads for form in forms(head) if len(form) >= 8})
        self.found: Counter[str] = Counter()

    def look(self, place: str, content: bytes) -> None:
        """Look at bytes, into an archive, and across the ends of lines."""
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    self.look(f"{place}/{name}", archive.read(name))
        elif content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        unfolded = content.replace(b"=\n", b"").replace(b"\r", b"").replace(b"\n", b"")
        if hits := [form for form in self.wanted if form in content or form in unfolded]:
            self.found[f"{place}: {hits[0]!r}"] += 1

    def look_into(self, folder: Path, *, but: Path | None = None) -> int:
        """Look at every file below a folder and at its name; returns how many there were."""
        files = [one for one in sorted(folder.rglob("*")) if one.is_file() and not (but and one.is_relative_to(but))]
        for path in files:
            self.look("the name of a file", str(path.relative_to(folder)).encode())
            self.look(f"file {path.relative_to(folder)}", path.read_bytes())
        return len(files)
