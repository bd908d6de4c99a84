"""Marks and prints of many rows beside the memory: what a pass keeps as evidence does not grow with its listing."""

from __future__ import annotations

import os
import sys
import weakref
from array import array
from collections.abc import Iterator
from pathlib import Path

MARK = 8
"""Bytes of a keyed hash that stand for a ref: among a million refs two agree once in 40 million listings."""
PRINT = 2
_HELD = 128 * 1024
"""Bytes that are held in memory before they go into the file; a short listing never needs one."""
_FEW = 50_000
_SPREAD = 256
_ODD = 0x9E37_79B9_7F4A_7C15
_ALL = (1 << 64) - 1


class Shelf:
    """
    The rows of one pass, page by page.

    They lie in a temporary file without a name, which holds keyed hashes and nothing else and goes with its process.
    Where no such file can be written all stays in memory.
    """

    def __init__(self) -> None:
        self._ends = array("Q", [0])
        self._held = bytearray()
        self._away = 0
        """Bytes in the file."""
        self._file: int | None = None
        self._stuck = False

    def put(self, marks: bytes, prints: bytes) -> None:
        """Add a page: MARK bytes a row, then PRINT bytes a row."""
        self._held += marks
        self._held += prints
        self._ends.append(self._away + len(self._held))
        if len(self._held) >= _HELD and not self._stuck:
            self._put_away()

    def page(self, number: int) -> tuple[bytes, bytes]:
        """Marks and prints of page `number`, from 0. Raises OSError where the file cannot be read any more."""
        start, end = self._ends[number], self._ends[number + 1]
        if start >= self._away:
            found = bytes(self._held[start - self._away : end - self._away])
        else:
            assert self._file is not None
            found = os.pread(self._file, end - start, start)
            if len(found) < end - start:
                raise OSError("the temporary file of a reading has become shorter")
        cut = len(found) // (MARK + PRINT) * MARK
        return found[:cut], found[cut:]

    def __len__(self) -> int:
        """How many pages."""
        return len(self._ends) - 1

    def distinct(self, *, versions: bool = False) -> int:
        """How many different refs, or versions."""
        return sum(map(len, self._sets(versions)))

    def same(self, other: Shelf) -> bool:
        """Whether two passes saw the same refs, in whatever order."""
        turns = max(self._turns, other._turns)
        pairs = zip(self._sets(False, turns), other._sets(False, turns), strict=True)
        return all(one == two for one, two in pairs)

    def in_order(self) -> Iterator[bytes]:
        """The mark of each row, as the passes listed them."""
        for number in range(len(self)):
            marks = self.page(number)[0]
            yield from (marks[at : at + MARK] for at in range(0, len(marks), MARK))

    def doubled(self, pages: int) -> frozenset[bytes]:
        """The marks of refs that the first `pages` pages list with more than one content."""
        twice: set[int] = set()
        turns = self._turns * 4
        for turn in range(turns):
            met: dict[int, int] = {}
            for number in range(pages):
                for mark, content in zip(*self._numbers(number), strict=True):
                    if mark % turns == turn and met.setdefault(mark, content) != content:
                        twice.add(mark)
        return frozenset(mark.to_bytes(MARK, sys.byteorder) for mark in twice)

    @property
    def _turns(self) -> int:
        """Many rows are gone through in so many turns, each of which holds that part of them in memory."""
        return 1 + self._ends[-1] // (MARK + PRINT) // _FEW

    def _sets(self, versions: bool, turns: int = 0) -> Iterator[set[int]]:
        """All refs, or versions, in sets that have nothing in common and are small."""
        turns = turns or self._turns
        for turn in range(turns):
            parts = [array("Q") for _ in range(_SPREAD)]
            for number in range(len(self)):
                for one in self._versions(number) if versions else self._numbers(number)[0]:
                    if one % turns == turn:
                        parts[one >> 56].append(one)
            yield from map(set, parts)

    def _numbers(self, number: int) -> tuple[memoryview[int], memoryview[int]]:
        marks, prints = self.page(number)
        return memoryview(marks).cast("Q"), memoryview(prints).cast("H")

    def _versions(self, number: int) -> list[int]:
        """One number a version: two contents of a ref differ, for the factor is odd; two refs as their marks do."""
        return [mark + content * _ODD & _ALL for mark, content in zip(*self._numbers(number), strict=True)]

    def _put_away(self) -> None:
        try:
            if self._file is None:
                self._file = _nameless()
                weakref.finalize(self, os.close, self._file)
            at = 0
            while at < len(self._held):
                at += os.pwrite(self._file, memoryview(self._held)[at:], self._away + at)
        except OSError:
            self._stuck = True
            return
        self._away += len(self._held)
        self._held = bytearray()


def _nameless() -> int:
    """A file that nobody else can open, and that is gone when it is closed."""
    import tempfile

    file, path = tempfile.mkstemp(prefix="satupintu-")
    Path(path).unlink()
    return file
