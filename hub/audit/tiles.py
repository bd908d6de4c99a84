"""The log as plain files (C2SP tlog-tiles): what an auditor copies, and what outlives this software."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from hub.audit import checkpoint, merkle

WIDTH: Final = 256
"""Hashes in a full tile, entries in a full bundle."""

CHECKPOINT: Final = "checkpoint"

Rows = Callable[[int, int], Sequence[bytes]]
"""Gives the rows from the first index up to, but without, the second, in order."""


class Conflict(ValueError):
    """The folder already tells of another or a longer log: publishing would be a rollback."""


class Disagreement(ValueError):
    """The rows do not lead to the signed root."""


class _Missing(Exception):
    """A tile that an earlier publication should have left is not there."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`: index 1234067 is `x001/x234/067`; a width below 256 is a partial tile."""
    return f"tile/{level}/{_place(index, width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`, the bundle whose entries hash to tile (0, N)."""
    return f"tile/entries/{_place(index, width)}"


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries, each after its length as a big-endian uint16."""
    return b"".join(len(one).to_bytes(2, "big") + one for one in entries)


def publish(folder: Path, *, before: int, size: int, entries: Rows, leaf_hashes: Rows, note: str) -> int:
    """
    Write every file that changed between tree size `before` and `size`, the checkpoint last; returns how many.

    `note` is the signed checkpoint over `size`. The bytes are a function of the rows alone, so it may be called again,
    or with before=0 into an empty folder. `before` is trusted only as far as the folder's own checkpoint goes: what a
    crash kept from being written is written now. Nothing is removed; partial tiles of earlier sizes stay.
    Each file is written beside its place, synced and renamed: a reader sees the old or the new one, never half.

    Raises Conflict when the folder's checkpoint is larger or of the same size with another root, Disagreement when the
    rows do not give the note's root (the old checkpoint then stays), ValueError when the note is not over `size`.
    """
    head = checkpoint.parsed(note)
    if head.size != size or not 0 <= before <= size:
        raise ValueError(f"asked to publish from size {before} to {size}, but the checkpoint is over {head.size}")
    disk = _Folder(folder)
    start = _start(disk, min(before, _published(disk, head)), head, leaf_hashes)
    for index, first, last in _spans(start, size):
        disk.write(entries_path(index, last - first), bundle(_exactly(entries, first, last)))
    _tiles(disk, start, size, leaf_hashes, disk.write)
    disk.settle()
    disk.write(CHECKPOINT, note.encode())
    disk.settle()
    return disk.written


class _Folder:
    """The one place that touches files; it counts them and remembers which directories must be synced."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.written = 0
        self._touched: set[Path] = set()

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        self._make(path.parent)
        beside = path.with_name(f".{path.name}.tmp")
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        except OSError:
            with suppress(OSError):  # a full disk gets its room back
                beside.unlink()
            raise
        self._touched.add(path.parent)
        self.written += 1

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def settle(self) -> None:
        """Sync the directories, so that no checkpoint survives a power cut that its tiles do not."""
        for directory in self._touched:
            handle = os.open(directory, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        self._touched.clear()

    def _make(self, directory: Path) -> None:
        if not directory.is_dir():
            self._make(directory.parent)
            directory.mkdir(exist_ok=True)
            self._touched.add(directory.parent)


def _published(disk: _Folder, head: checkpoint.Checkpoint) -> int:
    """The size that the folder's checkpoint vouches for: it is written last, so all below it was written."""
    data = disk.read(CHECKPOINT)
    if data is None:
        return 0
    try:
        there = checkpoint.parsed(data.decode())
    except ValueError:
        return 0
    if there.origin != head.origin:
        raise Conflict(f"the folder holds the log {there.origin!r}, not {head.origin!r}; choose another folder")
    if there.size > head.size or (there.size == head.size and there.root != head.root):
        raise Conflict(
            f"the folder's checkpoint is over {there.size} entries, the new one over {head.size}, or the roots differ:"
            " a log never shrinks and never changes"
        )
    return there.size


def _start(disk: _Folder, start: int, head: checkpoint.Checkpoint, leaf_hashes: Rows) -> int:
    """
    The size from which rows and folder together lead to the signed root: `start`, or 0, which asks the rows alone.

    Found out before anything is written: wrong rows must not replace tiles that an older checkpoint stands on.
    """
    for one in dict.fromkeys((start, 0)):
        try:
            if _tiles(disk, one, head.size, leaf_hashes, _nowhere) == head.root:
                return one
        except _Missing:
            continue
    raise Disagreement(f"the {head.size} rows of the log do not lead to the signed root; nothing was published")


def _tiles(disk: _Folder, before: int, size: int, leaf_hashes: Rows, put: Callable[[str, bytes], None]) -> bytes:
    """Put the changed tiles level by level, bottom up; returns the root that they give."""
    chunks: Iterable[tuple[int, Sequence[bytes]]] = (
        (index, _exactly(leaf_hashes, first, last)) for index, first, last in _spans(before, size)
    )
    level = 0
    peaks: tuple[bytes, ...] = ()
    while size >> (8 * level):
        roots, partial = _level(level, chunks, put)
        peaks = (*merkle.Edge.empty().extend(partial).hashes, *peaks)
        level += 1
        chunks = _above(disk, level, before >> (8 * level), roots)
    return merkle.Edge(size, peaks).root()


def _level(
    level: int, chunks: Iterable[tuple[int, Sequence[bytes]]], put: Callable[[str, bytes], None]
) -> tuple[list[bytes], Sequence[bytes]]:
    """Put the tiles of one level; returns the roots of the full ones, and the hashes of the partial one, if any."""
    roots: list[bytes] = []
    partial: Sequence[bytes] = ()
    for index, hashes in chunks:
        put(tile_path(level, index, len(hashes)), b"".join(hashes))
        if len(hashes) == WIDTH:
            roots.append(merkle.root(hashes))
        else:
            partial = hashes
    return roots, partial


def _nowhere(name: str, data: bytes) -> None:
    """Where the tiles of a rehearsal go."""


def _above(disk: _Folder, level: int, count: int, fresh: Sequence[bytes]) -> Iterator[tuple[int, Sequence[bytes]]]:
    """The changed tiles of an upper level: what its last tile of `count` hashes held, then the fresh hashes."""
    index, width = divmod(count, WIDTH)
    hashes = [*_held(disk, level, index, width), *fresh]
    for first in range(0, len(hashes), WIDTH):
        yield index + first // WIDTH, hashes[first : first + WIDTH]


def _held(disk: _Folder, level: int, index: int, width: int) -> list[bytes]:
    """The hashes of a partial tile that an earlier publication wrote; raises _Missing."""
    if not width:
        return []
    data = disk.read(tile_path(level, index, width))
    if data is None or len(data) != width * merkle.HASH_BYTES:
        raise _Missing
    return [data[at : at + merkle.HASH_BYTES] for at in range(0, len(data), merkle.HASH_BYTES)]


def _spans(before: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Index, first and last (excluded) leaf of each bundle that a growth from `before` to `size` changes."""
    for index in range(before // WIDTH, -(-size // WIDTH)):
        yield index, index * WIDTH, min(size, (index + 1) * WIDTH)


def _exactly(rows: Rows, first: int, last: int) -> Sequence[bytes]:
    found = rows(first, last)
    if len(found) != last - first:
        raise ValueError(f"the log's rows {first} to {last - 1} are {len(found)} instead of {last - first}")
    return found


def _place(index: int, width: int) -> str:
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    place = "/".join([*(f"x{one}" for one in groups[:-1]), groups[-1]])
    return place if width == WIDTH else f"{place}.p/{width}"
