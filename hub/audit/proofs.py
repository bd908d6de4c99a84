"""Proofs that entries are in the log and that a log has grown from an older one, made from tiles; and their files."""

from __future__ import annotations

import base64
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from hub.audit import merkle
from hub.audit.tiles import WIDTH, tile_path

ONE: Final = "c2sp.org/tlog-proof@v1"
"""First line of a proof of one entry (C2SP tlog-proof)."""
SEVERAL: Final = "satupintu.tlog-proofs@v1"
"""First line of a proof of many entries: the same form, but `index 3-9,12` names all of them."""

Tiles = Callable[[int, int, int], bytes]
"""Gives the bytes of a tile by level, index and width; raises Unproven where it is not there."""

_KEPT: Final = 4096
"""Tiles whose inner levels are kept: 64 MiB, and all of a million entries."""


class Unproven(ValueError):
    """The tiles are missing, or lead to another root than the one that was signed."""


class Tree:
    """
    A tree of `size` leaves over its tiles. The levels inside a tile are computed once and kept, so that a proof is a
    few look-ups: 8 levels a tile, of which the file holds the lowest.
    """

    def __init__(self, size: int, tiles: Tiles) -> None:
        self.size = size
        self._tiles = tiles
        self._edges: dict[int, bytes] = {}
        self._kept: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()

    def root(self) -> bytes:
        """The root over all leaves, 32 bytes."""
        return self._over(0, self.size) if self.size else merkle.EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """The hashes that prove leaf `index`, lowest first (RFC 9162, 2.1.3.1); raises IndexError where there is none."""
        if not 0 <= index < self.size:
            raise IndexError(f"the tree has {self.size} leaves, none has index {index}")
        return self.several([index])

    def several(self, indexes: Sequence[int]) -> list[bytes]:
        """
        The hashes that prove all these leaves (rising indexes) together: of every subtree that holds none of them, the
        one that is used last first. For one leaf it is its inclusion proof.
        """
        if not indexes or indexes[0] < 0 or indexes[-1] >= self.size:
            raise IndexError(f"the tree has {self.size} leaves, and not all that were asked for")
        proof: list[bytes] = []
        self._beside(0, self.size, indexes, proof)
        proof.reverse()
        return proof

    def consistency(self, old: int) -> list[bytes]:
        """The hashes that prove the tree to begin with its first `old` leaves (RFC 9162, 2.1.4.1); raises ValueError."""
        if not 1 <= old <= self.size:
            raise ValueError(f"no consistency proof from size {old} to size {self.size}")
        first, end, proof = 0, self.size, list[bytes]()
        while old < end:
            middle = first + merkle.split(end - first)
            if old <= middle:
                proof.append(self._over(middle, end))
                end = middle
            else:
                proof.append(self._over(first, middle))
                first = middle
        if first:
            proof.append(self._over(first, end))
        return proof[::-1]

    def _beside(self, first: int, end: int, indexes: Sequence[int], proof: list[bytes]) -> None:
        """Add the subtrees of leaves `first` to `end` without any of the indexes, as a reader from the top meets them."""
        while len(indexes) < end - first:
            middle = first + merkle.split(end - first)
            if indexes[-1] < middle:
                proof.append(self._over(middle, end))
                end = middle
            elif indexes[0] >= middle:
                proof.append(self._over(first, middle))
                first = middle
            else:
                cut = bisect_left(indexes, middle)
                self._beside(first, middle, indexes[:cut], proof)
                first, indexes = middle, indexes[cut:]

    def _over(self, first: int, end: int) -> bytes:
        """The root over leaves `first` to `end`: a perfect subtree, or the right edge from `first` on."""
        size = end - first
        if size & (size - 1) == 0:
            return self._node(size.bit_length() - 1, first >> (size.bit_length() - 1))
        if first not in self._edges:
            middle = first + merkle.split(size)
            self._edges[first] = merkle.node_hash(self._over(first, middle), self._over(middle, end))
        return self._edges[first]

    def _node(self, height: int, index: int) -> bytes:
        """A perfect subtree's root, by its height and its number at that height."""
        level, inside = divmod(height, 8)
        tile, place = divmod(index << inside, WIDTH)
        return self._rows(level, tile)[inside][place >> inside]

    def _rows(self, level: int, tile: int) -> list[list[bytes]]:
        """A tile's hashes and the levels over them; kept, the longest unused is forgotten."""
        found = self._kept.get((level, tile))
        if found is None:
            width = min(WIDTH, (self.size >> (8 * level)) - tile * WIDTH)
            data = self._tiles(level, tile, width)
            row = [data[at : at + 32] for at in range(0, len(data), 32)]
            found = [row]
            while len(row) > 1:
                row = [merkle.node_hash(row[at - 1], row[at]) for at in range(1, len(row), 2)]
                found.append(row)
            self._kept[level, tile] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end((level, tile))
        return found


def of_folder(folder: Path, size: int) -> Tree:
    """The tree over the first `size` entries of a published log; Unproven where a tile is missing or cut."""

    def read(level: int, index: int, width: int) -> bytes:
        """A partial tile may have been left out for the full one that it has become."""
        for path in (folder / tile_path(level, index, width), folder / tile_path(level, index)):
            if path.is_file() and len(data := path.read_bytes()[: 32 * width]) == 32 * width:
                return data
        raise Unproven(f"the log in {folder} lacks {tile_path(level, index, width)}")

    return Tree(size, read)


def one(index: int, hashes: Sequence[bytes], note: str) -> str:
    """A `.tlog-proof` file: `note` is the signed checkpoint that the hashes lead to."""
    return _text(ONE, str(index), hashes, note)


def several(indexes: Sequence[int], hashes: Sequence[bytes], note: str) -> str:
    """A `.tlog-proofs` file: that the lines of a `.jsonl` beside it are the entries of these (rising) indexes."""
    return _text(SEVERAL, ",".join(_ranges(indexes)), hashes, note)


def _text(first: str, index: str, hashes: Sequence[bytes], note: str) -> str:
    lines = [first, f"index {index}", *(base64.b64encode(one).decode() for one in hashes)]
    return "\n".join(lines) + "\n\n" + note


def _ranges(indexes: Sequence[int]) -> Iterator[str]:
    """Rising numbers as `3-9` and `12`."""
    first = last = indexes[0]
    for index in [*indexes[1:], -1]:
        if index == last + 1:
            last = index
            continue
        yield f"{first}-{last}" if last > first else str(first)
        first = last = index
