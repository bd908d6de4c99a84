"""Check an audit log, or a folder of proofs, offline: one file that needs only Python 3.9+ and `cryptography`."""

from __future__ import annotations

import argparse
import base64
import hashlib
import itertools
import os
import re
import sys
from collections import namedtuple
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# What can be wrong, in Indonesian / in English. Entries are counted from 0.
SENTENCES = {
    "unreadable": "{file}: bukan checkpoint atau daftar C2SP yang sah / {file}: not a valid C2SP checkpoint or list",
    "wrong key": "{file}: tidak ditandatangani dengan kunci ini / {file}: not signed with this key",
    "bad signature": "{file}: tanda tangan tidak cocok dengan isinya / {file}: the signature does not fit the text",
    "wrong origin": "{file}: milik log lain / {file}: belongs to another log",
    "missing": "{file}: tidak ada atau salah panjang, mulai entri {entry} / {file}: missing or cut, from entry {entry} on",
    "entry": "entri {entry} diubah ({file}, {more} rusak) / entry {entry} was changed ({file}, {more} are bad)",
    "no entry": "entri {entry} tidak ada atau terpotong ({file}) / entry {entry} is missing or cut off ({file})",
    "surplus": "{file}: ada isi lebih setelah entri {entry} / {file}: there is something more after entry {entry}",
    "tile": "{file}: hash diubah, mulai entri {entry} / {file}: a hash was changed, from entry {entry} on",
    "below": "{file}: diubah beserta isinya, mulai entri {entry} / {file}: changed with all below, from entry {entry} on",
    "unclear": "{file}: bukan isi maupun induknya, mulai entri {entry} / {file}: fits nothing, from entry {entry} on",
    "earlier": "{file}: sisa ukuran lama, diubah / {file}: left from an earlier size, and changed",
    "root": "entri-entri tidak menghasilkan akar yang ditandatangani / the entries do not lead to the signed root",
    "rollback": "log mundur: {file} sudah memuat {more} entri / rollback: {file} already had {more} entries",
    "fork": "{more} entri pertama bukan lagi yang di {file} / the first {more} entries are not those of {file}",
    "too little": "{file} perlu diperiksa dengan log lengkap / {file} can only be checked against the whole log",
    "proof": "{file}: entri (mulai {entry}) tidak terbukti / {file}: entries (from {entry} on) are not proved",
    "listed": "{file}: tidak sama dengan daftar bertanda tangan / {file}: not as the signed list has it",
}
Problem = namedtuple("Problem", "kind file entry indonesian english")
Report = namedtuple("Report", "origin size root entries problems ok")
# C2SP signed-note, tlog-checkpoint (no extension lines), tlog-proof; ours for many entries has all indexes, as 3-9,12.
NOTE = re.compile("\\A((?:[^\0-\x1f]+\n)+)\n((?:\u2014 [^\\s+]+ \\S+\n)+)\\Z")
EARLIER = re.compile("^tile/(entries|[0-7])/([x0-9/]*[0-9])[.]p/([1-9][0-9]{0,2})$")
HEAD = re.compile("([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
PROOF = re.compile("^(?:c2sp.org/tlog-proof@v1(?:\nextra .*)?|satupintu.tlog-proofs@v1)\nindex (.+)\n((?:.{43}=\n)*)$")


def root_of(*parts: bytes | Sequence[bytes]) -> bytes:
    """RFC 6962 root over hashes of perfect subtrees: those of one part are equally large, larger ones come first."""
    tops, fresh = list[bytes](), hashlib.sha256(b"\x01").copy
    for part in reversed(parts):
        level = [part[i : i + 32] for i in range(0, len(part), 32)] if isinstance(part, bytes) else list(part)
        while level:
            if len(level) % 2:
                tops.append(level[-1])
            pairs, level = iter(level[: len(level) & ~1]), []
            for left in pairs:
                (one := fresh()).update(left + next(pairs))  # a copy of a begun hash is quicker than a new one
                level.append(one.digest())
    while len(tops) > 1:
        tops[:2] = [hashlib.sha256(b"\x01" + tops[1] + tops[0]).digest()]
    return tops[0] if tops else hashlib.sha256().digest()


def reach(first: int, end: int, entries: Sequence[tuple[int, bytes]], proof: list[bytes]) -> bytes:
    """Root of the leaves `first` to `end` from (index, leaf hash) and a proof, whose last hash is used up first."""
    if not entries:
        return proof.pop() if proof else b""
    if end - first == 1:
        return entries[0][1] if [index for index, _ in entries] == [first] else b""
    middle = first + (1 << (end - first - 1).bit_length() - 1)
    cut = sum(index < middle for index, _ in entries)
    beside = b"" if entries[cut:] else reach(middle, end, (), proof)
    left = reach(first, middle, entries[:cut], proof)
    return hashlib.sha256(b"\x01" + left + (beside or reach(middle, end, entries[cut:], proof))).digest()


def verifier(key: str | Path) -> tuple[str, bytes, bytes]:
    """Name, key id and public key of a line `name+hash+key`, or of a file with it; ValueError says what is wrong."""
    line = str(key)
    with suppress(OSError, ValueError):
        line = Path(line).read_text(encoding="utf-8")
    form = re.fullmatch(r"\s*([^\s+]+)\+([0-9a-f]{8})\+(A[Q-Za-f][A-Za-z0-9+/]{42})\s*", line)
    data = base64.b64decode(form[3]) if form else b""
    if not form or hashlib.sha256(form[1].encode() + b"\n" + data).hexdigest()[:8] != form[2]:
        raise ValueError("kunci salah atau tidak terbaca / the key is not name+hash+key, copied whole, or its file")
    return form[1], bytes.fromhex(form[2]), data[1:]


def place(kind: int | str, index: int, width: int) -> str:
    """File of a tile (kind: its level) or bundle (kind: "entries"), as C2SP tlog-tiles names it."""
    name = f"{index % 1000:03}" + ("" if width == 256 else f".p/{width}")
    while index := index // 1000:
        name = f"x{index % 1000:03}/{name}"
    return f"tile/{kind}/{name}"


class Log:
    def __init__(self, folder: Path, key: str | Path) -> None:
        self.folder, (self.name, self.key_id, self.public) = folder, verifier(key)
        self.size = self.good = 0
        self.problems: list[Problem] = []

    def add(self, kind: str, file: str = "", entry: int | None = None, more: int = 0) -> None:
        said = SENTENCES[kind].format(file=file, entry=entry, more=more).split(" / ")
        self.problems.append(Problem(kind, file, entry, *said))

    def read(self, file: str | Path, most: int) -> bytes | None:
        with suppress(OSError), open(os.path.join(self.folder, file), "rb", 0) as stream:  # noqa: PTH118, PTH123 (quick)
            return stream.read(min(most, os.fstat(stream.fileno()).st_size) + 1)
        return None

    def signed(self, file: str, note: bytes | None) -> str:
        """The text of a signed note whose signature holds; empty, and a problem, when it does not."""
        wrong, ours, known = "missing" if note is None else "unreadable", list[bytes](), (self.name, self.key_id)
        with suppress(ValueError, InvalidSignature):
            ((text, tail),) = NOTE.findall((note or b"").decode())
            for name, data in re.findall("\u2014 (\\S+) (\\S+)\n", tail):
                raw = base64.b64decode(data, validate=True)  # two texts must not mean one signature
                ours += [raw[4:]] if (name, raw[:4], data.encode()) == (*known, base64.b64encode(raw)) else []
            wrong = "bad signature" if ours else "wrong key"
            for signature in ours or [b""]:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
            return str(text)
        self.add(wrong, file, 0)
        return ""

    def head(self, file: str, note: bytes | None) -> tuple[int, bytes] | None:
        """Size and root of a checkpoint whose signature holds; None, and a problem, when it does not."""
        text = self.signed(file, note)
        form = HEAD.fullmatch(text)
        if form and form[1] == self.name:
            return int(form[2]), base64.b64decode(form[3])
        if text:
            self.add("wrong origin" if form else "unreadable", file, 0)
        return None

    def leaves(self, index: int, width: int) -> tuple[list[bytes], str]:
        """Leaf hashes of a bundle's entries, empty where there is no entry to be read, and what is wrong with it."""
        data = self.read(place("entries", index, width), 65_537 * width)
        found, at, body, fresh = list[bytes](), 0, data or b"", hashlib.sha256(b"\x00").copy
        with suppress(IndexError):
            for _ in range(width):
                start = at + 2
                at = start + body[at] * 256 + body[at + 1]
                (one := fresh()).update(body[start:at])
                found.append(one.digest())
        found = found[:-1] if at > len(body) else found
        short = [b""] * (width - len(found))
        wrong = "missing" if data is None else "no entry" if short else "surplus" if body[at:] else ""
        return found + short, wrong

    def below(self, level: int, index: int, width: int, stored: bytes) -> bytes:
        """What a tile should be by what lies under it; holes are filled from the stored tile, if there is one."""
        tiles = [self.read(place(level - 1, index * 256 + i, 256), 8192) or b"" for i in range(width)] if level else []
        under = [root_of(one) if len(one) == 8192 else b"" for one in tiles] if level else self.leaves(index, width)[0]
        known = b"".join(one or stored[32 * i : 32 * i + 32] for i, one in enumerate(under))
        return known if len(known) == 32 * width else b""

    def check(self, level: int, index: int, width: int, want: bytes, truth: bytes = b"") -> None:
        """A tile against the hash that the tile above has for it (empty: unknown), then everything under it."""
        if len(self.problems) > 100:
            return  # It is clear by now, and a forged size must not keep us busy for ever.
        file, first = place(level, index, width), index << (8 * level + 8)
        data, (found, wrong) = self.read(file, 32 * width), ([], "") if level else self.leaves(index, width)
        if not wrong and want and b"".join(found) == data and root_of(found) == want:
            self.good += width
            return
        stored = data if data and len(data) == 32 * width else b""
        if not stored:
            self.add("missing", file, first)
        truth = truth or (stored if want in (b"", root_of(stored)) else b"")
        if stored != truth or not truth:
            known = truth or self.below(level, index, width, stored)
            truth = known if truth or (known and want in (b"", root_of(known))) else b""
            if stored or not truth:
                kind = "tile" if truth else "below" if stored == known else "unclear"
                bad = [i for i in range(width) if stored[32 * i :][:32] != known[32 * i :][:32]]
                self.add(kind, file, first + ((bad or [0])[0] << (8 * level)))
        for i in range(width if level else 0):
            self.check(level - 1, index * 256 + i, 256, truth[32 * i : 32 * i + 32])
        bad = [i for i, one in enumerate(found) if truth and one and one != truth[32 * i : 32 * i + 32]]
        self.good += len(found) - len(bad) - found.count(b"") if truth else 0
        if bad:
            self.add("entry", place("entries", index, width), index * 256 + bad[0], len(bad))
        if wrong:
            self.add(wrong, place("entries", index, width), index * 256 + min((*found, b"").index(b""), width - 1))

    def scan(self, root: bytes) -> None:
        """Every file that the size asks for, from the signed root down."""
        edges = [(i, self.size >> 8 * i + 8, width) for i in range(7, -1, -1) if (width := self.size >> 8 * i & 255)]
        stored = [self.read(place(*edge), 32 * edge[2]) or b"" for edge in edges]
        # Every partial tile is either as stored or as what is below says: what leads to the signed root is true.
        options = ((one, self.below(*edges[i], one)) for i, one in enumerate(stored))
        picks = [tuple(stored)] if root_of(*stored) == root else list(itertools.product(*options))
        led = [one for one in picks if all(one) and root_of(*one) == root]
        if not led:
            self.add("root")
        for i, edge in enumerate(edges):
            self.check(*edge, b"", led[0][i] if led else b"")
        # Partial files of earlier sizes may be gone; those that are there must be how the present ones begin.
        names = [one.relative_to(self.folder).as_posix() for one in (self.folder / "tile").rglob("*.p/*")]
        for kind, at, number in (one for name in sorted(names) for one in EARLIER.findall(name) if not self.problems):
            level, index, width = int(kind.replace("entries", "0")), int(re.sub("[x/]", "", at)), int(number)
            other, now = ([self.read(place(kind, index, width), 8192) or b""], ""), self.now(level, index)
            found, wrong = self.leaves(index, width) if kind == "entries" else other
            if 32 * width < len(now) and (wrong or b"".join(found) != now[: 32 * width]):
                self.add("earlier", place(kind, index, width), index << (8 * level + 8))

    def listed(self) -> None:
        """Every file of a folder of proofs against its signed list of SHA-256 sums."""
        text = self.signed("SHA256SUMS", self.read("SHA256SUMS", 1 << 26))
        known = {line[66:]: line[:64] for line in text.split("\n")[1:-1]}
        paths = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        for name in sorted((known.keys() | paths.keys()) - {"SHA256SUMS"}) if text else ():
            if name not in paths or hashlib.sha256(paths[name].read_bytes()).hexdigest() != known.get(name):
                self.add("listed", name, 0)

    def proved(self, path: Path) -> list[tuple[str, int, bytes]]:
        """Whether the entries beside a proof are in the log; if so its name, and size and root of its checkpoint."""
        text, _, note = (self.read(path, 1 << 30) or b"").partition(b"\n\n")
        content = self.read(path.with_suffix(".jsonl" if path.suffix[-1] == "s" else ".json"), 1 << 31) or b""
        entries = content.split(b"\n")[:-1] if path.suffix[-1] == "s" else [content]
        name, numbers = path.relative_to(self.folder).as_posix(), list[int]()
        if head := self.head(name, note):
            with suppress(ValueError, IndexError):
                ((indexes, hashes),) = PROOF.findall(text.decode() + "\n")
                for low, high in re.findall("([0-9]+)-?([0-9]*)", indexes):
                    numbers += range(int(low), min(int(high or low), int(low) + len(entries)) + 1)
                proof = [base64.b64decode(one, validate=True) for one in hashes.split()]
                leaves = [(numbers[i], hashlib.sha256(b"\x00" + one).digest()) for i, one in enumerate(entries)]
                if len(numbers) == len(entries) and reach(0, head[0], leaves, proof) == head[1] and not proof:
                    self.good += len(entries)
                    return [(name, *head)]
            self.add("proof", name, numbers[0] if numbers else 0)
        return []

    def now(self, level: int, index: int) -> bytes:
        return self.read(place(level, index, min(256, (self.size >> 8 * level) - index * 256)), 8192) or b""

    def past(self, size: int) -> bytes:
        """The root over the first `size` entries, from tiles that were found to be right."""
        tops = [self.now(level, size >> 8 * level + 8)[: 32 * (size >> 8 * level & 255)] for level in range(7, -1, -1)]
        return root_of(*tops)


def verify(folder: str | Path, key: str | Path, *since: str | Path | None) -> Report:
    """What is wrong with a folder, by key (line or file) and older checkpoints; ValueError: folder or key is unusable."""
    log = Log(Path(folder), key)
    if not log.folder.is_dir():
        raise ValueError("folder log tidak ada / there is no such folder")
    proofs = sorted(log.folder.rglob("*.tlog-proof*"))
    kept = [Path(one).absolute() for one in since if one]
    olds = [(one.name, *old) for one in kept if (old := log.head(one.name, log.read(one, 1 << 20)))]
    whole = (log.folder / "tile").is_dir() or not proofs
    if not whole:
        log.listed()
    olds += [one for path in proofs for one in log.proved(path)]
    head = log.head("checkpoint", log.read("checkpoint", 1 << 20))
    log.size, root = head or (0, b"")
    if head and whole:
        log.scan(root)
    right = not log.problems
    for file, size, kept_root in olds if head else ():
        if size > log.size:
            log.add("rollback", file, more=size)
        elif size < log.size and not whole:
            log.add("too little", file)
        elif kept_root != (root if size == log.size else log.past(size) if right else kept_root):
            log.add("fork", file, more=size)
    log.problems.sort(key=lambda found: sys.maxsize if found.entry is None else found.entry)
    return Report(log.name, log.size, root, log.good, tuple(log.problems), not log.problems)


def main(arguments: Sequence[str] | None = None) -> int:
    """0: intact. 1: tampered. 2: key or folder cannot be used."""
    parser = argparse.ArgumentParser(description="Periksa log audit tanpa jaringan / check an audit log offline")
    where = "folder log atau bukti / folder of the log or of proofs"
    parser.add_argument("folder", metavar="DIR", nargs="?", default=Path(__file__).parent, help=where)
    parser.add_argument("--key", help="baris name+hash+key atau berkasnya / the line or its file (DIR/log.vkey)")
    parser.add_argument("--since", metavar="FILE", nargs="+", default=[], help="checkpoint lama / older checkpoints")
    options = parser.parse_args(arguments)
    try:
        report = verify(options.folder, options.key or Path(options.folder, "log.vkey"), *options.since)
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    print(f"log: {report.origin}\nukuran / size: {report.size}\nakar / root: {base64.b64encode(report.root).decode()}")
    print(f"entri cocok / entries that fit: {report.entries}; kunci / key: {options.key or 'DIR (fits DIR, no more)'}")
    for one in report.problems:
        print(f"- {one.indonesian}\n  {one.english}")
    print("UTUH / INTACT" if report.ok else f"DIUBAH / TAMPERED: {len(report.problems)}")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
