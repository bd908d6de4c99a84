"""Check an exported audit log offline: one file that needs only Python 3.9+ and `cryptography`, and no code of ours."""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import json
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
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
    "below": "{file}: yang di bawahnya diubah mulai entri {entry} / {file}: changed below, from entry {entry} on",
    "unclear": "{file}: bukan isi maupun induknya, mulai entri {entry} / {file}: fits nothing, from entry {entry} on",
    "root": "entri-entri tidak menghasilkan akar yang ditandatangani / the entries do not lead to the signed root",
    "rollback": "log mundur: {file} sudah memuat {more} entri / rollback: {file} already had {more} entries",
    "fork": "{more} entri pertama bukan lagi yang di {file} / the first {more} entries are not those of {file}",
}
# Signed text (origin, size, root), an empty line, signatures: C2SP signed-note and tlog-checkpoint, no extension lines.
NOTE = re.compile("(([^\0-\x1f]+)\n(0|[1-9][0-9]{0,18})\n(\\S{44})\n)\n((?:\u2014 [^\\s+]+ \\S+\n)+)")


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
    """What was found: `entries` hash to what the tree says; the problem with the first entry is the first."""

    origin: str
    size: int
    root: bytes
    entries: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def root_of(*parts: Sequence[bytes]) -> bytes:
    """RFC 6962 root over the roots of perfect subtrees: those in one part are equally large, larger ones come first."""
    tops: list[bytes] = []
    for level in reversed(parts):
        while level:
            if len(level) % 2:
                tops.append(level[-1])
            level = [hashlib.sha256(b"\x01" + level[i - 1] + level[i]).digest() for i in range(1, len(level), 2)]
    root = tops[0] if tops else hashlib.sha256().digest()
    for left in tops[1:]:
        root = hashlib.sha256(b"\x01" + left + root).digest()
    return root


def verifier(key: str | Path) -> tuple[str, bytes, bytes]:
    """Name, key id and public key of a line `name+hash+key`, or of a file with it; ValueError says what is wrong."""
    line = str(key)
    try:
        if not re.fullmatch(r"\s*[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+\s*", line):
            line = Path(key).read_text(encoding="utf-8")
        name, known, encoded = line.strip().split("+", 2)
        data = base64.b64decode(encoded, validate=True)
    except (OSError, ValueError):
        raise ValueError("kunci tidak terbaca / the key is no line name+hash+key and no file that holds one") from None
    key_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if data[:1] != b"\x01" or len(data) != 33 or key_id.hex() != known:
        raise ValueError("kunci salah salin / the key was not copied correctly: its hash does not fit")
    return name, key_id, data[1:]


def place(kind: int | str, index: int, width: int) -> str:
    """File of a tile (kind: its level) or bundle (kind: "entries"), as C2SP tlog-tiles names it."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{kind}/" + "/".join(groups) + ("" if width == 256 else f".p/{width}")


def is_object(entry: bytes) -> bool:
    with suppress(ValueError, RecursionError):
        return isinstance(json.loads(entry.decode()), dict)
    return False


def filled(below: Sequence[bytes | None], stored: list[bytes] | None) -> list[bytes] | None:
    """The hashes from below, holes taken from the stored tile; None while a hole remains."""
    known = [one for one in (one or (stored[i] if stored else None) for i, one in enumerate(below)) if one]
    return known if len(known) == len(below) else None


class Log:
    """One exported folder under examination."""

    def __init__(self, folder: Path, key: str | Path) -> None:
        self.folder, (self.name, self.key_id, self.public) = folder, verifier(key)
        self.size = self.old = self.good = 0
        self.problems: list[Problem] = []
        self.full: list[bytes | None] = []  # roots of the full tiles of level 0
        self.part: list[bytes] = []  # leaf hashes of the tile in which the old checkpoint ends
        self.edge: dict[int, list[bytes]] = {}  # level -> the partial tile that leads to the signed root

    def add(self, kind: str, file: str = "", entry: int | None = None, more: int = 0) -> None:
        said = SENTENCES[kind].format(file=file, entry=entry, more=more).split(" / ")
        self.problems.append(Problem(kind, file, entry, said[0], said[1]))

    def read(self, file: str | Path, most: int) -> bytes | None:
        with suppress(OSError), (self.folder / file).open("rb") as stream:
            return stream.read(most + 1)
        return None

    def head(self, file: Path) -> tuple[int, bytes] | None:
        """Size and root of a checkpoint whose signature holds; None, and a problem, when it does not."""
        note = self.read(file, 1_000_000)
        wrong = "missing" if note is None else "unreadable"
        with suppress(ValueError, InvalidSignature):
            form = NOTE.fullmatch((note or b"").decode())
            text, origin, size, root, tail = form.groups() if form else ()
            signed = [(line.split(" ")[1], line.split(" ")[2]) for line in tail.split("\n")[:-1]]
            decoded = [(name, base64.b64decode(data, validate=True)) for name, data in signed]
            # Spare bits of base64 must be zero, or two texts would mean one signature.
            if [(name, base64.b64encode(data).decode()) for name, data in decoded] != signed:
                raise ValueError
            ours = [data[4:] for name, data in decoded if (name, data[:4]) == (self.name, self.key_id)]
            wrong = "bad signature" if ours else "wrong key"
            for signature in ours or [b""]:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
            wrong = "wrong origin"
            if origin == self.name:
                return int(size), base64.b64decode(root, validate=True)
        self.add(wrong, file.name, 0)
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
        return (self.read(place(level + 1, above, width), 8192) or b"")[32 * at :][:32] == root_of(hashes)

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
            self.good += sum(one == chosen[i] for i, one in enumerate(below))
            self.part = chosen if index == self.old // 256 else self.part
        self.earlier(level, index, chosen or [])
        return root_of(chosen) if chosen else None

    def blame(self, verdict: str, level: int, index: int, one: Sequence[bytes | None], two: list[bytes]) -> None:
        """Say which of a tile and what is below it was changed, if they differ, and the first entry that it touches."""
        bad = [index * 256 + i for i, this in enumerate(one) if this and this != two[i]]
        bundle = (verdict, level) == ("below", 0)
        file = place("entries" if bundle else level, index, len(one))
        if bad:
            self.add("entry" if bundle else verdict, file, bad[0] << (8 * level), len(bad))

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
                if len(self.problems) > 100:
                    return  # It is clear by now, and a forged size must not keep us busy for ever.
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
        led = [picked for picked in itertools.product(*options) if root_of(*reversed(picked)) == root]
        if led:
            self.edge = {edge[0]: led[0][i] for i, edge in enumerate(edges)}
        elif all(options):
            self.add("root")
        for edge in edges:
            self.choose(*edge)


def verify(folder: str | Path, key: str | Path, since: str | Path | None = None) -> Report:
    """
    Check the log in `folder` with a verifier key (its line, or a file that holds it) and, if given, against the file
    of an older checkpoint. Raises ValueError when folder or key cannot be used; all else is in the report.
    """
    log = Log(Path(folder), key)
    if not log.folder.is_dir():
        raise ValueError("folder log tidak ada / there is no such folder")
    old = log.head(Path(since).absolute()) if since else None
    head = log.head(Path("checkpoint"))
    log.size, root = head or (0, b"")
    log.old, old_root = old or (0, b"")
    if head:
        log.scan(root)
    parts = [one for one in log.full[: log.old // 256] if one], log.part[: log.old % 256]
    if since and old and head and log.old > log.size:
        log.add("rollback", Path(since).name, more=log.old)
    elif since and old and head and len(parts[0]) * 256 + len(parts[1]) == log.old and root_of(*parts) != old_root:
        log.add("fork", Path(since).name, more=log.old)
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
