"""Check an exported audit log offline: one file that needs only Python 3.9+ and `cryptography`, and no code of ours."""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import operator
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# What can be wrong, in Indonesian / in English. Entries are counted from 0.
SENTENCES = {
    "unreadable": "{file}: bukan checkpoint C2SP yang sah / {file}: not a valid C2SP checkpoint",
    "wrong key": "{file}: tidak ditandatangani dengan kunci ini / {file}: not signed with this key",
    "bad signature": "{file}: tanda tangan tidak cocok dengan isinya / {file}: the signature does not fit the text",
    "wrong origin": "{file}: milik log lain / {file}: belongs to another log",
    "missing": "{file}: berkas tidak ada (mulai entri {entry}) / {file}: the file is missing (from entry {entry} on)",
    "length": "{file}: panjang berkas salah (mulai entri {entry}) / {file}: wrong length (from entry {entry} on)",
    "entry": "entri {entry} diubah ({file}, {more} rusak) / entry {entry} was changed ({file}, {more} are bad)",
    "no entry": "entri {entry} tidak ada atau terpotong ({file}) / entry {entry} is missing or cut off ({file})",
    "surplus": "{file}: ada isi lebih setelah entri {entry} / {file}: there is something more after entry {entry}",
    "not json": "entri {entry} bukan objek JSON ({file}) / entry {entry} is not a JSON object ({file})",
    "tile": "{file}: hash diubah, mulai entri {entry} / {file}: a hash was changed, from entry {entry} on",
    "below": "{file}: tidak cocok dengan induknya mulai entri {entry} / {file}: unlike its parent from entry {entry} on",
    "unclear": "{file}: mulai entri {entry} berbeda dari isinya, dan keduanya tidak cocok dengan induknya"
    " / {file}: from entry {entry} on unlike what is below, and neither fits the parent",
    "root": "entri-entri tidak menghasilkan akar yang ditandatangani / the entries do not lead to the signed root",
    "rollback": "log mundur: {file} sudah memuat {more} entri / rollback: {file} already had {more} entries",
    "fork": "{more} entri pertama bukan lagi yang di {file} / the first {more} entries are not those of {file}",
}
ENOUGH = 100  # problems; then it is clear, and a forged size cannot keep us busy for ever


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a key of SENTENCES, the file, the first entry concerned (from 0), and it said twice."""

    kind: str
    file: str
    entry: int | None
    indonesian: str
    english: str


@dataclass(frozen=True)
class Report:
    """What was found: `entries` are there and hash to what the tree says; of the problems the first entry's is first."""

    origin: str
    size: int
    root: bytes
    entries: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """Roots of the perfect subtrees over equal subtrees, largest first (RFC 6962 section 2.1)."""
    level, found = list(hashes), []
    while level:
        if len(level) % 2:
            found.append(level.pop())
        level = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]
    return found[::-1]


def folded(tops: Sequence[bytes]) -> bytes:
    """The root over a tree's peaks."""
    root = tops[-1] if tops else hashlib.sha256().digest()
    for left in reversed(tops[:-1]):
        root = hashlib.sha256(b"\x01" + left + root).digest()
    return root


def unbase64(text: str) -> bytes:
    """Strict: spare bits must be zero, or two texts would mean the same signature."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64")
    return data


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def verifier(key: str | os.PathLike[str]) -> tuple[str, bytes]:
    """Name and public key of a line `name+hash+key`, or of a file that holds it; ValueError says what is wrong."""
    line = str(key).strip()
    try:
        if not re.fullmatch(r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+", line):
            line = Path(key).read_text(encoding="utf-8").strip()
        name, known, encoded = line.split("+", 2)
        data = unbase64(encoded)
    except (OSError, ValueError):
        raise ValueError("kunci tidak terbaca / the key is no line name+hash+key and no file that holds one") from None
    if data[:1] != b"\x01" or len(data) != 33 or key_id(name, data[1:]).hex() != known:
        raise ValueError("kunci salah salin / the key was not copied correctly: its hash does not fit")
    return name, data[1:]


def place(kind: int | str, index: int, width: int) -> str:
    """File of a tile (kind: its level) or bundle (kind: "entries"), as C2SP tlog-tiles names it."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{kind}/" + "/".join(groups) + ("" if width == 256 else f".p/{width}")


def is_object(entry: bytes) -> bool:
    try:
        return isinstance(json.loads(entry.decode()), dict)
    except (ValueError, RecursionError):
        return False


def filled(below: Sequence[bytes | None], stored: list[bytes] | None) -> list[bytes] | None:
    """The hashes from below, holes taken from the stored tile; None while a hole remains."""
    known = [one for one in (one or (stored[i] if stored else None) for i, one in enumerate(below)) if one]
    return known if len(known) == len(below) else None


class Log:
    """One exported folder under examination."""

    def __init__(self, folder: Path, name: str, public: bytes) -> None:
        self.folder, self.name, self.public = folder, name, public
        self.size = self.old = self.good = 0
        self.problems: list[Problem] = []
        self.full: list[bytes | None] = []  # roots of the full tiles of level 0
        self.part: list[bytes] = []  # leaf hashes of the tile in which the old checkpoint ends
        self.edge: dict[int, list[bytes]] = {}  # level -> the partial tile that leads to the signed root

    def add(self, kind: str, file: str = "", entry: int | None = None, more: int = 0) -> None:
        said = SENTENCES[kind].format(file=file, entry=entry, more=more).split(" / ")
        self.problems.append(Problem(kind, file, entry, said[0], said[1]))

    def read(self, file: str, most: int) -> bytes | None:
        try:
            with (self.folder / file).open("rb") as stream:
                return stream.read(most + 1)
        except OSError:
            return None

    def head(self, file: str) -> tuple[int, bytes] | None:
        """Size and root of a checkpoint whose signature holds; None, and a problem, when it does not."""
        note = self.read(file, 1_000_000)
        wrong = "missing" if note is None else "unreadable"
        try:
            text, _, tail = (note or b"").decode().rpartition("\n\n")
            origin, size, encoded = f"{text}\n".split("\n")[:3]
            root, lines = unbase64(encoded), tail.split("\n")
            form = re.fullmatch(r"0|[1-9][0-9]{0,18}", size) and not re.search(r"[\x00-\x09\x0b-\x1f]", text + tail)
            if not form or len(root) != 32 or lines.pop() or not all(one.startswith("\u2014 ") for one in lines):
                raise ValueError
            signed = [(one.split(" ")[1], unbase64(one.split(" ", 2)[2])) for one in lines]
            ours = [data[4:] for one, data in signed if (one, data[:4]) == (self.name, key_id(self.name, self.public))]
            wrong = "bad signature" if ours else "wrong key"
            for signature in ours or [b""]:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, f"{text}\n".encode())
            wrong = "wrong origin"
            if origin == self.name:
                return int(size), root
        except (ValueError, IndexError, InvalidSignature):
            pass
        self.add(wrong, os.path.basename(file), 0)
        return None

    def tile(self, level: int, index: int, width: int) -> list[bytes] | None:
        data = self.read(place(level, index, width), 32 * width)
        if data is not None and len(data) == 32 * width:
            return [data[i : i + 32] for i in range(0, len(data), 32)]
        self.add("missing" if data is None else "length", place(level, index, width), index << (8 * level + 8))
        return None

    def leaves(self, index: int, width: int, stored: list[bytes] | None) -> list[bytes | None]:
        """Leaf hashes of a bundle's entries; None where there is no entry to be read, which is then a problem."""
        file, at, found = place("entries", index, width), 0, list["bytes | None"]()
        data = self.read(file, 65_537 * width)
        while data and len(found) < width and at + 2 <= len(data):
            start, end = at + 2, at + 2 + int.from_bytes(data[at : at + 2], "big")
            if end > len(data):
                break
            at, number = end, len(found)
            found.append(hashlib.sha256(b"\x00" + data[start:end]).digest())
            if (stored is None or stored[number] == found[number]) and not is_object(data[start:end]):
                self.add("not json", file, index * 256 + number)
        if len(found) < width:
            self.add("missing" if data is None else "no entry", file, index * 256 + len(found))
        elif data and at < len(data):
            self.add("surplus", file, index * 256 + width - 1)
        return found + [None] * (width - len(found))

    def fits(self, level: int, index: int, hashes: list[bytes]) -> bool:
        """Whether a tile leads to what the tile above it says; a partial one: to the signed root."""
        if len(hashes) < 256:
            return hashes == self.edge.get(level)
        above, at = divmod(index, 256)
        width = min(256, (self.size >> (8 * level + 8)) - above * 256)
        return (self.read(place(level + 1, above, width), 8192) or b"")[32 * at :][:32] == folded(peaks(hashes))

    def choose(self, level: int, index: int, stored: list[bytes] | None, below: list[bytes | None]) -> bytes | None:
        """The root to go on with; where a tile and what is below it differ, what is above decides which was changed."""
        known = filled(below, stored)
        chosen = stored or known
        if stored and known and stored != known:
            verdict = "below" if self.fits(level, index, stored) else "unclear"
            if verdict == "unclear" and self.fits(level, index, known):
                verdict, chosen = "tile", known
            self.blame(verdict, level, index, known, stored)
        if chosen and level == 0:
            self.good += sum(map(operator.eq, below, chosen))
            self.part = chosen if index == self.old // 256 else self.part
        self.earlier(level, index, chosen or [])
        return folded(peaks(chosen)) if chosen else None

    def blame(self, verdict: str, level: int, index: int, one: Sequence[bytes | None], two: list[bytes]) -> None:
        """Say which of a tile and what is below it was changed, if they differ, and the first entry that it touches."""
        bad = [index * 256 + i for i, this in enumerate(one) if this and this != two[i]]
        if not bad:
            return
        file = place(level, index, len(one))
        if verdict == "below":
            file = place(level - 1, bad[0], 256) if level else place("entries", index, len(one))
        self.add("entry" if (verdict, level) == ("below", 0) else verdict, file, bad[0] << (8 * level), len(bad))

    def earlier(self, level: int, index: int, chosen: list[bytes]) -> None:
        """Partial files of earlier sizes may be gone; those that are there must be how this tile begins."""
        for kind in (level, "entries") if level == 0 else (level,):
            for path in (self.folder / place(kind, index, 1)).parent.glob("[1-9]*"):
                width = int(path.name) if re.fullmatch("[0-9]{1,3}", path.name) else 256
                if width < len(chosen) and kind == "entries":
                    self.blame("below", level, index, self.leaves(index, width, chosen), chosen)
                elif width < len(chosen):
                    self.blame("tile", level, index, self.tile(level, index, width) or [], chosen)

    def scan(self, root: bytes) -> None:
        """Read every file that the size asks for, from the entries upwards."""
        level, roots = 0, list["bytes | None"]()
        edges: list[tuple[int, int, list[bytes] | None, list[bytes | None]]] = []
        while count := self.size >> (8 * level):
            beneath, roots = roots, []
            for index in range(-(-count // 256)):
                if len(self.problems) > ENOUGH:
                    return
                width = min(256, count - index * 256)
                stored = self.tile(level, index, width)
                below = beneath[index * 256 :][:width] if level else self.leaves(index, width, stored)
                if width == 256:
                    roots.append(self.choose(level, index, stored, below))
                else:
                    edges.append((level, index, stored, below))
            self.full = self.full if level else roots
            level += 1
        # Every partial tile is either as stored or as what is below says: what leads to the signed root is true.
        options = [[one for one in (stored, filled(below, stored)) if one] for _, _, stored, below in edges]
        for picked in itertools.product(*options):
            if folded([one for hashes in reversed(picked) for one in peaks(hashes)]) == root:
                self.edge = {edge[0]: picked[i] for i, edge in enumerate(edges)}
        if not self.edge and all(options) and (self.size or root != folded([])):
            self.add("root")
        for edge in edges:
            self.choose(*edge)

    def compare(self, file: str, size: int, root: bytes, now: bytes) -> None:
        """Whether the log still begins with the entries of an older checkpoint."""
        whole = [one for one in self.full[: size // 256] if one]
        part = self.part[: size % 256]
        if size > self.size:
            self.add("rollback", file, more=size)
        elif size < self.size and len(whole) * 256 + len(part) == size:
            now = folded(peaks(whole) + peaks(part))
        elif size < self.size:
            return  # something is missing, and was said to be
        if size <= self.size and now != root:
            self.add("fork", file, more=size)


def verify(
    folder: str | os.PathLike[str], key: str | os.PathLike[str], since: str | os.PathLike[str] | None = None
) -> Report:
    """
    Check the log in `folder` with a verifier key (its line, or a file that holds it) and, if given, against the file
    of an older checkpoint. Raises ValueError when folder or key cannot be used; all else is in the report.
    """
    log = Log(Path(folder), *verifier(key))
    if not log.folder.is_dir():
        raise ValueError("folder log tidak ada / there is no such folder")
    old = log.head(os.path.abspath(since)) if since else None
    head = log.head("checkpoint")
    log.size, root = head or (0, b"")
    log.old = old[0] if old else 0
    if head:
        log.scan(root)
    if head and old:
        log.compare(os.path.basename(since or ""), *old, root)
    log.problems.sort(key=lambda one: sys.maxsize if one.entry is None else one.entry)
    return Report(log.name, log.size, root, log.good, tuple(log.problems))


def main(arguments: Sequence[str] | None = None) -> int:
    """0: intact. 1: tampered. 2: key or folder cannot be used."""
    parser = argparse.ArgumentParser(description="Periksa log audit tanpa jaringan / check an audit log offline")
    parser.add_argument("folder", metavar="DIR", help="folder berisi checkpoint dan tile / with checkpoint and tile")
    parser.add_argument("--key", required=True, help="baris name+hash+key atau berkasnya / the line or its file")
    parser.add_argument("--since", metavar="FILE", help="checkpoint lama / an older checkpoint")
    options = parser.parse_args(arguments)
    try:
        report = verify(options.folder, options.key, options.since)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    print(f"log: {report.origin}\nukuran / size: {report.size}\nakar / root: {base64.b64encode(report.root).decode()}")
    print(f"entri cocok / entries that fit: {report.entries}")
    for one in report.problems:
        print(f"- {one.indonesian}\n  {one.english}")
    print("UTUH / INTACT" if report.ok else f"DIUBAH / TAMPERED: {len(report.problems)}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
